//! `setAttributes`: all values are computed before the first is set, so none sees another's.

use waypost_flow::actions::set_attributes::ProgramSetAttributes;

use super::{Control, text};
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramSetAttributes) -> Result<Control<'m>, Raised> {
    machine.clear_pending();
    for (position, (_, value)) in action.attributes.iter().enumerate() {
        let value = text(machine.eval(value)?)?;
        machine.push_pending(position, value)?;
    }
    machine.set_attributes(&action.attributes)?;
    Ok(Control::Next)
}
