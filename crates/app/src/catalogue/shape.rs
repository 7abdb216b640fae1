//! What a data table's rows look like, in the flow language's types.

use std::sync::Arc;

use waypost_flow::table::{Column, TableSchema};
use waypost_flow::types::Type;
use waypost_store::records::tables::TableRecord;

/// A data table without its rows.
#[derive(Debug)]
pub struct Table {
    /// As it is stored.
    pub record: TableRecord,
    /// Its columns, as flows see them.
    pub schema: Arc<TableSchema>,
}

impl Table {
    /// A stored table. A column of a type that this release does not know reads as `json`.
    #[must_use]
    pub fn new(record: TableRecord) -> Self {
        let columns = record.schema.columns.iter().map(|column| Column {
            name: column.name.clone(),
            data_type: Type::parse(&column.data_type).unwrap_or(Type::Json),
        });
        let schema = TableSchema { ignore_case: record.schema.ignore_case, columns: columns.collect() };
        Self { schema: Arc::new(schema), record }
    }
}
