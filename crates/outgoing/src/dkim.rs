//! DKIM: keys by domain, and signatures (RFC 6376, RFC 8463).
//!
//! Keys are PEM files (PKCS #8) in one folder, `DOMAIN.SELECTOR.pem`. A mail is signed with every key of its author's domain, or else of
//! the closest domain above: RSA for those who know nothing else, Ed25519 beside it.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mail_auth::common::crypto::{Ed25519Key, RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::dkim::{DkimSigner, Done};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::Ed25519KeyPair;
use rsa::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::rand_core::{TryCryptoRng, TryRng};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use thiserror::Error;
use waypost_mail::message::{AddressField, Message};

use crate::address::Domain;

/// The fields that are signed; those that a mail does not have, as absent (RFC 6376 section 5.4.2).
const SIGNED: [&str; 13] = [
    "From",
    "Reply-To",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
];

/// The RSA keys that are made, in bits.
const RSA_BITS: usize = 2048;

/// Which kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA of 2048 bits: what every receiver verifies.
    Rsa,
    /// Ed25519 (RFC 8463): short, and not verified everywhere.
    Ed25519,
}

/// What is wrong with a key.
#[derive(Debug, Error)]
pub enum KeyProblem {
    /// The folder or a file can't be read.
    #[error("cannot read `{}`: {why}", .path.display())]
    Unreadable {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        why: io::Error,
    },
    /// A file's name does not say whose key it is.
    #[error("`{}` does not name a domain and a selector: expected `DOMAIN.SELECTOR.pem`, such as `post.example.w1.pem`", .0.display())]
    Name(PathBuf),
    /// A file holds no key that mail can be signed with.
    #[error("`{}` holds no key for DKIM: {why}", .path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A key can't be made.
    #[error("cannot make a key: {0}")]
    NotMade(String),
}

/// A mail could not be signed.
#[derive(Debug, Error)]
#[error("the mail could not be signed for `{domain}` with the key `{selector}`: {why}")]
pub struct NotSigned {
    domain: String,
    selector: String,
    why: mail_auth::Error,
}

/// A key with the domain and selector that it is for.
pub struct DomainKey {
    domain: Domain,
    selector: String,
    path: PathBuf,
    signer: Signer,
    public: Vec<u8>,
}

enum Signer {
    Rsa(Box<DkimSigner<RsaKey<Sha256>, Done>>),
    Ed25519(Box<DkimSigner<Ed25519Key, Done>>),
}

impl DomainKey {
    /// Reads a key in PEM.
    ///
    /// # Errors
    /// What is wrong with it; `path` is named in it.
    pub fn read(domain: Domain, selector: &str, pem: &[u8], path: &Path) -> Result<Self, KeyProblem> {
        let no_key = |why: String| KeyProblem::NoKey { path: path.to_owned(), why };
        if !is_selector(selector) {
            return Err(KeyProblem::Name(path.to_owned()));
        }
        let der = PrivateKeyDer::from_pem_slice(pem)
            .map_err(|_| no_key("expected `-----BEGIN PRIVATE KEY-----` and base64 (PEM)".to_owned()))?;
        if let PrivateKeyDer::Pkcs8(der) = &der
            && let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(der.secret_pkcs8_der())
        {
            let public = key.public_key();
            let signer = DkimSigner::from_key(key).domain(domain.as_str()).selector(selector).headers(SIGNED);
            return Ok(Self {
                domain,
                selector: selector.to_owned(),
                path: path.to_owned(),
                signer: Signer::Ed25519(Box::new(signer)),
                public,
            });
        }
        let key = RsaKey::<Sha256>::from_key_der(der).map_err(|error| {
            no_key(format!("expected an RSA key of 2048 bits or more, or an Ed25519 key ({error})"))
        })?;
        let public = subject_public_key_info(&key.public_key());
        let signer = DkimSigner::from_key(key).domain(domain.as_str()).selector(selector).headers(SIGNED);
        let (selector, path) = (selector.to_owned(), path.to_owned());
        Ok(Self { domain, selector, path, signer: Signer::Rsa(Box::new(signer)), public })
    }

    /// The domain.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The selector.
    #[must_use]
    pub fn selector(&self) -> &str {
        &self.selector
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of the DNS record (RFC 6376 section 3.6.2.1).
    #[must_use]
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// The text of the DNS record (RFC 6376 section 3.6.1). A string of a TXT record has at most 255 bytes: longer text is written as
    /// several.
    #[must_use]
    pub fn record(&self) -> String {
        let kind = match self.signer {
            Signer::Rsa(_) => "rsa",
            Signer::Ed25519(_) => "ed25519",
        };
        format!("v=DKIM1; k={kind}; p={}", STANDARD.encode(&self.public))
    }

    fn sign(&self, content: &[u8]) -> Result<String, NotSigned> {
        let signed = match &self.signer {
            Signer::Rsa(signer) => signer.sign(content),
            Signer::Ed25519(signer) => signer.sign(content),
        };
        let not = |why| NotSigned { domain: self.domain.to_string(), selector: self.selector.clone(), why };
        signed.map(|signature| signature.to_header()).map_err(not)
    }
}

impl fmt::Debug for DomainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DomainKey({})", self.record_name())
    }
}

/// Keys of all domains.
#[derive(Debug, Default)]
pub struct Keys(Vec<DomainKey>);

impl Keys {
    /// Keeps keys.
    #[must_use]
    pub fn new(keys: Vec<DomainKey>) -> Self {
        Self(keys)
    }

    /// Reads all keys of a folder. Files that don't end in `.pem` are none.
    ///
    /// # Errors
    /// Every problem there is.
    pub fn load(folder: &Path) -> Result<Self, Vec<KeyProblem>> {
        let unreadable = |path: &Path, why| KeyProblem::Unreadable { path: path.to_owned(), why };
        let entries = fs::read_dir(folder).map_err(|why| vec![unreadable(folder, why)])?;
        let (mut keys, mut problems) = (Vec::new(), Vec::new());
        for entry in entries {
            let path = match entry {
                Ok(entry) => entry.path(),
                Err(why) => {
                    problems.push(unreadable(folder, why));
                    continue;
                }
            };
            if path.extension().is_none_or(|extension| extension != "pem") {
                continue;
            }
            let read = named(&path).ok_or_else(|| KeyProblem::Name(path.clone())).and_then(|(domain, selector)| {
                let pem = fs::read(&path).map_err(|why| unreadable(&path, why))?;
                DomainKey::read(domain, &selector, &pem, &path)
            });
            match read {
                Ok(key) => keys.push(key),
                Err(problem) => problems.push(problem),
            }
        }
        keys.sort_by_key(DomainKey::record_name);
        if problems.is_empty() { Ok(Self(keys)) } else { Err(problems) }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &DomainKey> {
        self.0.iter()
    }

    /// The DKIM-Signature fields of a mail with CRLF line ends: one for each key of its author's domain, else of the closest domain above
    /// (relaxed alignment, RFC 7489 section 3.1.1). Empty if there is no such key, and if the author is of another domain than `signed_as`:
    /// whoever can have a mail sent must not be able to have anything signed.
    ///
    /// # Errors
    /// If signing fails.
    pub fn sign(&self, signed_as: &Domain, content: &[u8]) -> Result<String, NotSigned> {
        if self.0.is_empty() {
            return Ok(String::new());
        }
        let message = Message::parse(content);
        let [author] = message.addresses(AddressField::From) else { return Ok(String::new()) };
        let author = Domain::parse(&author.domain).ok().filter(|author| author == signed_as);
        let Some(author) = author else { return Ok(String::new()) };
        let mut domain = Some(author.as_str());
        while let Some(name) = domain {
            let mut keys = self.0.iter().filter(|key| key.domain.as_str() == name).peekable();
            if keys.peek().is_some() {
                return keys.map(|key| key.sign(content)).collect();
            }
            domain = name.split_once('.').map(|(_, above)| above);
        }
        Ok(String::new())
    }
}

/// A new key in PEM, to be kept as `DOMAIN.SELECTOR.pem` where only the server can read it.
///
/// # Errors
/// If the system provides no random numbers.
pub fn make(algorithm: Algorithm) -> Result<String, KeyProblem> {
    let not_made = |why: String| KeyProblem::NotMade(why);
    match algorithm {
        Algorithm::Rsa => {
            let key = rsa::PrivateKey::new(&mut SystemRng(SystemRandom::new()), RSA_BITS)
                .map_err(|error| not_made(error.to_string()))?;
            let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| not_made(error.to_string()))?;
            Ok(pem.to_string())
        }
        Algorithm::Ed25519 => {
            let key =
                Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|error| not_made(error.to_string()))?;
            let der = PrivatePkcs8KeyDer::from(key.as_ref());
            Ok(pem("PRIVATE KEY", der.secret_pkcs8_der()))
        }
    }
}

/// The one source of random numbers, as the maker of RSA keys asks for them: `ring` makes none.
struct SystemRng(SystemRandom);

/// The system gives no random numbers.
#[derive(Debug, Error)]
#[error("the system provides no random numbers")]
struct NoRandomNumbers;

impl TryRng for SystemRng {
    type Error = NoRandomNumbers;

    fn try_next_u32(&mut self) -> Result<u32, NoRandomNumbers> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, NoRandomNumbers> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomNumbers> {
        self.0.fill(bytes).map_err(|_| NoRandomNumbers)
    }
}

impl TryCryptoRng for SystemRng {}

fn pem(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let lines: Vec<&str> = encoded.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Domain and selector of `DOMAIN.SELECTOR.pem`.
fn named(path: &Path) -> Option<(Domain, String)> {
    let (domain, selector) = path.file_stem()?.to_str()?.rsplit_once('.')?;
    Some((Domain::parse(domain).ok()?, selector.to_owned()))
}

/// A selector of one label.
fn is_selector(selector: &str) -> bool {
    !selector.is_empty()
        && selector.len() <= 63
        && selector.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// An RSA public key (PKCS #1) as SubjectPublicKeyInfo (RFC 5280 section 4.1), which DNS records have.
fn subject_public_key_info(key: &[u8]) -> Vec<u8> {
    /// The algorithm: rsaEncryption, no parameters.
    const RSA: [u8; 15] = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1, 5, 0];
    let bits = [&[0], key].concat();
    let inner = [&RSA[..], &tagged(3, &bits)].concat();
    tagged(0x30, &inner)
}

/// A value in DER with its tag and length.
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let significant: Vec<u8> = length.iter().copied().skip_while(|byte| *byte == 0).collect();
    let mut written = vec![tag];
    match u8::try_from(value.len()) {
        Ok(short) if short < 128 => written.push(short),
        _ => {
            written.push(0x80 | u8::try_from(significant.len()).unwrap_or(u8::MAX));
            written.extend_from_slice(&significant);
        }
    }
    written.extend_from_slice(value);
    written
}
