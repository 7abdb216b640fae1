//! Secrets: made, kept as hashes, compared.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use sha2::{Digest, Sha256};
use waypost_store::error::StoreError;

/// Marks the hash of a secret that was made here.
const GENERATED: &str = "sha256:";

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
    pub fn generate() -> Result<Self, StoreError> {
        let mut bytes = [0_u8; 32];
        fill(&mut bytes)?;
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
pub fn chosen_hash(secret: &Secret) -> Result<String, StoreError> {
    let mut salt = [0_u8; 16];
    fill(&mut salt)?;
    let failed = |error: argon2::password_hash::Error| StoreError::Failed(error.to_string());
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    Ok(Argon2::default().hash_password(secret.0.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// Whether a secret fits the hash of a generated one; `None` if the hash is not of that kind.
pub fn matches_generated(hash: &str, secret: &Secret) -> Option<bool> {
    let wanted = hash.strip_prefix(GENERATED)?;
    Some(hex::encode(Sha256::digest(secret.0.as_bytes())) == wanted)
}

/// Whether a secret fits the hash of a chosen one. Slow on purpose; it blocks.
pub fn matches_chosen(hash: &str, secret: &Secret) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(secret.0.as_bytes(), &hash).is_ok())
}

fn fill(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::Unavailable(format!("no source of chance: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_hash_knows_its_secret() {
        let made = Secret::generate().unwrap();
        assert_eq!(made.expose().len(), 64);
        assert_ne!(made.expose(), Secret::generate().unwrap().expose());
        assert_eq!(matches_generated(&generated_hash(&made), &made), Some(true));
        assert_eq!(matches_generated(&generated_hash(&made), &Secret::new("other")), Some(false));

        let chosen = chosen_hash(&Secret::new("correct horse")).unwrap();
        assert!(chosen.starts_with("$argon2id$"));
        assert!(!chosen.contains("horse"));
        assert_eq!(matches_generated(&chosen, &Secret::new("correct horse")), None);
        assert!(matches_chosen(&chosen, &Secret::new("correct horse")));
        assert!(!matches_chosen(&chosen, &Secret::new("correct horsf")));
        assert!(!matches_chosen("not a hash", &Secret::new("x")));
    }
}
