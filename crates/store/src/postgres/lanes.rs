//! Lanes: a few tasks that write accepted mail. A lane takes whatever waits, commits it in one transaction, and only then answers.
//! Messages that are larger than a batch have one more lane to themselves: they may be on their way for long, and other mail must not
//! wait for them.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::timeout;

use super::PostgresOptions;
use super::accept::{Windows, accept};
use super::pool::{Database, late, transfer_time};
use super::signals::Signals;
use crate::error::StoreError;
use crate::records::mail::{AcceptOutcome, Acceptance, Accepted};

/// A transaction is not given more than this, in bytes of messages and of what their runs leave, unless a single one is larger.
const BATCH_BYTES: usize = 8 << 20;

/// An acceptance that waits for a lane.
struct Offer {
    acceptance: Acceptance,
    /// Set by whoever is first: the lane that begins it, or the caller that lost patience.
    taken: Arc<AtomicBool>,
    answer: oneshot::Sender<Result<AcceptOutcome, StoreError>>,
}

/// Hands acceptances to the lanes. They end when this is dropped.
pub(super) struct Lanes {
    windows: Windows,
    offers: mpsc::Sender<Offer>,
    large: mpsc::Sender<Offer>,
    patience: Duration,
}

impl Lanes {
    /// Starts them.
    pub(super) fn start(options: &PostgresOptions, db: Database, signals: Signals) -> Self {
        let batch = options.batch.max(1);
        let windows =
            Windows { duplicates: options.duplicate_window.as_secs(), requests: options.idempotency_window.as_secs() };
        let start = |lanes: usize| {
            let (offers, receiver) = mpsc::channel(batch.saturating_mul(4));
            let receiver = Arc::new(Mutex::new(receiver));
            for _ in 0..lanes {
                let lane = Lane { db: db.clone(), signals: signals.clone(), windows, batch };
                tokio::spawn(lane.work(Arc::clone(&receiver)));
            }
            offers
        };
        Self { windows, offers: start(options.lanes.max(1)), large: start(1), patience: options.patience }
    }

    /// How long things are known again.
    pub(super) fn windows(&self) -> Windows {
        self.windows
    }

    /// Keeps an acceptance. One that nobody waits for any more is not begun; the end of one that was begun is waited for.
    pub(super) async fn accept(&self, acceptance: Acceptance) -> Result<AcceptOutcome, StoreError> {
        let (answer, mut receiver) = oneshot::channel();
        let gone = || StoreError::Unavailable("the store is closed".to_owned());
        let bytes = acceptance.bytes();
        let offers = if bytes > BATCH_BYTES { &self.large } else { &self.offers };
        let taken = Arc::new(AtomicBool::new(false));
        let offer = Offer { acceptance, taken: Arc::clone(&taken), answer };
        let asked = async {
            offers.send(offer).await.map_err(|_| gone())?;
            (&mut receiver).await.map_err(|_| gone())?
        };
        match timeout(self.patience.saturating_add(transfer_time(bytes)), asked).await {
            Ok(outcome) => outcome,
            Err(_) if taken.swap(true, Ordering::AcqRel) => receiver.await.map_err(|_| gone())?,
            Err(_) => Err(late()),
        }
    }
}

struct Lane {
    db: Database,
    signals: Signals,
    windows: Windows,
    batch: usize,
}

impl Lane {
    async fn work(self, receiver: Arc<Mutex<mpsc::Receiver<Offer>>>) {
        let mut waiting = Vec::new();
        loop {
            if receiver.lock().await.recv_many(&mut waiting, self.batch).await == 0 {
                return;
            }
            while !waiting.is_empty() {
                let batch;
                (batch, waiting) = choose(waiting);
                self.keep(batch).await;
            }
        }
    }

    /// Keeps a batch and answers. When the database refuses something in it, each is tried alone: one mail must not take others
    /// with it.
    async fn keep(&self, batch: Vec<Offer>) {
        let (acceptances, answers): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|offer| (Arc::new(offer.acceptance), offer.answer)).unzip();
        match self.commit(acceptances.clone()).await {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A caller that went away meanwhile needs no answer.
                    let _ = answer.send(Ok(outcome));
                }
            }
            Err(StoreError::Failed(_) | StoreError::Inconsistent { .. }) if acceptances.len() > 1 => {
                for (answer, acceptance) in answers.into_iter().zip(acceptances) {
                    if answer.is_closed() {
                        continue;
                    }
                    let outcome = self.commit(vec![acceptance]).await;
                    let _ = answer.send(outcome.and_then(|mut outcomes| outcomes.pop().ok_or_else(late)));
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(error.clone()));
                }
            }
        }
    }

    async fn commit(&self, batch: Vec<Arc<Acceptance>>) -> Result<Vec<AcceptOutcome>, StoreError> {
        let windows = self.windows;
        let bytes = batch.iter().map(|acceptance| acceptance.bytes()).sum();
        let outcomes = self
            .db
            .upload(bytes, move |db| {
                Box::pin(async move {
                    let batch: Vec<&Acceptance> = batch.iter().map(AsRef::as_ref).collect();
                    accept(db, &batch, windows).await
                })
            })
            .await?;
        if outcomes.iter().any(is_work) {
            self.signals.work();
        }
        Ok(outcomes)
    }
}

fn is_work(outcome: &AcceptOutcome) -> bool {
    let AcceptOutcome::Committed(accepted) = outcome else { return false };
    accepted.iter().any(|one| matches!(one, Accepted::Created { .. }))
}

/// Splits off what may be kept together: nothing that nobody waits for any more, not too much at once, and of what is compared with
/// each other only the first.
fn choose(waiting: Vec<Offer>) -> (Vec<Offer>, Vec<Offer>) {
    let (mut batch, mut rest) = (Vec::new(), Vec::new());
    let mut bytes = 0_usize;
    let mut messages = HashSet::new();
    let mut requests = HashSet::new();
    for offer in waiting {
        if offer.answer.is_closed() {
            continue;
        }
        let more = bytes.saturating_add(offer.acceptance.bytes());
        let message = offer.acceptance.message.message_id.clone();
        let request = offer.acceptance.idempotency.as_ref().map(|key| key.key.clone());
        let fits = batch.is_empty() || more <= BATCH_BYTES;
        let alone = message.as_ref().is_none_or(|id| !messages.contains(id))
            && request.as_ref().is_none_or(|key| !requests.contains(key));
        if fits && alone {
            bytes = more;
            messages.extend(message);
            requests.extend(request);
            // Its caller may have lost patience just now.
            if !offer.taken.swap(true, Ordering::AcqRel) {
                batch.push(offer);
            }
        } else {
            // What waits is compared with this in turn: the order among them stays.
            messages.extend(message);
            requests.extend(request);
            rest.push(offer);
        }
    }
    (batch, rest)
}
