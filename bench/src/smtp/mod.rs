//! Mail over SMTP to its durable decision, beside Postfix and the disk.

pub(crate) mod disk;
pub(crate) mod load;
pub(crate) mod postfix;
pub(crate) mod server;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use self::load::{Load, Outgoing, Session, message_id, ready};
use self::postfix::Postfix;
use self::server::{Api, Server};
use crate::measure::Figure;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::triage::VIP_PRIORITY;

/// How long one sending, and deciding all of it, may take each.
const LIMIT: Duration = Duration::from_secs(300);

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
    fn fresh(&self, name: &str) -> Result<Fresh> {
        let data = self.scratch.join(name);
        let server = Server::start(&self.program, &data)?;
        server.apply(&self.flows)?;
        let api = server.api()?;
        Ok(Fresh { server, api, data })
    }
}

struct Fresh {
    server: Server,
    api: Api,
    data: PathBuf,
}

impl Fresh {
    fn end(self) -> Result<()> {
        self.server.stop()?;
        remove(&self.data)
    }
}

fn remove(data: &Path) -> Result<()> {
    std::fs::remove_dir_all(data).with_context(|| format!("removing {}", data.display()))
}

/// Mails a second at so many connections each, in rounds that alternate between the server, Postfix and the disk.
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
        let (mut own, mut accepted, mut p99, mut peer, mut disk) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
        // One connection is slower: fewer mails for about the same time.
        let count = if connections == 1 { mails / 2 } else { mails };
        for round in 0..rounds {
            say(&format!("SMTP, {connections} connections, round {} of {rounds}", round + 1));
            disk.push(disk::syncs_per_second(&ground.scratch)?);
            if let Some(postfix) = postfix {
                postfix.wait_until_empty()?;
                let tag = format!("p{connections}-{round}");
                let load =
                    Load { port: postfix.port, mails: &ground.mails, count, connections, tag: &tag, limit: LIMIT };
                let sent = load.send().context("sending to Postfix")?;
                peer.push(count as f64 / (sent.end - sent.start).as_secs_f64());
                postfix.wait_until_empty()?;
            }
            let fresh = ground.fresh(&format!("round-{connections}-{round}"))?;
            let tag = format!("w{connections}-{round}");
            let load =
                Load { port: fresh.server.smtp, mails: &ground.mails, count, connections, tag: &tag, limit: LIMIT };
            let sent = load.send().context("sending to Waypost")?;
            let decided = fresh.api.wait_until_decided(count as u64, LIMIT)?;
            own.push(count as f64 / (decided - sent.start).as_secs_f64());
            accepted.push(count as f64 / (sent.end - sent.start).as_secs_f64());
            p99.push(sent.p99.as_secs_f64() * 1e3);
            check(ground, &fresh.api, &tag, count)?;
            checked += count;
            fresh.end()?;
        }
        let figure = |rounds| Figure::of(rounds).context("no rounds");
        let (own, peer, disk) = (figure(own)?, Figure::of(peer), figure(disk)?);
        let (absolute, times) = match connections {
            1 => (Some(1_500.0), Some(2.0)),
            8 => (Some(5_000.0), Some(4.0)),
            _ => (None, None),
        };
        let decided = Line::new(format!("decided, {connections} connections"), Unit::PerSecond, own);
        let beside_disk = decided.clone().beside("append 8 KiB + fdatasync", disk);
        section.line(match absolute {
            Some(least) => beside_disk.goal(Goal::AtLeast(least)),
            None => beside_disk,
        });
        if let Some(peer) = peer {
            let beside_peer = decided.beside("Postfix, accepted", peer);
            section.line(match times {
                Some(least) => beside_peer.goal(Goal::AtLeastTimes(least)),
                None => beside_peer,
            });
        }
        section.line(Line::new(format!("  accepted, {connections} connections"), Unit::PerSecond, figure(accepted)?));
        section.line(Line::new(
            format!("  99 of 100 accepted within, {connections} connections"),
            Unit::Milliseconds,
            figure(p99)?,
        ));
    }
    section
        .note(format!("{checked} decisions compared with the labels, 0 differ; each round on an empty data directory"));
    if postfix.is_none() {
        section.note("Postfix was left out");
    }
    Ok(section)
}

/// Compares every decision with what its mail's label says.
fn check(ground: &Ground, api: &Api, tag: &str, count: usize) -> Result<()> {
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
    let load = Load {
        port: fresh.server.smtp,
        mails: &ground.mails,
        count: mails,
        connections: 8,
        tag: "memory",
        limit: LIMIT,
    };
    let sent = load.send().context("sending to Waypost")?;
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
