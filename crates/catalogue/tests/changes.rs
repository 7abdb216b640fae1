//! Changes over a real store: what is in use and what no longer is, and many clients at the same time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use waypost_catalogue::LiveCatalogue;
use waypost_catalogue::changesets::{ChangeSet, Member};
use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::flows::{FlowView, Saving};
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::RouteSpec;
use waypost_flow::diagnostic::{Code, MAX_LISTED};
use waypost_flow::source::{self, Node};
use waypost_origin::Origin;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{DomainRecord, QueueRecord, RouteRecord, RouteTarget};
use waypost_store::sqlite::{SqliteOptions, SqliteStore};

const BY: By<'static> = By { actor: "test", note: None };

async fn catalogue(directory: &std::path::Path) -> Arc<LiveCatalogue> {
    let store = SqliteStore::open(directory, SqliteOptions::default()).unwrap();
    let catalogue = LiveCatalogue::open(Arc::new(store), Origin::system()).await.unwrap();
    catalogue.ensure_built_in().await.unwrap();
    Arc::new(catalogue)
}

async fn create(catalogue: &LiveCatalogue, document: &str) -> FlowView {
    catalogue.create_flow(BY, source::yaml(document).unwrap().0, Saving::Publish).await.unwrap()
}

const SHARED: &str = "{ name: Shared, type: shared, outputs: [{ name: topic, dataType: string }], nodes: [] }";

fn caller(name: &str, output: &str) -> String {
    format!(
        "{{ name: {name}, type: email, nodes: [{{ id: a, actions: [{{ type: runFlow, flow: Shared, outputMapping: [{{ name: t, value: '${{output.{output}}}' }}] }}] }}] }}"
    )
}

#[tokio::test]
async fn a_caller_that_calls_no_more_is_no_user() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let shared = create(&catalogue, SHARED).await.record.id;
    let caller_id = create(&catalogue, &caller("Caller", "topic")).await.record.id;

    let refused = catalogue.delete_flow(BY, shared, None).await;
    let Err(ChangeError::InUse(found)) = refused else { panic!("{refused:?}") };
    assert_eq!(found[0].users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["Caller"]);

    let renamed = source::yaml(&SHARED.replace("topic", "subject")).unwrap().0;
    let refused = catalogue.update_flow(BY, shared, renamed.clone(), None, Saving::Publish).await;
    let Err(ChangeError::Broken { breakages, .. }) = refused else { panic!("{:?}", refused.map(|_| ())) };
    let place = breakages.first().unwrap();
    assert_eq!((place.flow_id, place.node_id.as_deref(), place.action), (caller_id, Some("a"), Some(0)));
    assert_eq!(place.diagnostic.path, "nodes[0].actions[0].outputMapping[0].value");

    let without = source::yaml("{ name: Caller, type: email, nodes: [] }").unwrap().0;
    catalogue.update_flow(BY, caller_id, without.clone(), None, Saving::Publish).await.unwrap();
    catalogue.update_flow(BY, shared, renamed.clone(), None, Saving::Publish).await.unwrap();
    catalogue.delete_flow(BY, shared, None).await.unwrap();
}

#[tokio::test]
async fn a_pinned_caller_keeps_its_version() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let shared = create(&catalogue, SHARED).await.record.id;
    let pinned = caller("Pinned", "topic").replace("flow: Shared,", "flow: Shared, version: 1,");
    create(&catalogue, &pinned).await;
    let renamed = source::yaml(&SHARED.replace("topic", "subject")).unwrap().0;
    let view = catalogue.update_flow(BY, shared, renamed.clone(), None, Saving::Publish).await.unwrap();
    assert_eq!(view.record.published, Some(2));
    let refused = catalogue.delete_flow(BY, shared, None).await;
    assert!(matches!(refused, Err(ChangeError::InUse(_))), "{refused:?}");
}

#[tokio::test]
async fn a_routed_flow_can_not_become_shared() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let flow = create(&catalogue, "{ name: Router, type: email, nodes: [] }").await.record.id;
    catalogue
        .create::<DomainRecord>(BY, DomainSpec { domain: "example.com".to_owned(), ..DomainSpec::default() })
        .await
        .unwrap();
    let spec = RouteSpec {
        domain: "example.com".to_owned(),
        pattern: "care".to_owned(),
        target: Some(RouteTarget::Flow(flow).into()),
        unrouted_queue: None,
        priority: 0,
        extra: serde_json::Map::new(),
    };
    catalogue.create::<RouteRecord>(BY, spec).await.unwrap();
    let shared = source::yaml("{ type: shared }").unwrap().0;
    let refused = catalogue.update_flow(BY, flow, shared.clone(), None, Saving::Publish).await;
    assert!(matches!(refused, Err(ChangeError::Invalid(_))), "{:?}", refused.map(|_| ()));
}

#[tokio::test]
async fn a_leaf_can_not_grow_too_deep_for_its_callers() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let calling = |name: &str, callee: &str| {
        format!(
            "{{ name: {name}, type: shared, nodes: [{{ id: a, actions: [{{ type: runFlow, flow: {callee} }}] }}] }}"
        )
    };
    create(&catalogue, "{ name: Beyond, type: shared, nodes: [] }").await;
    let leaf = create(&catalogue, "{ name: F1, type: shared, nodes: [] }").await.record.id;
    for depth in 2..=33 {
        create(&catalogue, &calling(&format!("F{depth}"), &format!("F{}", depth - 1))).await;
    }
    let deeper = source::yaml(&calling("F1", "Beyond")).unwrap().0;
    let refused = catalogue.update_flow(BY, leaf, deeper.clone(), None, Saving::Publish).await;
    let Err(ChangeError::Broken { breakages, .. }) = refused else { panic!("{:?}", refused.map(|_| ())) };
    assert_eq!(breakages.iter().map(|place| place.flow_name.as_str()).collect::<Vec<_>>(), ["F33"]);
}

/// A flow whose check takes all the work that one may be.
fn laborious(name: &str) -> Node {
    let expression = format!("${{[{}]}}", vec!["1"; 7_000].join(","));
    let value = vec![expression; 150];
    let text = serde_json::json!({ "name": name, "type": "email", "nodes": [{ "id": "a", "actions": [
        { "type": "setVariable", "name": "v", "value": value }
    ] }] });
    source::json(&text.to_string()).unwrap()
}

#[tokio::test]
async fn a_check_that_takes_long_keeps_nobody_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let by = By { actor: "somebody else", note: None };
    // If anybody had to wait for the check, this would be so each time; on a busy machine the test itself may be late a few times.
    let mut overtaken = false;
    for round in 0..20 {
        let (other, document) = (catalogue.clone(), laborious("Heavy"));
        let heavy = tokio::spawn(async move { other.create_flow(by, document, Saving::Publish).await.map(drop) });
        // Health and small mail are served by this one thread: it must be free, whatever is checked.
        tokio::time::sleep(Duration::from_millis(20)).await;
        // Others publish meanwhile.
        create(&catalogue, &format!("{{ name: Light {round}, type: email, nodes: [] }}")).await;
        overtaken = !heavy.is_finished();
        let refused = heavy.await.unwrap();
        let Err(ChangeError::Invalid(problems)) = refused else { panic!("{refused:?}") };
        assert_eq!(problems.first().unwrap().code, Code::TooMuchWork);
        assert_eq!(problems.len(), 1);
        if overtaken {
            break;
        }
    }
    assert!(overtaken, "whoever publishes waits for the check");
}

#[tokio::test]
async fn nobody_is_worked_for_who_hangs_up() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let document = laborious("Heavy");
    for round in 0..30 {
        // Dropped while it waits, is read, or is checked: what it holds up is free again then, and not when all thirty are done.
        let one = catalogue.create_flow(BY, document.clone(), Saving::Publish);
        assert!(tokio::time::timeout(Duration::from_millis(1 + round % 10 * 3), one).await.is_err());
    }
    create(&catalogue, "{ name: Light, type: email, nodes: [] }").await;
    assert_eq!(catalogue.flows().len(), 1);
}

#[tokio::test]
async fn a_long_chain_of_calls_is_refused_and_does_not_end_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let member = |at: usize| {
        let call = format!("nodes: [{{ id: a, actions: [{{ type: runFlow, flow: F{} }}] }}]", at + 1);
        let nodes = if at == 1_999 { "nodes: []".to_owned() } else { call };
        let text = format!("{{ name: F{at}, type: shared, {nodes} }}");
        Member { document: Some(source::yaml(&text).unwrap().0), ..Member::default() }
    };
    let set = ChangeSet { members: (0..2_000).map(member).collect(), ..ChangeSet::default() };
    let refused = catalogue.change_set(BY, set).await;
    let Err(ChangeError::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems.first().unwrap().code, Code::TooDeep);
    assert_eq!(problems.len(), MAX_LISTED + 1, "the first, and how many more");
}

#[tokio::test]
async fn all_who_publish_at_once_get_their_turn() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let publish = |number: usize| {
        let catalogue = catalogue.clone();
        tokio::spawn(async move { create(&catalogue, &format!("{{ name: F{number}, type: email, nodes: [] }}")).await })
    };
    for task in (0..60).map(publish).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(catalogue.flows().len(), 60);
}

/// What is taken together is of one epoch, whatever is committed meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_world_and_what_runs_of_it_are_of_one_epoch() {
    let directory = tempfile::tempdir().unwrap();
    let catalogue = catalogue(directory.path()).await;
    let done = Arc::new(AtomicBool::new(false));
    let looking = {
        let (catalogue, done) = (catalogue.clone(), done.clone());
        // It looks all the time: nearly every commit falls between two looks, or into one.
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let live = catalogue.live();
                assert_eq!(live.world.epoch, live.running.epoch);
            }
        })
    };
    for number in 0..40 {
        catalogue.create::<QueueRecord>(BY, QueueSpec::named(&format!("Queue {number}"))).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    looking.join().unwrap();
}
