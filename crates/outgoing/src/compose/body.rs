//! The body of a mail: alternatives, and the original attached.

use mail_builder::headers::content_type::ContentType;
use mail_builder::mime::MimePart;
use uuid::Uuid;

use super::Body;
use crate::content::Content;

/// What no mail can carry, however it is encoded: many a reader takes it for the end of the text. RFC 5322 (section 3.5) and RFC 2045
/// (sections 2.7 and 2.8) forbid it as it is.
pub const UNMAILABLE: u8 = b'\0';

/// The original in its part.
pub(super) struct Original<'x> {
    /// The raw message.
    pub(super) raw: &'x [u8],
}

/// Writes a mail whose header, but for the fields of MIME, is in `head`.
pub(super) fn write(mut head: Vec<u8>, body: &Body, original: Option<&Original<'_>>, boundary: Uuid) -> Content {
    head.extend_from_slice(b"MIME-Version: 1.0\r\n");
    let Some(original) = original else {
        said(body, boundary, &mut head);
        return Content { head, with_original: false, tail: Vec::new() };
    };
    let mixed = format!("=_mixed_{}", boundary.simple());
    // A part can't be in an encoding wider than what holds it (RFC 2045 section 6.4).
    let encoding = if original.raw.is_ascii() { "7bit" } else { "8bit" };
    line(&mut head, &format!("Content-Type: multipart/mixed; boundary=\"{mixed}\""));
    line(&mut head, &format!("Content-Transfer-Encoding: {encoding}"));
    line(&mut head, "");
    delimiter(&mut head, &mixed);
    said(body, boundary, &mut head);
    delimiter(&mut head, &mixed);
    line(&mut head, "Content-Type: message/rfc822");
    line(&mut head, "Content-Disposition: attachment; filename=\"message.eml\"");
    line(&mut head, &format!("Content-Transfer-Encoding: {encoding}"));
    line(&mut head, "");
    // It begins with a line end, which belongs to the delimiter: the original may end without one.
    let mut tail = Vec::new();
    line(&mut tail, &format!("\r\n--{mixed}--"));
    Content { head, with_original: true, tail }
}

/// What the mail says, as a part or as the whole.
fn said(body: &Body, boundary: Uuid, to: &mut Vec<u8>) {
    match (&body.text, &body.html) {
        (Some(text), Some(html)) => {
            let alternative = format!("=_alternative_{}", boundary.simple());
            line(to, &format!("Content-Type: multipart/alternative; boundary=\"{alternative}\""));
            line(to, "");
            delimiter(to, &alternative);
            leaf("text/plain", text, to);
            delimiter(to, &alternative);
            leaf("text/html", html, to);
            line(to, &format!("--{alternative}--"));
        }
        (None, Some(html)) => leaf("text/html", html, to),
        (text, None) => leaf("text/plain", text.as_deref().unwrap_or_default(), to),
    }
}

fn leaf(media_type: &'static str, text: &str, to: &mut Vec<u8>) {
    let content_type = ContentType::new(media_type).attribute("charset", "utf-8");
    // A flow's text may be from a mail that had it.
    MimePart::new(content_type, with_crlf(text).replace(char::from(UNMAILABLE), "")).write_part(to);
    if !to.ends_with(b"\r\n") {
        to.extend_from_slice(b"\r\n");
    }
}

/// Line ends as mail has them, whatever they were, so that a mail is the same bytes whoever wrote its text.
fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")
}

fn line(to: &mut Vec<u8>, text: &str) {
    to.extend_from_slice(text.as_bytes());
    to.extend_from_slice(b"\r\n");
}

fn delimiter(to: &mut Vec<u8>, boundary: &str) {
    line(to, &format!("--{boundary}"));
}
