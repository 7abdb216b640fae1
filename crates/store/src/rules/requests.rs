//! Requests with a key: what is kept of them, and what the same request is answered when it comes again.

use uuid::Uuid;
use waypost_ids::DeliveryId;

use crate::records::mail::IdempotencyKey;
use crate::records::outbox::SendOutcome;

/// What a request whose key was used before is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// What the same request made.
    Same(Vec<Uuid>),
    /// The key was used for another request.
    KeyReused,
}

/// What is kept of a request: the ids of what it made, 16 bytes each.
pub(crate) fn remembered(made: impl Iterator<Item = Uuid>) -> Vec<u8> {
    made.flat_map(Uuid::into_bytes).collect()
}

/// What is answered to a request whose key was used before, from what is kept of it.
pub(crate) fn repeated(key: &IdempotencyKey, fingerprint: &[u8], remembered: &[u8]) -> Repeated {
    if fingerprint != key.fingerprint {
        return Repeated::KeyReused;
    }
    let (ids, _) = remembered.as_chunks::<16>();
    Repeated::Same(ids.iter().map(|id| Uuid::from_bytes(*id)).collect())
}

impl From<Repeated> for SendOutcome {
    fn from(repeated: Repeated) -> Self {
        match repeated {
            Repeated::Same(ids) => Self::Repeated(ids.into_iter().map(DeliveryId).collect()),
            Repeated::KeyReused => Self::KeyReused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_known_again_by_key_and_fingerprint() {
        let ids = [1, 2].map(Uuid::from_u128);
        let kept = remembered(ids.into_iter());
        let key = IdempotencyKey { key: "k".to_owned(), fingerprint: [4; 32] };
        assert_eq!(repeated(&key, &[4; 32], &kept), Repeated::Same(ids.to_vec()));
        assert_eq!(repeated(&key, &[5; 32], &kept), Repeated::KeyReused);
    }
}
