//! A replay over recorded mail: how long it takes, and what it costs live mail meanwhile.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value as Json, json};

use crate::measure::Figure;
use crate::postgres::Postgres;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::load::Load;
use crate::smtp::server::{Api, Setting};
use crate::smtp::{Fresh, Ground, LIMIT};

/// Recorded mails.
const MAILS: usize = 10_000;

/// Mails that are sent while it runs, and while it does not.
const LIVE: usize = 8_000;

/// How many milliseconds a replay of [`MAILS`] may take.
const GOAL: f64 = 2_000.0;

pub(crate) fn section(ground: &Ground, postgres: Option<&Postgres>, rounds: usize) -> Result<Section> {
    let store = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut section = Section::new(format!("Replay of {MAILS} recorded mails on {store}"));
    let (mut times, mut alone, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        say(&format!("replay on {store}, round {} of {rounds}", round + 1));
        let database = postgres.map(Postgres::database).transpose()?;
        let name = format!("replay-{store}-{round}");
        let fresh = ground.fresh_with(
            &name,
            &ground.flows,
            Setting::on(database.as_ref().map(|database| &database.url[..])),
        )?;
        let ports = [fresh.server.smtp];
        Load::new(&ports, &ground.mails, MAILS, 8, "recorded").send()?;
        fresh.api.wait_until_decided(MAILS as u64, LIMIT)?;
        let request = request(&fresh.api)?;
        times.push(replay(&fresh.api, &request)?.as_secs_f64() * 1e3);
        let rate = |tag: &str| -> Result<f64> {
            let sent = Load::new(&ports, &ground.mails, LIVE, 8, tag).send()?;
            Ok(LIVE as f64 / (sent.end - sent.start).as_secs_f64())
        };
        alone.push(rate("alone")?);
        beside.push(while_replaying(&fresh, &request, || rate("beside"))?);
        fresh.end()?;
        if let (Some(postgres), Some(database)) = (postgres, database) {
            postgres.drop(&database)?;
        }
    }
    let figure = |rounds| Figure::of(rounds).context("no rounds");
    section
        .line(Line::new("from the request to the report", Unit::Milliseconds, figure(times)?).goal(Goal::AtMost(GOAL)));
    let beside = Line::new("mail by SMTP while replays run", Unit::PerSecond, figure(beside)?);
    section.line(beside.beside("without a replay", figure(alone)?).goal(Goal::AtLeastTimes(0.75)));
    Ok(section)
}

/// All flows as they are published: nothing changes, and all that was recorded is run.
fn request(api: &Api) -> Result<Json> {
    let flows = api.get("/flows?pageSize=100")?;
    let ids = flows["entities"].as_array().context("no flows")?.iter().map(|flow| flow["id"].clone());
    let flows: Vec<Json> = ids.map(|id| json!({ "flowId": id, "version": "published" })).collect();
    Ok(json!({ "flows": flows, "count": MAILS, "until": jiff::Timestamp::now().to_string() }))
}

/// Runs a replay to its end; every decision must stay.
fn replay(api: &Api, request: &Json) -> Result<Duration> {
    let begun = Instant::now();
    let (status, started) = api.refused("POST", "/replays", request)?;
    let id = started["id"].as_str().with_context(|| format!("{status}: {started}"))?;
    loop {
        let now = api.get(&format!("/replays/{id}"))?;
        if let Some(report) = now.get("report") {
            let taken = begun.elapsed();
            if report["same"] != json!(MAILS) {
                bail!("not every decision stays: {report}");
            }
            return Ok(taken);
        }
        if begun.elapsed() > LIMIT {
            bail!("the replay does not end: {now}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Does something while one replay follows the other.
fn while_replaying<T>(fresh: &Fresh, request: &Json, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let replays = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                replay(&fresh.api, request)?;
            }
            anyhow::Ok(())
        });
        let done = work();
        stop.store(true, Ordering::Relaxed);
        replays.join().map_err(|_| anyhow::anyhow!("the replays ended early"))??;
        done
    })
}
