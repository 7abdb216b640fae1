//! What happens, for those who watch: the newest hints in a ring that all watchers read, each from where it came to. A watcher that is slow
//! takes no memory; it learns that it missed something.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;
use waypost_store::records::events::Hint;

/// So many hints are kept. They are small: all together take less than a megabyte.
const KEPT: usize = 4096;

/// How far a watcher has come on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which process counted: another one counts anew.
    process: Uuid,
    /// The number of the last hint that was read.
    last: u64,
}

impl Cursor {
    /// Reads what its `Display` wrote.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (process, last) = text.rsplit_once('-')?;
        Some(Self { process: Uuid::try_parse(process).ok()?, last: last.parse().ok()? })
    }

    /// Whether there is something to read once this is the newest, or other than before.
    #[must_use]
    pub fn is_before(self, newest: u64) -> bool {
        self.last != newest
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.process.simple(), self.last)
    }
}

/// What a watcher reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// What was changed since, oldest first.
    Hints(Vec<(Cursor, Arc<Hint>)>),
    /// What was changed since is not known any more.
    Lost(Loss),
}

/// Why something is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The cursor is not of this process, or none that it gave.
    Unknown,
    /// It is older than what is kept.
    Slow,
    /// This node did not hear all that others changed.
    Missed,
}

/// What happens.
pub struct Live {
    process: Uuid,
    ring: Mutex<Ring>,
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct Ring {
    hints: VecDeque<Arc<Hint>>,
    /// The number of the newest.
    newest: u64,
    /// What came up to this one is not known: something was missed then.
    missed: u64,
}

impl Live {
    pub(crate) fn new(process: Uuid) -> Self {
        Self { process, ring: Mutex::default(), newest: watch::channel(0).0 }
    }

    pub(crate) fn changed(&self, hints: &[Hint]) {
        let mut ring = self.ring();
        for hint in hints {
            if ring.hints.len() >= KEPT {
                ring.hints.pop_front();
            }
            ring.hints.push_back(Arc::new(hint.clone()));
            ring.newest += 1;
        }
        self.newest.send_replace(ring.newest);
    }

    pub(crate) fn missed(&self) {
        let mut ring = self.ring();
        ring.hints.clear();
        ring.newest += 1;
        ring.missed = ring.newest;
        self.newest.send_replace(ring.newest);
    }

    /// Rings whenever there is something new.
    pub fn rings(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// Where whoever begins to watch now begins.
    pub fn now(&self) -> Cursor {
        Cursor { process: self.process, last: self.ring().newest }
    }

    /// What was changed since a cursor, the oldest `most` of it.
    pub fn since(&self, cursor: Cursor, most: usize) -> Read {
        let ring = self.ring();
        if cursor.process != self.process || cursor.last > ring.newest {
            return Read::Lost(Loss::Unknown);
        }
        if cursor.last < ring.missed {
            return Read::Lost(Loss::Missed);
        }
        let unread = usize::try_from(ring.newest - cursor.last).unwrap_or(usize::MAX);
        let Some(skipped) = ring.hints.len().checked_sub(unread) else { return Read::Lost(Loss::Slow) };
        let numbered = (cursor.last + 1..).zip(ring.hints.iter().skip(skipped));
        let read = numbered.map(|(last, hint)| (Cursor { last, ..cursor }, Arc::clone(hint)));
        Read::Hints(read.take(most).collect())
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use waypost_ids::Kind;

    use super::*;

    fn hint(number: usize) -> Hint {
        Hint::Object { kind: Kind::Queue, key: number.to_string() }
    }

    fn keys(read: Read) -> Vec<String> {
        let Read::Hints(hints) = read else { panic!("{read:?}") };
        hints
            .iter()
            .map(|(_, hint)| if let Hint::Object { key, .. } = &**hint { key.clone() } else { String::new() })
            .collect()
    }

    #[test]
    fn each_watcher_reads_on_from_where_it_came_to() {
        let live = Live::new(Uuid::from_u128(7));
        let begun = live.now();
        assert_eq!(live.since(begun, 10), Read::Hints(Vec::new()));
        live.changed(&[hint(1), hint(2), hint(3)]);
        assert_eq!(keys(live.since(begun, 2)), ["1", "2"]);
        let Read::Hints(read) = live.since(begun, 2) else { panic!() };
        let (second, _) = &read[1];
        assert_eq!(keys(live.since(*second, 2)), ["3"]);
        assert_eq!(Cursor::read(&second.to_string()), Some(*second));
    }

    #[test]
    fn what_is_lost_is_said_with_the_reason() {
        let live = Live::new(Uuid::from_u128(7));
        let begun = live.now();
        live.changed(&(0..KEPT).map(hint).collect::<Vec<_>>());
        assert_eq!(keys(live.since(begun, KEPT)).len(), KEPT);
        live.changed(&[hint(0)]);
        assert_eq!(live.since(begun, 1), Read::Lost(Loss::Slow));
        let before = live.now();
        live.missed();
        assert_eq!(live.since(before, 1), Read::Lost(Loss::Missed));
        assert_eq!(live.since(live.now(), 1), Read::Hints(Vec::new()));
        let other = Live::new(Uuid::from_u128(8)).now();
        assert_eq!(live.since(other, 1), Read::Lost(Loss::Unknown));
        assert_eq!(live.since(Cursor { last: u64::MAX, ..begun }, 1), Read::Lost(Loss::Unknown));
        for text in ["", "-", "7-x", "00000000000000000000000000000007-99999999999999999999"] {
            assert_eq!(Cursor::read(text), None, "{text}");
        }
    }
}
