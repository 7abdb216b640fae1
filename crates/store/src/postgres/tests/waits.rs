//! Who waits for whom, and for how long.

use std::time::Duration;

use tokio::time::sleep;
use tokio_postgres::{Client, NoTls};

use super::{Opened, another, open};
use crate::conformance::samples::{accept, mail};
use crate::postgres::locks;
use crate::traits::CatalogueStore;

/// A connection beside the store's.
async fn session(opened: &Opened) -> Client {
    let (client, connection) = tokio_postgres::connect(&opened.url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

#[tokio::test]
async fn a_publish_that_must_wait_lets_mail_pass() {
    let Some(opened) = open().await else { return };
    let node = another(&opened).await;
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
