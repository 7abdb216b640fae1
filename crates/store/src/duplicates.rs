//! How a message is known again.

use sha2::{Digest, Sha256};
use waypost_ids::InteractionId;

use crate::records::mail::{NewInteraction, NewMessage};

/// A message for one route, as it is compared with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// A hash of place and Message-ID.
    pub(crate) message: [u8; 16],
    /// A hash of sender and content.
    pub(crate) content: [u8; 16],
}

impl Key {
    /// None for a message without a Message-ID: it is never a duplicate.
    pub(crate) fn of(message: &NewMessage, interaction: &NewInteraction) -> Option<Self> {
        let message_id = message.message_id.as_deref()?;
        let place = match interaction.route {
            Some(route) => hash(&[b"route", route.as_bytes(), message_id.as_bytes()]),
            // Mail to `postmaster` has no route: its address stands for one.
            None => hash(&[b"address", interaction.envelope_to.to_lowercase().as_bytes(), message_id.as_bytes()]),
        };
        let content = hash(&[message.envelope_from.as_bytes(), &message.content_hash]);
        Some(Self { message: place, content })
    }
}

/// The first 16 bytes of SHA-256 over the parts, each led by its length so that no two lists read alike.
fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(hasher.finalize()) {
        *to = from;
    }
    short
}

/// How a message compares with what came within the window.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The very same: it makes no interaction.
    Same(InteractionId),
    /// The same Message-ID on the same route with another sender or content; the earliest.
    Like(InteractionId),
    /// New.
    No,
}
