//! Two decisions of one mail and what is sent with them, held against each other, and where their runs part.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use waypost_catalogue::world::Running;
use waypost_ids::{DecisionKind, QueueId, codes};
use waypost_store::records::mail::DecisionRecord;
use waypost_wire::trace::{RunTrace, TraceDifference, TraceEffect, TraceEffectKind, TraceEvent};

use crate::outbox::sends::push;

/// A decision as it is compared and told. Queues are told by name: one that is to be made has no lasting id yet. What became of a forward
/// afterwards is no part of it: neither the queue that it may come back to, nor that it did. What the queue would push is.
#[must_use]
pub fn told(decision: &DecisionRecord, running: &Running) -> Map<String, Json> {
    let mut told = compared(decision, &running.queue_names);
    if let Some(push) = push(decision, running) {
        told.insert("push".to_owned(), json!(push));
    }
    told
}

fn compared(decision: &DecisionRecord, queues: &HashMap<QueueId, Arc<str>>) -> Map<String, Json> {
    let mut told = Map::new();
    told.insert("kind".to_owned(), decision.kind.as_str().into());
    if let Some(queue) = decision.queue.filter(|_| decision.kind != DecisionKind::Forward) {
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
    add("outcome", json!(decision.outcome));
    let code = decision.error.as_ref().and_then(|error| error.get("code"));
    let later = [codes::FORWARD_FAILED, codes::PUSH_FAILED];
    add(
        "error",
        code.filter(|code| code.as_str().is_none_or(|code| !later.contains(&code))).cloned().unwrap_or_default(),
    );
    told
}

/// The decision as the run made it. People who claimed the mail may have transferred it and said another outcome since; the trace has what
/// was before. `unrouted` is where an unrouted mail of its route stands.
#[must_use]
pub fn of_run(decision: &DecisionRecord, trace: Option<&RunTrace>, unrouted: QueueId) -> DecisionRecord {
    let Some(TraceEvent::Decision(made)) = trace.and_then(|trace| trace.events.last()) else {
        return decision.clone();
    };
    let run = DecisionRecord { outcome: made.outcome.clone(), ..decision.clone() };
    // Nothing but a transfer makes another decision a `queue`, or of that another queue.
    let queue = made.queue.as_ref().map(|queue| queue.id);
    if decision.kind != DecisionKind::Queue || (made.kind == DecisionKind::Queue && queue == decision.queue) {
        return run;
    }
    DecisionRecord {
        kind: made.kind,
        queue: queue.or(Some(unrouted).filter(|_| made.kind == DecisionKind::Unrouted)),
        priority: made.priority,
        skills: made.skills.clone().and_then(|skills| serde_json::from_value(skills).ok()).unwrap_or_default(),
        language: made.language.as_ref().and_then(Json::as_str).map(str::to_owned),
        error: made.error.as_ref().map(|error| json!({ "code": error.code })),
        ..run
    }
}

/// What two runs send, where both traces tell: kind, recipients, subject, and the texts where both have them.
#[must_use]
pub fn sends(before: Option<&RunTrace>, after: Option<&RunTrace>) -> Option<(Json, Json)> {
    let (was, before, after) = (before?, before?.sends()?, after?.sends()?);
    let forwards = before.iter().any(|one| one.kind == TraceEffectKind::Forward);
    if let Some(TraceEvent::Decision(made)) = was.events.last()
        && made.kind == DecisionKind::Forward
        && !forwards
    {
        // A release that sent nothing recorded it.
        return None;
    }
    let has_texts = |sends: &[&TraceEffect]| {
        sends.iter().any(|one| one.text.is_some() || one.html.is_some() || one.payload.is_some())
    };
    // A mail has a text. A webhook need not have a payload: without one it tells nothing about the trace.
    let mail = [TraceEffectKind::Reply, TraceEffectKind::Mail];
    let writes = |sends: &[&TraceEffect]| sends.iter().any(|one| mail.contains(&one.kind));
    // A trace that was kept short has all but the texts.
    let short = [&before, &after].into_iter().any(|sends| writes(sends) && !has_texts(sends));
    let told = |sends: Vec<&TraceEffect>| {
        let told = sends
            .into_iter()
            .cloned()
            .map(|one| if short { TraceEffect { text: None, html: None, payload: None, ..one } } else { one });
        json!(told.collect::<Vec<TraceEffect>>())
    };
    Some((told(before), told(after)))
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

    fn trace(events: Json) -> RunTrace {
        serde_json::from_value(json!({ "version": 1, "events": events })).unwrap()
    }

    fn decided(kind: DecisionKind, queue: Option<QueueId>) -> DecisionRecord {
        DecisionRecord {
            kind,
            queue,
            priority: 0,
            skills: Vec::new(),
            language: None,
            addresses: Vec::new(),
            reason: None,
            outcome: None,
            error: None,
        }
    }

    #[test]
    fn what_became_of_a_forward_is_not_compared() {
        let queue = QueueId(uuid::Uuid::from_u128(1));
        let going_out = decided(DecisionKind::Forward, Some(queue));
        let failed = DecisionRecord { error: Some(json!({ "code": codes::FORWARD_FAILED })), ..going_out.clone() };
        let run = decided(DecisionKind::Forward, None);
        for kept in [&going_out, &failed] {
            assert_eq!(compared(kept, &HashMap::new()), compared(&run, &HashMap::new()));
        }
    }

    #[test]
    fn what_people_did_since_is_not_compared() {
        let (billing, experts) = (QueueId(uuid::Uuid::from_u128(1)), QueueId(uuid::Uuid::from_u128(2)));
        let run = json!([{
            "event": "decision", "kind": "queue", "queue": { "id": billing, "name": "Billing" }, "priority": 3,
            "skills": ["tax"], "outcome": "asked",
        }]);
        let transferred =
            DecisionRecord { outcome: Some("refunded".to_owned()), ..decided(DecisionKind::Queue, Some(experts)) };
        let restored = of_run(&transferred, Some(&trace(run)), experts);
        let expected = DecisionRecord {
            priority: 3,
            skills: vec!["tax".to_owned()],
            outcome: Some("asked".to_owned()),
            ..decided(DecisionKind::Queue, Some(billing))
        };
        assert_eq!(restored, expected);
        // Without its trace a decision is as it is kept.
        assert_eq!(of_run(&transferred, None, experts), transferred);
    }

    #[test]
    fn texts_are_compared_where_both_traces_have_them() {
        let reply = |text: Option<&str>| trace(json!([{ "event": "effect", "kind": "reply", "text": text }]));
        let short = trace(json!([{ "event": "effect", "kind": "reply" }]));
        let compared = |before: &RunTrace, after: &RunTrace| {
            let (before, after) = sends(Some(before), Some(after)).unwrap();
            before == after
        };
        assert!(compared(&reply(Some("a")), &reply(Some("a"))) && !compared(&reply(Some("a")), &reply(Some("b"))));
        assert!(compared(&short, &reply(Some("b"))) && compared(&reply(Some("b")), &short));
        assert!(!compared(&short, &trace(json!([]))));
        assert_eq!(sends(None, Some(&short)), None);
    }

    #[test]
    fn a_forward_that_an_earlier_release_recorded_says_nothing_of_what_is_sent() {
        let decision = json!({ "event": "decision", "kind": "forward", "priority": 0, "addresses": ["a@b.example"] });
        let effect = json!({ "event": "effect", "kind": "forward", "to": ["a@b.example"] });
        let (earlier, now) = (trace(json!([decision])), trace(json!([effect, decision])));
        assert_eq!(sends(Some(&earlier), Some(&now)), None);
        assert!(sends(Some(&now), Some(&now)).is_some());
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
