//! Writes of flows that are meant for one revision, and documents read back after a rename, over a real socket.

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

fn document(text: &str) -> Json {
    let log = json!({"type": "log", "message": text});
    json!({"name": "One", "type": "email", "nodes": [{"id": "a", "actions": [log]}]})
}

/// Every way to write a flow: method, path behind `/api/v2` with the flow's id as `#`, and body. Each can be done after the one before.
fn writes() -> Vec<(&'static str, &'static str, Json)> {
    vec![
        ("PUT", "/flows/#", document("second")),
        ("PUT", "/flows/#", json!({"description": "what it is for"})),
        ("PUT", "/flows/#?draft=true", document("third")),
        ("POST", "/flows/#/versions", document("fourth")),
        ("POST", "/flows/#/versions/1/publish", json!({})),
        ("PUT", "/flows/#/labels/stable", json!({"targets": [{"version": 1}]})),
        ("DELETE", "/flows/#/labels/stable", Json::Null),
        ("POST", "/flows/actions/checkout?flow=#", Json::Null),
        ("POST", "/flows/actions/checkin?flow=#", Json::Null),
        ("POST", "/flows/actions/checkout?flow=#", Json::Null),
        ("POST", "/flows/actions/unlock?flow=#", Json::Null),
        ("POST", "/flows/actions/checkout?flow=#", Json::Null),
        ("POST", "/flows/actions/revert?flow=#", Json::Null),
        ("POST", "/flows/actions/publish?flow=#", Json::Null),
        ("POST", "/flows/actions/deactivate?flow=#", Json::Null),
        ("DELETE", "/flows/#", Json::Null),
    ]
}

async fn write(server: &Server, (method, path, body): &(&str, &str, Json), id: &str, tags: &str) -> Answer {
    let sent = if body.is_null() { String::new() } else { body.to_string() };
    let headers = ["Content-Type: application/json".to_owned(), format!("If-Match: {tags}")];
    let headers = headers.each_ref().map(String::as_str);
    server.call_with(method, &path.replace('#', id), &headers, sent.as_bytes()).await
}

#[tokio::test]
async fn every_write_of_a_flow_is_refused_for_another_revision() {
    let server = server().await;
    let id = server.call("POST", "/flows", document("first")).await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/flows/{id}");
    for one in writes() {
        let before = server.get(&path).await;
        let tag = before.header("etag").unwrap().to_owned();
        let before = before.ok();
        let weak = format!("W/{tag}");
        for stale in ["\"1234567\"", weak.as_str(), "\"1234567\", \"7654321\"", "nonsense"] {
            let refused = write(&server, &one, &id, stale).await;
            assert_eq!(refused.error(), (412, "precondition.failed".to_owned()), "{one:?} {stale}");
        }
        assert_eq!(server.get(&path).await.ok(), before, "{one:?}: nothing was done");
        let done = write(&server, &one, &id, &format!("\"1234567\", {tag}")).await;
        assert!(done.status == 200 || done.status == 204, "{one:?}: {}", done.status);
        if one.0 == "DELETE" && one.1 == "/flows/#" {
            continue;
        }
        assert_ne!(server.get(&path).await.header("etag"), Some(tag.as_str()), "{one:?}: something was done");
        let again = write(&server, &one, &id, &tag).await;
        assert_eq!(again.status, 412, "{one:?}: the tag is used up");
    }
    assert_eq!(server.get(&path).await.status, 410);
}

#[tokio::test]
async fn a_change_set_asks_for_the_revisions_of_flows() {
    let server = server().await;
    let made = server.call("POST", "/flows", document("first")).await;
    let tag = made.header("etag").unwrap().to_owned();
    let id = made.ok()["id"].clone();
    for member in [
        json!({"flowId": id, "document": document("second")}),
        json!({"name": "One", "document": document("second")}),
        json!({"flowId": id, "version": 1}),
        json!({"flowId": id, "delete": true}),
    ] {
        let with = |tags: &str| {
            let mut member = member.clone();
            member["ifMatch"] = json!(tags);
            json!({"flows": [member], "dryRun": true})
        };
        let refused = server.call("POST", "/changesets", with("\"1234567\"")).await;
        assert_eq!(refused.error(), (412, "precondition.failed".to_owned()), "{member}");
        assert_eq!(server.call("POST", "/changesets", with("nonsense")).await.status, 400, "{member}");
        for matching in ["*", &tag, &format!("\"1234567\", {tag}")] {
            assert_eq!(server.call("POST", "/changesets", with(matching)).await.status, 200, "{member} {matching}");
        }
    }
    let absent = json!({"flows": [{"ifMatch": "*", "document": {"name": "Two", "type": "email", "nodes": []}}]});
    let refused = server.call("POST", "/changesets", absent).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["path"]), (400, &json!("flows[0].ifMatch")));
}

/// Every way to read a document says what the flow, and what it names, are called now.
#[tokio::test]
async fn a_document_is_read_back_with_names_of_today() {
    let server = server().await;
    let queue = server.call("POST", "/routing/queues", json!({"name": "Before"})).await.ok()["id"].clone();
    let queue = queue.as_str().unwrap();
    let action = json!({"type": "transferToQueue", "queue": "Before"});
    let sent = json!({"name": "One", "type": "email", "nodes": [{"id": "a", "actions": [action]}]});
    let id = server.call("POST", "/flows", sent).await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/flows/{id}");
    server.call("PUT", &path, json!({"name": "Two", "type": "email", "description": "renamed"})).await.ok();
    server.call("PUT", &format!("/routing/queues/{queue}"), json!({"name": "After"})).await.ok();
    for read in ["", "/latestconfiguration", "/versions/1/configuration", "/versions/published/configuration"] {
        let told = server.get(&format!("{path}{read}")).await.ok();
        assert_eq!(
            (&told["name"], &told["description"], &told["nodes"][0]["actions"][0]["queue"]),
            (&json!("Two"), &json!("renamed"), &json!("After")),
            "{read}"
        );
        let put = server.call("PUT", &path, told).await.ok();
        assert_eq!((&put["name"], &put["description"], &put["version"]), (&json!("Two"), &json!("renamed"), &json!(1)));
    }
    assert_eq!(server.get("/flows").await.ok()["total"], 1);
    assert_eq!(server.get(&format!("{path}/versions")).await.ok()["total"], 1, "no version was made");
}

/// A flow that is there lends a document its name and its type.
#[tokio::test]
async fn a_document_for_a_flow_that_is_there_needs_no_name_and_no_type() {
    let server = server().await;
    let id = server.call("POST", "/flows", document("first")).await.ok()["id"].as_str().unwrap().to_owned();
    let path = format!("/flows/{id}");
    let bare = |text: &str| json!({"nodes": document(text)["nodes"]});
    let same = server.call("PUT", &path, bare("first")).await.ok();
    assert_eq!((&same["name"], &same["type"], &same["version"]), (&json!("One"), &json!("email"), &json!(1)));
    let next = server.call("PUT", &path, bare("second")).await.ok();
    assert_eq!((&next["name"], &next["type"], &next["version"]), (&json!("One"), &json!("email"), &json!(2)));
    let draft = server.call("POST", &format!("{path}/versions"), bare("third")).await.ok();
    assert_eq!(draft["version"], 3);
    let told = server.get(&format!("{path}/versions/3/configuration")).await.ok();
    assert_eq!((&told["name"], &told["type"]), (&json!("One"), &json!("email")));
    let mail = json!({"message": "From: a@example.net\r\n\r\nx\r\n", "document": bare("tried")});
    server.call("POST", &format!("{path}/try"), mail).await.ok();
    let refused = server.call("POST", "/flows", bare("first")).await;
    let paths: Vec<Json> = refused.json()["errors"].as_array().unwrap().iter().map(|one| one["path"].clone()).collect();
    assert_eq!((refused.status, paths), (400, vec![json!("name"), json!("type")]));
}
