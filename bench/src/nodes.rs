//! Mail over SMTP to its durable decision with several nodes on one PostgreSQL, beside what PostgreSQL's own load generator inserts.

use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::measure::Figure;
use crate::postgres::{Database, Postgres, pgbench};
use crate::processes;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::load::{Load, Session};
use crate::smtp::server::{Api, Server, Setting};
use crate::smtp::{Ground, LIMIT, check};

/// How many nodes share a database.
const NODES: [usize; 3] = [1, 2, 3];

/// Nodes on one database, all of them ready to take mail.
struct Nodes {
    servers: Vec<Server>,
    api: Api,
}

impl Nodes {
    /// Starts them and applies the flows to the first.
    fn start(ground: &Ground, database: &Database, count: usize) -> Result<Self> {
        let mut servers = Vec::with_capacity(count);
        // The first node makes it.
        let key = ground.scratch.join(format!("{}.key", database.name));
        let setting = Setting { key: Some(&key), ..Setting::on(Some(&database.url)) };
        for number in 0..count {
            let data = ground.scratch.join(format!("{}-node-{number}", database.name));
            servers.push(Server::start_on(&ground.program, &data, setting)?);
        }
        let first = servers.first().context("no nodes")?;
        first.apply(&ground.flows)?;
        for server in &servers {
            wait_for_route(server.smtp)?;
        }
        let api = first.api()?;
        Ok(Self { servers, api })
    }

    fn ports(&self) -> Vec<u16> {
        self.servers.iter().map(|server| server.smtp).collect()
    }

    fn stop(self) -> Result<()> {
        self.servers.into_iter().try_for_each(Server::stop)
    }
}

/// Waits until a node has heard of the route.
fn wait_for_route(port: u16) -> Result<()> {
    let begun = Instant::now();
    let mut session = Session::open_when_listening(port, LIMIT)?;
    while !session.is_routed()? {
        if begun.elapsed() > LIMIT {
            bail!("a node did not hear of the route in {} s", LIMIT.as_secs());
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Ok(())
}

/// The figures of each round: per second, milliseconds, and nanoseconds of processors for each mail.
#[derive(Default, Clone)]
struct Rounds {
    decided: Vec<f64>,
    p99: Vec<f64>,
    own: Vec<f64>,
    database: Vec<f64>,
}

pub(crate) fn section(
    ground: &Ground,
    postgres: &Postgres,
    connections: &[usize],
    mails: usize,
    rounds: usize,
) -> Result<Section> {
    let version = postgres.version()?;
    let mut section =
        Section::new(format!("Mail over SMTP, run and decided, durably: nodes on one PostgreSQL {version}"));
    section.note("fsync and synchronous_commit are on; nodes, database and load share this machine");
    section.note("pgbench: message, interaction and run of the same mails in one transaction each, prepared, without other indexes");
    let mut checked = 0;
    for &connections in connections {
        let mut yardstick = Vec::new();
        let mut taken = vec![Rounds::default(); NODES.len()];
        for round in 0..rounds {
            for (nodes, taken) in NODES.into_iter().zip(&mut taken) {
                say(&format!("nodes: {nodes}, connections: {connections}, round {} of {rounds}", round + 1));
                let database = postgres.database()?;
                let tag = format!("nodes-{nodes}-{connections}-{round}");
                one(ground, postgres, &database, (nodes, connections, mails), &tag, taken)?;
                checked += mails;
                if nodes == 1 {
                    pgbench::prepare(postgres, &database)?;
                    postgres.settle()?;
                    yardstick.push(pgbench::rate(postgres, &database, connections, mails)?);
                }
                postgres.drop(&database)?;
            }
        }
        for line in lines(connections, taken, yardstick)? {
            section.line(line);
        }
    }
    section.note(format!("{checked} decisions compared with the labels, 0 differ; each round on an empty database"));
    Ok(section)
}

fn one(
    ground: &Ground,
    postgres: &Postgres,
    database: &Database,
    (nodes, connections, count): (usize, usize, usize),
    tag: &str,
    taken: &mut Rounds,
) -> Result<()> {
    let nodes = Nodes::start(ground, database, nodes)?;
    postgres.settle()?;
    let used = || -> Result<(f64, f64)> {
        let own = nodes.servers.iter().map(|server| processes::seconds(server.id())).sum::<Result<f64>>()?;
        Ok((own, processes::seconds(postgres.process()?)?))
    };
    let before = used()?;
    let sent = Load::new(&nodes.ports(), &ground.mails, count, connections, tag).send()?;
    let decided = nodes.api.wait_until_decided(count as u64, LIMIT)?;
    let after = used()?;
    taken.decided.push(count as f64 / (decided - sent.start).as_secs_f64());
    taken.p99.push(sent.p99.as_secs_f64() * 1e3);
    taken.own.push((after.0 - before.0) * 1e9 / count as f64);
    taken.database.push((after.1 - before.1) * 1e9 / count as f64);
    check(ground, &nodes.api, tag, count)?;
    nodes.stop()
}

fn lines(connections: usize, taken: Vec<Rounds>, yardstick: Vec<f64>) -> Result<Vec<Line>> {
    let figure = |rounds| Figure::of(rounds).context("no rounds");
    let yardstick = figure(yardstick)?;
    let mut lines = Vec::new();
    for (nodes, taken) in NODES.into_iter().zip(taken) {
        let plural = if nodes == 1 { "" } else { "s" };
        let decided = Line::new(
            format!("decided, {nodes} node{plural}, {connections} connections"),
            Unit::PerSecond,
            figure(taken.decided)?,
        )
        .beside("pgbench, inserted", yardstick);
        lines.push(if nodes == 1 { decided.goal(Goal::AtLeastTimes(0.5)) } else { decided });
        lines.push(Line::new("  99 of 100 accepted within", Unit::Milliseconds, figure(taken.p99)?));
        lines.push(
            Line::new("  processors' time for a mail, Waypost", Unit::Nanoseconds, figure(taken.own)?)
                .beside("PostgreSQL", figure(taken.database)?),
        );
    }
    Ok(lines)
}
