//! Whether a transaction was committed, when the answer to its COMMIT was lost.
//!
//! Each transaction that writes leaves a mark, a random one, in a row of its own. When the answer to COMMIT does not come, the row is asked
//! for over a new connection: whoever writes it waits for the end of the transaction that wrote it last, if that is still under way,
//! and then sees its mark or does not. A transaction's number would be cheaper (`pg_xact_status`), but another server that took over
//! may have given it to another transaction.
//!
//! Rows are taken in turn by whoever commits, so that they are few, and nobody waits for another's.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Client, GenericClient, Pool, Transaction};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::pool::{execute, row};
use crate::error::StoreError;

/// Leaves a mark.
pub(super) const MARK: &str = "INSERT INTO commits (slot, mark, at) VALUES ($1, $2, now())
    ON CONFLICT (slot) DO UPDATE SET mark = excluded.mark, at = excluded.at";

/// Reads the mark of a row, after the transaction that writes it has ended.
const ASK: &str = "INSERT INTO commits (slot, mark, at) VALUES ($1, gen_random_uuid(), now())
    ON CONFLICT (slot) DO UPDATE SET at = now() RETURNING mark";

/// Rows of nodes that are gone are removed after a while. In a day nobody asks any more.
const FORGET: &str = "DELETE FROM commits WHERE at < now() - interval '1 day'";

/// How long to wait before the database is asked again.
const AGAIN: Duration = Duration::from_millis(100);

/// How many times the usual patience the database may be away before it is not asked any more: a standby takes over in that time.
const PATIENCES: u32 = 3;

/// The rows that this node knows, and how it asks for them.
#[derive(Clone)]
pub(super) struct Commits {
    pool: Pool,
    patience: Duration,
    free: Arc<Mutex<Vec<Uuid>>>,
}

/// Where a transaction leaves its mark.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) slot: Uuid,
    pub(super) mark: Uuid,
}

impl Commits {
    pub(super) fn new(pool: Pool, patience: Duration) -> Self {
        Self { pool, patience, free: Arc::default() }
    }

    fn take(&self) -> Mark {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Mark { slot: free.unwrap_or_else(Uuid::new_v4), mark: Uuid::new_v4() }
    }

    fn give_back(&self, mark: Mark) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(mark.slot);
    }

    /// Finds out whether a transaction was committed; none if the database can't be asked in time.
    async fn was_kept(&self, mark: Mark) -> Option<bool> {
        let until = Instant::now() + self.patience * PATIENCES;
        while Instant::now() < until {
            match timeout(self.patience, self.ask(mark)).await {
                Ok(Ok(kept)) => return Some(kept),
                Ok(Err(error)) => tracing::debug!(%error, "could not ask whether a commit was kept; it is asked again"),
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
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// The COMMIT is on its way: from now on only the database knows.
    begun: AtomicBool,
    /// The connection is of no use any more.
    broken: AtomicBool,
}

impl Ending {
    pub(super) fn new(commits: Commits) -> Self {
        Self { commits, state: Arc::default() }
    }

    /// Whether the transaction may be committed already. Whoever has lost patience waits on: the end is found out in a time of its own.
    pub(super) fn has_begun(&self) -> bool {
        self.state.begun.load(Ordering::Acquire)
    }

    /// Whether the connection must not be used again.
    pub(super) fn is_broken(&self) -> bool {
        self.state.broken.load(Ordering::Acquire)
    }

    /// Commits.
    pub(super) async fn commit(&self, transaction: Transaction<'_>) -> Result<(), StoreError> {
        let mark = self.commits.take();
        execute(&transaction, MARK, &[&mark.slot, &mark.mark]).await?;
        self.settle(mark, Duration::ZERO, async { Ok(transaction.commit().await?) }).await
    }

    /// Commits by sending what leaves a mark and commits, which may take so much longer than usual.
    pub(super) async fn commit_by<F>(&self, longer: Duration, send: impl FnOnce(Mark) -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<(), StoreError>>,
    {
        let mark = self.commits.take();
        self.settle(mark, longer, send(mark)).await
    }

    async fn settle(
        &self,
        mark: Mark,
        longer: Duration,
        sent: impl Future<Output = Result<(), StoreError>>,
    ) -> Result<(), StoreError> {
        self.state.begun.store(true, Ordering::Release);
        let error = match timeout(self.commits.patience.saturating_add(longer), sent).await {
            Ok(Ok(())) => {
                self.commits.give_back(mark);
                self.state.begun.store(false, Ordering::Release);
                return Ok(());
            }
            Ok(Err(error @ StoreError::Unavailable(_))) => error,
            // The server refused it, and rolled it back.
            Ok(Err(error)) => return Err(error),
            Err(_) => super::pool::late(),
        };
        self.state.broken.store(true, Ordering::Release);
        match self.commits.was_kept(mark).await {
            Some(true) => {
                tracing::warn!(%error, "the answer to a commit was lost; the database has it");
                Ok(())
            }
            Some(false) => Err(error),
            None => {
                tracing::error!(%error, "the answer to a commit was lost, and the database can't be asked: it may be kept or not");
                Err(StoreError::Unavailable(format!("{error}; whether it was kept is not known")))
            }
        }
    }
}
