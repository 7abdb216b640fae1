//! The thread that a trial's mail belongs to: what it says under `thread`, and of the interaction before it under `previous`.

use jiff::Timestamp;
use uuid::Uuid;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::fold_name;
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};
use waypost_ids::{DecisionKind, InteractionId, ThreadReason};
use waypost_store::records::threads::{PreviousRecord, ThreadRecord};

use crate::Flows;
use crate::time;
use crate::trial::texts;

pub(crate) const THREAD: &str = "thread";
pub(crate) const THREAD_KEYS: [&str; 3] = ["id", "reason", "position"];

pub(crate) const PREVIOUS: &str = "previous";
pub(crate) const PREVIOUS_KEYS: [&str; 8] =
    ["id", "queue", "attributes", "decision", "receivedAt", "priority", "skills", "language"];

/// The interaction before the trial's own, and with it the thread, where a trial gives neither an id.
pub const EARLIER: InteractionId = InteractionId(Uuid::from_u128(1));

/// What a trial says under `thread`.
#[derive(Default)]
struct Said {
    id: Option<Uuid>,
    reason: Option<ThreadReason>,
    position: Option<u32>,
}

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
    let Said { id, reason, position } = said.unwrap_or_default();
    let position = position.unwrap_or(2);
    // A thread has the id of its first mail: of the second one's, that is the mail before it.
    let first = previous.as_ref().filter(|_| position == 2).map_or(EARLIER, |previous| previous.id);
    Some(ThreadRecord {
        id: id.unwrap_or(first.0),
        reason: reason.unwrap_or(ThreadReason::References),
        position,
        previous,
        automatic: false,
    })
}

fn thread(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Said> {
    let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
    let (id, reason, position) = (members.text("id"), members.text("reason"), members.integer("position"));
    problems.extend(members.finish(&THREAD_KEYS));
    let id = id.and_then(|text| self::id(path, &text, problems));
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
    Some(Said { id, reason, position })
}

fn id(path: &str, text: &str, problems: &mut Vec<Diagnostic>) -> Option<Uuid> {
    let id = text.parse().ok();
    if id.is_none() {
        let problem = Diagnostic::error(Code::InvalidValue, format!("{path}.id"), format!("not a valid id: `{text}`"));
        problems.push(problem.expected(format!("a UUID such as `{}`", EARLIER.0)));
    }
    id
}

fn previous(path: &str, node: &Node, flows: &Flows<'_>, problems: &mut Vec<Diagnostic>) -> Option<PreviousRecord> {
    let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
    let (queue, decision, received_at) = (members.text("queue"), members.text("decision"), members.text("receivedAt"));
    let (priority, skills, language) = (members.integer("priority"), members.texts("skills"), members.text("language"));
    let (id, attributes) = (members.text("id"), members.node("attributes"));
    problems.extend(members.finish(&PREVIOUS_KEYS));
    let id = id.and_then(|text| self::id(path, &text, problems));
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
        time::read(format!("{path}.receivedAt"), &text).unwrap_or_else(|problem| {
            problems.push(*problem);
            Timestamp::UNIX_EPOCH
        })
    });
    Some(PreviousRecord {
        id: id.map_or(EARLIER, InteractionId),
        received_at: received_at.unwrap_or(crate::trial::WHEN),
        decision: kind.or(queue_id.map(|_| DecisionKind::Queue)),
        queue: queue_id,
        // As the flow reads it: the queue's own spelling, whatever the test's.
        queue_name: queue_id
            .and_then(|id| flows.running.queue_names.get(&id))
            .map(ToString::to_string)
            .unwrap_or_default(),
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
