//! A draft as users get it: a mail, and a test file for what a mail alone can't say.

use serde_json::{Map, Value as Json, json};
use waypost_flow::source::{self, Node, yaml_text};
use waypost_flow_tests::trial::Trial;
use waypost_flow_tests::{Case, Flows, Observed, Suite};
use waypost_project::SourceFile;
use waypost_wire::trace::{RunTrace, TraceEffect};

use super::attempt::{answers, leads_somewhere, written};
use super::draft::{Draft, Entry};

/// What is expected of a run that came out so.
pub(crate) fn expected(observed: &Observed) -> Json {
    let mut expect = Map::new();
    let all = serde_json::to_value(observed).unwrap_or_default();
    for name in [
        "decision",
        "queue",
        "priority",
        "skills",
        "language",
        "addresses",
        "reason",
        "outcome",
        "attributes",
        "outputs",
    ] {
        if let Some(value) = all.get(name).filter(|value| **value != json!(0)) {
            expect.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(error) = &observed.error {
        expect.insert("error".to_owned(), Json::from(error.code.as_str()));
    }
    let sends = sends(observed);
    if !sends.is_empty() {
        expect.insert("sends".to_owned(), sends.into());
    }
    Json::Object(expect)
}

/// What some runs of a flow have and others have not: of those it is worth saying that there is none.
#[derive(Default)]
pub(crate) struct Seen {
    language: bool,
    outcome: bool,
}

impl Seen {
    /// Adds what came of a run.
    pub(crate) fn add(&mut self, observed: &Observed) {
        self.language |= observed.language.is_some();
        self.outcome |= observed.outcome.is_some();
    }

    /// Adds to what a case expects that it has none of what others have.
    pub(crate) fn add_absent(&self, case: &mut Json) {
        let Some(Json::Object(expect)) = case.get_mut("expect") else { return };
        for (name, _) in [("language", self.language), ("outcome", self.outcome)].into_iter().filter(|(_, seen)| *seen)
        {
            expect.entry(name).or_insert(Json::Null);
        }
    }
}

/// The same so that a run which came out as `other` is not as expected: what only that one has is expected not to be there.
pub(crate) fn expected_unlike(observed: &Observed, other: &Observed) -> Json {
    let Json::Object(mut expect) = expected(observed) else { return Json::Null };
    if observed.priority != other.priority {
        expect.insert("priority".to_owned(), observed.priority.into());
    }
    for (name, own, others) in
        [("skills", &observed.skills, &other.skills), ("addresses", &observed.addresses, &other.addresses)]
    {
        if own.is_empty() && !others.is_empty() {
            expect.insert(name.to_owned(), json!([]));
        }
    }
    let all = |observed: &Observed| serde_json::to_value(observed).unwrap_or_default();
    let (own, others) = (all(observed), all(other));
    for name in ["queue", "language", "reason", "outcome", "outputs"] {
        if own.get(name).is_none() && others.get(name).is_some() {
            expect.insert(name.to_owned(), Json::Null);
        }
    }
    let only_there = other.attributes.keys().filter(|name| !observed.attributes.contains_key(*name));
    let absent: Map<String, Json> = only_there.map(|name| (name.clone(), Json::Null)).collect();
    if !absent.is_empty()
        && let Json::Object(attributes) = expect.entry("attributes").or_insert_with(|| Map::new().into())
    {
        attributes.extend(absent);
    }
    let (own, others) = (sends(observed), sends(other));
    if own.is_empty() && other.sends.iter().any(|send| send.held_by.is_none()) {
        expect.insert("sends".to_owned(), json!([]));
    } else if others.len() <= own.len() {
        if own != others {
            let exact: Vec<Json> = own.iter().map(|own| without(own, &others)).collect();
            expect.insert("sends".to_owned(), exact.into());
        }
    } else {
        let unlike: Vec<Json> = others.into_iter().filter(|send| !own.contains(send)).collect();
        // What one of its own has as well can't be ruled out.
        let has_all = |own: &Json, unlike: &Json| {
            unlike.as_object().is_some_and(|members| members.iter().all(|(name, value)| own.get(name) == Some(value)))
        };
        let is_own = |unlike: &Json| own.iter().any(|own| has_all(own, unlike));
        let unlike: Vec<Json> = unlike.into_iter().filter(|send| !is_own(send)).collect();
        if !unlike.is_empty() {
            expect.insert("sendsNot".to_owned(), unlike.into());
        }
    }
    Json::Object(expect)
}

/// A send that is expected to have nothing of what it has not, and others of its kind have.
fn without(send: &Json, others: &[Json]) -> Json {
    let Json::Object(mut members) = send.clone() else { return send.clone() };
    let alike = others.iter().filter(|other| other.get("kind") == send.get("kind"));
    for name in alike.filter_map(Json::as_object).flat_map(Map::keys) {
        members.entry(name).or_insert(Json::Null);
    }
    members.into()
}

/// What is sent, as a case says it.
fn sends(observed: &Observed) -> Vec<Json> {
    let known = ["kind", "to", "subject", "text", "html", "replyAll", "attachOriginal", "attach", "webhook", "payload"];
    let one = |send: &TraceEffect| {
        let Ok(Json::Object(members)) = serde_json::to_value(send) else { return Json::Null };
        let mut members: Map<String, Json> =
            members.into_iter().filter(|(name, _)| known.contains(&name.as_str())).collect();
        if let Some(held) = &send.held_by {
            members.insert("heldBy".to_owned(), Json::from(held.rule.as_str()));
        }
        members.into()
    };
    observed.sends.iter().map(one).collect()
}

/// The mail of a draft, as it is accepted.
pub(crate) fn mail(draft: &Draft, flows: &Flows<'_>) -> Option<Vec<u8>> {
    let trial = Trial::read(&written(draft, flows)?, flows, &|_| Err(std::io::ErrorKind::NotFound.into())).ok()?;
    Some(trial.raw().to_vec())
}

/// A case that runs the mail in a file.
pub(crate) fn case(draft: &Draft, flows: &Flows<'_>, (name, file): (&str, &str), expect: Json) -> Json {
    let mut members = vec![("name".to_owned(), Node::String(name.to_owned()))];
    let mut beside = draft.beside(flows, answers(draft, flows));
    let rest = beside.split_off(1);
    members.extend(beside);
    members.push(("file".to_owned(), Node::String(file.to_owned())));
    members.extend(rest);
    with_expectation(Node::Map(members), expect)
}

/// A case that has the mail as fields.
pub(crate) fn case_with_mail(draft: &Draft, flows: &Flows<'_>, name: &str, expect: Json) -> Option<Json> {
    let Node::Map(members) = written(draft, flows)? else { return None };
    let named = [("name".to_owned(), Node::String(name.to_owned()))].into_iter().chain(members).collect();
    Some(with_expectation(Node::Map(named), expect))
}

fn with_expectation(case: Node, expect: Json) -> Json {
    let mut case = case.to_json();
    if let Json::Object(members) = &mut case {
        members.insert("expect".to_owned(), expect);
    }
    case
}

/// What comes of a case as it is written, on each side: the text is read again, and the mail from its bytes.
pub(crate) fn run_again(text: &str, mail: &[u8], sides: &[Flows<'_>], entry: &Entry) -> Option<Vec<Option<Observed>>> {
    on_each_side(text, mail, sides, entry, &|trial, flows| Some(trial.run(flows, false).ok()?.observed))
}

/// The ways to what comes of it.
pub(crate) fn traces(text: &str, mail: &[u8], sides: &[Flows<'_>], entry: &Entry) -> Option<Vec<Option<RunTrace>>> {
    on_each_side(text, mail, sides, entry, &|trial, flows| trial.trace(flows).ok())
}

fn on_each_side<T>(
    text: &str,
    mail: &[u8],
    sides: &[Flows<'_>],
    entry: &Entry,
    run: &dyn Fn(&Trial, &Flows<'_>) -> Option<T>,
) -> Option<Vec<Option<T>>> {
    let documents = source::yaml_documents(text).ok()?;
    let (document, _) = documents.first()?;
    let Some(Node::List(cases)) = source::member(document, "tests") else { return None };
    let case = source::without(cases.first()?, &["name", "expect"]);
    let mut came = Vec::new();
    for flows in sides {
        if !leads_somewhere(flows, entry) {
            came.push(None);
            continue;
        }
        let trial = Trial::read(&case, flows, &|_| Ok(mail.to_vec())).ok()?;
        came.push(Some(run(&trial, flows)?));
    }
    Some(came)
}

/// Whether a case that was made passes once it is written and read.
pub(crate) fn passes(case: &Json, flows: &Flows<'_>) -> bool {
    let text = yaml_text(&json!({ "tests": [case] }));
    let suite = Suite::read(&[SourceFile { path: String::new(), text }], flows, &|_, _| {
        Err(std::io::ErrorKind::NotFound.into())
    });
    let passed = |case: &Case| case.run(flows, None, false).is_ok_and(|ran| ran.mismatches.is_empty());
    suite.problems.is_empty() && suite.cases.iter().all(passed)
}
