//! Where a session plays: a folder, a server and what it talks to, and commands that run there.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use super::harness::imap::{How, Scripted};
use super::harness::scratch::Scratch;
use super::harness::service::{Reply, Service};
use super::harness::{Server, Start, WAYPOST, wait_for};
use super::masks::Masks;

/// The stage of one session.
pub(super) struct Stage {
    scratch: Scratch,
    masks: Masks,
    server: Option<Server>,
    endpoint: Option<Service>,
    /// What the endpoint is to answer: statuses and bodies.
    answers: Arc<Mutex<VecDeque<(String, String)>>>,
    mailbox: Option<Scripted>,
    begun: Vec<Running>,
    /// The next command is run until it prints this.
    until: Option<String>,
    /// Commands so far.
    count: usize,
}

/// A command that runs.
struct Running {
    command: String,
    child: Child,
    out: PathBuf,
    err: PathBuf,
    /// Lines of stderr that were printed already.
    told: usize,
}

impl Default for Stage {
    fn default() -> Self {
        let scratch = Scratch::new("cli-scripts");
        let masks = Masks::new(scratch.path("here").to_str().unwrap());
        fs::create_dir(scratch.path("here")).unwrap();
        fs::create_dir(scratch.path("printed")).unwrap();
        let (answers, begun) = (Arc::default(), Vec::new());
        Self { scratch, masks, server: None, endpoint: None, answers, mailbox: None, begun, until: None, count: 0 }
    }
}

impl Stage {
    fn file(&self, name: &str) -> PathBuf {
        self.scratch.path("here").join(name)
    }

    /// Writes a file of the session.
    pub(super) fn put(&mut self, name: &str, text: &str) {
        self.masks.keep(text);
        let path = self.file(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.masks.meant(text)).unwrap();
    }

    /// Runs a command to its end; answers how it ended and what it printed.
    pub(super) fn run(&mut self, command: &str) -> String {
        if let Some(name) = command.strip_prefix("show ") {
            let text = fs::read(self.file(&self.masks.meant(name))).unwrap();
            return self.indented(" ", &String::from_utf8_lossy(&text));
        }
        let Some(text) = self.until.take() else {
            let ended = self.start(command).end();
            return self.printed(&ended);
        };
        let ended = wait_for(&text, || {
            let ended = self.start(command).end();
            (ended.out.contains(&text) || ended.err.contains(&text)).then_some(ended)
        });
        self.printed(&ended)
    }

    /// Begins a command, and waits until it has said on stderr that it is ready: with its first line, or one with the text of `until`.
    pub(super) fn begin(&mut self, command: &str) -> String {
        let text = self.until.take().unwrap_or_default();
        let mut running = self.start(command);
        let ready = wait_for(&format!("`{text}` of `{command}`"), || {
            let err = fs::read_to_string(&running.err).unwrap();
            let lines: Vec<&str> = err.split_inclusive('\n').filter(|line| line.ends_with('\n')).collect();
            let last = lines.iter().position(|line| line.contains(&text))?;
            Some(lines.get(..=last)?.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
        });
        running.told = ready.len();
        self.begun.push(running);
        self.indented("!", &ready.concat())
    }

    /// Does what a line that begins with `%` says.
    pub(super) fn direct(&mut self, direction: &str) -> String {
        let (word, rest) = direction.split_once(' ').unwrap_or((direction, ""));
        match word {
            "serve" => self.serve(rest),
            "stop" if rest == "server" => {
                self.server.take().unwrap().stop();
                String::new()
            }
            "stop" | "await" => {
                let at = self.begun.iter().position(|one| one.command == rest).unwrap();
                let running = self.begun.remove(at);
                if word == "stop" {
                    running.terminate();
                }
                let ended = running.end();
                self.printed(&ended)
            }
            "until" => {
                self.until = Some(rest.to_owned());
                String::new()
            }
            "imap" => self.imap(rest),
            "answer" => self.answer(rest),
            _ => panic!("`% {direction}` is no direction"),
        }
    }

    /// Starts the session's server, whose data is in the folder `data`.
    fn serve(&mut self, arguments: &str) -> String {
        assert!(self.server.is_none(), "there is a server already");
        let mut start = Start::unlimited();
        start.arguments.extend(words(&self.masks.meant(arguments)));
        start.environment.push(("WAYPOST_MAILBOX_POLL", "1s".into()));
        let server = Server::start(&self.file("data"), &start);
        let told = format!("HTTP {}, SMTP {}", server.http, server.smtp);
        self.server = Some(server);
        self.indented(" ", &told)
    }

    /// Starts an IMAP server that has these mails; of one whose name begins with `broken`, nothing can be fetched.
    /// Every password lets in, and the access token `token`.
    fn imap(&mut self, mails: &str) -> String {
        let server = Scripted::start();
        server.state().tokens.push("token".to_owned());
        for (uid, name) in (1..).zip(words(mails)) {
            let raw = fs::read_to_string(self.file(&name)).unwrap().replace('\n', "\r\n");
            let how = if name.starts_with("broken") { How::Nil } else { How::Well };
            server.put(uid, raw.as_bytes(), how);
        }
        let told = format!("IMAP 127.0.0.1:{}", server.port);
        self.mailbox = Some(server);
        self.indented(" ", &told)
    }

    /// Gives the session's HTTP endpoint its next answer, a status and a body; with none left, it answers 404.
    fn answer(&mut self, answer: &str) -> String {
        let (status, body) = answer.split_once(' ').unwrap_or((answer, ""));
        self.answers.lock().unwrap().push_back((status.to_owned(), body.to_owned()));
        if self.endpoint.is_some() {
            return String::new();
        }
        let answers = Arc::clone(&self.answers);
        let service = Service::start(move |_| {
            let (status, body) = answers.lock().unwrap().pop_front().unwrap_or(("404".to_owned(), String::new()));
            let head = match status.as_str() {
                "200" => "200 OK\r\nContent-Type: application/json",
                "400" => "400 Bad Request\r\nContent-Type: application/json",
                "404" => "404 Not Found",
                other => panic!("the endpoint has no answer {other}"),
            };
            Reply::Answer(head, body)
        });
        let told = format!("HTTP {}", service.address);
        self.endpoint = Some(service);
        self.indented(" ", &told)
    }

    /// Starts a command: words, before them variables of the environment, after them where stdin and stdout go.
    fn start(&mut self, command: &str) -> Running {
        self.count += 1;
        let mut words = words(&self.masks.meant(command)).into_iter().peekable();
        let mut process = Command::new(WAYPOST);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("WAYPOST_") || name.to_string_lossy().starts_with("GENESYS_") {
                process.env_remove(name);
            }
        }
        process.env_remove("GITHUB_ACTIONS");
        if let Some(server) = &self.server {
            process.envs(server.environment());
        }
        while let Some(set) = words.next_if(|word| word.contains('=')) {
            let (name, value) = set.split_once('=').unwrap();
            process.env(name, value);
        }
        assert_eq!(words.next().as_deref(), Some("waypost"), "{command}");
        let printed = |what: &str| self.scratch.path("printed").join(format!("{}.{what}", self.count));
        let (mut out, err) = (printed("out"), printed("err"));
        let mut stdin = Stdio::null();
        while let Some(word) = words.next() {
            match word.as_str() {
                ">" => out = self.file(&words.next().unwrap()),
                "<" => stdin = File::open(self.file(&words.next().unwrap())).unwrap().into(),
                _ => {
                    process.arg(word);
                }
            }
        }
        let file = |path: &PathBuf| File::create(path).unwrap();
        process.current_dir(self.scratch.path("here")).stdin(stdin).stdout(file(&out)).stderr(file(&err));
        let is_kept = out.starts_with(self.scratch.path("here"));
        let child = process.spawn().unwrap();
        let out = if is_kept { printed("none") } else { out };
        Running { command: command.to_owned(), child, out, err, told: 0 }
    }

    /// How a command ended, and what it printed.
    fn printed(&mut self, ended: &Ended) -> String {
        let code = ended.status.code().map_or("by a signal".to_owned(), |code| code.to_string());
        format!("exit {code}\n{}{}", self.indented("|", &ended.out), self.indented("!", &ended.err))
    }

    fn indented(&mut self, margin: &str, text: &str) -> String {
        let mut out = String::new();
        for line in self.masks.masked(text).lines() {
            writeln!(out, "{}", format!("{margin} {line}").trim_end()).unwrap();
        }
        out
    }
}

/// A command that ended.
struct Ended {
    status: ExitStatus,
    out: String,
    err: String,
}

impl Running {
    /// Waits for its end.
    fn end(mut self) -> Ended {
        let status = wait_for(&self.command, || self.child.try_wait().unwrap());
        let read = |path: &PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
        let err = read(&self.err).split_inclusive('\n').skip(self.told).collect();
        Ended { status, out: read(&self.out), err }
    }

    /// Asks it to end.
    fn terminate(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success(), "`{}` had ended", self.command);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Words of a command line; what is in quotes belongs to one.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, ' ') if begun => {
                words.push(std::mem::take(&mut word));
                begun = false;
            }
            (None, ' ') => {}
            (_, c) => {
                word.push(c);
                begun = true;
            }
        }
    }
    words.extend(begun.then_some(word));
    words
}
