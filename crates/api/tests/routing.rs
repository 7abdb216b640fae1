//! Queues, domains and routes, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::server;

#[tokio::test]
async fn queues() {
    let server = server().await;
    let sent = json!({
        "name": "Billing", "description": "money", "acwSettings": {"wrapupPrompt": "OPTIONAL", "timeoutMs": null},
        "skillEvaluationMethod": "ALL", "peerId": null, "id": "ignored",
    });
    let queue = server.call("POST", "/routing/queues", sent).await.ok();
    assert_eq!((&queue["name"], &queue["skillEvaluationMethod"]), (&json!("Billing"), &json!("ALL")));
    assert_eq!(queue["acwSettings"], json!({"wrapupPrompt": "OPTIONAL"}));
    let path = queue["selfUri"].as_str().unwrap().strip_prefix("/api/v2").unwrap();
    assert_eq!(server.get(path).await.ok(), queue);

    let answer = server.call("POST", "/routing/queues", json!({"name": "bILLING"})).await;
    assert_eq!(answer.error(), (409, "duplicate.name".to_owned()));
    let answer = server.call("POST", "/routing/queues", json!({"description": "x"})).await;
    assert_eq!(answer.error(), (400, "required.field.missing".to_owned()));
    assert_eq!(server.call("POST", "/routing/queues", json!({"name": ""})).await.status, 400);

    let changed = server.call("PUT", path, json!({"name": "Invoices"})).await.ok();
    assert_eq!(
        (&changed["id"], &changed["name"], changed.get("description")),
        (&queue["id"], &json!("Invoices"), None)
    );
    let page = server.get("/routing/queues?name=inv*").await.ok();
    assert_eq!((&page["entities"][0]["name"], &page["total"]), (&json!("Invoices"), &json!(1)));
    let all = server.get("/routing/queues?sortOrder=desc").await.ok();
    let names: Vec<&Json> = all["entities"].as_array().unwrap().iter().map(|queue| &queue["name"]).collect();
    assert_eq!(names, ["Unrouted", "Invoices"]);

    let built_in = all["entities"][0]["selfUri"].as_str().unwrap().strip_prefix("/api/v2").unwrap();
    assert_eq!(server.call("DELETE", built_in, Json::Null).await.error().0, 409);
    assert_eq!(server.call("DELETE", &format!("{path}?forceDelete=true"), Json::Null).await.status, 204);
    assert_eq!(server.get(path).await.error(), (404, "resource.not.found".to_owned()));
}

#[tokio::test]
async fn a_queue_has_a_service_level() {
    let server = server().await;
    let queues = "/routing/queues";
    let made = server.call("POST", queues, json!({"name": "Billing", "serviceLevel": "PT4H", "other": 1})).await.ok();
    assert_eq!((&made["serviceLevel"], &made["other"]), (&json!("PT4H"), &json!(1)));
    let listed = server.get("/routing/queues?name=Billing").await.ok();
    assert_eq!(listed["entities"][0]["serviceLevel"], "PT4H");
    for (level, found) in [(json!(4), "4"), (json!("4h"), "`4h`"), (json!("P1M"), "`P1M`"), (json!(["PT1H"]), "a list")]
    {
        let refused = server.call("POST", queues, json!({"name": "Other", "serviceLevel": level})).await;
        assert_eq!(refused.status, 400, "{level}");
        let problem = &refused.json()["errors"][0];
        assert_eq!((&problem["path"], &problem["found"]), (&json!("serviceLevel"), &json!(found)));
        assert_eq!(problem["expected"], "an ISO 8601 duration, such as PT4H or P1D");
    }
}

#[tokio::test]
async fn a_domain_has_two_forms() {
    let server = server().await;
    let domains = "/routing/email/domains";
    for (first, twin) in [("bücher.example", "XN--Bcher-Kva.example"), ("xn--mnchen-3ya.example", "münchen.example")]
    {
        server.call("POST", domains, json!({"id": first})).await.ok();
        let refused = server.call("POST", domains, json!({"id": twin})).await;
        assert_eq!(refused.error(), (409, "postino.domain.exists".to_owned()));
        let message = refused.json()["message"].to_string();
        assert!(message.contains("domain already exists") && message.contains(first), "{message}");
    }
}

/// Each change is merged into what the others made of the domain, not into what it was when the request came.
#[tokio::test]
async fn of_domains_changed_by_many_at_once_every_change_is_kept() {
    let server = server().await;
    server.call("POST", "/routing/email/domains", json!({"id": "shop.example", "kept": "as it was"})).await.ok();
    let one = "/routing/email/domains/shop.example";
    let changes = (0..24).map(|number| {
        let (name, server) = (format!("member{number}"), &server);
        async move {
            let changed = server.call("PATCH", one, json!({ name.as_str(): number })).await.ok();
            assert_eq!((&changed[&name], &changed["kept"]), (&json!(number), &json!("as it was")));
        }
    });
    futures_util::future::join_all(changes).await;
    let domain = server.get(one).await.ok();
    for number in 0..24 {
        assert_eq!(domain[format!("member{number}")], number, "{domain}");
    }
}

/// A route that one client deletes while another replaces it: whoever is first, the route stays away.
#[tokio::test]
async fn a_route_that_is_deleted_is_not_made_again_by_replacing_it() {
    let server = server().await;
    let queue = server.call("POST", "/routing/queues", json!({"name": "Billing"})).await.ok()["id"].clone();
    server.call("POST", "/routing/email/domains", json!({"id": "shop.example"})).await.ok();
    let routes = "/routing/email/domains/shop.example/routes";
    for number in 0..8 {
        let body = |priority| json!({"pattern": format!("r{number}"), "queue": {"id": queue}, "priority": priority});
        let route = server.call("POST", routes, body(0)).await.ok();
        let one = format!("{routes}/{}", route["id"].as_str().unwrap());
        // The first takes the turn; the others have looked at the route by the time that it is gone.
        let delete = async { server.call("DELETE", &one, Json::Null).await.status };
        let replace = |priority| {
            let (server, one, body) = (&server, &one, body(priority));
            async move { server.call("PUT", one, body).await.status }
        };
        let delete_again = async { server.call("DELETE", &one, Json::Null).await.status };
        let (deleted, first, second, again) = tokio::join!(delete, replace(1), replace(2), delete_again);
        assert!([first, second].iter().all(|status| [200, 404].contains(status)), "{first} {second}");
        assert_eq!(i32::from(deleted == 204) + i32::from(again == 204), 1, "it goes once: {deleted} {again}");
        assert_eq!(server.get(&one).await.status, 404);
    }
    assert_eq!(server.get(routes).await.ok()["total"], 0);
}

#[tokio::test]
async fn domains_and_routes() {
    let server = server().await;
    let domains = "/routing/email/domains";
    let domain = server.call("POST", domains, json!({"id": "Shop.Example", "subDomain": false})).await.ok();
    assert_eq!((&domain["id"], &domain["mxRecordStatus"]), (&json!("shop.example"), &json!("NOT_AVAILABLE")));
    let twin = server.call("POST", domains, json!({"id": "shop.example"})).await;
    assert_eq!(twin.error(), (409, "postino.domain.exists".to_owned()));
    assert!(twin.json()["message"].as_str().unwrap().contains("domain already exists"));
    let wrong = server.call("POST", domains, json!({"id": "not a domain", "subDomain": false})).await;
    assert_eq!(wrong.error(), (400, "postino.invalid.domain.name".to_owned()));
    assert_eq!(server.call("POST", domains, json!({"id": "sub", "subDomain": true})).await.status, 400);
    let path = "/routing/email/domains/shop.example";
    server.call("PATCH", path, json!({"emailSetting": {"a": 1}})).await.ok();
    let patched = server.call("PATCH", path, json!({"mailFromSettings": {"b": 2}})).await.ok();
    assert_eq!((&patched["emailSetting"], &patched["mailFromSettings"]), (&json!({"a": 1}), &json!({"b": 2})));

    let queue = server.call("POST", "/routing/queues", json!({"name": "Billing"})).await.ok();
    let flow = server.call("POST", "/flows", json!({"name": "In", "type": "email", "nodes": []})).await.ok();
    let routes = format!("{path}/routes");
    let sent = json!({"pattern": "Support", "flow": {"id": flow["id"]}, "fromName": "Support", "queue": {"id": null}, "priority": 3});
    let route = server.call("POST", &routes, sent).await.ok();
    assert_eq!((&route["pattern"], &route["flow"]["name"]), (&json!("support"), &json!("In")));
    assert_eq!((&route["fromName"], &route["priority"], route.get("queue")), (&json!("Support"), &json!(3), None));
    let twin = server.call("POST", &routes, json!({"pattern": "support", "queue": {"id": queue["id"]}})).await;
    assert_eq!(twin.error(), (409, "postino.route.pattern.exists".to_owned()));
    for (body, path) in [
        (json!({"pattern": "x"}), None),
        (json!({"pattern": "x", "flow": {"id": flow["id"]}, "queue": {"id": queue["id"]}}), Some("queue")),
        (json!({"pattern": "x", "flow": {"id": "nonsense"}}), Some("flow.id")),
        (json!({"pattern": "x", "queue": {"id": "00000000-0000-0000-0000-000000000000"}}), None),
        (json!({"flow": {"id": flow["id"]}}), Some("pattern")),
        (json!({"pattern": "x", "flow": {"id": flow["id"]}, "fromName": 7}), Some("fromName")),
        (json!({"pattern": "x", "flow": {"id": flow["id"]}, "fromName": "a\r\nBcc: b@c.example"}), Some("fromName")),
        (json!({"pattern": "x", "flow": {"id": flow["id"]}, "answerLists": "yes"}), Some("answerLists")),
        (json!({"pattern": "x", "flow": {"id": flow["id"]}, "keepContentDays": -1}), Some("keepContentDays")),
        (json!({"pattern": "x", "flow": {"id": flow["id"]}, "keepDecisionDays": "P1Y"}), Some("keepDecisionDays")),
    ] {
        let answer = server.call("POST", &routes, body.clone()).await;
        assert_eq!(answer.status, 400, "{body}");
        let problems = answer.json();
        assert!(path.is_none_or(|path| problems["errors"][0]["path"] == path), "{problems}");
    }

    let route_path = format!("{routes}/{}", route["id"].as_str().unwrap());
    let changed = server.call("PUT", &route_path, json!({"pattern": "*", "queue": {"id": queue["id"]}})).await.ok();
    assert_eq!((&changed["queue"]["name"], changed.get("flow")), (&json!("Billing"), None));
    assert_eq!(server.get(&route_path).await.ok(), changed);
    assert_eq!(server.get(&format!("{routes}?pattern=*")).await.ok()["total"], 1);
    assert_eq!(server.get(&format!("{routes}?pageNumber=2")).await.ok()["entities"], json!([]));

    // What a route uses stays.
    let queue_path = format!("/routing/queues/{}", queue["id"].as_str().unwrap());
    let used = server.call("DELETE", &queue_path, Json::Null).await;
    assert_eq!((used.status, &used.json()["errors"][0]["entityKind"]), (409, &json!("route")));
    assert_eq!(server.call("DELETE", path, Json::Null).await.status, 409);
    assert_eq!(server.call("DELETE", &route_path, Json::Null).await.status, 204);
    assert_eq!(
        server.call("DELETE", &route_path, Json::Null).await.error(),
        (404, "postino.error.not.found".to_owned())
    );
    assert_eq!(server.call("DELETE", path, Json::Null).await.status, 204);
    assert_eq!(server.get(path).await.status, 404);
}

/// Every kind of object answers conditional requests alike: an `ETag` on all that answer one object, `If-Match` on all that change it.
#[tokio::test]
async fn conditional_requests_are_alike() {
    let server = server().await;
    server.call("POST", "/routing/email/domains", json!({"id": "shop.example"})).await.ok();
    server.call("POST", "/routing/queues", json!({"name": "Sales"})).await.ok();
    let sales = server.get("/routing/queues?name=Sales").await.ok()["entities"][0]["id"].clone();
    let json_type = "Content-Type: application/json";
    for (all, method, sent, other) in [
        ("/routing/queues", "PUT", json!({"name": "Billing"}), json!({"name": "Invoices #"})),
        ("/flows/datatables", "PUT", json!({"name": "T", "schema": {"properties": {}}}), json!({"name": "U#"})),
        (
            "/routing/schedules",
            "PUT",
            json!({"name": "S", "timeZone": "UTC"}),
            json!({"name": "S#", "timeZone": "UTC"}),
        ),
        ("/routing/email/domains", "PATCH", json!({"id": "mail.example"}), json!({"mailFromSettings": "#"})),
        (
            "/routing/email/domains/shop.example/routes",
            "PUT",
            json!({"pattern": "sales", "queue": {"id": sales}}),
            json!({"pattern": "deals#", "queue": {"id": sales}}),
        ),
        ("/flows", "PUT", json!({"name": "F", "type": "email", "nodes": []}), json!({"name": "G", "description": "#"})),
    ] {
        let made = server.call("POST", all, sent).await;
        let first = made.header("etag").unwrap_or_else(|| panic!("{all}: no tag")).to_owned();
        let path = match made.ok()["selfUri"].as_str() {
            Some(uri) => uri.strip_prefix("/api/v2").unwrap().to_owned(),
            None => panic!("{all}: no address"),
        };
        let path = path.split('?').next().unwrap();
        assert_eq!(server.get(path).await.header("etag"), Some(first.as_str()), "{all}");
        let mut count = 0;
        let mut call = async |method: &str, tags: &str| {
            // Each change says something else.
            count += 1;
            let body = other.to_string().replace('#', &count.to_string());
            let sent = if method == "DELETE" { "" } else { body.as_str() };
            let header = format!("If-Match: {tags}");
            server.call_with(method, path, &[json_type, &header], sent.as_bytes()).await
        };
        for stale in ["\"1234567\"", &format!("W/{first}"), "\"1234567\", \"7654321\"", "nonsense", "\"a\""] {
            for method in [method, "DELETE"] {
                let refused = call(method, stale).await;
                assert_eq!(refused.error(), (412, "precondition.failed".to_owned()), "{all} {method} {stale}");
            }
        }
        assert_eq!(server.get(path).await.header("etag"), Some(first.as_str()), "{all}: nothing was done");
        let changed = call(method, &format!("\"1234567\", {first}")).await;
        let second = changed.header("etag").unwrap().to_owned();
        assert_ne!(second, first, "{all}");
        changed.ok();
        assert_eq!(server.get(path).await.header("etag"), Some(second.as_str()), "{all}");
        assert_eq!(call(method, &first).await.status, 412, "{all}: the tag is used up");
        assert_eq!(call(method, "*").await.status, 200, "{all}");
        assert_eq!(call("DELETE", &second).await.status, 412, "{all}: changed since");
        let third = server.get(path).await.header("etag").unwrap().to_owned();
        assert_eq!(call("DELETE", &format!("{second}, {third}")).await.status, 204, "{all}");
    }
}

/// Whatever is changed, and however: why it was is kept.
#[tokio::test]
async fn a_note_of_any_change_is_in_the_audit_log() {
    let server = server().await;
    for (all, sent, renamed) in [
        ("/routing/queues", json!({"name": "Billing"}), json!({"name": "Invoices"})),
        ("/flows/datatables", json!({"name": "T", "schema": {"properties": {}}}), json!({"name": "U"})),
        ("/routing/schedules", json!({"name": "S", "timeZone": "UTC"}), json!({"name": "S2", "timeZone": "UTC"})),
        ("/flows", json!({"name": "F", "type": "email", "nodes": []}), json!({"name": "G"})),
    ] {
        let made = server.call("POST", &format!("{all}?note=first"), sent).await.ok();
        let id = made["id"].as_str().unwrap();
        let path = format!("{all}/{id}");
        server.call("PUT", &format!("{path}?note=renamed"), renamed).await.ok();
        assert_eq!(server.call("DELETE", &format!("{path}?note=merged"), Json::Null).await.status, 204, "{all}");
        let log = server.get(&format!("/audit?entityId={id}")).await.ok();
        let told: Vec<(&str, &str)> = log["entities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| (entry["action"].as_str().unwrap(), entry["note"].as_str().unwrap_or_default()))
            .collect();
        assert_eq!(told, [("deleted", "merged"), ("changed", "renamed"), ("created", "first")], "{all}");
    }
}
