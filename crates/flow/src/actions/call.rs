//! What the actions that call flows have in common: which flow they mean, and what they hand over.

use serde_json::Value as Json;

use super::definition::{MemberDefinition, Need, Takes, member};
use crate::diagnostic::{Code, Diagnostic};
use crate::document::FlowReference;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::source::Node;

pub(super) const FLOW_ID: MemberDefinition = member("flowId", Takes::Id, Need::Or("flow"), "The flow.");

pub(super) const FLOW: MemberDefinition =
    member("flow", Takes::Name, Need::Or("flowId"), "The flow by its name, ignoring case.");

pub(super) const VERSION: MemberDefinition = member(
    "version",
    Takes::Selector,
    Need::Optional,
    "Left out: the version that is published when the run starts. A label follows the version that has it.",
);

pub(super) const INPUT_MAPPING: MemberDefinition = member(
    "inputMapping",
    Takes::Mappings,
    Need::Optional,
    "Values for the flow's inputs. Inputs without a default must be mapped.",
);

/// What a call hands over and takes back, for one version of the callee.
#[derive(Debug)]
pub struct Handover {
    /// Values for the callee's inputs, by position.
    pub inputs: Vec<(usize, Compiled)>,
    /// Variables to set, by position, from expressions over the callee's outputs.
    pub outputs: Vec<(usize, Compiled)>,
}

/// Reads which flow and version is meant. A reference with neither id nor name, and a version that is null, are holes.
pub(super) fn reference(reader: &mut Reader, object: &Object<'_>) -> FlowReference {
    let (has_id, has_name) = (object.get("flowId").is_some(), object.get("flow").is_some());
    let flow_id = object.get("flowId").and_then(|_| reader.required_string(object, "flowId"));
    let flow = object.get("flow").and_then(|_| reader.required_string(object, "flow"));
    let version = match object.get("version") {
        None => object.is_misspelt("version").then_some(Json::Null),
        Some(node) if number(node).is_some() => number(node).map(Json::from),
        Some(Node::String(label)) if is_label(label) => Some(Json::from(label.as_str())),
        Some(other) => {
            reader.diagnostics.push(
                Diagnostic::error(Code::InvalidValue, object.at("version"), "not a version or a label")
                    .expected("a version's number, 1 or more, or a label such as `stable`")
                    .found(other.to_json().to_string()),
            );
            Some(Json::Null)
        }
    };
    match (has_id, has_name) {
        (true, true) => reader.diagnostics.push(
            Diagnostic::error(Code::DuplicateKey, object.at("flow"), "`flowId` and `flow` both name the called flow")
                .suggestion("keep one of them"),
        ),
        (false, false) => reader.missing_one(object, &["flow", "flowId"]),
        (true, false) | (false, true) => {}
    }
    match (flow_id, flow) {
        (Some(_), Some(_)) => FlowReference { version, ..FlowReference::default() },
        (flow_id, flow) => FlowReference { flow_id, flow, version },
    }
}

/// A version's number. Genesys shows versions as `3.0`, so that both are read wherever a version is named.
fn number(node: &Node) -> Option<u32> {
    let number = match node {
        Node::Integer(number) => u32::try_from(*number).ok(),
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
        Node::Number(number) if number.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(number) => {
            Some(*number as u32)
        }
        Node::String(text) => {
            let digits = text.strip_suffix(".0").unwrap_or(text);
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        }
        Node::Null | Node::Boolean(_) | Node::Number(_) | Node::List(_) | Node::Map(_) => None,
    };
    number.filter(|number| *number >= 1)
}

fn is_label(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}
