//! How much waits in queues, as SQLite finds it.

use jiff::Timestamp;
use rusqlite::types::Null;
use rusqlite::{Connection, params_from_iter};
use tempfile::TempDir;
use waypost_ids::DecisionKind;

use super::{Opened, open};
use crate::conformance::samples::{accept, at, audit, decided, id, later, queue, queues as make_queues, run};
use crate::records::queues::{CountedQueue, DepthOf, QueueDepth};
use crate::records::retention::RetentionLimits;
use crate::sqlite::check::check;
use crate::sqlite::{SqliteOptions, SqliteStore, activity, queues, schema, tally};
use crate::traits::{MailStore, OutboxStore, QueueStore, RetentionStore};

/// However much waits, no row of it is read to measure it.
#[tokio::test]
async fn depths_of_queues_are_read_from_an_index() {
    let Opened { store: _store, directory } = open();
    let db = Connection::open(directory.path().join("waypost.db")).unwrap();
    let statements = [(queues::OLDEST, "queued"), (queues::LATE, "queued"), (&tally::waiting_unrouted(), "unrouted")];
    for (sql, index) in statements {
        let mut select = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nothing = vec![Null; select.parameter_count()];
        let rows = select.query_map(params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
        let plan = rows.map(Result::unwrap).collect::<Vec<_>>().join("; ");
        assert!(plan.contains(&format!("interactions USING COVERING INDEX interactions_{index}")), "{sql}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{sql}: {plan}");
    }
}

/// However much was done, no more is read of it than is asked for.
#[tokio::test]
async fn activity_is_read_from_its_minutes_on() {
    let Opened { store: _store, directory } = open();
    let db = Connection::open(directory.path().join("waypost.db")).unwrap();
    for (sql, found) in [
        (activity::MINUTES, "SEARCH activity USING PRIMARY KEY (topic=? AND minute>? AND minute<?)"),
        (activity::RUNS, "SEARCH activity USING PRIMARY KEY (topic=? AND minute>?)"),
    ] {
        let mut select = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nothing = vec![Null; select.parameter_count()];
        let rows = select.query_map(params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
        let plan = rows.map(Result::unwrap).collect::<Vec<_>>().join("; ");
        assert!(plan.contains(found), "{sql}: {plan}");
    }
}

#[tokio::test]
async fn counters_that_are_off_are_told_and_put_right() {
    let Opened { store, directory } = open();
    make_queues(&store).await;
    for number in 1..=2 {
        accept(&store, decided(number, run(DecisionKind::Queue))).await;
    }
    let of = [1, 2].map(|number| DepthOf { queue: queue(number), late_before: None });
    drop(store);
    let db = Connection::open(directory.path().join("waypost.db")).unwrap();
    db.execute_batch("UPDATE queue_counters SET waiting = waiting - 5").unwrap();
    assert_eq!(tally::waiting(&db, queue(1)).unwrap(), 0, "a count below zero takes no other along");
    assert_eq!(tally::differing(&db).unwrap(), [CountedQueue { queue: queue(1), waiting: 2, counted: -3 }]);
    drop(db);
    assert!(!check(directory.path()).unwrap().is_sound());
    let store = SqliteStore::open(directory.path(), SqliteOptions::default()).unwrap();
    let waiting: Vec<u64> = store.depths(&of).await.unwrap().iter().map(|depth| depth.waiting).collect();
    assert_eq!(waiting, [2, 0]);
    assert_eq!(store.ledger(at(0), 9).await.unwrap().queues, []);
    drop(store);
    assert!(check(directory.path()).unwrap().is_sound());
}

#[tokio::test]
async fn counters_of_queues_without_work_go() {
    let Opened { store, directory } = open();
    make_queues(&store).await;
    accept(&store, decided(1, run(DecisionKind::Queue))).await;
    store.complete(id(1), audit(1, "ops")).await.unwrap();
    store.sweep(RetentionLimits::default(), 10, later()).await.unwrap();
    drop(store);
    let db = Connection::open(directory.path().join("waypost.db")).unwrap();
    assert!(!db.prepare("SELECT 1 FROM queue_counters").unwrap().exists(()).unwrap());
}

/// What waited before it was measured is as old as its decision, and sealed as before.
#[tokio::test]
async fn what_waited_before_an_upgrade_is_measured() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("waypost.db");
    let mut db = schema::open_writer(&path, 1 << 20).unwrap();
    schema::migrate(&mut db, &path, &schema::MIGRATIONS[..14]).unwrap();
    let (queued, second) = (queue(1).0.simple().to_string(), 1_000_000);
    for (number, state) in [(1, 2), (2, 3), (3, 4), (4, 2)] {
        db.execute_batch(&format!(
            "INSERT INTO interactions (id, state, received_at, queue, decision, priority, initial_priority, runs, duplicates,
                erased, envelope_from, envelope_to, remote, subject)
             VALUES (x'{number:032x}', {state}, {second}, x'{queued}', 0, 0, 0, 1, 0, 0, '', '', '', '');
             UPDATE interactions SET subject = 'sealed' WHERE id = x'{number:032x}';
             INSERT INTO runs (interaction, number, started_at, duration_us, decision, priority, trace)
             VALUES (x'{number:032x}', 1, {}, {second}, 0, 0, '{{}}');",
            number * 10 * second
        ))
        .unwrap();
    }
    // By state, and by decision.
    db.execute_batch("INSERT INTO counters VALUES (1, 2, 2), (1, 3, 1), (1, 4, 1), (2, 0, 4)").unwrap();
    drop(db);
    let store = SqliteStore::open(directory.path(), SqliteOptions::default()).unwrap();
    let time = |seconds| Timestamp::from_second(seconds).unwrap();
    let depth = DepthOf { queue: queue(1), late_before: Some(time(20)) };
    let found = store.depths(&[depth]).await.unwrap()[0];
    assert_eq!(found, QueueDepth { waiting: 2, oldest_at: Some(time(11)), late: Some(1) });
    for (number, queued_at) in [(1, Some(time(11))), (2, Some(time(21))), (3, None), (4, Some(time(41)))] {
        let one = store.interaction(id(number)).await.unwrap().unwrap();
        assert_eq!((one.queued_at, one.subject.as_str()), (queued_at, "sealed"), "{number}");
    }
    drop(store);
    assert!(check(directory.path()).unwrap().is_sound());
}
