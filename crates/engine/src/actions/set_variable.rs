//! `setVariable`.

use waypost_flow::actions::set_variable::ProgramSetVariable;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Target;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramSetVariable) -> Result<Control<'m>, Raised> {
    let value = machine.eval(&action.value)?;
    let name = machine.stack.top()?.program.variables.get(action.variable).map_or("", |slot| &slot.name);
    machine.trace.set(Target::Variable, name, &value);
    machine.set_variable(action.variable, value)?;
    Ok(Control::Next)
}
