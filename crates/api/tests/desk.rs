//! How long work waits in queues, and requests of agents that are sent again, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use support::{Answer, Server, start_behind};
use waypost_admission::{Gate, Networks, Room};
use waypost_api::serve::Edge;
use waypost_api::state::Settings;
use waypost_origin::Origin;

const JSON: &str = "Content-Type: application/json";

/// When the tests begin.
fn begin() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

/// A server whose clock is given, with mail to `help@` going straight to the queue Billing, whose service level is ten minutes; its id.
async fn prepared() -> (Server, Origin, String) {
    let origin = Origin::given(begin());
    let gate = Gate::new(Room::shared(1000), Networks::default());
    let edge = Edge { gate, proxies: Networks::default(), origin: origin.clone() };
    let server = start_behind(edge, Settings { rate_limit: 0, ..Settings::default() }, None).await;
    let queue = json!({"name": "Billing", "serviceLevel": "PT10M"});
    let queue = server.call("POST", "/routing/queues", queue).await.ok();
    server.call("POST", "/routing/queues", json!({"name": "Experts"})).await.ok();
    server.call("POST", "/routing/email/domains", json!({"id": "a.example"})).await.ok();
    let route = json!({"pattern": "help", "queue": {"id": queue["id"]}});
    server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    (server, origin, queue["id"].as_str().unwrap().to_owned())
}

fn after(minutes: i64) -> Timestamp {
    begin() + SignedDuration::from_mins(minutes)
}

/// Hands a mail in, and answers its interaction.
async fn mail(server: &Server, number: u32) -> Json {
    let raw = format!("From: ann@b.example\r\nSubject: Refund\r\nMessage-ID: <{number}@b.example>\r\n\r\nHello\r\n");
    let path = "/interactions?to=help@a.example&wait=true";
    server.call_with("POST", path, &["Content-Type: message/rfc822"], raw.as_bytes()).await.ok()
}

async fn claim(server: &Server, queue: &str) -> Json {
    let claims = server.call("POST", &format!("/routing/queues/{queue}/claims"), json!({"leaseSeconds": 3600})).await;
    claims.ok()["entities"][0].clone()
}

#[tokio::test]
async fn queues_tell_how_much_waits_and_what_exceeds_the_service_level() {
    let (server, origin, billing) = prepared().await;
    let depths = async || {
        let listed = server.get("/routing/queues").await.ok();
        let entities = listed["entities"].as_array().unwrap().clone();
        let depth = |queue: &Json| {
            let one = |name: &str| queue.get(name).cloned();
            (
                queue["name"].as_str().unwrap().to_owned(),
                one("waiting"),
                one("oldestWaitingAt"),
                one("overServiceLevel"),
            )
        };
        let alone = server.get(&format!("/routing/queues/{billing}")).await.ok();
        let billing = entities.iter().map(depth).find(|one| one.0 == "Billing").unwrap();
        assert_eq!(depth(&alone), billing);
        let other = entities.iter().map(depth).find(|one| one.0 == "Experts").unwrap();
        (billing, other)
    };
    let depth = |name: &str, waiting: u64, oldest: Option<i64>, over: Option<u64>| {
        let oldest = oldest.map(|minutes| json!(format!("{:.3}", after(minutes))));
        (name.to_owned(), Some(json!(waiting)), oldest, over.map(|over| json!(over)))
    };
    assert_eq!(depths().await, (depth("Billing", 0, None, Some(0)), depth("Experts", 0, None, None)));
    let first = mail(&server, 1).await;
    assert_eq!((&first["queuedAt"], &first["overServiceLevel"]), (&json!("2026-03-02T09:00:00.000Z"), &json!(false)));
    origin.set(after(5));
    mail(&server, 2).await;
    assert_eq!(depths().await.0, depth("Billing", 2, Some(0), Some(0)));
    origin.set(after(11));
    assert_eq!(depths().await.0, depth("Billing", 2, Some(0), Some(1)));
    let list = server.get("/interactions?queue=Billing").await.ok();
    let over: Vec<&Json> = list["entities"].as_array().unwrap().iter().map(|one| &one["overServiceLevel"]).collect();
    assert_eq!(over, [&json!(false), &json!(true)]);

    let metrics = server.send("GET", "/metrics", &[], b"").await;
    let metrics = String::from_utf8(metrics.body).unwrap();
    for line in [
        "waypost_queue_waiting{queue=\"Billing\"} 2",
        "waypost_queue_waiting{queue=\"Unrouted\"} 0",
        "waypost_queue_over_service_level{queue=\"Billing\"} 1",
        "waypost_queue_oldest_waiting_age_seconds{queue=\"Billing\"} 660.0",
        "waypost_queue_oldest_waiting_age_seconds{queue=\"Experts\"} 0.0",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
    }
    assert!(!metrics.contains("waypost_queue_over_service_level{queue=\"Experts\"}"), "it has no service level");
    assert_eq!(metrics.matches("# EOF").count(), 1);

    // What is claimed does not wait. Given back, it is as old as before; in another queue it waits anew.
    let claimed = claim(&server, &billing).await;
    assert_eq!(
        (claimed["interaction"]["queuedAt"].as_str(), claimed["interaction"].get("overServiceLevel")),
        (Some("2026-03-02T09:00:00.000Z"), None)
    );
    assert_eq!(depths().await.0, depth("Billing", 1, Some(5), Some(0)));
    let token = claimed["token"].as_str().unwrap();
    server.call("POST", &format!("/routing/queues/{billing}/claims/{token}/release"), json!({})).await.ok();
    assert_eq!(depths().await.0, depth("Billing", 2, Some(0), Some(1)));
    let claimed = claim(&server, &billing).await;
    let path = format!("/interactions/{}/transfer", claimed["interaction"]["id"].as_str().unwrap());
    let to = json!({"token": claimed["token"], "queue": {"name": "Experts"}});
    let moved = server.call("POST", &path, to).await.ok();
    assert_eq!(moved["queuedAt"], "2026-03-02T09:11:00.000Z");
    assert_eq!(depths().await, (depth("Billing", 1, Some(5), Some(0)), depth("Experts", 1, Some(11), None)));
}

/// A client puts back what it got, with its own changes: what the server measures is no member of a queue.
#[tokio::test]
async fn what_is_measured_is_not_kept() {
    let (server, _, billing) = prepared().await;
    mail(&server, 1).await;
    let path = format!("/routing/queues/{billing}");
    let mut queue = server.get(&path).await.ok();
    queue["waiting"] = json!(99);
    assert_eq!(server.call("PUT", &path, queue).await.ok()["waiting"], 1);
    let audit = server.get("/audit?entityKind=queue").await.ok().to_string();
    assert!(!audit.contains("99") && !audit.contains("oldestWaitingAt"), "{audit}");
}

#[tokio::test]
async fn a_reply_that_is_asked_for_again_is_sent_once() {
    let (server, origin, billing) = prepared().await;
    mail(&server, 1).await;
    let claimed = claim(&server, &billing).await;
    let (id, token) = (claimed["interaction"]["id"].as_str().unwrap(), &claimed["token"]);
    let path = format!("/interactions/{id}");
    let send = async |what: &str, key: &str, body: &Json| -> Answer {
        let key = format!("Idempotency-Key: {key}");
        server.call_with("POST", &format!("{path}/{what}"), &[&key, JSON], body.to_string().as_bytes()).await
    };
    let reply = json!({"token": token, "text": "It is on its way."});
    let first = send("reply", "k1", &reply).await.ok();
    assert_eq!(send("reply", "k1", &reply).await.ok(), first);
    let other = json!({"token": token, "text": "It is not."});
    let forward = json!({"token": token, "addresses": ["boss@c.example"], "attach": true});
    for (what, body) in [("reply", &other), ("forward", &forward)] {
        assert_eq!(send(what, "k1", body).await.error(), (422, "idempotency.key.reused".to_owned()), "{what}");
    }
    let sent = send("forward", "k2", &forward).await.ok();
    assert_eq!(send("forward", "k2", &forward).await.ok(), sent);
    assert_eq!(send("reply", &"k".repeat(256), &reply).await.status, 400);
    // Who did not hear the answer asks again, whatever became of the claim meanwhile: under another one, and when it is over.
    let release = format!("/routing/queues/{billing}/claims/{}/release", token.as_str().unwrap());
    server.call("POST", &release, json!({})).await.ok();
    let token = &claim(&server, &billing).await["token"];
    let reply = json!({"token": token, "text": "It is on its way."});
    assert_eq!(send("reply", "k1", &reply).await.ok(), first);
    server.call("POST", &format!("{path}/complete"), json!({"token": token})).await.ok();
    assert_eq!(send("reply", "k1", &reply).await.ok(), first);
    let again = send("reply", "k3", &reply).await;
    assert_eq!(again.error(), (409, "general.conflict".to_owned()), "another request needs the claim");
    let all = server.get(&format!("/deliveries?interactionId={id}")).await.ok();
    assert_eq!(all["entities"].as_array().unwrap().len(), 2, "{all}");
    // The key of a day ago is another request's.
    origin.set(after(24 * 60 + 1));
    let admin = server.access.issue_token(
        "admin",
        waypost_app::access::secret::Secret::new("open sesame"),
        None,
        [127, 0, 0, 1].into(),
    );
    let token = format!("Authorization: Bearer {}", admin.await.unwrap().token.expose());
    let path = format!("/api/v2{path}/reply");
    let late = server.send("POST", &path, &[&token, "Idempotency-Key: k1", JSON], reply.to_string().as_bytes()).await;
    assert_eq!(late.error(), (409, "general.conflict".to_owned()));
}
