//! Flows, versions, queues, domains, routes, terms, under one epoch.

use std::collections::BTreeMap;

use uuid::Uuid;
use waypost_ids::{DataActionId, Kind, LabelTarget, Ref, SecretId, Term, WebhookId};

use super::samples::{at, flow, flow_record, queue, queue_record, route, version_record};
use crate::error::CommitError;
use crate::records::catalogue::{
    AppliedRecord, Bindings, CatalogueChange, DomainRecord, EventKind, FlowEvent, RouteRecord, RouteTarget, TermRecord,
    VersionRecord,
};
use crate::records::outside::{DataActionRecord, Sealed, SecretRecord, WebhookRecord};
use crate::traits::Store;

pub(crate) async fn starts_empty(store: &dyn Store) {
    let catalogue = store.load().await.unwrap();
    assert_eq!((catalogue.epoch, store.epoch().await.unwrap()), (0, 0));
    assert!(catalogue.flows.is_empty() && catalogue.queues.is_empty() && catalogue.routes.is_empty());
    assert_eq!(store.flow(flow(1)).await.unwrap(), None);
    assert_eq!(store.version(flow(1), 1).await.unwrap(), None);
}

pub(crate) async fn changes_add_an_epoch(store: &dyn Store) {
    let (record, waiting) = (flow_record(1, "Inbound"), queue_record(1, "General"));
    let changes = vec![CatalogueChange::PutFlow(record.clone()), CatalogueChange::put(waiting.clone())];
    assert_eq!(store.commit(0, changes).await.unwrap(), 1);
    assert_eq!(store.epoch().await.unwrap(), 1);
    let catalogue = store.load().await.unwrap();
    assert_eq!((catalogue.epoch, catalogue.flows, catalogue.queues), (1, vec![record.clone()], vec![waiting]));
    assert_eq!(store.flow(flow(1)).await.unwrap(), Some(record.clone()));
    let renamed = flow_record(1, "Renamed");
    assert_eq!(store.commit(1, vec![CatalogueChange::PutFlow(renamed.clone())]).await.unwrap(), 2);
    assert_eq!(store.load().await.unwrap().flows, [renamed]);
    assert_eq!(store.commit(2, vec![CatalogueChange::delete(queue(1))]).await.unwrap(), 3);
    assert!(store.load().await.unwrap().queues.is_empty());
}

pub(crate) async fn an_old_epoch_conflicts(store: &dyn Store) {
    store.commit(0, vec![CatalogueChange::PutFlow(flow_record(1, "One"))]).await.unwrap();
    for epoch in [0, 2] {
        let refused = store.commit(epoch, vec![CatalogueChange::PutFlow(flow_record(2, "Two"))]).await;
        assert!(matches!(refused, Err(CommitError::Conflict)));
    }
    assert_eq!(store.load().await.unwrap().flows.len(), 1);
}

pub(crate) async fn all_or_nothing(store: &dyn Store) {
    let good = CatalogueChange::PutFlow(flow_record(1, "One"));
    let version = CatalogueChange::AddVersion(version_record(1, 1));
    let bad = [
        vec![good.clone(), version.clone(), version],
        vec![good.clone(), CatalogueChange::PutFlow(flow_record(2, "ONE"))],
    ];
    for changes in bad {
        assert!(matches!(store.commit(0, changes).await, Err(CommitError::Store(_))));
        assert_eq!(store.epoch().await.unwrap(), 0);
        assert!(store.load().await.unwrap().flows.is_empty());
        assert_eq!(store.version(flow(1), 1).await.unwrap(), None);
    }
    assert_eq!(store.commit(0, vec![good]).await.unwrap(), 1, "a refused change leaves nothing behind");
}

pub(crate) async fn names_may_be_swapped(store: &dyn Store) {
    let put = |number, name| CatalogueChange::PutFlow(flow_record(number, name));
    store.commit(0, vec![put(1, "A"), put(2, "B")]).await.unwrap();
    store.commit(1, vec![put(1, "B"), put(2, "A")]).await.unwrap();
    assert_eq!(store.flow(flow(1)).await.unwrap().unwrap().name, "B");
}

pub(crate) async fn loads_what_is_published(store: &dyn Store) {
    let mut record = flow_record(1, "One");
    record.published = Some(2);
    record.newest = 3;
    let mut changes = vec![CatalogueChange::PutFlow(record)];
    changes.extend((1..=3).map(|number| CatalogueChange::AddVersion(version_record(1, number))));
    changes.push(CatalogueChange::MarkPublished(flow(1), 2, at(9)));
    store.commit(0, changes).await.unwrap();
    let mut published = version_record(1, 2);
    published.published_at = Some(at(9));
    assert_eq!(store.load().await.unwrap().versions, [published.clone()]);
    let some = [(flow(1), 2), (flow(1), 1), (flow(9), 1)];
    let mut found = store.some_versions(&some).await.unwrap();
    found.sort_by_key(|version| version.version);
    assert_eq!(found, [version_record(1, 1), published]);
}

pub(crate) async fn names_are_bound_later(store: &dyn Store) {
    store.commit(0, vec![CatalogueChange::AddVersion(version_record(1, 1))]).await.unwrap();
    let bindings = Bindings { flows: BTreeMap::from([("classify".to_owned(), flow(2))]), ..Bindings::default() };
    store.commit(1, vec![CatalogueChange::Bind(flow(1), 1, bindings.clone())]).await.unwrap();
    let bound = store.version(flow(1), 1).await.unwrap();
    assert_eq!(bound, Some(VersionRecord { bindings, ..version_record(1, 1) }), "nothing else has changed");
}

pub(crate) async fn events_newest_first(store: &dyn Store) {
    let event = |number: u32, kind| FlowEvent {
        flow_id: flow(1),
        kind,
        version: Some(number),
        label: Some("stable".to_owned()),
        targets: vec![LabelTarget { version: number, weight: 7 }],
        note: Some("why".to_owned()),
        at: at(i64::from(number)),
        by: "admin".to_owned(),
    };
    let events: Vec<FlowEvent> = (1..).zip(EventKind::ALL).map(|(number, kind)| event(number, kind)).collect();
    let (first, rest) = events.split_at(3);
    let notes = |events: &[FlowEvent]| events.iter().cloned().map(CatalogueChange::AddEvent).collect();
    store.commit(0, notes(first)).await.unwrap();
    store.commit(1, notes(rest)).await.unwrap();
    let (all, total) = store.flow_events(flow(1), 0, 100).await.unwrap();
    assert_eq!((all, total), (events.iter().rev().cloned().collect(), 12));
    let (page, total) = store.flow_events(flow(1), 10, 1).await.unwrap();
    assert_eq!((page, total), (vec![events[1].clone()], 12));
    assert_eq!(store.flow_events(flow(2), 0, 9).await.unwrap(), (Vec::new(), 0));
}

pub(crate) async fn deleted_flows_are_apart(store: &dyn Store) {
    let mut record = flow_record(1, "One");
    record.deleted_at = Some(at(5));
    record.published = Some(1);
    let changes = vec![
        CatalogueChange::PutFlow(record.clone()),
        CatalogueChange::AddVersion(version_record(1, 1)),
        CatalogueChange::PutFlow(flow_record(2, "One")),
    ];
    store.commit(0, changes).await.unwrap();
    let catalogue = store.load().await.unwrap();
    assert_eq!((catalogue.flows.len(), catalogue.versions.len()), (1, 0));
    assert_eq!(store.deleted_flows().await.unwrap(), [record.clone()]);
    assert_eq!(store.flow(flow(1)).await.unwrap(), Some(record));
    assert_eq!(store.version(flow(1), 1).await.unwrap(), Some(version_record(1, 1)), "content stays for traces");
}

pub(crate) async fn versions_newest_first(store: &dyn Store) {
    let versions = (1..=4).map(|number| CatalogueChange::AddVersion(version_record(1, number)));
    let other = [CatalogueChange::AddVersion(version_record(2, 1))];
    store.commit(0, versions.chain(other).collect()).await.unwrap();
    for (offset, limit, expected) in [(0, 2, vec![4, 3]), (3, 2, vec![1]), (9, 2, vec![]), (0, 9, vec![4, 3, 2, 1])] {
        let (page, total) = store.versions(flow(1), offset, limit).await.unwrap();
        assert_eq!((page.iter().map(|one| one.version).collect::<Vec<_>>(), total), (expected, 4));
    }
}

pub(crate) async fn routes_and_domains_come_and_go(store: &dyn Store) {
    let domain = DomainRecord { domain: "example.com".to_owned(), extra: serde_json::Map::new(), created_at: at(0) };
    let leads = |number, pattern: &str, target| RouteRecord {
        id: route(number),
        domain: "example.com".to_owned(),
        pattern: pattern.to_owned(),
        target,
        unrouted_queue: Some(queue(2)),
        priority: 4,
        extra: serde_json::Map::new(),
        created_at: at(0),
        modified_at: at(1),
    };
    let routes = [leads(1, "*", RouteTarget::Flow(flow(1))), leads(2, "sales", RouteTarget::Queue(queue(1)))];
    let mut changes = vec![CatalogueChange::put(domain.clone())];
    changes.extend(routes.clone().map(CatalogueChange::put));
    store.commit(0, changes).await.unwrap();
    let catalogue = store.load().await.unwrap();
    assert_eq!((catalogue.domains, catalogue.routes), (vec![domain.clone()], routes.to_vec()));
    let gone = [1, 2].map(|number| CatalogueChange::delete(Ref::new(Kind::Route, route(number)))).to_vec();
    store.commit(1, gone).await.unwrap();
    store.commit(2, vec![CatalogueChange::delete(Ref::domain(&domain.domain))]).await.unwrap();
    let catalogue = store.load().await.unwrap();
    assert!(catalogue.domains.is_empty() && catalogue.routes.is_empty());
    assert_eq!(store.route(route(1)).await.unwrap().as_ref(), routes.first(), "mail may still be bound to it");
    assert_eq!(store.route(route(9)).await.unwrap(), None);
    let again = RouteRecord { id: route(3), ..routes[0].clone() };
    store.commit(3, vec![CatalogueChange::put(again.clone())]).await.unwrap();
    assert_eq!(store.load().await.unwrap().routes, [again], "its pattern is free");
}

pub(crate) async fn terms_come_and_go(store: &dyn Store) {
    for (number, term) in (1..).zip(Term::ALL) {
        let declared = |id, name: &str| TermRecord {
            term,
            id: Uuid::from_u128(id),
            name: name.to_owned(),
            folded_name: name.to_lowercase(),
            extra: serde_json::Map::from_iter([("why".to_owned(), "money".into())]),
            revision: 3,
            created_at: at(0),
            modified_at: at(1),
        };
        let commit = async |changes| store.commit(store.epoch().await.unwrap(), changes).await;
        // The name is another's among another kind of terms.
        let first = declared(number, "Refunds");
        commit(vec![CatalogueChange::put(first.clone())]).await.unwrap();
        let kept = |terms: Vec<TermRecord>| terms.into_iter().find(|kept| kept.id == first.id);
        assert_eq!(kept(store.load().await.unwrap().terms), Some(first.clone()));
        let twin = declared(number + 100, "REFUNDS");
        assert!(matches!(commit(vec![CatalogueChange::put(twin.clone())]).await, Err(CommitError::Store(_))));
        let renamed = declared(number, "Returns");
        commit(vec![CatalogueChange::put(renamed.clone()), CatalogueChange::put(twin.clone())]).await.unwrap();
        assert_eq!(kept(store.load().await.unwrap().terms), Some(renamed));
        let gone = |id| CatalogueChange::delete(Ref::new(Kind::Term(term), id));
        commit(vec![gone(first.id)]).await.unwrap();
        assert_eq!(kept(store.load().await.unwrap().terms), None);
    }
    assert_eq!(store.load().await.unwrap().terms.len(), Term::ALL.len(), "the twins stay");
}

pub(crate) async fn what_projects_applied_is_remembered_until_it_is_gone(store: &dyn Store) {
    let commit = async |changes| store.commit(store.epoch().await.unwrap(), changes).await.unwrap();
    let by = |object: Ref, project: &str| AppliedRecord { object, project: project.into() };
    let domain = DomainRecord { domain: "example.com".to_owned(), extra: Default::default(), created_at: at(0) };
    let objects = [Ref::domain("example.com"), flow(1).into(), queue(1).into(), queue(2).into()];
    let mut changes = vec![
        CatalogueChange::PutFlow(flow_record(1, "Inbound")),
        CatalogueChange::put(queue_record(1, "General")),
        CatalogueChange::put(queue_record(2, "Billing")),
        CatalogueChange::put(domain),
    ];
    changes.extend(objects.iter().map(|object| CatalogueChange::Applied(by(object.clone(), "desk"))));
    commit(changes).await;
    let applied = store.load().await.unwrap().applied;
    let mut sorted: Vec<Ref> = applied.iter().map(|one| one.object.clone()).collect();
    sorted.sort();
    let mut expected = objects.to_vec();
    expected.sort();
    assert_eq!(sorted, expected);
    assert!(applied.iter().all(|one| &*one.project == "desk"));
    // The last to apply counts, and what is changed keeps its mark.
    commit(vec![CatalogueChange::Applied(by(queue(2).into(), "other")), CatalogueChange::put(queue_record(1, "Else"))])
        .await;
    let mut deleted = flow_record(1, "Inbound");
    deleted.deleted_at = Some(at(5));
    let gone = vec![CatalogueChange::PutFlow(deleted), CatalogueChange::Delete(Ref::domain("example.com"))];
    commit(gone).await;
    let expected = [by(queue(1).into(), "desk"), by(queue(2).into(), "other")];
    let mut applied = store.load().await.unwrap().applied;
    applied.sort_by_key(|one| one.object.clone());
    assert_eq!(applied, expected);
}

pub(crate) async fn webhooks_and_secrets_come_and_go(store: &dyn Store) {
    let commit = async |changes| store.commit(store.epoch().await.unwrap(), changes).await;
    let hook = |number: u128, name: &str| WebhookRecord {
        id: WebhookId(Uuid::from_u128(number)),
        name: name.to_owned(),
        folded_name: name.to_lowercase(),
        url: "https://hooks.example.com/in".to_owned(),
        enabled: true,
        events: vec!["interaction.*".to_owned(), "delivery.dead".to_owned()],
        secret: Sealed(vec![0, 255, 7]),
        previous: None,
        rotated_at: at(0),
        revision: 1,
        created_at: at(0),
        modified_at: at(1),
    };
    let secret = |number: u128, name: &str| SecretRecord {
        id: SecretId(Uuid::from_u128(number)),
        name: name.to_owned(),
        folded_name: name.to_lowercase(),
        hosts: vec!["api.example.com".to_owned(), "xn--bcher-kva.example".to_owned()],
        value: Sealed(vec![1; 40]),
        set_at: at(2),
        revision: 1,
        created_at: at(0),
        modified_at: at(1),
    };
    // The same id and the same name among another kind are others.
    let (first, kept) = (hook(1, "Orders"), secret(1, "Orders"));
    commit(vec![CatalogueChange::put(first.clone()), CatalogueChange::put(kept.clone())]).await.unwrap();
    let loaded = store.load().await.unwrap();
    assert_eq!((loaded.webhooks, loaded.secrets), (vec![first.clone()], vec![kept.clone()]));
    for twin in [CatalogueChange::put(hook(2, "ORDERS")), CatalogueChange::put(secret(2, "ORDERS"))] {
        assert!(matches!(commit(vec![twin]).await, Err(CommitError::Store(_))));
    }
    let rotated = WebhookRecord {
        enabled: false,
        events: Vec::new(),
        secret: Sealed(vec![9]),
        previous: Some((first.secret.clone(), at(90))),
        rotated_at: at(4),
        revision: 2,
        ..first
    };
    let set = SecretRecord { value: Sealed(Vec::new()), set_at: at(5), hosts: Vec::new(), ..kept };
    commit(vec![CatalogueChange::put(rotated.clone()), CatalogueChange::put(set.clone())]).await.unwrap();
    let loaded = store.load().await.unwrap();
    assert_eq!((&*loaded.webhooks, &*loaded.secrets), (&[rotated.clone()][..], &[set.clone()][..]));
    commit(vec![CatalogueChange::delete(rotated.id), CatalogueChange::delete(set.id)]).await.unwrap();
    let loaded = store.load().await.unwrap();
    assert!(loaded.webhooks.is_empty() && loaded.secrets.is_empty());
}

pub(crate) async fn data_actions_come_and_go(store: &dyn Store) {
    let commit = async |changes| store.commit(store.epoch().await.unwrap(), changes).await;
    let action = |number: u128, name: &str| DataActionRecord {
        id: DataActionId(Uuid::from_u128(number)),
        name: name.to_owned(),
        folded_name: name.to_lowercase(),
        definition: "{\"config\":{\"x\":\"\u{e9}\\u0000\"}}".into(),
        revision: 1,
        created_at: at(0),
        modified_at: at(1),
    };
    let first = action(1, "Get customer");
    commit(vec![CatalogueChange::put(first.clone())]).await.unwrap();
    assert_eq!(store.load().await.unwrap().data_actions, vec![first.clone()]);
    let twin = commit(vec![CatalogueChange::put(action(2, "GET CUSTOMER"))]).await;
    assert!(matches!(twin, Err(CommitError::Store(_))));
    let changed = DataActionRecord { definition: "{}".into(), revision: 2, modified_at: at(3), ..first };
    commit(vec![CatalogueChange::put(changed.clone()), CatalogueChange::put(action(3, "Other"))]).await.unwrap();
    assert_eq!(store.load().await.unwrap().data_actions, vec![changed.clone(), action(3, "Other")]);
    commit(vec![CatalogueChange::delete(changed.id)]).await.unwrap();
    assert_eq!(store.load().await.unwrap().data_actions, vec![action(3, "Other")]);
}

pub(crate) async fn one_of_many_writers_wins(store: &dyn Store) {
    let put = |number, name| store.commit(0, vec![CatalogueChange::PutFlow(flow_record(number, name))]);
    let (a, b, c) = tokio::join!(put(1, "A"), put(2, "B"), put(3, "C"));
    let won = [a, b, c].iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!((won, store.epoch().await.unwrap()), (1, 1));
    assert_eq!(store.load().await.unwrap().flows.len(), 1);
}
