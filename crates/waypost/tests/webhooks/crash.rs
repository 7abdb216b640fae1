//! `kill -9` while requests of flows, events and pushes go out: each is delivered, under one id, and nothing comes that nobody kept.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

use serde_json::{Value as Json, json};
use waypost_scratch_postgres::Server as Database;

use crate::endpoint::Endpoint;
use crate::flaky::Flaky;
use crate::harness::nodes::tools;
use crate::harness::scratch::Scratch;
use crate::harness::shim::Clock;
use crate::harness::smtp::mail;
use crate::harness::streams::{Senders, deliver_until, number_of};
use crate::harness::{Server, Start, rounds, wait_for};
use crate::{ALLOWED, TAKEN, delivery, send};

/// How often a server is killed; many times that with `WAYPOST_TEST_ROUNDS`.
const ROUNDS: usize = 6;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const ROUTES: [&str; 3] = ["tells", "pushed", "waits"];

fn begin(scratch: &Scratch, name: &str, more: Vec<(&'static str, OsString)>) -> Server {
    let mut start = Start::unlimited();
    start.arguments.extend(ALLOWED.map(str::to_owned));
    start.environment = more;
    Server::start(&scratch.path(name), &start)
}

/// Flows, queues and webhooks: what a mail's number says decides what is sent for it.
fn prepare(server: &Server, url: &str) {
    let api = server.api();
    for (name, events) in [("Hook", json!([])), ("Audit", json!(["interaction.*", "delivery.*"]))] {
        api.post("/webhooks", &json!({"name": name, "url": url, "secret": SECRET, "events": events})).ok();
    }
    api.post("/routing/queues", &json!({"name": "Support"})).ok();
    api.post("/routing/queues", &json!({"name": "CRM", "deliverTo": {"webhook": "Hook"}})).ok();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let tell = json!({"type": "sendWebhook", "webhook": "Hook"});
    let queue = |name: &str| json!({"type": "transferToQueue", "queue": name});
    for (name, actions) in [
        ("tells", json!([tell, {"type": "disconnect"}])),
        ("pushed", json!([queue("CRM")])),
        ("waits", json!([queue("Support")])),
    ] {
        let flow = json!({"name": name, "type": "email", "nodes": [{"id": "n", "actions": actions}]});
        let flow = api.post("/flows", &flow).ok();
        let route = json!({"pattern": name, "flow": {"id": flow["id"]}});
        api.post("/routing/email/domains/desk.example/routes", &route).ok();
    }
}

fn mail_of(message_id: &str) -> (&'static str, String) {
    let to = ["tells@desk.example", "pushed@desk.example", "waits@desk.example"];
    (to[number_of(message_id) % ROUTES.len()], mail(message_id, "Where is my order", "Hello"))
}

/// The events of a mail, and what else is sent for it.
fn wanted(message_id: &str) -> (BTreeSet<&'static str>, Option<&'static str>) {
    let both = ["interaction.received", "interaction.decided"].into_iter();
    match number_of(message_id) % ROUTES.len() {
        0 => (both.chain(["interaction.completed", "delivery.delivered"]).collect(), Some("webhook")),
        1 => (both.chain(["interaction.completed", "delivery.delivered"]).collect(), Some("queuePush")),
        _ => (both.collect(), None),
    }
}

/// Holds what came against what was kept, once all is over.
fn settle(server: &Server, endpoint: &Flaky, senders: &Senders) -> String {
    let api = server.api();
    wait_for("the last delivery", || {
        api.post("/deliveries/retry", &json!({"state": "pending"})).ok();
        std::thread::sleep(std::time::Duration::from_millis(250));
        let summary = api.get("/interactions/summary").ok();
        let undecided = ["received", "running"].map(|state| summary["byState"][state].as_u64().unwrap_or(0));
        (undecided == [0, 0] && summary["deliveries"]["pending"] == 0).then_some(())
    });
    let mut came = endpoint.came();
    let mut of: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for one in api.all("/deliveries") {
        assert_eq!(one["state"], "delivered", "{one}");
        let copies = came.remove(one["id"].as_str().unwrap()).unwrap_or_default();
        assert!(copies.iter().any(|copy| copy.taken), "{one} never arrived");
        assert!(copies.iter().all(|copy| copy.body == copies[0].body), "{copies:?}");
        let body: Json = serde_json::from_str(&copies[0].body).unwrap();
        if let Some(event) = one.get("event") {
            assert_eq!(body["type"], *event);
        }
        of.entry(one["interactionId"].as_str().unwrap().to_owned()).or_default().push(one);
    }
    assert!(came.is_empty(), "came without being kept: {came:?}");
    let mut there = BTreeSet::new();
    for one in api.all_interactions() {
        let message_id = one["messageId"].as_str().unwrap().to_owned();
        let (events, sent) = wanted(&message_id);
        let state = if sent.is_some() { "completed" } else { "decided" };
        assert_eq!(one["state"], state, "{one}");
        let kept = of.remove(one["id"].as_str().unwrap()).unwrap_or_default();
        let told: Vec<&str> = kept.iter().filter_map(|one| one["event"].as_str()).collect();
        assert_eq!((told.len(), told.iter().copied().collect()), (events.len(), events), "each once: {kept:?}");
        let others: Vec<&Json> = kept.iter().filter(|one| one.get("event").is_none()).map(|one| &one["kind"]).collect();
        assert_eq!(
            others,
            sent.iter().map(|kind| json!(kind)).collect::<Vec<_>>().iter().collect::<Vec<_>>(),
            "{kept:?}"
        );
        there.insert(message_id);
    }
    let lost: Vec<&String> = senders.accepted.iter().filter(|id| !there.contains(*id)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    let ledger = server.cli(&["ledger"]);
    assert!(ledger.status.success(), "{}", String::from_utf8_lossy(&ledger.stderr));
    let copies: usize = endpoint.came().values().map(|copies| copies.len() - 1).sum();
    format!("{} mails, {} requests, {copies} copies", there.len(), endpoint.came().len())
}

#[test]
fn what_is_told_and_pushed_outlives_the_server() {
    let scratch = Scratch::new("webhooks-crash");
    let (endpoint, mut senders) = (Flaky::start(SECRET), Senders::default());
    let mut server = begin(&scratch, "data", Vec::new());
    prepare(&server, &endpoint.url);
    for round in 0..rounds(ROUNDS) {
        deliver_until(&[server.smtp.clone()], mail_of, &mut senders, round, 15 + round * 7 % 20, || server.kill());
        server = begin(&scratch, "data", Vec::new());
    }
    println!("SQLite: {}", settle(&server, &endpoint, &senders));
    server.stop();
}

#[test]
fn what_is_told_and_pushed_outlives_any_node() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("webhooks-nodes");
    let url = database.fresh_database().unwrap();
    let (endpoint, mut senders) = (Flaky::start(SECRET), Senders::default());
    let on = |number: usize| begin(&scratch, &format!("node{number}"), vec![("WAYPOST_DATABASE", url.as_str().into())]);
    let mut nodes = [on(0), on(1)];
    prepare(&nodes[0], &endpoint.url);
    for round in 0..rounds(ROUNDS) {
        let addresses = nodes.each_ref().map(|node| node.smtp.clone());
        let killed = round % 2;
        deliver_until(&addresses, mail_of, &mut senders, round, 15 + round * 7 % 20, || nodes[killed].kill());
        nodes[killed] = on(killed);
    }
    println!("two nodes: {}", settle(&nodes[0], &endpoint, &senders));
    nodes.iter_mut().for_each(Server::stop);
}

/// The endpoint hangs on, whatever becomes of whoever asked it: the next node asks again under the same id.
#[test]
fn what_a_node_died_with_is_carried_by_another() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let (scratch, endpoint) = (Scratch::new("webhooks-dies"), Endpoint::start(&["", TAKEN]));
    let (clock, url) = (Clock::new(&scratch), database.fresh_database().unwrap());
    let on = |name: &str| {
        let mut environment = clock.environment(None);
        environment.push(("WAYPOST_DATABASE", url.as_str().into()));
        begin(&scratch, name, environment)
    };
    let mut first = on("node0");
    prepare(&first, &endpoint.url);
    let audit = first.api().get("/webhooks?name=Audit").ok()["entities"][0].clone();
    let quiet = json!({"name": "Audit", "url": audit["url"], "events": []});
    first.api().put(&format!("/webhooks/{}", audit["id"].as_str().unwrap()), &quiet).ok();
    let interaction = send(&first, "pushed", "one@customer.example");
    let asked = endpoint.next();
    let second = on("node1");
    first.kill();
    clock.pass(60);
    let again = endpoint.next();
    assert_eq!((asked.header("webhook-id"), &asked.body), (again.header("webhook-id"), &again.body));
    assert!(again.is_signed_with(SECRET));
    let api = second.api();
    delivery(&api, &interaction, "delivered", |one| one["state"] == "delivered" && one["attempts"] == 2);
    assert_eq!(api.get(&format!("/interactions/{interaction}")).ok()["state"], "completed");
}
