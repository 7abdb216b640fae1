//! HTTPS: what client and server agree on, and that the API is the same behind it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use support::{Server, start_with};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use waypost_api::state::Settings;

/// A server's configuration and a client's that trusts it.
fn configurations(protocols: &[&[u8]]) -> (Arc<ServerConfig>, TlsConnector) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let certificate = made.cert.der().clone();
    let mut server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    (Arc::new(server), TlsConnector::from(Arc::new(client)))
}

async fn connect(protocols: &[&[u8]]) -> (TlsStream<TcpStream>, Server) {
    let (server, client) = configurations(protocols);
    let server = start_with(Settings::default(), Some(server)).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    (client.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap(), server)
}

#[tokio::test]
async fn http_1_is_spoken_with_who_asks_for_it_or_for_nothing() {
    for protocols in [&[b"http/1.1".as_slice()][..], &[]] {
        let (mut stream, _server) = connect(protocols).await;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
        assert!(answer.ends_with("{\"status\":\"ready\"}"), "{answer}");
    }
}

#[tokio::test]
async fn http_2_is_spoken_with_who_offers_it() {
    let (mut stream, _server) = connect(&[b"h2", b"http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    // The connection preface and an empty SETTINGS frame (RFC 9113 section 3.4).
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").await.unwrap();
    let mut frame = [0_u8; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!((frame[3], &frame[5..]), (4, &[0_u8; 4][..]), "the server's SETTINGS");
}
