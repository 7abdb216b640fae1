//! Why a recipient or a message is not taken: one text for the sender, another for the log.

use std::borrow::Cow;

use super::complaint::Complaint;
use super::reply::Status;

/// Why something is refused; reply code and enhanced code follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// No such recipient here: 550 5.1.1.
    UnknownRecipient,
    /// The store can't answer in time: 451 4.3.0.
    StorageUnavailable,
    /// There is no room: 452 4.3.1.
    StorageFull,
    /// The message is larger than what is taken: 552 5.3.4.
    TooLarge,
    /// The content is not fit to be taken: 550 5.6.0.
    Content,
    /// Not by this sender, or not to this recipient, by somebody's decision: 550 5.7.1.
    Policy,
}

impl Cause {
    /// The codes of the reply.
    #[must_use]
    pub fn status(self) -> Status {
        self.complaint().row().status
    }

    pub(super) const fn complaint(self) -> Complaint {
        match self {
            Self::UnknownRecipient => Complaint::UnknownRecipient,
            Self::StorageUnavailable => Complaint::StorageUnavailable,
            Self::StorageFull => Complaint::StorageFull,
            Self::TooLarge => Complaint::TooLarge,
            Self::Content => Complaint::Content,
            Self::Policy => Complaint::Policy,
        }
    }
}

/// A refusal, with what the sender may read and what the log must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    cause: Cause,
    public: Cow<'static, str>,
    private: String,
}

impl Refusal {
    /// A refusal with the cause's usual text for the sender. `private` goes to the log and never over the wire.
    #[must_use]
    pub fn new(cause: Cause, private: impl Into<String>) -> Self {
        Self { cause, public: Cow::Borrowed(cause.complaint().row().public), private: private.into() }
    }

    /// The same with another text for the sender. Characters that can't stand in a reply become `?`.
    #[must_use]
    pub fn saying(mut self, public: &str) -> Self {
        let printable = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
        self.public = Cow::Owned(public.chars().map(printable).collect());
        self
    }

    /// The cause.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// What the sender is told.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// What the log is told.
    #[must_use]
    pub fn private(&self) -> &str {
        &self.private
    }
}
