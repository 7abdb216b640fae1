//! What several nodes share holds under load as well: limits of requests, and a way to the database that is slow. Real servers on
//! loopback; skipped, with a word, where PostgreSQL is not installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use harness::http::Api;
use harness::link::Link;
use harness::nodes::{deliver, limited_node, node, queue_of, to_queue, tools};
use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{Server as Node, wait_for};
use serde_json::json;
use waypost_scratch_postgres::Server as Database;

/// How many requests a client may make in a minute, over all nodes.
const LIMIT: u32 = 300;

/// Three nodes that limit requests, so many milliseconds from their database, and how many requests of those that `ask` sends are let
/// in.
fn admitted(name: &str, delay: u64, ask: impl Fn(&[Node], &AtomicUsize)) -> Option<usize> {
    let tools = tools()?;
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new(name);
    database.sql("postgres", "CREATE DATABASE mail").unwrap();
    let link = Link::to(database.port());
    let url = through(&link);
    let nodes: Vec<_> = (0..3).map(|number| limited_node(&scratch, &format!("node{number}"), &url, LIMIT)).collect();
    link.delay(delay);
    let admitted = AtomicUsize::new(0);
    ask(&nodes, &admitted);
    Some(admitted.into_inner())
}

fn through(link: &Link) -> String {
    format!("postgres://{}@127.0.0.1:{}/mail", waypost_scratch_postgres::USER, link.port())
}

fn count(api: &Api, admitted: &AtomicUsize) {
    match api.get("/routing/queues").status {
        200 => admitted.fetch_add(1, Ordering::Relaxed),
        429 => 0,
        other => panic!("{other}"),
    };
}

/// As fast as they can, all nodes at once: far more than the limit, in far less than its minute.
#[test]
fn a_limit_holds_over_all_nodes_within_a_tenth() {
    let admitted = admitted("nodes-limit", 0, |nodes, admitted| {
        thread::scope(|scope| {
            for caller in 0..6 {
                scope.spawn(move || {
                    let api = nodes[caller % 3].api();
                    (0..100).for_each(|_| count(&api, admitted));
                });
            }
        });
    });
    let Some(admitted) = admitted else { return };
    assert!((270..=330).contains(&admitted), "{admitted} of 600 were let in");
}

#[test]
fn a_limit_holds_for_requests_at_the_same_instant() {
    const CALLERS: usize = 600;
    let admitted = admitted("nodes-instant", 20, |nodes, admitted| {
        let apis: Vec<Api> = nodes.iter().map(Node::api).collect();
        let ready = Barrier::new(CALLERS);
        thread::scope(|scope| {
            for caller in 0..CALLERS {
                let (api, ready) = (&apis[caller % 3], &ready);
                scope.spawn(move || {
                    ready.wait();
                    count(api, admitted);
                });
            }
        });
    });
    let Some(admitted) = admitted else { return };
    assert!((270..=330).contains(&admitted), "{admitted} of {CALLERS} were let in");
}

/// A large mail on a slow way to the database is kept, and nobody waits for it.
#[test]
fn a_large_mail_on_a_slow_link_is_kept_and_holds_nobody_up() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("nodes-slow");
    database.sql("postgres", "CREATE DATABASE mail").unwrap();
    let link = Link::to(database.port());
    let slow = node(&scratch, "slow", &through(&link));
    let near = node(&scratch, "near", &database.url("mail"));
    let api = near.api();
    for queue in ["One", "Two"] {
        api.post("/routing/queues", &json!({"name": queue})).ok();
    }
    api.post("/routing/email/domains", &json!({"id": "slow.example"})).ok();
    let flow = api.post("/flows", &to_queue("One")).ok();
    let id = flow["id"].as_str().unwrap();
    api.post("/routing/email/domains/slow.example/routes", &json!({"pattern": "a", "flow": {"id": id}})).ok();
    deliver(&slow, "before@slow.example", "a@slow.example");

    let line = format!("{}\r\n", "x".repeat(70));
    let large = mail("large@slow.example", "large", &line.repeat(24_000_000 / line.len()));
    // It takes so long that what follows is over before, on a busy machine as well.
    link.limit(500_000);
    let sent = link.sent();
    thread::scope(|scope| {
        let delivery = scope.spawn(|| slow.smtp().deliver("ana@customer.example", "a@slow.example", &large).unwrap());
        wait_for("the upload", || (link.sent() > sent + 2_000_000).then_some(()));
        // The other node publishes, and both take mail, while the large one is on its way.
        for (round, queue) in ["Two", "One", "Two"].iter().enumerate() {
            let saved = api.put(&format!("/flows/{id}"), &to_queue(queue));
            assert_eq!(saved.status, 200, "{:?}", saved.json());
            for (node, name) in [(&near, "near"), (&slow, "slow")] {
                let message = format!("{name}{round}@slow.example");
                deliver(node, &message, "a@slow.example");
                assert_eq!(queue_of(&near, &message), *queue, "{message}");
            }
        }
        assert!(!delivery.is_finished(), "the large mail was to be on its way all the time");
        link.limit(2_000_000);
        let reply = delivery.join().unwrap();
        assert_eq!(reply.code, 250, "{reply:?}");
    });
    assert_eq!(queue_of(&near, "large@slow.example"), "Two");
    // The way back is as slow.
    let interaction = api.interactions_of("large@slow.example").remove(0);
    let path = format!("/interactions/{}/message", interaction["id"].as_str().unwrap());
    let read = slow.api().get(&path);
    assert_eq!((read.status, read.body.len()), (200, large.len()));
    // Its repeat is the same mail, and leaves no second message behind.
    link.limit(0);
    let reply = slow.smtp().deliver("ana@customer.example", "a@slow.example", &large).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    let kept = api.interactions_of("large@slow.example");
    assert_eq!((kept.len(), &kept[0]["duplicates"]), (1, &json!(1)), "{kept:?}");
    let messages = database.sql("mail", "SELECT count(*), sum(uses), max(octet_length(raw)) FROM messages").unwrap();
    assert_eq!(messages, format!("8|8|{}", large.len()));
}
