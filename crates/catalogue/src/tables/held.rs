//! Rows of tables in memory: a folder's, for runs without a server; or those that tables would have, for a replay.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value as Json};
use waypost_ids::TableId;
use waypost_store::records::tables::TableRow;

use crate::shape::Table;

/// Whole contents of some tables.
#[derive(Clone, Debug, Default)]
pub struct HeldRows(HashMap<TableId, BTreeMap<String, TableRow>>);

impl HeldRows {
    /// Holds these as all rows of a table.
    pub fn hold(&mut self, table: TableId, rows: impl IntoIterator<Item = TableRow>) {
        self.0.insert(table, rows.into_iter().map(|row| (row.folded.clone(), row)).collect());
    }

    /// Whether a table's rows are held.
    #[must_use]
    pub fn holds(&self, table: TableId) -> bool {
        self.0.contains_key(&table)
    }

    /// The tables whose rows are held.
    pub fn tables(&self) -> impl Iterator<Item = TableId> {
        self.0.keys().copied()
    }

    /// What a table has under a key: a value for each column.
    #[must_use]
    pub fn look_up(&self, table: &Table, key: &str) -> Option<Map<String, Json>> {
        let row = self.0.get(&table.record.id)?.get(&table.folded(key))?;
        Some(table.values(row))
    }

    /// A table's rows, by key.
    pub fn of(&self, table: TableId) -> impl Iterator<Item = &TableRow> {
        self.0.get(&table).into_iter().flat_map(BTreeMap::values)
    }
}
