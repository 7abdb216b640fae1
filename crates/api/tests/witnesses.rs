//! A search for a mail that a change set decides differently, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use support::{Answer, Server, server};

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

/// A flow that asks the classifier by its id, and a table, and goes by both.
fn router(classifier: &str, vip: &str) -> Json {
    json!({
        "name": "Support", "type": "email",
        "nodes": [
            {"id": "ask", "actions": [
                {
                    "type": "runFlow", "flowId": classifier,
                    "inputMapping": [{"name": "text", "value": "${interaction.email.subject}"}],
                    "outputMapping": [{"name": "money", "value": "${output.money}"}],
                },
                {
                    "type": "lookupTable", "table": "Customers", "key": "${interaction.email.from.domain}",
                    "outputMapping": [{"name": "vip", "value": "${output.vip}"}], "notFound": {"to": "sort"},
                },
            ], "next": [{"when": "${vip}", "to": "vip"}, {"to": "sort"}]},
            {"id": "sort", "next": [{"when": "${money}", "to": "billing"}, {"to": "general"}]},
            {"id": "vip", "actions": [{"type": "transferToQueue", "queue": vip}]},
            {"id": "billing", "actions": [{"type": "transferToQueue", "queue": "Billing"}]},
            {"id": "general", "actions": [{"type": "transferToQueue", "queue": "General"}]},
        ],
    })
}

/// A route to a flow, with what it calls and looks up; answers the ids of the shared flow and of the other.
async fn prepared() -> (Server, String, String) {
    let server = server().await;
    for name in ["Billing", "General", "Sales", "First"] {
        server.call("POST", "/routing/queues", json!({"name": name})).await.ok();
    }
    let table = json!({"name": "Customers", "schema": {"type": "object",
        "properties": {"key": {"type": "string"}, "vip": {"type": "boolean"}}, "required": ["key"],
    }});
    let table = id(&server.call("POST", "/flows/datatables", table).await.ok());
    let row = json!({"key": "acme.example", "vip": true});
    server.call("POST", &format!("/flows/datatables/{table}/rows"), row).await.ok();
    let shared = id(&server.call("POST", "/flows", classifier(&json!(["refund", "invoice"]))).await.ok());
    server.call("POST", "/routing/email/domains", json!({"id": "a.example"})).await.ok();
    let support = id(&server.call("POST", "/flows", router(&shared, "First")).await.ok());
    let route = json!({"pattern": "support", "flow": {"id": support}});
    server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    (server, shared, support)
}

fn id(created: &Json) -> String {
    created["id"].as_str().unwrap().to_owned()
}

async fn search(server: &Server, request: Json) -> Answer {
    server.call("POST", "/changesets/witness", request).await
}

fn decisions(found: &Json) -> (&str, &str) {
    let queue = |side: &str| found["witness"][side]["observed"]["queue"].as_str().unwrap_or("none");
    (queue("before"), queue("after"))
}

#[tokio::test]
async fn a_draft_is_told_from_what_is_published_by_a_mail() {
    let (server, shared, _) = prepared().await;
    let draft = classifier(&json!(["refund", "invoice", "chargeback"]));
    server.call("PUT", &format!("/flows/{shared}?draft=true"), draft).await.ok();
    let request = json!({"flows": [{"flowId": shared, "version": "newest"}], "seconds": 30});
    let found = search(&server, request.clone()).await.ok();
    // It comes in where mail does, although only a flow that is called has changed.
    let witness = &found["witness"];
    assert_eq!(witness["route"], "support@a.example", "{found:#}");
    assert_eq!(decisions(&found), ("General", "Billing"));
    assert!(witness["mail"].as_str().unwrap().to_lowercase().contains("chargeback"), "{found:#}");
    assert_eq!(witness["differs"], json!(["queue: `Billing` instead of `General`"]));
    assert_eq!(witness["needsTest"], false);
    assert!(witness["test"].as_str().unwrap().contains("file: witness.eml"));
    assert!(found["tries"].as_u64().unwrap() > 0);
    for (side, queue) in [("before", "General"), ("after", "Billing")] {
        let events = witness[side]["trace"]["events"].as_array().unwrap();
        assert_eq!(events.last().unwrap()["queue"]["name"], queue, "{side}");
    }

    // The mail is one that the server itself decides so.
    let raw = witness["mail"].as_str().unwrap();
    let accepted =
        |path: &'static str| server.call_with("POST", path, &["Content-Type: message/rfc822"], raw.as_bytes());
    let now = accepted("/interactions?to=support@a.example&wait=true").await.ok();
    assert_eq!(now["decision"]["queue"]["name"], "General", "{now:#}");

    // The same request finds the same mail, and nothing was published.
    assert_eq!(search(&server, request).await.ok()["witness"], found["witness"]);
    let flow = server.get(&format!("/flows/{shared}")).await.ok();
    assert_eq!(flow["publishedVersion"]["id"], "1.0");
}

#[tokio::test]
async fn rows_of_tables_and_new_queues_are_as_the_server_has_them() {
    let (server, shared, support) = prepared().await;
    let document = router(&shared, "Gold");
    let request = json!({"flows": [{"flowId": support, "document": document}], "queues": ["Gold"], "seconds": 30});
    let found = search(&server, request).await.ok();
    assert_eq!(decisions(&found), ("First", "Gold"), "{found:#}");
    assert!(found["witness"]["mail"].as_str().unwrap().contains("acme.example"), "{found:#}");
    let queues = server.get("/routing/queues").await.ok();
    assert!(!queues.to_string().contains("Gold"), "a search makes nothing");
}

#[tokio::test]
async fn what_decides_the_same_has_no_witness() {
    let (server, shared, support) = prepared().await;
    // The same flow, and one that only says the same in another way.
    let same = search(&server, json!({"flows": [{"flowId": shared, "version": "published"}]})).await.ok();
    assert_eq!((same["tries"].as_u64(), same.get("witness")), (Some(0), None), "{same:#}");
    let mut other = router(&shared, "First");
    other["nodes"][0]["next"][0]["when"] = json!("${vip == true}");
    // A search lets other threads go first: on a busy machine it comes to little in a second.
    let mut tried = 0;
    for seconds in [1, 5, 25] {
        let clock = Instant::now();
        let request = json!({"flows": [{"flowId": support, "document": other}], "seconds": seconds});
        let found = search(&server, request).await.ok();
        assert!(found.get("witness").is_none(), "{found:#}");
        assert!(found["milliseconds"].as_u64().unwrap() >= seconds * 1000, "{found:#}");
        assert!(clock.elapsed() < Duration::from_secs(seconds + 19), "{found:#}");
        tried = found["tries"].as_u64().unwrap();
        if tried > 10 {
            break;
        }
    }
    assert!(tried > 10, "{tried}");
}

#[tokio::test]
async fn a_flow_that_was_never_published_has_no_run_before() {
    let (server, ..) = prepared().await;
    let new = json!({"name": "New", "type": "email", "nodes": [
        {"id": "a", "actions": [{"type": "transferToQueue", "queue": "Sales"}]},
    ]});
    let new = id(&server.call("POST", "/flows?draft=true", new).await.ok());
    let found = search(&server, json!({"flows": [{"flowId": new, "version": "newest"}]})).await.ok();
    assert_eq!((&found["witness"]["flow"], found["witness"].get("before")), (&json!("New"), None), "{found:#}");
    assert_eq!(decisions(&found), ("none", "Sales"));
}

#[tokio::test]
async fn one_search_at_a_time_until_its_client_is_gone() {
    let (server, shared, support) = prepared().await;
    let mut other = router(&shared, "First");
    other["nodes"][0]["next"][0]["when"] = json!("${vip == true}");
    let request = json!({"flows": [{"flowId": support, "document": other}], "seconds": 30});
    // Until it has its place, another may have it for a moment.
    let first = async {
        loop {
            let answer = search(&server, request.clone()).await;
            if answer.status != 503 {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let second = async {
        // Nothing is loaded for it, not even the flow that it names.
        let unknown = json!({"flows": [{"flowId": "01890a5d-ac96-774b-bcce-b302099a8057", "version": "newest"}]});
        while search(&server, unknown.clone()).await.status != 503 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        search(&server, request.clone()).await
    };
    let second = tokio::select! {
        first = first => panic!("it goes on for 30 seconds: {first:?}"),
        second = second => second,
    };
    assert_eq!((second.status, second.header("retry-after")), (503, Some("5")), "{second:?}");
    // The first client has hung up: its place is free long before its time is over.
    let clock = Instant::now();
    let short = json!({"flows": [{"flowId": shared, "version": "published"}]});
    while search(&server, short.clone()).await.status != 200 {
        assert!(clock.elapsed() < Duration::from_secs(15), "the search goes on without its client");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn a_search_takes_scopes_that_read_and_refuses_what_publishing_refuses() {
    let (server, shared, support) = prepared().await;
    let request = json!({"flows": [{"flowId": shared, "version": "newest"}]}).to_string();
    for (scope, status) in [("flow:read routing:read", 200), ("flow:read", 403), ("routing:read", 403)] {
        let token = server.token(scope).await;
        let headers = [format!("Authorization: Bearer {token}"), "Content-Type: application/json".to_owned()];
        let headers = headers.each_ref().map(String::as_str);
        let answer = server.send("POST", "/api/v2/changesets/witness", &headers, request.as_bytes()).await;
        assert_eq!(answer.status, status, "{scope}: {answer:?}");
    }
    let broken = router(&shared, "Nowhere");
    let refused = search(&server, json!({"flows": [{"flowId": support, "document": broken}]})).await;
    assert_eq!(refused.error(), (400, "changeset.invalid".to_owned()));
    for (request, path) in [
        (json!({"flows": [{"flowId": support, "delete": true}]}), "flows[0].delete"),
        (json!({"flows": [{"flowId": support, "version": 1}], "seconds": 31}), "seconds"),
        (json!({"flows": [{"flowId": support, "version": 1}], "objects": []}), "objects"),
    ] {
        let refused = search(&server, request).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["path"].as_str()), (400, Some(path)), "{refused:?}");
    }
}
