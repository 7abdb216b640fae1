//! The one thread that writes. It takes everything that waits, runs it in one transaction, commits, and only then answers:
//! so one sync serves many callers, and whoever has an answer has it on stable storage.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::time::Duration;
use std::vec::Drain;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::tally::Tally;
use crate::error::StoreError;

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
}

type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Run = Box<dyn FnOnce(&mut Session<'_>) -> (Result<(), StoreError>, Answer) + Send>;

struct Command {
    progress: Arc<AtomicU8>,
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

/// Sends commands to the writer. The writer ends when the last handle is gone and everything sent was done.
#[derive(Clone)]
pub(super) struct Writer {
    commands: mpsc::Sender<Command>,
    commits: Arc<AtomicU64>,
    patience: Duration,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(
        db: Connection,
        beside: Connection,
        options: WriterOptions,
    ) -> Result<(Self, std::thread::JoinHandle<()>), StoreError> {
        let checkpointer = Checkpointer::start(beside)?;
        let (commands, receiver) = mpsc::channel(options.batch.saturating_mul(4).max(1));
        let commits = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&commits);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || Thread { db, options, commits: counter, unfolded: 0, checkpointer }.work(receiver))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok((Self { commands, commits, patience: options.patience }, thread))
    }

    /// How many transactions that changed something were committed.
    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Runs `work` in a batch and answers when the batch is on stable storage.
    ///
    /// An outer error undoes the whole batch, for it means that the database failed. A command that refuses for its own reasons
    /// answers an inner `Err`, and must not have written anything by then: others share its transaction.
    pub(super) async fn run<T, E, F>(&self, work: F) -> Result<Result<T, E>, StoreError>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&mut Session<'_>) -> Result<Result<T, E>, StoreError> + Send + 'static,
    {
        let progress = Arc::new(AtomicU8::new(WAITING));
        let ticket = Ticket(Arc::clone(&progress));
        let (sender, mut receiver) = oneshot::channel();
        let run: Run = Box::new(move |session| match work(session) {
            Ok(outcome) => {
                let answer = move |end: Result<(), StoreError>| {
                    // A caller that went away meanwhile needs no answer.
                    let _ = sender.send(end.map(|()| outcome));
                };
                (Ok(()), Box::new(answer))
            }
            Err(error) => {
                let answer = move |end: Result<(), StoreError>| {
                    if let Err(error) = end {
                        let _ = sender.send(Err(error));
                    }
                };
                (Err(error), Box::new(answer))
            }
        });
        let waiting = async {
            self.commands.send(Command { progress, run }).await.map_err(|_| gone())?;
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
    checkpointer: Checkpointer,
}

/// Folds the write-ahead log into the database beside the writer, on a connection of its own: folding waits for the disk
/// longer than any commit.
struct Checkpointer {
    requests: Option<std::sync::mpsc::SyncSender<()>>,
    /// Set when a request was carried out.
    folded: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Checkpointer {
    fn start(db: Connection) -> Result<Self, StoreError> {
        let (requests, receiver) = std::sync::mpsc::sync_channel::<()>(1);
        let folded = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&folded);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || {
                while receiver.recv().is_ok() {
                    fold(&db);
                    done.store(true, Ordering::Release);
                }
            })
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Self { requests: Some(requests), folded, thread: Some(thread) })
    }

    /// Asks for the log to be folded; one request waits at most.
    fn request(&self) {
        if let Some(requests) = &self.requests {
            let _ = requests.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Folds what nobody reads or writes just now.
fn fold(db: &Connection) {
    if let Err(error) = db.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |_| Ok(())) {
        tracing::warn!(%error, "the log could not be folded into the database; it will be tried again");
    }
}

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
                if stuck {
                    // Not even a transaction could be opened. Callers learn it by their commands being dropped.
                    break;
                }
            }
            drop(batch);
            self.fold();
        }
    }

    /// Runs a batch in one transaction. On failure nothing of it is kept.
    fn transact(&mut self, batch: &mut Drain<'_, Command>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
        let end = self.run_all(batch, answers);
        if let Err(error) = &end {
            tracing::error!(%error, commands = answers.len(), "a commit failed");
            if !self.db.is_autocommit()
                && let Err(error) = self.execute("ROLLBACK")
            {
                tracing::error!(%error, "the failed commit could not be rolled back");
            }
        }
        end
    }

    fn run_all(&mut self, batch: &mut Drain<'_, Command>, answers: &mut Vec<Answer>) -> Result<(), StoreError> {
        self.execute("BEGIN IMMEDIATE")?;
        let before = self.db.total_changes();
        let mut tally = Tally::default();
        let mut written = 0;
        for command in batch {
            if !start(&command) {
                continue;
            }
            let mut session = Session { db: &mut self.db, tally: &mut tally, written: &mut written };
            let (end, answer) = (command.run)(&mut session);
            answers.push(answer);
            end?;
        }
        tally.write(&self.db)?;
        let changed = self.db.total_changes() != before;
        self.execute("COMMIT")?;
        if changed {
            self.commits.fetch_add(1, Ordering::Relaxed);
            self.unfolded = self.unfolded.saturating_add(written);
        }
        Ok(())
    }

    fn execute(&self, sql: &str) -> Result<(), StoreError> {
        self.db.prepare_cached(sql)?.execute(())?;
        Ok(())
    }

    /// Has the log folded into the database when it has grown enough. Only the writer can let it start over, once all of it is
    /// folded: when the other thread is done, what came meanwhile is little, and folded here.
    fn fold(&mut self) {
        if self.checkpointer.folded.swap(false, Ordering::Acquire) {
            fold(&self.db);
        } else if self.unfolded >= self.options.checkpoint_bytes {
            self.unfolded = 0;
            self.checkpointer.request();
        }
    }
}

fn start(command: &Command) -> bool {
    command.progress.compare_exchange(WAITING, STARTED, Ordering::AcqRel, Ordering::Acquire).is_ok()
}
