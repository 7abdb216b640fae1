//! What is kept of a person is found, exported and erased by the built binary; afterwards no file has anything of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::http::Api;
use harness::receiver::Receiver;
use harness::scratch::Scratch;
use harness::{Server, Start, wait_for};
use serde_json::{Value as Json, json};
use waypost_scratch_postgres::{Server as Database, Tools};

/// Stands nowhere but in what one person wrote.
const MARK: &str = "zqxmarkvw7";
const PERSON: &str = "zqxmarkvw7@Customer.example";
const ATTACHED: &str = "attached by zqxmarkvw7 and nobody else at all";

fn marks() -> Vec<Vec<u8>> {
    let encoded = STANDARD.encode(ATTACHED);
    [MARK.to_owned(), MARK.to_uppercase(), encoded.trim_end_matches('=').to_owned()].map(String::into_bytes).to_vec()
}

fn holds(bytes: &[u8]) -> bool {
    marks().iter().any(|mark| bytes.windows(mark.len()).any(|window| window == mark))
}

/// Files below a folder that hold something of the person.
fn holding(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path));
        } else if fs::read(&path).is_ok_and(|bytes| holds(&bytes)) {
            found.push(path);
        }
    }
    found
}

fn raw(from: &str, name: &str, id: &str, words: &str) -> String {
    format!(
        "X-Spam-Status: No, {words}\r\n\
         From: {name} <{from}>\r\nTo: help@desk.example\r\nSubject: subject {words}\r\nMessage-ID: <{id}>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nbody {words}\r\n\
         --b\r\nContent-Type: application/octet-stream; name=\"{words}.bin\"\r\nContent-Disposition: attachment; filename=\"{words}.bin\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--b--\r\n",
        if words.contains(MARK) { STANDARD.encode(ATTACHED) } else { STANDARD.encode("another") }
    )
}

fn send(server: &Server, envelope: &str, from: &str, id: &str, words: &str) {
    let reply = server.smtp().deliver(envelope, "help@desk.example", &raw(from, words, id, words)).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
}

fn flow(priority: u32) -> Json {
    json!({"name": "Help", "type": "email", "nodes": [
        {"id": "look", "next": [], "actions": [
            {"type": "lookupTable", "table": "Customers", "key": "${interaction.email.from.address}", "notFound": {"to": "answer"}},
        ]},
        {"id": "answer", "actions": [
            {"type": "log", "message": "${interaction.email.subject}"},
            {"type": "log", "message": "after ${interaction.previous.attributes.who}"},
            {"type": "setAttributes", "attributes": {
                "who": "${interaction.email.from.address}",
                "before": "${interaction.previous.attributes.who}",
            }},
            {"type": "sendReply", "text": "We have: ${interaction.email.subject}"},
            {"type": "transferToQueue", "queue": "Support", "priority": priority},
        ]},
    ]})
}

fn ok(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn summary(api: &Api) -> Json {
    let mut summary = api.get("/interactions/summary").ok();
    summary.as_object_mut().unwrap().remove("oldestUndecidedAt");
    summary
}

fn of(api: &Api, from: &str) -> Vec<Json> {
    let found = api.get(&format!("/interactions?from={from}&pageSize=100")).ok();
    found["entities"].as_array().unwrap().clone()
}

/// Claims all that waits, answers it as an agent, and completes it.
fn work(api: &Api) {
    let queues = api.get("/routing/queues?pageSize=100").ok();
    let queue = queues["entities"].as_array().unwrap().iter().find(|queue| queue["name"] == "Support").unwrap();
    let queue = format!("/routing/queues/{}", queue["id"].as_str().unwrap());
    let leases = api.post(&format!("{queue}/claims"), &json!({"max": 50, "leaseSeconds": 60})).ok();
    for lease in leases["entities"].as_array().unwrap() {
        let (token, id) = (lease["token"].as_str().unwrap(), lease["interaction"]["id"].as_str().unwrap());
        let words = lease["interaction"]["subject"].as_str().unwrap_or_default();
        let reply = json!({"token": token, "text": format!("an agent about {words}")});
        api.post(&format!("/interactions/{id}/reply"), &reply).ok();
        assert!(api.post(&format!("{queue}/claims/{token}/ack"), &json!({})).status < 300);
    }
}

fn all_delivered(api: &Api) {
    wait_for("all deliveries", || api.all("/deliveries").iter().all(|one| one["state"] != "pending").then_some(()));
}

/// Somebody else goes on in the person's thread: their interaction copies what it was about.
fn a_colleague_answers(server: &Server, receiver: &Receiver) {
    let ours = wait_for("our answer", || {
        receiver
            .arrived()
            .into_iter()
            .find(|mail| mail.to.eq_ignore_ascii_case(PERSON))
            .map(|mail| mail.id().to_owned())
    });
    let carol = "carol@customer.example";
    let answer = raw(carol, "colleague", "1.carol@customer.example", "colleague");
    let answer = answer.replacen("MIME-Version", &format!("References: <{ours}>\r\nMIME-Version"), 1);
    assert!(!holds(answer.as_bytes()));
    assert_eq!(server.smtp().deliver(carol, "help@desk.example", &answer).unwrap().code, 250);
    let api = server.api();
    let found = wait_for("its decision", || Some(of(&api, carol)).filter(|found| found[0]["decision"].is_object()));
    assert_eq!(found[0]["thread"]["reason"], "marker", "{found:#?}");
    assert!(holds(found[0]["attributes"]["before"].to_string().as_bytes()), "{found:#?}");
    let trace = api.get(&format!("/interactions/{}/trace", found[0]["id"].as_str().unwrap())).ok();
    assert!(holds(trace.to_string().as_bytes()), "{trace:#}");
}

/// Mail of a person and of another, with everything that comes of mail.
fn lived_in(server: &Server, receiver: &Receiver) {
    let api = server.api();
    api.post("/routing/queues", &json!({"name": "Support"})).ok();
    let column = json!({"type": "string"});
    let schema = json!({"type": "object", "required": ["key"], "properties": {"key": column}});
    api.post("/flows/datatables", &json!({"name": "Customers", "schema": schema})).ok();
    let flow_id = api.post("/flows", &flow(0)).ok()["id"].as_str().unwrap().to_owned();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let route = json!({"pattern": "help", "flow": {"id": flow_id}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    for number in 0..3 {
        send(server, PERSON, PERSON, &format!("{number}.{MARK}@customer.example"), &format!("{MARK} {number}"));
        send(
            server,
            "bob@customer.example",
            "bob@customer.example",
            &format!("{number}.bob@customer.example"),
            "other",
        );
    }
    send(server, PERSON, PERSON, &format!("0.{MARK}@customer.example"), &format!("{MARK} 0"));
    // By a list: the envelope does not name who wrote it.
    send(server, "bounces@list.example", PERSON, &format!("list.{MARK}@customer.example"), MARK);
    let headers = [("Content-Type", "message/rfc822"), ("Idempotency-Key", "key-of-zqxmarkvw7")];
    let body = raw(PERSON, MARK, &format!("http.{MARK}@customer.example"), MARK);
    let path = format!("/interactions?to=help@desk.example&from={PERSON}");
    assert!(api.send("POST", &path, &headers, body.as_bytes()).status < 300);
    let decided = |one: &Json| one["decision"].is_object();
    wait_for("all decisions", || api.all_interactions().iter().all(decided).then_some(()));
    a_colleague_answers(server, receiver);
    let first = of(&api, PERSON).last().unwrap()["id"].as_str().unwrap().to_owned();
    let told = api.get(&format!("/interactions/{first}")).ok();
    assert!(holds(told["scan"]["reason"].to_string().as_bytes()), "{told:#}");
    assert!(api.post(&format!("/interactions/{first}/rerun"), &json!({})).status < 300);
    wait_for("the rerun", || {
        (api.get(&format!("/interactions/{first}")).ok()["runs"].as_array()?.len() == 2).then_some(())
    });
    wait_for("its end", || (api.get(&format!("/interactions/{first}")).ok()["state"] == "decided").then_some(()));
    api.put(&format!("/flows/{flow_id}?draft=true"), &flow(7)).ok();
    let replay = api.post("/replays", &json!({"flows": [{"flowId": flow_id, "version": "newest"}]})).json();
    let path = format!("/replays/{}", replay["id"].as_str().unwrap_or_else(|| panic!("{replay:#}")));
    let done = wait_for("the report", || Some(api.get(&path).ok()).filter(|now| now["state"] == "done"));
    assert!(done["changes"].as_array().is_some_and(|all| all.len() >= 5), "{done:#}");
    let unfinished = server.cli(&["correspondents", "erase", PERSON, "--yes"]);
    assert_eq!(unfinished.status.code(), Some(1), "work waits");
    assert!(String::from_utf8_lossy(&unfinished.stderr).contains("5 interactions are unfinished"), "{unfinished:?}");
    work(&api);
    all_delivered(&api);
}

/// Finds, exports and erases; what anybody can ask a server for afterwards has nothing of the person, and all sums are as they were.
fn erased(server: &Server, scratch: &Scratch, name: &str) {
    let api = server.api();
    let found = ok(&server.cli(&["correspondents", "find", &PERSON.to_uppercase()]));
    assert_eq!(found.lines().filter(|line| line.contains("sender")).count(), 5, "{found}");
    let out = scratch.path(&format!("{name}-export"));
    ok(&server.cli(&["correspondents", "export", PERSON, "--out", out.to_str().unwrap()]));
    let first = of(&api, PERSON)[0]["id"].as_str().unwrap().to_owned();
    let exported = |file: &str| fs::read(out.join(&first).join(file)).unwrap();
    for file in ["message.eml", "interaction.json", "trace.json", "deliveries.json"] {
        assert!(holds(&exported(file)), "{file}");
    }
    let (before, bob) = (summary(&api), of(&api, "bob@customer.example"));
    let traces = |ones: &[Json]| -> Vec<Json> {
        let path = |one: &Json| format!("/interactions/{}/trace", one["id"].as_str().unwrap());
        ones.iter().map(|one| api.get(&path(one)).ok()).collect()
    };
    let traced = traces(&bob);
    let said = ok(&server.cli(&["correspondents", "erase", PERSON, "--yes", "--compact"]));
    assert!(said.starts_with("erased: 5 interactions"), "{said}");
    assert_eq!(summary(&api), before, "the sums hold");
    assert_eq!((of(&api, "bob@customer.example"), traces(&bob)), (bob, traced), "another's mail is as it was");
    ok(&server.cli(&["ledger"]));
    for path in ["/interactions", "/deliveries", "/audit"] {
        let all = serde_json::to_string(&api.all(path)).unwrap();
        assert!(!holds(all.as_bytes()), "{path}: {all}");
    }
    assert!(
        api.all("/audit").iter().any(|entry| entry["action"] == "erased" && entry["entityKind"] == "correspondent")
    );
    assert_eq!(
        ok(&server.cli(&["correspondents", "find", PERSON])).lines().filter(|line| line.contains("sender")).count(),
        0
    );
    // Asked again, there is nothing to do.
    assert!(
        ok(&server.cli(&["correspondents", "erase", PERSON, "--yes", "--compact"]))
            .starts_with("erased: 0 interactions")
    );
    assert!(!holds(server.log().as_bytes()), "{}", server.log());
}

fn smarthost(receiver: &Receiver) -> Start {
    let environment = vec![
        ("WAYPOST_SMARTHOST", format!("smtp://{}", receiver.address).into()),
        // What a filter noted is kept with each mail.
        ("WAYPOST_TRUSTED_RELAY", "127.0.0.1".into()),
        ("WAYPOST_SCAN_HEADER", "X-Spam-Status".into()),
    ];
    Start { environment, ..Start::unlimited() }
}

#[test]
fn sqlite_its_log_and_its_backups_hold_nothing_of_a_person_who_was_erased() {
    let (scratch, receiver) = (Scratch::new("erasure"), Receiver::start());
    let data = scratch.path("data");
    let mut server = Server::start(&data, &smarthost(&receiver));
    lived_in(&server, &receiver);
    assert!(!holding(&data).is_empty(), "the search finds what is there");
    erased(&server, &scratch, "sqlite");
    assert_eq!(holding(&data), Vec::<PathBuf>::new());
    let backup = scratch.path("backup.db");
    ok(&server.cli(&["backup", "--data-dir", data.to_str().unwrap(), backup.to_str().unwrap()]));
    assert!(!holds(&fs::read(&backup).unwrap()));
    server.stop();
    assert_eq!(holding(&data), Vec::<PathBuf>::new());
    ok(&server.cli(&["check", "--data-dir", data.to_str().unwrap()]));
}

#[test]
fn postgresql_and_its_dumps_hold_nothing_of_a_person_who_was_erased() {
    let Some(tools) = waypost_test_needs::tool(Tools::find()) else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let (scratch, receiver) = (Scratch::new("erasure-postgres"), Receiver::start());
    let url = database.fresh_database().unwrap();
    let mut start = smarthost(&receiver);
    start.environment.push(("WAYPOST_DATABASE", url.clone().into()));
    let server = Server::start(&scratch.path("data"), &start);
    lived_in(&server, &receiver);
    // Samples of columns are kept apart from tables.
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    database.sql(name, "ANALYZE").unwrap();
    database.sql(name, "CHECKPOINT").unwrap();
    let tables = database.data().join("base");
    assert!(!holding(&tables).is_empty(), "the search finds what is there");
    erased(&server, &scratch, "postgres");
    let dump = Command::new(tools.program("pg_dump")).args(["--format=plain", &url]).output().unwrap();
    assert!(dump.status.success() && !holds(&dump.stdout));
    database.sql(name, "CHECKPOINT").unwrap();
    assert_eq!(holding(&tables), Vec::<PathBuf>::new());
    assert_eq!(holding(&scratch.path("data")), Vec::<PathBuf>::new());
}

/// A reply's interaction has the attributes of the mail before it, until that one's content is erased.
fn a_copy_goes_with_the_original(server: &Server) {
    let api = server.api();
    let note = json!({"type": "setAttributes", "attributes": {"cardNumber": "card of ${interaction.email.from.name}"}});
    let wait = json!({"type": "transferToQueue", "queue": "Support"});
    let go_on = json!({"name": "Wait", "type": "email", "nodes": [
        {"id": "look", "actions": [], "next": [{"when": "${has(interaction.previous.id)}", "to": "wait"}, {"to": "note"}]},
        {"id": "note", "actions": [note], "next": [{"to": "wait"}]},
        {"id": "wait", "actions": [wait]},
    ]});
    api.post("/routing/queues", &json!({"name": "Support"})).ok();
    let flow = api.post("/flows", &go_on).ok();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let route = json!({"pattern": "help", "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    let (ann, others) = ("ann@customer.example", "bob@customer.example");
    let decided = |from: &str, number: usize| {
        wait_for("a decision", || {
            let found = of(&api, from);
            (found.len() == number && found[0]["decision"].is_object())
                .then(|| found[0]["id"].as_str().unwrap().to_owned())
        })
    };
    let card = |from: &str| format!("card of {}", from.split('@').next().unwrap());
    let mut copied = Vec::new();
    for (from, first, second) in
        [(ann, "1.ann@x.example", "2.ann@x.example"), (others, "1.bob@x.example", "2.bob@x.example")]
    {
        send(server, from, from, first, from.split('@').next().unwrap());
        let earlier = decided(from, 1);
        let reply = raw(from, "again", second, "again");
        let reply = reply.replacen("MIME-Version", &format!("In-Reply-To: <{first}>\r\nMIME-Version"), 1);
        assert_eq!(server.smtp().deliver(from, "help@desk.example", &reply).unwrap().code, 250);
        copied.push((from, earlier, decided(from, 2)));
    }
    let previous = |id: &str| api.get(&format!("/interactions/{id}")).ok()["thread"]["previous"].clone();
    for (from, earlier, later) in &copied {
        let shown = previous(later);
        let card = json!(card(from));
        assert_eq!((&shown["id"], &shown["attributes"]["cardNumber"]), (&json!(earlier), &card));
    }
    assert!(api.delete(&format!("/interactions/{}/content", copied[0].1)).status < 300);
    assert_eq!(previous(&copied[0].2)["attributes"].get("cardNumber"), None);
    assert_eq!(previous(&copied[1].2)["attributes"]["cardNumber"], "card of bob", "another thread keeps it");
}

#[test]
fn a_copy_of_attributes_goes_with_the_content_that_it_is_of() {
    let scratch = Scratch::new("erasure-copies");
    let data = scratch.path("data");
    let mut server = Server::start(&data, &Start::unlimited());
    a_copy_goes_with_the_original(&server);
    server.stop();
    // Not only out of sight.
    let kept = fs::read(data.join("waypost.db")).unwrap();
    let holds = |card: &str| kept.windows(card.len()).any(|window| window == card.as_bytes());
    assert_eq!((holds("card of ann"), holds("card of bob")), (false, true));
    let Some(tools) = waypost_test_needs::tool(Tools::find()) else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let url = database.fresh_database().unwrap();
    let mut start = Start::unlimited();
    start.environment.push(("WAYPOST_DATABASE", url.clone().into()));
    a_copy_goes_with_the_original(&Server::start(&scratch.path("postgres"), &start));
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    let left = "DO $$ BEGIN ASSERT (SELECT count(*) FROM interactions WHERE thread LIKE '%card of%') = 1; END $$";
    database.sql(name, left).unwrap();
}

#[test]
fn an_erasure_that_was_cut_short_by_a_kill_is_completed() {
    let scratch = Scratch::new("erasure-killed");
    let data = scratch.path("data");
    let mut server = Server::start(&data, &Start::unlimited());
    let api = server.api();
    let leave = json!({"name": "Leave", "type": "email", "nodes": [{"id": "a", "actions": [{"type": "disconnect"}]}]});
    let flow = api.post("/flows", &leave).ok();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let route = json!({"pattern": "help", "flow": {"id": flow["id"]}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    let mut smtp = server.smtp();
    for number in 0..400 {
        let id = format!("{number}.{MARK}@customer.example");
        assert_eq!(smtp.deliver(PERSON, "help@desk.example", &raw(PERSON, MARK, &id, MARK)).unwrap().code, 250);
    }
    let started = api.post("/correspondents/erase", &json!({"address": PERSON, "compact": true}));
    assert_eq!(started.status, 202);
    let path = format!("/erasures/{}", started.json()["id"].as_str().unwrap());
    wait_for("some progress", || (api.get(&path).ok()["interactions"].as_u64()? > 0).then_some(()));
    server.kill();

    let server = Server::start(&data, &Start::unlimited());
    let api = server.api();
    let done = wait_for("the end", || Some(api.get(&path).ok()).filter(|now| now["state"] == "done"));
    assert_eq!((&done["interactions"], &done["left"]), (&json!(400), &json!(0)));
    assert_eq!(summary(&api)["interactions"], json!(400));
    assert_eq!(holding(&data), Vec::<PathBuf>::new());
}
