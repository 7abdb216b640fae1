//! A URL that can't be read may have a password in it, wherever its writer put it: no part of one is repeated.

use std::fs;
use std::process::Command;

use super::harness::WAYPOST;
use super::harness::scratch::Scratch;

/// URLs with a password, and each mistake that leaves one somewhere else in them. `S` is the scheme.
const WRITTEN: [&str; 16] = [
    "S://care:hunter2",
    "S://care:hunter2/",
    "S://care:hunter2@",
    "S://care:hunter2@host.example:port",
    "S://care:hunter2@@host.example",
    "S://care:x@hunter2@host.example",
    "S://care:hunter2%40host.example",
    "S://care%3Ahunter2%40host.example",
    "S://care:%zzhunter2@host.example:0x",
    "S://care: hunter2@host.example",
    "S://care hunter2",
    "S://care:'hunter2'@host.example",
    "S://care:\"hunter2\"@host.example",
    "S:care:hunter2@host.example",
    "S//care:hunter2@host.example",
    "care:hunter2@host.example",
];

/// What a command says on both streams, and its exit code.
fn told(command: &mut Command, about: &str) -> (String, Option<i32>) {
    let ran = command.output().unwrap();
    let told = [&ran.stdout, &ran.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(!told.contains("hunter2"), "{about}: {told}");
    (told, ran.status.code())
}

/// What a command that is refused says.
fn refused(command: &mut Command, about: &str) -> String {
    let (told, code) = told(command, about);
    assert!(code.is_some_and(|code| code > 0), "{about} is accepted: {told}");
    told
}

#[test]
fn options_never_repeat_what_may_be_a_password() {
    let scratch = Scratch::new("cli-passwords");
    let data = scratch.path("data");
    let settings = scratch.path("waypost.toml");
    for (option, scheme) in [
        ("smarthost", "smtp"),
        ("smarthost", "smtps"),
        ("rspamd", "http"),
        ("public-url", "https"),
        ("oidc-issuer", "https"),
        ("smarthost-oauth-token-url", "https"),
    ] {
        for written in WRITTEN {
            let url = written.replacen('S', scheme, 1);
            let serve = || {
                let mut command = Command::new(WAYPOST);
                command.args(["serve", "--http=127.0.0.1:0", "--smtp=127.0.0.1:0", "--data-dir"]).arg(&data);
                command
            };
            let about = format!("--{option}={url}");
            let told = refused(serve().arg(&about), &about);
            assert!(told.contains(option), "{about}: {told}");
            let name = format!("WAYPOST_{}", option.replace('-', "_").to_uppercase());
            refused(serve().env(&name, &url), &format!("{name}={url}"));
            fs::write(&settings, format!("{option} = '''{url}'''\n")).unwrap();
            let told = refused(serve().arg("--config").arg(&settings), &about);
            assert!(told.contains("waypost.toml:1: "), "{about}: {told}");
        }
    }
    assert!(!data.exists(), "nothing is made");
    let mut serve = Command::new(WAYPOST);
    serve.args(["serve", "--http=127.0.0.1:0", "--smtp=127.0.0.1:0", "--data-dir"]).arg(&data);
    let told = refused(serve.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://care: hunter2@host.example"), "a collector");
    assert!(told.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{told}");
}

#[test]
fn options_that_take_no_url_hide_one_with_a_password() {
    for option in
        ["http", "dns", "hostname", "rate-limit", "mail-retry-for", "allow-private-targets", "arc-sealer", "mail-auth"]
    {
        for url in
            ["smtp://care:hunter2@host.example", "care:hunter2@host.example", "http://host.example/?token=hunter2"]
        {
            let about = format!("--{option}={url}");
            let told = refused(Command::new(WAYPOST).arg("serve").arg(&about), &about);
            assert!(told.contains(option) && told.contains("(hidden)"), "{about}: {told}");
        }
    }
    refused(Command::new(WAYPOST).args(["serve", "smtp://care:hunter2@host.example"]), "an argument without an option");
    let told = refused(Command::new(WAYPOST).args(["serve", "--dns", "resolver.example"]), "a name");
    assert!(told.contains("resolver.example"), "{told}");
    let told = refused(Command::new(WAYPOST).args(["replay", "--sample", "half"]), "a word");
    assert!(told.contains("expected a number"), "{told}");
}

#[test]
fn the_url_of_a_database_is_never_repeated() {
    let scratch = Scratch::new("cli-password-database");
    for url in [
        "postgres://care:hunter2",
        "postgres://care:hunter2@",
        "postgres://care:hunter2%40127.0.0.1/mail",
        "postgres://care:'hunter2'@127.0.0.1:port/mail",
        "postgres://care:hunter2@127.0.0.1:1/mail?sslmode=hunter2",
        "postgres:care:hunter2@127.0.0.1",
        "care:hunter2@127.0.0.1",
        "host=127.0.0.1 port=1 user=care passwort=hunter2",
    ] {
        let mut serve = Command::new(WAYPOST);
        serve.args(["serve", "--http=127.0.0.1:0", "--smtp=127.0.0.1:0", "--data-dir"]).arg(scratch.path("data"));
        refused(serve.env("WAYPOST_DATABASE", url), url);
    }
}

#[test]
fn addresses_of_servers_never_repeat_what_may_be_a_password() {
    let scratch = Scratch::new("cli-password-servers");
    fs::create_dir_all(scratch.path("waypost")).unwrap();
    let profiles = scratch.path("waypost/profiles.toml");
    let command = || {
        let mut command = Command::new(WAYPOST);
        command.args(["queues", "list"]).current_dir(scratch.path("."));
        command.env("WAYPOST_CLIENT_ID", "admin").env("WAYPOST_CLIENT_SECRET", "x");
        command
    };
    for written in WRITTEN.iter().chain(&["S://care:hunter2@127.0.0.1:1", "S://127.0.0.1:1/?token=hunter2"]) {
        let url = written.replacen('S', "http", 1);
        refused(command().env("WAYPOST_URL", &url), &format!("WAYPOST_URL={url}"));
        refused(command().args(["--url", &url]), &format!("--url {url}"));
        refused(command().args(["--url", &url, "--data-dir", "."]), &format!("--url {url} --data-dir"));
        refused(command().env("GENESYS_ENVIRONMENT", &url), &format!("GENESYS_ENVIRONMENT={url}"));
        let mut doctor = Command::new(WAYPOST);
        doctor.args(["doctor", "--client-id", "admin", "--client-secret", "x", "--url", &url, "--data-dir"]);
        // Without a server it checks the rest.
        let (told, _) = told(doctor.arg(scratch.path("none")), &format!("doctor --url {url}"));
        assert!(told.contains("what the server holds is not checked"), "{told}");
        let text = format!("[there]\nurl = '''{url}'''\nclient-id = 'a'\nclient-secret = 'b'\n");
        fs::write(&profiles, text).unwrap();
        Command::new("chmod").arg("600").arg(&profiles).status().unwrap();
        let mut by_profile = Command::new(WAYPOST);
        by_profile.args(["queues", "list", "--profile", "there"]).env("XDG_CONFIG_HOME", scratch.path("."));
        refused(&mut by_profile, &format!("a profile with {url}"));
    }
}

#[test]
fn documents_never_repeat_what_may_be_a_password() {
    let scratch = Scratch::new("cli-password-documents");
    let folder = scratch.path("project");
    fs::create_dir_all(&folder).unwrap();
    let quoted = |url: &str| serde_json::Value::from(url).to_string();
    let validate = |document: &str, about: &str| {
        fs::write(folder.join("one.yaml"), document).unwrap();
        let told = refused(Command::new(WAYPOST).arg("validate").arg(&folder), about);
        assert!(told.contains("one.yaml:"), "{about}: {told}");
    };
    for written in WRITTEN.iter().chain(&["S://care:hunter2@host.example/", "S://care:hunter2@host.example/#x"]) {
        let url = quoted(&written.replacen('S', "https", 1));
        let plain = quoted(&written.replacen("S://", "", 1));
        let mailbox = |host: &str, auth: &str| {
            format!("kind: mailbox\nname: M\nhost: {host}\nuser: u\nauth: {auth}\nroute: a@b.example\n")
        };
        let oauth = |token: &str| format!("{{oauth: {{tokenUrl: {token}, clientId: c, grant: deviceCode}}}}");
        let documents = [
            format!("kind: webhook\nname: W\nurl: {url}\n"),
            mailbox(&url, "{secret: S}"),
            mailbox(&plain, "{secret: S}"),
            mailbox("imap.example.com", &oauth(&url)),
            mailbox("imap.example.com", &url),
            mailbox("imap.example.com", &format!("{{password: {plain}}}")),
            format!(
                "kind: dataAction\nname: D\nconfig: {{request: {{requestUrlTemplate: {url}, requestType: GET}}}}\n\
                 contract: {{input: {{inputSchema: {{type: object}}}}, output: {{successSchema: {{type: object}}}}}}\n"
            ),
        ];
        for document in documents {
            validate(&document, &document);
        }
        // A problem in the same line. That a password is behind a space nobody can know there.
        if !written.contains("care hunter2") {
            let line = format!("{{\"kind\": \"webhook\", \"name\": \"W\", \"url\": {url}, \"bogus\": 1}}\n");
            validate(&line, &line);
        }
    }
}
