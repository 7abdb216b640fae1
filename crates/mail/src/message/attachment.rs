//! The parts of a mail that are not its body.

use mail_parser::{Encoding, MessagePart, MimeHeaders, PartType};

use super::shown::Shown;

/// One attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The file name, decoded (RFC 2231, RFC 2047); empty if there is none.
    pub name: String,
    /// The media type in lower case, such as `application/pdf`.
    pub content_type: String,
    /// The size in bytes, transfer encoding undone; of text, of its UTF-8 form.
    pub size: u64,
    /// Whether it is shown within the text: its disposition says so, or it has none and a Content-ID to refer to.
    pub inline: bool,
}

pub(super) fn read(message: &mail_parser::Message<'_>) -> Vec<Attachment> {
    let shown = Shown::of(message);
    message
        .attachments
        .iter()
        .filter(|id| !shown.contains(**id))
        .filter_map(|id| message.parts.get(*id as usize))
        .map(|part| Attachment {
            name: part.attachment_name().unwrap_or_default().to_owned(),
            content_type: content_type(part),
            size: size(part),
            inline: is_inline(part),
        })
        .collect()
}

fn content_type(part: &MessagePart<'_>) -> String {
    match (part.content_type(), &part.body) {
        (Some(given), _) => {
            let subtype = given.subtype().unwrap_or_default();
            let separator = if subtype.is_empty() { "" } else { "/" };
            format!("{}{separator}{subtype}", given.ctype()).to_ascii_lowercase()
        }
        (None, PartType::Message(_)) => "message/rfc822".to_owned(),
        // RFC 2045 section 5.2: what says nothing of its type is plain text.
        (None, _) => "text/plain".to_owned(),
    }
}

fn size(part: &MessagePart<'_>) -> u64 {
    match &part.body {
        // The parser gives an unencoded inner message the outer one's bytes.
        PartType::Message(_) if part.encoding == Encoding::None => {
            u64::from(part.offset_end.saturating_sub(part.offset_body))
        }
        body => body.len() as u64,
    }
}

fn is_inline(part: &MessagePart<'_>) -> bool {
    match part.content_disposition() {
        Some(disposition) => disposition.is_inline(),
        None => part.content_id().is_some(),
    }
}
