//! Changing flows without fear, over a real socket: drafts, labels, differences, history, where-used, change sets, trying.

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

fn classifier(kind: &str) -> Json {
    json!({
        "name": "Classify", "type": "shared",
        "inputs": [{"name": "text", "dataType": "string"}],
        "outputs": [{"name": "kind", "dataType": "string"}],
        "nodes": [{"id": "work", "actions": [
            {"type": "setOutput", "name": "kind", "value": kind},
            {"type": "log", "level": "debug", "message": "${input.text}"},
        ]}],
    })
}

/// A flow that asks the classifier, by the version named if any, and sends to the queue it says.
fn router(name: &str, version: Json) -> Json {
    let mut call = json!({
        "type": "runFlow", "flow": "Classify",
        "inputMapping": [{"name": "text", "value": "${interaction.email.subject}"}],
        "outputMapping": [{"name": "kind", "value": "${output.kind}"}],
    });
    if !version.is_null() {
        call["version"] = version;
    }
    json!({
        "name": name, "type": "email",
        "nodes": [
            {"id": "ask", "actions": [call], "next": [{"when": "${kind == 'refund'}", "to": "billing"}, {"to": "general"}]},
            {"id": "billing", "actions": [{"type": "transferToQueue", "queue": "Billing"}]},
            {"id": "general", "actions": [{"type": "transferToQueue", "queue": "General"}]},
        ],
    })
}

async fn prepared() -> Server {
    let server = server().await;
    for name in ["Billing", "General"] {
        server.call("POST", "/routing/queues", json!({"name": name})).await.ok();
    }
    server
}

async fn create(server: &Server, document: Json) -> String {
    server.call("POST", "/flows", document).await.ok()["id"].as_str().unwrap().to_owned()
}

const MAIL: &str = "From: a@example.net\r\nSubject: please refund me\r\n\r\nhello\r\n";

/// The queue that a flow decides for, tried with more members if any.
async fn tried(server: &Server, flow: &str, more: Json) -> String {
    let mut body = json!({"message": MAIL});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = server.call("POST", &format!("/flows/{flow}/try"), body).await.ok();
    answer["decision"]["queue"]["name"].as_str().unwrap_or("none").to_owned()
}

#[tokio::test]
async fn a_draft_changes_nothing_until_it_is_published() {
    let server = prepared().await;
    let shared = create(&server, classifier("other")).await;
    let inbound = create(&server, router("Inbound", Json::Null)).await;
    assert_eq!(tried(&server, &inbound, json!({})).await, "General");

    let path = format!("/flows/{shared}");
    let draft = server.call("PUT", &format!("{path}?draft=true&note=try+it"), classifier("refund")).await.ok();
    assert_eq!((&draft["version"], &draft["savedVersion"]["version"]), (&json!(1), &json!(2)));
    assert_eq!(
        (&draft["savedVersion"]["type"], &draft["publishedVersion"]["type"]),
        (&json!("SAVE"), &json!("PUBLISH"))
    );
    assert_eq!(tried(&server, &inbound, json!({})).await, "General");
    let version = server.get(&format!("{path}/versions/2")).await.ok();
    assert_eq!((&version["type"], &version["validation"]), (&json!("SAVE"), &Json::Null));

    // The same again is no version; a draft can hold what could not be published, and says so.
    server.call("POST", &format!("{path}/versions"), classifier("refund")).await.ok();
    let mut broken = classifier("refund");
    broken["nodes"][0]["actions"][0]["value"] = json!("${nothing}");
    let draft = server.call("POST", &format!("{path}/versions"), broken.clone()).await.ok();
    assert_eq!((&draft["version"], &draft["validation"][0]["code"]), (&json!(3), &json!("expression.name.unknown")));
    let version = server.get(&format!("{path}/versions/3")).await.ok();
    assert_eq!(version["validation"][0]["code"], "expression.name.unknown");
    assert_eq!(version["validation"][0]["path"], "nodes[0].actions[0].value");
    // The flow tells as much of the version as the version itself does, wherever the flow is answered.
    let put = server.call("PUT", &format!("{path}?draft=true"), broken).await.ok();
    let listed = server.get(&format!("/flows?id={shared}")).await.ok()["entities"][0].clone();
    let published = server.get(&format!("{path}/versions/1")).await.ok();
    for flow in [put, server.get(&path).await.ok(), listed] {
        assert_eq!((&flow["savedVersion"], &flow["checkedInVersion"]), (&version, &version), "{flow}");
        assert_eq!(flow["publishedVersion"], published, "{flow}");
    }
    let refused = server.call("POST", &format!("{path}/versions/3/publish"), json!({})).await;
    assert_eq!(refused.error(), (400, "flow.invalid".to_owned()));
    let mut renamed = classifier("refund");
    renamed["name"] = json!("Other");
    assert_eq!(server.call("POST", &format!("{path}/versions"), renamed).await.status, 400);

    server.call("POST", &format!("{path}/versions/2/publish"), json!({"note": "it works"})).await.ok();
    assert_eq!(tried(&server, &inbound, json!({})).await, "Billing");
    server.call("POST", &format!("{path}/versions/1/publish"), json!({"note": "it did not"})).await.ok();
    assert_eq!(tried(&server, &inbound, json!({})).await, "General");

    let history = server.get(&format!("{path}/history")).await.ok();
    let lines: Vec<String> = history["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {} {}", one["kind"], one["version"], one["note"]))
        .collect();
    assert_eq!(
        lines,
        [
            r#""published" 1 "it did not""#,
            r#""published" 2 "it works""#,
            r#""saved" 3 null"#,
            r#""saved" 2 "try it""#,
            r#""published" 1 null"#,
        ]
    );
    assert_eq!(history["entities"][0]["by"], "admin");
}

#[tokio::test]
async fn versions_differ_by_meaning() {
    let server = prepared().await;
    let shared = create(&server, classifier("other")).await;
    let mut next = classifier("refund");
    next["inputs"][0]["dataType"] = json!("String");
    next["outputs"] = json!([{"name": "kind", "dataType": "string"}, {"name": "score", "dataType": "number"}]);
    server.call("POST", &format!("/flows/{shared}/versions"), next).await.ok();
    let diff = server.get(&format!("/flows/{shared}/diff")).await.ok();
    assert_eq!((&diff["from"], &diff["to"]), (&json!(1), &json!(2)));
    assert_eq!(
        diff["differences"],
        json!([
            {"path": "outputs[score]", "change": "added", "after": {"name": "score", "dataType": "number"}},
            {"path": "nodes[work].actions[0].value", "change": "changed", "before": "other", "after": "refund"},
        ])
    );
    let none = server.get(&format!("/flows/{shared}/diff?from=1&to=1.0")).await.ok();
    assert_eq!(none["differences"], json!([]));
    assert_eq!(server.get(&format!("/flows/{shared}/diff?from=7")).await.status, 404);
    assert_eq!(server.get(&format!("/flows/{shared}/diff?from=A+B")).await.status, 400);
}

#[tokio::test]
async fn labels_lead_callers_to_versions() {
    let server = prepared().await;
    let shared = create(&server, classifier("other")).await;
    let label = format!("/flows/{shared}/labels/stable");
    let refused = server.call("POST", "/flows", router("Early", json!("stable"))).await;
    assert_eq!(refused.json()["errors"][0]["code"], "flow.version.unknown");
    let flow = server.call("PUT", &label, json!({"targets": [{"version": 1}]})).await.ok();
    assert_eq!(flow["labels"], json!({"stable": {"targets": [{"version": 1}]}}));
    let inbound = create(&server, router("Inbound", json!("stable"))).await;

    server.call("PUT", &format!("/flows/{shared}"), classifier("refund")).await.ok();
    assert_eq!(tried(&server, &inbound, json!({})).await, "General", "the label stays where it is");
    let weighted = json!({"targets": [{"version": 1, "weight": 50}, {"version": 2, "weight": 50}], "note": "half"});
    server.call("PUT", &label, weighted).await.ok();
    let mut queues = Vec::new();
    for number in 0..20 {
        let id = format!("00000000-0000-7000-8000-0000000000{number:02}");
        let once = tried(&server, &inbound, json!({"interactionId": id})).await;
        assert_eq!(
            once,
            tried(&server, &inbound, json!({"interactionId": id})).await,
            "the choice is the same each time"
        );
        queues.push(once);
    }
    for name in ["Billing", "General"] {
        assert!(queues.iter().any(|queue| queue == name), "{queues:?}");
    }

    let refused = server.call("DELETE", &label, Json::Null).await;
    assert_eq!(refused.error(), (409, "flow.contract.broken".to_owned()));
    assert_eq!(refused.json()["errors"][0]["flowName"], "Inbound");
    for bad in [
        json!({"targets": []}),
        json!({"targets": [{"version": 9}]}),
        json!({"targets": [{"version": 1}, {"version": 1}]}),
        json!({"targets": [{"version": 1, "weight": 0}]}),
        json!({"targets": [{"version": 1, "weight": 5}, {"version": 2}]}),
        json!({"targets": "1"}),
        json!({}),
    ] {
        assert_eq!(server.call("PUT", &label, bad.clone()).await.status, 400, "{bad}");
    }
    assert_eq!(
        server
            .call("PUT", &format!("/flows/{shared}/labels/Stable"), json!({"targets": [{"version": 1}]}))
            .await
            .status,
        400
    );
    server.call("DELETE", &format!("/flows/{inbound}"), Json::Null).await;
    server.call("DELETE", &label, Json::Null).await.ok();
    assert_eq!(server.call("DELETE", &label, Json::Null).await.status, 404);
}

#[tokio::test]
async fn what_is_followed_can_not_be_deactivated() {
    let server = prepared().await;
    let shared = create(&server, classifier("other")).await;
    let inbound = create(&server, router("Inbound", Json::Null)).await;
    let path = format!("/flows/actions/deactivate?flow={shared}");
    let refused = server.call("POST", &path, Json::Null).await;
    assert_eq!(refused.error(), (409, "flow.contract.broken".to_owned()));
    let places: Vec<Json> = refused.json()["errors"].as_array().unwrap().clone();
    assert_eq!(
        (places.len(), &places[0]["flowId"], &places[0]["nodeId"], &places[0]["action"], &places[0]["code"]),
        (1, &json!(inbound), &json!("ask"), &json!(0), &json!("flow.unpublished"))
    );
    server.call("DELETE", &format!("/flows/{inbound}"), Json::Null).await;
    let flow = server.call("POST", &path, Json::Null).await.ok();
    assert_eq!((&flow["active"], &flow["publishedVersion"]), (&json!(false), &Json::Null));
    server.call("POST", &format!("/flows/{shared}/versions/1/publish"), Json::Null).await.ok();
}

#[tokio::test]
async fn where_used_answers_both_ways() {
    let server = prepared().await;
    let shared = create(&server, classifier("other")).await;
    let inbound = create(&server, router("Inbound", Json::Null)).await;
    server.call("POST", "/routing/email/domains", json!({"id": "example.com"})).await.ok();
    let route = json!({"pattern": "care", "flow": {"id": inbound}});
    server.call("POST", "/routing/email/domains/example.com/routes", route).await.ok();

    let names = |graph: &Json| -> Vec<String> {
        let name = |node: &Json| format!("{} {}", node["kind"].as_str().unwrap(), node["name"].as_str().unwrap());
        graph["nodes"].as_array().unwrap().iter().map(name).collect()
    };
    let direct = server.get(&format!("/flows/{shared}/usedby")).await.ok();
    assert_eq!(names(&direct), ["flow Classify", "flow Inbound"]);
    assert_eq!(
        direct["edges"],
        json!([{"from": inbound, "to": shared, "kind": "runFlow", "version": 1, "path": "nodes[0].actions[0]", "selector": "published"}])
    );
    let all = server.get(&format!("/flows/{shared}/usedby?transitive=true")).await.ok();
    assert_eq!(names(&all), ["flow Classify", "route care@example.com", "flow Inbound"]);
    let uses = server.get(&format!("/flows/{inbound}/uses?transitive=true")).await.ok();
    assert_eq!(names(&uses), ["flow Inbound", "flow Classify", "queue Billing", "queue General"]);
    let queue = uses["nodes"][2]["id"].as_str().unwrap().to_owned();
    let used = server.get(&format!("/routing/queues/{queue}/usedby?transitive=true")).await.ok();
    assert_eq!(names(&used), ["queue Billing", "route care@example.com", "flow Inbound"]);
    assert_eq!(server.get("/flows/00000000-0000-4000-8000-000000000001/uses").await.status, 404);
}

#[tokio::test]
async fn a_change_set_is_all_or_nothing() {
    let server = prepared().await;
    let set = |dry: bool, flows: Json| json!({"flows": flows, "dryRun": dry, "note": "together"});
    // Callers first: order does not matter, and a flow may be called by a name that only the set knows.
    let mut by_temporary = router("Second", Json::Null);
    let call = by_temporary["nodes"][0]["actions"][0].as_object_mut().unwrap();
    call.remove("flow");
    call.insert("flowId".to_owned(), json!("new-classifier"));
    let flows = json!([
        {"document": router("Inbound", Json::Null)},
        {"document": by_temporary},
        {"flowId": "new-classifier", "document": classifier("refund")},
    ]);
    let planned = server.call("POST", "/changesets", set(true, flows.clone())).await.ok();
    assert_eq!((&planned["dryRun"], &planned["flows"][0]["outcome"]), (&json!(true), &json!("created")));
    assert_eq!(server.get("/flows").await.ok()["total"], 0);
    let done = server.call("POST", "/changesets", set(false, flows.clone())).await.ok();
    assert_eq!(server.get("/flows").await.ok()["total"], 3);
    let second = done["flows"][1]["flowId"].as_str().unwrap().to_owned();
    assert_eq!(tried(&server, &second, json!({})).await, "Billing");
    let shared = done["flows"][2]["flowId"].as_str().unwrap().to_owned();

    // An output renamed with all its callers passes; without one of them nothing changes, and that one is named.
    let renamed = |mut document: Json| {
        document = serde_json::from_str(&document.to_string().replace("output.kind", "output.topic")).unwrap();
        document
    };
    let mut callee = classifier("refund");
    callee["outputs"][0]["name"] = json!("topic");
    callee["nodes"][0]["actions"][0]["name"] = json!("topic");
    let without = json!([{"document": callee}, {"document": renamed(router("Inbound", Json::Null))}]);
    let refused = server.call("POST", "/changesets", set(false, without)).await;
    assert_eq!(refused.error(), (409, "flow.contract.broken".to_owned()));
    let named: Vec<Json> =
        refused.json()["errors"].as_array().unwrap().iter().map(|one| one["flowName"].clone()).collect();
    assert_eq!(named, [json!("Second")]);
    assert_eq!(server.get(&format!("/flows/{shared}")).await.ok()["version"], 1);
    let with = json!([
        {"document": renamed(router("Inbound", Json::Null))},
        {"flowId": shared, "document": callee},
        {"name": "Second", "document": renamed(router("Second", Json::Null))},
    ]);
    let done = server.call("POST", "/changesets", set(false, with.clone())).await.ok();
    // `before` is the ETag of what it replaced.
    let second_version =
        json!({"flowId": shared, "name": "Classify", "version": 2, "outcome": "published", "before": "\"1\""});
    assert_eq!(done["flows"][1], second_version);
    let again = server.call("POST", "/changesets", set(false, with)).await.ok();
    assert!(again["flows"].as_array().unwrap().iter().all(|one| one["outcome"] == "unchanged"), "{again}");

    // Back again, by version.
    let back = json!([{"name": "Classify", "version": 1}, {"name": "Inbound", "version": "1.0"}, {"flowId": second, "version": 1}]);
    server.call("POST", "/changesets", set(false, back)).await.ok();
    assert_eq!(server.get(&format!("/flows/{shared}")).await.ok()["version"], 1);

    // Every problem of every member, with its place.
    let mut bad = router("Third", Json::Null);
    bad["nodes"][1]["actions"][0]["queue"] = json!("Biling");
    let refused = server
        .call("POST", "/changesets", json!({"flows": [{"document": bad}, {"document": {"name": "x"}, "version": 1}, {"nam": "y", "version": 1}], "dryrun": true}))
        .await;
    assert_eq!(refused.status, 400);
    let refused = server
        .call("POST", "/changesets", set(false, json!([{"document": bad}, {"name": "Nobody", "version": 1}])))
        .await;
    assert_eq!(refused.json()["errors"][0]["path"], "flows[1].name");
    let refused = server.call("POST", "/changesets", set(false, json!([{"document": bad}]))).await;
    let first = refused.json()["errors"][0].clone();
    assert_eq!(
        (&first["path"], &first["suggestion"]),
        (&json!("flows[0].document.nodes[1].actions[0].queue"), &json!("did you mean `Billing`?"))
    );
}

/// A set may bring the queues that its flows name; dry, it makes neither.
#[tokio::test]
async fn a_change_set_brings_its_queues() {
    let server = server().await;
    let set = |dry: bool| {
        json!({
            "queues": ["Billing", "General", "billing"], "dryRun": dry,
            "flows": [{"document": classifier("refund")}, {"document": router("Inbound", Json::Null)}],
        })
    };
    let planned = server.call("POST", "/changesets", set(true)).await.ok();
    let outcomes: Vec<&Json> = planned["queues"].as_array().unwrap().iter().map(|queue| &queue["outcome"]).collect();
    assert_eq!(outcomes, ["created", "created", "unchanged"]);
    assert_eq!(server.get("/routing/queues").await.ok()["total"], 1, "the built-in one alone");
    let flows_only = format!("Authorization: Bearer {}", server.token("flow:write").await);
    let body = serde_json::to_vec(&set(false)).unwrap();
    let headers = [flows_only.as_str(), "Content-Type: application/json"];
    let refused = server.send("POST", "/api/v2/changesets", &headers, &body).await;
    assert_eq!(refused.error(), (403, "missing.permissions".to_owned()));
    assert!(refused.json()["message"].as_str().unwrap().contains("routing:write"));
    server.call("POST", "/changesets", set(false)).await.ok();
    assert_eq!(server.get("/routing/queues").await.ok()["total"], 3);
    let again = server.call("POST", "/changesets", json!({"queues": ["Billing", " "]})).await;
    assert_eq!(again.json()["errors"][0]["path"], "queues[1]");
    let all = json!({"queues": [" ", "ok", "a\u{7}"], "flows": [{"name": "Nobody", "version": 1}]});
    let refused = server.call("POST", "/changesets", all).await.json();
    let errors = refused["errors"].as_array().unwrap().iter();
    let places: Vec<&str> = errors.filter_map(|error| error["path"].as_str()).collect();
    assert_eq!(places, ["flows[0].name", "queues[0]", "queues[2]"], "{refused}");
}

#[tokio::test]
async fn trying_leaves_nothing_behind() {
    let server = prepared().await;
    let shared = create(&server, classifier("refund")).await;
    let path = format!("/flows/{shared}/try");
    let refused = server.call("POST", &path, json!({"message": MAIL})).await;
    assert_eq!(refused.json()["errors"][0]["path"], "inputs.text");
    let answer = server.call("POST", &path, json!({"message": MAIL, "inputs": {"text": "x"}})).await.ok();
    assert_eq!((&answer["outputs"], &answer["decision"]["kind"]), (&json!({"kind": "refund"}), &json!("unrouted")));
    assert!(answer["trace"].is_object());
    for (body, code) in [
        (json!({"message": MAIL, "inputs": {"text": 1}}), "expression.type"),
        (json!({"message": MAIL, "inputs": {"text": "x", "more": 1}}), "mapping.input.unknown"),
        (json!({"message": MAIL, "attribute": {}}), "invalid.value"),
        (json!({"inputs": {}}), "required.field.missing"),
    ] {
        let answer = server.call("POST", &path, body.clone()).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["code"].as_str().unwrap()), (400, code), "{body}");
    }
    // A document that is not saved, in the flow's place.
    let inbound = create(&server, router("Inbound", Json::Null)).await;
    let mut document = router("Inbound", Json::Null);
    document["nodes"][1]["actions"][0]["queue"] = json!("General");
    assert_eq!(tried(&server, &inbound, json!({"document": document})).await, "General");
    assert_eq!(tried(&server, &inbound, json!({"version": "published"})).await, "Billing");
    document["nodes"][1]["actions"][0]["queue"] = json!("Nowhere");
    let refused =
        server.call("POST", &format!("/flows/{inbound}/try"), json!({"message": MAIL, "document": document})).await;
    assert_eq!(refused.json()["errors"][0]["code"], "queue.unknown");
    let summary = server.get("/interactions/summary").await.ok();
    assert_eq!(summary["accepted"], 0);
}

#[tokio::test]
async fn a_renamed_queue_does_not_break_the_next_save() {
    let server = prepared().await;
    create(&server, classifier("refund")).await;
    let inbound = create(&server, router("Inbound", Json::Null)).await;
    let queues = server.get("/routing/queues?name=Billing").await.ok();
    let billing = queues["entities"][0]["id"].as_str().unwrap();
    server.call("PUT", &format!("/routing/queues/{billing}"), json!({"name": "Accounts"})).await.ok();
    let mut edited = router("Inbound", Json::Null);
    edited["nodes"][2]["actions"][0]["priority"] = json!(3);
    server.call("PUT", &format!("/flows/{inbound}"), edited).await.ok();
    assert_eq!(tried(&server, &inbound, json!({})).await, "Accounts");
}

/// Behind a weighted label two versions may declare the same in another order: values go by name, not by place.
#[tokio::test]
async fn values_reach_the_right_inputs_of_either_version() {
    let server = prepared().await;
    let callee = |first: &str, second: &str, mark: &str| {
        json!({
            "name": "Say", "type": "shared",
            "inputs": [{"name": first, "dataType": "string"}, {"name": second, "dataType": "string"}],
            "outputs": [{"name": second, "dataType": "string"}, {"name": first, "dataType": "string"}],
            "nodes": [{"id": "say", "actions": [
                {"type": "setAttributes", "attributes": {"heard": format!("{mark}: ${{input.a}} and ${{input.b}}")}},
                {"type": "setOutput", "name": "a", "value": "${input.a}"},
                {"type": "setOutput", "name": "b", "value": "${input.b}"},
            ]}],
        })
    };
    let say = create(&server, callee("a", "b", "first")).await;
    server.call("POST", &format!("/flows/{say}/versions"), callee("b", "a", "second")).await.ok();
    let weighted = json!({"targets": [{"version": 1, "weight": 1}, {"version": 2, "weight": 1}]});
    server.call("PUT", &format!("/flows/{say}/labels/both"), weighted).await.ok();
    let mapping = json!([{"name": "a", "value": "one"}, {"name": "b", "value": "two"}]);
    let call = json!({
        "type": "runFlow", "flow": "Say", "version": "both", "inputMapping": mapping,
        "outputMapping": [{"name": "said", "value": "${output.a} then ${output.b}"}],
    });
    let caller = create(
        &server,
        json!({
            "name": "Caller", "type": "email",
            "nodes": [{"id": "x", "actions": [call, {"type": "setAttributes", "attributes": {"said": "${said}"}}]}],
        }),
    )
    .await;
    let going = json!({"type": "transferToFlow", "flow": "Say", "version": "both", "inputMapping": mapping});
    let goer =
        create(&server, json!({"name": "Goer", "type": "email", "nodes": [{"id": "x", "actions": [going]}]})).await;
    let mut heard = std::collections::BTreeSet::new();
    for number in 10..40 {
        let body = json!({"message": MAIL, "interactionId": format!("00000000-0000-7000-8000-0000000000{number}")});
        let called = server.call("POST", &format!("/flows/{caller}/try"), body.clone()).await.ok();
        let gone = server.call("POST", &format!("/flows/{goer}/try"), body).await.ok();
        assert_eq!(called["attributes"]["said"], "one then two");
        assert_eq!(called["attributes"]["heard"], gone["attributes"]["heard"], "one label, one mail, one version");
        heard.insert(gone["attributes"]["heard"].as_str().unwrap().to_owned());
    }
    assert_eq!(heard.into_iter().collect::<Vec<_>>(), ["first: one and two", "second: one and two"]);
    let version = server.get(&format!("/flows/{say}/versions/both")).await.ok();
    assert_eq!(version["version"], 1, "a label may stand where a number may");
    assert_eq!(server.get(&format!("/flows/{say}/versions/nobody")).await.status, 404);
}

/// Every kind of object can be put and deleted in a set, in any order, and a set that is sent again changes nothing.
#[tokio::test]
async fn a_change_set_holds_every_kind_of_object() {
    let server = server().await;
    let set = |dry: bool| {
        json!({
            "dryRun": dry, "note": "all of it",
            "objects": [
                {"kind": "route", "domain": "shop.example", "put": {
                    "pattern": "care", "flow": {"name": "inbound"}, "unroutedQueue": {"name": "General"}, "fromName": "Care",
                }},
                {"kind": "domain", "put": {"id": "shop.example"}},
                {"kind": "queue", "put": {"name": "Billing", "description": "money"}},
                {"kind": "queue", "put": {"name": "General"}},
                {"kind": "table", "put": {"name": "Customers", "schema": {"properties": {"tier": {"type": "string"}}}}},
                {"kind": "schedule", "put": {"name": "Office hours", "timeZone": "UTC"}},
            ],
            "flows": [{"document": classifier("refund")}, {"document": router("Inbound", Json::Null)}],
        })
    };
    let outcomes = |done: &Json| -> Vec<String> {
        let objects = done["objects"].as_array().unwrap().iter();
        objects.map(|one| format!("{} {} {}", one["kind"], one["name"], one["outcome"]).replace('"', "")).collect()
    };
    let planned = server.call("POST", "/changesets", set(true)).await.ok();
    assert_eq!(server.get("/routing/email/domains").await.ok()["total"], 0);
    let done = server.call("POST", "/changesets", set(false)).await.ok();
    assert_eq!(outcomes(&planned), outcomes(&done));
    assert_eq!(
        outcomes(&done),
        [
            "route care@shop.example created",
            "domain shop.example created",
            "queue Billing created",
            "queue General created",
            "table Customers created",
            "schedule Office hours created",
        ]
    );
    let route = &server.get("/routing/email/domains/shop.example/routes").await.ok()["entities"][0];
    assert_eq!(
        (&route["flow"]["name"], &route["unroutedQueue"]["name"], &route["fromName"]),
        (&json!("Inbound"), &json!("General"), &json!("Care"))
    );
    let again = server.call("POST", "/changesets", set(false)).await.ok();
    assert!(outcomes(&again).iter().all(|one| one.ends_with(" unchanged")), "{again}");
    let log = server.get("/audit?pageSize=100").await.ok();
    let noted = log["entities"].as_array().unwrap().iter().filter(|entry| entry["note"] == "all of it").count();
    assert_eq!(noted, 8, "six objects and two flows, once each");

    // What is used stays, and with it the rest of the set.
    let billing = json!({"kind": "queue", "name": "billing", "delete": true});
    let schedule = json!({"kind": "schedule", "name": "Office hours", "delete": true});
    let refused = server.call("POST", "/changesets", json!({"objects": [schedule, billing]})).await;
    assert_eq!(refused.error(), (409, "general.resource.conflict".to_owned()));
    assert_eq!(server.get("/routing/schedules").await.ok()["total"], 1);

    // A tag holds for its object; renaming is by name or id.
    let table = server.get("/flows/datatables").await.ok()["entities"][0].clone();
    let rename = |tag: &str| json!({"objects": [{"kind": "table", "id": table["id"], "put": {"name": "Clients"}, "ifMatch": tag}]});
    assert_eq!(server.call("POST", "/changesets", rename("\"7\"")).await.status, 412);
    let done = server.call("POST", "/changesets", rename("\"7\", \"1\"")).await.ok();
    assert_eq!(outcomes(&done), ["table Clients changed"]);

    // What is put by a name that nothing has is made if it is to have that name; otherwise the name is a mistake.
    let hours = json!({"kind": "schedule", "name": "Ofice hours", "put": {"name": "Opening hours", "timeZone": "UTC"}});
    let refused = server.call("POST", "/changesets", json!({"objects": [hours]})).await;
    assert_eq!(refused.status, 400, "{}", refused.json());
    assert_eq!(refused.json()["errors"][0]["message"], "schedule `Ofice hours` was not found");
    let named = json!({"kind": "domain", "name": "new.example", "put": {"id": "new.example"}});
    let done = server.call("POST", "/changesets", json!({"objects": [named]})).await.ok();
    assert_eq!(outcomes(&done), ["domain new.example created"]);
    let named = json!({"kind": "domain", "name": "new.example", "delete": true});
    server.call("POST", "/changesets", json!({"objects": [named]})).await.ok();

    // Everything goes, however it hangs together.
    let all = json!({
        "flows": [{"name": "Inbound", "delete": true}, {"name": "Classify", "delete": true}],
        "objects": [
            {"kind": "domain", "name": "SHOP.example", "delete": true},
            {"kind": "route", "name": "care@shop.example", "delete": true},
            billing, {"kind": "queue", "name": "General", "delete": true},
            {"kind": "table", "id": table["id"], "delete": true}, schedule,
        ],
    });
    let done = server.call("POST", "/changesets", all).await.ok();
    assert!(done["flows"].as_array().unwrap().iter().all(|one| one["outcome"] == "deleted"), "{done}");
    assert!(outcomes(&done).iter().all(|one| one.ends_with(" deleted")), "{done}");
    for (list, total) in [
        ("/flows", 0),
        ("/routing/queues", 1),
        ("/flows/datatables", 0),
        ("/routing/schedules", 0),
        ("/routing/email/domains", 0),
    ] {
        assert_eq!(server.get(list).await.ok()["total"], total, "{list}");
    }
}

/// What is wrong with a set's objects is told where they stand, all of it; and it takes the scope for them, even dry.
#[tokio::test]
async fn a_change_set_tells_what_is_wrong_with_its_objects() {
    let server = server().await;
    for (object, paths) in [
        (json!({"put": {"name": "x"}}), vec!["objects[0].kind"]),
        (json!({"kind": "flow", "put": {"name": "x"}}), vec!["objects[0].kind"]),
        (json!({"kind": "queue"}), vec!["objects[0].put"]),
        (json!({"kind": "queue", "delete": true}), vec!["objects[0].id"]),
        (json!({"kind": "queue", "put": {"name": "x"}, "delete": true}), vec!["objects[0].put", "objects[0].id"]),
        (json!({"kind": "queue", "put": {"description": "x"}}), vec!["objects[0].put.name"]),
        (json!({"kind": "queue", "put": {"name": " "}}), vec!["objects[0].put.name"]),
        (json!({"kind": "queue", "id": "x", "delete": true}), vec!["objects[0]"]),
        (json!({"kind": "queue", "name": "x", "delete": true}), vec!["objects[0]"]),
        (json!({"kind": "route", "put": {"pattern": "x", "queue": {"name": "y"}}}), vec!["objects[0].domain"]),
        (json!({"kind": "table", "put": {"name": "x", "colums": 1}}), vec!["objects[0].put.colums"]),
        (json!({"kind": "schedule", "put": {"name": "x", "timeZone": "Nowhere"}}), vec!["objects[0].put.timeZone"]),
        (json!({"kind": "domain", "put": {"id": "no domain"}}), vec!["objects[0].put.id"]),
        (json!({"kind": "queue", "put": {"name": "x"}, "ifMatch": "7"}), vec!["objects[0].ifMatch"]),
    ] {
        let refused = server.call("POST", "/changesets", json!({"objects": [object]})).await;
        assert_eq!(refused.status, 400, "{object}");
        let problems = refused.json();
        let found: Vec<&str> =
            problems["errors"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
        assert_eq!(found, paths, "{object}");
    }
    let flows_only = format!("Authorization: Bearer {}", server.token("flow:write").await);
    let headers = [flows_only.as_str(), "Content-Type: application/json"];
    let body = br#"{"dryRun": true, "objects": [{"kind": "queue", "put": {"name": "x"}}]}"#;
    let refused = server.send("POST", "/api/v2/changesets", &headers, body).await;
    assert_eq!(refused.error(), (403, "missing.permissions".to_owned()));

    // A dry run changes nothing: whoever may read what it tells may ask for it, and no more.
    let reader = format!("Authorization: Bearer {}", server.token("flow:read+routing:read").await);
    let headers = [reader.as_str(), "Content-Type: application/json"];
    let planned = server.send("POST", "/api/v2/changesets", &headers, body).await.ok();
    assert_eq!(planned["objects"][0]["outcome"], "created");
    for (body, lacks) in [
        (br#"{"objects": [{"kind": "queue", "put": {"name": "x"}}]}"#.as_slice(), "flow:write"),
        (br#"{"queues": ["x"], "dryRun": false}"#, "flow:write"),
    ] {
        let refused = server.send("POST", "/api/v2/changesets", &headers, body).await;
        assert_eq!(refused.error(), (403, "missing.permissions".to_owned()));
        assert!(refused.json()["message"].as_str().unwrap().contains(lacks));
    }
    // Names of queues are told to nobody who may not read them, whether they are asked for or nearly guessed.
    let reader = format!("Authorization: Bearer {}", server.token("flow:read").await);
    let guessed = br#"{"dryRun": true, "flows": [{"document": {"name": "F", "type": "email",
        "nodes": [{"id": "a", "actions": [{"type": "transferToQueue", "queue": "Unroute"}]}]}}]}"#;
    let headers = [reader.as_str(), "Content-Type: application/json"];
    let refused = server.send("POST", "/api/v2/changesets", &headers, guessed).await;
    assert!(refused.json()["message"].as_str().unwrap().contains("routing:read"));
    let flows_only = format!("Authorization: Bearer {}", server.token("flow:write").await);
    let headers = [flows_only.as_str(), "Content-Type: application/json"];
    let refused =
        server.send("POST", "/api/v2/changesets", &headers, br#"{"dryRun": true, "queues": ["Unrouted"]}"#).await;
    assert!(refused.json()["message"].as_str().unwrap().contains("routing:read"));
    let refused = server.send("POST", "/api/v2/changesets", &headers, br#"{"queues": ["x"]}"#).await;
    assert!(refused.json()["message"].as_str().unwrap().contains("routing:write"));
}
