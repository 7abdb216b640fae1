//! All rows at once: as a CSV file, in both directions, and their versions.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::task::spawn_blocking;
use waypost_app::error::AppError;
use waypost_catalogue::shape::Table;
use waypost_catalogue::tables::export::{self, Reader};
use waypost_catalogue::tables::import::{ReadError, gathered};
use waypost_store::records::audit::By;
use waypost_store::records::tables::RowCounts as Counts;
use waypost_wire::listing::Page;
use waypost_wire::reference::Reference;
use waypost_wire::table::{DataTableVersion, RowCounts, RowsReplaced};

use super::parse_id;
use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::{media_type, unsupported};
use crate::coding::Coding;
use crate::error::ApiError;
use crate::incoming::{broken_off, incoming};
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::revision::{if_match, tag};
use crate::state::ApiState;

/// What a CSV file is called.
const CSV: &str = "text/csv";

/// The largest file: what gathers on the disk of the server meanwhile is about as much.
const MAX_BYTES: u64 = 1 << 30;

/// So many rows are read at a time.
const BATCH: u32 = 500;

/// `PUT /flows/datatables/{datatableId}/rows`
pub(super) async fn replace(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    mut query: Query,
    request: Request,
) -> Result<([(HeaderName, String); 1], Json<RowsReplaced>), ApiError> {
    let note = query.text("note");
    query.finish()?;
    let table = state.app.catalogue.object::<Table>(&parse_id(&id)?)?;
    let (parts, body) = request.into_parts();
    match media_type(&parts.headers).as_deref() {
        Some(CSV) => {}
        other => return Err(unsupported(other.unwrap_or_default(), CSV)),
    }
    let expected = if_match(&parts.headers)?;
    let coding = Coding::of(&parts.headers)?;
    let file = incoming(body, MAX_BYTES);
    let columns = table.clone();
    let read = spawn_blocking(move || gathered(&columns, coding.decode(file, MAX_BYTES)))
        .await
        .map_err(|error| ApiError::unavailable("the file could not be read", 1).private(error.to_string()))?;
    let content = read.map_err(|error| match error {
        ReadError::Lines(lines) => lines.into(),
        ReadError::Store(error) => ApiError::from(error),
        ReadError::Input(error) => broken_off(&error, MAX_BYTES),
    })?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let replaced = state.app.replace_rows(by, &table, content, expected).await?;
    let answer = RowsReplaced { version: replaced.version, counts: counts(replaced.counts) };
    Ok(([tag(replaced.version)], Json(answer)))
}

fn counts(counts: Counts) -> RowCounts {
    let Counts { added, changed, removed, same } = counts;
    RowCounts { added, changed, removed, same }
}

/// How far a file was written.
struct Written {
    after: Option<String>,
    /// The first line has still to come.
    begins: bool,
}

/// All rows of a version as a CSV file, read as they are sent.
pub(super) async fn export(
    state: &ApiState,
    table: Arc<Table>,
    version: Option<u64>,
    reader: Reader,
) -> Result<Response, ApiError> {
    let content = state.app.table_content(&table).await?;
    // The version of the first row is that of the last. One that can't be read is refused before anything is answered.
    let version = version.unwrap_or(content.version);
    state.app.table_rows(&table, None, (0, 1), Some(version)).await?;
    let app = state.app.clone();
    let start = Some(Written { after: None, begins: true });
    let parts = stream::try_unfold(start, move |written| {
        let (app, table) = (app.clone(), table.clone());
        async move {
            let Some(Written { after, begins }) = written else { return Ok::<_, AppError>(None) };
            let rows = app.table_rows(&table, after.as_deref(), (0, BATCH), Some(version)).await?.rows;
            let mut text = if begins { export::header(&table) } else { Vec::new() };
            text.extend(export::lines(&table, &rows, reader));
            let full = rows.len() == BATCH as usize;
            let after = rows.last().map(|row| row.key.clone()).filter(|_| full);
            Ok(Some((Bytes::from(text), after.map(|after| Written { after: Some(after), begins: false }))))
        }
    });
    let kind = (header::CONTENT_TYPE, format!("{CSV}; charset=utf-8"));
    Ok(([tag(version), kind], Body::from_stream(parts)).into_response())
}

/// `GET /flows/datatables/{datatableId}/versions`
pub(super) async fn versions(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<DataTableVersion>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.finish()?;
    let table = state.app.catalogue.object::<Table>(&parse_id(&id)?)?;
    let (versions, total) = state.app.table_versions(&table, paging.offset(), paging.size).await?;
    let view = |version: waypost_store::records::tables::ContentVersionRecord| DataTableVersion {
        version: version.version,
        date_created: version.at.into(),
        created_by: Reference { id: version.by, ..Reference::default() },
        note: version.note,
        counts: counts(version.counts),
    };
    Ok(Json(paging.page(versions.into_iter().map(view).collect(), total, &uri)))
}
