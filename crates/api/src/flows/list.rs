//! `GET /flows`, and shorter lists of them.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use waypost_ids::Version;
use waypost_store::records::catalogue::FlowRecord;
use waypost_wire::flow::{Flow, parse_version};
use waypost_wire::genesys::architect::FlowDivisionView;
use waypost_wire::listing::Page;
use waypost_wire::reference::Division;

use super::view::{schemas, summary};
use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::names::{descending, fits};
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;

/// What a list is sorted by.
#[derive(Clone, Copy)]
enum SortBy {
    Id,
    Name,
    Type,
    Created,
    Modified,
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
    let order = Order::read(&mut query);
    let schemas = query.flag("includeSchemas");
    query.finish()?;
    let mut flows = state.app.catalogue.flows();
    if deleted {
        flows.extend(state.app.catalogue.deleted_flows().await?.into_iter().map(Arc::new));
    }
    let flows = filter.apply(&state, flows).await?;
    let (flows, total) = paging.cut(order.apply(flows));
    Ok(Json(paging.page(views(&state, &flows, schemas).await?, total, &uri)))
}

/// `GET /flows/lookup`: flows by their ids
pub async fn lookup(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<Flow>>, ApiError> {
    let paging = Paging::read(&mut query);
    let ids = query.ids("id");
    if ids.is_empty() {
        query.problem("id", "is missing", "ids of flows", "nothing");
    }
    let order = Order::read(&mut query);
    query.finish()?;
    let mut flows = state.app.catalogue.flows();
    flows.retain(|flow| ids.contains(&flow.id.to_string()));
    let (flows, total) = paging.cut(order.apply(flows));
    Ok(Json(paging.page(views(&state, &flows, false).await?, total, &uri)))
}

/// `GET /flows/divisionviews`: flows in few words
pub async fn division_views(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<FlowDivisionView>>, ApiError> {
    let paging = Paging::read(&mut query);
    let filter = Filter {
        ids: query.ids("id"),
        types: types(&mut query),
        name: query.text("name"),
        divisions: query.list("divisionId"),
        published: Published::read(&mut query),
        ..Filter::default()
    };
    let order = Order::read(&mut query);
    let schemas = query.flag("includeSchemas");
    query.finish()?;
    let flows = filter.apply(&state, state.app.catalogue.flows()).await?;
    let (flows, total) = paging.cut(order.apply(flows));
    let views = views(&state, &flows, schemas).await?;
    let entities = views.into_iter().map(|flow| FlowDivisionView {
        id: flow.id,
        name: flow.name,
        division: flow.division,
        flow_type: flow.flow_type,
        description: flow.description,
        published_version: flow.published_version,
        input_schema: flow.input_schema,
        output_schema: flow.output_schema,
        self_uri: flow.self_uri,
    });
    Ok(Json(paging.page(entities.collect(), total, &uri)))
}

async fn views(state: &ApiState, flows: &[Arc<FlowRecord>], with_schemas: bool) -> Result<Vec<Flow>, ApiError> {
    let world = state.app.catalogue.world();
    let mut views = Vec::with_capacity(flows.len());
    for record in flows {
        let mut flow = summary(record, &state.app.catalogue.versions_of(record).await?);
        if let Some(checked) = with_schemas.then(|| world.published(record.id)).flatten() {
            let (inputs, outputs) = schemas(&checked.interface);
            (flow.input_schema, flow.output_schema) = (Some(inputs), Some(outputs));
        }
        views.push(flow);
    }
    Ok(views)
}

/// What a list is sorted by, and which way; flows that are equal in it follow their ids.
struct Order {
    by: SortBy,
    descending: bool,
}

impl Order {
    fn read(query: &mut Query) -> Self {
        Self { by: sort_by(query), descending: descending(query) }
    }

    fn apply(&self, mut flows: Vec<Arc<FlowRecord>>) -> Vec<Arc<FlowRecord>> {
        flows.sort_by(|a, b| {
            let order = self.by.compare(a, b).then_with(|| a.id.cmp(&b.id));
            if self.descending { order.reverse() } else { order }
        });
        flows
    }
}

/// What `sortBy` may say.
pub(super) const SORT_KEYS: &[&str] = &["id", "name", "type", "dateCreated", "dateModified"];

/// What to list.
#[derive(Default)]
struct Filter {
    ids: Vec<String>,
    types: Vec<String>,
    divisions: Vec<String>,
    name: Option<String>,
    description: Option<String>,
    name_or_description: Option<String>,
    locked_by_client: Option<String>,
    editable_by: Option<String>,
    published: Published,
    /// Something that no flow here has: a user who locks it, secure data, a virtual agent.
    nothing: bool,
}

/// What is asked of the published version.
#[derive(Default)]
struct Published {
    version: Option<Version>,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
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
        let secure = query.one_of("secure", &[("any", ()), ("checkedin", ()), ("published", ())]).is_some();
        let user = query.text("lockedBy").is_some();
        let virtual_agent = query.flag("virtualAgentEnabled");
        Self {
            ids: query.ids("id"),
            types: types(query),
            divisions: query.list("divisionId"),
            name: query.text("name"),
            description: query.text("description"),
            name_or_description: query.text("nameOrDescription"),
            locked_by_client: query.text("lockedByClientId"),
            editable_by: query.text("editableBy"),
            published: Published::read(query),
            nothing: secure || user || virtual_agent,
        }
    }

    async fn apply(&self, state: &ApiState, mut flows: Vec<Arc<FlowRecord>>) -> Result<Vec<Arc<FlowRecord>>, ApiError> {
        flows.retain(|record| self.fits(record));
        // As Genesys has it: with ids, nothing else is looked at.
        if !self.ids.is_empty() || (self.published.after.is_none() && self.published.before.is_none()) {
            return Ok(flows);
        }
        let mut found = Vec::new();
        for flow in flows {
            let published = state.app.catalogue.published_version(&flow).await?;
            if published.and_then(|version| version.published_at).is_some_and(|at| self.published.covers(at)) {
                found.push(flow);
            }
        }
        Ok(found)
    }

    fn fits(&self, flow: &FlowRecord) -> bool {
        if !self.ids.is_empty() {
            return self.ids.contains(&flow.id.to_string());
        }
        let either = |filter: &str| contains(&flow.name, filter) || contains(&flow.description, filter);
        let holder = flow.lock.as_ref().map(|lock| lock.client.as_str());
        !self.nothing
            && (self.types.is_empty() || self.types.contains(&canonical_type(&flow.type_as_written)))
            && (self.divisions.is_empty() || self.divisions.contains(&Division::HOME.to_string()))
            && self.name.as_deref().is_none_or(|filter| fits(filter, &flow.name))
            && self.description.as_deref().is_none_or(|filter| fits(filter, &flow.description))
            && self.name_or_description.as_deref().is_none_or(either)
            && self.locked_by_client.as_deref().is_none_or(|client| holder == Some(client))
            && self.editable_by.as_deref().is_none_or(|client| holder.is_none_or(|holder| holder == client))
            && self.published.version.is_none_or(|version| flow.published == Some(version))
    }
}

impl Published {
    fn read(query: &mut Query) -> Self {
        Self {
            version: query.parsed("publishVersionId", "a version such as 2.0", parse_version),
            after: query.time("publishedAfter"),
            before: query.time("publishedBefore"),
        }
    }

    fn covers(&self, at: Timestamp) -> bool {
        self.after.is_none_or(|after| at > after) && self.before.is_none_or(|before| at < before)
    }
}

/// Types that Genesys has and we have no flows of, as its clients ask for them.
const OTHER_TYPES: &[&str] = &[
    "bot",
    "digitalbot",
    "inboundcall",
    "inboundchat",
    "inboundshortmessage",
    "inqueuecall",
    "inqueueemail",
    "inqueueshortmessage",
    "outboundcall",
    "securecall",
    "speech",
    "surveyinvite",
    "voice",
    "voicemail",
    "voicesurvey",
    "workflow",
    "workitem",
];

/// The types that are asked for, by our names.
fn types(query: &mut Query) -> Vec<String> {
    let known = ["email", "shared", "inboundemail", "commonmodule"].iter().chain(OTHER_TYPES);
    let known: Vec<_> = known.map(|name| (*name, *name)).collect();
    query.some_of("type", &known).into_iter().map(canonical_type).collect()
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
