//! What a run sends, of its trace.

use super::{RunTrace, TraceEffect, TraceEvent};

impl RunTrace {
    /// What the run sends in the end, in its order: what it listed, without what an error dropped. `None` if the trace does not have all of
    /// the run, and so can't tell.
    #[must_use]
    pub fn sends(&self) -> Option<Vec<&TraceEffect>> {
        if self.dropped.is_some() {
            return None;
        }
        let mut sends = Vec::new();
        for event in &self.events {
            match event {
                TraceEvent::Effect(effect) => sends.push(&**effect),
                TraceEvent::EffectsDropped { .. } => sends.clear(),
                _ => {}
            }
        }
        Some(sends)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn sends(trace: Json) -> Option<Json> {
        let trace: RunTrace = serde_json::from_value(trace).unwrap();
        trace.sends().map(|sends| serde_json::to_value(sends).unwrap())
    }

    #[test]
    fn what_an_error_dropped_is_not_sent() {
        let first = json!({ "event": "effect", "kind": "reply", "text": "one" });
        let dropped = json!({ "event": "effectsDropped", "count": 1 });
        let second = json!({ "event": "effect", "kind": "mail", "to": ["a@b.example"], "subject": "s", "text": "two" });
        assert_eq!(
            sends(json!({ "version": 1, "events": [first, dropped, second] })),
            Some(json!([{ "kind": "mail", "to": ["a@b.example"], "subject": "s", "text": "two" }]))
        );
        assert_eq!(sends(json!({ "version": 1, "events": [first, dropped] })), Some(json!([])));
    }

    #[test]
    fn a_trace_that_was_cut_can_not_tell() {
        assert_eq!(sends(json!({ "version": 1, "dropped": 3, "events": [] })), None);
    }
}
