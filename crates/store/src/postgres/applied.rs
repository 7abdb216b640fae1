//! Which project last applied an object.

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use waypost_ids::Ref;

use super::columns::{Columns, text};
use super::pool::execute;
use crate::error::StoreError;
use crate::records::catalogue::{AppliedRecord, CatalogueChange};

pub(super) fn applied(row: &Row) -> Result<AppliedRecord, StoreError> {
    let columns = Columns { row, table: "applied" };
    let (kind, object): (&str, &str) = (columns.get("kind")?, columns.get("object")?);
    let object = Ref::read(kind, object).ok_or_else(|| columns.inconsistent("object", &object))?;
    Ok(AppliedRecord { object, project: columns.get::<&str>("project")?.into() })
}

pub(super) async fn put(
    db: &impl GenericClient,
    AppliedRecord { object, project }: &AppliedRecord,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO applied (kind, object, project) VALUES ($1, $2, $3)
        ON CONFLICT (kind, object) DO UPDATE SET project = excluded.project";
    execute(db, sql, &[&object.kind.as_str(), &text(&object.to_string()), &text(project)]).await.map(drop)
}

/// What is gone was applied by nobody.
pub(super) async fn forget(db: &impl GenericClient, change: &CatalogueChange) -> Result<(), StoreError> {
    match change.gone() {
        Some(object) => {
            let sql = "DELETE FROM applied WHERE kind = $1 AND object = $2";
            execute(db, sql, &[&object.kind.as_str(), &text(&object.to_string())]).await.map(drop)
        }
        None => Ok(()),
    }
}
