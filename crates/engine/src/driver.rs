//! The loop that turns the machine until the run is over or asks something that has no answer yet.

use waypost_flow::program::ProgramAction;

use crate::actions::{Control, perform};
use crate::decision::Decided;
use crate::error::Raised;
use crate::machine::{Machine, Turn};
use crate::question::Question;
use crate::stack::At;
use crate::trace::Event;

/// Where the loop stopped.
pub(crate) enum Pause<'m> {
    /// The run is over.
    Decided(Box<Decided<'m>>),
    /// An action must know something first.
    Question(Question),
}

/// A machine, and whether an action of it waits.
pub(crate) struct Driver<'m> {
    pub(crate) machine: Machine<'m>,
    /// The action under way has asked, and is done again: it was counted before.
    waits: bool,
}

impl<'m> Driver<'m> {
    pub(crate) fn new(machine: Machine<'m>) -> Self {
        Self { machine, waits: false }
    }

    /// Runs until the end or a question that has no answer yet.
    pub(crate) fn run(&mut self) -> Pause<'m> {
        loop {
            if let Some(pause) = self.run_for(u32::MAX) {
                return pause;
            }
        }
    }

    /// The same, but no further than `turns` turns; none if it has not come there.
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
            self.machine.enter((0, start), &[])?;
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

    /// Does one action, or does it again with the answer that it waited for.
    fn perform(&mut self, index: usize, action: &'m ProgramAction) -> Result<Moved<'m>, Raised> {
        if !std::mem::take(&mut self.waits) {
            self.machine.count_action()?;
            self.machine.trace.step(Event::Action { index, action });
        }
        let begun = self.machine.budget.mark();
        let turn = match perform(&mut self.machine, action)? {
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
            Control::Ask => {
                let question = self.machine.answers.open.take();
                let question = question.ok_or_else(|| Raised::broken("an action waits for nothing"))?;
                // What led to the question is computed again with the answer, and counted then: a run that is resumed counts it once.
                self.machine.budget.back_to(begun);
                self.waits = true;
                return Ok(Moved::Question(question));
            }
        };
        Ok(Moved::Turn(turn))
    }
}

enum Moved<'m> {
    Turn(Turn<'m>),
    Question(Question),
}
