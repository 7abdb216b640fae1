//! Flows that look things up, over a real socket: what they find, what keeps their tables and schedules, and who is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::{Server, server};

fn router() -> Json {
    json!({
        "name": "Router", "type": "email",
        "nodes": [
            {"id": "look", "actions": [
                {"type": "evaluateSchedule", "schedule": "Always", "outputMapping": [{"name": "state", "value": "${output.state}"}]},
                {"type": "lookupTable", "table": "Customers", "key": "${interaction.email.from.domain}",
                 "outputMapping": [{"name": "queue", "value": "${output.queue}"}], "notFound": {"to": "general"}},
                {"type": "setAttributes", "attributes": {"state": "${state}"}},
                {"type": "transferToQueue", "queue": "${queue}", "notFound": {"to": "general"}},
            ]},
            {"id": "general", "actions": [{"type": "transferToQueue", "queue": "General"}]},
        ],
    })
}

fn table(column: &str) -> Json {
    let mut properties = json!({"key": {"type": "string"}});
    properties[column] = json!({"type": "string"});
    json!({"name": "Customers", "schema": {"type": "object", "required": ["key"], "properties": properties}})
}

async fn prepared() -> (Server, Json) {
    let server = server().await;
    for name in ["Gold", "General"] {
        server.call("POST", "/routing/queues", json!({"name": name})).await.ok();
    }
    let table = server.call("POST", "/flows/datatables", table("queue")).await.ok();
    let schedule =
        json!({"name": "Always", "timeZone": "UTC", "open": [{"days": "mon-sun", "from": "00:00", "to": "24:00"}]});
    let schedule = server.call("POST", "/routing/schedules", schedule).await.ok();
    let flow = server.call("POST", "/flows", router()).await.ok();
    server.call("POST", "/routing/email/domains", json!({"id": "a.example"})).await.ok();
    let route = json!({"pattern": "help", "flow": {"id": flow["id"]}});
    server.call("POST", "/routing/email/domains/a.example/routes", route).await.ok();
    (server, json!({"table": table["id"], "schedule": schedule["id"], "flow": flow["id"]}))
}

/// The queue that a mail from a domain comes to, and its interaction.
async fn routed(server: &Server, domain: &str, number: u32) -> (String, Json) {
    let raw = format!("From: x@{domain}\r\nSubject: hello\r\nMessage-ID: <{number}@{domain}>\r\n\r\nbody\r\n");
    let path = "/interactions?to=help@a.example&wait=true";
    let answer = server.call_with("POST", path, &["Content-Type: message/rfc822"], raw.as_bytes()).await.ok();
    let one = if answer["entities"].is_array() { answer["entities"][0].clone() } else { answer };
    (one["decision"]["queue"]["name"].as_str().unwrap_or("none").to_owned(), one)
}

fn text(of: &Json, name: &str) -> String {
    of[name].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn mail_is_routed_by_what_a_table_says_now() {
    let (server, made) = prepared().await;
    let rows = format!("/flows/datatables/{}/rows", text(&made, "table"));
    assert_eq!(routed(&server, "shop.example", 1).await.0, "General", "there is no row yet");
    server.call("POST", &rows, json!({"KEY": "shop.example", "queue": "gold"})).await.ok();
    let (queue, one) = routed(&server, "shop.example", 2).await;
    assert_eq!((queue.as_str(), &one["attributes"]["state"]), ("Gold", &json!("open")));
    let trace = server.get(&format!("/interactions/{}/trace", text(&one, "id"))).await.ok();
    let trace = trace.to_string();
    for kept in
        [r#""kind":"lookupTable""#, r#""row":{"queue":"gold"}"#, r#""kind":"evaluateSchedule""#, r#""state":"open""#]
    {
        assert!(trace.contains(kept), "{kept} in {trace}");
    }
    server.call("PUT", &format!("{rows}/shop.example"), json!({"KEY": "shop.example", "queue": "Nowhere"})).await.ok();
    assert_eq!(routed(&server, "shop.example", 3).await.0, "General", "no such queue");
}

#[tokio::test]
async fn what_flows_use_stays_and_keeps_its_shape() {
    let (server, made) = prepared().await;
    let (table_path, schedule_path) = (
        format!("/flows/datatables/{}", text(&made, "table")),
        format!("/routing/schedules/{}", text(&made, "schedule")),
    );
    // Neither goes while the flow is there, and the flow is named.
    for path in [&table_path, &schedule_path] {
        let refused = server.call("DELETE", path, Json::Null).await;
        assert_eq!(refused.status, 409, "{refused:?}");
        assert!(refused.json().to_string().contains("Router"), "{refused:?}");
        let users = server.get(&format!("{path}/usedby")).await.ok();
        assert!(users["nodes"].as_array().unwrap().iter().any(|node| node["name"] == "Router"), "{users}");
    }
    // A column that the flow reads can't be taken away: the place is told.
    let broken = server.call("PUT", &table_path, table("tier")).await;
    assert_eq!(broken.error(), (409, "flow.contract.broken".to_owned()), "{broken:?}");
    let place = &broken.json()["errors"][0];
    assert_eq!((&place["flowName"], &place["nodeId"], &place["action"]), (&json!("Router"), &json!("look"), &json!(1)));
    // Names are bound: a table that is renamed is still found.
    let mut renamed = table("queue");
    renamed["name"] = "Clients".into();
    server.call("PUT", &table_path, renamed).await.ok();
    let row = json!({"KEY": "shop.example", "queue": "Gold"});
    server.call("POST", &format!("{table_path}/rows"), row).await.ok();
    assert_eq!(routed(&server, "shop.example", 1).await.0, "Gold");
}

#[tokio::test]
async fn a_computed_queue_is_told_as_decided_at_run_time() {
    let (server, made) = prepared().await;
    let uses = server.get(&format!("/flows/{}/uses", text(&made, "flow"))).await.ok();
    let names: Vec<&str> =
        uses["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"decided at run time") && names.contains(&"General"), "{names:?}");
    let gold = server.get("/routing/queues?name=Gold").await.ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    let used = server.get(&format!("/routing/queues/{gold}/usedby")).await.ok();
    let names: Vec<&str> =
        used["nodes"].as_array().unwrap().iter().map(|node| node["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"Router") && names.contains(&"decided at run time"), "{names:?}");
    // It keeps no queue: the flow's `notFound` is for that.
    assert_eq!(server.call("DELETE", &format!("/routing/queues/{gold}"), Json::Null).await.status, 204);
}

#[tokio::test]
async fn a_tried_flow_looks_up_as_well() {
    let (server, made) = prepared().await;
    let rows = format!("/flows/datatables/{}/rows", text(&made, "table"));
    server.call("POST", &rows, json!({"KEY": "shop.example", "queue": "Gold"})).await.ok();
    let body = json!({"message": "From: a@shop.example\r\n\r\nhi\r\n"});
    let tried = server.call("POST", &format!("/flows/{}/try", text(&made, "flow")), body).await.ok();
    assert_eq!(tried["decision"]["queue"]["name"], "Gold");
}

/// Calls with a token that grants so much alone.
async fn as_one_with(server: &Server, scope: &str, method: &str, path: &str, body: &Json) -> support::Answer {
    let token = format!("Authorization: Bearer {}", server.token(scope).await);
    let body = if body.is_null() { Vec::new() } else { serde_json::to_vec(body).unwrap() };
    server.send(method, &format!("/api/v2{path}"), &[&token, "Content-Type: application/json"], &body).await
}

fn refused(answer: &support::Answer, scope: &str) {
    assert_eq!(answer.error(), (403, "missing.permissions".to_owned()), "{}", String::from_utf8_lossy(&answer.body));
    assert!(answer.json()["message"].as_str().unwrap().contains(&format!("`{scope}`")), "{:?}", answer.json());
}

#[tokio::test]
async fn a_try_reads_for_its_caller_what_the_caller_may_read() {
    let (server, made) = prepared().await;
    let rows = format!("/flows/datatables/{}/rows", text(&made, "table"));
    server.call("POST", &rows, json!({"KEY": "shop.example", "queue": "Gold"})).await.ok();
    let path = format!("/flows/{}/try", text(&made, "flow"));
    let message = "From: x@shop.example\r\nSubject: hello\r\n\r\nbody\r\n";
    let try_as = async |scope: &str, body: Json| as_one_with(&server, scope, "POST", &path, &body).await;

    // What is saved and looks something up.
    refused(&try_as("flow:read", json!({"message": message})).await, "routing:read");
    refused(&try_as("flow:read+email:read", json!({"message": message})).await, "routing:read");
    let told = try_as("flow:read+routing:read", json!({"message": message})).await.ok();
    assert_eq!(told["decision"]["queue"]["name"], "Gold");

    // What is not saved must not find out either what there is: not by an answer, not by a refusal, and not by catching it.
    let document = |action: Json| json!({"message": message, "document": {"name": "Router", "type": "email", "nodes": [{"id": "a", "actions": [action]}]}});
    let caught = json!({"type": "findQueue", "name": "${'Go' + 'ld'}", "outputMapping": [], "notFound": {"to": "a"}, "onError": {"to": "a"}});
    for action in [
        json!({"type": "lookupTable", "table": "Customers", "key": "a", "outputMapping": []}),
        json!({"type": "lookupTable", "table": "Customer", "key": "a", "outputMapping": []}),
        json!({"type": "evaluateSchedule", "schedule": "Always", "outputMapping": []}),
        json!({"type": "transferToQueue", "queue": "Gold"}),
        json!({"type": "transferToQueue", "queue": "Golf"}),
        json!({"type": "transferToQueue", "queue": "${'Go' + 'ld'}"}),
        caught,
    ] {
        refused(&try_as("flow:read", document(action)).await, "routing:read");
    }
    let plain = try_as("flow:read", document(json!({"type": "disconnect", "reason": "spam"}))).await.ok();
    assert_eq!(plain["decision"]["reason"], "spam");
}

#[tokio::test]
async fn traces_and_graphs_tell_of_tables_and_queues_to_those_who_may_read_them() {
    let (server, made) = prepared().await;
    let rows = format!("/flows/datatables/{}/rows", text(&made, "table"));
    server.call("POST", &rows, json!({"KEY": "shop.example", "queue": "Gold"})).await.ok();
    let one = routed(&server, "shop.example", 1).await.1;
    let path = format!("/interactions/{}/trace", text(&one, "id"));
    let get = async |scope: &str, path: &str| as_one_with(&server, scope, "GET", path, &Json::Null).await;
    let events = |trace: &Json| trace["runs"][0]["trace"]["events"].as_array().unwrap().clone();
    let whole = events(&get("email:read+routing:read", &path).await.ok());
    let bare = events(&get("email:read", &path).await.ok());
    assert_eq!(whole.len(), bare.len());
    let mut withheld = Vec::new();
    for (whole, bare) in whole.iter().zip(&bare) {
        let kind = whole["event"].as_str().unwrap();
        if kind == "lookup" || kind == "output" {
            assert_eq!(bare["withheld"], "routing:read", "{bare}");
            assert!(whole.get("withheld").is_none() && bare.get("answer").is_none() && bare.get("value").is_none());
            withheld.push(kind.to_owned());
        } else {
            assert_eq!(whole, bare);
        }
    }
    assert_eq!(withheld, ["lookup", "output", "lookup", "output", "lookup"], "the queue was looked for, too");

    let uses = format!("/flows/{}/uses", text(&made, "flow"));
    let bare = get("flow:read", &uses).await.ok();
    assert_eq!((bare["nodes"].as_array().unwrap().len(), bare["edges"].as_array().unwrap().len()), (1, 0));
    assert_eq!(bare["withheld"], json!(["routing:read"]));
    let whole = get("flow:read+routing:read", &uses).await.ok();
    assert!(whole["edges"].as_array().unwrap().len() >= 3 && whole.get("withheld").is_none(), "{whole}");
    let used = format!("/flows/datatables/{}/usedby", text(&made, "table"));
    assert_eq!(get("routing:read", &used).await.ok()["withheld"], json!(["flow:read"]));
    let queues = server.get("/routing/queues?name=Gold").await.ok();
    let queue = format!("/routing/queues/{}/usedby", text(&queues["entities"][0], "id"));
    refused(&get("flow:read", &queue).await, "routing:read");
}

/// A data action that shows a secret to a host.
fn data_action(host: &str, secret: &str, output: &str) -> Json {
    let mut properties = json!({});
    properties[output] = json!({"type": "string"});
    json!({
        "name": "Get customer", "integrationType": "custom-rest-actions", "actionType": "custom", "secure": false,
        "config": {
            "request": {
                "requestUrlTemplate": format!("https://{host}/customers/${{input.id}}"), "requestType": "GET",
                "headers": {"Authorization": format!("Bearer ${{credentials.{secret}}}")},
            },
            "response": {"successTemplate": "${rawResult}"},
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "properties": {"id": {"type": "string"}}}},
            "output": {"successSchema": {"type": "object", "properties": properties}},
        },
    })
}

#[tokio::test]
async fn a_data_action_and_its_secret_keep_each_other() {
    let server = server().await;
    let actions = "/integrations/actions";
    let refused = server.call("POST", actions, data_action("crm.example", "crm", "tier")).await;
    assert_eq!(refused.error(), (400, "invalid.value".to_owned()), "{refused:?}");
    assert_eq!(refused.json()["errors"][0]["path"], "config.request.headers", "{refused:?}");
    let secret = json!({"name": "CRM", "value": "v", "hosts": ["crm.example", "other.example"]});
    let secret = text(&server.call("POST", "/secrets", secret).await.ok(), "id");
    let elsewhere = server.call("POST", actions, data_action("evil.example", "crm", "tier")).await;
    assert_eq!(elsewhere.status, 400, "{elsewhere:?}");
    let made = server.call("POST", actions, data_action("crm.example", "crm", "tier")).await.ok();
    assert_eq!((&made["version"], &made["secure"], made.get("actionType")), (&json!(1), &json!(false), None));

    // The secret is used, and stays what it is to the action.
    let secret_path = format!("/secrets/{secret}");
    let kept = server.call("DELETE", &secret_path, Json::Null).await;
    assert_eq!(kept.status, 409, "{kept:?}");
    assert!(kept.json().to_string().contains("Get customer"), "{kept:?}");
    let users = server.get(&format!("{secret_path}/usedby")).await.ok();
    assert!(users["nodes"].as_array().unwrap().iter().any(|node| node["name"] == "Get customer"), "{users}");
    for change in [
        json!({"name": "Other", "hosts": ["crm.example"], "value": "v"}),
        json!({"name": "CRM", "hosts": ["other.example"], "value": "v"}),
    ] {
        let kept = server.call("PUT", &secret_path, change).await;
        assert_eq!(kept.status, 400, "{kept:?}");
        assert!(kept.json().to_string().contains("Get customer"), "{kept:?}");
    }
    server.call("PUT", &secret_path, json!({"name": "crm", "hosts": ["crm.example"], "value": "new"})).await.ok();

    // What a flow reads stays in the contract, and the action while the flow is there.
    let path = format!("{actions}/{}", text(&made, "id"));
    let flow = json!({"name": "Asks", "type": "email", "nodes": [
        {"id": "ask", "actions": [
            {"type": "callDataAction", "dataAction": "get customer", "inputMapping": [{"name": "id", "value": "1"}],
             "outputMapping": [{"name": "tier", "value": "${output.tier}"}], "failure": {"to": "none"}, "timedOut": {"to": "none"}},
            {"type": "setAttributes", "attributes": {"tier": "${tier}"}},
        ]},
        {"id": "none", "actions": [{"type": "disconnect"}]},
    ]});
    server.call("POST", "/flows", flow).await.ok();
    let contract = data_action("crm.example", "crm", "level")["contract"].clone();
    let broken = server.call("PATCH", &path, json!({"contract": contract})).await;
    assert_eq!(broken.error(), (409, "flow.contract.broken".to_owned()), "{broken:?}");
    let place = &broken.json()["errors"][0];
    assert_eq!((&place["flowName"], &place["nodeId"], &place["action"]), (&json!("Asks"), &json!("ask"), &json!(0)));
    assert_eq!(server.call("DELETE", &path, Json::Null).await.status, 409);
    let config = data_action("crm.example", "crm", "tier")["config"].clone();
    let mut slower = config.clone();
    slower["timeoutSeconds"] = json!(5);
    let changed = server.call("PATCH", &path, json!({"config": slower, "version": 1})).await.ok();
    assert_eq!((&changed["version"], &changed["config"]["timeoutSeconds"]), (&json!(2), &json!(5)));
    let stale = server.call("PATCH", &path, json!({"config": config, "version": 1})).await;
    assert_eq!(stale.status, 412, "{stale:?}");

    // Lists leave `config` out unless asked, and filter.
    let list = async |query: &str| server.get(&format!("{actions}?{query}")).await.ok()["entities"].clone();
    assert!(list("name=customer").await[0].get("config").is_none());
    assert_eq!(list("includeConfig=true&secure=false").await[0]["config"]["timeoutSeconds"], 5);
    assert_eq!(list("category=CRM").await, json!([]));
    let schema = server.get(&format!("{path}/schemas/input.json")).await.ok();
    assert_eq!(schema["properties"], json!({"id": {"type": "string"}}));
    assert_eq!(server.get(&format!("{path}/schemas/other.json")).await.status, 404);
}
