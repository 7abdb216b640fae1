//! Tokens, scopes and the rate limit, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use support::{FORM, Server, server, server_at, start, start_behind};
use waypost_admission::{Gate, Networks, Room};
use waypost_api::serve::Edge;
use waypost_api::state::Settings;
use waypost_app::access::Access;
use waypost_app::access::secret::Secret;
use waypost_origin::Origin;
use waypost_store::records::access::{ClientRecord, TokenRecord, TokenUse};
use waypost_store::records::audit::AuditRecord;
use waypost_store::sqlite::{SqliteOptions, SqliteStore};

/// When the tests begin whose clock does not go by itself.
fn noon() -> Timestamp {
    Timestamp::from_second(1_750_000_000).unwrap()
}

/// Makes another admin: the last one stays.
async fn spare_admin(server: &Server) {
    let admin = server.store.client("admin").await.unwrap().unwrap();
    let spare = ClientRecord { id: "spare".to_owned(), revision: 1, configured_hash: None, ..admin };
    assert!(server.store.put_client(spare, entry()).await.unwrap());
}

/// What the store wants to be told of a change.
fn entry() -> AuditRecord {
    AuditRecord {
        id: Origin::system().id_in_order(),
        at: Origin::system().now(),
        actor: "tests".to_owned(),
        action: "changed".to_owned(),
        entity_kind: "client".to_owned(),
        entity_id: "admin".to_owned(),
        entity_name: String::new(),
        note: None,
        before: None,
        after: None,
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
    // The first wait is a second, and looking at a chosen secret may take as long: the clock stands still meanwhile.
    let origin = Origin::given(noon());
    let server = server_at(origin.clone()).await;
    let guess = b"grant_type=client_credentials&client_id=admin&client_secret=guess";
    for _ in 0..10 {
        assert_eq!(server.send("POST", "/oauth/token", &[FORM], guess).await.status, 401);
    }
    let answer = server.send("POST", "/oauth/token", &[FORM], guess).await;
    assert_eq!(answer.error(), (429, "too.many.requests".to_owned()));
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    origin.set(noon() + SignedDuration::from_secs(i64::try_from(wait).unwrap()));
    assert_eq!(server.send("POST", "/oauth/token", &[FORM], guess).await.status, 401, "the wait that is told is true");
    assert_eq!(server.send("POST", "/oauth/token", &[FORM], guess).await.status, 429);
    // Tokens that were issued go on working.
    assert_eq!(server.get("/flows").await.status, 200);
    // And other clients at the same address, as behind a proxy that says nothing of them, are not made to wait.
    let other = server.call("POST", "/oauth/clients", json!({ "name": "Other", "scope": ["flow:read"] })).await.ok();
    let (id, secret) = (other["id"].as_str().unwrap(), other["secret"].as_str().unwrap());
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    assert_eq!(server.send("POST", "/oauth/token", &[FORM], form.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_address() {
    let proxies = || ["127.0.0.0/8".parse().unwrap()].into_iter().collect::<Networks>();
    for (proxies, believed) in [(proxies(), true), (Networks::default(), false)] {
        // No wait ends before the last request.
        let origin = Origin::given(noon());
        let edge = Edge { gate: Gate::new(Room::shared(100), Networks::default()), proxies, origin };
        let server = start_behind(edge, Settings::default(), None).await;
        let ask = async |from: &str, secret: &str| {
            let form = format!("grant_type=client_credentials&client_id=admin&client_secret={secret}");
            let from = format!("X-Forwarded-For: {from}");
            server.send("POST", "/oauth/token", &[FORM, &from], form.as_bytes()).await.status
        };
        for n in 0..10 {
            // What the guesser puts in front of its own address changes nothing.
            assert_eq!(ask(&format!("203.0.113.{n}, 198.51.100.1"), "guess").await, 401);
        }
        assert_eq!(ask("198.51.100.1", "guess").await, 429);
        assert_eq!(ask("198.51.100.2", "open+sesame").await, if believed { 200 } else { 429 });
        if believed {
            let mail = b"Subject: x\r\n\r\nx\r\n";
            server.call("POST", "/routing/email/domains", json!({ "id": "b.example" })).await.ok();
            let headers = ["Content-Type: message/rfc822", "Forwarded: for=\"[2001:db8::7]:1\""];
            let answer = server.call_with("POST", "/interactions?to=postmaster%40b.example", &headers, mail).await;
            assert_eq!(answer.json()["envelope"]["remote"], "2001:db8::7");
        }
    }
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
async fn a_token_lasts_its_day_to_the_second() {
    let origin = Origin::given(noon());
    let gate = Gate::new(Room::shared(100), Networks::default());
    let edge = Edge { gate, proxies: Networks::default(), origin: origin.clone() };
    let server = start_behind(edge, Settings::default(), None).await;
    let form = b"grant_type=client_credentials&client_id=admin&client_secret=open+sesame";
    let issue = async || {
        let answer = server.send("POST", "/oauth/token", &[FORM], form).await.json();
        assert_eq!(answer["expires_in"], 24 * 60 * 60);
        answer["access_token"].as_str().unwrap().to_owned()
    };
    let status = async |token: &str| {
        let bearer = format!("Authorization: Bearer {token}");
        server.send("GET", "/api/v2/flows", &[&bearer], b"").await.status
    };
    let first = issue().await;
    for (seconds, expected) in [(0, 200), (24 * 60 * 60 - 1, 200), (24 * 60 * 60, 401)] {
        origin.set(noon() + SignedDuration::from_secs(seconds));
        assert_eq!(status(&first).await, expected, "after {seconds} s");
    }
    let bearer = format!("Authorization: Bearer {first}");
    let refused = server.send("GET", "/api/v2/flows", &[&bearer], b"").await;
    assert_eq!(refused.error(), (401, "credentials.expired".to_owned()));
    assert_eq!(status(&issue().await).await, 200, "the client asks for another");
}

#[tokio::test]
async fn tokens_end_with_their_client_and_its_rights() {
    let server = server().await;
    let status = async |token: &str, path: &str| {
        let bearer = format!("Authorization: Bearer {token}");
        let answer = server.send("GET", &format!("/api/v2{path}"), &[&bearer], b"").await;
        (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    let now = Origin::system().now();
    let token = TokenRecord {
        hash: Sha256::digest(b"new").into(),
        client_id: "admin".to_owned(),
        scopes: vec!["admin".to_owned()],
        issued_at: now,
        expires_at: now + SignedDuration::from_hours(1),
        used_as: TokenUse::Bearer,
    };
    let secret = server.store.client("admin").await.unwrap().unwrap().secret_hash;
    assert!(server.store.put_token(token.clone(), &secret).await.unwrap());
    assert_eq!(status("new", "/flows").await.0, 200);

    spare_admin(&server).await;
    let mut client = server.store.client("admin").await.unwrap().unwrap();
    client.scopes = vec!["routing:read".to_owned()];
    client.revision += 1;
    assert!(server.store.put_client(client.clone(), entry()).await.unwrap());
    server.store.put_token(token.clone(), &secret).await.unwrap();
    assert_eq!(status("new", "/flows").await, (403, "missing.permissions".to_owned()));
    assert_eq!(status("new", "/routing/queues").await.0, 200);

    client.revoked_at = Some(now);
    client.revision += 1;
    assert!(server.store.put_client(client, entry()).await.unwrap());
    assert_eq!(status("new", "/routing/queues").await, (401, "bad.credentials".to_owned()));
    let form = b"grant_type=client_credentials&client_id=admin&client_secret=open+sesame";
    assert_eq!(server.send("POST", "/oauth/token", &[FORM], form).await.status, 401);

    // Named at the start, the client is made anew with all rights; the same secret again disturbs no token.
    server.access.bootstrap("admin", Secret::new("new secret")).await.unwrap();
    let local = [127, 0, 0, 1].into();
    let issued = server.access.issue_token("admin", Secret::new("new secret"), None, local).await.unwrap();
    server.access.bootstrap("admin", Secret::new("new secret")).await.unwrap();
    assert_eq!(status(issued.token.expose(), "/flows").await.0, 200);
    server.access.bootstrap("admin", Secret::new("third secret")).await.unwrap();
    assert_eq!(status(issued.token.expose(), "/flows").await.0, 401);
}

#[tokio::test]
async fn a_restart_undoes_nothing_that_was_done_to_the_configured_client() {
    let server = server().await;
    let restart = async |secret| server.access.bootstrap("admin", Secret::new(secret)).await.unwrap();
    let issue = async |secret: &Secret| {
        server.access.issue_token("admin", secret.clone(), None, [127, 0, 0, 1].into()).await.is_ok()
    };
    let rotated = server.access.rotate_secret("tests", "admin").await.unwrap();
    restart("open sesame").await;
    assert_eq!((issue(rotated.secret()).await, issue(&Secret::new("open sesame")).await), (true, false));
    spare_admin(&server).await;
    let mut client = server.store.client("admin").await.unwrap().unwrap();
    client.scopes = vec!["flow:read".to_owned()];
    client.revision += 1;
    assert!(server.store.put_client(client, entry()).await.unwrap());
    restart("open sesame").await;
    assert_eq!(server.store.client("admin").await.unwrap().unwrap().scopes, ["flow:read"]);
    // Another secret is a word of the one who configures the server, and the way back in.
    restart("another").await;
    assert_eq!((issue(rotated.secret()).await, issue(&Secret::new("another")).await), (false, true));
    assert_eq!(server.store.client("admin").await.unwrap().unwrap().scopes, ["admin"]);
}

#[tokio::test]
async fn no_token_outlives_the_secret_it_was_asked_for_with() {
    let server = server().await;
    // A chosen secret takes a while to be looked at: the rotation comes in between.
    let asking: Vec<_> = (0..4)
        .map(|_| {
            let access = server.access.clone();
            tokio::spawn(async move {
                access.issue_token("admin", Secret::new("open sesame"), None, [127, 0, 0, 1].into()).await
            })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let rotated = server.access.rotate_secret("tests", "admin").await.unwrap();
    for one in asking {
        if let Ok(issued) = one.await.unwrap() {
            assert!(
                server.access.authenticate(issued.token.expose()).await.is_err(),
                "it was asked for with the old one"
            );
        }
    }
    let local = [127, 0, 0, 1].into();
    let fresh = server.access.issue_token("admin", rotated.secret().clone(), None, local).await.unwrap();
    server.access.authenticate(fresh.token.expose()).await.unwrap();
}

#[tokio::test]
async fn the_first_client_is_made_once_and_not_before_its_secret_is_safe() {
    let folder = tempfile::tempdir().unwrap();
    let access =
        Access::new(Arc::new(SqliteStore::open(folder.path(), SqliteOptions::default()).unwrap()), Origin::system());
    let lost = access.first_client().await.unwrap().unwrap();
    drop(lost);
    let client = access.first_client().await.unwrap().expect("the one before was not kept");
    let (id, secret) = (client.id().to_owned(), client.secret().clone());
    assert_eq!((id.as_str(), secret.expose().len()), ("admin", 64));
    access.keep(client).await.unwrap();
    assert!(access.first_client().await.unwrap().is_none());
    let token = access.issue_token(&id, secret, Some("flow:read"), [127, 0, 0, 1].into()).await.unwrap();
    let principal = access.authenticate(token.token.expose()).await.unwrap();
    assert_eq!((principal.client_id.as_str(), principal.scopes.to_string()), ("admin", "flow:read".to_owned()));
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
