//! Data tables of a folder: what they are, and their rows, which stand beside them in a CSV file or within.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::shape::{Table, keyed};
use waypost_catalogue::tables::TableSpec;
use waypost_catalogue::tables::import::{self, ReadError};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_flow::source::Node;
use waypost_ids::TableId;
use waypost_store::contents::Repeated;
use waypost_store::records::tables::{TableRecord, TableRow};

use super::{FileProblem, Folder, id_of, name_of};

/// What a table's file may say.
const KEYS: [&str; 5] = ["name", "description", "ignoreCase", "schema", "rows"];

/// A data table as its file writes it.
#[derive(Debug)]
pub struct TableFile {
    /// The file's position in what was given.
    pub file: usize,
    /// What the server is to be told.
    pub spec: TableSpec,
    /// What that comes to.
    pub table: Table,
    /// Its rows; none if the file says nothing of them.
    pub rows: Option<RowsOf>,
}

/// Where a table's rows stand.
#[derive(Debug)]
pub enum RowsOf {
    /// In a CSV file, named from where the table's own file is.
    File(String),
    /// In the table's file.
    Here(Vec<TableRow>),
}

/// Rows of a folder's tables, for runs without a server.
#[derive(Debug, Default)]
pub struct FolderRows(HashMap<TableId, BTreeMap<String, TableRow>>);

impl FolderRows {
    /// What a table has under a key: the key as it is written there, and a value for each column.
    #[must_use]
    pub fn look_up(&self, table: &Table, key: &str) -> Option<(String, Map<String, Json>)> {
        let row = self.0.get(&table.record.id)?.get(&table.folded(key))?;
        Some((row.key.clone(), table.values(row)))
    }
}

impl FolderRows {
    /// A table's rows, by key.
    pub fn of(&self, table: &Table) -> impl Iterator<Item = &TableRow> {
        self.0.get(&table.record.id).into_iter().flat_map(BTreeMap::values)
    }
}

/// Whether a file is a table's.
pub(super) fn is_table(node: &Node) -> bool {
    let Node::Map(members) = node else { return false };
    let has = |name: &str| members.iter().any(|(key, _)| key == name);
    has("schema") && !has("nodes") && !has("type")
}

impl Folder {
    /// Reads a table's file; one without a `name` is called as its file is.
    pub(super) fn table(&mut self, file: usize, path: &str, node: &Node) {
        let Json::Object(mut members) = node.to_json() else { return };
        let mut problems = Vec::new();
        let strange: Vec<&String> = members.keys().filter(|key| !KEYS.contains(&key.as_str())).collect();
        for key in strange {
            let problem = Diagnostic::error(Code::UnknownKey, key, format!("unknown key `{key}`"));
            problems.push(problem.nearest(key, KEYS));
        }
        let mut text = |name: &str| match members.shift_remove(name) {
            Some(Json::String(text)) => Some(text),
            None | Some(Json::Null) => None,
            Some(_) => {
                problems.push(Diagnostic::error(Code::WrongKind, name, "expected a string").expected("a string"));
                None
            }
        };
        let name = text("name").unwrap_or_else(|| name_of(path));
        let description = text("description").unwrap_or_default();
        let ignore_case = match members.shift_remove("ignoreCase") {
            None | Some(Json::Null) => Some(false),
            Some(Json::Bool(flag)) => Some(flag),
            Some(_) => {
                let problem = Diagnostic::error(Code::WrongKind, "ignoreCase", "expected true or false");
                problems.push(problem.expected("true or false"));
                None
            }
        };
        let spec = TableSpec { name, description, ignore_case, schema: members.shift_remove("schema") };
        match spec.read(None) {
            Ok((name, schema)) => {
                let folded_name = document::fold_name(&name);
                let table = Table::new(TableRecord {
                    id: TableId(id_of("table", &folded_name)),
                    name,
                    folded_name,
                    description: spec.description.clone(),
                    schema,
                    revision: 1,
                    created_at: Timestamp::UNIX_EPOCH,
                    created_by: String::new(),
                    modified_at: Timestamp::UNIX_EPOCH,
                });
                let rows = members.shift_remove("rows").and_then(|rows| rows_of(&table, rows, &mut problems));
                if self.tables.iter().any(|other| other.table.record.id == table.record.id) {
                    let message = format!("a table named `{}` stands in another file as well", table.record.name);
                    problems.push(Diagnostic::error(Code::DuplicateName, "name", message));
                } else {
                    self.tables.push(TableFile { file, spec, table, rows });
                }
            }
            Err(ChangeError::Invalid(more)) => problems.extend(more),
            // A specification is refused for what is wrong with it and for nothing else.
            Err(_) => {}
        }
        self.problems.extend(problems.into_iter().map(|diagnostic| FileProblem { file, diagnostic }));
    }

    /// Reads all rows: `open` opens a CSV file by the position of its table's file and its name. What is wrong with them is added to
    /// this folder's problems.
    pub fn rows<R: Read>(&mut self, open: impl Fn(usize, &str) -> std::io::Result<R>) -> FolderRows {
        let mut all = FolderRows::default();
        let mut problems = Vec::new();
        for TableFile { file, table, rows, .. } in &self.tables {
            let mut kept = BTreeMap::new();
            let mut wrong = |diagnostic| problems.push(FileProblem { file: *file, diagnostic });
            match rows {
                None => {}
                Some(RowsOf::Here(rows)) => {
                    kept.extend(rows.iter().map(|row| (row.folded.clone(), row.clone())));
                }
                Some(RowsOf::File(name)) => match open(*file, name) {
                    Ok(input) => read_file(table, name, input, &mut kept, &mut wrong),
                    Err(error) => {
                        wrong(Diagnostic::error(Code::InvalidValue, "rows", format!("can't read {name}: {error}")));
                    }
                },
            }
            all.0.insert(table.record.id, kept);
        }
        self.problems.extend(problems);
        all
    }
}

fn read_file(
    table: &Table,
    name: &str,
    input: impl Read,
    kept: &mut BTreeMap<String, TableRow>,
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
                    kept.insert(row.folded.clone(), row);
                }
            }
        }
        Ok(repeated)
    });
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
                let message = format!("{name}: {} more problem(s)", found.more);
                wrong(Diagnostic::error(Code::InvalidValue, "rows", message));
            }
        }
        Err(ReadError::Input(error)) => {
            wrong(Diagnostic::error(Code::InvalidValue, "rows", format!("can't read {name}: {error}")));
        }
        Err(ReadError::Store(error)) => {
            wrong(Diagnostic::error(Code::InvalidValue, "rows", format!("can't read {name}: {error}")));
        }
    }
}

fn rows_of(table: &Table, rows: Json, problems: &mut Vec<Diagnostic>) -> Option<RowsOf> {
    let rows = match rows {
        Json::Null => return None,
        Json::String(name) => return Some(RowsOf::File(name)),
        Json::Array(rows) => rows,
        _ => {
            let expected = "a CSV file's name, or a list of rows such as { KEY: acme.example, tier: gold }";
            problems
                .push(Diagnostic::error(Code::WrongKind, "rows", format!("expected {expected}")).expected(expected));
            return None;
        }
    };
    let mut kept = Vec::with_capacity(rows.len());
    let mut seen = HashSet::new();
    for (index, row) in rows.into_iter().enumerate() {
        let members = if let Json::Object(members) = row { members } else { Map::new() };
        match keyed(members).and_then(|(key, values)| table.row(&key, values)) {
            Ok(row) if !seen.insert(row.folded.clone()) => {
                let message = format!("the key `{}` stands twice", row.key);
                problems.push(Diagnostic::error(Code::DuplicateKey, format!("rows[{index}]"), message));
            }
            Ok(row) => kept.push(row),
            Err(more) => problems.extend(more.into_iter().map(|problem| {
                let dot = if problem.path.is_empty() { "" } else { "." };
                Diagnostic { path: format!("rows[{index}]{dot}{}", problem.path), ..problem }
            })),
        }
    }
    Some(RowsOf::Here(kept))
}
