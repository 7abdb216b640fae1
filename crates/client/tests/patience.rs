//! Retries, tokens and lists, against a loopback server that answers what a test wrote.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use serde_json::{Value as Json, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use waypost_client::interactions::Mail;
use waypost_client::{Client, ClientBuilder, Error, Retries};
use waypost_wire::access::OAuthClientRequest;

/// What the server does with a request.
enum Answer {
    Status(u16, &'static str, Json),
    /// Ends the connection after it read the request.
    HangUp,
}

fn ok(body: Json) -> Answer {
    Answer::Status(200, "", body)
}

fn failing(status: u16) -> Answer {
    Answer::Status(status, "", json!({ "message": "no", "code": "x", "status": status }))
}

fn token(text: &str) -> Answer {
    ok(json!({ "access_token": text, "token_type": "bearer", "expires_in": 3600, "scope": "admin" }))
}

/// A server, and the requests that it got: method, path, token.
struct Scripted {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = seen.clone();
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                let (head, length) = loop {
                    let read = stream.read(&mut buffer).await.unwrap();
                    request.extend_from_slice(&buffer[..read]);
                    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                    let head = String::from_utf8(request[..end].to_vec()).unwrap();
                    let length = header(&head, "content-length").map_or(0, |text| text.parse::<usize>().unwrap());
                    break (head, end + 4 + length);
                };
                while request.len() < length {
                    let read = stream.read(&mut buffer).await.unwrap();
                    request.extend_from_slice(&buffer[..read]);
                }
                let line = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
                let bearer = header(&head, "authorization").and_then(|value| value.strip_prefix("Bearer "));
                noted.lock().unwrap().push(match bearer {
                    Some(token) => format!("{line} {token}"),
                    None => line.to_owned(),
                });
                if let Answer::Status(status, headers, body) = answer {
                    let body = body.to_string();
                    let text = format!(
                        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
                        body.len()
                    );
                    stream.write_all(text.as_bytes()).await.unwrap();
                    let _ = stream.shutdown().await;
                }
            }
        });
        Self { url, seen }
    }

    fn builder(&self) -> ClientBuilder {
        let retries =
            Retries { times: 3, first_pause: Duration::from_millis(1), longest_pause: Duration::from_secs(2) };
        Client::builder(&self.url).retries(retries)
    }

    /// A client that has a token already.
    fn client(&self) -> Client {
        self.builder().token("t").build().unwrap()
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    for status in [429, 500, 502, 503, 504] {
        let server = Scripted::start(vec![failing(status), failing(status), ok(json!({ "a": 1 }))]).await;
        let found: Json = server.client().get("/x").await.unwrap();
        assert_eq!((found, server.seen().len()), (json!({ "a": 1 }), 3), "{status}");
    }
}

#[tokio::test]
async fn what_does_not_pass_is_not() {
    for status in [400, 403, 404, 409, 412, 501] {
        let server = Scripted::start(vec![failing(status), ok(json!({}))]).await;
        let error = server.client().post::<Json>("/x", &json!({})).await.unwrap_err();
        assert_eq!((error.status(), error.code(), server.seen().len()), (Some(status), Some("x"), 1));
    }
}

#[tokio::test]
async fn what_is_read_to_be_changed_has_its_revision() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
    let queue = || {
        json!({ "id": id, "name": "Support", "division": { "id": id, "name": "Home", "selfUri": "/y" }, "version": 1, "selfUri": "/x", "dateCreated": "2026-01-01T00:00:00Z",
        "dateModified": "2026-01-01T00:00:00Z" })
    };
    for (tag, expected) in
        [("ETag: \"7\"\r\n", Some(7)), ("ETag: W/\"7\"\r\n", Some(7)), ("ETag: \"a\"\r\n", None), ("", None)]
    {
        let server = Scripted::start(vec![Answer::Status(200, tag, queue())]).await;
        let found = server.client().routing().revised_queue(id).await;
        match expected {
            Some(revision) => assert_eq!(found.unwrap().revision, revision, "{tag}"),
            None => assert!(found.unwrap_err().to_string().contains("no ETag"), "{tag}"),
        }
    }
}

#[tokio::test]
async fn patience_ends() {
    let server = Scripted::start((0..9).map(|_| failing(503)).collect()).await;
    assert_eq!(server.client().get::<Json>("/x").await.unwrap_err().status(), Some(503));
    assert_eq!(server.seen().len(), 4, "once, and three times again");
    let server = Scripted::start(vec![
        Answer::Status(429, "Retry-After: 3600\r\n", json!({ "message": "no", "code": "x", "status": 429 })),
        ok(json!({})),
    ])
    .await;
    let Error::Refused { retry_after, .. } = server.client().get::<Json>("/x").await.unwrap_err() else { panic!() };
    assert_eq!((retry_after, server.seen().len()), (Some(Duration::from_secs(3600)), 1));
}

#[tokio::test]
async fn the_server_says_how_long() {
    let answer = Answer::Status(429, "Retry-After: 1\r\n", json!({ "message": "no", "code": "x", "status": 429 }));
    let server = Scripted::start(vec![answer, ok(json!({}))]).await;
    let begun = std::time::Instant::now();
    server.client().get::<Json>("/x").await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1), "it waited");
}

#[tokio::test]
async fn a_request_that_may_have_arrived_is_only_repeated_where_it_makes_no_difference() {
    let server = Scripted::start(vec![Answer::HangUp, ok(json!({}))]).await;
    server.client().get::<Json>("/x").await.unwrap();
    assert_eq!(server.seen().len(), 2);

    let server = Scripted::start(vec![Answer::HangUp, ok(json!({}))]).await;
    let error = server.client().post::<Json>("/x", &json!({})).await.unwrap_err();
    assert!(matches!(error, Error::NoAnswer { .. }), "{error}");
    assert_eq!(server.seen().len(), 1);

    let interaction = json!({
        "id": "0190a000-0000-7000-8000-000000000001", "state": "received", "receivedAt": "2026-01-31T12:00:00.000Z",
        "envelope": { "from": "", "to": "a@b.example", "remote": "" }, "selfUri": "/x",
    });
    let server = Scripted::start(vec![Answer::HangUp, Answer::Status(202, "", interaction)]).await;
    let mail = Mail {
        to: "a@b.example".to_owned(),
        raw: Bytes::from_static(b"Subject: x\r\n\r\n"),
        idempotency_key: Some("once".to_owned()),
        ..Mail::default()
    };
    server.client().interactions().send(mail).await.unwrap();
    assert_eq!(server.seen().len(), 2, "with a key it is the same request");
}

#[tokio::test]
async fn what_may_be_done_already_is_not_done_twice() {
    for status in [500, 502, 504] {
        let server = Scripted::start(vec![failing(status), ok(json!({}))]).await;
        let error = server.client().post::<Json>("/x", &json!({})).await.unwrap_err();
        assert_eq!((error.status(), server.seen().len()), (Some(status), 1));
        let server = Scripted::start(vec![failing(status), ok(json!({}))]).await;
        assert_eq!(server.client().patch::<Json>("/x", &json!({})).await.unwrap_err().status(), Some(status));
        let server = Scripted::start(vec![failing(status), ok(json!({}))]).await;
        server.client().put::<Json>("/x", &json!({})).await.unwrap();
    }
    for status in [429, 503] {
        let server = Scripted::start(vec![failing(status), ok(json!({}))]).await;
        server.client().post::<Json>("/x", &json!({})).await.unwrap();
        assert_eq!(server.seen().len(), 2, "the server did nothing");
    }
    // A change for one revision is refused because it was made.
    let server = Scripted::start(vec![Answer::HangUp, failing(412)]).await;
    let request = OAuthClientRequest::default();
    let error = server.client().access().update("robot", &request, Some(3)).await.err().unwrap();
    assert!(matches!(error, Error::NoAnswer { .. }), "{error}");
    let server = Scripted::start(vec![failing(503), failing(412)]).await;
    let error = server.client().access().update("robot", &request, Some(3)).await.err().unwrap();
    assert_eq!((error.status(), server.seen().len()), (Some(412), 2));
}

#[tokio::test]
async fn what_is_gone_after_a_lost_answer_was_deleted() {
    for (first, second) in [(Answer::HangUp, 404), (failing(502), 410)] {
        let server = Scripted::start(vec![first, failing(second)]).await;
        server.client().delete("/x").await.unwrap();
        assert_eq!(server.seen().len(), 2);
    }
    for first in [Some(failing(503)), None] {
        let server = Scripted::start(first.into_iter().chain([failing(404)]).collect()).await;
        assert_eq!(server.client().delete("/x").await.unwrap_err().status(), Some(404), "it was not there before");
    }
}

#[tokio::test]
async fn a_token_is_fetched_once_and_again_when_it_is_refused() {
    let refused = Answer::Status(401, "", json!({ "message": "no", "code": "bad.credentials", "status": 401 }));
    let answers = vec![token("one"), ok(json!({})), ok(json!({})), refused, token("two"), ok(json!({}))];
    let server = Scripted::start(answers).await;
    let client = server.builder().credentials("me", "open sesame").build().unwrap();
    for _ in 0..3 {
        client.get::<Json>("/x").await.unwrap();
    }
    assert_eq!(
        server.seen(),
        [
            "POST /oauth/token",
            "GET /api/v2/x one",
            "GET /api/v2/x one",
            "GET /api/v2/x one",
            "POST /oauth/token",
            "GET /api/v2/x two",
        ]
    );
}

#[tokio::test]
async fn a_wrong_secret_is_asked_about_once_and_never_told() {
    let refused = || {
        Answer::Status(
            401,
            "",
            json!({ "message": "client id or secret is wrong", "code": "bad.credentials", "status": 401 }),
        )
    };
    let server = Scripted::start(vec![refused(), refused()]).await;
    let client = server.builder().credentials("me", "open sesame").build().unwrap();
    let error = client.get::<Json>("/x").await.unwrap_err();
    assert_eq!((error.status(), server.seen().len()), (Some(401), 1));
    for text in [format!("{error}"), format!("{error:?}"), format!("{client:?}")] {
        assert!(!text.contains("sesame"), "{text}");
    }
}

#[tokio::test]
async fn lists_are_read_page_by_page_as_far_as_they_are_wanted() {
    let page = |entities: Json| {
        ok(json!({ "entities": entities, "pageSize": 500, "pageNumber": 1, "total": 3, "pageCount": 2 }))
    };
    let server = Scripted::start(vec![page(json!([1, 2])), page(json!([3]))]).await;
    let all: Vec<u32> = server.client().pages::<u32>("/x?name=a").try_collect().await.unwrap();
    assert_eq!(all, [1, 2, 3]);
    assert_eq!(
        server.seen(),
        ["GET /api/v2/x?name=a&pageSize=500&pageNumber=1 t", "GET /api/v2/x?name=a&pageSize=500&pageNumber=2 t"]
    );

    let chunk = |entities: Json, next: &str| ok(json!({ "entities": entities, "nextCursor": next }));
    let server = Scripted::start(vec![chunk(json!([1, 2]), "a+b"), ok(json!({ "entities": [3] }))]).await;
    let mut list = server.client().chunks::<u32>("/x");
    assert_eq!((list.try_next().await.unwrap(), server.seen().len()), (Some(1), 1), "not before it is wanted");
    let rest: Vec<u32> = list.try_collect().await.unwrap();
    assert_eq!(rest, [2, 3]);
    assert_eq!(server.seen()[1], "GET /api/v2/x?pageSize=500&cursor=a%2Bb t");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Answer::Status(307, "Location: http://127.0.0.1:1/\r\n", json!({}));
    let server = Scripted::start(vec![elsewhere]).await;
    assert!(server.client().get::<Json>("/x").await.is_err());
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn what_can_not_be_a_client_is_told() {
    for (builder, says) in [
        (Client::builder("localhost:8080").token("t"), "does not begin with http:// or https://"),
        (Client::builder("ftp://care:hunter2@localhost").token("t"), "does not begin with http:// or https://"),
        (Client::builder("http://localhost"), "credentials"),
    ] {
        let error = builder.build().unwrap_err();
        assert!(matches!(&error, Error::Configuration(text) if text.contains(says)), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
