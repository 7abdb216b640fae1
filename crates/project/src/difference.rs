//! What there is against what is wanted, as data: two states (`state.rs`), or the rows of two tables.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use waypost_catalogue::shape::Table;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::tables::import::{self, ReadError};
use waypost_catalogue::tables::spec;
use waypost_flow::diff::{self, Change, Difference};
use waypost_ids::Kind;
use waypost_store::records::tables::{TableRecord, TableRow};
use waypost_wire::change::FlowDifference;

use crate::Project;
use crate::state::{Known, State};

/// An object that is in one state alone, or says something else in the other.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectDifference {
    /// Its kind.
    pub kind: Kind,
    /// Its name, as the second state writes it if it is there.
    pub name: String,
    /// `Added`, `Removed` or `Changed`.
    pub change: Change,
    /// Where it differs: members such as `priority` or `open[0].from`, parts of a flow such as `nodes[triage].actions[0].queue`. Empty
    /// for what is in one state alone.
    pub members: Vec<Difference>,
}

/// Every difference between two states, in the order of kinds and names.
#[must_use]
pub fn between(before: &State, after: &State) -> Vec<ObjectDifference> {
    let mut found = Vec::new();
    for (key, was) in &before.objects {
        let (change, name, members) = match after.objects.get(key) {
            None => (Change::Removed, &was.name, Vec::new()),
            Some(is) => (Change::Changed, &is.name, of_object(was, is)),
        };
        if change == Change::Removed || !members.is_empty() {
            found.push((key, ObjectDifference { kind: key.0, name: name.clone(), change, members }));
        }
    }
    for (key, is) in after.objects.iter().filter(|(key, _)| !before.objects.contains_key(*key)) {
        let (name, change) = (is.name.clone(), Change::Added);
        found.push((key, ObjectDifference { kind: key.0, name, change, members: Vec::new() }));
    }
    found.sort_by_key(|(key, _)| *key);
    found.into_iter().map(|(_, one)| one).collect()
}

fn of_object(was: &Known, is: &Known) -> Vec<Difference> {
    if was.only_named || is.only_named {
        return Vec::new();
    }
    let mut found = Vec::new();
    members("", &was.says, &is.says, &mut found);
    if let (Some(was), Some(is)) = (&was.content, &is.content) {
        found.extend(diff::diff(was, is));
    }
    found
}

pub(crate) fn members(path: &str, before: &Map<String, Json>, after: &Map<String, Json>, found: &mut Vec<Difference>) {
    let added = after.keys().filter(|name| !before.contains_key(*name));
    for name in before.keys().chain(added) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        values(path, before.get(name), after.get(name), found);
    }
}

/// A difference as reports have it.
#[must_use]
pub fn wire(one: Difference) -> FlowDifference {
    FlowDifference { path: one.path, change: one.change.as_str().to_owned(), before: one.before, after: one.after }
}

fn values(path: String, before: Option<&Json>, after: Option<&Json>, found: &mut Vec<Difference>) {
    match (before, after) {
        (Some(was), Some(is)) if was == is => {}
        (Some(Json::Object(was)), Some(Json::Object(is))) => members(&path, was, is, found),
        (Some(Json::Array(was)), Some(Json::Array(is))) if in_parts(was, is) => elements(&path, was, is, found),
        (before, after) => {
            let change = match (before, after) {
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
                _ => Change::Changed,
            };
            found.push(Difference { path, change, before: before.cloned(), after: after.cloned() });
        }
    }
}

/// Whether two lists are told apart element by element: those of objects, and those that became longer or shorter.
fn in_parts(was: &[Json], is: &[Json]) -> bool {
    let is_object = was.iter().chain(is).all(Json::is_object);
    let is_longer = was.len() != is.len() && was.iter().any(|item| is.contains(item));
    !was.is_empty() && !is.is_empty() && (is_object || is_longer)
}

/// Elements with a name are the same one as long as the name is; others are if they are equal or in the same place between equal ones.
fn elements(path: &str, was: &[Json], is: &[Json], found: &mut Vec<Difference>) {
    let name = |item: &Json| item.get("name").and_then(Json::as_str).map(str::to_owned);
    let by_name = was.iter().chain(is).all(|item| name(item).is_some());
    let alike = |old: usize, new: usize| match (was.get(old), is.get(new)) {
        (Some(old), Some(new)) if by_name => name(old) == name(new),
        (old, new) => old == new,
    };
    let (mut left, mut right) = (0, 0);
    for (old, new) in diff::common(was.len(), is.len(), alike).into_iter().chain([(was.len(), is.len())]) {
        let pairs = if by_name { 0 } else { (old - left).min(new - right) };
        let mut add = |place: usize, was: Option<&Json>, is: Option<&Json>| {
            values(format!("{path}[{place}]"), was, is, found);
        };
        (0..pairs).for_each(|at| add(right + at, was.get(left + at), is.get(right + at)));
        (left + pairs..old).for_each(|at| add(at, was.get(at), None));
        (right + pairs..new).for_each(|at| add(at, None, is.get(at)));
        if old < was.len() && new < is.len() {
            add(new, was.get(old), is.get(new));
        }
        (left, right) = (old + 1, new + 1);
    }
}

/// How rows differ between two folders, by the table's name: tables that both have, with rows in either. What is the same is left out.
#[must_use]
pub fn rows_between(
    (before, rows_before): (&Project, &HeldRows),
    (after, rows_after): (&Project, &HeldRows),
) -> BTreeMap<String, RowsDifference> {
    let mut found = BTreeMap::new();
    for is in after.tables() {
        let folded = &is.table.record.folded_name;
        let Some(was) = before.tables().iter().find(|one| one.table.record.folded_name == *folded) else { continue };
        let actual = rows_before.of(was.table.record.id);
        let actual = actual.map(|row| (row.folded.clone(), seen(&was.table, row))).collect();
        let difference = RowsDifference::held((&is.table, rows_after), actual);
        if difference.differs() {
            found.insert(is.table.record.name.clone(), difference);
        }
    }
    found
}

/// What flows see of rows, by folded key.
type Rows = BTreeMap<String, (String, Map<String, Json>)>;

/// How the rows that a folder has for a table differ from those that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowsDifference {
    /// Rows under keys that are not there.
    pub added: u64,
    /// Rows that are there and say something else.
    pub changed: u64,
    /// Rows that are there and not in the folder.
    pub removed: u64,
    /// Rows that are the same.
    pub same: u64,
}

impl RowsDifference {
    /// Rows of a table that is not there yet.
    #[must_use]
    pub fn all_new(rows: usize) -> Self {
        Self { added: rows as u64, ..Self::default() }
    }

    /// Holds the folder's rows against an export of those that are there, in a table with that schema. Rows are the same if flows would
    /// see the same of them in the folder's table, whose defaults may be others: the same key and the same value in each column.
    ///
    /// # Errors
    /// The export can't be read.
    pub fn of(
        (table, wanted): (&Table, &HeldRows),
        (schema, ignore_case): (&Json, bool),
        export: &[u8],
    ) -> Result<Self, String> {
        let shape = spec::shape(schema, ignore_case).map_err(|_| "its columns can't be read".to_owned())?;
        let there = Table::new(TableRecord { schema: shape, ..table.record.clone() });
        let mut actual = Rows::new();
        let read = import::read(&there, export, |rows| {
            actual.extend(rows.into_iter().map(|(_, row)| (row.folded.clone(), seen(table, &row))));
            Ok(Vec::new())
        });
        read.map_err(|error| match error {
            ReadError::Lines(found) => found.told.first().map_or_else(String::new, |one| one.diagnostic.to_string()),
            ReadError::Input(error) => error.to_string(),
            ReadError::Store(error) => error.to_string(),
        })?;
        Ok(Self::held((table, wanted), actual))
    }

    /// Holds wanted rows against what flows see of those that are there, by folded key.
    fn held((table, wanted): (&Table, &HeldRows), mut actual: Rows) -> Self {
        let mut difference = Self::default();
        for row in wanted.of(table.record.id) {
            match actual.remove(&table.folded(&row.key)) {
                None => difference.added += 1,
                Some(before) if before == seen(table, row) => difference.same += 1,
                Some(_) => difference.changed += 1,
            }
        }
        difference.removed = actual.len() as u64;
        difference
    }

    /// Whether anything differs.
    #[must_use]
    pub fn differs(&self) -> bool {
        let Self { added, changed, removed, .. } = self;
        added + changed + removed > 0
    }
}

/// What flows see of a row.
fn seen(table: &Table, row: &TableRow) -> (String, Map<String, Json>) {
    (row.key.clone(), table.values(row))
}
