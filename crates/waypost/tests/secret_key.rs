//! The key that secrets are encrypted with: whose it is, and what happens when it is lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::path::Path;

use harness::http::Api;
use harness::scratch::Scratch;
use harness::{Server, Start, doctor, nodes};
use serde_json::{Value as Json, json};
use waypost_scratch_postgres::Server as Database;

/// Starts a server that must refuse, and answers what it says.
fn refused(data: &Path, arguments: &[&str]) -> String {
    doctor::refused(data, arguments, &[])
}

fn start(data: &Path, arguments: &[&str]) -> Server {
    let mut start = Start::unlimited();
    start.arguments.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    Server::start(data, &start)
}

fn one(api: &Api, path: &str) -> Json {
    api.get(path).ok()["entities"][0].clone()
}

#[test]
fn another_key_is_refused_once_something_is_encrypted() {
    let scratch = Scratch::new("key-other");
    let data = scratch.path("data");
    let key = data.join("waypost.key");
    start(&data, &[]).stop();
    // As after a restore of the database alone: nothing needs the first key.
    fs::remove_file(&key).unwrap();
    start(&data, &[]).stop();
    let second = fs::read_to_string(&key).unwrap();
    fs::write(&key, "ab".repeat(32)).unwrap();
    let mut server = start(&data, &[]);
    server.api().post("/webhooks", &json!({"name": "Hook", "url": "https://hooks.example.com/"})).ok();
    server.stop();
    fs::write(&key, second).unwrap();
    let told = refused(&data, &[]);
    assert!(told.contains("the secret of webhook `Hook` is encrypted with the key"), "{told}");
    fs::write(&key, "ab".repeat(32)).unwrap();
    start(&data, &[]).stop();
}

#[test]
fn a_second_node_without_the_key_encrypts_nothing_and_is_refused_once_something_is() {
    let Some(tools) = nodes::tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("key-nodes");
    let url = database.fresh_database().unwrap();
    let mut first = nodes::node(&scratch, "first", &url);
    let data = scratch.path("second");
    let mut second = start(&data, &["--database", &url]);
    let hook = json!({"name": "Hook", "url": "https://hooks.example.com/"});
    let told = second.api().post("/webhooks", &hook).error(500).to_string();
    assert!(told.contains("secrets.unavailable"), "{told}");
    first.api().post("/webhooks", &hook).ok();
    second.stop();
    let told = refused(&data, &["--database", &url]);
    assert!(told.contains("the secret of webhook `Hook` is encrypted with the key"), "{told}");
    fs::remove_file(data.join("waypost.key")).unwrap();
    let told = refused(&data, &["--database", &url]);
    assert!(told.contains("is missing: the secrets of this database"), "{told}");
    assert!(!data.join("waypost.key").exists(), "it makes none");
    // The node that was there first goes on, and so does one with its key.
    nodes::node(&scratch, "third", &url).stop();
    first.stop();
}

#[test]
fn a_user_of_the_database_without_the_rights_that_a_server_needs_is_told_before() {
    let Some(tools) = nodes::tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("key-rights");
    let (data, url) = (scratch.path("data"), database.fresh_database().unwrap());
    database.sql("scratch0", "CREATE ROLE guest LOGIN").unwrap();
    let guest = format!("postgres://guest@{}", url.split_once('@').unwrap().1);
    let lacks = "`guest` may not create tables: GRANT CREATE ON SCHEMA \"public\" TO \"guest\"";
    let told = refused(&data, &["--database", &guest]);
    assert!(told.contains(lacks), "{told}");
    start(&scratch.path("owner"), &["--database", &url]).stop();
    database.sql("scratch0", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest").unwrap();
    let told = refused(&data, &["--database", &guest]);
    assert!(told.contains(lacks), "{told}");
    database.sql("scratch0", "GRANT CREATE ON SCHEMA public TO guest").unwrap();
    let told = refused(&data, &["--database", &guest]);
    assert!(told.contains("`guest` may not write to its tables"), "{told}");
}

/// Nothing was encrypted with the key that is lost: giving it up takes nothing away.
#[test]
fn a_key_lost_before_anything_was_encrypted_is_given_up_by_its_id() {
    let Some(tools) = nodes::tools() else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("key-unused");
    let url = database.fresh_database().unwrap();
    let data = scratch.path("node");
    let hook = json!({"name": "Hook", "url": "https://hooks.example.com/"});
    start(&data, &["--database", &url]).stop();
    fs::remove_file(data.join("waypost.key")).unwrap();
    let mut server = start(&data, &["--database", &url]);
    assert_eq!(server.api().post("/webhooks", &hook).status, 500);
    let log = server.log();
    let lost = log.split("--forget-sealed ").nth(1).unwrap()[..16].to_owned();
    server.stop();
    let mut server = start(&data, &["--database", &url, "--forget-sealed", &lost]);
    server.api().post("/webhooks", &hook).ok();
    server.stop();
    start(&data, &["--database", &url]).stop();
}

#[test]
fn a_lost_key_is_given_up_by_its_id() {
    let scratch = Scratch::new("key-lost");
    let data = scratch.path("data");
    let mut server = start(&data, &[]);
    let api = server.api();
    let token = json!({"name": "Token", "hosts": ["api.example.com"], "value": "h3mlig"});
    let secret = api.post("/secrets", &token).ok();
    let hook = api.post("/webhooks", &json!({"name": "Hook", "url": "https://hooks.example.com/"})).ok();
    let rotate = format!("/webhooks/{}/rotate-secret", hook["id"].as_str().unwrap());
    api.post(&rotate, &json!({})).ok();
    server.stop();
    let key = data.join("waypost.key");
    fs::remove_file(&key).unwrap();
    let told = refused(&data, &[]);
    assert!(told.contains("is missing") && !key.exists(), "{told}");
    let lost = told.split("--forget-sealed ").nth(1).unwrap()[..16].to_owned();
    let told = refused(&data, &["--forget-sealed", "0123456789abcdef"]);
    assert!(told.contains(&lost) && !key.exists(), "{told}");

    let mut server = start(&data, &["--forget-sealed", &lost]);
    let api = server.api();
    let forgotten = one(&api, "/webhooks");
    assert_eq!((&forgotten["state"], forgotten.get("previousSecretUntil")), (&json!("disabled"), None));
    let forgotten = one(&api, "/secrets");
    assert_eq!((&forgotten["id"], forgotten.get("dateValueSet")), (&secret["id"], None));
    let path = format!("/secrets/{}", secret["id"].as_str().unwrap());
    let same = json!({"name": "Token", "hosts": ["api.example.com"]});
    let wanted = api.put(&path, &same).error(400).to_string();
    assert!(wanted.contains("forgotten with its key"), "{wanted}");
    api.put(&path, &token).ok();
    api.post(&rotate, &json!({})).ok();
    server.stop();
    // Left in a script it does nothing.
    let mut server = start(&data, &["--forget-sealed", &lost]);
    assert!(one(&server.api(), "/secrets")["dateValueSet"].is_string());
    server.stop();
    start(&data, &[]).stop();
}

#[test]
fn a_value_stays_with_its_hosts_and_is_in_no_set_or_answer() {
    let scratch = Scratch::new("key-hosts");
    let server = start(&scratch.path("data"), &[]);
    let api = server.api();
    let two = json!({"name": "Token", "hosts": ["a.example", "b.example"], "value": "h3mlig"});
    let path = format!("/secrets/{}", api.post("/secrets", &two).ok()["id"].as_str().unwrap());
    let wanted = api.put(&path, &json!({"name": "Token", "hosts": ["a.example", "c.example"]})).error(400);
    assert!(wanted.to_string().contains("c.example"), "{wanted}");
    api.put(&path, &json!({"name": "Token", "hosts": ["b.example"]})).ok();
    api.put(&path, &json!({"name": "Token", "hosts": ["c.example"], "value": "h3mlig"})).ok();
    for host in ["*.example.com", "api.example.com."] {
        let told = api.post("/secrets", &json!({"name": "Other", "hosts": [host], "value": "x"})).error(400);
        assert!(told.to_string().contains("suggestion"), "{told}");
    }
    let told = api.post("/secrets", &json!({"name": "Other", "hosts": ["a.example"], "value": 8_812_345})).error(400);
    assert!(!told.to_string().contains("8812345"), "{told}");

    let put = json!({"name": "Hook", "url": "https://hooks.example.com/", "secret": 8_812_345});
    let told = api.post("/changesets", &json!({"objects": [{"kind": "webhook", "put": put}]})).error(400).to_string();
    assert!(told.contains("objects[0].put.secret") && !told.contains("8812345"), "{told}");
    let hook = api.post("/webhooks", &json!({"name": "Hook", "url": "https://hooks.example.com/"})).ok();
    let path = format!("/webhooks/{}", hook["id"].as_str().unwrap());
    let url = "https://hooks.example.com/new";
    let told = api.put(&path, &json!({"name": "Hook", "url": url, "secret": hook["secret"]})).error(400);
    assert!(!told.to_string().contains("whsec_"), "{told}");
    assert_eq!(api.put(&path, &json!({"name": "Hook", "url": url})).ok()["url"], url);
}
