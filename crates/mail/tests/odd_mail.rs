//! Broken and odd mails and what is read of them: `spec/mail/NN-name.eml` beside `NN-name.txt`; pages and their text:
//! `spec/html`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "odd_mail/bounds.rs"]
mod bounds;
#[path = "odd_mail/given.rs"]
mod given;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use waypost_mail::html;
use waypost_mail::message::{Address, AddressField, Message, Reason};

/// How much of a text stands in the facts, in characters.
const START: usize = 120;

#[test]
fn what_is_read_of_odd_mails() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/mail");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    paths.sort();
    assert!(paths.len() >= 50, "mails are missing");
    let mut wrong = String::new();
    for path in paths {
        let raw = fs::read(&path).unwrap();
        let expected = fs::read_to_string(path.with_extension("txt")).unwrap();
        let found = facts(&Message::parse(&raw));
        let expected: String =
            expected.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        if found != expected {
            write!(wrong, "\n== {}\nexpected:\n{expected}found:\n{found}", path.display()).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What is well-formed base64 is decoded, whatever it says: every file of one byte and of two, and long ones of each byte again and again.
#[test]
fn each_file_in_base64_is_what_was_attached() {
    let every = || 0..=u8::MAX;
    let groups = every().map(|first| every().map(|second| vec![first, second]).collect()).chain([
        every().map(|byte| vec![byte]).collect(),
        every().map(|byte| vec![byte; 3]).collect(),
        every().map(|byte| vec![byte; 1000]).collect(),
    ]);
    for files in groups {
        let files: Vec<Vec<u8>> = files;
        let part = |file: &Vec<u8>| {
            let mut text = String::new();
            for line in file.chunks(57) {
                text += &BASE64.encode(line);
                text += "\r\n";
            }
            let head = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n";
            format!("--b\r\n{head}{text}\r\n")
        };
        let mail = format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
            files.iter().map(part).collect::<String>()
        );
        let message = Message::parse(mail.as_bytes());
        assert_eq!(message.attachments().len(), files.len());
        for (index, (attachment, file)) in message.attachments().iter().zip(&files).enumerate() {
            assert_eq!(message.attachment_content(index).unwrap(), *file);
            assert_eq!(attachment.size, file.len() as u64, "{file:?}");
        }
    }
}

#[test]
fn automatic_or_human() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/mail/automatic.txt");
    let cases = fs::read_to_string(path).unwrap();
    let mut wrong = String::new();
    let mut count = 0;
    for case in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (expected, fields) = case.split_once(" <- ").unwrap();
        let mut mail = fields.replace(" | ", "\r\n") + "\r\n";
        for (name, default) in [("From", "ann@sender.example"), ("Subject", "Order 7")] {
            if !mail.lines().any(|line| line.starts_with(&format!("{name}:"))) {
                write!(mail, "{name}: {default}\r\n").unwrap();
            }
        }
        mail.push_str("\r\nHello.\r\n");
        let found = Message::parse(mail.as_bytes()).automatic().map_or("human", Reason::as_str);
        if found != expected {
            writeln!(wrong, "{case}: found {found}").unwrap();
        }
        count += 1;
    }
    assert!(count >= 60, "cases are missing");
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Each page alone is within all bounds.
#[test]
fn many_pages_cost_no_more_than_one() {
    let page = format!("<style>{}</style>{}x", ".a{margin:0}".repeat(600), "<i class=a></i>".repeat(600));
    let mail = |pages: usize| {
        let part = format!("--b\r\nContent-Type: text/html\r\n\r\n{page}\r\n");
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n", part.repeat(pages))
    };
    for (pages, is_cut) in [(1, false), (2, false), (3, true)] {
        let mail = mail(pages);
        let message = Message::parse(mail.as_bytes());
        assert_eq!(message.body_truncated(), is_cut, "{pages}");
        assert_eq!(message.body().lines().count(), pages);
        assert_eq!(message.hidden_text(), "");
    }
}

#[test]
fn the_text_of_pages() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/html");
    let mut wrong = String::new();
    let mut count = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let cases = fs::read_to_string(&file).unwrap();
        for case in cases.split("\n== ").skip(1) {
            let (name, case) = case.split_once('\n').unwrap();
            let (page, expected) = case.split_once("-- text").unwrap();
            let (text, hidden) = expected.split_once("\n-- hidden").unwrap_or((expected, ""));
            let found = html::read(page.trim_matches('\n'));
            count += 1;
            for (what, expected, found) in [("text", text, &found.text), ("hidden", hidden, &found.hidden)] {
                if expected.trim_matches('\n') != found {
                    write!(wrong, "\n== {name}: {what}\nexpected:{expected}\nfound:\n{found}\n").unwrap();
                }
            }
            assert!(!found.truncated, "{name}");
        }
    }
    assert!(count >= 40, "cases are missing");
    assert!(wrong.is_empty(), "{wrong}");
}

/// All that is read of a mail; what is absent is left out.
fn facts(message: &Message<'_>) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            writeln!(out, "{name}: {value}").unwrap();
        }
    };
    fact("subject", &start(message.subject()));
    for (name, field) in [
        ("from", AddressField::From),
        ("to", AddressField::To),
        ("cc", AddressField::Cc),
        ("reply-to", AddressField::ReplyTo),
    ] {
        for Address { address, name: display, domain } in message.addresses(field) {
            fact(name, &start(&format!("{address} | {domain} | {display}")));
        }
    }
    fact("date", &message.date().map(|date| date.to_string()).unwrap_or_default());
    fact("message-id", message.message_id().unwrap_or_default());
    fact("in-reply-to", message.in_reply_to());
    fact("references", &message.references().join(" "));
    fact("automatic", message.automatic().map_or("", Reason::as_str));
    fact("body", &start(message.body()));
    fact("html", &start(message.html()));
    fact("hidden", &start(message.hidden_text()));
    for attachment in message.attachments() {
        let place = if attachment.inline { "inline" } else { "apart" };
        let id = attachment.content_id.as_deref().map(|id| format!(" | {id}")).unwrap_or_default();
        fact(
            "attachment",
            &format!("{} | {} | {} | {place}{id}", attachment.name, attachment.content_type, attachment.size),
        );
    }
    let names: Vec<String> =
        message.headers().iter().map(|(name, values)| format!("{name}*{}", values.len())).collect();
    fact("fields", &start(&names.join(" ")));
    for unread in message.unread() {
        fact("unread", &unread.to_string());
    }
    out
}

fn start(text: &str) -> String {
    let mut start: String = text
        .chars()
        .take(START)
        .flat_map(|c| if c.is_ascii() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    if text.chars().nth(START).is_some() {
        write!(start, "… {} bytes", text.len()).unwrap();
    }
    start
}
