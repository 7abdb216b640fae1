//! Data tables as objects of the catalogue. Their rows are another matter: [`crate::tables`].

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;
use uuid::Uuid;
use waypost_flow::document;
use waypost_ids::TableId;
use waypost_store::error::{StoreError, TableError};
use waypost_store::records::catalogue::CatalogueChange;
use waypost_store::records::tables::{TableRecord, TableShape};

use super::LiveCatalogue;
use super::plan::By;
use super::routing::{flow_users, named, not_found, simple};
use super::shape::{Table, clash};
use super::world::World;
use crate::error::AppError;
use crate::tables::spec;

/// What a table is to be.
#[derive(Clone, Debug)]
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
    pub fn read(&self, before: Option<&TableShape>) -> Result<(String, TableShape), AppError> {
        let ignore_case = self.ignore_case.unwrap_or_else(|| before.is_some_and(|before| before.ignore_case));
        let shape = match (&self.schema, before) {
            (None, Some(before)) => Ok(TableShape { ignore_case, ..before.clone() }),
            (schema, _) => spec::shape(schema.as_ref().unwrap_or(&Json::Null), ignore_case),
        };
        match (named("name", &self.name), shape) {
            (Ok(name), Ok(shape)) => Ok((name, shape)),
            (Err(AppError::Invalid(mut problems)), Err(more)) => {
                problems.extend(more);
                Err(AppError::Invalid(problems))
            }
            (Err(error), _) => Err(error),
            (_, Err(problems)) => Err(AppError::Invalid(problems)),
        }
    }
}

impl LiveCatalogue {
    /// All tables, in no order.
    pub fn tables(&self) -> Vec<Arc<Table>> {
        self.world().tables.values().cloned().collect()
    }

    /// A table.
    ///
    /// # Errors
    /// Not found.
    pub fn table(&self, id: TableId) -> Result<Arc<Table>, AppError> {
        self.world().tables.get(&id).cloned().ok_or_else(|| not_found("table", id))
    }

    /// Makes a table without rows.
    ///
    /// # Errors
    /// Every problem found, a name that is taken, or the store.
    pub async fn create_table(&self, actor: &str, spec: &TableSpec) -> Result<Arc<Table>, AppError> {
        let (name, schema) = spec.read(None)?;
        let now = Timestamp::now();
        let table = TableRecord {
            id: TableId(Uuid::new_v4()),
            folded_name: document::fold_name(&name),
            name,
            description: spec.description.clone(),
            schema,
            revision: 1,
            created_at: now,
            created_by: actor.to_owned(),
            modified_at: now,
        };
        self.change(actor, |world: &World| {
            name_is_free(world, &table)?;
            Ok(Some(simple(world, CatalogueChange::PutTable(table.clone()), ())))
        })
        .await?;
        tracing::info!(actor, table = %table.id, "table created");
        self.table(table.id)
    }

    /// Renames a table, or changes its description or its columns. Columns of a table that has rows keep their types.
    ///
    /// # Errors
    /// Not found, another revision, every problem found, flows that would break, a name that is taken, or the store.
    pub async fn update_table(
        &self,
        by: By<'_>,
        id: TableId,
        spec: &TableSpec,
        revision: Option<u64>,
    ) -> Result<Arc<Table>, AppError> {
        let mut turn = self.begin(by);
        loop {
            let world = turn.world().await;
            let before = &world.tables.get(&id).ok_or_else(|| not_found("table", id))?.record;
            if revision.is_some_and(|revision| revision != before.revision) {
                return Err(AppError::Stale { kind: "table", current: before.revision });
            }
            let (name, schema) = spec.read(Some(&before.schema))?;
            let clashes = clash(&before.schema, &schema);
            if !clashes.is_empty() && self.has_rows(id).await? {
                return Err(AppError::Invalid(clashes));
            }
            let table = TableRecord {
                folded_name: document::fold_name(&name),
                name,
                description: spec.description.clone(),
                schema,
                revision: before.revision.saturating_add(1),
                modified_at: Timestamp::now(),
                ..before.clone()
            };
            name_is_free(&world, &table)?;
            let planned = self.plan_with(&world, by, vec![CatalogueChange::PutTable(table)], Vec::new(), ()).await?;
            if turn.commit(planned).await?.is_some() {
                break;
            }
        }
        tracing::info!(actor = by.actor, table = %id, "table changed");
        self.table(id)
    }

    async fn has_rows(&self, id: TableId) -> Result<bool, StoreError> {
        match self.store.content(id).await {
            // Older versions can still be read.
            Ok(content) => Ok(content.version > 0 && (content.rows > 0 || content.oldest < content.version)),
            Err(TableError::Store(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// Deletes a table that no flow uses, and its rows with it.
    ///
    /// # Errors
    /// Not found, in use (with every user), or the store.
    pub async fn delete_table(&self, actor: &str, id: TableId) -> Result<(), AppError> {
        self.change(actor, |world: &World| {
            let table = world.tables.get(&id).ok_or_else(|| not_found("table", id))?;
            let users = flow_users(world, &id.into());
            if !users.is_empty() {
                return Err(AppError::InUse { kind: "table", name: table.record.name.clone(), users });
            }
            Ok(Some(simple(world, CatalogueChange::DeleteTable(id), ())))
        })
        .await?;
        tracing::info!(actor, table = %id, "table deleted");
        Ok(())
    }
}

fn name_is_free(world: &World, table: &TableRecord) -> Result<(), AppError> {
    match world.table_named(&table.folded_name) {
        Some(holder) if holder.record.id != table.id => {
            Err(AppError::NameTaken { kind: "table", name: table.name.clone(), holder: holder.record.id.to_string() })
        }
        _ => Ok(()),
    }
}
