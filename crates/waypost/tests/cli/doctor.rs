//! `waypost doctor`, with a DNS server of the test's own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::net::{SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use serde_json::{Value as Json, json};

use super::harness::doctor::refused;
use super::harness::scratch::Scratch;
use super::harness::{Server, Start, TRIAGE, WAYPOST, wait_for};
use super::{printed, waypost};

const TXT: u16 = 16;
const MX: u16 = 15;

/// A DNS server with some records (RFC 1035 section 4), for as long as the test runs.
fn dns(records: BTreeMap<(String, u16), Vec<u8>>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            socket.send_to(&answer(&buffer[..length], &records), from).unwrap();
        }
    });
    address
}

fn answer(query: &[u8], records: &BTreeMap<(String, u16), Vec<u8>>) -> Vec<u8> {
    let (mut labels, mut at) = (Vec::new(), 12);
    while query[at] > 0 {
        let end = at + 1 + usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..end]).to_lowercase());
        at = end;
    }
    let kind = u16::from_be_bytes([query[at + 1], query[at + 2]]);
    let question = &query[12..at + 5];
    let found = records.get(&(labels.join("."), kind));
    let mut answer = query[..2].to_vec();
    // An answer; no such name where there is none.
    answer.extend([0x81, if found.is_some() { 0x80 } else { 0x83 }, 0, 1, 0, u8::from(found.is_some()), 0, 0, 0, 0]);
    answer.extend(question);
    if let Some(data) = found {
        answer.extend([0xc0, 12]);
        answer.extend(kind.to_be_bytes());
        answer.extend([0, 1, 0, 0, 0, 60]);
        answer.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answer.extend(data);
    }
    answer
}

fn txt(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(255).flat_map(|part| [&[u8::try_from(part.len()).unwrap()][..], part].concat()).collect()
}

fn mx(host: &str) -> Vec<u8> {
    let labels =
        host.split('.').flat_map(|label| [&[u8::try_from(label.len()).unwrap()][..], label.as_bytes()].concat());
    [0, 10].into_iter().chain(labels).chain([0]).collect()
}

/// Checks of one name, each as its status and what was found.
fn of<'r>(report: &'r Json, check: &str) -> Vec<(&'r str, &'r str)> {
    let checks = report["checks"].as_array().unwrap().iter().filter(|one| one["check"] == check);
    checks.map(|one| (one["status"].as_str().unwrap(), one["found"].as_str().unwrap())).collect()
}

#[test]
fn a_deployment_is_checked() {
    let scratch = Scratch::new("cli-doctor");
    let data = scratch.path("data");
    let server = Server::start(&data, &Start::default());
    server.apply_triage();
    server.api().post("/routing/queues", &json!({"name": "Nobody"})).ok();
    let secret = json!({"name": "unused", "value": "hunter2-never-shown", "hosts": ["api.example.com"]});
    server.api().post("/secrets", &secret).ok();
    server.api().post("/webhooks", &json!({"name": "Plain", "url": "http://crm.example.com/mail"})).ok();
    server.api().post("/webhooks", &json!({"name": "Near", "url": "http://127.0.0.1:9/mail"})).ok();
    let keys = scratch.path("keys");
    let record =
        printed(&waypost(&["dkim", "new", "example.com", "--dir", keys.to_str().unwrap(), "--output", "json"]), 0);
    let record: Json = serde_json::from_str(&record).unwrap();
    let name = record[0]["name"].as_str().unwrap().to_owned();
    let records = BTreeMap::from([
        (("example.com".to_owned(), MX), mx("mx.example.com")),
        (("example.com".to_owned(), TXT), txt("v=spf1 mx -all")),
        ((name, TXT), txt(record[0]["value"].as_str().unwrap())),
    ]);
    let dns = dns(records).to_string();
    let (data, keys) = (data.to_str().unwrap(), keys.to_str().unwrap());
    let arguments =
        ["doctor", "--data-dir", data, "--dns", &dns, "--dkim-keys", keys, "--smarthost", "smtp://relay.example"];
    let ran = server.cli(&[&arguments[..], &["--output", "json"]].concat());
    let text = printed(&ran, 0);
    let report: Json = serde_json::from_str(&text).unwrap();
    let schema: Json = serde_json::from_str(&printed(&waypost(&["schema", "doctor"]), 0)).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    assert!(
        of(&report, "http")[0].1.ends_with(" answers") && of(&report, "smtp")[0].1.contains(" answers: 220 "),
        "{text}"
    );
    assert_eq!(of(&report, "dns"), [("ok", "mail for example.com goes to mx.example.com")]);
    assert_eq!(of(&report, "spf"), [("ok", "example.com: v=spf1 mx -all")]);
    assert_eq!(of(&report, "dmarc"), [("warning", "example.com has no DMARC record")]);
    assert_eq!(of(&report, "dkim")[0].0, "ok", "{text}");
    assert_eq!(of(&report, "clock"), [("ok", "the server's clock agrees with this one")]);
    assert!(of(&report, "queues").contains(&("warning", "nothing leads to the queue `Nobody`")), "{text}");
    assert_eq!(of(&report, "secrets"), [("warning", "no mailbox and no data action uses `unused`")]);
    let plain = "the webhook `Plain` would send mail to `crm.example.com` without TLS";
    assert_eq!(of(&report, "webhooks"), [("warning", plain)]);
    assert_eq!((of(&report, "deliveries")[0].0, of(&report, "ledger")[0].0), ("ok", "ok"), "{text}");

    let shown = printed(&server.cli(&arguments), 0);
    assert!(shown.contains("warning dmarc        example.com has no DMARC record\n"), "{shown}");
}

#[test]
fn what_fails_is_told_with_what_to_do() {
    let scratch = Scratch::new("cli-doctor-fails");
    let data = scratch.path("data");
    let server = Server::start(&data, &Start::default());
    server.apply_triage();
    let (keys, config) = (scratch.path("keys"), scratch.path("waypost.toml"));
    printed(&waypost(&["dkim", "new", "example.com", "--dir", keys.to_str().unwrap()]), 0);
    let dns = dns(BTreeMap::new()).to_string();
    // Settings are those of the server's file.
    let settings = format!(
        "data-dir = '{}'\ndkim-keys = '{}'\ndns = '{dns}'\nsmarthost = 'smtp://relay.example'\ntls-cert = '{}'\ntls-key = '{}'\n",
        data.display(),
        keys.display(),
        config.display(),
        config.display()
    );
    fs::write(&config, settings).unwrap();
    let shown = printed(&waypost(&["doctor", "--config", config.to_str().unwrap()]), 1);
    for line in [
        "FAILED  dkim         waypost._domainkey.example.com is not in DNS",
        "FAILED  tls ",
        "publish what `waypost dkim records",
    ] {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    drop(server);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let shown = printed(
        &waypost(&[
            "doctor",
            "--data-dir",
            scratch.path("none").to_str().unwrap(),
            "--http",
            &address,
            "--smtp",
            "127.0.0.1:0",
            "--dns",
            &dns,
        ]),
        1,
    );
    assert!(shown.contains(&format!("FAILED  http         {address} is in use")), "{shown}");
}

/// Before a start nobody can ask the server: the files say what it would find.
#[test]
fn files_of_a_stopped_server_are_told() {
    let scratch = Scratch::new("cli-doctor-files");
    let (data, restored) = (scratch.path("data"), scratch.path("restored"));
    let server = Server::start(&data, &Start::default());
    server.apply_triage();
    fs::create_dir_all(&restored).unwrap();
    let backup = restored.join("waypost.db");
    printed(&waypost(&["backup", "--data-dir", data.to_str().unwrap(), backup.to_str().unwrap()]), 0);
    drop(server);
    let dns = dns(BTreeMap::new()).to_string();
    let told = |folder: &std::path::Path| {
        let ran = waypost(&[
            "doctor",
            "--data-dir",
            folder.to_str().unwrap(),
            "--http",
            "127.0.0.1:0",
            "--smtp",
            "127.0.0.1:0",
            "--dns",
            &dns,
            "--output",
            "json",
        ]);
        let report: Json = serde_json::from_slice(&ran.stdout).unwrap();
        of(&report, "data").into_iter().map(|(status, found)| format!("{status}: {found}")).collect::<Vec<_>>()
    };
    assert_eq!(told(&data).len(), 1, "{:?}", told(&data));
    let pending = "waypost.db is a restored backup that no server has opened yet, with 0 pending deliveries";
    assert!(told(&restored).contains(&format!("warning: {pending}")), "{:?}", told(&restored));
    fs::remove_file(data.join("waypost.db")).unwrap();
    let refused = told(&data).pop().unwrap();
    assert!(
        refused.starts_with(
            "failed: the server would not start: can't open the store: the database `waypost.db` is missing"
        ),
        "{refused}"
    );
}

/// A server that runs shows its certificate: nobody need repeat the options that it was started with.
#[test]
fn a_certificate_that_is_in_use_is_not_missed() {
    let scratch = Scratch::new("cli-doctor-tls");
    let dns = dns(BTreeMap::new()).to_string();
    for (name, more) in
        [("https", &["--https", "127.0.0.1:0"][..]), ("starttls", &[]), ("smtps", &["--smtps", "127.0.0.1:0"])]
    {
        let data = scratch.path(name);
        let arguments = [&["--tls-self-signed"], more].concat().into_iter().map(str::to_owned).collect();
        let server = Server::start(&data, &Start { arguments, ..Start::default() });
        let ran = server.cli(&["doctor", "--data-dir", data.to_str().unwrap(), "--dns", &dns, "--output", "json"]);
        let text = printed(&ran, 0);
        let report: Json = serde_json::from_str(&text).unwrap();
        let tls = of(&report, "tls");
        assert!(tls.len() == 3 && tls.iter().all(|(status, _)| *status == "ok"), "{name}: {text}");
        assert_eq!(tls[2].1, "the certificate names localhost");
        // What it would be started with next has none.
        let data = data.to_str().unwrap();
        let shown = printed(&server.cli(&["doctor", "--data-dir", data, "--dns", &dns, "--https", "127.0.0.1:0"]), 1);
        let needs = "FAILED  tls          the server would not start: --https needs a certificate\n";
        assert!(shown.contains(needs), "{name}: {shown}");
    }
    let data = scratch.path("plain");
    let server = Server::start(&data, &Start::default());
    let shown = printed(&server.cli(&["doctor", "--data-dir", data.to_str().unwrap(), "--dns", &dns]), 0);
    assert!(shown.contains("warning tls          there is no certificate: no STARTTLS, no HTTPS\n"), "{shown}");
}

/// Names, sizes and times of the files of a folder.
fn files(folder: &Path) -> Vec<(OsString, u64, SystemTime)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| {
        let (entry, metadata) = entry.map(|entry| (entry.file_name(), entry.metadata().unwrap())).unwrap();
        (entry, metadata.len(), metadata.modified().unwrap())
    });
    let mut files: Vec<_> = entries.collect();
    files.sort();
    files
}

#[test]
fn what_keeps_a_server_from_starting_is_found_before() {
    let scratch = Scratch::new("cli-doctor-refused");
    let (data, rubbish) = (scratch.path("data"), scratch.path("rubbish"));
    fs::write(&rubbish, "rubbish\n").unwrap();
    let rubbish = rubbish.to_str().unwrap();
    let password = &[("WAYPOST_SMARTHOST_PASSWORD", "hunter2")][..];
    let oauth = &["--smarthost-oauth-client-id=us", "--smarthost-oauth-token-url=https://login.example/token"];
    type Case<'c> = (&'c [&'c str], &'c [(&'c str, &'c str)], &'c str);
    let cases: [Case<'_>; 14] = [
        (&["--https=127.0.0.1:0", "--smtps=127.0.0.1:0"], &[], "--https needs a certificate"),
        (&["--smarthost=smtp://care@relay.example"], &[], "nothing to log in with"),
        (&["--smarthost=smtp://relay.example"], password, "and no user"),
        (&["--smarthost=smtp://care@relay.example", oauth[0], oauth[1]], &[], "needs a secret or a token"),
        (&["--smarthost=smtp://relay.example", "--smarthost-ca=missing.pem"], &[], "missing.pem"),
        (&["--dkim-keys=missing"], &[], "--dkim-keys: cannot read `missing`"),
        (&["--database=nonsense"], &[], "expected postgres://USER@HOST/NAME"),
        (&["--database=postgres://waypost:hunter2@127.0.0.1:1/waypost"], &[], "can't open the database"),
        (&["--database=postgres://127.0.0.1:1/waypost", "--database-ca=missing.pem"], &[], "can't read missing.pem"),
        (&[&format!("--secret-key-file={rubbish}")], &[], "can't use the secret key"),
        (&["--secret-key-file=nowhere/waypost.key"], &[], "there is no folder nowhere"),
        (&[], &[("WAYPOST_BOOTSTRAP_CLIENT", "nobody")], "WAYPOST_BOOTSTRAP_CLIENT is not `id:secret`"),
        (&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", "no address")], "can't send traces"),
        (
            &[
                "--oidc-issuer=https://login.example",
                "--oidc-client-id=us",
                "--oidc-grant=Care=admin",
                "--public-url=https://waypost.example",
                "--oidc-client-secret-file=missing.txt",
            ],
            &[],
            "can't read --oidc-client-secret-file missing.txt",
        ),
    ];
    for (arguments, environment, expected) in cases {
        let told = refused(&data, arguments, environment);
        assert!(told.contains(expected) && !told.contains("hunter2"), "{arguments:?}: {told}");
        assert!(!data.exists(), "{arguments:?}: nothing is made");
    }
}

#[test]
fn a_database_that_no_server_opens_is_found_before() {
    let scratch = Scratch::new("cli-doctor-database");
    let data = scratch.path("data");
    let mut server = Server::start(&data, &Start::default());
    server.apply_triage();
    server.stop();
    let database = fs::read(data.join("waypost.db")).unwrap();
    let beside = |name: &str, content: &[u8]| {
        let folder = scratch.path(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("waypost.db"), content).unwrap();
        folder
    };
    // None of ours without this table: the name is as long, so that the file stays a database.
    let mut foreign = database.clone();
    for at in 0..foreign.len() - 12 {
        if &foreign[at..at + 12] == b"interactions" {
            foreign[at..at + 12].copy_from_slice(b"appointments");
        }
    }
    let mut malformed = database.clone();
    malformed[4096..].fill(0xa5);
    let mut newer = database.clone();
    newer[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    for (name, content, expected) in [
        ("foreign", foreign, "`waypost.db` is a database of another program"),
        ("malformed", malformed, "the database `waypost.db` is damaged"),
        ("newer", newer, "the data has format 9999"),
        ("text", b"no database".to_vec(), "`waypost.db` is not a database any more"),
    ] {
        let folder = beside(name, &content);
        let told = refused(&folder, &[], &[]);
        assert!(told.contains(expected), "{name}: {told}");
        assert!(fs::read(folder.join("waypost.db")).unwrap() == content, "{name}: the file stays as it is");
        let advice = match name {
            "foreign" => "name Waypost's own directory with --data-dir, or move that file away",
            "newer" => "start that release, or restore a backup of this one's",
            _ => "see docs/operate.md, Damage",
        };
        assert_eq!(advised(&folder, &[], "data"), [advice], "{name}");
    }
    let other = scratch.path("other");
    Server::start(&other, &Start::default()).stop();
    fs::copy(data.join("waypost.db"), other.join("waypost.db")).unwrap();
    let told = refused(&other, &[], &[]);
    assert!(told.contains("the database `waypost.db` is another server's"), "{told}");
    // As a server has it that does not listen yet.
    let held = fs::File::open(&data).unwrap();
    held.lock().unwrap();
    let advice = "a server is just starting or stopping there: run doctor again in a moment";
    assert_eq!(advised(&data, &[], "data"), [advice]);
}

/// What to do about checks of one name that failed.
fn advised(data: &Path, arguments: &[&str], check: &str) -> Vec<String> {
    let mut doctor = Command::new(WAYPOST);
    doctor.args(["doctor", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--output", "json", "--data-dir"]);
    let report: Json = serde_json::from_slice(&doctor.arg(data).args(arguments).output().unwrap().stdout).unwrap();
    let checks = report["checks"].as_array().unwrap().iter();
    let failed = checks.filter(|one| one["check"] == check && one["status"] == "failed");
    failed.map(|one| one["suggestion"].as_str().unwrap().to_owned()).collect()
}

/// One mistake hides no other.
#[test]
fn bad_keys_do_not_hide_a_bad_certificate_of_the_smarthost() {
    let scratch = Scratch::new("cli-doctor-both");
    let arguments = ["--dkim-keys=missing", "--smarthost=smtp://relay.example", "--smarthost-ca=missing.pem"];
    let advised = |check: &str| advised(&scratch.path("data"), &arguments, check);
    assert_eq!(advised("dkim"), ["see `waypost dkim new --help`"]);
    assert_eq!(advised("smarthost"), ["correct --smarthost-ca or --dns"]);
}

/// What is known without a server is checked without one: nobody is asked which it is.
#[test]
fn a_stopped_server_is_checked_by_its_files_and_left_as_it_is() {
    let scratch = Scratch::new("cli-doctor-stopped");
    let data = scratch.path("data");
    let arguments = ["--smarthost", "none", "--allow-private-targets", "127.0.0.1/32"].map(str::to_owned).to_vec();
    let mut server = Server::start(&data, &Start { arguments, ..Start::default() });
    server.apply_triage();
    // What waits for a receiver that is away is no mail.
    let away = json!({"name": "Away", "url": "http://127.0.0.1:9/mail", "events": ["interaction.decided"]});
    server.api().post("/webhooks", &away).ok();
    let mail = format!("{TRIAGE}/mails/1-refund.eml");
    let sent = server.cli(&["mail", "send", &mail]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let dns = dns(BTreeMap::new()).to_string();
    let name = data.to_str().unwrap();
    let environment = server.environment();
    let found = |smarthost: &str| {
        let mut command = Command::new(WAYPOST);
        command.args(["doctor", "--data-dir", name, "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--dns", &dns]);
        command.args(["--smarthost", smarthost, "--output", "json"]);
        // Where it listens is in the data directory, while it does.
        command.envs(environment.iter().filter(|(name, _)| *name != "WAYPOST_URL").cloned());
        serde_json::from_slice::<Json>(&command.output().unwrap().stdout).unwrap()
    };
    wait_for("deliveries that wait", || {
        let waiting = server.api().get("/deliveries?state=pending").ok();
        (waiting["entities"].as_array().unwrap().len() > 1).then_some(())
    });
    let report = wait_for("a mail that waits", || {
        let report = found("none");
        (of(&report, "deliveries").len() > 1).then_some(report)
    });
    let why =
        "1 pending delivery; no mail goes out: this server runs with `--smarthost none`, so deliveries stay pending";
    assert!(of(&report, "deliveries").contains(&("warning", why)), "{report}");
    server.stop();
    let before = files(&data);
    let report = found("none");
    assert_eq!(files(&data), before);
    assert!(!report.to_string().contains("which server?"), "{report}");
    assert!(of(&report, "server")[0].1.contains(&format!("no server runs on {name}")), "{report}");
    assert_eq!(of(&report, "deliveries"), [("warning", "1 mail waits to be sent, and --smarthost none sends nothing")]);
    assert_eq!(of(&report, "secret key")[0].0, "ok", "{report}");
    assert_eq!(of(&report, "dns"), [("warning", "example.com has no MX: senders can't find this server")]);
    assert!(of(&found("smtp://relay.example"), "deliveries").is_empty());
}

#[test]
fn a_private_key_that_others_may_read_is_a_warning_with_the_command_that_mends_it() {
    let scratch = Scratch::new("cli-doctor-modes");
    let (data, keys, tls) = (scratch.path("data"), scratch.path("keys"), scratch.path("tls key.pem"));
    Server::start(&data, &Start::default()).stop();
    printed(&waypost(&["dkim", "new", "example.com", "--dir", keys.to_str().unwrap()]), 0);
    let (dkim, secret) = (keys.join("example.com.waypost.pem"), data.join("waypost.key"));
    let pair = rcgen::KeyPair::generate().unwrap();
    let certificate = scratch.path("cert.pem");
    let signed = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&pair).unwrap();
    fs::write(&certificate, signed.pem()).unwrap();
    fs::write(&tls, pair.serialize_pem()).unwrap();
    let dns = dns(BTreeMap::new()).to_string();
    let warned = |mode: u32| {
        for key in [&dkim, &secret, &tls] {
            fs::set_permissions(key, Permissions::from_mode(mode)).unwrap();
        }
        let [data, keys, certificate, tls] = [&data, &keys, &certificate, &tls].map(|path| path.to_str().unwrap());
        let ran = waypost(&[
            "doctor",
            "--data-dir",
            data,
            "--http",
            "127.0.0.1:0",
            "--smtp",
            "127.0.0.1:0",
            "--dns",
            &dns,
            "--smarthost",
            "none",
            "--dkim-keys",
            keys,
            "--tls-cert",
            certificate,
            "--tls-key",
            tls,
            "--output",
            "json",
        ]);
        let report: Json = serde_json::from_slice(&ran.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().iter();
        let run = checks.filter_map(|check| check["suggestion"].as_str()?.strip_prefix("run `")?.strip_suffix('`'));
        run.map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(warned(0o600).is_empty());
    // A service may have keys by its group; the key of all secrets is its own.
    assert_eq!(warned(0o640), [format!("chmod 600 {}", secret.display())]);
    let commands = warned(0o644);
    assert_eq!(commands.len(), 3, "{commands:?}");
    for command in commands {
        assert!(Command::new("sh").args(["-c", &command]).status().unwrap().success(), "{command}");
    }
    let mode = |key: &Path| fs::metadata(key).unwrap().permissions().mode() & 0o777;
    assert_eq!([&dkim, &tls, &secret].map(|key| mode(key)), [0o640, 0o640, 0o600]);
}

#[test]
fn a_certificate_without_a_name_is_a_warning() {
    let scratch = Scratch::new("cli-doctor-nameless");
    let (data, certificate, key) = (scratch.path("data"), scratch.path("cert.pem"), scratch.path("key.pem"));
    let pair = rcgen::KeyPair::generate().unwrap();
    fs::write(&certificate, rcgen::CertificateParams::new([]).unwrap().self_signed(&pair).unwrap().pem()).unwrap();
    fs::write(&key, pair.serialize_pem()).unwrap();
    let [data, certificate, key] = [&data, &certificate, &key].map(|path| path.to_str().unwrap());
    let shown = printed(
        &waypost(&[
            "doctor",
            "--data-dir",
            data,
            "--http",
            "127.0.0.1:0",
            "--smtp",
            "127.0.0.1:0",
            "--smarthost",
            "none",
            "--tls-cert",
            certificate,
            "--tls-key",
            key,
            "--hostname",
            "mx.example.com",
        ]),
        0,
    );
    let warning = "warning tls          the certificate names no host, so clients refuse it\n";
    let advice = format!("{:21}get one with a subjectAltName\n", "");
    assert!(shown.contains(&format!("{warning}{advice}")), "{shown}");
}

#[test]
fn a_certificate_of_an_unknown_ca_is_trusted_as_the_advice_says() {
    let scratch = Scratch::new("cli-doctor-unknown-ca");
    let data = scratch.path("data");
    let arguments = ["--tls-self-signed", "--https", "127.0.0.1:0"].map(str::to_owned).to_vec();
    let server = Server::start(&data, &Start { arguments, ..Start::default() });
    let listeners: Json = serde_json::from_slice(&fs::read(data.join("listeners.json")).unwrap()).unwrap();
    let url = format!("https://{}", listeners["https"].as_str().unwrap());
    let mut doctor = Command::new(WAYPOST);
    doctor.current_dir(scratch.path("")).args(["doctor", "--smarthost", "none"]);
    doctor.envs(server.environment()).env("WAYPOST_URL", &url).env_remove("WAYPOST_DATA_DIR");
    let shown = printed(&doctor.output().unwrap(), 1);
    let advice =
        "trust its certificate: SSL_CERT_FILE=FILE, for --tls-self-signed tls/cert.pem of its data directory\n";
    assert!(shown.starts_with(&format!("FAILED  server       the certificate of {url} is not trusted (")), "{shown}");
    assert!(shown.contains(&format!("{:21}{advice}", "")), "{shown}");
    let shown = printed(&doctor.env("SSL_CERT_FILE", data.join("tls/cert.pem")).output().unwrap(), 0);
    assert!(shown.starts_with(&format!("ok      server       {url} is ready\n")), "{shown}");
}
