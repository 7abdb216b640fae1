//! A server on a loopback port with everything real behind it, and a client that sends exactly what a test writes.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::ServerConfig;
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use waypost_admission::{Gate, Networks, Room};
use waypost_api::router::router;
use waypost_api::serve::{Edge, serve};
use waypost_api::state::{ApiState, Settings};
use waypost_app::App;
use waypost_app::access::Access;
use waypost_app::access::secret::Secret;
use waypost_origin::Origin;
use waypost_scratch_postgres::{Server as Database, Tools};
use waypost_store::postgres::{PostgresOptions, PostgresStore};
use waypost_store::sqlite::{SqliteOptions, SqliteStore};
use waypost_store::traits::Store;

/// A running server. It ends when this is dropped.
pub struct Server {
    pub address: SocketAddr,
    pub folder: TempDir,
    pub store: Arc<dyn Store>,
    pub access: Arc<Access>,
    pub stop: watch::Sender<bool>,
    pub serving: JoinHandle<()>,
    /// A token for everything.
    pub admin: String,
}

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The body as JSON. Every error is checked for what all errors have.
    pub fn json(&self) -> Json {
        let json: Json = serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"));
        if self.status >= 400 {
            assert_eq!(self.header("content-type"), Some("application/json"));
            assert_eq!(json["status"], self.status);
            assert_eq!(json["contextId"].as_str(), self.header("inin-correlation-id"));
            assert!(!json["message"].as_str().unwrap().is_empty());
            assert!(!json["errors"].as_array().unwrap().is_empty());
        }
        json
    }

    /// The status and the code of an error.
    pub fn error(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }

    /// The body of a success.
    pub fn ok(&self) -> Json {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        let json = self.json();
        assert!(!has_null(&json), "a null in {json}");
        json
    }
}

fn has_null(json: &Json) -> bool {
    match json {
        Json::Null => true,
        Json::Array(elements) => elements.iter().any(has_null),
        Json::Object(members) => members.values().any(has_null),
        _ => false,
    }
}

/// The database that all of these tests run on: SQLite or, where the environment says `WAYPOST_TEST_STORE=postgres`, PostgreSQL, each
/// test with a database of its own.
async fn empty_store(folder: &Path) -> Arc<dyn Store> {
    static SERVER: OnceLock<Database> = OnceLock::new();
    if std::env::var("WAYPOST_TEST_STORE").as_deref() != Ok("postgres") {
        return Arc::new(SqliteStore::open(folder, SqliteOptions::default()).unwrap());
    }
    let settings = [("fsync", "off"), ("max_connections", "500")];
    let server = move || SERVER.get_or_init(move || Database::start(&Tools::find().unwrap(), &settings).unwrap());
    let url = tokio::task::spawn_blocking(move || server().fresh_database().unwrap()).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(PostgresStore::connect(PostgresOptions::new(url)).await.unwrap());
    // Whoever watches when it begins to listen is told that something may be missed: it listens before anybody watches.
    let mut heard = store.heard().unwrap();
    heard.wait_for(|heard| heard.work > 0).await.unwrap();
    store
}

/// Starts a server without TLS.
pub async fn start(settings: Settings) -> Server {
    start_with(settings, None).await
}

/// Starts a server.
pub async fn start_with(settings: Settings, tls: Option<Arc<ServerConfig>>) -> Server {
    let gate = Gate::new(Room::shared(1000), Networks::default());
    start_behind(Edge { gate, proxies: Networks::default(), origin: Origin::system() }, settings, tls).await
}

/// Starts a server that lets in and believes whom a test says.
pub async fn start_behind(edge: Edge, settings: Settings, tls: Option<Arc<ServerConfig>>) -> Server {
    start_as(edge, settings, tls, waypost_app::Settings::default()).await
}

/// Starts a server whose use cases are set up as a test says.
pub async fn start_as(
    edge: Edge,
    settings: Settings,
    tls: Option<Arc<ServerConfig>>,
    set_up: waypost_app::Settings,
) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let store = empty_store(folder.path()).await;
    let access = Arc::new(Access::new(store.clone(), edge.origin.clone()));
    access.bootstrap("admin", Secret::new("open sesame")).await.unwrap();
    let admin = access.issue_token("admin", Secret::new("open sesame"), None, [127, 0, 0, 1].into()).await.unwrap();
    let set_up = waypost_app::Settings { origin: edge.origin.clone(), ..set_up };
    let app = App::open(store.clone(), set_up).await.unwrap();
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(app.clone().work(stopped.clone()));
    tokio::spawn(app.clone().replay_recorded(stopped.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = router(ApiState::new(app, access.clone(), settings));
    let serving = tokio::spawn(serve(listener, tls, router, Arc::new(edge), stopped));
    Server { address, folder, store, access, stop, serving, admin: admin.token.expose().to_owned() }
}

/// A server without a rate limit.
pub async fn server() -> Server {
    start(Settings { rate_limit: 0, ..Settings::default() }).await
}

/// A server without a rate limit whose clock is a test's: what counts in seconds is the same on a slow machine.
pub async fn server_at(origin: Origin) -> Server {
    let gate = Gate::new(Room::shared(1000), Networks::default());
    let edge = Edge { gate, proxies: Networks::default(), origin };
    start_behind(edge, Settings { rate_limit: 0, ..Settings::default() }, None).await
}

impl Server {
    /// Sends a request exactly as given, and reads the answer to the end of the connection.
    pub async fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        // Whoever is refused before all was read may find the connection closed while it still sends. The answer is there all the same.
        let sent = stream.write_all(request).await;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("no answer with a header; sent: {sent:?}"));
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: answer[end + 4..].to_vec() }
    }

    /// Sends a request with headers as lines.
    pub async fn send(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        if !body.is_empty() || matches!(method, "POST" | "PUT" | "PATCH") {
            request.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        request.push_str("\r\n");
        self.raw(&[request.as_bytes(), body].concat()).await
    }

    /// Sends a request to the API as the admin client.
    pub async fn call(&self, method: &str, path: &str, body: Json) -> Answer {
        let bytes = if body.is_null() { Vec::new() } else { serde_json::to_vec(&body).unwrap() };
        let token = format!("Authorization: Bearer {}", self.admin);
        self.send(method, &format!("/api/v2{path}"), &[&token, "Content-Type: application/json"], &bytes).await
    }

    /// GET as the admin client.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, Json::Null).await
    }

    /// Sends a request to the API as the admin client, with further headers.
    pub async fn call_with(&self, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
        let token = format!("Authorization: Bearer {}", self.admin);
        let headers: Vec<&str> = [token.as_str()].into_iter().chain(headers.iter().copied()).collect();
        self.send(method, &format!("/api/v2{path}"), &headers, body).await
    }

    /// A token of the admin client that grants so much.
    pub async fn token(&self, scope: &str) -> String {
        let form = format!("grant_type=client_credentials&client_id=admin&client_secret=open+sesame&scope={scope}");
        let answer = self.send("POST", "/oauth/token", &[FORM], form.as_bytes()).await;
        answer.ok()["access_token"].as_str().unwrap().to_owned()
    }
}

/// The token endpoint's content type.
pub const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
