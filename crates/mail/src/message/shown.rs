//! Which parts of a mail are shown as its body; all others are attachments.

use mail_parser::{MessagePart, MimeHeaders, PartType};

/// Positions of the parts that are shown, in order.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) text: Vec<u32>,
    pub(super) html: Vec<u32>,
}

impl Shown {
    pub(super) fn of(message: &mail_parser::Message<'_>) -> Self {
        let mut shown = Self::default();
        for id in message.text_body.iter().chain(&message.html_body) {
            match message.parts.get(*id as usize).map(|part| &part.body) {
                Some(PartType::Text(_)) => shown.text.push(*id),
                Some(PartType::Html(_)) => shown.html.push(*id),
                _ => {}
            }
        }
        for id in &message.attachments {
            match message.parts.get(*id as usize).and_then(recovered) {
                Some(Kind::Text) => shown.text.push(*id),
                Some(Kind::Html) => shown.html.push(*id),
                None => {}
            }
        }
        for ids in [&mut shown.text, &mut shown.html] {
            ids.sort_unstable();
            ids.dedup();
        }
        shown
    }

    pub(super) fn contains(&self, id: u32) -> bool {
        self.text.contains(&id) || self.html.contains(&id)
    }
}

enum Kind {
    Text,
    Html,
}

/// The parser takes parts in which something is wrong for attachments: text after which no boundary comes, as when a
/// mail is cut off; text without a subtype; a multipart in which it finds no part. They are all there is to read.
fn recovered(part: &MessagePart<'_>) -> Option<Kind> {
    if part.content_disposition().is_some_and(|disposition| disposition.is_attachment()) {
        return None;
    }
    let content_type = part.content_type();
    let (major, minor) = content_type.map_or(("text", None), |given| (given.ctype(), given.subtype()));
    let is = |name: &str| minor.is_some_and(|minor| minor.eq_ignore_ascii_case(name));
    match &part.body {
        PartType::Text(_) | PartType::Binary(_) if major.eq_ignore_ascii_case("multipart") => Some(Kind::Text),
        PartType::Text(_) if major.eq_ignore_ascii_case("text") && minor.is_none() => Some(Kind::Text),
        PartType::Text(_) if part.is_encoding_problem && is("plain") => Some(Kind::Text),
        PartType::Text(_) if part.is_encoding_problem && is("html") => Some(Kind::Html),
        _ => None,
    }
}
