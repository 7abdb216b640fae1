//! What of a data directory is damaged, and what can be saved. Nothing is changed: neither the database nor its log.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Statement};
use serde::Serialize;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::directory::{self, Beside, DATABASE, Facts, LogHead};
use super::error::ASK_CHECK;
use super::mail_columns::{interaction, run};
use super::{catalogue, journals, schema, seals, state, tables, tally};
use crate::encoding::{decision_code, delivery_state_code};
use crate::error::StoreError;
use crate::records::mail::Summary;
use crate::sums::sound_message;

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

    /// Tells why not all rows of a table could be read.
    fn lost(&mut self, table: &str, read: Result<Vec<StoreError>, StoreError>) {
        for error in read.unwrap_or_else(|error| vec![error]) {
            self.problem(format!("the rows of `{table}` can't all be read: {error}"));
        }
    }

    /// Counts what was read, or tells why it could not be.
    fn read<T>(&mut self, kind: fn(&mut Self) -> &mut Counts, read: Result<T, StoreError>) {
        kind(self).add(read.is_ok());
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
    let log = LogHead::read(data_dir)?.is_some_and(|log| log.salts.is_some());
    // Without a log, or with one that is another's, the file alone is read.
    let with_log = report.running || (log && findings.is_empty());
    // What is only in a log that is left unread is not lost, and a server that runs is just writing.
    let remembered = Some(&remembered).filter(|_| !report.running && (with_log || !log));
    let beside = Beside::missing(data_dir);
    if let Err(error) = look(&path, with_log, remembered, data_dir, &mut report) {
        report.problem(error);
    }
    if !report.running {
        beside.remove();
    }
    Ok(report)
}

fn look(
    path: &Path,
    with_log: bool,
    remembered: Option<&state::Remembered>,
    data_dir: &Path,
    report: &mut Report,
) -> Result<(), StoreError> {
    let db = open(path, with_log)?;
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

/// Opens a database to read it, with its log or the file alone.
pub(super) fn open(path: &Path, with_log: bool) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let db = Connection::open_with_flags(format!("file:{escaped}?immutable={}", u8::from(!with_log)), flags)?;
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
    let lost = rows(db, &INTERACTIONS, |row| {
        report.read(|report| &mut report.interactions, interaction(row));
        let id = InteractionId(Uuid::from_bytes(row.get("id").unwrap_or_default()));
        if let Ok(Some(number)) = row.get::<_, Option<i64>>("message") {
            let raw = message(db, id, number, row.get("message_sum").unwrap_or_default());
            report.read(|report| &mut report.messages, raw);
        }
    });
    report.lost("interactions", lost);
    let lost = rows(db, &RUNS, |row| report.read(|report| &mut report.runs, run(row)));
    report.lost("runs", lost);
    if let Err(error) = counters(db, report) {
        report.problem(format!("what is counted can't be compared: {error}"));
    }
    let sql = "SELECT tables.name FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns ON columns.name = 'seal'
        WHERE tables.type = 'table' AND tables.name NOT IN ('interactions', 'runs') ORDER BY tables.name";
    let tables: Vec<String> = db.prepare(sql)?.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
    for table in tables {
        let read = sealed(db, &table, report).map(|()| Vec::new());
        report.lost(&table, read);
    }
    Ok(())
}

/// Rows in the order of a key that is a number, written one way or another.
struct Keyed {
    select: &'static str,
    key: &'static str,
    /// The key of a row.
    of: fn(&Row<'_>) -> rusqlite::Result<u128>,
    /// A key as the database has it.
    written: fn(u128) -> Value,
}

const INTERACTIONS: Keyed = Keyed {
    select: "SELECT * FROM interactions",
    key: "id",
    of: |row| Ok(u128::from_be_bytes(row.get("id")?)),
    written: |key| Value::Blob(key.to_be_bytes().into()),
};

const RUNS: Keyed = Keyed {
    select: journals::RUNS,
    key: "runs.rowid",
    of: |row| Ok(row.get::<_, u64>("place")?.into()),
    written: |key| Value::Integer(i64::try_from(key).unwrap_or(i64::MAX)),
};

/// Goes over rows, and passes over those that stand on a page which can't be read. Answers why, for each such page.
fn rows(db: &Connection, all: &Keyed, mut each: impl FnMut(&Row<'_>)) -> Result<Vec<StoreError>, StoreError> {
    let Keyed { select, key, .. } = all;
    let mut from = db.prepare(&format!("{select} WHERE {key} >= ?1 ORDER BY {key}"))?;
    let (mut start, mut lost) = (0_u128, Vec::new());
    loop {
        let mut rows = from.query(((all.written)(start),))?;
        let error = loop {
            match rows.next() {
                Ok(Some(row)) => {
                    start = (all.of)(row).map_or(start, |key| key.saturating_add(1));
                    each(row);
                }
                Ok(None) => return Ok(lost),
                Err(error) => break error,
            }
        };
        drop(rows);
        lost.push(error.into());
        // Where rows can be read again: further and further ahead, then back to the first of them.
        let (mut bad, mut good) = (start, start.saturating_add(1));
        while !is_read(&mut from, (all.written)(good)) {
            if good == u128::MAX {
                return Ok(lost);
            }
            (bad, good) = (good, good.saturating_add((good - start).max(1)));
        }
        while good - bad > 1 {
            let middle = bad + (good - bad) / 2;
            if is_read(&mut from, (all.written)(middle)) { good = middle } else { bad = middle }
        }
        start = good;
    }
}

/// Whether the first row from a key on can be read, or there is none.
fn is_read(from: &mut Statement<'_>, key: Value) -> bool {
    from.query((key,)).and_then(|mut rows| rows.next().map(drop)).is_ok()
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
fn sealed(db: &Connection, table: &str, report: &mut Report) -> Result<(), StoreError> {
    let columns = if table == "table_rows" { tables::SEALED } else { "*" };
    let mut select = db.prepare(&format!("SELECT {columns} FROM {table}"))?;
    let mut rows = select.query(())?;
    let mut counts = Counts::default();
    let read = loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        };
        let sound = seals::verify_before(row, table);
        counts.add(sound.is_ok());
        if let Err(error) = sound {
            report.problem(error);
        }
    };
    report.records.insert(table.to_owned(), counts);
    read
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
