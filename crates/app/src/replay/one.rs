//! One recorded mail, run through the flows as they would be.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use waypost_catalogue::world::Running;
use waypost_engine::{Journal, Limits};
use waypost_ids::{Kind, Ref};
use waypost_mail::message::Message;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::RouteRecord;
use waypost_store::records::facts::Facts;
use waypost_store::records::mail::{DecisionRecord, InteractionRecord};
use waypost_wire::trace::{ReplayTraces, RunTrace, TraceDifference, TraceEvent};

use super::answers::{Recorded, detail_of, shown_in};
use super::changed::Changed;
use super::compare::{first_difference, of_run, sends, told};
use crate::mail::answers::Answers;
use crate::mail::decide::{Start, decide};
use crate::redaction::Redaction;
use waypost_members::email::Envelope;

/// What came of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The decision stays.
    Same,
    /// It would be another.
    Changed,
    /// It can't be known.
    Unknown,
}

/// One interaction that was run again.
#[derive(Clone, Debug)]
pub(crate) struct Replayed {
    pub(crate) verdict: Verdict,
    /// The flow that the run began in.
    pub(crate) caller: String,
    pub(crate) before: Map<String, Json>,
    pub(crate) after: Map<String, Json>,
    pub(crate) attributes_changed: bool,
    /// Where the two runs part; of changed ones alone.
    pub(crate) parts: Option<TraceDifference>,
    /// Both traces as JSON text; of changed ones alone.
    pub(crate) traces: Option<String>,
}

/// A recorded mail and how it was decided.
pub(crate) struct Record<'r> {
    pub(crate) interaction: &'r InteractionRecord,
    pub(crate) route: Option<&'r RouteRecord>,
    pub(crate) decision: &'r DecisionRecord,
    /// The attributes that the recorded run left.
    pub(crate) attributes: &'r BTreeMap<String, String>,
    pub(crate) raw: &'r [u8],
    /// What was found out about it as it came in: today DNS may answer otherwise.
    pub(crate) facts: &'r Facts,
    pub(crate) trace: Option<&'r str>,
    /// What the recorded run asked and was answered.
    pub(crate) journal: Option<&'r str>,
}

/// Runs one.
///
/// # Errors
/// The store.
pub(crate) async fn replay(
    before: &Running,
    after: &Running,
    record: Record<'_>,
    limits: Limits,
    (today, changed): (&dyn Answers, &Changed),
    redaction: &Redaction,
) -> Result<Replayed, StoreError> {
    // A trace that can't be read is as one that was not kept.
    let recorded: Option<RunTrace> = record.trace.and_then(|trace| serde_json::from_str(trace).ok());
    let journal = match record.journal.map(Journal::from_json).transpose() {
        Ok(Some(journal)) => Some(journal),
        // It asked nothing, or an earlier release ran it: then its trace has all that is known.
        Ok(None) => {
            let answers = recorded.as_ref().map(shown_in).unwrap_or_default();
            let detail = recorded.as_ref().map(detail_of).unwrap_or_default();
            Some(Journal { detail, answers, ..Journal::default() })
        }
        Err(error) => {
            tracing::warn!(interaction = %record.interaction.id, %error, "a recorded answer of a run can't be replayed");
            None
        }
    };
    let readable = journal.is_some();
    let Journal { detail, answers, .. } = journal.unwrap_or_default();
    // The trace of a run that is answered from the record shows no more than the record's own.
    let limits = Limits { detail: detail.min(limits.detail), ..limits };
    let answers = Recorded::new(answers, today, changed);
    let message = Message::parse(record.raw);
    let start = Start {
        interaction: record.interaction.id,
        received_at: record.interaction.received_at,
        started_at: record.interaction.received_at,
        priority: match record.route {
            // A conversation that was begun over HTTP says its own.
            Some(route) if record.interaction.opening.is_none() && changed.has(&Ref::new(Kind::Route, route.id)) => {
                route.priority
            }
            _ => record.interaction.initial_priority,
        },
        route: record.route,
        opening: record.interaction.opening.as_ref(),
        envelope: Envelope::of(record.interaction).with_facts(record.facts),
        thread: record.interaction.thread.as_ref(),
    };
    let mut run = decide(after, start, &message, limits, &answers).await?.record;
    redaction.apply(&mut run, &message, start.thread);
    let unrouted = record.route.and_then(|route| route.unrouted_queue).unwrap_or(before.unrouted);
    let decision = of_run(record.decision, recorded.as_ref(), unrouted);
    let (was, is) = (told(&decision, before), told(&run.decision, after));
    let caller = run.flow.or(record.interaction.flow).map(|(flow, _)| flow);
    let caller = caller.and_then(|flow| after.flow_names.get(&flow)).map_or_else(String::new, |name| name.to_string());
    let attributes_changed = run.attributes != *record.attributes;
    let mut replayed = Replayed::of(caller, (was, is), (recorded, &run.trace));
    replayed.attributes_changed = attributes_changed;
    if !readable || answers.unknown() {
        replayed = Replayed { verdict: Verdict::Unknown, parts: None, traces: None, ..replayed };
    }
    Ok(replayed)
}

impl Replayed {
    /// Two decisions, as they are told, of runs that left these traces; what the runs send is told with them, where both traces say it.
    pub(crate) fn of(
        caller: String,
        (mut before, mut after): (Map<String, Json>, Map<String, Json>),
        (recorded, now): (Option<RunTrace>, &str),
    ) -> Self {
        let now: Option<RunTrace> = serde_json::from_str(now).ok();
        if let Some((was, is)) = sends(recorded.as_ref(), now.as_ref()) {
            for (told, sends) in [(&mut before, was), (&mut after, is)] {
                if sends != json!([]) {
                    told.insert("sends".to_owned(), sends);
                }
            }
        }
        let verdict = if before == after { Verdict::Same } else { Verdict::Changed };
        let mut replayed =
            Self { verdict, caller, before, after, attributes_changed: false, parts: None, traces: None };
        if verdict == Verdict::Changed {
            let traces = ReplayTraces { before: recorded, after: now };
            replayed.parts = first_difference(events(traces.before.as_ref()), events(traces.after.as_ref()));
            replayed.traces = serde_json::to_string(&traces).ok();
        }
        replayed
    }
}

fn events(trace: Option<&RunTrace>) -> &[TraceEvent] {
    trace.map_or(&[], |trace| &trace.events)
}
