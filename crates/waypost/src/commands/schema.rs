//! `waypost schema`: the JSON Schema of flow documents, for editors.

use std::io;

use waypost_flow::document::schema;

use crate::failure::Failure;
use crate::table;

/// Exit code 0: printed.
pub(crate) fn run() -> Result<(), Failure> {
    Ok(table::json(&mut io::stdout().lock(), &schema::json_schema())?)
}
