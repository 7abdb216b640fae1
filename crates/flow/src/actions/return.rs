//! `return`: goes back to the flow that called this one.

use serde::Serialize;

use super::definition::ActionDefinition;
use super::facts::{Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::program::ProgramAction;

/// Goes back to the caller.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Return {}

/// Goes back to the caller; on a route: to the end.
#[derive(Debug)]
pub struct ProgramReturn;

impl Written for Return {
    type Program = ProgramReturn;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "return",
        summary: "Goes back to the flow that called this one. On a route it goes to the flow's end.",
        members: &[],
        example: r#"type: return
"#,
    };

    fn read(_: &mut Reader, _: &Object<'_>) -> Self {
        Self {}
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, _: &mut Draft<'_, '_>) -> Option<ProgramReturn> {
        Some(ProgramReturn)
    }
}

impl Runnable for ProgramReturn {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: Vec::new(),
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: None,
            ends: Ends::Flow,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
