//! What callers rely on: a flow's inputs, outputs and whether it may decide.

use serde::{Deserialize, Serialize};

use crate::types::Type;
use waypost_ids::FlowId;

/// What a caller can know of a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Interface {
    /// The flow.
    pub flow: FlowId,
    /// Its name.
    pub name: String,
    /// Whether it is of type `shared`.
    pub shared: bool,
    /// Inputs in declared order.
    pub inputs: Vec<InputType>,
    /// Outputs in declared order.
    pub outputs: Vec<OutputType>,
    /// Whether a run may end inside it, or inside what it calls.
    pub may_decide: bool,
    /// The notice for callers, once the flow should not be called any longer; may be empty. The checker knows none: the
    /// catalogue fills it in.
    pub deprecated: Option<String>,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputType {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: Type,
    /// Whether the caller must map it.
    pub required: bool,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputType {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: Type,
}

impl Interface {
    /// The outputs as an outputMapping sees them.
    pub fn output_types(&self) -> Vec<(String, Type)> {
        self.outputs.iter().map(|output| (output.name.clone(), output.data_type.clone())).collect()
    }

    /// The input of that name and its position.
    pub fn input(&self, name: &str) -> Option<(usize, &InputType)> {
        self.inputs.iter().enumerate().find(|(_, input)| input.name == name)
    }

    /// The output of that name and its position.
    pub fn output(&self, name: &str) -> Option<(usize, &OutputType)> {
        self.outputs.iter().enumerate().find(|(_, output)| output.name == name)
    }
}
