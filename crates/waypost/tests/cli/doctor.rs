//! `waypost doctor`, with a DNS server of the test's own.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, UdpSocket};

use serde_json::{Value as Json, json};

use super::harness::scratch::Scratch;
use super::harness::{Server, Start};
use super::{printed, waypost};

const TXT: u16 = 16;
const MX: u16 = 15;

/// A DNS server with some records (RFC 1035 section 4), for as long as the test runs.
fn dns(records: BTreeMap<(String, u16), Vec<u8>>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            socket.send_to(&answer(&buffer[..length], &records), from).unwrap();
        }
    });
    address
}

fn answer(query: &[u8], records: &BTreeMap<(String, u16), Vec<u8>>) -> Vec<u8> {
    let (mut labels, mut at) = (Vec::new(), 12);
    while query[at] > 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
        at = end;
    }
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let question = &query[12..at + 5];
    let found = records.get(&(labels.join("."), kind));
    let mut answer = query[..2].to_vec();
    // An answer; no such name where there is none.
    answer.extend([0x81, if found.is_some() { 0x80 } else { 0x83 }, 0, 1, 0, u8::from(found.is_some()), 0, 0, 0, 0]);
    answer.extend(question);
    if let Some(data) = found {
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    }
    answer
}

fn txt(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(255).flat_map(|part| [&[u8::try_from(part.len()).unwrap()][..], part].concat()).collect()
}

fn mx(host: &str) -> Vec<u8> {
    let labels =
        host.split('.').flat_map(|label| [&[u8::try_from(label.len()).unwrap()][..], label.as_bytes()].concat());
    [0, 10].into_iter().chain(labels).chain([0]).collect()
}

/// Checks of one name, each as its status and what was found.
fn of<'r>(report: &'r Json, check: &str) -> Vec<(&'r str, &'r str)> {
    let checks = report["checks"].as_array().unwrap().iter().filter(|one| one["check"] == check);
    checks.map(|one| (one["status"].as_str().unwrap(), one["found"].as_str().unwrap())).collect()
}

#[test]
fn a_deployment_is_checked() {
    let scratch = Scratch::new("cli-doctor");
    let data = scratch.path("data");
    let server = Server::start(&data, &Start::default());
    server.apply_triage();
    server.api().post("/routing/queues", &json!({"name": "Nobody"})).ok();
    let secret = json!({"name": "unused", "value": "hunter2-never-shown", "hosts": ["api.example.com"]});
    server.api().post("/secrets", &secret).ok();
    server.api().post("/webhooks", &json!({"name": "Plain", "url": "http://crm.example.com/mail"})).ok();
    server.api().post("/webhooks", &json!({"name": "Near", "url": "http://127.0.0.1:9/mail"})).ok();
    let keys = scratch.path("keys");
    let record =
        printed(&waypost(&["dkim", "new", "example.com", "--dir", keys.to_str().unwrap(), "--output", "json"]), 0);
    let record: Json = serde_json::from_str(&record).unwrap();
    let name = record[0]["name"].as_str().unwrap().to_owned();
    let records = BTreeMap::from([
        (("example.com".to_owned(), MX), mx("mx.example.com")),
        (("example.com".to_owned(), TXT), txt("v=spf1 mx -all")),
        ((name, TXT), txt(record[0]["value"].as_str().unwrap())),
    ]);
    let dns = dns(records).to_string();
    let (data, keys) = (data.to_str().unwrap(), keys.to_str().unwrap());
    let arguments =
        ["doctor", "--data-dir", data, "--dns", &dns, "--dkim-keys", keys, "--smarthost", "smtp://relay.example"];
    let ran = server.cli(&[&arguments[..], &["--output", "json"]].concat());
    let text = printed(&ran, 0);
    let report: Json = serde_json::from_str(&text).unwrap();
    let schema: Json = serde_json::from_str(&printed(&waypost(&["schema", "doctor"]), 0)).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        of(&report, "http")[0].1.ends_with(" answers") && of(&report, "smtp")[0].1.contains(" answers: 220 "),
        "{text}"
    );
    assert_eq!(of(&report, "dns"), [("ok", "mail for example.com goes to mx.example.com")]);
    assert_eq!(of(&report, "spf"), [("ok", "example.com: v=spf1 mx -all")]);
    assert_eq!(of(&report, "dmarc"), [("warning", "example.com has no DMARC record")]);
    assert_eq!(of(&report, "dkim")[0].0, "ok", "{text}");
    assert_eq!(of(&report, "clock"), [("ok", "the server's clock agrees with this one")]);
    assert!(of(&report, "queues").contains(&("warning", "nothing leads to the queue `Nobody`")), "{text}");
    assert_eq!(of(&report, "secrets"), [("warning", "no mailbox and no data action uses `unused`")]);
    let plain = "the webhook `Plain` would send mail to `crm.example.com` without TLS";
    assert_eq!(of(&report, "webhooks"), [("warning", plain)]);
    assert_eq!((of(&report, "deliveries")[0].0, of(&report, "ledger")[0].0), ("ok", "ok"), "{text}");

    let shown = printed(&server.cli(&arguments), 0);
    assert!(shown.contains("warning dmarc        example.com has no DMARC record\n"), "{shown}");
}

#[test]
fn what_fails_is_told_with_what_to_do() {
    let scratch = Scratch::new("cli-doctor-fails");
    let data = scratch.path("data");
    let server = Server::start(&data, &Start::default());
    server.apply_triage();
    let (keys, config) = (scratch.path("keys"), scratch.path("waypost.toml"));
    printed(&waypost(&["dkim", "new", "example.com", "--dir", keys.to_str().unwrap()]), 0);
    let dns = dns(BTreeMap::new()).to_string();
    // Settings are those of the server's file.
    let settings = format!(
        "data-dir = '{}'\ndkim-keys = '{}'\ndns = '{dns}'\nsmarthost = 'smtp://relay.example'\ntls-cert = '{}'\ntls-key = '{}'\n",
        data.display(),
        keys.display(),
        config.display(),
        config.display()
    );
    fs::write(&config, settings).unwrap();
    let shown = printed(&waypost(&["doctor", "--config", config.to_str().unwrap()]), 1);
    for line in [
        "FAILED  dkim         waypost._domainkey.example.com is not in DNS",
        "FAILED  tls ",
        "publish what `waypost dkim records",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    drop(server);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let shown = printed(
        &waypost(&[
            "doctor",
            "--data-dir",
            scratch.path("none").to_str().unwrap(),
            "--http",
            &address,
            "--smtp",
            "127.0.0.1:0",
            "--dns",
            &dns,
        ]),
        1,
    );
    assert!(shown.contains(&format!("FAILED  http         {address} is in use")), "{shown}");
}

/// Before a start nobody can ask the server: the files say what it would find.
#[test]
fn files_of_a_stopped_server_are_told() {
    let scratch = Scratch::new("cli-doctor-files");
    let (data, restored) = (scratch.path("data"), scratch.path("restored"));
    let server = Server::start(&data, &Start::default());
    server.apply_triage();
    fs::create_dir_all(&restored).unwrap();
    let backup = restored.join("waypost.db");
    printed(&waypost(&["backup", "--data-dir", data.to_str().unwrap(), backup.to_str().unwrap()]), 0);
    drop(server);
    let dns = dns(BTreeMap::new()).to_string();
    let told = |folder: &std::path::Path| {
        let ran = waypost(&[
            "doctor",
            "--data-dir",
            folder.to_str().unwrap(),
            "--http",
            "127.0.0.1:0",
            "--smtp",
            "127.0.0.1:0",
            "--dns",
            &dns,
            "--output",
            "json",
        ]);
        let report: Json = serde_json::from_slice(&ran.stdout).unwrap();
        of(&report, "data").into_iter().map(|(status, found)| format!("{status}: {found}")).collect::<Vec<_>>()
    };
    assert_eq!(told(&data).len(), 1, "{:?}", told(&data));
    let pending = "waypost.db is a restored backup that no server has opened yet, with 0 pending deliveries";
    assert!(told(&restored).contains(&format!("warning: {pending}")), "{:?}", told(&restored));
    fs::remove_file(data.join("waypost.db")).unwrap();
    let refused = told(&data).pop().unwrap();
    assert!(
        refused.starts_with("failed: the server would not start: the database `waypost.db` is missing"),
        "{refused}"
    );
}

/// A server that runs shows its certificate: nobody need repeat the options that it was started with.
#[test]
fn a_certificate_that_is_in_use_is_not_missed() {
    let scratch = Scratch::new("cli-doctor-tls");
    let dns = dns(BTreeMap::new()).to_string();
    for (name, more) in
        [("https", &["--https", "127.0.0.1:0"][..]), ("starttls", &[]), ("smtps", &["--smtps", "127.0.0.1:0"])]
    {
        let data = scratch.path(name);
        let arguments = [&["--tls-self-signed"], more].concat().into_iter().map(str::to_owned).collect();
        let server = Server::start(&data, &Start { arguments, ..Start::default() });
        let ran = server.cli(&["doctor", "--data-dir", data.to_str().unwrap(), "--dns", &dns, "--output", "json"]);
        let text = printed(&ran, 0);
        let report: Json = serde_json::from_str(&text).unwrap();
        let tls = of(&report, "tls");
        assert!(tls.len() == 3 && tls.iter().all(|(status, _)| *status == "ok"), "{name}: {text}");
        assert_eq!(tls[2].1, "the certificate names localhost");
    }
    let data = scratch.path("plain");
    let server = Server::start(&data, &Start::default());
    let shown = printed(&server.cli(&["doctor", "--data-dir", data.to_str().unwrap(), "--dns", &dns]), 0);
    assert!(shown.contains("warning tls          there is no certificate: no STARTTLS, no HTTPS\n"), "{shown}");
}
