//! `evaluateSchedule`: asks a schedule how it stands.

use serde::Serialize;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, Given, Named, NamedMut, OutputMapping, PartsMut, ProgramFacts, Sets, fixed};
use super::jumps::ProgramJumps;
use super::{Runnable, Written, mapping};
use crate::check::Draft;
use crate::document::Mapping;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::{ProgramAction, ScheduleTarget};
use crate::types::Type;

/// What the outputMapping reads, in this order.
pub const OUTPUTS: &[(&str, Type)] = &[
    ("state", Type::String),
    ("isOpen", Type::Boolean),
    ("name", Type::String),
    ("changes", Type::Boolean),
    ("nextChange", Type::Datetime),
];

/// Asks a schedule how it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluateSchedule {
    /// The schedule's name or id.
    pub schedule: String,
    /// What becomes of the answer.
    pub output_mapping: Vec<Mapping>,
}

/// Asks a schedule how it stands.
#[derive(Debug)]
pub struct ProgramEvaluateSchedule {
    /// Which.
    pub schedule: ScheduleTarget,
    /// Variables to set, by position, from expressions over [`OUTPUTS`].
    pub outputs: Vec<(usize, Compiled)>,
}

impl Written for EvaluateSchedule {
    type Program = ProgramEvaluateSchedule;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "evaluateSchedule",
        summary: "Evaluates a schedule at the time that the mail was accepted. In the outputMapping `output` has `state` (open, closed, holiday or emergency), `isOpen`, `name` (of the holiday, the rule or the emergency; empty if it has none), `changes` (whether another state follows) and `nextChange` (when it begins; the Unix epoch if none follows).",
        members: &[
            member(
                "schedule",
                Takes::NameOrId,
                Need::Required,
                "The schedule. It must exist when the flow is published.",
            ),
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables to set, each from an expression that may read `output.NAME`.",
            ),
        ],
        example: r#"type: evaluateSchedule
schedule: Office hours
outputMapping: [{ name: open, value: "${output.isOpen}" }]
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let schedule = reader.required_string(object, "schedule").unwrap_or_default();
        let output_mapping = mapping::outputs(reader, object);
        Self { schedule, output_mapping }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            names: vec![Named::Schedule(&self.schedule)],
            assigns: None,
            outputs: vec![OutputMapping::of_answer(&self.output_mapping, Given::Fixed(OUTPUTS))],
            inside: &[],
        }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut { names: Some(NamedMut::Schedule(&mut self.schedule)), inside: &mut [] }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramEvaluateSchedule> {
        let outputs = draft.outputs(&self.output_mapping, Some(&fixed(OUTPUTS)));
        let schedule = draft.schedule(&self.schedule)?;
        Some(ProgramEvaluateSchedule { schedule, outputs: outputs? })
    }
}

impl Runnable for ProgramEvaluateSchedule {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: Vec::new(),
            outputs: &self.outputs,
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: Some(Effect::Asks),
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
