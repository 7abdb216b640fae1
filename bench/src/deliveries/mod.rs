//! Mail that goes out: how fast it is delivered, what a smarthost that is dead costs the intake, and a million that wait.

mod pending;

use std::net::{Ipv4Addr, TcpListener};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::measure::Figure;
use crate::outside::free_port;
use crate::postgres::{Database, Postgres};
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::load::{Load, Outgoing};
use crate::smtp::server::{Api, Setting};
use crate::smtp::sink::Sink;
use crate::smtp::{Fresh, Ground, LIMIT};

/// Connections of the load; so many a server has to a smarthost at most.
const CONNECTIONS: usize = 16;

/// Which store, and its server if it is PostgreSQL.
#[derive(Clone, Copy)]
struct Store<'s> {
    postgres: Option<&'s Postgres>,
    name: &'static str,
}

/// A server with flows that send, whose mail waits until it is started again with somewhere to go.
struct Waiting {
    fresh: Fresh,
    database: Option<Database>,
}

impl Store<'_> {
    /// A fresh server with a folder of flows, that sends nothing yet; so many mails decided.
    fn laden(self, ground: &Ground, flows: &str, mails: &[Outgoing], count: usize) -> Result<Waiting> {
        let database = self.postgres.map(Postgres::database).transpose()?;
        let name = format!("deliveries-{}-{flows}-{count}", self.name);
        let folder = ground.flows.with_file_name(flows);
        let setting = Setting::on(database.as_ref().map(|database| &database.url[..]));
        let fresh = ground.fresh_with(&name, &folder, setting)?;
        if count > 0 {
            Load::new(&[fresh.server.smtp], mails, count, CONNECTIONS, "laden").send()?;
            fresh.api.wait_until_decided(count as u64, LIMIT)?;
        }
        Ok(Waiting { fresh, database })
    }
}

impl Waiting {
    /// The server stopped, and started with a smarthost.
    fn sends_to(self, ground: &Ground, port: u16) -> Result<Self> {
        let smarthost = format!("smtp://127.0.0.1:{port}");
        let database = self.database.as_ref().map(|database| &database.url[..]);
        let fresh = self
            .fresh
            .again(&ground.program, Setting { database, smarthost: Some(&smarthost), ..Setting::default() })?;
        Ok(Self { fresh, database: self.database })
    }

    fn end(self, store: Store) -> Result<()> {
        self.fresh.end()?;
        match (store.postgres, &self.database) {
            (Some(postgres), Some(database)) => postgres.drop(database),
            _ => Ok(()),
        }
    }
}

/// How many deliveries were made.
fn delivered(api: &Api) -> Result<usize> {
    let summary = api.get("/interactions/summary")?;
    let number = summary["deliveries"]["delivered"].as_u64().context("no deliveries in the summary")?;
    Ok(usize::try_from(number)?)
}

/// Waits until `sink` took its first mail, then until `done` holds; the time between.
fn time_of(sink: &Sink, mut done: impl FnMut() -> Result<bool>) -> Result<f64> {
    let asked = Instant::now();
    let patience = || if asked.elapsed() > LIMIT { bail!("not delivered in {} s", LIMIT.as_secs()) } else { Ok(()) };
    while sink.taken() == 0 {
        patience()?;
        std::thread::sleep(std::time::Duration::from_micros(200));
    }
    let begun = Instant::now();
    while !done()? {
        patience()?;
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    Ok(begun.elapsed().as_secs_f64())
}

pub(crate) fn section(
    ground: &Ground,
    small: &[Outgoing],
    postgres: Option<&Postgres>,
    (mails, pending): (usize, usize),
    rounds: usize,
) -> Result<Section> {
    let store = Store { postgres, name: if postgres.is_some() { "PostgreSQL" } else { "SQLite" } };
    let mut section = Section::new(format!("Mail that goes out on {}, each mail forwarded", store.name));
    rate(ground, store, mails, rounds, &mut section)?;
    beside_the_dead(ground, store, mails, rounds, &mut section)?;
    pending::lines(ground, store, small, pending, &mut section)?;
    Ok(section)
}

/// Mails delivered a second, recorded as delivered, to a receiver that forgets them.
fn rate(ground: &Ground, store: Store, mails: usize, rounds: usize, section: &mut Section) -> Result<()> {
    let (mut carried, mut sent) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        say(&format!("deliveries on {}, round {} of {rounds}", store.name, round + 1));
        let sink = Sink::forgetful()?;
        let load = Load::new(&[sink.port], &ground.mails, mails, CONNECTIONS, "direct").send()?;
        sent.push(mails as f64 / (load.end - load.start).as_secs_f64());
        let sink = Sink::forgetful()?;
        let waiting = store.laden(ground, "forward", &ground.mails, mails)?.sends_to(ground, sink.port)?;
        let time = time_of(&sink, || Ok(delivered(&waiting.fresh.api)? >= mails))?;
        if sink.taken() != mails {
            bail!("{} copies of {mails} mails arrived", sink.taken());
        }
        carried.push(mails as f64 / time);
        waiting.end(store)?;
    }
    let figure = |rates| Figure::of(rates).context("no rounds");
    let line = Line::new("delivered to a local receiver, and recorded", Unit::PerSecond, figure(carried)?);
    section.line(line.beside("load alone", figure(sent)?));
    Ok(())
}

/// Mails taken and decided a second while nobody takes what they send.
fn beside_the_dead(ground: &Ground, store: Store, mails: usize, rounds: usize, section: &mut Section) -> Result<()> {
    // It accepts connections, in the kernel, and says nothing.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let smarthosts = [None, Some(free_port()?), Some(silent.local_addr()?.port())];
    let mut rates = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..rounds {
        say(&format!("intake beside a dead smarthost on {}, round {} of {rounds}", store.name, round + 1));
        for (port, rates) in smarthosts.into_iter().zip(&mut rates) {
            let mut waiting = store.laden(ground, "forward", &ground.mails, 0)?;
            if let Some(port) = port {
                waiting = waiting.sends_to(ground, port)?;
            }
            let sent = Load::new(&[waiting.fresh.server.smtp], &ground.mails, mails, 8, "beside").send()?;
            let decided = waiting.fresh.api.wait_until_decided(mails as u64, LIMIT)?;
            rates.push(mails as f64 / (decided - sent.start).as_secs_f64());
            waiting.end(store)?;
        }
    }
    let [none, refuses, silent] = rates.map(|rates| Figure::of(rates).context("no rounds"));
    let none = none?;
    for (what, figure) in [("refuses connections", refuses?), ("accepts them and says nothing", silent?)] {
        let line = Line::new(format!("taken and decided, the smarthost {what}"), Unit::PerSecond, figure);
        section.line(line.beside("nothing sent", none).goal(Goal::AtLeastTimes(0.9)));
    }
    Ok(())
}
