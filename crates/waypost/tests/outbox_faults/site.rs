//! What is killed and where: the commits of the outbox, servers that come back, and the flows that they run.

#![allow(unreachable_pub, reason = "a module of one test")]

use std::fmt::Debug;

use serde_json::{Value as Json, json};

use crate::harness::Server;
use crate::harness::http::Api;
use crate::harness::receiver::Receiver;
use crate::harness::shim::Clock;

/// A commit of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A run's decision, and what it sends.
    Decision,
    /// Somebody is to carry a delivery.
    Claim,
    /// The receiver accepted it.
    Delivered,
    /// The receiver wants it later.
    Deferred,
    /// The receiver refused it.
    Refused,
    /// A person's answer.
    Reply,
    /// A person wants another run.
    RerunAsked,
    /// The other run's decision.
    Rerun,
    /// It came back.
    Bounce,
    /// A decision for a queue that pushes.
    Pushed,
    /// Somebody is to carry the push.
    PushClaim,
    /// The webhook took it: the work is completed, and whoever listens is told.
    PushDelivered,
}

/// All of them.
pub const POINTS: [Point; 12] = [
    Point::Decision,
    Point::Claim,
    Point::Delivered,
    Point::Deferred,
    Point::Refused,
    Point::Reply,
    Point::RerunAsked,
    Point::Rerun,
    Point::Bounce,
    Point::Pushed,
    Point::PushClaim,
    Point::PushDelivered,
];

/// Servers that are killed and started again.
pub trait Site {
    /// Where in a commit the kill comes.
    type Cut: Copy + Debug + 'static;

    /// All of them, and whether the commit stands afterwards.
    const CUTS: &'static [(Self::Cut, bool)];

    /// The server whom clients speak with.
    fn server(&self) -> &Server;
    fn receiver(&self) -> &Receiver;
    fn clock(&self) -> &Clock;

    /// Does something, and kills the server that makes this commit. It is back afterwards.
    fn kill_in(&mut self, point: Point, cut: Self::Cut, act: impl FnOnce(&Server) + Send);

    /// Kills the server of this name. It is back afterwards.
    fn kill(&mut self, name: &str);
}

/// Longer than any lease of the server's own.
pub const LEASE: i64 = 60;

/// Queues, flows, and routes of the same names. What their subject says is whom they send to.
pub fn prepare(server: &Server) {
    let api = server.api();
    for queue in ["Support", "Questions"] {
        api.post("/routing/queues", &json!({"name": queue})).ok();
    }
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let reply = json!({"type": "sendReply", "text": "We have it."});
    let queue = json!({"type": "transferToQueue", "queue": "Support"});
    let forward = json!({"type": "forward", "addresses": ["${interaction.email.subject}"]});
    for (name, actions) in [
        ("both", json!([reply, notice(&["${interaction.email.subject}"]), queue])),
        ("one", json!([forward])),
        ("queue", json!([{"type": "transferToQueue", "queue": "Questions"}])),
    ] {
        route(&api, name, &actions);
    }
}

/// An action that tells somebody.
pub fn notice(to: &[&str]) -> Json {
    json!({"type": "sendMail", "to": to, "subject": "New", "text": "Look at it."})
}

/// A flow of one node.
pub fn flow(name: &str, actions: &Json) -> Json {
    json!({"name": name, "type": "email", "nodes": [{"id": "n", "actions": actions}]})
}

/// A route to a flow of its name; answers the flow's id.
pub fn route(api: &Api, name: &str, actions: &Json) -> String {
    let made = api.post("/flows", &flow(name, actions)).ok();
    let route = json!({"pattern": name, "flow": {"id": made["id"]}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    made["id"].as_str().unwrap().to_owned()
}
