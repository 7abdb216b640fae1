//! One case run: by the same engine as the server's, over the folder and the answers of the case.

use std::time::{Duration, Instant};

use waypost_app::mail::named::name_lookups;
use waypost_app::mail::unanswered::unanswered;
use waypost_engine::{Limits, Reached};
use waypost_members::email::{Envelope, MessageView};
use waypost_store::error::StoreError;
use waypost_wire::trace::RunTrace;

use crate::Flows;
use crate::case::Case;
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
        let message = self.trial.message();
        let answers = self.trial.answers(flows);
        // A path and what was set are read from the trace: it must have all of them.
        let limits = Limits { coverage, trace_events: usize::MAX, ..Limits::default() };
        let (decided, outputs) = self.trial.decide(flows, &message, limits, &answers)?;
        let mut trace: RunTrace = serde_json::from_str(&decided.record.trace)
            .map_err(|error| StoreError::Failed(format!("the run left no trace that can be read: {error}")))?;
        name_lookups(&mut trace, flows.running);
        let steps = steps(&trace);
        let mut observed =
            Observed::of(&decided, outputs, (&trace, &steps), &self.trial.answered(flows, &message), flows.running);
        if let Some(program) = self.trial.aim.program(flows) {
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
}
