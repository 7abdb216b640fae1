//! `GET /interactions`: newest first, by cursor.

use axum::Json;
use axum::extract::State;
use waypost_app::correspondents::spellings;
use waypost_ids::{DecisionKind, FlowId, InteractionId, QueueId};
use waypost_problem::nearest;
use waypost_store::records::catalogue::QueueRecord;
use waypost_store::records::mail::{InteractionFilter, InteractionRecord, RunSummary};
use waypost_wire::interaction::Interaction;
use waypost_wire::listing::Chunk;

use super::view::{self, STATES};
use crate::auth::{Caller, EmailRead};
use crate::cursor;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// The endpoint. Runs have no traces.
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    mut query: Query,
) -> Result<Json<Chunk<Interaction>>, ApiError> {
    let size = query.number("pageSize", 1..=500, 25);
    let after = query.parsed("cursor", cursor::EXPECTED, cursor::read).map(InteractionId);
    let filter = filter(&state, &mut query);
    query.finish()?;
    let (records, more) = page(&state, &filter, after, size).await?;
    let next_cursor = records.last().filter(|_| more).map(|(record, _)| cursor::write(record.id.0));
    let entities = records.into_iter().map(|(record, runs)| view::interaction(&state.app, record, runs)).collect();
    Ok(Json(Chunk { entities, next_cursor }))
}

/// So many interactions are read at a time.
const READ: u32 = 100;

/// A page ends early once its interactions keep so much.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// An interaction with its runs.
type Listed = (InteractionRecord, Vec<RunSummary>);

/// Up to so many interactions, and whether there are more.
async fn page(
    state: &ApiState,
    filter: &InteractionFilter,
    mut after: Option<InteractionId>,
    size: u32,
) -> Result<(Vec<Listed>, bool), ApiError> {
    let mut records = Vec::new();
    let mut bytes: usize = 0;
    loop {
        // One more than asked for tells whether there is more.
        let left = size.saturating_add(1).saturating_sub(u32::try_from(records.len()).unwrap_or(u32::MAX));
        let found = state.app.interactions(filter, after, left.min(READ)).await?;
        let ended = found.len() < left.min(READ) as usize;
        after = found.last().map(|record| record.id).or(after);
        let runs = view::runs_of(&state.app, &found).await?;
        for (record, runs) in found.into_iter().zip(runs) {
            if records.len() >= size as usize || bytes >= PAGE_BYTES {
                return Ok((records, true));
            }
            bytes = bytes.saturating_add(kept_bytes(&record, &runs));
            records.push((record, runs));
        }
        if ended {
            return Ok((records, false));
        }
    }
}

/// About what a run takes with its fixed members.
const RUN_BYTES: usize = 256;

/// About what an interaction keeps beside its fixed members.
fn kept_bytes(record: &InteractionRecord, runs: &[RunSummary]) -> usize {
    let previous = record.thread.iter().flat_map(|thread| &thread.previous).flat_map(|previous| &previous.attributes);
    let attributes =
        record.attributes.iter().chain(previous).map(|(name, value)| name.len().saturating_add(value.len()));
    let decisions = record.decision.iter().chain(runs.iter().map(|run| &run.run.decision)).flat_map(|decision| {
        let texts = decision.skills.iter().chain(&decision.addresses).chain(&decision.language);
        let texts = texts.chain(&decision.reason).chain(&decision.outcome);
        texts.map(String::len)
    });
    let fixed = record.subject.len().saturating_add(runs.len().saturating_mul(RUN_BYTES));
    attributes.chain(decisions).fold(fixed, usize::saturating_add)
}

/// The filters that the query has.
pub(super) fn filter(state: &ApiState, query: &mut Query) -> InteractionFilter {
    let state_meant = query.one_of("state", &STATES);
    InteractionFilter {
        state: state_meant.map(|(state, _)| state),
        alone: state_meant.is_some_and(|(_, alone)| alone),
        decision: query.one_of("decision", &DecisionKind::ALL.map(|kind| (kind.as_str(), kind))),
        queue: queue(state, query),
        flow: query.uuid("flowId").map(FlowId),
        from: query.text("from").as_deref().map(spellings),
        to: query.text("to").as_deref().map(spellings),
        message_id: query.text("messageId").map(|id| id.trim_matches(['<', '>']).to_owned()),
        subject: query.text("subject"),
        thread: query.uuid("thread"),
        since: query.time("since"),
        until: query.time("until"),
        late: query.one_of("overServiceLevel", &[("true", ())]).map(|()| state.app.late_queues()),
    }
}

/// A queue by id, or by name whatever the case. A name that no queue has is more likely misspelt than meant.
fn queue(state: &ApiState, query: &mut Query) -> Option<QueueId> {
    let text = query.text("queue")?;
    if let Ok(id) = text.parse() {
        return Some(id);
    }
    let queues = state.app.catalogue.objects::<QueueRecord>();
    let found = queues.iter().find(|queue| queue.name.to_lowercase() == text.to_lowercase());
    if found.is_none() {
        let near = nearest(&text, queues.iter().map(|queue| queue.name.as_str()));
        let expected = near.map_or_else(|| "a queue's id or name".to_owned(), |near| format!("perhaps `{near}`"));
        query.problem("queue", "names no queue", &expected, &text);
    }
    found.map(|queue| queue.id)
}
