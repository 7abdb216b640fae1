//! Which server a command talks to, and what it says where there is none, or another.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use super::harness::scratch::Scratch;
use super::harness::{Server, Start, WAYPOST};
use super::printed;

/// A command in a folder, with what the environment says of servers.
fn run(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(WAYPOST).args(arguments).envs(environment.iter().copied()).current_dir(folder).output().unwrap()
}

fn refused(output: &Output) -> String {
    printed(output, 2);
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server as people start it: the first start makes the admin client's file.
fn plain(data: &Path, arguments: &[&str]) -> Server {
    let wrapper = ["env", "-u", "WAYPOST_BOOTSTRAP_CLIENT"].map(Into::into).to_vec();
    let arguments = arguments.iter().map(|&one| one.to_owned()).collect();
    Server::start(data, &Start { wrapper, arguments, ..Start::default() })
}

#[test]
fn no_secret_goes_to_the_port_of_a_server_that_was_killed() {
    let scratch = Scratch::new("cli-stale");
    let data = scratch.path("waypost-data");
    let mut server = plain(&data, &[]);
    let here = scratch.path(".");
    let list = || run(&here, &["queues", "list", "--data-dir", "waypost-data"], &[]);
    printed(&list(), 0);
    let asked = refused(&run(&here, &["queues", "list"], &[]));
    assert!(asked.contains("which server?") && asked.contains("; one runs here: --data-dir ./waypost-data"), "{asked}");
    let asked = refused(&run(&here, &["mail", "send", "a.eml"], &[]));
    assert!(asked.contains("which server?") && asked.contains("; one runs here: --data-dir ./waypost-data"), "{asked}");
    let second = refused(&run(&here, &["serve", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0"], &[]));
    assert!(second.contains("is in use by process "), "{second}");
    let (http, smtp) = (server.http.clone(), server.smtp.clone());
    server.kill();

    let listeners = [http, smtp].map(|address| TcpListener::bind(address).unwrap());
    let _ = fs::write(scratch.path("a.eml"), "From: a@b.example\r\nTo: c@d.example\r\n\r\nx\r\n");
    for arguments in [&["queues", "list"][..], &["console", "link"], &["mail", "send", "a.eml"]] {
        let said = refused(&run(&here, &[arguments, &["--data-dir", "waypost-data"]].concat(), &[]));
        assert!(
            said.contains("no server runs on waypost-data: start one with `waypost serve"),
            "{arguments:?}: {said}"
        );
    }
    let asked = refused(&run(&here, &["queues", "list"], &[]));
    assert!(asked.contains("which server?") && !asked.contains("one runs here"), "{asked}");
    for listener in listeners {
        listener.set_nonblocking(true).unwrap();
        // What connected to look whether the port is taken said nothing.
        while let Ok((mut connection, _)) = listener.accept() {
            connection.set_nonblocking(false).unwrap();
            connection.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
            let mut sent = Vec::new();
            let _ = connection.read_to_end(&mut sent);
            assert!(sent.is_empty(), "{}", String::from_utf8_lossy(&sent));
        }
    }
}

#[test]
fn what_is_missing_of_server_and_client_is_named() {
    let scratch = Scratch::new("cli-which");
    let data = scratch.path("data");
    let server = plain(&data, &[]);
    let here = scratch.path(".");
    let by_directory = [("WAYPOST_DATA_DIR", "data")];
    let said = refused(&run(&here, &["queues", "list", "--client-secret", "wrong"], &by_directory));
    assert!(said.contains("also set WAYPOST_CLIENT_ID or --client-id"), "{said}");
    let said = refused(&run(&here, &["queues", "list", "--client-id", "admin"], &by_directory));
    assert!(said.contains("also set WAYPOST_CLIENT_SECRET or --client-secret"), "{said}");
    fs::remove_file(data.join("admin-client.json")).unwrap();
    let said = refused(&run(&here, &["queues", "list"], &by_directory));
    assert!(said.contains("start the server once with WAYPOST_BOOTSTRAP_CLIENT=ID:SECRET"), "{said}");
    drop(server);
}

#[test]
fn an_answer_in_another_protocol_or_with_a_foreign_certificate_says_what_to_do() {
    let scratch = Scratch::new("cli-protocols");
    let data = scratch.path("data");
    let _server = plain(&data, &["--https", "127.0.0.1:0", "--tls-self-signed"]);
    let told: serde_json::Value = serde_json::from_slice(&fs::read(data.join("listeners.json")).unwrap()).unwrap();
    let address = |name: &str| told[name].as_str().unwrap();
    let admin: serde_json::Value = serde_json::from_slice(&fs::read(data.join("admin-client.json")).unwrap()).unwrap();
    let [id, secret] = ["clientId", "clientSecret"].map(|name| admin[name].as_str().unwrap());
    let list = |url: &str, environment: &[(&str, &str)]| {
        let given = [("WAYPOST_URL", url), ("WAYPOST_CLIENT_ID", id), ("WAYPOST_CLIENT_SECRET", secret)];
        run(&scratch.path("."), &["queues", "list"], &[&given[..], environment].concat())
    };
    for (url, expected) in [
        (format!("http://{}", address("smtp")), "does not speak HTTP"),
        (format!("http://{}", address("https")), "use https://"),
        (format!("https://{}", address("http")), "does not speak TLS"),
        (format!("https://{}", address("https")), "is not trusted"),
    ] {
        let said = refused(&list(&url, &[]));
        assert!(said.contains(expected) && said.contains(&url), "{url}: {said}");
    }
    let trusted = data.join("tls/cert.pem");
    let url = format!("https://{}", address("https"));
    printed(&list(&url, &[("SSL_CERT_FILE", trusted.to_str().unwrap())]), 0);
}

#[test]
fn files_that_are_no_pair_are_told_as_what_they_are() {
    let scratch = Scratch::new("cli-pair");
    let (one, other) = (scratch.path("one"), scratch.path("other"));
    for data in [&one, &other] {
        let mut server = plain(data, &["--tls-self-signed"]);
        server.stop();
    }
    let rubbish = scratch.path("rubbish.pem");
    fs::write(&rubbish, "no PEM").unwrap();
    let (certificate, key) = (one.join("tls/cert.pem"), one.join("tls/key.pem"));
    for (certificate, key, expected) in [
        (&certificate, &other.join("tls/key.pem"), "it is not the key of "),
        (&key, &certificate, "no certificate in it: expected `-----BEGIN CERTIFICATE-----`"),
        (&rubbish, &key, "no certificate in it"),
        (&certificate, &rubbish, "no private key in it: expected `-----BEGIN PRIVATE KEY-----`"),
    ] {
        let serve = ["serve", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data-dir", "new"];
        let pair = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        let environment = [("WAYPOST_SMARTHOST", "none"), ("WAYPOST_MAIL_AUTH", "off")];
        let said = refused(&run(&scratch.path("."), &[&serve[..], &pair].concat(), &environment));
        assert!(said.contains(expected), "{said}");
    }
}
