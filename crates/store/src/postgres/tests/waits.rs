//! Who waits for whom, and for how long.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::{Client, NoTls};

use super::{Opened, open};
use crate::conformance::samples::{accept, mail};
use crate::error::StoreError;
use crate::postgres::{PostgresOptions, PostgresStore, locks, schema};
use crate::records::mail::InteractionFilter;
use crate::traits::{CatalogueStore, MailStore};

/// A connection beside the store's.
pub(super) async fn session(opened: &Opened) -> Client {
    let (client, connection) = tokio_postgres::connect(&opened.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(super) async fn number(db: &Client, sql: &str) -> i64 {
    db.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_publish_that_must_wait_lets_mail_pass() {
    let Some(opened) = open().await else { return };
    let options = PostgresOptions { patience: Duration::from_secs(120), ..PostgresOptions::new(&opened.url) };
    let node = PostgresStore::connect(options).await.unwrap();
    // An acceptance that does not end: its node has vanished.
    let held = session(&opened).await;
    held.batch_execute(&format!("BEGIN; {}", locks::SHARE)).await.unwrap();
    let publish = tokio::spawn(async move { node.commit(0, Vec::new()).await });
    for number in 1..=10 {
        accept(&opened.store, mail(number)).await;
        sleep(Duration::from_millis(100)).await;
    }
    assert!(!publish.is_finished());
    held.batch_execute("COMMIT").await.unwrap();
    assert_eq!(publish.await.unwrap().unwrap(), 1);
}

/// Upgrades of large tables take minutes; a second node that starts meanwhile waits for the first.
#[tokio::test]
async fn an_upgrade_takes_longer_than_a_caller_waits() {
    let Some(opened) = open().await else { return };
    // Long enough for a slow machine to connect.
    let options = PostgresOptions { patience: Duration::from_secs(5), ..PostgresOptions::new(&opened.url) };
    let node = PostgresStore::connect(options).await.unwrap();
    let steps: Vec<&str> = schema::MIGRATIONS.iter().copied().chain(["SELECT pg_sleep(8)"]).collect();
    let steps: &'static [&str] = steps.leak();
    let (first, second) = tokio::join!(schema::migrate(&node.db, steps), schema::migrate(&node.db, steps));
    first.unwrap();
    second.unwrap();
    let db = session(&opened).await;
    assert_eq!(number(&db, "SELECT max(step) FROM schema_format").await, i64::try_from(steps.len()).unwrap());
}

#[tokio::test]
async fn a_search_that_nobody_waits_for_ends_at_the_server() {
    let Some(opened) = open().await else { return };
    accept(&opened.store, mail(1)).await;
    let db = session(&opened).await;
    let slow = "ALTER TABLE interactions RENAME TO kept;
        CREATE VIEW interactions AS SELECT kept.* FROM kept, pg_sleep(3600)";
    db.batch_execute(slow).await.unwrap();
    let options = PostgresOptions { patience: Duration::from_secs(10), ..PostgresOptions::new(&opened.url) };
    let store = PostgresStore::connect(options).await.unwrap();
    let error = store.interactions(&InteractionFilter::default(), None, 10).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    let running = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event = 'PgSleep'";
    for _ in 0..1200 {
        if number(&db, running).await == 0 {
            return;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("the search goes on");
}

#[tokio::test]
async fn a_transaction_that_was_idle_too_long_is_tried_again_on_another_connection() {
    let Some(opened) = open().await else { return };
    let store = PostgresStore::connect(PostgresOptions { connections: 2, ..PostgresOptions::new(&opened.url) });
    let store = store.await.unwrap();
    let beside = Arc::new(session(&opened).await);
    for _ in 0..5 {
        let beside = Arc::clone(&beside);
        let idle = store.db.run(|db| {
            Box::pin(async move {
                let transaction = db.transaction().await?;
                let backend: i32 = transaction.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
                transaction.batch_execute("SET LOCAL idle_in_transaction_session_timeout = 50").await?;
                let there = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {backend}");
                while number(&beside, &there).await > 0 {
                    sleep(Duration::from_millis(20)).await;
                }
                transaction.batch_execute("SELECT 1").await?;
                Ok::<_, StoreError>(())
            })
        });
        let error = idle.await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
        assert_eq!(store.epoch().await.unwrap(), 0);
    }
}
