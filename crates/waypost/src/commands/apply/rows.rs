//! Rows of a project's tables: held against a server's before the change set, and brought there after it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use waypost_catalogue::shape::KEY;
use waypost_catalogue::tables::export::{self, Reader};
use waypost_catalogue::tables::held::HeldRows;
use waypost_flow::document;
use waypost_ids::{Kind, TableId};
use waypost_project::Project;
use waypost_project::difference::RowsDifference;
use waypost_project::tables::TableEntry;
use waypost_wire::Object;
use waypost_wire::change::{ChangeSetDone, ChangedObject};
use waypost_wire::table::RowsReplaced;

use super::report::Became;
use crate::failure::Failure;
use crate::refusal;
use crate::remote::Remote;
use crate::screen;

/// How the rows of the project's tables differ from a server's, by the table's name. A table that is not there has none.
pub(crate) fn differences(
    remote: &Remote,
    project: &Project,
    rows: &HeldRows,
) -> Result<BTreeMap<String, RowsDifference>, Failure> {
    let mut found = BTreeMap::new();
    let with_rows: Vec<&TableEntry> = project.tables().iter().filter(|one| one.has_rows()).collect();
    if with_rows.is_empty() {
        return Ok(found);
    }
    let known = remote.all(remote.tables().list())?;
    for TableEntry { table, .. } in with_rows {
        let name = &table.record.name;
        let there = known.iter().find(|known| document::fold_name(&known.name) == table.record.folded_name);
        let difference = match there {
            None => RowsDifference::all_new(rows.of(table.record.id).count()),
            Some(there) => {
                let csv = remote.wait(remote.tables().export(there.id, None, false))?;
                let failed = Failure::of(format!("can't read the rows of the server's table {name}"));
                let schema = there.schema.clone().unwrap_or_default();
                RowsDifference::of((table, rows), (&schema, there.ignore_case), &csv).map_err(|why| failed(&why))?
            }
        };
        found.insert(name.clone(), difference);
    }
    Ok(found)
}

/// Refuses a folder that would change rows of tables that stay with another project. A change set has no rows, so the server can't.
pub(super) fn of_others(
    remote: &Remote,
    project: &Project,
    rows: &HeldRows,
    done: &ChangeSetDone,
) -> Result<(), Failure> {
    let with_rows = |name: &str| {
        let folded = document::fold_name(name);
        project.tables().iter().any(|one| one.has_rows() && one.table.record.folded_name == folded)
    };
    let of_other = |one: &ChangedObject| {
        let project = one.stays_with.clone().filter(|_| one.kind == Kind::Table.as_str() && with_rows(&one.name))?;
        Some((one.name.clone(), project))
    };
    let others: Vec<(String, String)> = done.objects.iter().filter_map(of_other).collect();
    if others.is_empty() {
        return Ok(());
    }
    let differ = differences(remote, project, rows)?;
    refuse(others.into_iter().filter(|(name, _)| {
        let folded = document::fold_name(name);
        differ.iter().any(|(known, rows)| document::fold_name(known) == folded && rows.differs())
    }))
}

/// Refuses to change the rows of these tables, each with the project that it stays with, if there are any.
pub(super) fn refuse(tables: impl Iterator<Item = (String, String)>) -> Result<(), Failure> {
    let said = tables.map(|(name, project)| {
        format!("the project `{project}` applied the table `{name}` last, and its rows differ: give it another name, or take it over")
    });
    match said.collect::<Vec<_>>() {
        none if none.is_empty() => Ok(()),
        said => Err(Failure::Refused(refusal::of_another_project(&said.join("\n")))),
    }
}

/// So many bytes of rows are sent with a replay: a server takes 4 MiB of JSON, documents included.
const MOST_ROWS: usize = 2 << 20;

/// The rows that tables would have, for a replay: of those that differ alone, so that what a run was answered counts for the others.
/// Rows that are too many to be sent are left out, which is said.
pub(crate) fn for_replay(
    project: &Project,
    rows: &HeldRows,
    differences: &BTreeMap<String, RowsDifference>,
) -> io::Result<BTreeMap<String, Vec<Object>>> {
    let differs = |one: &&TableEntry| differences.get(&one.table.record.name).is_some_and(RowsDifference::differs);
    let (mut told, mut left) = (BTreeMap::new(), MOST_ROWS);
    for TableEntry { table, .. } in project.tables().iter().filter(differs) {
        let name = &table.record.name;
        let size = rows.of(table.record.id).map(|row| row.key.len() + row.values.len() + KEY.len()).sum();
        let Some(rest) = left.checked_sub(size) else {
            let note = "it has too many rows to send; the replay uses those on the server, and none for a new table";
            writeln!(screen::stderr(), "table {name}: {note}")?;
            continue;
        };
        left = rest;
        let rows = rows.of(table.record.id).map(|row| {
            let mut members: Object = serde_json::from_str(&row.values).unwrap_or_default();
            members.insert(KEY.to_owned(), row.key.clone().into());
            members
        });
        told.insert(name.clone(), rows.collect());
    }
    Ok(told)
}

/// Makes the project's rows a table's whole content.
pub(super) fn replace(
    remote: &Remote,
    (entry, id): (&TableEntry, TableId),
    rows: &HeldRows,
    note: Option<&str>,
) -> Result<Became, Failure> {
    let table = &entry.table;
    let mut csv = export::header(table);
    csv.extend(export::lines(table, rows.of(table.record.id), Reader::Program));
    let done = remote.wait(remote.tables().replace_rows(id, csv.into(), note))?;
    Ok(became(&table.record.name, &done))
}

/// What became of the rows of the table of that name.
pub(super) fn became(name: &str, done: &RowsReplaced) -> Became {
    let counts = done.counts;
    let same = counts.added == 0 && counts.changed == 0 && counts.removed == 0;
    Became {
        kind: "rows".to_owned(),
        name: name.to_owned(),
        outcome: if same { "unchanged" } else { "replaced" }.to_owned(),
        version: Some(done.version),
        said: replaced(done),
        ..Became::default()
    }
}

/// What would become of a table's rows, in one line; none if nothing would, or if the table is new: that goes without saying.
pub(super) fn would_be(difference: &RowsDifference) -> Option<String> {
    let RowsDifference { added, changed, removed, same } = difference;
    difference.differs().then(|| {
        format!("rows would be replaced, {added} added, {changed} changed, {removed} removed, {same} unchanged")
    })
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
