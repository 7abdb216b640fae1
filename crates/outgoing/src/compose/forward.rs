//! A mail sent on: attached to one of ours, or as it is.

use waypost_mail::message::{AddressField, Message};

use super::body::{self, Original};
use super::fields::Fields;
use super::{Body, Composed, Stamp, add, subject};
use crate::address::Mailbox;
use crate::content::Content;
use crate::header_text::HeaderText;

/// A forward with the original attached.
#[derive(Clone, Debug)]
pub struct Attached<'x> {
    /// The route's address with its name.
    pub from: &'x Mailbox,
    /// Whom it goes to.
    pub to: &'x [Mailbox],
    /// What stands before the original; a line that names it if there is nothing.
    pub body: Option<&'x Body>,
    /// Whether no person sent it on: then it says `Auto-Submitted: auto-generated` (RFC 3834 section 5).
    pub automatic: bool,
}

/// A forward of the original as it is.
#[derive(Clone, Debug)]
pub struct Resent<'x> {
    /// The route's address with its name.
    pub from: &'x Mailbox,
    /// Whom it goes to.
    pub to: &'x [Mailbox],
}

/// Composes a mail with `raw`, which is parsed in `original`, attached as `message/rfc822`.
#[must_use]
pub fn forward_attached(original: &Message<'_>, raw: &[u8], wanted: &Attached<'_>, stamp: &Stamp) -> Composed {
    let to = each_once(wanted.to);
    let mut fields = Fields::traced(&stamp.trace);
    fields.mailboxes("From", std::slice::from_ref(wanted.from));
    fields.mailboxes("To", &to);
    fields.text("Subject", &subject::of_forward(original.subject()));
    fields.date("Date", stamp.date);
    fields.ids("Message-ID", std::slice::from_ref(&stamp.message_id));
    if wanted.automatic {
        fields.word("Auto-Submitted", "auto-generated");
    }
    let named = Body { text: Some(naming(original)), html: None };
    let body = wanted.body.unwrap_or(&named);
    let content = body::write(fields.into_bytes(), body, Some(&Original { raw }), stamp.boundary);
    Composed::new(content, wanted.from, &to)
}

/// Composes the original with fields that say who sent it on (RFC 5322 section 3.6.6). Nothing of the original changes, its Message-ID
/// and DKIM signatures included.
#[must_use]
pub fn resend(wanted: &Resent<'_>, stamp: &Stamp) -> Composed {
    let to = each_once(wanted.to);
    let mut fields = Fields::traced(&stamp.trace);
    fields.date("Resent-Date", stamp.date);
    fields.mailboxes("Resent-From", std::slice::from_ref(wanted.from));
    fields.mailboxes("Resent-To", &to);
    fields.ids("Resent-Message-ID", std::slice::from_ref(&stamp.message_id));
    let content = Content { head: fields.into_bytes(), with_original: true, tail: Vec::new() };
    Composed::new(content, wanted.from, &to)
}

fn each_once(mailboxes: &[Mailbox]) -> Vec<Mailbox> {
    let mut to = Vec::new();
    mailboxes.iter().cloned().for_each(|mailbox| add(mailbox, &mut to));
    to
}

/// A line that names the original by sender and subject.
fn naming(original: &Message<'_>) -> String {
    let sender = original.addresses(AddressField::From).first().map(|from| HeaderText::new(&from.address));
    let sender = sender.filter(|sender| !sender.is_empty());
    let from = sender.map(|sender| format!(" from {}", sender.as_str())).unwrap_or_default();
    let subject = HeaderText::new(original.subject());
    let about = if subject.is_empty() { String::new() } else { format!(": {}", subject.as_str()) };
    format!("The attached message came{from}{about}\n")
}
