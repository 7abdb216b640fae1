//! Interactions and deliveries as webhooks are told of them: in the shape of the API, as it would show them now.

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};
use waypost_catalogue::world::Running;
use waypost_ids::{DecisionKind, DeliveryState, InteractionId};
use waypost_store::records::mail::{DecisionRecord, InteractionRecord, State};
use waypost_store::records::outbox::DeliveryRecord;
use waypost_store::records::threads::ThreadRecord;

/// An interaction, as `GET /interactions/{id}` shows it but for its runs and whether it is late.
pub(crate) fn interaction(record: &InteractionRecord, running: &Running) -> Json {
    let flow = record.flow.map(|(id, version)| {
        present(json!({ "id": id, "name": running.flow_names.get(&id).map(AsRef::<str>::as_ref), "version": version }))
    });
    present(json!({
        "id": record.id,
        "state": state(record.state),
        "receivedAt": time(record.received_at),
        "queuedAt": record.queued_at.map(time),
        "envelope": { "from": record.envelope_from, "to": record.envelope_to, "remote": record.remote },
        "messageId": record.message_id,
        "subject": (!record.erased).then_some(&record.subject),
        "flow": flow,
        "decision": record.decision.as_ref().map(|made| decision(made, running)),
        "attributes": record.attributes,
        "duplicates": record.duplicates,
        "duplicatesReason": record.duplicates_reason(),
        "possibleDuplicateOf": record.possible_duplicate_of,
        "thread": thread(&record.its_thread()),
        "erased": record.erased.then_some(true),
        "selfUri": address(record.id),
    }))
}

/// A delivery, as `GET /deliveries/{id}` shows it but for its notice.
pub(crate) fn delivery(record: &DeliveryRecord, running: &Running) -> Json {
    present(json!({
        "id": record.id,
        "interactionId": record.interaction,
        "kind": record.kind,
        "target": record.target,
        "state": record.state,
        "attempts": record.attempts,
        "nextAttemptAt": record.next_attempt_at.map(time),
        "lastAnswer": record.last_answer,
        "heldBy": record.held,
        "messageId": Some(&record.message_id).filter(|id| !id.is_empty()),
        "run": record.run,
        "place": record.place.as_deref().and_then(|text| place(text, running)),
        "createdAt": time(record.created_at),
        "deliveredAt": record.ended_at.filter(|_| record.state == DeliveryState::Delivered).map(time),
        "endedAt": record.ended_at.map(time),
        "selfUri": format!("/api/v2/deliveries/{}", record.id),
    }))
}

/// A decision. That of a forward names its queue once it failed.
pub(crate) fn decision(made: &DecisionRecord, running: &Running) -> Json {
    let stands = made.kind != DecisionKind::Forward || made.error.is_some();
    let queue = made
        .queue
        .filter(|_| stands)
        .map(|id| present(json!({ "id": id, "name": running.queue_names.get(&id).map(AsRef::<str>::as_ref) })));
    present(json!({
        "kind": made.kind,
        "queue": queue,
        "priority": made.priority,
        "skills": some(&made.skills),
        "language": made.language,
        "addresses": some(&made.addresses),
        "reason": made.reason,
        "outcome": made.outcome,
        "error": made.error,
    }))
}

/// Where an interaction stands in its thread.
pub(crate) fn thread(thread: &ThreadRecord) -> Json {
    json!({ "id": thread.id, "reason": thread.reason, "position": thread.position })
}

/// The address of an interaction in the API.
pub(crate) fn address(id: InteractionId) -> String {
    format!("/api/v2/interactions/{id}")
}

/// A time as the API writes it.
pub(crate) fn time(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// An object without what is absent.
pub(crate) fn present(value: Json) -> Json {
    let Json::Object(members) = value else { return value };
    members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>().into()
}

fn some(list: &[String]) -> Option<&[String]> {
    (!list.is_empty()).then_some(list)
}

const fn state(state: State) -> &'static str {
    match state {
        State::Received => "received",
        State::Running | State::Waiting => "running",
        State::Decided | State::GoingOut => "decided",
        State::Claimed => "claimed",
        State::Completed => "completed",
    }
}

/// A stored place, its flow called what it is called now.
fn place(text: &str, running: &Running) -> Option<Json> {
    let mut place: Map<String, Json> = serde_json::from_str(text).ok()?;
    let flow = place.get("flowId")?.as_str()?.parse().ok()?;
    place.shift_remove("flowName");
    if place.get("version") == Some(&json!(0)) {
        place.shift_remove("version");
    }
    let name = running.flow_names.get(&flow).map(|name| Json::from(name.as_ref()));
    place.extend(name.map(|name| ("flowName".to_owned(), name)));
    Some(place.into())
}
