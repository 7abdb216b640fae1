//! How much waits in queues, and for how long.

use uuid::Uuid;
use waypost_ids::{DecisionKind, InteractionId};

use super::outbox::{claim_of, delivery, forwards};
use super::queues::claim;
use super::samples::{accept, at, audit, decided, id, listed, offer, queue, queues, run, up_to};
use crate::records::audit::AuditRecord;
use crate::records::mail::{Acceptance, InteractionFilter, NewMessage};
use crate::records::outbox::{AttemptEnd, Attempted, Transfer};
use crate::records::queues::{DepthOf, MOST_LATE, QueueDepth};
use crate::traits::Store;

/// The first two queues, of which the first has a service level that work from before `late_before` exceeds.
async fn depths(store: &dyn Store, late_before: i64) -> [QueueDepth; 2] {
    let first = DepthOf { queue: queue(1), late_before: Some(at(late_before)) };
    let second = DepthOf { queue: queue(2), late_before: None };
    store.depths(&[first, second]).await.unwrap().try_into().unwrap()
}

fn depth(waiting: u64, oldest: Option<i64>, late: Option<u64>) -> QueueDepth {
    QueueDepth { waiting, oldest_at: oldest.map(at), late }
}

async fn queued(store: &dyn Store, number: u8) {
    accept(store, decided(number, run(DecisionKind::Queue))).await;
}

fn by_ann(number: u128, second: i64) -> AuditRecord {
    AuditRecord { at: at(second), ..audit(number, "ann") }
}

pub(crate) async fn what_waits_is_counted_by_queue(store: &dyn Store) {
    queues(store).await;
    assert_eq!(depths(store, 5).await, [depth(0, None, Some(0)), depth(0, None, None)]);
    assert_eq!(store.depths(&[]).await.unwrap(), []);
    for number in [3, 1, 2, 9] {
        queued(store, number).await;
    }
    let mut elsewhere = run(DecisionKind::Unrouted);
    elsewhere.decision.queue = Some(queue(2));
    accept(store, decided(4, elsewhere)).await;
    accept(store, decided(5, run(DecisionKind::Disconnect))).await;
    assert_eq!(depths(store, 3).await, [depth(4, Some(1), Some(2)), depth(1, Some(4), None)]);
    let late = async |late: &[(u128, i64)]| {
        let late = late.iter().map(|(number, before)| (queue(*number), at(*before))).collect();
        listed(store, &InteractionFilter { late: Some(late), ..InteractionFilter::default() }).await
    };
    assert_eq!(late(&[(1, 3)]).await, [2, 1]);
    assert_eq!(late(&[(1, 3), (2, 5)]).await, [4, 2, 1]);
    assert_eq!(late(&[]).await, [0; 0]);
    // What is claimed, completed or run again does not wait.
    let token = claim(store, None, 10).await[0].lease.id;
    assert_eq!(depths(store, 3).await[0], depth(0, None, Some(0)));
    store.release(queue(1), token, at(11)).await.unwrap();
    assert_eq!(depths(store, 3).await[0], depth(1, Some(1), Some(1)));
    store.complete(id(1), audit(1, "ops")).await.unwrap();
    assert_eq!(depths(store, 3).await[0], depth(0, None, Some(0)));
    store.rerun(id(4), false, audit(2, "ops")).await.unwrap();
    assert_eq!(depths(store, 3).await[1], depth(0, None, None));
    let lease = store.claim_runs(up_to(1), at(20)).await.unwrap()[0].lease.id;
    let mut again = run(DecisionKind::Queue);
    again.started_at = at(30);
    again.duration_us = 0;
    assert!(store.record_run(id(4), lease, again).await.unwrap());
    assert_eq!(depths(store, 30).await[0], depth(1, Some(30), Some(0)), "it came there by its last run");
}

pub(crate) async fn a_claim_that_comes_to_nothing_makes_no_work_younger(store: &dyn Store) {
    queues(store).await;
    queued(store, 1).await;
    let token = claim(store, None, 10).await[0].lease.id;
    let held = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!(held.queued_at, Some(at(1)), "it is in the queue still");
    store.release(queue(1), token, at(11)).await.unwrap();
    claim(store, None, 20).await;
    // Its time runs out, and a claim of anything gives it back.
    store.claim_runs(up_to(1), at(100)).await.unwrap();
    assert_eq!(depths(store, 5).await[0], depth(1, Some(1), Some(1)));
}

pub(crate) async fn transferred_work_waits_anew(store: &dyn Store) {
    queues(store).await;
    queued(store, 1).await;
    let token = claim(store, None, 10).await[0].lease.id;
    let to = Transfer { queue: queue(2), priority: None, skills: None, language: None, push: None };
    store.transfer(id(1), token, to, by_ann(1, 20)).await.unwrap();
    assert_eq!(depths(store, 100).await, [depth(0, None, Some(0)), depth(1, Some(20), None)]);
}

pub(crate) async fn a_failed_forward_waits_from_then_on(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net")]))).await;
    let going_out = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((depths(store, 5).await[1], going_out.queued_at), (depth(0, None, None), None));
    store.claim_deliveries(claim_of(7, 100), at(50)).await.unwrap();
    let dead = Attempted { end: AttemptEnd::Dead, answer: "550 no".to_owned() };
    assert!(store.end_attempt(delivery(1), Uuid::from_u128(7), dead, at(60)).await.unwrap());
    assert_eq!(depths(store, 5).await[1], depth(1, Some(60), None));
    store.retry_delivery(delivery(1), by_ann(1, 70)).await.unwrap().unwrap();
    assert_eq!(depths(store, 5).await[1], depth(0, None, None), "it is on the way again");
}

/// A count reads no more than this, however much waits; how many wait is told exactly.
pub(crate) async fn late_work_is_counted_up_to_a_bound(store: &dyn Store) {
    queues(store).await;
    let sample = decided(1, run(DecisionKind::Queue));
    let each = 100;
    for batch in 0..=MOST_LATE / each {
        let message = NewMessage { message_id: None, ..sample.message.clone() };
        let offers = (0..each).map(|number| {
            let mut one = offer(1, 1);
            one.id = InteractionId(Uuid::from_u128(u128::from(batch * each + number + 1)));
            one.run.clone_from(&sample.interactions[0].run);
            one
        });
        accept(store, Acceptance { message, interactions: offers.collect(), idempotency: None, taken_from: None })
            .await;
    }
    assert_eq!(depths(store, 5).await[0], depth(MOST_LATE + each, Some(1), Some(MOST_LATE)));
}
