//! `lookupTable`: asks for a row by its key.

use serde_json::Value as Json;
use waypost_flow::expr::{Compiled, constant, empty_value};
use waypost_flow::program::TableTarget;
use waypost_flow::value::Value;

use super::{Control, shortened, text};
use crate::error::Raised;
use crate::machine::Machine;
use crate::question::LookupTable;
use waypost_ids::codes;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    (table, key): (&'m TableTarget, &'m Compiled),
    outputs: &'m [(usize, Compiled)],
    not_found: Option<usize>,
) -> Result<Control<'m>, Raised> {
    let key = machine.eval(key).and_then(text)?;
    let key = key.as_str().unwrap_or_default();
    let Some(told) = machine.ask(LookupTable { table: table.id, key: key.to_owned() })? else {
        return Ok(Control::Ask);
    };
    let Some(row) = told.row else {
        return super::nothing(machine, not_found, || {
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
    machine.map_outputs(outputs, &values)?;
    Ok(Control::Next)
}
