//! `sendWebhook`: lists a request.

use waypost_flow::actions::send_webhook::ProgramSendWebhook;

use super::Control;
use crate::effects::EffectKind;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramSendWebhook) -> Result<Control<'m>, Raised> {
    let payload = match &action.payload {
        Some(payload) => Some(machine.eval(payload)?.to_json(machine.input.email)),
        None => None,
    };
    let target = &action.webhook;
    machine.send(EffectKind::Webhook { webhook: target.id, name: target.name.clone(), payload })?;
    Ok(Control::Next)
}
