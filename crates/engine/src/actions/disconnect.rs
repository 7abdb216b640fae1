//! `disconnect`: ends the whole run, also inside a called flow.

use waypost_flow::actions::disconnect::ProgramDisconnect;
use waypost_ids::DecisionKind;

use super::{Control, text};
use crate::decision::Decided;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramDisconnect) -> Result<Control<'m>, Raised> {
    let reason = action.reason.as_ref().map(|reason| machine.eval(reason).and_then(text)).transpose()?;
    Ok(Control::Decide(Box::new(Decided { reason, ..Decided::bare(DecisionKind::Disconnect, machine.priority) })))
}
