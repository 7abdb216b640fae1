//! `setOutput`.

use waypost_flow::actions::set_output::ProgramSetOutput;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Target;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramSetOutput) -> Result<Control<'m>, Raised> {
    let value = machine.eval(&action.value)?;
    let name = machine.stack.top()?.program.interface.outputs.get(action.output).map_or("", |output| &output.name);
    machine.trace.set(Target::Output, name, &value);
    machine.set_output(action.output, value)?;
    Ok(Control::Next)
}
