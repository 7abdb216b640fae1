//! `forward`: ends the whole run, also inside a called flow.

use waypost_flow::actions::forward::ProgramForward;
use waypost_flow::functions::is_one_address;
use waypost_flow::value::Value;

use super::{Control, texts};
use crate::decision::Decided;
use crate::error::Raised;
use crate::machine::Machine;
use waypost_ids::{DecisionKind, codes};

/// So many characters of a text that is not an address are told.
const SHOWN: usize = 60;

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramForward) -> Result<Control<'m>, Raised> {
    let addresses = texts(machine.eval(&action.addresses)?)?;
    // A mail that is forwarded to nobody is lost without a word; an error can be caught and is on record.
    let blank = |address: &Value<'_>| matches!(address, Value::String(text) if text.as_str().trim().is_empty());
    if let Value::List(items) = &addresses {
        if items.is_empty() {
            return Err(Raised::error(codes::NO_ADDRESS, "there is no address to forward to"));
        }
        if items.iter().any(blank) {
            return Err(Raised::error(codes::NO_ADDRESS, "one of the addresses to forward to is empty"));
        }
        let mut texts = items.iter().filter_map(Value::as_str);
        if let Some(text) = texts.find(|text| !is_one_address(text)) {
            let shown: String = text.chars().take(SHOWN).collect();
            return Err(Raised::error(codes::INVALID_ADDRESS, format!("`{shown}` is not an address to forward to")));
        }
    }
    Ok(Control::Decide(Box::new(Decided {
        addresses: Some(addresses),
        ..Decided::bare(DecisionKind::Forward, machine.priority)
    })))
}
