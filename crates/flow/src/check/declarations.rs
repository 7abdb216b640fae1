//! Declared inputs, outputs and variables, with their types and defaults.

use crate::diagnostic::Problems;
use crate::document::Document;
use crate::expr;
use crate::interface::{InputType, OutputType};
use crate::types::Type;
use crate::value::Value;

/// What a document declares.
pub(super) struct Declarations {
    /// Inputs in order.
    pub(super) inputs: Vec<(String, Type)>,
    /// Outputs in order.
    pub(super) outputs: Vec<(String, Type)>,
    /// Defaults of inputs.
    pub(super) input_defaults: Vec<Option<Value<'static>>>,
    /// What outputs read as when nothing set them.
    pub(super) output_initials: Vec<Value<'static>>,
    /// Declared variables in order, with their defaults; no type where it could not be read.
    pub(super) variables: Vec<(String, Option<Type>, Option<Value<'static>>)>,
}

impl Declarations {
    /// Reads them. The document's reader has reported types that don't exist. What an input or output of such a type may be used for is not
    /// known: here it has no name, so that nothing can be said of its uses, and any default fits it.
    pub(super) fn read(document: &Document, diagnostics: &mut Problems) -> Self {
        let typed = |name: &str, written: &str| match Type::parse(written) {
            Some(data_type) => (name.to_owned(), data_type),
            None => (String::new(), Type::Json),
        };
        let mut default = |path: String, value: &Option<serde_json::Value>, data_type: &Type| {
            let value = value.as_ref()?;
            expr::default(&path, value, data_type).map_err(|problems| diagnostics.extend(problems)).ok()
        };
        let mut inputs = Vec::new();
        let mut input_defaults = Vec::new();
        for (index, input) in document.inputs.iter().enumerate() {
            let (name, data_type) = typed(&input.name, &input.data_type);
            input_defaults.push(default(format!("inputs[{index}].default"), &input.default, &data_type));
            inputs.push((name, data_type));
        }
        let mut outputs = Vec::new();
        let mut output_initials = Vec::new();
        for (index, output) in document.outputs.iter().enumerate() {
            let (name, data_type) = typed(&output.name, &output.data_type);
            let initial = default(format!("outputs[{index}].default"), &output.default, &data_type);
            output_initials.push(initial.unwrap_or_else(|| expr::empty_value(&data_type)));
            outputs.push((name, data_type));
        }
        let mut variables = Vec::new();
        for (index, variable) in document.variables.iter().enumerate() {
            let data_type = Type::parse(&variable.data_type);
            let any = data_type.as_ref().unwrap_or(&Type::Json);
            let initial = default(format!("variables[{index}].default"), &variable.default, any);
            variables.push((variable.name.clone(), data_type, initial));
        }
        Self { inputs, outputs, input_defaults, output_initials, variables }
    }

    /// Inputs as callers see them. A default that is wrong was reported; the input still counts as having one.
    pub(super) fn interface_inputs(&self, document: &Document) -> Vec<InputType> {
        self.inputs
            .iter()
            .zip(&document.inputs)
            .map(|((name, data_type), input)| InputType {
                name: name.clone(),
                data_type: data_type.clone(),
                required: input.default.is_none(),
            })
            .collect()
    }

    /// Outputs as callers see them.
    pub(super) fn interface_outputs(&self) -> Vec<OutputType> {
        self.outputs
            .iter()
            .map(|(name, data_type)| OutputType { name: name.clone(), data_type: data_type.clone() })
            .collect()
    }
}
