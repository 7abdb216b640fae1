//! Deliveries as they are returned.

use serde_json::Value as Json;
use waypost_app::App;
use waypost_ids::{DeliveryId, DeliveryState, Event};
use waypost_store::records::outbox::{DeliveryRecord, Way};
use waypost_wire::delivery::{Delivery, HeldBy, Place};

/// What is said of what is due while this server sends nothing.
pub fn notice(app: &App) -> Option<String> {
    let said = "no mail goes out: this server runs with `--smarthost none`, so deliveries stay pending";
    (!app.sends_mail()).then(|| said.to_owned())
}

/// A delivery.
pub fn delivery(app: &App, record: DeliveryRecord) -> Delivery {
    // What goes by HTTP or into a folder does not wait for a smarthost.
    let waits = record.state == DeliveryState::Pending && record.way() == Way::Mail;
    let event = record.place.as_deref().filter(|_| record.run.is_none()).and_then(event);
    let place = record.place.as_deref().filter(|_| event.is_none()).and_then(|text| place(app, record.id, text));
    Delivery {
        id: record.id,
        interaction_id: record.interaction,
        kind: record.kind,
        target: record.target,
        state: record.state,
        attempts: record.attempts,
        next_attempt_at: record.next_attempt_at.map(Into::into),
        last_answer: record.last_answer,
        notice: if waits { notice(app) } else { None },
        held_by: record.held.map(|held| HeldBy { rule: held.rule, reason: held.reason }),
        message_id: Some(record.message_id).filter(|id| !id.is_empty()),
        run: record.run,
        place,
        event,
        created_at: record.created_at.into(),
        delivered_at: record.ended_at.filter(|_| record.state == DeliveryState::Delivered).map(Into::into),
        ended_at: record.ended_at.map(Into::into),
        self_uri: format!("/api/v2/deliveries/{}", record.id),
    }
}

/// The event that a delivery tells of, which stands in the place of a place.
fn event(text: &str) -> Option<Event> {
    let place: Json = serde_json::from_str(text).ok()?;
    serde_json::from_value(place.get("event")?.clone()).ok()
}

/// A stored place. One that can't be read is left out: the delivery has more to tell.
fn place(app: &App, id: DeliveryId, text: &str) -> Option<Place> {
    let place: Place = serde_json::from_str(text)
        .inspect_err(|error| tracing::warn!(delivery = %id, %error, "a stored place can't be read"))
        .ok()?;
    // The flow is called now what it is called now.
    Some(Place {
        flow_name: app.flow_name(place.flow_id),
        version: place.version.filter(|version| *version > 0),
        ..place
    })
}
