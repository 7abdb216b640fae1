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
use harness::{Server, Start, rounds};
use people::People;
use waypost_scratch_postgres::Server as Database;

/// How often a server is killed; many times that with `WAYPOST_TEST_ROUNDS`.
const ROUNDS: usize = 12;

/// How many mails are accepted before the kill of a round.
fn enough(round: usize) -> usize {
    20 + round * 17 % 50
}

/// How a server is started that gives itself a name of its own, so that each mail tells which of them sent it.
fn start(receiver: &Receiver, database: Option<&str>, name: &str) -> Start {
    let mut start = Start::unlimited();
    start.arguments.extend(["--hostname".to_owned(), name.to_owned()]);
    start.environment.push(("WAYPOST_SMARTHOST", format!("smtp://{}", receiver.address).into()));
    start.environment.extend(database.map(|url| ("WAYPOST_DATABASE", url.into())));
    start
}

/// Mails that are accepted after the last kill: whoever is left has no reason for copies of theirs.
const LAST: usize = 100;

#[test]
fn what_was_decided_to_be_sent_outlives_the_server() {
    let scratch = Scratch::new("outbox-crash");
    let (receiver, mut senders) = (Receiver::start(), Senders::default());
    let (mut bounces, mut people) = (Bounces::default(), People::default());
    let name = |round: usize| format!("server{round}.desk.example");
    let begin = |round: usize| Server::start(&scratch.path("data"), &start(&receiver, None, &name(round)));
    let mut server = begin(0);
    prepare(&server);
    for round in 0..rounds(ROUNDS) {
        people.act_while(server.api(), round, || {
            deliver_until(&[server.smtp.clone()], mail_of, &mut senders, round, enough(round), || {
                server.kill();
                receiver.was_killed(&name(round));
            });
        });
        server = begin(round + 1);
        bounces.send(&server, &receiver);
    }
    deliver_until(&[server.smtp.clone()], mail_of, &mut senders, rounds(ROUNDS), LAST, || ());
    println!("SQLite: {}", settle(&server, &receiver, &senders, &mut bounces, &people));
    server.stop();
}

#[test]
fn what_was_decided_to_be_sent_outlives_any_node() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("outbox-nodes");
    let (receiver, mut senders) = (Receiver::start(), Senders::default());
    let (mut bounces, mut people) = (Bounces::default(), People::default());
    let url = database.fresh_database().unwrap();
    let name = |number: usize, life: usize| format!("node{number}-{life}.desk.example");
    let begin = |number: usize, life: usize| {
        Server::start(&scratch.path(&format!("node{number}")), &start(&receiver, Some(&url), &name(number, life)))
    };
    let mut nodes: Vec<Server> = (0..3).map(|number| begin(number, 0)).collect();
    prepare(&nodes[0]);
    let addresses = |nodes: &[Server]| nodes.iter().map(|node| node.smtp.clone()).collect::<Vec<_>>();
    for round in 0..rounds(ROUNDS) {
        let (killed, life) = (round % 3, round / 3);
        people.act_while(nodes[killed].api(), round, || {
            deliver_until(&addresses(&nodes), mail_of, &mut senders, round, enough(round), || {
                nodes[killed].kill();
                receiver.was_killed(&name(killed, life));
            });
        });
        bounces.send(&nodes[(round + 1) % 3], &receiver);
        nodes[killed] = begin(killed, life + 1);
    }
    deliver_until(&addresses(&nodes), mail_of, &mut senders, rounds(ROUNDS), LAST, || ());
    println!("three nodes: {}", settle(&nodes[0], &receiver, &senders, &mut bounces, &people));
    nodes.iter_mut().for_each(Server::stop);
}
