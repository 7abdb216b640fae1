//! A draft as users get it: a mail, and a test file for what a mail alone can't say.

use serde_json::{Map, Value as Json, json};
use waypost_flow::source::{self, Node, yaml_text};
use waypost_flow_tests::trial::Trial;
use waypost_flow_tests::{Case, Flows, Observed, Suite};
use waypost_project::SourceFile;

use super::draft::{Draft, Entry};
use super::hunt::{answers, leads_somewhere, written};

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
    let sends = all.get("sends").and_then(Json::as_array).cloned().unwrap_or_default();
    let known = ["kind", "to", "subject", "text", "html", "webhook", "payload"];
    let one = |send: Json| match send {
        Json::Object(members) => members.into_iter().filter(|(name, _)| known.contains(&name.as_str())).collect(),
        other => other,
    };
    let sends: Vec<Json> = sends.into_iter().map(one).collect();
    if !sends.is_empty() {
        expect.insert("sends".to_owned(), sends.into());
    }
    Json::Object(expect)
}

/// The mail of a draft, as it is accepted.
pub(crate) fn mail(draft: &Draft, flows: &Flows<'_>) -> Option<Vec<u8>> {
    let trial = Trial::read(&written(draft, flows)?, flows, &|_| Err(std::io::ErrorKind::NotFound.into())).ok()?;
    Some(trial.raw().to_vec())
}

/// A case that runs the mail in a file.
pub(crate) fn case(draft: &Draft, flows: &Flows<'_>, (name, file): (&str, &str), expect: Json) -> Json {
    let mut members = vec![("name".to_owned(), Node::String(name.to_owned()))];
    let mut beside = draft.beside(answers(draft, flows));
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
    let documents = source::yaml_documents(text).ok()?;
    let (document, _) = documents.first()?;
    let Some(Node::List(cases)) = source::member(document, "tests") else { return None };
    let case = source::without(cases.first()?, &["name", "expect"]);
    let mut observed = Vec::new();
    for flows in sides {
        if !leads_somewhere(flows, entry) {
            observed.push(None);
            continue;
        }
        let trial = Trial::read(&case, flows, &|_| Ok(mail.to_vec())).ok()?;
        observed.push(Some(trial.run(flows, false).ok()?.observed));
    }
    Some(observed)
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
