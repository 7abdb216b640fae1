//! `while`: begins the loop. Its turns are the machine's.

use waypost_flow::actions::r#while::ProgramWhile;
use waypost_flow::program::ProgramAction;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::stack::Over;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    action: &'m ProgramAction,
    own: &'m ProgramWhile,
) -> Result<Control<'m>, Raised> {
    machine.begin_loop(action, Over::Condition(&own.when), 0)?;
    Ok(Control::Moved)
}
