//! A mail of a flow's own: a notice, which answers nobody.

use super::body::{self, Original};
use super::fields::Fields;
use super::{Body, Composed, Stamp, add};
use crate::address::Mailbox;
use crate::header_text::HeaderText;

/// A notice as it is wanted.
#[derive(Clone, Debug)]
pub struct Mail<'x> {
    /// The route's address with its name.
    pub from: &'x Mailbox,
    /// Whom it goes to.
    pub to: &'x [Mailbox],
    /// The subject.
    pub subject: &'x HeaderText,
    /// What it says.
    pub body: &'x Body,
    /// Whether the original is attached.
    pub attach_original: bool,
}

/// Composes a notice about the mail `raw`. It says `Auto-Submitted: auto-generated` (RFC 3834 section 5).
#[must_use]
pub fn mail(raw: &[u8], wanted: &Mail<'_>, stamp: &Stamp) -> Composed {
    let mut to = Vec::new();
    wanted.to.iter().cloned().for_each(|mailbox| add(mailbox, &mut to));
    let mut fields = Fields::traced(&stamp.trace);
    fields.mailboxes("From", std::slice::from_ref(wanted.from));
    fields.mailboxes("To", &to);
    fields.text("Subject", wanted.subject);
    fields.date("Date", stamp.date);
    fields.ids("Message-ID", std::slice::from_ref(&stamp.message_id));
    fields.word("Auto-Submitted", "auto-generated");
    let attached = wanted.attach_original.then_some(Original { raw });
    let content = body::write(fields.into_bytes(), wanted.body, attached.as_ref(), stamp.boundary);
    Composed::new(content, wanted.from, &to)
}
