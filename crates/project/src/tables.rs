//! Data tables of a folder: what they are, and their rows, which are in a CSV file beside them or within.

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Component, Path};

use serde_json::{Map, Value as Json};
use waypost_catalogue::object::Object;
use waypost_catalogue::shape::{Table, keyed};
use waypost_catalogue::tables::TableSpec;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::tables::import::{self, ReadError};
use waypost_flow::diagnostic::{Code, Diagnostic, counted};
use waypost_flow::document::fold_key;
use waypost_flow::source::Node;
use waypost_ids::Kind;
use waypost_store::contents::Repeated;
use waypost_store::records::tables::TableRow;

use crate::world::alone;
use crate::{At, Entry, FileProblem, Project, add_found};
use waypost_flow::source::members::Members;

/// What a table's document may say.
const KEYS: [&str; 5] = ["name", "description", "ignoreCase", "schema", "rows"];

/// A data table of the folder.
#[derive(Debug)]
pub struct TableEntry {
    pub(crate) entry: Entry<TableSpec>,
    /// What the table is, under the id that it has offline.
    pub table: Table,
    rows: Option<RowsOf>,
}

impl TableEntry {
    /// Whether the folder says which rows the table has.
    #[must_use]
    pub fn has_rows(&self) -> bool {
        self.rows.is_some()
    }
}

/// Where a table's rows are.
#[derive(Debug)]
enum RowsOf {
    /// In a CSV file, named from where the table's own file is.
    File(String),
    /// In the table's document.
    Here(Vec<TableRow>),
}

impl Project {
    /// The folder's tables.
    #[must_use]
    pub fn tables(&self) -> &[TableEntry] {
        &self.tables
    }

    /// Reads a table's document.
    pub(crate) fn table(&mut self, at: At, path: Option<&str>, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.missing(at, [*problem]),
        };
        let spec = TableSpec {
            name: members.name(path),
            description: members.text("description").unwrap_or_default(),
            ignore_case: Some(members.flag("ignoreCase").unwrap_or_default()),
            schema: members.json("schema"),
        };
        let rows = members.json("rows");
        let mut problems = members.finish(&KEYS);
        let record = match alone::<Table>(&spec) {
            Ok(record) => record,
            Err(more) => {
                add_found(&mut problems, more);
                let ignores_case = spec.ignore_case == Some(true);
                let folded = |key: &str| if ignores_case { fold_key(key) } else { key.to_owned() };
                let rows = rows.as_ref().and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
                repeated_keys(rows, &folded, &mut problems);
                self.incomplete = true;
                let name = (spec.name.as_str(), <Table as Object>::folded(&spec.name));
                return self.wrong_one(at, Kind::Table, name, ("name", problems));
            }
        };
        let table = Table::new(record);
        let rows = rows.and_then(|rows| rows_of(&table, rows, &mut problems));
        self.incomplete |= !problems.is_empty();
        self.add(at, problems);
        let name = (table.record.name.as_str(), <Table as Object>::folded(&table.record.name));
        if self.first_of_its_name(at, Kind::Table, name, "name".to_owned()) {
            self.tables.push(TableEntry { entry: Entry { at, path: String::new(), spec }, table, rows });
        }
    }

    /// Reads all rows: `open` opens a CSV file by the position of its table's file and its name. What is wrong with them is added to
    /// this folder's problems.
    pub fn rows<R: Read>(&mut self, open: impl Fn(usize, &str) -> std::io::Result<R>) -> HeldRows {
        let mut all = HeldRows::default();
        let mut problems = Vec::new();
        for TableEntry { entry, table, rows } in &self.tables {
            let mut kept = Vec::new();
            let mut wrong = |diagnostic| problems.push(FileProblem { at: entry.at, diagnostic });
            match rows {
                None => {}
                Some(RowsOf::Here(rows)) => kept.clone_from(rows),
                Some(RowsOf::File(name)) => match open(entry.at.file, name) {
                    Ok(input) => read_file(table, name, input, &mut kept, &mut wrong),
                    Err(error) => {
                        wrong(Diagnostic::error(Code::InvalidValue, "rows", format!("can't read {name}: {error}")));
                    }
                },
            }
            all.hold(table.record.id, kept);
        }
        self.problems.extend(problems);
        all
    }
}

fn read_file(
    table: &Table,
    name: &str,
    input: impl Read,
    kept: &mut Vec<TableRow>,
    wrong: &mut impl FnMut(Diagnostic),
) {
    let mut lines: HashMap<String, u64> = HashMap::new();
    let read = import::read(table, input, |rows| {
        let mut repeated = Vec::new();
        for (place, row) in rows {
            match lines.get(&row.folded) {
                Some(first) => repeated.push(Repeated { place, first: *first, key: row.key }),
                None => {
                    lines.insert(row.folded.clone(), place);
                    kept.push(row);
                }
            }
        }
        Ok(repeated)
    });
    let unreadable = |error: &dyn std::fmt::Display| {
        Diagnostic::error(Code::InvalidValue, "rows", format!("can't read {name}: {error}"))
    };
    match read {
        Ok(_) => {}
        Err(ReadError::Lines(found)) => {
            for problem in found.told {
                let column = problem.diagnostic.path.clone();
                let place = if column.is_empty() { String::new() } else { format!(", {column}") };
                let message = format!("{name}, line {}{place}: {}", problem.line, problem.diagnostic.message);
                wrong(Diagnostic { path: "rows".to_owned(), message, ..problem.diagnostic });
            }
            if found.more > 0 {
                let message = format!("{name}: {}", counted(found.more, "more problem"));
                wrong(Diagnostic::error(Code::InvalidValue, "rows", message));
            }
        }
        Err(ReadError::Input(error)) => wrong(unreadable(&error)),
        Err(ReadError::Store(error)) => wrong(unreadable(&error)),
    }
}

/// Whether a path stays in its folder.
fn lies_below(name: &str) -> bool {
    Path::new(name).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn rows_of(table: &Table, rows: Json, problems: &mut Vec<Diagnostic>) -> Option<RowsOf> {
    let rows = match rows {
        // A folder that somebody else wrote must not make its reader send what lies elsewhere on the machine.
        Json::String(name) if !lies_below(&name) => {
            let message = format!("`{name}` is not beside the table's file or below it");
            problems.push(Diagnostic::error(Code::InvalidValue, "rows", message).expected("a path without `..`"));
            return None;
        }
        Json::String(name) => return Some(RowsOf::File(name)),
        Json::Array(rows) => rows,
        _ => {
            let expected = "a CSV file's name, or a list of rows such as { KEY: acme.example, tier: gold }";
            problems
                .push(Diagnostic::error(Code::WrongKind, "rows", format!("expected {expected}")).expected(expected));
            return None;
        }
    };
    repeated_keys(&rows, &|key| table.folded(key), problems);
    let mut kept = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let members = if let Json::Object(members) = row { members } else { Map::new() };
        match keyed(members).and_then(|(key, values)| table.row(&key, values)) {
            Ok(row) => kept.push(row),
            Err(more) => problems.extend(more.into_iter().map(|problem| {
                let dot = if problem.path.is_empty() { "" } else { "." };
                Diagnostic { path: format!("rows[{index}]{dot}{}", problem.path), ..problem }
            })),
        }
    }
    Some(RowsOf::Here(kept))
}

/// Tells keys that come again, whatever else is wrong with their rows or their table.
fn repeated_keys(rows: &[Json], folded: &dyn Fn(&str) -> String, problems: &mut Vec<Diagnostic>) {
    let mut seen = HashSet::new();
    for (index, row) in rows.iter().enumerate() {
        let Ok((key, _)) = keyed(row.as_object().cloned().unwrap_or_default()) else { continue };
        if !seen.insert(folded(&key)) {
            let message = format!("the key `{key}` appears twice");
            problems.push(Diagnostic::error(Code::DuplicateKey, format!("rows[{index}]"), message));
        }
    }
}
