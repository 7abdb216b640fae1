//! Rows of a project's tables: held against a server's before the change set, and brought there after it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use bytes::Bytes;
use futures_util::StreamExt as _;
use waypost_catalogue::shape::KEY;
use waypost_catalogue::tables::export::{self, Reader};
use waypost_catalogue::tables::held::HeldRows;
use waypost_client::Error;
use waypost_flow::document;
use waypost_ids::{Kind, TableId};
use waypost_project::Project;
use waypost_project::difference::RowsDifference;
use waypost_project::tables::TableEntry;
use waypost_wire::Object;
use waypost_wire::change::{ChangeSet, ChangeSetDone, ChangedObject};
use waypost_wire::table::{DataTable, RowCounts, RowsReplaced};

use super::report::Became;
use crate::failure::Failure;
use crate::refusal;
use crate::remote::Remote;
use crate::screen;

/// The version of the rows of a table that never had any.
pub(super) const NO_ROWS_YET: u64 = 0;

/// How often rows are sent while others keep changing those that are there.
const ATTEMPTS: usize = 5;

/// What to do about a table of another project.
const OTHERWISE: &str = ": give it another name, or take it over";

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
    for entry in with_rows {
        let record = &entry.table.record;
        let difference = match known.iter().find(|known| document::fold_name(&known.name) == record.folded_name) {
            None => RowsDifference::all_new(rows.of(record.id).count()),
            Some(there) => difference(remote, (entry, rows), there, None)?,
        };
        found.insert(record.name.clone(), difference);
    }
    Ok(found)
}

/// How a table's rows differ from those that the server has, of a version or the newest.
fn difference(
    remote: &Remote,
    (entry, rows): (&TableEntry, &HeldRows),
    there: &DataTable,
    version: Option<u64>,
) -> Result<RowsDifference, Failure> {
    let csv = remote.wait(remote.tables().export(there.id, version, false))?;
    let failed = Failure::of(format!("can't read the rows of the server's table {}", entry.table.record.name));
    let schema = there.schema.clone().unwrap_or_default();
    RowsDifference::of((&entry.table, rows), (&schema, there.ignore_case), &csv).map_err(|why| failed(&why))
}

/// The newest version of the rows of tables, by the table's name; none for tables that are not there.
pub(crate) fn row_versions<'n>(
    remote: &Remote,
    names: impl Iterator<Item = &'n String>,
) -> Result<BTreeMap<String, u64>, Failure> {
    let mut found = BTreeMap::new();
    let mut known: Option<Vec<DataTable>> = None;
    for name in names {
        let known = match &mut known {
            Some(known) => known,
            none => none.insert(remote.all(remote.tables().list())?),
        };
        let folded = document::fold_name(name);
        let Some(table) = known.iter().find(|one| document::fold_name(&one.name) == folded) else { continue };
        found.insert(name.clone(), newest(remote, table.id)?);
    }
    Ok(found)
}

/// The newest version of a table's rows.
fn newest(remote: &Remote, table: TableId) -> Result<u64, Error> {
    let first = remote.all(remote.tables().versions(table).take(1))?;
    Ok(first.first().map_or(NO_ROWS_YET, |one| one.version))
}

/// Tables of other projects whose rows a folder would change, each with its project. `project_of` tells whose a table of an answer is.
pub(super) fn of_others(
    remote: &Remote,
    project: &Project,
    rows: &HeldRows,
    (done, project_of): (&ChangeSetDone, fn(&ChangedObject) -> Option<&String>),
) -> Result<Vec<(String, String)>, Failure> {
    let with_rows = |name: &str| {
        let folded = document::fold_name(name);
        project.tables().iter().any(|one| one.has_rows() && one.table.record.folded_name == folded)
    };
    let of_other = |one: &ChangedObject| {
        let is_meant = one.kind == Kind::Table.as_str() && one.outcome == "unchanged" && with_rows(&one.name);
        let project = project_of(one).filter(|_| is_meant)?;
        Some((one.name.clone(), project.clone()))
    };
    let mut others: Vec<(String, String)> = done.objects.iter().filter_map(of_other).collect();
    if others.is_empty() {
        return Ok(others);
    }
    let differ = differences(remote, project, rows)?;
    others.retain(|(name, _)| {
        let folded = document::fold_name(name);
        differ.iter().any(|(known, rows)| document::fold_name(known) == folded && rows.differs())
    });
    Ok(others)
}

/// What is said of a table whose rows stay with another project.
pub(super) fn of_other(name: &str, project: &str) -> String {
    format!("the project `{project}` applied the table `{name}` last, and its rows differ")
}

/// Refuses to change the rows of these tables, each with the project that it stays with, if there are any. What else of the set is of
/// other projects is `more`, in words.
pub(super) fn refuse(tables: &[(String, String)], more: Vec<String>) -> Result<(), Failure> {
    if tables.is_empty() {
        return Ok(());
    }
    let said = tables.iter().map(|(name, project)| of_other(name, project)).map(|said| format!("{said}{OTHERWISE}"));
    let said: Vec<String> = more.into_iter().chain(said).collect();
    Err(Failure::Refused(refusal::of_another_project(&said.join("\n"))))
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

/// Where the rows of a project go.
pub(super) struct Target<'t> {
    pub(super) remote: &'t Remote,
    pub(super) project: &'t Project,
    pub(super) rows: &'t HeldRows,
    pub(super) note: Option<&'t str>,
    /// What the rows must not take from another project; none if they may.
    pub(super) guard: Option<Guard>,
}

/// What keeps rows from replacing those of another project that came between.
pub(super) struct Guard {
    /// The newest version of each table's rows before the change set.
    pub(super) versions: BTreeMap<String, u64>,
    /// The change set, to ask again whose a table is. It is a dry run.
    pub(super) look: ChangeSet,
}

impl Target<'_> {
    /// Makes the project's rows the whole content of a table that the change set was about. Only the version that was the newest while the
    /// table was this project's is replaced: once another is there, it is asked again whose the table is.
    pub(super) fn replace(&self, entry: &TableEntry, table: &ChangedObject) -> Result<Became, Failure> {
        let name = &entry.table.record.name;
        let id = table_id(table)?;
        let mut csv = export::header(&entry.table);
        csv.extend(export::lines(&entry.table, self.rows.of(entry.table.record.id), Reader::Program));
        let csv = Bytes::from(csv);
        let Some(guard) = &self.guard else {
            return Ok(became(name, &self.remote.replace_rows(id, csv, self.note, None)?));
        };
        let mut version = guard.versions.get(name).copied().unwrap_or(NO_ROWS_YET);
        let mut stays_with = table.stays_with.clone();
        for _ in 0..ATTEMPTS {
            if let Some(project) = &stays_with {
                return self.left(entry, id, project);
            }
            match self.remote.replace_rows(id, csv.clone(), self.note, Some(version)) {
                Err(error) if error.status() == Some(412) => {}
                answer => return Ok(became(name, &answer?)),
            }
            // In this order: what comes after the version that is read now makes the next attempt fail.
            version = newest(self.remote, id)?;
            stays_with = self.looked(&guard.look, table)?;
        }
        Err(Failure::Refused("others keep changing its rows".to_owned()))
    }

    /// The other project that a table stays with by now.
    fn looked(&self, look: &ChangeSet, table: &ChangedObject) -> Result<Option<String>, Failure> {
        match self.remote.wait(self.remote.flows().change(look)) {
            Ok(found) => {
                let mut same = found.objects.iter().filter(|one| one.kind == table.kind && one.id == table.id);
                Ok(same.find_map(|one| one.stays_with.clone()))
            }
            // Its words for a set of which nothing was applied would not be true of this one.
            Err(Error::Refused { body, .. }) if body.code == refusal::OF_ANOTHER_PROJECT => {
                Err(Failure::Refused(format!("{}; --take-over takes it over", body.message)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A table's rows that stay as another project has them: nothing is sent, and rows that differ are refused.
    fn left(&self, entry: &TableEntry, id: TableId, project: &str) -> Result<Became, Failure> {
        let name = &entry.table.record.name;
        let there = self.remote.wait(self.remote.tables().table(id))?;
        let version = newest(self.remote, id)?;
        let found = difference(self.remote, (entry, self.rows), &there, Some(version))?;
        if found.differs() {
            return Err(Failure::Refused(format!("{}; --take-over takes it over", of_other(name, project))));
        }
        let counts = RowCounts { same: found.same, ..RowCounts::default() };
        Ok(became(name, &RowsReplaced { version, counts }))
    }
}

/// The id of a table in an answer.
pub(super) fn table_id(one: &ChangedObject) -> Result<TableId, Failure> {
    one.id.parse().map_err(|_| Failure::Failed(format!("the server's table `{}` has no id", one.id)))
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
