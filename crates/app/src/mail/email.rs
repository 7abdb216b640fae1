//! A parsed message as expressions see it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waypost_flow::email::{AddressField, AddressRef, AttachmentRef, Email, TextField};
use waypost_mail::message::{AddressField as MailField, Message};

/// The view of a message that a run reads.
pub struct MessageView<'m, 'x>(pub &'m Message<'x>);

fn field(field: AddressField) -> MailField {
    match field {
        AddressField::From => MailField::From,
        AddressField::To => MailField::To,
        AddressField::Cc => MailField::Cc,
        AddressField::ReplyTo => MailField::ReplyTo,
    }
}

impl Email for MessageView<'_, '_> {
    fn text(&self, field: TextField) -> &str {
        match field {
            TextField::Subject => self.0.subject(),
            TextField::Body => self.0.body(),
            TextField::Html => self.0.html(),
            TextField::MessageId => self.0.message_id().unwrap_or_default(),
            TextField::InReplyTo => self.0.in_reply_to(),
        }
    }

    fn address_count(&self, of: AddressField) -> usize {
        self.0.addresses(field(of)).len()
    }

    fn address(&self, of: AddressField, index: usize) -> Option<AddressRef<'_>> {
        let address = self.0.addresses(field(of)).get(index)?;
        Some(AddressRef { address: &address.address, name: &address.name, domain: &address.domain })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        self.0.headers()
    }

    fn references(&self) -> &[String] {
        self.0.references()
    }

    fn attachment_count(&self) -> usize {
        self.0.attachments().len()
    }

    fn attachment(&self, index: usize) -> Option<AttachmentRef<'_>> {
        let attachment = self.0.attachments().get(index)?;
        Some(AttachmentRef {
            name: &attachment.name,
            content_type: &attachment.content_type,
            size: attachment.size,
            inline: attachment.inline,
        })
    }

    fn date(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.0.date()?).ok()
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    fn body_truncated(&self) -> bool {
        self.0.body_truncated()
    }

    fn is_auto_generated(&self) -> bool {
        self.0.is_auto_generated()
    }
}
