//! Data tables of a folder onto a server: what they are, and their rows.

use std::io::Write;

use waypost_app::folder::Folder;
use waypost_app::folder::tables::{FolderRows, TableFile};
use waypost_catalogue::shape::Table;
use waypost_catalogue::tables::export::{self, Reader};
use waypost_catalogue::tables::spec;
use waypost_flow::document;
use waypost_wire::table::{DataTable, DataTableRequest, RowsReplaced};

use super::Arguments;
use crate::failure::Failure;
use crate::remote::Remote;

/// Makes or changes the folder's tables, and then their rows, if the folder says which.
pub(super) fn apply(
    remote: &Remote,
    arguments: &Arguments,
    folder: &Folder,
    rows: &FolderRows,
    out: &mut impl Write,
) -> Result<(), Failure> {
    if folder.tables.is_empty() {
        return Ok(());
    }
    let known = remote.all(remote.tables().list())?;
    for file in &folder.tables {
        let record = &file.table.record;
        let before = known.iter().find(|table| document::fold_name(&table.name) == record.folded_name);
        let outcome = match before {
            None => "created",
            Some(table) if says_the_same(table, &file.table) => "unchanged",
            Some(_) => "changed",
        };
        if arguments.dry_run {
            let would = if outcome == "unchanged" { "" } else { "would be " };
            writeln!(out, "table {}: {would}{outcome}", record.name)?;
            continue;
        }
        let request = request(file);
        let table = match (before, outcome) {
            (Some(table), "unchanged") => table.clone(),
            (Some(table), _) => remote.wait(remote.tables().update(table.id, &request, Some(table.revision)))?,
            (None, _) => remote.wait(remote.tables().create(&request))?,
        };
        writeln!(out, "table {}: {outcome}", record.name)?;
        if file.rows.is_some() {
            let mut csv = export::header(&file.table);
            csv.extend(export::lines(&file.table, rows.of(&file.table), Reader::Program));
            let done = remote.wait(remote.tables().replace_rows(table.id, csv.into(), arguments.note.as_deref()))?;
            writeln!(out, "table {}: {}", record.name, replaced(&done))?;
        }
    }
    Ok(())
}

fn request(file: &TableFile) -> DataTableRequest {
    DataTableRequest {
        name: file.spec.name.clone(),
        description: file.spec.description.clone(),
        schema: file.spec.schema.clone(),
        ignore_case: file.spec.ignore_case,
    }
}

/// Whether a table of the server is what the folder says.
fn says_the_same(known: &DataTable, wanted: &Table) -> bool {
    let shape = known.schema.as_ref().map(|schema| spec::shape(schema, known.ignore_case));
    let Some(Ok(shape)) = shape else { return false };
    known.name == wanted.record.name && known.description == wanted.record.description && shape == wanted.record.schema
}

/// What became of a table's rows, in one line.
pub(crate) fn replaced(done: &RowsReplaced) -> String {
    let counts = done.counts;
    if counts.added == 0 && counts.changed == 0 && counts.removed == 0 {
        return format!("rows unchanged, {} of them, version {}", counts.same, done.version);
    }
    format!(
        "rows replaced, {} added, {} changed, {} removed, {} as they were, version {}",
        counts.added, counts.changed, counts.removed, counts.same, done.version
    )
}
