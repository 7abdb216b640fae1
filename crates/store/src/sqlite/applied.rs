//! Which project last applied an object.

use rusqlite::{Connection, Row};
use waypost_ids::Ref;

use super::catalogue::run;
use super::columns::Columns;
use crate::error::StoreError;
use crate::records::catalogue::{AppliedRecord, CatalogueChange};

pub(super) fn applied(row: &Row<'_>) -> Result<AppliedRecord, StoreError> {
    let columns = Columns::sealed(row, "applied")?;
    let (kind, object): (String, String) = (columns.get("kind")?, columns.get("object")?);
    let object = Ref::read(&kind, &object).ok_or_else(|| columns.inconsistent("object", &object))?;
    Ok(AppliedRecord { object, project: columns.get::<String>("project")?.into() })
}

pub(super) fn put(db: &Connection, AppliedRecord { object, project }: &AppliedRecord) -> Result<(), StoreError> {
    let sql = "INSERT INTO applied (kind, object, project) VALUES (?1, ?2, ?3)
        ON CONFLICT (kind, object) DO UPDATE SET project = excluded.project";
    run(db, sql, (object.kind.as_str(), object.to_string(), project.as_ref()))
}

/// What is gone was applied by nobody.
pub(super) fn forget(db: &Connection, change: &CatalogueChange) -> Result<(), StoreError> {
    match change.gone() {
        Some(object) => {
            let sql = "DELETE FROM applied WHERE kind = ?1 AND object = ?2";
            run(db, sql, (object.kind.as_str(), object.to_string()))
        }
        None => Ok(()),
    }
}
