//! `transferToFlow`: goes on in another flow; all flows under way are gone, with their variables.

use waypost_flow::expr::Compiled;
use waypost_flow::program::{Callee, Handover};

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::trace::Event;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    callee: &Callee,
    inputs: &'m [(usize, Compiled)],
    second: Option<&'m Handover>,
) -> Result<Control<'m>, Raised> {
    let (way, program) = machine.resolve(callee)?;
    let inputs = second.filter(|_| way > 0).map_or(inputs, |second| &second.inputs);
    machine.map_inputs(program, inputs)?;
    machine.leave_all();
    machine.trace.always(Event::Transfer);
    machine.enter((way, program), inputs)?;
    Ok(Control::Moved)
}
