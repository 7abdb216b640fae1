//! `runFlow`: calls a flow.

use serde::Serialize;

use super::call::{FLOW, FLOW_ID, Handover, INPUT_MAPPING, VERSION, reference};
use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, Given, Named, NamedMut, OutputMapping, PartsMut, ProgramFacts, Sets, mapped};
use super::jumps::ProgramJumps;
use super::{Runnable, Written, mapping};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::document::{FlowReference, Mapping};
use crate::program::{Callee, ProgramAction};

/// Calls a flow.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFlow {
    /// Which flow and version.
    #[serde(flatten)]
    pub flow: FlowReference,
    /// Inputs for it.
    pub input_mapping: Vec<Mapping>,
    /// What becomes of its outputs.
    pub output_mapping: Vec<Mapping>,
}

/// Calls a flow.
#[derive(Debug)]
pub struct ProgramRunFlow {
    /// Which.
    pub callee: Callee,
    /// What is handed over to it.
    pub handover: Handover,
    /// The same for the second version behind a weighted label, whose positions may be others.
    pub second: Option<Box<Handover>>,
}

impl Written for RunFlow {
    type Program = ProgramRunFlow;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "runFlow",
        summary: "Calls a flow, which returns here unless it ends the run. It sees the interaction and its inputs, and none of this flow's variables. What it sets is read through the outputMapping.",
        members: &[
            FLOW_ID,
            FLOW,
            VERSION,
            INPUT_MAPPING,
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables of this flow to set, each from an expression that may read `output.NAME`.",
            ),
        ],
        example: r#"type: runFlow
flow: Classifier
inputMapping: [{ name: text, value: "${interaction.email.body}" }]
outputMapping: [{ name: topic, value: "${output.topic}" }]
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let flow = reference(reader, object);
        let input_mapping = mapping::inputs(reader, object);
        let output_mapping = mapping::outputs(reader, object);
        Self { flow, input_mapping, output_mapping }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            names: vec![Named::Flow(&self.flow)],
            assigns: None,
            outputs: vec![OutputMapping::of_answer(&self.output_mapping, Given::Flow(&self.flow))],
            inside: &[],
        }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut { names: Some(NamedMut::Flow(&mut self.flow)), inside: &mut [] }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramRunFlow> {
        let Some((callee, interfaces)) = draft.callee(&self.flow) else {
            draft.inputs(&self.input_mapping, None);
            draft.outputs(&self.output_mapping, None);
            return None;
        };
        draft.may_decide(interfaces.iter().any(|interface| interface.may_decide));
        let mut ways = interfaces.iter().map(|interface| {
            let inputs = draft.inputs(&self.input_mapping, Some(interface));
            let outputs = draft.outputs(&self.output_mapping, Some(&interface.output_types()));
            Some(Handover { inputs: inputs?, outputs: outputs? })
        });
        let (first, second) = (ways.next()?, ways.next());
        let second = second.map_or(Some(None), |way| way.map(|way| Some(Box::new(way))));
        Some(ProgramRunFlow { callee, handover: first?, second: second? })
    }
}

impl ProgramRunFlow {
    /// What is handed over to one of the versions that the call may lead to.
    pub fn way(&self, way: usize) -> &Handover {
        self.second.as_deref().filter(|_| way > 0).unwrap_or(&self.handover)
    }
}

impl Runnable for ProgramRunFlow {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            // What the second version behind a weighted label is given are the same expressions.
            evaluates: mapped("inputMapping", &self.handover.inputs),
            outputs: &self.handover.outputs,
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: Some(Effect::Calls(&self.callee)),
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
