//! What of a data directory is damaged, and what can be saved. Nothing is changed: neither the database nor its log.

mod rows;

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use serde::Serialize;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::directory::{self, Beside, DATABASE, Facts, INDEX, LogHead};
use super::error::ASK_CHECK;
use super::mail_columns::{interaction, run};
use super::{catalogue, schema, seals, state, tally};
use crate::encoding::{decision_code, delivery_state_code};
use crate::error::StoreError;
use crate::records::mail::Summary;
use crate::sums::sound_message;
use rows::Ordered;

/// So many problems are told one by one.
const TOLD: usize = 1000;

/// SQLite tells so many problems of its own.
const TOLD_BY_SQLITE: u32 = 100;

/// What was found.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// A server runs on the directory: what it is just writing was not held against what the directory remembers.
    pub running: bool,
    /// How many commits the database holds.
    pub commits: u64,
    /// What is damaged, the first 1,000.
    pub problems: Vec<String>,
    /// How many more there are.
    pub more: u64,
    /// Records of interactions.
    pub interactions: Counts,
    /// Raw messages, one for each interaction that shows one.
    pub messages: Counts,
    /// Runs with their traces.
    pub runs: Counts,
    /// Rows of each other table whose rows have checksums: audit log, catalogue, clients, tokens, tables, replays.
    pub records: BTreeMap<String, Counts>,
}

/// How many of a kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Those that could be read, and are as they were written where they have a checksum.
    pub sound: u64,
    /// Those that could not, or are not.
    pub damaged: u64,
    /// Others could not be read either, and nothing says how many.
    pub uncounted: bool,
}

impl Counts {
    fn add(&mut self, sound: bool) {
        if sound { self.sound += 1 } else { self.damaged += 1 }
    }
}

impl Report {
    /// Whether nothing is damaged.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    fn problem(&mut self, problem: impl ToString) {
        // Whoever reads this asked already.
        let problem = problem.to_string().replace(ASK_CHECK, "");
        if self.problems.contains(&problem) {
            return;
        }
        if self.problems.len() < TOLD { self.problems.push(problem) } else { self.more += 1 }
    }

    /// Tells why rows of a table could not be read, and counts them if that is possible.
    fn lost(&mut self, db: &Connection, table: &str, read: Result<Vec<String>, StoreError>) {
        let why = read.unwrap_or_else(|error| vec![error.to_string()]).join("; ");
        let counts = self.counts(table);
        if why.is_empty() {
            return;
        }
        let there = rows::counted(db, table).ok().flatten();
        let lost = there.and_then(|there| there.checked_sub(counts.sound + counts.damaged)).filter(|lost| *lost > 0);
        counts.damaged += lost.unwrap_or(0);
        counts.uncounted = lost.is_none();
        self.problem(match lost {
            Some(1) => format!("1 row of `{table}` can't be read: {why}"),
            Some(lost) => format!("{lost} rows of `{table}` can't be read: {why}"),
            None => format!("rows of `{table}` can't be read, and nothing says how many: {why}"),
        });
    }

    fn counts(&mut self, table: &str) -> &mut Counts {
        match table {
            "interactions" => &mut self.interactions,
            "messages" => &mut self.messages,
            "runs" => &mut self.runs,
            _ => self.records.entry(table.to_owned()).or_default(),
        }
    }

    /// Counts what was read, or tells why it could not be.
    fn read<T>(&mut self, table: &str, read: Result<T, StoreError>) {
        self.counts(table).add(read.is_ok());
        if let Err(error) = read {
            self.problem(error);
        }
    }
}

/// Looks at everything that a data directory holds. All of it is read: of a large one that takes its time.
///
/// # Errors
/// The directory can't be read at all.
pub fn check(data_dir: &Path) -> Result<Report, StoreError> {
    let unreadable = |error| StoreError::Failed(format!("`{}` can't be read: {error}", data_dir.display()));
    let directory = File::open(data_dir).map_err(unreadable)?;
    let mut report =
        Report { running: matches!(directory.try_lock(), Err(TryLockError::WouldBlock)), ..Report::default() };
    let remembered = state::read(data_dir)?;
    if matches!(remembered, state::Remembered::Unreadable) {
        report.problem(directory::unreadable_state());
    }
    let findings = if report.running { Vec::new() } else { directory::findings(data_dir, &remembered)? };
    for finding in &findings {
        report.problem(finding);
    }
    let path = data_dir.join(DATABASE);
    let found = fs::metadata(&path).ok().map(|found| found.len());
    if found.is_none_or(|bytes| bytes == 0) {
        if findings.is_empty() {
            let what = match found {
                None => format!("there is no `{DATABASE}` in `{}`", data_dir.display()),
                Some(_) => format!("`{DATABASE}` in `{}` is empty", data_dir.display()),
            };
            return Err(StoreError::Failed(what));
        }
        return Ok(report);
    }
    let log = LogHead::holds(data_dir)?;
    // Without a log, or with one that is another's, the file alone is read.
    let with = With::of(report.running, log && findings.is_empty());
    // What is only in a log that is left unread is not lost, and a server that runs is just writing.
    let remembered = Some(&remembered).filter(|_| !report.running && (with == With::UnusedLog || !log));
    let beside = Beside::missing(data_dir);
    if let Err(error) = look(&path, with, remembered, data_dir, &mut report) {
        report.problem(error);
    }
    if !report.running {
        beside.remove();
    }
    Ok(report)
}

fn look(
    path: &Path,
    with: With,
    remembered: Option<&state::Remembered>,
    data_dir: &Path,
    report: &mut Report,
) -> Result<(), StoreError> {
    let db = open(path, with)?;
    let facts = Facts::read(&db)?;
    report.commits = facts.commits;
    if let Some(remembered) = remembered
        && let Err(error) = directory::compare(&db, data_dir, remembered)
    {
        report.problem(error);
    }
    if let Err(error) = structure(&db, report) {
        report.problem(error);
    }
    if usize::try_from(facts.format) != Ok(schema::MIGRATIONS.len()) {
        return Ok(());
    }
    if let Err(error) = catalogue::load(&db) {
        report.problem(error);
    }
    contents(&db, report)
}

/// What is read of a database besides its file.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum With {
    /// The file alone.
    Nothing,
    /// Its log, which a server may be using.
    Log,
    /// Its log, which nobody uses: an index of it that is there stays as it is.
    UnusedLog,
}

impl With {
    /// What is read while a server runs, or else if there is a log.
    pub(super) fn of(running: bool, log: bool) -> Self {
        match (running, log) {
            (true, _) => Self::Log,
            (false, true) => Self::UnusedLog,
            (false, false) => Self::Nothing,
        }
    }
}

/// Opens a database to read it.
pub(super) fn open(path: &Path, with: With) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let more = match with {
        With::Nothing => "immutable=1",
        // SQLite indexes the log in memory then. It needs the file, even so.
        With::UnusedLog if path.with_file_name(INDEX).exists() => "readonly_shm=1",
        With::Log | With::UnusedLog => "immutable=0",
    };
    let db = Connection::open_with_flags(format!("file:{escaped}?{more}"), flags)?;
    seals::register(&db)?;
    Ok(db)
}

/// The pages, and whether indexes have what tables have.
fn structure(db: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let mut pragma = db.prepare(&format!("PRAGMA integrity_check({TOLD_BY_SQLITE})"))?;
    let mut rows = pragma.query(())?;
    while let Some(row) = rows.next()? {
        let line: String = row.get(0)?;
        if line != "ok" {
            report.problem(format!("the database `{DATABASE}` is damaged: {line}"));
        }
    }
    Ok(())
}

/// Everything that is kept. What can't be read of one kind hides nothing of another.
fn contents(db: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let read = every(db, "interactions", |row| {
        report.read("interactions", interaction(row));
        let id = InteractionId(Uuid::from_bytes(row.get("id").unwrap_or_default()));
        if let Ok(Some(number)) = row.get::<_, Option<i64>>("message") {
            report.read("messages", message(db, id, number, row.get("message_sum").unwrap_or_default()));
        }
    });
    report.lost(db, "interactions", read);
    let read = every(db, "runs", |row| report.read("runs", run(row)));
    report.lost(db, "runs", read);
    if let Err(error) = counters(db, report) {
        report.problem(format!("what is counted can't be compared: {error}"));
    }
    let sql = "SELECT tables.name FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns ON columns.name = 'seal'
        WHERE tables.type = 'table' AND tables.name NOT IN ('interactions', 'runs') ORDER BY tables.name";
    let tables: Vec<String> = db.prepare(sql)?.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
    for table in tables {
        sealed(db, &table, report);
    }
    Ok(())
}

/// Calls `each` with every row of a table that can be read. Answers why others can't.
fn every(db: &Connection, table: &str, each: impl FnMut(&Row<'_>)) -> Result<Vec<String>, StoreError> {
    rows::rows(db, &Ordered::of(db, table)?, each)
}

/// Compares what is counted with what is there.
fn counters(db: &Connection, report: &mut Report) -> Result<(), StoreError> {
    let counted = "SELECT count(*), coalesce(sum(duplicates), 0) FROM interactions";
    let counted: (u64, u64) = db.query_row(counted, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let summary = tally::read(db)?;
    if counted != (summary.interactions, summary.duplicates) || !by_state(db, &summary)? {
        report.problem("a row of `counters` is damaged: the number is unknown");
    }
    if !tally::differing(db)?.is_empty() {
        report.problem("a row of `queue_counters` is damaged: the number that waits is unknown");
    }
    Ok(())
}

/// Compares each row of a table with its checksum.
fn sealed(db: &Connection, table: &str, report: &mut Report) {
    let read = every(db, table, |row| report.read(table, seals::verify_before(row, table)));
    report.lost(db, table, read);
}

/// Whether as many are counted in each state, and of each kind of decision, as there are.
fn by_state(db: &Connection, summary: &Summary) -> Result<bool, StoreError> {
    let deliveries = summary.deliveries.iter().map(|(state, count)| (delivery_state_code(*state), *count));
    for (table, column, counted) in [
        ("deliveries", "state", deliveries.collect::<BTreeMap<_, _>>()),
        ("interactions", "state", summary.by_state.iter().map(|(state, count)| (state.code(), *count)).collect()),
        (
            "interactions",
            "decision",
            summary.by_decision.iter().map(|(kind, count)| (decision_code(*kind), *count)).collect(),
        ),
    ] {
        let sql = format!("SELECT {column}, count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY {column}");
        let mut select = db.prepare(&sql)?;
        let rows = select.query_map((), |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u64>(1)?)))?;
        if rows.collect::<Result<BTreeMap<_, _>, _>>()? != counted {
            return Ok(false);
        }
    }
    Ok(true)
}

fn message(db: &Connection, id: InteractionId, number: i64, sum: Option<i64>) -> Result<(), StoreError> {
    let mut select = db.prepare_cached("SELECT raw FROM messages WHERE id = ?1")?;
    let raw: Option<Vec<u8>> = select.query_row((number,), |row| row.get(0)).optional()?;
    sound_message(id, raw, sum).map(drop)
}
