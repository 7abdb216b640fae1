//! What is expected against what came.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use similar::{ChangeTag, TextDiff};
use waypost_app::mail::given::equal;
use waypost_app::mail::unanswered::Unanswered;
use waypost_ids::DecisionKind;
use waypost_wire::trace::{RunTrace, TraceEffect, TraceEvent, TraceTarget, text};

use crate::expect::{Expect, SendWanted, Wanted};
use crate::logs::{self, LogWanted};
use crate::observed::{Observed, Step};
use crate::recipients::are_recipients;
use crate::text::{Maybe, NOTHING, Text, quoted};

/// Something that is not as expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mismatch {
    /// The member of `expect`, such as `attributes.topic` or `sends[0]`.
    pub member: String,
    /// What was expected, in words.
    pub expected: String,
    /// What came, in words.
    pub found: String,
    /// The lines that differ, where texts of several lines do: `-` is expected, `+` came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
    /// Where the run parted from what was expected: the position of the trace's event; absent for the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<u64>,
}

struct Comparison<'o> {
    observed: &'o Observed,
    trace: &'o RunTrace,
    found: Vec<Mismatch>,
}

/// Holds what came against what is expected. Everything that differs is told, not the first thing alone.
pub(crate) fn compare(expect: &Expect, observed: &Observed, (trace, steps): (&RunTrace, &[Step])) -> Vec<Mismatch> {
    let mut comparison = Comparison { observed, trace, found: Vec::new() };
    comparison.decision(expect);
    comparison.values(expect);
    if let Some(wanted) = &expect.sends {
        comparison.sends(wanted);
    }
    comparison.sends_not(&expect.sends_not);
    if let Some(wanted) = &expect.logs {
        comparison.logs(wanted);
    }
    if let Some(wanted) = &expect.path {
        comparison.path(wanted, steps);
    }
    comparison.found
}

impl Comparison<'_> {
    fn add(&mut self, member: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) {
        let (member, expected, found) = (member.into(), expected.into(), found.into());
        self.found.push(Mismatch { member, expected, found, difference: None, event: None });
    }

    /// The same, with the event that made it so.
    fn add_at(&mut self, event: Option<usize>, member: String, expected: String, found: String) {
        let event = event.map(|event| event as u64);
        self.found.push(Mismatch { member, expected, found, difference: None, event });
    }

    fn text(&mut self, member: &str, wanted: Option<&Maybe<Text>>, found: Option<&str>, event: Option<usize>) {
        let Some(wanted) = wanted else { return };
        if wanted.accepts(found, |wanted, found| wanted.accepts(found)) {
            return;
        }
        let difference = match (wanted, found) {
            (Maybe::This(Text::Exact(expected)), Some(found)) => difference(expected, found),
            _ => None,
        };
        let found = found.map_or_else(|| NOTHING.to_owned(), quoted);
        self.add_at(event, member.to_owned(), wanted.to_string(), found);
        if let Some(last) = self.found.last_mut() {
            last.difference = difference;
        }
    }

    fn decision(&mut self, expect: &Expect) {
        let observed = self.observed;
        // A queue alone means that a flow decided for it: an unrouted mail may wait in the same one.
        let is_for_queue = matches!(expect.queue, Some(Maybe::This(_)));
        let implied = (is_for_queue && !matches!(expect.error, Some(Maybe::This(_)))).then_some(DecisionKind::Queue);
        if let Some(wanted) = expect.decision.or(implied).filter(|wanted| *wanted != observed.decision) {
            let why = observed.error.as_ref().map(|error| format!(" ({}: {})", error.code, error.message));
            let found = format!("{}{}", observed.decision.as_str(), why.unwrap_or_default());
            self.add("decision", wanted.as_str(), found);
        }
        if let Some(wanted) = &expect.queue {
            let folded = waypost_flow::document::fold_name;
            if !wanted.accepts(observed.queue.as_deref(), |wanted, queue| folded(queue) == folded(wanted)) {
                let found = match &observed.queue {
                    Some(queue) => format!("`{queue}`"),
                    None => format!("no queue: {}", observed.decision.as_str()),
                };
                let wanted = match wanted {
                    Maybe::This(wanted) => format!("`{wanted}`"),
                    Maybe::Nothing => "no queue".to_owned(),
                };
                self.add("queue", wanted, found);
            }
        }
        if let Some(wanted) = expect.priority.filter(|wanted| *wanted != observed.priority) {
            let event = last_set(self.trace, TraceTarget::Priority, "priority");
            self.add_at(event, "priority".to_owned(), wanted.to_string(), observed.priority.to_string());
        }
        if let Some(wanted) = &expect.skills
            && wanted.iter().collect::<BTreeSet<_>>() != observed.skills.iter().collect::<BTreeSet<_>>()
        {
            self.add("skills", listed(wanted), listed(&observed.skills));
        }
        if let Some(wanted) = expect.addresses.as_ref().filter(|wanted| !are_recipients(wanted, &observed.addresses)) {
            self.add("addresses", listed(wanted), listed(&observed.addresses));
        }
        self.text("language", expect.language.as_ref(), observed.language.as_deref(), None);
        self.text("reason", expect.reason.as_ref(), observed.reason.as_deref(), None);
        let event = last_set(self.trace, TraceTarget::Outcome, "outcome");
        self.text("outcome", expect.outcome.as_ref(), observed.outcome.as_deref(), event);
        if let Some(wanted) = &expect.error {
            let whole = observed.error.as_ref().map(|error| format!("{}: {}", error.code, error.message));
            let is_so = wanted.accepts(observed.error.as_ref().zip(whole.as_ref()), |wanted, (error, whole)| {
                [&error.code, &error.message, whole].into_iter().any(|text| wanted.accepts(text))
            });
            if !is_so {
                self.add(
                    "error",
                    match wanted {
                        Maybe::Nothing => "no error".to_owned(),
                        Maybe::This(wanted) => wanted.to_string(),
                    },
                    whole.map_or_else(|| "no error".to_owned(), |whole| quoted(&whole)),
                );
            }
        }
    }

    fn values(&mut self, expect: &Expect) {
        let observed = self.observed;
        for (name, wanted) in &expect.attributes {
            let member = format!("attributes.{name}");
            let found = observed.attributes.get(name).map(String::as_str);
            let event = last_set(self.trace, TraceTarget::Attribute, name);
            self.text(&member, Some(wanted), found, event);
        }
        if expect.no_attributes && !observed.attributes.is_empty() {
            let set = observed.attributes.iter().map(|(name, value)| format!("{name}: {}", quoted(value)));
            self.add("attributes", NOTHING, set.collect::<Vec<_>>().join(", "));
        }
        if expect.no_outputs && !observed.outputs.is_empty() {
            self.add("outputs", NOTHING, format!("`{}`", Json::Object(observed.outputs.clone())));
        }
        if expect.no_variables && !observed.variables.is_empty() {
            let set = observed.variables.iter().map(|(name, value)| format!("{name}: `{value}`"));
            self.add("variables", NOTHING, set.collect::<Vec<_>>().join(", "));
        }
        for (name, wanted) in &expect.variables {
            let event = last_set(self.trace, TraceTarget::Variable, name);
            self.value(format!("variables.{name}"), wanted, observed.variables.get(name), event);
        }
        for (name, wanted) in &expect.outputs {
            let event = last_set(self.trace, TraceTarget::Output, name);
            self.value(format!("outputs.{name}"), wanted, observed.outputs.get(name), event);
        }
    }

    fn value(&mut self, member: String, wanted: &Wanted, found: Option<&Json>, event: Option<usize>) {
        match wanted {
            Wanted::Text(wanted) => {
                self.text(&member, Some(&Maybe::This(wanted.clone())), found.and_then(Json::as_str), event);
            }
            Wanted::Nothing => {
                if let Some(found) = found.filter(|found| !found.is_null()) {
                    self.add_at(event, member, NOTHING.to_owned(), format!("`{found}`"));
                }
            }
            Wanted::Value(wanted) if found.is_some_and(|found| equal(wanted, found)) => {}
            Wanted::Value(wanted) => {
                let found = found.map_or_else(|| NOTHING.to_owned(), |found| format!("`{found}`"));
                self.add_at(event, member, format!("`{wanted}`"), found);
            }
        }
    }

    /// Each expected one must be sent, and no two of them may be the same one.
    fn sends(&mut self, wanted: &[SendWanted]) {
        let sends = &self.observed.sends;
        if wanted.is_empty() && sends.iter().any(|send| send.held_by.is_none()) {
            return self.add("sends", NOTHING, told(sends));
        }
        let mut taken = vec![false; sends.len()];
        for (index, one) in wanted.iter().enumerate() {
            let found = sends.iter().zip(&mut taken).find(|(send, taken)| !**taken && one.accepts(send));
            match found {
                Some((_, taken)) => *taken = true,
                None => {
                    let left: Vec<TraceEffect> =
                        sends.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(send, _)| send.clone()).collect();
                    let event = None;
                    self.add_at(event, format!("sends[{index}]"), one.to_string(), told(&left));
                    if let ([only], Some(last)) = (left.as_slice(), self.found.last_mut()) {
                        last.difference = one.difference(only);
                    }
                }
            }
        }
    }

    /// Each expected line must be logged, whatever else is.
    fn logs(&mut self, wanted: &[LogWanted]) {
        let observed = &self.observed.logs;
        let found = || {
            let lines = observed.iter().map(|log| format!("{}: {}", logs::word(log.level), quoted(&log.message)));
            if observed.is_empty() { NOTHING.to_owned() } else { lines.collect::<Vec<_>>().join("; ") }
        };
        if wanted.is_empty() && !observed.is_empty() {
            return self.add("logs", NOTHING, found());
        }
        for (index, one) in wanted.iter().enumerate().filter(|(_, one)| !observed.iter().any(|log| one.accepts(log))) {
            self.add(format!("logs[{index}]"), one.to_string(), found());
        }
    }

    fn sends_not(&mut self, unwanted: &[SendWanted]) {
        for (index, one) in unwanted.iter().enumerate() {
            let sent: Vec<TraceEffect> = self.observed.sends.iter().filter(|send| one.accepts(send)).cloned().collect();
            if !sent.is_empty() {
                self.add(format!("sendsNot[{index}]"), format!("not {one}"), told(&sent));
            }
        }
    }

    /// Nodes of the flow under test, and of the flows that the expected path names.
    fn path(&mut self, wanted: &[String], steps: &[Step]) {
        let others: BTreeSet<&str> =
            wanted.iter().filter_map(|step| step.rsplit_once('/')).map(|(flow, _)| flow).collect();
        let counted: Vec<&Step> =
            steps.iter().filter(|step| step.other_flow().is_none_or(|flow| others.contains(flow))).collect();
        let found: Vec<&str> = counted.iter().map(|step| step.label.as_str()).collect();
        if found == *wanted {
            return;
        }
        let parted = found.iter().zip(wanted).position(|(found, wanted)| *found != wanted);
        let parted = parted.unwrap_or_else(|| found.len().min(wanted.len()));
        let event = counted.get(parted).map(|step| step.event);
        self.add_at(event, "path".to_owned(), wanted.join(" → "), found.join(" → "));
    }
}

impl SendWanted {
    fn accepts(&self, send: &TraceEffect) -> bool {
        let text = |wanted: &Option<Maybe<Text>>, found: &Option<Json>| {
            let found = found.as_ref().and_then(Json::as_str);
            wanted.as_ref().is_none_or(|wanted| wanted.accepts(found, |wanted, found| wanted.accepts(found)))
        };
        let to: Vec<&str> = match &send.to {
            Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).collect(),
            Some(Json::String(one)) => vec![one],
            _ => Vec::new(),
        };
        let to = match &self.to {
            None => true,
            Some(Maybe::Nothing) => to.is_empty(),
            Some(Maybe::This(wanted)) => wanted.accept(&to),
        };
        // What is held back is not sent: it is only meant by who says so.
        self.held_by == send.held_by.as_ref().map(|held| held.rule.as_str())
            && self.kind.is_none_or(|kind| kind == send.kind)
            && to
            && text(&self.subject, &send.subject)
            && text(&self.text, &send.text)
            && text(&self.html, &send.html)
            && self.reply_all.is_none_or(|wanted| wanted == send.reply_all)
            && self.attach_original.is_none_or(|wanted| wanted == send.attach_original)
            && self.attach.is_none_or(|wanted| wanted == send.attach)
            && self.webhook.as_ref().is_none_or(|wanted| {
                wanted.accepts(send.webhook.as_ref().and_then(Json::as_str), |wanted, found| wanted == found)
            })
            && self
                .payload
                .as_ref()
                .is_none_or(|wanted| wanted.accepts(send.payload.as_ref().filter(|payload| !payload.is_null()), equal))
    }

    /// The lines that differ between the expected text and that of the only one that was sent besides.
    fn difference(&self, send: &TraceEffect) -> Option<String> {
        let pairs = [(&self.text, &send.text), (&self.html, &send.html), (&self.subject, &send.subject)];
        pairs.into_iter().find_map(|(wanted, found)| match (wanted, found.as_ref().and_then(Json::as_str)) {
            (Some(Maybe::This(Text::Exact(wanted))), Some(found)) if wanted != found => difference(wanted, found),
            _ => None,
        })
    }
}

/// Calls of data actions that the run asked for and the case does not answer: nobody was called.
pub(crate) fn without_answers(calls: &[Unanswered]) -> impl Iterator<Item = Mismatch> + '_ {
    calls.iter().map(|call| Mismatch {
        member: "answers".to_owned(),
        expected: format!("an answer for the data action `{}`", call.data_action),
        found: format!("none for the input `{}`", Json::Object(call.input.clone())),
        difference: None,
        event: None,
    })
}

/// Holds what came against the snapshot, member by member.
pub(crate) fn with_snapshot(snapshot: Option<&Observed>, observed: &Observed) -> Vec<Mismatch> {
    let mismatch = |member: String, expected: String, found: String, difference| Mismatch {
        member,
        expected,
        found,
        difference,
        event: None,
    };
    let Some(snapshot) = snapshot else {
        let expected = "a snapshot beside the file (`--update` writes it)".to_owned();
        return vec![mismatch("snapshot".to_owned(), expected, "none for this case".to_owned(), None)];
    };
    let (Ok(Json::Object(before)), Ok(Json::Object(now))) =
        (serde_json::to_value(snapshot), serde_json::to_value(observed))
    else {
        return Vec::new();
    };
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let differing = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
    differing
        .map(|name| {
            let shown = |value: Option<&Json>| match value {
                None => NOTHING.to_owned(),
                Some(value) => format!("`{value}`"),
            };
            let pretty = |value: Option<&Json>| {
                value.and_then(|value| serde_json::to_string_pretty(value).ok()).unwrap_or_default()
            };
            let lines = difference(&pretty(before.get(name)), &pretty(now.get(name)));
            mismatch(name.clone(), shown(before.get(name)), shown(now.get(name)), lines)
        })
        .collect()
}

/// The event that set something last.
fn last_set(trace: &RunTrace, target: TraceTarget, name: &str) -> Option<usize> {
    trace.events.iter().rposition(|event| match event {
        TraceEvent::Set { target: set, name: known, .. } => *set == target && known == name,
        TraceEvent::Output { name: known, .. } => target == TraceTarget::Variable && known == name,
        _ => false,
    })
}

fn listed(all: &[String]) -> String {
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// What is sent, in words.
fn told(sends: &[TraceEffect]) -> String {
    match sends {
        [] => NOTHING.to_owned(),
        sends => sends.iter().map(text::sent).collect::<Vec<_>>().join("; "),
    }
}

/// The lines in which two texts differ, if one of them has several.
fn difference(expected: &str, found: &str) -> Option<String> {
    if !expected.trim_end().contains('\n') && !found.trim_end().contains('\n') {
        return None;
    }
    let mut lines = String::new();
    for change in TextDiff::from_lines(expected, found).iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        lines.push(sign);
        lines.push(' ');
        lines.push_str(change.value().trim_end_matches('\n'));
        lines.push('\n');
    }
    Some(lines)
}
