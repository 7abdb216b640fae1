//! Addresses that an action sends to, checked as far as they are written out. The engine checks the others, by the same function.

use serde_json::Value as Json;

use crate::check::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::expr::Compiled;
use crate::functions::is_one_address;
use crate::path::clip;
use crate::types::Type;

/// Compiles a list of addresses at a member; `verb` says in messages what the action does with them.
pub(super) fn compile(draft: &mut Draft<'_, '_>, member: &str, written: &Json, verb: &str) -> Option<Compiled> {
    let addresses = draft.value(member, written, &Type::list_of_strings())?;
    let texts = addresses.written_texts();
    if texts.as_ref().is_some_and(Vec::is_empty) {
        let path = draft.at(member);
        draft.diagnostics.push(
            Diagnostic::error(Code::InvalidValue, path, format!("there is no address to {verb} to"))
                .expected("at least one address"),
        );
        return None;
    }
    let mut well = true;
    for (index, text) in texts.iter().flatten().enumerate() {
        let Some(text) = text.filter(|text| !is_one_address(text)) else { continue };
        well = false;
        let place = if written.is_array() { format!("{member}[{index}]") } else { member.to_owned() };
        draft.diagnostics.push(not_an_address(draft.at(&place), text));
    }
    well.then_some(addresses)
}

fn not_an_address(path: String, text: &str) -> Diagnostic {
    let text = clip(text, 60);
    let problem = Diagnostic::error(Code::InvalidValue, path, format!("`{text}` is not an email address"))
        .expected("one address, such as `desk@example.com`")
        .found(format!("`{text}`"));
    if text.split([',', ';']).count() > 1 {
        return problem.suggestion("write each address as an element of the list");
    }
    problem
}
