//! Data tables, their rows, and versions of the rows.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::Method;
use waypost_ids::TableId;
use waypost_wire::graph::Graph;
use waypost_wire::table::{DataTable, DataTableRequest, DataTableRow, DataTableVersion, RowsReplaced};

use crate::path::{encode, flag, with_query};
use crate::transport::Body;
use crate::{Client, Result};

/// Calls about data tables.
#[derive(Clone, Copy, Debug)]
pub struct Tables<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Tables<'_> {
    /// Tables with their columns, by name.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<DataTable>> {
        self.0.pages("/flows/datatables?expand=schema")
    }

    /// A table.
    pub async fn table(&self, id: TableId) -> Result<DataTable> {
        self.0.get(&path(id)).await
    }

    /// Creates a table without rows.
    pub async fn create(&self, request: &DataTableRequest) -> Result<DataTable> {
        self.0.post("/flows/datatables", request).await
    }

    /// Changes a table's definition; with a revision, only that one.
    pub async fn update(&self, id: TableId, request: &DataTableRequest, revision: Option<u64>) -> Result<DataTable> {
        self.0.0.json(Method::PUT, &path(id), Body::json_for(request, revision)?).await
    }

    /// Deletes a table that no flow uses, and its rows.
    pub async fn delete(&self, id: TableId) -> Result<()> {
        self.0.delete(&path(id)).await
    }

    /// What uses a table.
    pub async fn used_by(&self, id: TableId, transitive: bool) -> Result<Graph<'static>> {
        self.0.get(&with_query(&format!("{}/usedby", path(id)), &[("transitive", flag(transitive))])).await
    }

    /// Rows by key, of a version or the newest. They are read page by page: name a version to read all of the same.
    #[must_use]
    pub fn rows(&self, id: TableId, version: Option<u64>) -> BoxStream<'static, Result<DataTableRow>> {
        let whole = Some("false".to_owned());
        self.0.pages(&with_query(&rows(id), &[("showbrief", whole), ("version", number(version))]))
    }

    /// The row under a key, of a version or the newest.
    pub async fn row(&self, id: TableId, key: &str, version: Option<u64>) -> Result<DataTableRow> {
        self.0.get(&with_query(&row(id, key), &[("version", number(version))])).await
    }

    /// Creates a row with an unused key, its member `KEY`.
    pub async fn create_row(&self, id: TableId, row: &DataTableRow) -> Result<DataTableRow> {
        self.0.post(&rows(id), row).await
    }

    /// Creates or replaces the row under a key; with a version of the table's rows, only if that is still the newest.
    pub async fn put_row(
        &self,
        id: TableId,
        key: &str,
        values: &DataTableRow,
        version: Option<u64>,
    ) -> Result<DataTableRow> {
        self.0.0.json(Method::PUT, &row(id, key), Body::json_for(values, version)?).await
    }

    /// Removes the row under a key.
    pub async fn delete_row(&self, id: TableId, key: &str) -> Result<()> {
        self.0.delete(&row(id, key)).await
    }

    /// Replaces all rows of a table with those of a CSV file, whose first line names the key and the columns; with a version of the
    /// table's rows, only if that is still the newest.
    pub async fn replace_rows(
        &self,
        id: TableId,
        csv: Bytes,
        note: Option<&str>,
        version: Option<u64>,
    ) -> Result<RowsReplaced> {
        let path = with_query(&rows(id), &[("note", note.map(str::to_owned))]);
        self.0.0.json(Method::PUT, &path, Body::Csv { text: csv, if_match: version }).await
    }

    /// All rows of a version or the newest, as a CSV file. For a spreadsheet, texts that it would run as formulas get an
    /// apostrophe before them; such a file is not for importing.
    pub async fn export(&self, id: TableId, version: Option<u64>, for_spreadsheet: bool) -> Result<Bytes> {
        let spreadsheet = for_spreadsheet.then(|| "true".to_owned());
        let path = with_query(&rows(id), &[("version", number(version)), ("spreadsheet", spreadsheet)]);
        self.0.0.send(Method::GET, &path, Body::NothingFor("text/csv")).await
    }

    /// Versions of a table's rows, newest first.
    #[must_use]
    pub fn versions(&self, id: TableId) -> BoxStream<'static, Result<DataTableVersion>> {
        self.0.pages(&format!("{}/versions", path(id)))
    }
}

fn path(id: TableId) -> String {
    format!("/flows/datatables/{id}")
}

fn rows(id: TableId) -> String {
    format!("{}/rows", path(id))
}

fn row(id: TableId, key: &str) -> String {
    format!("{}/{}", rows(id), encode(key))
}

fn number(version: Option<u64>) -> Option<String> {
    version.map(|version| version.to_string())
}
