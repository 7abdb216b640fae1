//! Bounces and other kinds of mail: `spec/mail/bounces.txt`, `spec/mail/kinds.txt`, what mails carry, and real bounces.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "bounces/real.rs"]
mod real;

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use waypost_mail::message::{Message, Reason};

fn spec(name: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/mail").join(name)).unwrap()
}

#[test]
fn bounces_are_read_as_written_down() {
    let cases = spec("bounces.txt");
    let (mut count, mut wrong) = (0, String::new());
    for case in cases.split("\n== ").skip(1) {
        let (name, case) = case.split_once('\n').unwrap();
        let (mail, expected) = case.split_once("\n-- facts\n").unwrap();
        let found = facts(&Message::parse(mail.as_bytes()));
        assert_eq!(found, facts(&Message::parse(mail.replace('\n', "\r\n").as_bytes())), "line ends change nothing");
        count += 1;
        if found.trim() != expected.trim() {
            write!(wrong, "\n== {name}\nexpected:\n{expected}\nfound:\n{found}").unwrap();
        }
    }
    assert!(count >= 20, "cases are missing");
    assert!(wrong.is_empty(), "{wrong}");
}

fn facts(message: &Message<'_>) -> String {
    let mut out = String::new();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            writeln!(out, "{name}: {value}").unwrap();
        }
    };
    match message.bounce() {
        None => fact("none", " "),
        Some(bounce) => {
            fact(if bounce.is_delay { "delayed" } else { "bounce" }, bounce.reason);
            fact("recipient", &bounce.recipient);
            fact("status", &bounce.status);
            fact("of", &bounce.of);
        }
    }
    if message.bounce().is_none() {
        fact("auto-reply", message.automatic_reply().map_or("", Reason::as_str));
    }
    out.replace("none:  \n", "none\n")
}

#[test]
fn kinds_by_the_header() {
    let cases = spec("kinds.txt");
    let mut wrong = String::new();
    for case in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (expected, fields) = case.split_once(" <- ").unwrap();
        let mut mail = fields.replace(" | ", "\r\n") + "\r\n";
        for (name, default) in [("From", "ann@sender.example"), ("Subject", "Order 7")] {
            if !mail.lines().any(|line| line.starts_with(&format!("{name}:"))) {
                write!(mail, "{name}: {default}\r\n").unwrap();
            }
        }
        mail.push_str("\r\nHello.\r\n");
        let message = Message::parse(mail.as_bytes());
        let to_many = message.to_many();
        let kinds = [("bulk", to_many.bulk), ("list", to_many.list), ("reply", message.automatic_reply())];
        let found: Vec<String> = kinds
            .iter()
            .filter_map(|(kind, reason)| reason.map(|reason| format!("{kind}={}", reason.as_str())))
            .collect();
        let found = if found.is_empty() { "-".to_owned() } else { found.join(" ") };
        if found != expected {
            writeln!(wrong, "{case}: found {found}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What a mail carries: encrypted, signed, TNEF, and the calendar object.
fn carried(mail: &str) -> (bool, bool, bool, String) {
    let message = Message::parse(mail.as_bytes());
    let calendar = message.calendar();
    let calendar = format!("{} {}", calendar.method, calendar.uid);
    (message.is_encrypted(), message.is_signed(), message.is_tnef(), calendar.trim().to_owned())
}

#[test]
fn invitations_are_recognised() {
    // RFC 6047, section 4, shortened.
    let object = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:calsrv.example.com-873970198738777@exam\r\n ple.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let mail = |head: &str, object: &str| {
        format!(
            "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nLunch?\r\n--b\r\n{head}\r\n\r\n{object}--b--\r\n"
        )
    };
    let uid = "calsrv.example.com-873970198738777@example.com";
    let request = (false, false, false, format!("REQUEST {uid}"));
    assert_eq!(carried(&mail("Content-Type: text/calendar; method=REQUEST; charset=utf-8", object)), request);
    assert_eq!(carried(&mail("Content-Type: text/calendar", &object.replace("\r\n", "\n"))), request);
    let published = object.replace("METHOD:REQUEST\r\n", "");
    let attached = mail("Content-Type: application/ics; name=lunch.ics", &published);
    assert_eq!(carried(&attached), (false, false, false, uid.to_owned()));
    assert_eq!(carried(&mail("Content-Type: text/x-other", object)), (false, false, false, String::new()));
}

#[test]
fn what_is_signed_or_encrypted_is_recognised_and_left_as_it_is() {
    let of_type = |media_type: &str| format!("Content-Type: {media_type}\r\n\r\nMIAGCSqGSIb3DQEHA6CAMIACAQAxg\r\n");
    let text = |armour: &str| format!("Subject: x\r\n\r\nHello,\r\n\r\n-----BEGIN PGP {armour}-----\r\n\r\nhQIMA\r\n");
    for (mail, is_encrypted, is_signed) in [
        (of_type("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m"), true, false),
        (of_type("application/x-pkcs7-mime; name=smime.p7m"), true, false),
        (of_type("application/pkcs7-mime; smime-type=signed-data"), false, true),
        (of_type("application/pkcs7-mime; smime-type=certs-only"), false, false),
        (of_type("multipart/signed; protocol=\"application/pkcs7-signature\"; boundary=b"), false, true),
        (of_type("multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b"), true, false),
        (text("MESSAGE"), true, false),
        (text("SIGNED MESSAGE"), false, true),
        (text("PUBLIC KEY BLOCK"), false, false),
        ("Subject: x\r\n\r\n> -----BEGIN PGP MESSAGE-----\r\n".to_owned(), false, false),
    ] {
        assert_eq!(carried(&mail), (is_encrypted, is_signed, false, String::new()), "{mail}");
    }
    for head in [
        "Content-Type: application/ms-tnef; name=winmail.dat",
        "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=winmail.dat",
    ] {
        let mail = format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n{head}\r\n\r\nx\r\n--b--\r\n"
        );
        assert_eq!(carried(&mail), (false, false, true, String::new()));
        assert_eq!(Message::parse(mail.as_bytes()).attachments().len(), 1, "it is an attachment like any other");
    }
}
