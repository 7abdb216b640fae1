//! A mail: any bytes are one, everything can be read of it, and what it gives to a run is bounded.

use waypost_mail::message::{AddressField, BODY_LIMIT, Message};

/// Runs the checks.
pub fn check(input: &[u8]) {
    let message = Message::parse(input);
    for text in [message.body(), message.html(), message.hidden_text()] {
        assert!(text.len() <= BODY_LIMIT, "{} bytes of text", text.len());
        assert!(!text.contains('\r'), "a line end is LF");
    }
    assert!(!message.subject().contains('\n'), "a subject is one line");
    for field in [AddressField::From, AddressField::To, AddressField::Cc, AddressField::ReplyTo] {
        for address in message.addresses(field) {
            assert!(address.address.ends_with(&address.domain), "{address:?}");
            assert!(!address.address.is_empty() || !address.name.is_empty(), "an address of nothing");
        }
    }
    for attachment in message.attachments() {
        assert!(attachment.size <= input.len() as u64 * 3, "{attachment:?}");
        assert!(!attachment.content_type.is_empty(), "an attachment has a type");
    }
    let fields: usize = message.headers().values().map(Vec::len).sum();
    assert!(fields <= input.len(), "{fields} fields");
    assert!(message.references().iter().all(|id| !id.is_empty()), "a Message-ID of nothing");
    let _ = (message.date(), message.message_id(), message.in_reply_to(), message.automatic());
    if let Some(report) = message.delivery_report() {
        assert!(report.recipients.len() <= 100, "{} recipients", report.recipients.len());
        assert!(report.message_ids.iter().all(|id| !id.is_empty()), "a Message-ID of nothing");
    }
    assert!(message.new_text().len() <= message.body().len(), "what is new is of the body");
    assert!(matches!(message.language().len(), 0 | 2), "a language has two letters");
    if let Some(bounce) = message.bounce() {
        assert!(bounce.status.split('.').count() == 3, "{bounce:?}");
    }
    let _ = (message.automatic_reply(), message.to_many(), message.calendar());
    let _ = (message.is_encrypted(), message.is_signed(), message.is_tnef());
    assert!(message.unread().is_empty() || input.len() > 1000, "{:?}", message.unread());
    assert!(message.size() == input.len() as u64, "the size is that of the raw message");
}
