//! The stream of events, the overview, how flows are, and the map, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use serde_json::{Value as Json, json};
use support::{Answer, Server, server};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_secs(15);

/// A stream that is read line by line. Lines of the transfer coding are passed over.
struct Watch {
    lines: Lines<BufReader<TcpStream>>,
    status: u16,
}

/// An event: its id, its name, its data.
type Event = (String, String, Json);

impl Watch {
    async fn open(server: &Server, query: &str, headers: &[&str]) -> Self {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let mut request =
            format!("GET /api/v2/events/stream{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        headers.iter().for_each(|header| request.push_str(&format!("{header}\r\n")));
        stream.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        let first = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
        Self { lines, status: first.split(' ').nth(1).unwrap().parse().unwrap() }
    }

    async fn admin(server: &Server, query: &str, last: Option<&str>) -> Self {
        let token = format!("Authorization: Bearer {}", server.admin);
        let last = last.map(|last| format!("Last-Event-ID: {last}"));
        let headers: Vec<&str> = [token.as_str()].into_iter().chain(last.as_deref()).collect();
        Self::open(server, query, &headers).await
    }

    /// The next event; none once the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        let (mut id, mut name) = (String::new(), String::new());
        loop {
            let line = timeout(PATIENCE, self.lines.next_line()).await.expect("an event or an end").ok()??;
            if let Some(found) = line.strip_prefix("id: ") {
                id = found.to_owned();
            } else if let Some(found) = line.strip_prefix("event: ") {
                name = found.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                return Some((id, name, serde_json::from_str(data).unwrap()));
            }
        }
    }

    /// The next event that has this name.
    async fn until(&mut self, wanted: &str) -> (String, Json) {
        loop {
            let (id, name, data) = self.next().await.expect("more events");
            if name == wanted {
                return (id, data);
            }
        }
    }
}

/// A server with a queue, and a flow that sends everything for `help@` there. Answers the identifiers of both.
async fn prepared() -> (Server, String, String) {
    let server = server().await;
    let queue = json!({"name": "Billing", "serviceLevel": "PT4H"});
    let queue = server.call("POST", "/routing/queues", queue).await.ok();
    let flow = json!({"name": "In", "type": "email", "nodes": [
        {"id": "go", "actions": [{"type": "transferToQueue", "queue": "Billing"}]}]});
    let flow = server.call("POST", "/flows", flow).await.ok();
    server.call("POST", "/routing/email/domains", json!({"id": "a.example"})).await.ok();
    let route = json!({"pattern": "help", "flow": {"id": flow["id"]}});
    server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    let id = |object: &Json| object["id"].as_str().unwrap().to_owned();
    (server, id(&queue), id(&flow))
}

async fn hand_in(server: &Server, number: u32) -> Json {
    let mail = format!("From: a@b.example\r\nSubject: {number}\r\nMessage-ID: <{number}@x>\r\n\r\nHello\r\n");
    let path = "/interactions?to=help@a.example&wait=true";
    server.call_with("POST", path, &["Content-Type: message/rfc822"], mail.as_bytes()).await.ok()
}

#[tokio::test]
async fn what_happens_is_told_and_can_be_resumed() {
    let (server, queue, flow) = prepared().await;
    let mut watch = Watch::admin(&server, "", None).await;
    assert_eq!(watch.status, 200);
    let (begun, name, data) = watch.next().await.unwrap();
    assert_eq!((name.as_str(), data), ("ready", json!({})));
    let made = hand_in(&server, 1).await;
    let told = json!({"interactionId": made["id"], "state": "decided", "queueId": queue, "flowId": flow});
    assert_eq!(watch.until("interaction.received").await.1, told);
    let (decided, data) = watch.until("interaction.decided").await;
    assert_eq!((&data["decision"], &data["interactionId"]), (&json!("queue"), &made["id"]));
    // Who is told reads it again at once, and finds it changed.
    let path = format!("/routing/queues/{queue}");
    let read = async {
        let (_, data) = watch.until("object.changed").await;
        (data, server.get(&path).await.ok()["name"].clone())
    };
    let (changed, told) = tokio::join!(server.call("PUT", &path, json!({"name": "Money"})), read);
    assert_eq!((changed.status, told), (200, (json!({"kind": "queue", "objectId": queue}), json!("Money"))));

    // Whoever comes back reads on, and whoever comes back with what this server never said begins anew.
    let mut again = Watch::admin(&server, "", Some(&begun)).await;
    let first = again.next().await.unwrap();
    assert_eq!((first.0.as_str(), first.1.as_str()), (begun.as_str(), "ready"));
    assert_eq!(again.until("interaction.decided").await.0, decided);
    for unknown in ["nonsense", "00000000000000000000000000000007-1", "é"] {
        let mut lost = Watch::admin(&server, "", Some(unknown)).await;
        let (id, name, data) = lost.next().await.unwrap();
        assert_eq!((name.as_str(), data), ("reset", json!({"reason": "unknown"})), "{unknown}");
        assert_eq!(Watch::admin(&server, "", Some(&id)).await.next().await.unwrap().1, "ready");
    }
}

#[tokio::test]
async fn nobody_is_told_more_than_may_be_read_or_is_asked_for() {
    let (server, queue, flow) = prepared().await;
    let bearer = |token: String| format!("Authorization: Bearer {token}");
    assert_eq!(Watch::open(&server, "", &[]).await.status, 401);
    let other = bearer(server.token("routing:read").await);
    assert_eq!(Watch::open(&server, "", &[&other]).await.status, 403);
    for wrong in ["?kinds=mail", "?queueId=x", "?flow=x"] {
        assert_eq!(Watch::admin(&server, wrong, None).await.status, 400, "{wrong}");
    }
    let mail_alone = bearer(server.token("email:read").await);
    let mut mail_alone = Watch::open(&server, "", &[&mail_alone]).await;
    let mut objects = Watch::admin(&server, "?kinds=object", None).await;
    let mut there = Watch::admin(&server, &format!("?queueId={queue}"), None).await;
    let mut elsewhere = Watch::admin(&server, &format!("?queueId={flow}&kinds=interaction"), None).await;
    for watch in [&mut mail_alone, &mut objects, &mut there, &mut elsewhere] {
        assert_eq!(watch.next().await.unwrap().1, "ready");
    }
    server.call("POST", "/routing/queues", json!({"name": "More"})).await.ok();
    hand_in(&server, 1).await;
    server.call("POST", "/routing/queues", json!({"name": "Still more"})).await.ok();
    for watch in [&mut mail_alone, &mut there] {
        assert_eq!(watch.next().await.unwrap().1, "interaction.received");
        assert_eq!(watch.next().await.unwrap().1, "interaction.decided");
    }
    for _ in 0..2 {
        assert_eq!(objects.next().await.unwrap().1, "object.changed");
    }
    assert!(timeout(Duration::from_millis(400), elsewhere.next()).await.is_err(), "nothing is in that queue");
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_with_the_server() {
    let (server, ..) = prepared().await;
    let credentials = br#"{"clientId":"admin","clientSecret":"open sesame"}"#;
    let headers = ["Waypost-Console: 1", "Content-Type: application/json"];
    let signed_in = server.send("POST", "/api/v2/console/sessions", &headers, credentials).await;
    let cookie = format!("Cookie: {}", signed_in.header("set-cookie").unwrap().split(';').next().unwrap());
    let session = ["Waypost-Console: 1", cookie.as_str()];
    let mut watch = Watch::open(&server, "", &session).await;
    assert_eq!(watch.next().await.unwrap().1, "ready");
    let ended = server.send("DELETE", "/api/v2/console/sessions/me", &session, b"").await;
    assert_eq!(ended.status, 204);
    assert_eq!(watch.next().await, None);
    let mut other = Watch::admin(&server, "", None).await;
    assert_eq!(other.next().await.unwrap().1, "ready");
    server.stop.send(true).unwrap();
    assert_eq!(other.next().await, None);
}

#[tokio::test]
async fn a_client_holds_so_many_streams_and_no_more() {
    let (server, ..) = prepared().await;
    let mut held = Vec::new();
    for _ in 0..32 {
        let mut watch = Watch::admin(&server, "", None).await;
        assert_eq!(watch.next().await.unwrap().1, "ready");
        held.push(watch);
    }
    let refused = server.get("/events/stream").await;
    assert_eq!(refused.error(), (429, "too.many.streams".to_owned()));
    held.pop();
    loop {
        let watch = Watch::admin(&server, "", None).await;
        if watch.status == 200 {
            break;
        }
    }
}

#[tokio::test]
async fn too_much_at_a_time_is_a_reset() {
    let (server, ..) = prepared().await;
    let mut watch = Watch::admin(&server, "?kinds=object", None).await;
    assert_eq!(watch.next().await.unwrap().1, "ready");
    let queues = (0..600).map(|number| json!({"kind": "queue", "put": {"name": format!("Q{number}")}}));
    let changes = json!({"objects": queues.collect::<Vec<_>>()});
    let applied = server.call("POST", "/changesets", changes).await;
    assert_eq!(applied.status / 100, 2, "{}", String::from_utf8_lossy(&applied.body));
    let (_, name, data) = watch.next().await.unwrap();
    assert_eq!((name.as_str(), data), ("reset", json!({"reason": "slow"})));
}

fn counts(overview: &Json) -> (u64, u64, u64) {
    let minutes = overview["series"].as_array().unwrap();
    let sum = |member: &str| minutes.iter().map(|minute| minute[member].as_u64().unwrap()).sum();
    (sum("accepted"), sum("duplicates"), sum("failed"))
}

#[tokio::test]
async fn the_overview_counts_what_was_done_and_tells_what_waits() {
    let (server, queue, _) = prepared().await;
    for number in [1, 2, 2] {
        let mail = format!("From: a@b.example\r\nMessage-ID: <{number}@x>\r\n\r\nHello\r\n");
        let path = "/interactions?to=help@a.example&wait=true";
        let answer: Answer = server.call_with("POST", path, &["Content-Type: message/rfc822"], mail.as_bytes()).await;
        assert_eq!(answer.status, 200);
    }
    let overview = server.get("/overview?minutes=5").await.ok();
    assert_eq!(overview["series"].as_array().unwrap().len(), 5);
    assert_eq!(counts(&overview), (3, 1, 0));
    let totals = &overview["totals"];
    assert_eq!(totals["accepted"], 3);
    assert_eq!(totals["decided"], json!({"queue": 2, "forward": 0, "disconnect": 0, "unrouted": 0}));
    assert!(totals["decision"]["p50Ms"].as_f64().unwrap() <= totals["decision"]["p95Ms"].as_f64().unwrap());
    let led = &overview["byQueue"][0];
    assert_eq!((&led["queue"], &led["total"]), (&json!({"id": queue, "name": "Billing"}), &json!(2)));
    assert_eq!(led["decided"].as_array().unwrap().iter().map(|count| count.as_u64().unwrap()).sum::<u64>(), 2);
    let waits = &overview["queues"][0];
    assert_eq!((&waits["waiting"], &waits["serviceLevel"]), (&json!(2), &json!("PT4H")));
    assert_eq!((&waits["overServiceLevel"], waits["oldestWaitingAt"].is_string()), (&json!(0), true));
    assert_eq!(overview["undecided"], json!({"waiting": 0}));
    assert_eq!((&overview["unrouted"], &overview["mailboxes"]), (&json!(0), &json!([])));
    assert_eq!(overview["deliveries"]["pending"], 0);
    assert_eq!(overview.get("withheld"), None);
    let token = format!("Authorization: Bearer {}", server.token("email:read").await);
    let less = server.send("GET", "/api/v2/overview", &[&token], b"").await.ok();
    assert_eq!((less.get("queues"), less.get("mailboxes")), (None, None));
    assert_eq!((&less["withheld"], less["series"].as_array().unwrap().len()), (&json!(["routing:read"]), 60));
    assert_eq!(server.get("/overview?minutes=1441").await.status, 400);
}

#[tokio::test]
async fn flows_tell_their_traffic_and_their_last_change() {
    let (server, _, flow) = prepared().await;
    hand_in(&server, 1).await;
    let other = json!({"name": "Other", "type": "email", "nodes": [
        {"id": "go", "actions": [{"type": "transferToQueue", "queue": "Billing"}]}]});
    server.call("POST", "/flows", other).await.ok();
    let page = server.get("/flows/health?pageSize=1").await.ok();
    assert_eq!((&page["total"], page["entities"].as_array().unwrap().len()), (&json!(2), 1));
    let health = server.get(&format!("/flows/health?id={flow}")).await.ok();
    let one = &health["entities"][0];
    assert_eq!((&one["name"], &one["runs"], &one["failed"]), (&json!("In"), &json!(1), &json!(0)));
    assert_eq!((&one["publishedVersion"], &one["draft"]), (&json!(1), &json!(false)));
    assert_eq!((&one["lastChange"]["kind"], &one["lastChange"]["by"]), (&json!("published"), &json!("admin")));
    let token = format!("Authorization: Bearer {}", server.token("flow:read").await);
    let less = server.send("GET", &format!("/api/v2/flows/health?id={flow}"), &[&token], b"").await.ok();
    assert_eq!(less["entities"][0].get("runs"), None);
}

#[tokio::test]
async fn the_map_has_everything_and_who_uses_whom() {
    let (server, queue, flow) = prepared().await;
    let map = server.get("/map").await.ok();
    let nodes = map["nodes"].as_array().unwrap();
    let key = |kind: &str| {
        let found = nodes.iter().find(|node| node["kind"] == kind).unwrap_or_else(|| panic!("{kind} in {map}"));
        found["key"].as_str().unwrap().to_owned()
    };
    let (flow, queue, route) = (format!("flow:{flow}"), format!("queue:{queue}"), key("route"));
    assert_eq!(key("domain"), "domain:a.example");
    let edges: Vec<(&str, &str, &str)> = map["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| ["from", "to", "kind"].map(|member| edge[member].as_str().unwrap()).into())
        .collect();
    for edge in [
        (route.as_str(), "domain:a.example", "domain"),
        (route.as_str(), flow.as_str(), "route"),
        (flow.as_str(), queue.as_str(), "transferToQueue"),
    ] {
        assert!(edges.contains(&edge), "{edge:?} in {edges:?}");
    }
    let token = format!("Authorization: Bearer {}", server.token("flow:read").await);
    let less = server.send("GET", "/api/v2/map", &[&token], b"").await.ok();
    assert_eq!((less["nodes"].as_array().unwrap().len(), &less["edges"]), (1, &json!([])));
    assert_eq!(less["withheld"], json!(["routing:read"]));
}

#[tokio::test]
async fn what_is_on_its_way_out_does_not_wait() {
    let (server, ..) = prepared().await;
    hand_in(&server, 1).await;
    let listed = async |state: &str| {
        let found = server.get(&format!("/interactions?state={state}")).await.ok();
        found["entities"].as_array().unwrap().len()
    };
    assert_eq!((listed("waiting").await, listed("decided").await, listed("claimed").await), (1, 1, 0));
    let flow = json!({"name": "Out", "type": "email", "nodes": [
        {"id": "go", "actions": [{"type": "forward", "addresses": ["z@elsewhere.example"]}]}]});
    let flow = server.call("POST", "/flows", flow).await.ok();
    let route = json!({"pattern": "out", "flow": {"id": flow["id"]}});
    server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    let mail = b"From: a@b.example\r\nMessage-ID: <o@x>\r\n\r\nHello\r\n";
    let path = "/interactions?to=out@a.example&wait=true";
    server.call_with("POST", path, &["Content-Type: message/rfc822"], mail).await.ok();
    assert_eq!((listed("waiting").await, listed("decided").await), (1, 2));
}
