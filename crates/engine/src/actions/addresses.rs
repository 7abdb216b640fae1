//! Addresses that an action sends to. Those that are written out were checked by the same function when the flow was published.

use waypost_flow::expr::Compiled;
use waypost_flow::functions::is_one_address;
use waypost_flow::value::Value;
use waypost_ids::codes;

use super::texts;
use crate::error::Raised;
use crate::machine::Machine;

/// So many characters of a text that is not an address are told.
const SHOWN: usize = 60;

/// The addresses that an action has; `verb` says in messages what it does with them.
pub(super) fn addresses<'m>(
    machine: &Machine<'m>,
    written: &'m Compiled,
    verb: &str,
) -> Result<(Value<'m>, Vec<String>), Raised> {
    let value = texts(machine.eval(written)?)?;
    let Value::List(items) = &value else { return Err(Raised::broken("a list of addresses is none")) };
    let list: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    // A mail that goes to nobody is lost without a word; an error can be caught and is on record.
    if list.is_empty() {
        return Err(Raised::error(codes::NO_ADDRESS, format!("there is no address to {verb} to")));
    }
    if list.iter().any(|address| address.trim().is_empty()) {
        return Err(Raised::error(codes::NO_ADDRESS, format!("one of the addresses to {verb} to is empty")));
    }
    if let Some(text) = list.iter().find(|text| !is_one_address(text)) {
        let shown: String = text.chars().take(SHOWN).collect();
        return Err(Raised::error(codes::INVALID_ADDRESS, format!("`{shown}` is not an address to {verb} to")));
    }
    let owned = list.into_iter().map(str::to_owned).collect();
    Ok((value, owned))
}
