//! Certificates: given ones, or a self-signed one that is made in the data directory and renewed in time.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::failure::Failure;

/// A self-signed certificate is valid for so many days: public roots allow no more than 398, and clients have taken to check.
const VALID_DAYS: u64 = 397;

/// It is made anew when it is older than this.
const RENEW_AFTER: Duration = Duration::from_secs(300 * 24 * 60 * 60);

/// The self-signed certificate's file in a data directory: what clients name in `SSL_CERT_FILE`.
pub(crate) fn self_signed_certificate(data_dir: &Path) -> PathBuf {
    data_dir.join("tls").join("cert.pem")
}

/// A configuration from files in PEM.
///
/// # Errors
/// A file can't be read, or certificate and key don't fit.
pub(crate) fn from_files(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, Failure> {
    let fail = |path: &Path| {
        let path = path.display().to_string();
        move |cause: &dyn std::fmt::Display| Failure::of(format!("can't use {path} for TLS"))(cause)
    };
    let chain: Result<Vec<CertificateDer<'static>>, _> =
        CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|error| fail(certificate)(&error))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| fail(key)(&error))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|error| fail(certificate)(&error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// A configuration from the data directory's self-signed certificate, which is made or renewed when that is due.
///
/// # Errors
/// The files can't be written or read.
pub(crate) fn self_signed(data_dir: &Path, now: SystemTime) -> Result<Arc<ServerConfig>, Failure> {
    let certificate = self_signed_certificate(data_dir);
    let key = certificate.with_file_name("key.pem");
    let age = fs::metadata(&certificate).and_then(|file| file.modified()).map(|made| now.duration_since(made));
    let fresh = matches!(age, Ok(Ok(age)) if age < RENEW_AFTER) || matches!(age, Ok(Err(_)));
    if !fresh || !key.exists() {
        make(&certificate, &key, now).map_err(|error| Failure::of("can't make a certificate")(&error))?;
    }
    from_files(&certificate, &key)
}

/// A leaf, not an authority: rustls refuses an authority's certificate for a server, and OpenSSL 3 takes a
/// self-signed leaf that is trusted as it is. Python wants the key identifiers from 3.13 on.
fn make(certificate: &Path, key: &Path, now: SystemTime) -> Result<(), io::Error> {
    let pair = KeyPair::generate().map_err(io::Error::other)?;
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).map_err(io::Error::other)?;
    parameters.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    parameters.subject_alt_names.push(SanType::IpAddress(IpAddr::V6(Ipv6Addr::LOCALHOST)));
    parameters.distinguished_name.push(DnType::CommonName, "localhost");
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    parameters.use_authority_key_identifier_extension = true;
    parameters.not_before = (now - Duration::from_secs(60 * 60)).into();
    parameters.not_after = (now + Duration::from_secs(VALID_DAYS * 24 * 60 * 60)).into();
    let signed = parameters.self_signed(&pair).map_err(io::Error::other)?;
    if let Some(folder) = certificate.parent() {
        fs::create_dir_all(folder)?;
    }
    super::private::write(key, pair.serialize_pem().as_bytes())?;
    fs::write(certificate, signed.pem())
}
