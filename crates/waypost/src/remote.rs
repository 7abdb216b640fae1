//! A server as commands see it: its address, a token, and calls with JSON bodies.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, http};
use waypost_wire::error::ErrorBody;
use waypost_wire::listing::Page;

use crate::failure::Failure;

/// Where the server is and who asks.
#[derive(clap::Args)]
pub(crate) struct Server {
    /// The server's address, such as http://127.0.0.1:8080
    #[arg(long, env = "WAYPOST_URL", hide_env_values = true)]
    url: Option<String>,
    /// The OAuth client's id
    #[arg(long, env = "WAYPOST_CLIENT_ID", hide_env_values = true)]
    client_id: Option<String>,
    /// The OAuth client's secret (better in the environment than on a command line)
    #[arg(long, env = "WAYPOST_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// A server's data directory on this machine: address and admin client are read from it
    #[arg(long, env = "WAYPOST_DATA_DIR")]
    data_dir: Option<PathBuf>,
}

/// What `waypost serve` writes beside its data, for tools on the same machine.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Listeners {
    /// The HTTP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) http: Option<String>,
    /// The HTTPS address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) https: Option<String>,
    /// The SMTP address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) smtp: Option<String>,
    /// The server's process.
    pub(crate) pid: u32,
}

impl Listeners {
    /// The file in a data directory.
    pub(crate) fn file(data_dir: &Path) -> PathBuf {
        data_dir.join("listeners.json")
    }

    /// Reads the file of a data directory.
    pub(crate) fn read(data_dir: &Path) -> Result<Self, Failure> {
        let path = Self::file(data_dir);
        let fail = |cause: &dyn std::fmt::Display| {
            Failure::Failed(format!(
                "can't read {} ({cause}): does a server run on this data directory?",
                path.display()
            ))
        };
        let text = fs::read_to_string(&path).map_err(|error| fail(&error))?;
        serde_json::from_str(&text).map_err(|error| fail(&error))
    }
}

/// The admin client as `serve` wrote it at the first start.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdminClient {
    /// The client's id.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: String,
}

impl AdminClient {
    /// The file in a data directory.
    pub(crate) fn file(data_dir: &Path) -> PathBuf {
        data_dir.join("admin-client.json")
    }
}

/// A server with a token.
pub(crate) struct Remote {
    agent: Agent,
    url: String,
    token: String,
}

/// Why a call failed.
pub(crate) enum CallError {
    /// The server answered with an error.
    Answer(Box<ErrorBody>),
    /// There was no answer.
    NoAnswer(String),
}

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NoAnswer(cause) => Self::Failed(cause),
            CallError::Answer(body) => {
                let refused = [400, 409, 412].contains(&body.status);
                let mut message = format!("{} ({} {})", body.message, body.status, body.code);
                for problem in &body.errors {
                    let path = problem.path.as_deref().unwrap_or_default();
                    let flow = problem.flow_name.as_deref().map(|name| format!("flow `{name}`: ")).unwrap_or_default();
                    message.push_str(&format!("\n  {flow}{path}: {} [{}]", problem.message, problem.code));
                }
                if refused { Self::Refused(message) } else { Self::Failed(message) }
            }
        }
    }
}

impl Server {
    /// Fetches a token.
    pub(crate) fn connect(&self) -> Result<Remote, Failure> {
        let (url, id, secret) = self.address()?;
        let agent = agent()?;
        let response = agent.post(format!("{url}/oauth/token")).send_form([
            ("grant_type", "client_credentials"),
            ("client_id", &id),
            ("client_secret", &secret),
        ]);
        let token: waypost_wire::token::Token = read(&url, response)?;
        Ok(Remote { agent, url, token: token.access_token })
    }

    fn address(&self) -> Result<(String, String, String), Failure> {
        let mut url = self.url.clone();
        let mut id = self.client_id.clone();
        let mut secret = self.client_secret.clone();
        if let Some(data_dir) = &self.data_dir {
            if url.is_none() {
                let listeners = Listeners::read(data_dir)?;
                url = listeners
                    .http
                    .map(|http| format!("http://{http}"))
                    .or(listeners.https.map(|https| format!("https://{https}")));
            }
            if id.is_none() && secret.is_none() {
                let path = AdminClient::file(data_dir);
                let text = fs::read_to_string(&path)
                    .map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))?;
                let admin: AdminClient = serde_json::from_str(&text)
                    .map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))?;
                id = Some(admin.client_id);
                secret = Some(admin.client_secret);
            }
        }
        match (url, id, secret) {
            (Some(url), Some(id), Some(secret)) => Ok((url.trim_end_matches('/').to_owned(), id, secret)),
            (None, ..) => Err(Failure::Failed(
                "which server? Set WAYPOST_URL or --url, or --data-dir of a server on this machine".to_owned(),
            )),
            _ => Err(Failure::Failed(
                "which client? Set WAYPOST_CLIENT_ID and WAYPOST_CLIENT_SECRET, or --data-dir of a server on this machine"
                    .to_owned(),
            )),
        }
    }
}

impl Remote {
    /// GET.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        read(&self.url, self.agent.get(self.path(path)).header("Authorization", self.bearer()).call())
    }

    /// GET, the body as it is.
    pub(crate) fn get_bytes(&self, path: &str) -> Result<Vec<u8>, CallError> {
        let response = self.agent.get(self.path(path)).header("Authorization", self.bearer()).call();
        let mut response = check(&self.url, response)?;
        let body = response.body_mut().with_config().limit(u64::MAX).read_to_vec();
        body.map_err(|error| CallError::NoAnswer(error.to_string()))
    }

    /// POST.
    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallError> {
        read(&self.url, self.agent.post(self.path(path)).header("Authorization", self.bearer()).send_json(body))
    }

    /// PUT.
    pub(crate) fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, CallError> {
        read(&self.url, self.agent.put(self.path(path)).header("Authorization", self.bearer()).send_json(body))
    }

    /// DELETE; the answer's body, if any, is not looked at.
    pub(crate) fn delete(&self, path: &str) -> Result<(), CallError> {
        let response = self.agent.delete(self.path(path)).header("Authorization", self.bearer()).call();
        check(&self.url, response).map(drop)
    }

    /// Every page of a list. The path may have a query.
    pub(crate) fn all<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, CallError> {
        let mut entities = Vec::new();
        let sign = if path.contains('?') { '&' } else { '?' };
        for page in 1u32.. {
            let listing: Page<T> = self.get(&format!("{path}{sign}pageSize=500&pageNumber={page}"))?;
            let last = listing.entities.is_empty() || u64::from(page) >= listing.page_count;
            entities.extend(listing.entities);
            if last {
                break;
            }
        }
        Ok(entities)
    }

    fn path(&self, path: &str) -> String {
        format!("{}/api/v2{path}", self.url)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

/// An agent that trusts the certificates of `SSL_CERT_FILE`, or else the web's.
fn agent() -> Result<Agent, Failure> {
    let mut config =
        Agent::config_builder().http_status_as_error(false).user_agent(concat!("waypost/", env!("CARGO_PKG_VERSION")));
    if let Some(path) = std::env::var_os("SSL_CERT_FILE") {
        let fail = |cause: &dyn std::fmt::Display| Failure::of("can't read the certificates of SSL_CERT_FILE")(cause);
        let pem = fs::read(&path).map_err(|error| fail(&error))?;
        let certificates: Result<Vec<Certificate<'static>>, _> = ureq::tls::parse_pem(&pem)
            .filter_map(|item| match item {
                Ok(ureq::tls::PemItem::Certificate(certificate)) => Some(Ok(certificate)),
                Ok(_) => None,
                Err(error) => Some(Err(error)),
            })
            .collect();
        let roots = RootCerts::new_with_certs(&certificates.map_err(|error| fail(&error))?);
        config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
    }
    Ok(config.build().new_agent())
}

fn read<T: DeserializeOwned>(url: &str, response: Result<http::Response<Body>, ureq::Error>) -> Result<T, CallError> {
    let mut response = check(url, response)?;
    let body = response.body_mut().read_to_vec().map_err(|error| CallError::NoAnswer(error.to_string()))?;
    serde_json::from_slice(&body)
        .map_err(|error| CallError::NoAnswer(format!("{url} gave an answer that can't be read: {error}")))
}

/// The response, if it is a success.
fn check(url: &str, response: Result<http::Response<Body>, ureq::Error>) -> Result<http::Response<Body>, CallError> {
    let mut response = response.map_err(|error| CallError::NoAnswer(format!("{url} does not answer: {error}")))?;
    let status = response.status().as_u16();
    if response.status().is_success() {
        return Ok(response);
    }
    let text = response.body_mut().read_to_string().unwrap_or_default();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| ErrorBody {
        message: if text.is_empty() { "no explanation".to_owned() } else { text },
        status,
        ..ErrorBody::default()
    });
    Err(CallError::Answer(Box::new(body)))
}

/// Percent-encodes everything but unreserved characters (RFC 3986, section 2.3).
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
