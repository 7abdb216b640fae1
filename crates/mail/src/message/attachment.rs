//! The parts of a mail that are not its body.

use std::borrow::Cow;

use super::charset::Charset;
use super::media_type::{Kind, mended};
use super::parameters::Parameters;
use super::shown::{Shown, bare_id};
use super::structure::{Part, Structure};

/// One attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// The file name, decoded (RFC 2231, RFC 2047); empty if there is none.
    pub name: String,
    /// The media type in lower case, such as `application/pdf`.
    pub content_type: String,
    /// The size in bytes, transfer encoding undone.
    pub size: u64,
    /// Whether it is shown within the text: its disposition says so, or it has none and a Content-ID to refer to.
    pub inline: bool,
    /// The id by which the mail's HTML refers to it (RFC 2392), without brackets; `None` without one that can be referred to.
    pub content_id: Option<String>,
}

pub(super) fn read(structure: &Structure<'_>, shown: &Shown) -> Vec<Attachment> {
    shown
        .attachments
        .iter()
        .filter_map(|index| structure.parts.get(*index))
        .map(|part| Attachment::new(part, || structure.charset()))
        .collect()
}

/// The bytes of an attachment, transfer encoding undone.
pub(super) fn content<'x>(structure: &Structure<'x>, shown: &Shown, index: usize) -> Option<Cow<'x, [u8]>> {
    let part = structure.parts.get(*shown.attachments.get(index)?)?;
    Some(part.transfer.decode(part.body))
}

/// A line of a header has no more bytes (RFC 5322, section 2.1.1).
const MAX_CONTENT_ID: usize = 998;

fn content_id(part: &Part<'_>) -> Option<String> {
    let id = str::from_utf8(bare_id(part.content_id?)).ok()?;
    (!id.is_empty() && id.len() <= MAX_CONTENT_ID).then(|| id.to_owned())
}

impl Attachment {
    /// `charset` says what a name is in that is neither ASCII nor UTF-8.
    fn new(part: &Part<'_>, charset: impl Fn() -> Charset) -> Self {
        let media_type = Parameters::read(part.content_type);
        let disposition = part.disposition.map(Parameters::read);
        let name = disposition.as_ref().and_then(|disposition| disposition.text_in("filename", &charset));
        let name = name.filter(|name| !name.is_empty()).or_else(|| media_type.text_in("name", &charset));
        let content_type = match (&*mended(&media_type.value), part.kind) {
            ("", Kind::Message) => "message/rfc822",
            // RFC 2045, section 5.2: what says nothing of its type is plain text.
            ("", _) => "text/plain",
            (given, _) => given,
        }
        .to_owned();
        let inline = match disposition.as_ref().map(|disposition| &*disposition.value) {
            Some("") | None => part.content_id.is_some(),
            Some(value) => value == "inline",
        };
        let name = name.map(|name| name.trim().to_owned()).unwrap_or_default();
        Self { name, content_type, size: part.transfer.decoded_size(part.body), inline, content_id: content_id(part) }
    }
}
