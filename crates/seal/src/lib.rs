//! What is secret, encrypted at rest by one key of all nodes (AES-256-GCM, NIST SP 800-38D).
//!
//! Sealed bytes name the key by its id, so that a node with another key can say so before it needs the value. They are bound to the kind
//! and id of the object that they belong to: copied to another object, they don't open.

use std::fmt;
use std::str::FromStr;

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use thiserror::Error;
use uuid::Uuid;

/// The form of sealed bytes: this number, the key's id, the nonce, and what AES-256-GCM makes of the value.
const FORM: u8 = 1;

/// What sealed bytes begin with before the nonce.
const HEAD_LEN: usize = 1 + KEY_ID_LEN;

const KEY_ID_LEN: usize = 8;

/// Keeps the digest that is a key's id apart from other uses of the key.
const KEY_ID_LABEL: &[u8] = b"waypost key id\0";

/// Names a key without telling anything of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; KEY_ID_LEN]);

impl KeyId {
    /// The id in 32 bytes, the size in which stores keep keys of all nodes: zeros follow.
    #[must_use]
    pub fn padded(self) -> [u8; 32] {
        let mut padded = [0; 32];
        for (to, from) in padded.iter_mut().zip(self.0) {
            *to = from;
        }
        padded
    }

    /// The id that these bytes begin with.
    #[must_use]
    pub fn of_padded(padded: &[u8; 32]) -> Option<Self> {
        padded.first_chunk().copied().map(Self)
    }
}

impl FromStr for KeyId {
    type Err = NoKeyId;

    fn from_str(text: &str) -> Result<Self, NoKeyId> {
        let mut id = [0; KEY_ID_LEN];
        hex::decode_to_slice(text, &mut id).map_err(|_| NoKeyId)?;
        Ok(Self(id))
    }
}

/// A text is no key's id.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("expected 16 hexadecimal digits, the id of a key as messages show it")]
pub struct NoKeyId;

/// The object that a value is sealed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The word for its kind.
    pub kind: &'static str,
    /// Its identifier.
    pub id: Uuid,
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a value can't be sealed or opened.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SealProblem {
    /// It was sealed by another key.
    #[error("it was sealed with the key {sealed_with}, and this node has the key {here}")]
    OtherKey {
        /// The key that it was sealed with.
        sealed_with: KeyId,
        /// The key of this node.
        here: KeyId,
    },
    /// It was changed since, belongs to another object, or is of a newer release's form.
    #[error("the sealed value is damaged, or belongs to another object")]
    Damaged,
    /// The library refuses; not for values that fit into memory.
    #[error("the value can't be sealed")]
    Refused,
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("expected 64 hexadecimal digits, found {found}")]
pub struct NoKey {
    /// Characters found.
    found: Found,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Characters(usize),
    Others,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Characters(count) => write!(f, "{count} characters"),
            Self::Others => f.write_str("other characters"),
        }
    }
}

/// The key that values are sealed with.
pub struct Key {
    aead: LessSafeKey,
    id: KeyId,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

impl Key {
    /// A key of 32 random bytes.
    ///
    /// # Errors
    /// Never, but for a defect of the library.
    pub fn new(bytes: &[u8; 32]) -> Result<Self, SealProblem> {
        let aead = UnboundKey::new(&AES_256_GCM, bytes).map_err(|_| SealProblem::Refused)?;
        let digested = digest(&SHA256, &[KEY_ID_LABEL, bytes].concat());
        let id = digested.as_ref().first_chunk().copied().ok_or(SealProblem::Refused)?;
        Ok(Self { aead: LessSafeKey::new(aead), id: KeyId(id) })
    }

    /// Names the key.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Seals a value for an object. The nonce is random; with one key at most 2^32 values may be sealed (SP 800-38D section 8.3).
    ///
    /// # Errors
    /// The library refuses.
    pub fn seal(&self, owner: Owner, value: &[u8], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>, SealProblem> {
        let mut sealed = value.to_vec();
        let bound = Aad::from(bound(self.id, owner));
        self.aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut sealed)
            .map_err(|_| SealProblem::Refused)?;
        Ok([&[FORM][..], &self.id.0, &nonce, &sealed].concat())
    }

    /// The value that was sealed for an object.
    ///
    /// # Errors
    /// Another key, or damage.
    pub fn open(&self, owner: Owner, sealed: &[u8]) -> Result<Vec<u8>, SealProblem> {
        let sealed_with = key_of(sealed).ok_or(SealProblem::Damaged)?;
        if sealed_with != self.id {
            return Err(SealProblem::OtherKey { sealed_with, here: self.id });
        }
        let (nonce, rest) =
            sealed.get(HEAD_LEN..).and_then(<[u8]>::split_first_chunk::<NONCE_LEN>).ok_or(SealProblem::Damaged)?;
        let mut rest = rest.to_vec();
        let bound = Aad::from(bound(self.id, owner));
        let opened = self.aead.open_in_place(Nonce::assume_unique_for_key(*nonce), bound, &mut rest);
        Ok(opened.map_err(|_| SealProblem::Damaged)?.to_vec())
    }
}

/// The key that a value was sealed with; none if these are no sealed bytes of this form.
#[must_use]
pub fn key_of(sealed: &[u8]) -> Option<KeyId> {
    let rest = sealed.strip_prefix(&[FORM])?;
    rest.first_chunk().copied().map(KeyId)
}

/// What sealed bytes are bound to.
fn bound(key: KeyId, owner: Owner) -> Vec<u8> {
    [&[FORM][..], &key.0, owner.kind.as_bytes(), &[0], owner.id.as_bytes()].concat()
}

/// Reads a key from the text of its file: 64 hexadecimal digits.
///
/// # Errors
/// It is something else.
pub fn read_key(text: &str) -> Result<[u8; 32], NoKey> {
    let text = text.trim();
    let mut key = [0; 32];
    if text.chars().count() != 64 {
        return Err(NoKey { found: Found::Characters(text.chars().count()) });
    }
    hex::decode_to_slice(text, &mut key).map_err(|_| NoKey { found: Found::Others })?;
    Ok(key)
}

/// A key as its file has it.
#[must_use]
pub fn write_key(key: &[u8; 32]) -> String {
    format!("{}\n", hex::encode(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(number: u128) -> Owner {
        Owner { kind: "secret", id: Uuid::from_u128(number) }
    }

    #[test]
    fn a_value_opens_for_its_object_and_key_alone() {
        let key = Key::new(&[7; 32]).unwrap();
        let sealed = key.seal(owner(1), b"s3cret", [3; 12]).unwrap();
        assert!(!sealed.windows(6).any(|six| six == b"s3cret"));
        assert_eq!(key.open(owner(1), &sealed).unwrap(), b"s3cret");
        assert_eq!(key.open(owner(2), &sealed), Err(SealProblem::Damaged));
        let of_a_webhook = Owner { kind: "webhook", ..owner(1) };
        assert_eq!(key.open(of_a_webhook, &sealed), Err(SealProblem::Damaged));
        let other = Key::new(&[8; 32]).unwrap();
        let refused = SealProblem::OtherKey { sealed_with: key.id(), here: other.id() };
        assert_eq!(other.open(owner(1), &sealed), Err(refused));
        assert_eq!(key_of(&sealed), Some(key.id()));
    }

    #[test]
    fn the_id_of_a_key_is_read_as_it_is_shown_and_kept() {
        let id = Key::new(&[7; 32]).unwrap().id();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(KeyId::of_padded(&id.padded()), Some(id));
        for wrong in ["", "0123", "0123456789abcdeg", "0123456789abcdef0"] {
            assert_eq!(wrong.parse::<KeyId>(), Err(NoKeyId), "{wrong}");
        }
    }

    #[test]
    fn whatever_byte_is_changed_or_missing_nothing_opens() {
        let key = Key::new(&[7; 32]).unwrap();
        let sealed = key.seal(owner(1), b"s3cret", [3; 12]).unwrap();
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(key.open(owner(1), &changed).is_err(), "byte {place}");
            assert!(key.open(owner(1), &sealed[..place]).is_err(), "{place} bytes");
        }
    }

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = std::array::from_fn(|place| u8::try_from(place).unwrap());
        assert_eq!(read_key(&write_key(&key)), Ok(key));
        let told = |text: &str| read_key(text).unwrap_err().to_string();
        assert_eq!(told("abc"), "expected 64 hexadecimal digits, found 3 characters");
        assert_eq!(told(&"x".repeat(64)), "expected 64 hexadecimal digits, found other characters");
    }
}
