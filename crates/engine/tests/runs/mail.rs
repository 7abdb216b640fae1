//! A mail in memory, made from a few facts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waypost_flow::email::{AddressField, AddressRef, AttachmentRef, Email, EnvelopeField, TextField};
use waypost_flow::source::Node;

use super::{integer, member, string};

/// Facts of a mail: `from` (`Name <address>` or an address), `subject`, `body`; `body-repeat` repeats the subject that often as the body.
/// `automatic` is the rule by which a machine wrote it, `unread` the bound of reading that it exceeds.
pub(crate) struct Mail {
    name: String,
    address: String,
    subject: String,
    body: String,
    automatic: String,
    unread: String,
    headers: BTreeMap<String, Vec<String>>,
}

impl Mail {
    pub(crate) fn read(facts: Option<&Node>) -> Self {
        let text = |name| facts.and_then(|facts| member(facts, name)).map_or("", string).to_owned();
        let from = text("from");
        let (name, address) = match from.split_once('<') {
            Some((name, rest)) => (name.trim(), rest.trim_end_matches('>')),
            None => ("", from.as_str()),
        };
        let subject = text("subject");
        let repeat = facts.and_then(|facts| member(facts, "body-repeat")).map(integer);
        let body = match repeat {
            Some(times) => subject.repeat(usize::try_from(times).unwrap()),
            None => text("body"),
        };
        let (automatic, unread) = (text("automatic"), text("unread"));
        let (name, address) = (name.to_owned(), address.to_owned());
        Self { name, address, subject, body, automatic, unread, headers: BTreeMap::new() }
    }
}

impl Email for Mail {
    fn text(&self, field: TextField) -> &str {
        match field {
            TextField::Subject => &self.subject,
            TextField::Body => &self.body,
            TextField::Html | TextField::HiddenText | TextField::MessageId | TextField::InReplyTo => "",
        }
    }

    fn address_count(&self, field: AddressField) -> usize {
        usize::from(field == AddressField::From && !self.address.is_empty())
    }

    fn address(&self, field: AddressField, index: usize) -> Option<AddressRef<'_>> {
        let domain = self.address.rsplit('@').next().unwrap_or_default();
        (index < self.address_count(field)).then_some(AddressRef { address: &self.address, name: &self.name, domain })
    }

    fn header(&self, _: &str) -> Option<&str> {
        None
    }

    fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        &self.headers
    }

    fn references(&self) -> &[String] {
        &[]
    }

    fn attachment_count(&self) -> usize {
        0
    }

    fn attachment(&self, _: usize) -> Option<AttachmentRef<'_>> {
        None
    }

    fn date(&self) -> Option<Timestamp> {
        None
    }

    fn size(&self) -> u64 {
        0
    }

    fn body_truncated(&self) -> bool {
        false
    }

    fn automatic(&self) -> Option<&str> {
        Some(self.automatic.as_str()).filter(|rule| !rule.is_empty())
    }

    fn unread(&self) -> Vec<String> {
        Some(self.unread.clone()).filter(|bound| !bound.is_empty()).into_iter().collect()
    }

    fn envelope(&self, field: EnvelopeField) -> &str {
        match field {
            EnvelopeField::From => "bounces@example.com",
            EnvelopeField::To => "care@example.org",
            EnvelopeField::Remote => "192.0.2.1",
        }
    }
}
