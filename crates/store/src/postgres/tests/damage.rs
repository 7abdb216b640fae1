//! Damage is told.

use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryState};

use super::open;
use super::waits::session;
use crate::conformance::annotations::{before_damage, damage_is_written_over};
use crate::conformance::outbox::{claim_of, delivery, forwards};
use crate::conformance::samples::{accept, at, audit, decided, flow, id, later, queue, queues, run, up_to};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::records::mail::{InteractionFilter, State};
use crate::records::outbox::{AttemptEnd, Attempted, DeliveryFilter};
use crate::records::queues::QueueClaim;
use crate::records::replays::{ReplayRecord, ReplayState};
use crate::records::retention::RetentionLimits;
use crate::records::threads::{ThreadClues, ThreadNote, ThreadRecord};
use crate::traits::{MailStore, OutboxStore, QueueStore, ReplayStore, RetentionStore, ThreadStore};

#[tokio::test]
async fn a_changed_message_or_trace_is_told_and_the_others_are_still_there() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    queues(store).await;
    for number in 1..=4 {
        accept(store, decided(number, run(DecisionKind::Queue))).await;
    }
    let db = session(&opened).await;
    let message = |number: u128| format!("(SELECT message FROM interactions WHERE id = '{}')", id(number));
    db.batch_execute(&format!(
        "UPDATE messages SET raw = set_byte(raw, 9, 1) WHERE id = {};
         UPDATE runs SET trace = '{{}}' WHERE interaction = '{}';
         DELETE FROM messages WHERE id = {};
         UPDATE interactions SET message_sum = NULL WHERE id = '{}';
         UPDATE runs SET trace_sum = NULL, trace = '1' WHERE interaction = '{}';",
        message(1),
        id(2),
        message(3),
        id(4),
        id(4),
    ))
    .await
    .unwrap();
    let damaged = |error: StoreError| matches!(error, StoreError::Damaged { .. });
    assert!(store.raw_message(id(1)).await.is_err_and(damaged), "changed");
    assert!(store.runs(id(2)).await.is_err_and(damaged), "changed");
    assert!(store.raw_message(id(3)).await.is_err_and(damaged), "gone");
    // What an earlier release kept has no checksum.
    assert!(store.raw_message(id(4)).await.unwrap().is_some());
    assert_eq!(store.runs(id(4)).await.unwrap()[0].run.trace, "1");
    assert_eq!(store.interactions(&InteractionFilter::default(), None, 10).await.unwrap().len(), 4);
    let recorded = store.recorded(&[id(1), id(2), id(3), id(4)], 1 << 20).await.unwrap();
    assert_eq!(recorded.iter().map(|one| one.interaction).collect::<Vec<_>>(), [id(4)]);
    let claim = QueueClaim { queue: queue(1), max: 10, lease_seconds: 60, skills: None };
    assert_eq!(store.claim(&claim, at(100)).await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_is_damaged_beside_a_flow_is_written_over() {
    for (text, positions) in [("written = '\\xff'", "positions = '[]'"), ("revision = -1", "positions = 'x'")] {
        let Some(opened) = open().await else { return };
        before_damage(&opened.store).await;
        let of = flow(1);
        let damage = format!(
            "UPDATE version_texts SET {text} WHERE version = 1 AND flow_id = '{of}';
             UPDATE node_positions SET {positions} WHERE flow_id = '{of}'"
        );
        session(&opened).await.batch_execute(&damage).await.unwrap();
        damage_is_written_over(&opened.store).await;
    }
}

#[tokio::test]
async fn an_interaction_that_cannot_be_read_keeps_no_reply_out() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    queues(store).await;
    for number in 1..=3_u8 {
        let mut mail = decided(number, run(DecisionKind::Queue));
        mail.interactions[0].note = Some(ThreadNote::default());
        mail.interactions[0].thread = (number > 1).then(|| ThreadRecord::begun_by(id(1)));
        accept(store, mail).await;
        store.complete(id(number.into()), audit(number.into(), "ops")).await.unwrap();
    }
    let db = session(&opened).await;
    let clues = ThreadClues { marked: Some(id(1).0), ..ThreadClues::default() };
    for (damaged, expected) in [(3, Some(2)), (2, Some(1)), (1, None)] {
        let sql = format!("UPDATE interactions SET thread = '{{' WHERE id = '{}'", id(damaged));
        db.batch_execute(&sql).await.unwrap();
        let newest = store.thread_of(clues.clone()).await.unwrap().unwrap().newest;
        assert_eq!(newest.map(|newest| newest.id.0.as_u128()), expected);
    }
    // What can't be read is erased as well.
    let limits = RetentionLimits { contents: Some(later()), ..RetentionLimits::default() };
    assert_eq!(store.sweep(limits, 10, later()).await.unwrap().contents, 3);
}

#[tokio::test]
async fn a_changed_journal_is_told() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    queues(store).await;
    for number in 1..=2 {
        accept(store, decided(number, run(DecisionKind::Queue))).await;
    }
    let db = session(&opened).await;
    db.batch_execute(&format!("UPDATE journals SET content = '{{}}' WHERE interaction = '{}'", id(1))).await.unwrap();
    let runs = store.runs(id(1)).await.unwrap();
    assert_eq!((runs.len(), &runs[0].run.journal), (1, &None), "the run is shown without it");
    let recorded = store.recorded(&[id(1), id(2)], 1 << 20).await.unwrap();
    assert_eq!(recorded.iter().map(|one| one.interaction).collect::<Vec<_>>(), [id(2)]);
}

#[tokio::test]
async fn a_damaged_replay_stands_in_no_others_way() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    for number in 1..=2 {
        let replay = ReplayRecord {
            id: Uuid::from_u128(number),
            created_at: at(1),
            created_by: "ops".to_owned(),
            request: "{}".to_owned(),
            state: ReplayState::Open,
            starts: 0,
            progress: String::new(),
            report: None,
        };
        store.add_replay(replay).await.unwrap();
    }
    let db = session(&opened).await;
    let first = Uuid::from_u128(1);
    db.batch_execute(&format!("UPDATE replays SET starts = -9 WHERE id = '{first}'")).await.unwrap();
    let lease = |token| Lease { id: Uuid::from_u128(token), until: at(20) };
    let begun = store.begin_replay(lease(7), at(10)).await.unwrap().unwrap();
    assert_eq!(begun.id, Uuid::from_u128(2));
    assert_eq!(store.begin_replay(lease(8), at(90)).await.unwrap().unwrap().id, begun.id, "the first failed for good");
}

#[tokio::test]
async fn a_damaged_delivery_stands_in_no_others_way() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net"), (3, "c@example.net")]))).await;
    let db = session(&opened).await;
    db.batch_execute("UPDATE deliveries SET attempts = -9 WHERE target = 'b@example.net'").await.unwrap();
    let claimed = store.claim_deliveries(claim_of(5, 100), at(50)).await.unwrap();
    assert_eq!(claimed.iter().map(|one| one.id).collect::<Vec<_>>(), [delivery(1), delivery(3)]);
    for (number, end) in [(1, AttemptEnd::Delivered), (3, AttemptEnd::Dead)] {
        let attempted = Attempted { end, answer: "said".to_owned() };
        assert!(store.end_attempt(delivery(number), claim_of(5, 0).lease.id, attempted, at(60)).await.unwrap());
    }
    assert_eq!(store.delivery(delivery(1)).await.unwrap().unwrap().state, DeliveryState::Delivered);
    assert!(store.delivery(delivery(2)).await.is_err_and(|error| error.is_damage()));
    // Whether all have it is not known.
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().state, State::GoingOut);
    for (number, state) in [(1, DeliveryState::Dead), (2, DeliveryState::Pending)] {
        let filter = DeliveryFilter { state: Some(state), ..DeliveryFilter::default() };
        assert_eq!(store.retry_deliveries(&filter, 10, audit(number, "ops")).await.unwrap(), 1, "{state:?}");
    }
    assert_eq!(store.delivery(delivery(3)).await.unwrap().unwrap().state, DeliveryState::Pending);
    assert!(store.erase(id(1), audit(3, "ops")).await.unwrap());
    for number in 1..=3 {
        assert_eq!(store.delivery_content(delivery(number)).await.unwrap(), None);
    }
    assert_eq!(store.delivery(delivery(3)).await.unwrap().unwrap().state, DeliveryState::Cancelled);
}

#[tokio::test]
async fn a_damaged_delivery_stops_neither_the_next_run_nor_the_sweep() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net")]))).await;
    let claimed = store.claim_deliveries(claim_of(5, 100), at(50)).await.unwrap();
    for one in claimed {
        let delivered = Attempted { end: AttemptEnd::Delivered, answer: "said".to_owned() };
        assert!(store.end_attempt(one.id, claim_of(5, 0).lease.id, delivered, at(60)).await.unwrap());
    }
    let db = session(&opened).await;
    db.batch_execute("UPDATE deliveries SET attempts = -9 WHERE target = 'b@example.net'").await.unwrap();
    store.rerun(id(1), false, audit(1, "ops")).await.unwrap();
    let lease = store.claim_runs(up_to(1), at(70)).await.unwrap()[0].lease.id;
    assert!(store.record_run(id(1), lease, run(DecisionKind::Disconnect)).await.unwrap());
    let limits = RetentionLimits { interactions: Some(later()), ..RetentionLimits::default() };
    assert_eq!(store.sweep(limits, 10, later()).await.unwrap().interactions, 1);
    assert_eq!(store.summary().await.unwrap().deliveries.values().sum::<u64>(), 0);
    let of = DeliveryFilter { interaction: Some(id(1)), ..DeliveryFilter::default() };
    assert_eq!(store.deliveries(&of, None, 10).await.unwrap(), []);
}
