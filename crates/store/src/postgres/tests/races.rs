//! What happens between nodes at the same moment, and how much is done at once.

use std::time::Duration;

use tokio::time::sleep;
use waypost_ids::DecisionKind;

use super::waits::{number, session};
use super::{another, open};
use crate::conformance::outbox::{claim_of, forwards};
use crate::conformance::samples::{
    accept, at, audit, decided, flow_record, id, later, lease, mail, offer, queue, queue_record, queues, run, up_to,
};
use crate::error::CommitError;
use crate::postgres::locks;
use crate::records::catalogue::{CatalogueChange, FlowRecord, QueueRecord};
use crate::records::mail::{AcceptOutcome, IdempotencyKey, State};
use crate::records::outbox::{AttemptEnd, Attempted, DeliveryClaim};
use crate::records::queues::QueueClaim;
use crate::records::retention::RetentionLimits;
use crate::traits::{CatalogueStore, MailStore, OutboxStore, QueueStore, RetentionStore};

/// Work that is given back goes from claimed to decided: whoever deletes its queue must see it in one of both.
#[tokio::test]
async fn a_queue_is_not_deleted_while_its_work_is_given_back() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    let agents = another(&opened).await;
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    let claim = QueueClaim { queue: queue(1), max: 1, lease_seconds: 60, skills: None };
    let agent = async {
        for _ in 0..300 {
            let lease = agents.claim(&claim, at(10)).await.unwrap().remove(0);
            agents.release(queue(1), lease.lease.id, at(10)).await.unwrap();
        }
    };
    let mut refused = 0;
    let deleter = async {
        loop {
            let deleted = store.commit(1, vec![CatalogueChange::delete(queue(1))]).await;
            assert!(matches!(deleted, Err(CommitError::Occupied(_))), "after {refused}: {deleted:?}");
            refused += 1;
        }
    };
    tokio::select! {
        () = agent => {}
        () = deleter => {}
    }
    assert!(refused > 10, "{refused}");
}

/// A claim passes over what is locked. So nothing may be locked any more by a change that was refused, once that has been answered.
#[tokio::test]
async fn what_was_refused_is_in_no_claims_way() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    let others = another(&opened).await;
    accept(store, mail(1)).await;
    for round in 0..300 {
        let refused = store.renew_run(id(1), lease(5, 99)).await.unwrap();
        let work = others.claim_runs(up_to(1), at(10)).await.unwrap();
        assert!(!refused && work.len() == 1, "round {round}");
        others.release_run(id(1), work[0].lease.id, false).await.unwrap();
    }
}

/// Many leases that end at once, as when a node vanished, are given back little by little: no transaction holds up the others.
#[tokio::test]
async fn leases_that_ended_are_given_back_a_thousand_at_a_time() {
    let Some(opened) = open().await else { return };
    let db = session(&opened).await;
    let fill = "INSERT INTO interactions (id, state, received_at, queue, decision, priority, initial_priority, runs, duplicates, erased,
            envelope_from, envelope_to, remote, subject, lease, lease_until)
        SELECT gen_random_uuid(), 3, to_timestamp(g), gen_random_uuid(), 0, 0, 0, 1, 0, false, '', '', '', '', gen_random_uuid(),
            to_timestamp(g) FROM generate_series(1, 2500) AS g;
        INSERT INTO counters VALUES (0, 1, 3, 2500)";
    db.batch_execute(fill).await.unwrap();
    let claim = QueueClaim { queue: queue(1), max: 1, lease_seconds: 60, skills: None };
    for left in [1500, 500, 0] {
        assert!(opened.store.claim(&claim, at(1_000_000)).await.unwrap().is_empty());
        assert_eq!(number(&db, "SELECT count(*) FROM interactions WHERE state = 3").await, left);
        // The oldest first.
        let newest =
            "SELECT coalesce(extract(epoch FROM max(lease_until)), 0)::bigint FROM interactions WHERE state = 3";
        assert_eq!(number(&db, newest).await, if left == 0 { 0 } else { 2500 });
    }
    let summary = opened.store.summary().await.unwrap();
    assert_eq!(summary.by_state.into_values().collect::<Vec<_>>(), [2500]);
}

/// Keys outnumber interactions: a sweep takes them in rounds of its own, but not all that there may be.
#[tokio::test]
async fn old_keys_go_in_rounds() {
    let Some(opened) = open().await else { return };
    let db = session(&opened).await;
    let fill = "INSERT INTO seen SELECT decode(md5(g::text), 'hex'), decode(md5(g::text), 'hex'), gen_random_uuid(), to_timestamp(g)
            FROM generate_series(1, 1500) AS g;
        INSERT INTO seen VALUES (decode(md5('new'), 'hex'), decode(md5('new'), 'hex'), gen_random_uuid(), now());
        INSERT INTO idempotency SELECT g::text, '', '', to_timestamp(g) FROM generate_series(1, 1500) AS g;
        INSERT INTO requests SELECT 'c', gen_random_uuid(), g, 1 FROM generate_series(1, 1500) AS g";
    db.batch_execute(fill).await.unwrap();
    let all = "SELECT (SELECT count(*) FROM seen) * 1000000000000 + (SELECT count(*) FROM idempotency) * 1000000
        + (SELECT count(*) FROM requests)";
    // Twenty keys for each interaction that a sweep may take, fifty times.
    for left in [(501, 500, 500), (1, 0, 0), (1, 0, 0)] {
        opened.store.sweep(RetentionLimits::default(), 1, later()).await.unwrap();
        let found = number(&db, all).await;
        assert_eq!((found / 1_000_000_000_000, found / 1_000_000 % 1_000_000, found % 1_000_000), left);
    }
}

/// Mail that is being kept holds its thread. Whoever erases there waits for it, and so finds its copy; a sweep comes again.
#[tokio::test]
async fn an_erasure_waits_for_mail_that_is_being_kept_in_its_thread() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    queues(store).await;
    for number in 1..=2 {
        accept(store, decided(number, run(DecisionKind::Disconnect))).await;
    }
    let held = session(&opened).await;
    held.batch_execute("BEGIN").await.unwrap();
    held.query(locks::THREADS_SHARE, &[&vec![id(1).0]]).await.unwrap();
    let node = another(&opened).await;
    let erasing = tokio::spawn(async move { node.erase(id(1), audit(100, "ops")).await });
    let limits = RetentionLimits { contents: Some(later()), ..RetentionLimits::default() };
    sleep(Duration::from_millis(300)).await;
    assert!(!erasing.is_finished());
    assert_eq!(store.sweep(limits, 10, later()).await.unwrap().contents, 1, "that of the other thread");
    held.batch_execute("COMMIT").await.unwrap();
    assert!(erasing.await.unwrap().unwrap());
    assert!(store.interaction(id(1)).await.unwrap().unwrap().erased);
}

/// Whoever moves nodes of a flow holds its row. Whoever deletes the flow waits for it, and takes these positions away as well.
#[tokio::test]
async fn a_flow_that_is_deleted_while_its_nodes_are_moved_keeps_no_positions() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    let record = flow_record(1, "Inbound");
    store.commit(0, vec![CatalogueChange::PutFlow(record.clone())]).await.unwrap();
    let held = session(&opened).await;
    held.batch_execute("BEGIN; SELECT 1 FROM flows FOR UPDATE").await.unwrap();
    let node = another(&opened).await;
    let gone = FlowRecord { deleted_at: Some(at(5)), ..record };
    let deleting = tokio::spawn(async move { node.commit(1, vec![CatalogueChange::PutFlow(gone)]).await });
    sleep(Duration::from_millis(300)).await;
    assert!(!deleting.is_finished());
    let sql = "INSERT INTO node_positions (flow_id, positions) SELECT id, '{}' FROM flows";
    held.batch_execute(&format!("{sql}; COMMIT")).await.unwrap();
    deleting.await.unwrap().unwrap();
    assert_eq!(number(&held, "SELECT count(*) FROM node_positions").await, 0);
}

/// What a node has locked the others leave to it: they neither wait nor take it twice.
#[tokio::test]
async fn what_one_node_sweeps_another_leaves_to_it() {
    let Some(opened) = open().await else { return };
    queues(&opened.store).await;
    for number in 1..=2 {
        accept(&opened.store, decided(number, run(DecisionKind::Forward))).await;
    }
    let other = session(&opened).await;
    other
        .batch_execute(&format!("BEGIN; SELECT 1 FROM interactions WHERE id = '{}' FOR UPDATE", id(1).0))
        .await
        .unwrap();
    let limits = RetentionLimits { interactions: Some(at(100)), ..RetentionLimits::default() };
    assert_eq!(opened.store.sweep(limits.clone(), 10, later()).await.unwrap().interactions, 1);
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(opened.store.sweep(limits, 10, later()).await.unwrap().interactions, 1);
    assert_eq!(opened.store.summary().await.unwrap().interactions, 0);
}

/// Messages are sent before it is known whether they are wanted: those that are not must go again.
#[tokio::test]
async fn no_message_stays_that_nobody_shows() {
    let Some(opened) = open().await else { return };
    let (store, db) = (&opened.store, session(&opened).await);
    queues(store).await;
    let shown = async || {
        let sql = "SELECT count(*) * 100 + coalesce(sum(uses), 0)::bigint FROM messages";
        number(&db, sql).await
    };
    let mut two = decided(1, run(DecisionKind::Forward));
    two.interactions.push(offer(2, 2));
    two.idempotency = Some(IdempotencyKey { key: "key".to_owned(), fingerprint: [1; 32] });
    accept(store, two.clone()).await;
    assert_eq!(shown().await, 102);
    assert!(matches!(store.accept(two.clone()).await.unwrap(), AcceptOutcome::Replayed(_)));
    two.idempotency = Some(IdempotencyKey { key: "key".to_owned(), fingerprint: [2; 32] });
    assert!(matches!(store.accept(two.clone()).await.unwrap(), AcceptOutcome::KeyReused));
    two.idempotency = None;
    accept(store, two.clone()).await;
    assert_eq!(shown().await, 102);
    // One of these is new, and shows the message alone.
    two.interactions = vec![offer(3, 3), offer(4, 2)];
    accept(store, two).await;
    assert_eq!(shown().await, 203);
    for number in 1..=3 {
        assert!(store.erase(id(number), audit(number, "ops")).await.unwrap());
    }
    assert_eq!(shown().await, 0);
}

/// Two nodes carry each delivery once, and the interaction of several is completed by whoever ends the last.
#[tokio::test]
async fn two_nodes_carry_each_delivery_once() {
    let Some(opened) = open().await else { return };
    let other = another(&opened).await;
    queues(&opened.store).await;
    for number in 1..=20_u8 {
        let first = u128::from(number) * 2;
        let (one, two) = (format!("a@{number}.example"), format!("b@{number}.example"));
        accept(&opened.store, decided(number, forwards(&[(first, &one), (first + 1, &two)]))).await;
    }
    let carry = async |store: &crate::postgres::PostgresStore, lease_number: u128| {
        let mut carried = 0;
        loop {
            let claim = DeliveryClaim { max: 3, ..claim_of(lease_number, 900) };
            let claimed = store.claim_deliveries(claim, at(500)).await.unwrap();
            if claimed.is_empty() {
                return carried;
            }
            for one in claimed {
                let attempted = Attempted { end: AttemptEnd::Delivered, answer: "250 ok".to_owned() };
                let ended = store.end_attempt(one.id, lease(lease_number, 0).id, attempted, at(501)).await.unwrap();
                assert!(ended && one.attempts == 1);
                carried += 1;
            }
        }
    };
    let (one, two) = tokio::join!(carry(&opened.store, 1), carry(&other, 2));
    assert_eq!(one + two, 40, "{one} and {two}");
    let summary = opened.store.summary().await.unwrap();
    assert_eq!(summary.by_state.get(&crate::records::mail::State::Completed), Some(&20), "{summary:?}");
}

/// A forward whose content is erased falls back to its queue: whoever deletes the queue must see it there, or be done before.
#[tokio::test]
async fn what_is_erased_does_not_fall_back_to_a_queue_that_is_just_deleted() {
    let Some(opened) = open().await else { return };
    let (store, eraser) = (&opened.store, another(&opened).await);
    let built_in = QueueRecord { built_in: true, ..queue_record(3, "Unrouted") };
    let queues = [queue_record(1, "General"), queue_record(2, "Billing"), built_in];
    store.commit(0, queues.map(CatalogueChange::put).into()).await.unwrap();
    accept(store, decided(1, forwards(&[(1, "a@example.net")]))).await;
    let (publisher, watcher) = (session(&opened).await, session(&opened).await);
    publisher.batch_execute(&format!("BEGIN; {}", locks::ALONE)).await.unwrap();
    let erased = tokio::spawn(async move { eraser.erase(id(1), audit(1, "ops")).await });
    // Of this database alone: other tests have theirs on the same server.
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while number(&watcher, waiting).await == 0 {
        assert!(!erased.is_finished(), "it did not wait for the catalogue's change");
        tokio::task::yield_now().await;
    }
    let delete = format!("DELETE FROM queues WHERE id = '{}'; COMMIT", queue(2).0);
    publisher.batch_execute(&delete).await.unwrap();
    assert!(erased.await.unwrap().unwrap());
    let stands = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((stands.state, stands.decision.unwrap().queue), (State::Decided, Some(queue(3))));
}
