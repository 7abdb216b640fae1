//! Data tables as objects of the catalogue: what columns they have, and how rows are written in files and requests. Rows themselves are in
//! the store.

pub mod cells;
pub mod export;
pub mod held;
pub mod import;
pub mod spec;
mod strict;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{Kind, Ref, TableId};
use waypost_store::error::{StoreError, TableError};
use waypost_store::records::catalogue::ObjectRecord;
use waypost_store::records::tables::{TableRecord, TableShape};

use crate::LiveCatalogue;
use crate::error::ChangeError;
use crate::object::{Making, Object, named, present};
use crate::shape::{Table, clash};
use crate::shelf::Shelf;
use crate::world::World;

/// What a table is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableSpec {
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// Whether keys are compared whatever the case; none is what it was, at first no.
    pub ignore_case: Option<bool>,
    /// The columns, as a JSON Schema; none is what they were.
    pub schema: Option<Json>,
}

impl TableSpec {
    /// The name and the columns, in the place of what was before.
    ///
    /// # Errors
    /// Every problem.
    pub fn read(&self, before: Option<&TableShape>) -> Result<(String, TableShape), ChangeError> {
        let ignore_case = self.ignore_case.unwrap_or_else(|| before.is_some_and(|before| before.ignore_case));
        let shape = match (&self.schema, before) {
            (None, Some(before)) => Ok(TableShape { ignore_case, ..before.clone() }),
            (None, None) => Err(vec![
                Diagnostic::error(Code::MissingKey, "schema", "`schema` is missing")
                    .expected(spec::EXPECTED)
                    .lacking("", &["schema"]),
            ]),
            (Some(schema), _) => spec::shape(schema, ignore_case),
        };
        match (named("name", &self.name).map_err(ChangeError::from), shape) {
            (Ok(name), Ok(shape)) => Ok((name, shape)),
            (Err(ChangeError::Invalid(mut problems)), Err(more)) => {
                problems.extend(more);
                Err(ChangeError::Invalid(problems))
            }
            (Err(error), _) => Err(error),
            (_, Err(problems)) => Err(ChangeError::Invalid(problems)),
        }
    }
}

impl Object for Table {
    const KIND: Kind = Kind::Table;

    type Id = TableId;
    type Record = TableRecord;
    type Spec = TableSpec;

    fn new(record: TableRecord) -> Self {
        Self::new(record)
    }

    fn record(&self) -> &TableRecord {
        &self.record
    }

    fn stored(record: &ObjectRecord) -> Option<&TableRecord> {
        record.try_into().ok()
    }

    fn id(record: &TableRecord) -> TableId {
        record.id
    }

    fn id_of(object: &Ref) -> TableId {
        TableId(object.uuid())
    }

    fn object_of(id: &TableId) -> Ref {
        (*id).into()
    }

    fn name(record: &TableRecord) -> String {
        record.name.clone()
    }

    fn name_wanted(spec: &TableSpec) -> String {
        spec.name.clone()
    }

    fn revision(record: &TableRecord) -> u64 {
        record.revision
    }

    fn audited(record: &TableRecord) -> Json {
        present(json!({ "name": record.name, "description": record.description, "schema": record.schema }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.tables
    }

    fn make(spec: &TableSpec, making: &Making<'_>, before: Option<&Self>) -> Result<TableRecord, ChangeError> {
        let before = before.map(|before| &before.record);
        let (name, schema) = spec.read(before.map(|before| &before.schema))?;
        Ok(TableRecord {
            id: before.map_or_else(|| TableId(making.origin.id()), |before| before.id),
            folded_name: document::fold_name(&name),
            name,
            description: spec.description.clone(),
            schema,
            revision: before.map_or(1, |before| before.revision.saturating_add(1)),
            created_at: before.map_or(making.now, |before| before.created_at),
            created_by: before.map_or_else(|| making.actor.to_owned(), |before| before.created_by.clone()),
            modified_at: making.now,
        })
    }

    /// Columns of a table that has rows keep their types.
    fn with_content(before: &TableRecord, after: &TableRecord) -> Vec<Diagnostic> {
        clash(&before.schema, &after.schema)
    }
}

impl LiveCatalogue {
    /// Whether an object has content that another shape may not fit. Only tables have.
    pub(crate) async fn has_content(&self, object: &Ref) -> Result<bool, StoreError> {
        if object.kind != Kind::Table {
            return Ok(false);
        }
        match self.store.content(TableId(object.uuid())).await {
            // Older versions can still be read.
            Ok(content) => Ok(content.version > 0 && (content.rows > 0 || content.oldest < content.version)),
            Err(TableError::Store(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }
}
