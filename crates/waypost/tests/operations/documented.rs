//! What docs/operate.md and packaging say, as they say it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};

use super::OPERATE;
use super::harness::scratch::Scratch;
use super::harness::{Server, Start, WAYPOST};

const UNIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/waypost.service");
/// The file that the package installs.
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/waypost.toml");

/// The blocks of a language in the page.
fn blocks(language: &str) -> Vec<String> {
    let page = fs::read_to_string(OPERATE).unwrap();
    let begin = format!("```{language}\n");
    let parts = page.split(&begin).skip(1);
    parts.map(|part| part.split("```").next().unwrap().to_owned()).collect()
}

/// The value of a key of a unit, which stands there once.
fn of_unit(unit: &str, key: &str) -> String {
    let mut lines = unit.lines().filter_map(|line| line.strip_prefix(&format!("{key}=")));
    let (value, more) = (lines.next().unwrap_or_else(|| panic!("no {key}")), lines.next());
    assert!(more.is_none(), "{key} stands twice");
    value.to_owned()
}

#[test]
fn the_unit_and_the_files_are_of_one_server() {
    let unit = fs::read_to_string(UNIT).unwrap();
    let start = of_unit(&unit, "ExecStart");
    let path = start.strip_prefix("/usr/bin/waypost serve --config ").expect("the unit names the file");
    let state = format!("data-dir = \"/var/lib/{}\"", of_unit(&unit, "StateDirectory"));
    let documented = blocks("toml").swap_remove(0);
    assert_eq!(documented.lines().next().unwrap(), format!("# {path}"), "the file is where the unit reads it");
    for file in [documented, fs::read_to_string(INSTALLED).unwrap()] {
        assert!(file.lines().any(|line| line == state), "{file}");
    }
}

#[test]
fn a_server_starts_with_each_documented_file() {
    let scratch = Scratch::new("operate-documented");
    let mut files = blocks("toml");
    assert!(files.len() >= 3, "{files:?}");
    files.push(fs::read_to_string(INSTALLED).unwrap());
    for (index, text) in files.iter().enumerate() {
        let file = scratch.path(&format!("{index}.toml"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let arguments = vec!["--config".to_owned(), file.to_str().unwrap().to_owned()];
        let mut server =
            Server::start(&scratch.path(&format!("data{index}")), &Start { arguments, ..Start::default() });
        if text.lines().any(|line| line == "hostname = \"mx.example.com\"") {
            let mut greeting = String::new();
            BufReader::new(TcpStream::connect(&server.smtp).unwrap()).read_line(&mut greeting).unwrap();
            assert!(greeting.contains("mx.example.com"), "{greeting}");
            assert!(server.log().lines().all(|line| line.starts_with('{')), "{}", server.log());
        }
        server.stop();
    }
}

/// The command line as the page has it: by the data directory alone.
fn ledger(data_dir: &Path) -> Output {
    Command::new(WAYPOST).args(["ledger", "--data-dir"]).arg(data_dir).output().unwrap()
}

#[test]
fn a_restored_server_answers_the_command_line() {
    let scratch = Scratch::new("operate-restore");
    let copy = scratch.path("copy");
    // As people start it: the first start makes the admin client.
    let plain = |data: &Path| {
        let wrapper = ["env", "-u", "WAYPOST_BOOTSTRAP_CLIENT"].map(Into::into).to_vec();
        Server::start(data, &Start { wrapper, ..Start::default() })
    };
    let answers = |data: &Path| {
        let output = ledger(data);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let fresh = scratch.path("fresh");
    let mut server = plain(&fresh);
    answers(&fresh);
    server.stop();

    // Into an empty directory.
    fs::create_dir_all(&copy).unwrap();
    for name in ["waypost.db", "waypost.key", "admin-client.json"] {
        fs::copy(fresh.join(name), copy.join(name)).unwrap();
    }
    let mut server = plain(&copy);
    answers(&copy);
    server.stop();

    // Into the old one, which has gone on meanwhile.
    let mut server = plain(&fresh);
    let made = Command::new(WAYPOST).args(["domains", "create", "later.example", "--data-dir"]).arg(&fresh).output();
    assert!(made.unwrap().status.success());
    server.stop();
    for name in ["waypost.state", "waypost.db-wal", "waypost.db-shm"] {
        let _ = fs::remove_file(fresh.join(name));
    }
    fs::copy(copy.join("waypost.db"), fresh.join("waypost.db")).unwrap();
    let mut server = plain(&fresh);
    answers(&fresh);
    server.stop();

    // Over one whose server was killed, with a backup and the log still there: it is said, not applied.
    let mut server = plain(&fresh);
    let backup = scratch.path("backup.db");
    let backed_up = Command::new(WAYPOST).args(["backup", "--data-dir"]).arg(&fresh).arg(&backup).output().unwrap();
    assert!(backed_up.status.success());
    let made = Command::new(WAYPOST).args(["domains", "create", "last.example", "--data-dir"]).arg(&fresh).output();
    assert!(made.unwrap().status.success());
    server.kill();
    fs::copy(&backup, fresh.join("waypost.db")).unwrap();
    let start = ["serve", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--smarthost", "none", "--data-dir"];
    let refused = Command::new(WAYPOST).args(start).arg(&fresh).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("also remove `waypost.db-wal`, `waypost.db-shm` and `waypost.state`"), "{said}");
    for name in ["waypost.state", "waypost.db-wal", "waypost.db-shm"] {
        fs::remove_file(fresh.join(name)).unwrap();
    }
    let mut server = plain(&fresh);
    answers(&fresh);
    server.stop();

    // Without the admin client's file: another client.
    fs::remove_file(copy.join("admin-client.json")).unwrap();
    let mut server = Server::start(&copy, &Start::default());
    assert!(server.cli(&["ledger"]).status.success());
    server.stop();
}
