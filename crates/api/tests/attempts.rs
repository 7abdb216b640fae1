//! `POST /flows/{flowId}/try`: what is tried is what publishing would take, and the trace says what was given.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::{Answer, Server, server};

const MAIL: &str = "From: ann@b.example\r\nSubject: Refund\r\n\r\nHello\r\n";

/// Makes a flow, and answers its id.
async fn create(server: &Server, name: &str, flow_type: &str, actions: Json) -> String {
    let flow = json!({"name": name, "type": flow_type, "nodes": [{"id": "only", "actions": actions}]});
    let made = server.call("POST", "/flows", flow).await.ok();
    made["id"].as_str().unwrap().to_owned()
}

/// Tries a document in a flow's place.
async fn tried(server: &Server, flow: &str, name: &str, actions: Json) -> Answer {
    let document = json!({"name": name, "type": "email", "nodes": [{"id": "only", "actions": actions}]});
    let body = json!({"message": MAIL, "document": document});
    server.call("POST", &format!("/flows/{flow}/try"), body).await
}

#[tokio::test]
async fn inputs_that_are_given_are_traced_as_given() {
    let server = server().await;
    let flow = json!({
        "name": "Shared", "type": "shared",
        "inputs": [
            {"name": "topic", "dataType": "string"},
            {"name": "limit", "dataType": "integer", "default": 5},
            {"name": "urgent", "dataType": "boolean", "default": false},
        ],
        "nodes": [],
    });
    let made = server.call("POST", "/flows", flow).await.ok();
    let body = json!({"message": MAIL, "inputs": {"topic": "refund", "limit": 5}});
    let answer = server.call("POST", &format!("/flows/{}/try", made["id"].as_str().unwrap()), body).await.ok();
    let inputs: Vec<&Json> =
        answer["trace"]["events"].as_array().unwrap().iter().filter(|event| event["event"] == "input").collect();
    assert_eq!(
        inputs,
        [
            &json!({"event": "input", "name": "topic", "given": true, "value": "refund"}),
            &json!({"event": "input", "name": "limit", "given": true, "value": 5}),
            &json!({"event": "input", "name": "urgent", "value": false}),
        ]
    );
}

#[tokio::test]
async fn a_document_that_comes_back_to_its_own_flow_is_a_cycle() {
    let server = server().await;
    let flow = create(&server, "Inbound", "email", json!([{"type": "disconnect"}])).await;
    let caller = json!([{"type": "runFlow", "flow": "Inbound", "inputMapping": [], "outputMapping": []}]);
    create(&server, "Caller", "shared", caller).await;
    let call = |member: &str, callee: &str| json!([{"type": "log", "message": "x"}, {"type": "runFlow", member: callee, "inputMapping": [], "outputMapping": []}]);
    for (about, name, actions, path) in [
        ("by its name", "Inbound", call("flow", "inbound"), "nodes[0].actions[1]"),
        ("by its id", "Inbound", call("flowId", &flow), "nodes[0].actions[1]"),
        ("by the name that it would have", "Renamed", call("flow", "Renamed"), "nodes[0].actions[1]"),
        ("by another flow", "Inbound", call("flow", "Caller"), "nodes"),
        (
            "by going on in itself",
            "Inbound",
            json!([{"type": "transferToFlow", "flow": "Inbound"}]),
            "nodes[0].actions[0]",
        ),
    ] {
        let refused = tried(&server, &flow, name, actions.clone()).await;
        assert_eq!(refused.status, 400, "{about}");
        let problem = &refused.json()["errors"][0];
        assert_eq!((&problem["code"], &problem["path"]), (&json!("flow.cycle"), &json!(path)), "{about}: {problem}");
        let document = json!({"name": name, "type": "email", "nodes": [{"id": "only", "actions": actions}]});
        let published = server.call("PUT", &format!("/flows/{flow}"), document).await;
        assert_eq!(published.json()["errors"][0]["code"], "flow.cycle", "publishing says the same, {about}");
    }
    // A draft is kept with its problems, and can't be tried either.
    let draft = json!({"nodes": [{"id": "only", "actions": call("flow", "Inbound")}]});
    server.call("POST", &format!("/flows/{flow}/versions"), draft).await.ok();
    let refused = server.call("POST", &format!("/flows/{flow}/try"), json!({"message": MAIL})).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (400, &json!("flow.cycle")));
    tried(&server, &flow, "Inbound", json!([{"type": "disconnect"}])).await.ok();
}
