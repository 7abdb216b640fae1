//! Flows and versions, over a real socket.

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

/// The tutorial's shared flow, with a node that sets its output.
fn shared(output: &str) -> Json {
    json!({
        "name": "Shared Email Processor",
        "type": "email",
        "inputs": [{"name": "emailBody", "datatype": "string"}],
        "outputs": [{"name": output, "datatype": "string"}],
        "nodes": [{"id": "work", "actions": [{"type": "setOutput", "name": output, "value": "${input.emailBody}"}]}],
        "trigger": {"type": "email"},
        "conditionset": {"conditions": []},
        "end": {},
    })
}

/// The tutorial's inbound flow, with its action in a node.
fn inbound(shared: &str, input: &str) -> Json {
    json!({
        "name": "Inbound Email Router",
        "type": "email",
        "inputs": [],
        "outputs": [],
        "nodes": [{"id": "start", "actions": [{
            "type": "runFlow",
            "flowid": shared,
            "inputmapping": [{"name": input, "value": "${interaction.email.body}"}],
            "outputmapping": [{"name": "localResult", "value": "${output.processedResult}"}],
        }]}],
        "trigger": {"type": "email"},
        "conditionset": {"conditions": []},
        "end": {},
    })
}

fn id(flow: &Json) -> &str {
    flow["id"].as_str().unwrap()
}

async fn create(server: &Server, document: Json) -> Json {
    server.call("POST", "/flows", document).await.ok()
}

#[tokio::test]
async fn the_tutorials_steps() {
    let server = server().await;
    let callee = create(&server, shared("processedResult")).await;
    let caller = create(&server, inbound(id(&callee), "emailBody")).await;
    assert_eq!((&caller["type"], &caller["version"], &caller["active"]), (&json!("email"), &json!(1), &json!(true)));
    assert_eq!(caller["division"]["name"], "Home");
    assert_eq!(caller["publishedVersion"]["id"], "1.0");
    assert!(caller["publishedVersion"]["dateCreated"].is_i64(), "the one kind of time that is a number");
    let action = &caller["nodes"][0]["actions"][0];
    assert_eq!((&action["flowId"], &action["inputMapping"][0]["name"]), (&json!(id(&callee)), &json!("emailBody")));

    // What was got can be put back, members that the server manages included, and changes nothing.
    let path = format!("/flows/{}", id(&caller));
    let got = server.get(&path).await;
    assert_eq!(got.ok(), caller);
    let etag = got.header("etag").unwrap().to_owned();
    let put = server.call("PUT", &path, caller.clone()).await;
    assert_eq!((&put.ok()["version"], put.header("etag")), (&json!(1), Some(etag.as_str())));

    // Another shared flow in its place is a new version.
    let mut other = shared("processedResult");
    other["name"] = json!("Another Processor");
    let other = create(&server, other).await;
    let mut changed = caller.clone();
    changed["nodes"][0]["actions"][0]["flowId"] = json!(id(&other));
    assert_eq!(server.call("PUT", &path, changed).await.ok()["version"], 2);
}

#[tokio::test]
async fn a_mapping_that_does_not_fit_is_told_at_its_place() {
    let server = server().await;
    let callee = create(&server, shared("processedResult")).await;
    let answer = server.call("POST", "/flows", inbound(id(&callee), "emailBdy")).await;
    assert_eq!(answer.error(), (400, "flow.invalid".to_owned()));
    let problems = answer.json()["errors"].as_array().unwrap().clone();
    let at = |code: &str| problems.iter().find(|one| one["code"] == code).unwrap_or_else(|| panic!("{problems:?}"));
    let unknown = at("mapping.input.unknown");
    assert!(unknown["path"].as_str().unwrap().starts_with("nodes[0].actions[0].inputMapping[0]"), "{unknown}");
    assert!(unknown["suggestion"].as_str().unwrap().contains("emailBody"));
    at("mapping.input.missing");
    assert_eq!(server.get("/flows").await.ok()["total"], 1, "nothing was made");
}

#[tokio::test]
async fn a_break_of_a_follower_is_refused_and_named() {
    let server = server().await;
    let callee = create(&server, shared("processedResult")).await;
    let caller = create(&server, inbound(id(&callee), "emailBody")).await;
    let path = format!("/flows/{}", id(&callee));
    let answer = server.call("PUT", &path, shared("renamed")).await;
    assert_eq!(answer.error(), (409, "flow.contract.broken".to_owned()));
    let place = answer.json()["errors"][0].clone();
    assert_eq!((&place["flowId"], &place["flowName"]), (&caller["id"], &caller["name"]));
    assert_eq!((&place["nodeId"], &place["version"]), (&json!("start"), &json!(1)));
    assert_eq!(server.get(&path).await.ok()["version"], 1);

    let answer = server.call("DELETE", &path, Json::Null).await;
    assert_eq!(answer.error(), (409, "architect.dependency.object.in.use".to_owned()));
    assert_eq!(answer.json()["errors"][0]["flowName"], caller["name"]);

    let gone = server.call("DELETE", &format!("/flows/{}", id(&caller)), Json::Null).await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    assert_eq!(server.call("DELETE", &path, Json::Null).await.status, 204);
    assert_eq!(server.get(&path).await.error(), (410, "architect.flow.deleted".to_owned()));
    let deleted = server.get(&format!("{path}?deleted=true")).await.ok();
    assert_eq!((&deleted["deleted"], &deleted["active"]), (&json!(true), &json!(false)));
    create(&server, shared("processedResult")).await;
}

#[tokio::test]
async fn names_revisions_and_metadata() {
    let server = server().await;
    let flow = create(&server, shared("processedResult")).await;
    let mut twin = shared("processedResult");
    twin["name"] = json!("SHARED email processor");
    let answer = server.call("POST", "/flows", twin).await;
    assert_eq!(answer.error(), (409, "architect.object.already.exists".to_owned()));
    assert_eq!(answer.json()["errors"][0]["entityId"], flow["id"]);

    let path = format!("/flows/{}", id(&flow));
    let json = "Content-Type: application/json";
    // As the official SDK puts it: metadata alone leaves the content.
    let metadata = json!({"name": "Renamed", "type": "email", "description": "d"}).to_string();
    for (tag, status) in [("\"99\"", 412), ("W/\"1\"", 412), ("\"1\"", 200), ("\"1\"", 412), ("*", 200)] {
        let header = format!("If-Match: {tag}");
        let answer = server.call_with("PUT", &path, &[json, &header], metadata.as_bytes()).await;
        assert_eq!(answer.status, status, "{tag}");
    }
    let renamed = server.get(&path).await.ok();
    assert_eq!((&renamed["name"], &renamed["description"]), (&json!("Renamed"), &json!("d")));
    assert_eq!((&renamed["version"], &renamed["nodes"]), (&json!(1), &flow["nodes"]));

    let empty = create(&server, json!({"name": "Empty", "type": "INBOUNDEMAIL"})).await;
    assert_eq!((&empty["type"], &empty["active"], empty.get("nodes")), (&json!("INBOUNDEMAIL"), &json!(false), None));
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_paged() {
    let server = server().await;
    for (name, kind) in [("Beta", "email"), ("alpha", "INBOUNDEMAIL"), ("Gamma ray", "shared"), ("gamma", "email")] {
        create(&server, json!({"name": name, "type": kind, "nodes": []})).await;
    }
    for (query, names) in [
        ("sortBy=name", vec!["alpha", "Beta", "gamma", "Gamma ray"]),
        ("sortBy=name&sortOrder=desc&pageSize=1&pageNumber=2", vec!["gamma"]),
        ("type=inboundemail&sortBy=name", vec!["alpha", "Beta", "gamma"]),
        ("type=COMMONMODULE,inqueueemail", vec!["Gamma ray"]),
        ("name=GAMMA", vec!["gamma"]),
        ("name=gam*&sortBy=name", vec!["gamma", "Gamma ray"]),
        ("nameOrDescription=a%20r&includeSchemas=true", vec!["Gamma ray"]),
        ("pageNumber=9", vec![]),
    ] {
        let page = server.get(&format!("/flows?{query}")).await.ok();
        let found: Vec<&str> =
            page["entities"].as_array().unwrap().iter().map(|flow| flow["name"].as_str().unwrap()).collect();
        assert_eq!(found, names, "{query}");
        assert!(page["pageCount"].is_u64());
        assert_eq!(page["entities"].get(0).and_then(|flow| flow.get("nodes")), None, "lists leave the content out");
    }
    let all = server.get("/flows").await.ok();
    let ids: Vec<&str> = all["entities"].as_array().unwrap().iter().map(id).collect();
    let found = server.get(&format!("/flows?id={}&id={}&name=nobody", ids[0], ids[1])).await.ok();
    assert_eq!(found["total"], 2, "with ids, nothing else is looked at");
}

#[tokio::test]
async fn versions_can_be_read_and_published_again() {
    let server = server().await;
    let flow = create(&server, shared("processedResult")).await;
    let path = format!("/flows/{}", id(&flow));
    let mut second = shared("processedResult");
    second["nodes"][0]["id"] = json!("second");
    server.call("PUT", &path, second).await.ok();
    let page = server.get(&format!("{path}/versions")).await.ok();
    let ids: Vec<&Json> = page["entities"].as_array().unwrap().iter().map(|version| &version["id"]).collect();
    assert_eq!(ids, ["2.0", "1.0"]);
    let page = server.get(&format!("{path}/versions?pageSize=1&pageNumber=2")).await.ok();
    assert_eq!((&page["entities"][0]["version"], &page["total"]), (&json!(1), &json!(2)));
    for number in ["1", "1.0"] {
        let version = server.get(&format!("{path}/versions/{number}")).await.ok();
        assert_eq!((&version["version"], &version["type"]), (&json!(1), &json!("PUBLISH")));
        let document = server.get(&format!("{path}/versions/{number}/configuration")).await.ok();
        assert_eq!(document["nodes"][0]["id"], "work");
    }
    for number in ["3", "0", "x", "1.1"] {
        let answer = server.get(&format!("{path}/versions/{number}")).await;
        assert_eq!(answer.error(), (404, "architect.flow.version.missing".to_owned()), "{number}");
    }
    let published = server.call("POST", &format!("{path}/versions/1.0/publish"), Json::Null).await.ok();
    assert_eq!((&published["version"], &published["savedVersion"]["version"]), (&json!(1), &json!(2)));
    assert_eq!(published["nodes"][0]["id"], "work");
    let empty = server.call("POST", &format!("{path}/versions"), json!({})).await;
    assert_eq!(empty.error(), (400, "flow.invalid".to_owned()), "a draft is a document");
}
