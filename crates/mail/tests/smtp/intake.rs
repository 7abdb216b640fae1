//! An intake that remembers what it was given.

use std::fmt::Write;
use std::sync::Mutex;

use bytes::Bytes;
use waypost_mail::smtp::{Cause, Envelope, Intake, Receipt, Recipient, Refusal};

#[derive(Default)]
pub(crate) struct Memory {
    messages: Mutex<Vec<Stored>>,
}

pub(crate) struct Stored {
    pub(crate) envelope: Envelope<usize>,
    pub(crate) raw: Bytes,
}

impl Stored {
    /// As dialogues write it.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{} ->", self.envelope.sender);
        for (at, (recipient, ticket)) in self.envelope.recipients.iter().enumerate() {
            assert_eq!(*ticket, recipient.to_string().len(), "a ticket went to another recipient");
            write!(text, "{}{recipient}", if at == 0 { " " } else { ", " }).unwrap();
        }
        let escaped = match std::str::from_utf8(&self.raw) {
            Ok(raw) => {
                let escaped = raw.replace('\r', "\\r").replace('\n', "\\n").replace('\0', "\\0");
                escaped.replace('\x0b', "\\x0b").replace('\x0c', "\\x0c")
            }
            Err(_) => self.raw.escape_ascii().to_string(),
        };
        write!(text, " | {escaped}").unwrap();
        text
    }
}

impl Memory {
    pub(crate) fn decide(&self, recipient: &Recipient) -> Result<usize, Refusal> {
        let refuse = |cause| Err(Refusal::new(cause, "secret reason"));
        match (recipient.local.as_str(), recipient.domain.as_str()) {
            ("full", "example.org") => refuse(Cause::StorageFull),
            ("down", "example.org") => refuse(Cause::StorageUnavailable),
            ("gone", "example.org") => refuse(Cause::UnknownRecipient),
            (_, "example.org" | "") => Ok(recipient.to_string().len()),
            _ => refuse(Cause::UnknownRecipient),
        }
    }

    pub(crate) fn store(&self, envelope: Envelope<usize>, raw: Bytes) -> Result<Receipt, Refusal> {
        if envelope.sender.starts_with("broken@") {
            return Err(Refusal::new(Cause::StorageUnavailable, "secret reason"));
        }
        let mut messages = self.messages.lock().unwrap();
        messages.push(Stored { envelope, raw });
        Ok(Receipt { id: messages.len().to_string() })
    }

    pub(crate) fn take(&self) -> Vec<Stored> {
        std::mem::take(&mut *self.messages.lock().unwrap())
    }

    /// What came since the given message.
    pub(crate) fn text(&self, index: usize) -> Option<String> {
        self.messages.lock().unwrap().get(index).map(Stored::text)
    }

    /// Whether a message came from `address helo`.
    pub(crate) fn assert_from(&self, index: usize, expected: &str, what: &str) {
        let messages = self.messages.lock().unwrap();
        let envelope = &messages[index].envelope;
        let (address, helo) = expected.split_once(' ').unwrap();
        let found = envelope.remote.to_string();
        let same = address.strip_suffix('*').map_or(found == address, |start| found.starts_with(start));
        assert!(same && envelope.helo == helo, "{what}: from {found} {}, expected {expected}", envelope.helo);
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.lock().unwrap().len()
    }
}

impl Intake for Memory {
    type Ticket = usize;

    async fn recipient(&self, recipient: &Recipient) -> Result<usize, Refusal> {
        self.decide(recipient)
    }

    async fn message(&self, envelope: Envelope<usize>, raw: Bytes) -> Result<Receipt, Refusal> {
        self.store(envelope, raw)
    }
}
