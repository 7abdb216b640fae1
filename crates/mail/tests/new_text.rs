//! What is new in mails, and in which language: `spec/mail/new-text` has texts and pages as mails show them, `spec/mail/languages.txt`
//! texts with their language.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use waypost_mail::message::Message;

fn spec(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/mail").join(path)
}

/// A mail of one part.
fn mail(subject: &str, media_type: &str, content: &str) -> String {
    format!(
        "Subject: {subject}\r\nContent-Type: {media_type}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{content}"
    )
}

#[test]
fn what_is_new_in_mails_of_many_programs() {
    let mut files: Vec<PathBuf> = fs::read_dir(spec("new-text")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut count, mut wrong) = (0, String::new());
    for file in files {
        let cases = fs::read_to_string(&file).unwrap();
        for case in cases.split("\n== ").skip(1) {
            let (name, case) = case.split_once('\n').unwrap();
            let (given, expected) = case.split_once("\n-- new").unwrap();
            let (head, (content, media_type)) = match given.split_once("-- html\n") {
                Some((head, page)) => (head, (page, "text/html")),
                None => given.split_once("-- text\n").map(|(head, text)| (head, (text, "text/plain"))).unwrap(),
            };
            let subject = head.lines().find_map(|line| line.strip_prefix("Subject: ")).unwrap_or("Re: Order 7");
            let raw = mail(subject, media_type, content);
            let message = Message::parse(raw.as_bytes());
            let (found, expected) = (message.new_text(), expected.trim());
            count += 1;
            if found != expected {
                write!(wrong, "\n== {}: {name}\nexpected:\n{expected}\nfound:\n{found}\n", file.display()).unwrap();
            }
            assert!(found.len() <= message.body().len(), "{name}: longer than the body");
        }
    }
    assert!(count >= 200, "cases are missing");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn languages_are_told_or_left_out() {
    let cases = fs::read_to_string(spec("languages.txt")).unwrap();
    let mut wrong = String::new();
    for case in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (expected, text) = case.split_once(" <- ").unwrap();
        let (declared, text) = text.split_once(" | ").unwrap_or(("", text));
        let raw = format!("Content-Language: {declared}\r\n{}", mail("Order 7", "text/plain", text));
        let found = Message::parse(raw.as_bytes()).language();
        let is_right = match expected.strip_suffix('?') {
            Some(expected) => found.is_empty() || found == expected,
            None => found == expected.trim_matches('-'),
        };
        if !is_right {
            writeln!(wrong, "{case}: found {found:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn an_answer_by_its_header_alone_is_one() {
    let text = "No.\r\n\r\nFrom: Help <help@shop.example>\r\nSent: Monday\r\nTo: Ann\r\nSubject: Order\r\n\r\nStill?";
    for (field, expected) in [("In-Reply-To: <1@shop.example>", "No."), ("References: <1@shop.example>", "No.")] {
        let raw = format!("{field}\r\n{}", mail("Order 7", "text/plain", text));
        assert_eq!(Message::parse(raw.as_bytes()).new_text(), expected);
    }
    let raw = mail("Order 7", "text/plain", text);
    assert!(Message::parse(raw.as_bytes()).new_text().contains("Still?"));
}

/// Each of these would take minutes if each line were looked at with all others.
#[test]
fn hostile_mails_are_read_in_one_pass() {
    let line = |line: &str| line.repeat(60_000 / line.len());
    for content in [
        line(">"),
        line(">\n"),
        line("> x\ny\n"),
        line("-- \n"),
        line("--\n"),
        line("--\nx\n"),
        line("On Mon, 10:15 a@b.example\n"),
        line("On Mon, 23 Nov 2026 10:15 Ann <a@b.example> wrote:\n"),
        line("Ann wrote:\n"),
        line("Ann <a@b.example>, 1\n"),
        line("\u{202b}\u{200f}\n"),
        line("\u{202b}> x\u{202c}\ny\n"),
        line("From: a\nTo: b\n"),
        line("From: a\n\n"),
        line("________________________\n"),
        line("________________________\nFrom: a\n"),
        line("Sent from my iPhone\n"),
        line("\n"),
        line("-----Original Message-----\n"),
        line("在:"),
        line("@"),
        line("a@"),
    ] {
        for subject in ["Re: x", "x", "Fwd: x"] {
            let raw = mail(subject, "text/plain", &content);
            let message = Message::parse(raw.as_bytes());
            assert!(message.new_text().len() <= message.body().len());
            let _ = (message.language(), message.bounce());
        }
    }
    for page in [
        line("<blockquote>"),
        line("<blockquote>x</blockquote>"),
        line("<div id=divRplyFwdMsg>x"),
        line("<div class=gmail_attr>"),
    ] {
        let raw = mail("Re: x", "text/html", &page);
        let message = Message::parse(raw.as_bytes());
        assert!(message.new_text().len() <= message.body().len());
    }
}
