//! Clients that others wrote, as their registries have them, and our own Python client, against the built server: the official SDKs
//! (`sdks/checks.py`, `sdks/checks.js`), the tutorial's complete example unchanged (from `../shared`, skipped where that isn't; the
//! Python client's own tests cover the same ground), and a tester that asks everything that the OpenAPI document allows.
//!
//! `make test` fetches them to `.peers`; without that, these tests say that they are skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use harness::peers::Peers;
use harness::scratch::Scratch;
use harness::{CLIENT, Server, Start};
use serde_json::Value as Json;

/// Each official SDK must pass at least so many checks.
const CHECKS: usize = 60;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn sdks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdks")
}

/// A server with HTTP and HTTPS, and a home without anybody's settings.
struct Running {
    server: Server,
    scratch: Scratch,
    https: String,
}

impl Running {
    fn start(name: &str) -> Self {
        let scratch = Scratch::new(name);
        let data = scratch.path("data");
        fs::create_dir_all(scratch.path("home")).unwrap();
        let words = ["--rate-limit", "0", "--https", "127.0.0.1:0", "--tls-self-signed"];
        let server = Server::start(&data, &Start { arguments: words.map(str::to_owned).to_vec(), ..Start::default() });
        let listeners: Json = serde_json::from_slice(&fs::read(data.join("listeners.json")).unwrap()).unwrap();
        let port = listeners["https"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
        Self { server, https: format!("localhost:{port}"), scratch }
    }

    fn certificate(&self) -> PathBuf {
        self.server.data_dir.join("tls/cert.pem")
    }

    /// Runs a program with nothing of ours in its environment but what clients are told.
    fn run(&self, program: &Path, prepare: impl FnOnce(&mut Command)) -> Output {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.scratch.path("home"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("WAYPOST_URL", format!("http://{}", self.server.http))
            .env("WAYPOST_HTTPS_URL", format!("https://{}", self.https))
            .env("WAYPOST_CLIENT_ID", CLIENT.0)
            .env("WAYPOST_CLIENT_SECRET", CLIENT.1);
        prepare(&mut command);
        command.output().unwrap()
    }
}

#[track_caller]
fn succeeded(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    text
}

#[track_caller]
fn enough_checks(output: &Output) {
    let text = succeeded(output);
    let passed = text.lines().filter(|line| line.starts_with("ok ")).count();
    assert!(passed >= CHECKS, "{passed} checks: {text}");
}

#[test]
fn the_official_python_sdk() {
    let Some(peers) = Peers::find() else { return };
    let running = Running::start("sdk-python");
    enough_checks(&running.run(&peers.python("python"), |command| {
        command.arg(sdks().join("checks.py")).arg(format!("http://{}", running.server.http));
    }));
    let log = fs::read_to_string(running.server.data_dir.with_extension("log")).unwrap();
    assert!(!log.contains(CLIENT.1), "the secret is in the log");
}

#[test]
fn the_official_javascript_sdk() {
    let Some(peers) = Peers::find() else { return };
    let running = Running::start("sdk-javascript");
    let (host, port) = running.server.http.rsplit_once(':').unwrap();
    enough_checks(&running.run(Path::new("node"), |command| {
        command.arg(sdks().join("checks.js")).args([host, port]).env("NODE_PATH", peers.javascript());
    }));
}

/// Whatever else the SDK can ask, in all areas, is answered 501: never a wrong success, and never as if it were a mistake.
#[test]
fn every_other_method_is_known_and_not_offered() {
    let Some(peers) = Peers::find() else { return };
    let running = Running::start("sdk-gaps");
    succeeded(&running.run(&peers.python("python"), |command| {
        command
            .arg(sdks().join("gaps.py"))
            .arg(format!("http://{}", running.server.http))
            .env("WAYPOST_TOKEN", running.server.api().token);
    }));
}

#[test]
fn the_table_of_methods_is_what_is_generated() {
    let Some(peers) = Peers::find() else { return };
    let running = Running::start("sdk-methods");
    let generated = succeeded(&running.run(&peers.python("python"), |command| {
        command.arg(sdks().join("methods.py")).arg(format!("http://{}/api/v2/docs/openapi.json", running.server.http));
    }));
    let path = root().join("docs/genesys-sdk.md");
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == generated, "docs/genesys-sdk.md is old: run this test with WAYPOST_BLESS=1");
}

#[test]
fn our_own_python_client() {
    let Some(peers) = Peers::find() else { return };
    let running = Running::start("python-client");
    let package = root().join("clients/python");
    // One of its tests runs the tutorial's script; it is skipped without.
    let tutorial = waypost_test_needs::shared("tutorial/complete_example.py");
    let output = running.run(&peers.python("python"), |command| {
        command
            .args(["-m", "unittest", "discover", "-s", "tests", "-t", "."])
            .current_dir(&package)
            .env("SSL_CERT_FILE", running.certificate())
            .envs(tutorial.as_ref().map(|script| ("WAYPOST_TUTORIAL", script)));
    });
    succeeded(&output);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!told.contains("Ran 0 tests"), "{told}");
    assert_eq!(told.contains("skipped="), tutorial.is_none(), "{told}");
    let typed = running.run(&peers.python("mypy"), |command| {
        command
            .args(["--strict", "--no-incremental", "--cache-dir", "/dev/null", "purecloudplatformclientv2"])
            .current_dir(&package);
    });
    succeeded(&typed);
}

#[test]
fn the_tutorial_continued() {
    let Some(peers) = Peers::find() else { return };
    let running = Running::start("tutorial-continued");
    let output = running.run(&peers.python("python"), |command| {
        command
            .arg(root().join("clients/python/examples/tutorial_continued.py"))
            .env("GENESYS_CLIENT_ID", CLIENT.0)
            .env("GENESYS_CLIENT_SECRET", CLIENT.1)
            .env("GENESYS_ENVIRONMENT", &running.https)
            .env("SSL_CERT_FILE", running.certificate());
    });
    let text = succeeded(&output);
    assert!(text.to_lowercase().contains("decision"), "{text}");
    let summary = running.server.api().get("/interactions/summary").ok();
    assert_eq!(summary["byDecision"]["queue"], 1, "{text}");
}

#[test]
fn the_tutorials_complete_example_unchanged() {
    let Some(peers) = Peers::find() else { return };
    let Some(example) = waypost_test_needs::shared("tutorial/complete_example.py") else { return };
    let over_https = Running::start("tutorial-https");
    let over_http = Running::start("tutorial-http");
    let http = format!("http://{}", over_http.server.http);
    for (running, environment) in [(&over_https, over_https.https.clone()), (&over_http, http)] {
        let output = running.run(&peers.python("python"), |command| {
            command
                .arg(&example)
                .env("GENESYS_CLIENT_ID", CLIENT.0)
                .env("GENESYS_CLIENT_SECRET", CLIENT.1)
                .env("GENESYS_ENVIRONMENT", environment)
                .env("SSL_CERT_FILE", running.certificate());
        });
        let text = succeeded(&output);
        assert!(text.contains("Inbound Flow Name: Inbound Email Router"), "{text}");
        assert_eq!(running.server.api().get("/flows?name=Shared+Email+Processor").ok()["total"], 1, "{text}");
    }
    // Without the certificate to trust, nothing is said to a server that might be another.
    let untrusted = over_https.run(&peers.python("python"), |command| {
        command
            .arg(&example)
            .env("GENESYS_CLIENT_ID", CLIENT.0)
            .env("GENESYS_CLIENT_SECRET", CLIENT.1)
            .env("GENESYS_ENVIRONMENT", &over_https.https);
    });
    assert!(!untrusted.status.success(), "{}", String::from_utf8_lossy(&untrusted.stdout));
}

/// Every answer must be one that the document declares, and none of them 500. Clients are asked about apart: the tester finds its own
/// client in the list, and would end its token. Sessions are left to the API's own tests: wrong secrets would slow the right one down. So is
/// the stream of events, which has no end.
#[test]
fn every_answer_is_one_that_the_document_declares() {
    let Some(peers) = Peers::find() else { return };
    let running = Running::start("openapi-tester");
    // It leaves notes beside its configuration.
    let home = running.scratch.path("home");
    fs::copy(sdks().join("schemathesis.toml"), home.join("schemathesis.toml")).unwrap();
    for (paths, phases) in [
        (
            ["--exclude-path-regex", "oauth/clients/|tokens/me|oauth/token|console/sessions|events/stream"],
            "coverage,fuzzing,stateful",
        ),
        (["--include-path-regex", "oauth/clients/"], "coverage,fuzzing"),
    ] {
        let output = running.run(&peers.python("schemathesis"), |command| {
            command
                .args(["--no-color", "--config-file"])
                .arg(home.join("schemathesis.toml"))
                .arg("run")
                .arg(format!("http://{}/api/v2/docs/openapi.json", running.server.http))
                .args(["--max-examples", "10", "--phases", phases])
                .args(paths)
                .arg("--header")
                .arg(format!("Authorization: Bearer {}", running.server.api().token))
                .env("SCHEMATHESIS_HOOKS", "hooks")
                .env("PYTHONPATH", sdks())
                .current_dir(&home);
        });
        succeeded(&output);
    }
}
