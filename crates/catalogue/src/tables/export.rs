//! A table's rows as a CSV file: what `import` reads back as the same rows.

use serde_json::{Map, Value as Json};
use waypost_flow::types::Type;
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
    fn cell(self, value: &Json, data_type: &Type) -> String {
        match value {
            Json::String(text) if text.is_empty() && *data_type == Type::String => EMPTY.to_owned(),
            Json::String(text) if *data_type != Type::Json => field(&self.text(text)),
            other => field(&cells::to_text(other, data_type)),
        }
    }
}

/// The first line: the key and the columns.
#[must_use]
pub fn header(table: &Table) -> Vec<u8> {
    let columns = table.record.schema.columns.iter().map(|column| column.name.as_str());
    line(std::iter::once(KEY_PROPERTY).chain(columns).map(field)).into_bytes()
}

/// Lines of rows. What a row leaves out is left empty: its defaults are the table's, not its own.
#[must_use]
pub fn lines<'r>(table: &Table, rows: impl IntoIterator<Item = &'r TableRow>, reader: Reader) -> Vec<u8> {
    let mut file = String::new();
    for row in rows {
        let values: Map<String, Json> = serde_json::from_str(&row.values).unwrap_or_default();
        let cell = |name: &str, data_type| values.get(name).map(|value| reader.cell(value, data_type));
        let columns = table.columns().map(|(column, data_type)| cell(&column.name, data_type).unwrap_or_default());
        file.push_str(&line(std::iter::once(field(&reader.text(&row.key))).chain(columns)));
    }
    file.into_bytes()
}

/// An empty text. Without quotes a field is left out, a difference that the `csv` crate does not write.
const EMPTY: &str = "\"\"";

/// A field (RFC 4180, section 2), in quotes where it must be.
fn field(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn line(fields: impl Iterator<Item = String>) -> String {
    fields.collect::<Vec<_>>().join(",") + "\n"
}
