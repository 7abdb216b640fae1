//! `transferToFlow`: goes on in another flow; all flows under way are gone, with their variables.

use waypost_flow::actions::transfer_to_flow::ProgramTransferToFlow;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Event;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramTransferToFlow) -> Result<Control<'m>, Raised> {
    let (way, program) = machine.resolve(&action.callee)?;
    let inputs = action.way(way);
    machine.map_inputs(program, inputs)?;
    machine.leave_all();
    machine.trace.always(Event::Transfer);
    machine.enter(program, inputs, &[])?;
    Ok(Control::Moved)
}
