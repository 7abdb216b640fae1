//! A table's rows from a file: every line is a row or a problem with its place, and rows that are written are read back as the same.

use std::collections::BTreeMap;

use serde_json::json;
use waypost_catalogue::shape::Table;
use waypost_catalogue::tables::export::{self, Reader};
use waypost_catalogue::tables::import::{ReadError, read};
use waypost_catalogue::tables::spec;
use waypost_ids::TableId;
use waypost_store::contents::Repeated;
use waypost_store::records::tables::{TableRecord, TableRow};

/// Runs the checks.
pub fn check(input: &[u8]) {
    let table = table();
    let Some(rows) = rows(&table, input) else { return };
    let mut written = export::header(&table);
    written.extend(export::lines(&table, rows.values(), Reader::Program));
    let Some(again) = self::rows(&table, &written) else { panic!("what was written does not read") };
    assert!(rows == again, "what was written reads as something else");
    for row in rows.values() {
        assert!(table.values(row).len() == table.schema.columns.len(), "a value for each column");
    }
}

fn table() -> Table {
    let types = ["string", "integer", "number", "boolean", "datetime", "duration", "list<string>", "json"];
    let names = ["text", "whole", "number", "truth", "time", "span", "list", "json"];
    let column = |(name, data_type): (&str, &str)| (name.to_owned(), json!({ "dataType": data_type }));
    let properties: serde_json::Map<_, _> = names.into_iter().zip(types).map(column).collect();
    let Ok(schema) = spec::shape(&json!({ "properties": properties }), true) else { panic!("the schema reads") };
    Table::new(TableRecord {
        id: TableId(uuid::Uuid::nil()),
        name: String::new(),
        folded_name: String::new(),
        description: String::new(),
        schema,
        revision: 1,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        created_by: String::new(),
        modified_at: jiff::Timestamp::UNIX_EPOCH,
    })
}

/// The rows, if all lines are good.
fn rows(table: &Table, input: &[u8]) -> Option<BTreeMap<String, TableRow>> {
    let mut rows: BTreeMap<String, TableRow> = BTreeMap::new();
    let read = read(table, input, |batch| {
        let mut repeated = Vec::new();
        for (place, row) in batch {
            assert!(!row.folded.is_empty() && !row.key.is_empty(), "a row has a key");
            if let Some(before) = rows.insert(row.folded.clone(), row) {
                repeated.push(Repeated { place, first: 0, key: before.key });
            }
        }
        Ok(repeated)
    });
    match read {
        Ok(count) => {
            assert!(count == rows.len() as u64, "each line is a row");
            Some(rows)
        }
        Err(ReadError::Lines(lines)) => {
            assert!(!lines.is_empty(), "what is refused is told why");
            assert!(lines.told.iter().all(|problem| problem.line > 0), "every problem has its line");
            None
        }
        Err(error) => panic!("{error:?}"),
    }
}
