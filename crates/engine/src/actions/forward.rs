//! `forward`: ends the whole run, also inside a called flow, and sends the mail on.

use waypost_flow::actions::forward::ProgramForward;
use waypost_ids::DecisionKind;

use super::addresses::addresses;
use super::{Control, boolean};
use crate::decision::Decided;
use crate::effects::EffectKind;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramForward) -> Result<Control<'m>, Raised> {
    let (value, list) = addresses(machine, &action.addresses, "forward")?;
    let attach = boolean(machine, action.attach.as_ref())?;
    let decided = Decided { addresses: Some(value), ..Decided::bare(DecisionKind::Forward, machine.priority) };
    machine.send(EffectKind::Forward { addresses: list, attach })?;
    Ok(Control::Decide(Box::new(decided)))
}
