//! From the `250` to the decision at half of the load that a server can take: for mail that is decided while it is accepted, and for
//! flows so long that a worker decides them.
//!
//! A watcher asks for an interaction over HTTP, again and again, from the `250` until it is decided: one at a time, the next that is
//! accepted. So one answer over HTTP is in every figure.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use crate::http::{Connection, request};
use crate::measure::Figure;
use crate::postgres::Postgres;
use crate::report::{Line, Section, Unit, say};
use crate::smtp::load::Load;
use crate::smtp::server::{Server, Setting};
use crate::smtp::{Fresh, Ground, LIMIT};

/// How long each round sends at half load.
const TIME: f64 = 8.0;

/// Mails that tell what a server can take.
const TRIAL: usize = 3_000;

/// What is decided how.
const KINDS: [(&str, &str); 2] = [("decided while it is accepted", "triage"), ("decided by the worker", "long")];

/// Milliseconds of each round.
#[derive(Default)]
struct Rounds {
    pace: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    accepted: Vec<f64>,
}

pub(crate) fn section(ground: &Ground, postgres: Option<&Postgres>, rounds: usize) -> Result<Section> {
    let store = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut section = Section::new(format!("From 250 to the decision on {store}, 8 connections, half load"));
    for (what, flows) in KINDS {
        let mut taken = Rounds::default();
        for round in 0..rounds {
            say(&format!("latency on {store}, {what}, round {} of {rounds}", round + 1));
            let database = postgres.map(Postgres::database).transpose()?;
            let name = format!("latency-{store}-{flows}-{round}");
            let folder = ground.flows.with_file_name(flows);
            let fresh =
                ground.fresh_with(&name, &folder, Setting::on(database.as_ref().map(|database| &database.url[..])))?;
            one(ground, &fresh, &mut taken)?;
            fresh.end()?;
            if let (Some(postgres), Some(database)) = (postgres, database) {
                postgres.drop(&database)?;
            }
        }
        let figure = |rounds| Figure::of(rounds).context("no rounds");
        section.line(Line::new(format!("{what}: half of what is taken"), Unit::PerSecond, figure(taken.pace)?));
        section.line(Line::new("  from 250 to the decision: 50 of 100 within", Unit::Milliseconds, figure(taken.p50)?));
        section.line(Line::new("  from 250 to the decision: 99 of 100 within", Unit::Milliseconds, figure(taken.p99)?));
        section.line(Line::new(
            "  from MAIL FROM to 250: 99 of 100 within",
            Unit::Milliseconds,
            figure(taken.accepted)?,
        ));
    }
    Ok(section)
}

fn one(ground: &Ground, fresh: &Fresh, taken: &mut Rounds) -> Result<()> {
    let ports = [fresh.server.smtp];
    let trial = Load::new(&ports, &ground.mails, TRIAL, 8, "trial").send()?;
    let decided = fresh.api.wait_until_decided(TRIAL as u64, LIMIT)?;
    let pace = TRIAL as f64 / (decided - trial.start).as_secs_f64() / 2.0;
    let count = (pace * TIME) as usize;
    let (sender, receiver) = sync_channel(0);
    let authorization = fresh.api.authorization();
    let (sent, times) = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&fresh.server, authorization, receiver));
        let mut load = Load::new(&ports, &ground.mails, count, 8, "steady");
        load.pace = Some(pace);
        load.watch = Some(&sender);
        let sent = load.send();
        drop(sender);
        (sent, watcher.join())
    });
    let sent = sent?;
    let mut times = times.map_err(|_| anyhow::anyhow!("the watcher ended early"))??;
    fresh.api.wait_until_decided((TRIAL + count) as u64, LIMIT)?;
    times.sort_unstable_by(f64::total_cmp);
    let at =
        |part: usize| times.get(times.len().saturating_sub(1) * part / 100).copied().context("nothing was watched");
    taken.pace.push(pace);
    taken.p50.push(at(50)?);
    taken.p99.push(at(99)?);
    taken.accepted.push(sent.p99.as_secs_f64() * 1e3);
    Ok(())
}

/// Milliseconds from the `250` until the decision was seen.
fn watch(server: &Server, authorization: &str, accepted: Receiver<(String, Instant)>) -> Result<Vec<f64>> {
    let mut connection = Connection::open(server.http)?;
    let mut times = Vec::new();
    for (said, at) in accepted {
        let id = said.split(|c: char| !c.is_ascii_hexdigit() && c != '-').find(|word| word.len() == 36);
        let id = id.with_context(|| format!("no interaction in {said:?}"))?;
        let asking = request("GET", &format!("/api/v2/interactions/{id}"), &[("authorization", authorization)], b"");
        loop {
            let interaction: Json = serde_json::from_slice(connection.exchange(&asking)?)?;
            if !matches!(interaction["state"].as_str(), Some("received" | "running")) {
                break;
            }
            if at.elapsed() > LIMIT {
                bail!("{id} is not decided after {} s", LIMIT.as_secs());
            }
            std::thread::sleep(Duration::from_micros(100));
        }
        times.push(at.elapsed().as_secs_f64() * 1e3);
    }
    Ok(times)
}
