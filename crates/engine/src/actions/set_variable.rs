//! `setVariable`.

use waypost_flow::expr::Compiled;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Target;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    variable: usize,
    value: &'m Compiled,
) -> Result<Control<'m>, Raised> {
    let value = machine.eval(value)?;
    let name = machine.stack.top()?.program.variables.get(variable).map_or("", |slot| &slot.name);
    machine.trace.set(Target::Variable, name, &value);
    machine.set_variable(variable, value)?;
    Ok(Control::Next)
}
