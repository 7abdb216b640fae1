//! `transferToQueue`: ends the whole run, also inside a called flow.

use std::borrow::Cow;
use std::sync::Arc;

use waypost_flow::actions::transfer_to_queue::{ProgramTransferToQueue, QueueChoice};
use waypost_flow::value::Value;
use waypost_ids::DecisionKind;

use super::find_queue::{Found, find};
use super::{Control, integer, text, texts};
use crate::decision::Decided;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    action: &'m ProgramTransferToQueue,
) -> Result<Control<'m>, Raised> {
    let queue = match &action.queue {
        QueueChoice::Fixed(queue) => Cow::Borrowed(queue),
        QueueChoice::Computed(name) => match find(machine, name, &action.jumps)? {
            Found::Queue(queue) => Cow::Owned(queue),
            Found::Control(control) => return Ok(control),
        },
    };
    let priority = match &action.priority {
        Some(priority) => integer(&machine.eval(priority)?)?,
        None => machine.priority,
    };
    let skills = action.skills.as_ref().map(|skills| machine.eval(skills).and_then(texts)).transpose()?;
    let language = action.language.as_ref().map(|language| machine.eval(language).and_then(text)).transpose()?;
    // Nobody has a skill or a language without a name: an attribute that is not there reads as an empty text.
    let skills = skills.map(|skills| if let Value::List(skills) = skills { named(skills) } else { skills });
    let language = language.filter(|language| !is_blank(language));
    Ok(Control::Decide(Box::new(Decided {
        queue: Some(queue),
        skills,
        language,
        ..Decided::bare(DecisionKind::Queue, priority)
    })))
}

/// Those that have a name.
fn named<'m>(skills: Arc<[Value<'m>]>) -> Value<'m> {
    if !skills.iter().any(is_blank) {
        return Value::List(skills);
    }
    Value::List(skills.iter().filter(|skill| !is_blank(skill)).cloned().collect())
}

fn is_blank(text: &Value<'_>) -> bool {
    matches!(text, Value::String(text) if text.as_str().trim().is_empty())
}
