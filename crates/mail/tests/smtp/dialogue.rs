//! Reads the files of `spec/smtp`; its README says what they mean.

use std::fs;
use std::path::PathBuf;

use waypost_mail::smtp::{BareLf, Settings};

use crate::tls;

/// One line of a dialogue.
#[derive(Debug)]
pub(crate) enum Line {
    Client(Vec<u8>),
    Server(String),
    Reply(String),
    Offered(String),
    NotOffered(String),
    Message(String),
    From(String),
    Handshake,
    Closed,
}

pub(crate) struct Dialogue {
    pub(crate) name: String,
    pub(crate) settings: Settings,
    /// Whether the connection begins with TLS.
    pub(crate) encrypted: bool,
    pub(crate) lines: Vec<Line>,
}

pub(crate) fn all() -> Vec<Dialogue> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../spec/smtp");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let mut dialogues = Vec::new();
    for path in &paths {
        let topic = path.file_stem().unwrap().to_str().unwrap();
        let text = fs::read_to_string(path).unwrap();
        for dialogue in text.split("\n== ").filter(|dialogue| !dialogue.trim().is_empty()) {
            let (name, text) = dialogue.trim_start_matches("== ").split_once('\n').unwrap();
            dialogues.push(read(format!("{topic}: {name}"), text));
        }
    }
    assert!(dialogues.len() >= 150, "dialogues are missing: {}", dialogues.len());
    dialogues
}

fn read(name: String, text: &str) -> Dialogue {
    let mut settings = Settings { hostname: "mx.example.org".to_owned(), ..Settings::default() };
    // The whole room is one client's.
    settings.trusted = ["127.0.0.1"].map(|address| address.parse().unwrap()).into_iter().collect();
    let mut encrypted = false;
    let mut lines = Vec::new();
    for line in text.lines().flat_map(spelled_out).filter(|line| !line.starts_with('#') && !line.is_empty()) {
        if let Some(setting) = line.strip_prefix("! ") {
            encrypted |= setting == "tls=first";
            set(&name, &mut settings, setting);
            continue;
        }
        let (kind, rest) = line.split_once(": ").unwrap_or((&line, ""));
        let rest = rest.to_owned();
        lines.push(match kind {
            "C" => Line::Client(sent(&rest)),
            "S" => Line::Server(rest),
            "R" => Line::Reply(rest),
            "O" => Line::Offered(rest),
            "N" => Line::NotOffered(rest),
            "M" => Line::Message(rest),
            "E" => Line::From(rest),
            "T" => Line::Handshake,
            "X" => Line::Closed,
            _ => panic!("{name}: what is this: {line}"),
        });
    }
    Dialogue { name, settings, encrypted, lines }
}

/// What a shorthand stands for; any other line is itself.
fn spelled_out(line: &str) -> Vec<String> {
    let greeting = ["S: 220 mx.example.org ESMTP ready"].as_slice();
    let ehlo = ["C: EHLO client.example", "R: 250 ENHANCEDSTATUSCODES"].as_slice();
    let mail = ["C: MAIL FROM:<a@sender.example>", "S: 250 2.1.0 *", "C: RCPT TO:<box@example.org>", "S: 250 2.1.5 *"];
    let data = ["C: DATA", "S: 354 *"].as_slice();
    let lines = match line {
        "> greeting" => greeting.to_vec(),
        "> ehlo" => ehlo.to_vec(),
        "> open" => [greeting, ehlo].concat(),
        "> mail" => mail.to_vec(),
        "> data" => [mail.as_slice(), data].concat(),
        "> quit" => vec!["C: QUIT", "S: 221 2.0.0 *", "X"],
        other => {
            let Some(number) = other.strip_prefix("> sent ") else { return vec![other.to_owned()] };
            let taken = format!("S: 250 2.0.0 taken as {number}");
            let message = r"M: a@sender.example -> box@example.org | x\r\n";
            return ["C: x", "C: .", &taken, message].map(str::to_owned).to_vec();
        }
    };
    lines.into_iter().map(str::to_owned).collect()
}

fn set(name: &str, settings: &mut Settings, setting: &str) {
    let (key, value) = setting.split_once('=').unwrap();
    let number = || value.parse::<usize>().unwrap();
    match key {
        "bare-lf" => {
            assert_eq!(value, "reject", "{name}: the other one is the default");
            settings.bare_lf = BareLf::Reject;
        }
        "tls" => settings.tls = Some(tls::server()),
        "proxy" => settings.proxies = [value.parse().unwrap()].into_iter().collect(),
        "xclient" => settings.xclients = [value.parse().unwrap()].into_iter().collect(),
        "size" => settings.max_message = number(),
        "recipients" => settings.max_recipients = number(),
        "errors" => settings.max_errors = u32::try_from(number()).unwrap(),
        "commands" => settings.max_commands = u32::try_from(number()).unwrap(),
        "buffered" => settings.max_buffered = number(),
        _ => panic!("{name}: unknown setting {key}"),
    }
}

fn sent(text: &str) -> Vec<u8> {
    let (text, times) = match text.rsplit_once("\\*") {
        Some((text, times)) if times.parse::<usize>().is_ok() => (text, times.parse().unwrap()),
        _ => (text, 1),
    };
    match text.strip_suffix("\\c") {
        Some(sent) => unescape(sent).repeat(times),
        None => [unescape(text).repeat(times), b"\r\n".to_vec()].concat(),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match bytes.next().unwrap() {
            b'r' => b'\r',
            b'n' => b'\n',
            b'0' => 0,
            b'x' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    out
}

/// Whether a line is as expected.
pub(crate) fn fits(expected: &str, line: &str) -> bool {
    match expected.strip_suffix('*') {
        Some(start) => line.starts_with(start),
        None => line == expected,
    }
}

/// What is said by the server, read by one line of a dialogue after the other.
#[derive(Default)]
pub(crate) struct Expectations {
    /// The last reply of several lines.
    reply: Vec<String>,
}

impl Expectations {
    /// Compares what a line expects with the lines that `next` gives.
    pub(crate) fn compare(&mut self, what: &str, expected: &Line, mut next: impl FnMut() -> Option<String>) {
        match expected {
            Line::Server(expected) => {
                let answer = next().unwrap_or_else(|| panic!("{what}: no answer, but expected {expected}"));
                assert!(fits(expected, &answer), "{what}: expected {expected}, got {answer}");
            }
            Line::Reply(expected) => {
                self.reply.clear();
                loop {
                    let line = next().unwrap_or_else(|| panic!("{what}: no answer, but expected {expected}"));
                    let last = line.as_bytes().get(3) != Some(&b'-');
                    self.reply.push(line.get(4..).unwrap_or_default().to_owned());
                    if last {
                        assert!(fits(expected, &line), "{what}: expected {expected}, got {line}");
                        return;
                    }
                }
            }
            Line::Offered(line) => assert!(self.has(line), "{what}: {line} is not offered: {:?}", self.reply),
            Line::NotOffered(line) => assert!(!self.has(line), "{what}: {line} is offered"),
            other => panic!("{what}: {other:?} is not about replies"),
        }
    }

    fn has(&self, expected: &str) -> bool {
        self.reply.iter().any(|line| fits(expected, line))
    }
}
