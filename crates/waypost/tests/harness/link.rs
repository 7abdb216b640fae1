//! A link to a server on loopback that can be cut or slowed down: between a node and its database, where a real network would fail.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

const OPEN: u8 = 0;
const CUT: u8 = 1;
const FROZEN: u8 = 2;
const GONE: u8 = 3;

/// How often a connection looks whether its link is still as it was.
const LOOK: Duration = Duration::from_millis(20);

/// A port that leads to another. It closes when this is dropped.
pub struct Link {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: AtomicU8,
    /// What each connection passes on at most in each direction, in bytes a second; 0 is as fast as it can.
    limit: AtomicU64,
    /// How long everything takes to the server, in milliseconds.
    delay: AtomicU64,
    /// The bytes that went to the server.
    sent: AtomicU64,
}

impl Link {
    /// A link to a port on loopback, whether anybody listens there yet or not.
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let also = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, target, &also));
        Self { port, shared }
    }

    /// Where to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Resets what is connected, and refuses what comes.
    pub fn cut(&self) {
        self.shared.state.store(CUT, Ordering::SeqCst);
    }

    /// Passes nothing on, without a word to either side: a cable that was pulled.
    pub fn freeze(&self) {
        self.shared.state.store(FROZEN, Ordering::SeqCst);
    }

    /// Lets each connection pass on so many bytes a second in each direction; 0 is as fast as it can.
    pub fn limit(&self, bytes_a_second: u64) {
        self.shared.limit.store(bytes_a_second, Ordering::SeqCst);
    }

    /// Lets everything take so many milliseconds to the server: one that is far away.
    pub fn delay(&self, milliseconds: u64) {
        self.shared.delay.store(milliseconds, Ordering::SeqCst);
    }

    /// How many bytes went to the server.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::SeqCst)
    }

    /// As at first, save its speed; what was frozen flows on.
    pub fn heal(&self) {
        self.shared.state.store(OPEN, Ordering::SeqCst);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.state.store(GONE, Ordering::SeqCst);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn accept(listener: &TcpListener, target: u16, shared: &Arc<Shared>) {
    for near in listener.incoming() {
        match shared.state.load(Ordering::SeqCst) {
            GONE => return,
            CUT => continue,
            _ => {}
        }
        let Ok(near) = near else { continue };
        let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else { continue };
        for (from, to, outward) in [(near.try_clone(), far.try_clone(), true), (Ok(far), Ok(near), false)] {
            let (Ok(from), Ok(to)) = (from, to) else { continue };
            let shared = Arc::clone(shared);
            thread::spawn(move || pass(from, to, outward, &shared));
        }
    }
}

/// Passes bytes on until either side ends or the link is cut.
fn pass(mut from: TcpStream, mut to: TcpStream, outward: bool, shared: &Shared) {
    let state = &shared.state;
    let _ = from.set_read_timeout(Some(LOOK));
    let _ = to.set_nodelay(true);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match state.load(Ordering::SeqCst) {
            OPEN => {}
            FROZEN => {
                thread::sleep(LOOK);
                continue;
            }
            _ => break,
        }
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                // What was on its way when the cable was pulled arrives when it is back, as TCP would send it again.
                while state.load(Ordering::SeqCst) == FROZEN {
                    thread::sleep(LOOK);
                }
                if outward {
                    thread::sleep(Duration::from_millis(shared.delay.load(Ordering::SeqCst)));
                }
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
                let count = u64::try_from(count).unwrap();
                if outward {
                    shared.sent.fetch_add(count, Ordering::SeqCst);
                }
                // Nothing to wait for where there is no limit.
                let wait = (count * 1_000_000).checked_div(shared.limit.load(Ordering::SeqCst)).unwrap_or(0);
                thread::sleep(Duration::from_micros(wait));
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
