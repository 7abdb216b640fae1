//! Sessions of the console, and its files, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::{FORM, Server, server, server_at, start};
use waypost_api::console::{File, Kept};
use waypost_api::state::Settings;
use waypost_origin::Origin;

const CONSOLE: &str = "Waypost-Console: 1";
const JSON: &str = "Content-Type: application/json";

/// Asks for a session; answers the cookie's name and value, all that comes after, and the body.
async fn sign_in(server: &Server, body: &Json) -> Result<(String, String, Json), (u16, String)> {
    let body = serde_json::to_vec(body).unwrap();
    let answer = server.send("POST", "/api/v2/console/sessions", &[CONSOLE, JSON], &body).await;
    if answer.status != 200 {
        assert_eq!(answer.header("set-cookie"), None);
        return Err(answer.error());
    }
    let (cookie, rest) = answer.header("set-cookie").unwrap().split_once(';').unwrap();
    Ok((cookie.to_owned(), rest.to_owned(), answer.json()))
}

fn credentials() -> Json {
    json!({ "clientId": "admin", "clientSecret": "open sesame" })
}

async fn status(server: &Server, method: &str, path: &str, headers: &[&str]) -> u16 {
    server.send(method, path, headers, b"").await.status
}

async fn status_of(server: &Server, cookie: &str) -> u16 {
    status(server, "GET", "/api/v2/console/sessions/me", &[CONSOLE, &format!("Cookie: {cookie}")]).await
}

/// A link that begins a session, without the address around it.
async fn link(server: &Server, headers: &[&str]) -> String {
    let answer = server.send("POST", "/api/v2/console/links", headers, b"").await.ok();
    let (path, secret) = answer["path"].as_str().unwrap().split_once("#link=").unwrap();
    assert_eq!(path, "/sign-in");
    secret.to_owned()
}

#[tokio::test]
async fn a_session_counts_beside_the_header_alone() {
    let server = server().await;
    let (cookie, rest, session) = sign_in(&server, &credentials()).await.unwrap();
    assert_eq!(session, json!({ "clientId": "admin", "scopes": ["admin"] }));
    assert_eq!(rest, " Path=/; Max-Age=43200; HttpOnly; SameSite=Strict");
    let cookie = format!("Cookie: a=b; {cookie}");
    assert_eq!(status(&server, "GET", "/api/v2/flows", &[CONSOLE, &cookie]).await, 200);
    // What another site can make a browser send, reading and writing.
    assert_eq!(status(&server, "GET", "/api/v2/flows", &[&cookie]).await, 401);
    assert_eq!(status(&server, "DELETE", "/api/v2/console/sessions/me", &[&cookie]).await, 401);
    let plain = serde_json::to_vec(&credentials()).unwrap();
    let forged = server.send("POST", "/api/v2/console/sessions", &[JSON], &plain).await;
    assert_eq!((forged.error().0, forged.header("set-cookie")), (400, None));
    // A preflight, which a site's script would need to send the header, is given no leave.
    let asks = ["Origin: https://evil.example", "Access-Control-Request-Headers: waypost-console"];
    let preflight = server.send("OPTIONS", "/api/v2/flows", &asks, b"").await;
    assert_eq!(preflight.header("access-control-allow-origin"), None);
    assert_eq!(preflight.header("access-control-allow-headers"), None);
}

#[tokio::test]
async fn the_cookie_is_secure_where_the_page_came_by_tls() {
    let server = server().await;
    let body = serde_json::to_vec(&credentials()).unwrap();
    for (origin, secure) in [("Origin: https://mail.example.com", true), ("Origin: http://127.0.0.1:8080", false)] {
        let answer = server.send("POST", "/api/v2/console/sessions", &[CONSOLE, JSON, origin], &body).await;
        let set = answer.header("set-cookie").unwrap();
        assert_eq!(set.ends_with("; Secure"), secure, "{origin}");
        // By its name a browser takes it from nobody else.
        assert_eq!(set.starts_with("__Host-waypost_session="), secure, "{origin}");
        let cookie = set.split(';').next().unwrap();
        assert_eq!(status_of(&server, cookie).await, 200, "{origin}");
        let me = "/api/v2/console/sessions/me";
        let out = server.send("DELETE", me, &[CONSOLE, &format!("Cookie: {cookie}")], b"").await;
        let name = cookie.split('=').next().unwrap();
        assert!(out.header("set-cookie").unwrap().starts_with(&format!("{name}=; Path=/; Max-Age=0")), "{origin}");
    }
}

#[tokio::test]
async fn a_link_tells_whom_it_signs_in_before_it_is_followed() {
    let server = server().await;
    let narrow = server.token("email:read").await;
    let secret = link(&server, &[&format!("Authorization: Bearer {narrow}")]).await;
    let look = async |body: Json, headers: &[&str]| {
        let body = serde_json::to_vec(&body).unwrap();
        server.send("POST", "/api/v2/console/links/preview", headers, &body).await
    };
    for _ in 0..2 {
        let seen = look(json!({ "link": secret }), &[CONSOLE, JSON]).await;
        assert_eq!(seen.ok(), json!({ "clientId": "admin", "scopes": ["email:read"] }));
        assert_eq!(seen.header("set-cookie"), None);
    }
    assert_eq!(look(json!({ "link": secret }), &[JSON]).await.status, 400, "no other site may look");
    assert_eq!(look(json!({}), &[CONSOLE, JSON]).await.status, 400);
    assert_eq!(look(json!({ "link": "0".repeat(64) }), &[CONSOLE, JSON]).await.error().0, 401);
    assert!(sign_in(&server, &json!({ "link": secret })).await.is_ok());
    assert_eq!(look(json!({ "link": secret }), &[CONSOLE, JSON]).await.status, 401, "it is spent");
}

#[tokio::test]
async fn people_who_look_do_not_use_up_what_programs_need() {
    let server = start(Settings { rate_limit: 2, ..Settings::default() }).await;
    let (cookie, ..) = sign_in(&server, &credentials()).await.unwrap();
    let (token, session) = (server.token("").await, format!("Cookie: {cookie}"));
    let bearer = format!("Authorization: Bearer {token}");
    let mut asked = Vec::new();
    for _ in 0..9 {
        asked.push(status(&server, "GET", "/api/v2/flows", &[CONSOLE, &session]).await);
    }
    assert_eq!(asked, [200, 200, 200, 200, 200, 200, 200, 200, 429]);
    let programs = [
        status(&server, "GET", "/api/v2/flows", &[&bearer]).await,
        status(&server, "GET", "/api/v2/flows", &[&bearer]).await,
        status(&server, "GET", "/api/v2/flows", &[&bearer]).await,
    ];
    assert_eq!(programs, [200, 200, 429]);
}

#[tokio::test]
async fn tokens_sessions_and_links_are_good_for_one_thing_each() {
    let server = server().await;
    let (cookie, ..) = sign_in(&server, &credentials()).await.unwrap();
    let session = cookie.split_once('=').unwrap().1.to_owned();
    let token = server.token("").await;
    let bearer = format!("Authorization: Bearer {token}");
    let link = link(&server, &[&bearer]).await;
    for wrong in [&session, &link] {
        assert_eq!(status(&server, "GET", "/api/v2/flows", &[&format!("Authorization: Bearer {wrong}")]).await, 401);
    }
    for wrong in [&token, &link] {
        assert_eq!(status_of(&server, &format!("waypost_session={wrong}")).await, 401);
    }
    for wrong in [&token, &session] {
        let refused = sign_in(&server, &json!({ "link": wrong })).await.unwrap_err();
        assert_eq!(refused, (401, "bad.credentials".to_owned()));
    }
    assert!(sign_in(&server, &json!({ "link": link })).await.is_ok());
    // A session makes no link: it would follow that before it ends, and so never end.
    let links = "/api/v2/console/links";
    assert_eq!(status(&server, "POST", links, &[CONSOLE, &format!("Cookie: {cookie}")]).await, 401);
}

#[tokio::test]
async fn a_link_works_once_and_grants_what_its_token_did() {
    let server = server().await;
    let narrow = server.token("email:read").await;
    let secret = link(&server, &[&format!("Authorization: Bearer {narrow}")]).await;
    let followed = json!({ "link": secret });
    let both = tokio::join!(sign_in(&server, &followed), sign_in(&server, &followed));
    let (mut begun, mut refused) = (Vec::new(), Vec::new());
    for one in [both.0, both.1] {
        match one {
            Ok(one) => begun.push(one),
            Err(error) => refused.push(error),
        }
    }
    assert_eq!(refused, [(401, "bad.credentials".to_owned())]);
    let (cookie, _, session) = begun.pop().unwrap();
    assert_eq!(session["scopes"], json!(["email:read"]));
    let cookie = format!("Cookie: {cookie}");
    assert_eq!(status(&server, "GET", "/api/v2/interactions", &[CONSOLE, &cookie]).await, 200);
    assert_eq!(status(&server, "GET", "/api/v2/flows", &[CONSOLE, &cookie]).await, 403);
}

#[tokio::test]
async fn signing_out_ends_a_session_or_all() {
    let server = server().await;
    let [one, two, three] = [
        sign_in(&server, &credentials()).await.unwrap().0,
        sign_in(&server, &credentials()).await.unwrap().0,
        sign_in(&server, &credentials()).await.unwrap().0,
    ];
    let token = server.token("").await;
    let bearer = format!("Authorization: Bearer {token}");
    let left = link(&server, &[&bearer]).await;
    let me = "/api/v2/console/sessions/me";
    let out = server.send("DELETE", me, &[CONSOLE, &format!("Cookie: {one}")], b"").await;
    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!((status_of(&server, &one).await, status_of(&server, &two).await), (401, 200));
    // A program has no session of its own to end.
    assert_eq!(status(&server, "DELETE", me, &[&bearer]).await, 400);
    let everywhere = format!("{me}?everywhere=true");
    assert_eq!(status(&server, "DELETE", &everywhere, &[CONSOLE, &format!("Cookie: {two}")]).await, 204);
    assert_eq!((status_of(&server, &two).await, status_of(&server, &three).await), (401, 401));
    assert!(sign_in(&server, &json!({ "link": left })).await.is_err(), "links are spent as well");
    assert_eq!(status(&server, "GET", "/api/v2/flows", &[&bearer]).await, 200, "programs go on");
}

#[tokio::test]
async fn a_new_secret_ends_sessions_and_links() {
    let server = server().await;
    let made = server.call("POST", "/oauth/clients", json!({ "name": "Agent", "scope": ["email:read"] })).await.ok();
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let (cookie, ..) = sign_in(&server, &json!({ "clientId": id, "clientSecret": secret })).await.unwrap();
    let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
    let issued = server.send("POST", "/oauth/token", &[FORM], form.as_bytes()).await.ok();
    let link = link(&server, &[&format!("Authorization: Bearer {}", issued["access_token"].as_str().unwrap())]).await;
    assert_eq!(status_of(&server, &cookie).await, 200);
    assert_eq!(server.call("POST", &format!("/oauth/clients/{id}/secret"), json!({})).await.status, 200);
    assert_eq!(status_of(&server, &cookie).await, 401);
    assert!(sign_in(&server, &json!({ "link": link })).await.is_err());
}

#[tokio::test]
async fn what_begins_no_session_is_told_why() {
    // No wait after too many guesses ends before the last one.
    let server = server_at(Origin::given("2026-03-02T09:00:00Z".parse().unwrap())).await;
    for (body, status, code) in [
        (json!({}), 400, "invalid.value"),
        (json!({ "clientId": "admin" }), 400, "invalid.value"),
        (json!({ "clientId": "admin", "clientSecret": "x", "link": "y" }), 400, "invalid.value"),
        (json!({ "clientId": "admin", "clientSecret": "open sesame", "scope": "x" }), 400, "unknown.field"),
        (json!({ "clientId": "admin", "clientSecret": "wrong" }), 401, "bad.credentials"),
        (json!({ "clientId": "nobody", "clientSecret": "wrong" }), 401, "bad.credentials"),
        (json!({ "link": "0".repeat(64) }), 401, "bad.credentials"),
    ] {
        let refused = sign_in(&server, &body).await.unwrap_err();
        assert_eq!(refused.0, status, "{body}: {refused:?}");
        if status == 401 {
            assert_eq!(refused.1, code, "{body}");
        }
    }
    // Guesses count, whichever way they come.
    let wrong = json!({ "clientId": "admin", "clientSecret": "guess" });
    let mut last = (0, String::new());
    for _ in 0..11 {
        last = sign_in(&server, &wrong).await.unwrap_err();
    }
    assert_eq!(last.0, 429);
}

#[tokio::test]
async fn the_page_is_served_at_screens_alone_under_a_strict_policy() {
    let server = server().await;
    for path in ["/", "/interactions", "/interactions/1/mail?step=3", "/flows/x", "/queues", "/sign-in"] {
        let page = server.send("GET", path, &[], b"").await;
        assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        let tag = format!("If-None-Match: {}", page.header("etag").unwrap());
        assert_eq!(server.send("GET", path, &[&tag], b"").await.status, 304, "{path}");
        assert_eq!(server.send("HEAD", path, &[], b"").await.status, 200);
    }
    for path in
        ["/nowhere", "/assets/", "/assets/../Cargo.toml", "/%2e%2e/Cargo.toml", "//flows", "/index.htm", "/console"]
    {
        let answer = server.send("GET", path, &[], b"").await;
        assert_eq!((answer.status, answer.header("content-type")), (404, Some("application/json")), "{path}");
    }
    assert_eq!(server.send("POST", "/", &[], b"").await.status, 404);
}

/// A page, what it is made of, and the page of mails.
static FILES: &[File] = &[
    File {
        path: "assets/a-1.js",
        media_type: "text/javascript; charset=utf-8",
        tag: "\"1\"",
        coded: true,
        kept: Kept::ForEver,
        shows_mail: false,
        // `let a` by gzip.
        bytes: &[31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 203, 73, 45, 81, 72, 4, 0, 128, 223, 209, 106, 5, 0, 0, 0],
    },
    File {
        path: "mail.html",
        media_type: "text/html; charset=utf-8",
        tag: "\"2\"",
        coded: false,
        kept: Kept::AskedAnew,
        shows_mail: true,
        bytes: b"<p>",
    },
];

#[tokio::test]
async fn files_are_compressed_for_those_who_ask() {
    let server = start(Settings { console: FILES, ..Settings::default() }).await;
    let script = server.send("GET", "/assets/a-1.js", &["Accept-Encoding: br, gzip"], b"").await;
    assert_eq!((script.header("content-encoding"), &script.body[..]), (Some("gzip"), FILES[0].bytes));
    assert_eq!(script.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let plain = server.send("GET", "/assets/a-1.js", &[], b"").await;
    assert_eq!((plain.header("content-encoding"), &plain.body[..]), (None, &b"let a"[..]));
    let mail = server.send("GET", "/mail.html", &[], b"").await;
    assert_eq!((mail.header("cache-control"), mail.body.as_slice()), (Some("no-cache"), &b"<p>"[..]));
    let policy = mail.header("content-security-policy").unwrap();
    assert!(policy.starts_with("sandbox allow-same-origin; default-src 'none'"), "{policy}");
}
