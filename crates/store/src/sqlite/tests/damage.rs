//! Whatever happens to a file of the data directory: nothing that was acknowledged goes missing unsaid, and nothing is told that was not
//! written.

mod checked;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryState, ThreadReason};

use super::{Opened, client, open};
use crate::conformance::annotations::{before_damage, damage_is_written_over};
use crate::conformance::outbox::{claim_of, delivery, forwards};
use crate::conformance::samples::{accept, at, audit, decided, id, later, mail, queue, queues, run, up_to};
use crate::error::StoreError;
use crate::leases::Lease;
use crate::records::mail::{Acceptance, InteractionFilter, State};
use crate::records::outbox::{AttemptEnd, Attempted, DeliveryFilter};
use crate::records::queues::QueueClaim;
use crate::records::replays::{ReplayChange, ReplayRecord, ReplayState};
use crate::records::retention::RetentionLimits;
use crate::records::threads::{ThreadClues, ThreadNote, ThreadRecord};
use crate::sqlite::backup::back_up;
use crate::sqlite::check::{Counts, Report, check};
use crate::sqlite::seals;
use crate::sqlite::stopped::stopped;
use crate::sqlite::{SqliteOptions, SqliteStore};
use crate::traits::{
    AccessStore, AuditStore, CatalogueStore, MailStore, OutboxStore, QueueStore, ReplayStore, RetentionStore,
    RoomStore, ThreadStore,
};

fn reopen(directory: &Path) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(directory, SqliteOptions::default())
}

fn counts(sound: u64, damaged: u64) -> Counts {
    Counts { sound, damaged, uncounted: false }
}

/// Changes a stored value behind the store's back, as a disk would: nothing that SQLite does by itself notices.
fn tamper(directory: &Path, sql: &str) {
    let db = Connection::open(directory.join("waypost.db")).unwrap();
    let triggers: Vec<(String, String)> = db
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for (name, _) in &triggers {
        db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    db.execute_batch(sql).unwrap();
    for (_, sql) in &triggers {
        db.execute_batch(sql).unwrap();
    }
}

#[tokio::test]
async fn a_changed_message_trace_or_record_is_told_and_the_others_are_still_there() {
    let opened = open();
    queues(&opened.store).await;
    for number in 1..=4 {
        accept(&opened.store, decided(number, run(DecisionKind::Queue))).await;
    }
    let directory = opened.directory;
    drop(opened.store);
    tamper(
        directory.path(),
        "UPDATE messages SET raw = CAST(replace(raw, 'body', 'bodY') AS BLOB) WHERE id = 1;
         UPDATE runs SET trace = '{\"nodes\":[1]}' WHERE rowid = 2;
         UPDATE interactions SET subject = 'mail 0' WHERE substr(id, 16) = x'03';",
    );
    let store = reopen(directory.path()).unwrap();
    assert!(store.raw_message(id(1)).await.is_err_and(|error| error.is_damage()));
    assert!(store.runs(id(2)).await.is_err_and(|error| error.is_damage()));
    let told = store.interaction(id(3)).await.unwrap_err().to_string();
    assert_eq!(told, format!("the record of interaction `{}` is damaged: its checksum does not match", id(3)));
    // What is not damaged is answered; a list that would show a damaged record is not.
    assert_eq!(store.runs(id(1)).await.unwrap().len(), 1);
    assert!(store.raw_message(id(2)).await.unwrap().is_some());
    assert!(store.interactions(&InteractionFilter::default(), None, 1).await.is_ok());
    assert!(store.interactions(&InteractionFilter::default(), None, 10).await.is_err_and(|error| error.is_damage()));
    let claim = QueueClaim { queue: queue(1), max: 10, lease_seconds: 60, skills: None };
    let claimed: Vec<_> = store.claim(&claim, at(100)).await.unwrap().iter().map(|one| one.interaction.id).collect();
    assert_eq!(claimed, [id(1), id(2), id(4)], "work goes on around a damaged record");
    // A change of a damaged record does not make it look sound.
    store.erase(id(3), audit(1, "ops")).await.unwrap();
    assert!(store.interaction(id(3)).await.is_err());
    drop(store);
    let report = check(directory.path()).unwrap();
    assert_eq!(report.interactions, counts(3, 1));
    assert_eq!(report.messages, counts(2, 1), "one was erased");
    assert_eq!(report.runs, counts(3, 1));
    assert_eq!(report.problems.len(), 3, "{report:?}");
}

#[tokio::test]
async fn what_is_damaged_beside_a_flow_is_written_over() {
    let garbled = "UPDATE version_texts SET written = '# other' WHERE version = 1 AND substr(flow_id, 16) = x'01';
         UPDATE node_positions SET positions = '{}' WHERE substr(flow_id, 16) = x'01'";
    let unreadable =
        "UPDATE version_texts SET revision = 'x', written = x'ff' WHERE version = 1 AND substr(flow_id, 16) = x'01';
         UPDATE node_positions SET positions = x'ff' WHERE substr(flow_id, 16) = x'01'";
    let high =
        "UPDATE version_texts SET revision = 9223372036854775807 WHERE version = 1 AND substr(flow_id, 16) = x'01';
         UPDATE node_positions SET positions = '[]' WHERE substr(flow_id, 16) = x'01'";
    for damage in [garbled, unreadable, high] {
        let opened = open();
        before_damage(&opened.store).await;
        let directory = opened.directory;
        drop(opened.store);
        tamper(directory.path(), damage);
        assert_eq!(check(directory.path()).unwrap().problems.len(), 2, "{damage}");
        let store = reopen(directory.path()).unwrap();
        damage_is_written_over(&store).await;
        drop(store);
        assert!(check(directory.path()).unwrap().is_sound(), "{damage}");
    }
}

/// A mail of one thread, which began with mail 1. They have one subject and one participant.
fn in_thread(number: u8) -> Acceptance {
    let mut mail = decided(number, run(DecisionKind::Queue));
    mail.interactions[0].note = Some(ThreadNote { subject: Some(7), people: vec![1] });
    if number > 1 {
        let thread = ThreadRecord::begun_by(id(1));
        mail.interactions[0].thread = Some(ThreadRecord { position: number.into(), ..thread });
    }
    mail
}

#[tokio::test]
async fn what_is_damaged_of_a_thread_keeps_no_reply_out() {
    let route = mail(1).interactions[0].route.unwrap();
    let named = ThreadClues {
        route,
        author: Some(1),
        named: vec![(ThreadReason::References, "2@example".to_owned())],
        ..ThreadClues::default()
    };
    let alike = ThreadClues { route, author: Some(1), subject: Some(7), ..ThreadClues::default() };
    let of = |number: u8| format!("substr(interaction, 16) = x'{number:02x}'");
    // What is damaged, and the newest that each of the two is told, if it joins.
    for (damage, by_name, by_subject) in [
        (String::new(), Some(3), Some(3)),
        ("UPDATE interactions SET subject = 'x' WHERE substr(id, 16) = x'03'".to_owned(), Some(2), Some(2)),
        ("UPDATE interactions SET thread = '{' WHERE substr(id, 16) = x'03'".to_owned(), Some(2), Some(2)),
        (format!("UPDATE threads SET thread = x'01' WHERE {}", of(2)), None, Some(3)),
        (format!("UPDATE threads SET subject = 7, people = x'0900' WHERE {}", of(3)), Some(3), Some(3)),
        ("UPDATE threads SET people = x''".to_owned(), None, None),
        ("UPDATE interactions SET subject = 'x'".to_owned(), Some(0), Some(0)),
    ] {
        let opened = open();
        queues(&opened.store).await;
        for number in 1..=3 {
            accept(&opened.store, in_thread(number)).await;
        }
        let directory = opened.directory;
        drop(opened.store);
        tamper(directory.path(), &damage);
        let store = reopen(directory.path()).unwrap();
        for (clues, expected) in [(&named, by_name), (&alike, by_subject)] {
            let joined = store.thread_of(clues.clone()).await.unwrap();
            assert!(joined.iter().all(|joined| joined.thread == id(1).0), "{damage}: {joined:?}");
            let newest = joined.map(|joined| joined.newest.map_or(0, |newest| newest.id.0.as_u128()));
            assert_eq!(newest, expected, "{damage}: {clues:?}");
        }
        // What can't be read is erased as well.
        for number in 1..=3 {
            store.complete(id(number), audit(number, "ops")).await.unwrap();
        }
        let limits = RetentionLimits { contents: Some(later()), ..RetentionLimits::default() };
        assert_eq!(store.sweep(limits, 10, later()).await.unwrap().contents, 3, "{damage}");
    }
}

#[tokio::test]
async fn a_damaged_delivery_stands_in_no_others_way() {
    let opened = open();
    queues(&opened.store).await;
    accept(&opened.store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net"), (3, "c@example.net")])))
        .await;
    let directory = opened.directory;
    drop(opened.store);
    tamper(directory.path(), "UPDATE deliveries SET target = 'x@example.net' WHERE target = 'b@example.net'");
    let store = reopen(directory.path()).unwrap();
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
    let Opened { store, directory } = open();
    queues(&store).await;
    accept(&store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net")]))).await;
    let claimed = store.claim_deliveries(claim_of(5, 100), at(50)).await.unwrap();
    for one in claimed {
        let delivered = Attempted { end: AttemptEnd::Delivered, answer: "said".to_owned() };
        assert!(store.end_attempt(one.id, claim_of(5, 0).lease.id, delivered, at(60)).await.unwrap());
    }
    drop(store);
    tamper(directory.path(), "UPDATE deliveries SET target = 'x@example.net' WHERE target = 'b@example.net'");
    let store = reopen(directory.path()).unwrap();
    store.rerun(id(1), false, audit(1, "ops")).await.unwrap();
    let lease = store.claim_runs(up_to(1), at(70)).await.unwrap()[0].lease.id;
    assert!(store.record_run(id(1), lease, run(DecisionKind::Disconnect)).await.unwrap());
    let limits = RetentionLimits { interactions: Some(later()), ..RetentionLimits::default() };
    assert_eq!(store.sweep(limits, 10, later()).await.unwrap().interactions, 1);
    assert_eq!(store.summary().await.unwrap().deliveries.values().sum::<u64>(), 0);
    let of = DeliveryFilter { interaction: Some(id(1)), ..DeliveryFilter::default() };
    assert_eq!(store.deliveries(&of, None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_changed_journal_is_told() {
    let opened = open();
    queues(&opened.store).await;
    for number in 1..=2 {
        accept(&opened.store, decided(number, run(DecisionKind::Queue))).await;
    }
    let directory = opened.directory;
    drop(opened.store);
    tamper(directory.path(), "UPDATE journals SET content = '{}' WHERE substr(interaction, 16) = x'01'");
    let store = reopen(directory.path()).unwrap();
    let runs = store.runs(id(1)).await.unwrap();
    assert_eq!((runs.len(), &runs[0].run.journal), (1, &None), "the run is shown without it");
    let recorded = store.recorded(&[id(1), id(2)], 1 << 20).await.unwrap();
    assert_eq!(recorded.iter().map(|one| one.interaction).collect::<Vec<_>>(), [id(2)]);
    drop(store);
    let report = check(directory.path()).unwrap();
    assert_eq!(report.runs, counts(2, 0), "the run itself is as it was");
    assert_eq!(report.records["journals"], counts(1, 1));
}

fn replay(number: u128) -> ReplayRecord {
    ReplayRecord {
        id: Uuid::from_u128(number),
        created_at: at(1),
        created_by: "ops".to_owned(),
        request: "{}".to_owned(),
        state: ReplayState::Open,
        starts: 0,
        progress: String::new(),
        report: None,
    }
}

#[tokio::test]
async fn a_damaged_replay_stands_in_no_others_way() {
    let opened = open();
    for number in 1..=3 {
        opened.store.add_replay(replay(number)).await.unwrap();
    }
    let directory = opened.directory;
    drop(opened.store);
    // The first is not as it was written; the second can't even be read.
    tamper(
        directory.path(),
        "UPDATE replays SET request = '[]' WHERE substr(id, 16) = x'01';
         UPDATE replays SET seal = NULL, starts = 'many' WHERE substr(id, 16) = x'02';",
    );
    let store = reopen(directory.path()).unwrap();
    let lease = |token| Lease { id: Uuid::from_u128(token), until: at(20) };
    let begun = store.begin_replay(lease(7), at(10)).await.unwrap().unwrap();
    assert_eq!((begun.id, begun.starts), (Uuid::from_u128(3), 1));
    assert_eq!(store.begin_replay(lease(8), at(10)).await.unwrap(), None);
    for number in [1, 2] {
        assert!(store.replay(Uuid::from_u128(number)).await.is_err_and(|error| error.is_damage()), "{number}");
        let db = Connection::open(directory.path().join("waypost.db")).unwrap();
        let sql = "SELECT state FROM replays WHERE id = ?1";
        let state: i64 = db.query_row(sql, (Uuid::from_u128(number).as_bytes(),), |row| row.get(0)).unwrap();
        assert_eq!(state, 2, "{number}");
    }
}

#[tokio::test]
async fn a_changed_report_of_a_replay_is_told() {
    let opened = open();
    for number in 1..=2 {
        accept(&opened.store, mail(number)).await;
        opened.store.add_replay(replay(u128::from(number))).await.unwrap();
        let token = Uuid::from_u128(7);
        let begun = opened.store.begin_replay(Lease { id: token, until: at(20) }, at(10)).await.unwrap().unwrap();
        let interaction = id(u128::from(number));
        let changes = vec![ReplayChange { interaction, entry: "entry".to_owned(), traces: "traces".to_owned() }];
        assert!(opened.store.end_replay(begun.id, token, ReplayState::Done, "{}".to_owned(), changes).await.unwrap());
    }
    let directory = opened.directory;
    drop(opened.store);
    tamper(
        directory.path(),
        "UPDATE replay_changes SET entry = 'entrY' WHERE substr(replay, 16) = x'01';
         UPDATE replay_changes SET traces = 'traceS' WHERE substr(replay, 16) = x'02';",
    );
    let store = reopen(directory.path()).unwrap();
    for number in [1, 2] {
        let replay = Uuid::from_u128(number);
        assert!(store.replay_changes(replay).await.is_err_and(|error| error.is_damage()), "{number}");
        assert!(store.replay_traces(replay, id(number)).await.is_err_and(|error| error.is_damage()), "{number}");
    }
    drop(store);
    let report = check(directory.path()).unwrap();
    assert_eq!(report.records["replay_changes"], counts(0, 2));
    assert_eq!(report.records["replays"], counts(2, 0));
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_told_and_a_directory_without_its_store_is_refused() {
    let opened = open();
    accept(&opened.store, mail(1)).await;
    let directory = opened.directory;
    drop(opened.store);
    let (state, database) = (directory.path().join("waypost.state"), directory.path().join("waypost.db"));
    fs::write(&state, "nothing").unwrap();
    assert!(check(directory.path()).unwrap().problems[0].starts_with("`waypost.state` is damaged"));
    drop(reopen(directory.path()).unwrap());
    assert!(check(directory.path()).unwrap().is_sound(), "it is written anew");
    fs::remove_file(&state).unwrap();
    fs::remove_file(&database).unwrap();
    let refused = reopen(directory.path()).err().unwrap().to_string();
    let told = "the database `waypost.db` is missing: a server ran here, which left `waypost.reserve`";
    assert!(refused.starts_with(told), "{refused}");
    assert!(!database.exists(), "refusing makes nothing");
    assert_eq!(check(directory.path()).unwrap().problems, [refused]);
    for name in ["admin-client.json", "underway"] {
        let directory = TempDir::new().unwrap();
        fs::write(directory.path().join(name), "{}").unwrap();
        assert!(reopen(directory.path()).is_err_and(|error| error.is_damage()), "{name}");
        fs::remove_file(directory.path().join(name)).unwrap();
        // A start that was cut short before it had a database leaves an empty one.
        fs::write(directory.path().join("waypost.db"), "").unwrap();
        let told = check(directory.path()).unwrap_err().to_string();
        assert!(told.ends_with("is empty"), "{told}");
        assert!(reopen(directory.path()).is_ok());
    }
}

#[tokio::test]
async fn who_is_refused_leaves_no_files() {
    let opened = open();
    accept(&opened.store, mail(1)).await;
    let old = fs::read(opened.directory.path().join("waypost.db")).unwrap();
    accept(&opened.store, mail(2)).await;
    let directory = opened.directory;
    drop(opened.store);
    let newer = Image::of(directory.path()).with("waypost.state", None);
    let lost = Image::of(directory.path()).with("waypost.db", Some(old));
    for image in [newer, lost] {
        let directory = image.laid_out();
        if !image.0.contains_key("waypost.state") {
            let db = Connection::open(directory.path().join("waypost.db")).unwrap();
            db.pragma_update(None, "user_version", 4711).unwrap();
        }
        let left = Image::of(directory.path());
        assert!(reopen(directory.path()).is_err());
        assert_eq!(Image::of(directory.path()).0, left.0, "after a start");
        let _ = check(directory.path());
        assert_eq!(Image::of(directory.path()).0, left.0, "after a check");
    }
}

#[tokio::test]
async fn what_an_earlier_release_kept_is_read_and_sealed_by_its_first_change() {
    let opened = open();
    queues(&opened.store).await;
    accept(&opened.store, decided(1, run(DecisionKind::Queue))).await;
    let directory = opened.directory;
    drop(opened.store);
    tamper(
        directory.path(),
        "UPDATE interactions SET seal = NULL, message_sum = NULL, subject = 'old'; UPDATE runs SET seal = NULL;",
    );
    let store = reopen(directory.path()).unwrap();
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().subject, "old");
    assert!(store.raw_message(id(1)).await.unwrap().is_some());
    assert_eq!(store.runs(id(1)).await.unwrap().len(), 1);
    store
        .set_attributes(id(1), BTreeMap::from([("a".to_owned(), "b".to_owned())]), usize::MAX, audit(1, "ops"))
        .await
        .unwrap();
    drop(store);
    let db = Connection::open(directory.path().join("waypost.db")).unwrap();
    assert!(db.query_row("SELECT seal IS NOT NULL FROM interactions", (), |row| row.get::<_, bool>(0)).unwrap());
    drop(db);
    assert!(check(directory.path()).unwrap().is_sound());
}

#[tokio::test]
async fn after_a_stop_the_database_alone_is_complete() {
    let opened = open();
    accept(&opened.store, mail(1)).await;
    let directory = opened.directory;
    drop(opened.store);
    let mut names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["waypost.db", "waypost.lock", "waypost.reserve", "waypost.state"]);
    let other = TempDir::new().unwrap();
    fs::copy(directory.path().join("waypost.db"), other.path().join("waypost.db")).unwrap();
    let store = reopen(other.path()).unwrap();
    assert!(store.raw_message(id(1)).await.unwrap().is_some());
}

#[test]
fn a_directory_is_held_even_if_its_lock_file_is_removed() {
    let opened = open();
    fs::remove_file(opened.directory.path().join("waypost.lock")).unwrap();
    assert!(matches!(reopen(opened.directory.path()), Err(StoreError::InUse(_))));
}

/// A file that is removed still takes what is written to it. Nobody is told that it was kept.
#[tokio::test]
async fn files_that_go_while_the_store_is_open_are_told_at_once() {
    for name in ["waypost.db", "waypost.db-wal", "waypost.db-shm"] {
        let opened = open();
        let store = &opened.store;
        accept(store, mail(1)).await;
        store.takes_mail().unwrap();
        fs::remove_file(opened.directory.path().join(name)).unwrap();
        // The commit that finds out is answered only if it is safe all the same.
        let found_out = store.accept(mail(2)).await.is_ok();
        assert!(store.accept(mail(3)).await.is_err_and(|error| error.is_damage()), "{name}");
        assert!(store.takes_mail().is_err_and(|error| error.is_damage()), "{name}");
        assert!(store.raw_message(id(1)).await.unwrap().is_some(), "what was read can still be read");
        let directory = opened.directory;
        drop(opened.store);
        match reopen(directory.path()) {
            Err(error) => assert!(name == "waypost.db" && error.is_damage(), "{name}: {error}"),
            Ok(store) => {
                assert_ne!(name, "waypost.db");
                assert!(store.raw_message(id(1)).await.unwrap().is_some(), "{name}");
                assert_eq!(store.interaction(id(2)).await.unwrap().is_some(), found_out, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn another_stores_files_are_not_taken_for_its_own() {
    let (ours, theirs) = (open(), open());
    for (store, mails) in [(&ours.store, 1..=2), (&theirs.store, 1..=5)] {
        for number in mails {
            accept(store, mail(number)).await;
        }
    }
    let theirs_running = Image::of(theirs.directory.path());
    let ours_running = Image::of(ours.directory.path());
    drop((ours.store, theirs.store));
    let ours_stopped = Image::of(ours.directory.path());
    let theirs_stopped = Image::of(theirs.directory.path());
    for (base, theirs, file) in [
        (&ours_running, &theirs_running, "waypost.db-wal"),
        (&ours_stopped, &theirs_running, "waypost.db-wal"),
        (&ours_stopped, &theirs_stopped, "waypost.db"),
    ] {
        let files = base.with(file, Some(theirs.0[file].clone()));
        let directory = files.laid_out();
        let refused = reopen(directory.path()).err().unwrap();
        assert!(refused.is_damage(), "{file}: {refused}");
        // Refusing changes nothing: what can be saved is still there.
        assert_eq!(Image::of(directory.path()).0[file], files.0[file]);
    }
    // Whoever wants an older database back says so.
    fs::remove_file(ours.directory.path().join("waypost.state")).unwrap();
    assert!(reopen(ours.directory.path()).is_ok());
}

/// A crash leaves a log, and SQLite would apply it to whatever database is there.
#[tokio::test]
async fn a_log_is_not_applied_to_a_backup_that_was_restored() {
    let opened = open();
    accept(&opened.store, mail(1)).await;
    let elsewhere = TempDir::new().unwrap();
    let backup = elsewhere.path().join("waypost.db");
    back_up(opened.directory.path(), &backup).unwrap();
    let backup = fs::read(&backup).unwrap();
    accept(&opened.store, mail(2)).await;
    let all_in_the_log = Image::of(opened.directory.path());
    let Opened { store, directory } = opened;
    drop(store);
    let store = reopen(directory.path()).unwrap();
    accept(&store, mail(3)).await;
    let some_in_the_log = Image::of(directory.path());
    drop(store);
    for crashed in [&all_in_the_log, &some_in_the_log] {
        let restored = crashed.with("waypost.db", Some(backup.clone()));
        for left in [restored.clone(), restored.with("waypost.state", None), restored.with("waypost.db-shm", None)] {
            let directory = left.laid_out();
            let refused = reopen(directory.path()).err().unwrap().to_string();
            assert!(
                refused.contains("also remove `waypost.db-wal`, `waypost.db-shm` and `waypost.state`"),
                "{refused}"
            );
            assert_eq!(check(directory.path()).unwrap().problems, [refused]);
            assert_eq!(Image::of(directory.path()).0, left.0, "refusing changes nothing");
        }
        let directory = Image(BTreeMap::from([("waypost.db", backup.clone())])).laid_out();
        let store = reopen(directory.path()).unwrap();
        assert!(store.raw_message(id(1)).await.unwrap().is_some());
        assert_eq!(store.interaction(id(2)).await.unwrap(), None);
        // From here on it is a store as any other: what a crash leaves in its log is there afterwards.
        accept(&store, mail(4)).await;
        let again = Image::of(directory.path()).laid_out();
        let again = reopen(again.path()).unwrap();
        assert!(again.raw_message(id(4)).await.unwrap().is_some());
    }
    // Without a restore the log is applied.
    for (crashed, number) in [(&all_in_the_log, 2), (&some_in_the_log, 3)] {
        let directory = crashed.laid_out();
        assert!(reopen(directory.path()).unwrap().raw_message(id(number)).await.unwrap().is_some());
    }
}

/// Nothing marks a plain copy of the database, but the log knows after which commit it begins.
#[tokio::test]
async fn a_log_is_not_applied_to_an_older_plain_copy() {
    let opened = open();
    accept(&opened.store, mail(1)).await;
    let Opened { store, directory } = opened;
    drop(store);
    let older = fs::read(directory.path().join("waypost.db")).unwrap();
    // It begins anew at a start, and while the store is open.
    let options = SqliteOptions { checkpoint_bytes: 64 * 1024, ..SqliteOptions::default() };
    let store = SqliteStore::open(directory.path(), options).unwrap();
    for number in 2..=9 {
        accept(&store, mail(number)).await;
    }
    drop(store);
    let newer = fs::read(directory.path().join("waypost.db")).unwrap();
    let store = reopen(directory.path()).unwrap();
    accept(&store, mail(10)).await;
    let crashed = Image::of(directory.path());
    drop(store);
    let restored = crashed.with("waypost.db", Some(older.clone()));
    for left in [restored.clone(), restored.with("waypost.db-shm", None)] {
        let directory = left.laid_out();
        let refused = reopen(directory.path()).err().unwrap().to_string();
        assert!(refused.contains("`waypost.db` is an older copy"), "{refused}");
        assert_eq!(check(directory.path()).unwrap().problems, [refused]);
        assert_eq!(Image::of(directory.path()).0, left.0, "refusing changes nothing");
    }
    // Without the log and what is remembered of it, the copy is restored.
    let directory = Image(BTreeMap::from([("waypost.db", older)])).laid_out();
    let store = reopen(directory.path()).unwrap();
    assert!(store.raw_message(id(1)).await.unwrap().is_some());
    assert_eq!(store.interaction(id(2)).await.unwrap(), None);
    // The database that the log goes on from is no older one.
    let directory = crashed.with("waypost.db", Some(newer)).laid_out();
    let store = reopen(directory.path()).unwrap();
    for number in 1..=10 {
        assert!(store.raw_message(id(number)).await.unwrap().is_some());
    }
}

/// While the store is open its log begins anew, again and again: an older copy is told then, too, and no crash makes it look like one.
#[tokio::test]
async fn a_log_that_began_anew_knows_what_the_database_had() {
    let directory = TempDir::new().unwrap();
    let options = || SqliteOptions { checkpoint_bytes: 16 * 1024, ..SqliteOptions::default() };
    let mut store = SqliteStore::open(directory.path(), options()).unwrap();
    let mut older = None;
    let mut refused = 0;
    for number in 1..=60 {
        accept(&store, mail(number)).await;
        let crashed = Image::of(directory.path());
        let again = crashed.laid_out();
        drop(SqliteStore::open(again.path(), options()).unwrap());
        if number == 10 {
            drop(store);
            older = fs::read(directory.path().join("waypost.db")).ok();
            store = SqliteStore::open(directory.path(), options()).unwrap();
        } else if let Some(older) = &older {
            let restored = crashed.with("waypost.db", Some(older.clone())).laid_out();
            match SqliteStore::open(restored.path(), options()) {
                Err(error) => {
                    assert!(error.to_string().contains("is an older copy"), "{error}");
                    refused += 1;
                }
                // The log still goes on from that copy.
                Ok(store) => assert!(store.raw_message(id(number.into())).await.unwrap().is_some()),
            }
        }
    }
    assert!(refused > 20, "{refused}");
}

/// The files of a data directory.
#[derive(Clone)]
struct Image(BTreeMap<&'static str, Vec<u8>>);

const FILES: [&str; 4] = ["waypost.db", "waypost.db-wal", "waypost.db-shm", "waypost.state"];

impl Image {
    fn of(directory: &Path) -> Self {
        Self(FILES.iter().filter_map(|name| Some((*name, fs::read(directory.join(name)).ok()?))).collect())
    }

    fn laid_out(&self) -> TempDir {
        let directory = TempDir::new().unwrap();
        for (name, content) in &self.0 {
            fs::write(directory.path().join(name), content).unwrap();
        }
        directory
    }

    fn with(&self, file: &'static str, content: Option<Vec<u8>>) -> Self {
        let mut image = self.clone();
        image.0.remove(file);
        image.0.extend(content.map(|content| (file, content)));
        image
    }
}

/// What somebody can ask of a store, each with its answer.
async fn answers(store: &SqliteStore, mails: u8) -> BTreeMap<String, Result<String, StoreError>> {
    let mut answers = BTreeMap::new();
    let mut say = |question: String, answer: Result<String, StoreError>| answers.insert(question, answer);
    let text = |value: &dyn std::fmt::Debug| format!("{value:?}");
    for number in 1..=mails {
        let id = id(u128::from(number));
        say(format!("record {number}"), store.interaction(id).await.map(|found| text(&found)));
        say(format!("message {number}"), store.raw_message(id).await.map(|found| text(&found)));
        say(format!("runs {number}"), store.runs(id).await.map(|found| text(&found)));
    }
    let all = InteractionFilter::default();
    say("list".to_owned(), store.interactions(&all, None, 100).await.map(|found| text(&found)));
    say("summary".to_owned(), store.summary().await.map(|found| text(&found)));
    say("catalogue".to_owned(), store.load().await.map(|found| text(&found)));
    say("clients".to_owned(), store.clients().await.map(|found| text(&found)));
    say("audit".to_owned(), store.audit(&Default::default(), None, 100).await.map(|found| text(&found)));
    let claim = QueueClaim { queue: queue(1), max: 100, lease_seconds: 60, skills: None };
    let claimed = store.claim(&claim, at(1000)).await;
    let claimed = claimed.map(|found| found.iter().map(|one| one.interaction.id.0.as_u128()).collect::<Vec<_>>());
    say("claim".to_owned(), claimed.map(|found| text(&found)));
    answers
}

/// What becomes of a damaged directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// Everything is answered as before.
    Recovered,
    /// The store does not open, and says why.
    RefusedAtStart,
    /// What is damaged is told when it is asked for, and nothing else is wrong.
    ToldWhenRead,
    /// Something is missing or different where it was answered, and `check` tells of the damage.
    ToldByCheck,
}

async fn judge(
    image: &Image,
    mails: u8,
    expected: &BTreeMap<String, Result<String, StoreError>>,
) -> Result<Verdict, String> {
    let directory = image.laid_out();
    let store = match reopen(directory.path()) {
        Ok(store) => store,
        Err(error) if error.is_damage() || matches!(error, StoreError::TooNew { .. }) => {
            return Ok(Verdict::RefusedAtStart);
        }
        Err(error) => return Err(format!("refused, but not by name: {error}")),
    };
    let found = answers(&store, mails).await;
    drop(store);
    let mut told = false;
    let mut different = Vec::new();
    for (question, answer) in found {
        match answer {
            Err(error) if error.is_damage() => told = true,
            Err(error) => return Err(format!("{question}: not told by name: {error}")),
            Ok(answer) if expected[&question].as_ref().unwrap() == &answer => {}
            Ok(answer) => different.push(format!("{question}: {answer}")),
        }
    }
    if different.is_empty() {
        return Ok(if told { Verdict::ToldWhenRead } else { Verdict::Recovered });
    }
    match check(image.laid_out().path()) {
        Ok(report) if report.is_sound() => Err(different.join("; ")),
        _ => Ok(Verdict::ToldByCheck),
    }
}

/// A store that was stopped, and one that was killed with half of what it has in its log.
async fn images() -> (Vec<(&'static str, Image)>, u8, BTreeMap<String, Result<String, StoreError>>) {
    const MAILS: u8 = 8;
    let opened = open();
    queues(&opened.store).await;
    opened.store.put_client(client("a"), audit(100, "ops")).await.unwrap();
    let with_body = |number: u8| {
        let mut mail = if number == 3 { mail(number) } else { decided(number, run(DecisionKind::Queue)) };
        // Some have pages of their own.
        let body = format!("Subject: mail {number}\r\n\r\n{}\r\n", "a line of text ".repeat(usize::from(number) * 100));
        mail.message.raw = Bytes::from(body);
        mail
    };
    for number in 1..=MAILS / 2 {
        accept(&opened.store, with_body(number)).await;
    }
    let directory = opened.directory;
    drop(opened.store);
    let store = reopen(directory.path()).unwrap();
    for number in MAILS / 2 + 1..=MAILS {
        accept(&store, with_body(number)).await;
    }
    let killed = Image::of(directory.path());
    drop(store);
    let stopped = Image::of(directory.path());
    let sound = stopped.laid_out();
    let expected = answers(&reopen(sound.path()).unwrap(), MAILS).await;
    (vec![("stopped", stopped), ("killed", killed)], MAILS, expected)
}

/// Each file: missing, emptied, cut in half, and with one byte flipped in each region.
#[tokio::test]
async fn the_matrix_of_damage() {
    let (images, mails, expected) = images().await;
    let mut counts: BTreeMap<(&str, &str, Verdict), usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut cases = 0;
    for (life, image) in &images {
        let whole = judge(image, mails, &expected).await;
        assert_eq!(whole, Ok(Verdict::Recovered), "{life}: undamaged");
        for (file, content) in &image.0 {
            let mut damaged = vec![
                ("missing".to_owned(), None),
                ("emptied".to_owned(), Some(Vec::new())),
                ("cut in half".to_owned(), Some(content[..content.len() / 2].to_vec())),
            ];
            for place in regions(file, content) {
                let mut flipped = content.clone();
                flipped[place] ^= 1 << (place % 7);
                damaged.push((format!("byte {place} flipped"), Some(flipped)));
            }
            for (what, content) in damaged {
                cases += 1;
                match judge(&image.with(file, content), mails, &expected).await {
                    Ok(verdict) => *counts.entry((life, file, verdict)).or_default() += 1,
                    Err(why) => wrong.push(format!("{life}: {file}: {what}: {why}")),
                }
            }
        }
    }
    println!("{cases} cases of damage");
    for ((life, file, verdict), count) in counts {
        println!("{count:4} {life} {file} {verdict:?}");
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases >= 200, "only {cases}");
}

/// Bytes of each region of a file: of a database the header, and of each page its own header and what is in it; of a log its header and the
/// frames'.
fn regions(file: &str, content: &[u8]) -> Vec<usize> {
    const PAGE: usize = 4096;
    const FRAME: usize = PAGE + 24;
    match file {
        "waypost.db" => {
            let header = [0, 16, 18, 24, 28, 36, 43, 47, 59, 63, 95];
            let pages = (0..content.len() / PAGE).flat_map(|page| {
                let used: Vec<usize> =
                    (page * PAGE + 12..(page + 1) * PAGE).filter(|place| content[*place] != 0).collect();
                let inside = (page % 3 == 0).then_some(page * PAGE + 3 + usize::from(page == 0) * 100);
                used.get(used.len() / 2).copied().into_iter().chain(inside)
            });
            header.into_iter().chain(pages).collect()
        }
        "waypost.db-wal" => {
            let frames = (0..content.len() / FRAME).step_by(6).flat_map(|frame| {
                let begin = 32 + frame * FRAME;
                [begin + 5, begin + 24 + 2000]
            });
            [1, 9, 17, 21, 25].into_iter().chain(frames).collect()
        }
        _ => (0..8).map(|part| part * content.len() / 8 + 3).collect(),
    }
}

/// A file of another program has no format of ours: nothing may be made in it.
#[test]
fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    const TABLE: &str = "TABLE notes (note TEXT)";
    for (log, made, format, empty_log) in [
        ("DELETE", TABLE, 0, false),
        ("DELETE", TABLE, 5, false),
        ("WAL", TABLE, 0, false),
        ("DELETE", TABLE, 9999, false),
        ("DELETE", TABLE, 0, true),
        ("DELETE", TABLE, 5, true),
        ("DELETE", "VIEW now AS SELECT 1 AS one", 0, false),
        ("DELETE", "TABLE sqliteman (name TEXT)", 0, false),
    ] {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("waypost.db");
        let db = Connection::open(&path).unwrap();
        db.execute_batch(&format!("PRAGMA journal_mode = {log}; CREATE {made}; PRAGMA user_version = {format}"))
            .unwrap();
        drop(db);
        if empty_log {
            fs::write(directory.path().join("waypost.db-wal"), "").unwrap();
        }
        let before = fs::read(&path).unwrap();
        let stopped = stopped(directory.path(), "key").unwrap();
        let refused = reopen(directory.path()).map(drop).unwrap_err().to_string();
        assert!(refused.starts_with("`waypost.db` is a database of another program"), "{refused}");
        assert_eq!(stopped.refused.iter().map(ToString::to_string).collect::<Vec<_>>(), [refused]);
        assert!(stopped.held.is_none() && fs::read(&path).unwrap() == before, "{log} {made} {format} {empty_log}");
    }
}

/// What a crash left is a server's to mend.
#[tokio::test]
async fn a_look_at_what_a_crash_left_changes_no_file() {
    let opened = open();
    queues(&opened.store).await;
    let mut killed = Image::of(opened.directory.path());
    // As after a loss of power: a server would write it anew.
    killed.0.get_mut("waypost.db-shm").unwrap().fill(0xa5);
    for killed in [killed.with("waypost.db-shm", None), killed] {
        let directory = killed.laid_out();
        let found = stopped(directory.path(), "key").unwrap();
        assert!(found.refused.is_empty(), "{:?}", found.refused);
        assert_eq!(found.held.unwrap().catalogue.queues.len(), 2);
        assert!(check(directory.path()).unwrap().is_sound());
        assert!(Image::of(directory.path()).0 == killed.0);
    }
}

/// A server that starts while doctor looks would lose the index of its log: one of both waits.
#[tokio::test]
async fn a_look_takes_nothing_from_a_server_that_starts_meanwhile() {
    let opened = open();
    queues(&opened.store).await;
    let image = Image::of(opened.directory.path());
    let directory = image.laid_out();
    let path = directory.path().to_owned();
    let over = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&over);
    let looking = std::thread::spawn(move || {
        let mut looks = 0;
        while !ended.load(Ordering::Relaxed) {
            looks += u32::from(stopped(&path, "key").is_ok());
        }
        looks
    });
    for number in 1..=30 {
        let store = loop {
            match reopen(directory.path()) {
                Err(StoreError::InUse(_)) => {}
                opened => break opened.unwrap(),
            }
        };
        accept(&store, mail(number)).await;
    }
    over.store(true, Ordering::Relaxed);
    assert!(looking.join().unwrap() > 0);
}
