//! Clients made, changed, rotated and deleted over HTTP, and the log of who changed what.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::{Answer, FORM, Server, server};

async fn make(server: &Server, name: &str, scope: &[&str]) -> Json {
    server.call("POST", "/oauth/clients", json!({ "name": name, "scope": scope })).await.ok()
}

async fn login(server: &Server, client: &Json) -> Answer {
    let text = |member: &str| client[member].as_str().unwrap();
    let form = format!("grant_type=client_credentials&client_id={}&client_secret={}", text("id"), text("secret"));
    server.send("POST", "/oauth/token", &[FORM], form.as_bytes()).await
}

async fn flows_with(server: &Server, token: &str) -> u16 {
    let authorization = format!("Authorization: Bearer {token}");
    server.send("GET", "/api/v2/flows", &[&authorization], b"").await.status
}

fn token(answer: &Answer) -> String {
    answer.ok()["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_is_told_its_secret_once() {
    let server = server().await;
    let made = server
        .call("POST", "/oauth/clients", json!({
            "name": "Reports", "description": "reads alone", "scope": ["architect:readonly", "email:read", "offline_access"],
            "accessTokenValiditySeconds": 600, "authorizedGrantType": "CLIENT-CREDENTIALS", "roleIds": ["x"],
        }))
        .await;
    assert_eq!(made.header("cache-control"), Some("no-store"));
    let made = made.ok();
    assert_eq!(made["secret"].as_str().unwrap().len(), 64, "256 bits in hexadecimal");
    assert_eq!(made["scope"], json!(["email:read", "flow:read"]));
    let issued = login(&server, &made).await;
    assert_eq!(issued.ok()["expires_in"], 600);
    assert_eq!(flows_with(&server, &token(&issued)).await, 200);

    let path = format!("/oauth/clients/{}", made["id"].as_str().unwrap());
    let shown = server.get(&path).await.ok();
    assert_eq!((&shown["secret"], &shown["name"], &shown["state"]), (&Json::Null, &json!("Reports"), &json!("active")));
    let listed = server.get("/oauth/clients").await.ok();
    let names: Vec<&str> =
        listed["entities"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["admin", "Reports"]);
    assert!(!listed.to_string().contains("secret"));
}

#[tokio::test]
async fn every_problem_of_a_client_is_told() {
    let server = server().await;
    let body = json!({
        "name": "", "scope": ["flow:wirte", "flow:read"], "accessTokenValiditySeconds": 10,
        "authorizedGrantType": "CODE", "state": "asleep", "scopes": [],
    });
    let refused = server.call("POST", "/oauth/clients", body).await;
    let problems = refused.json()["errors"].clone();
    let paths: Vec<&str> = problems.as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["authorizedGrantType", "accessTokenValiditySeconds", "state", "scopes"]);
    let refused = server.call("POST", "/oauth/clients", json!({ "name": " ", "scope": ["flow:wirte"] })).await;
    let problems = refused.json()["errors"].clone();
    let paths: Vec<&str> = problems.as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    assert_eq!((refused.status, paths), (400, vec!["name", "scope[0]"]));
    let nothing = server.call("POST", "/oauth/clients", json!({ "name": "N", "scope": ["offline_access"] })).await;
    assert_eq!(nothing.json()["errors"][0]["path"], "scope");
}

#[tokio::test]
async fn what_takes_a_right_away_takes_it_at_once() {
    let server = server().await;
    let client = make(&server, "Robot", &["flow:write"]).await;
    let path = format!("/oauth/clients/{}", client["id"].as_str().unwrap());
    let first = token(&login(&server, &client).await);
    assert_eq!(flows_with(&server, &first).await, 200);

    // Fewer scopes: the token that is out grants less.
    server.call("PUT", &path, json!({ "name": "Robot", "scope": ["email:read"] })).await.ok();
    assert_eq!(flows_with(&server, &first).await, 403);
    server.call("PUT", &path, json!({ "name": "Robot", "scope": ["flow:read"] })).await.ok();
    assert_eq!(flows_with(&server, &first).await, 200, "a token grants what it and its client have in common");

    // A new secret: the old one and its tokens are over.
    let rotated = server.call("POST", &format!("{path}/secret"), Json::Null).await.ok();
    assert_ne!(rotated["secret"], client["secret"]);
    assert_eq!(login(&server, &client).await.status, 401);
    assert_eq!(flows_with(&server, &first).await, 401);
    let second = token(&login(&server, &rotated).await);
    assert_eq!(flows_with(&server, &second).await, 200);

    // Put to sleep, and woken.
    let asleep = json!({ "name": "Robot", "scope": ["flow:read"], "state": "inactive" });
    assert_eq!(server.call("PUT", &path, asleep).await.ok()["state"], "inactive");
    assert_eq!((login(&server, &rotated).await.status, flows_with(&server, &second).await), (401, 401));
    let renamed = json!({ "name": "Robot", "scope": ["flow:read"] });
    assert_eq!(server.call("PUT", &path, renamed).await.ok()["state"], "inactive", "what is not said stays");
    server.call("PUT", &path, json!({ "name": "Robot", "scope": ["flow:read"], "state": "active" })).await.ok();
    assert_eq!(flows_with(&server, &second).await, 401, "the old token stays dead");
    let third = token(&login(&server, &rotated).await);

    // One token alone.
    let fourth = token(&login(&server, &rotated).await);
    let authorization = format!("Authorization: Bearer {third}");
    assert_eq!(server.send("DELETE", "/api/v2/tokens/me", &[&authorization], b"").await.status, 204);
    assert_eq!((flows_with(&server, &third).await, flows_with(&server, &fourth).await), (401, 200));

    // Gone.
    assert_eq!(server.call("DELETE", &path, Json::Null).await.status, 204);
    assert_eq!((login(&server, &rotated).await.status, flows_with(&server, &fourth).await), (401, 401));
    assert_eq!(server.get(&path).await.status, 404);
}

#[tokio::test]
async fn somebody_is_left_who_can_make_clients() {
    let server = server().await;
    let alone = server.call("DELETE", "/oauth/clients/admin", Json::Null).await;
    assert_eq!(alone.error(), (409, "general.conflict".to_owned()));
    let less = server.call("PUT", "/oauth/clients/admin", json!({ "name": "admin", "scope": ["flow:read"] })).await;
    assert_eq!(less.status, 409);
    make(&server, "Second", &["admin"]).await;
    assert_eq!(server.call("DELETE", "/oauth/clients/admin", Json::Null).await.status, 204);
}

#[tokio::test]
async fn the_log_says_who_changed_what_before_and_after() {
    let server = server().await;
    let client = make(&server, "Robot", &["flow:write", "routing:write"]).await;
    let robot = format!("Authorization: Bearer {}", token(&login(&server, &client).await));
    let flow = json!({ "name": "F", "type": "email", "nodes": [] }).to_string();
    let json_type = "Content-Type: application/json";
    let made = server.send("POST", "/api/v2/flows?note=first", &[&robot, json_type], flow.as_bytes()).await.ok();
    let id = made["id"].as_str().unwrap();
    let renamed = json!({ "description": "of use" }).to_string();
    server.send("PUT", &format!("/api/v2/flows/{id}"), &[&robot, json_type], renamed.as_bytes()).await.ok();
    server.send("PUT", &format!("/api/v2/flows/{id}"), &[&robot, json_type], renamed.as_bytes()).await.ok();
    server.call("DELETE", &format!("/flows/{id}"), Json::Null).await;

    let log = server.get(&format!("/audit?entityId={id}")).await.ok();
    let told: Vec<(&str, &str)> = log["entities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["action"].as_str().unwrap(), one["actor"].as_str().unwrap()))
        .collect();
    let by = client["id"].as_str().unwrap();
    assert_eq!(told, [("deleted", "admin"), ("changed", by), ("created", by)], "what changes nothing is not told");
    let changed = &log["entities"][1];
    assert_eq!((&changed["before"]["description"], &changed["after"]["description"]), (&Json::Null, &json!("of use")));
    assert_eq!(
        (&log["entities"][2]["note"], &log["entities"][2]["after"]["publishedVersion"]),
        (&json!("first"), &json!(1))
    );
    assert_eq!(log["entities"][0]["before"]["name"], "F");

    let of_robot = server.get(&format!("/audit?actor={by}&pageSize=1")).await.ok();
    assert_eq!(of_robot["entities"][0]["action"], "changed");
    let next = of_robot["nextCursor"].as_str().unwrap();
    let rest = server.get(&format!("/audit?actor={by}&cursor={next}")).await.ok();
    assert_eq!((rest["entities"][0]["action"].as_str(), rest["nextCursor"].as_str()), (Some("created"), None));

    let clients = server.get("/audit?entityKind=client").await.ok();
    assert_eq!(clients["entities"][0]["after"]["name"], "Robot");
    let text = clients.to_string();
    assert!(!text.contains(client["secret"].as_str().unwrap()) && !text.contains("sha256:"), "no secret, no hash");
}

#[tokio::test]
async fn a_change_may_be_meant_for_one_revision() {
    let server = server().await;
    let client = make(&server, "Robot", &["flow:read"]).await;
    assert_eq!(client["revision"], 1);
    let path = format!("/oauth/clients/{}", client["id"].as_str().unwrap());
    let body = json!({ "name": "Robot", "scope": ["flow:write"] }).to_string();
    let put = async |tag: &str| {
        let headers = ["Content-Type: application/json", tag];
        server.call_with("PUT", &path, &headers, body.as_bytes()).await
    };
    let changed = put("If-Match: \"1\"").await;
    assert_eq!((changed.header("etag"), &changed.ok()["revision"]), (Some("\"2\""), &json!(2)));
    let refused = put("If-Match: \"1\"").await;
    assert_eq!(refused.error(), (412, "precondition.failed".to_owned()));
    server.call("POST", &format!("{path}/secret"), Json::Null).await.ok();
    assert_eq!(put("If-Match: \"2\"").await.status, 412, "a new secret is a change");
    let shown = server.get(&path).await;
    let tag = format!("If-Match: {}", shown.header("etag").unwrap());
    put(&tag).await.ok();
    assert_eq!(put("If-Match: *").await.ok()["revision"], 5);
    assert_eq!(put("If-Match: 5").await.status, 412, "that is no tag");
}

#[tokio::test]
async fn changes_at_the_same_time_undo_nothing() {
    let server = std::sync::Arc::new(server().await);
    for _ in 0..5 {
        let client = make(&server, "Robot", &["flow:read"]).await;
        let path = format!("/oauth/clients/{}", client["id"].as_str().unwrap());
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let (server, path) = (server.clone(), path.clone());
                tokio::spawn(async move {
                    if number == 3 {
                        return server.call("POST", &format!("{path}/secret"), Json::Null).await.ok();
                    }
                    server
                        .call("PUT", &path, json!({ "name": format!("R{number}"), "scope": ["flow:read"] }))
                        .await
                        .ok()
                })
            })
            .collect();
        let mut rotated = Json::Null;
        for task in tasks {
            let answer = task.await.unwrap();
            if !answer["secret"].is_null() {
                rotated = answer;
            }
        }
        assert_eq!(login(&server, &rotated).await.status, 200, "the new secret holds");
        assert_eq!(login(&server, &client).await.status, 401, "the old one is over");
    }

    // Of two who take each other away at the same time, one stays.
    let second = make(&server, "Second", &["admin"]).await;
    let theirs = token(&login(&server, &second).await);
    let authorization = format!("Authorization: Bearer {theirs}");
    let path = format!("/oauth/clients/{}", second["id"].as_str().unwrap());
    let headers = [authorization.as_str()];
    let (one, other) = tokio::join!(
        server.call("DELETE", &path, Json::Null),
        server.send("DELETE", "/api/v2/oauth/clients/admin", &headers, b""),
    );
    let gone = [one.status, other.status].iter().filter(|status| **status == 204).count();
    assert_eq!(gone, 1, "{one:?} {other:?}");
}
