//! Whose word counts: authors, relays, sealers; and DNS that does not answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod zone;

use std::time::Duration;

use mail_auth::arc::ArcSealer;
use mail_auth::common::crypto::Ed25519Key;
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::DkimSigner;
use mail_auth::{ArcOutput, AuthenticatedMessage, AuthenticationResults};
use waypost_authentication::{Authenticator, Found, Mail, Settings};
use waypost_ids::AuthResult;
use zone::{Zone, serve};

/// The key pair of RFC 8037, appendix A, whose public half RFC 8463 publishes.
const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
const PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

const RELAY: &str = "198.51.100.7";

fn key() -> Ed25519Key {
    use base64::Engine;
    let decode = |text| base64::engine::general_purpose::STANDARD.decode(text).unwrap();
    Ed25519Key::from_seed_and_public_key(&decode(SEED), &decode(PUBLIC)).unwrap()
}

fn zone() -> Zone {
    let mut zone = Zone::default();
    for line in [
        &format!("s._domainkey.author.example TXT v=DKIM1; k=ed25519; p={PUBLIC}"),
        &format!("s._domainkey.list.example TXT v=DKIM1; k=ed25519; p={PUBLIC}"),
        "_dmarc.author.example TXT v=DMARC1; p=reject",
        "author.example TXT v=spf1 ip4:192.0.2.1 -all",
        "_dmarc.slow.example SILENT",
        "slow.example SILENT",
        "s._domainkey.slow.example SILENT",
    ] {
        zone.add(line);
    }
    zone
}

async fn authenticator(change: impl FnOnce(&mut Settings)) -> Authenticator {
    let mut settings = Settings {
        dns: Some(serve(zone()).await),
        time: Duration::from_secs(20),
        hostname: "mx.waypost.example".to_owned(),
        relays: vec!["198.51.100.0/24".parse().unwrap()],
        front_ends: Vec::new(),
        authserv_ids: vec!["Relay.example".to_owned()],
        arc_sealers: Vec::new(),
    };
    change(&mut settings);
    Authenticator::new(settings).unwrap()
}

/// A mail that comes from an address.
async fn from(authenticator: &Authenticator, client: &str, mail: &str) -> Found {
    let client = Some(client.parse().unwrap());
    authenticator.check(of(mail, client)).await
}

fn of(mail: &str, client: Option<std::net::IpAddr>) -> Mail<'_> {
    Mail {
        raw: mail.as_bytes(),
        signed: mail.contains("DKIM-Signature:"),
        authors: &[],
        sender: "ann@author.example",
        helo: "author.example",
        client,
        peer: client,
        fetched: false,
    }
}

fn signed(mail: &str) -> String {
    let signer = DkimSigner::from_key(key()).domain("author.example").selector("s").headers(["From", "Subject"]);
    format!("{}{mail}", signer.sign(mail.as_bytes()).unwrap().to_header())
}

const MAIL: &str = "From: Ann <ann@author.example>\r\nSubject: hi\r\n\r\nhi\r\n";

const NOTED: &str = "Authentication-Results: relay.example; spf=pass smtp.mailfrom=ann@author.example;\r\n \
    dmarc=pass (p=reject) header.from=author.example\r\n";

#[tokio::test]
async fn a_relays_notes_count_if_it_hands_the_mail_in_and_is_listed() {
    let listed = authenticator(|_| {}).await;
    let noted = format!("Received: by relay.example\r\n{NOTED}{MAIL}");
    let found = from(&listed, RELAY, &noted).await;
    assert_eq!((found.spf.result, found.dmarc.result), (AuthResult::Pass, AuthResult::Pass));
    assert!(found.spf.aligned && found.dmarc.aligned && found.dmarc.reason.contains("`relay.example`"), "{found:?}");
    // A stranger writes the same.
    let forged = from(&listed, "192.0.2.66", &noted).await;
    assert_eq!((forged.spf.result, forged.dmarc.result), (AuthResult::Fail, AuthResult::Fail));
    // The relay's own stands above what a stranger wrote, and what it says counts.
    let below = format!("Authentication-Results: relay.example; dmarc=fail header.from=author.example\r\n{noted}");
    assert_eq!(from(&listed, RELAY, &below).await.dmarc.result, AuthResult::Fail);
    // What it found of another author leaves what is found here.
    let of_another = noted.replace("header.from=author.example", "header.from=evil.example");
    let resent = Mail { peer: Some(RELAY.parse().unwrap()), ..of(&of_another, Some("192.0.2.66".parse().unwrap())) };
    assert_eq!(listed.check(resent).await.dmarc.result, AuthResult::Fail);
    // Another server's name.
    let other = noted.replace("relay.example;", "other.example;");
    assert_eq!(from(&listed, RELAY, &other).await.dmarc.result, AuthResult::Unknown);
    // Nobody's name is listed.
    let unlisted = authenticator(|settings| settings.authserv_ids.clear()).await;
    assert_eq!(from(&unlisted, RELAY, &noted).await, Found::default());
    // A mailbox's server counts as such a relay; whoever posts by HTTP does not.
    let fetched = Mail { fetched: true, ..of(&noted, None) };
    assert_eq!(listed.check(fetched).await.dmarc.result, AuthResult::Pass);
    assert_eq!(listed.check(of(&noted, None)).await, Found::default());
}

#[tokio::test]
async fn a_list_that_is_listed_may_seal_what_it_changed() {
    let original = signed(MAIL);
    let changed = original.replace("\r\nhi\r\n", "\r\nhi\r\n-- \r\nthe list\r\n");
    let message = AuthenticatedMessage::parse(changed.as_bytes()).unwrap();
    let found = from(&authenticator(|_| {}).await, "192.0.2.200", &changed).await;
    assert_eq!((found.dkim.result, found.dmarc.result), (AuthResult::Fail, AuthResult::Fail));

    let sealed = sealed_with(&message, &changed, "author.example");
    for (sealers, mail, expected) in [
        (vec![], &sealed, AuthResult::Fail),
        (vec!["other.example".to_owned()], &sealed, AuthResult::Fail),
        (vec!["List.example".to_owned()], &sealed, AuthResult::Pass),
        (vec!["list.example".to_owned()], &sealed.replace("Subject: hi", "Subject: ho"), AuthResult::Fail),
        (vec!["list.example".to_owned()], &sealed.replace("dkim=pass", "dkim=Pass"), AuthResult::Fail),
        // What another author proved.
        (vec!["list.example".to_owned()], &sealed_with(&message, &changed, "evil.example"), AuthResult::Fail),
    ] {
        let authenticator = authenticator(|settings| settings.arc_sealers = sealers).await;
        let found = from(&authenticator, "192.0.2.200", mail).await;
        assert_eq!(found.dmarc.result, expected, "{found:?}\n{mail}");
        if expected == AuthResult::Pass {
            assert!(found.dmarc.reason.contains("ARC of `list.example`"), "{found:?}");
        }
    }
}

/// The mail, sealed by `list.example`, which noted that DKIM and DMARC passed for an author.
fn sealed_with(message: &AuthenticatedMessage<'_>, mail: &str, author: &str) -> String {
    use mail_auth::{DkimOutput, DmarcOutput, DmarcResult};
    let signature = &message.dkim_headers[0].header;
    let dkim = [DkimOutput::pass().with_signature(signature)];
    let dmarc = DmarcOutput::default().with_domain(author).with_dkim_result(DmarcResult::Pass);
    let results = AuthenticationResults::new("list.example")
        .with_dkim_results(&dkim, "ann@author.example")
        .with_dmarc_result(&dmarc);
    let sealer = ArcSealer::from_key(key()).domain("list.example").selector("s").headers(["From", "Subject"]);
    let set = sealer.seal(message, &results, &ArcOutput::default()).unwrap();
    format!("{}{mail}", set.to_header())
}

#[tokio::test]
async fn a_reader_that_sees_another_author_is_heard() {
    let authenticator = authenticator(|_| {}).await;
    let mail = signed(MAIL);
    assert_eq!(from(&authenticator, RELAY, &mail).await.dmarc.result, AuthResult::Pass);
    let mail = Mail { authors: &["evil.example"], ..of(&mail, None) };
    assert_eq!(authenticator.check(mail).await.dmarc.result, AuthResult::PermError);
}

#[tokio::test]
async fn what_is_not_signed_proves_nothing() {
    let authenticator = authenticator(|_| {}).await;
    let signer = DkimSigner::from_key(key()).domain("author.example").selector("s").headers(["Subject"]);
    let loose = format!("{}{MAIL}", signer.sign(MAIL.as_bytes()).unwrap().to_header());
    let found = from(&authenticator, "192.0.2.200", &loose).await;
    assert_eq!((found.dkim.result, found.dmarc.result), (AuthResult::PermError, AuthResult::Fail), "{found:?}");
    // Somebody puts another author of the same domain above the one who is signed.
    for field in ["From: boss@author.example\r\n", "from : boss@author.example\r\n", "FROM: Boss\r\n"] {
        let found = from(&authenticator, "192.0.2.1", &format!("{field}{}", signed(MAIL))).await;
        assert_eq!((found.dkim.result, found.dmarc.result), (AuthResult::Pass, AuthResult::PermError), "{field}");
    }
}

#[tokio::test]
async fn what_dns_does_not_answer_in_time_is_temporary_and_holds_up_nothing_else() {
    let authenticator = authenticator(|settings| settings.time = Duration::from_secs(2)).await;
    let slow = MAIL.replace("author.example", "slow.example");
    let mail = Mail { sender: "ann@slow.example", ..of(&slow, Some("192.0.2.1".parse().unwrap())) };
    let found = authenticator.check(mail).await;
    assert_eq!((found.spf.result, found.dmarc.result), (AuthResult::TempError, AuthResult::TempError), "{found:?}");
    // One signature's key does not come; the other's does.
    let two = format!(
        "DKIM-Signature: v=1; a=ed25519-sha256; d=slow.example; s=s; h=From; bh=AAAA; b=AAAA\r\n{}",
        signed(MAIL)
    );
    assert_eq!(from(&authenticator, RELAY, &two).await.dkim.result, AuthResult::Pass);
}

#[tokio::test]
async fn odd_signatures_are_told_and_bounded() {
    let authenticator = authenticator(|_| {}).await;
    let field = |rest: &str| format!("DKIM-Signature: v=1; a=rsa-sha256; d=author.example; s=s; {rest}\r\n{MAIL}");
    for (mail, expected) in [
        (field("h=From; l=1; bh=AAAA; b=AAAA"), AuthResult::Policy),
        (field("nonsense"), AuthResult::Neutral),
        ("DKIM-Signature: \r\n".to_owned() + MAIL, AuthResult::Neutral),
        (format!("{}{}", "X: y\r\n".repeat(6_000), signed(MAIL)), AuthResult::Policy),
        (field(&format!("h=From{}; bh=AAAA; b=AAAA", ":X".repeat(400))), AuthResult::Policy),
    ] {
        let found = from(&authenticator, RELAY, &mail).await;
        assert_eq!(found.dkim.result, expected, "{:?}", found.dkim);
    }
    // Of a header without end the envelope and the author are known, and nothing else.
    let endless = format!("{}{}", "X: y\r\n".repeat(200_000), signed(MAIL));
    for (client, expected) in [("192.0.2.1", AuthResult::Pass), ("192.0.2.200", AuthResult::Fail)] {
        let mail = Mail { authors: &["author.example"], ..of(&endless, Some(client.parse().unwrap())) };
        let found = authenticator.check(mail).await;
        assert_eq!((found.dkim.result, found.dmarc.result), (AuthResult::Policy, expected), "{found:?}");
    }
    let many = "DKIM-Signature: v=1; a=rsa-sha256; d=none.example; s=s; h=From; bh=AAAA; b=AAAA\r\n".repeat(200);
    assert_eq!(from(&authenticator, RELAY, &format!("{many}{MAIL}")).await.dkim.result, AuthResult::Fail);
}
