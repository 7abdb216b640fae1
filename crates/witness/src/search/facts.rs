//! What a case says beside its mail of where that came from: what authentication and a scanner found, and the thread that it belongs to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use waypost_flow::document::fold_name;
use waypost_flow::source::Node;
use waypost_flow_tests::{EARLIER, Flows};
use waypost_ids::{AuthResult, DecisionKind, InteractionId, ScanResult, ThreadReason};

use super::draft::node_of;

/// Facts by their paths in a case: `auth.spf.result`, `previous.attributes.order`.
pub(crate) type Facts = BTreeMap<Vec<String>, Json>;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fact(Vec<String>);

/// What a result says of which nothing is said.
const UNKNOWN: &str = "unknown";

impl Fact {
    /// The one that a member of a mail reads, by the path below `interaction`.
    pub(crate) fn of_path(path: &[&str]) -> Option<Self> {
        let path = match path {
            ["email", "auth", "spf" | "dkim" | "dmarc", "result" | "domain" | "aligned"]
            | ["email", "scan", "result" | "by"]
            | ["email", "thread", "id" | "reason" | "position"] => path.get(1..)?,
            ["previous"] | ["previous", "id" | "decision" | "queue" | "receivedAt"] | ["previous", "attributes", _] => {
                path
            }
            _ => return None,
        };
        Some(Self(path.iter().map(|name| (*name).to_owned()).collect()))
    }

    fn path(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }

    /// The words that it may be; none if it may be any text.
    pub(crate) fn words(&self) -> &'static [&'static str] {
        match self.path().as_slice() {
            ["auth", _, "result"] => AuthResult::WORDS,
            ["scan", "result"] => ScanResult::WORDS,
            ["thread", "reason"] => ThreadReason::WORDS,
            ["previous", "decision"] => &DecisionKind::WORDS,
            _ => &[],
        }
    }

    /// What a run reads there.
    pub(crate) fn said(&self, facts: &Facts) -> String {
        match facts.get(&self.0) {
            Some(Json::String(text)) => return text.clone(),
            Some(other) => return other.to_string(),
            None => {}
        }
        let joins = facts.keys().any(|path| in_thread(path));
        match self.path().as_slice() {
            ["auth" | "scan", .., "result"] => UNKNOWN,
            ["thread", "reason"] if joins => ThreadReason::References.as_str(),
            ["thread", "reason"] => ThreadReason::New.as_str(),
            ["thread", "position"] if joins => "2",
            ["thread", "position"] => "1",
            ["thread", "id"] if joins => return EARLIER.to_string(),
            ["previous", "id"] if facts.keys().any(|path| path.first().is_some_and(|first| first == "previous")) => {
                return EARLIER.to_string();
            }
            _ => "",
        }
        .to_owned()
    }

    /// Makes it say a text, if it can.
    pub(crate) fn set_text(&self, facts: &mut Facts, text: &str) {
        let words = self.words();
        if !words.is_empty() && !words.contains(&text) {
            return;
        }
        let value = match self.path().as_slice() {
            ["thread", "reason"] if text == ThreadReason::New.as_str() => {
                return facts.retain(|path, _| !in_thread(path));
            }
            ["thread", "position"] => match text.parse::<u32>() {
                Ok(place) if place > 0 => Json::from(place),
                _ => return,
            },
            ["thread" | "previous", "id"] => Json::from(id_of(text, &self.said(facts))),
            ["previous", "receivedAt"] if text.parse::<Timestamp>().is_err() => return,
            ["previous"] | ["auth", _, "aligned"] => return,
            _ => Json::from(text),
        };
        facts.insert(self.0.clone(), value);
    }

    /// Whether it is the name of a queue, which has to be known.
    pub(crate) fn is_queue(&self) -> bool {
        self.path() == ["previous", "queue"]
    }

    /// Makes it begin with a text, and go on as it did.
    pub(crate) fn begin_with(&self, facts: &mut Facts, text: &str) {
        let said = self.said(facts);
        match self.path().as_slice() {
            ["thread" | "previous", "id"] => {
                let id = placed(text, &said, 0).unwrap_or_else(|| id_of(text, &said));
                facts.insert(self.0.clone(), Json::from(id));
            }
            _ if !self.words().is_empty() => {
                if let Some(word) = self.words().iter().find(|word| word.starts_with(text)) {
                    self.set_text(facts, word);
                }
            }
            _ => self.set_text(facts, &format!("{text}{said}")),
        }
    }

    /// Makes it end with a text, and begin as it did.
    pub(crate) fn end_with(&self, facts: &mut Facts, text: &str) {
        let said = self.said(facts);
        match self.path().as_slice() {
            ["thread" | "previous", "id"] => {
                let start = OTHER_ID.len().saturating_sub(text.len());
                let id = placed(text, &said, start).unwrap_or_else(|| id_of(text, &said));
                facts.insert(self.0.clone(), Json::from(id));
            }
            _ if !self.words().is_empty() => {
                if let Some(word) = self.words().iter().find(|word| word.ends_with(text)) {
                    self.set_text(facts, word);
                }
            }
            _ => self.set_text(facts, &format!("{said}{text}")),
        }
    }

    /// Makes it present, whatever it says.
    pub(crate) fn set_present(&self, facts: &mut Facts) {
        match self.path().as_slice() {
            ["previous"] => drop(facts.entry(self.0.clone()).or_insert_with(|| Json::Object(Map::new()))),
            ["auth", method, "aligned"] => aligned(facts, method, true),
            ["auth", _, "result"] => self.set_text(facts, AuthResult::Pass.as_str()),
            ["thread", "reason"] => self.set_text(facts, ThreadReason::References.as_str()),
            ["thread", "position"] => self.set_text(facts, "2"),
            // Another one than where nothing is said: what reads both ids tells them apart.
            ["thread", "id"] => self.set_text(facts, OTHER_ID),
            ["previous", "id"] => self.set_text(facts, &EARLIER.to_string()),
            // A queue has to be known.
            ["previous", "queue"] => {}
            _ => self.set_text(facts, self.words().first().unwrap_or(&"a")),
        }
    }

    /// Takes it out, or makes it say no.
    pub(crate) fn clear(&self, facts: &mut Facts) {
        match self.path().as_slice() {
            ["auth", method, "aligned"] => aligned(facts, method, false),
            // Without it there is none of what it has.
            ["previous"] => facts.retain(|path, _| path.first().is_none_or(|first| first != "previous")),
            _ => drop(facts.remove(&self.0)),
        }
    }
}

/// An id that is no other mail's.
const OTHER_ID: &str = "00000000-0000-4000-8000-000000000002";

/// An id that is a text, or has it in it as far as one can: at the start, at the end, or wherever its dashes fit.
fn id_of(text: &str, said: &str) -> String {
    let last = OTHER_ID.len().saturating_sub(text.len());
    let starts = [0, last].into_iter().chain(0..=last);
    let mut found = starts.filter_map(|start| placed(text, said, start));
    found.next().unwrap_or_else(|| OTHER_ID.to_owned())
}

/// An id as it is said so far, with a text at a place; none if that is no id.
fn placed(text: &str, said: &str, start: usize) -> Option<String> {
    let base = if said.parse::<InteractionId>().is_ok() && said.len() == OTHER_ID.len() { said } else { OTHER_ID };
    let text = text.to_lowercase();
    let id = format!("{}{text}{}", base.get(..start)?, base.get(start + text.len()..)?);
    // An id has other forms, too, of another length.
    (id.len() == OTHER_ID.len() && id.parse::<InteractionId>().is_ok()).then_some(id)
}

/// Makes a method pass for a domain that is aligned, or for another one.
fn aligned(facts: &mut Facts, method: &str, is: bool) {
    let path = |last: &str| ["auth", method, last].map(str::to_owned).to_vec();
    facts.insert(path("result"), Json::from(AuthResult::Pass.as_str()));
    facts.insert(path("aligned"), Json::Bool(is));
}

fn in_thread(path: &[String]) -> bool {
    path.first().is_some_and(|first| ["thread", "previous"].contains(&first.as_str()))
}

/// As members of a case. A queue goes by the name that the version has for it; one that it has not is left out.
pub(crate) fn written(facts: &Facts, flows: &Flows<'_>) -> Vec<(String, Node)> {
    let mut all = Map::new();
    for (path, value) in facts {
        let fact = Fact(path.clone());
        if fact.path() == ["previous", "queue"] {
            let id = value.as_str().and_then(|name| flows.running.queues_by_name.get(&fold_name(name)));
            let Some(name) = id.and_then(|id| flows.running.queue_names.get(id)) else { continue };
            put(&mut all, path, Json::from(&**name));
        } else {
            put(&mut all, path, value.clone());
        }
    }
    let methods = all.get_mut("auth").and_then(Json::as_object_mut);
    for method in methods.into_iter().flat_map(Map::values_mut).filter_map(Json::as_object_mut) {
        let result = method.entry("result").or_insert_with(|| Json::from(UNKNOWN));
        // What did not pass passed for no domain.
        if result.as_str() != Some(AuthResult::Pass.as_str()) {
            method.shift_remove("aligned");
        }
    }
    if let Some(scan) = all.get_mut("scan").and_then(Json::as_object_mut) {
        scan.entry("result").or_insert_with(|| Json::from(UNKNOWN));
    }
    all.iter().map(|(name, value)| (name.clone(), node_of(value))).collect()
}

fn put(all: &mut Map<String, Json>, path: &[String], value: Json) {
    match path {
        [] => {}
        [last] => drop(all.insert(last.clone(), value)),
        [first, rest @ ..] => {
            let inner = all.entry(first.clone()).or_insert_with(|| Json::Object(Map::new()));
            if let Some(inner) = inner.as_object_mut() {
                put(inner, rest, value);
            }
        }
    }
}
