//! What a provider proves itself by.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::{hmac, signature};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::{Posted, Provider, Refused};

/// The beginning of a P-256 public key as SubjectPublicKeyInfo (RFC 5480 section 2): the rest is the point.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A credential. It is a secret: this type can't be printed.
pub struct Credential(Kind);

enum Kind {
    /// User and password of HTTP Basic, with the colon between them.
    Basic(String),
    /// A key of HMAC-SHA256.
    Key(hmac::Key),
    /// A point on P-256, uncompressed.
    PublicKey(Vec<u8>),
}

/// A secret that is no credential of the provider.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("expected {0}")]
pub struct BadCredential(&'static str);

impl Credential {
    /// Reads a secret's value.
    ///
    /// # Errors
    /// What the value must be.
    pub fn parse(provider: Provider, value: &str) -> Result<Self, BadCredential> {
        let value = value.trim();
        let basic = || {
            let whole = value.split_once(':').is_some_and(|(user, password)| !user.is_empty() && !password.is_empty());
            whole.then(|| Kind::Basic(value.to_owned()))
        };
        let (kind, expected) = match provider {
            Provider::Postmark => (basic(), "`user:password`, as in the webhook's URL"),
            Provider::Mailgun => {
                let key = (!value.is_empty()).then(|| Kind::Key(hmac::Key::new(hmac::HMAC_SHA256, value.as_bytes())));
                (key, "the HTTP webhook signing key")
            }
            Provider::SendGrid => (
                public_key(value).map(Kind::PublicKey).or_else(basic),
                "`user:password`, as in the webhook's URL, or the public key of its signature",
            ),
            Provider::Ses => (None, "no secret: name the topic"),
        };
        kind.map(Self).ok_or(BadCredential(expected))
    }

    /// Whether the header alone is the proof.
    #[must_use]
    pub fn is_in_header(&self) -> bool {
        matches!(self.0, Kind::Basic(_))
    }

    /// Whether the header alone tells that a request is not the provider's. What is signed needs its body, too.
    ///
    /// # Errors
    /// It is not.
    pub fn admits(&self, authorization: Option<&str>) -> Result<(), Refused> {
        let Kind::Basic(expected) = &self.0 else { return Ok(()) };
        let Some(given) = authorization else { return Err(Refused::Unproven("no Authorization header")) };
        let decoded = given
            .trim()
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
            .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
            .ok_or(Refused::Unproven("the Authorization header is not HTTP Basic"))?;
        let same: bool = decoded.ct_eq(expected.as_bytes()).into();
        if same { Ok(()) } else { Err(Refused::Unproven("wrong user or password")) }
    }

    /// Whether a text has this HMAC, in hexadecimal.
    pub(crate) fn signed(&self, text: &[u8], signature: &str) -> Result<(), Refused> {
        let wrong = Refused::Unproven("the HMAC signature does not fit");
        match (&self.0, hex::decode(signature)) {
            (Kind::Key(key), Ok(signature)) => hmac::verify(key, text, &signature).map_err(|_| wrong),
            _ => Err(wrong),
        }
    }

    /// Whether a request is signed with the public key, if there is one; the time that it is signed with.
    pub(crate) fn signed_body<'p>(&self, posted: &'p Posted) -> Result<Option<&'p str>, Refused> {
        let Kind::PublicKey(point) = &self.0 else { return Ok(None) };
        let (signature, time) = posted.signed.as_ref().ok_or(Refused::Unproven("no signature headers"))?;
        let wrong = Refused::Unproven("the ECDSA signature does not fit");
        let signature = STANDARD.decode(signature).map_err(|_| wrong.clone())?;
        let text = [time.as_bytes(), &posted.body].concat();
        let key = signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_ASN1, point);
        key.verify(&text, &signature).map_err(|_| wrong).map(|()| Some(time.as_str()))
    }
}

fn public_key(text: &str) -> Option<Vec<u8>> {
    let der = STANDARD.decode(text).ok()?;
    der.strip_prefix(P256.as_slice()).filter(|point| point.len() == 65).map(<[u8]>::to_vec)
}
