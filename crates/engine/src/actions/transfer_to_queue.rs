//! `transferToQueue`: ends the whole run, also inside a called flow.

use std::borrow::Cow;

use waypost_flow::expr::Compiled;
use waypost_flow::program::QueueChoice;
use waypost_ids::DecisionKind;

use super::find_queue::{Found, find};
use super::{Control, integer, text, texts};
use crate::decision::Decided;
use crate::error::Raised;
use crate::machine::Machine;

/// Priority, skills and language.
type Wishes<'m> = (Option<&'m Compiled>, Option<&'m Compiled>, Option<&'m Compiled>);

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    queue: &'m QueueChoice,
    not_found: Option<usize>,
    (priority, skills, language): Wishes<'m>,
) -> Result<Control<'m>, Raised> {
    let queue = match queue {
        QueueChoice::Fixed(queue) => Cow::Borrowed(queue),
        QueueChoice::Computed(name) => match find(machine, name, not_found)? {
            Found::Queue(queue) => Cow::Owned(queue),
            Found::Control(control) => return Ok(control),
        },
    };
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
