//! Why a mail belongs to a thread, in one word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a mail belongs to its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadReason {
    /// It begins one.
    New,
    /// Its References name a mail of the thread, and its author takes part in it.
    References,
    /// Its In-Reply-To names a mail of the thread, and its author takes part in it.
    InReplyTo,
    /// It names a mail that Waypost sent, whose Message-ID is signed for the thread: its author has seen that mail.
    Marker,
    /// It replies to the subject of a recent mail of the same author.
    Subject,
}

impl ThreadReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::New, Self::References, Self::InReplyTo, Self::Marker, Self::Subject];

    /// The words of all reasons.
    pub const WORDS: &[&str] = &[
        Self::New.as_str(),
        Self::References.as_str(),
        Self::InReplyTo.as_str(),
        Self::Marker.as_str(),
        Self::Subject.as_str(),
    ];

    /// The word that the API, flows and traces use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::References => "references",
            Self::InReplyTo => "in-reply-to",
            Self::Marker => "marker",
            Self::Subject => "subject",
        }
    }

    /// Whether the mail names another of its thread by an identifier. A subject is known to anybody.
    #[must_use]
    pub const fn names_a_mail(self) -> bool {
        match self {
            Self::References | Self::InReplyTo | Self::Marker => true,
            Self::New | Self::Subject => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_word() {
        assert_eq!(ThreadReason::WORDS, ThreadReason::ALL.map(ThreadReason::as_str));
        for reason in ThreadReason::ALL {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        }
    }
}
