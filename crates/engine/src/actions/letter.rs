//! What the mails that actions write have in common.

use waypost_flow::actions::letter::ProgramLetter;
use waypost_flow::expr::Compiled;

use super::{boolean, text};
use crate::error::Raised;
use crate::machine::Machine;

/// What a mail says.
pub(super) struct Letter {
    pub(super) text: Option<String>,
    pub(super) html: Option<String>,
    pub(super) attach_original: bool,
}

pub(super) fn letter<'m>(machine: &Machine<'m>, written: &'m ProgramLetter) -> Result<Letter, Raised> {
    Ok(Letter {
        text: optional_text(machine, written.text.as_ref())?,
        html: optional_text(machine, written.html.as_ref())?,
        attach_original: boolean(machine, written.attach_original.as_ref())?,
    })
}

fn optional_text<'m>(machine: &Machine<'m>, written: Option<&'m Compiled>) -> Result<Option<String>, Raised> {
    written.map(|written| owned(machine, written)).transpose()
}

/// A subject, on one line: line breaks and control characters become blanks, several together one.
pub(super) fn subject<'m>(machine: &Machine<'m>, written: &'m Compiled) -> Result<String, Raised> {
    let written = owned(machine, written)?;
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let mut line = String::with_capacity(written.len());
    let mut after_break = false;
    for character in written.chars() {
        let is_break = breaks(character);
        if !is_break {
            line.push(character);
        } else if !after_break {
            line.push(' ');
        }
        after_break = is_break;
    }
    Ok(line)
}

fn owned<'m>(machine: &Machine<'m>, written: &'m Compiled) -> Result<String, Raised> {
    let value = text(machine.eval(written)?)?;
    value.as_str().map(str::to_owned).ok_or_else(|| Raised::broken("a text is none"))
}
