//! Requests to webhooks and calls of data actions, with the built binary, over real sockets to scripted endpoints; and what is kept of secrets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it counted"
)]

#[path = "webhooks/breaker.rs"]
mod breaker;
#[path = "webhooks/calls.rs"]
mod calls;
#[path = "webhooks/crash.rs"]
mod crash;
#[path = "webhooks/endpoint.rs"]
mod endpoint;
#[path = "webhooks/events.rs"]
mod events;
#[path = "webhooks/flaky.rs"]
mod flaky;
mod harness;
#[path = "webhooks/pushes.rs"]
mod pushes;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use endpoint::{Endpoint, Request};
use harness::http::Api;
use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{Server, Start, WAYPOST, wait_for};
use serde_json::{Value as Json, json};

const TAKEN: &str = "204 No Content\r\nX-Took: it";

/// A server that may reach this machine's endpoints, with proxies in its environment that lead nowhere.
fn start(scratch: &Scratch, arguments: &[&str]) -> Server {
    start_with(scratch, arguments, "none")
}

/// The same, with mail going out to a smarthost.
fn start_with(scratch: &Scratch, arguments: &[&str], smarthost: &str) -> Server {
    let mut start = Start::unlimited();
    start.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    start.environment = vec![("WAYPOST_SMARTHOST", smarthost.into())];
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        start.environment.push((name, "http://127.0.0.1:1".into()));
    }
    let server = Server::start(&scratch.path("data"), &start);
    let api = server.api();
    api.post("/routing/queues", &json!({"name": "Support"})).ok();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    server
}

const ALLOWED: [&str; 2] = ["--allow-private-targets", "127.0.0.0/8"];

fn webhook(api: &Api, name: &str, url: &str) -> Json {
    api.post("/webhooks", &json!({"name": name, "url": url})).ok()
}

/// A route of this name to a flow that sends this and leaves the mail to people.
fn route(api: &Api, name: &str, sends: &[Json]) {
    let mut actions = sends.to_vec();
    actions.push(json!({"type": "transferToQueue", "queue": "Support", "skills": ["refunds"]}));
    let flow = json!({"name": name, "type": "email", "nodes": [{"id": "n", "actions": actions}]});
    let flow = api.post("/flows", &flow).ok();
    let route = json!({"pattern": name, "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
}

/// Sends a mail to a route. Answers the interaction that it became.
fn send(server: &Server, route: &str, message_id: &str) -> String {
    let raw = mail(message_id, "Where is my order", "Hello");
    let reply = server.smtp().deliver("ana@customer.example", &format!("{route}@desk.example"), &raw).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    reply.text.rsplit([' ', '<', '>']).find(|word| word.len() == 36).unwrap().to_owned()
}

/// Waits for the delivery of an interaction of which this holds.
fn delivery(api: &Api, interaction: &str, what: &str, holds: impl Fn(&Json) -> bool) -> Json {
    wait_for(what, || {
        let found = api.get(&format!("/deliveries?interactionId={interaction}")).ok();
        found["entities"].as_array().unwrap().iter().find(|one| holds(one)).cloned()
    })
}

#[test]
fn a_flow_sends_signed_requests_with_its_decision() {
    let scratch = Scratch::new("webhooks-send");
    let endpoint = Endpoint::start(&[TAKEN]);
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    let made = webhook(&api, "Orders", &endpoint.url);
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap().to_owned());
    assert!(secret.starts_with("whsec_"), "{made}");
    let shown = api.get(&format!("/webhooks/{id}")).ok();
    assert_eq!((shown.get("secret"), &shown["state"]), (None, &json!("enabled")), "shown once");
    let own = json!({"type": "sendWebhook", "webhook": "orders", "payload": {"of": "${interaction.email.from.address}", "n": [1, "${2 + 1}"]}});
    route(&api, "help", &[json!({"type": "sendWebhook", "webhook": "Orders"}), own]);
    let interaction = send(&server, "help", "one@customer.example");

    let mut arrived = [endpoint.next(), endpoint.next()];
    arrived.sort_by_key(|one| one.json()["type"] == "flow.message");
    let told = api.get(&format!("/interactions/{interaction}")).ok();
    for one in &arrived {
        assert!(one.path == "/hook" && one.is_signed_with(&secret), "{:?}", one.headers);
        assert_eq!(one.header("content-type"), "application/json");
        let kept = delivery(&api, &interaction, "delivered", |kept| kept["id"] == one.header("webhook-id"));
        let kept = match kept["state"] == "delivered" {
            true => kept,
            false => delivery(&api, &interaction, "delivered", |other| {
                other["id"] == kept["id"] && other["state"] == "delivered"
            }),
        };
        assert_eq!(
            (&kept["kind"], &kept["target"], &kept["lastAnswer"]),
            (&json!("webhook"), &json!(id), &json!("204 No Content"))
        );
        let content = api.get(&format!("/deliveries/{}/content", one.header("webhook-id")));
        assert_eq!((content.header("content-type"), &*content.body), ("application/json", &*one.body));
    }
    let [first, second] = arrived.each_ref().map(Request::json);
    assert_eq!((&first["type"], &first["data"]["id"]), (&json!("interaction.decided"), &json!(interaction)));
    for member in ["receivedAt", "envelope", "messageId", "subject", "flow", "decision", "attributes", "selfUri"] {
        assert_eq!(first["data"][member], told[member], "{member}");
    }
    assert_eq!(
        (&second["type"], &second["data"]),
        (&json!("flow.message"), &json!({"of": "ana@customer.example", "n": [1, 3]}))
    );
    assert_eq!(first["timestamp"], second["timestamp"]);

    // A flow uses it: it stays.
    assert_eq!(api.delete(&format!("/webhooks/{id}")).error(409)["code"], "general.resource.conflict");
    let users = api.get(&format!("/webhooks/{id}/usedby")).ok();
    assert!(users.to_string().contains("\"help\""), "{users}");
}

#[test]
fn after_a_rotation_both_secrets_verify() {
    let scratch = Scratch::new("webhooks-rotate");
    let endpoint = Endpoint::start(&[TAKEN]);
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let made = api.post("/webhooks", &json!({"name": "Orders", "url": endpoint.url, "secret": given})).ok();
    assert_eq!(made["secret"], given);
    let rotated = api.post(&format!("/webhooks/{}/rotate-secret", made["id"].as_str().unwrap()), &json!({})).ok();
    let new = rotated["secret"].as_str().unwrap();
    assert!(new != given && rotated["previousSecretUntil"].is_string(), "{rotated}");
    route(&api, "help", &[json!({"type": "sendWebhook", "webhook": "Orders"})]);
    send(&server, "help", "one@customer.example");
    let request = endpoint.next();
    assert_eq!(request.header("webhook-signature").split(' ').count(), 2);
    assert!(request.is_signed_with(given) && request.is_signed_with(new));
    // What was sent for a secret is not repeated.
    let wrong = api.post("/webhooks", &json!({"name": "Other", "url": endpoint.url, "secret": "hunter2"})).error(400);
    assert!(!wrong.to_string().contains("hunter2"), "{wrong}");
}

#[test]
fn retry_after_is_honoured_and_410_disables_the_webhook() {
    let scratch = Scratch::new("webhooks-answers");
    let busy = Endpoint::start(&["503 Busy\r\nRetry-After: 3000\r\nContent-Length: 9\r\n\r\nnot today", TAKEN]);
    let brief = Endpoint::start(&["429 Busy\r\nRetry-After: 5", TAKEN]);
    let never = Endpoint::start(&["503 Busy\r\nRetry-After: 0", TAKEN]);
    let gone = Endpoint::start(&["410 Gone"]);
    let away = Endpoint::start(&["302 Found\r\nLocation: http://169.254.169.254/"]);
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    for (name, endpoint) in [("Busy", &busy), ("Brief", &brief), ("Never", &never), ("Gone", &gone), ("Away", &away)] {
        webhook(&api, name, &endpoint.url);
        route(&api, &name.to_lowercase(), &[json!({"type": "sendWebhook", "webhook": name})]);
    }
    let interaction = send(&server, "busy", "one@customer.example");
    let waits = delivery(&api, &interaction, "an answer", |one| one.get("lastAnswer").is_some());
    assert_eq!(
        (&waits["state"], &waits["lastAnswer"]),
        (&json!("pending"), &json!("503 Service Unavailable: not today"))
    );
    let pause = |waits: &Json| {
        let at = |member: &str| waits[member].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        at("nextAttemptAt").duration_since(at("createdAt")).as_secs()
    };
    assert!((2990..3300).contains(&pause(&waits)), "{waits}");
    // A short pause is honoured as a long one is; who wants none gets ours.
    for (name, pauses) in [("brief", 4..20), ("never", 20..60)] {
        let interaction = send(&server, name, &format!("{name}@customer.example"));
        let waits = delivery(&api, &interaction, "an answer", |one| one.get("lastAnswer").is_some());
        assert!(pauses.contains(&pause(&waits)), "{waits}");
    }
    let first = busy.next();
    assert_eq!(api.post(&format!("/deliveries/{}/retry", waits["id"].as_str().unwrap()), &json!({})).status, 202);
    delivery(&api, &interaction, "delivered", |one| one["state"] == "delivered" && one["attempts"] == 2);
    let second = busy.next();
    assert_eq!((first.header("webhook-id"), &first.body), (second.header("webhook-id"), &second.body));

    let interaction = send(&server, "gone", "two@customer.example");
    delivery(&api, &interaction, "dead", |one| one["state"] == "dead" && one["lastAnswer"] == "410 Gone");
    let disabled = wait_for("disabled", || {
        let found = api.get("/webhooks?name=gone").ok()["entities"][0].clone();
        (found["state"] == "disabled").then_some(found)
    });
    let log = api.get("/audit?entityKind=webhook").ok();
    assert!(log.to_string().contains("it answered 410 Gone"), "{log} {disabled}");
    let interaction = send(&server, "gone", "three@customer.example");
    delivery(&api, &interaction, "held", |one| {
        one["state"] == "cancelled" && one["heldBy"]["rule"] == "webhookDisabled"
    });

    let interaction = send(&server, "away", "four@customer.example");
    let waits = delivery(&api, &interaction, "an answer", |one| one.get("lastAnswer").is_some());
    assert_eq!(
        (&waits["state"], &waits["lastAnswer"]),
        (&json!("pending"), &json!("302 Found (redirects are not followed)"))
    );
}

#[test]
fn a_private_endpoint_is_refused_unless_its_network_is_allowed() {
    let scratch = Scratch::new("webhooks-private");
    let endpoint = Endpoint::start(&[TAKEN]);
    let server = start(&scratch, &["--allow-private-targets", "10.0.0.0/8"]);
    let api = server.api();
    let port = endpoint.url.rsplit_once(':').unwrap().1;
    for (number, host) in ["127.0.0.1", "2130706433", "localhost", "[::ffff:127.0.0.1]"].iter().enumerate() {
        let name = format!("hook{number}");
        webhook(&api, &name, &format!("http://{host}:{port}"));
        route(&api, &name, &[json!({"type": "sendWebhook", "webhook": name})]);
        let interaction = send(&server, &name, &format!("{number}@customer.example"));
        let dead = delivery(&api, &interaction, "dead", |one| one["state"] == "dead");
        let told = dead["lastAnswer"].as_str().unwrap();
        assert!(told.contains("a private address; `--allow-private-targets`"), "{host}: {told}");
    }
    assert!(endpoint.saw_nothing());
}

#[test]
fn an_endpoint_that_hangs_delays_no_other() {
    let scratch = Scratch::new("webhooks-hang");
    let (hangs, works) = (Endpoint::start(&[""]), Endpoint::start(&[TAKEN]));
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    for (name, endpoint) in [("Hangs", &hangs), ("Works", &works)] {
        webhook(&api, name, &endpoint.url);
    }
    let many: Vec<Json> = (0..90).map(|_| json!({"type": "sendWebhook", "webhook": "Hangs"})).collect();
    route(&api, "hangs", &many);
    route(&api, "works", &[json!({"type": "sendWebhook", "webhook": "Works"})]);
    let stuck = send(&server, "hangs", "one@customer.example");
    hangs.next();
    let interaction = send(&server, "works", "two@customer.example");
    works.next();
    delivery(&api, &interaction, "delivered", |one| one["state"] == "delivered");
    let under_way = api.get(&format!("/deliveries?interactionId={stuck}&pageSize=200")).ok();
    let begun = under_way["entities"].as_array().unwrap().iter().filter(|one| one["attempts"] != 0).count();
    assert!((1..=4).contains(&begun), "{begun} attempts at the one that hangs");
}

#[test]
fn a_run_offline_lists_what_would_be_sent() {
    let scratch = Scratch::new("webhooks-offline");
    let folder = scratch.path("flows");
    fs::create_dir_all(&folder).unwrap();
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).unwrap();
    write("orders.yaml", "kind: webhook\nname: Orders\nurl: https://hooks.example.com/in\n");
    write(
        "flow.yaml",
        "name: Router\ntype: email\nnodes:\n  - id: start\n    actions:\n      \
         - { type: sendWebhook, webhook: Orders, payload: { subject: \"${interaction.email.subject}\" } }\n",
    );
    let eml = scratch.path("mail.eml");
    fs::write(&eml, mail("one@customer.example", "Hi", "Hello")).unwrap();
    let run = Command::new(WAYPOST)
        .arg("run")
        .arg("--flows")
        .arg(&folder)
        .args(["--output", "json"])
        .arg(&eml)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&run.stdout);
    let line: Json =
        serde_json::from_str(out.lines().next().unwrap()).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    assert_eq!(
        line["sends"],
        json!([{"kind": "webhook", "webhook": "Orders", "payload": {"subject": "Hi"}}]),
        "{line}"
    );
    write("secret.yaml", "kind: secret\nname: Token\n");
    let refused = Command::new(WAYPOST).arg("validate").arg(&folder).output().unwrap();
    let told = format!("{refused:?}");
    assert!(!refused.status.success() && told.contains("secrets can't be in a folder"), "{told}");
}

/// Whether any file below a folder holds these bytes.
fn holds(folder: &Path, needle: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => holds(&path, needle),
            false => fs::read(&path).unwrap().windows(needle.len()).any(|part| part == needle.as_bytes()),
        }
    })
}

#[test]
fn a_secret_is_readable_nowhere_and_another_key_does_not_start() {
    let scratch = Scratch::new("secrets");
    let mut server = start(&scratch, &[]);
    let api = server.api();
    let set = |value: &str, more: &[&str]| {
        let file = scratch.path("value");
        fs::write(&file, format!("{value}\n")).unwrap();
        let file = file.to_str().unwrap().to_owned();
        let output = server.cli(&[&["secrets", "set", "Crm token", "--file", &file], more].concat());
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(set("h3mlig-first", &["--host", "API.Crm.example"]), "secret Crm token: created\n");
    let first = api.get("/secrets").ok()["entities"][0].clone();
    assert_eq!((&first["hosts"], first.get("value")), (&json!(["api.crm.example"]), None));
    assert_eq!(set("h3mlig-second", &[]), "secret Crm token: value changed\n");
    let second = api.get("/secrets").ok()["entities"][0].clone();
    assert_eq!((&second["id"], &second["hosts"]), (&first["id"], &first["hosts"]));
    assert_ne!(second["dateValueSet"], first["dateValueSet"]);
    let log = api.get("/audit?entityKind=secret").ok().to_string();
    assert!(log.contains("Crm token"), "{log}");
    for value in ["h3mlig-first", "h3mlig-second"] {
        let answers = [log.as_str(), &second.to_string(), &server.log()].map(|text| text.contains(value));
        assert!(answers == [false; 3] && !holds(&scratch.path("data"), value), "{value}");
    }
    // A scope of less than `admin` sees nothing, and a change set takes none.
    let body = json!({"objects": [{"kind": "secret", "put": {"name": "x", "value": "h3mlig"}}]});
    let refused = api.post("/changesets", &body).error(400);
    assert!(!refused.to_string().contains("h3mlig"), "{refused}");
    let made = server.cli(&[
        "clients",
        "create",
        "reader",
        "--scope",
        "routing:write,flow:write,email:write",
        "--output",
        "json",
    ]);
    let client: Json = serde_json::from_slice(&made.stdout).unwrap();
    let reader = Api::of(&server.http, &client);
    assert_eq!(reader.get("/secrets").status, 403);

    let key = scratch.path("data").join("waypost.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    server.stop();
    fs::write(&key, "ab".repeat(32)).unwrap();
    let mut child = Command::new(WAYPOST);
    child.args(["serve", "--data-dir"]).arg(scratch.path("data")).args([
        "--http",
        "127.0.0.1:0",
        "--smtp",
        "127.0.0.1:0",
    ]);
    let refused = child.env("WAYPOST_SMARTHOST", "none").stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(
        refused.status.code() == Some(2) && told.contains("secret `Crm token` is encrypted with the key"),
        "{told}"
    );
}
