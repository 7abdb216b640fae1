//! `sendMail`: lists a mail.

use waypost_flow::actions::send_mail::ProgramSendMail;

use super::Control;
use super::addresses::addresses;
use super::letter::{Letter, letter, subject};
use crate::effects::EffectKind;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramSendMail) -> Result<Control<'m>, Raised> {
    let (_, to) = addresses(machine, &action.to, "send")?;
    let subject = subject(machine, &action.subject)?;
    let Letter { text, html, attach_original } = letter(machine, &action.letter)?;
    machine.send(EffectKind::Mail { to, subject, text, html, attach_original })?;
    Ok(Control::Next)
}
