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

/// A flow that asks a data action, a table and a schedule.
fn asks() -> Json {
    json!({"name": "Asks", "type": "email", "nodes": [
        {"id": "ask", "actions": [
            {"type": "callDataAction", "dataAction": "Get customer",
             "inputMapping": [{"name": "email", "value": "${interaction.email.from.address}"}],
             "outputMapping": [{"name": "tier", "value": "${output.tier}"}],
             "failureMapping": [{"name": "why", "value": "${output.code + ' ' + string(output.status)}"}],
             "failure": {"to": "failed"}, "timedOut": {"to": "late"}},
            {"type": "lookupTable", "table": "Desks", "key": "${tier}",
             "outputMapping": [{"name": "desk", "value": "${output.desk}"}], "notFound": {"to": "late"}},
            {"type": "evaluateSchedule", "schedule": "Hours", "outputMapping": [{"name": "state", "value": "${output.state}"}]},
            {"type": "disconnect", "reason": "${tier + ', ' + desk + ', ' + state}"},
        ]},
        {"id": "failed", "actions": [{"type": "disconnect", "reason": "${why}"}]},
        {"id": "late", "actions": [{"type": "disconnect", "reason": "late"}]},
    ]})
}

/// A server with what the flow asks; the data action's service does not exist. Answers where the flow is tried.
async fn asked() -> (Server, String) {
    let server = server().await;
    let action = json!({
        "name": "Get customer", "integrationType": "custom-rest-actions",
        "config": {"request": {"requestUrlTemplate": "https://crm.example/customers", "requestType": "GET"}, "response": {"successTemplate": "${rawResult}"}},
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {"email": {"type": "string"}}}},
            "output": {"successSchema": {"type": "object", "properties": {"tier": {"type": "string"}}}},
        },
    });
    server.call("POST", "/integrations/actions", action).await.ok();
    let table = json!({"name": "Desks", "schema": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}, "desk": {"type": "string"}}}});
    let table = server.call("POST", "/flows/datatables", table).await.ok();
    let rows = format!("/flows/datatables/{}/rows", table["id"].as_str().unwrap());
    server.call("POST", &rows, json!({"KEY": "gold", "desk": "first"})).await.ok();
    let hours =
        json!({"name": "Hours", "timeZone": "UTC", "open": [{"days": "mon-sun", "from": "00:00", "to": "24:00"}]});
    server.call("POST", "/routing/schedules", hours).await.ok();
    let made = server.call("POST", "/flows?draft=true", asks()).await.ok();
    let path = format!("/flows/{}/try", made["id"].as_str().unwrap());
    (server, path)
}

#[tokio::test]
async fn a_draft_is_tried_with_answers_and_nobody_is_called() {
    let (server, path) = asked().await;
    let tried = async |answers: Json| server.call("POST", &path, json!({"message": MAIL, "answers": answers})).await;
    let alone = tried(json!([])).await.ok();
    assert_eq!(alone["unanswered"], json!([{"dataAction": "Get customer", "input": {"email": "ann@b.example"}}]));

    for (about, answers, reason, unasked) in [
        (
            "an answer, and the server's own table and schedule",
            json!([{"dataAction": "get customer", "output": {"tier": "gold"}}]),
            "gold, first, open",
            Json::Null,
        ),
        (
            "the first that matches, in the place of table and schedule",
            json!([
                {"dataAction": "Get customer", "input": {"email": "bo@b.example"}, "output": {"tier": "gold"}},
                {"dataAction": "Get customer", "input": {"email": "ann@b.example"}, "output": {"tier": "blue"}},
                {"table": "Desks", "input": "blue", "output": {"desk": "third"}},
                {"schedule": "Hours", "output": {"state": "holiday"}},
            ]),
            "blue, third, holiday",
            json!(["data action `Get customer`"]),
        ),
        (
            "no such row",
            json!([{"dataAction": "Get customer", "output": {"tier": "gold"}}, {"table": "Desks", "output": null}]),
            "late",
            Json::Null,
        ),
        (
            "a service that refuses",
            json!([{"dataAction": "Get customer", "error": {"code": "status", "message": "no", "status": 503}}]),
            "status 503",
            Json::Null,
        ),
        ("a service that is late", json!([{"dataAction": "Get customer", "timeout": true}]), "late", Json::Null),
    ] {
        let answer = tried(answers).await.ok();
        assert_eq!(answer["decision"]["reason"], reason, "{about}: {answer}");
        assert_eq!((&answer["unasked"], answer.get("unanswered")), (&unasked, None), "{about}: {answer}");
    }
}

#[tokio::test]
async fn answers_that_are_tried_must_fit_and_are_for_those_who_may_read_the_routing() {
    let (server, path) = asked().await;
    let answers = json!([
        {"dataAction": "Get custumer", "output": {}},
        {"dataAction": "Get customer", "output": {"teir": "gold"}},
        {"table": "Desks", "output": {"desk": "x"}, "timeout": true},
        {"schedule": "Hours", "output": {"state": "ajar"}},
        "gold",
    ]);
    let refused = server.call("POST", &path, json!({"message": MAIL, "answers": answers})).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    let problems = refused.json()["errors"].as_array().unwrap().clone();
    let paths: Vec<&str> = problems.iter().map(|problem| problem["path"].as_str().unwrap()).collect();
    let expected =
        ["answers[0].dataAction", "answers[1].output.teir", "answers[2]", "answers[3].output.state", "answers[4]"];
    assert_eq!(paths, expected, "{problems:?}");
    assert_eq!(problems[0]["suggestion"], "did you mean `Get customer`?");
    for wrong in [json!("gold"), json!({"dataAction": "Get customer"})] {
        let refused = server.call("POST", &path, json!({"message": MAIL, "answers": wrong})).await;
        assert_eq!((refused.status, &refused.json()["errors"][0]["path"]), (400, &json!("answers")), "{refused:?}");
    }
    let many = vec![json!({"table": "Desks", "output": null}); 1_001];
    let refused = server.call("POST", &path, json!({"message": MAIL, "answers": many})).await.json();
    let problem = &refused["errors"][0];
    assert_eq!((&problem["path"], &problem["code"]), (&json!("answers"), &json!("document.too-large")), "{refused:#}");
    // A name in an answer would tell what there is.
    let body = json!({"message": MAIL, "answers": [{"table": "Desk", "output": null}]});
    let token = format!("Authorization: Bearer {}", server.token("flow:read").await);
    let headers = [token.as_str(), "Content-Type: application/json"];
    let refused = server.send("POST", &format!("/api/v2{path}"), &headers, &serde_json::to_vec(&body).unwrap()).await;
    assert_eq!(refused.error(), (403, "missing.permissions".to_owned()), "{refused:?}");
}
