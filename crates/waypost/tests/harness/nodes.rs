//! Several nodes on one PostgreSQL.

use serde_json::{Value as Json, json};
use waypost_scratch_postgres::{Server as Database, Tools};

use super::scratch::Scratch;
use super::smtp::mail;
use super::{Server as Node, Start, wait_for};

/// PostgreSQL's programs; none, with a word, where it is not installed.
pub fn tools() -> Option<Tools> {
    waypost_test_needs::tool(Tools::find())
}

/// A node that does not count requests.
pub fn node(scratch: &Scratch, name: &str, url: &str) -> Node {
    limited_node(scratch, name, url, 0)
}

/// A node that lets so many requests of a client in each minute.
pub fn limited_node(scratch: &Scratch, name: &str, url: &str, rate_limit: u32) -> Node {
    let arguments = vec!["--rate-limit".to_owned(), rate_limit.to_string()];
    let environment = vec![("WAYPOST_DATABASE", url.into())];
    Node::start(&scratch.path(name), &Start { arguments, environment, ..Start::default() })
}

/// A database without anything, and nodes on it.
pub fn nodes(scratch: &Scratch, database: &Database, count: usize) -> Vec<Node> {
    let url = database.fresh_database().unwrap();
    (0..count).map(|number| node(scratch, &format!("node{number}"), &url)).collect()
}

/// Delivers a small mail.
pub fn deliver(node: &Node, id: &str, to: &str) {
    let reply = node.smtp().deliver("ana@customer.example", to, &mail(id, "hello", "hello")).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
}

/// The queue that a mail was decided to go to.
pub fn queue_of(node: &Node, id: &str) -> String {
    let api = node.api();
    wait_for("a decision", || {
        let found = api.interactions_of(id);
        found.first()?["decision"]["queue"]["name"].as_str().map(str::to_owned)
    })
}

/// A flow that sends everything to a queue.
pub fn to_queue(queue: &str) -> Json {
    json!({"name": "Where to", "type": "email", "nodes": [
        {"id": "start", "actions": [{"type": "transferToQueue", "queue": queue}]}]})
}
