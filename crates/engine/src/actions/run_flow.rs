//! `runFlow`: puts the called flow on the stack. What becomes of its outputs is decided when it is left.

use waypost_flow::expr::Compiled;
use waypost_flow::program::Callee;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    callee: &Callee,
    inputs: &'m [(usize, Compiled)],
) -> Result<Control<'m>, Raised> {
    let program = machine.resolve(callee)?;
    machine.map_inputs(program, inputs)?;
    machine.enter(program, inputs)?;
    Ok(Control::Moved)
}
