//! One page's commands, run by one shell in a fresh directory.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use waypost_scratch_postgres::Port;

use super::harness::peers::Peers;
use super::harness::scratch::Scratch;
use super::harness::{CLIENT, Server, Start, WAYPOST};
use super::page::{Block, Page};
use super::{installed, root};

/// Ports that pages name. Free ones take their places.
const PORTS: [&str; 4] = ["8080", "8443", "2525", "2526"];

/// Runs before a page's commands: a failing command ends the page and is named, and what serves goes on in the background.
const PRELUDE: &str = include_str!("prelude.sh");

/// Runs a page's commands; answers how many blocks there were, or what went wrong.
pub(crate) fn run(page: &Page) -> Result<usize, String> {
    let peers = if page.needs_python { Peers::find() } else { None };
    if page.needs_python && peers.is_none() {
        return Ok(0);
    }
    let scratch = Scratch::new("docs");
    let folder = scratch.path("here");
    fs::create_dir(&folder).unwrap();
    prepare(&folder);
    for name in &page.given {
        fs::write(folder.join(name), "a secret of the tests alone").unwrap();
    }
    let server = page.server.as_ref().map(|example| server(&scratch.path("data"), &folder, example));
    let script = scratch.path("page.sh");
    let (blocks, _ports) = write(page, &folder, &script);

    let mut path = format!("{}:{}", scratch.path("here/bin").display(), std::env::var("PATH").unwrap());
    if let Some(peers) = &peers {
        path = format!("{}:{path}", peers.python("").display());
    }
    let mut command = Command::new("bash");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("WAYPOST_") {
            command.env_remove(name);
        }
    }
    command.arg(&script).current_dir(&folder).env("PATH", path).stdin(Stdio::null());
    command.env("OUT", scratch.path("out")).env("WAYPOST_SMARTHOST", "none").env_remove("GITHUB_ACTIONS");
    if let Some(server) = &server {
        command.env("WAYPOST_URL", format!("http://{}", server.http)).env("WAYPOST_SMTP", &server.smtp);
        command.env("WAYPOST_CLIENT_ID", CLIENT.0).env("WAYPOST_CLIENT_SECRET", CLIENT.1);
    }
    fs::create_dir(scratch.path("out")).unwrap();
    let ran = command.output().unwrap();
    if !ran.status.success() {
        let said = String::from_utf8_lossy(&ran.stderr);
        return Err(format!("{}: {}", page.name, said.trim_end()));
    }
    for (printed, before) in compared(page) {
        let out = fs::read_to_string(scratch.path(&format!("out/{before}"))).unwrap_or_default();
        if let Some(line) = not_printed(&printed.text, &out) {
            return Err(format!("{}:{}: nothing printed `{line}`, but:\n{out}", page.name, printed.line));
        }
    }
    Ok(blocks)
}

/// What a checkout has, as far as pages use it, with the binary where a build puts it. Building is not what is tested here: `cargo` and the
/// set-up do nothing.
fn prepare(folder: &Path) {
    for name in ["examples", "Makefile", "clients"] {
        let copied = Command::new("cp").arg("-r").arg(root().join(name)).arg(folder).output().unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    }
    for name in ["bin", "scripts", "target/quick"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    for name in ["scripts/run", "scripts/compile"] {
        installed(&root().join(name), &folder.join(name));
    }
    fs::write(folder.join("nothing"), "#!/bin/sh\n").unwrap();
    for name in ["bin/cargo", "scripts/setup", "scripts/setup-console"] {
        installed(&folder.join("nothing"), &folder.join(name));
    }
    fs::remove_file(folder.join("nothing")).unwrap();
    for name in ["bin/waypost", "target/quick/waypost"] {
        symlink(WAYPOST, folder.join(name)).unwrap();
    }
}

/// A server that a page starts from, with an example on it if the page says so.
fn server(data: &Path, folder: &Path, example: &str) -> Server {
    let server = Server::start(data, &Start::default());
    if !example.is_empty() {
        let example = folder.join(example).display().to_string();
        for arguments in [vec!["apply", &example], vec!["mail", "send", &format!("{example}/mails")]] {
            let done = server.cli(&arguments);
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        }
    }
    server
}

/// Writes the script: the prelude, then each block with its output in a file of its own. Answers how many blocks it has, and the ports of
/// its servers.
fn write(page: &Page, folder: &Path, script: &Path) -> (usize, Vec<Port>) {
    let kept: Vec<Port> = PORTS.iter().map(|_| Port::keep().unwrap()).collect();
    let ports: Vec<String> = kept.iter().map(|port| port.address().port().to_string()).collect();
    let on_free_ports = |text: &str| {
        let replaced =
            |text: String, (named, free): (&&str, &String)| text.replace(&format!(":{named}"), &format!(":{free}"));
        PORTS.iter().zip(&ports).fold(text.to_owned(), replaced)
    };
    let mut text = PRELUDE.to_owned();
    writeln!(text, "export WAYPOST_HTTP=127.0.0.1:{} WAYPOST_SMTP_LISTEN=127.0.0.1:{}", ports[0], ports[2]).unwrap();
    let mut blocks = 0;
    for (number, block) in page.blocks.iter().enumerate() {
        if let Some(path) = block.noted("file") {
            let path = folder.join(path);
            let kept = folder.join(format!(".block-{number}"));
            fs::write(&kept, on_free_ports(&block.text)).unwrap();
            writeln!(text, "mkdir -p '{}'", path.parent().unwrap().display()).unwrap();
            writeln!(text, "cp '{}' '{}'", kept.display(), path.display()).unwrap();
        } else if block.is_run() {
            blocks += 1;
            writeln!(text, "block {} $OUT/{number}", block.line).unwrap();
            for line in on_free_ports(&block.text).lines() {
                match line.rsplit_once("# exits with ") {
                    Some((line, code)) => {
                        let code: String = code.chars().take_while(char::is_ascii_digit).collect();
                        writeln!(text, "expect {code}\n{line}\nexpected").unwrap();
                    }
                    None => writeln!(text, "{line}").unwrap(),
                }
            }
        }
    }
    text.push_str("block the_end /dev/null\n");
    fs::write(script, text).unwrap();
    (blocks, kept)
}

/// Blocks that show what was printed, with the number of the command block before them.
fn compared(page: &Page) -> Vec<(&Block, usize)> {
    let mut before = 0;
    let mut found = Vec::new();
    for (number, block) in page.blocks.iter().enumerate() {
        if block.is_run() {
            before = number;
        } else if block.noted("printed").is_some() {
            found.push((block, before));
        }
    }
    found
}

/// The first of these lines that was not printed after those before it.
fn not_printed<'t>(expected: &'t str, out: &str) -> Option<&'t str> {
    let mut printed = out.lines();
    expected
        .lines()
        .filter(|line| !line.trim().is_empty() && line.trim() != "…")
        .find(|line| !printed.any(|found| fits(line, found)))
}

/// Whether a line is as expected, where `…` is any text and runs of spaces count as one.
fn fits(expected: &str, found: &str) -> bool {
    let bare = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let (expected, found) = (bare(expected), bare(found));
    let mut parts = expected.split('…');
    let Some(mut rest) = parts.next().and_then(|first| found.strip_prefix(first)) else { return false };
    let mut open = false;
    for part in parts {
        open = part.is_empty();
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    open || rest.is_empty()
}
