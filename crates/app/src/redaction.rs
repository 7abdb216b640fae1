//! Values that no kept trace shows, by the names of what holds them: variables, attributes, inputs, outputs, columns, header fields.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value as Json;
use uuid::Uuid;
use waypost_engine::trace::EMPTY;
use waypost_mail::message::Message;
use waypost_store::records::mail::{DecisionRecord, RunRecord};
use waypost_store::records::threads::ThreadRecord;

/// What stands in the place of a value.
const REDACTED: &str = "[redacted]";

/// A shorter value is hidden where its name stands alone: elsewhere it would be found in every other word.
const LEAST: usize = 4;

/// A longer value may be shown in part somewhere else: from so many characters of it on, nothing of that text is shown.
const WHOLE: usize = 64;

/// Members of events whose members have names that flows and data actions give.
const NAMED: [&str; 5] = ["value", "input", "output", "row", "payload"];

/// Members of events that have words of the trace's own.
const OWN: [&str; 7] = ["event", "kind", "type", "level", "target", "match", "by"];

/// The names of what is not shown.
#[derive(Clone, Debug, Default)]
pub struct Redaction(Arc<BTreeSet<String>>);

impl Redaction {
    /// Names, whatever their case.
    #[must_use]
    pub fn of(names: &[String]) -> Self {
        Self(Arc::new(names.iter().map(|name| name.to_lowercase()).collect()))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(&name.to_lowercase())
    }

    /// Takes the values from a run's trace, and from the words that its decision has.
    pub(crate) fn apply(&self, run: &mut RunRecord, message: &Message<'_>, thread: Option<&ThreadRecord>) {
        if self.0.is_empty() {
            return;
        }
        let mut secrets = BTreeSet::new();
        for name in self.0.iter() {
            let fields = message.headers().iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
            secrets.extend(fields.flat_map(|(_, values)| values).map(|value| value.trim().to_owned()));
        }
        // A flow may say what it only read: no event names what held it.
        let earlier = thread.and_then(|thread| thread.previous.as_ref()).map(|previous| &previous.attributes);
        let attributes = earlier.into_iter().flatten().chain(&run.attributes).filter(|(name, _)| self.has(name));
        secrets.extend(attributes.map(|(_, value)| value.trim().to_owned()));
        run.trace = self.trace(&run.trace, &mut secrets);
        let secrets = kept(secrets);
        let DecisionRecord { reason, outcome, .. } = &mut run.decision;
        for words in reason.iter_mut().chain(outcome) {
            mask(words, &secrets);
        }
        if let Some(error) = &mut run.decision.error {
            mask_all(error, &secrets);
        }
    }

    /// A trace without the values; what they are is added to `secrets`.
    fn trace(&self, trace: &str, secrets: &mut BTreeSet<String>) -> String {
        // A trace that is not ours shows nothing.
        let Ok(mut read) = serde_json::from_str::<Json>(trace) else { return EMPTY.to_owned() };
        let events = read.get_mut("events").and_then(Json::as_array_mut);
        for event in events.into_iter().flatten() {
            let is_named = event.get("name").and_then(Json::as_str).is_some_and(|name| self.has(name));
            if let Some(value) = event.get_mut("value").filter(|_| is_named) {
                take(value, secrets);
            }
            self.named(event, false, secrets);
        }
        let secrets = kept(secrets.clone());
        if !secrets.is_empty() {
            mask_all(&mut read, &secrets);
        }
        read.to_string()
    }

    /// Takes the values of members with one of the names, below those members of events that hold such.
    fn named(&self, value: &mut Json, within: bool, secrets: &mut BTreeSet<String>) {
        match value {
            Json::Object(members) => {
                for (name, value) in members {
                    if within && self.has(name) {
                        take(value, secrets);
                    } else {
                        self.named(value, within || NAMED.contains(&name.as_str()), secrets);
                    }
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.named(item, within, secrets)),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
}

/// Puts the mark in the place of a value, and remembers what the value was.
fn take(value: &mut Json, secrets: &mut BTreeSet<String>) {
    leaves(value, secrets);
    *value = REDACTED.into();
}

fn leaves(value: &Json, found: &mut BTreeSet<String>) {
    match value {
        Json::String(text) => {
            found.insert(text.trim().to_owned());
        }
        Json::Number(number) => {
            found.insert(number.to_string());
        }
        Json::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Json::Object(members) => members.values().for_each(|value| leaves(value, found)),
        Json::Null | Json::Bool(_) => {}
    }
}

/// Those that can be told from other text, longest first.
fn kept(secrets: BTreeSet<String>) -> Vec<String> {
    let mut secrets: Vec<String> =
        secrets.into_iter().filter(|secret| secret.chars().count() >= LEAST && secret != REDACTED).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// Hides values wherever a text repeats them. Words of the trace's own, identifiers and times stay.
fn mask_all(value: &mut Json, secrets: &[String]) {
    match value {
        Json::String(text) => mask(text, secrets),
        Json::Array(items) => items.iter_mut().for_each(|item| mask_all(item, secrets)),
        Json::Object(members) => {
            let open = members.iter_mut().filter(|(name, _)| !OWN.contains(&name.as_str()));
            open.for_each(|(_, value)| mask_all(value, secrets));
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

fn mask(text: &mut String, secrets: &[String]) {
    if Uuid::from_str(text).is_ok() || Timestamp::from_str(text).is_ok() {
        return;
    }
    for secret in secrets {
        match secret.char_indices().nth(WHOLE) {
            None if text.contains(secret.as_str()) => *text = text.replace(secret.as_str(), REDACTED),
            Some((end, _)) => {
                if let Some(at) = secret.get(..end).and_then(|begin| text.find(begin)) {
                    text.truncate(at);
                    text.push_str(REDACTED);
                }
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use waypost_ids::DecisionKind;

    use super::*;

    fn redacted(names: &[&str], events: &Json) -> Json {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let trace = json!({ "version": 1, "events": events }).to_string();
        let read: Json = serde_json::from_str(&Redaction::of(&names).trace(&trace, &mut BTreeSet::new())).unwrap();
        read["events"].clone()
    }

    #[test]
    fn a_value_is_hidden_under_its_name_and_wherever_it_is_repeated() {
        let events = json!([
            { "event": "input", "name": "cardNumber", "value": "4111 1111" },
            { "event": "set", "target": "variable", "name": "other", "value": "card 4111 1111" },
            { "event": "log", "level": "info", "message": "card 4111 1111 of 4111 1111" },
            { "event": "lookup", "kind": "callDataAction", "request": { "dataAction": "x", "input": { "CARDNUMBER": "4111 1111" } },
                "answer": { "success": { "output": { "cardnumber": ["5500 0000"], "name": "Ann" } } } },
            { "event": "effect", "kind": "mail", "text": "5500 0000" },
        ]);
        let hidden = redacted(&["CardNumber"], &events);
        assert_eq!(hidden[0]["value"], REDACTED);
        assert_eq!(hidden[1]["value"], "card [redacted]");
        assert_eq!(hidden[2]["message"], "card [redacted] of [redacted]");
        assert_eq!(hidden[3]["request"]["input"]["CARDNUMBER"], REDACTED);
        assert_eq!(hidden[3]["answer"]["success"]["output"], json!({ "cardnumber": REDACTED, "name": "Ann" }));
        assert_eq!(hidden[4]["text"], REDACTED);
    }

    #[test]
    fn words_of_the_trace_identifiers_and_short_values_stay_as_they_are() {
        let id = "0198f000-0000-7000-8000-000000000001";
        let events = json!([
            { "event": "set", "target": "variable", "name": "secret", "value": "variable" },
            { "event": "input", "name": "secret", "value": "0000" },
            { "event": "input", "name": "secret", "value": "a" },
            { "event": "flow", "id": id, "name": "a variable" },
        ]);
        let hidden = redacted(&["secret", "id", "event"], &events);
        assert_eq!((&hidden[0]["event"], &hidden[0]["target"]), (&json!("set"), &json!("variable")));
        assert_eq!((&hidden[2]["value"], &hidden[3]["id"]), (&json!(REDACTED), &json!(id)));
        assert_eq!(hidden[3]["name"], "a [redacted]");
    }

    #[test]
    fn a_long_value_that_is_cut_elsewhere_is_hidden_as_well() {
        let long = "x1y2".repeat(60);
        let events = json!([
            { "event": "input", "name": "token", "value": long },
            { "event": "log", "level": "info", "message": format!("it is {}…", &long[..100]) },
        ]);
        assert_eq!(redacted(&["token"], &events)[1]["message"], "it is [redacted]");
    }

    #[test]
    fn attributes_that_a_run_only_read_are_hidden_as_well() {
        let previous = json!({ "id": Uuid::nil(), "received_at": Timestamp::UNIX_EPOCH, "attributes": { "cardNumber": "4111 1111" } });
        let thread = json!({ "id": Uuid::nil(), "reason": "marker", "position": 2, "previous": previous });
        let thread: ThreadRecord = serde_json::from_value(thread).unwrap();
        let trace = json!({ "version": 1, "events": [{ "event": "log", "message": "4111 1111 after 5500 0000" }] });
        let mut run = RunRecord {
            flow: None,
            started_at: Timestamp::UNIX_EPOCH,
            duration_us: 0,
            decision: DecisionRecord {
                kind: DecisionKind::Disconnect,
                queue: None,
                priority: 0,
                skills: Vec::new(),
                language: None,
                addresses: Vec::new(),
                reason: None,
                outcome: None,
                error: None,
            },
            attributes: [("CARDNUMBER".to_owned(), "5500 0000".to_owned())].into(),
            trace: trace.to_string(),
            journal: None,
            rerun_by: None,
            sends: Vec::new(),
        };
        Redaction::of(&["cardNumber".to_owned()]).apply(&mut run, &Message::parse(b""), Some(&thread));
        assert!(run.trace.contains("[redacted] after [redacted]"), "{}", run.trace);
    }

    #[test]
    fn header_fields_are_hidden_by_name() {
        let message = Message::parse(b"X-Card: 4111 1111\r\nSubject: pay\r\n\r\nbody");
        let mut secrets = BTreeSet::new();
        let names = Redaction::of(&["x-card".to_owned()]);
        secrets.extend(message.headers().iter().filter(|(field, _)| names.has(field)).flat_map(|(_, all)| all.clone()));
        let trace = json!({ "version": 1, "events": [{ "event": "log", "message": "4111 1111" }] }).to_string();
        assert!(!names.trace(&trace, &mut secrets).contains("4111"));
    }
}
