//! Interactions that were worked off long ago, and some that wait: made in the database itself, for mail would take hours.
//!
//! Each is as Waypost leaves it: a message (a tiny one), a run, the lease that it was completed under, what duplicates are known by.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, functions::FunctionFlags};

use crate::postgres::{Database, Postgres};

/// So many of the oldest differ: they are what a list has to find far back.
pub(super) const OLDEST: usize = 20;

/// The sender of the oldest.
pub(super) const OLD_SENDER: &str = "oldest@history.example";

/// The Message-ID of the very oldest, without brackets.
pub(super) const OLD_MESSAGE: &str = "1@history.example";

/// What the rows refer to, as identifiers.
pub(super) struct Names {
    pub(super) queue: String,
    pub(super) old_queue: String,
    /// Where what waits is.
    pub(super) work: String,
    pub(super) flow: String,
    pub(super) old_flow: String,
}

/// How many rows of each kind.
#[derive(Clone, Copy)]
pub(super) struct Amounts {
    pub(super) history: usize,
    pub(super) waiting: usize,
}

/// What differs between the databases. `{g}` is a row's number from 1, in the order of time.
struct Dialect {
    numbers: &'static str,
    /// A UUID version 7 of the row's time; `{variant}` tells kinds of rows apart.
    id: &'static str,
    /// The row's time, and that of its message as a reference.
    time: &'static str,
    message: &'static str,
    /// A UUID from text.
    uuid: fn(&str) -> String,
    random_uuid: &'static str,
    random_key: &'static str,
    raw: &'static str,
    no: &'static str,
}

const POSTGRES: Dialect = Dialect {
    numbers: "SELECT g, {start}::bigint + g * {step}::bigint AS at FROM generate_series({from}::bigint, {to}::bigint) AS g",
    id: "(lpad(to_hex(at / 1000), 12, '0') || '7' || lpad(to_hex(g % 4096), 3, '0') || '8{variant}' || lpad(to_hex(g), 14, '0'))::uuid",
    time: "to_timestamp(at / 1000000.0)",
    message: "(lpad(to_hex(at / 1000), 12, '0') || '7' || lpad(to_hex(g % 4096), 3, '0') || '8e' || lpad(to_hex(g), 14, '0'))::uuid",
    uuid: |text| format!("'{text}'::uuid"),
    random_uuid: "gen_random_uuid()",
    random_key: "uuid_send(gen_random_uuid())",
    raw: "'x'::bytea",
    no: "false",
};

const SQLITE: Dialect = Dialect {
    numbers: "WITH RECURSIVE numbers (g) AS (SELECT {from} UNION ALL SELECT g + 1 FROM numbers WHERE g < {to})
        SELECT g, {start} + g * {step} AS at FROM numbers",
    id: "unhex(printf('%012x7%03x8{variant}%014x', at / 1000, g % 4096, g))",
    time: "at",
    message: "{base} + g",
    uuid: |text| format!("unhex('{}')", text.replace('-', "")),
    random_uuid: "randomblob(16)",
    random_key: "randomblob(16)",
    raw: "x'78'",
    no: "0",
};

/// The oldest row is this old, in microseconds.
const AGE: i64 = 30 * 24 * 3600 * 1_000_000;

impl Dialect {
    /// Statements that add the rows from `from` to `to` (from 1); those after the history wait for a claim.
    fn statements(&self, names: &Names, amounts: Amounts, (from, to): (usize, usize), base: i64) -> Vec<String> {
        let total = amounts.history + amounts.waiting;
        let start = jiff::Timestamp::now().as_microsecond() - AGE;
        let step = AGE / i64::try_from(total).unwrap_or(i64::MAX).max(1);
        let fill = |text: &str| {
            text.replace("{start}", &start.to_string())
                .replace("{step}", &step.to_string())
                .replace("{from}", &from.to_string())
                .replace("{to}", &to.to_string())
                .replace("{base}", &base.to_string())
        };
        let (history, oldest) = (amounts.history, OLDEST);
        let waits = format!("g > {history}");
        let id = self.id.replace("{variant}", "a");
        let (time, raw, no, message) = (self.time, self.raw, self.no, self.message);
        let numbers = fill(self.numbers);
        let [queue, old_queue, work, flow, old_flow] =
            [&names.queue, &names.old_queue, &names.work, &names.flow, &names.old_flow].map(|name| (self.uuid)(name));
        let queue = format!("CASE WHEN {waits} THEN {work} WHEN g <= {oldest} THEN {old_queue} ELSE {queue} END");
        let flow = format!("CASE WHEN g <= {oldest} THEN {old_flow} ELSE {flow} END");
        let lease = self.random_uuid;
        let key = self.random_key;
        [
            format!("INSERT INTO messages (id, uses, raw) SELECT {message}, 1, {raw} FROM ({numbers}) AS n"),
            format!(
                "INSERT INTO interactions (id, state, received_at, message, flow_id, flow_version, decision, queue, priority,
                    initial_priority, runs, duplicates, erased, lease, message_id, envelope_from, envelope_to, remote, subject, completed_at)
                SELECT {id}, CASE WHEN {waits} THEN 2 ELSE 4 END, {time}, {message}, {flow}, 1, 0, {queue}, 0, 0, 1, 0, {no},
                    CASE WHEN {waits} THEN NULL ELSE {lease} END, g || '@history.example',
                    CASE WHEN g <= {oldest} THEN '{OLD_SENDER}' ELSE 'c' || (g % 10000) || '@history.example' END,
                    'care@inbound.example', '127.0.0.1', 'What was asked for the ' || g || 'th time',
                    CASE WHEN {waits} THEN NULL ELSE {time} END
                FROM ({numbers}) AS n"
            ),
            format!(
                "INSERT INTO runs (interaction, number, flow_id, flow_version, started_at, duration_us, decision, queue, priority, trace)
                SELECT {id}, 1, {flow}, 1, {time}, 100, 0, {queue}, 0, '{{}}' FROM ({numbers}) AS n"
            ),
            format!(
                "INSERT INTO seen (message_key, content_key, interaction, received_at)
                SELECT {key}, {key}, {id}, {time} FROM ({numbers}) AS n"
            ),
        ]
        .map(|statement| fill(&statement))
        .to_vec()
    }
}

/// Fills the database of a node, and brings it to rest.
pub(super) fn fill_postgres(postgres: &Postgres, database: &Database, names: &Names, amounts: Amounts) -> Result<()> {
    let total = amounts.history + amounts.waiting;
    let mut sql = POSTGRES.statements(names, amounts, (1, total), 0).join(";\n");
    sql.push_str(&format!(
        ";INSERT INTO counters (slot, topic, member, value) VALUES (-1, 1, 4, {}), (-1, 1, 2, {}), (-1, 2, 0, {total})",
        amounts.history, amounts.waiting
    ));
    postgres.sql(database, &sql)?;
    // What autovacuum would do in a while.
    for table in ["messages", "interactions", "runs", "seen"] {
        postgres.sql(database, &format!("VACUUM ANALYZE {table}"))?;
    }
    postgres.settle()
}

/// Fills the database below a data directory whose server is stopped.
pub(super) fn fill_sqlite(data: &Path, names: &Names, amounts: Amounts) -> Result<()> {
    /// Rows in one transaction.
    const CHUNK: usize = 100_000;
    let total = amounts.history + amounts.waiting;
    let mut db = Connection::open(data.join("waypost.db"))?;
    // The server's own function, which an index may use.
    db.create_scalar_function(
        "fold",
        1,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
        |context| Ok(context.get::<String>(0)?.to_lowercase()),
    )?;
    db.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000")?;
    let base: i64 = db.query_row("SELECT coalesce(max(id), 0) FROM messages", (), |row| row.get(0))?;
    let mut from = 1;
    while from <= total {
        let to = total.min(from + CHUNK - 1);
        let transaction = db.transaction()?;
        for statement in SQLITE.statements(names, amounts, (from, to), base) {
            transaction.execute_batch(&statement)?;
        }
        transaction.commit()?;
        from = to + 1;
    }
    let count = "INSERT INTO counters VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = value + excluded.value";
    for (topic, member, value) in [(1, 4, amounts.history), (1, 2, amounts.waiting), (2, 0, total)] {
        db.execute(count, (topic, member, i64::try_from(value)?))?;
    }
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    drop(db);
    rustix::fs::sync();
    Ok(())
}
