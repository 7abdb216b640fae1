//! Who sent a mail and what a scanner says of it, end to end: SMTP, DNS and a scanner on loopback, a flow that routes by what was found, and a
//! rerun and a replay that see the record although DNS is gone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;
#[path = "../../authentication/tests/zone/mod.rs"]
mod zone;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

use harness::scratch::Scratch;
use harness::{Server, Start, wait_for};
use serde_json::{Value as Json, json};
use tokio::runtime::Runtime;
use zone::Zone;

const FLOW: &str = "\
name: By sender
type: email
nodes:
  - id: look
    actions:
      - { type: setAttributes, attributes: { scan: '${interaction.email.scan.result}', spf: '${interaction.email.auth.spf.result}' } }
    next:
      - { when: \"${interaction.email.scan.result in ['spam', 'infected']}\", to: spam }
      - { when: \"${interaction.email.auth.dmarc.result == 'pass'}\", to: proved }
      - { when: \"${interaction.email.auth.dmarc.result == 'fail'}\", to: forged }
      - { to: unknown }
  - { id: spam, actions: [{ type: transferToQueue, queue: Spam }] }
  - { id: proved, actions: [{ type: transferToQueue, queue: Proved }] }
  - { id: forged, actions: [{ type: transferToQueue, queue: Forged }] }
  - { id: unknown, actions: [{ type: transferToQueue, queue: Unknown }] }
";

const ROUTING: &str = "\
queues: [Spam, Proved, Forged, Unknown]
routes: [{ address: care@example.com, flow: By sender }]
";

const TESTS: &str = "\
tests:
  - name: <case>
    flow: By sender
    mail: { from: joe@football.example.com, subject: hi, text: hi }
    auth: <auth>
    scan: <scan>
    expect: { queue: <queue>, attributes: { spf: <spf>, scan: <scan> } }
    rows:
      - { case: proved, auth: { dmarc: pass, spf: pass }, scan: clean, queue: Proved, spf: pass }
      - { case: forged, auth: { dmarc: fail, spf: softfail }, scan: unavailable, queue: Forged, spf: softfail }
      - { case: nobody knows, auth: { dkim: { result: pass, domain: x.example } }, scan: unknown, queue: Unknown, spf: unknown }
      - { case: proved and infected, auth: { dmarc: { result: pass } }, scan: infected, queue: Spam, spf: unknown }
  - name: nothing is said
    flow: By sender
    mail: { from: joe@football.example.com, subject: hi, text: hi }
    expect: { queue: Unknown, attributes: { spf: unknown, scan: unknown } }
";

/// The mail of RFC 8463, appendix A.
fn signed() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/authentication/rfc8463.eml");
    fs::read_to_string(file).unwrap().replace('\n', "\r\n")
}

/// The records of its domain.
fn records() -> Zone {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/authentication/signatures.txt");
    let mut zone = Zone::default();
    for line in fs::read_to_string(file).unwrap().lines().take_while(|line| !line.starts_with("mail ")) {
        if let Some(record) = line.strip_prefix("dns ") {
            zone.add(record);
        }
    }
    zone.add("football.example.com TXT v=spf1 ip4:192.0.2.1 -all");
    zone
}

/// An rspamd that calls what has `GTUBE` in it spam, and does not answer what has `SLOW`.
fn rspamd() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || while answer(stream.as_ref().unwrap()).is_some() {});
        }
    });
    format!("http://{address}")
}

fn answer(mut stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).ok()? > 2 {
        head.push_str(&line);
        line.clear();
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).unwrap();
    assert!(head.starts_with("post /checkv2 ") && head.contains("rcpt: care@example.com"), "{head}");
    if body.contains("SLOW") {
        // Until the server gives up.
        return reader.read_line(&mut line).ok().map(drop);
    }
    let action = if body.contains("GTUBE") { "reject" } else { "no action" };
    let said = json!({ "action": action, "score": 1.5, "required_score": 15.0, "symbols": {} }).to_string();
    let length = said.len();
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{said}").ok()
}

/// Delivers a mail that a relay has from an address, or from nowhere that it says.
fn deliver(server: &Server, client: Option<&str>, raw: &str) -> Json {
    let mut session = server.smtp();
    if let Some(client) = client {
        session.command(&format!("XFORWARD ADDR={client} HELO=football.example.com")).unwrap();
        assert_eq!(session.reply().unwrap().code, 250);
    }
    let reply = session.deliver("joe@football.example.com", "care@example.com", raw).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
    let id = reply.text.rsplit(' ').next().unwrap().to_owned();
    server.api().get(&format!("/interactions/{id}")).json()
}

fn queue(interaction: &Json) -> &str {
    interaction["decision"]["queue"]["name"].as_str().unwrap_or("none")
}

#[test]
fn a_flow_routes_by_who_sent_it_and_replays_see_what_was_found() {
    let scratch = Scratch::new("authentication");
    let folder = scratch.path("folder");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("by-sender.yaml"), FLOW).unwrap();
    fs::write(folder.join("routing.yaml"), ROUTING).unwrap();
    let names = Runtime::new().unwrap();
    let dns = names.block_on(zone::serve(records())).to_string();
    let rspamd = rspamd();
    let mut start = Start::unlimited();
    let options =
        ["--mail-auth", "on", "--dns", &dns, "--auth-timeout", "30s", "--rspamd", &rspamd, "--scan-timeout", "10s"];
    start.arguments.extend(options.map(str::to_owned));
    start.arguments.extend(["--smtp-trusted-xclient", "127.0.0.1"].map(str::to_owned));
    fs::write(folder.join("by-sender.test.yaml"), TESTS).unwrap();
    let mut server = Server::start(&scratch.path("data"), &start);
    let tested = server.cli(&["test", folder.to_str().unwrap()]);
    assert!(tested.status.success(), "{tested:?}");
    let applied = server.cli(&["apply", "--yes", folder.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));

    let signed = signed();
    let changed = signed.replace("We lost", "We won");
    let plain = "From: Joe <joe@football.example.com>\r\nSubject: hi\r\n\r\nhi\r\n";
    // From loopback nobody knows who sent it: a signature proves it, and nothing is a failure.
    let proved = deliver(&server, None, &signed);
    assert_eq!(queue(&proved), "Proved", "{proved}");
    assert_eq!(queue(&deliver(&server, None, &changed)), "Unknown");
    assert_eq!(queue(&deliver(&server, None, plain)), "Unknown");
    // The relay says where it has the mail from.
    let allowed = deliver(&server, Some("192.0.2.1"), &plain.replace("hi", "ho"));
    assert_eq!((queue(&allowed), allowed["attributes"]["spf"].as_str()), ("Proved", Some("pass")));
    let forged = deliver(&server, Some("192.0.2.9"), &changed.replace("yet", "now"));
    assert_eq!(queue(&forged), "Forged");
    assert_eq!(queue(&deliver(&server, None, &signed.replace("Hi.", "GTUBE"))), "Spam");
    let slow = deliver(&server, None, &plain.replace("hi", "SLOW"));
    assert_eq!((queue(&slow), slow["attributes"]["scan"].as_str()), ("Unknown", Some("timeout")));

    // The API and the trace say why.
    let auth = &proved["auth"];
    assert_eq!(
        [&auth["spf"]["result"], &auth["dkim"]["result"], &auth["dmarc"]["result"], &proved["scan"]["result"]],
        ["unknown", "pass", "pass", "clean"]
    );
    assert_eq!((&auth["dkim"]["domain"], &auth["dkim"]["aligned"]), (&json!("football.example.com"), &json!(true)));
    assert!(auth["dkim"]["reason"].as_str().unwrap().contains("selector `brisbane`"), "{auth}");
    let trace = server.api().get(&format!("/interactions/{}/trace", forged["id"].as_str().unwrap())).json();
    let events = trace["runs"][0]["trace"]["events"].as_array().unwrap();
    let found: Vec<_> = events.iter().filter(|event| event["event"] == "found").map(|event| &event["what"]).collect();
    assert_eq!(found, ["spf", "dkim", "dmarc", "scan"], "{trace}");

    // DNS is gone, and whoever kept its answers.
    drop(names);
    server.stop();
    let mut server = Server::start(&scratch.path("data"), &start);
    let api = server.api();
    let id = proved["id"].as_str().unwrap();
    assert!(api.post(&format!("/interactions/{id}/rerun"), &json!({})).status < 300);
    let again = wait_for("the rerun", || {
        let found = api.get(&format!("/interactions/{id}")).json();
        (found["runs"].as_array().unwrap().len() == 2).then_some(found)
    });
    assert_eq!((queue(&again), &again["auth"]), ("Proved", auth), "{again}");
    let flow = again["flow"]["id"].as_str().unwrap();
    let replay = api.post("/replays", &json!({ "flows": [{ "flowId": flow, "version": "newest" }] })).json();
    let path = format!("/replays/{}", replay["id"].as_str().unwrap());
    let report = wait_for("the replay", || {
        let report = api.get(&path).json();
        (report["state"] == "done" || report["state"] == "failed").then_some(report)
    });
    let report = &report["report"];
    let expected = (&json!(7), &json!(0), &json!(0));
    assert_eq!((&report["replayed"], &report["changed"], &report["unknown"]), expected, "{report}");

    // A test that takes recorded mail has what was found with it, and needs neither DNS nor the server.
    let rows: Vec<Json> = [&proved, &allowed, &forged, &slow]
        .map(|one| json!({ "id": one["id"], "queue": queue(one), "attributes": one["attributes"] }))
        .into();
    let test = json!({
        "name": "as it was: <id>",
        "route": "care@example.com",
        "mail": { "interaction": "<id>" },
        "expect": { "queue": "<queue>", "attributes": "<attributes>" },
        "rows": rows,
    });
    fs::write(folder.join("recorded.test.yaml"), json!({ "tests": [test] }).to_string()).unwrap();
    let tested = server.cli(&["test", folder.to_str().unwrap(), "--fetch"]);
    assert!(tested.status.success(), "{tested:?}");
    server.stop();
    let tested = server.cli(&["test", folder.to_str().unwrap(), "--filter", "recorded"]);
    assert!(tested.status.success(), "{tested:?}");
    assert!(String::from_utf8_lossy(&tested.stdout).contains("4 passed, 0 failed"), "{tested:?}");
}
