//! `forEach`: computes the list, and begins the loop. Its turns are the machine's.

use waypost_flow::actions::for_each::ProgramForEach;
use waypost_flow::program::ProgramAction;
use waypost_flow::value::Value;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::stack::Over;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    action: &'m ProgramAction,
    own: &'m ProgramForEach,
) -> Result<Control<'m>, Raised> {
    let items = machine.eval(&own.items)?;
    let held = machine.keep(&items)?;
    let Value::List(items) = items else {
        return Err(Raised::broken("a loop has something else than the list it needs"));
    };
    machine.begin_loop(action, Over::Items { items, variable: own.variable }, held)?;
    Ok(Control::Moved)
}
