//! Data tables and schedules: what they are stands in the catalogue, rows have versions of their own.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::samples::{at, audit, later, lease, origin, schedule, schedule_record, table, table_record};
use crate::contents::{NewContent, Repeated, Replaced};
use crate::error::{CommitError, TableError};
use crate::leases::Lease;
use crate::records::audit::AuditFilter;
use crate::records::catalogue::CatalogueChange;
use crate::records::retention::{RetentionLimits, VersionLimits};
use crate::records::tables::{
    Content, ContentChange, ContentVersion, Import, RowChanged, RowCounts, TableRecord, TableRow,
};
use crate::traits::Store;

/// Makes table 1.
async fn made(store: &dyn Store) {
    store.commit(0, vec![CatalogueChange::put(table_record(1, "Customers"))]).await.unwrap();
}

fn row(key: &str, tier: &str) -> TableRow {
    TableRow { folded: key.to_lowercase(), key: key.to_owned(), values: format!(r#"{{"tier":"{tier}"}}"#) }
}

/// A change of the second `number`, by `ops`.
fn change(number: u128) -> ContentChange {
    ContentChange { audit: audit(number, "ops"), expected: None }
}

async fn put(store: &dyn Store, number: u128, key: &str, tier: &str) -> ContentVersion {
    store.put_row(table(1), row(key, tier), false, change(number)).await.unwrap().version
}

/// The content of a version, as a map from keys as written to tiers.
async fn content(store: &dyn Store, at: Option<ContentVersion>) -> BTreeMap<String, String> {
    let rows = store.rows(table(1), None, (0, 1000), at).await.unwrap().rows;
    assert!(rows.is_sorted_by(|a, b| a.folded < b.folded), "each key once, in order");
    let tier = |row: &TableRow| row.values.split('"').nth(3).unwrap().to_owned();
    rows.iter().map(|row| (row.key.clone(), tier(row))).collect()
}

fn map(rows: &[(&str, &str)]) -> BTreeMap<String, String> {
    rows.iter().map(|(key, tier)| ((*key).to_owned(), (*tier).to_owned())).collect()
}

fn staged(rows: &[(&str, &str)]) -> NewContent {
    let content = NewContent::new().unwrap();
    let rows = (2..).zip(rows).map(|(line, (key, tier))| (line, row(key, tier))).collect();
    assert_eq!(content.add(rows).unwrap(), []);
    content
}

async fn replaced(store: &dyn Store, number: u128, rows: &[(&str, &str)]) -> Replaced {
    staged(rows).replace(store, origin(), table(1), change(number)).await.unwrap()
}

/// A right that lasts until long after all tests.
fn right(number: u128) -> Import {
    Import { table: table(1), lease: Lease { id: Uuid::from_u128(number), until: Timestamp::MAX } }
}

async fn sweep_all(store: &dyn Store, versions: Option<VersionLimits>, max: u32) -> u64 {
    let mut swept = 0;
    loop {
        let limits = RetentionLimits { versions, ..RetentionLimits::default() };
        let rows = store.sweep(limits, max, later()).await.unwrap().rows;
        if rows == 0 {
            return swept;
        }
        swept += rows;
    }
}

pub(crate) async fn tables_and_schedules_come_and_go(store: &dyn Store) {
    let (customers, hours) = (table_record(1, "Customers"), schedule_record(1, "Office hours"));
    let put = |table: &TableRecord| CatalogueChange::put(table.clone());
    store.commit(0, vec![put(&customers), CatalogueChange::put(hours.clone())]).await.unwrap();
    let catalogue = store.load().await.unwrap();
    assert_eq!((catalogue.tables, catalogue.schedules), (vec![customers.clone()], vec![hours.clone()]));
    let doubled = vec![put(&table_record(2, "CUSTOMERS"))];
    assert!(matches!(store.commit(1, doubled).await, Err(CommitError::Store(_))));
    let doubled = vec![CatalogueChange::put(schedule_record(2, "OFFICE hours"))];
    assert!(matches!(store.commit(1, doubled).await, Err(CommitError::Store(_))));
    // Rows stay when the table changes.
    self::put(store, 1, "Ann", "gold").await;
    let renamed = TableRecord { revision: 2, ..table_record(1, "Accounts") };
    let moved = crate::records::tables::ScheduleRecord { definition: "{}".into(), ..hours };
    store.commit(1, vec![put(&renamed), CatalogueChange::put(moved.clone())]).await.unwrap();
    let catalogue = store.load().await.unwrap();
    assert_eq!((catalogue.tables, catalogue.schedules), (vec![renamed], vec![moved]));
    assert_eq!(store.content(table(1)).await.unwrap(), Content { version: 1, oldest: 0, rows: 1 });
    let gone = vec![CatalogueChange::delete(table(1)), CatalogueChange::delete(schedule(1))];
    store.commit(2, gone).await.unwrap();
    let catalogue = store.load().await.unwrap();
    assert!(catalogue.tables.is_empty() && catalogue.schedules.is_empty());
    assert!(matches!(store.row(table(1), "ann", None).await, Err(TableError::Unknown)));
    let late = store.put_row(table(1), row("Bob", "basic"), false, change(2)).await;
    assert!(matches!(late, Err(TableError::Unknown)));
    store.commit(3, vec![put(&table_record(3, "Customers"))]).await.unwrap();
    assert_eq!(store.load().await.unwrap().tables.len(), 1, "its name is free");
}

pub(crate) async fn rows_come_and_go(store: &dyn Store) {
    made(store).await;
    assert_eq!(store.content(table(1)).await.unwrap(), Content { version: 0, oldest: 0, rows: 0 });
    let none = store.row(table(1), "ann", None).await.unwrap();
    assert_eq!((none.version, none.row), (0, None));
    assert_eq!(put(store, 1, "Ann", "gold").await, 1);
    assert_eq!(put(store, 2, "bob", "basic").await, 2);
    assert_eq!(store.row(table(1), "ann", None).await.unwrap().row, Some(row("Ann", "gold")));
    let again = store.put_row(table(1), row("Ann", "gold"), false, change(3)).await.unwrap();
    assert_eq!(again, RowChanged { version: 2, before: Some(row("Ann", "gold")) }, "nothing differs");
    let changed = store.put_row(table(1), row("ANN", "gold"), false, change(4)).await.unwrap();
    assert_eq!(changed, RowChanged { version: 3, before: Some(row("Ann", "gold")) }, "as it is written now");
    let taken = store.put_row(table(1), row("ann", "basic"), true, change(5)).await;
    assert!(matches!(taken, Err(TableError::Exists)));
    let gone = store.delete_row(table(1), "ann", change(6)).await.unwrap();
    assert_eq!(gone, RowChanged { version: 4, before: Some(row("ANN", "gold")) });
    let gone = store.delete_row(table(1), "ann", change(7)).await.unwrap();
    assert_eq!(gone, RowChanged { version: 4, before: None });
    assert_eq!(store.content(table(1)).await.unwrap(), Content { version: 4, oldest: 0, rows: 1 });
    let anew = store.put_row(table(1), row("ann", "basic"), true, change(8)).await.unwrap();
    assert_eq!(anew, RowChanged { version: 5, before: None });
    assert_eq!(content(store, None).await, map(&[("ann", "basic"), ("bob", "basic")]));
    let (versions, total) = store.content_versions(table(1), 0, 2).await.unwrap();
    assert_eq!((versions.len(), total, versions[0].version, versions[1].version), (2, 5, 5, 4));
    assert_eq!((versions[1].at, versions[1].by.as_str()), (at(6), "ops"));
    assert_eq!(versions[0].counts, RowCounts { added: 1, changed: 0, removed: 0, same: 1 });
    assert_eq!(versions[1].counts, RowCounts { added: 0, changed: 0, removed: 1, same: 1 });
    let (versions, _) = store.content_versions(table(1), 2, 1).await.unwrap();
    assert_eq!(versions[0].counts, RowCounts { added: 0, changed: 1, removed: 0, same: 1 });
    assert!(matches!(store.content(table(9)).await, Err(TableError::Unknown)));
    assert!(matches!(store.rows(table(9), None, (0, 1), None).await, Err(TableError::Unknown)));
    assert!(matches!(store.content_versions(table(9), 0, 1).await, Err(TableError::Unknown)));
}

pub(crate) async fn older_versions_still_answer(store: &dyn Store) {
    made(store).await;
    put(store, 1, "ann", "gold").await;
    put(store, 2, "ann", "basic").await;
    store.delete_row(table(1), "ann", change(3)).await.unwrap();
    put(store, 4, "ann", "silver").await;
    let tier = async |version| store.row(table(1), "ann", Some(version)).await.unwrap();
    for (version, row) in [
        (0, None),
        (1, Some(row("ann", "gold"))),
        (2, Some(row("ann", "basic"))),
        (3, None),
        (4, Some(row("ann", "silver"))),
    ] {
        let found = tier(version).await;
        assert_eq!((found.version, found.row), (version, row));
    }
    assert_eq!(content(store, Some(2)).await, map(&[("ann", "basic")]));
    assert_eq!(content(store, Some(3)).await, map(&[]));
    let ahead = store.row(table(1), "ann", Some(5)).await;
    assert!(matches!(ahead, Err(TableError::NotKept { asked: 5, oldest: 0, newest: 4 })));
    assert!(matches!(store.rows(table(1), None, (0, 9), Some(5)).await, Err(TableError::NotKept { .. })));
}

pub(crate) async fn only_what_was_expected_is_changed(store: &dyn Store) {
    made(store).await;
    let expecting = |version| ContentChange { expected: Some(version), ..change(1) };
    store.put_row(table(1), row("ann", "gold"), false, expecting(0)).await.unwrap();
    let stale = store.put_row(table(1), row("bob", "gold"), false, expecting(0)).await;
    assert!(matches!(stale, Err(TableError::Conflict { newest: 1 })));
    let stale = store.delete_row(table(1), "ann", expecting(2)).await;
    assert!(matches!(stale, Err(TableError::Conflict { newest: 1 })));
    let stale = staged(&[]).replace(store, origin(), table(1), expecting(0)).await;
    assert!(matches!(stale, Err(TableError::Conflict { newest: 1 })));
    assert_eq!(content(store, None).await, map(&[("ann", "gold")]));
    store.delete_row(table(1), "ann", ContentChange { expected: Some(1), ..change(2) }).await.unwrap();
}

pub(crate) async fn rows_page_by_page(store: &dyn Store) {
    made(store).await;
    // Bytes decide the order, not a language's rules.
    for (number, key) in (1..).zip(["b", "é", "a", "B2", "z"]) {
        put(store, number, key, "x").await;
    }
    let keys = async |after, page| {
        let rows = store.rows(table(1), after, page, None).await.unwrap().rows;
        rows.into_iter().map(|row| row.folded).collect::<Vec<_>>()
    };
    assert_eq!(keys(None, (0, 2)).await, ["a", "b"]);
    assert_eq!(keys(Some("b"), (0, 2)).await, ["b2", "z"]);
    assert_eq!(keys(Some("z"), (0, 2)).await, ["é"]);
    assert_eq!(keys(Some("é"), (0, 2)).await, [""; 0]);
    assert_eq!(keys(None, (3, 9)).await, ["z", "é"]);
    assert_eq!(keys(Some("a"), (2, 1)).await, ["z"]);
}

pub(crate) async fn changes_of_rows_leave_entries(store: &dyn Store) {
    made(store).await;
    put(store, 1, "Ann", "gold").await;
    put(store, 2, "Ann", "basic").await;
    put(store, 3, "Ann", "basic").await;
    store.delete_row(table(1), "ann", change(4)).await.unwrap();
    store.delete_row(table(1), "ann", change(5)).await.unwrap();
    replaced(store, 6, &[("bob", "gold")]).await;
    replaced(store, 7, &[("bob", "gold")]).await;
    let entries = store.audit(&AuditFilter::default(), None, 10).await.unwrap();
    let told: Vec<_> = entries.into_iter().map(|entry| (entry.id.as_u128(), entry.before, entry.after)).collect();
    let of = |tier: &str| Some(serde_json::json!({ "key": "Ann", "values": { "tier": tier } }));
    let counts = serde_json::json!({ "version": 4, "added": 1, "changed": 0, "removed": 0, "same": 0 });
    assert_eq!(
        told,
        [(6, None, Some(counts)), (4, of("basic"), None), (2, of("gold"), of("basic")), (1, None, of("gold"))]
    );
}

pub(crate) async fn a_new_content_is_one_version(store: &dyn Store) {
    made(store).await;
    let first = replaced(store, 1, &[("Ann", "gold"), ("bob", "basic"), ("eve", "basic")]).await;
    assert_eq!(first, Replaced { version: 1, counts: RowCounts { added: 3, ..RowCounts::default() } });
    let second = replaced(store, 2, &[("bob", "gold"), ("Ann", "gold"), ("dan", "basic")]).await;
    let counts = RowCounts { added: 1, changed: 1, removed: 1, same: 1 };
    assert_eq!(second, Replaced { version: 2, counts });
    assert_eq!(content(store, None).await, map(&[("Ann", "gold"), ("bob", "gold"), ("dan", "basic")]));
    assert_eq!(content(store, Some(1)).await, map(&[("Ann", "gold"), ("bob", "basic"), ("eve", "basic")]));
    assert_eq!(store.content(table(1)).await.unwrap(), Content { version: 2, oldest: 0, rows: 3 });
    let (versions, _) = store.content_versions(table(1), 0, 9).await.unwrap();
    assert_eq!((versions[0].at, versions[0].counts), (at(2), counts));
    let emptied = replaced(store, 3, &[]).await;
    assert_eq!((emptied.version, emptied.counts.removed), (3, 3));
    assert_eq!(content(store, None).await, map(&[]));
    // More than fits into one reading or writing.
    let rows: Vec<(String, &str)> = (0..1700).map(|number| (format!("key{number:05}"), "x")).collect();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(key, tier)| (key.as_str(), *tier)).collect();
    assert_eq!(replaced(store, 4, &rows).await.counts.added, 1700);
    let odd: Vec<(&str, &str)> = rows.iter().copied().step_by(2).collect();
    let counts = replaced(store, 5, &odd).await.counts;
    assert_eq!(counts, RowCounts { removed: 850, same: 850, ..RowCounts::default() });
    assert_eq!(store.content(table(1)).await.unwrap().rows, 850);
    assert_eq!(store.row(table(1), "key00001", Some(4)).await.unwrap().row, Some(row("key00001", "x")));
    assert_eq!(store.row(table(1), "key00001", None).await.unwrap().row, None);
}

pub(crate) async fn a_new_content_that_is_the_same_is_none(store: &dyn Store) {
    made(store).await;
    replaced(store, 1, &[("ann", "gold")]).await;
    let again = replaced(store, 2, &[("ann", "gold")]).await;
    assert_eq!(again, Replaced { version: 1, counts: RowCounts { same: 1, ..RowCounts::default() } });
    assert_eq!(store.content_versions(table(1), 0, 9).await.unwrap().1, 1);
    put(store, 3, "bob", "gold").await;
}

pub(crate) async fn nobody_sees_a_content_that_is_not_finished(store: &dyn Store) {
    made(store).await;
    replaced(store, 1, &[("ann", "gold"), ("bob", "basic")]).await;
    assert_eq!(store.begin_import(right(7), None).await.unwrap(), 1);
    store.write_import(right(7), vec![row("ann", "silver"), row("new", "x")], vec!["bob".to_owned()]).await.unwrap();
    assert_eq!(content(store, None).await, map(&[("ann", "gold"), ("bob", "basic")]));
    assert_eq!(store.row(table(1), "ann", None).await.unwrap().row, Some(row("ann", "gold")));
    assert!(matches!(store.row(table(1), "ann", Some(2)).await, Err(TableError::NotKept { .. })));
    let meanwhile = store.put_row(table(1), row("ann", "x"), false, change(2)).await;
    assert!(matches!(meanwhile, Err(TableError::Importing)));
    assert!(matches!(store.delete_row(table(1), "ann", change(2)).await, Err(TableError::Importing)));
    assert!(matches!(store.begin_import(right(8), None).await, Err(TableError::Importing)));
    assert!(matches!(store.write_import(right(8), Vec::new(), Vec::new()).await, Err(TableError::Lost)));
    assert_eq!(sweep_all(store, None, 10).await, 0, "it is under way");
    let counts = RowCounts { added: 1, changed: 1, removed: 1, same: 0 };
    assert_eq!(store.finish_import(right(7), counts, audit(3, "ops")).await.unwrap(), 2);
    assert_eq!(content(store, None).await, map(&[("ann", "silver"), ("new", "x")]));
    assert_eq!(content(store, Some(1)).await, map(&[("ann", "gold"), ("bob", "basic")]));
    let twice = store.finish_import(right(7), counts, audit(4, "ops")).await;
    assert!(matches!(twice, Err(TableError::Lost)));
}

pub(crate) async fn an_abandoned_content_leaves_nothing(store: &dyn Store) {
    made(store).await;
    let before: Vec<(String, &str)> = (0..50).map(|number| (format!("k{number:02}"), "old")).collect();
    let before: Vec<(&str, &str)> = before.iter().map(|(key, tier)| (key.as_str(), *tier)).collect();
    replaced(store, 1, &before).await;
    put(store, 2, "k07", "newer").await;
    store.begin_import(right(7), None).await.unwrap();
    let puts = (0..60).step_by(3).map(|number| row(&format!("k{number:02}"), "never")).collect();
    store.write_import(right(7), puts, vec!["k01".to_owned(), "k49".to_owned()]).await.unwrap();
    store.abandon_import(right(7)).await.unwrap();
    let counts = RowCounts { added: 1, ..RowCounts::default() };
    assert!(matches!(store.finish_import(right(7), counts, audit(3, "ops")).await, Err(TableError::Lost)));
    let blocked = store.put_row(table(1), row("x", "x"), false, change(3)).await;
    assert!(matches!(blocked, Err(TableError::Importing)), "until all is taken back");
    // One of tests' small sweeps sees to ten rows at most.
    sweep_all(store, None, 1).await;
    assert_eq!(content(store, Some(1)).await, map(&before));
    let mut now = map(&before);
    now.insert("k07".to_owned(), "newer".to_owned());
    assert_eq!(content(store, None).await, now);
    assert_eq!(put(store, 4, "x", "x").await, 3);
    assert_eq!(store.content(table(1)).await.unwrap().rows, 51);
}

pub(crate) async fn a_right_that_ran_out_is_taken_back(store: &dyn Store) {
    made(store).await;
    let ended = Import { lease: lease(7, 1), ..right(7) };
    store.begin_import(ended, None).await.unwrap();
    store.write_import(ended, vec![row("ann", "never")], Vec::new()).await.unwrap();
    assert!(sweep_all(store, None, 10).await > 0);
    assert!(matches!(store.write_import(ended, Vec::new(), Vec::new()).await, Err(TableError::Lost)));
    assert_eq!(put(store, 1, "bob", "x").await, 1);
    assert_eq!(content(store, None).await, map(&[("bob", "x")]));
}

pub(crate) async fn writing_nothing_keeps_a_right(store: &dyn Store) {
    made(store).await;
    store.begin_import(Import { lease: lease(7, 1), ..right(7) }, None).await.unwrap();
    store.write_import(right(7), Vec::new(), Vec::new()).await.unwrap();
    assert_eq!(store.take_back(10, later()).await.unwrap(), 0, "it was renewed");
    store.write_import(right(7), vec![row("ann", "new")], Vec::new()).await.unwrap();
    let counts = RowCounts { added: 1, ..RowCounts::default() };
    assert_eq!(store.finish_import(right(7), counts, audit(1, "ops")).await.unwrap(), 1);
}

pub(crate) async fn who_changes_a_table_takes_back_what_stands_in_the_way(store: &dyn Store) {
    made(store).await;
    replaced(store, 1, &[("ann", "gold")]).await;
    let gone = Import { lease: lease(7, 1), ..right(7) };
    store.begin_import(gone, None).await.unwrap();
    let rows = (0..50).map(|number| row(&format!("k{number:02}"), "never")).collect();
    store.write_import(gone, rows, vec!["ann".to_owned()]).await.unwrap();
    let again = replaced(store, 2, &[("ann", "gold"), ("bob", "basic")]).await;
    assert_eq!(again.counts, RowCounts { added: 1, same: 1, ..RowCounts::default() });
    assert_eq!(content(store, None).await, map(&[("ann", "gold"), ("bob", "basic")]));
    store.begin_import(right(8), None).await.unwrap();
    let held = staged(&[]).replace(store, origin(), table(1), change(3)).await;
    assert!(matches!(held, Err(TableError::Importing)), "one that is under way stands");
}

pub(crate) async fn one_of_many_contents_wins(store: &dyn Store) {
    made(store).await;
    let contents = [staged(&[("a", "1")]), staged(&[("b", "1")]), staged(&[("c", "1")])];
    let replace = |content: NewContent| async move {
        content.replace(store, origin(), table(1), ContentChange { expected: Some(0), ..change(1) }).await
    };
    let [a, b, c] = contents;
    let (a, b, c) = tokio::join!(replace(a), replace(b), replace(c));
    let won = [&a, &b, &c].into_iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1, "{a:?} {b:?} {c:?}");
    assert_eq!(store.content(table(1)).await.unwrap(), Content { version: 1, oldest: 0, rows: 1 });
}

pub(crate) async fn a_key_twice_is_told(_: &dyn Store) {
    let content = staged(&[("Ann", "gold"), ("bob", "gold")]);
    let again = vec![(9, row("ANN", "gold")), (10, row("eve", "gold")), (11, row("eve", "x"))];
    let repeated = |place, first, key: &str| Repeated { place, first, key: key.to_owned() };
    assert_eq!(content.add(again).unwrap(), [repeated(9, 2, "ANN"), repeated(11, 10, "eve")]);
}

pub(crate) async fn old_versions_go(store: &dyn Store) {
    made(store).await;
    for number in 1..=10 {
        put(store, number, &format!("k{}", number % 2), &format!("t{number}")).await;
    }
    let limits = |before, least, most| Some(VersionLimits { before: at(before), least, most });
    assert_eq!(sweep_all(store, limits(1, 3, 100), 1).await, 0, "all are young");
    assert_eq!(sweep_all(store, limits(100, 10, 100), 1).await, 0, "the ten newest stay");
    assert_eq!(store.content(table(1)).await.unwrap().oldest, 1, "what it was before the oldest of them is forgotten");
    // Version 4 was made before the limit, version 5 after it: at the limit, 4 was what there was.
    assert_eq!(sweep_all(store, limits(5, 3, 100), 1).await, 5, "two rows, three entries of the history");
    assert_eq!(store.content(table(1)).await.unwrap().oldest, 4);
    let gone = store.row(table(1), "k1", Some(3)).await;
    assert!(matches!(gone, Err(TableError::NotKept { asked: 3, oldest: 4, newest: 10 })));
    assert_eq!(content(store, Some(4)).await, map(&[("k1", "t3"), ("k0", "t4")]));
    assert_eq!(store.content_versions(table(1), 0, 100).await.unwrap().1, 7);
    sweep_all(store, limits(100, 3, 100), 1).await;
    assert_eq!(store.content(table(1)).await.unwrap().oldest, 8, "three stay, however old");
    sweep_all(store, limits(0, 1, 2), 1).await;
    assert_eq!(store.content(table(1)).await.unwrap().oldest, 9, "two at most, however young");
    assert_eq!(content(store, Some(9)).await, map(&[("k1", "t9"), ("k0", "t8")]));
    assert_eq!(content(store, None).await, map(&[("k1", "t9"), ("k0", "t10")]));
}

pub(crate) async fn a_deleted_table_is_swept(store: &dyn Store) {
    made(store).await;
    store.commit(1, vec![CatalogueChange::put(table_record(2, "Other"))]).await.unwrap();
    let rows: Vec<(String, &str)> = (0..35).map(|number| (format!("k{number:02}"), "x")).collect();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(key, tier)| (key.as_str(), *tier)).collect();
    replaced(store, 1, &rows).await;
    store.put_row(table(2), row("kept", "x"), false, change(2)).await.unwrap();
    assert_eq!(sweep_all(store, None, 1).await, 0);
    store.commit(2, vec![CatalogueChange::delete(table(1))]).await.unwrap();
    assert_eq!(sweep_all(store, None, 1).await, 37, "its rows, its one version, itself");
    assert_eq!(store.row(table(2), "kept", None).await.unwrap().row, Some(row("kept", "x")));
    store.commit(3, vec![CatalogueChange::put(table_record(1, "Customers"))]).await.unwrap();
    assert_eq!(store.content(table(1)).await.unwrap(), Content { version: 0, oldest: 0, rows: 0 });
}
