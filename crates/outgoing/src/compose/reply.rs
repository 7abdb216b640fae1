//! A reply to a mail.

use thiserror::Error;
use waypost_mail::message::{Address, AddressField, Message};

use super::body::{self, Original};
use super::fields::Fields;
use super::{Body, Composed, Stamp, add, subject};
use crate::address::{MailAddress, Mailbox};
use crate::header_text::HeaderText;
use crate::message_id::MessageId;

/// The most Message-IDs of References: the first, which begins the thread, and the newest.
const MOST_REFERENCES: usize = 50;

/// The most recipients of a reply. Those beyond get no copy.
const MOST_RECIPIENTS: usize = 100;
/// The most of one that no person wrote.
const MOST_AUTOMATIC: usize = 20;
/// At most this many recipients of the original are looked at.
const MOST_LOOKED_AT: usize = 1000;

/// A reply as it is wanted.
#[derive(Clone, Debug)]
pub struct Reply<'x> {
    /// The route's address with its name.
    pub from: &'x Mailbox,
    /// Our own addresses: they get no copy.
    pub own: &'x [MailAddress],
    /// What it says.
    pub body: &'x Body,
    /// The subject; `Re: …` of the original's if there is none.
    pub subject: Option<&'x HeaderText>,
    /// Whether all whom the original went to get it, too.
    pub all: bool,
    /// Whether the original is attached.
    pub attach_original: bool,
    /// Whether no person wrote it: then it says `Auto-Submitted: auto-replied` (RFC 3834 section 3.1.7).
    pub automatic: bool,
}

/// The original has no address that an answer could go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the mail has no address in Reply-To or From that a reply could go to")]
pub struct NobodyToAnswer;

/// Composes a reply to `raw`, which is parsed in `original`: to Reply-To, else From. With `all` the other addresses of To and Cc get a
/// copy.
///
/// # Errors
/// If there is nobody to reply to.
pub fn reply(
    original: &Message<'_>,
    raw: &[u8],
    wanted: &Reply<'_>,
    stamp: &Stamp,
) -> Result<Composed, NobodyToAnswer> {
    let own: Vec<MailAddress> = wanted.own.iter().chain([&wanted.from.address]).cloned().collect();
    let to = recipients(original, &own, wanted.all, wanted.automatic)?;
    let (answered, copied) = to.mailboxes.split_at_checked(to.direct).unwrap_or((&to.mailboxes, &[]));

    let mut fields = Fields::traced(&stamp.trace);
    fields.mailboxes("From", std::slice::from_ref(wanted.from));
    fields.mailboxes("To", answered);
    fields.mailboxes("Cc", copied);
    fields.text("Subject", &wanted.subject.cloned().unwrap_or_else(|| subject::of_reply(original.subject())));
    fields.date("Date", stamp.date);
    fields.ids("Message-ID", std::slice::from_ref(&stamp.message_id));
    let answered_id = original.message_id().and_then(MessageId::parse);
    fields.ids("In-Reply-To", answered_id.as_slice());
    fields.ids("References", &references(original, answered_id.as_ref()));
    if wanted.automatic {
        fields.word("Auto-Submitted", "auto-replied");
    }
    let attached = wanted.attach_original.then_some(Original { raw });
    let content = body::write(fields.into_bytes(), wanted.body, attached.as_ref(), stamp.boundary);
    Ok(Composed::new(content, wanted.from, &to.mailboxes))
}

/// Whom a reply goes to.
#[derive(Clone, Debug)]
pub struct Recipients {
    /// All of them, each once.
    pub mailboxes: Vec<Mailbox>,
    /// How many of them, the first, it is addressed to; the others get a copy.
    pub direct: usize,
}

/// Whom a reply goes to: Reply-To, else From, and with `all` the other addresses of To and Cc except our `own`.
///
/// # Errors
/// If there is nobody to reply to.
pub fn recipients(
    original: &Message<'_>,
    own: &[MailAddress],
    all: bool,
    automatic: bool,
) -> Result<Recipients, NobodyToAnswer> {
    let mut to = Vec::new();
    // Whoever wrote the mail says whom its answer goes to: a machine answers one address, a person so many.
    let (most_answered, most) = if automatic { (1, MOST_AUTOMATIC) } else { (MOST_RECIPIENTS, MOST_RECIPIENTS) };
    for field in [AddressField::ReplyTo, AddressField::From] {
        if to.is_empty() {
            let found = original.addresses(field).iter().filter_map(mailbox).take(most_answered);
            found.for_each(|mailbox| add(mailbox, &mut to));
        }
    }
    if to.is_empty() {
        return Err(NobodyToAnswer);
    }
    let direct = to.len();
    if all {
        let is_own = |mailbox: &Mailbox| own.iter().any(|own| own.is_same(&mailbox.address));
        let fields = [AddressField::To, AddressField::Cc].into_iter().flat_map(|field| original.addresses(field));
        let others = fields.take(MOST_LOOKED_AT).filter_map(mailbox).filter(|mailbox| !is_own(mailbox));
        for mailbox in others {
            if to.len() >= most {
                break;
            }
            add(mailbox, &mut to);
        }
    }
    Ok(Recipients { mailboxes: to, direct })
}

/// An address of the original's header, if mail can go there.
fn mailbox(address: &Address) -> Option<Mailbox> {
    let parsed = MailAddress::parse(&address.address).ok()?;
    Some(Mailbox { name: HeaderText::new(&address.name), address: parsed })
}

/// The parent's References, or its In-Reply-To if that has one Message-ID, then its Message-ID (RFC 5322 section 3.6.4).
fn references(original: &Message<'_>, answered: Option<&MessageId>) -> Vec<MessageId> {
    let mut ids: Vec<MessageId> = original.references().iter().filter_map(|id| MessageId::parse(id)).collect();
    let only_one = |field: &str| field.matches('<').count() <= 1;
    if ids.is_empty() && original.header("in-reply-to").is_some_and(only_one) {
        ids.extend(MessageId::parse(original.in_reply_to()));
    }
    ids.retain(|id| Some(id) != answered);
    ids.extend(answered.cloned());
    if ids.len() > MOST_REFERENCES {
        let surplus = ids.len() - MOST_REFERENCES;
        ids.drain(1..=surplus);
    }
    ids
}
