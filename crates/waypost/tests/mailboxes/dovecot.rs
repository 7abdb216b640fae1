//! A Dovecot of the test's own, and a small IMAP client that plays the people who use its mailboxes.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use waypost_scratch_postgres::Port;

use crate::harness::wait_for;

/// Nobody, whose the mail is.
const NOBODY: u32 = 65534;

/// The password of every user.
pub const PASSWORD: &str = "p\"a ss\\word";

/// The program, if this machine has it and lets it be started; otherwise none, with a word.
#[derive(Clone, Copy)]
pub struct Program(());

impl Program {
    pub fn find() -> Option<Self> {
        let found = Command::new("dovecot").arg("--version").stderr(Stdio::null()).output();
        let found = found.ok().filter(|output| output.status.success());
        waypost_test_needs::tool(found.ok_or("Dovecot is not installed"))?;
        let root = fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
        waypost_test_needs::allowed(root.then_some(Self(())).ok_or("Dovecot is only started by root"))
    }
}

/// A running Dovecot. It stops when this is dropped.
pub struct Dovecot {
    directory: TempDir,
    /// The port without TLS, and with STARTTLS.
    pub plain: u16,
    /// The port with TLS from the first byte.
    pub tls: u16,
    /// The ports for submission: with STARTTLS, and with TLS from the first byte. Nobody listens there unless it was started so.
    pub submission: [u16; 2],
    _ports: [Port; 4],
}

impl Dovecot {
    pub fn start(program: Program) -> Self {
        Self::start_with(program, None)
    }

    /// One with a submission server, which hands on to a server at this port; none if this machine has no such program.
    pub fn with_submission(program: Program, relay: u16) -> Option<Self> {
        let there = std::path::Path::new("/usr/lib/dovecot/submission").exists();
        waypost_test_needs::tool(there.then_some(()).ok_or("Dovecot's submission server is not installed"))?;
        Some(Self::start_with(program, Some(relay)))
    }

    fn start_with(_: Program, relay: Option<u16>) -> Self {
        // Its processes run as other users, who must be able to enter.
        let directory = tempfile::Builder::new().prefix("dovecot").tempdir().unwrap();
        let folder = directory.path();
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
        for part in ["run", "state", "mail"] {
            fs::create_dir(folder.join(part)).unwrap();
        }
        chown(folder.join("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        fs::write(folder.join("cert.pem"), certified.cert.pem()).unwrap();
        fs::write(folder.join("key.pem"), certified.signing_key.serialize_pem()).unwrap();
        let ports = [(); 4].map(|()| Port::keep().unwrap());
        let [plain, tls, starttls, smtps] = [0, 1, 2, 3].map(|number: usize| ports[number].address().port());
        let submission = [starttls, smtps];
        let more = relay.map_or(String::new(), |relay| {
            let [starttls, smtps] = submission.map(|port| port.to_string());
            let config = include_str!("submission.conf").replace("@RELAY@", &relay.to_string());
            config.replace("@STARTTLS@", &starttls).replace("@SMTPS@", &smtps)
        });
        let config = format!("{}{more}", include_str!("dovecot.conf"))
            .replace("@SUBMISSION@", if relay.is_some() { "submission" } else { "" })
            .replace("@DIR@", &folder.display().to_string())
            .replace("@PLAIN@", &plain.to_string())
            .replace("@TLS@", &tls.to_string());
        fs::write(folder.join("passwd"), format!("desk:{{PLAIN}}{PASSWORD}\n")).unwrap();
        fs::write(folder.join("dovecot.conf"), config).unwrap();
        let dovecot = Self { directory, plain, tls, submission, _ports: ports };
        // It goes on in the background, with whatever it was given to write to.
        let started = dovecot.command("dovecot").stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(started.success(), "{}", dovecot.log());
        wait_for("Dovecot", || TcpStream::connect(("127.0.0.1", plain)).ok());
        dovecot
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("-c").arg(self.directory.path().join("dovecot.conf"));
        command
    }

    /// The certificate that it shows.
    pub fn certificate(&self) -> PathBuf {
        self.directory.path().join("cert.pem")
    }

    /// Somebody who looks into the mailbox of `desk`.
    pub fn person(&self) -> Person {
        Person::log_in(self.plain)
    }

    /// Puts so many messages into INBOX, without a word of IMAP.
    pub fn fill(&self, messages: usize, message: impl Fn(usize) -> Vec<u8>) {
        let folder = self.directory.path().join("mail/desk/Maildir");
        for part in ["", "cur", "new", "tmp"] {
            fs::create_dir_all(folder.join(part)).unwrap();
        }
        for number in 0..messages {
            let file = folder.join(format!("cur/{}.{number}.filled:2,", 1_750_000_000 + number));
            fs::write(&file, message(number)).unwrap();
            chown(&file, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        for part in ["", "cur", "new", "tmp", ".."] {
            chown(folder.join(part), Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let _ = self.command("doveadm").arg("stop").stderr(Stdio::null()).status();
    }
}

/// Somebody with a mail program.
pub struct Person {
    stream: BufReader<TcpStream>,
    commands: u32,
}

impl Person {
    fn log_in(port: u16) -> Self {
        let mut person = Self { stream: BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap()), commands: 0 };
        person.line();
        let password = PASSWORD.replace('\\', "\\\\").replace('"', "\\\"");
        person.ask(&format!("LOGIN desk \"{password}\""));
        person
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert!(self.stream.read_line(&mut line).unwrap() > 0, "the server hung up");
        line
    }

    /// Gives a command, which must go well; answers the lines before its end.
    pub fn ask(&mut self, command: &str) -> Vec<String> {
        self.commands += 1;
        let tag = format!("t{}", self.commands);
        self.stream.get_mut().write_all(format!("{tag} {command}\r\n").as_bytes()).unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            if let Some(end) = line.strip_prefix(&format!("{tag} ")) {
                assert!(end.starts_with("OK"), "{command}: {end}");
                return lines;
            }
            if let Some(length) = line.trim_end().strip_suffix('}').and_then(|line| line.rsplit('{').next()) {
                let mut literal = vec![0; length.parse().unwrap()];
                self.stream.read_exact(&mut literal).unwrap();
            }
            lines.push(line);
        }
    }

    /// Puts a mail into a folder.
    pub fn put(&mut self, folder: &str, raw: &[u8]) {
        self.put_as(folder, "", raw);
    }

    /// The same with flags and a time, as `(\Seen) "01-Nov-2026 10:00:00 +0000"`.
    pub fn put_as(&mut self, folder: &str, how: &str, raw: &[u8]) {
        self.commands += 1;
        let head = format!("t{} APPEND \"{folder}\" {how} {{{}}}\r\n", self.commands, raw.len());
        self.stream.get_mut().write_all(head.as_bytes()).unwrap();
        assert!(self.line().starts_with('+'));
        self.stream.get_mut().write_all(&[raw, b"\r\n"].concat()).unwrap();
        loop {
            let line = self.line();
            if line.starts_with('t') {
                return assert!(line.contains(" OK"), "{line}");
            }
        }
    }

    /// How many messages in a folder fit a criterion.
    pub fn count(&mut self, folder: &str, criterion: &str) -> usize {
        self.ask(&format!("SELECT \"{folder}\""));
        let lines = self.ask(&format!("SEARCH {criterion}"));
        let found = lines.iter().find_map(|line| line.strip_prefix("* SEARCH")).unwrap_or_default();
        found.split_ascii_whitespace().count()
    }
}
