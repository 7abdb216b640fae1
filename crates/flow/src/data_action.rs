//! What a data action looks like to flows: typed inputs and outputs.

use serde::{Deserialize, Serialize};

use crate::interface::{InputType, OutputType};
use crate::types::Type;

/// What a data action takes and gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its inputs, in the order of its schema.
    pub inputs: Vec<InputType>,
    /// Its outputs, in the order of its schema. One that an answer leaves out reads as its type's empty value.
    pub outputs: Vec<OutputType>,
}

impl Contract {
    /// The outputs as an outputMapping sees them.
    pub fn output_types(&self) -> Vec<(String, Type)> {
        self.outputs.iter().map(|output| (output.name.clone(), output.data_type.clone())).collect()
    }
}
