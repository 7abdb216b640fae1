//! The keys of a provider (RFC 7517), and signatures by them (RFC 7515): RS256, ES256 and EdDSA, nothing else.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// Keys of a set beyond this number are not read.
const MOST_KEYS: usize = 50;

/// How a token is signed (RFC 7518 section 3.1, RFC 8037). What is not here is refused: `none`, and HMAC with a key that is public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// The keys of a provider that tokens may be signed with.
#[derive(Clone, Debug, Default)]
pub struct Keys(Vec<Key>);

#[derive(Clone, Debug)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Other(Vec<u8>),
}

/// A set of keys (RFC 7517 section 5).
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// A key (RFC 7517 section 4, RFC 7518 section 6).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    kty: String,
    r#use: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    crv: String,
    n: String,
    e: String,
    x: String,
    y: String,
}

impl Keys {
    /// Reads a set of keys. Keys of other kinds or for other uses are left out (RFC 7517 section 5).
    ///
    /// # Errors
    /// The text is no set of keys.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        let set: KeySet = serde_json::from_slice(json).map_err(|error| format!("not a set of keys: {error}"))?;
        let written = set.keys.into_iter().take(MOST_KEYS).filter_map(|key| serde_json::from_value(key).ok());
        Ok(Self(written.filter_map(key).collect()))
    }

    /// Whether a key has this id.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.0.iter().any(|key| key.id.as_deref() == Some(id))
    }

    /// Whether a signature is by the key that a token names; if it names none, by any of those for its algorithm.
    pub(crate) fn verify(&self, id: Option<&str>, algorithm: Algorithm, signed: &[u8], signature: &[u8]) -> bool {
        let fitting = |key: &&Key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id);
        self.0.iter().filter(fitting).any(|key| key.verifies(signed, signature))
    }
}

impl Key {
    fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        let verified = match (&self.material, self.algorithm) {
            (Material::Rsa { modulus, exponent }, Algorithm::Rs256) => {
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(
                    &RSA_PKCS1_2048_8192_SHA256,
                    signed,
                    signature,
                )
            }
            (Material::Other(key), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).verify(signed, signature)
            }
            (Material::Other(key), Algorithm::EdDsa) => UnparsedPublicKey::new(&ED25519, key).verify(signed, signature),
            _ => return false,
        };
        verified.is_ok()
    }
}

fn key(written: Written) -> Option<Key> {
    let (algorithm, material) = match (written.kty.as_str(), written.crv.as_str()) {
        ("RSA", _) => (Algorithm::Rs256, Material::Rsa { modulus: bytes(&written.n)?, exponent: bytes(&written.e)? }),
        // An uncompressed point (SEC 1 section 2.3.3).
        ("EC", "P-256") => {
            let point = [&[4][..], &bytes(&written.x)?, &bytes(&written.y)?].concat();
            (Algorithm::Es256, Material::Other(point))
        }
        ("OKP", "Ed25519") => (Algorithm::EdDsa, Material::Other(bytes(&written.x)?)),
        _ => return None,
    };
    let for_signatures = written.r#use.as_deref().is_none_or(|used| used == "sig");
    // A key for RS512 is not one for RS256 (RFC 7517 section 4.4).
    let for_algorithm = written.alg.as_deref().is_none_or(|name| Algorithm::named(name) == Some(algorithm));
    (for_signatures && for_algorithm).then_some(Key { id: written.kid, algorithm, material })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| !bytes.is_empty())
}
