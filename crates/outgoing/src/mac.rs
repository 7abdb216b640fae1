//! What proves that an address or a field is ours: a truncated HMAC-SHA256 (RFC 2104), in base32 that is read in any case.

use std::fmt;

use data_encoding::BASE32_DNSSEC;
use ring::hmac;
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The bytes of a MAC that are kept: 80 bits. Guessing one takes a mail for each guess.
const KEPT: usize = 10;

/// The key by which addresses and fields of ours are known; the same on all nodes.
pub struct Key(hmac::Key);

impl Key {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// An id with its MAC, `<id>.<mac>`, 43 characters. `purpose` keeps what is signed for one use from any other.
    pub(crate) fn sign(&self, purpose: &[u8], id: Uuid) -> String {
        let mac = self.mac(purpose, id);
        format!("{}.{}", BASE32_DNSSEC.encode(id.as_bytes()), BASE32_DNSSEC.encode(&mac))
    }

    /// The id of `<id>.<mac>`, if the MAC is ours.
    pub(crate) fn verify(&self, purpose: &[u8], signed: &str) -> Option<Uuid> {
        let (id, mac) = signed.split_once('.')?;
        let id = Uuid::from_slice(&BASE32_DNSSEC.decode(id.as_bytes()).ok()?).ok()?;
        let mac = BASE32_DNSSEC.decode(mac.as_bytes()).ok()?;
        bool::from(mac.ct_eq(&self.mac(purpose, id))).then_some(id)
    }

    /// Eight bytes of the MAC of texts, as a number: the same for the same texts, and nothing of them can be told from it without the key.
    #[must_use]
    pub fn fingerprint(&self, purpose: &[u8], texts: &[&[u8]]) -> i64 {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose);
        for text in texts {
            // Each led by its length, so that no two lists read alike.
            context.update(&(text.len() as u64).to_le_bytes());
            context.update(text);
        }
        let signed = context.sign();
        let first = signed.as_ref().first_chunk::<8>().copied().unwrap_or_default();
        i64::from_le_bytes(first)
    }

    fn mac(&self, purpose: &[u8], id: Uuid) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(id.as_bytes());
        context.update(purpose);
        context.sign().as_ref().iter().copied().take(KEPT).collect()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}
