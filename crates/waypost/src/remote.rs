//! A server as commands see it: where it is, who asks, and calls that are waited for.

use std::fs::{self, File};
use std::io::{ErrorKind, Read as _, Write};
use std::net::SocketAddr;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{TryStream, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use waypost_client::{Client, Error, Limit};
use waypost_ids::TableId;
use waypost_wire::table::RowsReplaced;

use crate::failure::Failure;
use crate::no_answer;
use crate::profile::Profile;
use crate::refusal;
use crate::screen;
use crate::shell;

/// What is said of a server that knows no texts of versions.
pub(crate) const NO_TEXTS: &str = "the server is of an older release, which does not keep how flows are written";

/// Pauses before a change is tried again that somebody else's came before.
const AGAIN: [Duration; 4] =
    [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400)];

/// The code of a server that imports other rows of the same table.
const IMPORT_RUNS: &str = "table.import.running";

/// The shortest pause before the end of another import is asked for again.
const IMPORT_PAUSE: Duration = Duration::from_secs(1);

/// How long the end of another import is waited for.
const IMPORT_PATIENCE: Duration = Duration::from_secs(60);

/// Where the server is and who asks.
#[derive(clap::Args)]
pub(crate) struct Server {
    /// The server's address, such as http://127.0.0.1:8080
    #[arg(long, env = "WAYPOST_URL", hide_env_values = true)]
    url: Option<String>,
    /// The OAuth client's id
    #[arg(long, env = "WAYPOST_CLIENT_ID", hide_env_values = true)]
    client_id: Option<String>,
    /// The OAuth client's secret; better in the environment: other users of the machine can see arguments
    #[arg(long, env = "WAYPOST_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
    /// Data directory of a server on this machine, to read its address and admin client from
    #[arg(long, env = "WAYPOST_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Address and client from this profile of ~/.config/waypost/profiles.toml. Without any of these options: from the profile `default`
    #[arg(long, env = "WAYPOST_PROFILE", hide_env_values = true)]
    profile: Option<String>,
    /// A data directory where no server runs, to name where nothing else says which server is meant.
    #[arg(skip)]
    stopped: Option<PathBuf>,
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

    /// Whether a URL leads to one of the HTTP addresses.
    fn are_at(&self, url: &str) -> bool {
        let schemes = [("http://", &self.http), ("https://", &self.https)];
        schemes.into_iter().any(|(scheme, address)| {
            let (Some(address), Some(host)) = (address, url.trim_end_matches('/').strip_prefix(scheme)) else {
                return false;
            };
            let is_there = |address: &SocketAddr| {
                let is_here = address.ip().is_loopback() || address.ip().is_unspecified();
                let port = address.port();
                is_here && ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| host == format!("{name}:{port}"))
            };
            host == address || address.parse::<SocketAddr>().is_ok_and(|address| is_there(&address))
        })
    }

    /// Reads the file of a data directory whose server runs. One that a killed server left behind names ports that somebody else may have by
    /// now, who must not be sent a secret.
    pub(crate) fn read(data_dir: &Path) -> Result<Self, Failure> {
        let path = Self::file(data_dir);
        let fail = |cause: &dyn std::fmt::Display| {
            Failure::Failed(format!(
                "can't read {} ({cause}): does a server run on this data directory?",
                path.display()
            ))
        };
        let nobody = || {
            let start = format!("start one with `waypost serve --data-dir {}`", shell::path(data_dir));
            Failure::Failed(format!("no server runs on {}: {start}", data_dir.display()))
        };
        let mut file = File::open(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => nobody(),
            _ => fail(&error),
        })?;
        // The server holds a lock on it for as long as it runs.
        if file.try_lock_shared().is_ok() {
            return Err(nobody());
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| fail(&error))?;
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

    /// Reads the file of a data directory.
    fn read(data_dir: &Path) -> Result<Self, Failure> {
        let path = Self::file(data_dir);
        let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't read {}", path.display()))(cause);
        let text = fs::read_to_string(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::Failed(format!(
                "there is no {}: name a client with WAYPOST_CLIENT_ID and WAYPOST_CLIENT_SECRET; if none is left, start the server once \
                 with WAYPOST_BOOTSTRAP_CLIENT=ID:SECRET",
                path.display()
            )),
            _ => fail(&error),
        })?;
        serde_json::from_str(&text).map_err(|error| fail(&error))
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

    /// Changes what was read. If somebody changed it meanwhile (412) it is read again, so that nothing of theirs is lost; a few times, for
    /// something between may refuse every revision.
    pub(crate) fn change<T, U>(
        &self,
        mut known: T,
        again: impl Fn() -> Result<T, Error>,
        change: impl Fn(&T) -> Result<U, Error>,
    ) -> Result<U, Error> {
        for pause in AGAIN {
            match change(&known) {
                Err(error) if error.status() == Some(412) => {
                    thread::sleep(pause);
                    known = again()?;
                }
                outcome => return outcome,
            }
        }
        change(&known)
    }

    /// Replaces a table's rows with those of a CSV file; with a version of them, only if that is still the newest. While somebody else's
    /// import runs the server takes no other: it is waited for, and said.
    pub(crate) fn replace_rows(
        &self,
        id: TableId,
        csv: impl Into<Bytes>,
        note: Option<&str>,
        version: Option<u64>,
    ) -> Result<RowsReplaced, Error> {
        let csv = csv.into();
        let mut left = IMPORT_PATIENCE;
        loop {
            let answer = self.wait(self.client.tables().replace_rows(id, csv.clone(), note, version));
            let Err(Error::Refused { body, retry_after }) = &answer else { return answer };
            let pause = retry_after.unwrap_or(IMPORT_PAUSE).max(IMPORT_PAUSE);
            let Some(rest) = left.checked_sub(pause).filter(|_| body.code == IMPORT_RUNS) else { return answer };
            if left == IMPORT_PATIENCE {
                let seconds = IMPORT_PATIENCE.as_secs();
                // Whoever closed our stderr does not want to know.
                let _ = writeln!(screen::stderr(), "waypost: {}; waiting for up to {seconds} s", body.message);
            }
            left = rest;
            thread::sleep(pause);
        }
    }

    /// Everything in a list.
    pub(crate) fn all<T>(&self, list: impl TryStream<Ok = T, Error = Error>) -> Result<Vec<T>, Error> {
        self.runtime.block_on(list.try_collect())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let body = match &error {
            Error::Refused { body, .. } => body,
            Error::NoAnswer { url, reason } => return Self::Failed(no_answer::told(url, reason)),
            error => return Self::Failed(error.to_string()),
        };
        Self::of_refusal(body, refusal::text(body))
    }
}

/// Where `waypost serve` keeps its data unless it is told otherwise.
const USUAL_DATA_DIR: &str = "./waypost-data";

/// Asks for a server. One that runs in this folder is named; it is not taken unasked, since it may not be the one that is meant.
pub(crate) fn which_server(address: &str, profile: &str) -> Failure {
    let here = match Listeners::read(Path::new(USUAL_DATA_DIR)) {
        Ok(_) => format!("; one runs here: --data-dir {USUAL_DATA_DIR}"),
        Err(_) => String::new(),
    };
    let comma = if profile.is_empty() { " or" } else { "," };
    Failure::Failed(format!("which server? Set {address}{comma} --data-dir of a server on this machine{profile}{here}"))
}

impl Server {
    /// A server by its address or a profile, or by the data directory that it uses on this machine.
    pub(crate) fn of(
        url: Option<String>,
        client_id: Option<String>,
        client_secret: Option<String>,
        profile: Option<String>,
        data_dir: &Path,
    ) -> Self {
        let is_running = Listeners::file(data_dir).exists();
        let [here, stopped] = [profile.is_none() && is_running, !is_running && data_dir.is_dir()]
            .map(|holds| holds.then(|| data_dir.to_owned()));
        Self { url, client_id, client_secret, data_dir: here, profile, stopped }
    }

    /// A client of it. Nothing is sent yet.
    pub(crate) fn connect(&self) -> Result<Remote, Failure> {
        let (url, id, secret) = self.address()?;
        let said = AtomicBool::new(false);
        let on_limit = move |limit: Limit, pause: Duration| {
            // Once: a command that asks much meets the limit again and again.
            if !said.swap(true, Ordering::Relaxed) {
                let seconds = pause.as_secs().max(1);
                // Whoever closed our stderr does not want to know.
                let why = match limit {
                    Limit::Requests => "the server's rate limit is reached",
                    Limit::SignIn => "too many sign-ins with a wrong secret",
                };
                let _ = writeln!(screen::stderr(), "waypost: {why}; waiting {seconds} s");
            }
        };
        let client = Client::builder(url.clone()).credentials(id, secret).on_limit(on_limit).build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Remote { client, url, runtime })
    }

    /// A client of the server that is named by its address, for what needs no sign-in.
    pub(crate) fn without_client(&self) -> Option<Remote> {
        let url = self.url.clone().filter(|url| !url.is_empty())?;
        let client = Client::builder(url.clone()).token(String::new()).build().ok()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
        Some(Remote { client, url, runtime })
    }

    fn address(&self) -> Result<(String, String, String), Failure> {
        let set = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        if let Some(profile) = self.profile.as_ref().filter(|name| !name.is_empty()) {
            // A secret from one place never goes to a server from another.
            if let Some(other) = self.named_otherwise() {
                return Err(Failure::Failed(format!(
                    "the profile `{profile}` says which server and which client, and {other} says it too: expected one of them"
                )));
            }
            return Profile::named(profile).map(Self::of_profile);
        }
        let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
        let (mut url, mut id, mut secret) = (given(&self.url), given(&self.client_id), given(&self.client_secret));
        if self.data_dir.is_none() {
            // The tutorial's names: the environment is a host, or an address. What is neither is refused as an address.
            let environment = || set("GENESYS_ENVIRONMENT");
            let origin =
                |host: String| if host.contains(['/', '@', '?', '#']) { host } else { format!("https://{host}") };
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
                let given = given(&self.url).map(|url| waypost_client::address(&url)).transpose()?;
                if let Some(url) = given
                    && !Listeners::read(data_dir).is_ok_and(|listeners| listeners.are_at(&url))
                {
                    let dir = data_dir.display();
                    return Err(Failure::Failed(format!(
                        "{url} is not the server that runs on {dir}, and gets no secret from there: give its client with --client-id and --client-secret, or leave out --url or --data-dir"
                    )));
                }
                let admin = AdminClient::read(data_dir)?;
                id = Some(admin.client_id);
                secret = Some(admin.client_secret);
            }
        }
        if url.is_none()
            && id.is_none()
            && secret.is_none()
            && let Some(profile) = Profile::default()?
        {
            return Ok(Self::of_profile(profile));
        }
        match (url, id, secret) {
            (Some(url), Some(id), Some(secret)) => Ok((url.trim_end_matches('/').to_owned(), id, secret)),
            (None, ..) => match self.stopped.as_deref().map(Listeners::read) {
                Some(Err(no_server)) => Err(no_server),
                _ => Err(which_server("WAYPOST_URL or --url", ", or --profile")),
            },
            (_, None, None) => Err(Failure::Failed(
                "which client? Set WAYPOST_CLIENT_ID and WAYPOST_CLIENT_SECRET, --data-dir of a server on this machine, or --profile"
                    .to_owned(),
            )),
            (_, None, _) => Err(Failure::Failed(
                "which client? A secret is given without its client: also set WAYPOST_CLIENT_ID or --client-id".to_owned(),
            )),
            (_, _, None) => Err(Failure::Failed(
                "which client? A client is given without its secret: also set WAYPOST_CLIENT_SECRET or --client-secret".to_owned(),
            )),
        }
    }

    fn of_profile(profile: Profile) -> (String, String, String) {
        (profile.url.trim_end_matches('/').to_owned(), profile.client_id, profile.client_secret)
    }

    /// What names a server or a client besides a profile.
    fn named_otherwise(&self) -> Option<&'static str> {
        let says = |value: &Option<String>| value.as_ref().is_some_and(|value| !value.is_empty());
        let named = [
            (says(&self.url), "--url or WAYPOST_URL"),
            (says(&self.client_id), "--client-id or WAYPOST_CLIENT_ID"),
            (says(&self.client_secret), "--client-secret or WAYPOST_CLIENT_SECRET"),
            (self.data_dir.is_some(), "--data-dir or WAYPOST_DATA_DIR"),
        ];
        named.into_iter().find_map(|(is_given, name)| is_given.then_some(name))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use waypost_wire::error::ErrorBody;

    use super::*;

    #[test]
    fn a_change_that_is_refused_again_and_again_ends() {
        let client = Client::builder("http://127.0.0.1:9").token("t").build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let remote = Remote { client, url: String::new(), runtime };
        let refused =
            || Error::Refused { body: Box::new(ErrorBody { status: 412, ..ErrorBody::default() }), retry_after: None };
        for (refusals, expected) in [(0, Some(1)), (4, Some(5)), (5, None), (100, None)] {
            let tries = Cell::new(0);
            let change = |known: &u32| {
                tries.set(tries.get() + 1);
                if *known < refusals { Err(refused()) } else { Ok(tries.get()) }
            };
            assert_eq!(remote.change(0, || Ok(tries.get()), change).ok(), expected, "{refusals}");
        }
    }

    #[test]
    fn a_url_is_that_of_a_server_here_by_its_address() {
        let listeners = |http: &str| Listeners { http: Some(http.to_owned()), ..Listeners::default() };
        for (http, url, expected) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080/", true),
            ("127.0.0.1:8080", "http://localhost:8080", true),
            ("0.0.0.0:8080", "http://localhost:8080", true),
            ("[::]:8080", "http://[::1]:8080", true),
            ("192.0.2.7:8080", "http://192.0.2.7:8080", true),
            ("192.0.2.7:8080", "http://localhost:8080", false),
            ("127.0.0.1:8080", "https://127.0.0.1:8080", false),
            ("127.0.0.1:8080", "http://127.0.0.1:8081", false),
            ("127.0.0.1:8080", "http://127.0.0.1:8080.example", false),
            ("127.0.0.1:8080", "http://127.0.0.1:8080@evil.example", false),
        ] {
            assert_eq!(listeners(http).are_at(url), expected, "{http} {url}");
        }
    }
}
