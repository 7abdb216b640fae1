//! Submission servers of mailboxes: one that is away or slow holds up nothing but its own mail.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use waypost_ids::MailboxId;

use crate::breaker::{Ended, Targets};

/// At most this many mails are being handed to one: providers count connections.
const MOST: u32 = 3;

/// One that is busy is tried again after this, and after so much longer for each so many that were put off before: thousands that wait for
/// one server must not be claimed each second.
const BUSY: Duration = Duration::from_secs(1);
const EACH: u32 = 20;
const LONGEST: Duration = Duration::from_secs(30);

/// What is known of submission servers, by their mailboxes.
#[derive(Default)]
pub(super) struct Submissions(Mutex<Known>);

#[derive(Default)]
struct Known {
    away: Targets<MailboxId>,
    busy: HashMap<MailboxId, Busy>,
}

/// What waits for one. It is forgotten once nothing is under way.
#[derive(Default)]
struct Busy {
    under_way: u32,
    put_off: u32,
}

impl Busy {
    /// How long the next one waits.
    fn put_off(&mut self) -> Duration {
        let pause = BUSY.saturating_mul(1_u32.saturating_add(self.put_off / EACH)).min(LONGEST);
        self.put_off = self.put_off.saturating_add(1);
        pause
    }
}

/// An attempt that may be made. It counts until this is dropped.
pub(super) struct Turn<'s> {
    all: &'s Submissions,
    mailbox: MailboxId,
    /// Whether it finds out if the server is back.
    asks_again: bool,
}

impl Submissions {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody wants everything tried now that is due: pauses are over, and each server is asked by one attempt.
    pub(super) fn ask_again(&self, now: Instant) {
        self.known().away.ask_again(now);
    }

    /// Begins an attempt; how long to wait if none may be made. One that somebody asked for may, however the server is.
    pub(super) fn begin(&self, mailbox: MailboxId, asked: bool, now: Instant) -> Result<Turn<'_>, Duration> {
        let mut known = self.known();
        let pause = known.away.pause(&mailbox);
        let busy = known.busy.entry(mailbox).or_default();
        if !asked {
            match pause {
                Some(pause) if now < pause.until => return Err(pause.until.saturating_duration_since(now).max(BUSY)),
                Some(_) if busy.under_way > 0 => return Err(busy.put_off()),
                _ if busy.under_way >= MOST => return Err(busy.put_off()),
                _ => {}
            }
        }
        busy.under_way = busy.under_way.saturating_add(1);
        Ok(Turn { all: self, mailbox, asks_again: pause.is_some() })
    }
}

impl Turn<'_> {
    /// Notes how the attempt ended.
    pub(super) fn end(self, ended: &Ended, now: Instant) {
        self.all.known().away.note(&self.mailbox, ended, self.asks_again, now);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut known = self.all.known();
        if let Some(busy) = known.busy.get_mut(&self.mailbox) {
            busy.under_way = busy.under_way.saturating_sub(1);
            if busy.under_way == 0 {
                known.busy.remove(&self.mailbox);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_submission_server_that_is_away_is_asked_by_one_and_no_other_waits() {
        let all = Submissions::default();
        let (away, other) = (MailboxId(Uuid::from_u128(1)), MailboxId(Uuid::from_u128(2)));
        let start = Instant::now();
        for _ in 0..3 {
            all.begin(away, false, start).unwrap().end(&Ended::Unreached, start);
        }
        assert_eq!(all.begin(away, false, start).err(), Some(BUSY));
        assert!(all.begin(away, true, start).is_ok(), "somebody wants it now");
        assert!(all.begin(other, false, start).is_ok());
        all.ask_again(start);
        assert!(all.begin(away, false, start).is_ok(), "whoever retries all asks now");
        let later = start + Duration::from_secs(5);
        let one = all.begin(away, false, later).unwrap();
        assert_eq!(all.begin(away, false, later).err(), Some(BUSY), "one finds out");
        one.end(&Ended::Reached, later);
        let turns = [0, 1, 2].map(|_| all.begin(away, false, later).unwrap());
        assert_eq!(all.begin(away, false, later).err(), Some(BUSY), "so many at a time");
        let pauses: Vec<Duration> = (0..1000).filter_map(|_| all.begin(away, false, later).err()).collect();
        let seconds = |place: usize| pauses[place].as_secs();
        assert_eq!((seconds(0), seconds(19), seconds(99), seconds(999)), (1, 2, 6, 30), "the more, the longer");
        drop(turns);
        assert!(all.begin(away, false, later).is_ok());
    }
}
