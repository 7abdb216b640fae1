//! `transferToQueue`: ends the whole run, also inside a called flow.

use waypost_flow::expr::Compiled;
use waypost_flow::program::QueueTarget;

use super::{Control, integer, text, texts};
use crate::decision::{Decided, DecisionKind};
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    queue: &'m QueueTarget,
    priority: Option<&'m Compiled>,
    skills: Option<&'m Compiled>,
    language: Option<&'m Compiled>,
) -> Result<Control<'m>, Raised> {
    let priority = match priority {
        Some(priority) => integer(&machine.eval(priority)?)?,
        None => machine.priority,
    };
    let skills = skills.map(|skills| machine.eval(skills).and_then(texts)).transpose()?;
    let language = language.map(|language| machine.eval(language).and_then(text)).transpose()?;
    Ok(Control::Decide(Box::new(Decided {
        queue: Some(queue),
        skills,
        language,
        ..Decided::bare(DecisionKind::Queue, priority)
    })))
}
