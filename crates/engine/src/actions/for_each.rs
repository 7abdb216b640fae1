//! `forEach`: computes the list, and begins the loop. Its turns are the machine's.

use waypost_flow::expr::Compiled;
use waypost_flow::program::ProgramAction;
use waypost_flow::value::Value;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    action: &'m ProgramAction,
    items: &'m Compiled,
) -> Result<Control<'m>, Raised> {
    let items = machine.eval(items)?;
    let held = machine.keep(&items)?;
    let Value::List(items) = items else {
        return Err(Raised::broken("a loop has something else than the list it needs"));
    };
    machine.begin_loop(action, Some(items), held)?;
    Ok(Control::Moved)
}
