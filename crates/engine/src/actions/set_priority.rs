//! `setPriority`.

use waypost_flow::expr::Compiled;

use super::{Control, integer};
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Target;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, priority: &'m Compiled) -> Result<Control<'m>, Raised> {
    let value = machine.eval(priority)?;
    machine.priority = integer(&value)?;
    machine.trace.set(Target::Priority, "priority", &value);
    Ok(Control::Next)
}
