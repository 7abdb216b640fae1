//! A parsed message as expressions see it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waypost_flow::email::{AddressField, AddressRef, AttachmentRef, Email, EnvelopeField, TextField};
use waypost_mail::message::{AddressField as MailField, Message, Reason};
use waypost_store::records::mail::InteractionRecord;

/// What a mail came in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope<'e> {
    /// The sender, empty for the null reverse-path; none where there was no envelope, as when a flow is tried.
    pub from: Option<&'e str>,
    /// The recipient.
    pub to: &'e str,
    /// The peer's address.
    pub remote: &'e str,
}

impl<'e> Envelope<'e> {
    /// The envelope of a mail that was accepted. A conversation that was begun over HTTP has none but a recipient.
    pub fn of(interaction: &'e InteractionRecord) -> Self {
        let from = interaction.envelope_from.as_str();
        let is_without = from.is_empty() && interaction.opening.is_some();
        Self { from: Some(from).filter(|_| !is_without), to: &interaction.envelope_to, remote: &interaction.remote }
    }
}

/// A peer's address without the port that SMTP sessions note.
fn host(remote: &str) -> &str {
    match remote.rsplit_once(':') {
        Some((host, _)) if host.ends_with(']') || !host.contains(':') => host.trim_matches(['[', ']']),
        _ => remote,
    }
}

/// The view of a message that a run reads.
pub struct MessageView<'m, 'x> {
    message: &'m Message<'x>,
    envelope: Envelope<'m>,
}

impl<'m, 'x> MessageView<'m, 'x> {
    /// A message as it came.
    pub fn new(message: &'m Message<'x>, envelope: Envelope<'m>) -> Self {
        Self { message, envelope }
    }
}

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
            TextField::Subject => self.message.subject(),
            TextField::Body => self.message.body(),
            TextField::Html => self.message.html(),
            TextField::HiddenText => self.message.hidden_text(),
            TextField::MessageId => self.message.message_id().unwrap_or_default(),
            TextField::InReplyTo => self.message.in_reply_to(),
        }
    }

    fn address_count(&self, of: AddressField) -> usize {
        self.message.addresses(field(of)).len()
    }

    fn address(&self, of: AddressField, index: usize) -> Option<AddressRef<'_>> {
        let address = self.message.addresses(field(of)).get(index)?;
        Some(AddressRef { address: &address.address, name: &address.name, domain: &address.domain })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.message.header(name)
    }

    fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        self.message.headers()
    }

    fn references(&self) -> &[String] {
        self.message.references()
    }

    fn attachment_count(&self) -> usize {
        self.message.attachments().len()
    }

    fn attachment(&self, index: usize) -> Option<AttachmentRef<'_>> {
        let attachment = self.message.attachments().get(index)?;
        Some(AttachmentRef {
            name: &attachment.name,
            content_type: &attachment.content_type,
            size: attachment.size,
            inline: attachment.inline,
        })
    }

    fn date(&self) -> Option<Timestamp> {
        Timestamp::from_second(self.message.date()?).ok()
    }

    fn size(&self) -> u64 {
        self.message.size()
    }

    fn body_truncated(&self) -> bool {
        self.message.body_truncated()
    }

    fn automatic(&self) -> Option<&str> {
        let reason = match self.envelope.from {
            Some("") => Some(Reason::NULL_REVERSE_PATH),
            _ => self.message.automatic(),
        };
        reason.map(Reason::as_str)
    }

    fn unread(&self) -> Vec<String> {
        self.message.unread().iter().map(ToString::to_string).collect()
    }

    fn envelope(&self, field: EnvelopeField) -> &str {
        match (field, self.envelope.from) {
            (EnvelopeField::From, Some(from)) => from,
            (EnvelopeField::From, None) => {
                self.message.addresses(MailField::From).first().map_or("", |from| from.address.as_str())
            }
            (EnvelopeField::To, _) => self.envelope.to,
            (EnvelopeField::Remote, _) => host(self.envelope.remote),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_parsed_is_in_the_trace() {
        let mail = |parts: usize| {
            format!("Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n", "--b\n\nx\n".repeat(parts))
        };
        for (parts, expected) in [
            (9_999, r#"{"version":1,"events":[]}"#),
            (10_001, r#"{"version":1,"events":[{"event":"unread","what":"more than 10000 parts"}]}"#),
        ] {
            let raw = mail(parts);
            let message = Message::parse(raw.as_bytes());
            let view = MessageView::new(&message, Envelope::default());
            assert_eq!(waypost_engine::trace::without_run(&view), expected);
        }
    }
}
