//! Two decisions of one mail, held against each other, and where their runs part.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use waypost_ids::QueueId;
use waypost_store::records::mail::DecisionRecord;
use waypost_wire::trace::{TraceDifference, TraceEvent};

/// A decision as it is compared and told. Queues are told by name: one that is to be made has no lasting id yet.
#[must_use]
pub fn told(decision: &DecisionRecord, queues: &HashMap<QueueId, Arc<str>>) -> Map<String, Json> {
    let mut told = Map::new();
    told.insert("kind".to_owned(), decision.kind.as_str().into());
    if let Some(queue) = decision.queue {
        let name = queues.get(&queue).map_or_else(|| queue.to_string(), |name| name.to_string());
        told.insert("queue".to_owned(), name.into());
    }
    told.insert("priority".to_owned(), decision.priority.into());
    let mut add = |name: &str, value: Json| {
        if !value.is_null() && value != json!([]) {
            told.insert(name.to_owned(), value);
        }
    };
    add("skills", json!(decision.skills));
    add("language", json!(decision.language));
    add("addresses", json!(decision.addresses));
    add("reason", json!(decision.reason));
    add("error", decision.error.as_ref().and_then(|error| error.get("code")).cloned().unwrap_or_default());
    told
}

/// Where a decision leads, in a few words: what counts of moves are made of.
#[must_use]
pub fn destination(told: &Map<String, Json>) -> String {
    let word = |name: &str| told.get(name).and_then(Json::as_str).unwrap_or_default();
    match word("kind") {
        "queue" => format!("queue {}", word("queue")),
        "unrouted" if told.contains_key("error") => format!("unrouted {}", word("error")),
        kind => kind.to_owned(),
    }
}

/// The first step in which two traces differ, if there is one. Versions of flows don't count.
#[must_use]
pub fn first_difference(before: &[TraceEvent], after: &[TraceEvent]) -> Option<TraceDifference> {
    let (mut flows, mut node): (Vec<&str>, Option<&str>) = (Vec::new(), None);
    let longest = before.len().max(after.len());
    for position in 0..longest {
        let (left, right) = (before.get(position), after.get(position));
        let Some(step) = left.filter(|left| right.is_some_and(|right| same_step(left, right))) else {
            return Some(TraceDifference {
                event: position as u64,
                flow: flows.last().map(|flow| (*flow).to_owned()),
                node: node.map(str::to_owned),
                before: left.cloned(),
                after: right.cloned(),
            });
        };
        match step {
            TraceEvent::Flow { name, .. } => {
                flows.push(name);
                node = None;
            }
            TraceEvent::Leave => {
                flows.pop();
                node = None;
            }
            TraceEvent::Transfer => flows.clear(),
            TraceEvent::Node { id } => node = Some(id),
            _ => {}
        }
    }
    None
}

fn same_step(before: &TraceEvent, after: &TraceEvent) -> bool {
    match (before, after) {
        (TraceEvent::Flow { id: left, name: was, .. }, TraceEvent::Flow { id: right, name: is, .. }) => {
            (left, was) == (right, is)
        }
        _ => before == after,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(events: Json) -> Vec<TraceEvent> {
        serde_json::from_value(events).unwrap()
    }

    #[test]
    fn the_first_step_that_differs_is_told_with_its_place() {
        let flow = |version| json!({ "event": "flow", "id": uuid::Uuid::nil(), "name": "Triage", "version": version });
        let node = json!({ "event": "node", "id": "classify" });
        let set = |value: &str| json!({ "event": "set", "target": "variable", "name": "topic", "value": value });
        let decision = json!({ "event": "decision", "kind": "queue", "priority": 0 });
        let before = events(json!([flow(1), node, set("billing"), decision]));
        let after = events(json!([flow(2), node, set("refund"), decision]));
        assert_eq!(
            serde_json::to_value(first_difference(&before, &after)).unwrap(),
            json!({
                "event": 2, "flow": "Triage", "node": "classify", "before": set("billing"), "after": set("refund"),
            })
        );
        assert_eq!(first_difference(&before, &before), None);
    }

    #[test]
    fn a_run_that_goes_on_differs_where_the_other_ended() {
        let one = events(json!([{ "event": "node", "id": "a" }]));
        let two = events(json!([{ "event": "node", "id": "a" }, { "event": "leave" }]));
        assert_eq!(
            serde_json::to_value(first_difference(&one, &two)).unwrap(),
            json!({ "event": 1, "node": "a", "after": { "event": "leave" } })
        );
    }
}
