//! Certificates: given ones, or a self-signed one that is made in the data directory and renewed in time.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType};
use rustix::fs::OFlags;
use rustls::crypto::ring::default_provider as provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{InconsistentKeys, ServerConfig};

use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage};

use crate::failure::Failure;

/// A self-signed certificate is valid for so many days: public roots allow no more than 398, and clients have taken to check.
const VALID_DAYS: u64 = 397;

/// It is made anew when it is older than this.
const RENEW_AFTER: Duration = Duration::from_secs(300 * 24 * 60 * 60);

/// The self-signed certificate's file in a data directory: what clients name in `SSL_CERT_FILE`.
pub(crate) fn self_signed_certificate(data_dir: &Path) -> PathBuf {
    data_dir.join("tls").join("cert.pem")
}

/// Where a certificate comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// Files in PEM: the chain, and its key.
    Files {
        /// The chain.
        certificate: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// The self-signed certificate in this data directory, which is made or renewed when that is due.
    SelfSigned(PathBuf),
}

/// The certificate that connections are made with, until it is read again.
#[derive(Debug)]
pub(crate) struct Certificates {
    source: Source,
    /// How its files stood before they were read for the first time.
    first: Stamp,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificates {
    /// Reads the certificate.
    ///
    /// # Errors
    /// A file can't be read or made, or certificate and key don't fit.
    pub(crate) fn load(source: Source, now: SystemTime) -> Result<Arc<Self>, Failure> {
        let before = source.stamp(now);
        let current = RwLock::new(source.read(now)?);
        let first = before.renewed();
        Ok(Arc::new(Self { source, first, current }))
    }

    /// Reads the certificate again; connections from here on are made with it. If that fails the one there was stays. It blocks as long as
    /// the disk does.
    ///
    /// # Errors
    /// As for [`Self::load`].
    pub(crate) fn reload(&self, now: SystemTime) -> Result<(), Failure> {
        let read = self.source.read(now)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(())
    }

    /// When the certificate in use expires, in seconds since 1970.
    pub(crate) fn expires(&self) -> Option<u64> {
        let current = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner));
        not_after(&EndEntityCert::try_from(current.cert.first()?).ok()?)
    }

    /// What tells whether the files are others than before. It blocks as long as the disk does.
    pub(crate) fn stamp(&self, now: SystemTime) -> Stamp {
        self.source.stamp(now)
    }

    /// How the files stood when they were read for the first time.
    pub(crate) fn first(&self) -> Stamp {
        self.first
    }

    /// The configuration for HTTPS and STARTTLS.
    ///
    /// # Errors
    /// The library offers no protocol that is safe.
    pub(crate) fn config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, Failure> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Failure::of("can't use TLS")(&error))?
            .with_no_client_auth()
            .with_cert_resolver(Arc::<Self>::clone(self));
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// Device, inode, length and time of change of a file; none while it is not there.
type FileStamp = Option<(u64, u64, u64, i64, i64)>;

/// How the files of a certificate stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    files: [FileStamp; 2],
    due: bool,
}

impl Stamp {
    /// The same after it was read: a self-signed certificate that was due has been made anew.
    pub(crate) fn renewed(self) -> Self {
        Self { due: false, ..self }
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Source {
    fn read(&self, now: SystemTime) -> Result<Arc<CertifiedKey>, Failure> {
        match self {
            Self::Files { certificate, key } => from_files(certificate, key),
            Self::SelfSigned(data_dir) => self_signed(data_dir, now),
        }
    }

    /// How the files stand; a self-signed certificate is another once it is due to be renewed.
    fn stamp(&self, now: SystemTime) -> Stamp {
        let of = |path: &Path| {
            let found = fs::metadata(path).ok()?;
            Some((found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec()))
        };
        match self {
            Self::Files { certificate, key } => Stamp { files: [of(certificate), of(key)], due: false },
            Self::SelfSigned(data_dir) => {
                let certificate = self_signed_certificate(data_dir);
                Stamp { files: [None, None], due: !is_fresh(&certificate, now) }
            }
        }
    }
}

/// A certificate chain and its key, from two files in PEM.
pub(crate) fn from_files(certificate: &Path, key: &Path) -> Result<Arc<CertifiedKey>, Failure> {
    let fail = |path: &Path| {
        let path = path.display().to_string();
        move |cause: &dyn std::fmt::Display| Failure::of(format!("can't use {path} for TLS"))(cause)
    };
    let text = content(certificate).map_err(|error| fail(certificate)(&error))?;
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let chain = chain.map_err(|error| fail(certificate)(&error))?;
    if chain.is_empty() {
        let expected = "no certificate in it: expected `-----BEGIN CERTIFICATE-----`";
        return Err(fail(certificate)(&expected));
    }
    let text = content(key).map_err(|error| fail(key)(&error))?;
    let secret = PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
        pem::Error::NoItemsFound => fail(key)(&"no private key in it: expected `-----BEGIN PRIVATE KEY-----`"),
        error => fail(key)(&error),
    })?;
    CertifiedKey::from_der(chain, secret, &provider()).map(Arc::new).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => fail(key)(&format!(
            "it is not the key of {}: give the key that the certificate was made with",
            certificate.display()
        )),
        error => fail(certificate)(&error),
    })
}

/// What a file holds. A pipe or a device is refused: nobody knows when it answers, or whether it ends, and a SIGHUP reads it again.
fn content(path: &Path) -> io::Result<Vec<u8>> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let mut file = File::options().read(true).custom_flags(flags).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut content = Vec::new();
    file.read_to_end(&mut content)?;
    Ok(content)
}

fn self_signed(data_dir: &Path, now: SystemTime) -> Result<Arc<CertifiedKey>, Failure> {
    let certificate = self_signed_certificate(data_dir);
    let key = certificate.with_file_name("key.pem");
    if !is_fresh(&certificate, now) || !key.exists() {
        make(&certificate, &key, now).map_err(|error| Failure::of("can't create a certificate")(&error))?;
    }
    from_files(&certificate, &key)
}

/// Whether a self-signed certificate is there and not yet due to be renewed.
fn is_fresh(certificate: &Path, now: SystemTime) -> bool {
    let age = fs::metadata(certificate).and_then(|file| file.modified()).map(|made| now.duration_since(made));
    matches!(age, Ok(Ok(age)) if age < RENEW_AFTER) || matches!(age, Ok(Err(_)))
}

/// When a certificate ends, in seconds since 1970: the library says it of one that is over, so it is asked about a time far ahead.
pub(crate) fn not_after(leaf: &EndEntityCert<'_>) -> Option<u64> {
    let far = UnixTime::since_unix_epoch(Duration::from_secs(200_000_000_000));
    match leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &[], &[], far, KeyUsage::server_auth(), None, None).err()? {
        webpki::Error::CertExpired { not_after, .. } => Some(not_after.as_secs()),
        _ => None,
    }
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
    super::private::write(certificate, signed.pem().as_bytes())
}
