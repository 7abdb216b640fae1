//! Mailboxes in mbox format: many messages in one file.

use std::io::{self, BufRead};

use mail_parser::mailbox::mbox::MessageIterator;

/// What an mbox begins with.
pub const START: &[u8] = b"From ";

/// The raw messages of an mbox file, in order, the `>` of quoted `From ` lines removed.
///
/// What precedes the first `From ` line belongs to no message and is skipped.
///
/// # Errors
/// Each item is the reader's error, if reading failed there.
pub fn messages(reader: impl BufRead) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    MessageIterator::new(reader).map(|message| message.map(mail_parser::mailbox::mbox::Message::unwrap_contents))
}

/// Whether a file's beginning says that it is an mbox.
#[must_use]
pub fn is_mbox(start: &[u8]) -> bool {
    start.starts_with(START)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_and_unquotes() {
        let file = b"From a@b Mon Jan  1 00:00:00 2024\nSubject: one\n\n>From here\n\nFrom c@d Mon Jan  1 00:00:00 2024\nSubject: two\n\nx\n";
        let found: Vec<Vec<u8>> = messages(&file[..]).map(Result::unwrap).collect();
        assert_eq!(found, [b"Subject: one\n\nFrom here\n\n".to_vec(), b"Subject: two\n\nx\n".to_vec()]);
        assert!(is_mbox(file));
        assert!(!is_mbox(b"From: a@b\n"));
    }
}
