//! Publishing over a real store: what is in use, and what no longer is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use waypost_app::App;
use waypost_app::catalogue::changesets::{ChangeSet, Member};
use waypost_app::catalogue::domains::DomainSpec;
use waypost_app::catalogue::flows::{FlowView, Saving};
use waypost_app::catalogue::plan::By;
use waypost_app::catalogue::queues::QueueSpec;
use waypost_app::catalogue::routing::RouteSpec;
use waypost_app::error::AppError;
use waypost_app::mail::intake::{Arrival, Bound};
use waypost_app::observed::Protocol;
use waypost_flow::diagnostic::{Code, MAX_LISTED};
use waypost_flow::source::{self, Node};
use waypost_ids::DecisionKind;
use waypost_store::records::catalogue::{DomainRecord, QueueRecord, RouteRecord, RouteTarget};
use waypost_store::records::mail::{AcceptOutcome, Accepted, QueueClaim};
use waypost_store::sqlite::{SqliteOptions, SqliteStore};

const BY: By<'static> = By { actor: "test", note: None };

async fn app(directory: &std::path::Path) -> Arc<App> {
    let store = SqliteStore::open(directory, SqliteOptions::default()).unwrap();
    App::open(Arc::new(store), waypost_app::Settings::default()).await.unwrap()
}

async fn create(app: &App, document: &str) -> FlowView {
    app.catalogue.create_flow(BY, source::yaml(document).unwrap().0, Saving::Publish).await.unwrap()
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
    let app = app(directory.path()).await;
    let shared = create(&app, SHARED).await.record.id;
    let caller_id = create(&app, &caller("Caller", "topic")).await.record.id;

    let refused = app.catalogue.delete_flow(BY, shared, None).await;
    let Err(AppError::InUse { users, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["Caller"]);

    let renamed = source::yaml(&SHARED.replace("topic", "subject")).unwrap().0;
    let refused = app.catalogue.update_flow(BY, shared, renamed.clone(), None, Saving::Publish).await;
    let Err(AppError::Broken { breakages, .. }) = refused else { panic!("{:?}", refused.map(|_| ())) };
    let place = breakages.first().unwrap();
    assert_eq!((place.flow_id, place.node_id.as_deref(), place.action), (caller_id, Some("a"), Some(0)));
    assert_eq!(place.diagnostic.path, "nodes[0].actions[0].outputMapping[0].value");

    let without = source::yaml("{ name: Caller, type: email, nodes: [] }").unwrap().0;
    app.catalogue.update_flow(BY, caller_id, without.clone(), None, Saving::Publish).await.unwrap();
    app.catalogue.update_flow(BY, shared, renamed.clone(), None, Saving::Publish).await.unwrap();
    app.catalogue.delete_flow(BY, shared, None).await.unwrap();
}

#[tokio::test]
async fn a_pinned_caller_keeps_its_version() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    let shared = create(&app, SHARED).await.record.id;
    let pinned = caller("Pinned", "topic").replace("flow: Shared,", "flow: Shared, version: 1,");
    create(&app, &pinned).await;
    let renamed = source::yaml(&SHARED.replace("topic", "subject")).unwrap().0;
    let view = app.catalogue.update_flow(BY, shared, renamed.clone(), None, Saving::Publish).await.unwrap();
    assert_eq!(view.record.published, Some(2));
    let refused = app.catalogue.delete_flow(BY, shared, None).await;
    assert!(matches!(refused, Err(AppError::InUse { .. })), "{refused:?}");
}

#[tokio::test]
async fn postmasters_of_two_domains_are_two_interactions() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    let bound = |address: &str| Bound::to(address, None);
    let arrival = Arrival {
        protocol: Protocol::Http,
        from: "a@example.net".to_owned(),
        recipients: vec![
            bound("postmaster@one.example"),
            bound("postmaster@two.example"),
            bound("Postmaster@two.example"),
        ],
        raw: Bytes::from_static(b"Subject: hello\r\n\r\nhello\r\n"),
        remote: "test".to_owned(),
        idempotency: None,
    };
    let AcceptOutcome::Committed(accepted) = app.accept(arrival).await.unwrap() else { panic!("not committed") };
    assert_eq!(accepted.len(), 2);
    assert_eq!(app.summary().await.unwrap().by_decision.get(&DecisionKind::Unrouted), Some(&2));
}

#[tokio::test]
async fn a_routed_flow_can_not_become_shared() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    let flow = create(&app, "{ name: Router, type: email, nodes: [] }").await.record.id;
    app.catalogue
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
    app.catalogue.create::<RouteRecord>(BY, spec).await.unwrap();
    let shared = source::yaml("{ type: shared }").unwrap().0;
    let refused = app.catalogue.update_flow(BY, flow, shared.clone(), None, Saving::Publish).await;
    assert!(matches!(refused, Err(AppError::Invalid(_))), "{:?}", refused.map(|_| ()));
}

#[tokio::test]
async fn a_leaf_can_not_grow_too_deep_for_its_callers() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    let calling = |name: &str, callee: &str| {
        format!(
            "{{ name: {name}, type: shared, nodes: [{{ id: a, actions: [{{ type: runFlow, flow: {callee} }}] }}] }}"
        )
    };
    create(&app, "{ name: Beyond, type: shared, nodes: [] }").await;
    let leaf = create(&app, "{ name: F1, type: shared, nodes: [] }").await.record.id;
    for depth in 2..=32 {
        create(&app, &calling(&format!("F{depth}"), &format!("F{}", depth - 1))).await;
    }
    let deeper = source::yaml(&calling("F1", "Beyond")).unwrap().0;
    let refused = app.catalogue.update_flow(BY, leaf, deeper.clone(), None, Saving::Publish).await;
    let Err(AppError::Broken { breakages, .. }) = refused else { panic!("{:?}", refused.map(|_| ())) };
    assert_eq!(breakages.iter().map(|place| place.flow_name.as_str()).collect::<Vec<_>>(), ["F32"]);
}

#[tokio::test]
async fn a_queue_with_work_in_it_stays() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    let queue = app.catalogue.create::<QueueRecord>(BY, QueueSpec::named("Old")).await.unwrap().id;
    app.catalogue
        .create::<DomainRecord>(BY, DomainSpec { domain: "example.com".to_owned(), ..DomainSpec::default() })
        .await
        .unwrap();
    let spec = RouteSpec {
        domain: "example.com".to_owned(),
        pattern: "care".to_owned(),
        target: Some(RouteTarget::Queue(queue).into()),
        unrouted_queue: None,
        priority: 0,
        extra: serde_json::Map::new(),
    };
    let route = app.catalogue.create::<RouteRecord>(BY, spec).await.unwrap();
    let raw = Bytes::from_static(b"Subject: hello\r\n\r\nhello\r\n");
    let to = "care@example.com".to_owned();
    app.accept_http("test", Some("a@example.net".to_owned()), to, raw, "test".to_owned(), None).await.unwrap();
    app.catalogue.delete::<RouteRecord>(BY, &route.id, None).await.unwrap();
    let refused = app.catalogue.delete::<QueueRecord>(BY, &queue, None).await;
    assert!(matches!(refused, Err(AppError::InUse { .. })), "{refused:?}");

    let claim = QueueClaim { queue, max: 1, lease_seconds: 60, skills: None };
    let lease = app.claim(claim, Duration::ZERO).await.unwrap().remove(0);
    let refused = app.catalogue.delete::<QueueRecord>(BY, &queue, None).await;
    assert!(matches!(refused, Err(AppError::InUse { .. })), "{refused:?}");
    app.acknowledge(queue, lease.lease.id).await.unwrap();
    app.catalogue.delete::<QueueRecord>(BY, &queue, None).await.unwrap();

    // Mail that was bound before both went is never put where nobody can claim it.
    let arrival = Arrival {
        protocol: Protocol::Http,
        from: "a@example.net".to_owned(),
        recipients: vec![Bound::to("care@example.com", Some(route))],
        raw: Bytes::from_static(b"Subject: late\r\n\r\nlate\r\n"),
        remote: "test".to_owned(),
        idempotency: None,
    };
    let AcceptOutcome::Committed(accepted) = app.accept(arrival).await.unwrap() else { panic!("not committed") };
    let Some(Accepted::Created { id, decided: false, .. }) = accepted.first() else { panic!("{accepted:?}") };
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(app.clone().work(stopped));
    let interaction = app.wait_decided(*id, Duration::from_secs(120)).await.unwrap();
    stop.send(true).unwrap();
    worker.await.unwrap();
    let decision = interaction.decision.unwrap();
    let queue = decision.queue.and_then(|queue| app.queue_name(queue));
    assert_eq!((decision.kind, queue.as_deref()), (DecisionKind::Unrouted, Some("Unrouted")));
}

/// A route that was there when its mail was accepted binds it, even if the run is so long that a worker does it later.
#[tokio::test]
async fn a_deleted_route_still_binds_its_mail() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    app.catalogue.create::<QueueRecord>(BY, QueueSpec::named("General")).await.unwrap();
    let long = r#"{ name: Long, type: email, variables: [{ name: n, dataType: integer, default: 0 }], nodes: [
        { id: count, actions: [{ type: setVariable, name: n, value: "${n + 1}" }], next: [{ when: "${n < 900}", to: count }, { to: done }] },
        { id: done, actions: [{ type: transferToQueue, queue: General }] } ] }"#;
    let flow = create(&app, long).await.record.id;
    app.catalogue
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
    let route = app.catalogue.create::<RouteRecord>(BY, spec).await.unwrap();
    let arrival = Arrival {
        protocol: Protocol::Http,
        from: "a@example.net".to_owned(),
        recipients: vec![Bound::to("care@example.com", Some(route.clone()))],
        raw: Bytes::from_static(b"Subject: hello\r\n\r\nhello\r\n"),
        remote: "test".to_owned(),
        idempotency: None,
    };
    let AcceptOutcome::Committed(accepted) = app.accept(arrival).await.unwrap() else { panic!("not committed") };
    let Some(Accepted::Created { id, decided: false, .. }) = accepted.first() else { panic!("{accepted:?}") };
    app.catalogue.delete::<RouteRecord>(BY, &route.id, None).await.unwrap();

    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = tokio::spawn(app.clone().work(stopped));
    let interaction = app.wait_decided(*id, Duration::from_secs(120)).await.unwrap();
    stop.send(true).unwrap();
    worker.await.unwrap();
    let decision = interaction.decision.unwrap();
    assert_eq!((decision.kind, decision.error), (DecisionKind::Queue, None));
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
    let app = app(directory.path()).await;
    let by = By { actor: "somebody else", note: None };
    // If anybody had to wait for the check, this would be so each time; on a busy machine the test itself may be late a few times.
    let mut overtaken = false;
    for round in 0..20 {
        let (other, document) = (app.clone(), laborious("Heavy"));
        let heavy =
            tokio::spawn(async move { other.catalogue.create_flow(by, document, Saving::Publish).await.map(drop) });
        // Health and small mail are served by this one thread: it must be free, whatever is checked.
        tokio::time::sleep(Duration::from_millis(20)).await;
        // Others publish meanwhile.
        create(&app, &format!("{{ name: Light {round}, type: email, nodes: [] }}")).await;
        overtaken = !heavy.is_finished();
        let refused = heavy.await.unwrap();
        let Err(AppError::Invalid(problems)) = refused else { panic!("{refused:?}") };
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
    let app = app(directory.path()).await;
    let document = laborious("Heavy");
    for round in 0..30 {
        // Dropped while it waits, is read, or is checked: what it holds up is free again then, and not when all thirty are done.
        let one = app.catalogue.create_flow(BY, document.clone(), Saving::Publish);
        assert!(tokio::time::timeout(Duration::from_millis(1 + round % 10 * 3), one).await.is_err());
    }
    create(&app, "{ name: Light, type: email, nodes: [] }").await;
    assert_eq!(app.catalogue.flows().len(), 1);
}

#[tokio::test]
async fn a_long_chain_of_calls_is_refused_and_does_not_end_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    let member = |at: usize| {
        let call = format!("nodes: [{{ id: a, actions: [{{ type: runFlow, flow: F{} }}] }}]", at + 1);
        let nodes = if at == 1_999 { "nodes: []".to_owned() } else { call };
        let text = format!("{{ name: F{at}, type: shared, {nodes} }}");
        Member { document: Some(source::yaml(&text).unwrap().0), ..Member::default() }
    };
    let set = ChangeSet { members: (0..2_000).map(member).collect(), ..ChangeSet::default() };
    let refused = app.catalogue.change_set(BY, set).await;
    let Err(AppError::Invalid(problems)) = refused else { panic!("{refused:?}") };
    assert_eq!(problems.first().unwrap().code, Code::TooDeep);
    assert_eq!(problems.len(), MAX_LISTED + 1, "the first, and how many more");
}

#[tokio::test]
async fn all_who_publish_at_once_get_their_turn() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    let publish = |number: usize| {
        let app = app.clone();
        tokio::spawn(async move { create(&app, &format!("{{ name: F{number}, type: email, nodes: [] }}")).await })
    };
    for task in (0..60).map(publish).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(app.catalogue.flows().len(), 60);
}

/// What is taken together is of one epoch, whatever is committed meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_world_and_what_runs_of_it_are_of_one_epoch() {
    let directory = tempfile::tempdir().unwrap();
    let app = app(directory.path()).await;
    let done = Arc::new(AtomicBool::new(false));
    let looking = {
        let (app, done) = (app.clone(), done.clone());
        // It looks all the time: nearly every commit falls between two looks, or into one.
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let live = app.catalogue.live();
                assert_eq!(live.world.epoch, live.running.epoch);
            }
        })
    };
    for number in 0..40 {
        app.catalogue.create::<QueueRecord>(BY, QueueSpec::named(&format!("Queue {number}"))).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    looking.join().unwrap();
}
