//! The server under test, driven from outside: a process, its ports, its API.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;

use crate::outside::{free_port, run};
use crate::processes;

/// The client that the bench makes for itself.
pub(crate) const CLIENT: &str = "bench";
pub(crate) const SECRET: &str = "a-secret-of-the-bench-alone";

/// How long starting and stopping may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server; killed when dropped.
pub(crate) struct Server {
    process: Child,
    program: PathBuf,
    pub(crate) http: u16,
    pub(crate) smtp: u16,
    /// When the process was asked for.
    pub(crate) spawned: Instant,
}

/// Where a server keeps what it has, and where what it sends goes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Setting<'s> {
    /// A database of PostgreSQL; none is SQLite in the data directory.
    pub(crate) database: Option<&'s str>,
    /// The smarthost; none keeps what is to be sent.
    pub(crate) smarthost: Option<&'s str>,
    /// Whether webhooks and data actions may lead to this machine.
    pub(crate) private_targets: bool,
    /// The file of the key that all nodes of one database share; none is in the data directory.
    pub(crate) key: Option<&'s Path>,
}

impl<'s> Setting<'s> {
    /// On this database, if there is one, sending nothing.
    pub(crate) fn on(database: Option<&'s str>) -> Self {
        Self { database, ..Self::default() }
    }
}

/// What the server holds of one interaction.
pub(crate) struct Decided {
    pub(crate) queue: Option<String>,
    pub(crate) priority: i64,
}

/// The program, without settings of whoever runs the bench.
fn waypost(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"WAYPOST_")) {
        command.env_remove(name);
    }
    command
}

impl Server {
    /// Starts the process and waits for nothing.
    pub(crate) fn spawn(program: &Path, data: &Path) -> Result<Self> {
        Self::spawn_on(program, data, Setting::default())
    }

    fn spawn_on(program: &Path, data: &Path, setting: Setting) -> Result<Self> {
        fs::create_dir_all(data)?;
        let (http, smtp) = (free_port()?, free_port()?);
        let log = File::create(data.with_extension("log"))?;
        let spawned = Instant::now();
        let process = waypost(program)
            .arg("serve")
            .arg("--data-dir")
            .arg(data)
            .args(setting.database.into_iter().flat_map(|url| ["--database", url]))
            .args(setting.key.into_iter().flat_map(|file| [OsStr::new("--secret-key-file"), file.as_os_str()]))
            .args(if setting.private_targets { &["--allow-private-targets", "127.0.0.0/8"][..] } else { &[] })
            .args(["--http", &format!("127.0.0.1:{http}"), "--smtp", &format!("127.0.0.1:{smtp}"), "--rate-limit", "0"])
            .env("WAYPOST_BOOTSTRAP_CLIENT", format!("{CLIENT}:{SECRET}"))
            .env("WAYPOST_SMARTHOST", setting.smarthost.unwrap_or("none"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        Ok(Self { process, program: program.to_owned(), http, smtp, spawned })
    }

    /// Starts it and waits for its HTTP port.
    pub(crate) fn start(program: &Path, data: &Path) -> Result<Self> {
        Self::start_on(program, data, Setting::default())
    }

    /// The same in a setting: on PostgreSQL it is one of the nodes that share the database.
    pub(crate) fn start_on(program: &Path, data: &Path, setting: Setting) -> Result<Self> {
        let mut server = Self::spawn_on(program, data, setting)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.http));
        while TcpStream::connect_timeout(&address, PATIENCE).is_err() {
            if let Some(status) = server.process.try_wait()? {
                let log = fs::read_to_string(data.with_extension("log")).unwrap_or_default();
                bail!("the server ended with {status}: {}", log.trim());
            }
            if server.spawned.elapsed() > PATIENCE {
                bail!("the server does not listen after {} s", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        Ok(server)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.http)
    }

    /// Puts a folder of flows, queues and routes onto it.
    pub(crate) fn apply(&self, folder: &Path) -> Result<()> {
        run(waypost(&self.program)
            .arg("apply")
            .arg(folder)
            .env("WAYPOST_URL", self.url())
            .env("WAYPOST_CLIENT_ID", CLIENT)
            .env("WAYPOST_CLIENT_SECRET", SECRET))
    }

    /// A client of its API.
    pub(crate) fn api(&self) -> Result<Api> {
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
        let credentials = STANDARD.encode(format!("{CLIENT}:{SECRET}"));
        let mut answer = agent
            .post(format!("{}/oauth/token", self.url()))
            .header("authorization", format!("Basic {credentials}"))
            .send_form([("grant_type", "client_credentials")])
            .context("asking for a token")?;
        let answer: Json = answer.body_mut().read_json()?;
        let token = answer["access_token"].as_str().context("no token in the answer")?;
        Ok(Api { agent, base: format!("{}/api/v2", self.url()), authorization: format!("Bearer {token}") })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Memory in use now and at most since the start, in MB.
    pub(crate) fn memory(&self) -> Result<(f64, f64)> {
        processes::memory(self.process.id())
    }

    /// Asks it to end, and waits.
    pub(crate) fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.process), Signal::TERM)?;
        let asked = Instant::now();
        while self.process.try_wait()?.is_none() {
            if asked.elapsed() > PATIENCE {
                bail!("the server does not end {} s after SIGTERM", PATIENCE.as_secs());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail alone if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The API with a token.
pub(crate) struct Api {
    agent: ureq::Agent,
    base: String,
    authorization: String,
}

impl Api {
    /// What requests have in their `authorization`.
    pub(crate) fn authorization(&self) -> &str {
        &self.authorization
    }

    pub(crate) fn get(&self, path: &str) -> Result<Json> {
        Ok(serde_json::from_slice(&self.bytes(path)?)?)
    }

    /// The same, not looked at.
    pub(crate) fn bytes(&self, path: &str) -> Result<Vec<u8>> {
        let mut answer = self
            .agent
            .get(format!("{}{path}", self.base))
            .header("authorization", &self.authorization)
            .call()
            .with_context(|| format!("GET {path}"))?;
        Ok(answer.body_mut().with_config().limit(64 << 20).read_to_vec()?)
    }

    /// A request with a body that succeeds.
    pub(crate) fn send(&self, method: &str, path: &str, body: &Json) -> Result<Json> {
        match self.refused(method, path, body)? {
            (200, answer) => Ok(answer),
            (status, answer) => bail!("{method} {path}: {status}: {answer}"),
        }
    }

    /// A request with a body; status and answer, whatever they are.
    pub(crate) fn refused(&self, method: &str, path: &str, body: &Json) -> Result<(u16, Json)> {
        let url = format!("{}{path}", self.base);
        let request = if method == "PUT" { self.agent.put(url) } else { self.agent.post(url) };
        let mut answer = request
            .config()
            .http_status_as_error(false)
            .build()
            .header("authorization", &self.authorization)
            .send_json(body)
            .with_context(|| format!("{method} {path}"))?;
        let json = answer.body_mut().with_config().limit(64 << 20).read_json()?;
        Ok((answer.status().as_u16(), json))
    }

    /// Waits until so many interactions are decided; gives the time of the first answer that says so.
    pub(crate) fn wait_until_decided(&self, count: u64, limit: Duration) -> Result<Instant> {
        let begun = Instant::now();
        loop {
            let summary = self.get("/interactions/summary")?;
            let seen = Instant::now();
            let number = |value: &Json| value.as_u64().unwrap_or(0);
            let waiting = number(&summary["byState"]["received"]) + number(&summary["byState"]["running"]);
            if number(&summary["interactions"]) == count && waiting == 0 {
                if number(&summary["duplicates"]) != 0 {
                    bail!("the server took mails for duplicates: {summary}");
                }
                return Ok(seen);
            }
            if begun.elapsed() > limit {
                bail!("not all of {count} mails were decided in {} s: {summary}", limit.as_secs());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Every interaction, by its Message-ID without brackets.
    pub(crate) fn decisions(&self) -> Result<HashMap<String, Decided>> {
        let mut decisions = HashMap::new();
        let mut cursor: Option<String> = None;
        loop {
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = self.get(&format!("/interactions?pageSize=500{after}"))?;
            for interaction in page["entities"].as_array().context("no entities in the listing")? {
                let id = interaction["messageId"].as_str().context("an interaction without messageId")?;
                let decision = &interaction["decision"];
                let decided = Decided {
                    queue: decision["queue"]["name"].as_str().map(str::to_owned),
                    priority: decision["priority"].as_i64().unwrap_or(0),
                };
                if decisions.insert(id.trim_matches(['<', '>']).to_owned(), decided).is_some() {
                    bail!("two interactions for the mail {id}");
                }
            }
            cursor = page["nextCursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return Ok(decisions);
            }
        }
    }
}
