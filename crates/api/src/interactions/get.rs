//! `GET /interactions/{interactionId}`, its trace, its message, and the counts over all.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use bytes::Bytes;
use serde_json::json;
use waypost_app::access::scopes::Scope;
use waypost_ids::InteractionId;
use waypost_store::records::outbox::DeliveryRecord;
use waypost_wire::interaction::{Interaction, Run, Summary, Trace};
use waypost_wire::trace::{RunTrace, TraceEvent};

use super::{parse_id, view};
use crate::auth::{Caller, EmailRead};
use crate::deliveries::view as deliveries;
use crate::download;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// `GET /interactions/{interactionId}`, runs included
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Interaction>, ApiError> {
    query.finish()?;
    Ok(Json(view::with_runs(&state.app, parse_id(&id)?).await?))
}

/// `GET /interactions/{interactionId}/trace`: all runs with what they sent, or with `run` that one. Rows, schedules and queues that were looked up are told to
/// those alone who may read them.
pub async fn trace(
    State(state): State<ApiState>,
    caller: Caller<EmailRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<Trace>, ApiError> {
    let wanted = query.number("run", 1..=u32::MAX, 0);
    query.finish()?;
    let id = parse_id(&id)?;
    let erased = state.app.interaction(id).await?.erased;
    // Read before the deliveries: what a run sends is there when the run is.
    let mut runs = state.app.runs(id).await?;
    if wanted > 0 {
        runs.retain(|run| run.number == wanted);
        if runs.is_empty() {
            return Err(ApiError::not_found("not.found", format!("run {wanted} of interaction `{id}` was not found")));
        }
    }
    let (mut sent, by_people): (Vec<_>, Vec<_>) =
        state.app.deliveries_of(id).await?.into_iter().partition(|delivery| delivery.run.is_some());
    let shown = |of: Vec<DeliveryRecord>| of.into_iter().map(|one| deliveries::delivery(&state.app, one)).collect();
    let runs = runs
        .into_iter()
        .map(|mut run| {
            let text = std::mem::take(&mut run.run.trace);
            let mut trace = if erased { None } else { read(&text, id, run.number) };
            if let Some(trace) = trace.as_mut().filter(|_| !caller.may(Scope::RoutingRead)) {
                withhold_lookups(trace);
            }
            let deliveries = shown(sent.extract_if(.., |delivery| delivery.run == Some(run.number)).collect());
            Run { deliveries, ..view::run(&state.app, run, trace) }
        })
        .collect();
    let deliveries = if wanted > 0 { Vec::new() } else { shown(by_people) };
    Ok(Json(Trace { interaction_id: id, runs, deliveries }))
}

/// A stored trace. One that can't be read is left out: the run has more to tell.
fn read(text: &str, id: InteractionId, run: u32) -> Option<RunTrace> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::warn!(interaction = %id, run, %error, "a stored trace can't be read"))
        .ok()
}

/// Leaves out what was answered to look-ups, with the variables that were set from it, and says so.
fn withhold_lookups(trace: &mut RunTrace) {
    let scope = Scope::RoutingRead.as_str();
    let mut answered = false;
    for event in &mut trace.events {
        answered = match event {
            TraceEvent::Lookup(lookup) => {
                lookup.withhold(scope);
                true
            }
            TraceEvent::Output { value, withheld, .. } if answered => {
                if value.take().is_some() {
                    *withheld = Some(scope.to_owned());
                }
                true
            }
            // It may be the answer to a look-up, in a form of a newer release.
            TraceEvent::Other(event) => {
                *event = json!({ "event": event.get("event"), "withheld": scope });
                true
            }
            _ => false,
        };
    }
}

/// `GET /interactions/{interactionId}/message`: the bytes as received
pub async fn message(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<(HeaderMap, Bytes), ApiError> {
    query.finish()?;
    let raw = state.app.raw_message(parse_id(&id)?).await?;
    Ok((download::headers("message/rfc822", "message.eml"), raw))
}

/// `GET /interactions/summary`
pub async fn summary(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    query: Query,
) -> Result<Json<Summary>, ApiError> {
    query.finish()?;
    Ok(Json(view::summary(&state.app.summary().await?)))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_trace_that_cannot_be_read_is_left_out() {
        let read = |text: &str| read(text, InteractionId(Uuid::nil()), 1);
        for damaged in ["", "{", "{}", "null", "[]", r#"{"version":1,"events":7}"#] {
            assert_eq!(read(damaged), None, "{damaged}");
        }
        assert!(
            read(r#"{"version":1,"events":[{"event":"node"}]}"#).is_some(),
            "one event is damaged, the trace is not"
        );
    }

    #[test]
    fn what_may_tell_of_a_look_up_is_withheld() {
        let given = json!({ "version": 1, "events": [
            { "event": "node", "id": "a" },
            { "event": "lookup", "kind": "findQueue", "request": { "name": "Gold" }, "answer": { "name": "Gold" } },
            { "event": "output", "name": "queue", "source": "name", "value": "Gold" },
            { "event": "lookup", "kind": "askOracle", "answer": "Gold" },
            { "event": "output", "name": "oracle", "source": "answer", "value": "Gold" },
            { "event": "node", "id": "b" },
            { "event": "output", "name": "called", "source": "result", "value": "plain" },
        ] });
        let mut trace: RunTrace = serde_json::from_value(given).unwrap();
        withhold_lookups(&mut trace);
        let withheld: Value = json!({ "version": 1, "events": [
            { "event": "node", "id": "a" },
            { "event": "lookup", "kind": "findQueue", "request": { "name": "Gold" }, "withheld": "routing:read" },
            { "event": "output", "name": "queue", "source": "name", "withheld": "routing:read" },
            { "event": "lookup", "withheld": "routing:read" },
            { "event": "output", "name": "oracle", "source": "answer", "withheld": "routing:read" },
            { "event": "node", "id": "b" },
            { "event": "output", "name": "called", "source": "result", "value": "plain" },
        ] });
        assert_eq!(serde_json::to_value(trace).unwrap(), withheld);
    }
}
