//! A steady load for long: memory must stay flat.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::measure::Figure;
use crate::postgres::Postgres;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::load::{Load, Outgoing};
use crate::smtp::server::Setting;
use crate::smtp::{Ground, LIMIT};

/// Mails that tell what a server can take.
const TRIAL: usize = 5_000;

/// Larger mails are left out: ten minutes of mails as they come would fill a disk.
const LARGEST: usize = 5_000;

/// How often memory is looked at.
const EVERY: Duration = Duration::from_secs(1);

pub(crate) fn section(
    ground: &Ground,
    mails: &[Outgoing],
    postgres: Option<&Postgres>,
    minutes: u32,
) -> Result<Section> {
    let store = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut section = Section::new(format!("Soak on {store}: {minutes} minutes at half load, 8 connections"));
    let database = postgres.map(Postgres::database).transpose()?;
    let setting = Setting::on(database.as_ref().map(|database| &database.url[..]));
    let fresh = ground.fresh_with(&format!("soak-{store}"), &ground.flows, setting)?;
    let ports = [fresh.server.smtp];
    let trial = Load::new(&ports, mails, TRIAL, 8, "trial").send()?;
    let decided = fresh.api.wait_until_decided(TRIAL as u64, LIMIT)?;
    let pace = TRIAL as f64 / (decided - trial.start).as_secs_f64() / 2.0;
    let time = Duration::from_secs(u64::from(minutes) * 60);
    let count = (pace * time.as_secs_f64()) as usize;
    say(&format!("soak on {store}: {count} mails, {pace:.0} a second"));
    let ended = AtomicBool::new(false);
    let (sent, memory) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| -> Result<Vec<f64>> {
            let mut memory = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                memory.push(fresh.server.memory()?.0);
                std::thread::sleep(EVERY);
            }
            Ok(memory)
        });
        let mut load = Load::new(&ports, mails, count, 8, "soak");
        load.pace = Some(pace);
        load.limit = time * 2;
        let sent = load.send();
        ended.store(true, Ordering::Relaxed);
        (sent, watcher.join())
    });
    let sent = sent?;
    let memory = memory.map_err(|_| anyhow::anyhow!("the watcher ended early"))??;
    let begun = Instant::now();
    let decided = fresh.api.wait_until_decided((TRIAL + count) as u64, LIMIT)?;
    fresh.end()?;
    if let (Some(postgres), Some(database)) = (postgres, database) {
        postgres.drop(&database)?;
    }
    let quarter = |number: usize| -> Result<Figure> {
        let length = memory.len() / 4;
        Figure::of(memory.iter().skip(length * number).take(length).copied().collect())
            .context("too short for quarters")
    };
    section.note(format!(
        "{count} mails of at most {LARGEST} bytes; all decided {:.1} s after the last was accepted",
        decided.saturating_duration_since(begun).as_secs_f64()
    ));
    section.line(
        Line::new("memory in the last quarter", Unit::Megabytes, quarter(3)?)
            .beside("in the second", quarter(1)?)
            .goal(Goal::AtMostTimes(1.1)),
    );
    let rate = count as f64 / (sent.end - sent.start).as_secs_f64();
    section.line(Line::new("mails decided", Unit::PerSecond, Figure::single(rate)));
    section.line(Line::new(
        "  99 of 100 accepted within",
        Unit::Milliseconds,
        Figure::single(sent.p99.as_secs_f64() * 1e3),
    ));
    Ok(section)
}

/// Mails that are small enough for this.
pub(crate) fn small(mails: Vec<Outgoing>) -> Vec<Outgoing> {
    mails.into_iter().filter(|mail| mail.len() <= LARGEST).collect()
}
