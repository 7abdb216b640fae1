//! `log`: leaves a line in the trace.

use waypost_flow::actions::log::ProgramLog;

use super::{Control, text};
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramLog) -> Result<Control<'m>, Raised> {
    let message = text(machine.eval(&action.message)?)?;
    machine.trace.log(action.level, &message);
    Ok(Control::Next)
}
