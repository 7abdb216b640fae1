//! Inputs that a flow is given from outside, where no other flow calls it.

use serde_json::{Map, Value as Json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::expr;
use waypost_flow::interface::Interface;
use waypost_flow::types::Type;
use waypost_flow::value::Value;

/// Values for a flow's inputs, by position; every problem at once.
///
/// # Errors
/// Inputs that the flow does not have, values of another type, required inputs that are missing; with paths such as `inputs.name`.
pub fn read(interface: &Interface, given: &Map<String, Json>) -> Result<Vec<(usize, Value<'static>)>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut values = Vec::new();
    for (name, value) in given {
        let path = format!("inputs.{name}");
        match interface.input(name) {
            None => {
                let message = format!("`{}` has no input `{name}`", interface.name);
                let names = interface.inputs.iter().map(|input| input.name.as_str());
                problems.push(Diagnostic::error(Code::UnknownInput, path, message).nearest(name, names));
            }
            Some((position, input)) => match expr::constant(&path, value, &input.data_type) {
                Ok(value) => values.push((position, value)),
                Err(found) => problems.extend(found),
            },
        }
    }
    for input in interface.inputs.iter().filter(|input| input.required && !given.contains_key(&input.name)) {
        let message = format!("the required input `{}` is missing", input.name);
        let expected = format!("a value of type {}", Type::to_string(&input.data_type));
        problems
            .push(Diagnostic::error(Code::MissingInput, format!("inputs.{}", input.name), message).expected(expected));
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}
