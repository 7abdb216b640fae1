//! STARTTLS, and what a man in the middle may try with it.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use waypost_mail::smtp::Settings;

use crate::intake::Memory;
use crate::server::{Connection, Server};

async fn start() -> (Server<Memory>, TlsConnector) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let server = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let settings = Settings { tls: Some(Arc::new(server)), ..Settings::default() };
    (Server::start(settings, Memory::default()).await, TlsConnector::from(Arc::new(client)))
}

async fn handshake(plain: Connection<TcpStream>, connector: &TlsConnector) -> Connection<TlsStream<TcpStream>> {
    let name = ServerName::try_from("localhost").unwrap();
    Connection::new(connector.connect(name, plain.into_stream()).await.unwrap())
}

#[tokio::test]
async fn mail_over_tls() {
    let (server, connector) = start().await;
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
    let mut secure = handshake(plain, &connector).await;
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
    let (server, connector) = start().await;
    let mut plain = server.connect().await;
    plain.code().await;
    plain.ask("EHLO client.example").await;
    plain.send("STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@sender.example>\r\n").await;
    assert_eq!(plain.code().await, 220);
    let mut secure = handshake(plain, &connector).await;
    // Had they been carried out, their answers would come first.
    assert_eq!(secure.ask("RSET").await, 250);
    assert_eq!(secure.ask("MAIL FROM:<a@sender.example>").await, 503);
}

#[tokio::test]
async fn no_tls_within_a_transaction() {
    let (server, _) = start().await;
    let mut plain = server.connect().await;
    plain.code().await;
    plain.ask("EHLO client.example").await;
    assert_eq!(plain.ask("MAIL FROM:<a@sender.example>").await, 250);
    assert_eq!(plain.ask("STARTTLS").await, 503);
    assert_eq!(plain.ask("STARTTLS now").await, 501);
}
