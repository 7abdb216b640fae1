//! Reads the files of `tests/dialogues`; its README says what they mean.

use std::fs;
use std::path::PathBuf;

use waypost_mail::smtp::{BareLf, Settings};

/// One line of a dialogue.
#[derive(Debug)]
pub(crate) enum Line {
    Client(Vec<u8>),
    Server(String),
    Message(String),
    Closed,
}

pub(crate) struct Dialogue {
    pub(crate) name: String,
    pub(crate) settings: Settings,
    pub(crate) lines: Vec<Line>,
}

pub(crate) fn all() -> Vec<Dialogue> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/dialogues");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    assert!(paths.len() > 30, "dialogues are missing");
    paths
        .iter()
        .map(|path| read(path.file_stem().unwrap().to_str().unwrap(), &fs::read_to_string(path).unwrap()))
        .collect()
}

fn read(name: &str, text: &str) -> Dialogue {
    let mut settings = Settings { hostname: "mx.example.org".to_owned(), ..Settings::default() };
    // The whole room is one client's.
    settings.trusted = ["127.0.0.1", "192.0.2.1"].map(|address| address.parse().unwrap()).into_iter().collect();
    let mut lines = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(setting) = line.strip_prefix("! ") {
            let (key, value) = setting.split_once('=').unwrap();
            if key == "bare-lf" {
                assert_eq!(value, "reject", "{name}: the other one is the default");
                settings.bare_lf = BareLf::Reject;
                continue;
            }
            let value: usize = value.parse().unwrap();
            match key {
                "size" => settings.max_message = value,
                "recipients" => settings.max_recipients = value,
                "errors" => settings.max_errors = u32::try_from(value).unwrap(),
                "buffered" => settings.max_buffered = value,
                _ => panic!("{name}: unknown setting {key}"),
            }
        } else if let Some(sent) = line.strip_prefix("C: ") {
            lines.push(Line::Client(match sent.strip_suffix("\\c") {
                Some(sent) => unescape(sent),
                None => [unescape(sent), b"\r\n".to_vec()].concat(),
            }));
        } else if let Some(expected) = line.strip_prefix("S: ") {
            lines.push(Line::Server(expected.to_owned()));
        } else if let Some(message) = line.strip_prefix("M: ") {
            lines.push(Line::Message(message.to_owned()));
        } else {
            assert_eq!(line, "X", "{name}: what is this?");
            lines.push(Line::Closed);
        }
    }
    Dialogue { name: name.to_owned(), settings, lines }
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
