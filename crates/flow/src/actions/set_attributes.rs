//! `setAttributes`: sets attributes of the interaction.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::MAX_ENTRIES;
use crate::document::object::{Object, Reader, join};
use crate::expr::Compiled;
use crate::program::ProgramAction;
use crate::source::Node;
use crate::types::Type;

/// Sets attributes of the interaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetAttributes {
    /// Names and values, in written order.
    pub attributes: Map<String, Json>,
}

/// Sets attributes.
#[derive(Debug)]
pub struct ProgramSetAttributes {
    /// Names and values; each value is a string expression.
    pub attributes: Vec<(Arc<str>, Compiled)>,
}

impl Written for SetAttributes {
    type Program = ProgramSetAttributes;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "setAttributes",
        summary: "Sets attributes of the interaction. They stay with it: other flows read them, and people see them beside the mail.",
        members: &[member("attributes", Takes::Strings, Need::Required, "Names and values. Others stay as they are.")],
        example: r#"type: setAttributes
attributes:
  topic: billing
  customer: "${interaction.email.from.address}"
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let hole = Self { attributes: Map::new() };
        let Some(node) = object.get("attributes") else {
            reader.missing(object, "attributes");
            return hole;
        };
        let Node::Map(members) = node else {
            reader.kind(&object.at("attributes"), "a map", node);
            return hole;
        };
        if members.len() > MAX_ENTRIES {
            let message = format!("`attributes` has {} members", members.len());
            reader.diagnostics.push(
                Diagnostic::error(Code::TooLarge, object.at("attributes"), message)
                    .expected(format!("at most {MAX_ENTRIES}")),
            );
            return hole;
        }
        for (name, value) in members {
            let path = join(&object.at("attributes"), name);
            if name.trim().is_empty() {
                let problem = Diagnostic::error(Code::InvalidValue, &path, "the name of an attribute is empty");
                reader.diagnostics.push(problem.suggestion("name the attribute, or remove it"));
            }
            if *value == Node::Null {
                let message = format!("`{name}` is null, but needs a value");
                reader.diagnostics.push(Diagnostic::error(Code::MissingKey, path, message).found("null"));
            }
        }
        let Json::Object(attributes) = reader.json(&object.at("attributes"), node) else { return hole };
        Self { attributes }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramSetAttributes> {
        let values = self.attributes.iter().filter_map(|(name, written)| {
            let member = format!("attributes.{name}");
            let (value, name) = (draft.value(&member, written, &Type::String), draft.plain_name(&member, name));
            Some((Arc::from(name?), value?))
        });
        let attributes: Vec<_> = values.collect();
        (attributes.len() == self.attributes.len()).then_some(ProgramSetAttributes { attributes })
    }
}

impl Runnable for ProgramSetAttributes {
    fn facts(&self) -> ProgramFacts<'_> {
        let values = self.attributes.iter().map(|(name, value)| (format!("attributes.{name}"), value));
        ProgramFacts {
            evaluates: values.collect(),
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: None,
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
