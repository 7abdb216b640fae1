//! Webhooks: how many requests of events a server makes beside its intake, and what they cost the intake.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;

use crate::measure::Figure;
use crate::postgres::Postgres;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::load::Load;
use crate::smtp::server::Setting;
use crate::smtp::{Ground, LIMIT};

/// Connections of the load.
const CONNECTIONS: usize = 8;

/// An endpoint that takes every request and forgets it. It ends with the process.
struct Endpoint {
    port: u16,
    taken: Arc<AtomicUsize>,
}

impl Endpoint {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let taken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let taken = Arc::clone(&counter);
                // A client that went away is no news: the bench notices what it misses.
                std::thread::spawn(move || session(stream, &taken));
            }
        });
        Ok(Self { port, taken })
    }
}

fn session(stream: TcpStream, taken: &AtomicUsize) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut length = 0;
        loop {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                if line.trim_end().is_empty() {
                    break;
                }
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        body.resize(length, 0);
        lines.read_exact(&mut body)?;
        taken.fetch_add(1, Ordering::Relaxed);
        lines.get_mut().write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
}

pub(crate) fn section(ground: &Ground, postgres: Option<&Postgres>, mails: usize, rounds: usize) -> Result<Section> {
    let name = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut section = Section::new(format!("Webhooks on {name}, each mail an event of one subscriber"));
    let (mut told, mut beside, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        for events in [json!(["interaction.decided"]), json!([])] {
            say(&format!("webhooks on {name}, {events}, round {} of {rounds}", round + 1));
            let database = postgres.map(Postgres::database).transpose()?;
            let setting =
                Setting { private_targets: true, ..Setting::on(database.as_ref().map(|database| &database.url[..])) };
            let fresh = ground.fresh_with(&format!("webhooks-{name}"), &ground.flows, setting)?;
            let endpoint = Endpoint::start()?;
            let url = format!("http://127.0.0.1:{}/hook", endpoint.port);
            let subscribed = events != json!([]);
            fresh.api.send("POST", "/webhooks", &json!({ "name": "Bench", "url": url, "events": events }))?;
            let sent = Load::new(&[fresh.server.smtp], &ground.mails, mails, CONNECTIONS, "webhooks").send()?;
            let decided = fresh.api.wait_until_decided(mails as u64, LIMIT)?;
            let rate = mails as f64 / (decided - sent.start).as_secs_f64();
            if subscribed {
                beside.push(rate);
                told.push(mails as f64 / time_until(&endpoint, mails, sent.start)?);
            } else {
                alone.push(rate);
            }
            fresh.end()?;
            if let (Some(postgres), Some(database)) = (postgres, &database) {
                postgres.drop(database)?;
            }
        }
    }
    let figure = |rates| Figure::of(rates).context("no rounds");
    let alone = figure(alone)?;
    section.line(
        Line::new("requests made, from the first mail on", Unit::PerSecond, figure(told)?).beside("mails alone", alone),
    );
    let line = Line::new("mails taken and decided beside them", Unit::PerSecond, figure(beside)?);
    section.line(line.beside("nobody subscribed", alone).goal(Goal::AtLeastTimes(0.5)));
    Ok(section)
}

/// The seconds from `begun` until the endpoint took so many requests.
fn time_until(endpoint: &Endpoint, count: usize, begun: Instant) -> Result<f64> {
    while endpoint.taken.load(Ordering::Relaxed) < count {
        if begun.elapsed() > LIMIT {
            bail!("{} of {count} requests in {} s", endpoint.taken.load(Ordering::Relaxed), LIMIT.as_secs());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(begun.elapsed().as_secs_f64())
}
