//! A dead letter's new content. It comes from outside: what is sent must be a mail, and the one that the delivery is known by.

use bytes::Bytes;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_mail::message::{AddressField, Message};
use waypost_outgoing::compose::UNMAILABLE;

/// The most characters of a line, its end aside (RFC 5322, section 2.1.1).
const LINE: usize = 998;

/// So much of what is wrong is shown.
const SHOWN: usize = 60;

/// The field that a delivery's mail is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The mail is ours.
    ByMessageId,
    /// Somebody else's mail is resent.
    ByResentMessageId,
}

impl Known {
    /// How the mail is known that is sent now.
    pub(super) fn of(mail: &[u8], message_id: &str) -> Self {
        let message = Message::parse(mail);
        let resent = message.header("resent-message-id").is_some_and(|value| without_brackets(value) == message_id);
        if resent { Self::ByResentMessageId } else { Self::ByMessageId }
    }

    const fn field(self) -> &'static str {
        match self {
            Self::ByMessageId => "Message-ID",
            Self::ByResentMessageId => "Resent-Message-ID",
        }
    }
}

/// The bytes to send, each line ended by CRLF. A mail that does not say what it is known by is given it.
///
/// # Errors
/// Everything that is wrong with it.
pub(super) fn edited(raw: &[u8], known: Known, message_id: &str) -> Result<Bytes, Vec<Diagnostic>> {
    let mail = with_crlf(raw);
    let (mut problems, names) = read_header(&mail);
    if !problems.is_empty() {
        return Err(problems);
    }
    if let Some(line) = mail.split(|byte| *byte == b'\n').position(|line| line.contains(&UNMAILABLE)) {
        problems.push(wrong(&format!("line {}: mail can't carry NUL characters", line + 1)));
    }
    let message = Message::parse(&mail);
    let from = message.addresses(AddressField::From);
    if !from.iter().any(|one| one.address.contains('@')) {
        problems.push(wrong("the mail has no author").expected("a From field with an address"));
    }
    let field = known.field();
    let mut put = None;
    match names.iter().filter(|name| name.eq_ignore_ascii_case(field)).count() {
        0 => put = Some(format!("{field}: <{message_id}>\r\n")),
        1 => {
            let found = message.header(field).unwrap_or_default();
            if without_brackets(found) != message_id {
                let problem = wrong(&format!("the {field} of a delivery's mail stays the same"));
                problems.push(problem.expected(format!("`<{message_id}>`, or no {field}")).found(shown(found)));
            }
        }
        more => {
            let problem = wrong(&format!("{field} appears more than once"));
            problems.push(problem.expected("one, or none").found(more.to_string()));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(match put {
        // Fields of a resending come first (RFC 5322, section 3.6.6).
        Some(line) => [line.as_bytes(), &mail].concat().into(),
        None => mail.into(),
    })
}

/// Whatever ends a line becomes CRLF: a CR or LF alone is none in SMTP (RFC 5321, section 2.3.8).
fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut mail = Vec::with_capacity(raw.len() + raw.len() / 32 + 2);
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                if bytes.peek() == Some(&b'\n') {
                    bytes.next();
                }
                mail.extend_from_slice(b"\r\n");
            }
            b'\n' => mail.extend_from_slice(b"\r\n"),
            other => mail.push(other),
        }
    }
    if !mail.ends_with(b"\r\n") {
        mail.extend_from_slice(b"\r\n");
    }
    mail
}

/// What is wrong with the lines of a header, and the names of its fields.
fn read_header(mail: &[u8]) -> (Vec<Diagnostic>, Vec<String>) {
    let mut problems = Vec::new();
    let mut names = Vec::new();
    for (index, line) in mail.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let at = |message: &str| {
            let mut problem = wrong(&format!("line {}: {message}", index + 1));
            problem.found = Some(shown(&String::from_utf8_lossy(line)));
            problem
        };
        if line.len() > LINE {
            problems
                .push(at("the line is too long").expected(format!("at most {LINE} bytes; longer fields are folded")));
        }
        if line.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            problems.push(at("a control character in the header").expected("none but tabs"));
        }
        let folded = matches!(line.first(), Some(b' ' | b'\t'));
        if folded && !names.is_empty() {
            continue;
        }
        let name =
            line.iter().position(|byte| *byte == b':').and_then(|colon| line.get(..colon)).map(<[u8]>::trim_ascii_end);
        match name.filter(|name| !folded && !name.is_empty() && name.iter().all(u8::is_ascii_graphic)) {
            Some(name) => names.push(String::from_utf8_lossy(name).into_owned()),
            None => {
                problems.push(at("this is not a header field").expected("`Name: value`; an empty line ends the header"))
            }
        }
        // What is no mail at all has as many wrong lines as it likes.
        if problems.len() >= 20 {
            break;
        }
    }
    if names.is_empty() && problems.is_empty() {
        problems.push(wrong("the mail has no header").expected("a raw RFC 5322 message"));
    }
    (problems, names)
}

fn wrong(message: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, "content", message)
}

fn without_brackets(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

fn shown(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1@a.example";

    fn text(raw: &str, known: Known) -> Result<String, Vec<String>> {
        let mail = edited(raw.as_bytes(), known, ID);
        let told = |problem: Diagnostic| problem.message;
        mail.map(|mail| String::from_utf8(mail.to_vec()).unwrap()).map_err(|all| all.into_iter().map(told).collect())
    }

    #[test]
    fn a_mail_keeps_or_is_given_its_message_id() {
        for (raw, sent) in [
            ("From: a@b.example\n\nHi", "Message-ID: <1@a.example>\r\nFrom: a@b.example\r\n\r\nHi\r\n"),
            (
                "From: a@b.example\r\nmessage-id: <1@a.example>\r\n\r\nHi\r\n",
                "From: a@b.example\r\nmessage-id: <1@a.example>\r\n\r\nHi\r\n",
            ),
            (
                "From: a@b.example\nSubject: a\n\tb\n",
                "Message-ID: <1@a.example>\r\nFrom: a@b.example\r\nSubject: a\r\n\tb\r\n",
            ),
            ("From: a@b.example\n\na\rb\n.\n", "Message-ID: <1@a.example>\r\nFrom: a@b.example\r\n\r\na\r\nb\r\n.\r\n"),
        ] {
            assert_eq!(text(raw, Known::ByMessageId).as_deref(), Ok(sent), "{raw:?}");
        }
        let resent = text("Message-ID: <other@x>\nFrom: a@b.example\n\n", Known::ByResentMessageId).unwrap();
        assert!(resent.starts_with("Resent-Message-ID: <1@a.example>\r\nMessage-ID: <other@x>\r\n"), "{resent}");
    }

    #[test]
    fn what_is_no_mail_is_refused() {
        for (raw, problem) in [
            ("", "the mail has no header"),
            ("\nbody", "the mail has no header"),
            ("Hello Ann,\n\nthis is no header", "line 1: this is not a header field"),
            ("{\"to\": \"x\"}", "the mail has no author"),
            (" folded: x\nFrom: a@b.example\n\n", "line 1: this is not a header field"),
            ("To: a@b.example\n\nHi", "the mail has no author"),
            ("From: nobody\n\nHi", "the mail has no author"),
            ("From: a@b.example\nSubject: a\0b\n\n", "line 2: a control character in the header"),
            ("From: a@b.example\nSubject: \x1b[2J\n\n", "line 2: a control character in the header"),
            ("From: a@b.example\n\nHi\0\n", "line 3: mail can't carry NUL characters"),
            ("From: a@b.example\nMessage-ID: <2@a.example>\n\n", "the Message-ID of a delivery's mail stays the same"),
            (
                "Message-ID: <1@a.example>\nFrom: a@b.example\nMessage-ID: <2@x>\n\n",
                "Message-ID appears more than once",
            ),
        ] {
            assert_eq!(text(raw, Known::ByMessageId), Err(vec![problem.to_owned()]), "{raw:?}");
        }
        let long = format!("From: a@b.example\nSubject: {}\n\n", "x".repeat(LINE));
        assert_eq!(text(&long, Known::ByMessageId), Err(vec!["line 2: the line is too long".to_owned()]));
    }

    #[test]
    fn a_resent_mail_is_known_by_the_field_of_the_resending() {
        let of = |mail: &str| Known::of(mail.as_bytes(), ID);
        assert_eq!(of("Resent-Message-ID: <1@a.example>\r\nMessage-ID: <x@y>\r\n\r\n"), Known::ByResentMessageId);
        assert_eq!(of("Resent-Message-ID: <old@y>\r\nMessage-ID: <1@a.example>\r\n\r\n"), Known::ByMessageId);
        assert_eq!(of("Message-ID: <1@a.example>\r\n\r\n"), Known::ByMessageId);
    }
}
