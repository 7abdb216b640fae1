//! The conformance suite on PostgreSQL, and what is PostgreSQL's own. Each test has a database to itself on one scratch server.

mod commits;
mod damage;
mod depths;
mod races;
mod waits;

use std::sync::OnceLock;
use std::time::Duration;

use waypost_ids::DecisionKind;
use waypost_scratch_postgres::{Server, Tools};
use waypost_test_needs::tool;

use super::{PostgresOptions, PostgresStore};
use crate::conformance::outbox::answer;
use crate::conformance::samples::{accept, at, decided, mail, queues, run, up_to};
use crate::error::StoreError;
use crate::records::mail::{AcceptOutcome, Accepted, InteractionFilter, RunRecord};
use crate::records::outbox::Way;
use crate::traits::{CatalogueStore, MailStore, PeerStore};

/// The server of this test run.
fn server(tools: &Tools) -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let start = || Server::start(tools, &[("fsync", "off"), ("max_connections", "300")]).unwrap();
    SERVER.get_or_init(start)
}

/// A store in a database of its own.
struct Opened {
    store: PostgresStore,
    url: String,
}

async fn open() -> Option<Opened> {
    let tools = tool(Tools::find())?;
    let url = tokio::task::spawn_blocking(move || server(&tools).fresh_database().unwrap()).await.unwrap();
    let store = PostgresStore::connect(PostgresOptions { connections: 4, ..PostgresOptions::new(&url) }).await.unwrap();
    Some(Opened { store, url })
}

mod conformance {
    use super::open;
    crate::conformance::every_rule!(match open().await {
        Some(opened) => opened,
        None => return,
    });
}

async fn another(opened: &Opened) -> PostgresStore {
    PostgresStore::connect(PostgresOptions::new(&opened.url)).await.unwrap()
}

#[tokio::test]
async fn one_mail_offered_to_many_nodes_at_once_is_kept_once() {
    let Some(opened) = open().await else { return };
    let nodes = [another(&opened).await, another(&opened).await, another(&opened).await];
    for number in 1..=20 {
        let mut offers = Vec::new();
        for (place, node) in nodes.iter().enumerate() {
            let mut offered = mail(number);
            offered.interactions[0].id.0 = uuid::Uuid::from_u128(u128::from(number) * 10 + place as u128);
            offers.push(node.accept(offered));
        }
        let outcomes = futures_util::future::join_all(offers).await;
        let made = outcomes.iter().filter(|outcome| {
            let AcceptOutcome::Committed(accepted) = outcome.as_ref().unwrap() else { panic!("{outcome:?}") };
            matches!(accepted[0], Accepted::Created { possible_duplicate_of: None, .. })
        });
        assert_eq!(made.count(), 1, "mail {number}: {outcomes:?}");
    }
    let summary = opened.store.summary().await.unwrap();
    assert_eq!((summary.accepted, summary.duplicates, summary.interactions), (60, 40, 20));
}

#[tokio::test]
async fn work_of_a_node_that_vanished_is_another_nodes_when_its_lease_ends() {
    let Some(opened) = open().await else { return };
    accept(&opened.store, mail(1)).await;
    let gone = another(&opened).await;
    assert_eq!(gone.claim_runs(up_to(1), at(10)).await.unwrap().len(), 1);
    drop(gone);
    let other = another(&opened).await;
    assert!(other.claim_runs(up_to(1), at(69)).await.unwrap().is_empty());
    assert_eq!(other.claim_runs(up_to(1), at(70)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn requests_at_other_nodes_are_known() {
    let Some(opened) = open().await else { return };
    let other = another(&opened).await;
    let store = &opened.store;
    assert!(
        store.share_requests("c", &[(100, 2), (101, 1)], 90).await.unwrap().is_empty(),
        "its own are not told back"
    );
    assert!(store.share_requests("c", &[(101, 4)], 90).await.unwrap().is_empty());
    let mut known = other.share_requests("c", &[(103, 9)], 101).await.unwrap();
    known.sort_unstable();
    assert_eq!(known, [(101, 5)]);
    assert!(other.share_requests("d", &[], 0).await.unwrap().is_empty());
    assert_eq!(store.share_requests("c", &[], 90).await.unwrap(), [(103, 9)]);
}

#[tokio::test]
async fn nodes_hear_of_each_other() {
    let Some(opened) = open().await else { return };
    let other = another(&opened).await;
    let mut heard = other.heard().unwrap();
    let begun = *heard.wait_for(|heard| heard.work > 0).await.unwrap();
    opened.store.commit(0, Vec::new()).await.unwrap();
    heard.wait_for(|heard| heard.catalogue > begun.catalogue).await.unwrap();
    accept(&opened.store, mail(1)).await;
    heard.wait_for(|heard| heard.work > begun.work).await.unwrap();
}

#[tokio::test]
async fn a_newer_release_is_refused_and_many_nodes_may_start_at_once() {
    let Some(tools) = tool(Tools::find()) else { return };
    let server = tokio::task::spawn_blocking(move || server(&tools)).await.unwrap();
    let url = tokio::task::spawn_blocking(|| server.fresh_database().unwrap()).await.unwrap();
    let starts = (0..4).map(|_| PostgresStore::connect(PostgresOptions::new(&url)));
    for started in futures_util::future::join_all(starts).await {
        started.unwrap();
    }
    let name = url.rsplit('/').next().unwrap().to_owned();
    let newer = move || server.sql(&name, "INSERT INTO schema_format VALUES (900)").unwrap();
    tokio::task::spawn_blocking(newer).await.unwrap();
    let refused = PostgresStore::connect(PostgresOptions::new(&url)).await;
    assert!(matches!(refused, Err(StoreError::TooNew { found: 900, .. })));
}

#[tokio::test]
async fn what_can_not_be_reached_is_unavailable_and_passwords_are_not_told() {
    let options = |url: &str| PostgresOptions { patience: Duration::from_secs(2), ..PostgresOptions::new(url) };
    let url = "postgres://ann:hidden-word@127.0.0.1:1/mail";
    let error = PostgresStore::connect(options(url)).await.err().unwrap();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hidden-word"));
    let error = PostgresStore::connect(options("postgres://ann:hidden-word@[/mail")).await.err().unwrap();
    assert!(matches!(error, StoreError::Failed(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("hidden-word"));
}

#[tokio::test]
async fn text_with_nul_is_kept_as_far_as_it_can_be() {
    let Some(opened) = open().await else { return };
    let mut odd = mail(1);
    odd.message.subject = "a\0b".to_owned();
    odd.message.message_id = Some("x\0y".to_owned());
    accept(&opened.store, odd).await;
    let filter = InteractionFilter { subject: Some("A\0B".to_owned()), ..InteractionFilter::default() };
    let found = opened.store.interactions(&filter, None, 10).await.unwrap();
    assert_eq!(found[0].subject, "a\u{FFFD}b");
}

#[tokio::test]
async fn tls_verifies_the_server() {
    let Some(tools) = tool(Tools::find()) else { return };
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let start = move || {
        let mut server = Server::start(&tools, &[("fsync", "off")]).unwrap();
        let files = [server.file("server.pem", &pem).unwrap(), server.file("server.key", &key).unwrap()];
        let [certificate, key] = files.each_ref().map(|path| path.to_str().unwrap());
        let settings = [("ssl", "on"), ("ssl_cert_file", certificate), ("ssl_key_file", key)];
        server.restart_with(&settings).unwrap();
        server.fresh_database().unwrap();
        server
    };
    let server = tokio::task::spawn_blocking(start).await.unwrap();
    let url = |host: &str| format!("postgres://waypost@{host}:{}/scratch0?sslmode=require", server.port());
    let options = |host: &str, trusted: bool| PostgresOptions {
        root_certificates: trusted.then(|| vec![made.cert.der().clone()]),
        patience: Duration::from_secs(60),
        ..PostgresOptions::new(url(host))
    };
    let store = PostgresStore::connect(options("localhost", true)).await.unwrap();
    assert_eq!(store.epoch().await.unwrap(), 0);
    // Nobody whom the system trusts made this certificate; and it is for another name.
    for refused in [options("localhost", false), options("127.0.0.1", true)] {
        let error = PostgresStore::connect(refused).await.err().unwrap();
        assert!(matches!(&error, StoreError::Unavailable(text) if text.contains("certificate")), "{error}");
    }
    tokio::task::spawn_blocking(move || drop(server)).await.unwrap();
}

/// Lists don't read the whole history, nor do claims: what is looked for is found by an index.
#[tokio::test]
async fn lists_and_claims_are_found_by_an_index() {
    let Some(opened) = open().await else { return };
    let name = opened.url.rsplit('/').next().unwrap().to_owned();
    let plans = move || {
        let server = server(&Tools::find().unwrap());
        let id = "('00000000-0000-7000-8000-' || lpad(to_hex(g), 12, '0'))::uuid";
        let fill = format!(
            "INSERT INTO interactions (id, state, received_at, flow_id, flow_version, decision, queue, priority, initial_priority,
                runs, duplicates, erased, message_id, envelope_from, envelope_to, remote, subject)
             SELECT {id}, CASE WHEN g % 5000 = 0 THEN 2 ELSE 4 END, to_timestamp(g), {id}, 1, 0, {id}, 0, 0, 1, 0, false,
                g || '@x', 'u' || g || '@x', '', '', ''
             FROM generate_series(1, 20000) AS g; ANALYZE interactions"
        );
        server.sql(&name, &fill).unwrap();
        let nil = "'00000000-0000-0000-0000-000000000000'";
        for (condition, order, index) in [
            (format!("queue = {nil}"), "id DESC", "interactions_by_queue"),
            (format!("flow_id = {nil}"), "id DESC", "interactions_by_flow"),
            ("left(message_id, 200) = 'x' AND message_id = 'x'".to_owned(), "id DESC", "interactions_by_message_id"),
            (
                "left(lower(envelope_from COLLATE \"und-x-icu\"), 200) = 'x'".to_owned(),
                "id DESC",
                "interactions_by_sender",
            ),
            (format!("id < {nil}"), "id DESC", "interactions_pkey"),
            ("state = 0".to_owned(), "received_at, id", "interactions_waiting"),
            (format!("state = 2 AND queue = {nil}"), "priority DESC, received_at, id", "interactions_work"),
            ("state IN (1, 3) AND lease_until <= now()".to_owned(), "id", "interactions_leased"),
            (
                format!("route = {nil} AND completed_at IS NOT NULL AND completed_at < now()"),
                "completed_at",
                "interactions_completed",
            ),
        ] {
            let explain = format!("EXPLAIN SELECT * FROM interactions WHERE {condition} ORDER BY {order} LIMIT 10");
            let plan = server.sql(&name, &explain).unwrap();
            assert!(plan.contains(index) && !plan.contains("Seq Scan"), "{condition}: {plan}");
        }
    };
    tokio::task::spawn_blocking(plans).await.unwrap();
}

/// Rows are found by their keys, at whatever version, however many rows and versions there are; and so is what no version needs.
#[tokio::test]
async fn rows_of_tables_are_found_by_an_index() {
    let Some(opened) = open().await else { return };
    let name = opened.url.rsplit('/').next().unwrap().to_owned();
    let plans = move || {
        let server = server(&Tools::find().unwrap());
        let nil = "'00000000-0000-0000-0000-000000000000'";
        let fill = format!(
            "INSERT INTO data_tables VALUES ({nil}, '', '', '', '', 1, now(), '', now(), false);
             INSERT INTO table_contents VALUES ({nil}, 9, 2, 20000, NULL, NULL, false, NULL);
             INSERT INTO table_rows (table_id, folded, since, until, key, content)
             SELECT {nil}, 'k' || g, 1, CASE WHEN g % 100 = 0 THEN 2 + g % 3 END, 'k', '{{}}' FROM generate_series(1, 20000) AS g;
             ANALYZE table_rows; ANALYZE table_contents; ANALYZE data_tables"
        );
        server.sql(&name, &fill).unwrap();
        // As it is planned for whatever values, once the statement is prepared.
        let explain = |types: &str, statement: &str, values: &str| {
            let sql = format!(
                "SET plan_cache_mode = force_generic_plan; PREPARE it ({types}) AS {statement}; EXPLAIN EXECUTE it ({values})"
            );
            server.sql(&name, &sql).unwrap()
        };
        for (types, statement, values, index) in [
            ("uuid, text, bigint", super::tables::FIND, format!("{nil}, 'x', 1"), "table_rows_pkey"),
            (
                "uuid, text, bigint, bigint, bigint",
                super::tables::LIST,
                format!("{nil}, 'x', 1, 10, 0"),
                "table_rows_pkey",
            ),
            ("uuid, text[], bigint", super::tables::END, format!("{nil}, ARRAY['x', 'y'], 9"), "table_rows_pkey"),
            ("bigint", super::tables::OLD_ROWS, "10".to_owned(), "table_rows_ended"),
        ] {
            let plan = explain(types, statement, &values);
            assert!(plan.contains(index) && !plan.contains("Seq Scan on table_rows"), "{statement}: {plan}");
            assert!(!plan.contains("Sort Key: table_rows.folded"), "{statement}: {plan}");
        }
    };
    tokio::task::spawn_blocking(plans).await.unwrap();
}

/// However many answers were held back, given up or taken back: those that count are counted by an index that has no others.
#[tokio::test]
async fn answers_are_counted_by_an_index() {
    let Some(opened) = open().await else { return };
    let store = &opened.store;
    queues(store).await;
    for number in 1..=3 {
        let sends = vec![answer(u128::from(number), "ann@example.net", "t")];
        accept(store, decided(number, RunRecord { sends, ..run(DecisionKind::Queue) })).await;
    }
    let db = waits::session(&opened).await;
    let kept = "SELECT count(*) FROM deliveries WHERE correspondent IS NOT NULL OR thread IS NOT NULL";
    assert_eq!(waits::number(&db, kept).await, 1, "two were held back");
    db.batch_execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off").await.unwrap();
    for (statement, index) in [
        (super::deliveries::SENT_TO, "deliveries_to_correspondent"),
        (super::deliveries::SENT_IN, "deliveries_in_thread"),
    ] {
        let sql = format!(
            "DEALLOCATE ALL; PREPARE it (text[], timestamptz, bigint) AS {statement}; EXPLAIN EXECUTE it (ARRAY['x'], now(), 2)"
        );
        let found = db.simple_query(&sql).await.unwrap();
        let plan = format!("{found:?}");
        assert!(plan.contains(index), "{plan}");
    }
}

/// However much is due to a domain that has its share: what is due to the others is found by an index.
#[tokio::test]
async fn what_is_due_is_found_by_an_index() {
    let Some(opened) = open().await else { return };
    let db = waits::session(&opened).await;
    db.batch_execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off").await.unwrap();
    for (way, prefix) in [(Way::Mail, "deliveries"), (Way::Webhooks, "requests"), (Way::Folders, "filings")] {
        let due = super::outbox::due_by(way);
        for (types, statement, values, index) in [
            ("timestamptz, uuid[], bigint", due.first, "now(), '{}', 500", "due"),
            ("timestamptz, bigint", due.far, "now(), 1000", "due"),
            ("timestamptz, uuid[], bigint, text[]", due.by_domain, "now(), '{}', 4, '{}'", "by_domain"),
        ] {
            let sql = format!("DEALLOCATE ALL; PREPARE it ({types}) AS {statement}; EXPLAIN EXECUTE it ({values})");
            let plan = format!("{:?}", db.simple_query(&sql).await.unwrap());
            let index = format!("{prefix}_{index}");
            assert!(plan.contains(&index) && !plan.contains("Seq Scan on deliveries"), "{plan}");
        }
    }
}
