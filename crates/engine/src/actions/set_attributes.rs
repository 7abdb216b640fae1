//! `setAttributes`: all values are computed before the first is set, so none sees another's.

use std::sync::Arc;

use waypost_flow::expr::Compiled;

use super::{Control, text};
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    attributes: &'m [(Arc<str>, Compiled)],
) -> Result<Control<'m>, Raised> {
    machine.clear_pending();
    for (position, (_, value)) in attributes.iter().enumerate() {
        let value = text(machine.eval(value)?)?;
        machine.push_pending(position, value)?;
    }
    machine.set_attributes(attributes)?;
    Ok(Control::Next)
}
