//! A server as commands see it: where it is, who asks, and calls that are waited for.

use std::fs;
use std::io::Write;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::{TryStream, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use waypost_client::{Client, Error};
use waypost_wire::error::Problem;

use crate::failure::Failure;
use crate::screen;

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
    /// The address of SMTP over TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) smtps: Option<String>,
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

/// A server, asked one thing after the other.
pub(crate) struct Remote {
    client: Client,
    url: String,
    runtime: Runtime,
}

impl Deref for Remote {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Remote {
    /// The server's address, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits for an answer.
    pub(crate) fn wait<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.runtime.block_on(call)
    }

    /// Everything in a list.
    pub(crate) fn all<T>(&self, list: impl TryStream<Ok = T, Error = Error>) -> Result<Vec<T>, Error> {
        self.runtime.block_on(list.try_collect())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let Error::Refused { body, .. } = &error else { return Self::Failed(error.to_string()) };
        let refused = [400, 409, 412].contains(&body.status);
        let mut message = error.to_string();
        // A refusal with one problem often has its message: that is said once. What is expected instead is worth saying besides.
        let is_said = |problem: &Problem| {
            let more = [&problem.expected, &problem.found, &problem.suggestion];
            body.errors.len() == 1 && body.message.contains(&problem.message) && more.into_iter().all(Option::is_none)
        };
        for problem in body.errors.iter().filter(|problem| !is_said(problem)) {
            message.push_str("\n  ");
            message.push_str(&told(problem));
        }
        if refused { Self::Refused(message) } else { Self::Failed(message) }
    }
}

/// A problem in one line: where it is, what is wrong, what would have been right, what stands there, what to do.
fn told(problem: &Problem) -> String {
    let flow = problem.flow_name.as_deref().map(|name| format!("flow `{name}`"));
    let line = problem.line.map(|line| match problem.column {
        Some(column) => format!("line {line}, column {column}"),
        None => format!("line {line}"),
    });
    let path = problem.path.clone().filter(|path| !path.is_empty());
    let mut told = [flow, line, path].into_iter().flatten().fold(String::new(), |told, place| told + &place + ": ");
    told.push_str(&problem.message);
    let more = [("expected", &problem.expected), ("found", &problem.found)];
    let more: Vec<String> =
        more.into_iter().filter_map(|(word, text)| Some(format!("{word} {}", text.as_ref()?))).collect();
    if !more.is_empty() {
        told.push_str(&format!(": {}", more.join(", ")));
    }
    if let Some(suggestion) = &problem.suggestion {
        told.push_str(&format!("; {suggestion}"));
    }
    told.push_str(&format!(" [{}]", problem.code));
    told
}

impl Server {
    /// A server by its address, or by the data directory that it uses on this machine.
    pub(crate) fn of(
        url: Option<String>,
        client_id: Option<String>,
        client_secret: Option<String>,
        data_dir: &Path,
    ) -> Self {
        let data_dir = Listeners::file(data_dir).exists().then(|| data_dir.to_owned());
        Self { url, client_id, client_secret, data_dir }
    }

    /// A client of it. Nothing is sent yet.
    pub(crate) fn connect(&self) -> Result<Remote, Failure> {
        let (url, id, secret) = self.address()?;
        let said = AtomicBool::new(false);
        let on_limit = move |pause: Duration| {
            // Once: a command that asks much meets the limit again and again.
            if !said.swap(true, Ordering::Relaxed) {
                let seconds = pause.as_secs().max(1);
                // Whoever closed our stderr does not want to know.
                let _ = writeln!(screen::stderr(), "waypost: the server's rate limit is reached; waiting {seconds} s");
            }
        };
        let client = Client::builder(url.clone()).credentials(id, secret).on_limit(on_limit).build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Remote { client, url, runtime })
    }

    fn address(&self) -> Result<(String, String, String), Failure> {
        let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        let mut url = self.url.clone();
        let mut id = self.client_id.clone();
        let mut secret = self.client_secret.clone();
        if self.data_dir.is_none() {
            // The tutorial's names: the environment is a host, or an address.
            let environment = || set("GENESYS_ENVIRONMENT");
            let origin = |host: String| if host.contains("://") { host } else { format!("https://{host}") };
            url = url.or_else(|| environment().map(origin));
            id = id.or_else(|| set("GENESYS_CLIENT_ID"));
            secret = secret.or_else(|| set("GENESYS_CLIENT_SECRET"));
        }
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
