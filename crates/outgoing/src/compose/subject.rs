//! Subjects of answers and forwards.

use crate::header_text::HeaderText;

/// What mail programs put before the subject of a reply, in the languages of most of them, in lower case.
const REPLIES: [&str; 8] = ["re", "aw", "antw", "sv", "vs", "odp", "rif", "res"];
/// The same of a forward.
const FORWARDS: [&str; 7] = ["fwd", "fw", "wg", "tr", "rv", "i", "doorst"];

/// The subject of a reply to a mail with this one: `Re: …`, unless it says so already.
#[must_use]
pub fn of_reply(original: &str) -> HeaderText {
    prefixed("Re:", &REPLIES, original)
}

/// `Fwd: …`, unless the subject says so already.
pub(super) fn of_forward(original: &str) -> HeaderText {
    prefixed("Fwd:", &FORWARDS, original)
}

fn prefixed(prefix: &str, known: &[&str], original: &str) -> HeaderText {
    let original = HeaderText::new(original);
    if has_prefix(known, original.as_str()) {
        original
    } else {
        HeaderText::new(&format!("{prefix} {}", original.as_str()))
    }
}

/// Whether a subject begins with one of the words and a colon, with a count between them or not (`Re[2]:`).
fn has_prefix(known: &[&str], subject: &str) -> bool {
    let Some((word, _)) = subject.split_once([':', '：']) else { return false };
    let word = word.trim_end().to_lowercase();
    let bare = word.split_once(['[', '(']).map_or(&*word, |(bare, count)| {
        if count.trim_end_matches([']', ')']).bytes().all(|byte| byte.is_ascii_digit()) {
            bare.trim_end()
        } else {
            &word
        }
    });
    known.contains(&bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_not_doubled() {
        for (original, reply) in [
            ("Refund", "Re: Refund"),
            ("", "Re:"),
            ("Re: Refund", "Re: Refund"),
            ("RE:Refund", "RE:Refund"),
            ("AW: Rechnung", "AW: Rechnung"),
            ("Re[2]: Refund", "Re[2]: Refund"),
            ("Re (3): Refund", "Re (3): Refund"),
            ("Reminder: pay", "Re: Reminder: pay"),
            ("Re [urgent]: pay", "Re: Re [urgent]: pay"),
            ("Fwd: Refund", "Re: Fwd: Refund"),
            ("a\r\nBcc: b@x.example", "Re: a Bcc: b@x.example"),
        ] {
            assert_eq!(of_reply(original).as_str(), reply);
        }
        assert_eq!(of_forward("WG: Rechnung").as_str(), "WG: Rechnung");
        assert_eq!(of_forward("Re: Refund").as_str(), "Fwd: Re: Refund");
    }
}
