//! The loop that turns the machine, asks, and feeds answers. It is generic over what actions do, so that asking and resuming can be
//! tested with an action that asks.

use waypost_flow::program::ProgramAction;

use crate::actions::{Control, Perform};
use crate::decision::Decided;
use crate::error::Raised;
use crate::journal::{Answered, Question};
use crate::machine::{Machine, Turn};
use crate::stack::At;
use crate::trace::Event;
use waypost_ids::codes;

/// Where the loop stopped.
pub(crate) enum Pause<'m> {
    /// The run is over.
    Decided(Box<Decided<'m>>),
    /// An action must know something first.
    Question(Box<Question>),
}

/// A machine, what its actions do, and the answers it was given.
pub(crate) struct Driver<'m, P> {
    pub(crate) machine: Machine<'m>,
    pub(crate) performer: P,
    /// All answers: those of the journal, and those given since.
    pub(crate) answers: Vec<Answered>,
    /// How many of them the run has used.
    used: usize,
    /// The first answer that belongs to the action under way, while it waits for another.
    waiting_since: Option<usize>,
}

impl<'m, P: Perform> Driver<'m, P> {
    pub(crate) fn new(machine: Machine<'m>, performer: P, answers: Vec<Answered>) -> Self {
        Self { machine, performer, answers, used: 0, waiting_since: None }
    }

    /// Runs until the end or a question that has no answer yet.
    pub(crate) fn run(&mut self) -> Pause<'m> {
        loop {
            if let Some(pause) = self.run_for(u32::MAX) {
                return pause;
            }
        }
    }

    /// The same for so many turns; none if it has not come there.
    pub(crate) fn run_for(&mut self, turns: u32) -> Option<Pause<'m>> {
        for _ in 0..turns {
            let turn = match self.turn() {
                Ok(Moved::Turn(turn)) => turn,
                Ok(Moved::Question(question)) => return Some(Pause::Question(question)),
                Err(raised) => self.machine.raise(raised),
            };
            if let Turn::Decided(decided) = turn {
                return Some(Pause::Decided(decided));
            }
        }
        None
    }

    fn turn(&mut self) -> Result<Moved<'m>, Raised> {
        let Ok(frame) = self.machine.stack.top() else {
            let start = self.machine.input.start;
            self.machine.take_given(start)?;
            self.machine.enter(start, &[], &[])?;
            return Ok(Moved::Turn(Turn::Onward));
        };
        let turn = match frame.at {
            At::Start => self.machine.start_flow()?,
            At::Node(node) => self.machine.enter_node(node)?,
            At::Action(node, _) => match frame.action() {
                Some((index, action)) => return self.perform(index, action),
                None if !frame.loops.is_empty() => self.machine.turn_loop()?,
                None => self.machine.branch(node)?,
            },
        };
        Ok(Moved::Turn(turn))
    }

    /// Does one action, with the answers to what it asks. An action that asks is done again from its beginning with one answer more each
    /// time, so it must ask before it changes anything.
    fn perform(&mut self, index: usize, action: &'m ProgramAction) -> Result<Moved<'m>, Raised> {
        let first = match self.waiting_since.take() {
            Some(first) => first,
            None => {
                self.machine.count_action()?;
                self.machine.trace.step(Event::Action { index, action });
                self.used
            }
        };
        loop {
            let answers = self.answers.get(first..self.used).unwrap_or_default();
            let turn = match self.performer.perform(&mut self.machine, action, answers)? {
                Control::Next => {
                    self.machine.stack.top_mut()?.advance();
                    Turn::Onward
                }
                Control::Moved => Turn::Onward,
                Control::Leave => self.machine.leave_flow()?,
                Control::Decide(decided) => {
                    decided.check_size(self.machine.input.limits.decision_bytes)?;
                    Turn::Decided(decided)
                }
                Control::Ask { kind, request } => {
                    let frame = self.machine.stack.top()?;
                    let question = Question {
                        number: self.used,
                        flow_id: frame.program.interface.flow,
                        node_id: frame.node().map(|node| node.id.to_string()).unwrap_or_default(),
                        action: index,
                        kind: kind.to_owned(),
                        request,
                    };
                    match self.answers.get(self.used) {
                        Some(answered) if answered.question == question => {
                            self.used += 1;
                            // It is kept until the run ends, for the journal.
                            self.machine.keep_bytes(answered.footprint())?;
                            continue;
                        }
                        Some(_) => {
                            return Err(Raised::fatal(
                                codes::JOURNAL_MISMATCH,
                                format!("the journal's answer {} is to another question than the run asks", self.used),
                            ));
                        }
                        None => {
                            self.waiting_since = Some(first);
                            return Ok(Moved::Question(Box::new(question)));
                        }
                    }
                }
            };
            return Ok(Moved::Turn(turn));
        }
    }
}

enum Moved<'m> {
    Turn(Turn<'m>),
    Question(Box<Question>),
}

#[cfg(test)]
mod tests;
