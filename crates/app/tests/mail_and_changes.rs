//! Mail and changes of the catalogue: what mail was accepted for, and what still holds the things that it went to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use waypost_app::App;
use waypost_app::mail::intake::{Arrival, Bound};
use waypost_app::observed::Protocol;
use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::flows::{FlowView, Saving};
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::RouteSpec;
use waypost_flow::source;
use waypost_ids::DecisionKind;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{DomainRecord, QueueRecord, RouteRecord, RouteTarget};
use waypost_store::records::mail::{AcceptOutcome, Accepted};
use waypost_store::records::queues::QueueClaim;
use waypost_store::sqlite::{SqliteOptions, SqliteStore};

const BY: By<'static> = By { actor: "test", note: None };

async fn app(directory: &std::path::Path) -> Arc<App> {
    let store = SqliteStore::open(directory, SqliteOptions::default()).unwrap();
    App::open(Arc::new(store), waypost_app::Settings::default()).await.unwrap()
}

async fn create(app: &App, document: &str) -> FlowView {
    app.catalogue.create_flow(BY, source::yaml(document).unwrap().0, Saving::Publish).await.unwrap()
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
        connection: None,
        idempotency: None,
        taken_from: None,
    };
    let AcceptOutcome::Committed(accepted) = app.accept(arrival).await.unwrap() else { panic!("not committed") };
    assert_eq!(accepted.len(), 2);
    assert_eq!(app.summary().await.unwrap().by_decision.get(&DecisionKind::Unrouted), Some(&2));
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
    assert!(matches!(refused, Err(ChangeError::InUse(_))), "{refused:?}");

    let claim = QueueClaim { queue, max: 1, lease_seconds: 60, skills: None };
    let lease = app.claim(claim, Duration::ZERO, std::future::pending()).await.unwrap().remove(0);
    let refused = app.catalogue.delete::<QueueRecord>(BY, &queue, None).await;
    assert!(matches!(refused, Err(ChangeError::InUse(_))), "{refused:?}");
    app.acknowledge(queue, lease.lease.id).await.unwrap();
    app.catalogue.delete::<QueueRecord>(BY, &queue, None).await.unwrap();

    // Mail that was bound before both went is never put where nobody can claim it.
    let arrival = Arrival {
        protocol: Protocol::Http,
        from: "a@example.net".to_owned(),
        recipients: vec![Bound::to("care@example.com", Some(route))],
        raw: Bytes::from_static(b"Subject: late\r\n\r\nlate\r\n"),
        remote: "test".to_owned(),
        connection: None,
        idempotency: None,
        taken_from: None,
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
        connection: None,
        idempotency: None,
        taken_from: None,
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
