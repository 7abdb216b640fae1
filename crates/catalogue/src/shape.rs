//! What a data table is: its columns, in the flow language's types, and how rows are read by them.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::table::{Column, TableSchema};
use waypost_flow::types::Type;
use waypost_flow::{document, expr};
use waypost_store::records::tables::{ColumnRecord, TableRecord, TableRow, TableShape};

use crate::tables::{cells, spec};

/// What rows and errors call the key.
pub const KEY: &str = "KEY";

/// The longest key, in characters.
pub const MAX_KEY: usize = 256;

/// The largest row: its values as JSON, in bytes.
pub const MAX_ROW_BYTES: usize = 64 * 1024;

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

    /// Columns with their types, in order.
    pub fn columns(&self) -> impl Iterator<Item = (&ColumnRecord, &Type)> {
        self.record.schema.columns.iter().zip(self.schema.columns.iter().map(|column| &column.data_type))
    }

    /// What a row is found by.
    #[must_use]
    pub fn folded(&self, key: &str) -> String {
        if self.record.schema.ignore_case { document::fold_key(key) } else { key.to_owned() }
    }

    /// A row that says so much, brought into one form. Of columns that it leaves out, or has `null` for, nothing is kept.
    ///
    /// # Errors
    /// Every problem, with the column's name as path.
    pub fn row(&self, key: &str, mut values: Map<String, Json>) -> Result<TableRow, Vec<Diagnostic>> {
        let mut problems: Vec<Diagnostic> = key_problem(key).into_iter().collect();
        let mut kept = Map::new();
        for (column, data_type) in self.columns() {
            match values.shift_remove(&column.name) {
                None | Some(Json::Null) => {}
                // It is what the column reads as anyway.
                Some(Json::String(text)) if text.is_empty() && column.default.is_none() && *data_type != Type::Json => {
                }
                Some(value) => match cells::normal(&column.name, value, data_type) {
                    Ok(value) => drop(kept.insert(column.name.clone(), value)),
                    Err(more) => problems.extend(more),
                },
            }
        }
        for name in values.keys() {
            let known = self.record.schema.columns.iter().map(|column| column.name.as_str());
            problems.push(
                Diagnostic::error(Code::UnknownKey, name, format!("the table has no column `{name}`"))
                    .nearest(name, known),
            );
        }
        let values = Json::Object(kept).to_string();
        if values.len() > MAX_ROW_BYTES {
            problems.push(
                Diagnostic::error(Code::TooLarge, "", "the row is too large")
                    .expected(format!("at most {MAX_ROW_BYTES} bytes as JSON"))
                    .found(format!("{} bytes", values.len())),
            );
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(TableRow { folded: self.folded(key), key: key.to_owned(), values })
    }

    /// A row's values, one for each column: what it leaves out, or what does not fit any more, reads as the column's default, else as
    /// its type's empty value.
    #[must_use]
    pub fn values(&self, row: &TableRow) -> Map<String, Json> {
        let mut kept: Map<String, Json> = serde_json::from_str(&row.values).unwrap_or_default();
        let value = |(column, data_type): (&ColumnRecord, &Type)| {
            let fits = |value: &Json| expr::constant("", value, data_type).is_ok();
            let value = kept.shift_remove(&column.name).filter(fits);
            let value =
                value.or_else(|| column.default.clone().filter(fits)).unwrap_or_else(|| cells::empty(data_type));
            (column.name.clone(), value)
        };
        self.columns().map(value).collect()
    }
}

/// What a row in a folder or a request says of its key, and the rest.
///
/// # Errors
/// There is no key, or it is no text; texts that no CSV file can hold, so that an export could not be imported again.
pub fn keyed(mut members: Map<String, Json>) -> Result<(String, Map<String, Json>), Vec<Diagnostic>> {
    let key = [KEY, spec::KEY_PROPERTY].into_iter().find_map(|name| members.shift_remove(name));
    let nul = |(name, value): (&String, &Json)| {
        let holds = value.as_str().is_some_and(|text| text.contains('\0'));
        holds.then(|| {
            Diagnostic::error(Code::InvalidValue, name, "the value holds a NUL character").expected("text without it")
        })
    };
    let problems: Vec<_> = members.iter().filter_map(nul).collect();
    let (code, message) = match key {
        Some(Json::String(_)) if !problems.is_empty() => return Err(problems),
        Some(Json::String(key)) => return Ok((key, members)),
        Some(_) => (Code::WrongKind, "a key is a string"),
        None => (Code::MissingKey, "the row has no key"),
    };
    Err(vec![Diagnostic::error(code, KEY, message).expected("a string")])
}

/// What is wrong with a key.
fn key_problem(key: &str) -> Option<Diagnostic> {
    let length = key.chars().count();
    let well = !key.trim().is_empty() && length <= MAX_KEY && !key.chars().any(char::is_control);
    (!well).then(|| {
        Diagnostic::error(Code::InvalidValue, KEY, "this can't be a row's key")
            .expected(format!("1 to {MAX_KEY} characters, not all of them spaces, no control characters"))
            .found(format!("{length} characters"))
    })
}

/// What is new about a table's columns that its rows, if it has any, do not allow.
pub(crate) fn clash(before: &TableShape, after: &TableShape) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    if before.ignore_case != after.ignore_case {
        problems.push(
            Diagnostic::error(
                Code::InvalidValue,
                "ignoreCase",
                "the table already has rows whose keys are compared differently",
            )
            .expected(before.ignore_case.to_string())
            .suggestion("make another table, or remove the rows first"),
        );
    }
    for column in &after.columns {
        let known = before.columns.iter().find(|known| known.name == column.name);
        if let Some(known) = known.filter(|known| known.data_type != column.data_type) {
            let path = format!("schema.properties.{}", column.name);
            problems.push(
                Diagnostic::error(Code::WrongType, path, "the table has rows with values of another type")
                    .expected(known.data_type.clone())
                    .found(column.data_type.clone())
                    .suggestion("add another column, or remove the rows first"),
            );
        }
    }
    problems
}
