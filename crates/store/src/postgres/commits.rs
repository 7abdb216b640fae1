//! Whether a transaction was committed, when the answer to its COMMIT was lost.
//!
//! Each transaction that writes replaces a mark, a random one, in a row that it has to itself. When the answer to COMMIT does not come, the
//! mark is asked for over a new connection, and replaced: whoever asks waits for the transaction if it is still under way, and one that
//! has not come so far fails then, since it expects the mark that it knew. So the answer holds. A transaction's number would be cheaper
//! (`pg_xact_status`), but another server that took over may have given it to another transaction.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Client, GenericClient, Pool, Transaction};
use tokio::time::{Instant, sleep, timeout};
use tokio::try_join;
use tokio_postgres::types::ToSql;
use uuid::Uuid;
use waypost_origin::Origin;

use super::hints::Outbox;
use super::pool::{execute, row};
use crate::error::StoreError;
use crate::records::events::Hint;
use crate::rules::events::{Ears, Hints};

/// Replaces the mark that was known; fails, and the transaction with it, if it is another by now.
pub(super) const MARK: &str = "WITH marked AS (
        UPDATE commits SET mark = $3, at = now() WHERE slot = $1 AND mark = $2 RETURNING 1)
    SELECT 1 / count(*) FROM marked";

/// Makes a row.
const MAKE: &str = "INSERT INTO commits (slot, mark, at) VALUES ($1, $2, now())";

/// Answers the mark of a row, once the transaction that replaces it has ended, and replaces it.
const ASK: &str = "WITH found AS (SELECT mark FROM commits WHERE slot = $1 FOR UPDATE)
    UPDATE commits SET mark = gen_random_uuid(), at = now() FROM found WHERE slot = $1 RETURNING found.mark";

/// Rows of nodes that are gone are removed after a while. In a day nobody asks any more.
const FORGET: &str = "DELETE FROM commits WHERE at < now() - interval '1 day'";

/// A node does not use a row again that it has not used for so long.
const USED_AGAIN: Duration = Duration::from_secs(12 * 3600);

/// How long to wait before the database is asked again.
const AGAIN: Duration = Duration::from_millis(100);

/// How many times the usual patience the database may be away before it is not asked any more: a standby takes over in that time.
const PATIENCES: u32 = 3;

/// The rows that this node knows, and how it asks for them.
#[derive(Clone)]
pub(super) struct Commits {
    pool: Pool,
    patience: Duration,
    free: Arc<Mutex<Vec<(Uuid, Uuid, Instant)>>>,
    origin: Origin,
    ears: Ears,
    /// What other nodes are told.
    outbox: Outbox,
}

/// The mark that a transaction leaves, and where.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    slot: Uuid,
    before: Uuid,
    mark: Uuid,
}

impl Mark {
    /// As [`MARK`] takes it.
    pub(super) fn parameters(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.slot, &self.before, &self.mark]
    }
}

impl Commits {
    pub(super) fn new(pool: Pool, patience: Duration, origin: Origin) -> Self {
        Self { pool, patience, free: Arc::default(), origin, ears: Ears::default(), outbox: Outbox::default() }
    }

    /// Who listens to what happens in these transactions.
    pub(super) fn ears(&self) -> &Ears {
        &self.ears
    }

    /// What other nodes are told.
    pub(super) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Tells those who watch, here and on other nodes, what was changed.
    pub(super) fn tell(&self, hints: Vec<Hint>) {
        self.ears.changed(&hints);
        self.outbox.put(hints);
    }

    /// Begins what may commit once.
    pub(super) async fn begin(&self, db: &Client) -> Result<Ending, StoreError> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (slot, before) = match free {
            Some((slot, before, used)) if used.elapsed() < USED_AGAIN => (slot, before),
            _ => {
                let made = (self.origin.id(), self.origin.id());
                execute(db, MAKE, &[&made.0, &made.1]).await?;
                made
            }
        };
        let mark = Mark { slot, before, mark: self.origin.id() };
        Ok(Ending { commits: self.clone(), mark, state: Arc::default() })
    }

    /// Finds out whether a transaction was committed; none if the database can't be asked in time.
    async fn was_kept(&self, mark: Mark) -> Option<bool> {
        let until = Instant::now() + self.patience * PATIENCES;
        while Instant::now() < until {
            match timeout(self.patience, self.ask(mark)).await {
                Ok(Ok(kept)) => return Some(kept),
                Ok(Err(error)) => tracing::debug!(%error, "could not check whether a commit was kept; retrying"),
                Err(_) => {}
            }
            sleep(AGAIN).await;
        }
        None
    }

    async fn ask(&self, mark: Mark) -> Result<bool, StoreError> {
        let db = self.pool.get().await?;
        let answer = row(&db, ASK, &[&mark.slot]).await;
        if answer.is_err() {
            drop(Client::take(db));
        }
        let found: Option<Uuid> = answer?.map(|row| row.try_get(0)).transpose()?;
        Ok(found == Some(mark.mark))
    }
}

/// Removes rows of nodes that are gone.
pub(super) async fn forget(db: &impl GenericClient) -> Result<(), StoreError> {
    execute(db, FORGET, &[]).await.map(drop)
}

/// How a transaction ends.
#[derive(Clone)]
pub(super) struct Ending {
    commits: Commits,
    mark: Mark,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// The COMMIT is on its way: from now on only the database knows.
    begun: AtomicBool,
    /// It was committed.
    done: AtomicBool,
    /// It was not, or nobody knows.
    failed: AtomicBool,
    /// The connection is of no use any more.
    broken: AtomicBool,
    /// What is told once it was committed.
    hints: Hints,
}

impl Ending {
    /// Whether the transaction may be committed already. Whoever has lost patience waits on: the end is found out in a time of its own.
    pub(super) fn has_begun(&self) -> bool {
        self.state.begun.load(Ordering::Acquire)
    }

    /// Who listens to what happens in the transaction.
    pub(super) fn ears(&self) -> &Ears {
        &self.commits.ears
    }

    /// What those who watch are told once the transaction was committed.
    pub(super) fn hints(&self) -> &Hints {
        &self.state.hints
    }

    /// Whether the connection must not be used again.
    pub(super) fn is_broken(&self) -> bool {
        self.state.broken.load(Ordering::Acquire)
    }

    /// Lets another transaction use the row, if this one left it as it should be.
    pub(super) fn end(self) {
        if self.state.failed.load(Ordering::Acquire) {
            return;
        }
        let mark = if self.state.done.load(Ordering::Acquire) { self.mark.mark } else { self.mark.before };
        let mut free = self.commits.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.push((self.mark.slot, mark, Instant::now()));
    }

    /// Commits.
    pub(super) async fn commit(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        execute(&transaction, MARK, &self.mark.parameters()).await?;
        self.settle(Duration::ZERO, async { Ok(transaction.commit().await?) }).await
    }

    /// Commits what was begun by hand, after `writes`, which may take so much longer than usual: all in one round trip. Their statements are
    /// prepared, for what is sent together must arrive in this order.
    pub(super) async fn commit_after(
        &self,
        db: &Client,
        longer: Duration,
        writes: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        let mark = db.prepare_cached(MARK).await?;
        let send = |left: Mark| async move {
            let leave = async { db.execute(&mark, &left.parameters()).await.map_err(StoreError::from) };
            let end = async { db.batch_execute("COMMIT").await.map_err(StoreError::from) };
            try_join!(biased; writes, leave, end).map(drop)
        };
        self.commit_by(longer, send).await
    }

    /// Commits by sending what leaves a mark and commits, which may take so much longer than usual.
    pub(super) async fn commit_by<F>(&self, longer: Duration, send: impl FnOnce(Mark) -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        self.settle(longer, send(self.mark)).await
    }

    async fn settle(
        &self,
        longer: Duration,
        sent: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        self.state.begun.store(true, Ordering::Release);
        let error = match timeout(self.commits.patience.saturating_add(longer), sent).await {
            Ok(Ok(())) => {
                self.state.done.store(true, Ordering::Release);
                self.commits.tell(self.state.hints.take());
                return Ok(());
            }
            Ok(Err(error)) => error,
            Err(_) => super::pool::late(),
        };
        self.state.failed.store(true, Ordering::Release);
        if !matches!(error, StoreError::Unavailable(_)) {
            // The server refused it, and rolled it back.
            return Err(error);
        }
        self.state.broken.store(true, Ordering::Release);
        match self.commits.was_kept(self.mark).await {
            Some(true) => {
                tracing::warn!(%error, "the answer to a commit was lost; the database has committed it");
                self.commits.tell(self.state.hints.take());
                Ok(())
            }
            Some(false) => Err(error),
            None => {
                tracing::error!(%error, "the answer to a commit was lost, and the database can't be asked whether it was kept");
                Err(StoreError::Unavailable(format!("{error}; whether it was kept is not known")))
            }
        }
    }
}
