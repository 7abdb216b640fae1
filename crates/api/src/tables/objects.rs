//! What tables are.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::Response;
use waypost_app::catalogue::plan::By;
use waypost_app::catalogue::shape::Table;
use waypost_app::catalogue::tables::TableSpec;
use waypost_app::catalogue::where_used::Direction;
use waypost_app::tables::spec;
use waypost_wire::listing::Page;
use waypost_wire::reference::Division;
use waypost_wire::table::DataTable;

use super::{EXPANDS, parse_id};
use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::graph;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::queues::{descending, fits};
use crate::revision::{if_match, tag};
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "division", "revision", "dateCreated", "dateModified", "selfUri"];

/// Members that a client may send.
const MEMBERS: &[&str] = &["name", "description", "schema", "ignoreCase"];

/// A table with its revision.
pub(super) type Tagged = ([(HeaderName, String); 1], Json<DataTable>);

/// `GET /flows/datatables`, by name
pub(super) async fn list(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<DataTable>>, ApiError> {
    let paging = Paging::read(&mut query);
    let name = query.text("name");
    let divisions = query.list("divisionId");
    let descending = descending(&mut query);
    let whole = expands(&mut query);
    query.ignore(&["sortBy"]);
    query.finish()?;
    let mut tables = state.app.catalogue.tables();
    tables.retain(|table| {
        name.as_deref().is_none_or(|name| fits(name, &table.record.name))
            && (divisions.is_empty() || divisions.contains(&Division::HOME.to_string()))
    });
    tables.sort_by(|a, b| a.record.folded_name.cmp(&b.record.folded_name));
    if descending {
        tables.reverse();
    }
    let (tables, total) = paging.cut(tables);
    Ok(Json(paging.page(tables.iter().map(|table| view(table, whole)).collect(), total, &uri)))
}

/// Whether the columns are asked for.
fn expands(query: &mut Query) -> bool {
    let asked = query.list("expand");
    for strange in asked.iter().filter(|asked| !EXPANDS.contains(&asked.as_str())) {
        query.problem("expand", "is not a value that is allowed here", "schema", strange);
    }
    !asked.is_empty()
}

/// `GET /flows/datatables/{datatableId}`
pub(super) async fn get(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Tagged, ApiError> {
    expands(&mut query);
    query.finish()?;
    Ok(tagged(&state.app.catalogue.table(parse_id(&id)?)?))
}

/// `POST /flows/datatables`
pub(super) async fn create(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    Ok(tagged(&state.app.catalogue.create_table(&caller.client, &spec(body)?).await?))
}

/// `PUT /flows/datatables/{datatableId}`
pub(super) async fn update(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    mut query: Query,
    headers: HeaderMap,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged, ApiError> {
    let note = query.text("note");
    query.ignore(&["expand"]);
    query.finish()?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    Ok(tagged(&state.app.catalogue.update_table(by, id, &spec(body)?, revision).await?))
}

/// `DELETE /flows/datatables/{datatableId}`: a table in use stays, `force` or not.
pub(super) async fn delete(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<StatusCode, ApiError> {
    query.flag("force");
    query.finish()?;
    state.app.catalogue.delete_table(&caller.client, parse_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /flows/datatables/{datatableId}/usedby`
pub(super) async fn used_by(
    State(state): State<ApiState>,
    caller: Caller<RoutingRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    graph::answer(&state, &caller, &parse_id(&id)?.into(), Direction::UsedBy, query).await
}

fn spec(mut body: Fields) -> Result<TableSpec, ApiError> {
    let spec = TableSpec {
        name: body.required_text("name"),
        description: body.text("description").unwrap_or_default(),
        ignore_case: body.flag("ignoreCase"),
        schema: body.parsed("schema", "an object", |value| value.is_object().then(|| value.clone())),
    };
    body.discard(SET_BY_SERVER);
    body.finish(MEMBERS)?;
    Ok(spec)
}

fn tagged(table: &Arc<Table>) -> Tagged {
    ([tag(table.record.revision)], Json(view(table, true)))
}

fn view(table: &Table, whole: bool) -> DataTable {
    let record = &table.record;
    DataTable {
        id: record.id,
        name: record.name.clone(),
        division: Division::home(),
        description: record.description.clone(),
        schema: whole.then(|| spec::schema(&record.name, &record.schema)),
        ignore_case: record.schema.ignore_case,
        revision: record.revision,
        date_created: record.created_at.into(),
        date_modified: record.modified_at.into(),
        self_uri: format!("/api/v2/flows/datatables/{}", record.id),
    }
}
