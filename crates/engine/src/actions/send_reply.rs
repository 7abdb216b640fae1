//! `sendReply`: lists an answer to the mail.

use waypost_flow::actions::send_reply::ProgramSendReply;

use super::letter::{Letter, letter, subject};
use super::{Control, boolean};
use crate::effects::EffectKind;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramSendReply) -> Result<Control<'m>, Raised> {
    let Letter { text, html, attach_original } = letter(machine, &action.letter)?;
    let subject = action.subject.as_ref().map(|written| subject(machine, written)).transpose()?;
    let reply_all = boolean(machine, action.reply_all.as_ref())?;
    machine.send(EffectKind::Reply { text, html, subject, reply_all, attach_original })?;
    Ok(Control::Next)
}
