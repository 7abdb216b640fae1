//! What a process held when it ended.

use waypost_ids::DeliveryState;

use super::{Opened, open};
use crate::conformance::outbox::{claim_of, delivery, forwards};
use crate::conformance::samples::{accept, at, audit, decided, mail, queues, up_to};
use crate::records::audit::AuditRecord;
use crate::sqlite::{SqliteOptions, SqliteStore};
use crate::traits::{MailStore, OutboxStore};

/// What a crash interrupted need not wait for the end of a lease that nobody holds any more.
#[tokio::test]
async fn leases_of_runs_end_with_their_process() {
    let Opened { store, directory } = open();
    accept(&store, mail(1)).await;
    let before = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    drop(store);
    let store = SqliteStore::open(directory.path(), SqliteOptions::default()).unwrap();
    let after = store.claim_runs(up_to(1), at(11)).await.unwrap().remove(0);
    assert_eq!(after.interaction.id, before.interaction.id);
    assert_ne!(after.lease, before.lease);
    assert!(store.claim_runs(up_to(1), at(12)).await.unwrap().is_empty());
}

/// The same for attempts at deliveries: somebody may want another now, or take the delivery back. By itself each is made again at its time: one
/// that ended its process must not end the next one at its start.
#[tokio::test]
async fn leases_of_attempts_end_with_their_process() {
    let Opened { store, directory } = open();
    queues(&store).await;
    accept(&store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net")]))).await;
    assert_eq!(store.claim_deliveries(claim_of(1, 500), at(10)).await.unwrap().len(), 2);
    drop(store);
    let store = SqliteStore::open(directory.path(), SqliteOptions::default()).unwrap();
    assert!(store.claim_deliveries(claim_of(2, 900), at(20)).await.unwrap().is_empty());
    let by = |number| AuditRecord { at: at(30), ..audit(number, "ann") };
    store.retry_delivery(delivery(1), by(101)).await.unwrap().unwrap();
    let cancelled = store.cancel_delivery(delivery(2), by(102)).await.unwrap().unwrap();
    assert_eq!(cancelled.state, DeliveryState::Cancelled);
    let claimed = store.claim_deliveries(claim_of(3, 900), at(30)).await.unwrap();
    assert_eq!(claimed.iter().map(|one| one.id).collect::<Vec<_>>(), [delivery(1)]);
}
