//! `setOutput`.

use waypost_flow::expr::Compiled;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Target;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    output: usize,
    value: &'m Compiled,
) -> Result<Control<'m>, Raised> {
    let value = machine.eval(value)?;
    let name = machine.stack.top()?.program.interface.outputs.get(output).map_or("", |output| &output.name);
    machine.trace.set(Target::Output, name, &value);
    machine.set_output(output, value)?;
    Ok(Control::Next)
}
