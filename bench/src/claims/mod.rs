//! Claims and lists: how fast they are with few interactions and with millions that were worked off long ago.

mod history;
mod lists;
mod work;

use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};

use self::history::{Amounts, Names};
use self::lists::List;
use self::work::Shift;
use crate::measure::Figure;
use crate::postgres::{Database, Postgres};
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::Ground;
use crate::smtp::load::Load;
use crate::smtp::server::{Api, Server, Setting};

/// What everything is compared with.
const FEW: usize = 1_000;

/// Claimers, how many each claims at once, and how many are worked off in a round.
const SHIFTS: [(usize, usize, usize); 4] = [(1, 1, 600), (1, 10, 1_500), (8, 1, 2_400), (8, 10, 4_000)];

/// The lists have read all there is: pages that claims need come back first.
const WARMING: (usize, usize, usize) = (8, 10, 800);

/// Mails sent in a round.
const MAILS: usize = 4_000;

/// A server over a database with a history.
pub(crate) struct Ledger {
    pub(crate) server: Server,
    pub(crate) api: Api,
    names: Names,
    data: PathBuf,
    database: Option<Database>,
}

impl Ledger {
    /// A server on SQLite over so many interactions, all of them worked off.
    pub(crate) fn over(ground: &Ground, history: usize) -> Result<Self> {
        Self::start(ground, None, Amounts { history, waiting: 0 })
    }

    fn start(ground: &Ground, postgres: Option<&Postgres>, amounts: Amounts) -> Result<Self> {
        let data = ground.scratch.join(format!("history-{}", amounts.history));
        let database = postgres.map(Postgres::database).transpose()?;
        let start = || {
            Server::start_on(&ground.program, &data, Setting::on(database.as_ref().map(|database| &database.url[..])))
        };
        let server = start()?;
        server.apply(&ground.flows)?;
        let names = names(&server.api()?)?;
        server.stop()?;
        let begun = Instant::now();
        match (postgres, &database) {
            (Some(postgres), Some(database)) => history::fill_postgres(postgres, database, &names, amounts)?,
            _ => history::fill_sqlite(&data, &names, amounts)?,
        }
        say(&format!("{} interactions were made in {:.0} s", amounts.history, begun.elapsed().as_secs_f64()));
        let server = start()?;
        let api = server.api()?;
        Ok(Self { server, api, names, data, database })
    }

    fn shift(&self, (claimers, each, total): (usize, usize, usize)) -> Result<f64> {
        let (port, authorization) = (self.server.http, self.api.authorization());
        Shift { port, authorization, queue: &self.names.work, claimers, each, total }.rate()
    }

    fn mail(&self, ground: &Ground, tag: &str) -> Result<f64> {
        let sent = Load::new(&[self.server.smtp], &ground.mails, MAILS, 8, tag).send()?;
        Ok(MAILS as f64 / (sent.end - sent.start).as_secs_f64())
    }

    pub(crate) fn end(self, postgres: Option<&Postgres>) -> Result<()> {
        self.server.stop()?;
        std::fs::remove_dir_all(&self.data).with_context(|| self.data.display().to_string())?;
        match (postgres, &self.database) {
            (Some(postgres), Some(database)) => postgres.drop(database),
            _ => Ok(()),
        }
    }
}

fn names(api: &Api) -> Result<Names> {
    let named = |path: &str, name: &str| -> Result<String> {
        let page = api.get(&format!("{path}?pageSize=100"))?;
        let found = page["entities"].as_array().context("a list without entities")?.iter();
        let found = found.into_iter().find(|one| one["name"] == name).with_context(|| format!("{path}: {name}"))?;
        Ok(found["id"].as_str().context("something without an id")?.to_owned())
    };
    Ok(Names {
        queue: named("/routing/queues", "Billing")?,
        old_queue: named("/routing/queues", "Retention")?,
        work: named("/routing/queues", "Support")?,
        flow: named("/flows", "Triage")?,
        old_flow: named("/flows", "Classifier")?,
    })
}

/// Two figures of each round: with few and with many.
type Pair = [Vec<f64>; 2];

pub(crate) fn section(ground: &Ground, postgres: Option<&Postgres>, history: usize, rounds: usize) -> Result<Section> {
    let store = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut section =
        Section::new(format!("Claims and lists over HTTP on {store}, with {history} interactions worked off long ago"));
    let waiting = (SHIFTS.iter().map(|(.., total)| total).sum::<usize>() + WARMING.2) * rounds + 100;
    let sizes = [FEW, history];
    say(&format!("{store}: making {FEW} and {history} interactions"));
    let ledgers = sizes
        .into_iter()
        .map(|history| Ledger::start(ground, postgres, Amounts { history, waiting }))
        .collect::<Result<Vec<_>>>()?;
    let lists = lists::all(&ledgers.first().context("no ledgers")?.names).len();
    let mut claimed = vec![Pair::default(); SHIFTS.len()];
    let mut listed = vec![Pair::default(); lists];
    let mut taken = Pair::default();
    for round in 0..rounds {
        say(&format!("{store}: claims and lists, round {} of {rounds}", round + 1));
        for (place, ledger) in ledgers.iter().enumerate() {
            let lists: Vec<List> = lists::all(&ledger.names);
            for (list, times) in lists.iter().zip(&mut listed) {
                times[place].push(list.time(ledger.server.http, ledger.api.authorization())?);
            }
        }
        for ledger in &ledgers {
            ledger.shift(WARMING)?;
        }
        for (shift, rates) in SHIFTS.into_iter().zip(&mut claimed) {
            for (place, ledger) in ledgers.iter().enumerate() {
                rates[place].push(ledger.shift(shift)?);
            }
        }
    }
    // Last, for the mail would be the newest of all.
    for round in 0..rounds {
        for (place, ledger) in ledgers.iter().enumerate() {
            taken[place].push(ledger.mail(ground, &format!("history-{store}-{place}-{round}"))?);
        }
    }
    let figures = |[few, many]: Pair| -> Result<(Figure, Figure)> {
        Ok((Figure::of(few).context("no rounds")?, Figure::of(many).context("no rounds")?))
    };
    for ((claimers, each, _), rates) in SHIFTS.into_iter().zip(claimed) {
        let (few, many) = figures(rates)?;
        let plural = if claimers == 1 { "" } else { "s" };
        let what = format!("claimed {each} at a time and acknowledged, {claimers} client{plural}");
        section.line(Line::new(what, Unit::PerSecond, many).beside("with 1,000", few).goal(Goal::AtLeastTimes(0.8)));
    }
    let names = &ledgers.first().context("no ledgers")?.names;
    for (list, times) in lists::all(names).into_iter().zip(listed) {
        let (few, many) = figures(times)?;
        let line = Line::new(format!("list: {}", list.what), Unit::Milliseconds, many).beside("with 1,000", few);
        section.line(line.goal(Goal::AtMostTimes(2.0)));
    }
    let (few, many) = figures(taken)?;
    section.line(Line::new("mail over SMTP accepted, 8 connections", Unit::PerSecond, many).beside("with 1,000", few));
    ledgers.into_iter().try_for_each(|ledger| ledger.end(postgres))?;
    Ok(section)
}
