//! `lookupTable`: asks for a row by its key.
//!
//! The request is `{"table": ID, "key": TEXT}`; the answer `{"version": N, "row": {COLUMN: VALUE}}`, without `row` if there is none.

use serde_json::{Value as Json, json};
use waypost_flow::actions::lookup_table::ProgramLookupTable;
use waypost_flow::expr::{constant, empty_value};
use waypost_flow::value::Value;

use super::{Control, Told, ask, shortened, text};
use crate::error::Raised;
use crate::journal::Answered;
use crate::machine::Machine;
use waypost_ids::codes;

const KIND: &str = "lookupTable";

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    action: &'m ProgramLookupTable,
    answers: &[Answered],
) -> Result<Control<'m>, Raised> {
    let table = &action.table;
    let key = machine.eval(&action.key).and_then(text)?;
    let key = key.as_str().unwrap_or_default();
    let request = || json!({ "table": table.id, "key": key });
    let told = match ask(machine, KIND, request, answers)? {
        Told::Ask(control) => return Ok(control),
        Told::Value(told) => told,
    };
    let Some(row) = told.get("row").filter(|row| !row.is_null()) else {
        return super::nothing(machine, &action.jumps, || {
            format!("the table `{}` has no row `{}`", table.name, shortened(key))
        });
    };
    let values = table.schema.columns.iter().map(|column| match row.get(&column.name) {
        None | Some(Json::Null) => Ok(empty_value(&column.data_type)),
        Some(value) => constant(&column.name, value, &column.data_type).map_err(|_| {
            let message = format!(
                "the column `{}` of the row `{}` in the table `{}` is not {}",
                column.name,
                shortened(key),
                table.name,
                column.data_type
            );
            Raised::error(codes::CONVERSION, message)
        }),
    });
    let values: Vec<Value<'m>> = values.collect::<Result<_, _>>()?;
    machine.map_outputs(&action.outputs, &values)?;
    Ok(Control::Next)
}
