//! A Postfix of the test's own: a smarthost that delivers into a maildir, and a relay for mail to the desk.

#![allow(unreachable_pub, reason = "a module of one test")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Nobody, whose the maildir is.
const NOBODY: u32 = 65534;

/// The program, if this machine has it and lets it be started; otherwise none, with a word.
#[derive(Clone, Copy)]
pub struct Program(());

impl Program {
    pub fn find() -> Option<Self> {
        let found = Command::new("postconf").args(["-d", "mail_version"]).stderr(Stdio::null()).output();
        let found = found.ok().filter(|output| output.status.success());
        waypost_test_needs::tool(found.ok_or("Postfix is not installed"))?;
        let root = fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
        waypost_test_needs::allowed(root.then_some(Self(())).ok_or("Postfix is only started by root"))
    }
}

/// A running Postfix. It stops when this is dropped.
pub struct Postfix {
    directory: TempDir,
}

/// A mail in the maildir.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its lines, which end with LF.
    pub text: Vec<u8>,
}

impl Postfix {
    /// Starts it: it listens at `port`, relays mail for `desk.example` to the port `desk`, and for `gone.example` to the port `gone`.
    pub fn start(_: Program, port: u16, desk: &str, gone: &str) -> Self {
        // Its daemons run as other users, who must be able to enter.
        let directory = tempfile::Builder::new().prefix("postfix").tempdir().unwrap();
        let folder = directory.path();
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        for part in ["etc", "spool", "data", "mail"] {
            fs::create_dir(folder.join(part)).unwrap();
        }
        chown(folder.join("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        run(Command::new("chown").arg("postfix").arg(folder.join("data")));
        let place = folder.display().to_string();
        let port_of = |address: &str| address.rsplit(':').next().unwrap().to_owned();
        let main = include_str!("main.cf").replace("@DIR@", &place).replace("@DESK@", &port_of(desk));
        fs::write(folder.join("etc/main.cf"), main.replace("@GONE@", &port_of(gone))).unwrap();
        let master = include_str!("master.cf").replace("@PORT@", &port.to_string());
        fs::write(folder.join("etc/master.cf"), master).unwrap();
        let postfix = Self { directory };
        postfix.control("start");
        postfix
    }

    fn control(&self, command: &str) {
        run(Command::new("postfix").arg("-c").arg(self.directory.path().join("etc")).arg(command));
    }

    /// What was delivered so far.
    pub fn received(&self) -> Vec<Received> {
        let Ok(files) = fs::read_dir(self.directory.path().join("mail/all/new")) else { return Vec::new() };
        files.map(|file| Received { text: fs::read(file.unwrap().path()).unwrap() }).collect()
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        self.control("stop");
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Received {
    /// Header fields in their order: names in lower case, values unfolded.
    pub fn fields(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.text).into_owned();
        let header = text.split("\n\n").next().unwrap().replace("\n ", " ").replace("\n\t", " ");
        let field = |line: &str| {
            let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no field: {line}"));
            (name.to_lowercase(), value.trim().to_owned())
        };
        header.lines().map(field).collect()
    }

    /// The first field of a name.
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields().into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }
}
