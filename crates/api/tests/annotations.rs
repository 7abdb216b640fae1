//! What is kept beside flows: texts of versions, and positions of nodes, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::{Answer, Server, server, start};
use waypost_api::state::Settings;

const YAML: &str = "Content-Type: application/yaml";

/// A flow as somebody wrote it, with a queue's name.
fn written(queue: &str) -> String {
    format!(
        "# Where mail begins.\nname: One\ntype: email\nnodes:\n  - id: a # the only one\n    actions:\n      - type: transferToQueue\n        queue: {queue}\n"
    )
}

/// The same as a body of JSON.
fn document(queue: &str) -> Json {
    json!({"name": "One", "type": "email", "nodes": [{"id": "a", "actions": [{"type": "transferToQueue", "queue": queue}]}]})
}

/// A server with a queue `Before` and a flow that leads there: their ids.
async fn with_flow() -> (Server, String, String) {
    let server = server().await;
    let queue = server.call("POST", "/routing/queues", json!({"name": "Before"})).await.ok()["id"].clone();
    let flow = server.call("POST", "/flows", document("Before")).await.ok()["id"].clone();
    (server, queue.as_str().unwrap().to_owned(), flow.as_str().unwrap().to_owned())
}

async fn put(server: &Server, path: &str, headers: &[&str], text: &str) -> Answer {
    let headers: Vec<&str> = headers.iter().copied().chain([YAML]).collect();
    server.call_with("PUT", path, &headers, text.as_bytes()).await
}

async fn entries(server: &Server) -> usize {
    server.get("/audit?pageSize=500").await.ok()["entities"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_text_is_given_back_as_it_was_written() {
    let (server, _, flow) = with_flow().await;
    let path = format!("/flows/{flow}/versions/1/text");
    assert_eq!(server.get(&path).await.error(), (404, "flow.text.missing".to_owned()));
    let (before, text) = (server.get(&format!("/flows/{flow}")).await, written("Before").replace('\n', "\r\n"));
    let kept = put(&server, &path, &["Content-Type: application/yaml; charset=utf-8"], &text).await;
    assert_eq!((kept.status, kept.body.len(), kept.header("etag")), (204, 0, Some("\"1\"")));
    server.call("PUT", &format!("/flows/{flow}/labels/stable"), json!({"targets": [{"version": 1}]})).await.ok();
    for named in ["1", "1.0", "published", "newest", "stable"] {
        let answer = server.get(&format!("/flows/{flow}/versions/{named}/text")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/yaml")), "{named}");
        assert_eq!((answer.header("etag"), &*answer.body), (Some("\"1\""), text.as_bytes()), "{named}");
    }
    let versions = server.get(&format!("/flows/{flow}/versions")).await.ok();
    assert_eq!(versions["total"], 1, "a text makes no version");
    assert_ne!(before.header("etag"), None);
    for (path, code) in [
        (format!("/flows/{flow}/versions/2/text"), "architect.flow.version.missing"),
        (format!("/flows/{flow}/versions/of-nobody/text"), "architect.flow.version.missing"),
        ("/flows/00000000-0000-4000-8000-000000000000/versions/1/text".to_owned(), "architect.flow.not.found"),
    ] {
        assert_eq!(server.get(&path).await.error(), (404, code.to_owned()), "{path}");
        assert_eq!(put(&server, &path, &[], &text).await.error(), (404, code.to_owned()), "{path}");
    }
    server.call("DELETE", &format!("/flows/{flow}/labels/stable"), Json::Null).await.ok();
    assert_eq!(server.call("DELETE", &format!("/flows/{flow}"), Json::Null).await.status, 204);
    assert_eq!(put(&server, &path, &[], &text).await.error(), (410, "architect.flow.deleted".to_owned()));
    assert_eq!(server.get(&path).await.body, text.as_bytes(), "it stays with its version");
}

#[tokio::test]
async fn the_newest_text_before_a_version_without_one_is_found() {
    let (server, _, flow) = with_flow().await;
    let text = |version: &str| format!("/flows/{flow}/versions/{version}/text");
    let earlier = |version: &str| format!("{}?earlier=true", text(version));
    assert_eq!(server.get(&earlier("newest")).await.error(), (404, "flow.text.missing".to_owned()));
    put(&server, &text("1"), &[], &written("Before")).await;
    for count in 0..12 {
        let node = json!({"id": "a", "actions": [{"type": "log", "message": format!("{count}")}]});
        server.call("POST", &format!("/flows/{flow}/versions"), json!({"nodes": [node]})).await.ok();
    }
    assert_eq!(server.get(&text("newest")).await.error(), (404, "flow.text.missing".to_owned()));
    for version in ["newest", "13", "2", "1"] {
        let answer = server.get(&earlier(version)).await;
        let place = format!("/api/v2/flows/{flow}/versions/1/text");
        assert_eq!((answer.header("content-location"), answer.header("etag")), (Some(&*place), Some("\"1\"")));
        assert_eq!(&*answer.body, written("Before").as_bytes(), "{version}");
    }
    assert_eq!(server.get(&earlier("14")).await.error(), (404, "architect.flow.version.missing".to_owned()));
}

#[tokio::test]
async fn a_text_is_meant_for_one_revision() {
    let (server, _, flow) = with_flow().await;
    let (path, text) = (format!("/flows/{flow}/versions/1/text"), written("Before"));
    let stale = (412, "precondition.failed".to_owned());
    for header in ["If-Match: \"1\"", "If-Match: *", "If-Match: nonsense", "If-None-Match: \"1\""] {
        assert_eq!(put(&server, &path, &[header], &text).await.error(), stale, "{header}");
    }
    let first = put(&server, &path, &["If-None-Match: *"], &text).await;
    assert_eq!(
        put(&server, &path, &["If-None-Match: *"], "# c\n").await.error().0,
        400,
        "what it says is looked at first"
    );
    assert_eq!(put(&server, &path, &["If-None-Match: *"], &format!("# c\n{text}")).await.error(), stale);
    let tag = format!("If-Match: {}", first.header("etag").unwrap());
    let logged = entries(&server).await;
    let same = put(&server, &path, &[&tag], &text).await;
    assert_eq!((same.status, same.header("etag")), (204, first.header("etag")), "the same text is the same revision");
    assert_eq!(entries(&server).await, logged);
    let second = put(&server, &format!("{path}?note=why"), &[&tag], &format!("# c\n{text}")).await;
    assert_eq!((second.status, second.header("etag")), (204, Some("\"2\"")));
    assert_eq!(put(&server, &path, &[&tag], &text).await.error(), stale);
    let log = server.get("/audit?pageSize=1").await.ok()["entities"][0].clone();
    let said = (&log["action"], &log["entityKind"], &log["note"]);
    assert_eq!(said, (&json!("text changed"), &json!("flow"), &json!("why")), "what the flow does is the same");
    assert_eq!(
        (&log["before"], &log["after"]),
        (&json!({"version": 1, "textRevision": 1}), &json!({"version": 1, "textRevision": 2}))
    );
    // A text of another version never has a revision that was answered for this one.
    server.call("POST", &format!("/flows/{flow}/versions"), json!({"nodes": []})).await.ok();
    let newest = put(&server, &format!("/flows/{flow}/versions/newest/text"), &[], "nodes: []\n").await;
    assert_eq!((newest.status, newest.header("etag")), (204, Some("\"3\"")));
}

#[tokio::test]
async fn a_text_says_what_its_version_says() {
    let (server, queue, flow) = with_flow().await;
    let path = format!("/flows/{flow}/versions/1/text");
    let other = put(&server, &path, &[], &written("After")).await;
    assert_eq!(other.error(), (400, "flow.text.differs".to_owned()));
    assert_eq!(
        other.json()["errors"][0],
        json!({
            "code": "flow.text.differs",
            "message": "the text says something else at `nodes[0].actions[0].queue` than the version",
            "path": "nodes[0].actions[0].queue",
            "line": 8,
            "column": 16,
            "expected": "`Before`",
            "found": "`After`",
            "suggestion": "save what the text says as a new version first",
        })
    );
    // All places are told together, those of the flow's own members too.
    let text = "name: Two\ntype: shared\nnodes:\n  - id: a\n    name: more\n    actions: []\n";
    let refused = put(&server, &path, &[], text).await.json();
    let told = |member: &str| -> Vec<Json> {
        refused["errors"].as_array().unwrap().iter().map(|one| one[member].clone()).collect()
    };
    assert_eq!(told("path"), ["name", "type", "nodes[0].actions[0]", "nodes[0].name"]);
    assert_eq!(told("line"), [json!(1), json!(2), json!(6), json!(5)]);
    assert_eq!((&told("expected")[0], &told("found")[0]), (&json!("`One`"), &json!("`Two`")));
    assert_eq!((&told("expected")[3], &told("found")[2]), (&Json::Null, &Json::Null));
    // What a version says can be written in many ways.
    for same in [
        written("Before"),
        written("before").replace("before", "\"Before\""),
        "kind: flow\nnodes: [{id: a, actions: [{type: transferToQueue, queue: Before}]}]\n".to_owned(),
        "description: anything\nnodes: [{id: a, actions: [{type: transferToQueue, queue: Before}]}]\nconditionset: {}\n".to_owned(),
        document("Before").to_string(),
    ] {
        let kept = put(&server, &path, &[], &same).await;
        assert_eq!(kept.status, 204, "{same}{}", String::from_utf8_lossy(&kept.body));
    }
    // After a rename, both names mean the queue: a save of either makes no version.
    server.call("PUT", &format!("/routing/queues/{queue}"), json!({"name": "After"})).await.ok();
    for name in ["Before", "After"] {
        assert_eq!(put(&server, &path, &[], &written(name)).await.status, 204, "{name}");
        server.call("PUT", &format!("/flows/{flow}"), document(name)).await.ok();
        assert_eq!(server.get(&format!("/flows/{flow}/versions")).await.ok()["total"], 1, "{name}");
    }
    // Until the old name is another queue's.
    server.call("POST", "/routing/queues", json!({"name": "Before"})).await.ok();
    let refused = put(&server, &path, &[], &written("Before")).await;
    assert_eq!(refused.error(), (400, "flow.text.differs".to_owned()));
    assert_eq!(refused.json()["errors"][0]["expected"], "`After`");
    assert_eq!(put(&server, &path, &[], &written("After")).await.status, 204);
}

#[tokio::test]
async fn ids_and_names_of_one_thing_say_the_same() {
    let (server, queue, flow) = with_flow().await;
    server.call("PUT", &format!("/flows/{flow}"), document(&queue)).await.ok();
    let path = format!("/flows/{flow}/versions/newest/text");
    for name in [queue.as_str(), "Before"] {
        let kept = put(&server, &path, &[], &written(name)).await;
        assert_eq!(kept.status, 204, "{name}: {}", String::from_utf8_lossy(&kept.body));
    }
    // Of the version with the name, the id is another saying: saving it makes a version.
    let before = put(&server, &format!("/flows/{flow}/versions/1/text"), &[], &written(&queue)).await;
    assert_eq!(before.error(), (400, "flow.text.differs".to_owned()));
}

#[tokio::test]
async fn an_unreadable_text_is_refused_with_every_problem_and_its_line() {
    let (server, _, flow) = with_flow().await;
    let path = format!("/flows/{flow}/versions/1/text");
    let places = |answer: &Answer| -> Vec<(u64, String)> {
        let json = answer.json();
        let place = |one: &Json| (one["line"].as_u64().unwrap(), one["code"].as_str().unwrap().to_owned());
        json["errors"].as_array().unwrap().iter().map(place).collect()
    };
    for (text, expected) in [
        ("name: One\nnodes: [\n", vec![(3, "document.syntax")]),
        (
            "nodes:\n  - id: a\n    action: []\n  - actions: 3\n",
            vec![(3, "document.key.unknown"), (4, "document.key.missing"), (4, "document.value.kind")],
        ),
        ("name: One\ntype: email\n", vec![(1, "document.key.missing")]),
        ("kind: queue\nname: One\n", vec![(1, "document.key.unknown")]),
        ("nodes: []\n---\nnodes: []\n", vec![(2, "document.syntax")]),
    ] {
        let refused = put(&server, &path, &[], text).await;
        assert_eq!(refused.error(), (400, "flow.invalid".to_owned()), "{text}");
        let expected: Vec<(u64, String)> = expected.into_iter().map(|(line, code)| (line, code.to_owned())).collect();
        assert_eq!(places(&refused), expected, "{text} {}", refused.json());
    }
    assert_eq!(put(&server, &path, &[], "").await.error().0, 400);
    let refused = server.call_with("PUT", &path, &[YAML], b"name: One\n# \xff\n").await;
    assert_eq!(
        (refused.error(), places(&refused)),
        ((400, "bad.request".to_owned()), vec![(2, "document.syntax".to_owned())])
    );
    let json = server.call("PUT", &path, document("Before")).await;
    assert_eq!(json.error(), (415, "unsupported.media.type".to_owned()));
    assert_eq!(server.get(&path).await.status, 404, "nothing was kept");
}

#[tokio::test]
async fn a_text_is_as_large_as_a_document_at_most() {
    let settings = Settings { rate_limit: 0, max_json_bytes: 1000, ..Settings::default() };
    let server = start(settings).await;
    let flow = server.call("POST", "/flows", json!({"name": "One", "type": "email", "nodes": []})).await.ok();
    let path = format!("/flows/{}/versions/1/text", flow["id"].as_str().unwrap());
    let text = |bytes: usize| format!("nodes: []\n#{}", "x".repeat(bytes - 11));
    assert_eq!(put(&server, &path, &[], &text(1000)).await.status, 204);
    assert_eq!(put(&server, &path, &[], &text(1001)).await.error().0, 413);
}

#[tokio::test]
async fn many_texts_are_kept_each_for_itself() {
    let (server, _, flow) = with_flow().await;
    let one = |version: Json, text: &str| json!({"flowId": flow, "version": version, "text": text});
    let nobody = "00000000-0000-4000-8000-000000000000";
    let texts = json!([
        one(json!(1), &written("Before")),
        one(json!("1.0"), &written("Before")),
        one(json!(1), &written("After")),
        one(json!(2), &written("Before")),
        {"flowId": nobody, "version": 1, "text": "nodes: []"},
        one(json!(1), "nodes: ["),
    ]);
    let done = server.call("PUT", "/flows/texts", json!({"texts": texts, "note": "all"})).await.ok();
    let told = |member: &str| -> Vec<Json> {
        done["texts"].as_array().unwrap().iter().map(|one| one[member].clone()).collect()
    };
    assert_eq!(told("outcome"), ["written", "unchanged", "refused", "refused", "refused", "refused"]);
    let codes: Vec<Json> = told("errors").iter().map(|errors| errors[0]["code"].clone()).collect();
    let (none, version) = (Json::Null, json!("architect.flow.version.missing"));
    let (differs, absent) = (json!("flow.text.differs"), json!("architect.flow.not.found"));
    assert_eq!(codes, [none.clone(), none, differs, version, absent, json!("document.syntax")]);
    let kept = server.get(&format!("/flows/{flow}/versions/1/text")).await;
    assert_eq!(kept.body, written("Before").as_bytes());
    assert_eq!(server.get("/audit?pageSize=1").await.ok()["entities"][0]["note"], "all");
    let wrong = json!({"texts": [{"flowId": flow, "version": "stable", "txt": ""}, 3, {}], "x": 1});
    let refused = server.call("PUT", "/flows/texts", wrong).await.json();
    let paths: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    let expected =
        ["texts[0].version", "texts[0].txt", "texts[1]", "texts[2].flowId", "texts[2].version", "texts[2].text", "x"];
    assert_eq!(paths, expected);
}

#[tokio::test]
async fn one_request_has_only_so_many_texts() {
    let (server, _, flow) = with_flow().await;
    let texts =
        |count: usize| json!({"texts": vec![json!({"flowId": flow, "version": 1, "text": written("Before")}); count]});
    let refused = server.call("PUT", "/flows/texts", texts(501)).await;
    assert_eq!(refused.error(), (400, "invalid.value".to_owned()));
    let told = refused.json()["errors"][0].clone();
    assert_eq!(
        (&told["path"], &told["expected"], &told["found"]),
        (&json!("texts"), &json!("at most 500 texts"), &json!("501"))
    );
    assert_eq!(server.get(&format!("/flows/{flow}/versions/1/text")).await.status, 404, "nothing is kept");
    assert_eq!(server.call("PUT", "/flows/texts", texts(500)).await.ok()["texts"].as_array().unwrap().len(), 500);
}

#[tokio::test]
async fn published_texts_are_read_together() {
    let (server, _, one) = with_flow().await;
    let other = async |name: &str, query: &str| {
        let body = json!({"name": name, "type": "email", "nodes": []});
        server.call("POST", &format!("/flows{query}"), body).await.ok()["id"].as_str().unwrap().to_owned()
    };
    let (two, draft, none) = (other("Two", "").await, other("Draft", "?draft=true").await, other("None", "").await);
    for (flow, text) in
        [(&one, written("Before")), (&two, "nodes: []\n".to_owned()), (&draft, "nodes: []\n".to_owned())]
    {
        assert_eq!(put(&server, &format!("/flows/{flow}/versions/1/text"), &[], &text).await.status, 204);
    }
    let mut expected = [
        json!({"flowId": one, "version": 1, "text": written("Before")}),
        json!({"flowId": two, "version": 1, "text": "nodes: []\n"}),
    ];
    expected.sort_by_key(|text| text["flowId"].to_string());
    assert_eq!(server.get("/flows/texts").await.ok(), json!({"entities": expected}));
    let only = server.get(&format!("/flows/texts?id={},{none}", two.to_uppercase())).await.ok();
    assert_eq!((only["entities"].as_array().unwrap().len(), &only["entities"][0]["flowId"]), (1, &json!(two)));
    let (mut found, mut path) = (Vec::new(), "/flows/texts?pageSize=1".to_owned());
    loop {
        let page = server.get(&path).await.ok();
        found.extend(page["entities"].as_array().unwrap().clone());
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/flows/texts?pageSize=1&cursor={next}");
    }
    assert_eq!(found, expected, "a page may be empty, and the last one says so");
    // With what they say, those without a text are there, too; a draft is not.
    let published = server.get("/flows/texts?documents=true").await.ok()["entities"].as_array().unwrap().clone();
    let mut flows = [&one, &two, &none];
    flows.sort();
    assert_eq!(published.iter().map(|one| one["flowId"].as_str().unwrap()).collect::<Vec<_>>(), flows);
    for known in &published {
        let id = known["flowId"].as_str().unwrap();
        let document = server.get(&format!("/flows/{id}/versions/published/configuration")).await.ok();
        assert_eq!(known["document"], document);
        assert_eq!(known.get("text").is_some(), id != none, "{known}");
    }
    let reader = format!("Authorization: Bearer {}", server.token("flow:read").await);
    assert_eq!(server.send("GET", "/api/v2/flows/texts", &[&reader], b"").await.status, 200);
    assert_eq!(server.get("/flows/texts?cursor=x").await.error().0, 400);
}

#[tokio::test]
async fn who_may_read_and_write_beside_a_flow() {
    let (server, _, flow) = with_flow().await;
    let (text, place) = (format!("/flows/{flow}/versions/1/text"), format!("/flows/{flow}/positions"));
    let reader = format!("Authorization: Bearer {}", server.token("flow:read").await);
    let client = json!({"name": "Ada", "scope": ["flow:read", "flow:write"]});
    let client = server.call("POST", "/oauth/clients", client).await.ok();
    let (id, secret) = (client["id"].as_str().unwrap(), client["secret"].as_str().unwrap());
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let token =
        server.send("POST", "/oauth/token", &[support::FORM], form.as_bytes()).await.ok()["access_token"].clone();
    let ada = format!("Authorization: Bearer {}", token.as_str().unwrap());
    let call = async |who: &str, method: &str, path: &str, body: &str| {
        let kind = if path.ends_with("/text") { YAML } else { "Content-Type: application/json" };
        server.send(method, &format!("/api/v2{path}"), &[who, kind], body.as_bytes()).await
    };
    let bodies = [
        ("PUT", &text, written("Before")),
        ("PATCH", &place, json!({"positions": {"a": {"x": 1, "y": 2}}}).to_string()),
    ];
    for (method, path, body) in &bodies {
        assert_eq!(call(&reader, method, path, body).await.error(), (403, "missing.permissions".to_owned()), "{path}");
        assert!(call(&ada, method, path, body).await.status < 300, "{path}");
        assert_eq!(call(&reader, "GET", path, "").await.status, 200, "{path}");
    }
    server.call("POST", &format!("/flows/actions/checkout?flow={flow}"), Json::Null).await.ok();
    for (method, path, body) in &bodies {
        let refused = call(&ada, method, path, body).await;
        assert_eq!(refused.error(), (409, "architect.flow.locked".to_owned()), "{path}");
        assert_eq!(call(&ada, "GET", path, "").await.status, 200, "{path}");
        let own = format!("Authorization: Bearer {}", server.admin);
        assert!(call(&own, method, path, body).await.status < 300, "{path}: who holds it may");
    }
}

#[tokio::test]
async fn people_who_move_different_nodes_keep_both() {
    let (server, _, flow) = with_flow().await;
    let path = format!("/flows/{flow}/positions");
    let (before, logged) = (server.get(&format!("/flows/{flow}")).await, entries(&server).await);
    assert_eq!(server.get(&path).await.ok(), json!({"positions": {}}));
    let change = async |positions: Json| server.call("PATCH", &path, json!({ "positions": positions })).await.ok();
    change(json!({"a": {"x": 1.5, "y": -2}, "b": {"x": 0, "y": 0}})).await;
    let moved = change(json!({"b": {"x": 1e6, "y": -1e6}, "draft node": {"x": 3, "y": 4}})).await;
    let expected = json!({"positions": {
        "a": {"x": 1.5, "y": -2.0}, "b": {"x": 1e6, "y": -1e6}, "draft node": {"x": 3.0, "y": 4.0},
    }});
    assert_eq!((&moved, &server.get(&path).await.ok()), (&expected, &expected));
    let left = change(json!({"a": null, "never": null})).await;
    assert_eq!(left["positions"].as_object().unwrap().keys().collect::<Vec<_>>(), ["b", "draft node"]);
    assert_eq!(change(json!({})).await, left);
    let after = server.get(&format!("/flows/{flow}")).await;
    assert_eq!((before.header("etag"), before.ok()), (after.header("etag"), after.ok()), "the flow is as it was");
    assert_eq!(entries(&server).await, logged);
    assert_eq!(server.call("DELETE", &format!("/flows/{flow}"), Json::Null).await.status, 204);
    let gone = (410, "architect.flow.deleted".to_owned());
    assert_eq!(server.get(&path).await.error(), gone);
    assert_eq!(server.call("PATCH", &path, json!({"positions": {}})).await.error(), gone);
    let nobody = "/flows/00000000-0000-4000-8000-000000000000/positions";
    assert_eq!(server.get(nobody).await.error().0, 404);
    assert_eq!(server.call("PATCH", nobody, json!({"positions": {}})).await.error().0, 404);
}

#[tokio::test]
async fn everything_wrong_with_positions_is_told_at_once() {
    let (server, _, flow) = with_flow().await;
    let path = format!("/flows/{flow}/positions");
    let wrong = json!({"positions": {
        "a": {"x": 1e6, "y": 1_000_000.5},
        "b": {"x": "1"},
        "c": [1, 2],
        "d": {"x": 1, "y": 2, "z": 3},
        " ": {"x": 1, "y": 2},
        "fine": {"x": 1, "y": 2},
    }, "position": {}});
    let refused = server.call("PATCH", &path, wrong).await;
    assert_eq!(refused.error(), (400, "invalid.value".to_owned()));
    let json = refused.json();
    let paths: Vec<&str> = json["errors"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    let expected =
        ["positions.a.y", "positions.b.x", "positions.b.y", "positions.c", "positions.d.z", "positions. ", "position"];
    assert_eq!(paths, expected);
    assert_eq!(json["errors"][0]["expected"], "a number from -1000000 to 1000000");
    assert_eq!(json["errors"][6]["suggestion"], "did you mean `positions`?");
    assert_eq!(server.call("PATCH", &path, json!({})).await.error(), (400, "required.field.missing".to_owned()));
    let twice = server
        .call_with("PATCH", &path, &["Content-Type: application/json"], br#"{"positions": {"a": null, "a": null}}"#)
        .await;
    assert_eq!(twice.error().0, 400);
    let nodes = |from: usize, to: usize| -> Json {
        (from..to).map(|node| (format!("n{node}"), json!({"x": 0, "y": 0}))).collect()
    };
    assert_eq!(server.call("PATCH", &path, json!({"positions": nodes(0, 10_001)})).await.error().0, 400);
    server.call("PATCH", &path, json!({"positions": nodes(0, 10_000)})).await.ok();
    let refused = server.call("PATCH", &path, json!({"positions": nodes(10_000, 10_002)})).await.json();
    let told = &refused["errors"][0];
    assert_eq!(
        (&told["path"], &told["expected"], &told["found"]),
        (&json!("positions"), &json!("at most 10000 nodes"), &json!("10002"))
    );
    let long = "x".repeat(1 << 20);
    let refused =
        server.call("PATCH", &path, json!({"positions": { long.as_str(): {"x": 0, "y": 0}, "n0": null }})).await;
    let told = refused.json()["errors"][0].clone();
    assert_eq!(
        (&told["path"], &told["expected"]),
        (&json!("positions"), &json!("ids with at most 1048576 bytes together"))
    );
}
