//! The mail that expressions of the tables read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waypost_flow::email::{AddressField, AddressRef, AttachmentRef, Email, EnvelopeField, TextField};

/// A mail with a little of everything.
pub(crate) struct Mail {
    headers: BTreeMap<String, Vec<String>>,
    references: Vec<String>,
}

impl Email for Mail {
    fn text(&self, field: TextField) -> &str {
        match field {
            TextField::Subject => "My Refund",
            TextField::Body => "Grüße,\nplease refund invoice 12.",
            TextField::MessageId => "m1@example.com",
            TextField::Html | TextField::HiddenText | TextField::InReplyTo => "",
        }
    }
    fn address_count(&self, field: AddressField) -> usize {
        match field {
            AddressField::From => 1,
            AddressField::To => 2,
            AddressField::Cc | AddressField::ReplyTo => 0,
        }
    }
    fn address(&self, field: AddressField, index: usize) -> Option<AddressRef<'_>> {
        Some(match (field, index) {
            (AddressField::From, 0) => AddressRef { address: "ann@example.com", name: "Ann", domain: "example.com" },
            (AddressField::To, 0) => AddressRef { address: "help@example.org", name: "", domain: "example.org" },
            (AddressField::To, 1) => AddressRef { address: "b@example.net", name: "B", domain: "example.net" },
            _ => return None,
        })
    }
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_lowercase()).and_then(|values| values.first()).map(String::as_str)
    }
    fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        &self.headers
    }
    fn references(&self) -> &[String] {
        &self.references
    }
    fn attachment_count(&self) -> usize {
        1
    }
    fn attachment(&self, index: usize) -> Option<AttachmentRef<'_>> {
        let bill = AttachmentRef { name: "bill.pdf", content_type: "application/pdf", size: 99, inline: false };
        (index == 0).then_some(bill)
    }
    fn date(&self) -> Option<Timestamp> {
        None
    }
    fn size(&self) -> u64 {
        2048
    }
    fn body_truncated(&self) -> bool {
        false
    }
    fn automatic(&self) -> Option<&str> {
        None
    }

    fn envelope(&self, field: EnvelopeField) -> &str {
        match field {
            EnvelopeField::From => "bounces@example.com",
            EnvelopeField::To => "care@example.org",
            EnvelopeField::Remote => "192.0.2.1",
        }
    }
}

/// The mail that cases see.
pub(crate) fn mail() -> Mail {
    let headers = [("subject", vec!["My Refund"]), ("x-tag", vec!["one", "two"])];
    let owned = |values: Vec<&str>| values.into_iter().map(str::to_owned).collect();
    Mail {
        headers: headers.into_iter().map(|(name, values)| (name.to_owned(), owned(values))).collect(),
        references: vec!["r1@x".to_owned()],
    }
}
