//! Mail composed: `spec/outgoing/compose/NAME.txt`, each an original, what is wanted, and the whole mail. `WAYPOST_BLESS=1` writes the
//! mails anew; read the difference.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use uuid::Uuid;
use waypost_mail::message::Message;
use waypost_outgoing::address::{Domain, MailAddress, Mailbox};
use waypost_outgoing::compose::{
    Attached, Body, Composed, Mail, Reply, Resent, Stamp, forward_attached, mail, reply, resend,
};
use waypost_outgoing::trace_field::TraceField;
use waypost_outgoing::{HeaderText, Key, MessageId};

/// A case, and what comes of it.
struct Case {
    path: PathBuf,
    /// All before the expected mail.
    given: String,
    original: Vec<u8>,
    wanted: BTreeMap<String, String>,
    expected: String,
}

fn cases() -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/outgoing/compose");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let (given, expected) = text.split_once("\n= mail\n").unwrap_or((&text, ""));
        let (head, wanted) = given.split_once("\n= wanted\n").expect("`= wanted`");
        let original = head.split_once("= original\n").expect("`= original`").1;
        let original = original.replace("\\xFC", "\u{1}").replace('\n', "\r\n").into_bytes();
        // One byte of Latin-1, which no text file can hold.
        let original = original.into_iter().map(|byte| if byte == 1 { 0xFC } else { byte }).collect();
        let pairs = wanted.lines().filter_map(|line| line.split_once(": "));
        let wanted = pairs.map(|(name, value)| {
            (name.to_owned(), value.replace("\\n", "\n").replace("\\r", "\r").replace("\\0", "\0"))
        });
        let (wanted, given, expected) = (wanted.collect(), given.to_owned(), expected.to_owned());
        Case { path, given, original, wanted, expected }
    };
    let cases: Vec<Case> = paths.into_iter().map(read).collect();
    assert!(cases.len() >= 10, "only {} cases found", cases.len());
    cases
}

fn mailbox(text: &str) -> Mailbox {
    match text.rsplit_once(" <") {
        Some((name, address)) => {
            Mailbox { name: HeaderText::new(name), address: MailAddress::parse(address.trim_end_matches('>')).unwrap() }
        }
        None => Mailbox::bare(MailAddress::parse(text).unwrap()),
    }
}

impl Case {
    fn get(&self, name: &str) -> Option<&str> {
        self.wanted.get(name).map(String::as_str)
    }

    fn is(&self, name: &str) -> bool {
        self.get(name) == Some("yes")
    }

    fn compose(&self) -> Result<Composed, String> {
        let raw = &self.original;
        let original = Message::parse(raw);
        let from = mailbox(self.get("from").unwrap());
        let to: Vec<Mailbox> = self.get("to").map(|to| to.split(", ").map(mailbox).collect()).unwrap_or_default();
        let own = self.get("own").map(|own| own.split(", ").map(|own| MailAddress::parse(own).unwrap()).collect());
        let own: Vec<MailAddress> = own.unwrap_or_default();
        let body = Body { text: self.get("text").map(str::to_owned), html: self.get("html").map(str::to_owned) };
        let subject = self.get("subject").map(HeaderText::new);
        let id = Uuid::from_u128(0x0198_0d3c_7a11_7e01_9c55_1f2e_3d4c_5b6a);
        let trace = if self.is("trace") { vec![TraceField::of(&Key::new(&[7; 32]), id)] } else { Vec::new() };
        let message_id = MessageId::ours(id, &Domain::parse("post.example").unwrap());
        let stamp = Stamp { message_id, date: "2026-05-04T10:20:30Z".parse().unwrap(), boundary: id, trace };
        let attach_original = self.is("attach");
        Ok(match self.get("kind").unwrap() {
            "reply" => {
                let wanted = Reply {
                    from: &from,
                    own: &own,
                    body: &body,
                    subject: subject.as_ref(),
                    all: self.is("all"),
                    attach_original,
                    automatic: !self.is("person"),
                };
                reply(&original, raw, &wanted, &stamp).map_err(|error| error.to_string())?
            }
            "mail" => {
                let subject = &subject.unwrap_or_default();
                mail(raw, &Mail { from: &from, to: &to, subject, body: &body, attach_original }, &stamp)
            }
            "forward" => {
                let body = (body.text.is_some() || body.html.is_some()).then_some(&body);
                let automatic = !self.is("person");
                forward_attached(&original, raw, &Attached { from: &from, to: &to, body, automatic }, &stamp)
            }
            "resend" => resend(&Resent { from: &from, to: &to }, &stamp),
            other => panic!("`{other}` is no kind"),
        })
    }
}

fn shown(composed: &Result<Composed, String>, original: &[u8]) -> String {
    match composed {
        Err(error) => format!("refused: {error}\n"),
        Ok(composed) => {
            let to: Vec<String> = composed.recipients.iter().map(ToString::to_string).collect();
            let bytes = composed.content.bytes(original);
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                assert!(line.ends_with(b"\r\n") || composed.content.tail.is_empty(), "a line without CRLF");
                assert!(line.len() <= 1000, "a line of {} bytes", line.len());
            }
            let utf8 = if composed.needs_utf8 { "; needs SMTPUTF8" } else { "" };
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\r', "\\r");
            format!("(for {}{utf8})\n{text}", to.join(", "))
        }
    }
}

#[test]
fn every_mail_is_as_written_down() {
    let bless = std::env::var_os("WAYPOST_BLESS").is_some();
    let mut problems = Vec::new();
    for case in cases() {
        let shown = shown(&case.compose(), &case.original);
        if bless {
            fs::write(&case.path, format!("{}\n= mail\n{shown}", case.given)).unwrap();
        } else if shown != case.expected {
            problems.push(format!("{}:\n{shown}", case.path.display()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The same in, the same out: every attempt sends the same bytes.
#[test]
fn composing_twice_gives_the_same_bytes() {
    for case in cases() {
        assert_eq!(case.compose(), case.compose(), "{}", case.path.display());
    }
}

/// What our own reader makes of each mail is what went in.
#[test]
fn what_is_written_is_read_back() {
    for case in cases().iter().filter(|case| case.get("kind") != Some("resend")) {
        let Ok(composed) = case.compose() else { continue };
        let bytes = composed.content.bytes(&case.original);
        let read = Message::parse(&bytes);
        let at = case.path.display();
        if let Some(text) = case.get("text") {
            let text = text.replace("\r\n", "\n").replace('\0', "");
            assert_eq!(read.body().trim_end(), text.trim_end(), "{at}");
        }
        if let Some(subject) = case.get("subject") {
            assert_eq!(read.subject(), HeaderText::new(subject).as_str(), "{at}");
        }
        let from = mailbox(case.get("from").unwrap());
        assert_eq!(read.addresses(waypost_mail::message::AddressField::From)[0].name, from.name.as_str(), "{at}");
        let wants_original = case.is("attach") || case.get("kind") == Some("forward");
        assert_eq!(read.attachments().len(), usize::from(wants_original), "{at}");
        assert_eq!(read.header("bcc"), None, "{at}");
        assert_eq!(read.unread(), [], "{at}");
    }
}

/// Python's reader agrees on threading, charset, and what is attached.
#[test]
fn python_reads_the_same() {
    let python =
        Command::new("python3").arg("--version").output().map(drop).map_err(|error| format!("python3: {error}"));
    if waypost_test_needs::tool(python).is_none() {
        return;
    }
    let program = r#"
import sys, email, email.policy
m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
assert not m.defects, m.defects
for part in m.walk(): assert not part.defects, part.defects
w = lambda name: print(name + ": " + " ".join(str(m[name] or "").split()))
for name in ("subject", "from", "to", "cc", "in-reply-to", "references", "message-id", "date", "auto-submitted"): w(name)
for kind in ("plain", "html"):
    part = m.get_body((kind,))
    print(kind + ": " + (repr(part.get_content()) if part else ""))
print("attached:", [(p.get_content_type(), str(p.get_payload(0)["subject"])) for p in m.iter_attachments()] if m.is_multipart() else [])
"#;
    let expected = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/outgoing/python.txt");
    let mut said = String::new();
    for case in cases() {
        let Ok(composed) = case.compose() else { continue };
        if composed.needs_utf8 || case.get("kind") == Some("resend") {
            continue;
        }
        let mut child = Command::new("python3")
            .args(["-X", "utf8", "-c", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&composed.content.bytes(&case.original)).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", case.path.display());
        let name = case.path.file_stem().unwrap().to_string_lossy().into_owned();
        said.push_str(&format!("= {name}\n{}", String::from_utf8(output.stdout).unwrap()));
    }
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        fs::write(&expected, &said).unwrap();
    }
    assert_eq!(said, fs::read_to_string(&expected).unwrap());
}
