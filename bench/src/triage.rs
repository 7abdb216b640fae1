//! What every contender does with a mail: a shared routine looks for words in subject and body, without regard to
//! case, and names a queue; mail from some domains is urgent.

/// Where a mail belongs. In the order of precedence: the first group with a word in the mail wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Queue {
    Billing,
    Support,
    Retention,
    General,
}

impl Queue {
    pub(crate) const ALL: [Self; 4] = [Self::Billing, Self::Support, Self::Retention, Self::General];

    /// The words that lead there, in lower case.
    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Billing => &["refund", "invoice"],
            Self::Support => &["password", "login"],
            Self::Retention => &["cancel"],
            Self::General => &[],
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Billing => "Billing",
            Self::Support => "Support",
            Self::Retention => "Retention",
            Self::General => "General",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|queue| queue.name() == name)
    }
}

/// What a triage says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) queue: Queue,
    /// Whether the sender's domain is one of [`vip_domains`].
    pub(crate) vip: bool,
}

/// The priority that a flow gives to urgent mail.
pub(crate) const VIP_PRIORITY: i64 = 10;

/// The domains whose mail is urgent: a hundred.
pub(crate) fn vip_domains() -> Vec<String> {
    let firms = ["arcadia", "borealis", "cobalt", "delphi", "ember", "fjord", "granite", "harbor", "indigo", "juniper"];
    (0..100).map(|at| format!("vip{at:02}.{}.example", firms[at % firms.len()])).collect()
}
