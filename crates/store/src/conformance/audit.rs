//! The audit log.

use std::collections::BTreeMap;

use uuid::Uuid;
use waypost_ids::AuditKind;

use super::samples::{accept, at, audit, id, mail, queue_record};
use crate::error::{CommitError, LeaseError};
use crate::records::access::ClientRecord;
use crate::records::audit::{AuditFilter, AuditRecord};
use crate::records::catalogue::CatalogueChange;
use crate::records::mail::AttributesSet;
use crate::traits::Store;

async fn all(store: &dyn Store, filter: AuditFilter) -> Vec<u128> {
    let found = store.audit(&filter, None, 100).await.unwrap();
    found.iter().map(|entry| entry.id.as_u128()).collect()
}

async fn add(store: &dyn Store, entries: Vec<AuditRecord>) {
    let epoch = store.epoch().await.unwrap();
    store.commit(epoch, entries.into_iter().map(CatalogueChange::AddAudit).collect()).await.unwrap();
}

pub(crate) async fn entries_newest_first_and_by_filter(store: &dyn Store) {
    let mut other = audit(3, "ada");
    other.entity_kind = "flow".to_owned();
    other.note = Some("why".to_owned());
    other.before = Some(serde_json::json!({ "name": "Old" }));
    other.after = None;
    add(store, vec![audit(1, "ops"), audit(2, "ops"), other.clone()]).await;
    assert_eq!(all(store, AuditFilter::default()).await, [3, 2, 1]);
    assert_eq!(store.audit(&AuditFilter::default(), None, 1).await.unwrap(), [other]);
    let second = store.audit(&AuditFilter::default(), Some(Uuid::from_u128(3)), 1).await.unwrap();
    assert_eq!(second, [audit(2, "ops")]);
    let filter = AuditFilter::default;
    assert_eq!(all(store, AuditFilter { actor: Some("ops".to_owned()), ..filter() }).await, [2, 1]);
    assert_eq!(all(store, AuditFilter { entity_kind: Some(AuditKind::Flow), ..filter() }).await, [3]);
    assert_eq!(all(store, AuditFilter { entity_id: Some("entity-1".to_owned()), ..filter() }).await, [3, 1]);
    assert_eq!(all(store, AuditFilter { since: Some(at(2)), until: Some(at(3)), ..filter() }).await, [2]);
}

pub(crate) async fn a_change_that_is_refused_leaves_no_entry(store: &dyn Store) {
    let epoch = store.epoch().await.unwrap();
    let changes = vec![CatalogueChange::AddAudit(audit(1, "ops"))];
    assert!(matches!(store.commit(epoch + 1, changes).await, Err(CommitError::Conflict)));
    let twice = vec![
        CatalogueChange::AddAudit(audit(1, "ops")),
        CatalogueChange::put(queue_record(1, "Billing")),
        CatalogueChange::put(queue_record(2, "Billing")),
    ];
    assert!(store.commit(epoch, twice).await.is_err());
    assert!(matches!(store.rerun(id(1), false, audit(2, "ops")).await, Err(LeaseError::Lost)));
    assert!(matches!(store.complete(id(1), audit(3, "ops")).await, Err(LeaseError::Lost)));
    assert!(!store.erase(id(1), audit(4, "ops")).await.unwrap());
    assert_eq!(
        store.set_attributes(id(1), BTreeMap::new(), usize::MAX, audit(5, "ops")).await.unwrap(),
        AttributesSet::Gone
    );
    assert!(all(store, AuditFilter::default()).await.is_empty());
}

pub(crate) async fn every_change_leaves_its_entry(store: &dyn Store) {
    accept(store, mail(1)).await;
    store.set_attributes(id(1), BTreeMap::new(), usize::MAX, audit(1, "ops")).await.unwrap();
    store.erase(id(1), audit(2, "ops")).await.unwrap();
    let client = ClientRecord {
        id: "a".to_owned(),
        name: "a".to_owned(),
        description: String::new(),
        secret_hash: "s".to_owned(),
        configured_hash: None,
        scopes: Vec::new(),
        token_seconds: None,
        created_at: at(0),
        created_by: "waypost".to_owned(),
        modified_at: at(0),
        revision: 1,
        revoked_at: None,
    };
    store.put_client(client, audit(3, "ops")).await.unwrap();
    assert_eq!(all(store, AuditFilter::default()).await, [3, 2, 1]);
}
