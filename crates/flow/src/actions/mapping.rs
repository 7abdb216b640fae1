//! Mappings of an action, from a tree.

use super::facts::{FAILURE_MAPPING, OUTPUT_MAPPING};
use crate::document::Mapping;
use crate::document::names::name_problem;
use crate::document::object::{Object, Reader};

const MAX_MAPPINGS: usize = 500;

/// The `inputMapping`: values for inputs.
pub(super) fn inputs(reader: &mut Reader, object: &Object<'_>) -> Option<Vec<Mapping>> {
    lines(reader, object, "inputMapping", false)
}

/// The `outputMapping`: variables to set.
pub(super) fn outputs(reader: &mut Reader, object: &Object<'_>) -> Option<Vec<Mapping>> {
    lines(reader, object, OUTPUT_MAPPING, true)
}

/// The `failureMapping`: variables to set where the action fails and the run goes on.
pub(super) fn failures(reader: &mut Reader, object: &Object<'_>) -> Option<Vec<Mapping>> {
    lines(reader, object, FAILURE_MAPPING, true)
}

/// A mapping's lines. In a mapping of an answer, `name` is a variable's.
fn lines(reader: &mut Reader, object: &Object<'_>, key: &str, to_variable: bool) -> Option<Vec<Mapping>> {
    let before = reader.diagnostics.len();
    let lines = reader.list(object, key, MAX_MAPPINGS);
    let mut mappings = Vec::with_capacity(lines.len());
    for (path, node) in lines {
        let Some(line) = reader.object(&path, node, &["name", "value"], &[]) else { continue };
        let (name, value) = (reader.required_string(&line, "name"), reader.value(&line, "value"));
        let (Some(name), Some(value)) = (name, value) else { continue };
        if to_variable {
            reader.diagnostics.extend(name_problem(&line.at("name"), &name));
        }
        mappings.push(Mapping { name, value });
    }
    (reader.diagnostics.len() == before).then_some(mappings)
}
