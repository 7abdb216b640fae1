//! Runs as text in, text out: every file in `spec/runs` holds flows, a mail, the decision they lead to and the trace they leave.
//!
//! `flows` are documents; the first is the route's, those that are called stand after their callers, and a name that appears twice
//! has two versions, the later one published. `inputs` are given to the first flow.
//! With `WAYPOST_BLESS=1` the traces are written anew; read the difference before you keep it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod agreement;
mod form;
mod limits;
mod mail;
mod resume;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value as Json;
use waypost_engine::{Decision, Detail, Effect, EffectKind, Limits, Outcome, Place, Run, RunInput, Slice, Step};
use waypost_flow::actions::ACTIONS;
use waypost_flow::actions::definition::ActionDefinition;
use waypost_flow::expr;
use waypost_flow::source::{self, Node};
use waypost_wire::trace::text;

use mail::Mail;
use world::Flows;

/// A fixed time: runs must not depend on another.
const RECEIVED_AT: &str = "2026-05-04T10:20:30Z";

#[test]
fn every_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/runs");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 40, "the cases are missing");
    let bless = std::env::var_os("WAYPOST_BLESS").is_some();
    let failures: Vec<String> = files.iter().filter_map(|file| check(file, bless).err()).collect();
    assert!(failures.is_empty(), "{} of {} cases fail\n\n{}", failures.len(), files.len(), failures.join("\n\n"));
}

fn check(file: &Path, bless: bool) -> Result<(), String> {
    let name = file.file_stem().unwrap().to_str().unwrap();
    let text = fs::read_to_string(file).unwrap();
    let (case, _) = source::yaml(&text).map_err(|error| format!("{name}: {error:?}"))?;
    let flows = Flows::read(&case).map_err(|problems| format!("{name}: {problems}"))?;
    let mail = Mail::read(member(&case, "mail"));
    let limits = limits(&case);
    let outcome = run(&flows, &mail, &case, limits);

    let mut problems = String::new();
    let mut expect = |what: &str, expected: &str, found: &str| {
        if expected != found {
            problems.push_str(&format!("{name}: {what}\n--- expected\n{expected}\n--- found\n{found}\n"));
        }
    };
    expect("decision", string(member(&case, "decision").expect("a decision")), &in_words(&outcome.decision));
    if let Some(leaves) = member(&case, "leaves") {
        expect("attributes", &format!("{:?}", strings(Some(leaves))), &format!("{:?}", outcome.attributes));
    }
    let sent: Vec<String> = outcome.effects.iter().map(sent_in_words).collect();
    expect(
        "effects",
        &list(member(&case, "sends")).iter().map(string).collect::<Vec<_>>().join("\n"),
        &sent.join("\n"),
    );
    let read = form::read(&outcome.trace.to_json()).map_err(|problem| format!("{name}: {problem}"))?;
    let found = text::render(&read);
    if bless {
        let head = text.split("\ntrace: |\n").next().unwrap().trim_end();
        let lines: String = found.lines().map(|line| format!("  {line}\n")).collect();
        fs::write(file, format!("{head}\ntrace: |\n{lines}")).unwrap();
    } else {
        expect("trace", member(&case, "trace").map_or("", string), &found);
    }
    // Same snapshot, same email: same run, also for one who stops after each turn.
    let again = in_slices(start(&flows, &mail, &case, limits));
    expect("second run", &outcome.trace.to_json(), &again.trace.to_json());
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn run<'m>(flows: &'m Flows, mail: &'m Mail, case: &Node, limits: Limits) -> Outcome<'m> {
    finish(start(flows, mail, case, limits))
}

fn start<'m>(flows: &'m Flows, mail: &'m Mail, case: &Node, limits: Limits) -> Run<'m> {
    let given = member(case, "inputs").map(Node::to_json).unwrap_or_default();
    let given = given.as_object().into_iter().flatten().map(|(name, value)| {
        let (position, input) = flows.start().interface.input(name).expect("an input of the first flow");
        (position, expr::constant(name, value, &input.data_type).expect("a value of the input's type"))
    });
    Run::start(input(flows, mail, case, limits)).given(given.collect())
}

fn input<'m>(flows: &'m Flows, mail: &'m Mail, case: &Node, limits: Limits) -> RunInput<'m> {
    RunInput {
        snapshot: &flows.snapshot,
        start: flows.start(),
        interaction_id: "01890000-0000-7000-8000-000000000000",
        received_at: RECEIVED_AT.parse::<Timestamp>().unwrap(),
        priority: member(case, "priority").map_or(0, integer),
        attributes: strings(member(case, "attributes")),
        email: mail,
        limits,
    }
}

/// Runs to the end, a turn at a time.
fn in_slices(mut run: Run<'_>) -> Outcome<'_> {
    loop {
        run = match run.step_for(1) {
            Slice::Paused(paused) => *paused,
            Slice::Stepped(Step::Done(outcome)) => return *outcome,
            Slice::Stepped(Step::Needs(waiting)) => {
                let answer = world::answer(waiting.question());
                waiting.answer(answer)
            }
        };
    }
}

/// Runs to the end, with the world's answers.
fn finish(mut run: Run<'_>) -> Outcome<'_> {
    loop {
        match run.step() {
            Step::Done(outcome) => return *outcome,
            Step::Needs(waiting) => {
                let answer = world::answer(waiting.question());
                run = waiting.answer(answer);
            }
        }
    }
}

fn limits(case: &Node) -> Limits {
    let mut limits = Limits::default();
    let given = member(case, "limits");
    let of = |name| given.and_then(|given| member(given, name)).map(integer);
    if let Some(actions) = of("actions") {
        limits.actions = u32::try_from(actions).unwrap();
    }
    if let Some(nodes) = of("nodes") {
        limits.nodes = u32::try_from(nodes).unwrap();
    }
    if let Some(turns) = of("turns") {
        limits.turns = u32::try_from(turns).unwrap();
    }
    if let Some(steps) = of("steps") {
        limits.steps = u64::try_from(steps).unwrap();
    }
    if let Some(memory) = of("memory") {
        limits.memory = usize::try_from(memory).unwrap();
    }
    if let Some(depth) = of("depth") {
        limits.depth = usize::try_from(depth).unwrap();
    }
    if let Some(bytes) = of("attributeBytes") {
        limits.attribute_bytes = usize::try_from(bytes).unwrap();
    }
    if let Some(bytes) = of("decisionBytes") {
        limits.decision_bytes = usize::try_from(bytes).unwrap();
    }
    if let Some(recipients) = of("recipients") {
        limits.recipients = usize::try_from(recipients).unwrap();
    }
    if let Some(bytes) = of("effectBytes") {
        limits.effect_bytes = usize::try_from(bytes).unwrap();
    }
    if let Some(events) = of("events") {
        limits.trace_events = usize::try_from(events).unwrap();
    }
    limits.detail = match member(case, "detail").map_or("everything", string) {
        "everything" => Detail::Everything,
        "steps" => Detail::Steps,
        "decisions" => Detail::Decisions,
        other => panic!("unknown detail {other}"),
    };
    limits
}

/// An effect as the cases write it, with where it was listed.
fn sent_in_words(effect: &Effect) -> String {
    let Place { flow_name, node_id, action, path, .. } = &effect.place;
    let at = path.clone().unwrap_or_else(|| action.map_or_else(String::new, |action| action.to_string()));
    let what = match &effect.kind {
        EffectKind::Reply { text, html, subject, reply_all, attach_original } => {
            format!("reply {text:?} {html:?} {subject:?} all {reply_all} original {attach_original}")
        }
        EffectKind::Mail { to, subject, text, html, attach_original } => {
            format!("mail {to:?} {subject:?} {text:?} {html:?} original {attach_original}")
        }
        EffectKind::Forward { addresses, attach } => format!("forward {addresses:?} attach {attach}"),
        EffectKind::Webhook { name, payload, .. } => {
            format!("webhook {name} {}", payload.as_ref().map_or_else(|| "interaction".to_owned(), ToString::to_string))
        }
    };
    format!("{flow_name}/{}/{at}: {what}", node_id.as_deref().unwrap_or_default())
}

/// A decision as the cases write it.
fn in_words(decision: &Decision) -> String {
    let mut words = decision.kind.as_str().to_owned();
    if let Some(queue) = &decision.queue {
        words.push_str(&format!(" {}", queue.name));
    }
    if decision.priority != 0 {
        words.push_str(&format!(", priority {}", decision.priority));
    }
    let list = |items: &[String]| serde_json::to_string(items).unwrap();
    if !decision.skills.is_empty() {
        words.push_str(&format!(", skills {}", list(&decision.skills)));
    }
    if let Some(language) = &decision.language {
        words.push_str(&format!(", language {language:?}"));
    }
    if !decision.addresses.is_empty() {
        words.push_str(&format!(", addresses {}", list(&decision.addresses)));
    }
    if let Some(reason) = &decision.reason {
        words.push_str(&format!(", reason {reason:?}"));
    }
    if let Some(outcome) = &decision.outcome {
        words.push_str(&format!(", outcome {outcome:?}"));
    }
    if let Some(error) = &decision.error {
        words.push_str(&format!(" {}", error.code));
    }
    words
}

fn member<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    match node {
        Node::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
        _ => None,
    }
}

fn string(node: &Node) -> &str {
    match node {
        Node::String(text) => text,
        other => panic!("expected a text, found {other:?}"),
    }
}

fn integer(node: &Node) -> i64 {
    match node {
        Node::Integer(number) => *number,
        other => panic!("expected an integer, found {other:?}"),
    }
}

fn list(node: Option<&Node>) -> &[Node] {
    match node {
        Some(Node::List(items)) => items,
        None => &[],
        Some(other) => panic!("expected a list, found {other:?}"),
    }
}

fn strings(node: Option<&Node>) -> BTreeMap<String, String> {
    match node {
        Some(Node::Map(members)) => {
            members.iter().map(|(name, value)| (name.clone(), string(value).to_owned())).collect()
        }
        None => BTreeMap::new(),
        Some(other) => panic!("expected a map, found {other:?}"),
    }
}

/// Every action and every kind of event stands in some trace, so that the cases can't fall behind the language.
#[test]
fn the_cases_cover_the_language() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/runs");
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let (case, _) = source::yaml(&text).unwrap();
        let flows = Flows::read(&case).unwrap();
        let outcome = run(&flows, &Mail::read(member(&case, "mail")), &case, limits(&case)).trace.to_json();
        let json: Json = serde_json::from_str(&outcome).unwrap();
        for event in json["events"].as_array().unwrap() {
            seen.insert(event["event"].as_str().unwrap().to_owned());
            seen.extend(event["type"].as_str().map(str::to_owned));
        }
    }
    let events: BTreeSet<&str> =
        "action automatic branch caught conditions decision effect effectsDropped error flow found input kind leave log lookup loopEnd node output \
                                  set transfer turn unread"
            .split_whitespace()
            .collect();
    let actions: BTreeSet<&str> = ACTIONS.iter().map(|action| action.name).collect();
    let jumps: BTreeSet<&str> = ACTIONS.iter().flat_map(ActionDefinition::jumps).collect();
    assert!(jumps.is_disjoint(&events), "a jump leaves an event of its name: {jumps:?}");
    let expected: BTreeSet<String> =
        events.iter().chain(&actions).chain(&jumps).map(|name| (*name).to_owned()).collect();
    assert_eq!(seen, expected);
}
