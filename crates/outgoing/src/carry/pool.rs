//! Connections that are open and have nothing to do.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::dialogue::Dialogue;

/// How long a connection is kept. Receivers close idle ones after some minutes, and some count them.
const LONGEST_IDLE: Duration = Duration::from_secs(30);
/// The most that are kept to one host.
const MOST_TO_A_HOST: usize = 8;
/// The most that are kept.
const MOST: usize = 256;
/// The most mails over one connection: many receivers end it after a hundred.
const MOST_MAILS: u32 = 100;

/// A connection with what it has done.
pub(super) struct Used {
    pub(super) dialogue: Dialogue,
    pub(super) mails: u32,
}

struct Idle {
    used: Used,
    since: Instant,
}

/// Idle connections by host.
#[derive(Default)]
pub(super) struct Pool(Mutex<HashMap<String, Vec<Idle>>>);

impl Pool {
    /// The connection to a host that was used last, if any is fresh enough.
    pub(super) fn take(&self, host: &str) -> Option<Used> {
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = hosts.get_mut(host)?;
        idle.retain(|idle| idle.since.elapsed() < LONGEST_IDLE);
        let taken = idle.pop();
        if idle.is_empty() {
            hosts.remove(host);
        }
        taken.map(|idle| idle.used)
    }

    /// Keeps a connection for the next mail, if there is room.
    pub(super) fn put(&self, host: &str, used: Used) {
        if used.mails >= MOST_MAILS {
            return;
        }
        let mut hosts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.retain(|_, idle| {
            idle.retain(|idle| idle.since.elapsed() < LONGEST_IDLE);
            !idle.is_empty()
        });
        if hosts.values().map(Vec::len).sum::<usize>() >= MOST {
            return;
        }
        let idle = hosts.entry(host.to_owned()).or_default();
        if idle.len() < MOST_TO_A_HOST {
            idle.push(Idle { used, since: Instant::now() });
        }
    }
}
