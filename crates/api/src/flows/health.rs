//! `GET /flows/health`: traffic, errors, drafts and the last change of a page of flows.

use axum::Json;
use axum::extract::State;
use waypost_app::access::scopes::Scope;
use waypost_wire::flow::FlowHealth;
use waypost_wire::listing::Page;

use super::history;
use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;

/// The endpoint: pages as of `GET /flows`, in the order of identifiers.
pub async fn list(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<FlowHealth>>, ApiError> {
    let paging = Paging::read(&mut query);
    let ids = query.ids("id");
    query.finish()?;
    let mut flows = state.app.catalogue.flows();
    flows.retain(|flow| ids.is_empty() || ids.contains(&flow.id.to_string()));
    flows.sort_by_key(|flow| flow.id);
    let (flows, total) = paging.cut(flows);
    let mut known = state.app.flows_health(&flows).await?;
    let reads_mail = caller.may(Scope::EmailRead);
    let entities = flows.iter().map(|flow| {
        let traffic = known.traffic.get(&flow.id).copied().unwrap_or_default();
        FlowHealth {
            id: flow.id,
            name: flow.name.clone(),
            flow_type: flow.type_as_written.clone(),
            since: known.since.into(),
            runs: reads_mail.then_some(traffic.runs),
            failed: reads_mail.then_some(traffic.failed),
            last_change: known.changes.remove(&flow.id).map(history::event),
            published_version: flow.published,
            saved_version: flow.saved(),
            draft: flow.newest > 0 && flow.published != Some(flow.newest),
        }
    });
    let entities = entities.collect();
    Ok(Json(paging.page(entities, total, &uri)))
}
