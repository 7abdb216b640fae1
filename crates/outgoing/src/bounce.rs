//! Bounces: delivery status notifications (RFC 3464) about mail of ours.

use uuid::Uuid;
use waypost_mail::message::{DeliveryReport, StatusFields};

/// Which delivery a bounce is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// By the signed address that it came to.
    Delivery(Uuid),
    /// By the Message-IDs of the mail that it returns, the one of who sent it on first, without brackets: whether one is ours is for the
    /// caller to find out. Anybody can write a Message-ID that they have seen.
    MessageIds(Vec<String>),
}

/// What a report says of a recipient (RFC 3464 section 2.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The mail did not arrive and will not.
    Failed,
    /// It has not arrived yet.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went on to where no reports come from.
    Relayed,
    /// It went to a list.
    Expanded,
}

impl Action {
    fn read(word: &str) -> Option<Self> {
        let word = word.split([' ', '\t', ';', '(']).next().unwrap_or_default();
        let of = [
            ("failed", Self::Failed),
            ("failure", Self::Failed),
            ("delayed", Self::Delayed),
            ("delivered", Self::Delivered),
            ("relayed", Self::Relayed),
            ("expanded", Self::Expanded),
        ];
        of.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, action)| action)
    }

    /// Whether the delivery is over, and failed: a delay is not a bounce.
    #[must_use]
    pub fn is_final_failure(self) -> bool {
        self == Self::Failed
    }
}

/// A report about a mail of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// Which delivery it is about.
    pub about: About,
    /// What became of it.
    pub action: Action,
    /// The enhanced status code, such as `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// The final recipient as the report names it.
    pub recipient: Option<String>,
    /// What the last server said, without the type of the diagnostic; empty if the report does not say.
    pub text: String,
}

/// Reads a report. `delivery` is what [`crate::envelope::delivery_of`] says of the envelope recipient. `None` for a report that says neither
/// by its address nor by what it returns which mail it is about.
///
/// A delivery has one recipient, so that of several that a report names (an alias was expanded) the worst counts.
#[must_use]
pub fn read(report: &DeliveryReport, delivery: Option<Uuid>) -> Option<Bounce> {
    let recipients = report.recipients.iter().filter_map(|fields| {
        let action = fields.get("action").and_then(Action::read).or_else(|| action_of_status(fields.get("status")?))?;
        Some((action, fields))
    });
    let (action, fields) = recipients.min_by_key(|(action, _)| *action as u8)?;
    let about = match delivery {
        Some(delivery) => About::Delivery(delivery),
        None if report.message_ids.is_empty() => return None,
        None => About::MessageIds(report.message_ids.clone()),
    };
    let recipient = fields.get("final-recipient").or_else(|| fields.get("original-recipient"));
    Some(Bounce {
        about,
        action,
        status: fields.get("status").and_then(status),
        recipient: recipient.map(|recipient| untyped(recipient).to_owned()),
        text: diagnostic(fields),
    })
}

/// The code at the beginning of Status, which may have a comment (RFC 3464 section 2.3.4).
fn status(value: &str) -> Option<String> {
    let word = value.split([' ', '\t', '(']).next()?;
    let numbers: Vec<&str> = word.split('.').collect();
    let fits = |number: &&str| (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbers.len() == 3 && numbers.iter().all(fits)).then(|| word.to_owned())
}

/// What a status means where a report names no action that is known.
fn action_of_status(value: &str) -> Option<Action> {
    match status(value)?.split('.').next()? {
        "5" => Some(Action::Failed),
        "4" => Some(Action::Delayed),
        "2" => Some(Action::Delivered),
        _ => None,
    }
}

fn diagnostic(fields: &StatusFields) -> String {
    fields.get("diagnostic-code").map(|value| untyped(value).to_owned()).unwrap_or_default()
}

/// A value without its type, `smtp; 550 …` (RFC 3464 section 2.1.2).
fn untyped(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, rest)) if !kind.trim().contains(char::is_whitespace) => rest.trim(),
        _ => value.trim(),
    }
}
