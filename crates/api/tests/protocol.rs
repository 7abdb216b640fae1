//! What holds for every path: errors, ids, bodies, parameters, connections.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value as Json, json};
use support::{Server, server, start, start_behind};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use waypost_admission::{Gate, Networks, Room};
use waypost_api::serve::Edge;
use waypost_api::state::Settings;
use waypost_origin::Origin;

#[tokio::test]
async fn paths_and_methods() {
    let server = server().await;
    for (method, path, status, code) in [
        ("GET", "/nothing", 404, "not.found"),
        ("GET", "/api/v2/nothing", 404, "not.found"),
        ("GET", "/api/v2/flows/", 404, "not.found"),
        ("PATCH", "/api/v2/flows", 405, "method.not.allowed"),
        ("GET", "/oauth/token", 405, "method.not.allowed"),
        ("GET", "/api/v2/users/me", 501, "not.implemented"),
        ("POST", "/api/v2/flows/jobs", 501, "not.implemented"),
        ("GET", "/api/v2/flows/milestones", 501, "not.implemented"),
        ("GET", "/api/v2/routing/queues/1/members/2", 501, "not.implemented"),
    ] {
        let answer = server.send(method, path, &[], b"").await;
        assert_eq!(answer.error(), (status, code.to_owned()), "{method} {path}");
        assert_eq!(answer.header("allow").is_some(), status == 405, "{method} {path}");
    }
    let head = server.send("HEAD", "/nothing", &[], b"").await;
    assert_eq!((head.status, head.body.len()), (404, 0));
    assert_eq!(server.send("GET", "/health/live", &[], b"").await.ok(), json!({"status": "live"}));
}

#[tokio::test]
async fn what_is_no_uuid_names_nothing() {
    let server = server().await;
    for (path, code) in [
        ("/flows/1", "architect.flow.not.found"),
        ("/flows/..%2F..%2Fetc", "architect.flow.not.found"),
        ("/flows/1/versions", "architect.flow.not.found"),
        ("/routing/queues/general", "resource.not.found"),
        ("/routing/email/domains/no.example", "postino.error.not.found"),
        ("/interactions/1", "not.found"),
        ("/interactions/00000000-0000-0000-0000-000000000000/trace", "not.found"),
        ("/interactions/00000000-0000-0000-0000-000000000000/message", "not.found"),
    ] {
        assert_eq!(server.get(path).await.error(), (404, code.to_owned()), "{path}");
    }
    assert_eq!(server.get("/flows/%FF%FE").await.json()["status"], 400);
}

#[tokio::test]
async fn requests_have_ids() {
    let server = server().await;
    let own = server.send("GET", "/nothing", &["ININ-Correlation-Id: 1f0c-from-the-client"], b"").await;
    assert_eq!(own.json()["contextId"], "1f0c-from-the-client");
    let (one, two) = (server.get("/flows").await, server.get("/flows").await);
    assert_ne!(one.header("inin-correlation-id").unwrap(), two.header("inin-correlation-id").unwrap());
}

#[tokio::test]
async fn malformed_json_names_its_place() {
    let server = server().await;
    let json = "Content-Type: application/json";
    for path in ["/flows", "/routing/queues"] {
        let answer = server.call_with("POST", path, &[json], b"{\n  \"name\": oops}").await;
        let body = answer.json();
        assert_eq!((answer.status, &body["code"]), (400, &json!("bad.request")), "{path}");
        assert_eq!(
            (&body["errors"][0]["line"], &body["errors"][0]["column"]),
            (&json!(2), &json!(11)),
            "{path} {body}"
        );
        let answer = server.call_with("POST", path, &[json], b"{\"name\":\n \"\xff\"}").await;
        assert_eq!(answer.json()["errors"][0]["line"], 2, "not UTF-8");
        let answer = server.call_with("POST", path, &["Content-Type: text/plain"], b"{}").await;
        assert_eq!(answer.error(), (415, "unsupported.media.type".to_owned()));
    }
    let deep = "[".repeat(100_000);
    for path in ["/flows", "/routing/queues"] {
        assert_eq!(server.call_with("POST", path, &[json], deep.as_bytes()).await.status, 400);
    }
}

#[tokio::test]
async fn empty_bodies_and_null_are_nothing() {
    let server = server().await;
    let queue = server.call("POST", "/routing/queues", json!({"name": "Q"})).await.ok();
    let path = format!("/routing/queues/{}/claims", queue["id"].as_str().unwrap());
    let json = "Content-Type: application/json";
    for body in [&b""[..], b"null", b" \n", b"{}"] {
        let answer = server.call_with("POST", &path, &[json], body).await;
        assert_eq!(answer.ok(), json!({"entities": []}));
    }
    let answer = server.call_with("POST", &path, &[json], b"[]").await;
    assert_eq!(answer.json()["errors"][0]["expected"], "an object");
    // Both SDKs send a content type with GET.
    assert_eq!(server.call_with("GET", "/flows", &[json], b"").await.status, 200);
}

#[tokio::test]
async fn parameters_are_all_checked() {
    let server = server().await;
    let answer = server.get("/flows?pageSize=501&pageNumber=0&sortOrder=up&nmae=x").await;
    assert_eq!(answer.error(), (400, "invalid.value".to_owned()));
    let body = answer.json();
    let paths: Vec<&Json> = body["errors"].as_array().unwrap().iter().map(|one| &one["path"]).collect();
    assert_eq!(paths, ["pageSize", "pageNumber", "sortOrder", "nmae"]);
    assert_eq!(body["errors"][3]["suggestion"], "did you mean `name`?");
}

#[tokio::test]
async fn bodies_have_limits() {
    let settings = Settings { rate_limit: 0, max_json_bytes: 1000, max_message_bytes: 5000, ..Settings::default() };
    let server = start(settings).await;
    let large = vec![b' '; 1001];
    let answer = server.call_with("POST", "/flows", &["Content-Type: application/json"], &large).await;
    assert_eq!(answer.error(), (413, "request.entity.too.large".to_owned()));
    let mail = vec![b'x'; 300_000];
    let kind = "Content-Type: message/rfc822";
    let answer = server.call_with("POST", "/interactions?to=a@b.example", &[kind], &mail).await;
    assert_eq!(answer.error(), (413, "request.entity.too.large".to_owned()), "the client sees it after sending all");

    // Announced in no header: counted while it comes.
    let head = format!(
        "POST /api/v2/interactions?to=a@b.example HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: Bearer {}\r\n{kind}\r\nTransfer-Encoding: chunked\r\n\r\n",
        server.admin
    );
    let chunk = format!("{:x}\r\n{}\r\n", 4000, "y".repeat(4000));
    let answer = server.raw(format!("{head}{chunk}{chunk}0\r\n\r\n").as_bytes()).await;
    assert_eq!(answer.status, 413);

    // Who asks first is told at once, and sends nothing.
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let ask = head.replace("Transfer-Encoding: chunked", "Content-Length: 9999999\r\nExpect: 100-continue");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    assert!(told.starts_with("HTTP/1.1 413"), "{told}");
}

#[tokio::test]
async fn all_bodies_together_have_a_limit() {
    let settings = Settings { rate_limit: 0, max_held_bytes: 1 << 20, ..Settings::default() };
    let server = start(settings).await;
    let mail = vec![b'x'; 2 << 20];
    for _ in 0..3 {
        let answer = server.call_with("POST", "/interactions?to=a@b.example", &[], &mail).await;
        assert_eq!(answer.error(), (503, "service.unavailable".to_owned()));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    let small = server.call_with("POST", "/interactions?to=a@b.example", &[], &mail[..1000]).await;
    assert_eq!(small.status, 422, "what was held is given back");
}

#[tokio::test]
async fn the_server_ends_in_order() {
    let server = server().await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut first = [0_u8; 15];
    idle.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    server.stop.send(true).unwrap();
    server.serving.await.unwrap();
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_request_names_one_host() {
    let server = server().await;
    for (head, status) in [
        ("GET /health/live HTTP/1.1\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: a\r\nHost: a\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: a\r\nhost: b\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost:\r\n", 400),
        ("GET /health/live HTTP/1.1\r\nHost: a b\r\n", 400),
        ("GET http://a/health/live HTTP/1.1\r\n", 400),
        ("GET /health/live HTTP/1.0\r\nHost: a\r\nHost: b\r\n", 400),
        ("GET /health/live HTTP/1.0\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nHost: a.example:8080\r\n", 200),
        ("GET /health/live HTTP/1.1\r\nHost: [::1]:8080\r\n", 200),
    ] {
        let answer = server.raw(format!("{head}Connection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(answer.status, status, "{head}");
        if status == 400 {
            assert_eq!(answer.error(), (400, "bad.request".to_owned()));
        }
    }
}

#[tokio::test]
async fn answers_are_not_kept_and_not_guessed_at() {
    let server = server().await;
    let token = format!("Authorization: Bearer {}", server.admin);
    for (method, path, headers) in [
        ("GET", "/api/v2/flows", vec![token.as_str()]),
        ("GET", "/api/v2/flows", vec![]),
        ("GET", "/api/v2/nothing", vec![]),
        ("GET", "/api/v2/users/me", vec![]),
        ("POST", "/oauth/token", vec![]),
        ("GET", "/health/live", vec![]),
        ("GET", "/metrics", vec![]),
        ("GET", "/api/v2/docs", vec![]),
        ("GET", "/api/v2/docs/openapi.json", vec![]),
        ("GET", "/api/v2/docs/assets/start.js", vec![]),
    ] {
        let answer = server.send(method, path, &headers, b"").await;
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), None, "{path}: not without TLS");
    }
    let page = server.send("GET", "/api/v2/docs", &[], b"").await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let html = String::from_utf8(page.body).unwrap();
    assert!(!html.contains("style=") && !html.contains("<style") && !html.contains("onload="), "{html}");
    assert!(html.split("<script").skip(1).all(|script| script.trim_start().starts_with("src=")), "{html}");
}

fn coded(coding: &str, content: &[u8]) -> Vec<u8> {
    if coding == "deflate" {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        return encoder.finish().unwrap();
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

async fn send_coded(server: &Server, path: &str, kind: &str, coding: &str, body: &[u8]) -> support::Answer {
    let headers = [format!("Content-Type: {kind}"), format!("Content-Encoding: {coding}")];
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let method = if path.ends_with("/rows") { "PUT" } else { "POST" };
    server.call_with(method, path, &headers, body).await
}

#[tokio::test]
async fn coded_bodies_are_decoded_within_limits() {
    let server = start(Settings { rate_limit: 0, max_json_bytes: 5000, ..Settings::default() }).await;
    let json = "application/json";
    for (number, coding) in ["gzip", "x-gzip", "deflate", "GZIP", "identity, gzip"].into_iter().enumerate() {
        let body = coded(coding, format!("{{\"name\":\"Q{number}\"}}").as_bytes());
        let made = send_coded(&server, "/routing/queues", json, coding, &body).await.ok();
        assert_eq!(made["name"], format!("Q{number}"));
    }
    let plain = br#"{"name":"plain"}"#;
    assert_eq!(send_coded(&server, "/routing/queues", json, "identity", plain).await.status, 200);
    for coding in ["br", "zstd", "compress", "gzip, gzip", "nonsense"] {
        let answer = send_coded(&server, "/routing/queues", json, coding, plain).await;
        assert_eq!(answer.error(), (415, "unsupported.media.type".to_owned()), "{coding}");
        assert_eq!(answer.header("accept-encoding"), Some("gzip, deflate"), "{coding}");
    }
    // Not what it says it is, or not all of it.
    let whole = coded("gzip", plain);
    for body in [&plain[..], &whole[..whole.len() / 2], b""] {
        assert_eq!(send_coded(&server, "/routing/queues", json, "gzip", body).await.status, 400);
    }
    // 4 KiB that would be 4 MiB.
    let bomb = coded("gzip", &vec![b' '; 4 << 20]);
    assert!(bomb.len() < 50_000);
    let large = start(Settings { rate_limit: 0, max_json_bytes: 1 << 20, ..Settings::default() }).await;
    let answer = send_coded(&large, "/routing/queues", json, "gzip", &bomb).await;
    assert_eq!(answer.error(), (413, "request.entity.too.large".to_owned()));

    let table = json!({"name": "T", "schema": {"properties": {"key": {"title": "Code", "type": "string"}, "Team": {"title": "Team", "type": "string"}}}});
    let table = server.call("POST", "/flows/datatables", table).await.ok();
    let path = format!("/flows/datatables/{}/rows", table["id"].as_str().unwrap());
    let rows = coded("gzip", b"key,Team\na,1\nb,2\n");
    assert_eq!(send_coded(&server, &path, "text/csv", "gzip", &rows).await.ok()["added"], 2);
    assert_eq!(send_coded(&server, &path, "text/csv", "br", &rows).await.status, 415);
}

#[tokio::test]
async fn bodies_without_an_end_leave_room_for_others() {
    let settings =
        Settings { rate_limit: 0, max_held_bytes: 16 << 20, max_message_bytes: 8 << 20, ..Settings::default() };
    let server = start(settings).await;
    let head = format!(
        "POST /api/v2/interactions?to=a%40b.example HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 8000000\r\n\r\n",
        server.admin
    );
    let mut unfinished = Vec::new();
    for number in 0..6 {
        let mut stream = connect_from(&server, [127, 0, number, 2]).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        // One that finds no room is answered, and then need not be read.
        let _ = timeout(Duration::from_secs(5), stream.write_all(&vec![b'x'; 3 << 20])).await;
        unfinished.push(stream);
    }
    for number in 0..10 {
        let queue = json!({"name": format!("Q{number}"), "description": "x".repeat(100_000)});
        assert_ne!(server.call("POST", "/routing/queues", queue).await.status, 503);
    }
    drop(unfinished);
}

/// A connection from another address of this machine.
async fn connect_from(server: &Server, address: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    socket.connect(server.address).await.unwrap()
}

const HEALTH: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n";

/// The status of an answer on a connection that stays open.
async fn status(stream: &mut TcpStream) -> Option<u16> {
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.ok().filter(|read| *read > 0)?;
    String::from_utf8_lossy(&answer[..read]).split(' ').nth(1)?.parse().ok()
}

#[tokio::test]
async fn connections_that_do_nothing_keep_nobody_out() {
    let room = Room { all: 8, address: 4, network: 6 };
    let edge =
        Edge { gate: Gate::new(room, Networks::default()), proxies: Networks::default(), origin: Origin::system() };
    let server = start_behind(edge, Settings { rate_limit: 0, ..Settings::default() }, None).await;
    // Some silent, some in the middle of a header.
    let mut idle = Vec::new();
    for number in 0..40 {
        let mut stream = connect_from(&server, [127, 0, 0, 2]).await;
        if number % 2 == 1 {
            stream.write_all(b"GET /health/live HTTP/1.1\r\nHo").await.unwrap();
        }
        idle.push(stream);
    }
    for address in [[127, 0, 0, 2], [127, 0, 0, 3], [127, 0, 1, 1], [127, 0, 2, 1]] {
        let mut stream = connect_from(&server, address).await;
        stream.write_all(HEALTH).await.unwrap();
        assert_eq!(status(&mut stream).await, Some(200), "{address:?}");
    }
    // The first of the idle ones is gone, and the newest is not.
    assert_eq!(timeout(Duration::from_secs(60), status(&mut idle[0])).await.unwrap(), None);

    // Connections that are in the middle of a request stay. Those beyond the share are told.
    let busy_head = format!(
        "POST /api/v2/flows HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\r\n{{",
        server.admin
    );
    let begin = async || {
        let mut stream = connect_from(&server, [127, 0, 9, 1]).await;
        stream.write_all(busy_head.as_bytes()).await.unwrap();
        stream
    };
    let mut busy = Vec::new();
    for _ in 0..4 {
        busy.push(begin().await);
    }
    let refused = loop {
        let mut stream = connect_from(&server, [127, 0, 9, 1]).await;
        stream.write_all(HEALTH).await.unwrap();
        let answered = status(&mut stream).await;
        if answered != Some(200) {
            break answered;
        }
        // Until all four have been read as far as their bodies, a newcomer takes the place of one that has not: another comes for it.
        drop(stream);
        tokio::time::sleep(Duration::from_millis(10)).await;
        busy.push(begin().await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert!(refused.is_none_or(|status| status == 503), "{refused:?}");
}

#[tokio::test]
async fn a_member_that_stands_twice_is_refused_everywhere() {
    let server = server().await;
    let flow = r#"{"name": "F", "type": "email", "nodes": []}"#;
    let id = server.call_with("POST", "/flows", &[], flow.as_bytes()).await.ok()["id"].as_str().unwrap().to_owned();
    for (method, path, body, place) in [
        ("POST", "/routing/queues", r#"{"name": "A", "name": "B"}"#, "name"),
        ("POST", "/routing/queues", r#"{"name": "A", "extra": [{"x": 1, "x": 2}]}"#, "extra[0].x"),
        ("POST", "/flows", r#"{"name": "A", "name": "B", "type": "email", "nodes": []}"#, "name"),
        (
            "POST",
            "/flows",
            r#"{"name": "G", "type": "email", "nodes": [], "variables": [{"name": "v", "dataType": "json", "default": {"x": 1, "x": 2}}]}"#,
            "variables[0].default.x",
        ),
        ("POST", "/changesets", r#"{"flows": [], "flows": []}"#, "flows"),
        ("POST", "/changesets", r#"{"note": "a", "note": "b", "flows": []}"#, "note"),
        ("POST", "/changesets", r#"{"flows": [{"name": "F", "name": "G", "version": 1}]}"#, "flows[0].name"),
        ("POST", &format!("/flows/{id}/try"), r#"{"message": "a", "inputs": {"x": 1, "x": 2}}"#, "inputs.x"),
        ("POST", "/replays", r#"{"flows": [], "count": 1, "count": 2}"#, "count"),
    ] {
        let answer = server.call_with(method, path, &["Content-Type: application/json"], body.as_bytes()).await;
        assert_eq!(answer.status, 400, "{path} {body}");
        let problem = answer.json()["errors"][0].clone();
        assert_eq!((&problem["code"], &problem["path"]), (&json!("document.key.duplicate"), &json!(place)), "{body}");
    }
}

#[tokio::test]
async fn of_very_many_problems_the_first_are_listed() {
    let server = server().await;
    let unknown: String = (0..100_000).map(|n| format!(r#","k{n}": 1"#)).collect();
    for (path, body) in [
        ("/flows", format!(r#"{{"name": "F", "type": "email", "nodes": []{unknown}}}"#)),
        ("/changesets", format!(r#"{{"queues": ["Q"]{unknown}}}"#)),
    ] {
        let answer = server.call_with("POST", path, &["Content-Type: application/json"], body.as_bytes()).await;
        assert_eq!(answer.status, 400);
        let errors = answer.json()["errors"].as_array().unwrap().clone();
        assert_eq!(errors.len(), 501, "{path}");
        assert_eq!(errors[500]["code"], "problems.more");
        assert_eq!(errors[500]["message"], "99500 more problems are not listed", "{path}");
    }
}
