//! A trace for people: the same lines for a run that was just made and for one fetched from a server.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{
    RunError, RunTrace, TraceCatcher, TraceDecision, TraceEffect, TraceEvent, TraceExchange, TraceLevel, TraceLookup,
};
use super::{TraceMatch, TraceTarget};

/// What a loop does is indented under its turns.
const LOOP: usize = 4;

/// A called flow is indented under the action that calls it.
const FLOW: usize = 6;

/// Writes a trace as indented lines, one for each event. An event that this release does not know is written as JSON.
#[must_use]
pub fn render(trace: &RunTrace) -> String {
    let mut text = String::new();
    let mut place = Place::default();
    for event in &trace.events {
        let Some(indent) = place.indent(event) else { continue };
        if let (TraceEvent::Decision(_), Some(dropped)) = (event, trace.dropped) {
            let _ = writeln!(text, "… and {dropped} events more, which were not kept");
        }
        for line in lines(event) {
            let _ = writeln!(text, "{:indent$}{line}", "");
        }
    }
    text
}

/// Where in flows and loops an event lies.
#[derive(Default)]
struct Place {
    /// How many loops are open in each flow under way, called flows last.
    loops: Vec<usize>,
}

impl Place {
    /// How far the event's lines are indented; none if it has no line. Moves on to the place after it.
    fn indent(&mut self, event: &TraceEvent) -> Option<usize> {
        match event {
            TraceEvent::Automatic { .. }
            | TraceEvent::Kind { .. }
            | TraceEvent::Unread { .. }
            | TraceEvent::Found { .. }
            | TraceEvent::Returned { .. }
            | TraceEvent::Decision(_) => return Some(0),
            TraceEvent::Flow { .. } => {
                let indent = self.loops.len() * FLOW + self.loops.iter().sum::<usize>() * LOOP;
                self.loops.push(0);
                return Some(indent);
            }
            TraceEvent::Leave => {
                self.loops.pop();
                return None;
            }
            TraceEvent::Transfer => {
                self.loops.clear();
                return None;
            }
            _ => {}
        }
        if let Some(open) = self.loops.last_mut() {
            match event {
                TraceEvent::Turn { number: 0 } => *open += 1,
                // A jump out of a node leaves all its loops.
                TraceEvent::Node { .. } => *open = 0,
                _ => {}
            }
        }
        let flow = self.loops.len().saturating_sub(1) * FLOW;
        let around = self.loops.iter().sum::<usize>() * LOOP;
        let outer = self.loops.iter().rev().skip(1).sum::<usize>() * LOOP;
        Some(match event {
            TraceEvent::Input { .. } => self.loops.len() * FLOW + around,
            TraceEvent::Action { .. } | TraceEvent::Branch { .. } => flow + around + 4,
            TraceEvent::Turn { .. } => flow + around + 2,
            TraceEvent::Set { .. }
            | TraceEvent::Log { .. }
            | TraceEvent::Effect(_)
            | TraceEvent::Output { .. }
            | TraceEvent::Lookup(_)
            | TraceEvent::NotFound { .. }
            | TraceEvent::Failure { .. }
            | TraceEvent::TimedOut { .. }
            | TraceEvent::LoopEnd { turns: 0 } => flow + around + 6,
            TraceEvent::LoopEnd { .. } => {
                if let Some(open) = self.loops.last_mut() {
                    *open = open.saturating_sub(1);
                }
                flow + around + 2
            }
            _ => flow + outer + 2,
        })
    }
}

/// One event in words, on one line.
#[must_use]
pub fn event(event: &TraceEvent) -> String {
    match event {
        TraceEvent::Leave => "back to the caller".to_owned(),
        TraceEvent::Transfer => "transfer".to_owned(),
        _ => lines(event).join("; "),
    }
}

fn lines(event: &TraceEvent) -> Vec<String> {
    let line = match event {
        TraceEvent::Unread { what } => format!("the mail was not read beyond a bound: {what}"),
        TraceEvent::Found { what, result, reason: Some(reason) } => format!("{what}: {result}: {reason}"),
        TraceEvent::Found { what, result, reason: None } => format!("{what}: {result}"),
        TraceEvent::Returned { previous, reason } => {
            format!("a reply ({}): back to the queue of interaction {previous}", reason.as_str())
        }
        TraceEvent::Automatic { reason } => format!("a machine wrote the mail: {reason}"),
        TraceEvent::Kind { kind, reason } => format!("the mail is {}: {reason}", kind_in_words(kind)),
        TraceEvent::Flow { name, version: 0, .. } => format!("flow {name}"),
        TraceEvent::Flow { name, version, .. } => format!("flow {name}, version {version}"),
        TraceEvent::Conditions { matching, holds, when } => {
            let matching = match matching {
                TraceMatch::All => "all",
                TraceMatch::Any => "any",
            };
            let result = if *holds { "hold" } else { "don't hold" };
            let when = when.as_ref().map(|when| format!(": {when}")).unwrap_or_default();
            format!("conditions ({matching}) {result}{when}")
        }
        TraceEvent::Node { id } => format!("node {id}"),
        TraceEvent::Action { kind, name: Some(name), .. } => format!("{kind}: {name}"),
        TraceEvent::Action { kind, .. } => kind.clone(),
        TraceEvent::Input { name, source, given, value } => {
            let origin = match source {
                Some(_) => "",
                None if *given => " (given)",
                None => " (default)",
            };
            format!("{}{origin}", assignment("input", name, value.as_ref()))
        }
        TraceEvent::Output { name, value, .. } => assignment("output to", name, value.as_ref()),
        TraceEvent::Set { target, name, value } => {
            let target = match target {
                TraceTarget::Variable => "variable",
                TraceTarget::Output => "output",
                TraceTarget::Attribute => "attribute",
                TraceTarget::Priority => "priority",
                TraceTarget::Outcome => "outcome",
            };
            assignment(target, name, value.as_ref())
        }
        TraceEvent::Log { level, message } => {
            let level = match level {
                TraceLevel::Debug => "debug",
                TraceLevel::Info => "info",
                TraceLevel::Warn => "warn",
                TraceLevel::Error => "error",
            };
            let message = message.as_ref().map(|message| format!(": {}", plain(message))).unwrap_or_default();
            format!("{level}{message}")
        }
        TraceEvent::Effect(effect) => format!("sends {}", sent(effect)),
        TraceEvent::EffectsDropped { count: 1 } => "1 mail is not sent".to_owned(),
        TraceEvent::EffectsDropped { count } => format!("{count} mails are not sent"),
        TraceEvent::Turn { number } => format!("turn {}", number.saturating_add(1)),
        TraceEvent::LoopEnd { turns: 1 } => "after 1 turn".to_owned(),
        TraceEvent::LoopEnd { turns } => format!("after {turns} turns"),
        TraceEvent::Lookup(TraceLookup::LookupTable(exchange)) => {
            lookup(exchange, |asked| Some(format!("the table {} for {}", asked.name.as_ref()?, json(&asked.key))))
        }
        TraceEvent::Lookup(TraceLookup::EvaluateSchedule(exchange)) => {
            lookup(exchange, |asked| Some(format!("the schedule {} at {}", asked.name.as_ref()?, asked.at)))
        }
        TraceEvent::Lookup(TraceLookup::FindQueue(exchange)) => {
            lookup(exchange, |asked| Some(format!("for the queue {}", json(&asked.name))))
        }
        TraceEvent::Lookup(TraceLookup::CallDataAction(exchange)) => lookup(exchange, |asked| {
            Some(format!("the data action {} with {}", asked.name.as_ref()?, json(&asked.input)))
        }),
        TraceEvent::NotFound { to } => format!("not found → {to}"),
        TraceEvent::Failure { to } => format!("failed → {to}"),
        TraceEvent::TimedOut { to } => format!("timed out → {to}"),
        TraceEvent::Branch { failed, when, to, .. } => {
            let mut lines: Vec<String> = failed.iter().map(|when| format!("not {}", flat(when))).collect();
            lines.push(match (to, when) {
                (Some(to), Some(when)) => format!("→ {to} because {}", flat(when)),
                (Some(to), None) => format!("→ {to}"),
                (None, _) => "→ end, no branch holds".to_owned(),
            });
            return lines;
        }
        TraceEvent::Error { error } => failure(error),
        TraceEvent::Caught { by, to } => {
            let by = match by {
                TraceCatcher::Action => "action",
                TraceCatcher::Flow => "flow",
            };
            format!("caught by the {by}'s onError → {to}")
        }
        TraceEvent::Decision(made) => decision(made),
        // They only move the place.
        TraceEvent::Leave | TraceEvent::Transfer => return Vec::new(),
        TraceEvent::Other(event) => event.to_string(),
    };
    vec![line]
}

/// A look-up by the name of what is asked; where the trace has no name, as JSON.
fn lookup<Q: Serialize, A: Serialize>(exchange: &TraceExchange<Q, A>, named: impl Fn(&Q) -> Option<String>) -> String {
    let request = exchange.request.as_ref().map(|asked| named(asked).unwrap_or_else(|| json(asked)));
    match (request, exchange.answer.as_ref().map(json), &exchange.failed) {
        (Some(request), Some(answer), _) => match exchange.took_ms {
            Some(took) => format!("asked {request}: {answer} after {took} ms"),
            None => format!("asked {request}: {answer}"),
        },
        (Some(request), None, Some(why)) => format!("asked {request}, and there was no answer: {why}"),
        _ => "asked".to_owned(),
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn decision(made: &TraceDecision) -> String {
    let mut text = format!("decision: {}", made.kind.as_str());
    if let Some(queue) = &made.queue {
        let _ = write!(text, " {}", queue.name);
    }
    if made.priority != 0 {
        let _ = write!(text, ", priority {}", made.priority);
    }
    let values = [
        ("skills", &made.skills),
        ("language", &made.language),
        ("addresses", &made.addresses),
        ("reason", &made.reason),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            let _ = write!(text, ", {name} {value}");
        }
    }
    if let Some(outcome) = &made.outcome {
        let _ = write!(text, ", outcome {}", json(outcome));
    }
    if let Some(error) = &made.error {
        let _ = write!(text, ", {}", failure(error));
    }
    text
}

/// What is sent, in words: `a reply, text "…"`, and what holds it back.
#[must_use]
pub fn sent(effect: &TraceEffect) -> String {
    let mut text = format!("a {}", effect.kind.as_str());
    let values = [
        ("to", &effect.to),
        ("subject", &effect.subject),
        ("text", &effect.text),
        ("html", &effect.html),
        ("to", &effect.webhook),
        ("payload", &effect.payload),
    ];
    for (name, value) in values {
        if let Some(value) = value {
            let _ = write!(text, ", {name} {}", shown(value));
        }
    }
    let marks = [
        ("to all", effect.reply_all),
        ("with the original attached", effect.attach_original),
        ("attached", effect.attach),
    ];
    for (words, _) in marks.into_iter().filter(|(_, holds)| *holds) {
        let _ = write!(text, ", {words}");
    }
    if let Some(held) = &effect.held_by {
        let _ = write!(text, ", held back by `{}`: {}", held.rule, flat(&held.reason));
    }
    text
}

/// What a run would do about something that it lists, in words.
#[must_use]
pub fn sending(effect: &TraceEffect) -> String {
    let verb = if effect.held_by.is_some() { "would not send" } else { "would send" };
    format!("{verb} {}", sent(effect))
}

/// The error of a decision in words: `run.mail-loop: the mail …`. Where no flow ran, it names no place; one of no known form is written as JSON.
#[must_use]
pub fn error(error: &Json) -> String {
    if let Ok(error) = RunError::deserialize(error) {
        return placed(&error);
    }
    let member = |name: &str| error.get(name).and_then(Json::as_str);
    match (member("code"), member("message")) {
        (Some(code), Some(message)) => format!("{code}: {}", flat(message)),
        _ => error.to_string(),
    }
}

fn failure(error: &RunError) -> String {
    format!("error {}", placed(error))
}

fn placed(error: &RunError) -> String {
    let mut text = format!("{}: {}, in flow {}", error.code, flat(&error.message), error.flow_name);
    if let Some(node) = &error.node_id {
        let _ = write!(text, ", node {node}");
    }
    if let Some(path) = &error.path {
        let _ = write!(text, ", {path}");
    } else if let Some(action) = error.action {
        let _ = write!(text, ", action {action}");
    }
    text
}

/// A kind of mail as people say it.
fn kind_in_words(kind: &str) -> &str {
    match kind {
        "bulk" => "sent in bulk",
        "list" => "of a mailing list",
        "autoReply" => "an automatic reply",
        "bounce" => "a bounce",
        "delayed" => "about a delay",
        other => other,
    }
}

fn assignment(what: &str, name: &str, value: Option<&Json>) -> String {
    let target = if what == name { name.to_owned() } else { format!("{what} {name}") };
    match value {
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
        Json::String(text) => flat(text),
        other => shown(other),
    }
}

/// A text on one line.
fn flat(text: &str) -> String {
    text.replace('\r', "\\r").replace('\n', "\\n")
}
