//! The order of system calls: the sync that covers a mail's commit has returned before its `250` is written. A kill proves
//! nothing of the kind, for what was written and not synced survives it in the page cache.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod harness;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{Server, Start};

const MAILS: usize = 100;

/// A write-ahead log's frame is a header of so many bytes, and a page; see "The SQLite Database File Format", section 4.1.
const FRAME_HEADER: usize = 24;

/// What of a system call matters here. Times are line numbers of the trace, which is written in order of events.
struct Call {
    name: String,
    /// What the descriptor is open on.
    file: String,
    /// What was written.
    data: Vec<u8>,
    entered: usize,
    /// When it returned, and what.
    returned: Option<(usize, i64)>,
}

/// Undoes `\xHH`.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail
            .get(1..3)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match hex {
            Some(byte) if rest.starts_with(b"\\x") => {
                bytes.push(byte);
                rest = &rest[4..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    bytes
}

/// What strace writes with `-f -y -xx`: `PID name(FD<FILE>, "DATA", …) = RESULT`, in two lines when calls overlap.
fn read_trace(text: &str) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: HashMap<&str, usize> = HashMap::new();
    let result = |line: &str| line.rsplit_once(" = ").and_then(|(_, end)| end.split_whitespace().next()?.parse().ok());
    for (number, line) in text.lines().enumerate() {
        let Some((pid, event)) = line.split_once(' ') else { continue };
        let event = event.trim_start();
        if event.starts_with("<... ") {
            if let (Some(call), Some(result)) = (unfinished.remove(pid), result(event)) {
                calls[call].returned = Some((number, result));
            }
            continue;
        }
        let Some((name, rest)) = event.split_once('(') else { continue };
        let file = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(file, _)| file);
        let data = rest.split_once('"').and_then(|(_, rest)| rest.split_once('"')).map_or("", |(data, _)| data);
        let file = String::from_utf8_lossy(&decode(file)).into_owned();
        let mut call = Call { name: name.to_owned(), file, data: decode(data), entered: number, returned: None };
        if event.ends_with("<unfinished ...>") {
            unfinished.insert(pid, calls.len());
        } else {
            call.returned = result(event).map(|result| (number, result));
        }
        calls.push(call);
    }
    calls
}

/// A transaction in the log: what was written, and when the last of it was.
struct Transaction {
    content: Vec<u8>,
    written: usize,
}

/// The log's transactions, each up to the frame that commits it.
fn transactions(calls: &[Call]) -> Vec<Transaction> {
    let mut found = Vec::new();
    let mut content = Vec::new();
    let mut commits = false;
    let writes = calls.iter().filter(|call| call.file.ends_with("-wal") && call.name.contains("write"));
    for call in writes {
        let (returned, written) = call.returned.expect("a write that never returned");
        assert_eq!(
            usize::try_from(written).unwrap(),
            call.data.len(),
            "a write cut short, by the disk or by the trace"
        );
        if call.data.len() == FRAME_HEADER {
            // The database's size after the commit, or 0 in frames that commit nothing.
            commits = call.data[4..8] != [0; 4];
            continue;
        }
        content.extend_from_slice(&call.data);
        if commits {
            found.push(Transaction { content: std::mem::take(&mut content), written: returned });
            commits = false;
        }
    }
    found
}

fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

fn token(number: usize) -> String {
    format!("covered-by-a-sync-{number:04}")
}

/// Whether this machine lets a trace be taken.
fn can_trace(to: &Path) -> bool {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o"]).arg(to).arg("true").stdout(Stdio::null()).stderr(Stdio::null());
    let traced = strace.status().map_err(|error| format!("strace is not installed: {error}"));
    let Some(traced) = waypost_test_needs::tool(traced) else { return false };
    let refused = "a process can't be traced here: in a container, it takes SYS_PTRACE";
    waypost_test_needs::allowed(traced.success().then_some(()).ok_or(refused)).is_some()
}

#[test]
fn the_sync_returns_before_250_is_written() {
    let scratch = Scratch::new("sync-order");
    let trace = scratch.path("trace");
    if !can_trace(&trace) {
        return;
    }
    let mut start = Start::unlimited();
    start.wrapper = ["strace", "-f", "-y", "-xx", "-s", "70000", "-e"].map(Into::into).to_vec();
    start
        .wrapper
        .extend(["trace=write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,fsync,fdatasync", "-o"].map(Into::into));
    start.wrapper.push(trace.clone().into());
    let mut server = Server::start(&scratch.path("data"), &start);
    server.apply_triage();
    let mut session = server.smtp();
    for number in 0..MAILS {
        let raw = mail(&format!("{}@sync.example", token(number)), "hello", "Is it kept?");
        let reply = session.deliver("ana@customer.example", "care@example.com", &raw).unwrap();
        assert_eq!(reply.code, 250, "{reply:?}");
    }
    server.stop();

    let calls = read_trace(&fs::read_to_string(&trace).unwrap());
    let transactions = transactions(&calls);
    let syncs: Vec<(usize, usize)> = calls
        .iter()
        .filter(|call| call.file.ends_with("-wal") && ["fsync", "fdatasync"].contains(&call.name.as_str()))
        .filter_map(|call| call.returned.filter(|(_, result)| *result == 0).map(|(at, _)| (call.entered, at)))
        .collect();
    let answers: Vec<usize> = calls
        .iter()
        .filter(|call| call.file.contains("TCP") || call.file.contains("socket"))
        .filter(|call| call.data.starts_with(b"250 2.0.0 taken as"))
        .map(|call| call.entered)
        .collect();
    assert_eq!(answers.len(), MAILS, "answers seen in the trace");
    let mut covered = 0;
    for (number, answered) in answers.iter().enumerate() {
        let commit = transactions.iter().find(|one| contains(&one.content, &token(number)));
        let commit = commit.unwrap_or_else(|| panic!("no transaction holds mail {number}"));
        let sync = syncs.iter().find(|(entered, _)| *entered > commit.written);
        let (_, returned) = sync.unwrap_or_else(|| panic!("no sync after the commit of mail {number}"));
        assert!(returned < answered, "mail {number}: 250 in line {answered}, the sync returned in line {returned}");
        covered += 1;
    }
    println!(
        "{covered} of {MAILS}: the sync that covers the commit returned before 250 was written ({} syncs)",
        syncs.len()
    );
}
