//! Two decisions of one mail, held against each other, and where their runs part.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use waypost_ids::QueueId;
use waypost_store::records::mail::DecisionRecord;

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

/// The first step in which two traces differ: its position among the events, the flow and node in which it lies, and both events. Versions of
/// flows don't count. None if there is no such step, as where one of them was not kept.
#[must_use]
pub fn first_difference(before: &Json, after: &Json) -> Option<Json> {
    let events = |trace: &'_ Json| trace.get("events").and_then(Json::as_array).cloned().unwrap_or_default();
    let (before, after) = (events(before), events(after));
    let (mut flows, mut node): (Vec<Json>, Json) = (Vec::new(), Json::Null);
    let longest = before.len().max(after.len());
    for position in 0..longest {
        let (left, right) = (before.get(position), after.get(position));
        match (left, right) {
            (Some(left), Some(right)) if same_step(left, right) => match word(left, "event") {
                "flow" => {
                    flows.push(left.get("name").cloned().unwrap_or_default());
                    node = Json::Null;
                }
                "leave" => {
                    flows.pop();
                    node = Json::Null;
                }
                "transfer" => flows.clear(),
                "node" => node = left.get("id").cloned().unwrap_or_default(),
                _ => {}
            },
            _ => {
                let mut difference = Map::new();
                difference.insert("event".to_owned(), position.into());
                let place = [("flow", flows.last().cloned()), ("node", Some(node))];
                let sides = [("before", left.cloned()), ("after", right.cloned())];
                for (name, value) in place.into_iter().chain(sides) {
                    if let Some(value) = value.filter(|value| !value.is_null()) {
                        difference.insert(name.to_owned(), value);
                    }
                }
                return Some(difference.into());
            }
        }
    }
    None
}

fn same_step(before: &Json, after: &Json) -> bool {
    if word(before, "event") != "flow" {
        return before == after;
    }
    let bare = |event: &Json| {
        let mut event = event.clone();
        if let Some(members) = event.as_object_mut() {
            members.remove("version");
        }
        event
    };
    bare(before) == bare(after)
}

fn word<'a>(event: &'a Json, name: &str) -> &'a str {
    event.get(name).and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(events: Json) -> Json {
        json!({ "version": 1, "events": events })
    }

    #[test]
    fn the_first_step_that_differs_is_told_with_its_place() {
        let flow = |version| json!({ "event": "flow", "id": "1", "name": "Triage", "version": version });
        let node = json!({ "event": "node", "id": "classify" });
        let set = |value: &str| json!({ "event": "set", "target": "variable", "name": "topic", "value": value });
        let before = trace(json!([flow(1), node, set("billing"), { "event": "decision", "kind": "queue" }]));
        let after = trace(json!([flow(2), node, set("refund"), { "event": "decision", "kind": "queue" }]));
        assert_eq!(
            first_difference(&before, &after),
            Some(json!({
                "event": 2, "flow": "Triage", "node": "classify", "before": set("billing"), "after": set("refund"),
            }))
        );
        assert_eq!(first_difference(&before, &before), None);
    }

    #[test]
    fn a_run_that_goes_on_differs_where_the_other_ended() {
        let one = trace(json!([{ "event": "node", "id": "a" }]));
        let two = trace(json!([{ "event": "node", "id": "a" }, { "event": "leave" }]));
        assert_eq!(
            first_difference(&one, &two),
            Some(json!({ "event": 1, "node": "a", "after": { "event": "leave" } }))
        );
    }
}
