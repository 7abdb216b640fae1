//! Mail taken from mailboxes by IMAP, with the built binary: a real Dovecot, and servers that do what it won't.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "modules of one test")]

#[path = "mailboxes/dovecot.rs"]
mod dovecot;
mod harness;

use std::fs;

use dovecot::{Dovecot, PASSWORD, Program};
use harness::http::Api;
use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{Server, Start, nodes, wait_for};
use serde_json::{Value as Json, json};
use waypost_scratch_postgres::Server as Database;

/// A server that may reach this machine, and looks into folders often.
fn started(scratch: &Scratch, name: &str, dovecot: &Dovecot, database: Option<&str>) -> Server {
    let mut start = Start::unlimited();
    start.arguments.extend(["--allow-private-targets", "127.0.0.0/8"].map(str::to_owned));
    start.environment.push(("WAYPOST_MAILBOX_POLL", "1s".into()));
    start.environment.push(("SSL_CERT_FILE", dovecot.certificate().into()));
    start.environment.extend(database.map(|url| ("WAYPOST_DATABASE", url.into())));
    Server::start(&scratch.path(name), &start)
}

/// What a mailbox needs around it.
fn prepared(api: &Api) {
    api.post("/routing/queues", &json!({"name": "Support"})).ok();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let route = json!({"pattern": "help", "queue": {"name": "Support"}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    api.post("/secrets", &json!({"name": "Desk", "value": PASSWORD, "hosts": ["localhost", "127.0.0.1"]})).ok();
}

/// A mailbox of that name at Dovecot's port without TLS, with these members besides or instead.
fn mailbox(dovecot: &Dovecot, members: &Json) -> Json {
    let mut body = json!({"name": "Desk", "host": "127.0.0.1", "port": dovecot.plain, "tls": "none", "user": "desk",
        "auth": {"secret": "Desk"}, "route": "help@desk.example"});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Creates a mailbox, and waits until it was looked into.
fn watched(api: &Api, body: &Json) -> String {
    let id = api.post("/mailboxes", body).ok()["id"].as_str().unwrap().to_owned();
    wait_for_status(api, &id, "ok");
    id
}

fn wait_for_status(api: &Api, id: &str, status: &str) -> Json {
    let mut last = Json::Null;
    wait_for(&format!("status {status}"), || {
        last = api.get(&format!("/mailboxes/{id}")).ok();
        (last["health"]["status"] == status).then_some(())
    });
    last
}

/// Subjects of all interactions, in order.
fn subjects(api: &Api) -> Vec<String> {
    let all = api.get("/interactions?pageSize=500").ok();
    let mut subjects: Vec<String> =
        all["entities"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect();
    subjects.sort();
    subjects
}

fn wait_for_subjects(api: &Api, expected: &[&str]) {
    wait_for(&format!("{expected:?}"), || {
        let found = subjects(api);
        assert!(found.len() <= expected.len(), "{found:?} instead of {expected:?}");
        (found == expected).then_some(())
    });
}

fn letter(subject: &str) -> Vec<u8> {
    mail(&format!("{subject}@customer.example"), subject, "Where is my order?")
}

/// The stores that a test runs on: SQLite, and PostgreSQL where it is installed.
fn on_each_store(test: impl Fn(&str, Option<&str>)) {
    test("sqlite", None);
    if let Some(tools) = nodes::tools() {
        let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
        test("postgres", Some(&database.fresh_database().unwrap()));
    }
}

#[test]
fn what_arrives_is_taken_once_and_marked_and_the_archive_is_not_answered() {
    let Some(program) = Program::find() else { return };
    on_each_store(|store, database| {
        let scratch = Scratch::new(&format!("mailboxes-{store}"));
        let dovecot = Dovecot::start(program);
        let mut person = dovecot.person();
        person.put("INBOX", &letter("archived"));
        let mut server = started(&scratch, "data", &dovecot, database);
        let api = server.api();
        prepared(&api);
        let id = watched(&api, &mailbox(&dovecot, &json!({})));
        person.put("INBOX", &letter("first"));
        wait_for_subjects(&api, &["first"]);
        let found = api.get("/interactions").ok()["entities"][0].clone();
        let envelope = &found["envelope"];
        assert_eq!(envelope["to"], "help@desk.example", "{found}");
        assert_eq!(found["decision"]["queue"]["name"], "Support", "{found}");
        wait_for("the flag", || (person.count("INBOX", "SEEN") == 1).then_some(()));
        assert_eq!(person.count("INBOX", "UNSEEN SUBJECT archived"), 1);
        let shown = api.get(&format!("/mailboxes/{id}")).ok();
        assert!(shown["health"]["lastMailAt"].is_string() && shown["health"]["lastError"].is_null(), "{shown}");
        assert!(!shown.to_string().contains("ss\\\\word"), "{shown}");

        // Nobody marks what arrives while the server is away, and nothing is taken twice.
        person.ask("SELECT INBOX");
        person.ask("STORE 1:* -FLAGS (\\Seen)");
        server.kill();
        person.put("INBOX", &letter("second"));
        let server = started(&scratch, "data", &dovecot, database);
        let api = server.api();
        wait_for_subjects(&api, &["first", "second"]);
        person.put("INBOX", &letter("third"));
        wait_for_subjects(&api, &["first", "second", "third"]);
        let sums = api.get("/interactions/summary").ok();
        assert_eq!((&sums["accepted"], &sums["duplicates"]), (&json!(3), &json!(0)), "{sums}");
        assert!(!server.log().contains("ss\\word") && !dovecot.log().contains("Panic"));
        let metrics = String::from_utf8(api.send("GET", "/../../metrics", &[], b"").body).unwrap();
        let _ = metrics;
        let _ = fs::metadata(scratch.path("data"));
    });
}
