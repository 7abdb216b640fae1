//! `/flows/datatables`: data tables, their rows, and versions of the rows.

mod content;
mod objects;
mod rows;

use axum::http::StatusCode;
use waypost_app::access::scopes::Scope;
use waypost_catalogue::shape::Table;
use waypost_ids::TableId;
use waypost_wire::table::{DataTable, DataTableRow, DataTableVersion, RowsReplaced};

use crate::error::ApiError;
use crate::objects::{Call, Resource, not_found};
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;

/// What `expand` may ask for; lists leave it out unless asked.
const EXPANDS: &[&str] = &["schema"];

/// A version of a table's rows, in a query.
const VERSION: &str = "A version of the rows; the newest by default.";

/// The `ETag` of answers about rows.
const CONTENT_MATCH: &str =
    "The version of the rows, as the `ETag` of answers about them, that the change is meant for.";

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let one = Table::OFFER.one;
    let views = operation("getFlowsDatatablesDivisionviews", Scope::RoutingRead, Table::OFFER.list.1);
    let endpoints = crate::objects::endpoints::<Table>()
        .get(
            "/flows/datatables/divisionviews",
            crate::objects::list::<Table>,
            Table::described(Call::List, views).pages::<DataTable>(),
        )
        .get(
            &format!("{one}/versions"),
            content::versions,
            operation("getFlowsDatatableVersions", Scope::RoutingRead, "List versions of a table's rows, newest first")
                .pages::<DataTableVersion>(),
        );
    rows(endpoints, &format!("{one}/rows"))
}

fn rows(endpoints: Endpoints, all: &str) -> Endpoints {
    let one = &format!("{all}/{{rowId}}");
    endpoints
        .get(
            all,
            rows::list,
            operation("getFlowsDatatableRows", Scope::RoutingRead, "List rows by key, or all of them as CSV")
                .flag("showbrief", "Return only the keys; `true` by default.")
                .words("sortOrder", rows::ASCENDING, "Only ascending is supported.")
                .text("after", "Rows whose keys come after this one.")
                .number("version", 0, u32::MAX, VERSION)
                .flag(
                    "spreadsheet",
                    "Put an apostrophe before texts of the CSV file that a spreadsheet would run as formulas.",
                )
                .header("Accept", "`text/csv` for a CSV file of all rows.")
                .pages::<DataTableRow>(),
        )
        .put(
            all,
            content::replace,
            operation("putFlowsDatatableRows", Scope::RoutingWrite, "Replace all rows by those of a CSV file")
                .text("note", "Why, for the versions and the audit log.")
                .header("If-Match", CONTENT_MATCH)
                .csv_body()
                .answers::<RowsReplaced>()
                .refuses(&[409, 412]),
        )
        .post(
            all,
            rows::create,
            operation("postFlowsDatatableRows", Scope::RoutingWrite, "Create a row with an unused key")
                .header("If-Match", CONTENT_MATCH)
                .body::<DataTableRow>()
                .answers::<DataTableRow>()
                .refuses(&[409, 412]),
        )
        .get(
            one,
            rows::get,
            operation("getFlowsDatatableRow", Scope::RoutingRead, "Get the row under a key")
                .flag("showbrief", "Only the key.")
                .number("version", 0, u32::MAX, VERSION)
                .answers::<DataTableRow>(),
        )
        .put(
            one,
            rows::put,
            operation("putFlowsDatatableRow", Scope::RoutingWrite, "Create or replace the row under a key")
                .header("If-Match", CONTENT_MATCH)
                .body::<DataTableRow>()
                .answers::<DataTableRow>()
                .refuses(&[409, 412]),
        )
        .delete(
            one,
            rows::delete,
            operation("deleteFlowsDatatableRow", Scope::RoutingWrite, "Delete the row under a key")
                .header("If-Match", CONTENT_MATCH)
                .empty(StatusCode::NO_CONTENT)
                .refuses(&[409, 412]),
        )
}

/// A table's id in a path. What is no UUID names no table.
fn parse_id(text: &str) -> Result<TableId, ApiError> {
    text.parse().map_err(|_| not_found::<Table>(text))
}
