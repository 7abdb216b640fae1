//! One look at a folder: what is new is fetched, accepted, and only then marked, moved or deleted.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures_util::future::try_join_all;
use waypost_mail::hash::content_hash;
use waypost_mailbox::{Found, Problem, Session};
use waypost_store::records::mailboxes::{FolderRecord, MailboxAfter, Place, TakenRecord, Taking};

use super::folder::Before;
use super::watch::Watch;
use super::{MEMORY_KIB, Trouble};
use crate::App;

/// So many messages are looked up at a time.
const CHUNK: usize = 200;

/// At most so many messages, and so many bytes, are fetched at once; a larger message is fetched alone.
const BATCH: usize = 50;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A server may be wrong about a message's size by so much.
const SLACK: usize = 1024 * 1024;

/// A message that so many attempts failed at is set aside: the server answers, and not with the message.
const MOST_REFUSALS: u32 = 3;

/// The same where the connection was lost each time: that is rather the network's fault.
const MOST_LOSSES: u32 = 10;

/// A folder under a look.
struct Looked<'w> {
    watch: &'w Watch,
    name: &'w str,
    validity: u32,
    before: Before,
    all_from: u64,
    /// Whether a queue puts messages into a folder of this name.
    delivered_into: bool,
    /// Whether the server gave a message at this look: then what it refuses is the message's fault.
    gives: AtomicBool,
}

impl Looked<'_> {
    fn place(&self, uid: u32) -> Place {
        self.watch.place(self.name, self.validity, uid)
    }

    /// Whether a message's content must be compared with what was taken.
    fn compares(&self, uid: u32) -> bool {
        self.before.compared && u64::from(uid) < self.all_from
    }
}

/// A message to fetch, and what is known of it.
#[derive(Clone, Copy)]
struct Wanted {
    found: Found,
    attempts: u32,
}

impl App {
    /// Takes what is new in a folder.
    pub(super) async fn look(&self, watch: &Watch, session: &mut Session, name: &str) -> Result<(), Trouble> {
        let opened = session.open(name, true).await.map_err(|problem| no_folder(name, problem))?;
        if opened.read_only {
            let what = format!("the folder `{name}` is read-only: what was taken can't be marked");
            return Err(Trouble::setup(what, "give the user the right to change the folder"));
        }
        let mut folder = self.folder(watch, session, (name, opened)).await?;
        let looked = Looked {
            watch,
            name,
            validity: folder.uid_validity,
            before: Before::read(&folder),
            all_from: folder.all_from,
            delivered_into: self.is_delivered_into(name),
            gives: AtomicBool::new(false),
        };
        self.settle_rest(&looked, session).await?;
        let settled_below = folder.next_uid;
        let uids = if opened.exists == 0 { Vec::new() } else { new_uids(&looked, session, &folder).await? };
        let mut blocked = false;
        for chunk in uids.chunks(CHUNK) {
            if watch.must_end() {
                return Ok(());
            }
            blocked |= self.take_chunk(&looked, session, chunk).await?;
            if let Some(last) = chunk.last().filter(|_| !blocked) {
                folder.next_uid = u64::from(*last).saturating_add(1);
                self.keep_folder(watch, FolderRecord { looked_at: self.origin.now(), ..folder.clone() }).await?;
            }
        }
        if !blocked && folder.next_uid < folder.all_from {
            // All that was there before is settled.
            folder.next_uid = folder.all_from;
            self.keep_folder(watch, FolderRecord { looked_at: self.origin.now(), ..folder }).await?;
        }
        self.take_again(&looked, session, settled_below).await
    }

    /// Takes what was set aside, and somebody has tried again.
    async fn take_again(&self, looked: &Looked<'_>, session: &mut Session, below: u64) -> Result<(), Trouble> {
        let mut from = 0;
        loop {
            let most = u32::try_from(CHUNK).unwrap_or(u32::MAX);
            let uids = self.store.open_messages(looked.place(from), below, most).await?;
            let Some(last) = uids.last().copied() else { return Ok(()) };
            self.take_chunk(looked, session, &uids).await?;
            let Some(next) = last.checked_add(1) else { return Ok(()) };
            from = next;
        }
    }

    /// Does what is left to do with messages that were taken before, by whomever.
    async fn settle_rest(&self, looked: &Looked<'_>, session: &mut Session) -> Result<(), Trouble> {
        let mut from = 0;
        loop {
            let most = u32::try_from(CHUNK).unwrap_or(u32::MAX);
            let uids = self.store.unfinished_messages(looked.place(from), most).await?;
            let Some(last) = uids.last().copied() else { return Ok(()) };
            self.settle(looked, session, uids).await?;
            let Some(next) = last.checked_add(1) else { return Ok(()) };
            from = next;
        }
    }

    /// Takes those messages that were not taken before; answers whether one must be tried again.
    async fn take_chunk(&self, looked: &Looked<'_>, session: &mut Session, uids: &[u32]) -> Result<bool, Trouble> {
        let (Some(first), Some(last)) = (uids.first(), uids.last()) else { return Ok(false) };
        let known = self.store.known_messages(looked.place(*first), *last).await?;
        let known_as = |uid: u32| known.iter().find(|known| known.uid == uid);
        let is_open = |uid: u32| known_as(uid).is_none_or(|known| known.state == Taking::Failed);
        let open: Vec<u32> = uids.iter().copied().filter(|uid| is_open(*uid)).collect();
        if open.is_empty() {
            return Ok(false);
        }
        let mut wanted = Vec::with_capacity(open.len());
        let sizes = match session.sizes(&open).await {
            Ok(sizes) => sizes,
            // A server that tells no sizes may give the messages all the same.
            Err(problem @ Problem::Refused { .. }) if !problem.passes() => Vec::new(),
            Err(problem) => return Err(problem.into()),
        };
        let mut untold: Vec<u32> = open.clone();
        untold.retain(|uid| !sizes.iter().any(|found| found.uid == *uid));
        for found in sizes {
            if u64::from(found.uid) < looked.all_from && looked.before.leaves(&found) {
                continue;
            }
            let most = looked.watch.mailboxes.most;
            if usize::try_from(found.size).unwrap_or(usize::MAX) > most {
                let why = format!("it has {} bytes; the limit is {most} (--max-message-bytes)", found.size);
                self.set_aside(looked, found.uid, why).await?;
                continue;
            }
            let attempts = known_as(found.uid).map_or(0, |known| known.attempts);
            // What failed may be larger than the server says.
            let size = if attempts > 0 { u32::try_from(most).unwrap_or(u32::MAX) } else { found.size };
            wanted.push(Wanted { found: Found { size, ..found }, attempts });
        }
        if let (Some(first), Some(last)) = (untold.first(), untold.last()) {
            // What is gone was deleted by somebody else. What is there, and was told of in no way that can be read, is fetched alone.
            let there = session.find(*first, Some(*last), "").await?;
            let gone = untold.iter().filter(|uid| !there.contains(uid) && known_as(**uid).is_some());
            let gone: Vec<TakenRecord> = gone.map(|uid| settled(*uid)).collect();
            if !gone.is_empty() {
                self.store.note_messages(looked.place(0), gone, self.origin.now()).await?;
            }
            for uid in untold.into_iter().filter(|uid| there.contains(uid)) {
                let size = u32::try_from(looked.watch.mailboxes.most).unwrap_or(u32::MAX);
                let attempts = known_as(uid).map_or(0, |known| known.attempts).max(1);
                wanted.push(Wanted { found: Found { uid, size, received: None }, attempts });
            }
        }
        // One that ends the connection each time must not be in the way of the others.
        wanted.sort_unstable_by_key(|wanted| (wanted.attempts, wanted.found.uid));
        let (mut blocked, mut refused) = (false, Vec::new());
        for batch in batches(&wanted) {
            if looked.watch.must_end() {
                return Ok(true);
            }
            blocked |= self.take_batch(looked, session, batch, &mut refused).await?;
        }
        if let Some((_, problem)) = refused.first().filter(|_| !looked.gives.load(Ordering::Relaxed)) {
            // It gives none: that passes, and must set nothing aside.
            looked.watch.troubled.store(true, Ordering::Relaxed);
            self.note_trouble(looked.watch, &Trouble::from(problem.clone())).await;
            return Ok(true);
        }
        for (one, problem) in refused {
            blocked |= self.failed(looked, one, &problem).await?;
        }
        Ok(blocked)
    }

    /// Fetches messages, accepts them, and settles them; answers whether one must be tried again, besides those that were refused.
    async fn take_batch(
        &self,
        looked: &Looked<'_>,
        session: &mut Session,
        batch: &[Wanted],
        refused: &mut Vec<(Wanted, Problem)>,
    ) -> Result<bool, Trouble> {
        let bytes = bytes_of(batch).saturating_add(SLACK);
        let kib = u32::try_from(bytes / 1024).unwrap_or(u32::MAX).clamp(1, MEMORY_KIB);
        let room = looked.watch.mailboxes.memory.acquire_many(kib).await;
        let uids: Vec<u32> = batch.iter().map(|wanted| wanted.found.uid).collect();
        let most = looked.watch.mailboxes.most.saturating_add(SLACK);
        let fetched = match (session.fetch(&uids, most, bytes).await, batch) {
            (Ok(fetched), _) => fetched,
            // Nothing is wrong with the messages: three of these must not set them aside.
            (Err(problem), _) if problem.passes() => return Err(problem.into()),
            (Err(problem), [one]) => {
                drop(room);
                if problem.ends_connection() {
                    self.failed(looked, *one, &problem).await?;
                    return Err(problem.into());
                }
                refused.push((*one, problem));
                return Ok(false);
            }
            (Err(problem), _) if problem.ends_connection() => {
                // Whichever it was, the next attempt finds out: those that failed are fetched alone.
                for one in batch {
                    self.failed(looked, *one, &problem).await?;
                }
                return Err(problem.into());
            }
            (Err(_), _) => {
                drop(room);
                let mut blocked = false;
                for one in batch {
                    blocked |= Box::pin(self.take_batch(looked, session, std::slice::from_ref(one), refused)).await?;
                }
                return Ok(blocked);
            }
        };
        let mut letters: Vec<(u32, Bytes)> = Vec::with_capacity(fetched.len());
        for one in fetched {
            if let Some(raw) = one.raw.filter(|_| !letters.iter().any(|(uid, _)| *uid == one.uid)) {
                letters.push((one.uid, raw));
            }
        }
        let taking = letters.iter().map(|(uid, raw)| self.take_or_know(looked, *uid, raw));
        try_join_all(taking).await?;
        drop(room);
        let taken: Vec<u32> = letters.iter().map(|(uid, _)| *uid).collect();
        if !taken.is_empty() {
            looked.gives.store(true, Ordering::Relaxed);
            let now = self.origin.now();
            looked.watch.tell(|health| health.last_mail = Some(now));
            self.settle(looked, session, taken.clone()).await?;
        }
        let mut blocked = false;
        for missing in batch.iter().filter(|wanted| !taken.contains(&wanted.found.uid)) {
            // What is gone was deleted by somebody else.
            let uid = missing.found.uid;
            if session.find(uid, Some(uid), "").await?.contains(&uid) {
                let problem = Problem::Refused { command: "FETCH", words: "the answer has no message".to_owned() };
                blocked |= self.failed(looked, *missing, &problem).await?;
            }
        }
        Ok(blocked)
    }

    /// Accepts a message, unless its content was taken under another UID.
    async fn take_or_know(&self, looked: &Looked<'_>, uid: u32, raw: &Bytes) -> Result<(), Trouble> {
        // What a queue put there came in before, or this round is the last one that it makes.
        if looked.compares(uid) || looked.delivered_into {
            let hash = content_hash(raw);
            if self.store.is_content_known(looked.watch.id(), hash).await? {
                let known = TakenRecord { uid, state: Taking::Taken, attempts: 0, content_hash: Some(hash), why: None };
                return Ok(self.store.note_messages(looked.place(uid), vec![known], self.origin.now()).await?);
            }
        }
        self.take_letter(looked.watch, looked.place(uid), raw.clone()).await
    }

    /// Marks, moves or deletes messages that were taken, and notes that they are settled. A server that refuses is asked again at the next
    /// look; mail is taken meanwhile.
    async fn settle(&self, looked: &Looked<'_>, session: &mut Session, mut uids: Vec<u32>) -> Result<(), Trouble> {
        uids.sort_unstable();
        let done = match &looked.watch.mailbox.settings.after {
            MailboxAfter::Flag(flag) => session.mark(&uids, flag).await,
            MailboxAfter::MoveTo(folder) => session.move_to(&uids, folder).await,
            MailboxAfter::Delete => session.delete(&uids).await,
        };
        match done {
            Ok(()) => {}
            Err(problem) if problem.ends_connection() => return Err(problem.into()),
            Err(problem) => {
                // Without MOVE a copy was made by then. Another one at each look would fill the folder.
                let copied = matches!(looked.watch.mailbox.settings.after, MailboxAfter::MoveTo(_))
                    && matches!(problem, Problem::Refused { command: "STORE" | "EXPUNGE", .. });
                let what = format!("mail was taken but could not be marked, moved or deleted: {problem}");
                let suggestion = "check `after`: `waypost mailboxes test` says what is wrong".to_owned();
                looked.watch.troubled.store(true, Ordering::Relaxed);
                self.note_trouble(looked.watch, &Trouble::setup(what, suggestion)).await;
                if !copied {
                    return Ok(());
                }
            }
        }
        let notes = uids.iter().map(|uid| settled(*uid));
        Ok(self.store.note_messages(looked.place(0), notes.collect(), self.origin.now()).await?)
    }

    /// Notes that an attempt at a message failed; answers whether there is to be another.
    async fn failed(&self, looked: &Looked<'_>, wanted: Wanted, problem: &Problem) -> Result<bool, Trouble> {
        let attempts = wanted.attempts.saturating_add(1);
        let lost = problem.ends_connection() && !matches!(problem, Problem::TooMuch(_));
        if attempts >= if lost { MOST_LOSSES } else { MOST_REFUSALS } {
            let why = format!("it could not be fetched in {attempts} attempts: {problem}");
            self.set_aside(looked, wanted.found.uid, why).await?;
            return Ok(false);
        }
        let uid = wanted.found.uid;
        let why = Some(problem.to_string());
        let note = TakenRecord { uid, state: Taking::Failed, attempts, content_hash: None, why };
        self.store.note_messages(looked.place(uid), vec![note], self.origin.now()).await?;
        Ok(true)
    }

    /// Leaves a message where it is, for a person to look at.
    async fn set_aside(&self, looked: &Looked<'_>, uid: u32, why: String) -> Result<(), Trouble> {
        let (mailbox, folder) = (looked.watch.mailbox.as_ref(), looked.name);
        tracing::error!(mailbox = %mailbox.id, name = mailbox.name, folder, uid, why, "a message of the mailbox was set aside and is not taken");
        let now = self.origin.now();
        looked.watch.tell(|health| {
            health.last_error = Some((now, format!("message {uid} of `{folder}` was set aside: {why}")));
        });
        let note = TakenRecord { uid, state: Taking::SetAside, attempts: 0, content_hash: None, why: Some(why) };
        self.store.note_messages(looked.place(uid), vec![note], now).await?;
        // People see it at once, and not when the lease is next renewed.
        self.keep_health(looked.watch).await;
        Ok(())
    }
}

/// A message with which nothing is left to do.
fn settled(uid: u32) -> TakenRecord {
    TakenRecord { uid, state: Taking::Done, attempts: 0, content_hash: None, why: None }
}

/// A folder that can't be opened, told with its name.
fn no_folder(name: &str, problem: Problem) -> Trouble {
    match problem {
        Problem::Refused { words, .. } => Trouble::setup(
            format!("the folder `{name}` can't be opened: {words}"),
            "check `folders`: `waypost mailboxes test` lists those that exist",
        ),
        other => other.into(),
    }
}

/// The UIDs that are not settled, ascending: of what was there before those that fit, and all that came since.
async fn new_uids(looked: &Looked<'_>, session: &mut Session, folder: &FolderRecord) -> Result<Vec<u32>, Problem> {
    let mut uids = Vec::new();
    let next = u32::try_from(folder.next_uid.max(1)).ok();
    let last_before = u32::try_from(looked.all_from.saturating_sub(1)).unwrap_or(u32::MAX);
    if let (Some(next), Some(criterion)) = (next.filter(|next| *next <= last_before), looked.before.criterion()) {
        uids = session.find(next, Some(last_before), &criterion).await?;
        uids.retain(|uid| *uid <= last_before);
    }
    if let Ok(from) = u32::try_from(folder.next_uid.max(looked.all_from).max(1)) {
        uids.extend(session.find(from, None, "").await?);
    }
    Ok(uids)
}

fn bytes_of(batch: &[Wanted]) -> usize {
    batch.iter().map(|wanted| usize::try_from(wanted.found.size).unwrap_or(usize::MAX)).fold(0, usize::saturating_add)
}

/// Messages in batches that are fetched at once. One that failed before is fetched alone.
fn batches(wanted: &[Wanted]) -> Vec<&[Wanted]> {
    let mut batches = Vec::new();
    let mut rest = wanted;
    while let Some(first) = rest.first() {
        let (mut end, mut bytes) = (0_usize, 0_usize);
        for one in rest {
            let size = usize::try_from(one.found.size).unwrap_or(usize::MAX);
            let more = bytes.saturating_add(size);
            let fits = end == 0 || (first.attempts == 0 && one.attempts == 0 && end < BATCH && more <= BATCH_BYTES);
            if !fits {
                break;
            }
            (end, bytes) = (end.saturating_add(1), more);
        }
        let Some((batch, after)) = rest.split_at_checked(end) else { break };
        batches.push(batch);
        rest = after;
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_bounded_in_number_and_bytes() {
        let wanted = |sizes: &[(u32, u32)]| -> Vec<Wanted> {
            let uids = 1..;
            let found = sizes.iter().zip(uids).map(|((size, attempts), uid)| Wanted {
                found: Found { uid, size: *size, received: None },
                attempts: *attempts,
            });
            found.collect()
        };
        let lengths =
            |sizes: &[(u32, u32)]| batches(&wanted(sizes)).iter().map(|batch| batch.len()).collect::<Vec<_>>();
        assert_eq!(lengths(&[(10, 0); 120]), [50, 50, 20]);
        assert_eq!(lengths(&[(5_000_000, 0), (5_000_000, 0), (60_000_000, 0), (1, 0)]), [1, 1, 1, 1]);
        assert_eq!(lengths(&[(1, 0), (1, 0), (1, 2), (1, 0), (1, 0)]), [2, 1, 2]);
        assert_eq!(lengths(&[]), Vec::<usize>::new());
    }
}
