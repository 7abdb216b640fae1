//! Stands between a server and its mailbox, and strikes at a moment of their talk.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

/// A moment: before a command gets to the mailbox, or after its answer is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before(&'static str),
    After(&'static str),
}

/// Passes everything on, and stops at a moment, once: nothing goes either way from then on.
pub struct Proxy {
    pub port: u16,
    armed: Arc<Armed>,
    struck: (Sender<()>, Receiver<()>),
    waiting: Receiver<()>,
}

impl Proxy {
    pub fn start(mailbox: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (waits, waiting) = channel();
        let armed: Arc<Armed> = Arc::default();
        let talking = Arc::clone(&armed);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(("127.0.0.1", mailbox))) else { continue };
                let (armed, waits) = (Arc::clone(&talking), waits.clone());
                thread::spawn(move || talk(client, server, &armed, &waits));
            }
        });
        Self { port, armed, struck: channel(), waiting }
    }

    /// Waits until somebody has looked into the mailbox this way, and waits for news.
    pub fn wait_for_idle(&self) {
        self.waiting.recv_timeout(super::harness::DEADLINE).expect("nobody came");
    }

    /// From now on the moment counts.
    pub fn strike_at(&self, moment: Moment) {
        *self.armed.lock().unwrap() = Some((moment, self.struck.0.clone()));
    }

    /// Waits for the moment.
    pub fn wait(&self) {
        self.struck.1.recv_timeout(super::harness::DEADLINE).expect("the moment never came");
    }
}

type Armed = Mutex<Option<(Moment, Sender<()>)>>;

/// Whether the moment is now; then it is over, and so is everything else.
fn strikes(armed: &Armed, is_now: impl Fn(Moment) -> bool) -> bool {
    let mut armed = armed.lock().unwrap();
    match armed.take() {
        Some((moment, strikes)) if is_now(moment) => {
            let _ = strikes.send(());
            true
        }
        other => {
            *armed = other;
            false
        }
    }
}

fn talk(client: TcpStream, server: TcpStream, armed: &Arc<Armed>, idles: &Sender<()>) {
    let waits: Arc<Mutex<Option<String>>> = Arc::default();
    let back = {
        let (mut to, from, waits, armed) =
            (client.try_clone().unwrap(), server.try_clone().unwrap(), Arc::clone(&waits), Arc::clone(armed));
        thread::spawn(move || {
            let mut from = BufReader::new(from);
            let mut line = Vec::new();
            while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
                let is_answer =
                    waits.lock().unwrap().as_deref().is_some_and(|tag: &str| line.starts_with(tag.as_bytes()));
                if is_answer && strikes(&armed, |moment| matches!(moment, Moment::After(_))) {
                    // What the mailbox did is done. Nobody hears of it.
                    park();
                }
                if to.write_all(&line).is_err() {
                    break;
                }
                line.clear();
            }
            let _ = to.shutdown(std::net::Shutdown::Both);
        })
    };
    let (mut from, mut to) = (BufReader::new(client), server);
    let mut line = String::new();
    while from.read_line(&mut line).is_ok_and(|read| read > 0) {
        let (tag, command) = line.split_once(' ').unwrap_or(("", &line));
        if strikes(armed, |moment| matches!(moment, Moment::Before(wanted) if command.contains(wanted))) {
            park();
        }
        let is_after = matches!(&*armed.lock().unwrap(), Some((Moment::After(wanted), _)) if command.contains(*wanted));
        if is_after {
            *waits.lock().unwrap() = Some(format!("{tag} "));
        }
        let is_idle = command.starts_with("IDLE");
        if to.write_all(line.as_bytes()).is_err() {
            break;
        }
        if is_idle {
            let _ = idles.send(());
        }
        line.clear();
    }
    let _ = to.shutdown(std::net::Shutdown::Both);
    let _ = back.join();
}

fn park() -> ! {
    loop {
        thread::park();
    }
}
