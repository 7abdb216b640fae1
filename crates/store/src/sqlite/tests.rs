//! The conformance suite on SQLite, and what is SQLite's own.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, StatementStatus};
use tempfile::TempDir;
use waypost_ids::DecisionKind;

use super::guard::Guard;
use super::room::Room;
use super::writer::{Work, Writer, WriterOptions};
use super::{SqliteOptions, SqliteStore, schema};
use crate::conformance::outbox::answer;
use crate::conformance::samples::{accept, at, audit, decided, mail, queues, run, up_to};
use crate::error::StoreError;
use crate::records::access::ClientRecord;
use crate::records::mail::{InteractionFilter, RunRecord, State};
use crate::rules::events::Ears;
use crate::traits::{AccessStore, AuditStore, MailStore};

mod damage;
mod depths;
mod leases;

/// A store in a directory that goes with it.
struct Opened {
    store: SqliteStore,
    directory: TempDir,
}

fn open() -> Opened {
    let directory = TempDir::new().unwrap();
    let store = SqliteStore::open(directory.path(), SqliteOptions::default()).unwrap();
    Opened { store, directory }
}

mod conformance {
    use super::open;
    crate::conformance::every_rule!(open());
}

fn client(id: &str) -> ClientRecord {
    ClientRecord {
        id: id.to_owned(),
        name: String::new(),
        secret_hash: String::new(),
        configured_hash: None,
        scopes: Vec::new(),
        created_at: jiff::Timestamp::UNIX_EPOCH,
        revoked_at: None,
        description: "what it is for".to_owned(),
        token_seconds: Some(600),
        created_by: "admin".to_owned(),
        modified_at: at(1),
        revision: 1,
    }
}

fn set_format(directory: &Path, format: u32) {
    let db = Connection::open(directory.join("waypost.db")).unwrap();
    db.pragma_update(None, "user_version", format).unwrap();
}

#[tokio::test]
async fn what_was_kept_is_there_when_opened_again() {
    let Opened { store, directory } = open();
    store.put_client(client("a"), audit(207, "ops")).await.unwrap();
    drop(store);
    let again = SqliteStore::open(directory.path(), SqliteOptions::default()).unwrap();
    assert_eq!(again.clients().await.unwrap(), [client("a")]);
}

#[test]
fn a_directory_has_one_holder() {
    let opened = open();
    let second = SqliteStore::open(opened.directory.path(), SqliteOptions::default());
    assert!(matches!(second, Err(StoreError::InUse(_))));
}

#[test]
fn a_newer_format_is_refused() {
    let Opened { store, directory } = open();
    drop(store);
    set_format(directory.path(), 900);
    let refused = SqliteStore::open(directory.path(), SqliteOptions::default());
    assert!(matches!(refused, Err(StoreError::TooNew { found: 900, .. })));
}

#[test]
fn a_copy_is_kept_before_a_migration() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("waypost.db");
    let mut db = schema::open_writer(&path, 1 << 20).unwrap();
    let first = "CREATE TABLE old (x); INSERT INTO old VALUES (1);";
    schema::migrate(&mut db, &path, &[first]).unwrap();
    assert!(!directory.path().join("waypost.db.before-0").exists(), "there was nothing to copy");
    schema::migrate(&mut db, &path, &[first]).unwrap();
    assert!(!directory.path().join("waypost.db.before-1").exists(), "there was nothing to do");
    schema::migrate(&mut db, &path, &[first, "DROP TABLE old"]).unwrap();
    let copy = Connection::open(directory.path().join("waypost.db.before-1")).unwrap();
    assert_eq!(copy.query_row("SELECT x FROM old", (), |row| row.get::<_, i64>(0)).unwrap(), 1);
    assert!(db.prepare("SELECT x FROM old").is_err());
}

/// What earlier releases left behind is put right when their directory is opened.
#[tokio::test]
async fn a_directory_of_an_earlier_release_is_put_right() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("waypost.db");
    let mut db = schema::open_writer(&path, 1 << 20).unwrap();
    schema::migrate(&mut db, &path, &schema::MIGRATIONS[..3]).unwrap();
    let [kept, gone, one, two, three] = [7, 8, 1, 2, 3].map(|number| format!("x'{:032x}'", u128::from(number as u8)));
    let attributes = r#"'{"tier":"gold"}'"#;
    let interaction = |id: &str, state: u8, queue: &str, erased: u8| {
        format!(
            "INSERT INTO interactions (id, state, received_at, queue, decision, priority, initial_priority, runs, duplicates,
                erased, envelope_from, envelope_to, remote, subject, attributes, opening)
             VALUES ({id}, {state}, 0, {queue}, 0, 0, 0, 1, 0, {erased}, '', '', '', '', {attributes},
                '{{\"attributes\":{{\"tier\":\"gold\"}}}}');
             INSERT INTO runs (interaction, number, started_at, duration_us, decision, priority, attributes, trace)
             VALUES ({id}, 1, 0, 0, 0, 0, {attributes}, '{{}}');"
        )
    };
    db.execute_batch(&format!(
        "INSERT INTO queues VALUES ({kept}, 'Unrouted', 'unrouted', 1, '{{}}', 0, 0);
         INSERT INTO clients (id, name, secret_hash, scopes, created_at) VALUES
            ('chosen', '', '$argon2id$x', '[]', 0), ('made', '', 'sha256:x', '[]', 0);
         INSERT INTO audit VALUES ({one}, 0, 'ops', 'attributes set', 'interaction', '1', '', NULL,
            '{{\"attributes\":{{\"old\":\"secret\"}}}}', '{{\"attributes\":{{\"a\":\"secret\",\"b\":\"secret\"}}}}');
         {} {} {}",
        interaction(&one, 2, &gone, 0),
        interaction(&two, 4, &gone, 1),
        interaction(&three, 3, &kept, 0),
    ))
    .unwrap();
    drop(db);
    let store = SqliteStore::open(directory.path(), SqliteOptions::default()).unwrap();
    let [one, two, three] = [1, 2, 3].map(|number| waypost_ids::InteractionId(uuid::Uuid::from_u128(number)));
    let queue = async |id| store.interaction(id).await.unwrap().unwrap().decision.unwrap().queue.unwrap().0.as_u128();
    assert_eq!(
        (queue(one).await, queue(two).await, queue(three).await),
        (7, 8, 7),
        "work goes where it can be claimed"
    );
    let erased = store.interaction(two).await.unwrap().unwrap();
    assert_eq!((erased.attributes.len(), erased.opening), (0, None));
    assert_eq!(store.runs(two).await.unwrap()[0].run.attributes.len(), 0);
    assert_eq!(store.runs(one).await.unwrap()[0].run.attributes.len(), 1);
    let entry = store.audit(&Default::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((entry.before, entry.after), (None, Some(serde_json::json!({ "attributes": ["a", "b"] }))));
    let clients: Vec<_> =
        store.clients().await.unwrap().into_iter().map(|one| (one.configured_hash, one.revision)).collect();
    assert_eq!(clients, [(Some("$argon2id$x".to_owned()), 1), (None, 1)]);
}

#[test]
fn a_migration_that_fails_changes_nothing() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("waypost.db");
    let mut db = schema::open_writer(&path, 1 << 20).unwrap();
    assert!(schema::migrate(&mut db, &path, &["CREATE TABLE a (x); CREATE TABLE a (x)"]).is_err());
    assert!(db.prepare("SELECT x FROM a").is_err());
    let format: u32 = db.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(format, 0);
}

/// A writer on a database that may not grow by more than `pages`.
fn small_writer(directory: &Path, batch: usize, patience: Duration, pages: Option<u32>) -> Writer {
    let path = directory.join("waypost.db");
    let mut db = schema::open_writer(&path, 1 << 20).unwrap();
    let steps = [schema::MIGRATIONS, &["CREATE TABLE t (x)"]].concat();
    schema::migrate(&mut db, &path, &steps).unwrap();
    if let Some(pages) = pages {
        let used: u32 = db.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        db.pragma_update_and_check(None, "max_page_count", used + pages, |_| Ok(())).unwrap();
    }
    let beside = schema::open_writer(&path, 1 << 20).unwrap();
    let guard = Guard::begin(&db, directory).unwrap();
    let work = Work { db, beside, guard, room: Room::of(directory), ears: Ears::default() };
    Writer::start(work, WriterOptions { batch, patience, checkpoint_bytes: 1 << 20 }).unwrap().0
}

async fn put(writer: &Writer, bytes: usize) -> Result<(), StoreError> {
    writer
        .run(move |session| {
            session.db.execute("INSERT INTO t VALUES (zeroblob(?1))", (bytes,))?;
            Ok(Ok::<_, StoreError>(()))
        })
        .await?
}

async fn count(writer: &Writer) -> i64 {
    let count = |db: &Connection| db.query_row("SELECT count(*) FROM t", (), |row| row.get(0));
    writer.run(move |session| Ok(Ok::<_, StoreError>(count(session.db)?))).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_full_disk_is_told_and_keeps_nothing() {
    let directory = TempDir::new().unwrap();
    let writer = small_writer(directory.path(), 8, Duration::from_secs(120), Some(8));
    put(&writer, 10).await.unwrap();
    assert!(matches!(put(&writer, 1 << 20).await, Err(StoreError::Full)));
    put(&writer, 10).await.unwrap();
    assert_eq!(count(&writer).await, 2);
}

/// Keeps the writer busy until the sender is dropped; answers once the writer is busy.
async fn occupy(writer: &Writer) -> (std::sync::mpsc::Sender<()>, tokio::task::JoinHandle<()>) {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (started, busy) = tokio::sync::oneshot::channel();
    let writer = writer.clone();
    let task = tokio::spawn(async move {
        let occupied = writer.run(move |_| {
            started.send(()).unwrap();
            let _ = held.recv();
            Ok(Ok::<_, StoreError>(()))
        });
        occupied.await.unwrap().unwrap();
    });
    busy.await.unwrap();
    (release, task)
}

#[tokio::test]
async fn what_was_given_up_is_never_done() {
    let directory = TempDir::new().unwrap();
    // Long enough for a slow machine to begin what occupies the writer.
    let writer = small_writer(directory.path(), 2, Duration::from_secs(2), None);
    let (release, task) = occupy(&writer).await;
    // More than the channel holds: some wait in it, others before it.
    let mut waiting: Vec<_> = (0..20)
        .map(|_| {
            let writer = writer.clone();
            tokio::spawn(async move { put(&writer, 1).await })
        })
        .collect();
    for one in waiting.drain(..) {
        assert!(matches!(one.await.unwrap(), Err(StoreError::Unavailable(_))));
    }
    drop(release);
    // It was started: its outcome is awaited, however long it took.
    task.await.unwrap();
    // On a busy machine this is given up, too; then it is done once all the same.
    while let Err(error) = put(&writer, 1).await {
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    }
    let kept = Connection::open(directory.path().join("waypost.db")).unwrap();
    let kept: i64 = kept.query_row("SELECT count(*) FROM t", (), |row| row.get(0)).unwrap();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_nothing() {
    let directory = TempDir::new().unwrap();
    let writer = small_writer(directory.path(), 2, Duration::from_secs(120), None);
    let (release, task) = occupy(&writer).await;
    let gone = {
        let writer = writer.clone();
        tokio::spawn(async move { put(&writer, 1).await })
    };
    tokio::task::yield_now().await;
    gone.abort();
    assert!(gone.await.unwrap_err().is_cancelled());
    drop(release);
    task.await.unwrap();
    assert_eq!(count(&writer).await, 0);
}

#[tokio::test]
async fn those_who_wait_together_are_committed_together() {
    let directory = TempDir::new().unwrap();
    let writer = small_writer(directory.path(), 16, Duration::from_secs(120), None);
    let (release, task) = occupy(&writer).await;
    let before = writer.commits();
    let waiting: Vec<_> = (0..32)
        .map(|_| {
            let writer = writer.clone();
            tokio::spawn(async move { put(&writer, 1).await })
        })
        .collect();
    // Every task has sent its command once it has been polled; the channel holds four batches.
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
    drop(release);
    task.await.unwrap();
    for one in waiting {
        one.await.unwrap().unwrap();
    }
    assert_eq!((writer.commits() - before, count(&writer).await), (2, 32));
}

#[tokio::test]
async fn a_failure_undoes_its_commit_alone() {
    let directory = TempDir::new().unwrap();
    let writer = small_writer(directory.path(), 16, Duration::from_secs(120), None);
    let failed = writer
        .run(|session| {
            session.db.execute("INSERT INTO t VALUES (1)", ())?;
            session.db.execute("INSERT INTO missing VALUES (1)", ())?;
            Ok(Ok::<_, StoreError>(()))
        })
        .await;
    assert!(matches!(failed, Err(StoreError::Failed(_))));
    assert_eq!(count(&writer).await, 0);
    put(&writer, 1).await.unwrap();
    assert_eq!(count(&writer).await, 1);
}

#[tokio::test]
async fn who_comes_upon_damage_undoes_nothing_of_others() {
    let directory = TempDir::new().unwrap();
    let writer = small_writer(directory.path(), 10, Duration::from_secs(120), None);
    let (go, occupied) = occupy(&writer).await;
    let damaged = || StoreError::Damaged { what: "a row is damaged".to_owned(), detail: "by a test".to_owned() };
    let reads = async { writer.run(move |_| Err::<Result<(), StoreError>, _>(damaged())).await };
    let release = async { go.send(()).unwrap() };
    let (first, second, third, ()) = tokio::join!(put(&writer, 10), reads, put(&writer, 10), release);
    assert!(matches!(second, Err(StoreError::Damaged { .. })), "{second:?}");
    first.unwrap();
    third.unwrap();
    occupied.await.unwrap();
    assert_eq!(count(&writer).await, 2);
}

#[tokio::test]
async fn looking_for_work_that_is_not_there_commits_nothing() {
    let opened = open();
    let work = opened.store.claim_runs(up_to(9), jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!((work.len(), opened.store.commits()), (0, 0));
}

#[test]
fn statements_are_prepared_once() {
    let directory = TempDir::new().unwrap();
    let db = schema::open_writer(&directory.path().join("waypost.db"), 1 << 20).unwrap();
    db.execute_batch("CREATE TABLE some (at INTEGER)").unwrap();
    let mut oldest = db.prepare("SELECT at FROM some WHERE at < ?1 ORDER BY at LIMIT ?2").unwrap();
    for at in 0..3 {
        assert!(!oldest.exists((at, 2)).unwrap());
    }
    assert_eq!(oldest.get_status(StatementStatus::RePrepare), 0);
}

/// Lists don't read the whole history: what is looked for is found by an index, and the newest are at the end of the table.
#[tokio::test]
async fn lists_are_found_by_an_index() {
    let Opened { store, directory } = open();
    accept(&store, mail(1)).await;
    let db = Connection::open(directory.path().join("waypost.db")).unwrap();
    let plan = |condition: &str| -> String {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT * FROM interactions WHERE TRUE AND {condition} ORDER BY id DESC LIMIT 10"
        );
        let mut select = db.prepare(&sql).unwrap();
        let rows = select.query_map((), |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    };
    for (condition, index) in [
        ("queue = x'00'", "interactions_by_queue"),
        ("flow_id = x'00'", "interactions_by_flow"),
        ("message_id = 'x'", "interactions_by_message_id"),
        ("lower(envelope_from) = 'x'", "interactions_by_sender"),
        ("id < x'00'", "PRIMARY KEY"),
    ] {
        let plan = plan(condition);
        assert!(
            plan.starts_with("SEARCH") && plan.contains(index) && !plan.contains("TEMP B-TREE"),
            "{condition}: {plan}"
        );
    }
}

/// However many are completed, those that are not are listed by an index that has no others.
#[tokio::test]
async fn what_is_not_completed_is_listed_by_an_index() {
    let Opened { store, directory: _directory } = open();
    accept(&store, mail(1)).await;
    for state in State::ALL.iter().copied().filter(|state| *state != State::Completed) {
        let (index, _) = super::interactions::states(state);
        assert!(index.starts_with("INDEXED BY "), "{state:?}");
        let filter = InteractionFilter { state: Some(state), ..InteractionFilter::default() };
        let listed = store.interactions(&filter, None, 10).await.unwrap();
        assert!(listed.iter().all(|one| one.state == state), "{state:?}");
    }
}

/// Rows are found by their keys, at whatever version, however many rows and versions there are; and so is what no version needs.
#[tokio::test]
async fn rows_of_tables_are_found_by_an_index() {
    let Opened { store: _store, directory } = open();
    let db = Connection::open(directory.path().join("waypost.db")).unwrap();
    let plan = |sql: &str| -> String {
        let mut select = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nothing = vec![rusqlite::types::Null; select.parameter_count()];
        let rows = select.query_map(rusqlite::params_from_iter(nothing), |row| row.get::<_, String>(3)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    };
    let find = plan(super::tables::FIND);
    assert_eq!(find, "SEARCH table_rows USING PRIMARY KEY (table_id=? AND folded=? AND since<?)");
    assert_eq!(plan(super::tables::LIST), "SEARCH table_rows USING PRIMARY KEY (table_id=? AND folded>?)");
    let old = plan(super::tables::OLD_ROWS);
    assert!(old.contains("SCAN c; SEARCH r USING COVERING INDEX table_rows_ended (table_id=?"), "{old}");
}

/// However many answers were held back, given up or taken back: those that count are counted by an index that has no others.
#[tokio::test]
async fn answers_are_counted_by_an_index() {
    let Opened { store, directory } = open();
    queues(&store).await;
    for number in 1..=3 {
        let run =
            RunRecord { sends: vec![answer(u128::from(number), "ann@example.net", "t")], ..run(DecisionKind::Queue) };
        accept(&store, decided(number, run)).await;
    }
    let db = Connection::open(directory.path().join("waypost.db")).unwrap();
    let kept = "SELECT count(*) FROM deliveries WHERE correspondent IS NOT NULL OR thread IS NOT NULL";
    assert_eq!(db.query_row(kept, (), |row| row.get::<_, i64>(0)).unwrap(), 1, "two were held back");
    for (condition, index) in [
        (super::deliveries::SENT_TO, "deliveries_to_correspondent (correspondent=? AND created_at>?)"),
        (super::deliveries::SENT_IN, "deliveries_in_thread (thread=? AND created_at>?)"),
    ] {
        let sql = format!("EXPLAIN QUERY PLAN SELECT DISTINCT message_id FROM deliveries WHERE {condition} LIMIT ?3");
        let mut select = db.prepare(&sql).unwrap();
        let rows = select.query_map(("x", 1, 1), |row| row.get::<_, String>(3)).unwrap();
        let plan = rows.map(Result::unwrap).collect::<Vec<_>>().join("; ");
        assert!(plan.contains(index), "{plan}");
    }
}
