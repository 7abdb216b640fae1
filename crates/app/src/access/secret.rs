//! Secrets: made, kept as hashes, compared.

use std::sync::{Mutex, PoisonError};

use argon2::password_hash::{Output, PasswordHash, PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use sha2::{Digest, Sha256};
use waypost_origin::Origin;
use waypost_store::error::StoreError;

/// Marks the hash of a secret that was made here.
const GENERATED: &str = "sha256:";

/// What one hash of a chosen secret takes: little memory and more passes, which OWASP's Password Storage Cheat Sheet holds to
/// be as good as 19 MiB and two.
const MEMORY_KIB: u32 = 7 * 1024;
const PASSES: u32 = 5;

/// A secret or a token. It can't be printed, so that no log ever holds one by accident.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A secret that somebody sent or chose.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// 256 bits of chance, in lower-case hexadecimal: no character in it needs escaping anywhere.
    ///
    /// # Errors
    /// The system has no chance to give.
    pub fn generate(origin: &Origin) -> Result<Self, StoreError> {
        let mut bytes = [0_u8; 32];
        fill(origin, &mut bytes)?;
        Ok(Self(hex::encode(bytes)))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// The hash of a secret that was made here. It can't be guessed, so one pass of SHA-256 keeps it.
pub fn generated_hash(secret: &Secret) -> String {
    format!("{GENERATED}{}", hex::encode(Sha256::digest(secret.0.as_bytes())))
}

/// The hash of a secret that a person chose: Argon2id with a salt of its own, as a PHC string. Slow on purpose; it blocks.
///
/// # Errors
/// The system has no chance to give, or the secret is too long to be hashed.
pub fn chosen_hash(secret: &Secret, origin: &Origin) -> Result<String, StoreError> {
    let mut salt = [0_u8; 16];
    fill(origin, &mut salt)?;
    let failed = |error: argon2::password_hash::Error| StoreError::Failed(error.to_string());
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| StoreError::Failed(error.to_string()))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon2.hash_password(secret.0.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Whether a secret fits the hash of a generated one; `None` if the hash is not of that kind.
pub fn matches_generated(hash: &str, secret: &Secret) -> Option<bool> {
    let wanted = hash.strip_prefix(GENERATED)?;
    Some(hex::encode(Sha256::digest(secret.0.as_bytes())) == wanted)
}

/// The memory that secrets are hashed in, kept from one to the next: the allocator would keep such a block for each thread
/// that ever hashed, and one at a time is as many as a login needs.
static MEMORY: Mutex<Vec<Block>> = Mutex::new(Vec::new());

/// Whether a secret fits the hash of a chosen one. Slow on purpose; it blocks.
pub fn matches_chosen(hash: &str, secret: &Secret) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| fits(&hash, secret).unwrap_or_default())
}

/// `None` if the hash is not one of Argon2.
fn fits(hash: &PasswordHash<'_>, secret: &Secret) -> Option<bool> {
    let params = Params::try_from(hash).ok()?;
    let algorithm = Algorithm::try_from(hash.algorithm).ok()?;
    let version = Version::try_from(hash.version.unwrap_or(Version::V0x13.into())).ok()?;
    let (salt, wanted) = (hash.salt?, hash.hash?);
    let mut decoded = [0_u8; 64];
    let salt = salt.decode_b64(&mut decoded).ok()?;
    let mut found = vec![0_u8; wanted.len()];
    let blocks = params.block_count();
    let mut memory = MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    if memory.len() < blocks {
        memory.resize(blocks, Block::default());
    }
    let argon2 = Argon2::new(algorithm, version, params);
    argon2.hash_password_into_with_memory(secret.0.as_bytes(), salt, &mut found, memory.as_mut_slice()).ok()?;
    // `Output` compares in constant time.
    Some(Output::new(&found).ok()? == wanted)
}

fn fill(origin: &Origin, bytes: &mut [u8]) -> Result<(), StoreError> {
    origin.fill(bytes).map_err(|error| StoreError::Unavailable(format!("no source of random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_hash_knows_its_secret() {
        let made = Secret::generate(&Origin::system()).unwrap();
        assert_eq!(made.expose().len(), 64);
        assert_ne!(made.expose(), Secret::generate(&Origin::system()).unwrap().expose());
        assert_eq!(matches_generated(&generated_hash(&made), &made), Some(true));
        assert_eq!(matches_generated(&generated_hash(&made), &Secret::new("other")), Some(false));

        let chosen = chosen_hash(&Secret::new("correct horse"), &Origin::system()).unwrap();
        assert!(chosen.starts_with("$argon2id$"));
        assert!(!chosen.contains("horse"));
        assert_eq!(matches_generated(&chosen, &Secret::new("correct horse")), None);
        assert!(matches_chosen(&chosen, &Secret::new("correct horse")));
        assert!(!matches_chosen(&chosen, &Secret::new("correct horsf")));
        assert!(!matches_chosen("not a hash", &Secret::new("x")));
    }
}
