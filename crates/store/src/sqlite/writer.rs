//! The one thread that writes. It takes everything that waits, runs it in one transaction, commits, and only then answers:
//! so one sync serves many callers, and whoever has an answer has it on stable storage.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::vec::Drain;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::events;
use super::guard::{Files, Guard};
use super::room::Room;
use super::tally::{self, Tally};
use super::upkeep::{Upkeep, fold};
use crate::error::StoreError;
use crate::rules::events::{Ears, Happenings, Hints};

/// A command has not been looked at.
const WAITING: u8 = 0;
/// The writer runs it: its outcome counts, however long it takes.
const STARTED: u8 = 1;
/// Its caller went away before it was started: it must never run.
const GIVEN_UP: u8 = 2;

/// What a command works with.
pub(super) struct Session<'a> {
    /// The connection, inside the batch's transaction.
    pub(super) db: &'a mut Connection,
    /// The counters to change.
    pub(super) tally: &'a mut Tally,
    /// About how many bytes the batch adds to the write-ahead log.
    pub(super) written: &'a mut u64,
    /// What the command does, as far as anybody listens.
    pub(super) events: Happenings,
    pub(super) ears: &'a Ears,
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Is given a session, or why there is none.
type Run = Box<dyn FnOnce(Result<&mut Session<'_>, StoreError>) -> (Result<(), StoreError>, Answer) + Send>;

struct Command {
    progress: Arc<AtomicU8>,
    /// About how many bytes it adds to the disk; none for what must go on while the disk is full.
    grows_by: Option<u64>,
    run: Run,
}

/// Gives a command up when its caller stops waiting, unless it was started.
struct Ticket(Arc<AtomicU8>);

impl Ticket {
    /// Answers whether the command will never run.
    fn give_up(&self) -> bool {
        self.0.compare_exchange(WAITING, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire) != Err(STARTED)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// How the writer behaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct WriterOptions {
    /// At most so many commands in one commit.
    pub(super) batch: usize,
    /// How long a caller waits for its command to be started.
    pub(super) patience: Duration,
    /// The write-ahead log is folded into the database after about so many bytes.
    pub(super) checkpoint_bytes: u64,
}

/// What the writer works on.
pub(super) struct Work {
    /// The connection that writes.
    pub(super) db: Connection,
    /// A connection for what is done beside it.
    pub(super) beside: Connection,
    pub(super) guard: Guard,
    pub(super) room: Room,
    /// Who listens to what happens.
    pub(super) ears: Ears,
}

/// Who waits for the files to be scrubbed, and whether the database is rewritten.
type Scrubs = Arc<Mutex<Vec<(bool, oneshot::Sender<Result<(), StoreError>>)>>>;

/// Sends commands to the writer. The writer ends when the last handle is gone and everything sent was done.
#[derive(Clone)]
pub(super) struct Writer {
    commands: mpsc::Sender<Command>,
    commits: Arc<AtomicU64>,
    patience: Duration,
    files: Files,
    room: Room,
    scrubs: Scrubs,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(work: Work, options: WriterOptions) -> Result<(Self, std::thread::JoinHandle<()>), StoreError> {
        let Work { db, beside, guard, room, ears } = work;
        let files = guard.files();
        let upkeep = Upkeep::start(beside, &guard, room.clone())?;
        let (commands, receiver) = mpsc::channel(options.batch.saturating_mul(4).max(1));
        let commits = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&commits);
        let scrubs = Scrubs::default();
        let thread = Thread {
            db,
            options,
            commits: counter,
            unfolded: 0,
            upkeep,
            guard,
            room: room.clone(),
            ears,
            scrubs: Arc::clone(&scrubs),
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.work(receiver))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok((Self { commands, commits, patience: options.patience, files, room, scrubs }, thread))
    }

    /// Whether mail is taken: not while the disk is full, and not when the store's files are gone.
    pub(super) fn takes_mail(&self) -> Result<(), StoreError> {
        match self.files.lost() {
            Some(lost) => Err(lost.clone()),
            None if self.room.is_full() => Err(StoreError::Full),
            None => Ok(()),
        }
    }

    /// How many transactions that changed something were committed.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Runs `work` in a batch and answers when the batch is on stable storage.
    ///
    /// An outer error undoes the whole batch, for it means that the database failed; damage that a command met before it wrote anything is
    /// its own alone. A command that refuses for its own reasons
    /// answers an inner `Err`, and must not have written anything by then: others share its transaction.
    pub(super) async fn run<T, E, F>(&self, work: F) -> Result<Result<T, E>, StoreError>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&mut Session<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
    {
        self.submit(None, work).await
    }

    /// The same for what adds about so many bytes, and is refused while the disk is full.
    pub(super) async fn run_if_room<T, E, F>(&self, bytes: usize, work: F) -> Result<Result<T, E>, StoreError>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&mut Session<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
    {
        if self.room.is_full() {
            return Err(StoreError::Full);
        }
        self.submit(Some(u64::try_from(bytes).unwrap_or(u64::MAX)), work).await
    }

    /// Has everything that was erased removed from the log, and with `compact` from the database's free space. It takes as long as it takes;
    /// other commands wait meanwhile.
    pub(super) async fn scrub(&self, compact: bool) -> Result<(), StoreError> {
        let (sender, receiver) = oneshot::channel();
        self.scrubs.lock().unwrap_or_else(PoisonError::into_inner).push((compact, sender));
        // Wakes the thread, which looks behind each batch.
        self.run(|_| Ok(Ok::<_, StoreError>(()))).await??;
        receiver.await.map_err(|_| gone())?
    }

    async fn submit<T, E, F>(&self, grows_by: Option<u64>, work: F) -> Result<Result<T, E>, StoreError>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&mut Session<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
    {
        let progress = Arc::new(AtomicU8::new(WAITING));
        let ticket = Ticket(Arc::clone(&progress));
        let (sender, mut receiver) = oneshot::channel();
        let run: Run = Box::new(move |session| {
            let (session, refused) = match session {
                Ok(session) => (Some(session), None),
                Err(error) => (None, Some(error)),
            };
            let outcome = session.map(|session| {
                let before = session.db.total_changes();
                let outcome = work(&mut *session).and_then(|done| {
                    if done.is_ok() {
                        events::write(session)?;
                    }
                    Ok(done)
                });
                let untouched = session.db.total_changes() == before && !session.db.is_autocommit();
                (outcome, untouched)
            });
            match outcome {
                Some((Err(error), untouched)) if !(untouched && error.is_damage()) => {
                    let answer = move |end: Result<(), StoreError>| {
                        if let Err(error) = end {
                            let _ = sender.send(Err(error));
                        }
                    };
                    (Err(error), Box::new(answer))
                }
                // Who only came upon a damaged row undoes nobody else's work.
                outcome => {
                    let outcome = outcome.map_or_else(|| Err(refused.unwrap_or_else(gone)), |(outcome, _)| outcome);
                    let answer = move |end: Result<(), StoreError>| {
                        // A caller that went away meanwhile needs no answer.
                        let _ = sender.send(outcome.and_then(|outcome| end.map(|()| outcome)));
                    };
                    (Ok(()), Box::new(answer))
                }
            }
        });
        let waiting = async {
            self.commands.send(Command { progress, grows_by, run }).await.map_err(|_| gone())?;
            (&mut receiver).await.map_err(|_| gone())?
        };
        match timeout(self.patience, waiting).await {
            Ok(outcome) => outcome,
            Err(_) if ticket.give_up() => {
                Err(StoreError::Unavailable("the writer did not get to it in time".to_owned()))
            }
            Err(_) => receiver.await.map_err(|_| gone())?,
        }
    }
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer could not work".to_owned())
}

struct Thread {
    db: Connection,
    options: WriterOptions,
    commits: Arc<AtomicU64>,
    /// Bytes written since the log was last folded into the database.
    unfolded: u64,
    upkeep: Upkeep,
    guard: Guard,
    room: Room,
    ears: Ears,
    scrubs: Scrubs,
}

/// While the disk is full a commit counts as this many bytes, and the log is folded after [`FULL_FOLD_BYTES`]: it must not grow.
const FULL_COMMIT_BYTES: u64 = 64 << 10;
const FULL_FOLD_BYTES: u64 = 2 << 20;

/// What a command that grows adds at least: pages of tables and indexes.
const LEAST_GROWTH: u64 = 64 << 10;

impl Thread {
    fn work(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut taken = Vec::with_capacity(self.options.batch);
        while commands.blocking_recv_many(&mut taken, self.options.batch) > 0 {
            let mut batch = taken.drain(..);
            // After a failure the commands behind the failed one have not been run: they make another batch.
            while batch.len() > 0 {
                let mut answers = Vec::with_capacity(batch.len());
                let end = self.transact(&mut batch, &mut answers);
                let stuck = end.is_err() && answers.is_empty();
                for answer in answers {
                    answer(end.clone());
                }
                if let Err(error) = end
                    && stuck
                {
                    // Not even a transaction could be opened.
                    for command in batch.by_ref().filter(start) {
                        let (_, answer) = (command.run)(Err(error.clone()));
                        answer(Err(error.clone()));
                    }
                }
            }
            drop(batch);
            self.fold();
            self.scrub();
        }
        self.stop();
    }

    /// Runs a batch in one transaction. On failure nothing of it is kept.
    fn transact(&mut self, batch: &mut Drain<'_, Command>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
        if let Some(lost) = self.guard.files().lost() {
            return Err(lost.clone());
        }
        let end = self.run_all(batch, answers);
        let Err(error) = end else { return Ok(()) };
        tracing::error!(%error, commands = answers.len(), "a commit failed");
        if !self.db.is_autocommit()
            && let Err(error) = self.execute("ROLLBACK")
        {
            tracing::error!(%error, "the failed commit could not be rolled back");
        }
        // A quota that is used up is no full disk to SQLite.
        if matches!(error, StoreError::Full | StoreError::Unavailable(_)) && self.room.is_out() {
            self.room.is_made();
            return Err(StoreError::Full);
        }
        Err(error)
    }

    fn run_all(&mut self, batch: &mut Drain<'_, Command>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
        let mut spare = self.room.keep_clear();
        self.execute("BEGIN IMMEDIATE")?;
        let before = self.db.total_changes();
        let mut tally = Tally::default();
        let hints = Hints::default();
        let mut written = 0;
        for command in batch {
            if !start(&command) {
                continue;
            }
            if let Some(bytes) = command.grows_by {
                // Each byte is written to the log, and to the database.
                spare = spare.and_then(|left| left.checked_sub(bytes.saturating_mul(2).saturating_add(LEAST_GROWTH)));
                if spare.is_none() {
                    answers.push((command.run)(Err(StoreError::Full)).1);
                    continue;
                }
            }
            let mut session = Session {
                db: &mut self.db,
                tally: &mut tally,
                written: &mut written,
                events: Happenings::heard_by(&self.ears, &hints),
                ears: &self.ears,
            };
            let (end, answer) = (command.run)(Ok(&mut session));
            answers.push(answer);
            end?;
        }
        tally.write(&self.db)?;
        let changed = self.db.total_changes() != before;
        if changed {
            tally::count_commit(&self.db, self.guard.next_commit())?;
        }
        self.execute("COMMIT")?;
        if changed {
            self.commits.fetch_add(1, Ordering::Relaxed);
            self.unfolded = self.unfolded.saturating_add(written);
            self.guard.committed().or_else(|error| self.save(error))?;
        }
        self.ears.changed(&hints.take());
        Ok(())
    }

    /// The log or its index was removed while the database is there: what is in them is still at hand, and goes into the database.
    /// What was committed is safe then.
    fn save(&self, error: StoreError) -> Result<(), StoreError> {
        if self.guard.files().has_database() && folded(&self.db, "PRAGMA wal_checkpoint(FULL)")? {
            return Ok(());
        }
        Err(error)
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.db.prepare_cached(sql)?.execute(())?;
        Ok(())
    }

    /// Has the log folded into the database when it has grown enough. Only the writer can let it start over, once all of it is
    /// folded: when the other thread is done, what came meanwhile is little, and folded here.
    fn fold(&mut self) {
        let mut limit = self.options.checkpoint_bytes;
        if self.room.is_full() {
            self.unfolded = self.unfolded.saturating_add(FULL_COMMIT_BYTES);
            limit = limit.min(FULL_FOLD_BYTES);
        }
        if self.upkeep.has_folded() {
            fold(&self.db, &self.room);
        } else if self.unfolded >= limit {
            self.unfolded = 0;
            self.upkeep.fold();
        }
    }

    fn scrub(&mut self) {
        let asked = std::mem::take(&mut *self.scrubs.lock().unwrap_or_else(PoisonError::into_inner));
        for (compact, answer) in asked {
            // Whoever went away is not told.
            let _ = answer.send(self.scrub_once(compact));
        }
    }

    /// Old pages are in the log until it is emptied, and fragments of old rows in the free space of pages until the database is written anew.
    fn scrub_once(&mut self, compact: bool) -> Result<(), StoreError> {
        if let Some(lost) = self.guard.files().lost() {
            return Err(lost.clone());
        }
        self.guard.rewriting()?;
        let scrubbed = self.rewrite(compact);
        // Whatever came of it, a commit notes how the files are now.
        tally::count_commit(&self.db, self.guard.next_commit())?;
        self.guard.committed()?;
        if scrubbed? {
            Ok(())
        } else {
            Err(StoreError::Unavailable("the log could not be emptied: it is being read".to_owned()))
        }
    }

    fn rewrite(&self, compact: bool) -> Result<bool, StoreError> {
        if compact {
            // As large as the database: not in memory.
            self.db.pragma_update(None, "temp_store", "FILE")?;
            let rewritten = self.db.execute_batch("VACUUM");
            self.db.pragma_update(None, "temp_store", "MEMORY")?;
            rewritten?;
        }
        folded(&self.db, "PRAGMA wal_checkpoint(TRUNCATE)")
    }

    /// An orderly end: everything is in the database, which is complete without any other file.
    fn stop(self) {
        let Self { db, upkeep, guard, room, .. } = self;
        // The last connection removes the log.
        drop(upkeep);
        if guard.files().look().is_err() {
            return;
        }
        let fold = || folded(&db, "PRAGMA wal_checkpoint(TRUNCATE)");
        let end = loop {
            match fold() {
                // The room for the log's content may be that of the reserve.
                Err(StoreError::Full | StoreError::Unavailable(_)) if room.is_made() => {}
                end => break end,
            }
        };
        let closed = match end {
            Ok(true) => db
                .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)
                .and_then(|_| db.close().map_err(|(_, error)| error))
                .map_err(StoreError::from)
                .and_then(|()| guard.stopped()),
            Ok(false) => Err(StoreError::Unavailable("another process reads the database".to_owned())),
            Err(error) => Err(error),
        };
        if let Err(error) = closed {
            tracing::warn!(%error, "could not checkpoint the write-ahead log; it is needed at the next start");
        }
        room.make_some();
    }
}

/// Runs a checkpoint; answers whether all of the log is in the database.
fn folded(db: &Connection, pragma: &str) -> Result<bool, StoreError> {
    Ok(db.query_row(pragma, (), |row| row.get::<_, i64>(0))? == 0)
}

fn start(command: &Command) -> bool {
    command.progress.compare_exchange(WAITING, STARTED, Ordering::AcqRel, Ordering::Acquire).is_ok()
}
