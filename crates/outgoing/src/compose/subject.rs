//! Subjects of answers and forwards, and what such a subject is about.

use crate::header_text::HeaderText;

/// What mail programs put before the subject of a reply, in the languages of most of them, in lower case.
const REPLIES: [&str; 24] = [
    "re",
    "aw",
    "antw",
    "sv",
    "vs",
    "odp",
    "rif",
    "res",
    "ref",
    "réf",
    "vá",
    "ynt",
    "cvp",
    "atb",
    "απ",
    "σχετ",
    "отв",
    "ответ",
    "відп",
    "回复",
    "回覆",
    "答复",
    "返信",
    "회신",
];
/// The same of a forward.
const FORWARDS: [&str; 12] = ["fwd", "fw", "wg", "tr", "rv", "i", "doorst", "enc", "转发", "轉寄", "転送", "전달"];

/// Subjects that say nothing of what a mail is about, in lower case and without signs: two of them have nothing to do with each other.
const COMMON: [&str; 36] = [
    "no subject",
    "kein betreff",
    "sans objet",
    "hello",
    "hello there",
    "hallo",
    "guten tag",
    "good morning",
    "bonjour",
    "question",
    "questions",
    "a question",
    "frage",
    "eine frage",
    "anfrage",
    "inquiry",
    "enquiry",
    "request",
    "please help",
    "hilfe",
    "support",
    "contact",
    "contact form",
    "kontakt",
    "kontaktformular",
    "information",
    "infos",
    "urgent",
    "important",
    "problem",
    "issue",
    "order",
    "bestellung",
    "invoice",
    "rechnung",
    "message",
];
/// A subject with fewer letters and digits than this is common, too.
const FEWEST: usize = 4;

/// What the subject of a mail says of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stem {
    /// Whether it begins as the subject of a reply.
    pub is_reply: bool,
    /// What it is about: without what mail programs and lists put before it, in lower case, spaces alike. Empty if it is a common one.
    pub about: String,
}

/// What a subject is about.
#[must_use]
pub fn stem(subject: &str) -> Stem {
    let (mut rest, mut is_reply, mut is_first) = (subject.trim(), false, true);
    loop {
        // A tag with a number in it is not a list's name: it may be a case's.
        let tag = rest.strip_prefix('[').and_then(|inside| inside.split_once(']'));
        if let Some((tag, after)) = tag
            && !tag.chars().any(char::is_numeric)
        {
            rest = after.trim_start();
            continue;
        }
        let reply = has_prefix(&REPLIES, rest);
        if !reply && !has_prefix(&FORWARDS, rest) {
            break;
        }
        is_reply |= reply && is_first;
        is_first = false;
        rest = rest.split_once([':', '：']).map_or("", |(_, after)| after.trim_start());
    }
    let about = rest.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let kept = |letter: char| if letter.is_alphanumeric() { letter } else { ' ' };
    let plain = about.chars().map(kept).collect::<String>();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_common = plain.chars().filter(|letter| *letter != ' ').count() < FEWEST || COMMON.contains(&&*plain);
    Stem { is_reply, about: if is_common { String::new() } else { about } }
}

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

    /// `spec/threads/subjects.txt`: a subject, and what it is about.
    #[test]
    fn each_subject_is_about_what_it_says() {
        let cases = include_str!("../../../../spec/threads/subjects.txt");
        let mut seen = 0;
        for line in cases.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (subject, expected) = line.split_once(" => ").unwrap_or_else(|| panic!("{line}"));
            let found = stem(subject);
            let kind = if found.is_reply { "reply" } else { "other" };
            assert_eq!(format!("{kind}: {}", found.about).trim(), expected.trim(), "{line}");
            seen += 1;
        }
        assert!(seen > 20, "{seen}");
    }

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
