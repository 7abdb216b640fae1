//! A trace for people. It is made from the JSON form, so that a trace reads the same whether it was just run or fetched from a server.

use std::fmt::Write as _;

use serde_json::Value as Json;
use waypost_flow::actions::is_jump;

/// Writes a trace (the JSON that [`super::Trace::to_json`] makes) as indented lines, one for each event. What it doesn't know, such as an event
/// of a newer version, it writes as JSON.
pub fn render(trace: &Json) -> String {
    let mut text = String::new();
    let mut depth = 0_usize;
    // How many loops are open in each flow under way.
    let mut loops: Vec<usize> = Vec::new();
    let events = trace.get("events").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    for event in events {
        let kind = member(event, "event");
        let indent = match kind {
            "automatic" | "unread" | "decision" => 0,
            "flow" => {
                depth += 1;
                let around: usize = loops.iter().sum();
                loops.push(0);
                (depth - 1) * FLOW + around * LOOP
            }
            "leave" => {
                depth = depth.saturating_sub(1);
                loops.pop();
                continue;
            }
            "transfer" => {
                depth = 0;
                loops.clear();
                continue;
            }
            _ => {
                let open = loops.last_mut();
                match (kind, open) {
                    ("turn", Some(open)) if number(event, "number") == 0 => *open += 1,
                    // A jump out of a node leaves all its loops.
                    ("node", Some(open)) => *open = 0,
                    _ => {}
                }
                let around = loops.iter().sum::<usize>() * LOOP;
                let outer = loops.iter().rev().skip(1).sum::<usize>() * LOOP;
                let flow = depth.saturating_sub(1) * FLOW;
                let indent = match kind {
                    "input" => depth * FLOW + around,
                    "action" | "branch" => flow + around + 4,
                    "turn" => flow + around + 2,
                    "set" | "log" | "output" | "lookup" => flow + around + 6,
                    jump if is_jump(jump) => flow + around + 6,
                    "loopEnd" if number(event, "turns") == 0 => flow + around + 6,
                    "loopEnd" => flow + around + 2,
                    _ => flow + outer + 2,
                };
                if let ("loopEnd", Some(open)) = (kind, loops.last_mut())
                    && number(event, "turns") > 0
                {
                    *open = open.saturating_sub(1);
                }
                indent
            }
        };
        if kind == "decision"
            && let Some(dropped) = trace.get("dropped")
        {
            let _ = writeln!(text, "… and {dropped} events more, which were not kept");
        }
        for line in lines(kind, event) {
            let _ = writeln!(text, "{:indent$}{line}", "");
        }
    }
    text
}

/// What a loop does is indented under its turns.
const LOOP: usize = 4;

/// A called flow is indented under the action that calls it.
const FLOW: usize = 6;

fn lines(kind: &str, event: &Json) -> Vec<String> {
    let line = match kind {
        "unread" => format!("the mail was not read beyond a bound: {}", member(event, "what")),
        "automatic" => format!("a machine wrote the mail: {}", member(event, "reason")),
        "flow" => match event.get("version").and_then(Json::as_u64) {
            Some(0) | None => format!("flow {}", member(event, "name")),
            Some(version) => format!("flow {}, version {version}", member(event, "name")),
        },
        "conditions" => {
            let holds = event.get("holds").and_then(Json::as_bool).unwrap_or_default();
            let result = if holds { "hold" } else { "don't hold" };
            match event.get("when").and_then(Json::as_str) {
                Some(when) => format!("conditions ({}) {result}: {when}", member(event, "match")),
                None => format!("conditions ({}) {result}", member(event, "match")),
            }
        }
        "node" => format!("node {}", member(event, "id")),
        "action" => match event.get("name").and_then(Json::as_str) {
            Some(name) => format!("{}: {name}", member(event, "type")),
            None => member(event, "type").to_owned(),
        },
        "input" => match event.get("source") {
            Some(_) => assignment("input", event),
            None => format!("{} (default)", assignment("input", event)),
        },
        "output" => assignment("output to", event),
        "set" => assignment(member(event, "target"), event),
        "log" => match event.get("message") {
            Some(message) => format!("{}: {}", member(event, "level"), plain(message)),
            None => member(event, "level").to_owned(),
        },
        "turn" => format!("turn {}", number(event, "number") + 1),
        "loopEnd" => match number(event, "turns") {
            1 => "after 1 turn".to_owned(),
            turns => format!("after {turns} turns"),
        },
        "lookup" => lookup(event),
        "branch" => return branch(event),
        "error" => event.get("error").map(error).unwrap_or_default(),
        "caught" => format!("caught by the {}'s onError → {}", member(event, "by"), member(event, "to")),
        "decision" => decision(event),
        jump if is_jump(jump) => format!("{} → {}", words(jump), member(event, "to")),
        _ => event.to_string(),
    };
    vec![line]
}

/// The name of a jump as people read it: `notFound` is "not found".
fn words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if letter.is_uppercase() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn lookup(event: &Json) -> String {
    let side = |name: &str| event.get(name).map(Json::to_string);
    match (side("request"), side("answer"), event.get("failed").and_then(Json::as_str)) {
        (Some(request), Some(answer), _) => format!("asked {request}: {answer}"),
        (Some(request), None, Some(why)) => format!("asked {request}, and there was no answer: {why}"),
        _ => "asked".to_owned(),
    }
}

fn number(event: &Json, name: &str) -> u64 {
    event.get(name).and_then(Json::as_u64).unwrap_or_default()
}

fn branch(event: &Json) -> Vec<String> {
    let failed = event.get("failed").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    let mut lines: Vec<String> = failed.iter().map(|when| format!("not {}", plain(when))).collect();
    lines.push(match (event.get("to"), event.get("when")) {
        (Some(to), Some(when)) => format!("→ {} because {}", plain(to), plain(when)),
        (Some(to), None) => format!("→ {}", plain(to)),
        (None, _) => "→ end, no branch holds".to_owned(),
    });
    lines
}

fn decision(event: &Json) -> String {
    let mut text = format!("decision: {}", member(event, "kind"));
    if let Some(queue) = event.get("queue") {
        let _ = write!(text, " {}", member(queue, "name"));
    }
    if let Some(priority) = event.get("priority").and_then(Json::as_i64).filter(|priority| *priority != 0) {
        let _ = write!(text, ", priority {priority}");
    }
    for name in ["skills", "language", "addresses", "reason"] {
        if let Some(value) = event.get(name) {
            let _ = write!(text, ", {name} {value}");
        }
    }
    if let Some(failure) = event.get("error") {
        let _ = write!(text, ", {}", error(failure));
    }
    text
}

fn error(error: &Json) -> String {
    let mut text =
        format!("error {}: {}, in flow {}", member(error, "code"), member(error, "message"), member(error, "flowName"));
    if let Some(node) = error.get("nodeId").and_then(Json::as_str) {
        let _ = write!(text, ", node {node}");
    }
    if let Some(path) = error.get("path").and_then(Json::as_str) {
        let _ = write!(text, ", {path}");
    } else if let Some(action) = error.get("action").and_then(Json::as_u64) {
        let _ = write!(text, ", action {action}");
    }
    text
}

fn assignment(what: &str, event: &Json) -> String {
    let name = member(event, "name");
    let target = if what == name { name.to_owned() } else { format!("{what} {name}") };
    match event.get("value") {
        Some(value) => format!("{target} = {}", shown(value)),
        None => target,
    }
}

/// A value; of a clipped string its beginning and its length.
fn shown(value: &Json) -> String {
    match (value.get("$clipped"), value.get("$length")) {
        (Some(start), Some(length)) => format!("{start}… ({length} characters)"),
        _ => value.to_string(),
    }
}

/// A text without quotes, on one line.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.replace('\n', "\\n"),
        other => shown(other),
    }
}

fn member<'a>(value: &'a Json, name: &str) -> &'a str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}
