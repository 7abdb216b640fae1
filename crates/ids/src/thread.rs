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
    /// It names a mail of ours, whose Message-ID is signed for the thread: its author has seen that mail.
    Marker,
    /// It replies to the subject of a recent mail of the same author.
    Subject,
}

impl ThreadReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::New, Self::References, Self::InReplyTo, Self::Marker, Self::Subject];

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
