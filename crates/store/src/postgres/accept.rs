//! Acceptance: messages, interactions, runs and duplicates of a whole batch in one transaction.
//!
//! What is sent goes in two flights, each one round trip: first the messages and what decides (the epoch, the keys), then what else is
//! written and COMMIT. Messages come before anything is locked: a large one may be on its way for long, and nobody must wait for that.
//! Each is polled in order (`biased`), for a statement is sent when it is first polled; it must have been prepared by then.
//! PostgreSQL runs the statements of a flight one after the other, and answers a COMMIT behind a failed one by rolling back.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use deadpool_postgres::Client;
use futures_util::future::OptionFuture;
use futures_util::{FutureExt, TryFutureExt};
use jiff::Timestamp;
use tokio::try_join;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::commits::Ending;
use super::locks::{self, epoch_of};
use super::pool::{IDLE, Lent, ended, transfer_time};
use super::seen::{self, Wanted};
use super::writes::{Referred, Writes};
use super::{mailboxes, requests, threads};
use crate::error::StoreError;
use crate::records::mail::{AcceptOutcome, Acceptance, IdempotencyKey};
use crate::rules::duplicates::Key;
use crate::rules::threads::copied_from;
use crate::sums::sum;

/// How long things are known again, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Windows {
    pub(super) duplicates: u64,
    pub(super) requests: u64,
}

/// Keeps a batch: all of it or, on an error, nothing. No two acceptances of a batch may have a Message-ID or a request's key in common.
pub(super) async fn accept(
    db: &mut Lent,
    batch: &[&Acceptance],
    windows: Windows,
) -> Result<Vec<AcceptOutcome>, StoreError> {
    let origin = db.origin();
    let messages: Vec<Uuid> = batch.iter().map(|_| origin.id_in_order()).collect();
    let (db, ending) = db.parts();
    ended(db, ending, attempt(db, ending, batch, &messages, windows).await).await
}

async fn attempt(
    db: &Client,
    ending: &Ending,
    batch: &[&Acceptance],
    messages: &[Uuid],
    windows: Windows,
) -> Result<Vec<AcceptOutcome>, StoreError> {
    let take = db.prepare_cached(seen::TAKE).await?;
    let look = db.prepare_cached(seen::LOOK).await?;
    let share = db.prepare_cached(locks::SHARE).await?;
    let epoch = db.prepare_cached(locks::EPOCH).await?;
    let queues = db.prepare_cached("SELECT id FROM queues WHERE id = ANY ($1)").await?;
    let share_threads = db.prepare_cached(locks::THREADS_SHARE).await?;
    let attributes = db.prepare_cached(threads::ATTRIBUTES).await?;
    let add_messages = db.prepare_cached(ADD_MESSAGES).await?;
    let mut upload = Some(begin_with_messages(db, &add_messages, batch, messages));
    let mut answered = HashMap::new();
    if batch.iter().any(|acceptance| acceptance.idempotency.is_some()) {
        if let Some(upload) = upload.take() {
            upload.await?;
        }
        answered = known_requests(db, batch, windows.requests).await?;
    }
    if batch.iter().any(|acceptance| acceptance.taken_from.is_some()) {
        if let Some(upload) = upload.take() {
            upload.await?;
        }
        answered.extend(mailboxes::take(db, batch).await?.into_iter().map(|place| (place, AcceptOutcome::Taken)));
    }
    let fresh = batch.iter().enumerate().filter(|(place, _)| !answered.contains_key(place));
    let wanted = wanted(fresh.map(|(_, acceptance)| *acceptance));
    let named = named_queues(batch);
    let naming: [&(dyn ToSql + Sync); 1] = [&named];
    let (joined, earlier) = copied(batch);
    let earlier = async {
        if earlier.is_empty() {
            return Ok(Vec::new());
        }
        let (locking, looking): ([&(dyn ToSql + Sync); 1], [&(dyn ToSql + Sync); 1]) = ([&joined], [&earlier]);
        // A statement each: the second sees what the first waited for.
        let (_, found) = try_join!(biased; db.query(&share_threads, &locking), db.query(&attributes, &looking))?;
        Ok::<_, StoreError>(found)
    };
    let (_, _, epoch, queues, known, earlier) = try_join!(
        biased;
        OptionFuture::from(upload).map(Option::transpose),
        db.query(&share, &[]).map_err(StoreError::from),
        db.query(&epoch, &[]).map_err(StoreError::from),
        db.query(&queues, &naming).map_err(StoreError::from),
        wanted.take(db, (&take, &look), windows.duplicates),
        earlier,
    )?;
    let queues = queues.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let referred = Referred { epoch: epoch_of(&epoch)?, queues, attributes: threads::attributes_of(&earlier)? };
    let mut writes = Writes::default();
    let mut outcomes = Vec::with_capacity(batch.len());
    for (place, (acceptance, message)) in batch.iter().zip(messages).enumerate() {
        outcomes.push(match answered.remove(&place) {
            Some(known) => {
                writes.drop_message(acceptance, *message);
                known
            }
            None => AcceptOutcome::Committed(writes.add((acceptance, *message), &referred, &wanted, &known)?),
        });
    }
    writes.hint(ending.hints());
    let runs = batch.iter().flat_map(|one| &one.interactions).filter_map(|one| Some(one.run.as_ref()?.bytes()));
    ending.commit_by(transfer_time(runs.sum()), |mark| writes.send(db, ending.ears(), mark)).await?;
    Ok(outcomes)
}

/// Begins, and sends the messages, each as if all its interactions were to be made. While they are on their way the node counts as one
/// that does nothing; nothing is locked yet, so it may.
async fn begin_with_messages(
    db: &Client,
    add: &Statement,
    batch: &[&Acceptance],
    messages: &[Uuid],
) -> Result<(), StoreError> {
    let sent = || batch.iter().zip(messages).filter(|(acceptance, _)| !acceptance.interactions.is_empty());
    let ids: Vec<Uuid> = sent().map(|(_, id)| *id).collect();
    let uses: Vec<i32> = sent().map(|(one, _)| i32::try_from(one.interactions.len()).unwrap_or(i32::MAX)).collect();
    let raws: Vec<&[u8]> = sent().map(|(one, _)| one.message.raw.as_ref()).collect();
    let time = transfer_time(raws.iter().map(|raw| raw.len()).sum());
    let (begin, settle) = if time > IDLE {
        let set = |limit: Duration| format!("SET LOCAL idle_in_transaction_session_timeout = {}", limit.as_millis());
        (format!("BEGIN; {}", set(time)), Some(set(IDLE)))
    } else {
        ("BEGIN".to_owned(), None)
    };
    let facts = sent().map(|(one, _)| one.message.facts.stored()).collect::<Result<Vec<_>, _>>()?;
    let sums: Vec<Option<i64>> = facts.iter().map(|facts| facts.as_ref().map(|facts| sum(facts.as_bytes()))).collect();
    let adding: [&(dyn ToSql + Sync); 5] = [&ids, &uses, &raws, &facts, &sums];
    try_join!(
        biased;
        db.batch_execute(&begin),
        db.execute(add, &adding),
        OptionFuture::from(settle.as_ref().map(|settle| db.batch_execute(settle))).map(Option::transpose),
    )?;
    Ok(())
}

const ADD_MESSAGES: &str = "INSERT INTO messages (id, uses, raw, facts, facts_sum)
        SELECT * FROM unnest($1::uuid[], $2::integer[], $3::bytea[], $4::text[], $5::bigint[])";

fn named_queues(batch: &[&Acceptance]) -> Vec<Uuid> {
    let offered = batch.iter().flat_map(|acceptance| &acceptance.interactions);
    let named: HashSet<Uuid> = offered.filter_map(|one| Some(one.run.as_ref()?.decision.queue?.0)).collect();
    named.into_iter().collect()
}

/// The threads in which a batch's mail has copied attributes, and the interactions that it has them from.
fn copied(batch: &[&Acceptance]) -> (Vec<Uuid>, Vec<Uuid>) {
    let threads = batch.iter().flat_map(|acceptance| &acceptance.interactions).filter_map(|one| one.thread.as_ref());
    threads.filter_map(|thread| Some((thread.id, copied_from(Some(thread))?.0))).unzip()
}

fn wanted<'b>(batch: impl Iterator<Item = &'b Acceptance>) -> Wanted {
    let mut wanted = Wanted::default();
    for acceptance in batch {
        for offered in &acceptance.interactions {
            if let Some(key) = Key::of(&acceptance.message, offered) {
                wanted.add(key, offered.id, acceptance.message.received_at);
            }
        }
    }
    wanted
}

/// Takes the requests' keys; answers those that were taken before, by their place in the batch.
async fn known_requests(
    db: &Client,
    batch: &[&Acceptance],
    window_seconds: u64,
) -> Result<HashMap<usize, AcceptOutcome>, StoreError> {
    let mut keyed: Vec<(usize, &IdempotencyKey, Timestamp)> = Vec::new();
    for (place, acceptance) in batch.iter().enumerate() {
        keyed.extend(acceptance.idempotency.as_ref().map(|key| (place, key, acceptance.message.received_at)));
    }
    let repeated = requests::take(db, keyed, window_seconds).await?;
    Ok(repeated.into_iter().map(|(place, repeated)| (place, repeated.into())).collect())
}
