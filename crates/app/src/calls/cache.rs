//! Answers that may be used again, in this node's memory.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value as Json};
use tokio::time::Instant;
use waypost_ids::DataActionId;

/// Inputs and outputs together have at most so many bytes as JSON. The oldest go first.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A data action as it was changed last, and what it was given, as JSON with sorted names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct CacheKey {
    action: DataActionId,
    revision: u64,
    input: String,
}

impl CacheKey {
    pub(super) fn new(action: DataActionId, revision: u64, input: &Map<String, Json>) -> Self {
        let mut input = Json::Object(input.clone());
        input.sort_all_objects();
        Self { action, revision, input: input.to_string() }
    }
}

struct Kept {
    output: Map<String, Json>,
    until: Instant,
    bytes: usize,
    /// Tells what is in `order` of an entry that was replaced.
    number: u64,
}

/// Answers, by what was asked.
#[derive(Default)]
pub(super) struct Cache {
    kept: HashMap<CacheKey, Kept>,
    order: VecDeque<(CacheKey, u64)>,
    bytes: usize,
    count: u64,
}

impl Cache {
    /// The outputs of an earlier call, if they may still be used.
    pub(super) fn get(&self, key: &CacheKey, now: Instant) -> Option<&Map<String, Json>> {
        self.kept.get(key).filter(|kept| now < kept.until).map(|kept| &kept.output)
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        let count = self.count;
        *self = Self { count, ..Self::default() };
    }

    /// Keeps the outputs of a call for so long.
    pub(super) fn put(&mut self, key: CacheKey, output: Map<String, Json>, age: Duration, now: Instant) {
        let bytes = key.input.len().saturating_add(Json::Object(output.clone()).to_string().len());
        if bytes > MOST_BYTES {
            return;
        }
        self.count = self.count.saturating_add(1);
        let number = self.count;
        self.order.push_back((key.clone(), number));
        self.bytes = self.bytes.saturating_add(bytes);
        if let Some(before) = self.kept.insert(key, Kept { output, until: now + age, bytes, number }) {
            self.bytes = self.bytes.saturating_sub(before.bytes);
        }
        // What was replaced leaves its place in the order: it goes when its turn comes, or when there are too many of those.
        while self.bytes > MOST_BYTES || self.order.len() > self.kept.len().saturating_mul(2).saturating_add(16) {
            let Some((key, number)) = self.order.pop_front() else { break };
            if self.kept.get(&key).is_some_and(|kept| kept.number == number)
                && let Some(gone) = self.kept.remove(&key)
            {
                self.bytes = self.bytes.saturating_sub(gone.bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn map(json: Json) -> Map<String, Json> {
        json.as_object().cloned().unwrap()
    }

    fn key(revision: u64, input: Json) -> CacheKey {
        CacheKey::new(DataActionId(Uuid::nil()), revision, &map(input))
    }

    #[test]
    fn an_answer_is_used_again_for_the_same_input_until_its_age() {
        let mut cache = Cache::default();
        let now = Instant::now();
        cache.put(key(1, json!({ "a": 1, "b": 2 })), map(json!({ "tier": "gold" })), Duration::from_secs(10), now);
        let found = |key: CacheKey, after| cache.get(&key, now + Duration::from_secs(after)).is_some();
        assert!(found(key(1, json!({ "b": 2, "a": 1 })), 9), "whatever the order of its inputs");
        assert!(!found(key(1, json!({ "a": 1, "b": 2 })), 10), "too old");
        assert!(!found(key(2, json!({ "a": 1, "b": 2 })), 0), "the data action was changed");
        assert!(!found(key(1, json!({ "a": 1 })), 0), "another input");
    }

    #[test]
    fn a_full_cache_forgets_the_oldest() {
        let mut cache = Cache::default();
        let now = Instant::now();
        let large = "x".repeat(MOST_BYTES / 4);
        for number in 0..9 {
            let (age, output) = (Duration::from_secs(10), map(json!({ "text": large })));
            cache.put(key(1, json!({ "number": number })), output.clone(), age, now);
            cache.put(key(1, json!({ "number": number })), output, age, now);
        }
        let kept: Vec<u64> = (0..9).filter(|n| cache.get(&key(1, json!({ "number": n })), now).is_some()).collect();
        assert_eq!(kept, [6, 7, 8]);
        assert!(cache.bytes <= MOST_BYTES && cache.order.len() <= 2 * 3 + 16);
        cache.put(key(1, json!({})), map(json!({ "text": "x".repeat(MOST_BYTES) })), Duration::from_secs(1), now);
        assert!(cache.get(&key(1, json!({})), now).is_none(), "too large by itself");
    }
}
