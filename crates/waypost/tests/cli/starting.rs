//! What keeps a server from starting is told before it makes anything.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use super::harness::WAYPOST;
use super::harness::scratch::Scratch;
use super::waypost;

/// Standard error of a `serve` that does not start.
fn refused(arguments: &[&str]) -> String {
    let ran = waypost(&[&["serve", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0"], arguments].concat());
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{arguments:?}: {told}");
    told
}

#[test]
fn a_port_that_is_taken_is_told_before_a_data_directory_is_made() {
    let scratch = Scratch::new("cli-port");
    let data = scratch.path("data");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let more =
        ["serve", "--http", &port, "--smtp", &port, "--https", "127.0.0.1:0", "--data-dir", data.to_str().unwrap()];
    let ran = waypost(&more);
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(2), "{told}");
    for part in [format!("can't listen on {port} (--http): "), format!("can't listen on {port} (--smtp): ")] {
        assert!(told.contains(&part), "{part}: {told}");
    }
    assert!(told.contains("--https needs a certificate"), "all of it is told: {told}");
    assert!(!data.exists(), "nothing is made");
}

#[test]
fn an_option_that_names_nothing_is_refused_with_what_is_expected() {
    let scratch = Scratch::new("cli-options");
    let data = scratch.path("data");
    let data = data.to_str().unwrap();
    for (option, wrong, expected) in [
        ("--arc-sealer", "not a domain", "expected a domain, such as"),
        ("--arc-sealer", "[192.0.2.1]", "expected a domain, such as"),
        ("--trusted-authserv-id", "mx example", "expected a name without blanks"),
        ("--trusted-relay", "relay.example.com", "expected an address or a network, such as"),
        ("--trusted-proxy", "10.0.0.0/33", "expected an address or a network, such as"),
        ("--smtp-trusted-proxy", "nobody", "expected an address or a network, such as"),
        ("--smtp-trusted-xclient", "nobody", "expected an address or a network, such as"),
        ("--allow-private-targets", "all", "expected an address or a network, such as"),
        ("--trusted-network", "some", "expected an address or a network, such as"),
        ("--hostname", "not a host", "expected the name of a host, such as"),
        ("--dns", "dns.example", "expected an IP address and a port"),
        ("--https", "8443", "expected an IP address and a port"),
        ("--redact", "", "expected a name, found nothing"),
        ("--max-message-bytes", "0", "expected a number of bytes, at least 1024"),
        ("--smtp-data-seconds", "0", "expected a whole number of seconds, at least 1"),
        ("--smtp-session-seconds", "soon", "expected a whole number of seconds"),
        ("--drain-delay", "a", "expected a whole number of seconds"),
        ("--auth-timeout", "3", "expected a number with ms or s"),
        ("--mail-retry-for", "5", "expected a number with s, m, h or d"),
        ("--rspamd", "rspamd", "URL"),
        ("--scan-header", "X Spam", "expected the name of a header field"),
        ("--smarthost", "relay.example", "expected `smtp://` or `smtps://` at the beginning"),
        ("--smtp-connections", "many", "expected a whole number"),
        ("--ingress", "postmark", "expected PROVIDER=SECRET"),
        (
            "--public-url",
            "waypost",
            "there is no https:// at the beginning; expected an address such as https://waypost.example",
        ),
        ("--public-url", "http://waypost.example", "may begin with http://; expected an address such as"),
        (
            "--public-url",
            "https://waypost.example/console",
            "something after host and port; expected an address such as",
        ),
        ("--log", "loud=yes=no", "--log"),
        ("--log", "", "can't read --log: it is empty"),
        ("--log", "9", "`9` is neither a level nor a part"),
        ("--log", "info, waypost_apps=debug", "did you mean `waypost_app`?"),
        ("--dkim-keys", "/nowhere/at/all", "--dkim-keys"),
    ] {
        let told = refused(&["--data-dir", data, &format!("{option}={wrong}")]);
        assert!(told.contains(expected), "{option} {wrong}: {told}");
        assert!(!scratch.path("data").exists(), "{option}: nothing is made");
    }
}

#[test]
fn a_value_that_may_have_a_secret_in_it_is_not_shown() {
    let scratch = Scratch::new("cli-secrets");
    let data = scratch.path("data");
    let data = data.to_str().unwrap();
    for (option, secret) in [
        ("--smarthost", "smtp://care:hunter2@mail.example.com"),
        ("--smarthost", "care:hunter2@mail.example.com"),
        ("--ingress", "hunter2"),
        ("--ingress", "other=hunter2"),
        ("--rspamd", "ftp://x:hunter2@rspamd.example"),
        ("--public-url", "https://x:hunter2@waypost.example/console"),
        ("--oidc-issuer", "http://x:hunter2@login.example"),
        ("--smarthost-oauth-token-url", "http://x:hunter2@login.example/token"),
    ] {
        let told = refused(&["--data-dir", data, &format!("{option}={secret}")]);
        assert!(told.contains(option) && !told.contains("hunter2"), "{option}: {told}");
    }
    let told = refused(&["--data-dir", data, "--smarthost=smtp://care:hunter2@mail.example.com"]);
    assert!(told.contains("set it in WAYPOST_SMARTHOST_PASSWORD"), "{told}");
}

/// A certificate and the key of another, in PEM.
fn certificates(scratch: &Scratch) -> (String, String) {
    let made = |name: &str| {
        let pair = rcgen::KeyPair::generate().unwrap();
        let signed = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap().self_signed(&pair).unwrap();
        (signed.pem(), pair.serialize_pem())
    };
    let (certificate, key) = (scratch.path("cert.pem"), scratch.path("key.pem"));
    fs::write(&certificate, made("one.example").0).unwrap();
    fs::write(&key, made("two.example").1).unwrap();
    (certificate.to_str().unwrap().to_owned(), key.to_str().unwrap().to_owned())
}

#[test]
fn what_an_option_names_is_read_before_a_data_directory_is_made() {
    let scratch = Scratch::new("cli-unusable");
    let (certificate, others_key) = certificates(&scratch);
    let rubbish = scratch.path("rubbish");
    fs::write(&rubbish, "rubbish\n").unwrap();
    let (data, rubbish) = (scratch.path("data"), rubbish.to_str().unwrap());
    let tls = |certificate: &str, key: &str| [format!("--tls-cert={certificate}"), format!("--tls-key={key}")].to_vec();
    let database = || "--database=postgres://waypost@127.0.0.1:1/waypost".to_owned();
    type Case<'c> = (Vec<String>, Option<(&'c str, &'c str)>, &'c str);
    let cases: [Case<'_>; 10] = [
        (tls("missing.pem", &others_key), None, "can't use missing.pem for TLS"),
        (tls(rubbish, &others_key), None, "no certificate in it"),
        (tls(&certificate, rubbish), None, "no private key in it"),
        (tls(&certificate, &others_key), None, "it is not the key of"),
        (vec![], Some(("WAYPOST_BOOTSTRAP_CLIENT", "nobody")), "WAYPOST_BOOTSTRAP_CLIENT is not `id:secret`"),
        (vec![format!("--secret-key-file={rubbish}")], None, "can't use the secret key"),
        (vec!["--secret-key-file=nowhere/waypost.key".to_owned()], None, "there is no folder nowhere"),
        (vec![], Some(("OTEL_EXPORTER_OTLP_ENDPOINT", "no address")), "can't send traces"),
        (vec![database(), "--database-ca=missing.pem".to_owned()], None, "can't read missing.pem"),
        (vec![database()], None, "can't open the database"),
    ];
    for (arguments, environment, expected) in cases {
        let mut server = Command::new(WAYPOST);
        server.current_dir(scratch.path("")).args(["serve", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]);
        server.arg("--data-dir").arg(&data).args(&arguments).envs(environment);
        let ran = server.output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(2), "{arguments:?} {environment:?}: {told}");
        assert!(told.contains(expected), "{arguments:?} {environment:?}: {told}");
        assert!(!data.exists(), "{arguments:?} {environment:?}: nothing is made");
    }
}

#[test]
fn a_command_that_can_not_begin_makes_no_folder() {
    let scratch = Scratch::new("cli-no-folder");
    let (taken, folder) = (TcpListener::bind("127.0.0.1:0").unwrap(), scratch.path("folder"));
    let (port, name) = (taken.local_addr().unwrap().to_string(), folder.to_str().unwrap());
    let nobody = ["--url", "http://127.0.0.1:1", "--client-id", "a", "--client-secret", "b"];
    for arguments in [
        ["mail", "sink", "--listen", &port, "--dir", name].to_vec(),
        [&["correspondents", "export", "ann@example.org", "--out", name][..], &nobody].concat(),
        [&["export", name][..], &nobody].concat(),
    ] {
        let ran = waypost(&arguments);
        assert_eq!(ran.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
        assert!(!folder.exists(), "{arguments:?}: nothing is made");
    }
}
