//! One run over one mail: the flow that the route leads to, and what is recorded of it.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use uuid::Uuid;
use waypost_catalogue::world::Running;
use waypost_engine::{Effect, Journal, Limits, Outcome, Reached, Run, RunError, RunInput, Slice, Step};
use waypost_flow::link::Snapshot;
use waypost_flow::program::Program;
use waypost_flow::value::Value;
use waypost_ids::{DecisionKind, FlowId, InteractionId, QueueId, codes};
use waypost_mail::message::Message;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};
use waypost_store::records::mail::{DecisionRecord, Opening, RunRecord};
use waypost_store::records::threads::ThreadRecord;

use super::answers::{Answer, Answers};
use super::parked::{MOST_ASKED, Parked, unanswered};
use super::threads::goes_back;
use waypost_members::email::{Envelope, MessageView};

/// How often a run checks for cancellation, in turns. A turn may take some milliseconds.
const TURNS: u32 = 16;

/// What a run starts from.
#[derive(Clone, Copy)]
pub struct Start<'r> {
    /// The interaction.
    pub interaction: InteractionId,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// When the run begins.
    pub started_at: Timestamp,
    /// The priority it starts with.
    pub priority: i64,
    /// The route; none for `postmaster` without one, and when the route is gone by the time of a rerun.
    pub route: Option<&'r RouteRecord>,
    /// What was said of the interaction besides its mail.
    pub opening: Option<&'r Opening>,
    /// What the mail came in.
    pub envelope: Envelope<'r>,
    /// The thread that the interaction joined; none if it began one.
    pub thread: Option<&'r ThreadRecord>,
}

impl<'r> Start<'r> {
    /// The mail as flows see it.
    fn view<'x>(&self, message: &'r Message<'x>) -> MessageView<'r, 'x> {
        MessageView::new(message, self.envelope).of_interaction(self.interaction, self.thread)
    }
}

/// A run that is over.
#[derive(Debug)]
pub struct Decided {
    /// What is kept of it. It sends nothing yet.
    pub record: RunRecord,
    /// What it wants to send.
    pub effects: Vec<Effect>,
    /// How many steps of its budget it took.
    pub steps: u64,
    /// How many actions it did.
    pub actions: u32,
    /// What it reached of its flows, if the limits ask for it.
    pub reached: Option<Box<Reached>>,
}

/// Where a run came to.
#[derive(Debug)]
pub enum Ended {
    /// Its decision.
    Decided(Box<Decided>),
    /// A question that is answered later.
    Parked(Box<Parked>),
}

/// What is known of a run that was parked.
#[derive(Debug, Default)]
pub struct SoFar {
    /// What it was answered.
    pub journal: Journal,
    /// The flows that it began with, if they are others than those of today and can still run, and the one that it started with.
    pub began: Option<(Snapshot, Arc<Program>)>,
}

impl SoFar {
    /// The program that a run over a flow starts with, and those that it can call.
    fn start<'s>(&'s self, flow: FlowId, running: &'s Running) -> Option<(&'s Snapshot, &'s Program)> {
        match &self.began {
            Some((snapshot, program)) => Some((snapshot, program)),
            None => running.snapshot.published(flow).map(|program| (&running.snapshot, &**program)),
        }
    }
}

/// Runs a mail to its decision.
///
/// # Errors
/// The store, if the run asked for something that it could not answer, and a question that is answered later.
pub async fn decide(
    running: &Running,
    start: Start<'_>,
    message: &Message<'_>,
    limits: Limits,
    answers: &dyn Answers,
) -> Result<Decided, StoreError> {
    match decide_or_park(running, start, message, limits, answers, SoFar::default()).await? {
        Ended::Decided(decided) => Ok(*decided),
        Ended::Parked(_) => waits(),
    }
}

/// Runs a mail to its decision, or to a question that is answered later. `so_far` is what is known of a run that was parked.
///
/// # Errors
/// The store, if the run asked for something that it could not answer.
pub async fn decide_or_park(
    running: &Running,
    start: Start<'_>,
    message: &Message<'_>,
    limits: Limits,
    answers: &dyn Answers,
    so_far: SoFar,
) -> Result<Ended, StoreError> {
    let clock = Instant::now();
    let (mut steps, mut actions, mut effects, mut reached) = (0, 0, Vec::new(), None);
    let mut record = bare_record(start, unrouted_queue(start, running));
    // A run that was parked began before, and what it waited is part of its time.
    record.started_at = so_far.journal.started_at.unwrap_or(start.started_at);
    let waited = Duration::try_from(start.started_at.duration_since(record.started_at)).unwrap_or_default();
    record.duration_us = micros(waited);
    if let Some(opening) = start.opening {
        record.attributes.clone_from(&opening.attributes);
    }
    let said = start.opening.and_then(|opening| opening.target);
    let view = start.view(message);
    let returned = goes_back(start.route, start.thread, view.automatic_reason(), running);
    if let Some(returned) = returned.filter(|_| said.is_none()) {
        let previous = returned.previous;
        record.decision = DecisionRecord {
            kind: DecisionKind::Queue,
            queue: Some(returned.queue),
            priority: previous.priority,
            skills: previous.skills.clone(),
            language: previous.language.clone(),
            ..record.decision
        };
        record.trace = waypost_engine::trace::returned(&view, &previous.id.to_string(), returned.reason.as_str());
        return Ok(Ended::Decided(Box::new(Decided { record, effects, steps, actions, reached })));
    }
    match said.or(start.route.map(|route| route.target)) {
        None => {}
        Some(RouteTarget::Queue(queue)) => {
            record.decision.kind = DecisionKind::Queue;
            record.decision.queue = Some(queue);
            if let Some(opening) = start.opening {
                record.decision.skills.clone_from(&opening.skills);
                record.decision.language.clone_from(&opening.language);
            }
        }
        Some(RouteTarget::Flow(flow)) => match so_far.start(flow, running) {
            None => {
                record.decision.error = Some(json!({
                    "code": codes::FLOW_UNPUBLISHED,
                    "message": "the route's flow has no published version",
                    "flowId": flow.to_string(),
                }));
            }
            Some((snapshot, program)) => {
                let attributes = record.attributes.clone();
                let conducted =
                    Conducted { snapshot, program, attributes, given: Vec::new(), so_far: so_far.journal.clone() };
                match conduct(conducted, start, message, limits, answers, &mut record).await? {
                    Led::Ended(left) => {
                        (steps, actions, effects, reached) = (left.steps, left.actions, left.effects, left.reached);
                    }
                    Led::Parked(parked) => return Ok(Ended::Parked(parked)),
                }
            }
        },
    }
    if record.flow.is_none() {
        record.trace = waypost_engine::trace::without_run(&view);
    }
    record.duration_us = micros(waited.saturating_add(clock.elapsed()));
    Ok(Ended::Decided(Box::new(Decided { record, effects, steps, actions, reached })))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The same at once, with answers that never wait: offline and in measurements.
///
/// # Errors
/// As [`decide`], or if an answer waits after all.
pub fn decide_at_once(
    running: &Running,
    start: Start<'_>,
    message: &Message<'_>,
    limits: Limits,
    answers: &dyn Answers,
) -> Result<Decided, StoreError> {
    decide(running, start, message, limits, answers).now_or_never().unwrap_or_else(waits)
}

fn waits<T>() -> Result<T, StoreError> {
    Err(StoreError::Failed("the run waits for an answer".to_owned()))
}

/// A flow that is called by itself.
#[derive(Clone, Debug)]
pub struct Call<'r> {
    /// The flow.
    pub program: &'r Program,
    /// Its inputs, by position.
    pub inputs: Vec<(usize, Value<'static>)>,
    /// The interaction's attributes.
    pub attributes: BTreeMap<String, String>,
}

/// Calls a flow by itself over a mail, with answers that never wait. With its outputs by name, as JSON: none unless it returned.
///
/// # Errors
/// As [`decide_at_once`].
pub fn call_at_once(
    running: &Running,
    call: Call<'_>,
    start: Start<'_>,
    message: &Message<'_>,
    limits: Limits,
    answers: &dyn Answers,
) -> Result<(Decided, serde_json::Map<String, Json>), StoreError> {
    let Call { program, inputs, attributes } = call;
    let mut record = bare_record(start, unrouted_queue(start, running));
    let conducted =
        Conducted { snapshot: &running.snapshot, program, attributes, given: inputs, so_far: Journal::default() };
    let led = conduct(conducted, start, message, limits, answers, &mut record).now_or_never().unwrap_or_else(waits)?;
    let Led::Ended(Left { outputs, steps, actions, effects, reached }) = led else { return waits() };
    Ok((Decided { record, effects, steps, actions, reached }, outputs))
}

/// Where a mail stands that goes nowhere else.
pub(crate) fn unrouted_queue(start: Start<'_>, running: &Running) -> QueueId {
    start.route.and_then(|route| route.unrouted_queue).unwrap_or(running.unrouted)
}

/// A run of which nothing is known yet: unrouted.
pub(crate) fn bare_record(start: Start<'_>, unrouted_queue: QueueId) -> RunRecord {
    RunRecord {
        flow: None,
        started_at: start.started_at,
        duration_us: 0,
        decision: DecisionRecord {
            kind: DecisionKind::Unrouted,
            queue: Some(unrouted_queue),
            priority: start.priority,
            skills: Vec::new(),
            language: None,
            addresses: Vec::new(),
            reason: None,
            outcome: None,
            error: None,
        },
        attributes: BTreeMap::new(),
        trace: waypost_engine::trace::EMPTY.to_owned(),
        journal: None,
        rerun_by: None,
        sends: Vec::new(),
    }
}

/// Whether a run ended only because it took too much: wider limits may let it end by itself.
pub fn ran_out(run: &RunRecord) -> bool {
    let code = run.decision.error.as_ref().and_then(|error| error.get("code")).and_then(serde_json::Value::as_str);
    code.is_some_and(|code| [codes::TOO_MANY_ACTIONS, codes::TOO_MUCH_WORK, codes::TOO_MUCH_MEMORY].contains(&code))
}

/// A program to run, and what it is given.
pub(super) struct Conducted<'r> {
    pub(super) snapshot: &'r Snapshot,
    pub(super) program: &'r Program,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) given: Vec<(usize, Value<'static>)>,
    pub(super) so_far: Journal,
}

/// Where a program came to.
pub(super) enum Led {
    /// Its end.
    Ended(Left),
    /// A question that is answered later.
    Parked(Box<Parked>),
}

/// What came of a program beside the record.
pub(super) struct Left {
    /// Its outputs by name, as JSON.
    pub(super) outputs: serde_json::Map<String, Json>,
    /// How many steps of its budget the run took.
    pub(super) steps: u64,
    /// How many actions it did.
    pub(super) actions: u32,
    /// What it wants to send.
    pub(super) effects: Vec<Effect>,
    /// What it reached.
    pub(super) reached: Option<Box<Reached>>,
}

/// Runs a program over a mail, and puts what came of it into the record.
///
/// # Errors
/// The store, if the run asked for something that it could not answer.
pub(super) async fn conduct(
    conducted: Conducted<'_>,
    start: Start<'_>,
    message: &Message<'_>,
    limits: Limits,
    answers: &dyn Answers,
    record: &mut RunRecord,
) -> Result<Led, StoreError> {
    let Conducted { snapshot, program, attributes, given, so_far } = conducted;
    let flow = program.interface.flow;
    record.flow = Some((flow, program.version));
    let view = start.view(message);
    let mut id = Uuid::encode_buffer();
    let id: &str = start.interaction.0.hyphenated().encode_lower(&mut id);
    let input = RunInput {
        snapshot,
        start: program,
        interaction_id: id,
        received_at: start.received_at,
        priority: start.priority,
        attributes,
        email: &view,
        limits,
    };
    let mut left = Left { outputs: serde_json::Map::new(), steps: 0, actions: 0, effects: Vec::new(), reached: None };
    let mut run = Run::start(input).given(given).answered(so_far.answers);
    loop {
        // A defect in the engine must cost one decision, never the process: the mail stays, unrouted, with the reason.
        match catch_unwind(AssertUnwindSafe(|| run.step_for(TURNS))) {
            Ok(Slice::Paused(_) | Slice::Stepped(Step::Needs(_))) if !answers.wanted() => {
                return Err(StoreError::Failed("nobody waits for the run any more".to_owned()));
            }
            Ok(Slice::Paused(paused)) => run = *paused,
            Ok(Slice::Stepped(Step::Needs(waiting))) => {
                let question = waiting.question();
                let before =
                    so_far.open.as_ref().filter(|open| open.question == *question).map_or(0, |open| open.asked);
                let answered = match answers.answer(question).await? {
                    Answer::Now(answered) => *answered,
                    Answer::Later(_) if before >= MOST_ASKED => unanswered(question),
                    Answer::Later(until) => {
                        let (question, asked) = (question.clone(), before.saturating_add(1));
                        let started_at = Some(record.started_at);
                        let journal = Journal { started_at, ..waiting.into_journal(asked) };
                        return Ok(Led::Parked(Box::new(Parked { journal, question, until })));
                    }
                };
                run = waiting.answer(answered);
            }
            Ok(Slice::Stepped(Step::Done(mut outcome))) => {
                left.reached = outcome.reached.take();
                let named = program.interface.outputs.iter().zip(&outcome.outputs);
                (left.steps, left.actions) = (outcome.steps, outcome.actions);
                left.outputs.extend(named.map(|(output, value)| (output.name.clone(), value.to_json(&view))));
                left.effects = keep(*outcome, record)?;
                break;
            }
            Err(_) => {
                tracing::error!(interaction = %start.interaction, %flow, "the engine panicked");
                record.decision.error = Some(json!({ "code": codes::INTERNAL, "message": "the engine failed" }));
                break;
            }
        }
    }
    Ok(Led::Ended(left))
}

/// Puts an outcome into the record, and answers what is to be sent.
fn keep(outcome: Outcome<'_>, record: &mut RunRecord) -> Result<Vec<Effect>, StoreError> {
    record.trace = outcome.trace.to_json();
    record.journal = outcome.journal.to_kept_json().map_err(|error| StoreError::Failed(error.to_string()))?;
    record.attributes = outcome.attributes;
    let decided = outcome.decision;
    let kind = decided.kind;
    record.decision = DecisionRecord {
        kind,
        queue: match kind {
            DecisionKind::Queue => decided.queue.map(|queue| queue.id),
            DecisionKind::Unrouted => record.decision.queue,
            DecisionKind::Forward | DecisionKind::Disconnect => None,
        },
        priority: decided.priority,
        skills: decided.skills,
        language: decided.language,
        addresses: decided.addresses,
        reason: decided.reason,
        outcome: decided.outcome,
        error: decided.error.as_ref().map(error_json),
    };
    Ok(outcome.effects)
}

fn error_json(error: &RunError) -> serde_json::Value {
    let mut json = serde_json::Map::new();
    json.insert("code".to_owned(), error.code.into());
    json.insert("message".to_owned(), error.message.as_str().into());
    json.insert("flowId".to_owned(), error.flow_id.to_string().into());
    json.insert("flowName".to_owned(), error.flow_name.as_str().into());
    json.insert("version".to_owned(), error.version.into());
    if let Some(node) = &error.node_id {
        json.insert("nodeId".to_owned(), node.as_str().into());
    }
    if let Some(action) = error.action {
        json.insert("action".to_owned(), action.into());
    }
    if let Some(path) = &error.path {
        json.insert("path".to_owned(), path.as_str().into());
    }
    json.into()
}
