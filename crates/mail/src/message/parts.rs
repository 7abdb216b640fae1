//! Mails of a great many parts, made to exhaust the memory: the parser keeps some 200 bytes for each, and an empty part takes
//! five in the mail.

use memchr::memmem;

/// The shortest beginning of a part: a line end and two hyphens (RFC 2046, section 5.1.1).
const BEGINNING: &[u8] = b"\n--";

/// The most parts of a mail that is taken apart.
const MOST: usize = 10_000;

/// Whether a mail may have so many parts that it has to be read without looking for them. Every line that begins like a part
/// counts, whatever boundaries are declared: who declares them is who attacks.
pub(super) fn are_too_many(content: &[u8]) -> bool {
    content.len() > MOST * BEGINNING.len() && memmem::find_iter(content, BEGINNING).nth(MOST).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::Message;
    use super::*;

    fn mail(parts: usize) -> String {
        let part = "--b\r\nContent-Disposition: attachment\r\n\r\n\r\n";
        format!("Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n", part.repeat(parts))
    }

    #[test]
    fn many_parts_are_read_and_too_many_are_not() {
        let many = mail(MOST - 1);
        assert_eq!(Message::parse(many.as_bytes()).attachments().len(), MOST - 1);
        let too_many = mail(MOST + 1);
        let message = Message::parse(too_many.as_bytes());
        assert_eq!((message.subject(), message.attachments().len()), ("many", 0));
        assert!(message.body().starts_with("--b"), "what was not taken apart is text");
    }
}
