//! What Genesys's clients do beside our own: check out and in, histories, dependency tracking, conversations.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::{FORM, Server, server};

fn flow(name: &str, text: &str) -> Json {
    json!({ "name": name, "type": "email", "nodes": [{ "id": "a", "actions": [{ "type": "log", "message": text }] }] })
}

async fn made(server: &Server, path: &str, body: Json) -> String {
    server.call("POST", path, body).await.ok()["id"].as_str().unwrap().to_owned()
}

async fn act(server: &Server, action: &str, id: &str) -> Json {
    server.call("POST", &format!("/flows/actions/{action}?flow={id}"), Json::Null).await.ok()
}

/// The token of another client.
async fn another(server: &Server) -> String {
    let client = server.call("POST", "/oauth/clients", json!({ "name": "Other", "scope": ["flow:write"] })).await.ok();
    let (id, secret) = (client["id"].as_str().unwrap(), client["secret"].as_str().unwrap());
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let token = server.send("POST", "/oauth/token", &[FORM], form.as_bytes()).await.ok();
    format!("Authorization: Bearer {}", token["access_token"].as_str().unwrap())
}

#[tokio::test]
async fn a_flow_that_is_checked_out_is_its_holders() {
    let server = server().await;
    let other = another(&server).await;
    let id = made(&server, "/flows", flow("F", "one")).await;
    let path = format!("/flows/{id}");
    let held = act(&server, "checkout", &id).await;
    assert_eq!(held["lockedClient"]["id"], "admin");
    act(&server, "checkout", &id).await;

    let as_other = async |method: &str, path: &str, body: &[u8]| {
        let json_type = "Content-Type: application/json";
        server.send(method, &format!("/api/v2{path}"), &[&other, json_type], body).await
    };
    let body = flow("F", "theirs").to_string();
    for (method, path, body) in [
        ("PUT", path.clone(), body.as_bytes()),
        ("POST", format!("{path}/versions"), body.as_bytes()),
        ("DELETE", path.clone(), b"".as_slice()),
        ("POST", format!("/flows/actions/checkout?flow={id}"), b""),
        ("POST", format!("/flows/actions/checkin?flow={id}"), b""),
        ("POST", format!("/flows/actions/revert?flow={id}"), b""),
        ("POST", format!("/flows/actions/publish?flow={id}"), b""),
        ("PUT", format!("{path}/labels/stable"), br#"{"targets":[{"version":1}]}"#),
    ] {
        let refused = as_other(method, &path, body).await;
        assert_eq!(refused.error(), (409, "architect.flow.locked".to_owned()), "{method} {path}");
    }

    // What is saved meanwhile is not checked in yet.
    let saved = server.call("POST", &format!("{path}/versions"), flow("F", "two")).await.ok();
    assert_eq!((&saved["id"], &saved["type"]), (&json!("2.0"), &json!("SAVE")));
    let seen = server.get(&path).await.ok();
    assert_eq!((&seen["savedVersion"]["id"], &seen["checkedInVersion"]["id"]), (&json!("2.0"), &json!("1.0")));
    let reverted = act(&server, "revert", &id).await;
    assert_eq!((&reverted["lockedClient"], &reverted["checkedInVersion"]["id"]), (&Json::Null, &json!("3.0")));
    let latest = server.get(&format!("{path}/latestconfiguration")).await.ok();
    assert_eq!(latest["nodes"][0]["actions"][0]["message"], "one");

    act(&server, "checkout", &id).await;
    let taken = as_other("POST", &format!("/flows/actions/unlock?flow={id}"), b"").await;
    assert_eq!(taken.ok()["lockedClient"], Json::Null);
    as_other("POST", &format!("/flows/actions/checkout?flow={id}"), b"").await.ok();
    let listed = server.get("/flows?lockedByClientId=admin").await.ok();
    assert_eq!(listed["total"], 0);
    assert_eq!(server.get("/flows?editableBy=admin").await.ok()["total"], 0);
    act(&server, "unlock", &id).await;
    let published = act(&server, "publish", &id).await;
    assert_eq!((&published["actionName"], &published["complete"]), (&json!("PUBLISH"), &json!(true)));
    assert_eq!(server.get(&path).await.ok()["publishedVersion"]["id"], "3.0");

    let history = server.call("POST", &format!("{path}/history"), Json::Null).await.ok();
    let read = server.get(&format!("{path}/history/{}", history["id"].as_str().unwrap())).await.ok();
    let actions: Vec<&str> =
        read["entities"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        ["PUBLISH", "UPDATE", "CHECKOUT", "UPDATE", "CHECKOUT", "REVERT", "SAVE", "SAVE", "CHECKOUT", "PUBLISH"]
    );
    let sorted = async |query: &str, member: &str| -> Vec<String> {
        let read = server.get(&format!("{path}/history/{id}?{query}")).await.ok();
        let told = |one: &Json| one.pointer(member).unwrap().as_str().unwrap().to_owned();
        read["entities"].as_array().unwrap().iter().map(told).collect()
    };
    for (by, member) in [("timestamp", "/timestamp"), ("action", "/action"), ("user", "/client/id")] {
        let up = sorted(&format!("sortBy={by}&sortOrder=asc"), member).await;
        let down = sorted(&format!("sortBy={by}&sortOrder=desc"), member).await;
        assert!(up.is_sorted() && down.is_sorted_by(|a, b| a >= b) && up.first() < up.last(), "{by}: {up:?} {down:?}");
        assert_eq!(sorted(&format!("sortBy={by}"), member).await, down, "descending unless told");
    }
    let filter = format!("{path}/history/{id}?action=save&sortOrder=asc&pageSize=1");
    let page = server.get(&filter).await.ok();
    assert_eq!((&page["total"], &page["entities"][0]["version"]), (&json!(2), &json!("2.0")));
}

#[tokio::test]
async fn a_flow_without_content_is_given_back_without_content() {
    let server = server().await;
    let id = made(&server, "/flows", json!({ "name": "F", "type": "email" })).await;
    act(&server, "checkout", &id).await;
    let untouched = act(&server, "revert", &id).await;
    assert_eq!(untouched.get("savedVersion"), None, "nothing was saved");
    act(&server, "checkout", &id).await;
    server.call("POST", &format!("/flows/{id}/versions"), flow("F", "draft")).await.ok();
    let reverted = act(&server, "revert", &id).await;
    assert_eq!(reverted["savedVersion"]["id"], "2.0", "the draft is not the newest any more");
    assert_eq!((reverted.get("publishedVersion"), reverted.get("lockedClient")), (None, None));
    assert_eq!(server.get(&format!("/flows/{id}/latestconfiguration")).await.ok()["nodes"], json!([]));
}

#[tokio::test]
async fn lists_take_every_filter() {
    let server = server().await;
    let shared = json!({
        "name": "Shared", "type": "COMMONMODULE", "inputs": [{ "name": "text", "dataType": "string" }],
        "outputs": [{ "name": "all", "dataType": "list<integer>" }], "nodes": [],
    });
    let shared = made(&server, "/flows", shared).await;
    let one = made(&server, "/flows", flow("One", "x")).await;
    made(&server, "/flows", json!({ "name": "Empty", "type": "INBOUNDEMAIL" })).await;
    let named = async |query: &str| -> Vec<String> {
        let listed = server.get(query).await.ok();
        listed["entities"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(named("/flows?type=commonmodule").await, ["Shared"]);
    assert_eq!(named("/flows?sortBy=name&type=inboundemail").await, ["Empty", "One"]);
    assert_eq!(named("/flows?sortBy=name&publishVersionId=1.0").await, ["One", "Shared"]);
    assert_eq!(named("/flows?publishedAfter=2100-01-01T00:00:00Z").await, [""; 0]);
    assert_eq!(named("/flows?sortBy=name&publishedBefore=2100-01-01T00:00:00Z").await, ["One", "Shared"]);
    assert_eq!(named("/flows?secure=any").await, [""; 0]);
    assert_eq!(named("/flows?lockedBy=somebody").await, [""; 0]);
    assert_eq!(named(&format!("/flows/lookup?id={one},{shared}&sortBy=name")).await, ["One", "Shared"]);
    let (upper, other) = (one.to_uppercase(), shared.to_uppercase());
    assert_eq!(
        named(&format!("/flows/lookup?id={upper},{other}&sortBy=name")).await,
        ["One", "Shared"],
        "in either case"
    );
    assert_eq!(named(&format!("/flows/divisionviews?id={upper}")).await, ["One"]);
    let queue = made(&server, "/routing/queues", json!({ "name": "Q" })).await;
    assert_eq!(named(&format!("/routing/queues?id={}", queue.to_uppercase())).await, ["Q"]);
    let history = server.get(&format!("/flows/{one}/history/{upper}")).await.ok();
    assert_eq!(history["total"], 1);
    assert_eq!(named("/flows/divisionviews?name=s*").await, ["Shared"]);
    let with = server.get("/flows?includeSchemas=true&name=shared").await.ok();
    let inputs = &with["entities"][0]["inputSchema"];
    assert_eq!((&inputs["required"], &inputs["properties"]["text"]["type"]), (&json!(["text"]), &json!("string")));
    assert_eq!(with["entities"][0]["outputSchema"]["properties"]["all"]["items"]["type"], "integer");
    let gone = server.call("DELETE", &format!("/flows?id={one},{shared}"), Json::Null).await.ok();
    assert_eq!(gone["actionName"], "DELETE");
    assert_eq!(named("/flows").await, ["Empty"]);
}

#[tokio::test]
async fn flows_that_use_each_other_go_together() {
    let server = server().await;
    let shared = made(&server, "/flows", json!({ "name": "S", "type": "shared", "nodes": [] })).await;
    let call = json!({ "type": "runFlow", "flowId": shared });
    let caller = json!({ "name": "C", "type": "email", "nodes": [{ "id": "a", "actions": [call] }] });
    let caller = made(&server, "/flows", caller).await;
    let alone = server.call("DELETE", &format!("/flows?id={shared}"), Json::Null).await;
    assert_eq!(alone.error(), (409, "architect.dependency.object.in.use".to_owned()));
    server.call("DELETE", &format!("/flows?id={shared},{caller}"), Json::Null).await.ok();
}

#[tokio::test]
async fn a_type_that_the_sdk_does_not_know_stays() {
    let server = server().await;
    let id = made(&server, "/flows", flow("F", "x")).await;
    let sent = json!({ "id": id, "name": "Renamed", "type": "outdated_sdk_version", "active": true });
    let put = server.call("PUT", &format!("/flows/{id}"), sent).await.ok();
    assert_eq!((&put["name"], &put["type"]), (&json!("Renamed"), &json!("email")));
    assert_eq!(put["nodes"][0]["id"], "a", "content that is not sent stays");
}

#[tokio::test]
async fn dependencies_in_both_directions() {
    let server = server().await;
    let queue = made(&server, "/routing/queues", json!({ "name": "Billing" })).await;
    let other = made(&server, "/routing/queues", json!({ "name": "Other" })).await;
    let shared = made(&server, "/flows", json!({ "name": "S", "type": "shared", "nodes": [] })).await;
    let body = |queue: &str| {
        json!({ "name": "C", "type": "email", "nodes": [{ "id": "a", "actions": [
            { "type": "runFlow", "flowId": shared }, { "type": "transferToQueue", "queue": queue },
        ] }] })
    };
    let caller = made(&server, "/flows", body("Billing")).await;
    server.call("PUT", &format!("/flows/{caller}"), body("Other")).await.ok();
    server.call("POST", "/routing/email/domains", json!({ "id": "a.example" })).await.ok();
    let route = json!({ "pattern": "help", "flow": { "id": caller } });
    let route = made(&server, "/routing/email/domains/a.example/routes", route).await;

    let base = "/architect/dependencytracking";
    let ask = async |path: &str| -> Vec<(String, String)> {
        let answer = server.get(&format!("{base}{path}")).await.ok();
        let text = |one: &Json, member: &str| one[member].as_str().unwrap().to_owned();
        answer["entities"].as_array().unwrap().iter().map(|one| (text(one, "type"), text(one, "id"))).collect()
    };
    let is = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
    assert_eq!(
        ask(&format!("/consumingresources?id={shared}&objectType=COMMONMODULEFLOW")).await,
        [is("INBOUNDEMAILFLOW", &caller)]
    );
    assert_eq!(
        ask(&format!("/consumingresources?id={caller}&objectType=INBOUNDEMAILFLOW")).await,
        [is("EMAILROUTE", &route)]
    );
    let of = |version: &str| format!("/consumedresources?id={caller}&version={version}&objectType=INBOUNDEMAILFLOW");
    assert_eq!(ask(&of("2.0")).await, [is("COMMONMODULEFLOW", &shared), is("QUEUE", &other)]);
    assert_eq!(ask(&of("1.0")).await, [is("COMMONMODULEFLOW", &shared), is("QUEUE", &queue)], "old versions, too");
    assert_eq!(ask(&format!("{}&resourceType=QUEUE", of("2.0"))).await, [is("QUEUE", &other)]);
    assert_eq!(ask(&format!("/consumedresources?id={route}&version=1&objectType=EMAILROUTE")).await.len(), 1);
    assert_eq!(ask("?name=b*&objectType=QUEUE").await, [is("QUEUE", &queue)]);
    assert_eq!(ask("/deletedresourceconsumers?name=x").await, []);

    // Of a flow's versions, each has its own users.
    let pinned = json!({ "type": "runFlow", "flowId": shared, "version": 1 });
    let pinned = json!({ "name": "P", "type": "shared", "nodes": [{ "id": "a", "actions": [pinned] }] });
    let pinned = made(&server, "/flows", pinned).await;
    let second = json!({ "name": "S", "type": "shared", "nodes": [{ "id": "a" }] });
    server.call("PUT", &format!("/flows/{shared}"), second).await.ok();
    let using = |version: &str| format!("/consumingresources?id={shared}&version={version}");
    assert_eq!(ask(&using("1.0")).await, [is("COMMONMODULEFLOW", &pinned)]);
    assert_eq!(ask(&using("2.0")).await, [is("INBOUNDEMAILFLOW", &caller)]);
    for path in ["object", "consumingresources", "consumedresources"] {
        let missing = server.get(&format!("{base}/{path}?id={shared}&version=99")).await;
        assert_eq!(missing.error(), (404, "architect.flow.version.missing".to_owned()), "{path}");
    }
    assert_eq!(ask(&format!("/consumedresources?id={queue}&version=7")).await, [], "a queue has no versions to miss");
    server.call("DELETE", &format!("/flows/{pinned}"), Json::Null).await;

    // Who may not read queues and routes is not told of them here.
    let narrow = format!("Authorization: Bearer {}", server.token("flow:read").await);
    let told = async |path: &str| server.send("GET", &format!("/api/v2{base}{path}"), &[&narrow], b"").await;
    let names = async |path: &str| -> Vec<String> {
        let answer = told(path).await.ok();
        answer["entities"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("?name=*").await, ["C", "S"]);
    assert_eq!(names(&of("2.0")).await, ["S"]);
    assert_eq!(names(&format!("/consumingresources?id={caller}")).await, [""; 0]);
    assert_eq!(names(&format!("/consumingresources?id={shared}")).await, ["C"]);
    for hidden in [&queue, &route] {
        assert_eq!(told(&format!("/object?id={hidden}")).await.status, 404);
        assert_eq!(told(&format!("/consumingresources?id={hidden}")).await.status, 404);
    }
    let object = told(&format!("/object?id={caller}&consumedResources=true&consumingResources=true")).await.ok();
    assert_eq!(object["consumedResources"].as_array().unwrap().len(), 1);
    assert_eq!(object.get("consumingResources"), None);

    let object = server
        .get(&format!("{base}/object?id={shared}&objectType=COMMONMODULEFLOW&consumingResources=true"))
        .await
        .ok();
    assert_eq!((&object["version"], &object["consumingResources"][0]["id"]), (&json!("2.0"), &json!(caller)));
    assert_eq!(server.get(&format!("{base}/types/queue")).await.ok()["versioned"], false);
    assert_eq!(server.get(&format!("{base}/types")).await.ok()["total"], 8 + waypost_ids::Term::ALL.len());
    assert_eq!(server.get(&format!("{base}/build")).await.ok()["status"], "OPERATIONAL");
    let wrong = server.get(&format!("{base}/object?id={shared}&objectType=QUEUE")).await;
    assert_eq!(wrong.error(), (404, "architect.dependency.object.not.found".to_owned()));
    assert_eq!(server.get(&format!("{base}/object?id={shared}&objectType=QEUE")).await.status, 400);
    assert_eq!(server.get("/architect/prompts").await.error().0, 501);
    assert_eq!(server.call("PUT", &format!("{base}/types"), Json::Null).await.error().0, 501);
}

#[tokio::test]
async fn a_conversation_is_an_interaction() {
    let server = server().await;
    let queue = made(&server, "/routing/queues", json!({ "name": "Billing" })).await;
    let body = json!({
        "provider": "Chat", "direction": "INBOUND", "queueId": queue, "priority": 7, "skillIds": ["refunds"],
        "attributes": { "tier": "gold" }, "fromAddress": "Ann@example.net", "fromName": "Änn \"A\" <x>",
        "toAddress": "help@example.com", "subject": "Größe: 42 €", "textBody": "Grüße\nAnn", "htmlBody": "<b>Grüße</b>",
    });
    let made_one = server.call("POST", "/conversations/emails", body.clone()).await.ok();
    let id = made_one["id"].as_str().unwrap();
    let (customer, acd) = (&made_one["participants"][0], &made_one["participants"][1]);
    assert_eq!((&customer["purpose"], &customer["attributes"]["tier"]), (&json!("customer"), &json!("gold")));
    let asked = &acd["conversationRoutingData"];
    assert_eq!((&acd["queue"]["name"], &asked["priority"]), (&json!("Billing"), &json!(7)));
    assert_eq!(asked["skills"][0]["id"], "refunds");
    let interaction = server.get(&format!("/interactions/{id}")).await.ok();
    assert_eq!(interaction["decision"]["kind"], "queue");
    assert_eq!(
        (&interaction["subject"], &interaction["envelope"]["to"]),
        (&json!("Größe: 42 €"), &json!("help@example.com"))
    );

    let path = format!("/conversations/emails/{id}");
    let listed = server.get(&format!("{path}/messages")).await.ok();
    assert_eq!(listed["entities"][0]["textBodyPreview"], "Grüße\nAnn");
    let message = server.get(&format!("{path}/messages/{id}")).await.ok();
    assert_eq!(
        (&message["from"]["name"], &message["from"]["email"]),
        (&json!("Änn \"A\" <x>"), &json!("ann@example.net"))
    );
    assert_eq!((&message["textBody"], &message["htmlBody"]), (&json!("Grüße\nAnn"), &json!("<b>Grüße</b>")));

    let participant = customer["id"].as_str().unwrap();
    let patched = server
        .call(
            "PATCH",
            &format!("{path}/participants/{participant}/attributes"),
            json!({ "attributes": { "seen": "yes" } }),
        )
        .await;
    assert_eq!(patched.status, 202);
    let seen = server.get(&path).await.ok();
    assert_eq!(seen["participants"][0]["attributes"], json!({ "seen": "yes", "tier": "gold" }));
    assert_eq!(server.call("PATCH", &path, json!({ "state": "connected" })).await.status, 400);
    let over = server.call("PATCH", &path, json!({ "state": "disconnected" })).await.ok();
    assert_eq!((&over["state"], &over["participants"][0]["state"]), (&json!("disconnected"), &json!("disconnected")));
    assert_eq!(server.get(&format!("/interactions/{id}")).await.ok()["state"], "completed");

    // Rerun: it goes where it was told to go, with what it was told.
    server.call("POST", &format!("/interactions/{id}/rerun"), Json::Null).await;
    for _ in 0..12_000 {
        if server.get(&format!("/interactions/{id}")).await.ok()["runs"].as_array().unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let again = server.get(&format!("/interactions/{id}")).await.ok();
    assert_eq!((&again["decision"]["skills"], &again["attributes"]["tier"]), (&json!(["refunds"]), &json!("gold")));
    assert_eq!(again["attributes"]["seen"], "yes", "what was set stays set");
    assert_eq!(again["runs"].as_array().unwrap().len(), 2);

    // What it was sent to is gone: it stands where it can be seen and claimed.
    server.call("PATCH", &path, json!({ "state": "disconnected" })).await.ok();
    assert_eq!(server.call("DELETE", &format!("/routing/queues/{queue}"), Json::Null).await.status, 204);
    server.call("POST", &format!("/interactions/{id}/rerun"), Json::Null).await;
    for _ in 0..12_000 {
        if server.get(&format!("/interactions/{id}")).await.ok()["runs"].as_array().unwrap().len() == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let third = server.get(&format!("/interactions/{id}")).await.ok();
    assert_eq!(
        (&third["decision"]["kind"], &third["decision"]["queue"]["name"]),
        (&json!("unrouted"), &json!("Unrouted"))
    );
    assert_eq!(third["decision"]["error"]["code"], "run.route-deleted");

    // Erased: what was said of it is gone, cannot be said again, and stands nowhere else.
    assert_eq!(server.call("DELETE", &format!("/interactions/{id}/content"), Json::Null).await.status, 204);
    let erased = server.get(&format!("/interactions/{id}")).await.ok();
    assert!(!erased.to_string().contains("gold"), "{erased}");
    let attributes = format!("{path}/participants/{participant}/attributes");
    let late = server.call("PATCH", &attributes, json!({ "attributes": { "seen": "again" } })).await;
    assert_eq!(late.error(), (410, "gone".to_owned()));
    let log = server.get(&format!("/audit?entityId={id}")).await.ok();
    let set = log["entities"].as_array().unwrap().iter().find(|entry| entry["action"] == "attributes set").unwrap();
    assert_eq!((&set["after"], set.get("before")), (&json!({ "attributes": ["seen"] }), None));
    assert!(!log.to_string().contains("gold"), "{log}");
}

#[tokio::test]
async fn a_conversation_for_a_flow_or_a_route() {
    let server = server().await;
    made(&server, "/routing/queues", json!({ "name": "Gold" })).await;
    let decide = json!({ "name": "F", "type": "email", "nodes": [{ "id": "a", "next": [
        { "when": "${interaction.attributes.tier == 'gold'}", "to": "gold" }, { "to": "b" } ] },
        { "id": "gold", "actions": [{ "type": "transferToQueue", "queue": "Gold" }] },
        { "id": "b", "actions": [{ "type": "disconnect" }] } ] });
    let flow = made(&server, "/flows", decide).await;
    let base = json!({ "provider": "x", "direction": "INBOUND", "textBody": "hi" });
    let with = |more: Json| {
        let mut body = base.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let begin = async |more: Json| server.call("POST", "/conversations/emails", with(more)).await;
    let gold = begin(json!({ "flowId": flow, "attributes": { "tier": "gold" } })).await.ok();
    assert_eq!(gold["participants"][1]["queue"]["name"], "Gold");
    assert_eq!(begin(json!({ "flowId": flow })).await.ok()["state"], "disconnected");

    server.call("POST", "/routing/email/domains", json!({ "id": "a.example" })).await.ok();
    made(&server, "/routing/email/domains/a.example/routes", json!({ "pattern": "help", "flow": { "id": flow } }))
        .await;
    assert_eq!(begin(json!({ "toAddress": "help@a.example" })).await.ok()["state"], "disconnected");
    assert_eq!(begin(json!({ "toAddress": "nobody@a.example" })).await.status, 422);

    for (more, status, path) in [
        (json!({}), 400, "toAddress"),
        (json!({ "flowId": "00000000-0000-0000-0000-000000000000" }), 400, "flowId"),
        (json!({ "queueId": "x" }), 400, "queueId"),
        (json!({ "flowId": flow, "skillIds": ["a"] }), 400, "skillIds"),
        (json!({ "flowId": flow, "subject": "a\r\nBcc: x@example.com" }), 400, "subject"),
        (json!({ "flowId": flow, "fromAddress": "a@b>\r\nX: y" }), 400, "fromAddress"),
        (json!({ "flowId": flow, "attributes": { "a": 1 } }), 400, "attributes.a"),
    ] {
        let refused = begin(more.clone()).await;
        assert_eq!((refused.status, refused.json()["errors"][0]["path"].as_str()), (status, Some(path)), "{more}");
    }
    assert_eq!(begin(json!({ "direction": "OUTBOUND", "flowId": flow })).await.status, 501);
    assert_eq!(server.get("/conversations/emails").await.error().0, 501);
    let reply = format!("/conversations/emails/{}/messages", gold["id"].as_str().unwrap());
    assert_eq!(server.call("POST", &reply, json!({})).await.error().0, 501);
}

#[tokio::test]
async fn attributes_that_clients_set_are_bounded() {
    let server = server().await;
    let queue = made(&server, "/routing/queues", json!({ "name": "Billing" })).await;
    let begun = |length: usize| json!({ "provider": "x", "direction": "INBOUND", "queueId": queue, "attributes": { "a": "x".repeat(length) } });
    let refused = server.call("POST", "/conversations/emails", begun(1_100_000)).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["path"]), (400, &json!("attributes")));
    let one = server.call("POST", "/conversations/emails", begun(30_000)).await.ok();
    let (id, participant) = (one["id"].as_str().unwrap(), one["participants"][0]["id"].as_str().unwrap());
    let path = format!("/conversations/emails/{id}/participants/{participant}/attributes");
    // Together with those that stay, and without those that it replaces.
    for (name, length, status) in
        [("b", 500_000, 202), ("c", 520_000, 400), ("b", 1_000_000, 202), ("b", 1_030_000, 400)]
    {
        let set = json!({ "attributes": { name: "x".repeat(length) } });
        assert_eq!(server.call("PATCH", &path, set).await.status, status, "{name} {length}");
    }
}

/// Each of these fits into what was kept when it came; two of them fit together.
#[tokio::test]
async fn attributes_that_many_set_at_once_are_bounded_together() {
    let server = server().await;
    let queue = made(&server, "/routing/queues", json!({ "name": "Billing" })).await;
    let begun = json!({ "provider": "x", "direction": "INBOUND", "queueId": queue });
    let one = server.call("POST", "/conversations/emails", begun).await.ok();
    let (id, participant) = (one["id"].as_str().unwrap(), one["participants"][0]["id"].as_str().unwrap());
    let path = format!("/conversations/emails/{id}/participants/{participant}/attributes");
    let sets = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| {
        let set = json!({ "attributes": { name: "x".repeat(400_000) } });
        server.call("PATCH", &path, set)
    });
    let mut answers: Vec<u16> = futures_util::future::join_all(sets).await.iter().map(|answer| answer.status).collect();
    answers.sort_unstable();
    assert_eq!(answers, [202, 202, 400, 400, 400, 400, 400, 400]);
}
