//! Mappings: values for inputs, and variables from outputs.

use std::collections::HashSet;

use serde_json::Value as Json;
use waypost_problem::one_of;

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::Mapping;
use crate::expr::{self, Compiled, Outputs, Scope};
use crate::interface::InputType;
use crate::types::Type;

use super::variables::Variables;
use super::{keep, stand_in};

/// An inputMapping against the inputs of the flow or data action of that name that is called. If it is not known, its values are checked
/// all the same.
pub(super) fn inputs(
    path: &str,
    mappings: &[Mapping],
    called: Option<(&str, &[InputType])>,
    scope: &Scope<'_>,
    diagnostics: &mut Problems,
) -> Option<Vec<(usize, Compiled)>> {
    let (name, inputs) = called.unwrap_or_default();
    let mut compiled = Vec::with_capacity(mappings.len());
    let mut seen = HashSet::new();
    for (index, mapping) in mappings.iter().enumerate() {
        let path = format!("{path}.inputMapping[{index}]");
        twice(&path, &mapping.name, &mut seen, diagnostics);
        let found = inputs.iter().enumerate().find(|(_, input)| input.name == mapping.name);
        let expected = found.map(|(_, input)| &input.data_type);
        let value = value(&format!("{path}.value"), &mapping.value, scope, expected, diagnostics);
        if called.is_none() || mapping.name.is_empty() {
            continue;
        }
        let Some((position, _)) = found else {
            diagnostics.error(|| {
                let message = format!("`{name}` has no input `{}`", mapping.name);
                Diagnostic::error(Code::UnknownInput, format!("{path}.name"), message)
                    .expected(known(inputs.iter().map(|input| input.name.as_str())))
                    .found(format!("`{}`", mapping.name))
                    .nearest(&mapping.name, inputs.iter().map(|input| input.name.as_str()))
            });
            continue;
        };
        compiled.extend(value.map(|value| (position, value)));
    }
    // A line whose name could not be read may map any of them.
    let mapped = |input: &InputType| seen.contains(input.name.as_str()) || seen.contains("");
    // One without a name is a fault of the flow that is called.
    let is_open = |input: &&InputType| input.required && !input.name.is_empty() && !mapped(input);
    for input in inputs.iter().filter(is_open) {
        let message = format!("the required input `{}` of `{name}` is not mapped", input.name);
        diagnostics.push(
            Diagnostic::error(Code::MissingInput, format!("{path}.inputMapping"), message)
                .expected(format!("a mapping for `{}` of type {}", input.name, input.data_type))
                .suggestion(format!("add {{ name: {}, value: … }}", input.name)),
        );
    }
    (compiled.len() == mappings.len()).then_some(compiled)
}

/// An outputMapping, or another member like it: variables set from expressions over what the action gives, if that is known.
pub(super) fn outputs(
    (path, member): (&str, &str),
    mappings: &[Mapping],
    outputs: Option<&[(String, Type)]>,
    variables: &Variables,
    scope: &Scope<'_>,
    diagnostics: &mut Problems,
) -> Option<Vec<(usize, Compiled)>> {
    let scope = Scope { outputs: outputs.map_or(Outputs::Unknown, Outputs::Of), ..*scope };
    let mut compiled = Vec::with_capacity(mappings.len());
    let mut seen = HashSet::new();
    for (index, mapping) in mappings.iter().enumerate() {
        let path = format!("{path}.{member}[{index}]");
        twice(&path, &mapping.name, &mut seen, diagnostics);
        let variable = variables.position(&mapping.name);
        let value = assigned(&format!("{path}.value"), &mapping.value, variable, variables, &scope, diagnostics);
        compiled.extend(variable.zip(value));
    }
    (compiled.len() == mappings.len()).then_some(compiled)
}

/// A value: its type must be the one that is expected, if that is known. One that could not be read was reported. None if it is reported and
/// nothing can stand in its place.
pub(super) fn value(
    path: &str,
    value: &Json,
    scope: &Scope<'_>,
    expected: Option<&Type>,
    diagnostics: &mut Problems,
) -> Option<Compiled> {
    let compiled = if value.is_null() { Err(Vec::new()) } else { expr::compile_value(path, value, scope, expected) };
    match (compiled, expected) {
        (Ok(compiled), _) => Some(compiled),
        (refused, Some(expected)) => Some(keep(refused, expected, diagnostics)),
        (Err(problems), None) => {
            diagnostics.extend(problems);
            None
        }
    }
}

/// A value assigned to a variable: its type must be the variable's.
pub(super) fn assigned(
    path: &str,
    value: &Json,
    variable: Option<usize>,
    variables: &Variables,
    scope: &Scope<'_>,
    diagnostics: &mut Problems,
) -> Option<Compiled> {
    let known = variable.and_then(|variable| variables.types.get(variable));
    let expected = known.and_then(|(_, data_type)| data_type.as_ref());
    if let Some(compiled) = expected.and_then(|_| expr::compile_value(path, value, scope, None).ok())
        && let (Some((name, _)), Some(expected)) = (known, expected)
        && !value.is_null()
        && !compiled.data_type.fits(expected)
        && expr::compile_value(path, value, scope, Some(expected)).is_err()
    {
        let message = format!("`{name}` is {expected} elsewhere, and would become {} here", compiled.data_type);
        diagnostics.push(
            Diagnostic::error(Code::VariableTypes, path, message)
                .expected(expected.to_string())
                .found(compiled.data_type.to_string())
                .suggestion(format!("use another variable, or convert the value to {expected}")),
        );
        return Some(stand_in(expected, diagnostics));
    }
    let compiled = self::value(path, value, scope, expected, diagnostics);
    // Whatever it is, the variable is set.
    compiled.or_else(|| Some(stand_in(&Type::Json, diagnostics)))
}

fn twice<'m>(path: &str, name: &'m str, seen: &mut HashSet<&'m str>, diagnostics: &mut Problems) {
    if !seen.insert(name) && !name.is_empty() {
        let message = format!("`{name}` is mapped twice");
        diagnostics.push(
            Diagnostic::error(Code::DuplicateName, format!("{path}.name"), message)
                .suggestion("remove one of the two mappings"),
        );
    }
}

fn known<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names = names.peekable();
    if names.peek().is_none() { "nothing: it has none".to_owned() } else { one_of(names) }
}
