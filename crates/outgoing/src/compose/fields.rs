//! Header fields written: folded, encoded (RFC 2047), each ended by CRLF.

use std::borrow::Cow;

use jiff::Timestamp;
use mail_builder::headers::Header;
use mail_builder::headers::address::{Address, EmailAddress};
use mail_builder::headers::date::Date;
use mail_builder::headers::text::Text;

use crate::address::Mailbox;
use crate::header_text::HeaderText;
use crate::message_id::MessageId;
use crate::trace_field::{self, TraceField};

/// A header under construction.
#[derive(Default)]
pub(super) struct Fields {
    written: Vec<u8>,
}

impl Fields {
    /// Fields that say which routes a mail went through. They stand first, as trace fields do.
    pub(super) fn traced(trace: &[TraceField]) -> Self {
        let mut fields = Self::default();
        for field in trace {
            fields.word(trace_field::NAME, field.value());
        }
        fields
    }

    pub(super) fn text(&mut self, name: &str, text: &HeaderText) {
        self.name(name);
        Text::new(text.as_str()).write_header(&mut self.written, name.len() + 2);
        self.end();
    }

    pub(super) fn mailboxes(&mut self, name: &str, mailboxes: &[Mailbox]) {
        if mailboxes.is_empty() {
            return;
        }
        let of = |mailbox: &Mailbox| {
            let name = (!mailbox.name.is_empty()).then(|| Cow::Owned(mailbox.name.as_str().to_owned()));
            Address::Address(EmailAddress { name, email: Cow::Owned(mailbox.address.to_string()) })
        };
        self.name(name);
        Address::new_list(mailboxes.iter().map(of).collect()).write_header(&mut self.written, name.len() + 2);
        self.end();
    }

    pub(super) fn date(&mut self, name: &str, date: Timestamp) {
        self.name(name);
        Date::new(date.as_second()).write_rfc822(&mut self.written);
        self.end();
    }

    /// Message-IDs, one a line.
    pub(super) fn ids(&mut self, name: &str, ids: &[MessageId]) {
        if ids.is_empty() {
            return;
        }
        self.name(name);
        let ids: Vec<String> = ids.iter().map(MessageId::to_string).collect();
        self.written.extend_from_slice(ids.join("\r\n ").as_bytes());
        self.end();
    }

    /// A value of our own making: visible ASCII.
    pub(super) fn word(&mut self, name: &str, value: &str) {
        self.name(name);
        self.written.extend_from_slice(value.as_bytes());
        self.end();
    }

    /// The fields, without the blank line.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.written
    }

    fn name(&mut self, name: &str) {
        self.written.extend_from_slice(name.as_bytes());
        self.written.extend_from_slice(b": ");
    }

    /// Some writers end the line, some don't.
    fn end(&mut self) {
        if !self.written.ends_with(b"\r\n") {
            self.written.extend_from_slice(b"\r\n");
        }
    }
}
