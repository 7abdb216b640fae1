//! Replays over a real socket: mail whose labels are known, and a change that must move exactly the mails it names.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};
use support::{FORM, Server, server};

/// A shared flow that says whether a subject is about money.
fn classifier(words: &Json) -> Json {
    json!({
        "name": "Classify", "type": "shared",
        "inputs": [{"name": "text", "dataType": "string"}],
        "outputs": [{"name": "money", "dataType": "boolean"}],
        "nodes": [{"id": "look", "actions": [
            {"type": "setOutput", "name": "money", "value": format!("${{containsAny(input.text, {words})}}")},
        ]}],
    })
}

fn router(name: &str, general: &str) -> Json {
    json!({
        "name": name, "type": "email",
        "nodes": [
            {"id": "ask", "actions": [{
                "type": "runFlow", "flow": "Classify",
                "inputMapping": [{"name": "text", "value": "${interaction.email.subject}"}],
                "outputMapping": [{"name": "money", "value": "${output.money}"}],
            }], "next": [{"when": "${money}", "to": "billing"}, {"to": "general"}]},
            {"id": "billing", "actions": [{"type": "transferToQueue", "queue": "Billing"}]},
            {"id": "general", "actions": [{"type": "transferToQueue", "queue": general}]},
        ],
    })
}

const SUBJECTS: [&str; 6] = ["refund for 1", "invoice 2", "chargeback 3", "hello 4", "chargeback 5", "question 6"];

/// Two callers of one shared flow and a flow beside them, with mail for each; answers the shared flow's id.
async fn prepared() -> (Server, String) {
    let server = server().await;
    for name in ["Billing", "General", "Sales"] {
        server.call("POST", "/routing/queues", json!({"name": name})).await.ok();
    }
    let shared = server.call("POST", "/flows", classifier(&json!(["refund", "invoice"]))).await.ok();
    server.call("POST", "/routing/email/domains", json!({"id": "a.example"})).await.ok();
    let beside = json!({"name": "Beside", "type": "email", "nodes": [
        {"id": "only", "actions": [{"type": "transferToQueue", "queue": "Sales"}]},
    ]});
    for (flow, pattern) in
        [(router("Support", "General"), "support"), (router("Shop", "Sales"), "shop"), (beside, "other")]
    {
        let id = server.call("POST", "/flows", flow).await.ok()["id"].clone();
        let route = json!({"pattern": pattern, "flow": {"id": id}});
        server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    }
    for to in ["support", "shop", "other"] {
        for subject in SUBJECTS {
            mail(&server, to, subject).await;
        }
    }
    (server, shared["id"].as_str().unwrap().to_owned())
}

async fn mail(server: &Server, to: &str, subject: &str) -> String {
    let raw = format!(
        "From: x@example.net\r\nSubject: {subject}\r\nMessage-ID: <{to}-{subject}@example.net>\r\n\r\nbody\r\n"
    );
    let path = format!("/interactions?to={to}@a.example&wait=true");
    let answer = server.call_with("POST", &path, &["Content-Type: message/rfc822"], raw.as_bytes()).await.ok();
    answer["entities"][0]["id"].as_str().or(answer["id"].as_str()).unwrap().to_owned()
}

/// Starts a replay and waits for its end.
async fn replay(server: &Server, request: Json) -> Json {
    let started = server.call("POST", "/replays", request).await;
    assert_eq!(started.status, 202, "{started:?}");
    let started = started.json();
    assert_eq!(started["state"], "waiting");
    for _ in 0..2400 {
        let now = server.get(&format!("/replays/{}", started["id"].as_str().unwrap())).await.ok();
        if now["state"] != "waiting" && now["state"] != "running" {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the replay does not end");
}

fn subjects(replay: &Json) -> BTreeSet<String> {
    let changes = replay["changes"].as_array().cloned().unwrap_or_default();
    changes
        .iter()
        .map(|one| format!("{} {}", one["caller"].as_str().unwrap(), one["subject"].as_str().unwrap()))
        .collect()
}

/// Adds a draft of the classifier that takes chargebacks for money as well.
async fn draft(server: &Server, shared: &str) {
    let draft = classifier(&json!(["refund", "invoice", "chargeback"]));
    server.call("PUT", &format!("/flows/{shared}?draft=true"), draft).await.ok();
}

#[tokio::test]
async fn a_draft_moves_exactly_the_mails_it_names() {
    let (server, shared) = prepared().await;
    draft(&server, &shared).await;
    let before = server.get("/interactions/summary").await.ok();
    let until = "2099-01-01T00:00:00Z";
    let request = json!({"flows": [{"flowId": shared, "version": "newest"}], "until": until});
    let done = replay(&server, request.clone()).await;
    assert_eq!(done["state"], "done", "{done:#}");
    assert_eq!(
        done["report"],
        json!({
            "replayed": 12, "same": 8, "changed": 4, "unknown": 0, "attributesChanged": 0, "notConcerned": 6, "skipped": {},
            "moves": [
                {"from": "queue General", "to": "queue Billing", "count": 2},
                {"from": "queue Sales", "to": "queue Billing", "count": 2},
            ],
            "callers": {
                "Shop": {"same": 4, "changed": 2, "unknown": 0},
                "Support": {"same": 4, "changed": 2, "unknown": 0},
            },
            "queues": {
                "Billing": {"before": 4, "after": 8},
                "General": {"before": 4, "after": 2},
                "Sales": {"before": 4, "after": 2},
            },
            "changesNotKept": 0, "startedAgain": false,
        })
    );
    let expected = ["Shop chargeback 3", "Shop chargeback 5", "Support chargeback 3", "Support chargeback 5"];
    assert_eq!(subjects(&done), expected.map(str::to_owned).into());

    // Where the runs part, and both traces.
    let first = &done["changes"][0];
    assert_eq!(first["before"], json!({"kind": "queue", "queue": "Sales", "priority": 0}));
    assert_eq!(first["after"], json!({"kind": "queue", "queue": "Billing", "priority": 0}));
    assert_eq!((&first["parts"]["flow"], &first["parts"]["node"]), (&json!("Classify"), &json!("look")));
    assert_eq!((&first["parts"]["before"]["value"], &first["parts"]["after"]["value"]), (&json!(false), &json!(true)));
    let path =
        format!("/replays/{}/changes/{}", done["id"].as_str().unwrap(), first["interactionId"].as_str().unwrap());
    let traces = server.get(&path).await.ok();
    assert_eq!(traces["before"]["events"].as_array().unwrap().last().unwrap()["queue"]["name"], "Sales");
    assert_eq!(traces["after"]["events"].as_array().unwrap().last().unwrap()["queue"]["name"], "Billing");

    // Again, the same report; nothing was written, nothing runs otherwise.
    let again = replay(&server, request).await;
    assert_eq!((&again["report"], &again["changes"]), (&done["report"], &done["changes"]));
    assert_eq!(server.get("/interactions/summary").await.ok(), before);
    let flow = server.get(&format!("/flows/{shared}")).await.ok();
    assert_eq!(flow["publishedVersion"]["id"], "1.0", "{flow:#}");
    let listed = server.get("/replays").await.ok();
    assert_eq!((listed["total"].as_u64(), listed["entities"][0]["id"] == again["id"]), (Some(2), true));
}

#[tokio::test]
async fn a_replay_takes_what_it_is_told_to() {
    let (server, shared) = prepared().await;
    draft(&server, &shared).await;
    let changed = |more: Json| {
        let (server, shared) = (&server, &shared);
        async move {
            let mut request = json!({"flows": [{"flowId": shared, "version": "newest"}]});
            request.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let done = replay(server, request).await;
            (done["report"]["replayed"].as_u64().unwrap(), done["report"]["changed"].as_u64().unwrap())
        }
    };
    assert_eq!(changed(json!({"route": "support@a.example"})).await, (6, 2));
    assert_eq!(changed(json!({"caller": "shop"})).await, (6, 2));
    assert_eq!(changed(json!({"count": 3})).await, (3, 1), "the newest three are the shop's last");
    assert_eq!(changed(json!({"since": "2098-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"})).await, (0, 0));
    let half = changed(json!({"sample": 0.5})).await;
    assert_eq!(half, changed(json!({"sample": 0.5})).await);
    // By chance all twelve may be in a half, but not in so little.
    let few = changed(json!({"sample": 0.001})).await;
    assert!(few.0 < 12 && few.0 <= half.0, "{few:?} {half:?}");
}

#[tokio::test]
async fn a_set_is_replayed_as_one() {
    let (server, shared) = prepared().await;
    // A new queue, a new flow and two that are to change, none of them saved.
    let screen = json!({"name": "Screen", "type": "shared", "outputs": [{"name": "spam", "dataType": "boolean"}], "nodes": [
        {"id": "a", "actions": [{"type": "setOutput", "name": "spam", "value": "${interaction.email.subject.startsWith('hello')}"}]},
    ]});
    let mut support = router("Support", "General");
    support["nodes"][0]["actions"].as_array_mut().unwrap().push(json!({
        "type": "runFlow", "flowId": "screen", "outputMapping": [{"name": "spam", "value": "${output.spam}"}],
    }));
    support["nodes"][0]["next"].as_array_mut().unwrap().insert(0, json!({"when": "${spam}", "to": "spam"}));
    let spam = json!({"id": "spam", "actions": [{"type": "transferToQueue", "queue": "Spam"}]});
    support["nodes"].as_array_mut().unwrap().push(spam);
    let request = json!({
        "queues": ["Spam"],
        "flows": [
            {"flowId": "screen", "document": screen},
            {"document": support},
            {"flowId": shared, "document": classifier(&json!(["refund"]))},
        ],
    });
    let done = replay(&server, request).await;
    let expected = ["Shop invoice 2", "Support hello 4", "Support invoice 2"];
    assert_eq!(subjects(&done), expected.map(str::to_owned).into(), "{done:#}");
    let moves = done["report"]["moves"].as_array().unwrap();
    assert!(moves.contains(&json!({"from": "queue General", "to": "queue Spam", "count": 1})), "{moves:?}");
    assert!(done["request"]["flows"][0].get("document").is_none(), "documents are not told again");
    assert_eq!(server.get("/routing/queues?name=Spam").await.ok()["total"], 0);
    assert_eq!(server.get("/flows?name=Screen").await.ok()["total"], 0);
}

#[tokio::test]
async fn erased_mail_is_counted_and_leaves_reports() {
    let (server, shared) = prepared().await;
    draft(&server, &shared).await;
    let request = json!({"flows": [{"flowId": shared, "version": "newest"}]});
    let done = replay(&server, request.clone()).await;
    let gone = done["changes"][0]["interactionId"].as_str().unwrap().to_owned();
    assert_eq!(server.call("DELETE", &format!("/interactions/{gone}/content"), Json::Null).await.status, 204);
    let id = done["id"].as_str().unwrap();
    let now = server.get(&format!("/replays/{id}")).await.ok();
    assert_eq!((now["changes"].as_array().unwrap().len(), &now["report"]["changed"]), (3, &json!(4)));
    assert_eq!(server.get(&format!("/replays/{id}/changes/{gone}")).await.error().0, 404);
    let again = replay(&server, request).await;
    assert_eq!((&again["report"]["replayed"], &again["report"]["skipped"]), (&json!(11), &json!({"erased": 1})));
    assert_eq!(server.call("DELETE", &format!("/replays/{id}"), Json::Null).await.status, 204);
    assert_eq!(server.get(&format!("/replays/{id}")).await.error().0, 404);
}

#[tokio::test]
async fn whoever_starts_a_replay_may_stop_it() {
    let (server, shared) = prepared().await;
    draft(&server, &shared).await;
    let ours =
        server.call("POST", "/replays", json!({"flows": [{"flowId": shared, "version": "newest"}]})).await.json();
    let scope = ["flow:read", "email:read", "routing:read"];
    let other = server.call("POST", "/oauth/clients", json!({"name": "Reader", "scope": scope})).await.ok();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        other["id"].as_str().unwrap(),
        other["secret"].as_str().unwrap()
    );
    let token = server.send("POST", "/oauth/token", &[FORM], form.as_bytes()).await.ok();
    let token = format!("Authorization: Bearer {}", token["access_token"].as_str().unwrap());
    let headers = [token.as_str(), "Content-Type: application/json"];
    let body = json!({"flows": [{"flowId": shared, "version": "newest"}]}).to_string();
    let theirs = server.send("POST", "/api/v2/replays", &headers, body.as_bytes()).await.json();
    let path = |replay: &Json| format!("/replays/{}", replay["id"].as_str().unwrap());
    let deleted = async |replay: &Json| server.send("DELETE", &format!("/api/v2{}", path(replay)), &headers, &[]).await;
    assert_eq!(deleted(&ours).await.error(), (403, "missing.permissions".to_owned()));
    assert_eq!(deleted(&theirs).await.status, 204);
    assert_eq!(deleted(&theirs).await.status, 404);
    assert_eq!(server.get(&path(&ours)).await.status, 200);
}

#[tokio::test]
async fn what_can_not_be_replayed_is_refused() {
    let (server, shared) = prepared().await;
    let nothing = server.call("POST", "/replays", json!({"count": 0, "sample": 2, "since": "noon", "reute": 1})).await;
    let paths: BTreeSet<String> = nothing.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["path"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(paths, ["count", "flows", "reute", "sample", "since"].map(str::to_owned).into());
    let unknown = json!({"flows": [{"flowId": shared, "version": 1}], "route": "x@y.example", "caller": "Nobody"});
    let unknown = server.call("POST", "/replays", unknown).await.json();
    assert_eq!(unknown["errors"].as_array().unwrap().len(), 2, "{unknown:#}");
    // A change that would break its callers can't be replayed, as it can't be published.
    let mut broken = classifier(&json!(["refund"]));
    broken["outputs"][0]["name"] = "cash".into();
    broken["nodes"][0]["actions"][0]["name"] = "cash".into();
    let broken = server.call("POST", "/replays", json!({"flows": [{"flowId": shared, "document": broken}]})).await;
    assert_eq!(broken.error(), (409, "flow.contract.broken".to_owned()));
    // Mail is told to those alone who may read it.
    draft(&server, &shared).await;
    let done = replay(&server, json!({"flows": [{"flowId": shared, "version": "newest"}]})).await;
    let path = format!("/replays/{}", done["id"].as_str().unwrap());
    let flows = server.token("flow:read").await;
    let bare =
        server.send("GET", &format!("/api/v2{path}"), &[&format!("Authorization: Bearer {flows}")], b"").await.ok();
    assert_eq!((bare.get("changes"), &bare["report"]["changed"]), (None, &json!(4)));
    assert_eq!((&bare["report"]["moves"], &bare["report"]["queues"]), (&json!([]), &json!({})));
    assert_eq!(bare["withheld"], json!(["routing:read", "email:read"]));
    assert_eq!(done.get("withheld"), None);
    // Neither may one who can't read mail, or tables and queues, have a flow read them.
    for (scope, lacks) in [("flow:read+routing:read", "email:read"), ("flow:read+email:read", "routing:read")] {
        let token = format!("Authorization: Bearer {}", server.token(scope).await);
        let request = json!({"flows": [{"flowId": shared, "version": "newest"}]}).to_string();
        let headers = [token.as_str(), "Content-Type: application/json"];
        let denied = server.send("POST", "/api/v2/replays", &headers, request.as_bytes()).await;
        assert_eq!(denied.error(), (403, "missing.permissions".to_owned()));
        assert!(denied.json()["message"].as_str().unwrap().contains(&format!("`{lacks}`")), "{:?}", denied.json());
    }
    let change = format!("{path}/changes/{}", done["changes"][0]["interactionId"].as_str().unwrap());
    assert_eq!(
        server.send("GET", &format!("/api/v2{change}"), &[&format!("Authorization: Bearer {flows}")], b"").await.status,
        403
    );
    let denied = server.send("POST", "/api/v2/replays", &[&format!("Authorization: Bearer {flows}")], b"{}").await;
    assert_eq!(denied.status, 403);
}

/// Answers the mail, says an outcome, and queues it or forwards what is about the press.
fn answering(text: &str, outcome: &str, press: &str) -> Json {
    json!({"name": "Answer", "type": "email", "nodes": [
        {"id": "answer", "actions": [
            {"type": "sendReply", "text": text},
            {"type": "setOutcome", "outcome": outcome},
        ], "next": [{"when": "${interaction.email.subject == 'press'}", "to": "press"}, {"to": "queue"}]},
        {"id": "press", "actions": [{"type": "forward", "addresses": [press]}]},
        {"id": "queue", "actions": [{"type": "transferToQueue", "queue": "General"}]},
    ]})
}

#[tokio::test]
async fn what_would_be_sent_and_outcomes_are_compared_and_what_people_did_is_not() {
    let server = server().await;
    let mut queues = Vec::new();
    for name in ["General", "Experts"] {
        queues.push(server.call("POST", "/routing/queues", json!({"name": name})).await.ok()["id"].clone());
    }
    let flow = server.call("POST", "/flows", answering("one", "asked", "a@press.example")).await.ok()["id"].clone();
    let flow = flow.as_str().unwrap();
    server.call("POST", "/routing/email/domains", json!({"id": "a.example"})).await.ok();
    let route = json!({"pattern": "help", "flow": {"id": flow}});
    server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    for subject in ["transferred", "completed", "press"] {
        mail(&server, "help", subject).await;
    }

    // Somebody transfers one, and completes the other with an outcome of their own.
    let path = format!("/routing/queues/{}/claims", queues[0].as_str().unwrap());
    let claims = server.call("POST", &path, json!({"max": 2})).await.ok();
    let claim = |position: usize| {
        let claim = &claims["entities"][position];
        let id = claim["interaction"]["id"].as_str().unwrap();
        (format!("/interactions/{id}"), claim["token"].clone())
    };
    let (one, token) = claim(0);
    let body = json!({"token": token, "queue": {"id": queues[1]}, "priority": 9, "skills": ["tax"]});
    server.call("POST", &format!("{one}/transfer"), body).await.ok();
    let (other, token) = claim(1);
    server.call("POST", &format!("{other}/complete"), json!({"token": token, "outcome": "refunded"})).await.ok();

    let replayed = |text: &'static str, outcome: &'static str, press: &'static str| {
        let server = &server;
        async move {
            let document = answering(text, outcome, press);
            replay(server, json!({"flows": [{"flowId": flow, "document": document}]})).await
        }
    };
    let counts = |done: &Json| ["same", "changed", "unknown"].map(|name| done["report"][name].as_u64().unwrap());
    let same = replayed("one", "asked", "a@press.example").await;
    assert_eq!(counts(&same), [3, 0, 0], "{same:#}");

    let texts = replayed("two", "asked", "a@press.example").await;
    assert_eq!(counts(&texts), [0, 3, 0], "{texts:#}");
    let press = texts["changes"].as_array().unwrap().iter().find(|one| one["subject"] == "press").unwrap();
    let forward = json!({"kind": "forward", "to": ["a@press.example"]});
    for (side, text) in [("before", "one"), ("after", "two")] {
        assert_eq!(press[side]["sends"], json!([{"kind": "reply", "text": text}, forward]), "{press:#}");
        assert!(press[side].get("queue").is_none(), "{press:#}");
    }
    let outcomes = replayed("one", "answered", "a@press.example").await;
    assert_eq!(counts(&outcomes), [0, 3, 0], "{outcomes:#}");
    let recipients = replayed("one", "asked", "b@press.example").await;
    assert_eq!(counts(&recipients), [2, 1, 0], "{recipients:#}");

    // Nothing of it was sent.
    assert_eq!(server.get("/deliveries").await.ok()["entities"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_try_lists_what_it_would_send_in_full() {
    let server = server().await;
    server.call("POST", "/routing/queues", json!({"name": "General"})).await.ok();
    let long = "long ".repeat(10_000);
    let flow = server.call("POST", "/flows", answering(&long, "asked", "a@press.example")).await.ok()["id"].clone();
    let path = format!("/flows/{}/try", flow.as_str().unwrap());
    let raw = "From: x@example.net\r\nSubject: press\r\n\r\nbody\r\n";
    let tried = server.call("POST", &path, json!({"message": raw})).await.ok();
    let reply = json!({"kind": "reply", "to": ["x@example.net"], "subject": "Re: press", "text": long});
    assert_eq!(tried["sends"], json!([reply, {"kind": "forward", "to": ["a@press.example"]}]));
    assert_eq!(server.get("/deliveries").await.ok()["entities"], json!([]));
}
