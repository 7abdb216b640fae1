//! `setPriority`.

use waypost_flow::actions::set_priority::ProgramSetPriority;

use super::{Control, integer};
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Target;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramSetPriority) -> Result<Control<'m>, Raised> {
    let value = machine.eval(&action.priority)?;
    machine.priority = integer(&value)?;
    machine.trace.set(Target::Priority, "priority", &value);
    Ok(Control::Next)
}
