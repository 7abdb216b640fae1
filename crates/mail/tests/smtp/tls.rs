//! A certificate for the tests, and who trusts it.

use std::sync::{Arc, LazyLock};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::server::Connection;

static CONFIGS: LazyLock<(Arc<ServerConfig>, Arc<ClientConfig>)> = LazyLock::new(|| {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let server = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![cert.der().clone()], key).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    (Arc::new(server), Arc::new(client))
});

/// The server's side.
pub(crate) fn server() -> Arc<ServerConfig> {
    Arc::clone(&CONFIGS.0)
}

/// A handshake on a connection that was in the clear.
pub(crate) async fn handshake(plain: Connection<TcpStream>) -> Connection<TlsStream<TcpStream>> {
    let connector = TlsConnector::from(Arc::clone(&CONFIGS.1));
    let name = ServerName::try_from("localhost").unwrap();
    Connection::new(connector.connect(name, plain.into_stream()).await.unwrap())
}
