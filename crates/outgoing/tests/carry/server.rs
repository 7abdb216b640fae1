//! An SMTP server that does as a script says.
//!
//! `> TEXT` writes a line (`\n` within is a line end, `\xFC` that byte), `< WORD` reads a line that begins so, `< content` reads to the
//! end of the content and compares it, `< any content` does not compare, `tls` goes on in TLS, `close` closes, `hang` waits for the client to go. `connection` begins the
//! script of the next connection. At its end a connection waits for the client to go.

use std::io::Write as _;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tempfile::NamedTempFile;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What the content must be when it arrives.
const ARRIVES: &str = "From: a@post.example\r\nSubject: x\r\n\r\n..hidden\r\nGrüße\r\n.\r\n";

/// A certificate for 127.0.0.1, and the file with it.
pub(crate) struct Certificate {
    pub(crate) root: NamedTempFile,
    config: Arc<ServerConfig>,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
        let mut root = NamedTempFile::new().unwrap();
        root.write_all(certificate.pem().as_bytes()).unwrap();
        let der = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], der)
            .unwrap();
        Self { root, config: Arc::new(config) }
    }
}

pub(crate) struct Server {
    pub(crate) port: u16,
    task: JoinHandle<()>,
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

impl Server {
    pub(crate) async fn start(script: Vec<String>, certificate: &Certificate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let config = Arc::clone(&certificate.config);
        let task = tokio::spawn(async move {
            for part in script.split(|line| line == "connection") {
                let (socket, _) = listener.accept().await.unwrap();
                serve(Box::new(socket), part, &config).await;
            }
        });
        Self { port, task }
    }

    /// Waits until the script was followed to its end.
    pub(crate) async fn done(self) {
        self.task.await.unwrap();
    }
}

async fn serve(socket: Box<dyn Socket>, script: &[String], config: &Arc<ServerConfig>) {
    let mut stream = BufReader::new(socket);
    for step in script {
        if let Some(text) = step.strip_prefix("> ") {
            let text = format!("{text}\\n").replace("\\n", "\r\n");
            let mut bytes = Vec::new();
            for (at, part) in text.split("\\xFC").enumerate() {
                bytes.extend_from_slice(if at > 0 { &[0xFC] } else { &[] });
                bytes.extend_from_slice(part.as_bytes());
            }
            stream.get_mut().write_all(&bytes).await.unwrap();
            stream.get_mut().flush().await.unwrap();
        } else if step == "< content" || step == "< any content" {
            let mut content = Vec::new();
            while !content.ends_with(b"\r\n.\r\n") {
                assert!(stream.read_until(b'\n', &mut content).await.unwrap() > 0, "no end");
            }
            if step == "< content" {
                assert_eq!(String::from_utf8(content).unwrap(), ARRIVES);
            }
        } else if let Some(word) = step.strip_prefix("< ") {
            let mut line = String::new();
            stream.read_line(&mut line).await.unwrap();
            assert!(line.starts_with(word), "{line:?}, expected {word:?}");
        } else if step == "tls" {
            match TlsAcceptor::from(Arc::clone(config)).accept(stream.into_inner()).await {
                Ok(encrypted) => stream = BufReader::new(Box::new(encrypted) as Box<dyn Socket>),
                // A client that does not trust us says so and goes.
                Err(_) => return,
            }
        } else if step == "close" {
            let _ = stream.get_mut().shutdown().await;
            return;
        } else {
            assert_eq!(step, "hang", "no such step");
        }
    }
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}
