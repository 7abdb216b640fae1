//! A link to a server on loopback that can be cut: between a node and its database, where a real network would fail.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
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
    state: Arc<AtomicU8>,
}

impl Link {
    /// A link to a port on loopback, whether anybody listens there yet or not.
    pub fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(AtomicU8::new(OPEN));
        let shared = Arc::clone(&state);
        thread::spawn(move || accept(&listener, target, &shared));
        Self { port, state }
    }

    /// Where to connect to.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Resets what is connected, and refuses what comes.
    pub fn cut(&self) {
        self.state.store(CUT, Ordering::SeqCst);
    }

    /// Passes nothing on, without a word to either side: a cable that was pulled.
    pub fn freeze(&self) {
        self.state.store(FROZEN, Ordering::SeqCst);
    }

    /// As at first; what was frozen flows on.
    pub fn heal(&self) {
        self.state.store(OPEN, Ordering::SeqCst);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.state.store(GONE, Ordering::SeqCst);
        // Wakes the listener, which then ends.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn accept(listener: &TcpListener, target: u16, state: &Arc<AtomicU8>) {
    for near in listener.incoming() {
        match state.load(Ordering::SeqCst) {
            GONE => return,
            CUT => continue,
            _ => {}
        }
        let Ok(near) = near else { continue };
        let Ok(far) = TcpStream::connect(("127.0.0.1", target)) else { continue };
        for (from, to) in [(near.try_clone(), far.try_clone()), (Ok(far), Ok(near))] {
            let (Ok(from), Ok(to)) = (from, to) else { continue };
            let state = Arc::clone(state);
            thread::spawn(move || pass(from, to, &state));
        }
    }
}

/// Passes bytes on until either side ends or the link is cut.
fn pass(mut from: TcpStream, mut to: TcpStream, state: &AtomicU8) {
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
                if to.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
