//! `transferToFlow`: goes on in another flow.

use serde::Serialize;

use super::call::{FLOW, FLOW_ID, INPUT_MAPPING, VERSION, reference};
use super::definition::ActionDefinition;
use super::facts::{Effect, Ends, Facts, Named, NamedMut, PartsMut, ProgramFacts, Sets, mapped};
use super::jumps::ProgramJumps;
use super::{Runnable, Written, mapping};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::document::{FlowReference, Mapping};
use crate::expr::Compiled;
use crate::program::{Callee, ProgramAction};

/// Goes on in another flow, and does not come back.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferToFlow {
    /// Which flow and version.
    #[serde(flatten)]
    pub flow: FlowReference,
    /// Inputs for it.
    pub input_mapping: Vec<Mapping>,
}

/// Goes on in another flow.
#[derive(Debug)]
pub struct ProgramTransferToFlow {
    /// Which.
    pub callee: Callee,
    /// Values for its inputs, by position.
    pub inputs: Vec<(usize, Compiled)>,
    /// The same for the second version behind a weighted label, whose positions may be others.
    pub second: Option<Vec<(usize, Compiled)>>,
}

impl Written for TransferToFlow {
    type Program = ProgramTransferToFlow;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "transferToFlow",
        summary: "Continues in another flow, without coming back. Attributes and priority stay; variables don't.",
        members: &[FLOW_ID, FLOW, VERSION, INPUT_MAPPING],
        example: r#"type: transferToFlow
flow: Classifier
version: 1
inputMapping: [{ name: text, value: "${interaction.email.subject}" }]
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let flow = reference(reader, object);
        let input_mapping = mapping::inputs(reader, object);
        Self { flow, input_mapping }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: vec![Named::Flow(&self.flow)], assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut { names: Some(NamedMut::Flow(&mut self.flow)), inside: &mut [] }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramTransferToFlow> {
        let Some((callee, interfaces)) = draft.callee(&self.flow) else {
            draft.inputs(&self.input_mapping, None);
            return None;
        };
        draft.may_decide(true);
        let mut ways = interfaces.iter().map(|interface| draft.inputs(&self.input_mapping, Some(interface)));
        let (first, second) = (ways.next()?, ways.next());
        let second = second.map_or(Some(None), |way| way.map(Some));
        Some(ProgramTransferToFlow { callee, inputs: first?, second: second? })
    }
}

impl ProgramTransferToFlow {
    /// The inputs of one of the versions that it may lead to.
    pub fn way(&self, way: usize) -> &[(usize, Compiled)] {
        self.second.as_ref().filter(|_| way > 0).unwrap_or(&self.inputs)
    }
}

impl Runnable for ProgramTransferToFlow {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            // What the second version behind a weighted label is given are the same expressions.
            evaluates: mapped("inputMapping", &self.inputs),
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: Some(Effect::Calls(&self.callee)),
            ends: Ends::Run,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
