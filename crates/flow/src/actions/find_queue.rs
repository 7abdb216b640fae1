//! `findQueue`: finds a queue by a name that is computed.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, Given, Named, OutputMapping, PartsMut, ProgramFacts, Sets, fixed};
use super::jumps::{Jumps, NOT_FOUND, NOTHING_THERE, ProgramJumps};
use super::{Runnable, Written, mapping};
use crate::check::Draft;
use crate::document::Mapping;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::ProgramAction;
use crate::types::Type;

/// What the outputMapping reads, in this order.
pub const OUTPUTS: &[(&str, Type)] = &[("id", Type::String), ("name", Type::String)];

/// Finds a queue by a name that is computed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FindQueue {
    /// The queue's name or id. This action's `name` is the queue's: it has no other.
    pub name: Json,
    /// What becomes of the answer.
    pub output_mapping: Vec<Mapping>,
    /// `notFound`: there is no such queue.
    #[serde(flatten)]
    pub jumps: Jumps,
}

/// Finds a queue.
#[derive(Debug)]
pub struct ProgramFindQueue {
    /// A string expression: a name or an id.
    pub name: Compiled,
    /// Variables to set, by position, from expressions over [`OUTPUTS`].
    pub outputs: Vec<(usize, Compiled)>,
    /// `notFound`: there is no such queue.
    pub jumps: ProgramJumps,
}

impl Written for FindQueue {
    type Program = ProgramFindQueue;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "findQueue",
        summary: "Finds a queue by a name that is only known at run time, ignoring case, or by its id. In the outputMapping `output` has its `id` and its `name`.",
        members: &[
            member("name", Takes::String, Need::Required, "The queue's name or id."),
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables to set, each from an expression that may read `output.id` and `output.name`.",
            ),
            member(NOT_FOUND, Takes::Jump, Need::Optional, NOTHING_THERE),
        ],
        example: r#"type: findQueue
name: "${interaction.email.from.domain}"
outputMapping: [{ name: queue, value: "${output.id}" }]
notFound: { to: a }
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let name = reader.value(object, "name");
        let output_mapping = mapping::outputs(reader, object);
        let jumps = Jumps::read(&Self::DEFINITION, reader, object);
        Self { name, output_mapping, jumps }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            names: vec![Named::ComputedQueue],
            assigns: None,
            outputs: vec![OutputMapping::of_answer(&self.output_mapping, Given::Fixed(OUTPUTS))],
            inside: &[],
        }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramFindQueue> {
        let name = draft.value("name", &self.name, &Type::String);
        let jumps = draft.jumps(&self.jumps);
        let outputs = draft.outputs(&self.output_mapping, Some(&fixed(OUTPUTS)));
        Some(ProgramFindQueue { name: name?, outputs: outputs?, jumps: jumps? })
    }
}

impl Runnable for ProgramFindQueue {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("name".to_owned(), &self.name)],
            outputs: &self.outputs,
            sets: Sets::Nothing,
            jumps: &self.jumps,
            jump_outputs: &[],
            effect: Some(Effect::Asks),
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
