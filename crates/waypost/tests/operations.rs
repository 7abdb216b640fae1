//! What an operator relies on: metrics, traces, logs, health, an orderly end, backups that can be restored.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "operations/documented.rs"]
mod documented;
mod harness;
#[path = "operations/log.rs"]
mod log;
#[path = "outbox/office.rs"]
mod office;
#[path = "operations/storage.rs"]
mod storage;
#[path = "../../authentication/tests/zone/mod.rs"]
mod zone;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::thread;

use harness::scratch::Scratch;
use harness::smtp::{Smtp, mail};
use harness::streams::prepare;
use harness::{Server, Start, wait_for};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use serde_json::{Value as Json, json};
use waypost_scratch_postgres::{Server as Database, Tools};

const OPERATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operate.md");

fn metrics(server: &Server) -> String {
    let answer = ureq::get(format!("http://{}/metrics", server.http)).call().unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    answer.into_body().read_to_string().unwrap()
}

/// The value of the one sample that begins so.
fn sample(text: &str, begin: &str) -> f64 {
    let found: Vec<_> = text.lines().filter(|line| line.starts_with(begin)).collect();
    assert_eq!(found.len(), 1, "{begin}: {found:?}");
    found[0].rsplit(' ').next().unwrap().parse().unwrap()
}

fn deliver(server: &Server, id: &str, to: &str) {
    let reply = server.smtp().deliver("ana@customer.example", to, &mail(id, "hello", "hello")).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
}

fn decided(server: &Server, id: &str) -> Json {
    let api = server.api();
    wait_for("a decision", || api.interactions_of(id).into_iter().find(|one| one["state"] == "decided"))
}

#[test]
fn metrics_count_what_happened_and_are_all_described() {
    let scratch = Scratch::new("operate-metrics");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    prepare(&server);
    server.api().post("/routing/queues", &json!({"name": "Desk", "serviceLevel": "PT4H"})).ok();
    deliver(&server, "1@operate.example", "care@example.com");
    deliver(&server, "1@operate.example", "care@example.com");
    deliver(&server, "2@operate.example", "long@example.com");
    decided(&server, "2@operate.example");
    let mut smtp = server.smtp();
    assert!(smtp.deliver("ana@customer.example", "nobody@example.com", "x\r\n").is_err());
    let api = server.api();
    api.get("/flows/not-a-flow/versions");
    api.send("PROPFIND", "/flows", &[], &[]);
    // Others see a decision, and the end of a connection, a moment before they are counted.
    let text = wait_for("the last of what is counted", || {
        let text = metrics(&server);
        let is_one = |begin: &str| text.lines().any(|line| line.starts_with(begin) && line.ends_with(" 1"));
        let is_over = is_one("waypost_decision_delay_seconds_count") && is_one("waypost_smtp_connections ");
        is_over.then_some(text)
    });
    for (begin, expected) in [
        (r#"waypost_mails_total{protocol="smtp",outcome="created"}"#, 2.0),
        (r#"waypost_mails_total{protocol="smtp",outcome="duplicate"}"#, 1.0),
        (r#"waypost_decisions_total{kind="queue",place="intake"}"#, 1.0),
        (r#"waypost_decisions_total{kind="queue",place="worker"}"#, 1.0),
        (r#"waypost_interactions{state="decided"}"#, 2.0),
        (r#"waypost_interactions{state="received"}"#, 0.0),
        ("waypost_smtp_recipients_refused_total", 1.0),
        ("waypost_smtp_connections ", 1.0),
        ("waypost_store_up ", 1.0),
        ("waypost_accept_duration_seconds_count", 3.0),
        ("waypost_run_duration_seconds_count", 2.0),
        ("waypost_decision_delay_seconds_count", 1.0),
        ("waypost_oldest_undecided_age_seconds ", 0.0),
        (r#"waypost_queue_waiting{queue="Desk"}"#, 0.0),
        (r#"waypost_queue_over_service_level{queue="Desk"}"#, 0.0),
        (r#"waypost_queue_oldest_waiting_age_seconds{queue="Desk"}"#, 0.0),
        (r#"waypost_http_requests_total{method="GET",route="/api/v2/flows/{flowId}/versions",status="404"}"#, 1.0),
    ] {
        assert!((sample(&text, begin) - expected).abs() < f64::EPSILON, "{begin} is not {expected} in\n{text}");
    }
    assert!(sample(&text, "process_resident_memory_bytes ") > 1e6);
    assert!(text.ends_with("# EOF\n"));
    // Neither a path that was asked for nor anything of a mail is a label.
    for leaked in ["not-a-flow", "PROPFIND", "care@", "operate.example", "hello"] {
        assert!(!text.contains(leaked), "{leaked} in {text}");
    }
    let served: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
        .map(|line| {
            let (name, kind) = line.split_once(' ').unwrap();
            let suffix = match kind {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            format!("{name}{suffix}")
        })
        .collect();
    let operate = fs::read_to_string(OPERATE).unwrap();
    let section = operate.split("## Metrics").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let names = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2));
    // Mailboxes are measured where there are some (`mailboxes.rs`), and so is a certificate.
    let elsewhere = ["waypost_mailbox_", "waypost_tls_"];
    let is_here = |name: &&str| !elsewhere.iter().any(|begin| name.starts_with(begin));
    let described: BTreeSet<String> = names.filter(is_here).map(str::to_owned).collect();
    assert_eq!(served, described);
}

/// A collector on loopback: takes what is exported, and passes the spans on.
fn collector() -> (String, mpsc::Receiver<Vec<Span>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let sender = sender.clone();
            thread::spawn(move || collect(&stream.unwrap(), &sender));
        }
    });
    (endpoint, receiver)
}

fn collect(stream: &TcpStream, spans: &mpsc::Sender<Vec<Span>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        assert!(line.starts_with("POST /v1/traces "), "{line}");
        loop {
            line.clear();
            reader.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        let _ = spans.send(scopes.flat_map(|scope| scope.spans).collect());
        let mut writer = stream;
        let answered =
            writer.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n");
        if answered.is_err() {
            return;
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn one_trace_leads_from_the_mail_to_its_decision_and_its_id_is_in_the_log() {
    let (endpoint, spans) = collector();
    let scratch = Scratch::new("operate-traces");
    let data = scratch.path("data");
    let mut start = Start::unlimited();
    start.arguments.extend(["--log-format", "json"].map(str::to_owned));
    start.environment.push(("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.into()));
    let mut server = Server::start(&data, &start);
    prepare(&server);
    deliver(&server, "1@traces.example", "care@example.com");
    deliver(&server, "2@traces.example", "long@example.com");
    let api = server.api();
    let ids = ["1", "2"].map(|number| {
        let one = decided(&server, &format!("{number}@traces.example"));
        one["id"].as_str().unwrap().replace('-', "")
    });
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_eq!(api.send("GET", "/routing/queues", &[("traceparent", parent)], &[]).status, 200);
    // What was not told yet is told at the end.
    server.stop();
    let told: Vec<Span> = spans.try_iter().flatten().collect();
    for (id, place) in ids.iter().zip(["intake", "worker"]) {
        let trace: Vec<_> = told.iter().filter(|span| hex(&span.trace_id) == *id).collect();
        let root = trace.iter().find(|span| span.name == "receive smtp").expect("the mail's own span");
        assert!(root.parent_span_id.is_empty(), "{root:?}");
        let run = trace.iter().find(|span| span.name == "run flow").expect("the run's span");
        assert_eq!(run.parent_span_id, root.span_id);
        let text = format!("{:?}", run.attributes);
        assert!(text.contains(place) && text.contains("queue"), "{text}");
        assert_eq!(trace.len(), 2, "{trace:?}");
    }
    let request = told.iter().find(|span| hex(&span.trace_id) == "0af7651916cd43dd8448eb211c80319c").unwrap();
    assert_eq!(
        (request.name.as_str(), hex(&request.parent_span_id).as_str()),
        ("GET /api/v2/routing/queues", "b7ad6b7169203331")
    );
    let log = fs::read_to_string(data.with_extension("log")).unwrap();
    let lines: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let messages_of = |id: &str| -> Vec<&str> {
        let ours = lines.iter().filter(|line| line["fields"]["trace_id"] == *id);
        ours.map(|line| line["fields"]["message"].as_str().unwrap()).collect()
    };
    assert_eq!(messages_of(&ids[0]), ["mail accepted"]);
    assert_eq!(messages_of(&ids[1]), ["mail accepted", "mail decided"]);
    assert!(!log.contains("customer.example"), "no addresses in the log");
}

#[test]
fn a_failed_run_is_logged_with_the_code_of_its_error() {
    let scratch = Scratch::new("operate-failed");
    let mut start = Start::unlimited();
    start.arguments.extend(["--log-format", "json"].map(str::to_owned));
    let mut server = Server::start(&scratch.path("data"), &start);
    prepare(&server);
    let api = server.api();
    let number = json!({ "type": "setPriority", "priority": "${int(interaction.email.subject)}" });
    let flow = json!({ "name": "Fails", "type": "email", "nodes": [{ "id": "a", "actions": [number] }] });
    let flow = api.post("/flows", &flow).ok()["id"].clone();
    let route = json!({ "pattern": "fails", "flow": { "id": flow } });
    api.post("/routing/email/domains/example.com/routes", &route).ok();
    deliver(&server, "1@failed.example", "fails@example.com");
    let one = decided(&server, "1@failed.example");
    deliver(&server, "2@failed.example", "care@example.com");
    decided(&server, "2@failed.example");
    server.stop();
    let log = server.log();
    let lines: Vec<Json> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let accepted = lines.iter().filter(|line| line["fields"]["message"] == "mail accepted");
    let errors: Vec<&Json> = accepted.map(|line| &line["fields"]["error"]).collect();
    assert_eq!(errors, [&one["decision"]["error"]["code"], &Json::Null]);
    assert!(one["decision"]["error"]["code"].is_string(), "{one}");
}

fn ready(server: &Server) -> u16 {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    agent.get(format!("http://{}/health/ready", server.http)).call().map_or(0, |answer| answer.status().as_u16())
}

fn terminate(server: &Server) {
    let told: Json = serde_json::from_slice(&fs::read(server.data_dir.join("listeners.json")).unwrap()).unwrap();
    assert!(Command::new("kill").args(["-TERM", &told["pid"].to_string()]).status().unwrap().success());
}

#[test]
fn what_has_begun_is_finished_after_sigterm_and_nothing_else_begins() {
    let scratch = Scratch::new("operate-drain");
    let data = scratch.path("data");
    let mut start = Start::unlimited();
    start.arguments.extend(["--drain-delay", "5"].map(str::to_owned));
    let mut server = Server::start(&data, &start);
    prepare(&server);
    assert_eq!(ready(&server), 200);
    let mut idle = server.smtp();
    let mut begun = server.smtp();
    for (line, code) in [("MAIL FROM:<ana@customer.example>", 250), ("RCPT TO:<care@example.com>", 250), ("DATA", 354)]
    {
        begun.command(line).unwrap();
        assert_eq!(begun.reply().unwrap().code, code);
    }
    begun.command("Message-ID: <begun@drain.example>").unwrap();
    terminate(&server);
    // Not ready, and serving all the same until the balancer has seen it.
    wait_for("503", || (ready(&server) == 503).then_some(()));
    deliver(&server, "late@drain.example", "care@example.com");
    wait_for("the ports to close", || Smtp::connect(&server.smtp).is_err().then_some(()));
    assert_eq!(idle.reply().unwrap().code, 421);
    begun.command("Subject: refund\r\n\r\nhello\r\n.").unwrap();
    assert_eq!(begun.reply().unwrap().code, 250);
    assert_eq!(begun.reply().unwrap().code, 421, "and then it is told to go");
    server.stop();
    let server = Server::start(&data, &Start::unlimited());
    for id in ["begun@drain.example", "late@drain.example"] {
        assert_eq!(decided(&server, id)["runs"].as_array().map_or(1, Vec::len), 1);
    }
}

#[test]
fn health_tells_the_truth_about_the_database() {
    let Some(tools) = waypost_test_needs::tool(Tools::find()) else { return };
    let mut database = Database::start(&tools, &[]).unwrap();
    let scratch = Scratch::new("operate-health");
    let url = database.fresh_database().unwrap();
    let mut start = Start::unlimited();
    start.environment.push(("WAYPOST_DATABASE", url.into()));
    let server = Server::start(&scratch.path("data"), &start);
    prepare(&server);
    assert_eq!(ready(&server), 200);
    database.stop();
    wait_for("503", || (ready(&server) == 503).then_some(()));
    let live = ureq::get(format!("http://{}/health/live", server.http)).call().unwrap();
    assert_eq!(live.status().as_u16(), 200, "the process itself is well");
    let reply = server.smtp().deliver("ana@customer.example", "care@example.com", &mail("1@health.example", "x", "x"));
    assert_eq!(reply.unwrap().code, 451);
    let text = metrics(&server);
    assert!(sample(&text, "waypost_store_up ").abs() < f64::EPSILON);
    assert!(
        (sample(&text, r#"waypost_mails_total{protocol="smtp",outcome="unavailable"}"#) - 1.0).abs() < f64::EPSILON
    );
    database.start_again().unwrap();
    wait_for("200", || (ready(&server) == 200).then_some(()));
    deliver(&server, "1@health.example", "care@example.com");
    assert_eq!(decided(&server, "1@health.example")["duplicates"], 0);
}

/// Everything that must be there after a restore.
fn kept(server: &Server) -> (Vec<Json>, Json) {
    let api = server.api();
    let mut flows = api.get("/flows?pageSize=100").ok();
    flows.as_object_mut().unwrap().retain(|name, _| name == "entities");
    (api.all_interactions(), flows)
}

#[test]
fn a_copy_of_sqlite_made_while_it_runs_is_whole() {
    let scratch = Scratch::new("operate-backup");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    prepare(&server);
    for number in 0..20 {
        deliver(&server, &format!("{number}@backup.example"), "care@example.com");
    }
    let before = kept(&server);
    let restored = scratch.path("restored");
    fs::create_dir_all(&restored).unwrap();
    // As docs/operate.md says; Python's module has the same SQLite underneath as the tool named there.
    let script = "import sqlite3,sys; sqlite3.connect(sys.argv[1]).execute('VACUUM INTO ?', (sys.argv[2],))";
    let python = Command::new("python3").args(["-c", "import sqlite3"]).output();
    let python = python.ok().filter(|output| output.status.success()).ok_or("python3 with sqlite3 is not installed");
    if waypost_test_needs::tool(python).is_none() {
        return;
    }
    let copied = Command::new("python3")
        .args(["-c", script])
        .args([server.data_dir.join("waypost.db"), restored.join("waypost.db")])
        .status();
    assert!(copied.unwrap().success());
    deliver(&server, "later@backup.example", "care@example.com");
    drop(server);
    let server = Server::start(&restored, &Start::unlimited());
    assert_eq!(kept(&server), before);
    deliver(&server, "after@backup.example", "care@example.com");
}

#[test]
fn a_dump_of_postgresql_made_while_it_runs_is_whole() {
    let Some(tools) = waypost_test_needs::tool(Tools::find()) else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let scratch = Scratch::new("operate-dump");
    let on = |name: &str, url: String| {
        let mut start = Start::unlimited();
        start.environment.push(("WAYPOST_DATABASE", url.into()));
        Server::start(&scratch.path(name), &start)
    };
    let url = database.fresh_database().unwrap();
    let server = on("first", url.clone());
    prepare(&server);
    for number in 0..20 {
        deliver(&server, &format!("{number}@dump.example"), "care@example.com");
    }
    let before = kept(&server);
    let dump = scratch.path("copy.dump");
    let run = |program: &str, arguments: &[&str]| {
        // The programs write where root may: they need no server's user.
        let output = Command::new(tools.program(program)).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let dump = dump.to_str().unwrap();
    run("pg_dump", &["--format=custom", "--file", dump, &url]);
    deliver(&server, "later@dump.example", "care@example.com");
    let other = database.fresh_database().unwrap();
    run("pg_restore", &["--no-owner", "--dbname", &other, dump]);
    let restored = on("second", other);
    assert_eq!(kept(&restored), before);
    deliver(&restored, "after@dump.example", "care@example.com");
    let summary = restored.api().get("/interactions/summary").ok();
    assert_eq!(summary["interactions"], json!(21), "counters are part of the copy");
}

/// What the answers' headers say that a client may do in a minute.
fn allowed(server: &Server) -> u32 {
    server.api().get("/flows").header("inin-ratelimit-allowed").parse().unwrap()
}

#[test]
fn a_file_is_overridden_by_the_environment_and_that_by_arguments() {
    let scratch = Scratch::new("operate-config");
    let file = scratch.path("waypost.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "rate-limit = 11\nhostname = \"mx.config.example\"\ntls-self-signed = false\n").unwrap();
    let start = |environment: Option<&str>, argument: Option<&str>| {
        let mut start = Start::default();
        start.arguments.extend(["--config".to_owned(), file.to_str().unwrap().to_owned()]);
        if let Some(limit) = argument {
            start.arguments.extend(["--rate-limit".to_owned(), limit.to_owned()]);
        }
        start.environment.extend(environment.map(|limit| ("WAYPOST_RATE_LIMIT", limit.into())));
        Server::start(&scratch.path("data"), &start)
    };
    for (environment, argument, expected) in [(None, None, 11), (Some("22"), None, 22), (Some("22"), Some("33"), 33)] {
        let mut server = start(environment, argument);
        assert_eq!(allowed(&server), expected);
        let mut greeting = String::new();
        BufReader::new(TcpStream::connect(&server.smtp).unwrap()).read_line(&mut greeting).unwrap();
        assert!(greeting.contains("mx.config.example"), "{greeting}");
        server.stop();
    }
}

#[test]
fn limits_by_address_are_settings_and_trusted_networks_are_excepted() {
    let scratch = Scratch::new("operate-limits");
    let file = scratch.path("waypost.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    // What is listed takes the place of the loopback addresses that are trusted by default.
    let text = "smtp-mails-per-minute = 2\nrate-limit = 0\ntrusted-network = [\"10.0.0.0/8\", \"127.0.0.9\"]\n";
    fs::write(&file, text).unwrap();
    let arguments = vec!["--config".to_owned(), file.to_str().unwrap().to_owned()];
    for (environment, limited) in [(None, true), (Some("none"), true), (Some("10.0.0.0/8,127.0.0.1"), false)] {
        let environment = environment.map(|networks| ("WAYPOST_TRUSTED_NETWORK", networks.into()));
        let start =
            Start { arguments: arguments.clone(), environment: environment.into_iter().collect(), ..Start::default() };
        let mut server = Server::start(&scratch.path("data"), &start);
        let mut smtp = server.smtp();
        let mut codes = Vec::new();
        for _ in 0..3 {
            smtp.command("MAIL FROM:<ana@customer.example>").unwrap();
            codes.push(smtp.reply().unwrap().code);
            smtp.command("RSET").unwrap();
            smtp.reply().unwrap();
        }
        assert_eq!(codes, [250, 250, if limited { 450 } else { 250 }]);
        server.stop();
    }
    fs::write(&file, "trusted-network = [\"10.0.0.0/33\"]\ntrusted-proxy = [1]\n").unwrap();
    let output = Command::new(harness::WAYPOST).args(["serve", "--config"]).arg(&file).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    for line in [
        "waypost.toml:1: the value of `trusted-network` is refused: expected an address or a network",
        "waypost.toml:2: `trusted-proxy` can't be this: expected a list of texts",
    ] {
        assert!(told.contains(line), "{line}\nis not in\n{told}");
    }
}

#[test]
fn everything_that_is_wrong_in_a_file_is_told_at_once() {
    let scratch = Scratch::new("operate-config-errors");
    let file = scratch.path("waypost.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let text = "http = \"nowhere\"\nrate_limit = 5\nlog-format = \"xml\"\ntls-self-signed = \"yes\"\n\
                duplicate-days = [1]\ndatabase = \"postgres://ann:hidden-word@db/mail\"\nconfig = \"other.toml\"\n";
    fs::write(&file, text).unwrap();
    let output =
        Command::new(harness::WAYPOST).args(["serve", "--config"]).arg(&file).env_remove("WAYPOST_DATABASE").output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    let name = file.display();
    for line in [
        format!(
            "{name}:1: the value of `http` is refused: expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080"
        ),
        format!("{name}:2: `rate_limit` is not a setting: did you mean `rate-limit`?"),
        format!("{name}:3: the value of `log-format` is refused: expected one of text, json"),
        format!("{name}:4: `tls-self-signed` is on or off: expected true or false"),
        format!("{name}:5: `duplicate-days` can't be this: expected a text or a whole number"),
        format!("{name}:7: `config` is not a setting:"),
    ] {
        assert!(told.contains(&line), "{line}\nis not in\n{told}");
    }
    assert!(!told.contains("hidden-word"), "{told}");
    fs::write(&file, "http = \nrate-limit = 3").unwrap();
    let output = Command::new(harness::WAYPOST).args(["serve", "--config"]).arg(&file).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && told.contains(&format!("{name}:1: ")), "{told}");
}

#[test]
fn a_trace_keeps_as_much_as_it_is_told_to() {
    let scratch = Scratch::new("operate-detail");
    for (detail, values, steps) in [("everything", true, true), ("steps", false, true), ("decisions", false, false)] {
        let mut start = Start::unlimited();
        start.arguments.extend(["--trace-detail", detail].map(str::to_owned));
        let server = Server::start(&scratch.path(detail), &start);
        prepare(&server);
        let text = "Message-ID: <1@detail.example>\r\nSubject: my refund of pink-elephants\r\n\r\nwhere is it?\r\n";
        assert_eq!(server.smtp().deliver("ana@customer.example", "care@example.com", text).unwrap().code, 250);
        let one = decided(&server, "1@detail.example");
        assert_eq!(one["decision"]["queue"]["name"], "Billing", "the same decision whatever is kept");
        let trace = server.api().get(&format!("/interactions/{}/trace", one["id"].as_str().unwrap())).ok().to_string();
        assert_eq!(trace.contains("pink-elephants"), values, "{detail}: {trace}");
        assert_eq!(trace.contains("runFlow"), steps, "{detail}: {trace}");
    }
}

/// What an error quotes is a value, also of one that an `onError` caught.
#[test]
fn a_trace_without_values_has_none_in_its_errors() {
    let scratch = Scratch::new("operate-errors");
    let flow = "type: email\nnodes:\n\
        \x20 - { id: a, actions: [{ type: setVariable, name: n, value: \"${int(interaction.email.subject)}\", onError: { to: b } }] }\n\
        \x20 - { id: b, actions: [{ type: log, message: unread }] }\n";
    for (detail, values) in [("everything", true), ("steps", false), ("decisions", false)] {
        let mut start = Start::unlimited();
        start.arguments.extend(["--trace-detail", detail].map(str::to_owned));
        let server = Server::start(&scratch.path(detail), &start);
        let folder = scratch.path(&format!("{detail}-flows"));
        fs::create_dir_all(&folder).unwrap();
        let others = "kind: domain\ndomain: example.com\n---\nkind: route\naddress: care@example.com\nflow: Main\n";
        fs::write(folder.join("all.yaml"), format!("kind: flow\nname: Main\n{flow}---\n{others}")).unwrap();
        let applied = server.cli(&["apply", folder.to_str().unwrap()]);
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
        let text = "Message-ID: <1@detail.example>\r\nSubject: my card is 4111\r\n\r\nwhere is it?\r\n";
        assert_eq!(server.smtp().deliver("ana@customer.example", "care@example.com", text).unwrap().code, 250);
        let one = decided(&server, "1@detail.example");
        let trace = server.api().get(&format!("/interactions/{}/trace", one["id"].as_str().unwrap())).ok().to_string();
        assert_eq!(trace.contains("4111"), values, "{detail}: {trace}");
        assert!(trace.contains("run.conversion") && trace.contains(r#""nodeId":"a""#), "{detail}: {trace}");
    }
}

#[test]
fn a_bare_line_feed_is_normalised_or_refused() {
    let scratch = Scratch::new("operate-bare-lf");
    let mail = "Message-ID: <1@lf.example>\nSubject: refund\n\none\n.\nMAIL FROM:<x@y.example>\r\n";
    let mut start = Start::unlimited();
    let server = Server::start(&scratch.path("normalise"), &start);
    prepare(&server);
    assert_eq!(server.smtp().deliver("ana@customer.example", "care@example.com", mail).unwrap().code, 250);
    let one = decided(&server, "1@lf.example");
    let raw = server.api().get(&format!("/interactions/{}/message", one["id"].as_str().unwrap()));
    let lines = String::from_utf8(raw.body).unwrap().replace("\r\n", "|");
    assert_eq!(lines, "Message-ID: <1@lf.example>|Subject: refund||one|.|MAIL FROM:<x@y.example>|");
    assert_eq!(server.api().all_interactions().len(), 1);
    start.arguments.extend(["--bare-lf", "reject"].map(str::to_owned));
    let server = Server::start(&scratch.path("reject"), &start);
    prepare(&server);
    let mail = mail.replace(".\n", "");
    assert_eq!(server.smtp().deliver("ana@customer.example", "care@example.com", &mail).unwrap().code, 550);
}

/// The rights of everything in a folder, by its path.
fn modes(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = vec![(folder.to_owned(), fs::metadata(folder).unwrap().permissions().mode() & 0o777)];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(modes(&path));
        } else {
            found.push((path.clone(), fs::metadata(&path).unwrap().permissions().mode() & 0o777));
        }
    }
    found
}

#[test]
fn the_data_directory_is_its_owners_alone() {
    let scratch = Scratch::new("operate-private");
    let data = scratch.path("data");
    // As an older version left it, and a umask that takes nothing away.
    fs::create_dir(&data).unwrap();
    fs::write(data.join("admin-client.old"), "{}").unwrap();
    for (path, mode) in [(data.join("admin-client.old"), 0o644), (data.clone(), 0o755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }
    let wrapper = ["sh", "-c", "umask 000; exec \"$@\"", "sh"].map(Into::into).to_vec();
    let arguments = ["--tls-self-signed", "--https", "127.0.0.1:0"].map(str::to_owned).to_vec();
    let mut server = Server::start(&data, &Start { arguments, wrapper, ..Start::default() });
    prepare(&server);
    deliver(&server, "private@operate.example", "care@example.com");
    let found = modes(&data);
    for name in ["waypost.db", "waypost.db-wal", "waypost.db-shm", "listeners.json", "admin-client.old", "tls/key.pem"]
    {
        assert!(found.iter().any(|(path, _)| *path == data.join(name)), "no {name} in {found:?}");
    }
    for (path, mode) in found {
        let expected = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{}: {mode:o}", path.display());
    }
    server.stop();

    // A directory that others keep things in is not ours to lock.
    let shared = scratch.path("shared");
    fs::create_dir(&shared).unwrap();
    fs::write(shared.join("notes.txt"), "").unwrap();
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
    let server = Server::start(&shared, &Start::default());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&shared), mode(&shared.join("waypost.db"))), (0o755, 0o600));
    assert!(server.log().contains("other users may read the data directory"));
}

/// A certificate and its key, as files in PEM, put in place as ACME clients do: whole, one after the other.
fn certificate(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    for (name, text) in [("cert.pem", made.cert.pem()), ("key.pem", made.signing_key.serialize_pem())] {
        fs::write(folder.join("next.pem"), text).unwrap();
        fs::rename(folder.join("next.pem"), folder.join(name)).unwrap();
    }
    made.cert.der().clone()
}

/// Takes any certificate: which one it is, is what is asked.
#[derive(Debug)]
struct Anyone;

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A new connection with TLS.
fn handshake(address: &str) -> (rustls::ClientConnection, TcpStream) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anyone))
        .with_no_client_auth();
    let name = "localhost".try_into().unwrap();
    let mut connection = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).unwrap();
    }
    (connection, stream)
}

/// The certificate that a server shows on a new connection.
fn shown(address: &str) -> Vec<u8> {
    handshake(address).0.peer_certificates().unwrap()[0].to_vec()
}

#[test]
fn a_hangup_reads_the_certificate_again_and_ends_nothing() {
    let scratch = Scratch::new("operate-hangup");
    let folder = scratch.path("certificates");
    fs::create_dir(&folder).unwrap();
    let first = certificate(&folder);
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let arguments = ["--tls-cert", &file("cert.pem"), "--tls-key", &file("key.pem"), "--https", "127.0.0.1:0"];
    let start = Start { arguments: arguments.map(str::to_owned).to_vec(), ..Start::default() };
    let mut server = Server::start(&scratch.path("data"), &start);
    let told = fs::read_to_string(server.data_dir.join("listeners.json")).unwrap();
    let https = serde_json::from_str::<Json>(&told).unwrap()["https"].as_str().unwrap().to_owned();
    assert_eq!(shown(&https), first.to_vec());
    let mut session = server.smtp();
    session.address("ana@customer.example", "postmaster").ok();

    let second = certificate(&folder);
    server.signal("HUP");
    wait_for("the new certificate", || (shown(&https) == second.to_vec()).then_some(()));

    // Renewed files are found without a word.
    let third = certificate(&folder);
    wait_for("the renewed certificate", || (shown(&https) == third.to_vec()).then_some(()));
    let expires = || sample(&metrics(&server), "waypost_tls_certificate_expiry_timestamp_seconds{} ");
    assert!(expires() > 1.9e9, "{}", expires());
    let second = third;

    fs::write(folder.join("cert.pem"), "no certificate").unwrap();
    server.signal("HUP");
    wait_for("the refusal", || server.log().contains("the previous one stays in use").then_some(()));
    assert_eq!(shown(&https), second.to_vec());

    // Nobody writes to this pipe: reading it would never end, nor would the server.
    certificate(&folder);
    fs::remove_file(folder.join("key.pem")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("key.pem")).status().unwrap().success());
    server.signal("HUP");
    wait_for("the refusal", || server.log().contains("it is not a regular file").then_some(()));
    assert_eq!(shown(&https), second.to_vec());
    session.command("NOOP").unwrap();
    assert!(server.is_running());
    assert_eq!(server.api().get("/flows").status, 200);
    server.stop();
    assert!(!server.is_running());

    // Without a certificate a hangup changes nothing either.
    let mut plain = Server::start(&scratch.path("plain"), &Start::default());
    plain.signal("HUP");
    wait_for("a word on it", || plain.log().contains("no certificate to reload").then_some(()));
    assert!(plain.is_running());
}

#[test]
fn what_a_client_did_wrong_is_no_error_of_the_server() {
    let scratch = Scratch::new("operate-client-errors");
    let server = Server::start(
        &scratch.path("data"),
        &Start { arguments: vec!["--log".to_owned(), "debug".to_owned()], ..Start::default() },
    );
    let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    let refused = server.api().send("POST", "/routing/queues", &headers, b"no gzip").error(400);
    let context_id = refused["contextId"].as_str().unwrap().to_owned();
    let why = wait_for("a word on it", || {
        let log = server.log();
        let mut lines = log.lines().filter(|line| line.contains(&context_id));
        lines.find(|line| line.contains("request refused")).map(str::to_owned)
    });
    assert!(why.contains("DEBUG") && !server.log().contains("ERROR"), "{why}");
}
