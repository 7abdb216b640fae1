//! One case run: by the same engine as the server's, over the folder and the answers of the case.

use std::time::{Duration, Instant};

use serde_json::Map;
use uuid::Uuid;
use waypost_app::mail::answers::HeldAnswers;
use waypost_app::mail::decide::{Call, Decided, Start, call_at_once, decide_at_once};
use waypost_app::mail::named::name_lookups;
use waypost_app::mail::unanswered::unanswered;
use waypost_engine::{Limits, Reached};
use waypost_ids::InteractionId;
use waypost_mail::message::Message;
use waypost_members::email::{Envelope, MessageView};
use waypost_store::error::StoreError;
use waypost_store::records::mail::Opening;
use waypost_wire::trace::RunTrace;

use crate::Flows;
use crate::answers::CaseAnswers;
use crate::case::{Aim, Case};
use crate::compare::{self, Mismatch};
use crate::observed::{Observed, steps};

/// What came of a case.
#[derive(Debug)]
pub struct Ran {
    /// What differs from what is expected; none if the case passed.
    pub mismatches: Vec<Mismatch>,
    /// What came.
    pub observed: Observed,
    /// What happened on the way.
    pub trace: RunTrace,
    /// Answers that the case gives and the run never asked for, as `table X` or `schedule X`.
    pub unasked: Vec<String>,
    /// What it reached, if coverage is counted.
    pub reached: Option<Box<Reached>>,
    /// How long it took.
    pub duration: Duration,
}

impl Case {
    /// Runs the case. With `snapshot`, what the snapshot beside its file has for it.
    ///
    /// # Errors
    /// There is no run: its trace can't be read, or it waits for an answer. Either is a defect.
    pub fn run(&self, flows: &Flows<'_>, snapshot: Option<&Observed>, coverage: bool) -> Result<Ran, StoreError> {
        let clock = Instant::now();
        let message = Message::parse(&self.raw);
        let held = HeldAnswers { running: flows.running, rows: flows.rows };
        let answers = CaseAnswers::new(&self.answers, held);
        // A path and what was set are read from the trace: it must have all of them.
        let limits = Limits { coverage, trace_events: usize::MAX, ..Limits::default() };
        let (decided, outputs) = self.decide(flows, &message, limits, &answers)?;
        let mut trace: RunTrace = serde_json::from_str(&decided.record.trace)
            .map_err(|error| StoreError::Failed(format!("the run left no trace that can be read: {error}")))?;
        name_lookups(&mut trace, flows.running);
        let steps = steps(&trace);
        let mut observed = Observed::of(&decided, outputs, (&trace, &steps), &message, flows.running);
        if let Some(program) = self.aim.program(flows) {
            observed.add_defaults(&program, &MessageView::new(&message, Envelope::default()));
        }
        let mut mismatches = match (self.expect.snapshot, snapshot) {
            (true, snapshot) => compare::with_snapshot(snapshot, &observed),
            (false, _) => compare::compare(&self.expect, &observed, (&trace, &steps)),
        };
        mismatches.extend(compare::without_answers(&unanswered(flows.running, &decided.record)));
        let unasked = answers.unasked();
        Ok(Ran { mismatches, observed, trace, unasked, reached: decided.reached, duration: clock.elapsed() })
    }

    fn decide(
        &self,
        flows: &Flows<'_>,
        message: &Message<'_>,
        limits: Limits,
        answers: &CaseAnswers<'_>,
    ) -> Result<(Decided, Map<String, serde_json::Value>), StoreError> {
        let envelope =
            Envelope { from: self.envelope.from.as_deref(), to: &self.envelope.to, remote: &self.envelope.remote };
        let opening = Opening { attributes: self.attributes.clone(), ..Opening::default() };
        let start = Start {
            interaction: InteractionId(Uuid::nil()),
            received_at: self.received_at,
            started_at: self.received_at,
            priority: 0,
            route: None,
            opening: Some(&opening),
            envelope,
        };
        match &self.aim {
            Aim::Route(route) => {
                let start = Start { priority: route.priority, route: Some(route), ..start };
                Ok((decide_at_once(flows.running, start, message, limits, answers)?, Map::new()))
            }
            Aim::Flow(program, inputs) => {
                let call = Call { program, inputs: inputs.clone(), attributes: self.attributes.clone() };
                call_at_once(flows.running, call, start, message, limits, answers)
            }
        }
    }
}
