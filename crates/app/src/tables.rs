//! Rows of data tables: looked up, changed one by one, and replaced as a whole.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use thiserror::Error;
use waypost_catalogue::shape::Table;
use waypost_flow::diagnostic::Diagnostic;
use waypost_ids::{AuditKind, TableId};
use waypost_origin::Origin;
use waypost_store::contents::{NewContent, Replaced, after_clearing};
use waypost_store::error::{StoreError, TableError};
use waypost_store::records::audit::{About, AuditRecord, By};
use waypost_store::records::tables::{
    Content, ContentChange, ContentVersion, ContentVersionRecord, RowAt, RowsAt, TableRow,
};
use waypost_store::revisions::{Revisions, Stale};
use waypost_store::traits::TableStore;

use crate::App;

/// Why rows were not answered or changed.
#[derive(Debug, Error)]
pub enum RowError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// It does not exist.
    #[error("{kind} `{id}` was not found")]
    NotFound {
        /// `table`, `table version` or `row`.
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// The table has a row with this key.
    #[error("a row named `{key}` exists already")]
    KeyTaken {
        /// The key.
        key: String,
        /// The table.
        table: TableId,
    },
    /// It was meant for another version.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// A whole new content of the table is just being written.
    #[error("an import of the table `{table}` is in progress")]
    Importing {
        /// The table's name.
        table: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a look-up found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The version of the table's rows that was looked at.
    pub version: ContentVersion,
    /// The row's key as it is written in the table, and a value for each column; none if there is no such row.
    pub row: Option<(String, Map<String, Json>)>,
}

impl App {
    /// What a table has under a key, at a version of its rows or the newest.
    ///
    /// # Errors
    /// Not found (the table, or the version), or the store.
    pub async fn look_up(&self, id: TableId, key: &str, at: Option<ContentVersion>) -> Result<Found, RowError> {
        let unknown = |_| RowError::NotFound { kind: "table", id: id.to_string() };
        let table = self.catalogue.object::<Table>(&id).map_err(unknown)?;
        let folded = table.folded(key);
        let RowAt { version, row } = self.store.row(id, &folded, at).await.map_err(|error| refused(error, &table))?;
        Ok(Found { version, row: row.map(|row| (row.key.clone(), table.values(&row))) })
    }

    /// Rows whose keys come after one: so many skipped, then up to so many, at a version or the newest.
    ///
    /// # Errors
    /// As [`App::look_up`].
    pub async fn table_rows(
        &self,
        table: &Table,
        after: Option<&str>,
        page: (u64, u32),
        at: Option<ContentVersion>,
    ) -> Result<RowsAt, RowError> {
        let after = after.map(|key| table.folded(key));
        let rows = self.store.rows(table.record.id, after.as_deref(), page, at).await;
        rows.map_err(|error| refused(error, table))
    }

    /// What there is of a table's rows.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn table_content(&self, table: &Table) -> Result<Content, RowError> {
        self.store.content(table.record.id).await.map_err(|error| refused(error, table))
    }

    /// Versions of a table's rows, newest first, and how many there are.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn table_versions(
        &self,
        table: &Table,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<ContentVersionRecord>, u64), RowError> {
        self.store.content_versions(table.record.id, offset, limit).await.map_err(|error| refused(error, table))
    }

    /// Makes a row, or with `new` one that must not be there yet; answers it with the version since.
    ///
    /// # Errors
    /// Every problem found, a key that is taken, another version than the expected, not found, or the store.
    pub async fn put_table_row(
        &self,
        by: By<'_>,
        table: &Table,
        (key, values): (&str, Map<String, Json>),
        new: bool,
        if_match: Option<Revisions>,
    ) -> Result<(ContentVersion, TableRow), RowError> {
        let row = table.row(key, values).map_err(RowError::Invalid)?;
        let expected = self.expected(table, if_match).await?;
        let change = ContentChange { audit: entry(&self.origin, by, "row set", table), expected };
        let put = || self.store.put_row(table.record.id, row.clone(), new, change.clone());
        let changed = after_clearing(&*self.store, &self.origin, put).await.map_err(|error| match error {
            TableError::Exists => RowError::KeyTaken { key: key.to_owned(), table: table.record.id },
            error => refused(error, table),
        })?;
        Ok((changed.version, row))
    }

    /// Removes a row; answers the version since.
    ///
    /// # Errors
    /// Another version than the expected, not found (the table, or the row), or the store.
    pub async fn delete_table_row(
        &self,
        by: By<'_>,
        table: &Table,
        key: &str,
        if_match: Option<Revisions>,
    ) -> Result<ContentVersion, RowError> {
        let expected = self.expected(table, if_match).await?;
        let change = ContentChange { audit: entry(&self.origin, by, "row removed", table), expected };
        let folded = table.folded(key);
        let delete = || self.store.delete_row(table.record.id, &folded, change.clone());
        let changed =
            after_clearing(&*self.store, &self.origin, delete).await.map_err(|error| refused(error, table))?;
        if changed.before.is_none() {
            return Err(row_not_found(key));
        }
        Ok(changed.version)
    }

    /// The version of the rows that a change is meant for. Of several it can only be the newest, and the store holds the change to it.
    async fn expected(&self, table: &Table, if_match: Option<Revisions>) -> Result<Option<ContentVersion>, RowError> {
        let Some(revisions) = if_match else { return Ok(None) };
        if let Some(only) = revisions.only() {
            return Ok(Some(only));
        }
        let newest = self.table_content(table).await?.version;
        Revisions::check(Some(&revisions), "table's content", newest)?;
        Ok(Some(newest))
    }

    /// Makes rows a table's whole content. Once begun it goes on, whether the caller waits or not.
    ///
    /// # Errors
    /// Another version than the expected, another content being written, not found, or the store.
    pub async fn replace_rows(
        &self,
        by: By<'_>,
        table: &Arc<Table>,
        content: NewContent,
        if_match: Option<Revisions>,
    ) -> Result<Replaced, RowError> {
        let expected = self.expected(table, if_match).await?;
        let change = ContentChange { audit: entry(&self.origin, by, "rows replaced", table), expected };
        let (store, origin, id) = (self.store.clone(), self.origin.clone(), table.record.id);
        let replacing = tokio::spawn(async move {
            let store: &dyn TableStore = &*store;
            content.replace(store, &origin, id, change).await
        });
        let lost = |_| TableError::Lost;
        let replaced = replacing.await.map_err(lost).and_then(|replaced| replaced);
        let replaced = replaced.map_err(|error| refused(error, table))?;
        tracing::info!(actor = by.actor, table = %id, version = replaced.version, counts = ?replaced.counts, "rows replaced");
        Ok(replaced)
    }
}

/// A row that is not there.
#[must_use]
pub fn row_not_found(key: &str) -> RowError {
    RowError::NotFound { kind: "row", id: key.to_owned() }
}

fn entry(origin: &Origin, by: By<'_>, action: &str, table: &Table) -> AuditRecord {
    let about = About { kind: AuditKind::Table, id: &table.record.id.to_string(), name: &table.record.name };
    AuditRecord::new(origin.id_in_order(), origin.now(), by, action, about)
}

fn refused(error: TableError, table: &Table) -> RowError {
    let id = table.record.id;
    match error {
        TableError::Unknown => RowError::NotFound { kind: "table", id: id.to_string() },
        TableError::NotKept { asked, .. } => RowError::NotFound { kind: "table version", id: format!("{id}/{asked}") },
        TableError::Conflict { newest } => {
            Stale { kind: "table's content", name: String::new(), current: newest }.into()
        }
        TableError::Importing | TableError::Lost | TableError::Exists => {
            RowError::Importing { table: table.record.name.clone() }
        }
        TableError::Store(error) => error.into(),
    }
}
