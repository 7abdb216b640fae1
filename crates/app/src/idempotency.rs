//! Requests with a key that their client chose: the same key within a day is the same request.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};
use thiserror::Error;
use waypost_store::records::mail::IdempotencyKey;

/// Why a request with a key was not carried out.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// The key was used with another body.
    #[error("the idempotency key was used for another request")]
    Reused,
    /// The same request is not answered yet.
    #[error("a request with this idempotency key is in flight")]
    InFlight,
}

/// A request as it is known again: by its client's key, and the parts that make it another one when they differ.
pub(crate) fn request(actor: &str, key: &str, parts: &[&[u8]]) -> IdempotencyKey {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    IdempotencyKey { key: format!("{actor}\n{key}"), fingerprint: hash.finalize().into() }
}

/// Keys whose requests are not answered yet by this process, with the fingerprints of the requests.
#[derive(Debug, Default)]
pub(crate) struct InFlight(Mutex<HashMap<String, [u8; 32]>>);

impl InFlight {
    /// Enters a request's key, if it has one, until the guard is dropped.
    pub(crate) fn enter(&self, request: Option<&IdempotencyKey>) -> Result<Option<InFlightGuard<'_>>, KeyError> {
        let Some(request) = request else { return Ok(None) };
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(request.key.clone()) {
            Entry::Occupied(known) if *known.get() == request.fingerprint => Err(KeyError::InFlight),
            Entry::Occupied(_) => Err(KeyError::Reused),
            Entry::Vacant(free) => {
                free.insert(request.fingerprint);
                Ok(Some(InFlightGuard { keys: self, key: request.key.clone() }))
            }
        }
    }
}

/// A key that is in flight until this is dropped.
#[derive(Debug)]
pub struct InFlightGuard<'k> {
    keys: &'k InFlight,
    key: String,
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        self.keys.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
