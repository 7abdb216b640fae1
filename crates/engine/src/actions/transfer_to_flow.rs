//! `transferToFlow`: goes on in another flow; all flows under way are gone, with their variables.

use waypost_flow::expr::Compiled;
use waypost_flow::program::Callee;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Event;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    callee: &Callee,
    inputs: &'m [(usize, Compiled)],
) -> Result<Control<'m>, Raised> {
    let program = machine.resolve(callee)?;
    machine.map_inputs(program, inputs)?;
    machine.stack.clear();
    machine.trace.always(Event::Transfer);
    machine.enter(program, inputs)?;
    Ok(Control::Moved)
}
