//! The load: mails sent over so many connections, one after the other on each, no pipelining. Every mail sent has a
//! Message-ID of its own, so that a receiver which knows duplicates finds none.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::LIMIT;
use crate::corpus::Mail;
use crate::corpus::synthetic::RECIPIENT;
use crate::triage::Answer;

/// How long one reply may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail made ready: dots doubled (RFC 5321 section 4.5.2), ended, with a gap for the Message-ID.
pub(crate) struct Outgoing {
    before_id: Vec<u8>,
    after_id: Vec<u8>,
    pub(crate) expected: Answer,
}

impl Outgoing {
    pub(crate) fn new(mail: &Mail) -> Result<Self> {
        const FIELD: &[u8] = b"\r\nMessage-ID: <";
        let start = memchr::memmem::find(&mail.raw, FIELD).with_context(|| format!("{}: no Message-ID", mail.name))?;
        let (before, rest) = mail.raw.split_at(start + FIELD.len());
        let end = memchr::memchr(b'>', rest).with_context(|| format!("{}: no end of its Message-ID", mail.name))?;
        let mut after_id = stuffed(&rest[end..]);
        if !after_id.ends_with(b"\r\n") {
            after_id.extend_from_slice(b"\r\n");
        }
        after_id.extend_from_slice(b".\r\n");
        Ok(Self { before_id: stuffed(before), after_id, expected: mail.expected })
    }

    /// About how long it is.
    pub(crate) fn len(&self) -> usize {
        self.before_id.len() + self.after_id.len()
    }

    fn write(&self, id: &str, to: &mut Vec<u8>) {
        to.clear();
        to.extend_from_slice(&self.before_id);
        to.extend_from_slice(id.as_bytes());
        to.extend_from_slice(&self.after_id);
    }
}

fn stuffed(raw: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(raw.len() + 16);
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        if line.first() == Some(&b'.') {
            stuffed.push(b'.');
        }
        stuffed.extend_from_slice(line);
    }
    stuffed
}

/// What to send, and how.
pub(crate) struct Load<'l> {
    /// Connections are spread over them.
    pub(crate) ports: &'l [u16],
    pub(crate) mails: &'l [Outgoing],
    /// How many to send; the mails are taken in turn, again and again.
    pub(crate) count: usize,
    pub(crate) connections: usize,
    /// Distinguishes this sending's Message-IDs from every other's.
    pub(crate) tag: &'l str,
    /// Mails a second over all connections; none is as many as are taken.
    pub(crate) pace: Option<f64>,
    /// Is told what the server said to a mail's end, and when, if it waits to be told.
    pub(crate) watch: Option<&'l SyncSender<(String, Instant)>>,
    /// When to give up.
    pub(crate) limit: Duration,
}

impl<'l> Load<'l> {
    /// As many as are taken, over so many connections.
    pub(crate) fn new(ports: &'l [u16], mails: &'l [Outgoing], count: usize, connections: usize, tag: &'l str) -> Self {
        Self { ports, mails, count, connections, tag, pace: None, watch: None, limit: LIMIT }
    }
}

/// What was sent. All of it was accepted: one refusal fails the sending.
pub(crate) struct Sent {
    /// When the first MAIL FROM went out.
    pub(crate) start: Instant,
    /// When the last mail was accepted.
    pub(crate) end: Instant,
    /// From MAIL FROM to the answer to the mail's end: 99 of 100 mails took at most this long.
    pub(crate) p99: Duration,
}

/// The Message-ID, without its brackets, of a mail by its place in a sending.
pub(crate) fn message_id(tag: &str, place: usize) -> String {
    format!("{tag}.{place}@load.example")
}

impl Load<'_> {
    pub(crate) fn send(&self) -> Result<Sent> {
        let next = AtomicUsize::new(0);
        let ready = Barrier::new(self.connections);
        let threads = std::thread::scope(|scope| {
            let ports = self.ports.iter().cycle().take(self.connections);
            let threads: Vec<_> = ports.map(|port| scope.spawn(|| self.connection(*port, &next, &ready))).collect();
            threads.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
        });
        let mut times = Vec::with_capacity(self.count);
        for thread in threads {
            times.extend(thread.map_err(|_| anyhow::anyhow!("a connection's thread ended early"))??);
        }
        if times.len() != self.count {
            bail!("{} of {} mails were sent", times.len(), self.count);
        }
        let start = times.iter().map(|(start, _)| *start).min().context("nothing was sent")?;
        let end = times.iter().map(|(_, end)| *end).max().context("nothing was sent")?;
        let mut latencies: Vec<Duration> = times.iter().map(|(start, end)| *end - *start).collect();
        latencies.sort_unstable();
        let p99 = latencies[(latencies.len() - 1) * 99 / 100];
        Ok(Sent { start, end, p99 })
    }

    fn connection(&self, port: u16, next: &AtomicUsize, ready: &Barrier) -> Result<Vec<(Instant, Instant)>> {
        let session = Session::open(port);
        // Even a connection that failed must come here: the others wait.
        ready.wait();
        let mut session = session?;
        let begun = Instant::now();
        let mut times = Vec::with_capacity(self.count / self.connections * 2);
        let mut data = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= self.count {
                break;
            }
            if begun.elapsed() > self.limit {
                bail!("gave up after {} s with {place} of {} mails sent", self.limit.as_secs(), self.count);
            }
            let mail = &self.mails[place % self.mails.len()];
            mail.write(&message_id(self.tag, place), &mut data);
            if let Some(pace) = self.pace {
                let due = Duration::from_secs_f64(place as f64 / pace);
                std::thread::sleep(due.saturating_sub(begun.elapsed()));
            }
            let (start, end) = session.deliver(place, &data)?;
            times.push((start, end));
            if let Some(watch) = self.watch {
                // Who is busy with an earlier one misses this.
                let _ = watch.try_send((session.said().to_owned(), end));
            }
        }
        session.command(b"QUIT\r\n", 221)?;
        Ok(times)
    }
}

/// One connection, greeted.
pub(crate) struct Session {
    stream: BufReader<TcpStream>,
    line: String,
}

impl Session {
    pub(crate) fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("connecting over SMTP")?;
        Self::greet(stream)
    }

    /// Opens as soon as somebody listens.
    pub(crate) fn open_when_listening(port: u16, limit: Duration) -> Result<Self> {
        let begun = Instant::now();
        loop {
            match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
                Ok(stream) => return Self::greet(stream),
                Err(error) if error.kind() == ErrorKind::ConnectionRefused && begun.elapsed() < limit => {
                    std::thread::sleep(Duration::from_micros(500));
                }
                Err(error) => return Err(error).context("connecting over SMTP"),
            }
        }
    }

    fn greet(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut session = Self { stream: BufReader::new(stream), line: String::new() };
        session.expect(220)?;
        session.command(b"EHLO load.example\r\n", 250)?;
        Ok(session)
    }

    /// The last line that the server said.
    pub(crate) fn said(&self) -> &str {
        self.line.trim_end()
    }

    /// Whether the server has a route for the mails by now.
    pub(crate) fn is_routed(&mut self) -> Result<bool> {
        self.command(b"MAIL FROM:<probe@load.example>\r\n", 250)?;
        let asked = self.command(format!("RCPT TO:<{RECIPIENT}>\r\n").as_bytes(), 250);
        self.command(b"RSET\r\n", 250)?;
        Ok(asked.is_ok())
    }

    /// Sends one mail; from MAIL FROM to the answer to its end.
    pub(crate) fn deliver(&mut self, place: usize, data: &[u8]) -> Result<(Instant, Instant)> {
        let start = Instant::now();
        self.command(format!("MAIL FROM:<c{place}@load.example>\r\n").as_bytes(), 250)?;
        self.command(format!("RCPT TO:<{RECIPIENT}>\r\n").as_bytes(), 250)?;
        self.command(b"DATA\r\n", 354)?;
        self.command(data, 250)?;
        Ok((start, Instant::now()))
    }

    fn command(&mut self, bytes: &[u8], code: u16) -> Result<()> {
        self.stream.get_mut().write_all(bytes).context("writing over SMTP")?;
        self.expect(code)
    }

    fn expect(&mut self, code: u16) -> Result<()> {
        loop {
            self.line.clear();
            if self.stream.read_line(&mut self.line).context("reading over SMTP")? == 0 {
                bail!("the server closed the connection");
            }
            let (given, rest) = self.line.split_at_checked(3).unwrap_or(("", ""));
            if given.parse() != Ok(code) {
                bail!("the server answered {:?} where {code} was due", self.line.trim_end());
            }
            if !rest.starts_with('-') {
                return Ok(());
            }
        }
    }
}

/// One mail, ready to be sent by [`Session::deliver`].
pub(crate) fn ready(mail: &Outgoing, tag: &str) -> Vec<u8> {
    let mut data = Vec::new();
    mail.write(&message_id(tag, 0), &mut data);
    data
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::Queue;

    #[test]
    fn mails_get_their_own_id_and_doubled_dots() -> Result<()> {
        let raw = b"Subject: a\r\nMessage-ID: <old@x>\r\n\r\n.\r\n..b\r\nc.\r\n".to_vec();
        let mail = Mail { name: String::new(), raw, expected: Answer { queue: Queue::General, vip: false } };
        let data = ready(&Outgoing::new(&mail)?, "t");
        let expected = b"Subject: a\r\nMessage-ID: <t.0@load.example>\r\n\r\n..\r\n...b\r\nc.\r\n.\r\n";
        assert_eq!(String::from_utf8_lossy(&data), String::from_utf8_lossy(expected));
        Ok(())
    }
}
