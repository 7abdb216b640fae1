//! A table's rows as a CSV file: what `import` reads back as the same rows.

use csv::Writer;
use serde_json::{Map, Value as Json};
use waypost_store::records::tables::TableRow;

use super::cells;
use super::spec::KEY_PROPERTY;
use crate::shape::Table;

/// Who the file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A program, or an import: every value as it is.
    Program,
    /// A spreadsheet, which takes a text that begins like a formula for one: such texts get an apostrophe before them, which
    /// spreadsheets don't show. An import would keep it.
    Spreadsheet,
}

/// What spreadsheets take for the beginning of a formula, or for white space before one (OWASP, "CSV Injection").
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

impl Reader {
    fn text(self, text: &str) -> String {
        let apostrophe = self == Self::Spreadsheet && text.starts_with(FORMULA);
        format!("{}{text}", if apostrophe { "'" } else { "" })
    }

    /// Numbers are never formulas, even with a sign.
    fn cell(self, value: &Json) -> String {
        match value {
            Json::String(text) => self.text(text),
            other => cells::to_text(other),
        }
    }
}

/// The first line: the key and the columns.
#[must_use]
pub fn header(table: &Table) -> Vec<u8> {
    let columns = table.record.schema.columns.iter().map(|column| column.name.as_str());
    written(std::iter::once(std::iter::once(KEY_PROPERTY.to_owned()).chain(columns.map(str::to_owned)).collect()))
}

/// Lines of rows. What a row leaves out is left empty: its defaults are the table's, not its own.
#[must_use]
pub fn lines<'r>(table: &Table, rows: impl IntoIterator<Item = &'r TableRow>, reader: Reader) -> Vec<u8> {
    written(rows.into_iter().map(|row| {
        let values: Map<String, Json> = serde_json::from_str(&row.values).unwrap_or_default();
        let cell = |name: &str| values.get(name).map(|value| reader.cell(value)).unwrap_or_default();
        let columns = table.record.schema.columns.iter().map(|column| cell(&column.name));
        std::iter::once(reader.text(&row.key)).chain(columns).collect()
    }))
}

fn written(records: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut file = Writer::from_writer(Vec::new());
    for record in records {
        // Writing to memory does not fail, and every record has as many fields as the first.
        let _ = file.write_record(&record);
    }
    file.into_inner().unwrap_or_default()
}
