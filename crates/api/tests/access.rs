//! Tokens, scopes and the rate limit, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use support::{FORM, server, start};
use waypost_api::state::Settings;

const ID: &str = "00000000-0000-0000-0000-000000000000";

/// Every endpoint with the scope that it wants.
const ENDPOINTS: &[(&str, &str, &str)] = &[
    ("GET", "/flows", "flow:read"),
    ("POST", "/flows", "flow:write"),
    ("GET", "/flows/ID", "flow:read"),
    ("PUT", "/flows/ID", "flow:write"),
    ("DELETE", "/flows/ID", "flow:write"),
    ("GET", "/flows/ID/versions", "flow:read"),
    ("GET", "/flows/ID/versions/1", "flow:read"),
    ("GET", "/flows/ID/versions/1/configuration", "flow:read"),
    ("POST", "/flows/ID/versions/1/publish", "flow:write"),
    ("GET", "/routing/queues", "routing:read"),
    ("POST", "/routing/queues", "routing:write"),
    ("GET", "/routing/queues/ID", "routing:read"),
    ("PUT", "/routing/queues/ID", "routing:write"),
    ("DELETE", "/routing/queues/ID", "routing:write"),
    ("POST", "/routing/queues/ID/claims", "email:write"),
    ("POST", "/routing/queues/ID/claims/ID/ack", "email:write"),
    ("POST", "/routing/queues/ID/claims/ID/release", "email:write"),
    ("POST", "/routing/queues/ID/claims/ID/extend", "email:write"),
    ("GET", "/routing/email/domains", "routing:read"),
    ("POST", "/routing/email/domains", "routing:write"),
    ("GET", "/routing/email/domains/a.example", "routing:read"),
    ("PATCH", "/routing/email/domains/a.example", "routing:write"),
    ("DELETE", "/routing/email/domains/a.example", "routing:write"),
    ("GET", "/routing/email/domains/a.example/routes", "routing:read"),
    ("POST", "/routing/email/domains/a.example/routes", "routing:write"),
    ("GET", "/routing/email/domains/a.example/routes/ID", "routing:read"),
    ("PUT", "/routing/email/domains/a.example/routes/ID", "routing:write"),
    ("DELETE", "/routing/email/domains/a.example/routes/ID", "routing:write"),
    ("GET", "/interactions", "email:read"),
    ("POST", "/interactions?to=a@a.example", "email:write"),
    ("GET", "/interactions/summary", "email:read"),
    ("GET", "/interactions/ID", "email:read"),
    ("GET", "/interactions/ID/trace", "email:read"),
    ("GET", "/interactions/ID/message", "email:read"),
    ("POST", "/interactions/ID/rerun", "email:write"),
    ("DELETE", "/interactions/ID/content", "email:write"),
];

#[tokio::test]
async fn every_endpoint_wants_its_scope_and_no_other() {
    let server = server().await;
    let scopes = ["flow:read", "flow:write", "routing:read", "routing:write", "email:read", "email:write"];
    let mut tokens = Vec::new();
    for scope in scopes {
        tokens.push((scope, format!("Authorization: Bearer {}", server.token(scope).await)));
    }
    for (method, path, wanted) in ENDPOINTS {
        let path = format!("/api/v2{}", path.replace("ID", ID));
        let answer = server.send(method, &path, &[], b"").await;
        assert_eq!(answer.error(), (401, "authentication.required".to_owned()), "{method} {path}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"));
        for (scope, token) in &tokens {
            let grants =
                scope == wanted || wanted.strip_suffix("read").is_some_and(|area| format!("{area}write") == *scope);
            let answer = server.send(method, &path, &[token], b"").await;
            if grants {
                assert!(![401, 403].contains(&answer.status), "{scope} for {method} {path}: {answer:?}");
            } else {
                let (status, code) = answer.error();
                assert_eq!((status, code.as_str()), (403, "missing.permissions"), "{scope} for {method} {path}");
                assert!(answer.json()["message"].as_str().unwrap().contains(wanted), "the missing scope is named");
            }
        }
    }
}

#[tokio::test]
async fn tokens_as_the_official_clients_ask_for_them() {
    let server = server().await;
    let basic = format!("Authorization: Basic {}", STANDARD.encode("admin:open sesame"));
    let answer = server.send("POST", "/oauth/token", &[&basic, FORM], b"grant_type=client_credentials").await;
    let token = answer.ok();
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!((&token["token_type"], &token["scope"]), (&json!("bearer"), &json!("admin")));
    assert!(token["expires_in"].as_u64().unwrap() > 60);

    let narrow = server.token("architect:readonly+offline_access+email%3Aread").await;
    let bearer = format!("Authorization: Bearer {narrow}");
    assert_eq!(server.send("GET", "/api/v2/flows", &[&bearer], b"").await.status, 200);
    assert_eq!(server.send("GET", "/api/v2/interactions", &[&bearer], b"").await.status, 200);
    let refused = server.send("POST", "/api/v2/flows", &[&bearer], b"{}").await;
    assert!(refused.json()["message"].as_str().unwrap().contains("flow:write"));
}

#[tokio::test]
async fn token_errors_speak_both_languages() {
    let server = server().await;
    let wrong = format!("Authorization: Basic {}", STANDARD.encode("admin:wrong"));
    for (headers, body, status, error) in [
        (vec![wrong.as_str(), FORM], "grant_type=client_credentials", 401, "invalid_client"),
        (vec![FORM], "grant_type=client_credentials&client_id=nobody&client_secret=x", 401, "invalid_client"),
        (vec![FORM], "grant_type=password", 400, "unsupported_grant_type"),
        (vec![FORM], "", 400, "invalid_request"),
        (vec!["Content-Type: application/json"], "{\"grant_type\":\"client_credentials\"}", 400, "invalid_request"),
        (
            vec![FORM],
            "grant_type=client_credentials&client_id=admin&client_secret=open+sesame&scope=flow:wirte",
            400,
            "invalid_scope",
        ),
    ] {
        let answer = server.send("POST", "/oauth/token", &headers, body.as_bytes()).await;
        let json = answer.json();
        assert_eq!((answer.status, json["error"].as_str()), (status, Some(error)), "{body}");
        assert_eq!(json["error_description"], json["description"]);
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401);
    }
}

#[tokio::test]
async fn guessing_is_slowed() {
    let server = server().await;
    let guess = b"grant_type=client_credentials&client_id=admin&client_secret=guess";
    for _ in 0..10 {
        assert_eq!(server.send("POST", "/oauth/token", &[FORM], guess).await.status, 401);
    }
    let answer = server.send("POST", "/oauth/token", &[FORM], guess).await;
    assert_eq!(answer.error(), (429, "too.many.requests".to_owned()));
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    // Tokens that were issued go on working.
    assert_eq!(server.get("/flows").await.status, 200);
}

#[tokio::test]
async fn bad_tokens() {
    let server = server().await;
    for (authorization, code) in [
        ("Authorization: Bearer nonsense", "bad.credentials"),
        ("Authorization: Bearer ", "authentication.required"),
        ("Authorization: Basic YTpi", "authentication.required"),
    ] {
        let answer = server.send("GET", "/api/v2/flows", &[authorization], b"").await;
        assert_eq!(answer.error(), (401, code.to_owned()), "{authorization}");
    }
}

#[tokio::test]
async fn the_limit_is_the_clients_over_all_its_tokens() {
    let server = start(Settings { rate_limit: 5, ..Settings::default() }).await;
    let other = format!("Authorization: Bearer {}", server.token("flow:read").await);
    for count in 1..=5 {
        // Paths that do not exist count as well, and every answer carries the headers.
        let path = if count == 2 { "/api/v2/nothing" } else { "/api/v2/flows" };
        let answer = server.send("GET", path, &[&other], b"").await;
        assert_eq!(answer.header("inin-ratelimit-count"), Some(count.to_string().as_str()));
        assert_eq!(answer.header("inin-ratelimit-allowed"), Some("5"));
        assert!(answer.header("inin-ratelimit-reset").unwrap().parse::<u64>().unwrap() >= 1);
    }
    let answer = server.get("/flows").await;
    assert_eq!(answer.error(), (429, "too.many.requests".to_owned()));
    assert_eq!(answer.header("retry-after"), answer.header("inin-ratelimit-reset"));
    // Health and the token endpoint are outside of it.
    assert_eq!(server.send("GET", "/health/ready", &[&other], b"").await.ok(), json!({"status": "ready"}));
    server.token("flow:read").await;
    let unauthenticated: Json = server.send("GET", "/api/v2/flows", &[], b"").await.json();
    assert_eq!(unauthenticated["status"], 401);
}
