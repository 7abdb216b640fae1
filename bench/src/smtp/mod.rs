//! Mail over SMTP to its durable decision, beside Postfix and the disk.

pub(crate) mod disk;
pub(crate) mod load;
pub(crate) mod postfix;
pub(crate) mod server;
pub(crate) mod sink;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use self::load::{Load, Outgoing, Session, message_id, ready};
use self::postfix::Postfix;
use self::server::{Api, Server, Setting};
use self::sink::Sink;
use crate::measure::Figure;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::triage::VIP_PRIORITY;

/// How long one sending, and deciding all of it, may take each.
pub(crate) const LIMIT: Duration = Duration::from_secs(300);

/// What all of these need.
pub(crate) struct Ground {
    /// The server's program.
    pub(crate) program: PathBuf,
    /// The folder to apply.
    pub(crate) flows: PathBuf,
    /// A folder on the disk under test.
    pub(crate) scratch: PathBuf,
    pub(crate) mails: Vec<Outgoing>,
}

impl Ground {
    /// A server on an empty data directory, flows applied, its API; the directory is removed by [`Fresh::end`].
    pub(crate) fn fresh(&self, name: &str) -> Result<Fresh> {
        self.fresh_with(name, &self.flows, Setting::default())
    }

    /// The same with other flows, in a setting.
    pub(crate) fn fresh_with(&self, name: &str, flows: &Path, setting: Setting) -> Result<Fresh> {
        self.fresh_prepared(name, flows, setting, |_| Ok(()))
    }

    /// The same with something on the server before its flows.
    pub(crate) fn fresh_prepared(
        &self,
        name: &str,
        flows: &Path,
        setting: Setting,
        prepare: impl FnOnce(&Api) -> Result<()>,
    ) -> Result<Fresh> {
        let data = self.scratch.join(name);
        let server = Server::start_on(&self.program, &data, setting)?;
        let api = server.api()?;
        prepare(&api)?;
        server.apply(flows)?;
        Ok(Fresh { server, api, data })
    }
}

pub(crate) struct Fresh {
    pub(crate) server: Server,
    pub(crate) api: Api,
    data: PathBuf,
}

impl Fresh {
    /// Stops the server and starts it on what it left, in another setting.
    pub(crate) fn again(self, program: &Path, setting: Setting) -> Result<Self> {
        self.server.stop()?;
        let server = Server::start_on(program, &self.data, setting)?;
        let api = server.api()?;
        Ok(Self { server, api, data: self.data })
    }

    pub(crate) fn end(self) -> Result<()> {
        self.server.stop()?;
        remove(&self.data)
    }
}

fn remove(data: &Path) -> Result<()> {
    std::fs::remove_dir_all(data).with_context(|| format!("removing {}", data.display()))
}

/// One number of connections: the figures of each round, all of them per second but the last.
#[derive(Default)]
struct Rounds {
    decided: Vec<f64>,
    accepted: Vec<f64>,
    postfix: Vec<f64>,
    sink: Vec<f64>,
    syncs: Vec<f64>,
    /// Milliseconds.
    p99: Vec<f64>,
}

/// Mails a second at so many connections each, in rounds that alternate between the disk, the yardsticks and the server.
pub(crate) fn rates(
    ground: &Ground,
    postfix: Option<&Postfix>,
    connections: &[usize],
    mails: usize,
    rounds: usize,
) -> Result<Section> {
    let mut section = Section::new("Mail over SMTP, run and decided, durably");
    let mut checked = 0;
    for &connections in connections {
        // One connection is slower: fewer mails for about the same time.
        let count = if connections == 1 { mails / 2 } else { mails };
        let mut taken = Rounds::default();
        for round in 0..rounds {
            say(&format!("SMTP, connections: {connections}, round {} of {rounds}", round + 1));
            one_round(ground, postfix, (connections, round, count), &mut taken)?;
            checked += count;
        }
        for line in lines(connections, taken)? {
            section.line(line);
        }
    }
    section
        .note(format!("{checked} decisions compared with the labels, 0 differ; each round on an empty data directory"));
    if postfix.is_none() {
        section.note("Postfix was left out");
    }
    Ok(section)
}

fn one_round(
    ground: &Ground,
    postfix: Option<&Postfix>,
    (connections, round, count): (usize, usize, usize),
    taken: &mut Rounds,
) -> Result<()> {
    let send = |port: u16, tag: &str| {
        Load::new(&[port], &ground.mails, count, connections, tag).send().with_context(|| format!("round {tag}"))
    };
    let rate = |from: Instant, to: Instant| count as f64 / (to - from).as_secs_f64();

    // Whoever is measured must not pay for what the one before left to be written.
    rustix::fs::sync();
    taken.syncs.push(disk::syncs_per_second(&ground.scratch)?);
    let sink = Sink::durable(&ground.scratch)?;
    rustix::fs::sync();
    let sent = send(sink.port, &format!("sink-{connections}-{round}"))?;
    taken.sink.push(rate(sent.start, sent.end));

    if let Some(postfix) = postfix {
        postfix.wait_until_empty()?;
        rustix::fs::sync();
        let sent = send(postfix.port, &format!("postfix-{connections}-{round}"))?;
        taken.postfix.push(rate(sent.start, sent.end));
        postfix.wait_until_empty()?;
    }

    let tag = format!("waypost-{connections}-{round}");
    let fresh = ground.fresh(&tag)?;
    rustix::fs::sync();
    let sent = send(fresh.server.smtp, &tag)?;
    let decided = fresh.api.wait_until_decided(count as u64, LIMIT)?;
    taken.decided.push(rate(sent.start, decided));
    taken.accepted.push(rate(sent.start, sent.end));
    taken.p99.push(sent.p99.as_secs_f64() * 1e3);
    check(ground, &fresh.api, &tag, count)?;
    fresh.end()
}

fn lines(connections: usize, taken: Rounds) -> Result<Vec<Line>> {
    let figure = |rounds| Figure::of(rounds).context("no rounds");
    let (least, times) = match connections {
        1 => (Some(Goal::AtLeast(1_500.0)), Some(Goal::AtLeastTimes(2.0))),
        8 => (Some(Goal::AtLeast(5_000.0)), Some(Goal::AtLeastTimes(4.0))),
        _ => (None, None),
    };
    let judged = |line: Line, goal: Option<Goal>| match goal {
        Some(goal) => line.goal(goal),
        None => line,
    };
    let plural = if connections == 1 { "" } else { "s" };
    let line = |what: &str, unit, figure| Line::new(format!("{what}, {connections} connection{plural}"), unit, figure);
    let decided = line("decided", Unit::PerSecond, figure(taken.decided)?);
    let mut lines = vec![judged(decided.clone().beside("append 8 KiB + fdatasync", figure(taken.syncs)?), least)];
    if let Some(postfix) = Figure::of(taken.postfix) {
        lines.push(judged(decided.clone().beside("Postfix, accepted", postfix), times));
    }
    lines.push(decided.beside("only kept, commits grouped", figure(taken.sink)?));
    lines.push(line("  accepted", Unit::PerSecond, figure(taken.accepted)?));
    lines.push(line("  99 of 100 accepted within", Unit::Milliseconds, figure(taken.p99)?));
    Ok(lines)
}

/// Compares every decision with what its mail's label says.
pub(crate) fn check(ground: &Ground, api: &Api, tag: &str, count: usize) -> Result<()> {
    let decisions = api.decisions()?;
    if decisions.len() != count {
        bail!("{} interactions for {count} mails", decisions.len());
    }
    for place in 0..count {
        let id = message_id(tag, place);
        let decided = decisions.get(&id).with_context(|| format!("no interaction for {id}"))?;
        let expected = ground.mails[place % ground.mails.len()].expected;
        let priority = if expected.vip { VIP_PRIORITY } else { 0 };
        if decided.queue.as_deref() != Some(expected.queue.name()) || decided.priority != priority {
            bail!("{id}: queue {:?}, priority {}, where {expected:?} is right", decided.queue, decided.priority);
        }
    }
    Ok(())
}

/// From starting the process to the answer to the first mail.
pub(crate) fn start(ground: &Ground, rounds: usize) -> Result<Section> {
    let mut section = Section::new("Start");
    let (mut first, mut again) = (Vec::new(), Vec::new());
    let mail = ground.mails.first().context("no mails")?;
    for round in 0..rounds {
        say(&format!("start, round {} of {rounds}", round + 1));
        let data = ground.scratch.join(format!("start-{round}"));
        let server = Server::spawn(&ground.program, &data)?;
        drop(Session::open_when_listening(server.smtp, LIMIT)?);
        first.push(server.spawned.elapsed().as_secs_f64() * 1e3);
        server.stop()?;

        let server = Server::start(&ground.program, &data)?;
        server.apply(&ground.flows)?;
        server.stop()?;

        let server = Server::spawn(&ground.program, &data)?;
        let mut session = Session::open_when_listening(server.smtp, LIMIT)?;
        session.deliver(0, &ready(mail, &format!("start-{round}")))?;
        again.push(server.spawned.elapsed().as_secs_f64() * 1e3);
        server.stop()?;
        remove(&data)?;
    }
    let figure = |rounds| Figure::of(rounds).context("no rounds");
    section
        .line(Line::new("start to first accepted mail", Unit::Milliseconds, figure(again)?).goal(Goal::AtMost(200.0)));
    section.line(Line::new("first start ever to SMTP greeting", Unit::Milliseconds, figure(first)?));
    Ok(section)
}

/// Memory at idle, and after many mails.
pub(crate) fn memory(ground: &Ground, mails: usize) -> Result<Section> {
    let mut section = Section::new("Memory");
    let fresh = ground.fresh("memory")?;
    std::thread::sleep(Duration::from_secs(2));
    let (idle, _) = fresh.server.memory()?;
    say(&format!("memory: sending {mails} mails"));
    let ports = [fresh.server.smtp];
    let sent = Load::new(&ports, &ground.mails, mails, 8, "memory").send().context("sending to Waypost")?;
    let decided = fresh.api.wait_until_decided(mails as u64, LIMIT)?;
    let rate = mails as f64 / (decided - sent.start).as_secs_f64();
    std::thread::sleep(Duration::from_secs(2));
    let (after, most) = fresh.server.memory()?;
    fresh.end()?;
    section.line(Line::new("at idle, flows applied", Unit::Megabytes, Figure::single(idle)).goal(Goal::AtMost(40.0)));
    section.line(Line::new(format!("after {mails} mails"), Unit::Megabytes, Figure::single(after)));
    section.line(Line::new("  the most it ever was", Unit::Megabytes, Figure::single(most)));
    section.line(Line::new(format!("  {mails} mails decided, 8 connections"), Unit::PerSecond, Figure::single(rate)));
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::synthetic::generate;

    fn outgoing(count: usize) -> Result<Vec<Outgoing>> {
        generate(1, count).iter().map(Outgoing::new).collect()
    }

    fn scratch(name: &str) -> Result<PathBuf> {
        let folder = std::env::temp_dir().join(format!("waypost-bench-test-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    fn load<'l>(ports: &'l [u16], mails: &'l [Outgoing], count: usize) -> Load<'l> {
        Load::new(ports, mails, count, 4, "test")
    }

    #[test]
    fn every_mail_arrives_once_under_its_own_id() -> Result<()> {
        let folder = scratch("sink")?;
        let mails = outgoing(10)?;
        load(&[Sink::durable(&folder)?.port], &mails, 50).send()?;
        let kept = std::fs::read(folder.join("sink"))?;
        for place in 0..50 {
            let id = format!("<{}>", message_id("test", place));
            assert_eq!(memchr::memmem::find_iter(&kept, id.as_bytes()).count(), 1, "{id}");
        }
        std::fs::remove_dir_all(&folder)?;
        Ok(())
    }

    #[test]
    #[ignore = "needs Postfix, and to be root"]
    fn postfix_takes_mail_and_empties_its_queue() -> Result<()> {
        let folder = scratch("postfix")?;
        let postfix = Postfix::start(&folder)?;
        load(&[postfix.port], &outgoing(100)?, 200).send()?;
        postfix.wait_until_empty()?;
        drop(postfix);
        std::fs::remove_dir_all(&folder)?;
        Ok(())
    }
}
