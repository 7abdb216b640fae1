//! Rows one by one. The `ETag` of each answer is the version of the table's rows.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use waypost_app::error::AppError;
use waypost_app::tables::row_not_found;
use waypost_catalogue::shape::{KEY, Table, keyed};
use waypost_catalogue::tables::export::Reader;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_store::records::audit::By;
use waypost_wire::Object;
use waypost_wire::table::DataTableRow;

use super::{content, parse_id};
use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::revision::{if_match, tag};
use crate::state::ApiState;

/// What `sortOrder` may say of rows.
pub(super) const ASCENDING: &[&str] = &["asc", "ascending"];

/// A row with the version that it is of.
pub(super) type Tagged = ([(HeaderName, String); 1], Json<DataTableRow>);

/// `GET /flows/datatables/{datatableId}/rows`
pub(super) async fn list(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
    uri: ListUri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let paging = Paging::read(&mut query);
    let brief = query.one_of("showbrief", &[("true", true), ("false", false)]).unwrap_or(true);
    query.one_of("sortOrder", &[("asc", ()), ("ascending", ())]);
    let after = query.text("after");
    let version = version(&mut query);
    let reader = if query.flag("spreadsheet") { Reader::Spreadsheet } else { Reader::Program };
    query.finish()?;
    let table = state.app.catalogue.object::<Table>(&parse_id(&id)?)?;
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.split(',').any(|kind| kind.trim().starts_with("text/csv")) {
        return content::export(&state, table, version, reader).await;
    }
    let page = (paging.offset(), paging.size);
    let rows = state.app.table_rows(&table, after.as_deref(), page, version).await?;
    let total = state.app.table_content(&table).await?.rows;
    let entities = rows.rows.iter().map(|row| {
        let values = if brief { Object::new() } else { table.values(row) };
        told(row.key.clone(), values)
    });
    let page = paging.page(entities.collect(), total, &uri);
    Ok(([tag(rows.version)], Json(page)).into_response())
}

/// `GET /flows/datatables/{datatableId}/rows/{rowId}`
pub(super) async fn get(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path((id, key)): Path<(String, String)>,
    mut query: Query,
) -> Result<Tagged, ApiError> {
    let brief = query.flag("showbrief");
    let version = version(&mut query);
    query.finish()?;
    let found = state.app.look_up(parse_id(&id)?, &key, version).await?;
    let (key, values) = found.row.ok_or_else(|| row_not_found(&key))?;
    Ok(([tag(found.version)], Json(told(key, if brief { Object::new() } else { values }))))
}

/// `POST /flows/datatables/{datatableId}/rows`
pub(super) async fn create(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    let table = state.app.catalogue.object::<Table>(&parse_id(&id)?)?;
    let row = keyed(body.rest()?).map_err(AppError::Invalid)?;
    set(&state, &caller.client, &table, row, true, &headers).await
}

/// `PUT /flows/datatables/{datatableId}/rows/{rowId}`
pub(super) async fn put(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path((id, path_key)): Path<(String, String)>,
    query: Query,
    headers: HeaderMap,
    ObjectBody(body): ObjectBody,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    let table = state.app.catalogue.object::<Table>(&parse_id(&id)?)?;
    let mut members = body.rest()?;
    if !members.keys().any(|name| name.eq_ignore_ascii_case(KEY)) {
        members.insert(KEY.to_owned(), path_key.clone().into());
    }
    let row = keyed(members).map_err(AppError::Invalid)?;
    // The body may write the key in another way, if that is the same key to the table.
    if table.folded(&row.0) != table.folded(&path_key) {
        let problem = Diagnostic::error(Code::InvalidValue, KEY, "the row's key is not the one of the path")
            .expected(format!("`{path_key}`"))
            .found(format!("`{}`", row.0));
        return Err(AppError::Invalid(vec![problem]).into());
    }
    set(&state, &caller.client, &table, row, false, &headers).await
}

async fn set(
    state: &ApiState,
    actor: &str,
    table: &Table,
    (key, values): (String, Object),
    new: bool,
    headers: &HeaderMap,
) -> Result<Tagged, ApiError> {
    let by = By { actor, note: None };
    let (version, row) = state.app.put_table_row(by, table, (&key, values), new, if_match(headers)?).await?;
    Ok(([tag(version)], Json(told(key, table.values(&row)))))
}

/// `DELETE /flows/datatables/{datatableId}/rows/{rowId}`
pub(super) async fn delete(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path((id, key)): Path<(String, String)>,
    query: Query,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    let table = state.app.catalogue.object::<Table>(&parse_id(&id)?)?;
    let by = By { actor: &caller.client, note: None };
    state.app.delete_table_row(by, &table, &key, if_match(&headers)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `version`
fn version(query: &mut Query) -> Option<u64> {
    query.parsed("version", "the number of a version", |text| text.parse().ok())
}

/// A row as it is answered. A value of type json may be `null`, which the official Python SDK can't read: it is left out.
fn told(key: String, values: Object) -> DataTableRow {
    let key = (KEY.to_owned(), Value::from(key));
    std::iter::once(key).chain(values.into_iter().filter(|(_, value)| !value.is_null())).collect()
}
