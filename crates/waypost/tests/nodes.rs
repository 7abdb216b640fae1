//! Several nodes on one PostgreSQL: what one does holds for all, and neither nodes, nor the primary, nor the network between them can
//! make an accepted mail go missing. Real servers on loopback; skipped, with a word, where PostgreSQL is not installed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it counted"
)]

mod harness;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::link::Link;
use harness::nodes::{deliver, node, nodes, queue_of, to_queue, tools};
use harness::poison::{STEPS, set_aside};
use harness::scratch::Scratch;
use harness::smtp::Smtp;
use harness::streams::{Senders, mail_of, prepare, settle_accounts};
use harness::{Server as Node, Start, wait_for};
use serde_json::json;
use waypost_scratch_postgres::Server as Database;

/// Connections that deliver at once.
const CONNECTIONS: usize = 6;

/// After so many mails a sender goes to the next node: or all would be where failures drove them.
const SESSION: usize = 10;

#[test]
fn what_is_answered_on_one_node_holds_on_all() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("nodes-follow");
    let nodes = nodes(&scratch, &database, 3);
    let apis: Vec<_> = nodes.iter().map(Node::api).collect();
    for queue in ["One", "Two"] {
        apis[0].post("/routing/queues", &json!({"name": queue})).ok();
    }
    apis[1].post("/routing/email/domains", &json!({"id": "follow.example"})).ok();
    let flow = apis[2].post("/flows", &to_queue("One")).ok();
    let id = flow["id"].as_str().unwrap();
    apis[0].post("/routing/email/domains/follow.example/routes", &json!({"pattern": "a", "flow": {"id": id}})).ok();
    // Each publish on one node, at once followed by a mail on another; and a route that a third node has never seen.
    for round in 0..30 {
        let (writer, reader) = (&apis[round % 3], &nodes[(round + 1) % 3]);
        let queue = ["One", "Two"][round % 2];
        let whole = writer.get(&format!("/flows/{id}")).ok();
        let saved = writer.put(&format!("/flows/{id}"), &to_queue(queue));
        assert_eq!(saved.status, 200, "{:?} {whole}", saved.json());
        let message = format!("{round}@follow.example");
        deliver(reader, &message, "a@follow.example");
        assert_eq!(queue_of(reader, &message), queue, "round {round}");
        let route = json!({"pattern": format!("b{round}"), "flow": {"id": id}});
        writer.post("/routing/email/domains/follow.example/routes", &route).ok();
        deliver(reader, &format!("b{message}"), &format!("b{round}@follow.example"));
    }
    // A client that one node deleted is nobody on all.
    let client = json!({"name": "guest", "scope": ["flow:read"], "roleIds": []});
    let made = apis[0].post("/oauth/clients", &client).ok();
    let guest = harness::http::Api::of(&nodes[1].http, &made);
    assert_eq!(guest.get("/flows").status, 200);
    apis[2].delete(&format!("/oauth/clients/{}", made["id"].as_str().unwrap()));
    assert_eq!(guest.get("/flows").status, 401);
}

#[test]
fn nodes_may_start_at_the_same_moment_on_an_empty_database() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("nodes-start");
    let url = database.fresh_database().unwrap();
    let nodes: Vec<Node> = thread::scope(|scope| {
        let starts: Vec<_> = (0..3)
            .map(|number| {
                let (scratch, url) = (&scratch, &url);
                scope.spawn(move || node(scratch, &format!("node{number}"), url))
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    for one in &nodes {
        assert_eq!(one.api().get("/routing/queues").ok()["total"], 1, "one queue for what has no other");
    }
}

#[test]
fn work_is_claimed_once_over_all_nodes() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("nodes-claims");
    let nodes = nodes(&scratch, &database, 3);
    prepare(&nodes[0]);
    const MAILS: usize = 300;
    for number in 0..MAILS {
        deliver(&nodes[number % 3], &format!("{number}@claims.example"), "billing@example.com");
    }
    let queues = nodes[0].api().get("/routing/queues").ok();
    let billing = queues["entities"].as_array().unwrap().iter().find(|queue| queue["name"] == "Billing").unwrap();
    let path = format!("/routing/queues/{}", billing["id"].as_str().unwrap());
    let claimed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for agent in 0..6 {
            let (nodes, claimed, path) = (&nodes, &claimed, &path);
            scope.spawn(move || {
                let api = nodes[agent % 3].api();
                loop {
                    let answer = api.post(&format!("{path}/claims"), &json!({"max": 7, "leaseSeconds": 600})).ok();
                    let leases = answer["entities"].as_array().unwrap().clone();
                    if leases.is_empty() {
                        return;
                    }
                    for lease in leases {
                        // Acknowledged through another node than the one that gave it.
                        let token = lease["token"].as_str().unwrap();
                        let other = nodes[(agent + 1) % 3].api();
                        let done = other.post(&format!("{path}/claims/{token}/ack"), &json!({}));
                        assert!(done.status < 300, "{done:?}");
                        claimed.lock().unwrap().push(lease["interaction"]["id"].as_str().unwrap().to_owned());
                    }
                }
            });
        }
    });
    let claimed = claimed.into_inner().unwrap();
    assert_eq!(claimed.len(), MAILS);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), MAILS, "each once");
}

/// A node with its links to two databases.
struct Linked {
    links: [Link; 2],
    node: Mutex<Node>,
    smtp: Mutex<String>,
}

/// The streams of mail, and what senders know.
struct Streams<'n> {
    nodes: &'n [Linked],
    accepted: Mutex<BTreeSet<String>>,
    attempts: AtomicUsize,
    said: AtomicUsize,
    refused: AtomicUsize,
    /// When 250 was said last, and the longest time without, since they were last looked at.
    quiet: Mutex<(Instant, Duration)>,
    stop: AtomicBool,
}

impl Streams<'_> {
    /// Delivers until told to stop; then whatever is begun is sent until it is accepted.
    fn deliver(&self, connection: usize) {
        let mut number = 0;
        let mut at = connection;
        let mut session: Option<Smtp> = None;
        while !self.stop.load(Ordering::Relaxed) {
            let id = format!("c{connection}-{number}@nodes.example");
            let (to, text) = mail_of(&id);
            number += 1;
            if number % SESSION == 0 {
                session = None;
            }
            loop {
                let smtp = match &mut session {
                    Some(smtp) => smtp,
                    None => {
                        at += 1;
                        let address = self.nodes[at % self.nodes.len()].smtp.lock().unwrap().clone();
                        match Smtp::connect(&address) {
                            Ok(smtp) => session.insert(smtp),
                            Err(_) => {
                                thread::sleep(Duration::from_millis(20));
                                continue;
                            }
                        }
                    }
                };
                self.attempts.fetch_add(1, Ordering::Relaxed);
                match smtp.deliver("ana@customer.example", to, &text) {
                    Ok(reply) if reply.code == 250 => break,
                    Ok(reply) => {
                        assert_eq!(reply.code, 451, "{reply:?}");
                        self.refused.fetch_add(1, Ordering::Relaxed);
                        // As a sender would: elsewhere, a little later.
                        session = None;
                        thread::sleep(Duration::from_millis(50));
                    }
                    Err(_) => session = None,
                }
            }
            self.accepted.lock().unwrap().insert(id);
            self.said.fetch_add(1, Ordering::Relaxed);
            let mut quiet = self.quiet.lock().unwrap();
            quiet.1 = quiet.1.max(quiet.0.elapsed());
            quiet.0 = Instant::now();
        }
    }

    /// Waits for so many more times 250.
    fn more(&self, count: usize) {
        let from = self.said.load(Ordering::Relaxed);
        wait_for("more mail", || (self.said.load(Ordering::Relaxed) >= from + count).then_some(()));
    }

    /// The longest time that nobody heard 250, since this was last asked.
    fn outage(&self) -> Duration {
        let mut quiet = self.quiet.lock().unwrap();
        let longest = quiet.1.max(quiet.0.elapsed());
        *quiet = (Instant::now(), Duration::ZERO);
        longest
    }
}

#[test]
fn nothing_is_lost_when_nodes_the_primary_and_the_network_fail() {
    let Some(tools) = tools() else { return };
    let scratch = Scratch::new("nodes-failover");
    let mut primary = Database::start(&tools, &[("wal_keep_size", "256MB")]).unwrap();
    // On the command line, so that a promoted standby does not wait for a standby of its own.
    let standby = primary.standby("standby", &[("synchronous_standby_names", "")]).unwrap();
    primary.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'").unwrap();
    primary.sql("postgres", "SELECT pg_reload_conf()").unwrap();
    primary.sql("postgres", "CREATE DATABASE mail").unwrap();
    let user = waypost_scratch_postgres::USER;
    let url = |links: &[Link; 2]| {
        let [first, second] = links.each_ref().map(Link::port);
        format!("postgres://{user}@127.0.0.1:{first},127.0.0.1:{second}/mail")
    };
    let linked: Vec<Linked> = (0..3)
        .map(|number| {
            let links = [Link::to(primary.port()), Link::to(standby.port())];
            let node = node(&scratch, &format!("node{number}"), &url(&links));
            Linked { links, smtp: Mutex::new(node.smtp.clone()), node: Mutex::new(node) }
        })
        .collect();
    prepare(&linked[0].node.lock().unwrap());
    let streams = Streams {
        nodes: &linked,
        accepted: Mutex::default(),
        attempts: AtomicUsize::new(0),
        said: AtomicUsize::new(0),
        refused: AtomicUsize::new(0),
        quiet: Mutex::new((Instant::now(), Duration::ZERO)),
        stop: AtomicBool::new(false),
    };
    let kill = |number: usize| {
        let one = &linked[number];
        let mut node_of = one.node.lock().unwrap();
        node_of.kill();
        streams.more(60);
        *node_of = node(&scratch, &format!("node{number}"), &url(&one.links));
        *one.smtp.lock().unwrap() = node_of.smtp.clone();
    };
    let mut told = Vec::new();
    thread::scope(|scope| {
        for connection in 0..CONNECTIONS {
            let streams = &streams;
            scope.spawn(move || streams.deliver(connection));
        }
        // Whatever fails below, the streams must end: the scope waits for them.
        let _end = Ending(&streams.stop);
        streams.more(200);
        streams.outage();
        kill(0);
        told.push(("a node killed and started again", streams.outage()));
        linked[1].links[0].cut();
        streams.more(60);
        linked[1].links[0].heal();
        told.push(("a node cut from the database", streams.outage()));
        linked[2].links[0].freeze();
        streams.more(60);
        thread::sleep(Duration::from_secs(3));
        linked[2].links[0].heal();
        streams.more(60);
        told.push(("a node's connections frozen for 3 s", streams.outage()));
        kill(1);
        streams.outage();
        primary.kill().unwrap();
        let refused = streams.refused.load(Ordering::Relaxed);
        wait_for("451 without a primary", || (streams.refused.load(Ordering::Relaxed) > refused).then_some(()));
        let said = streams.said.load(Ordering::Relaxed);
        thread::sleep(Duration::from_secs(2));
        // What each had heard before may be counted only now.
        let more = streams.said.load(Ordering::Relaxed) - said;
        assert!(more <= CONNECTIONS, "250 without a primary, {more} times");
        standby.promote().unwrap();
        streams.more(60);
        told.push(("the primary killed, promoted after 2 s", streams.outage()));
        kill(2);
        streams.more(100);
        told.push(("a node killed on the new primary", streams.outage()));
    });
    let senders = Senders {
        accepted: streams.accepted.into_inner().unwrap(),
        unanswered: BTreeSet::new(),
        attempts: streams.attempts.into_inner(),
        acknowledgements: streams.said.into_inner(),
    };
    for (what, outage) in told {
        println!("{what}: senders heard no 250 for {:.1} s at the longest", outage.as_secs_f64());
    }
    println!("451 was said {} times", streams.refused.into_inner());
    println!("{}", settle_accounts(&linked[0].node.lock().unwrap(), &senders));
}

/// Ends the streams when it is dropped.
struct Ending<'s>(&'s AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_mail_that_ends_its_node_is_set_aside_after_three_attempts() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("nodes-poison");
    let url = database.fresh_database().unwrap();
    set_aside(|| {
        // As if the time of leases had passed.
        let _ = database.sql("scratch0", "UPDATE interactions SET lease_until = now() WHERE state = 1");
        let environment = vec![(STEPS.0, STEPS.1.into()), ("WAYPOST_DATABASE", (&url).into())];
        Node::start(&scratch.path("node"), &Start { environment, ..Start::unlimited() })
    });
}

#[test]
fn a_table_is_free_again_soon_after_its_importing_node_was_killed() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("nodes-import");
    let mut nodes = nodes(&scratch, &database, 2);
    let table = json!({"name": "Customers", "schema": {"type": "object", "required": ["key"],
        "properties": {"key": {"type": "string"}, "tier": {"type": "string"}}}});
    let table = nodes[0].api().post("/flows/datatables", &table).ok();
    let path = format!("/flows/datatables/{}/rows", table["id"].as_str().unwrap());
    let csv = |rows: usize| {
        let lines = (0..rows).map(|number| format!("customer{number},gold\n"));
        std::iter::once("key,tier\n".to_owned()).chain(lines).collect::<String>()
    };
    let import =
        |node: &Node, text: &str| node.api().send("PUT", &path, &[("Content-Type", "text/csv")], text.as_bytes());
    assert_eq!(import(&nodes[0], &csv(10)).status, 200);
    let many = csv(100_000);
    let (api, sent) = (nodes[0].api(), path.clone());
    let importing = thread::spawn(move || {
        // The node dies of it, and the connection with it.
        let request = move || api.send("PUT", &sent, &[("Content-Type", "text/csv")], many.as_bytes());
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(request)).is_err()
    });
    let written = "SELECT count(*) FROM table_rows WHERE since > 1";
    wait_for("rows of the import", || {
        (database.sql("scratch0", written).unwrap().parse::<u64>().unwrap() > 0).then_some(())
    });
    nodes[0].kill();
    assert!(importing.join().unwrap(), "it was killed in the middle");
    let killed = Instant::now();
    let answer = wait_for("the table", || {
        let answer = import(&nodes[1], &csv(20));
        assert!(matches!(answer.status, 200 | 409), "{answer:?}");
        Some(answer).filter(|answer| answer.status == 200)
    });
    println!("a table was free again {:.1} s after its importing node was killed", killed.elapsed().as_secs_f64());
    assert_eq!(answer.json()["version"], 2, "{:?}", answer.json());
    let rows = nodes[1].api().get(&format!("{path}?showbrief=false&pageSize=1")).ok();
    assert_eq!(rows["total"], 20, "nothing of the other import is left");
}
