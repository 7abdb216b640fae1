//! The yardstick: PostgreSQL's own load generator puts the same bytes into the same server, in one transaction for each mail.
//!
//! What it inserts are rows that Waypost wrote: message, interaction and run of each mail, copied to a schema of their own beforehand.
//! Tables have a primary key that only grows, and nothing else: no other indexes, no duplicates looked up, no counters. Only the
//! statements go over the wire; the bytes are on the server already.

use anyhow::{Context, Result};
use std::io::Write;

use super::{Database, Postgres};
use crate::outside::output;

/// How many of the mails are taken in turn.
const GIVEN: usize = 1_000;

/// Kinds of rows.
const TABLES: [&str; 3] = ["messages", "interactions", "runs"];

/// Copies rows that Waypost wrote.
pub(crate) fn prepare(postgres: &Postgres, database: &Database) -> Result<()> {
    let mut sql = format!(
        "CREATE SCHEMA given; CREATE SCHEMA peer;
        CREATE TABLE given.chosen AS SELECT (row_number() OVER (ORDER BY id))::integer AS n, id, message
            FROM (SELECT id, message FROM interactions ORDER BY id LIMIT {GIVEN}) AS first;"
    );
    for (table, key) in
        TABLES.into_iter().zip(["chosen.message = t.id", "chosen.id = t.id", "chosen.id = t.interaction"])
    {
        sql.push_str(&format!(
            "CREATE TABLE given.{table} (n integer, LIKE public.{table} INCLUDING STORAGE);
            INSERT INTO given.{table} SELECT chosen.n, t.* FROM public.{table} AS t JOIN given.chosen ON {key};
            ALTER TABLE given.{table} ADD PRIMARY KEY (n);
            CREATE TABLE peer.{table} (LIKE public.{table} INCLUDING STORAGE, own bigserial PRIMARY KEY);
            ANALYZE given.{table};"
        ));
    }
    postgres.sql(database, &sql).map(drop)
}

/// Transactions a second with so many clients; what it wrote is removed again.
pub(crate) fn rate(postgres: &Postgres, database: &Database, clients: usize, mails: usize) -> Result<f64> {
    let mut script = tempfile::NamedTempFile::new()?;
    writeln!(script, "\\set n random(1, {GIVEN})\nBEGIN;")?;
    for table in TABLES {
        // All columns but `n`, which comes first.
        let columns = postgres.sql(
            database,
            &format!(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = 'public.{table}'::regclass AND attnum > 0 AND NOT attisdropped"
            ),
        )?;
        writeln!(script, "INSERT INTO peer.{table} ({columns}) SELECT {columns} FROM given.{table} WHERE n = :n;")?;
    }
    writeln!(script, "COMMIT;")?;
    script.flush()?;
    // The user that PostgreSQL's programs run as must be able to read it.
    std::fs::set_permissions(script.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    let port = postgres.server.port().to_string();
    let (clients, each) = (clients.to_string(), mails.div_ceil(clients).to_string());
    let mut pgbench = postgres.tools.command("pgbench");
    pgbench
        .args(["-n", "-M", "prepared", "-c", &clients, "-j", "2", "-t", &each, "-h", "127.0.0.1", "-p", &port, "-U"])
        .args([waypost_scratch_postgres::USER, "-f"])
        .arg(script.path())
        .arg(&database.name);
    let said = output(&mut pgbench)?;
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench named no rate")?;
    let tps = tps.split(' ').next().unwrap_or_default().parse()?;
    postgres.sql(database, "TRUNCATE peer.messages, peer.interactions, peer.runs")?;
    Ok(tps)
}
