//! Mappings of an action, from a tree.

use serde_json::Value as Json;

use super::facts::{FAILURE_MAPPING, OUTPUT_MAPPING};
use crate::document::Mapping;
use crate::document::object::{Object, Reader};
use crate::source::Node;

const MAX_MAPPINGS: usize = 500;

/// The `inputMapping`: values for inputs.
pub(super) fn inputs(reader: &mut Reader, object: &Object<'_>) -> Vec<Mapping> {
    lines(reader, object, "inputMapping", false)
}

/// The `outputMapping`: variables to set.
pub(super) fn outputs(reader: &mut Reader, object: &Object<'_>) -> Vec<Mapping> {
    lines(reader, object, OUTPUT_MAPPING, true)
}

/// The `failureMapping`: variables to set where the action fails and the run goes on.
pub(super) fn failures(reader: &mut Reader, object: &Object<'_>) -> Vec<Mapping> {
    lines(reader, object, FAILURE_MAPPING, true)
}

/// A mapping's lines. In a mapping of an answer, `name` is a variable's.
fn lines(reader: &mut Reader, object: &Object<'_>, key: &str, to_variable: bool) -> Vec<Mapping> {
    let line = |reader: &mut Reader, path: &str, node: &Node| {
        let line = reader.object(path, node, &["name", "value"], &[])?;
        let name = match to_variable {
            true => reader.name(&line, "name"),
            false => reader.required_string(&line, "name").unwrap_or_default(),
        };
        Some(Mapping { name, value: reader.value(&line, "value") })
    };
    reader.each(object, key, MAX_MAPPINGS, line, || Mapping { name: String::new(), value: Json::Null })
}
