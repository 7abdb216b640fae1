//! `runFlow`: puts the called flow on the stack. What becomes of its outputs is decided when it is left.

use waypost_flow::actions::run_flow::ProgramRunFlow;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramRunFlow) -> Result<Control<'m>, Raised> {
    let (way, program) = machine.resolve(&action.callee)?;
    let handover = action.way(way);
    machine.map_inputs(program, &handover.inputs)?;
    machine.enter(program, &handover.inputs, &handover.outputs)?;
    Ok(Control::Moved)
}
