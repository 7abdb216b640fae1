//! STARTTLS, and what a man in the middle may try with it.

use waypost_mail::smtp::Settings;

use crate::intake::Memory;
use crate::server::Server;
use crate::tls::{self, handshake};

async fn start() -> Server<Memory> {
    Server::start(Settings { tls: Some(tls::server()), ..Settings::default() }, Memory::default()).await
}

#[tokio::test]
async fn mail_over_tls() {
    let server = start().await;
    let mut plain = server.connect().await;
    plain.code().await;
    plain.send("EHLO before.example\r\n").await;
    let mut offered = false;
    while let Some(line) = plain.line().await {
        offered |= line == "250-STARTTLS";
        if line.starts_with("250 ") {
            break;
        }
    }
    assert!(offered);
    assert_eq!(plain.ask("STARTTLS").await, 220);
    let mut secure = handshake(plain).await;
    assert_eq!(secure.ask("MAIL FROM:<a@sender.example>").await, 503, "what was said in the clear must not count");
    secure.send("EHLO after.example\r\n").await;
    while let Some(line) = secure.line().await {
        assert!(!line.contains("STARTTLS"), "offered within TLS");
        if line.starts_with("250 ") {
            break;
        }
    }
    assert_eq!(secure.ask("STARTTLS").await, 503);
    for (line, code) in
        [("MAIL FROM:<a@sender.example>", 250), ("RCPT TO:<box@example.org>", 250), ("DATA", 354), ("x\r\n.", 250)]
    {
        assert_eq!(secure.ask(line).await, code, "{line}");
    }
    assert_eq!(secure.ask("QUIT").await, 221);
    let stored = server.intake.take();
    assert!(stored[0].envelope.tls);
    assert_eq!(stored[0].envelope.helo, "after.example");
}

#[tokio::test]
async fn commands_smuggled_in_behind_starttls_are_dropped() {
    let server = start().await;
    let mut plain = server.connect().await;
    plain.code().await;
    plain.ask("EHLO client.example").await;
    plain.send("STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@sender.example>\r\n").await;
    assert_eq!(plain.code().await, 220);
    let mut secure = handshake(plain).await;
    // Had they been carried out, their answers would come first.
    assert_eq!(secure.ask("RSET").await, 250);
    assert_eq!(secure.ask("MAIL FROM:<a@sender.example>").await, 503);
}

#[tokio::test]
async fn no_tls_within_a_transaction() {
    let server = start().await;
    let mut plain = server.connect().await;
    plain.code().await;
    plain.ask("EHLO client.example").await;
    assert_eq!(plain.ask("MAIL FROM:<a@sender.example>").await, 250);
    assert_eq!(plain.ask("STARTTLS").await, 503);
    assert_eq!(plain.ask("STARTTLS now").await, 501);
}
