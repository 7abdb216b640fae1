//! Mails that are made to exhaust whoever reads them: what lies beyond a bound is not parsed, is said, and costs next to nothing.

use waypost_mail::message::{AddressField, Message, Unread};

/// Reads all there is to read, and answers what is said not to be.
fn read(raw: &str) -> (Vec<Unread>, Message<'_>) {
    let message = Message::parse(raw.as_bytes());
    let texts = message.body().len() + message.html().len() + message.hidden_text().len() + message.subject().len();
    assert!(texts <= 5 * 1024 * 1024, "{texts} bytes of text");
    let headers: usize =
        message.headers().iter().map(|(name, values)| name.len() + values.iter().map(String::len).sum::<usize>()).sum();
    assert!(headers <= 4 * 1024 * 1024, "{headers} bytes of header");
    for field in [AddressField::From, AddressField::To, AddressField::Cc, AddressField::ReplyTo] {
        assert!(message.addresses(field).len() <= 10_000);
    }
    assert!(message.references().len() <= 10_000 && message.attachments().len() <= 10_000);
    (message.unread(), message)
}

#[test]
fn a_million_fields() {
    let raw = format!(
        "Subject: first\n{}From: a@b.example\nContent-Type: text/html\n\n<p>body</p>\n",
        "a:\n".repeat(1_000_000)
    );
    let (unread, message) = read(&raw);
    assert_eq!(unread, [Unread::Fields]);
    assert_eq!((message.subject(), message.body().trim()), ("first", "body"));
    assert_eq!(message.addresses(AddressField::From)[0].address, "a@b.example", "the sender counts wherever it stands");
}

#[test]
fn a_field_without_end() {
    let raw = format!("Subject: {}\nFrom: a@b.example\n\nbody\n", "long ".repeat(2_000_000));
    let (unread, message) = read(&raw);
    assert_eq!(unread, [Unread::HeaderBytes]);
    assert!((1_000_000..=1024 * 1024).contains(&message.subject().len()));
    assert_eq!(message.body(), "body\n");
}

#[test]
fn many_long_fields() {
    let raw = format!("{}Subject: last\n\nbody\n", format!("X-Long: {}\n", "x".repeat(900_000)).repeat(10));
    let (unread, message) = read(&raw);
    assert_eq!(unread, [Unread::HeaderBytes]);
    assert_eq!(message.subject(), "last");
}

#[test]
fn a_million_addresses() {
    for separator in [",", ";", " ", ", \"x\" ", "(c),"] {
        let raw = format!("From: a@b.example\nTo: {}\n\nbody\n", format!("a@b{separator}").repeat(200_000));
        let (unread, message) = read(&raw);
        assert!(unread.contains(&Unread::Addresses), "{separator}: {unread:?}");
        assert_eq!(message.addresses(AddressField::To).len(), 10_000);
    }
    let raw = format!("From: a@b.example\n{}\nbody\n", "Cc: a@b\n".repeat(11_000));
    let (unread, _) = read(&raw);
    assert!(unread.contains(&Unread::Addresses) || unread.contains(&Unread::Fields), "{unread:?}");
}

#[test]
fn a_hundred_thousand_references() {
    let raw = format!("References: {}\n\nbody\n", "<a@b>".repeat(100_000));
    let (unread, message) = read(&raw);
    assert_eq!(unread, [Unread::References]);
    assert_eq!(message.references().len(), 10_000);
}

#[test]
fn a_million_pieces_of_a_parameter() {
    let pieces: String = (0..1_000_000).map(|at| format!(";n*{at}*=a")).collect();
    let raw = format!(
        "Content-Type: multipart/mixed; boundary=b{pieces}\n\n--b\nContent-Disposition: attachment{pieces}\n\nx\n--b--\n"
    );
    let (unread, message) = read(&raw);
    assert!(unread.contains(&Unread::Parameters), "{unread:?}");
    assert_eq!(message.attachments().len(), 1);
}

#[test]
fn too_many_parts() {
    let mail = |parts: usize| {
        let part = "--b\nContent-Disposition: attachment\n\nx\n";
        format!(
            "Subject: many\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nthe text\n{}--b--\n",
            part.repeat(parts)
        )
    };
    let most = mail(9_998);
    let (unread, message) = read(&most);
    assert_eq!((unread, message.attachments().len()), (vec![], 9_998));
    let more = mail(1_000_000);
    let (unread, message) = read(&more);
    assert_eq!((unread, message.attachments().len()), (vec![Unread::Parts], 9_998));
    assert_eq!(message.body(), "the text");
}

#[test]
fn lines_like_boundaries() {
    for line in ["--\n", "--b--\n--b\n", "--b\n--c\n", "--bb\n", "--b\n\n"] {
        let raw = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", line.repeat(300_000));
        read(&raw);
        // Nothing like it is ever declared.
        let raw = format!("Content-Type: multipart/mixed\n\n{}", line.repeat(300_000));
        read(&raw);
    }
}

#[test]
fn multiparts_within_each_other() {
    // Each of its own boundary, each of the same, none with a boundary at all.
    for boundary in [|at: usize| format!("; boundary=b{at}"), |_| "; boundary=b".to_owned(), |_| String::new()] {
        let mut raw = format!("Content-Type: multipart/mixed{}\n\n", boundary(0));
        for at in 1..20_000 {
            let before = boundary(at - 1);
            let before = before.strip_prefix("; boundary=").unwrap_or("b");
            raw.push_str(&format!("--{before}\nContent-Type: multipart/alternative{}\n\n", boundary(at)));
        }
        raw.push_str("--b\n\ntext\n");
        let (unread, _) = read(&raw);
        assert!(unread.iter().all(|unread| matches!(unread, Unread::Depth | Unread::Parts)), "{unread:?}");
    }
    let mut raw = "Content-Type: multipart/mixed; boundary=b0\n\n".to_owned();
    for at in 0..200 {
        raw.push_str(&format!("--b{at}\nContent-Type: multipart/mixed; boundary=b{}\n\n", at + 1));
    }
    assert_eq!(read(&raw).0, [Unread::Depth]);
}

#[test]
fn mails_within_each_other() {
    for inner in
        ["Content-Type:message/rfc822\n\n", "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"]
    {
        let raw = format!("Subject: deep\n{}", inner.repeat(100_000));
        let (unread, message) = read(&raw);
        assert_eq!((unread, message.subject(), message.attachments().len()), (vec![], "deep", 1));
    }
}

#[test]
fn a_part_of_fifty_megabytes() {
    for header in [
        "",
        "Content-Transfer-Encoding: base64\n",
        "Content-Transfer-Encoding: quoted-printable\n",
        "Content-Type: text/html\n",
    ] {
        let raw = format!("{header}\n{}", "UGxlYXNlIHJlZnVuZCBvcmRlciA0NzEx\n".repeat(500_000));
        let (unread, message) = read(&raw);
        assert_eq!(unread, []);
        assert!(message.body_truncated(), "{header}");
    }
}
