//! The console of the built binary: its own tests, and what people do with it in a real browser (`console/e2e`).
//!
//! `make test` builds the console and fetches what this needs; without that, these tests say that they are skipped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod harness;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use harness::receiver::Receiver;
use harness::scratch::Scratch;
use harness::{CLIENT, Server, Start};
use serde_json::Value as Json;
use waypost_scratch_postgres::Port;

/// Scripts and styles of the first screen that is shown, compressed, in bytes.
const MOST_AT_FIRST: usize = 150_000;

/// All files, compressed, in bytes. A quarter of it is the text editor, which only the screen that edits flows fetches, with a worker that reads YAML.
const MOST_IN_ALL: usize = 650_000;

/// The browser must make at least so many checks.
const CHECKS: usize = 20;

/// In a story about one thing.
const FEWER_CHECKS: usize = 10;

fn console() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../console").canonicalize().unwrap()
}

/// `node`, as `scripts/setup-console` found or fetched it.
fn node() -> Option<OsString> {
    let fetched = console().join("node_modules/.node");
    let ready = console().join("node_modules/playwright-core").is_dir() && fetched.exists();
    let found = ready.then(|| fs::read_to_string(&fetched).unwrap().trim().into());
    waypost_test_needs::tool(found.ok_or("the console's packages are not fetched: `make test` fetches them"))
}

/// The binary with the console in it.
fn is_built() -> Option<()> {
    let built = !waypost_console::FILES.is_empty();
    waypost_test_needs::tool(built.then_some(()).ok_or("the console is not built: `make test` builds it"))
}

fn chromium() -> Option<PathBuf> {
    let paths = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].map(PathBuf::from);
    waypost_test_needs::tool(paths.into_iter().find(|path| path.exists()).ok_or("Chromium is not installed"))
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn its_own_tests() {
    let Some(node) = node() else { return };
    for words in [&["node_modules/typescript/bin/tsc", "--noEmit"][..], &["node_modules/vitest/vitest.mjs", "run"]] {
        let output = Command::new(&node).args(words).current_dir(console()).env("CI", "1").output().unwrap();
        assert!(output.status.success(), "{}", told(&output));
    }
}

#[test]
fn people_sign_in_look_and_follow_a_mail_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let output = server.cli(&["mail", "send", &format!("{}/mails", harness::TRIAGE)]);
    assert!(output.status.success(), "{}", told(&output));
    let reader = server.cli(&["clients", "create", "Reader", "--scope", "email:read", "--output", "json"]);
    let reader: Json = serde_json::from_slice(&reader.stdout).unwrap_or_else(|_| panic!("{}", told(&reader)));
    let link = server.cli(&["console", "link"]);
    let link = String::from_utf8(link.stdout).unwrap().trim().to_owned();
    let secret = link.rsplit('=').next().unwrap().to_owned();
    let told = tell("e2e/run.mjs", (&node, &chromium), &server, &scratch.path("browser"), |command| {
        command
            .env("READER_ID", reader["id"].as_str().unwrap())
            .env("READER_SECRET", reader["secret"].as_str().unwrap())
            .env("LINK", &link);
    });
    assert!(told >= CHECKS, "{told} checks");
    let log = server.log();
    assert!(!log.contains(&secret) && !log.contains(CLIENT.1), "a secret is in the log");
}

#[test]
fn people_sign_in_by_an_identity_provider_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-sign-in");
    // Both must know the other's address before they start.
    let kept = [(); 2].map(|()| Port::keep().unwrap());
    let [public, provider] = [0, 1].map(|number: usize| kept[number].address().port().to_string());
    let base = format!("http://127.0.0.1:{public}");
    let secret = "a secret of the provider's alone";
    let options = [
        ["--public-url", &base],
        ["--oidc-issuer", &format!("http://localhost:{provider}")],
        ["--oidc-client-id", "waypost"],
        ["--oidc-name", "Contoso"],
        ["--oidc-grant", "ops=routing:write,flow:read"],
        ["--oidc-grant", "support=email:write,email:read,routing:read"],
        ["--allow-private-targets", "127.0.0.1/32,::1/128"],
        ["--rate-limit", "0"],
    ];
    let start = Start {
        arguments: options.concat().into_iter().map(str::to_owned).collect(),
        environment: vec![("WAYPOST_OIDC_CLIENT_SECRET", secret.into())],
        ..Start::default()
    };
    let server = Server::start(&scratch.path("data"), &start);
    let told = tell("e2e/sign-in.mjs", (&node, &chromium), &server, &scratch.path("browser"), |command| {
        command.env("BASE", &base).env("TARGET", &server.http).env("ISSUER_PORT", &provider);
    });
    assert!(told >= CHECKS, "{told} checks");
    let log = server.log();
    assert!(!log.contains(secret) && !log.contains("code="), "a secret is in the log");
}

/// Runs a story in a browser, and counts its checks.
fn tell(
    story: &str,
    (node, chromium): (&OsString, &Path),
    server: &Server,
    profile: &Path,
    more: impl FnOnce(&mut Command),
) -> usize {
    let mut command = Command::new(node);
    command
        .arg(story)
        .current_dir(console())
        .env("BASE", format!("http://{}", server.http))
        .env("CHROMIUM", chromium)
        .env("PROFILE", profile)
        .env("CLIENT_ID", CLIENT.0)
        .env("CLIENT_SECRET", CLIENT.1);
    more(&mut command);
    let output = command.output().unwrap();
    let text = told(&output);
    assert!(output.status.success(), "{text}");
    text.lines().filter(|line| line.starts_with("ok ")).count()
}

#[test]
fn people_watch_compare_versions_and_see_what_a_change_reaches_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-look");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let output = server.cli(&["mail", "send", &format!("{}/mails", harness::TRIAGE)]);
    assert!(output.status.success(), "{}", told(&output));
    let told = tell("e2e/look.mjs", (&node, &chromium), &server, &scratch.path("browser"), |_| {});
    assert!(told >= CHECKS, "{told} checks");
}

#[test]
fn people_set_the_server_up_and_look_after_it_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-objects");
    let receiver = Receiver::start();
    let smarthost = format!("smtp://{}", receiver.address);
    let arguments = ["--rate-limit", "0", "--smarthost", &smarthost, "--allow-private-targets", "127.0.0.1/32"];
    let start = Start { arguments: arguments.map(str::to_owned).to_vec(), ..Start::default() };
    let server = Server::start(&scratch.path("data"), &start);
    server.apply_triage();
    // The reply to the second of them is refused for good.
    let refused = scratch.path("refused.eml");
    let mail = fs::read_to_string(format!("{}/mails/1-refund.eml", harness::TRIAGE)).unwrap();
    fs::write(
        &refused,
        mail.replace("ana@customer.example", "refuse@customer.example").replace("triage-1@", "refused-1@"),
    )
    .unwrap();
    for mails in [format!("{}/mails", harness::TRIAGE), refused.display().to_string()] {
        let output = server.cli(&["mail", "send", &mails]);
        assert!(output.status.success(), "{}", told(&output));
    }
    let told = tell("e2e/objects.mjs", (&node, &chromium), &server, &scratch.path("browser"), |_| {});
    assert!(told >= CHECKS, "{told} checks");
    assert!(!server.log().contains("only the server knows"), "a secret is in the log");
}

#[test]
fn people_make_a_flow_change_it_and_publish_it_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-editor");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let told = tell("e2e/editor.mjs", (&node, &chromium), &server, &scratch.path("browser"), |_| {});
    assert!(told >= CHECKS, "{told} checks");
}

#[test]
fn people_do_the_same_by_keyboard_alone_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-keys");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let told = tell("e2e/keys.mjs", (&node, &chromium), &server, &scratch.path("browser"), |_| {});
    assert!(told >= FEWER_CHECKS, "{told} checks");
}

#[test]
fn people_make_and_delete_flows_of_each_type_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-flows");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let told = tell("e2e/flows.mjs", (&node, &chromium), &server, &scratch.path("browser"), |_| {});
    assert!(told >= FEWER_CHECKS, "{told} checks");
}

#[test]
fn people_say_what_other_systems_answer_when_they_try_a_flow_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-answers");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let told = tell("e2e/answers.mjs", (&node, &chromium), &server, &scratch.path("browser"), |_| {});
    assert!(told >= FEWER_CHECKS, "{told} checks");
}

#[test]
fn two_people_share_the_comments_and_the_places_of_a_flow_in_two_browsers() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-shared");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let told = tell("e2e/shared.mjs", (&node, &chromium), &server, &scratch.path("browser"), |_| {});
    assert!(told >= FEWER_CHECKS, "{told} checks");
}

#[test]
fn an_editor_that_is_interrupted_loses_nothing_in_a_browser() {
    let (Some(()), Some(node), Some(chromium)) = (is_built(), node(), chromium()) else { return };
    let scratch = Scratch::new("console-interrupted");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let told = tell("e2e/interrupted.mjs", (&node, &chromium), &server, &scratch.path("browser"), |_| {});
    assert!(told >= FEWER_CHECKS, "{told} checks");
}

#[test]
fn it_is_small() {
    if is_built().is_none() {
        return;
    }
    let find = |path: &str| waypost_console::FILES.iter().find(|file| file.path == path).unwrap();
    let index = find("index.html");
    let page = String::from_utf8(index.plain().unwrap().into_owned()).unwrap();
    let first: usize = page
        .split('"')
        .filter_map(|word| word.strip_prefix('/').filter(|path| path.starts_with("assets/")))
        .map(|path| find(path).bytes.len())
        .sum();
    let all: usize = waypost_console::FILES.iter().map(|file| file.bytes.len()).sum();
    assert!(
        first > 0 && first <= MOST_AT_FIRST,
        "{first} bytes before anything is shown; the limit is {MOST_AT_FIRST}"
    );
    assert!(all <= MOST_IN_ALL, "{all} bytes in all; the limit is {MOST_IN_ALL}");
}
