//! Mail composed: replies, notices, forwards. Pure functions of what they are given.
//!
//! Only [`HeaderText`](crate::HeaderText), parsed addresses and [`MessageId`]s get into a header, and none of them can hold a line break.

mod body;
mod fields;
mod forward;
mod mail;
mod reply;
mod subject;

use jiff::Timestamp;
use uuid::Uuid;

pub use body::UNMAILABLE;
pub use forward::{Attached, Resent, forward_attached, resend};
pub use mail::{Mail, mail};
pub use reply::{NobodyToAnswer, Recipients, Reply, recipients, reply};
pub use subject::{Stem, of_reply as subject_of_reply, stem as subject_stem};

use crate::address::{MailAddress, Mailbox};
use crate::content::Content;
use crate::message_id::MessageId;
use crate::trace_field::TraceField;

/// What makes a mail its own, and the same in every attempt.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The Message-ID, or the Resent-Message-ID.
    pub message_id: MessageId,
    /// When it was decided.
    pub date: Timestamp,
    /// What boundaries are made of. Random, so that no text can hold one.
    pub boundary: Uuid,
    /// The routes that it went through, ours last.
    pub trace: Vec<TraceField>,
}

/// What a mail says: text, HTML, or both as alternatives.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Plain text.
    pub text: Option<String>,
    /// HTML.
    pub html: Option<String>,
}

/// A mail, ready to be carried to each of its recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composed {
    /// The mail, the same for all.
    pub content: Content,
    /// Who gets it, each once.
    pub recipients: Vec<MailAddress>,
    /// Whether servers must offer SMTPUTF8 to take it: an address in its header has a local part that is not ASCII (RFC 6532).
    pub needs_utf8: bool,
}

impl Composed {
    fn new(content: Content, from: &Mailbox, to: &[Mailbox]) -> Self {
        let needs_utf8 = to.iter().chain([from]).any(|mailbox| mailbox.address.needs_utf8());
        Self { content, recipients: to.iter().map(|mailbox| mailbox.address.clone()).collect(), needs_utf8 }
    }
}

/// Adds a mailbox unless it is there.
fn add(mailbox: Mailbox, to: &mut Vec<Mailbox>) {
    if !to.iter().any(|other| other.address.is_same(&mailbox.address)) {
        to.push(mailbox);
    }
}
