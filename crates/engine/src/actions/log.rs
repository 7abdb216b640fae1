//! `log`: leaves a line in the trace.

use waypost_flow::expr::Compiled;
use waypost_flow::program::LogLevel;

use super::{Control, text};
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    level: LogLevel,
    message: &'m Compiled,
) -> Result<Control<'m>, Raised> {
    let message = text(machine.eval(message)?)?;
    machine.trace.log(level, &message);
    Ok(Control::Next)
}
