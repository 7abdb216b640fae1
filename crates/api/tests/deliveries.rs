//! What goes out, over a real socket: deliveries, what people do with claimed work, attachments, the ledger.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use support::{Answer, Server, server};
use waypost_ids::{DecisionKind, DeliveryId, DeliveryKind, InteractionId, QueueId};
use waypost_origin::Origin;
use waypost_store::leases::Lease;
use waypost_store::records::facts::Facts;
use waypost_store::records::mail::{
    AcceptOutcome, Acceptance, Accepted, DecisionRecord, NewInteraction, NewMessage, RunRecord,
};
use waypost_store::records::outbox::{Addressed, AttemptEnd, Attempted, Content, DeliveryClaim, Held, Outgoing, Way};

const MAIL: &str = "Content-Type: message/rfc822";

const RAW: &[u8] = b"From: ann@b.example\r\nTo: help@a.example\r\nSubject: Refund\r\nMessage-ID: <1@b.example>\r\n\
Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello\r\n--x\r\n\
Content-Type: text/html; name=\"../a.html\"\r\nContent-Disposition: attachment; filename=\"../a.html\"\r\n\
Content-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--x--\r\n";

/// A server with a queue, and the queue's id.
async fn prepared() -> (Server, QueueId) {
    let server = server().await;
    let queue = server.call("POST", "/routing/queues", json!({"name": "Billing"})).await.ok();
    let id = queue["id"].as_str().unwrap().parse().unwrap();
    (server, id)
}

/// A mail to these recipients; those with a rule are held back by it.
fn outgoing(kind: DeliveryKind, to: &[(&str, Option<&str>)]) -> Outgoing {
    let origin = Origin::system();
    let addressed = |(target, rule): &(&str, Option<&str>)| Addressed {
        id: DeliveryId(origin.id_in_order()),
        target: (*target).to_owned(),
        held: rule.map(|rule| Held { rule: rule.to_owned(), reason: "a machine wrote it".to_owned() }),
        answers: None,
    };
    let place = json!({"flowId": origin.id(), "flowName": "Then", "version": 3, "nodeId": "start", "action": 1});
    Outgoing {
        kind,
        content: Content {
            head: "From: help@a.example\r\nTo: ann@b.example\r\nMessage-ID: <r1@a.example>\r\n\r\nThe original:\r\n"
                .into(),
            with_original: true,
            tail: "The end.\r\n".into(),
        },
        sender: "help@a.example".to_owned(),
        message_id: "r1@a.example".to_owned(),
        place: Some(place.to_string()),
        to: to.iter().map(addressed).collect(),
    }
}

/// Keeps an interaction that was decided with these mails.
async fn decided(server: &Server, kind: DecisionKind, queue: QueueId, sends: Vec<Outgoing>) -> InteractionId {
    let origin = Origin::system();
    let now = origin.now();
    let decision = DecisionRecord {
        kind,
        queue: Some(queue),
        priority: 0,
        skills: Vec::new(),
        language: None,
        addresses: Vec::new(),
        reason: None,
        outcome: Some("answered".to_owned()),
        error: None,
    };
    let run = RunRecord {
        flow: None,
        started_at: now,
        duration_us: 1,
        decision,
        attributes: BTreeMap::new(),
        trace: r#"{"version":1,"events":[]}"#.to_owned(),
        journal: None,
        rerun_by: None,
        sends,
    };
    let interaction = NewInteraction {
        id: InteractionId(origin.id_in_order()),
        envelope_to: "help@a.example".to_owned(),
        route: None,
        priority: 0,
        opening: None,
        run: Some(run),
        epoch: server.store.epoch().await.unwrap(),
        thread: None,
        note: None,
    };
    let message = NewMessage {
        raw: Bytes::from_static(RAW),
        envelope_from: "ann@b.example".to_owned(),
        remote: "127.0.0.1".to_owned(),
        received_at: now,
        message_id: None,
        senders: Vec::new(),
        subject: "Refund".to_owned(),
        content_hash: [0; 32],
        facts: Facts::default(),
    };
    let acceptance = Acceptance { message, interactions: vec![interaction], idempotency: None, taken_from: None };
    let AcceptOutcome::Committed(accepted) = server.store.accept(acceptance).await.unwrap() else { panic!() };
    let [Accepted::Created { id, decided: true, .. }] = accepted.as_slice() else { panic!("{accepted:?}") };
    *id
}

/// One attempt at everything that is due, with this end.
async fn attempt(server: &Server, end: AttemptEnd, answer: &str) -> usize {
    let origin = Origin::system();
    let now = origin.now();
    let lease = Lease { id: origin.id(), until: now + Duration::from_secs(60) };
    let id = lease.id;
    let claimed = server
        .store
        .claim_deliveries(
            DeliveryClaim {
                way: Way::Mail,
                max: 100,
                lease,
                most_of_a_domain: 100,
                busy: Vec::new(),
                first: Vec::new(),
                not: Vec::new(),
            },
            now,
        )
        .await
        .unwrap();
    for one in &claimed {
        let attempted = Attempted { end, answer: answer.to_owned() };
        assert!(server.store.end_attempt(one.id, id, attempted, origin.now()).await.unwrap());
    }
    claimed.len()
}

fn ids(answer: &Answer) -> Vec<String> {
    let entities = answer.ok()["entities"].as_array().unwrap().clone();
    entities.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

async fn claim(server: &Server, queue: QueueId) -> String {
    let claims = server.call("POST", &format!("/routing/queues/{queue}/claims"), Json::Null).await.ok();
    claims["entities"][0]["token"].as_str().expect("work in the queue").to_owned()
}

#[tokio::test]
async fn deliveries_are_listed_and_shown() {
    let (server, queue) = prepared().await;
    let reply = outgoing(DeliveryKind::Reply, &[("ann@b.example", None), ("bob@b.example", Some("automatic"))]);
    let notice = outgoing(DeliveryKind::Mail, &[("Boss@a.example", None)]);
    let id = decided(&server, DecisionKind::Queue, queue, vec![reply, notice]).await;

    let all = server.get("/deliveries").await;
    assert_eq!(ids(&all).len(), 3);
    for (filter, count) in [
        ("state=pending", 2),
        ("state=cancelled", 1),
        ("state=dead", 0),
        ("kind=mail", 1),
        ("target=boss@A.example", 1),
        ("kind=reply&state=pending", 1),
    ] {
        assert_eq!(
            ids(&server.get(&format!("/deliveries?interactionId={id}&{filter}")).await).len(),
            count,
            "{filter}"
        );
    }
    // Page by page it is the same list.
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/deliveries?pageSize=1{cursor}")).await;
        paged.extend(ids(&page));
        match page.ok()["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, ids(&all));
    assert_eq!(server.get("/deliveries?state=lost").await.json()["errors"][0]["path"], "state");
    assert_eq!(server.get("/deliveries/no-id").await.error(), (404, "not.found".to_owned()));

    let held = server.get("/deliveries?state=cancelled").await.ok()["entities"][0].clone();
    assert_eq!(held["heldBy"], json!({"rule": "automatic", "reason": "a machine wrote it"}));
    let path = format!("/deliveries/{}", ids(&server.get("/deliveries?target=ann@b.example").await)[0]);
    let one = server.get(&path).await.ok();
    assert_eq!(
        (&one["kind"], &one["state"], &one["attempts"], &one["run"]),
        (&json!("reply"), &json!("pending"), &json!(0), &json!(1))
    );
    assert_eq!((&one["interactionId"], &one["messageId"]), (&json!(id), &json!("r1@a.example")));
    assert_eq!((one.get("heldBy"), one.get("deliveredAt"), one.get("lastAnswer")), (None, None, None));
    let place = &one["place"];
    assert_eq!((&place["version"], &place["nodeId"], &place["action"]), (&json!(3), &json!("start"), &json!(1)));
    assert_eq!(place.get("flowName"), None, "the flow is gone, and so is its name");

    let content = server.get(&format!("{path}/content")).await;
    assert_eq!(content.header("content-type"), Some("message/rfc822"));
    assert!(content.body.starts_with(b"From: help@a.example\r\n") && content.body.ends_with(b"--x--\r\nThe end.\r\n"));

    assert_eq!(attempt(&server, AttemptEnd::Delivered, "250 2.0.0 queued as 1").await, 2);
    let done = server.get(&path).await.ok();
    assert_eq!((&done["state"], &done["attempts"]), (&json!("delivered"), &json!(1)));
    assert_eq!((&done["lastAnswer"], done.get("nextAttemptAt")), (&json!("250 2.0.0 queued as 1"), None));
    assert!(done["deliveredAt"].is_string());
    for action in ["retry", "cancel"] {
        let refused = server.call("POST", &format!("{path}/{action}"), Json::Null).await;
        assert_eq!(refused.error(), (409, "general.conflict".to_owned()), "{action}");
        assert!(refused.json()["message"].as_str().unwrap().contains("is delivered"), "{action}");
    }
    let trace = server.get(&format!("/interactions/{id}/trace")).await.ok();
    assert_eq!(trace["runs"][0]["deliveries"].as_array().unwrap().len(), 3);
    assert_eq!(trace["runs"][0]["decision"]["outcome"], "answered");
    let counts = server.get("/interactions/summary").await.ok();
    assert_eq!(counts["deliveries"], json!({"pending": 0, "delivered": 2, "bounced": 0, "dead": 0, "cancelled": 1}));
}

#[tokio::test]
async fn dead_letters_are_edited_retried_and_cancelled() {
    let (server, queue) = prepared().await;
    for target in ["ann@b.example", "bob@b.example", "eve@c.example"] {
        decided(&server, DecisionKind::Queue, queue, vec![outgoing(DeliveryKind::Reply, &[(target, None)])]).await;
    }
    let path = format!("/deliveries/{}", ids(&server.get("/deliveries?target=ann@b.example").await)[0]);
    let mail = b"From: help@a.example\nTo: ann@b.example\nSubject: Again\n\nSorry.\n";
    let early = server.call_with("PUT", &format!("{path}/content"), &[MAIL], mail).await;
    assert_eq!(early.error(), (409, "general.conflict".to_owned()), "only dead ones are edited");

    assert_eq!(attempt(&server, AttemptEnd::Dead, "550 5.1.1 no such user").await, 3);
    for (body, told) in [
        (&b"not a mail"[..], "not a header field"),
        (b"To: ann@b.example\n\nno author", "no author"),
        (b"From: a@b.example\nMessage-ID: <other@x>\n\n", "stays the same"),
        (b"From: a@b.example\nSubject: a\x07b\n\n", "control character"),
    ] {
        let refused = server.call_with("PUT", &format!("{path}/content"), &[MAIL], body).await;
        assert_eq!(refused.status, 400);
        let refused = refused.json();
        assert!(refused["message"].as_str().unwrap().contains(told), "{refused}");
        assert_eq!(refused["errors"][0]["path"], "content");
    }
    let html = server.call_with("PUT", &format!("{path}/content"), &["Content-Type: text/html"], mail).await;
    assert_eq!(html.status, 415);
    let edited = server.call_with("PUT", &format!("{path}/content"), &[MAIL], mail).await.ok();
    assert_eq!((&edited["state"], &edited["messageId"]), (&json!("dead"), &json!("r1@a.example")));
    let content = server.get(&format!("{path}/content")).await;
    let sent =
        "Message-ID: <r1@a.example>\r\nFrom: help@a.example\r\nTo: ann@b.example\r\nSubject: Again\r\n\r\nSorry.\r\n";
    assert_eq!(String::from_utf8(content.body).unwrap(), sent);

    let retried = server.call("POST", &format!("{path}/retry"), Json::Null).await;
    assert_eq!((retried.status, &retried.json()["state"]), (202, &json!("pending")));
    let by_target = server.call("POST", "/deliveries/retry", json!({"target": "BOB@b.example"})).await.ok();
    assert_eq!((&by_target["retried"], &by_target["more"]), (&json!(1), &json!(false)));
    let cancelled = format!("/deliveries/{}", ids(&server.get("/deliveries?target=eve@c.example").await)[0]);
    assert_eq!(server.call("POST", &format!("{cancelled}/cancel"), Json::Null).await.ok()["state"], "cancelled");
    assert_eq!(server.call("POST", &format!("{cancelled}/retry"), Json::Null).await.status, 409);
    assert_eq!(server.call("POST", "/deliveries/retry", Json::Null).await.ok()["retried"], 0, "none is dead any more");
    let delivered = server.call("POST", "/deliveries/retry", json!({"state": "delivered"})).await;
    assert_eq!(delivered.json()["errors"][0]["path"], "state");
    let misspelt = server.call("POST", "/deliveries/retry", json!({"targets": "x"})).await;
    assert_eq!(misspelt.json()["errors"][0]["suggestion"], "did you mean `target`?");
    assert_eq!(attempt(&server, AttemptEnd::Delivered, "250 OK").await, 2);
    let audited = server.get("/audit?entityKind=delivery").await.ok().to_string();
    for done in ["edited", "retried", "cancelled"] {
        assert!(audited.contains(done), "{done} is not in the audit log: {audited}");
    }
    assert!(!audited.contains("b.example"), "the audit log has no addresses: {audited}");
}

#[tokio::test]
async fn a_forward_shows_its_queue_once_it_is_dead() {
    let (server, queue) = prepared().await;
    let forward = outgoing(DeliveryKind::Forward, &[("boss@b.example", None)]);
    let id = decided(&server, DecisionKind::Forward, queue, vec![forward]).await;
    let shown = server.get(&format!("/interactions/{id}")).await.ok();
    assert_eq!((&shown["state"], shown["decision"].get("queue")), (&json!("decided"), None));
    let ledger = server.get("/interactions/ledger").await.ok();
    assert_eq!((&ledger["places"]["goingOut"], &ledger["agrees"]), (&json!(1), &json!(true)));
    assert_eq!(ledger["deliveries"]["pending"], 1);

    attempt(&server, AttemptEnd::Dead, "550 5.1.1 no such user").await;
    let shown = server.get(&format!("/interactions/{id}")).await.ok();
    assert_eq!(shown["decision"]["queue"]["name"], "Billing", "{shown}");
    assert!(shown["decision"].get("error").is_some());
    let ledger = server.get("/interactions/ledger").await.ok();
    assert_eq!((&ledger["places"]["queued"], &ledger["agrees"]), (&json!(1), &json!(true)), "{ledger}");
    assert_eq!((ledger.get("differences"), ledger.get("stuck")), (None, None));
}

#[tokio::test]
async fn claimed_work_is_transferred_and_completed() {
    let (server, queue) = prepared().await;
    let other = server.call("POST", "/routing/queues", json!({"name": "Experts"})).await.ok();
    let other: QueueId = other["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/interactions/{}", decided(&server, DecisionKind::Queue, queue, Vec::new()).await);
    let token = claim(&server, queue).await;

    for (body, code, place) in [
        (json!({"token": token}), 400, "queue"),
        (json!({"queue": {"name": "Experts"}}), 400, "token"),
        (json!({"token": 7, "queue": {"name": "Experts"}}), 400, "token"),
        (json!({"token": token, "queue": {"name": "Expert"}}), 400, "queue.name"),
        (json!({"token": token, "queue": {"name": "Experts"}, "skill": ["x"]}), 400, "skill"),
    ] {
        let refused = server.call("POST", &format!("{path}/transfer"), body).await;
        assert_eq!((refused.status, &refused.json()["errors"][0]["path"]), (code, &json!(place)));
    }
    let stranger = json!({"token": "00000000-0000-4000-8000-000000000000", "queue": {"name": "Experts"}});
    assert_eq!(server.call("POST", &format!("{path}/transfer"), stranger).await.status, 409);
    let to = json!({"token": token, "queue": {"name": "experts"}, "priority": 7, "skills": ["tax"], "language": "de"});
    let moved = server.call("POST", &format!("{path}/transfer"), to.clone()).await.ok();
    assert_eq!((&moved["state"], &moved["decision"]["queue"]["name"]), (&json!("decided"), &json!("Experts")));
    let decision = &moved["decision"];
    assert_eq!(
        (&decision["priority"], &decision["skills"], &decision["language"]),
        (&json!(7), &json!(["tax"]), &json!("de"))
    );
    assert_eq!(server.call("POST", &format!("{path}/transfer"), to).await.status, 409, "the claim ended");

    let token = claim(&server, other).await;
    let long = json!({"token": token, "outcome": "a\nb"});
    assert_eq!(server.call("POST", &format!("{path}/complete"), long).await.json()["errors"][0]["path"], "outcome");
    for _ in 0..2 {
        let body = json!({"token": token, "outcome": "refunded"});
        let done = server.call("POST", &format!("{path}/complete"), body).await.ok();
        assert_eq!((&done["state"], &done["decision"]["outcome"]), (&json!("completed"), &json!("refunded")));
    }
    let nobody = json!({"token": "00000000-0000-4000-8000-000000000000"});
    assert_eq!(server.call("POST", &format!("{path}/complete"), nobody).await.status, 409);
    let ledger = server.get("/interactions/ledger").await.ok();
    assert_eq!((&ledger["places"]["completed"], &ledger["agrees"]), (&json!(1), &json!(true)), "{ledger}");
    let reader = server.token("email:read").await;
    let token_header = format!("Authorization: Bearer {reader}");
    let forbidden = server.send("POST", &format!("/api/v2{path}/complete"), &[&token_header], b"{}").await;
    assert_eq!(forbidden.error(), (403, "missing.permissions".to_owned()));
}

#[tokio::test]
async fn what_an_agent_writes_is_checked() {
    let (server, queue) = prepared().await;
    let path = format!("/interactions/{}", decided(&server, DecisionKind::Queue, queue, Vec::new()).await);
    let token = claim(&server, queue).await;
    for (action, body, place) in [
        ("reply", json!({"token": token}), "text"),
        ("reply", json!({"token": token, "text": " "}), "text"),
        ("reply", json!({"token": token, "text": "Hi", "subject": "a\r\nBcc: x@y"}), "subject"),
        ("reply", json!({"token": token, "text": 7}), "text"),
        ("reply", json!({"text": "Hi"}), "token"),
        ("forward", json!({"token": token}), "addresses"),
        ("forward", json!({"token": token, "addresses": ["boss@a.example", "boss"]}), "addresses[1]"),
        ("forward", json!({"token": token, "addresses": ["boss@a.example"], "text": "look"}), "text"),
    ] {
        let refused = server.call("POST", &format!("{path}/{action}"), body.clone()).await;
        assert_eq!((refused.status, &refused.json()["errors"][0]["path"]), (400, &json!(place)), "{action} {body}");
    }
}

#[tokio::test]
async fn under_a_lost_claim_the_request_is_checked_first_and_the_mail_not_at_all() {
    let (server, queue) = prepared().await;
    // It came by no route: under a claim that holds, a reply has nobody whom it could be from.
    let path = format!("/interactions/{}", decided(&server, DecisionKind::Queue, queue, Vec::new()).await);
    let lost = "00000000-0000-4000-8000-000000000000";
    for (action, good, bad) in [
        ("reply", json!({"token": lost, "text": "Hi"}), json!({"token": lost, "text": " "})),
        (
            "forward",
            json!({"token": lost, "addresses": ["boss@a.example"], "attach": true}),
            json!({"token": lost, "addresses": ["boss"]}),
        ),
        (
            "transfer",
            json!({"token": lost, "queue": {"name": "Billing"}}),
            json!({"token": lost, "queue": {"name": "Bling"}}),
        ),
        ("complete", json!({"token": lost}), json!({"token": lost, "outcome": ""})),
    ] {
        let refused = server.call("POST", &format!("{path}/{action}"), good).await;
        assert_eq!(refused.error(), (409, "general.conflict".to_owned()), "{action}");
        assert_eq!(server.call("POST", &format!("{path}/{action}"), bad).await.status, 400, "{action}");
    }
    let token = claim(&server, queue).await;
    let reply = server.call("POST", &format!("{path}/reply"), json!({"token": token, "text": "Hi"})).await;
    assert_eq!(reply.status, 400, "it is the mail that can't be answered");
}

#[tokio::test]
async fn a_forward_that_failed_is_found_counted_and_rerun_as_unrouted() {
    let (server, queue) = prepared().await;
    let forward = outgoing(DeliveryKind::Forward, &[("ann@b.example", None)]);
    let id = decided(&server, DecisionKind::Forward, queue, vec![forward]).await;
    let unrouted = async || {
        let listed = server.get("/interactions?decision=unrouted").await.ok();
        let count = listed["entities"].as_array().unwrap().len();
        assert_eq!(server.get("/interactions/summary").await.ok()["unrouted"], count);
        let metrics = server.send("GET", "/metrics", &[], b"").await;
        let metrics = String::from_utf8(metrics.body).unwrap();
        assert!(metrics.contains(&format!("waypost_unrouted_interactions {count}\n")), "{metrics}");
        count
    };
    assert_eq!(unrouted().await, 0, "it is on the way");
    attempt(&server, AttemptEnd::Dead, "550 5.1.1 no such user").await;
    assert_eq!(unrouted().await, 1);
    let shown = server.get(&format!("/interactions/{id}")).await.ok();
    assert_eq!(shown["decision"]["kind"], "forward", "its run ended so");
    let rerun = server.call("POST", "/interactions/rerun?decision=unrouted", Json::Null).await;
    assert_eq!((rerun.status, &rerun.json()["rerun"]), (202, &json!(1)));
}

#[tokio::test]
async fn a_server_that_sends_nothing_says_so() {
    let (server, queue) = prepared().await;
    let forward = outgoing(DeliveryKind::Forward, &[("ann@b.example", None)]);
    let id = decided(&server, DecisionKind::Forward, queue, vec![forward]).await;
    let listed = server.get("/deliveries").await.ok();
    let one = listed["entities"][0]["selfUri"].as_str().unwrap().trim_start_matches("/api/v2").to_owned();
    let retried = server.call("POST", &format!("{one}/retry"), Json::Null).await;
    let by_filter = server.call("POST", "/deliveries/retry", json!({"state": "pending"})).await.ok();
    assert_eq!((retried.status, &by_filter["retried"]), (202, &json!(1)));
    for answer in [&retried.json(), &by_filter, &listed["entities"][0]] {
        let notice = answer["notice"].as_str().unwrap_or_default();
        assert!(notice.contains("no mail goes out") && notice.contains("--smarthost none"), "{answer}");
    }
    attempt(&server, AttemptEnd::Delivered, "250 OK").await;
    assert_eq!(server.get(&one).await.ok().get("notice"), None, "it is not pending");
    assert_eq!(server.get(&format!("/interactions/{id}")).await.ok()["state"], "completed");
}

#[tokio::test]
async fn attachments_are_downloads() {
    let (server, queue) = prepared().await;
    let path = format!("/interactions/{}/attachments", decided(&server, DecisionKind::Queue, queue, Vec::new()).await);
    let listed = server.get(&path).await.ok();
    let attachment = &listed["entities"][0];
    assert_eq!(
        (&attachment["number"], &attachment["contentType"], &attachment["size"]),
        (&json!(0), &json!("text/html"), &json!(9))
    );
    let answer = server.get(&format!("{path}/0")).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"<b>hi</b>"[..]));
    assert_eq!(answer.header("content-type"), Some("text/html"));
    assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"_a.html\""));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    for number in ["1", "-1", "x"] {
        assert_eq!(server.get(&format!("{path}/{number}")).await.error(), (404, "not.found".to_owned()), "{number}");
    }
}

#[tokio::test]
async fn a_rerun_sends_again_if_it_is_told_to() {
    let (server, queue) = prepared().await;
    let path = format!("/interactions/{}", decided(&server, DecisionKind::Queue, queue, Vec::new()).await);
    assert_eq!(server.call("POST", &format!("{path}/rerun?resend=maybe"), Json::Null).await.status, 400);
    assert_eq!(server.call("POST", &format!("{path}/rerun?resend=true"), Json::Null).await.status, 202);
}
