//! What tables are.

use waypost_catalogue::shape::Table;
use waypost_catalogue::tables::{TableSpec, spec};
use waypost_ids::TableId;
use waypost_wire::reference::Division;
use waypost_wire::table::{DataTable, DataTableRequest};

use super::EXPANDS;
use crate::auth::{RoutingRead, RoutingWrite};
use crate::error::ApiError;
use crate::fields::Fields;
use crate::names::{SORT_ORDERS, descending, fits};
use crate::objects::{Call, Listing, Offer, PathParts, Resource, WhereUsed};
use crate::openapi::operation::Operation;
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "division", "revision", "dateCreated", "dateModified", "selfUri"];

/// Members that a client may send.
const MEMBERS: &[&str] = &["name", "description", "schema", "ignoreCase"];

impl Resource for Table {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = DataTable;
    type Request = DataTableRequest;
    type Change = DataTableRequest;

    const OFFER: Offer = Offer {
        all: "/flows/datatables",
        one: "/flows/datatables/{datatableId}",
        list: ("getFlowsDatatables", "List data tables, by name"),
        create: ("postFlowsDatatables", "Create a data table"),
        get: ("getFlowsDatatable", "Get a data table"),
        change: ("putFlowsDatatable", "Change a data table's definition"),
        patched: false,
        delete: ("deleteFlowsDatatable", "Delete a data table that no flow uses, and its rows"),
        where_used: Some(WhereUsed {
            uses: ("getFlowsDatatableUses", "What a data table uses"),
            used_by: ("getFlowsDatatableUsedBy", "What uses a data table"),
        }),
    };

    fn id_in(path: &PathParts) -> Result<TableId, ApiError> {
        path.id::<Self>("datatableId")
    }

    fn order(&self) -> &str {
        &self.record.folded_name
    }

    fn listing(query: &mut Query, _: &PathParts) -> Listing<Self> {
        let name = query.text("name");
        let divisions = query.list("divisionId");
        let descending = descending(query);
        let whole = expands(query);
        query.ignore(&["sortBy"]);
        let has = move |table: &Self| {
            name.as_deref().is_none_or(|name| fits(name, &table.record.name))
                && (divisions.is_empty() || divisions.contains(&Division::HOME.to_string()))
        };
        Listing { has: Box::new(has), descending, whole }
    }

    fn described(call: Call, operation: Operation) -> Operation {
        match call {
            Call::List => operation
                .text("name", "A name; `*` at either end stands for anything.")
                .list("divisionId", "Divisions; there is only one.")
                .words("sortOrder", SORT_ORDERS, "Ascending by default.")
                .list("expand", "`schema` for the columns as well.")
                .ignored(&["sortBy"]),
            Call::Get => operation.list("expand", "Has no effect: the columns are always included."),
            Call::Change => operation.ignored(&["expand"]),
            Call::Delete => operation.flag("force", "No effect: a table in use can't be deleted."),
            Call::Create => operation,
        }
    }

    fn parameters(call: Call, query: &mut Query) {
        match call {
            Call::Get => drop(expands(query)),
            Call::Change => query.ignore(&["expand"]),
            Call::Delete => drop(query.flag("force")),
            Call::List | Call::Create => {}
        }
    }

    fn spec(_: Call, mut body: Fields, _: &PathParts, _: &ApiState) -> Result<TableSpec, ApiError> {
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

    fn view(&self, _: &ApiState, whole: bool) -> DataTable {
        let record = &self.record;
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
}

/// Whether the columns are asked for.
fn expands(query: &mut Query) -> bool {
    let asked = query.list("expand");
    for strange in asked.iter().filter(|asked| !EXPANDS.contains(&asked.as_str())) {
        query.problem("expand", "is not a value that is allowed here", "schema", strange);
    }
    !asked.is_empty()
}
