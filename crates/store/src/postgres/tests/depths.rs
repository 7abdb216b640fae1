//! How much waits in queues, as PostgreSQL finds and counts it.

use waypost_ids::DecisionKind;

use super::open;
use super::waits::{number, session};
use crate::conformance::samples::{accept, at, decided, later, queue, queues as make_queues, run};
use crate::postgres::{activity, queues, tally};
use crate::records::queues::{CountedQueue, DepthOf};
use crate::records::retention::RetentionLimits;
use crate::traits::{OutboxStore, QueueStore, RetentionStore};

/// However much waits, in however many queues: no more is read of what waits than is counted.
#[tokio::test]
async fn depths_of_queues_are_read_from_an_index() {
    let Some(opened) = open().await else { return };
    let db = session(&opened).await;
    let fill = "INSERT INTO interactions (id, state, received_at, queued_at, decision, queue, priority, initial_priority, runs, duplicates,
            erased, envelope_from, envelope_to, remote, subject)
        SELECT gen_random_uuid(), 2, now(), to_timestamp(g), 0, ('00000000-0000-0000-0000-00000000000' || g % 3)::uuid, 0, 0, 1, 0,
            false, '', '', '', '' FROM generate_series(1, 20000) AS g; ANALYZE interactions";
    db.batch_execute(fill).await.unwrap();
    for mode in ["force_generic_plan", "force_custom_plan"] {
        let sql = format!(
            "DEALLOCATE ALL; SET plan_cache_mode = {mode}; PREPARE it (uuid[], timestamptz[], bigint) AS {};
             EXPLAIN EXECUTE it (ARRAY['00000000-0000-0000-0000-000000000001'::uuid], ARRAY[now()], 100)",
            queues::DEPTHS
        );
        let plan = format!("{:?}", db.simple_query(&sql).await.unwrap());
        assert_eq!(plan.matches("using interactions_queued").count(), 2, "{plan}");
        assert!(!plan.contains("Sort Key: interactions") && !plan.contains("Seq Scan on interactions"), "{plan}");
    }
}

/// However much was done, no more is read of it than is asked for.
#[tokio::test]
async fn activity_is_read_from_its_minutes_on() {
    let Some(opened) = open().await else { return };
    let db = session(&opened).await;
    let fill = "INSERT INTO activity (topic, minute, object, member, slot, value)
        SELECT g % 5, g / 5, gen_random_uuid(), 0, 0, 1 FROM generate_series(1, 100000) AS g; ANALYZE activity";
    db.batch_execute(fill).await.unwrap();
    let minutes = format!(
        "PREPARE it (smallint[], bigint, bigint) AS {}; EXPLAIN EXECUTE it ('{{0,1,2,3}}', 19900, 19960)",
        activity::MINUTES
    );
    let runs =
        format!("DEALLOCATE ALL; PREPARE it (smallint, bigint) AS {}; EXPLAIN EXECUTE it (4, 19900)", activity::RUNS);
    for sql in [minutes, runs] {
        let plan = format!("{:?}", db.simple_query(&sql).await.unwrap());
        assert!(plan.contains("activity_pkey") && !plan.contains("Seq Scan"), "{plan}");
    }
}

/// Nor is more read of what waits as unrouted.
#[tokio::test]
async fn unrouted_work_is_counted_in_an_index() {
    let Some(opened) = open().await else { return };
    let db = session(&opened).await;
    let fill = "INSERT INTO interactions (id, state, received_at, queued_at, decision, priority, initial_priority, runs, duplicates,
            erased, envelope_from, envelope_to, remote, subject)
        SELECT gen_random_uuid(), CASE WHEN g % 20 = 0 THEN 2 ELSE 4 END, now(), now(), g % 4, 0, 0, 1, 0, false, '', '', '', ''
        FROM generate_series(1, 40000) AS g";
    db.batch_execute(fill).await.unwrap();
    db.batch_execute("VACUUM ANALYZE interactions").await.unwrap();
    let plan = format!("{:?}", db.simple_query(&format!("EXPLAIN {}", tally::waiting_unrouted())).await.unwrap());
    assert!(plan.contains("Index Only Scan using interactions_unrouted"), "{plan}");
}

/// A node of an earlier release moves work and does not count it.
#[tokio::test]
async fn counters_that_are_off_are_told_and_put_right() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    make_queues(store).await;
    for number in 1..=2 {
        accept(store, decided(number, run(DecisionKind::Queue))).await;
    }
    let waiting = async || {
        let of = [1, 2].map(|number| DepthOf { queue: queue(number), late_before: None });
        store.depths(&of).await.unwrap().iter().map(|depth| depth.waiting).collect::<Vec<_>>()
    };
    let db = session(&opened).await;
    let uncounted =
        "INSERT INTO queue_counters (queue, slot, waiting) SELECT DISTINCT queue, 0, -5 FROM queue_counters";
    db.batch_execute(uncounted).await.unwrap();
    assert_eq!(waiting().await, [0, 0], "a count below zero takes no other along");
    let off = CountedQueue { queue: queue(1), waiting: 2, counted: -3 };
    assert_eq!(store.ledger(at(0), 9).await.unwrap().queues, [off]);
    store.sweep(RetentionLimits::default(), 10, later()).await.unwrap();
    assert_eq!(waiting().await, [2, 0]);
    assert_eq!(store.ledger(at(0), 9).await.unwrap().queues, []);
}

#[tokio::test]
async fn counters_of_queues_without_work_go() {
    let Some(opened) = open().await else { return };
    let db = session(&opened).await;
    let gone = "INSERT INTO queue_counters (queue, slot, waiting) VALUES (gen_random_uuid(), 0, 0)";
    db.batch_execute(gone).await.unwrap();
    opened.store.sweep(RetentionLimits::default(), 10, later()).await.unwrap();
    assert_eq!(number(&db, "SELECT count(*) FROM queue_counters").await, 0);
}
