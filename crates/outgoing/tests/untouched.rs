//! Signed and encrypted mail, invitations and TNEF go on as they came: a byte less and no signature holds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use uuid::Uuid;
use waypost_mail::message::Message;
use waypost_outgoing::HeaderText;
use waypost_outgoing::MessageId;
use waypost_outgoing::address::{Domain, MailAddress, Mailbox};
use waypost_outgoing::compose::{Attached, Resent, Stamp, forward_attached, resend};

fn mailbox(address: &str) -> Mailbox {
    Mailbox { name: HeaderText::new(""), address: MailAddress::parse(address).unwrap() }
}

#[test]
fn what_is_signed_or_encrypted_is_handed_on_byte_for_byte() {
    let parts = |media_type: &str, part: &str| {
        format!(
            "From: ann@sender.example\r\nSubject: x\r\nContent-Type: {media_type}; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain  \r\n\r\nHello \t\r\n--b\r\n{part}\r\n\r\nMIAGCSqG\r\n--b--\r\n"
        )
    };
    let id = Uuid::from_u128(7);
    let message_id = MessageId::ours(id, &Domain::parse("post.example").unwrap());
    let stamp = Stamp { message_id, date: "2026-05-04T10:20:30Z".parse().unwrap(), boundary: id, trace: Vec::new() };
    let (from, to) = (mailbox("help@post.example"), [mailbox("bob@other.example")]);
    for (what, raw) in [
        (
            "signed",
            parts(
                "multipart/signed; protocol=\"application/pkcs7-signature\"",
                "Content-Type: application/pkcs7-signature",
            ),
        ),
        (
            "encrypted",
            parts(
                "multipart/encrypted; protocol=\"application/pgp-encrypted\"",
                "Content-Type: application/octet-stream",
            ),
        ),
        ("tnef", parts("multipart/mixed", "Content-Type: application/ms-tnef; name=winmail.dat")),
        ("calendar", parts("multipart/alternative", "Content-Type: text/calendar; method=REQUEST")),
    ] {
        let raw = raw.as_bytes();
        let original = Message::parse(raw);
        let found = match what {
            "signed" => original.is_signed(),
            "encrypted" => original.is_encrypted(),
            "tnef" => original.is_tnef(),
            _ => original.calendar().method == "REQUEST",
        };
        assert!(found, "{what} is recognised");
        let resent = resend(&Resent { from: &from, to: &to }, &stamp).content.bytes(raw);
        assert!(resent.ends_with(raw), "{what}: what is resent ends with the original");
        let attached = Attached { from: &from, to: &to, body: None, automatic: true };
        let forwarded = forward_attached(&original, raw, &attached, &stamp).content.bytes(raw);
        assert!(forwarded.windows(raw.len()).any(|window| window == raw), "{what}: what is attached is the original");
    }
}
