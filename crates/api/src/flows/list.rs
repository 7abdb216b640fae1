//! `GET /flows`

use std::cmp::Ordering;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use waypost_store::records::catalogue::FlowRecord;
use waypost_wire::flow::Flow;
use waypost_wire::listing::Page;
use waypost_wire::reference::Division;

use super::view::summary;
use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::queues::{descending, fits};
use crate::state::ApiState;

/// What a list is sorted by; flows that are equal in it follow their ids.
#[derive(Clone, Copy)]
enum SortBy {
    Id,
    Name,
    Type,
    Created,
    Modified,
}

/// What `sortBy` may say.
pub(super) const SORT_KEYS: &[&str] = &["id", "name", "type", "dateCreated", "dateModified"];

/// What to list.
struct Filter {
    ids: Vec<String>,
    types: Vec<String>,
    divisions: Vec<String>,
    name: Option<String>,
    description: Option<String>,
    name_or_description: Option<String>,
}

/// The endpoint. Content is left out.
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Flow>>, ApiError> {
    let paging = Paging::read(&mut query);
    let filter = Filter::read(&mut query);
    let deleted = query.flag("deleted");
    let sort_by = sort_by(&mut query);
    let descending = descending(&mut query);
    query.ignore(&["includeSchemas"]);
    query.finish()?;
    let mut flows = state.app.catalogue.flows();
    if deleted {
        flows.extend(state.app.catalogue.deleted_flows().await?.into_iter().map(Arc::new));
    }
    flows.retain(|record| filter.fits(record));
    flows.sort_by(|a, b| {
        let order = sort_by.compare(a, b).then_with(|| a.id.cmp(&b.id));
        if descending { order.reverse() } else { order }
    });
    let (flows, total) = paging.cut(flows);
    let mut entities = Vec::with_capacity(flows.len());
    for record in &flows {
        let shown = if record.deleted_at.is_none() { state.app.catalogue.shown_version(record).await? } else { None };
        entities.push(summary(record, shown.as_deref()));
    }
    Ok(Json(paging.page(entities, total, &uri)))
}

fn sort_by(query: &mut Query) -> SortBy {
    let keys = [
        ("id", SortBy::Id),
        ("name", SortBy::Name),
        ("type", SortBy::Type),
        ("dateCreated", SortBy::Created),
        ("dateModified", SortBy::Modified),
    ];
    query.one_of("sortBy", &keys).unwrap_or(SortBy::Id)
}

impl SortBy {
    fn compare(self, a: &FlowRecord, b: &FlowRecord) -> Ordering {
        match self {
            Self::Id => Ordering::Equal,
            Self::Name => a.folded_name.cmp(&b.folded_name),
            Self::Type => canonical_type(&a.type_as_written).cmp(&canonical_type(&b.type_as_written)),
            Self::Created => a.created_at.cmp(&b.created_at),
            Self::Modified => a.modified_at.cmp(&b.modified_at),
        }
    }
}

impl Filter {
    fn read(query: &mut Query) -> Self {
        Self {
            ids: query.list("id").iter().map(|id| id.to_lowercase()).collect(),
            types: query.list("type").iter().map(|name| canonical_type(name)).collect(),
            divisions: query.list("divisionId"),
            name: query.text("name"),
            description: query.text("description"),
            name_or_description: query.text("nameOrDescription"),
        }
    }

    /// As Genesys has it: with ids, nothing else is looked at.
    fn fits(&self, flow: &FlowRecord) -> bool {
        if !self.ids.is_empty() {
            return self.ids.contains(&flow.id.to_string());
        }
        let either = |filter: &str| contains(&flow.name, filter) || contains(&flow.description, filter);
        (self.types.is_empty() || self.types.contains(&canonical_type(&flow.type_as_written)))
            && (self.divisions.is_empty() || self.divisions.contains(&Division::HOME.to_string()))
            && self.name.as_deref().is_none_or(|filter| fits(filter, &flow.name))
            && self.description.as_deref().is_none_or(|filter| fits(filter, &flow.description))
            && self.name_or_description.as_deref().is_none_or(either)
    }
}

/// Our name of a type, for either of its names in any case.
fn canonical_type(name: &str) -> String {
    let lower = name.to_lowercase();
    match lower.as_str() {
        "inboundemail" => "email".to_owned(),
        "commonmodule" => "shared".to_owned(),
        _ => lower,
    }
}

/// Whether a text contains a filter, whatever the case; `*` at its ends adds nothing.
fn contains(text: &str, filter: &str) -> bool {
    text.to_lowercase().contains(filter.trim_matches('*').to_lowercase().as_str())
}
