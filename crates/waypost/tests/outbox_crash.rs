//! `kill -9` while mail comes in and goes out, again and again, with receivers of every kind: what a decision sends arrives, bounces or is a
//! dead letter; nothing arrives that nobody decided; and a copy is sent only where the answer to the first was lost. On SQLite, and on
//! PostgreSQL with three nodes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it counted"
)]

#[path = "outbox/effects.rs"]
mod effects;
mod harness;
#[path = "outbox/people.rs"]
mod people;

use effects::{Bounces, mail_of, prepare, settle};
use harness::nodes::tools;
use harness::receiver::Receiver;
use harness::scratch::Scratch;
use harness::streams::{Senders, deliver_until};
use harness::{Server, Start};
use people::People;
use waypost_scratch_postgres::Server as Database;

const ROUNDS: usize = 12;

/// How many mails are accepted before the kill of a round.
fn enough(round: usize) -> usize {
    20 + round * 17 % 50
}

fn start(receiver: &Receiver, database: Option<&str>) -> Start {
    let mut environment = vec![("WAYPOST_SMARTHOST", format!("smtp://{}", receiver.address).into())];
    environment.extend(database.map(|url| ("WAYPOST_DATABASE", url.into())));
    Start { environment, ..Start::unlimited() }
}

#[test]
fn what_was_decided_to_be_sent_outlives_the_server() {
    let scratch = Scratch::new("outbox-crash");
    let (receiver, mut senders) = (Receiver::start(), Senders::default());
    let (mut bounces, mut people) = (Bounces::default(), People::default());
    let start = start(&receiver, None);
    let mut server = Server::start(&scratch.path("data"), &start);
    prepare(&server);
    for round in 0..ROUNDS {
        people.act_while(server.api(), round, || {
            deliver_until(&[server.smtp.clone()], mail_of, &mut senders, round, enough(round), || {
                server.kill();
                receiver.sender_was_killed();
            });
        });
        server = Server::start(&scratch.path("data"), &start);
        bounces.send(&server, &receiver);
    }
    println!("SQLite: {}", settle(&server, &receiver, &senders, &mut bounces, &people, ROUNDS));
    server.stop();
}

#[test]
fn what_was_decided_to_be_sent_outlives_any_node() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("outbox-nodes");
    let (receiver, mut senders) = (Receiver::start(), Senders::default());
    let (mut bounces, mut people) = (Bounces::default(), People::default());
    let start = start(&receiver, Some(&database.fresh_database().unwrap()));
    let node = |number: usize| Server::start(&scratch.path(&format!("node{number}")), &start);
    let mut nodes: Vec<Server> = (0..3).map(node).collect();
    prepare(&nodes[0]);
    for round in 0..ROUNDS {
        let addresses: Vec<String> = nodes.iter().map(|node| node.smtp.clone()).collect();
        let killed = round % 3;
        people.act_while(nodes[killed].api(), round, || {
            deliver_until(&addresses, mail_of, &mut senders, round, enough(round), || {
                nodes[killed].kill();
                receiver.sender_was_killed();
            });
        });
        bounces.send(&nodes[(round + 1) % 3], &receiver);
        nodes[killed] = node(killed);
    }
    println!("three nodes: {}", settle(&nodes[0], &receiver, &senders, &mut bounces, &people, ROUNDS));
    nodes.iter_mut().for_each(Server::stop);
}
