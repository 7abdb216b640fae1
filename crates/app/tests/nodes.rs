//! Two apps on one PostgreSQL, as two nodes are, of which neither listens to the other: what one did must be found out where it counts.
//! Skipped, with a word, where PostgreSQL is not installed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "nodes/parked.rs"]
mod parked;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::sleep;
use waypost_app::mail::intake::{Arrival, Bound};
use waypost_app::mail::smtp::SmtpIntake;
use waypost_app::observed::Protocol;
use waypost_app::{App, Settings};
use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::flows::Saving;
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::RouteSpec;
use waypost_catalogue::shape::Table;
use waypost_catalogue::tables::TableSpec;
use waypost_flow::source;
use waypost_ids::{InteractionId, QueueId};
use waypost_mail::smtp::{Intake, Recipient};
use waypost_scratch_postgres::{Server, Tools};
use waypost_store::postgres::{PostgresOptions, PostgresStore};
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{DomainRecord, QueueRecord, RouteRecord, RouteTarget};
use waypost_store::records::mail::{AcceptOutcome, Accepted, State};

const BY: By<'static> = By { actor: "test", note: None };

const DOMAIN: &str = "nodes.example";

/// Long enough that a busy machine renews it in time: it may stand still for ten seconds of it.
const LEASE: Duration = Duration::from_secs(15);

/// How long a node waits for the database before it gives up: the usual time.
const USUAL: Duration = Duration::from_secs(10);

/// Two nodes, and their database `scratch0`.
async fn two(patience: Duration) -> Option<(Arc<Server>, Arc<App>, Arc<App>)> {
    let tools = waypost_test_needs::tool(Tools::find())?;
    let server = blocking(move || Arc::new(Server::start(&tools, &[("fsync", "off")]).unwrap())).await;
    let also = Arc::clone(&server);
    let url = blocking(move || also.fresh_database().unwrap()).await;
    let open = async || {
        let store = PostgresStore::connect(PostgresOptions { patience, ..PostgresOptions::new(&url) }).await.unwrap();
        let settings = Settings { run_lease: Some(LEASE), ..Settings::default() };
        App::open(Arc::new(store), settings).await.unwrap()
    };
    let (one, two) = (open().await, open().await);
    one.catalogue
        .create::<DomainRecord>(BY, DomainSpec { domain: DOMAIN.to_owned(), ..DomainSpec::default() })
        .await
        .unwrap();
    Some((server, one, two))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn sql(server: &Arc<Server>, statement: &str) -> String {
    let (server, statement) = (Arc::clone(server), statement.to_owned());
    blocking(move || server.sql("scratch0", &statement).unwrap_or_default()).await
}

async fn queue(app: &App, name: &str) -> QueueId {
    app.catalogue.create::<QueueRecord>(BY, QueueSpec::named(name)).await.unwrap().id
}

fn leads(pattern: &str, target: RouteTarget) -> RouteSpec {
    let (pattern, extra) = (pattern.to_owned(), serde_json::Map::new());
    RouteSpec {
        domain: DOMAIN.to_owned(),
        pattern,
        target: Some(target.into()),
        unrouted_queue: None,
        priority: 0,
        extra,
    }
}

#[tokio::test]
async fn each_recipient_is_looked_up_in_what_other_nodes_did() {
    let Some((_server, one, two)) = two(USUAL).await else { return };
    let queues = [queue(&one, "One").await, queue(&one, "Two").await].map(RouteTarget::Queue);
    let intake = SmtpIntake(two);
    let recipient = Recipient { local: "care".to_owned(), domain: DOMAIN.to_owned() };
    let found = async || intake.recipient(&recipient).await.unwrap().route.map(|route| route.target);
    let [first, second] = queues;
    let route = one.catalogue.create::<RouteRecord>(BY, leads("care", first)).await.unwrap();
    assert_eq!(found().await, Some(first));
    one.catalogue.update::<RouteRecord>(BY, &route.id, leads("care", second), None).await.unwrap();
    assert_eq!(found().await, Some(second));
    one.catalogue.delete::<RouteRecord>(BY, &route.id, None).await.unwrap();
    assert!(intake.recipient(&recipient).await.is_err());
}

#[tokio::test]
async fn a_worker_runs_what_is_published_by_then_not_when_it_claimed() {
    let Some((server, one, two)) = two(USUAL).await else { return };
    let (first, second) = (queue(&one, "One").await, queue(&one, "Two").await);
    let flow = |queue: &str| {
        let text = format!(
            "{{ name: Where to, type: email, nodes: [{{ id: a, actions: [{{ type: transferToQueue, queue: {queue} }}] }}] }}"
        );
        source::yaml(&text).unwrap().0
    };
    let id = one.catalogue.create_flow(BY, flow("One"), Saving::Publish).await.unwrap().record.id;
    let route = one.catalogue.create::<RouteRecord>(BY, leads("care", RouteTarget::Flow(id))).await.unwrap();
    // Accepted by who knows nothing of it yet: so it waits for a run.
    let arrival = Arrival {
        protocol: Protocol::Smtp,
        from: "ana@customer.example".to_owned(),
        recipients: vec![Bound::to("care@nodes.example", Some(route))],
        raw: Bytes::from_static(b"Subject: hello\r\n\r\nhello\r\n"),
        remote: "test".to_owned(),
        connection: None,
        idempotency: None,
        taken_from: None,
    };
    let AcceptOutcome::Committed(accepted) = two.accept(arrival).await.unwrap() else { panic!("not committed") };
    let Some(Accepted::Created { id: mail, decided: false, .. }) = accepted.first() else { panic!("{accepted:?}") };
    two.catalogue.catch_up().await.unwrap();
    // A worker claims it, and has to wait for the message.
    let locker = tokio::spawn({
        let server = Arc::clone(&server);
        async move { sql(&server, "BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3600)").await }
    });
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    while sql(&server, sleeping).await != "1" {
        sleep(Duration::from_millis(10)).await;
    }
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(Arc::clone(&two).work(stopped));
    while sql(&server, "SELECT state FROM interactions").await != "1" {
        sleep(Duration::from_millis(10)).await;
    }
    one.catalogue.update_flow(BY, id, flow("Two"), None, Saving::Publish).await.unwrap();
    sql(&server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").await;
    locker.await.unwrap();
    let decided = two.wait_decided(*mail, Duration::from_secs(60)).await.unwrap();
    assert_eq!(decided.decision.unwrap().queue, Some(second), "{first} was published before");
    stop.send_replace(true);
    worker.await.unwrap();
}

/// Two nodes, and a flow that asks a table.
async fn looking_up(patience: Duration) -> Option<(Arc<Server>, Arc<App>, Arc<App>, Arc<RouteRecord>)> {
    let (server, one, two) = two(patience).await?;
    let schema = serde_json::json!({ "properties": { "queue": { "dataType": "string" } } });
    let (name, description) = ("Customers".to_owned(), String::new());
    let spec = TableSpec { name, description, ignore_case: None, schema: Some(schema) };
    one.catalogue.create::<Table>(BY, spec).await.unwrap();
    queue(&one, "One").await;
    let text = "{ name: Ask, type: email, nodes: [{ id: a, actions: [
        { type: lookupTable, table: Customers, key: a, outputMapping: [], notFound: { to: b } }] },
        { id: b, actions: [{ type: transferToQueue, queue: One }] }] }";
    let id = one.catalogue.create_flow(BY, source::yaml(text).unwrap().0, Saving::Publish).await.unwrap().record.id;
    let route = one.catalogue.create::<RouteRecord>(BY, leads("ask", RouteTarget::Flow(id))).await.unwrap();
    Some((server, one, two, route))
}

async fn accepted(app: &App, route: &Arc<RouteRecord>, subject: &str) -> InteractionId {
    let arrival = Arrival {
        protocol: Protocol::Smtp,
        from: "ana@customer.example".to_owned(),
        recipients: vec![Bound::to(format!("{}@{DOMAIN}", route.pattern), Some(Arc::clone(route)))],
        raw: Bytes::from(format!("Subject: {subject}\r\n\r\nhello\r\n")),
        remote: "test".to_owned(),
        connection: None,
        idempotency: None,
        taken_from: None,
    };
    let AcceptOutcome::Committed(accepted) = app.accept(arrival).await.unwrap() else { panic!("not committed") };
    let Some(Accepted::Created { id, .. }) = accepted.first() else { panic!("{accepted:?}") };
    *id
}

/// Keeps everybody from the rows of tables, until [`free_rows`].
async fn lock_rows(server: &Arc<Server>) -> tokio::task::JoinHandle<String> {
    let locker = tokio::spawn({
        let server = Arc::clone(server);
        async move { sql(&server, "BEGIN; LOCK TABLE table_rows IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3600)").await }
    });
    while sql(server, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").await != "1" {
        sleep(Duration::from_millis(10)).await;
    }
    locker
}

async fn free_rows(server: &Arc<Server>, locker: tokio::task::JoinHandle<String>) {
    sql(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").await;
    locker.await.unwrap();
}

#[tokio::test]
async fn a_run_longer_than_its_lease_ends_once_on_one_node_and_holds_up_nobody() {
    let Some((server, one, two, ask)) = looking_up(LEASE * 20).await else { return };
    two.catalogue.catch_up().await.unwrap();
    let direct = one.catalogue.objects::<QueueRecord>().iter().find(|queue| queue.name == "One").unwrap().id;
    let plain = one.catalogue.create::<RouteRecord>(BY, leads("plain", RouteTarget::Queue(direct))).await.unwrap();
    let mut slow = Vec::new();
    for number in 0..3 {
        slow.push(accepted(&one, &ask, &format!("slow {number}")).await);
    }
    let quick = accepted(&one, &plain, "quick").await;
    let locker = lock_rows(&server).await;
    for id in &slow {
        one.rerun("test", *id, false).await.unwrap();
    }
    let (stop, stopped) = watch::channel(false);
    let workers = [&one, &two].map(|app| tokio::spawn(Arc::clone(app).work(stopped.clone())));
    let running = "SELECT count(*) FROM interactions WHERE state = 1";
    while sql(&server, running).await != "3" {
        sleep(Duration::from_millis(10)).await;
    }
    // What is asked for later does not wait for them.
    one.rerun("test", quick, false).await.unwrap();
    let decided = one.wait_decided(quick, Duration::from_secs(60)).await.unwrap();
    assert_eq!(decided.runs, 2);
    let held = "SELECT string_agg(lease::text || ' ' || attempts, ', ' ORDER BY id) FROM interactions WHERE state = 1";
    let before = sql(&server, held).await;
    let first_end = sql(&server, "SELECT max(lease_until) FROM interactions WHERE state = 1").await;
    // Until all would have ended, and those who would take them have looked.
    let over = format!("SELECT now() > timestamptz '{first_end}' + interval '2 seconds'");
    while sql(&server, &over).await != "t" {
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(sql(&server, held).await, before, "whoever began has it still");
    assert_eq!(sql(&server, "SELECT max(attempts) FROM interactions").await, "1");
    free_rows(&server, locker).await;
    for id in slow {
        let decided = one.wait_decided(id, Duration::from_secs(60)).await.unwrap();
        assert_eq!((decided.runs, decided.decision.unwrap().queue), (2, Some(direct)));
    }
    assert_eq!(sql(&server, "SELECT max(attempts) FROM interactions").await, "0");
    stop.send_replace(true);
    for worker in workers {
        worker.await.unwrap();
    }
}

#[tokio::test]
async fn work_of_a_lost_lease_stops_and_commits_nothing() {
    let Some((server, one, _two, ask)) = looking_up(USUAL).await else { return };
    let id = accepted(&one, &ask, "slow").await;
    let locker = lock_rows(&server).await;
    one.rerun("test", id, false).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(Arc::clone(&one).work(stopped));
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while sql(&server, waiting).await == "0" {
        sleep(Duration::from_millis(10)).await;
    }
    // As another node does that takes it while it runs; it has it for longer than this test lasts.
    let take = "UPDATE interactions SET lease = gen_random_uuid(), lease_until = now() + interval '1 hour'
        WHERE state = 1 RETURNING 1";
    while sql(&server, take).await != "1" {
        sleep(Duration::from_millis(10)).await;
    }
    while sql(&server, waiting).await != "0" {
        sleep(Duration::from_millis(50)).await;
    }
    free_rows(&server, locker).await;
    sleep(Duration::from_millis(500)).await;
    let kept = one.interaction(id).await.unwrap();
    assert_eq!((kept.state, kept.runs), (State::Running, 1), "the run was not recorded");
    stop.send_replace(true);
    worker.await.unwrap();
}
