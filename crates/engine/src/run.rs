//! The face of the engine: start a run, step it, answer it, resume it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waypost_flow::email::Email;
use waypost_flow::link::Snapshot;
use waypost_flow::program::Program;
use waypost_flow::value::Value;

use crate::decision::{Decided, Outcome};
use crate::driver::{Driver, Pause};
use crate::journal::{Journal, Open};
use crate::machine::Machine;
use crate::question::{Answered, Question};
use crate::trace::Detail;

/// What a run must not exceed, and what its trace keeps. Counted, not timed, so that a run ends in the same place on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Actions in a run, called flows included.
    pub actions: u32,
    /// Nodes entered in a run, called flows included.
    pub nodes: u32,
    /// Turns of all loops in a run, called flows included.
    pub turns: u32,
    /// Steps of work in a run, called flows included: about a microsecond each. See [`waypost_flow::expr::Budget`].
    pub steps: u64,
    /// Bytes of the values that a run holds at a time.
    pub memory: usize,
    /// Calls open at a time.
    pub depth: usize,
    /// Bytes of the attributes, names and values together.
    pub attribute_bytes: usize,
    /// Bytes of what the decision keeps: skills, language, addresses, reason.
    pub decision_bytes: usize,
    /// Recipients of all that the run sends: addresses, and one for each reply.
    pub recipients: usize,
    /// Bytes of all that the run sends: texts, HTML, subjects, addresses.
    pub effect_bytes: usize,
    /// Events kept in the trace; those beyond are counted, and the decision is always kept.
    pub trace_events: usize,
    /// How much of the run and the mail the trace keeps.
    pub detail: Detail,
    /// Whether it is taken down what the run reaches.
    pub coverage: bool,
}

impl Limits {
    /// How many bytes the attributes of an interaction may have, names and values together.
    pub const ATTRIBUTE_BYTES: usize = 1024 * 1024;

    /// How many bytes a decision may keep in skills, language, addresses and reason.
    pub const DECISION_BYTES: usize = 64 * 1024;

    /// How many recipients all that a run sends may have.
    pub const RECIPIENTS: usize = 100;

    /// How many bytes all that a run sends may have, attached mails aside.
    pub const EFFECT_BYTES: usize = 4 * 1024 * 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            actions: 10_000,
            nodes: 10_000,
            turns: 10_000,
            steps: 1_000_000,
            memory: 64 * 1024 * 1024,
            depth: 32,
            attribute_bytes: Self::ATTRIBUTE_BYTES,
            decision_bytes: Self::DECISION_BYTES,
            recipients: Self::RECIPIENTS,
            effect_bytes: Self::EFFECT_BYTES,
            trace_events: 10_000,
            detail: Detail::Everything,
            coverage: false,
        }
    }
}

/// All that a run sees.
#[derive(Clone)]
pub struct RunInput<'m> {
    /// The flows, as they stand for this run.
    pub snapshot: &'m Snapshot,
    /// The route's flow.
    pub start: &'m Program,
    /// The interaction's id.
    pub interaction_id: &'m str,
    /// When it was accepted: what expressions take for now.
    pub received_at: Timestamp,
    /// Its priority before the run.
    pub priority: i64,
    /// Its attributes before the run.
    pub attributes: BTreeMap<String, String>,
    /// The mail.
    pub email: &'m dyn Email,
    /// What the run must not exceed.
    pub limits: Limits,
}

/// A run that can go on.
pub struct Run<'m>(Driver<'m>);

/// Where a run stands after a step.
pub enum Step<'m> {
    /// It is over.
    Done(Box<Outcome<'m>>),
    /// It must know something first.
    Needs(Waiting<'m>),
}

/// Where a run stands after some turns.
pub enum Slice<'m> {
    /// It came to a step's end.
    Stepped(Step<'m>),
    /// It did not: it can go on, or be dropped.
    Paused(Box<Run<'m>>),
}

/// A run that waits for an answer. It can be dropped: its journal and the same input make it anew.
pub struct Waiting<'m> {
    run: Box<Driver<'m>>,
    question: Question,
}

impl<'m> Run<'m> {
    /// A new run.
    pub fn start(input: RunInput<'m>) -> Self {
        Self(Driver::new(Machine::new(input)))
    }

    /// The same with inputs of its flow, by position, as a caller would give them.
    #[must_use]
    pub fn given(mut self, inputs: Vec<(usize, Value<'m>)>) -> Self {
        self.0.machine.given = inputs;
        self
    }

    /// The same with answers: a run that was left while it waited goes on where it was. Answers of another run make it fail with
    /// [`waypost_ids::codes::JOURNAL_MISMATCH`].
    #[must_use]
    pub fn answered(mut self, answers: Vec<Answered>) -> Self {
        self.0.machine.answers.all = answers;
        self
    }

    /// Runs until the end, or until something must be known.
    pub fn step(mut self) -> Step<'m> {
        let pause = self.0.run();
        self.paused(pause)
    }

    /// The same, but no further than `turns` turns: a turn enters a flow or a node, does an action, or takes a branch. Whoever runs it
    /// can stop in between.
    pub fn step_for(mut self, turns: u32) -> Slice<'m> {
        match self.0.run_for(turns) {
            Some(pause) => Slice::Stepped(self.paused(pause)),
            None => Slice::Paused(Box::new(self)),
        }
    }

    fn paused(self, pause: Pause<'m>) -> Step<'m> {
        match pause {
            Pause::Decided(decided) => Step::Done(Box::new(finish(self.0.machine, decided))),
            Pause::Question(question) => Step::Needs(Waiting { run: Box::new(self.0), question }),
        }
    }
}

impl<'m> Waiting<'m> {
    /// What must be known.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// What was asked and answered up to here, with the question that is open. `asked`: how often it was asked, this time included.
    pub fn into_journal(self, asked: u32) -> Journal {
        let Machine { answers, input, .. } = self.run.machine;
        let open = Some(Open { question: self.question, asked });
        let flows = Some(input.snapshot.reach(input.start));
        Journal { detail: input.limits.detail, answers: answers.all, open, flows, ..Journal::default() }
    }

    /// Goes on with the answer. One to another question makes the run fail with [`waypost_ids::codes::JOURNAL_MISMATCH`].
    pub fn answer(mut self, answered: Answered) -> Run<'m> {
        self.run.machine.answers.all.push(answered);
        Run(*self.run)
    }
}

fn finish<'m>(machine: Machine<'m>, mut decided: Box<Decided<'m>>) -> Outcome<'m> {
    let attributes = machine
        .attributes
        .iter()
        .filter_map(|(name, value)| match value {
            Value::String(text) => Some((name.to_string(), text.as_str().to_owned())),
            _ => None,
        })
        .collect();
    if decided.error.is_none() {
        decided.outcome = machine.outcome;
    }
    let decision = decided.to_decision();
    Outcome {
        decision,
        effects: machine.effects.list,
        attributes,
        outputs: machine.returned,
        actions: machine.actions,
        steps: machine.budget.spent(),
        journal: Journal {
            detail: machine.input.limits.detail,
            answers: machine.answers.into_used(),
            ..Journal::default()
        },
        reached: machine.reached,
        trace: machine.trace.finish(decided),
    }
}
