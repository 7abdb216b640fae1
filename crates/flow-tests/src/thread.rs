//! The thread that a trial's mail belongs to: what it says under `thread`, and of the interaction before it under `previous`.

use jiff::Timestamp;
use uuid::Uuid;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::fold_name;
use waypost_flow::source::Node;
use waypost_ids::{DecisionKind, InteractionId, ThreadReason};
use waypost_project::members::{Members, wrong};
use waypost_store::records::threads::{PreviousRecord, ThreadRecord};

use crate::Flows;
use crate::trial::texts;

pub(crate) const THREAD: &str = "thread";
pub(crate) const THREAD_KEYS: [&str; 2] = ["reason", "position"];

pub(crate) const PREVIOUS: &str = "previous";
pub(crate) const PREVIOUS_KEYS: [&str; 7] =
    ["queue", "attributes", "decision", "receivedAt", "priority", "skills", "language"];

/// The interaction before the trial's own, and with it the thread.
const EARLIER: InteractionId = InteractionId(Uuid::from_u128(1));

/// What a trial says of its thread. None: its mail begins one.
pub(crate) fn read(
    path: &str,
    (thread, previous): (Option<&Node>, Option<&Node>),
    flows: &Flows<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<ThreadRecord> {
    let said = thread.and_then(|node| self::thread(&format!("{path}.{THREAD}"), node, problems));
    let previous = previous.and_then(|node| self::previous(&format!("{path}.{PREVIOUS}"), node, flows, problems));
    if thread.is_none() && previous.is_none() {
        return None;
    }
    let (reason, position) = said.unwrap_or_default();
    Some(ThreadRecord {
        id: EARLIER.0,
        reason: reason.unwrap_or(ThreadReason::References),
        position: position.unwrap_or(2),
        previous,
        automatic: false,
    })
}

fn thread(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<(Option<ThreadReason>, Option<u32>)> {
    let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
    let (reason, position) = (members.text("reason"), members.integer("position"));
    problems.extend(members.finish(&THREAD_KEYS));
    // A mail that begins its thread is what a case has that says nothing of it.
    let known = || ThreadReason::ALL.into_iter().filter(|one| *one != ThreadReason::New);
    let reason = reason.and_then(|word| {
        let found = known().find(|one| one.as_str() == word);
        if found.is_none() {
            let words: Vec<&str> = known().map(ThreadReason::as_str).collect();
            problems.push(one_of(&format!("{path}.reason"), &word, &words));
        }
        found
    });
    let position = position.and_then(|number| {
        let place = u32::try_from(number).ok().filter(|place| *place > 0);
        if place.is_none() {
            problems.push(wrong(&format!("{path}.position"), "a number from 1").found(number.to_string()));
        }
        place
    });
    Some((reason, position))
}

fn previous(path: &str, node: &Node, flows: &Flows<'_>, problems: &mut Vec<Diagnostic>) -> Option<PreviousRecord> {
    let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
    let (queue, decision, received_at) = (members.text("queue"), members.text("decision"), members.text("receivedAt"));
    let (priority, skills, language) = (members.integer("priority"), members.texts("skills"), members.text("language"));
    let attributes = members.node("attributes");
    problems.extend(members.finish(&PREVIOUS_KEYS));
    let attributes = attributes.map(|node| texts(&format!("{path}.attributes"), node, problems)).unwrap_or_default();
    let queue_id = queue.as_deref().and_then(|name| {
        let found = flows.running.queues_by_name.get(&fold_name(name)).copied();
        if found.is_none() {
            let problem =
                Diagnostic::error(Code::UnknownQueue, format!("{path}.queue"), format!("there is no queue `{name}`"));
            problems.push(problem.nearest(name, flows.running.queue_names.values().map(AsRef::as_ref)));
        }
        found
    });
    let kind = decision.and_then(|word| {
        let found = DecisionKind::ALL.into_iter().find(|one| one.as_str() == word);
        if found.is_none() {
            problems.push(one_of(&format!("{path}.decision"), &word, &DecisionKind::WORDS));
        }
        found
    });
    let received_at = received_at.map(|text| {
        text.parse::<Timestamp>().unwrap_or_else(|_| {
            let problem = Diagnostic::error(
                Code::InvalidValue,
                format!("{path}.receivedAt"),
                format!("not a valid time: `{text}`"),
            );
            problems.push(problem.expected("a time such as `2026-03-01T09:00:00Z`"));
            Timestamp::UNIX_EPOCH
        })
    });
    Some(PreviousRecord {
        id: EARLIER,
        received_at: received_at.unwrap_or(crate::trial::WHEN),
        decision: kind.or(queue_id.map(|_| DecisionKind::Queue)),
        queue: queue_id,
        queue_name: queue.unwrap_or_default(),
        priority: priority.unwrap_or_default(),
        skills: skills.unwrap_or_default(),
        language,
        attributes,
    })
}

fn one_of(path: &str, word: &str, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::error(Code::InvalidValue, path, format!("unknown word `{word}`"));
    problem.expected(format!("one of: {}", known.join(", "))).nearest(word, known.iter().copied())
}
