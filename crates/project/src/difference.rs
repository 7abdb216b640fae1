//! What a folder wants against what there is, as data.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use waypost_catalogue::shape::Table;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::tables::import::{self, ReadError};
use waypost_catalogue::tables::spec;
use waypost_store::records::tables::{TableRecord, TableRow};

/// How the rows that a folder has for a table differ from those that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowsDifference {
    /// Rows under keys that are not there.
    pub added: u64,
    /// Rows that are there and say something else.
    pub changed: u64,
    /// Rows that are there and not in the folder.
    pub removed: u64,
    /// Rows that are the same.
    pub same: u64,
}

impl RowsDifference {
    /// Rows of a table that is not there yet.
    #[must_use]
    pub fn all_new(rows: usize) -> Self {
        Self { added: rows as u64, ..Self::default() }
    }

    /// Holds the folder's rows against an export of those that are there, in a table with that schema. Rows are the same if flows would
    /// see the same: the same key and the same value in each column.
    ///
    /// # Errors
    /// The export can't be read.
    pub fn of(
        (table, wanted): (&Table, &HeldRows),
        (schema, ignore_case): (&Json, bool),
        export: &[u8],
    ) -> Result<Self, String> {
        let shape = spec::shape(schema, ignore_case).map_err(|_| "its columns can't be read".to_owned())?;
        let there = Table::new(TableRecord { schema: shape, ..table.record.clone() });
        let mut actual: BTreeMap<String, (String, Map<String, Json>)> = BTreeMap::new();
        let read = import::read(&there, export, |rows| {
            actual.extend(rows.into_iter().map(|(_, row)| (row.folded.clone(), seen(&there, &row))));
            Ok(Vec::new())
        });
        read.map_err(|error| match error {
            ReadError::Lines(found) => found.told.first().map_or_else(String::new, |one| one.diagnostic.to_string()),
            ReadError::Input(error) => error.to_string(),
            ReadError::Store(error) => error.to_string(),
        })?;
        let mut difference = Self::default();
        for row in wanted.of(table.record.id) {
            match actual.remove(&there.folded(&row.key)) {
                None => difference.added += 1,
                Some(before) if before == seen(table, row) => difference.same += 1,
                Some(_) => difference.changed += 1,
            }
        }
        difference.removed = actual.len() as u64;
        Ok(difference)
    }

    /// Whether anything differs.
    #[must_use]
    pub fn differs(&self) -> bool {
        let Self { added, changed, removed, .. } = self;
        added + changed + removed > 0
    }
}

/// What flows see of a row.
fn seen(table: &Table, row: &TableRow) -> (String, Map<String, Json>) {
    (row.key.clone(), table.values(row))
}
