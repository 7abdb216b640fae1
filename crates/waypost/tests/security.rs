//! What an attacker would try first, against the built server over real sockets. Each row says what is sent and what must come back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use harness::edges::{allow_open_files, connect_from};
use harness::http::Api;
use harness::scratch::Scratch;
use harness::smtp::{Smtp, mail};
use harness::{CLIENT, DEADLINE, Server, Start};
use serde_json::{Value as Json, json};

fn start(scratch: &Scratch) -> Server {
    let words = ["--rate-limit", "0", "--log", "trace"];
    let start = Start { arguments: words.map(str::to_owned).to_vec(), ..Start::default() };
    Server::start(&scratch.path("data"), &start)
}

/// Sends bytes as they are, and answers the status; 0 if the server ended the connection without a word.
fn status(server: &Server, request: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(&server.http).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    // A server that has seen enough may have closed its side already.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").into_bytes()
}

fn post(path: &str, token: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn alive(server: &Server) {
    assert_eq!(status(server, &get("/health/ready", "")), 200, "the server still serves");
}

#[test]
fn requests_that_are_not_what_they_should_be() {
    let scratch = Scratch::new("security-requests");
    let server = start(&scratch);
    let api = server.api();
    let token = api.token.clone();
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let floods = (0..3000).map(|n| format!("X-{n}: {n}\r\n")).collect::<String>();
    let rows: Vec<(&str, Vec<u8>, &[u16])> = vec![
        ("no token", get("/api/v2/flows", ""), &[401]),
        ("an empty token", get("/api/v2/flows", "Authorization: Bearer \r\n"), &[401]),
        ("a made-up token", get("/api/v2/flows", "Authorization: Bearer abc\r\n"), &[401]),
        ("another scheme", get("/api/v2/flows", &format!("Authorization: Basic {token}\r\n")), &[401]),
        ("two tokens", get("/api/v2/flows", &format!("Authorization: Bearer x\r\n{bearer}")), &[400, 401]),
        ("a token in the query", get(&format!("/api/v2/flows?access_token={token}"), ""), &[401]),
        ("a token in a cookie", get("/api/v2/flows", &format!("Cookie: access_token={token}\r\n")), &[401]),
        ("a huge header", get("/api/v2/flows", &format!("X: {}\r\n", "a".repeat(1 << 20))), &[0, 400, 431]),
        ("a flood of headers", get("/api/v2/flows", &floods), &[0, 400, 431]),
        ("a huge path", get(&format!("/api/v2/flows/{}", "a".repeat(1 << 20)), &bearer), &[0, 400, 414, 431]),
        ("dots", get("/api/v2/flows/../interactions", &bearer), &[404]),
        ("encoded dots", get("/api/v2/flows/%2e%2e/interactions", &bearer), &[404]),
        ("an encoded slash", get("/api/v2/flows/..%2f..%2fhealth%2flive", &bearer), &[404]),
        ("a file of the page", get("/api/v2/docs/assets/..%2f..%2f..%2fetc%2fpasswd", ""), &[404]),
        ("two slashes", get("//api/v2/flows", &bearer), &[404]),
        ("a NUL", get("/api/v2/flows/%00", &bearer), &[404]),
        ("no UTF-8", get("/api/v2/flows/%ff%fe", &bearer), &[400, 404]),
        ("an id that is none", get("/api/v2/interactions/'%20OR%201=1", &bearer), &[404]),
        ("a version that is none", get(&format!("/api/v2/flows/{}/versions/-1", uuid()), &bearer), &[404]),
        ("a body of a gigabyte", format!("POST /api/v2/flows HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}Expect: 100-continue\r\nContent-Length: 1073741824\r\n\r\n").into_bytes(), &[413]),
        ("a length that is none", format!("POST /api/v2/flows HTTP/1.1\r\nHost: x\r\n{bearer}Content-Length: -1\r\n\r\n").into_bytes(), &[400]),
        ("two lengths", format!("POST /api/v2/flows HTTP/1.1\r\nHost: x\r\n{bearer}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}").into_bytes(), &[400]),
        ("length and chunks", format!("POST /api/v2/flows HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{bearer}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").into_bytes(), &[400]),
        ("deep lists", post("/api/v2/flows", &token, &"[".repeat(1 << 20)), &[400]),
        ("deep objects", post("/api/v2/routing/queues", &token, &"{\"a\":".repeat(1 << 18)), &[400]),
        ("a deep change set", post("/api/v2/changesets", &token, &format!("{{\"flows\":{}", "[".repeat(1 << 20))), &[400]),
        ("a number beyond all", post("/api/v2/routing/queues", &token, "{\"name\":\"q\",\"x\":1e999}"), &[200, 400]),
        ("half a surrogate", post("/api/v2/routing/queues", &token, "{\"name\":\"\\ud800\"}"), &[400]),
    ];
    for (what, request, expected) in rows {
        let found = status(&server, &request);
        assert!(expected.contains(&found), "{what}: {found} instead of {expected:?}");
        alive(&server);
    }
}

fn uuid() -> &'static str {
    "00000000-0000-0000-0000-000000000000"
}

#[test]
fn a_right_is_one_clients_and_ends_with_it() {
    let scratch = Scratch::new("security-rights");
    let server = start(&scratch);
    let admin = server.api();
    server.apply_triage();
    let new = |name: &str, scope: &[&str]| {
        let made = admin.post("/oauth/clients", &json!({ "name": name, "scope": scope })).ok();
        (made["id"].as_str().unwrap().to_owned(), Api::of(&server.http, &made))
    };
    let (reader_id, reader) = new("reader", &["flow:read"]);
    let (_, one) = new("one", &["email:write", "flow:write"]);
    let (_, other) = new("other", &["email:write", "flow:write"]);

    // Wrong scope: named, and nothing is told of what it guards.
    for (method, path) in
        [("GET", "/interactions"), ("GET", "/routing/queues"), ("GET", "/audit"), ("GET", "/oauth/clients")]
    {
        let refused = reader.send(method, path, &[], b"").error(403);
        assert_eq!(refused["code"], "missing.permissions", "{path}");
    }
    let refused = reader.post("/oauth/clients", &json!({ "name": "me too", "scope": ["admin"] })).error(403);
    assert!(refused["message"].as_str().unwrap().contains("`admin`"));

    // An idempotency key is its client's: another's request under the same words is another request.
    let address = admin.get("/routing/email/domains").ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    let route = admin.get(&format!("/routing/email/domains/{address}/routes")).ok()["entities"][0]["pattern"].clone();
    let to = format!("{}@{address}", route.as_str().unwrap().replace('*', "x"));
    let path = format!("/interactions?from=a%40b.example&to={}", to.replace('@', "%40"));
    let send = |api: &Api, text: &str| {
        let headers = [("Content-Type", "message/rfc822"), ("Idempotency-Key", "key")];
        api.send("POST", &path, &headers, format!("Subject: {text}\r\n\r\n{text}\r\n").as_bytes())
    };
    let first = send(&one, "first");
    assert_eq!(first.status, 202);
    assert_eq!(send(&one, "second").error(422)["code"], "idempotency.key.reused");
    let theirs = send(&other, "second");
    assert_eq!(theirs.status, 202);
    assert_ne!(theirs.json()["id"], first.json()["id"]);

    // A flow that one holds is not the other's to change.
    let flow = one.post("/flows", &json!({ "name": "Held", "type": "email", "nodes": [] })).ok();
    let id = flow["id"].as_str().unwrap();
    one.post(&format!("/flows/actions/checkout?flow={id}"), &Json::Null).ok();
    assert_eq!(other.delete(&format!("/flows/{id}")).error(409)["code"], "architect.flow.locked");

    // Revoked: at once.
    assert_eq!(reader.get("/flows").status, 200);
    assert_eq!(admin.delete(&format!("/oauth/clients/{reader_id}")).status, 204);
    assert_eq!(reader.get("/flows").error(401)["code"], "bad.credentials");
}

#[test]
fn of_those_who_change_one_revision_one_wins() {
    let scratch = Scratch::new("security-etag");
    let server = start(&scratch);
    let api = server.api();
    let made = api.post("/flows", &json!({ "name": "F", "type": "email", "nodes": [] }));
    let (tag, id) = (made.header("etag").to_owned(), made.ok()["id"].as_str().unwrap().to_owned());
    let clients = 8;
    let together = Arc::new(Barrier::new(clients));
    let answers: Vec<u16> = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..clients)
            .map(|number| {
                let (together, tag, id, server) = (together.clone(), &tag, &id, &server);
                scope.spawn(move || {
                    let api = server.api();
                    let body = json!({ "description": format!("by {number}") }).to_string();
                    let headers = [("Content-Type", "application/json"), ("If-Match", tag.as_str())];
                    together.wait();
                    api.send("PUT", &format!("/flows/{id}"), &headers, body.as_bytes()).status
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|status| **status == 412).count(), clients - 1, "{answers:?}");
}

#[test]
fn slow_clients_don_t_keep_others_out() {
    let scratch = Scratch::new("security-slow");
    let server = start(&scratch);
    let slow: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = TcpStream::connect(&server.http).unwrap();
            stream.write_all(b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Le").unwrap();
            stream
        })
        .collect();
    alive(&server);
    assert_eq!(server.api().get("/flows").status, 200);
    // And they are let go: the server answers or closes before the deadline.
    let mut one = slow.into_iter().next().unwrap();
    one.set_read_timeout(Some(DEADLINE)).unwrap();
    let mut answer = Vec::new();
    one.read_to_end(&mut answer).expect("the server closes it");
}

#[test]
fn secrets_stay_out_of_the_log() {
    let scratch = Scratch::new("security-log");
    let mut server = start(&scratch);
    let api = server.api();
    let made = api.post("/oauth/clients", &json!({ "name": "Robot", "scope": ["admin"] })).ok();
    let robot = Api::of(&server.http, &made);
    robot.get("/flows").ok();
    let rotated = api.post(&format!("/oauth/clients/{}/secret", made["id"].as_str().unwrap()), &Json::Null).ok();
    status(&server, &get(&format!("/api/v2/flows?access_token={}", api.token), ""));
    status(
        &server,
        &post("/oauth/token", "", "grant_type=client_credentials&client_id=a&client_secret=a-wrong-secret"),
    );
    let audit = api.get("/audit?pageSize=500").ok().to_string();
    server.stop();
    std::thread::sleep(Duration::from_millis(50));
    let log = server.log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log is as talkative as it can be");
    let secrets = [
        CLIENT.1,
        &api.token,
        &robot.token,
        made["secret"].as_str().unwrap(),
        rotated["secret"].as_str().unwrap(),
        "a-wrong-secret",
    ];
    for secret in secrets {
        assert!(!log.contains(secret), "a secret is in the log");
        assert!(!audit.contains(secret), "a secret is in the audit log");
    }
}

#[test]
fn what_mail_and_rows_say_stays_out_of_the_log() {
    let scratch = Scratch::new("security-log-mail");
    let arguments = ["--rate-limit", "0", "--log", "waypost=trace"].map(str::to_owned).to_vec();
    let mut server = Server::start(&scratch.path("data"), &Start { arguments, ..Start::default() });
    let api = server.api();
    server.apply_triage();

    let subject = "a refund for invoice 4711-secret";
    let text = mail("message-id-secret@customer.example", subject, "the body-secret");
    assert_eq!(server.smtp().deliver("ana-secret@customer.example", "care@example.com", &text).unwrap().code, 250);
    let mut smtp = server.smtp();
    assert!(smtp.address("ana-secret@customer.example", "nobody-secret@example.com").is_err());
    let headers = [("Content-Type", "message/rfc822")];
    let handed =
        api.send("POST", "/interactions?from=bob-secret%40b.example&to=care%40example.com", &headers, text.as_bytes());
    assert_eq!(handed.status, 202);
    assert_eq!(
        api.send("POST", "/interactions?to=eve-secret%40nowhere.example", &headers, text.as_bytes()).status,
        422
    );

    let queues = api.get("/routing/queues?pageSize=100").ok();
    let mut claimed = Vec::new();
    for queue in queues["entities"].as_array().unwrap() {
        let path = format!("/routing/queues/{}/claims", queue["id"].as_str().unwrap());
        for work in api.post(&path, &json!({ "max": 10 })).ok()["entities"].as_array().unwrap() {
            let token = work["token"].as_str().unwrap().to_owned();
            api.post(&format!("{path}/{token}/extend"), &json!({ "leaseSeconds": 60 }));
            api.post(&format!("{path}/{token}/ack"), &Json::Null);
            claimed.push(token);
        }
    }
    assert_eq!(claimed.len(), 2);

    let table = json!({ "name": "Customers", "schema": { "properties": {
        "key": { "title": "Number", "type": "string" }, "Team": { "title": "Team", "type": "string" } } } });
    let table = api.post("/flows/datatables", &table).ok();
    let rows = format!("/flows/datatables/{}/rows", table["id"].as_str().unwrap());
    api.post(&rows, &json!({ "key": "row-key-secret", "Team": "A" })).ok();
    api.get(&format!("{rows}/row-key-secret")).ok();
    assert_eq!(api.delete(&format!("{rows}/row-key-secret")).status, 204);
    assert_eq!(api.get(&format!("{rows}/row-key-secret")).status, 404);
    status(&server, &post("/oauth/token", "", "grant_type=client_credentials&client_id=id-secret&client_secret=x"));

    server.stop();
    let log = server.log();
    assert!(
        log.contains("DEBUG") && log.contains("/flows/datatables/{datatableId}/rows/{rowId}"),
        "as talkative as it can be"
    );
    let mut private = vec!["-secret", "care@example.com", "nobody", "customer.example"];
    private.extend(claimed.iter().map(String::as_str));
    for text in private {
        let line = log.lines().find(|line| line.contains(text));
        assert_eq!(line, None, "`{text}` is in the log");
    }
}

#[test]
fn mail_does_not_command_the_terminal() {
    let scratch = Scratch::new("security-terminal");
    let server = start(&scratch);
    server.apply_triage();
    // Sets the clipboard, hides what follows, and in the one byte that UTF-8 needs two for, begins another command.
    let subject = "=?utf-8?q?=1b]52;c;ZXZpbA=3d=3d=07=1b[8m=c2=9b31m?= refund";
    let text = mail("escape@customer.example", subject, "an \x1b[2J escape");
    assert_eq!(server.smtp().deliver("ana@customer.example", "care@example.com", &text).unwrap().code, 250);
    let id = server.api().interactions_of("escape@customer.example")[0]["id"].as_str().unwrap().to_owned();
    for arguments in [
        vec!["interactions", "list"],
        vec!["interactions", "show", &id],
        vec!["interactions", "trace", &id],
        vec!["interactions", "list", "--output", "json"],
        vec!["interactions", "show", &id, "--output", "json"],
        vec!["interactions", "trace", &id, "--output", "json"],
    ] {
        let output = server.cli(&arguments);
        assert!(output.status.success(), "{arguments:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        assert_eq!(printed.find(control), None, "{arguments:?}: {printed:?}");
        if arguments.contains(&"json") && !arguments.contains(&"trace") {
            assert!(printed.contains("\\u009b31m") && printed.contains("\\u001b]52"), "JSON says all of it: {printed}");
        }
    }
    // What goes into a file goes as it is.
    let raw = server.cli(&["interactions", "message", &id]).stdout;
    assert_eq!(String::from_utf8(raw).unwrap(), text);
    // And what a server answers to a command.
    let refused = server.cli(&["tables", "lookup", "no\x1b[2Jtable", "key"]);
    assert!(!refused.status.success());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("no\\u001b[2Jtable") && !told.contains('\x1b'), "{told:?}");
}

#[test]
fn silent_http_connections_leave_smtp_its_share_of_descriptors() {
    allow_open_files(4000);
    let scratch = Scratch::new("security-descriptors");
    let limit = ["sh", "-c", "ulimit -n 1024; exec \"$@\"", "sh"].map(Into::into).to_vec();
    let server = Server::start(&scratch.path("data"), &Start { wrapper: limit, ..Start::unlimited() });
    server.apply_triage();
    let _silent = connect_from(Ipv4Addr::LOCALHOST, &server.http, 1500);
    let sessions: Vec<Smtp> = (0..100).map(|_| server.smtp()).collect();
    for (number, mut smtp) in sessions.into_iter().enumerate().take(10) {
        let text = mail(&format!("{number}@descriptors.example"), "hello", "hello");
        assert_eq!(smtp.deliver("ana@customer.example", "care@example.com", &text).unwrap().code, 250);
    }
    alive(&server);
    let log = server.log();
    assert!(log.contains("smtp=448 http=448"), "{log}");
    assert!(!log.contains("os error 24"), "it never ran out of descriptors: {log}");
}

/// Documents that took minutes, gigabytes or the whole server to check, and what is wrong with each.
fn hostile_documents() -> Vec<(&'static str, Json)> {
    let flow = |nodes: Json| json!({ "name": "Hostile", "type": "email", "nodes": nodes });
    let node = |actions: Vec<Json>| flow(json!([{ "id": "a", "actions": actions }]));
    let set = |value: Json| node(vec![json!({ "type": "setVariable", "name": "v", "value": value })]);
    let patterns =
        (0..400).map(|n| json!({ "type": "log", "message": format!("${{find(interaction.id, r'\\w{{20}}{n}')}}") }));
    let deep = format!("{}string{}", "list<".repeat(16_000), ">".repeat(16_000));
    let numbers = format!("${{[{}]}}", vec!["1"; 7_000].join(","));
    let mut unknown = flow(json!([]));
    (0..50_000).for_each(|n| unknown[format!("nodez{n}")] = json!(1));
    vec![
        (
            "type.too-deep",
            json!({ "name": "Hostile", "type": "email", "variables": [{ "name": "v", "dataType": deep }], "nodes": [] }),
        ),
        (
            "variable.types",
            node(vec![
                json!({ "type": "setVariable", "name": "v", "value": (0..45).fold(json!([]), |inside, _| json!([inside])) }),
                json!({ "type": "setVariable", "name": "v", "value": 1 }),
            ]),
        ),
        ("expression.patterns.too-large", node(patterns.collect())),
        ("document.too-complex", set(json!(vec![numbers; 150]))),
        ("document.key.unknown", unknown),
    ]
}

#[test]
fn hostile_documents_hold_up_nobody() {
    let scratch = Scratch::new("security-documents");
    let words = ["--rate-limit", "0"];
    let start = Start { arguments: words.map(str::to_owned).to_vec(), ..Start::default() };
    let mut server = Server::start(&scratch.path("data"), &start);
    let api = server.api();
    let id = api.post("/flows", &json!({ "name": "Hostile", "type": "email", "nodes": [] })).ok()["id"].clone();
    let id = id.as_str().unwrap().to_owned();
    let documents = hostile_documents();
    thread::scope(|scope| {
        let api = &api;
        let senders: Vec<_> = documents
            .iter()
            .flat_map(|(code, document)| {
                let set = json!({ "flows": [{ "document": document }], "dryRun": true });
                let tried = json!({ "document": document, "message": "Subject: x\r\n\r\n" });
                [
                    (code, "PUT", format!("/flows/{id}"), document.clone()),
                    (code, "POST", "/changesets".to_owned(), set),
                    (code, "POST", format!("/flows/{id}/try"), tried),
                ]
            })
            .map(|(code, method, path, body)| {
                scope.spawn(move || {
                    let answer =
                        api.send(method, &path, &[("Content-Type", "application/json")], body.to_string().as_bytes());
                    assert_eq!(answer.status, 400, "{code} {path}");
                    let problems = answer.json()["errors"].as_array().unwrap().clone();
                    assert!(
                        problems.iter().any(|problem| problem["code"] == **code),
                        "{code} {path}: {:?}",
                        problems[0]
                    );
                    assert!(problems.len() <= 501, "{code} {path}");
                })
            })
            .collect();
        // While they are read and checked everybody else is served.
        while senders.iter().any(|sender| !sender.is_finished()) {
            alive(&server);
            api.get("/flows").ok();
            thread::sleep(Duration::from_millis(20));
        }
    });
    // Those who send the most laborious and hang up leave nothing behind that keeps the server from its end.
    for _ in 0..20 {
        let mut stream = TcpStream::connect(&server.http).unwrap();
        let (_, document) = &documents[3];
        stream.write_all(&post("/api/v2/flows", &api.token, &document.to_string())).unwrap();
    }
    alive(&server);
    server.stop();
}
