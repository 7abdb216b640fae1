//! The built server on free loopback ports, met only from outside: by HTTP, by SMTP, and by the signals that end it.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

pub mod disk;
pub mod doctor;
pub mod edges;
pub mod front;
pub mod holds;
pub mod http;
pub mod imap;
pub mod link;
pub mod nodes;
pub mod peers;
pub mod poison;
pub mod receiver;
pub mod scratch;
pub mod service;
pub mod shim;
pub mod smtp;
pub mod streams;

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use http::Api;
use serde_json::Value as Json;
use smtp::Smtp;

/// The client that every test's server knows.
pub const CLIENT: (&str, &str) = ("tests", "a secret of the tests alone");

/// Waiting for anything longer than this is a failure.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// The binary under test.
pub const WAYPOST: &str = env!("CARGO_BIN_EXE_waypost");

/// The example that the repository ships.
pub const TRIAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/triage");

/// The larger example: a company with everything that a project folder can have.
pub const SUPPORT_DESK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/support-desk");

/// How to start a server.
#[derive(Default)]
pub struct Start {
    /// Arguments of `serve` beside the addresses and the data directory.
    pub arguments: Vec<String>,
    /// A program and its arguments that run the server.
    pub wrapper: Vec<OsString>,
    /// Environment variables.
    pub environment: Vec<(&'static str, OsString)>,
}

impl Start {
    /// A server that does not count requests.
    pub fn unlimited() -> Self {
        Self { arguments: vec!["--rate-limit".to_owned(), "0".to_owned()], ..Self::default() }
    }
}

/// A running server. It is killed when this is dropped.
pub struct Server {
    child: Child,
    pid: u64,
    /// Where it keeps everything.
    pub data_dir: PathBuf,
    /// Its HTTP address.
    pub http: String,
    /// Its SMTP address.
    pub smtp: String,
}

impl Server {
    /// Starts a server and waits until it listens.
    pub fn start(data_dir: &Path, start: &Start) -> Self {
        let listeners = data_dir.join("listeners.json");
        fs::create_dir_all(data_dir).unwrap();
        // One that a killed server left behind names ports that nobody listens at.
        let _ = fs::remove_file(&listeners);
        let log_path = data_dir.with_extension("log");
        let log = File::options().create(true).append(true).open(&log_path).unwrap();
        let mut words = start.wrapper.clone();
        words.push(WAYPOST.into());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(["serve", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .args(&start.arguments)
            // Tests talk to loopback alone: whoever wants mail to go out says where, and whoever wants senders checked says by which DNS.
            .env("WAYPOST_SMARTHOST", "none")
            .env("WAYPOST_MAIL_AUTH", "off")
            .env("WAYPOST_BOOTSTRAP_CLIENT", format!("{}:{}", CLIENT.0, CLIENT.1))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        for (name, value) in &start.environment {
            command.env(name, value);
        }
        // Nodes of one database have one key, which is no part of their data.
        let nodes = start.environment.iter().any(|(name, _)| *name == "WAYPOST_DATABASE");
        if let Some(around) = data_dir.parent().filter(|_| nodes) {
            command.env("WAYPOST_SECRET_KEY_FILE", around.join("secret.key"));
        }
        let mut child = command.spawn().unwrap();
        let told = || fs::read_to_string(&listeners).ok().and_then(|text| serde_json::from_str::<Json>(&text).ok());
        let begun = Instant::now();
        let told = loop {
            if let Some(told) = told() {
                break told;
            }
            if let Some(status) = child.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", fs::read_to_string(&log_path).unwrap_or_default());
            }
            assert!(begun.elapsed() < DEADLINE, "the server does not listen");
            std::thread::sleep(Duration::from_millis(5));
        };
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        let pid = told["pid"].as_u64().unwrap();
        Self { child, pid, data_dir: data_dir.to_owned(), http: text("http"), smtp: text("smtp") }
    }

    /// A client with a token for everything.
    pub fn api(&self) -> Api {
        Api::new(&self.http, None)
    }

    /// A new SMTP connection.
    pub fn smtp(&self) -> Smtp {
        Smtp::connect(&self.smtp).unwrap()
    }

    /// Ends the server as a power cut would, save that the system keeps running.
    pub fn kill(&mut self) {
        signal("KILL", self.pid);
        self.child.wait().unwrap();
    }

    /// Waits until the server has ended, whatever ended it.
    pub fn wait_for_end(&mut self) {
        wait_for("the server's end", || (!self.is_running()).then_some(()));
    }

    /// Asks the server to end and waits until it did.
    pub fn stop(&mut self) {
        signal("TERM", self.pid);
        assert!(self.child.wait().unwrap().success(), "the server did not end well");
    }

    /// Sends the server a signal.
    pub fn signal(&self, name: &str) {
        signal(name, self.pid);
    }

    /// Whether the server still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.data_dir.with_extension("log")).unwrap()
    }

    /// Runs the command line against this server.
    pub fn cli(&self, arguments: &[&str]) -> Output {
        Command::new(WAYPOST).args(arguments).envs(self.environment()).output().unwrap()
    }

    /// What makes the command line talk to this server.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("WAYPOST_URL", format!("http://{}", self.http)),
            ("WAYPOST_SMTP", self.smtp.clone()),
            ("WAYPOST_CLIENT_ID", CLIENT.0.to_owned()),
            ("WAYPOST_CLIENT_SECRET", CLIENT.1.to_owned()),
        ]
    }

    /// Brings the triage example onto the server.
    pub fn apply_triage(&self) {
        let output = self.cli(&["apply", TRIAGE]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            signal("KILL", self.pid);
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn signal(name: &str, pid: u64) {
    let _ = Command::new("kill").args([format!("-{name}"), pid.to_string()]).stderr(Stdio::null()).status();
}

/// How many rounds of what is left to chance, or takes long: so many times these as `WAYPOST_TEST_ROUNDS` says.
pub fn rounds(usual: usize) -> usize {
    let times = std::env::var("WAYPOST_TEST_ROUNDS").ok().map_or(1, |times| times.parse().expect("a number of times"));
    usual * times
}

/// Asks until there is an answer.
pub fn wait_for<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
