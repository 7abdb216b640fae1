//! Servers under names: `--profile` and its file.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use super::harness::scratch::Scratch;
use super::harness::{CLIENT, Server, Start, WAYPOST};
use super::printed;

/// Runs a command of somebody whose settings are in this folder, and who has set nothing else.
fn run(settings: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let names = std::env::vars_os().map(|(name, _)| name);
    let others = names.filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("WAYPOST_") || name.starts_with("GENESYS_")
    });
    let mut command = Command::new(WAYPOST);
    for name in others {
        command.env_remove(name);
    }
    command.args(arguments).env("XDG_CONFIG_HOME", settings).envs(variables.iter().copied()).output().unwrap()
}

fn write(settings: &Path, text: &str, mode: u32) {
    let file = settings.join("waypost/profiles.toml");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
}

fn profile(name: &str, url: &str) -> String {
    let (id, secret) = CLIENT;
    format!("[{name}]\nurl = \"{url}\"\nclient-id = \"{id}\"\nclient-secret = \"{secret}\"\n")
}

/// What a command said on stderr, if it could not do its work.
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_profile_names_server_and_client() {
    let scratch = Scratch::new("cli-profiles");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let settings = scratch.path("settings");
    // Nobody listens at the discard port: whoever asks the profile `default` hears nothing.
    let file = profile("default", "http://127.0.0.1:9") + &profile("here", &format!("http://{}/", server.http));
    write(&settings, &file, 0o600);
    let list = ["queues", "list"];

    let named = printed(&run(&settings, &[], &["queues", "list", "--profile", "here"]), 0);
    assert!(named.contains("Unrouted"), "{named}");
    assert_eq!(printed(&run(&settings, &[("WAYPOST_PROFILE", "here")], &list), 0), named);
    let fallback = refused(&run(&settings, &[], &list));
    assert!(fallback.contains("127.0.0.1:9"), "{fallback}");
    // What is set in the environment comes before the profile `default`.
    let set = server.environment();
    let set: Vec<(&str, &str)> = set.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(printed(&run(&settings, &set, &list), 0), named);
    let doctor = run(&settings, &[], &["doctor", "--profile", "here", "--data-dir", "no-such-folder"]);
    assert!(String::from_utf8_lossy(&doctor.stdout).contains(&server.http), "{doctor:?}");
}

#[test]
fn a_secret_never_goes_to_the_server_of_another_place() {
    let scratch = Scratch::new("cli-profiles-mixed");
    write(scratch.path("").as_path(), &profile("here", "http://127.0.0.1:9"), 0o600);
    for (name, value, told) in [
        ("WAYPOST_URL", "http://127.0.0.1:9", "--url or WAYPOST_URL"),
        ("WAYPOST_CLIENT_SECRET", "s3cret-of-the-environment", "--client-secret or WAYPOST_CLIENT_SECRET"),
        ("WAYPOST_DATA_DIR", "data", "--data-dir or WAYPOST_DATA_DIR"),
    ] {
        let mixed = refused(&run(&scratch.path(""), &[(name, value)], &["queues", "list", "--profile", "here"]));
        let expected = format!(
            "waypost: the profile `here` says which server and which client, and {told} says it too: expected one of them\n"
        );
        assert_eq!(mixed, expected);
    }
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let scratch = Scratch::new("cli-profiles-empty");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let settings = scratch.path("settings");
    write(&settings, &profile("here", &format!("http://{}", server.http)), 0o600);
    let nothing =
        ["WAYPOST_URL", "WAYPOST_CLIENT_ID", "WAYPOST_CLIENT_SECRET", "WAYPOST_DATA_DIR"].map(|name| (name, ""));
    printed(&run(&settings, &nothing, &["queues", "list", "--profile", "here"]), 0);
}

#[test]
fn the_secret_of_a_data_directory_goes_to_its_own_server_alone() {
    let scratch = Scratch::new("cli-data-dir");
    let data = scratch.path("data");
    let server = Server::start(&data, &Start::default());
    let settings = scratch.path("settings");
    let admin = format!("{{\"clientId\": \"{}\", \"clientSecret\": \"{}\"}}", CLIENT.0, CLIENT.1);
    fs::write(data.join("admin-client.json"), admin).unwrap();
    let data = data.to_str().unwrap();
    let list = |url: &str| run(&settings, &[("WAYPOST_URL", url), ("WAYPOST_DATA_DIR", data)], &["queues", "list"]);
    let port = server.http.to_string().rsplit(':').next().unwrap().to_owned();
    for own in [format!("http://{}/", server.http), format!("http://localhost:{port}")] {
        printed(&list(&own), 0);
    }
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let url = format!("http://{}", other.local_addr().unwrap());
    let told = refused(&list(&url));
    assert!(
        told.starts_with(&format!("waypost: {url} is not the server that runs on {data}, and gets no secret")),
        "{told}"
    );
    assert!(other.accept().is_err(), "nobody asked it");
}

#[test]
fn mistakes_in_profiles_are_told() {
    let scratch = Scratch::new("cli-profiles-wrong");
    let settings = scratch.path("");
    let asked = |name: &str| refused(&run(&settings, &[], &["queues", "list", "--profile", name]));
    let file = settings.join("waypost/profiles.toml");
    let file = file.display();
    assert_eq!(
        asked("stage"),
        format!(
            "waypost: there is no profile `stage`: {file} does not exist; expected in it `[stage]` with url, client-id, client-secret\n"
        )
    );
    write(&settings, &profile("staging", "http://127.0.0.1:9"), 0o600);
    assert_eq!(asked("stage"), format!("waypost: there is no profile `stage` in {file}: did you mean `staging`?\n"));
    write(&settings, &profile("staging", "http://127.0.0.1:9"), 0o640);
    assert_eq!(
        asked("staging"),
        format!(
            "waypost: {file} has secrets, and others on this machine can read it: expected mode 0600; `chmod 600 {file}`\n"
        )
    );
    write(&settings, "", 0o600);
    assert_eq!(asked("staging"), format!("waypost: there is no profile `staging` in {file}: it has none\n"));
    write(&settings, "[staging\nurl = 1\n", 0o600);
    let syntax = asked("staging");
    assert!(syntax.starts_with(&format!("waypost: {file}:1: ")) && syntax.lines().count() == 1, "{syntax}");
    let wrong = "url = \"http://127.0.0.1:9\"\n[staging]\nurl = 1\nclient-di = \"a\"\nclient-secret = \"hunter2\"\n";
    write(&settings, wrong, 0o600);
    assert_eq!(
        asked("staging"),
        format!(
            "waypost: {file}:1: `url` stands outside of a profile: expected it below `[NAME]`\n\
             {file}:2: profile `staging` has no `client-id`: expected all of url, client-id, client-secret\n\
             {file}:3: `url` can't be this: expected a text\n\
             {file}:4: a profile has no `client-di`: did you mean `client-id`?\n"
        )
    );
}
