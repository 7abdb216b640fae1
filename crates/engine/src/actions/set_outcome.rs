//! `setOutcome`: the last one is kept with the decision.

use waypost_flow::actions::set_outcome::{MAX_CHARACTERS, ProgramSetOutcome, is_outcome};
use waypost_ids::codes;

use super::{Control, shortened, text};
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Target;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramSetOutcome) -> Result<Control<'m>, Raised> {
    let value = text(machine.eval(&action.outcome)?)?;
    let name = value.as_str().unwrap_or_default();
    if !is_outcome(name) {
        let message = format!(
            "`{}` is not a name of an outcome: 1 to {MAX_CHARACTERS} characters, without control characters",
            shortened(name)
        );
        return Err(Raised::error(codes::INVALID_OUTCOME, message));
    }
    machine.trace.set(Target::Outcome, "outcome", &value);
    machine.outcome = Some(name.to_owned());
    Ok(Control::Next)
}
