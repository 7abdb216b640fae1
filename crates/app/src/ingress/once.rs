//! What a provider uses only once. It is remembered on this node, as long as its signature is good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A signature is good for so long, and what clocks differ by.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(13);

/// So many are remembered; beyond that the old ones are forgotten, and then all, rather than growing without end.
const MOST: usize = 100_000;

/// Tokens, with the content that each came with.
#[derive(Default)]
pub(super) struct Once(Mutex<HashMap<String, (Vec<u8>, Timestamp)>>);

impl Once {
    /// Whether a token may come with this content: it is new, or came with the same before.
    pub(super) fn claim(&self, token: &str, content: impl AsRef<[u8]>, now: Timestamp) -> bool {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, _)) = tokens.get(token) {
            return known == content.as_ref();
        }
        if tokens.len() >= MOST {
            tokens.retain(|_, (_, at)| now.duration_since(*at) < REMEMBERED);
            if tokens.len() >= MOST {
                tokens.clear();
            }
        }
        tokens.insert(token.to_owned(), (content.as_ref().to_vec(), now));
        true
    }
}
