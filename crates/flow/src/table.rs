//! What a data table looks like: rows of typed columns under a key.

use crate::types::Type;

/// A data table's columns. A row is found by its key, a text of its own beside the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSchema {
    /// Whether keys are compared whatever the case, by [`crate::document::fold_key`]'s rule.
    pub ignore_case: bool,
    /// The columns, in the order in which they were declared.
    pub columns: Vec<Column>,
}

impl TableSchema {
    /// What a row gives an outputMapping: the columns, in their order.
    pub fn outputs(&self) -> Vec<(String, Type)> {
        self.columns.iter().map(|column| (column.name.clone(), column.data_type.clone())).collect()
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, as names of variables are; a row read by a flow has it as `output.NAME`.
    pub name: String,
    /// The type of its values. A row that leaves the column out reads as the type's empty value.
    pub data_type: Type,
}
