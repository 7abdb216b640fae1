//! Calls of data actions, with the built binary, against services that fail in every way.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use super::harness::http::Api;
use super::harness::nodes::tools;
use super::harness::scratch::Scratch;
use super::harness::service::{Asked, Reply, Service};
use super::harness::smtp::mail;
use super::harness::{Server, Start, rounds, wait_for};
use super::{ALLOWED, start};
use waypost_scratch_postgres::Server as Database;

const SECRET: &str = "s3cret-of-the-crm";

/// Makes a data action that asks the service for what its input says, with a secret.
fn data_action(api: &Api, service: &Service, name: &str, config: &Json) -> Json {
    let mut made = json!({
        "name": name, "integrationType": "custom-rest-actions", "actionType": "custom", "category": "CRM", "secure": false,
        "config": {
            "request": {
                "requestUrlTemplate": format!("http://{}/{}/${{input.what}}", service.address, name),
                "requestType": "POST",
                "headers": { "Authorization": "Bearer ${credentials.CRM}" },
                "requestTemplate": "${input.rawRequest}",
            },
            "response": { "translationMap": { "tier": "$.tier" }, "translationMapDefaults": { "tier": "\"none\"" },
                "successTemplate": "{\"tier\": ${tier}}" },
        },
        "contract": {
            "input": { "inputSchema": { "type": "object", "required": ["what"], "properties": { "what": { "type": "string" } } } },
            "output": { "successSchema": { "type": "object", "properties": { "tier": { "type": "string" } } } },
        },
    });
    for (member, value) in config.as_object().unwrap() {
        made["config"][member] = value.clone();
    }
    api.post("/integrations/actions", &made).ok()
}

fn secret(api: &Api) {
    api.post("/secrets", &json!({"name": "CRM", "value": SECRET, "hosts": ["127.0.0.1"]})).ok();
}

/// A route of this name to a flow that calls the data action of this name with the mail's subject, and notes how that ended.
fn route(api: &Api, name: &str) -> Json {
    let note = |value: &str| json!({"type": "setAttributes", "attributes": {"outcome": value}});
    let queue = json!({"type": "transferToQueue", "queue": "Support"});
    let call = json!({
        "type": "callDataAction", "dataAction": name,
        "inputMapping": [{"name": "what", "value": "${interaction.email.subject}"}],
        "outputMapping": [{"name": "tier", "value": "${output.tier}"}],
        "failureMapping": [{"name": "why", "value": "${output.code + ' ' + string(output.status)}"}],
        "failure": {"to": "failed"}, "timedOut": {"to": "late"},
    });
    let flow = json!({"name": name, "type": "email", "nodes": [
        {"id": "ask", "actions": [call, note("${tier}"), queue], "next": []},
        {"id": "failed", "actions": [note("${'failed: ' + why}"), queue], "next": []},
        {"id": "late", "actions": [note("${'late: ' + why}"), queue]},
    ]});
    let flow = api.post("/flows", &flow).ok();
    let route = json!({"pattern": name, "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    flow
}

fn send(server: &Server, to: &str, id: &str, subject: &str) {
    let raw = mail(&format!("{id}@customer.example"), subject, "Hello");
    let reply = server.smtp().deliver("ana@customer.example", &format!("{to}@desk.example"), &raw).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
}

/// The interaction of a mail once it is decided.
fn decided(api: &Api, id: &str) -> Json {
    wait_for("a decision", || {
        let found = api.interactions_of(&format!("{id}@customer.example"));
        found.into_iter().find(|one| one["state"] == "decided")
    })
}

fn outcome(server: &Server, to: &str, id: &str, subject: &str) -> String {
    send(server, to, id, subject);
    let decided = decided(&server.api(), id);
    decided["attributes"]["outcome"].as_str().unwrap_or_else(|| panic!("{decided}")).to_owned()
}

fn tier(tier: &str) -> Reply {
    Reply::json(&json!({ "tier": tier, "other": true }))
}

#[test]
fn a_flow_goes_on_by_what_comes_of_its_call() {
    let scratch = Scratch::new("calls-outcomes");
    let service = Service::start(|asked: &Asked| match asked.what() {
        "gold" => tier("gold"),
        "none" => Reply::json(&json!({})),
        "number" => Reply::json(&json!({ "tier": 7 })),
        "echo" => Reply::json(&json!({ "tier": asked.header("authorization") })),
        "html" => Reply::Answer("200 OK", "<html>".to_owned()),
        "gone" => Reply::Answer("404 Not Found", "{}".to_owned()),
        "broken" => Reply::Answer("500 Oh", "{}".to_owned()),
        "elsewhere" => Reply::Answer("302 Found\r\nLocation: http://127.0.0.1:1/", String::new()),
        "huge" => Reply::json(&json!({ "tier": "x".repeat(2_000_000) })),
        "closed" => Reply::Close,
        "hangs" => Reply::Nothing,
        "drips" => Reply::Drip,
        other => panic!("{other}"),
    });
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    secret(&api);
    data_action(&api, &service, "crm", &json!({}));
    route(&api, "crm");
    // For what never ends: answers that come are waited for, however long the machine takes.
    data_action(&api, &service, "hasty", &json!({"timeoutSeconds": 1}));
    route(&api, "hasty");
    // Failures of the service stand apart: three in a row and it would be left alone.
    for (number, (what, expected)) in [
        ("gold", "gold"),
        ("broken", "failed: status 500"),
        ("none", "none"),
        ("hangs", "late: timeout 0"),
        ("number", "failed: output 200"),
        ("drips", "late: timeout 0"),
        ("html", "failed: answer 200"),
        ("closed", "failed: unreachable 0"),
        ("gone", "failed: status 404"),
        ("elsewhere", "failed: status 302"),
        ("huge", "failed: answer 200"),
        ("echo", "Bearer [secret]"),
    ]
    .into_iter()
    .enumerate()
    {
        let to = if expected.starts_with("late") { "hasty" } else { "crm" };
        assert_eq!(outcome(&server, to, &format!("mail-{number}"), what), expected, "{what}");
    }
    let seen = service.seen();
    assert!(seen.iter().all(|asked| asked.header("authorization") == format!("Bearer {SECRET}")));
    assert_eq!(seen[0].path, "/crm/gold");
    assert_eq!(serde_json::from_slice::<Json>(&seen[0].body).unwrap(), json!({ "what": "gold" }));
    let keys: BTreeSet<&str> = seen.iter().map(|asked| asked.header("idempotency-key")).collect();
    assert_eq!((keys.len(), seen.len()), (12, 12), "a key and a request for each");
    let trace = |id: &str| {
        let found = decided(&api, id);
        String::from_utf8(api.get(&format!("/interactions/{}/trace", found["id"].as_str().unwrap())).body).unwrap()
    };
    assert!(trace("mail-0").contains(r#""outcome":"success","output":{"tier":"gold"}"#), "{}", trace("mail-0"));
    for text in [server.log(), trace("mail-0"), trace("mail-1"), trace("mail-11")] {
        assert!(!text.contains(SECRET), "{text}");
    }
    let metrics = String::from_utf8(ureq_get(&server, "/metrics")).unwrap();
    for line in [r#"waypost_data_action_calls_total{outcome="success"} 3"#, r#"{outcome="timedOut"} 2"#] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

fn ureq_get(server: &Server, path: &str) -> Vec<u8> {
    ureq::get(format!("http://{}{path}", server.http)).call().unwrap().body_mut().read_to_vec().unwrap()
}

#[test]
fn the_sender_waits_for_no_call_and_others_go_on() {
    let scratch = Scratch::new("calls-wait");
    let free = Arc::new(AtomicBool::new(false));
    let gate = Arc::clone(&free);
    let service = Service::start(move |asked| match asked.what() {
        "waits" => {
            wait_for("the test", || gate.load(Ordering::Relaxed).then_some(()));
            tier("slow")
        }
        _ => tier("quick"),
    });
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    secret(&api);
    for name in ["slow", "quick"] {
        data_action(&api, &service, name, &json!({}));
        route(&api, name);
    }
    // More than there are slots of one data action, and more than runs are under way at a time.
    for number in 0..60 {
        send(&server, "slow", &format!("slow-{number}"), "waits");
    }
    assert_eq!(outcome(&server, "quick", "quick-1", "now"), "quick");
    let running = wait_for("parked runs", || {
        let found = api.get("/interactions?state=running&pageSize=100").ok();
        (found["entities"].as_array().unwrap().len() == 60).then_some(found)
    });
    assert!(running["entities"][0].get("decision").is_none());
    let asked = || service.seen().iter().filter(|asked| asked.what() == "waits").count();
    wait_for("the calls", || (asked() >= 16).then_some(()));
    assert_eq!(asked(), 16, "as many as have room");
    free.store(true, Ordering::Relaxed);
    for number in 0..60 {
        assert_eq!(decided(&api, &format!("slow-{number}"))["attributes"]["outcome"], "slow");
    }
}

#[test]
fn a_failed_try_is_made_again_with_the_same_key_and_a_rerun_has_another() {
    let scratch = Scratch::new("calls-retries");
    let count = AtomicUsize::new(0);
    let service = Service::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Answer("503 Busy\r\nRetry-After: 1", String::new()),
        1 => Reply::Close,
        _ => tier("gold"),
    });
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    secret(&api);
    data_action(&api, &service, "crm", &json!({"retries": 3}));
    route(&api, "crm");
    assert_eq!(outcome(&server, "crm", "one", "gold"), "gold");
    let keys = || service.seen().iter().map(|asked| asked.header("idempotency-key").to_owned()).collect::<Vec<_>>();
    let first = keys();
    assert!(first.len() == 3 && first.iter().all(|key| *key == first[0]), "{first:?}");
    let id = decided(&api, "one")["id"].as_str().unwrap().to_owned();
    assert!(api.post(&format!("/interactions/{id}/rerun"), &json!({})).status < 300);
    wait_for("another run", || (keys().len() == 4).then_some(()));
    assert_ne!(keys()[3], first[0], "another run asks anew");
}

#[test]
fn calls_with_retries_wait_until_a_busy_service_may_be_asked() {
    let scratch = Scratch::new("calls-busy");
    let count = AtomicUsize::new(0);
    let service = Service::start(move |_| match count.fetch_add(1, Ordering::Relaxed) {
        0 => Reply::Answer("429 Busy\r\nRetry-After: 3", String::new()),
        _ => tier("gold"),
    });
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    secret(&api);
    data_action(&api, &service, "crm", &json!({"retries": 1}));
    route(&api, "crm");
    send(&server, "crm", "one", "x");
    wait_for("the first call", || (!service.seen().is_empty()).then_some(()));
    // These come while the service wants to be left alone.
    for id in ["two", "three"] {
        send(&server, "crm", id, "x");
    }
    for id in ["one", "two", "three"] {
        assert_eq!(decided(&api, id)["attributes"]["outcome"], "gold", "{id}");
    }
    assert_eq!(service.seen().len(), 4);
}

#[test]
fn a_service_that_is_away_is_left_alone_and_calls_of_it_fail_immediately() {
    let scratch = Scratch::new("calls-breaker");
    let service = Service::start(|_| Reply::Answer("500 Oh", String::new()));
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    secret(&api);
    data_action(&api, &service, "crm", &json!({}));
    route(&api, "crm");
    let outcomes: Vec<_> = (0..6).map(|number| outcome(&server, "crm", &format!("mail-{number}"), "x")).collect();
    assert_eq!(outcomes[..3], ["failed: status 500", "failed: status 500", "failed: status 500"]);
    assert!(outcomes.contains(&"failed: unavailable 0".to_owned()), "{outcomes:?}");
    assert!(service.seen().len() < 6);
}

#[test]
fn an_answer_is_used_again_as_long_as_the_data_action_says() {
    let scratch = Scratch::new("calls-cache");
    let service = Service::start(|asked| tier(asked.what()));
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    secret(&api);
    data_action(&api, &service, "crm", &json!({"cacheSeconds": 3600}));
    route(&api, "crm");
    for (id, what) in [("one", "gold"), ("two", "gold"), ("three", "basic")] {
        assert_eq!(outcome(&server, "crm", id, what), what);
    }
    assert_eq!(service.seen().len(), 2);
}

#[test]
fn a_private_address_is_not_asked_and_a_secret_goes_to_its_hosts_alone() {
    let scratch = Scratch::new("calls-private");
    let service = Service::start(|_| tier("gold"));
    let server = start(&scratch, &[]);
    let api = server.api();
    secret(&api);
    data_action(&api, &service, "crm", &json!({}));
    route(&api, "crm");
    assert_eq!(outcome(&server, "crm", "one", "gold"), "failed: privateAddress 0");
    assert!(service.seen().is_empty());
    assert!(!server.log().contains(SECRET));
}

/// What a trial says of a call, and that a replay takes the recorded answers.
#[test]
fn neither_a_trial_nor_a_replay_calls_anybody() {
    let scratch = Scratch::new("calls-replay");
    let service = Service::start(|asked| tier(asked.what()));
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    secret(&api);
    data_action(&api, &service, "crm", &json!({}));
    let flow = route(&api, "crm");
    assert_eq!(outcome(&server, "crm", "one", "gold"), "gold");
    let id = flow["id"].as_str().unwrap();
    let tried =
        api.post(&format!("/flows/{id}/try"), &json!({"message": "From: ann@shop.example\r\nSubject: x\r\n\r\nHello"}));
    let tried = tried.ok();
    assert_eq!(tried["decision"]["error"]["code"], "run.not-answered", "{tried}");
    assert_eq!(tried["unanswered"], json!([{"dataAction": "crm", "input": {"what": "x"}}]));
    let replay = api.post("/replays", &json!({"flows": [{"flowId": id, "version": "newest"}]}));
    let replay = replay.json();
    let path = format!("/replays/{}", replay["id"].as_str().unwrap_or_else(|| panic!("{replay}")));
    let done = wait_for("a replay", || Some(api.get(&path).ok()).filter(|replay| replay["state"] == "done"));
    let counts = ["replayed", "same", "unknown"].map(|name| done["report"][name].as_u64().unwrap());
    assert_eq!(counts, [1, 1, 0], "{done}");
    // A draft that asks something else: what would come of it nobody can say.
    let mut other = api.get(&format!("/flows/{id}/latestconfiguration")).ok();
    other["nodes"][0]["actions"][0]["inputMapping"][0]["value"] = json!("other");
    let replay = api.post("/replays", &json!({"flows": [{"flowId": id, "document": other}]})).json();
    let path = format!("/replays/{}", replay["id"].as_str().unwrap_or_else(|| panic!("{replay}")));
    let done = wait_for("a replay", || Some(api.get(&path).ok()).filter(|replay| replay["state"] == "done"));
    assert_eq!(done["report"]["unknown"], 1, "{done}");
    assert_eq!(service.seen().len(), 1);
}

/// Keys by what was asked for: a mail's number.
type Keys = Arc<Mutex<Vec<(String, String)>>>;

/// Kills servers while calls are under way, and checks that each mail has one outcome, and each call one key.
fn outlives(begin: impl Fn(usize) -> Server, count: usize) {
    let keys = Keys::default();
    let told = Arc::clone(&keys);
    let service = Service::start(move |asked| {
        told.lock().unwrap().push((asked.what().to_owned(), asked.header("idempotency-key").to_owned()));
        std::thread::sleep(std::time::Duration::from_millis(60));
        tier(asked.what())
    });
    let mut servers: Vec<Server> = (0..count).map(&begin).collect();
    let api = servers[0].api();
    api.post("/routing/queues", &json!({"name": "Support"})).ok();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    secret(&api);
    data_action(&api, &service, "crm", &json!({"timeoutSeconds": 5}));
    route(&api, "crm");
    let (mut sent, rounds) = (0, rounds(3));
    for round in 0..rounds {
        let killed = round % count;
        for _ in 0..40 {
            send(&servers[sent % count], "crm", &format!("mail-{sent}"), &format!("n{sent}"));
            sent += 1;
        }
        servers[killed].kill();
        servers[killed] = begin(killed);
    }
    let api = servers[0].api();
    for number in 0..sent {
        let found = decided(&api, &format!("mail-{number}"));
        assert_eq!(found["attributes"]["outcome"], format!("n{number}"), "{found}");
        let runs = api.get(&format!("/interactions/{}", found["id"].as_str().unwrap())).ok();
        assert_eq!(runs["runs"].as_array().unwrap().len(), 1, "{runs}");
    }
    let asked: BTreeSet<(String, String)> = keys.lock().unwrap().iter().cloned().collect();
    let names: BTreeSet<&String> = asked.iter().map(|(what, _)| what).collect();
    let different: BTreeSet<&String> = asked.iter().map(|(_, key)| key).collect();
    assert_eq!((asked.len(), names.len(), different.len()), (sent, sent, sent), "one key for each");
    servers.iter_mut().for_each(Server::stop);
}

fn allowed(database: Option<&str>) -> Start {
    let mut start = Start::unlimited();
    start.arguments.extend(ALLOWED.map(str::to_owned));
    start.environment.extend(database.map(|url| ("WAYPOST_DATABASE", url.into())));
    start
}

#[test]
fn calls_outlive_the_server() {
    let scratch = Scratch::new("calls-crash");
    outlives(|_| Server::start(&scratch.path("data"), &allowed(None)), 1);
}

#[test]
fn calls_outlive_any_node() {
    let Some(tools) = tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("calls-nodes");
    let url = database.fresh_database().unwrap();
    outlives(|number| Server::start(&scratch.path(&format!("node{number}")), &allowed(Some(&url))), 2);
}

/// Takes a minute: `cargo test -p waypost --test webhooks ten_thousand -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement: it takes a minute and prints figures"]
#[allow(clippy::print_stdout, reason = "it prints what it measured")]
fn ten_thousand_mails_whose_calls_hang_go_on() {
    const MAILS: usize = 10_000;
    let scratch = Scratch::new("calls-many");
    let service = Service::start(|_| Reply::Nothing);
    let server = start(&scratch, &ALLOWED);
    let api = server.api();
    secret(&api);
    data_action(&api, &service, "crm", &json!({"timeoutSeconds": 20}));
    route(&api, "crm");
    let memory = || {
        let pid = std::fs::read_to_string(server.data_dir.join("listeners.json")).unwrap();
        let pid = serde_json::from_str::<Json>(&pid).unwrap()["pid"].clone();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap().trim().to_owned();
        line.trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
    };
    let (before, begun) = (memory(), std::time::Instant::now());
    std::thread::scope(|scope| {
        for part in 0..8 {
            let server = &server;
            scope.spawn(move || {
                let mut smtp = server.smtp();
                for number in (part..MAILS).step_by(8) {
                    let raw = mail(&format!("many-{number}@customer.example"), &format!("n{number}"), "Hello");
                    assert_eq!(smtp.deliver("ana@customer.example", "crm@desk.example", &raw).unwrap().code, 250);
                }
            });
        }
    });
    println!("{MAILS} mails taken in {:.1} s", begun.elapsed().as_secs_f64());
    println!("memory: {before} MB before, {} MB with them", memory());
    let begun = std::time::Instant::now();
    wait_for("all decisions", || {
        let summary = api.get("/interactions/summary").ok();
        let waiting = |state: &str| summary["byState"][state].as_u64().unwrap_or_default();
        (waiting("received") + waiting("running") == 0).then_some(())
    });
    println!(
        "all decided {:.1} s later, {} MB, {} requests",
        begun.elapsed().as_secs_f64(),
        memory(),
        service.seen().len()
    );
}
