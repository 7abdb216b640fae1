//! A receiver that takes every mail: with a log, or counting alone. Nothing that parses, indexes, routes or limits can be faster on this
//! machine.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use anyhow::{Context, Result};

use crate::report::say;

/// Where it listens; it ends with the process.
pub(crate) struct Sink {
    pub(crate) port: u16,
    taken: Arc<AtomicUsize>,
}

/// A mail, and whom to tell when it is kept.
struct Waiting {
    mail: Vec<u8>,
    kept: SyncSender<()>,
}

impl Sink {
    /// The bound of what takes mail in: one log, one writer, one fdatasync for all mails that wait, then their 250s.
    pub(crate) fn durable(folder: &Path) -> Result<Self> {
        let path = folder.join("sink");
        let log = File::create(&path).with_context(|| path.display().to_string())?;
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            if let Err(problem) = keep(log, &receiver) {
                say(&format!("the sink can't keep mail: {problem}"));
            }
        });
        Self::start(Some(sender))
    }

    /// Whom mail is delivered to: it forgets what it took.
    pub(crate) fn forgetful() -> Result<Self> {
        Self::start(None)
    }

    /// How many mails it took.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    fn start(keeper: Option<Sender<Waiting>>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let taken = Arc::new(AtomicUsize::new(0));
        let sink = Self { port, taken: Arc::clone(&taken) };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (keeper, taken) = (keeper.clone(), Arc::clone(&taken));
                // A client that went away is no news: the load notices what it misses.
                std::thread::spawn(move || session(stream, keeper.as_ref(), &taken));
            }
        });
        Ok(sink)
    }
}

fn keep(mut log: File, waiting: &Receiver<Waiting>) -> std::io::Result<()> {
    let mut batch = Vec::new();
    while let Ok(first) = waiting.recv() {
        let together: Vec<Waiting> = std::iter::once(first).chain(waiting.try_iter()).collect();
        batch.clear();
        together.iter().for_each(|one| batch.extend_from_slice(&one.mail));
        log.write_all(&batch)?;
        log.sync_data()?;
        for one in together {
            let _ = one.kept.send(());
        }
    }
    Ok(())
}

fn session(stream: TcpStream, keeper: Option<&Sender<Waiting>>, taken: &AtomicUsize) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(64 * 1024, stream);
    let (kept, wait) = sync_channel(1);
    let mut line = Vec::new();
    stream.get_mut().write_all(b"220 sink ESMTP\r\n")?;
    loop {
        line.clear();
        if stream.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default();
        if verb.eq_ignore_ascii_case(b"QUIT") {
            stream.get_mut().write_all(b"221 2.0.0 bye\r\n")?;
            return Ok(());
        }
        if verb.eq_ignore_ascii_case(b"EHLO") {
            stream.get_mut().write_all(b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?;
            continue;
        }
        if verb.eq_ignore_ascii_case(b"DATA") {
            stream.get_mut().write_all(b"354 go on\r\n")?;
            let mail = data(&mut stream)?;
            if let Some(keeper) = keeper {
                keeper.send(Waiting { mail, kept: kept.clone() })?;
                wait.recv()?;
            }
            taken.fetch_add(1, Ordering::Relaxed);
        }
        stream.get_mut().write_all(b"250 2.0.0 ok\r\n")?;
    }
}

/// Everything up to the line with the single dot.
fn data(stream: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut mail = Vec::with_capacity(16 * 1024);
    loop {
        let start = mail.len();
        if stream.read_until(b'\n', &mut mail)? == 0 {
            anyhow::bail!("the mail was cut off");
        }
        if &mail[start..] == b".\r\n" {
            mail.truncate(start);
            return Ok(mail);
        }
    }
}
