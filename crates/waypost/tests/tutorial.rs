//! The tutorial's steps against the built server, as a client program takes them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::time::Duration;

use harness::http::Api;
use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{Server, Start, wait_for};
use serde_json::{Value as Json, json};

const FLOWS: &str = "/flows";

/// A shared flow as the tutorial's program posts it, keys in lower case, whose answer is `result`.
fn shared(name: &str, result: &str) -> Json {
    json!({
        "name": name,
        "type": "email",
        "inputs": [{"name": "emailBody", "datatype": "string"}],
        "outputs": [{"name": "processedResult", "datatype": "string"}],
        "nodes": [{"id": "work", "actions": [{"type": "setOutput", "name": "processedResult", "value": result}]}],
        "trigger": {"type": "email"},
        "conditionset": {"conditions": []},
        "end": {},
    })
}

/// The tutorial's inbound flow, its action in a node, and what becomes of the answer.
fn inbound(callee: &Json, input: &str) -> Json {
    json!({
        "name": "Inbound Email Router",
        "type": "email",
        "inputs": [],
        "outputs": [],
        "nodes": [
            {"id": "ask", "actions": [{
                "type": "runFlow",
                "flowid": callee["id"],
                "inputmapping": [{"name": input, "value": "${interaction.email.body}"}],
                "outputmapping": [{"name": "localResult", "value": "${output.processedResult}"}],
            }], "next": [{"when": "${localResult == 'refund'}", "to": "billing"}, {"to": "general"}]},
            {"id": "billing", "actions": [{"type": "transferToQueue", "queue": "Billing"}]},
            {"id": "general", "actions": [{"type": "transferToQueue", "queue": "General"}]},
        ],
        "trigger": {"type": "email"},
        "conditionset": {"conditions": []},
        "end": {},
    })
}

fn path_of(flow: &Json) -> String {
    format!("{FLOWS}/{}", flow["id"].as_str().unwrap())
}

/// Sends a mail about a refund by SMTP; answers its interaction once it is decided.
fn routed(server: &Server, api: &Api, message_id: &str) -> Json {
    let raw = mail(message_id, "A parcel", "I want a refund.");
    let reply = server.smtp().deliver("ana@customer.example", "help@shop.example", &raw).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    wait_for("the decision", || {
        let found = api.interactions_of(message_id);
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().find(|one| one["state"] == "decided")
    })
}

fn queue_of(interaction: &Json) -> &str {
    interaction["decision"]["queue"]["name"].as_str().unwrap_or_else(|| panic!("not queued: {interaction}"))
}

/// Queues, and a route to the flow.
fn route_to(api: &Api, flow: &Json) {
    api.post("/routing/email/domains", &json!({"id": "shop.example", "subDomain": false})).ok();
    let route = json!({"pattern": "help", "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/shop.example/routes", &route).ok();
}

fn queues(api: &Api) {
    for name in ["Billing", "General"] {
        api.post("/routing/queues", &json!({"name": name})).ok();
    }
}

#[test]
fn a_shared_flow_changes_and_its_caller_follows() {
    let scratch = Scratch::new("tutorial");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let api = server.api();
    queues(&api);
    let by_words = "${input.emailBody.contains('refund') ? 'refund' : 'other'}";
    let callee = api.post(FLOWS, &shared("Shared Email Processor", by_words)).ok();
    let caller = api.post(FLOWS, &inbound(&callee, "emailBody")).ok();
    route_to(&api, &caller);
    let got = api.get(&path_of(&caller)).ok();
    assert_eq!(got["nodes"][0]["actions"][0]["flowId"], callee["id"], "the reference can be verified");

    let first = routed(&server, &api, "1@tutorial.example");
    assert_eq!(queue_of(&first), "Billing");

    let changed = api.put(&path_of(&callee), &shared("Shared Email Processor", "other")).ok();
    assert_eq!(changed["version"], 2);
    let second = routed(&server, &api, "2@tutorial.example");
    assert_eq!(queue_of(&second), "General", "decided by the new version");
    assert_eq!(second["flow"]["version"], 1, "and the caller was not touched");

    let other = api.post(FLOWS, &shared("Another Processor", "refund")).ok();
    let mut document = api.get(&path_of(&caller)).ok();
    document["nodes"][0]["actions"][0]["flowId"] = other["id"].clone();
    assert_eq!(api.put(&path_of(&caller), &document).ok()["version"], 2);
    let third = routed(&server, &api, "3@tutorial.example");
    assert_eq!((queue_of(&third), &third["flow"]["version"]), ("Billing", &json!(2)));

    let trace = api.get(&format!("/interactions/{}/trace", third["id"].as_str().unwrap())).ok().to_string();
    assert!(
        trace.contains(other["id"].as_str().unwrap()) && !trace.contains(callee["id"].as_str().unwrap()),
        "{trace}"
    );
}

/// What the tutorial's program posts, member for member: flows without nodes.
#[test]
fn the_tutorials_own_bodies() {
    let scratch = Scratch::new("bodies");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let api = server.api();
    for (name, inputs, outputs) in [
        (
            "Shared Email Processor",
            json!([{"name": "emailBody", "datatype": "STRING"}]),
            json!([{"name": "processedResult", "datatype": "String"}]),
        ),
        ("Inbound Email Router", json!([]), json!([])),
    ] {
        let flow = json!({
            "name": name, "type": "email", "inputs": inputs, "outputs": outputs, "nodes": [],
            "trigger": {"type": "email"}, "conditionset": {"conditions": []}, "end": {},
        });
        let made = api.post(FLOWS, &flow).ok();
        assert_eq!(api.get(&path_of(&made)).ok()["name"], name);
    }
    assert_eq!(api.get(FLOWS).ok()["total"], 2);
}

#[test]
fn what_is_refused() {
    let scratch = Scratch::new("refused");
    let start = Start { arguments: ["--max-message-bytes", "20000"].map(str::to_owned).to_vec(), ..Start::default() };
    let server = Server::start(&scratch.path("data"), &start);
    let api = server.api();
    queues(&api);
    let callee = api.post(FLOWS, &shared("Shared Email Processor", "other")).ok();

    let wrong = api.post(FLOWS, &inbound(&callee, "emailBdy")).error(400);
    let problems = wrong["errors"].as_array().unwrap();
    let at = |path: &str| problems.iter().any(|one| one["path"].as_str().is_some_and(|found| found.starts_with(path)));
    assert!(at("nodes[0].actions[0].inputMapping[0]"), "{wrong}");

    let caller = api.post(FLOWS, &inbound(&callee, "emailBody")).ok();
    route_to(&api, &caller);

    let reader = Api::new(&server.http, Some("flow:read"));
    assert_eq!(reader.get(FLOWS).ok()["total"], 2);
    let refused = reader.post(FLOWS, &shared("No", "no")).error(403);
    assert!(refused.to_string().contains("flow:write"), "{refused}");

    let named = |answer: Json| {
        let errors = answer["errors"].as_array().unwrap();
        assert!(
            errors.iter().any(|one| one["flowName"] == caller["name"] && one["flowId"] == caller["id"]),
            "{answer}"
        );
    };
    named(api.delete(&path_of(&callee)).error(409));
    let mut breaking = shared("Shared Email Processor", "other");
    breaking["inputs"][0]["name"] = json!("renamed");
    named(api.put(&path_of(&callee), &breaking).error(409));
    assert_eq!(api.get(&path_of(&callee)).ok()["version"], 1);

    api.get("/flows/00000000-0000-4000-8000-000000000000").error(404);
    let gone = api.post(FLOWS, &shared("Soon gone", "x")).ok();
    assert_eq!(api.delete(&path_of(&gone)).status, 204);
    api.get(&path_of(&gone)).error(410);

    let stale = [("Content-Type", "application/json"), ("If-Match", "\"99\"")];
    let body = shared("Shared Email Processor", "refund").to_string();
    api.send("PUT", &path_of(&callee), &stale, body.as_bytes()).error(412);

    let message = [("Content-Type", "message/rfc822")];
    let to = |address: &str, raw: &str| {
        api.send("POST", &format!("/interactions?from=a@b.example&to={address}"), &message, raw.as_bytes())
    };
    to("help@shop.example", &mail("big@x.example", "big", &"x".repeat(30_000))).error(413);
    to("nobody@shop.example", &mail("1@x.example", "lost", "x")).error(422);
    assert_eq!(to("help@shop.example", &mail("2@x.example", "fine", "x")).status, 202);

    let mut nobody = server.api();
    nobody.token = "nonsense".to_owned();
    nobody.get(FLOWS).error(401);
}

#[test]
fn the_301st_request_of_a_minute_waits_as_long_as_it_is_told() {
    let scratch = Scratch::new("rate");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let api = server.api();
    // Many at a time: a minute is long enough then, on any machine.
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                for number in 1..=30 {
                    assert_eq!(api.get("/flows?pageSize=1").status, 200, "request {number} of 30");
                }
            });
        }
    });
    let refused = api.get(FLOWS);
    refused.error(429);
    let seconds: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    // Another token of the same client is the same client.
    Api::new(&server.http, None).get(FLOWS).error(429);
    std::thread::sleep(Duration::from_secs(seconds));
    api.get(FLOWS).ok();
}
