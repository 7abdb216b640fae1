//! `lookupTable`: looks a row up in a data table.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, Given, Named, NamedMut, OutputMapping, PartsMut, ProgramFacts, Sets};
use super::jumps::{Jumps, NOT_FOUND, NOTHING_THERE, ProgramJumps};
use super::{Runnable, Written, mapping};
use crate::check::Draft;
use crate::document::Mapping;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::{ProgramAction, TableTarget};
use crate::types::Type;

/// Looks a row up in a data table.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LookupTable {
    /// The table's name or id.
    pub table: String,
    /// The row's key.
    pub key: Json,
    /// What becomes of its columns.
    pub output_mapping: Vec<Mapping>,
    /// `notFound`: there is no such row.
    #[serde(flatten)]
    pub jumps: Jumps,
}

/// Looks a row up.
#[derive(Debug)]
pub struct ProgramLookupTable {
    /// In which table.
    pub table: TableTarget,
    /// A string expression.
    pub key: Compiled,
    /// Variables to set, by position, from expressions over the table's columns, in the schema's order.
    pub outputs: Vec<(usize, Compiled)>,
    /// `notFound`: there is no such row.
    pub jumps: ProgramJumps,
}

impl Written for LookupTable {
    type Program = ProgramLookupTable;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "lookupTable",
        summary: "Looks up a row of a data table by its key. In the outputMapping `output` has the table's columns. All look-ups of a run see a table as it was at the first look-up.",
        members: &[
            member("table", Takes::NameOrId, Need::Required, "The table. It must exist when the flow is published."),
            member("key", Takes::String, Need::Required, "The row's key."),
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables to set, each from an expression that may read `output.COLUMN`.",
            ),
            member(NOT_FOUND, Takes::Jump, Need::Optional, NOTHING_THERE),
        ],
        example: r#"type: lookupTable
table: Customers
key: "${interaction.email.from.domain}"
outputMapping: [{ name: tier, value: "${output.tier}" }]
notFound: { to: a }
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let (table, key) = (reader.required_string(object, "table").unwrap_or_default(), reader.value(object, "key"));
        let output_mapping = mapping::outputs(reader, object);
        let jumps = Jumps::read(&Self::DEFINITION, reader, object);
        Self { table, key, output_mapping, jumps }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            names: vec![Named::Table(&self.table)],
            assigns: None,
            outputs: vec![OutputMapping::of_answer(&self.output_mapping, Given::Row(&self.table))],
            inside: &[],
        }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut { names: Some(NamedMut::Table(&mut self.table)), inside: &mut [] }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramLookupTable> {
        let key = draft.value("key", &self.key, &Type::String);
        let jumps = draft.jumps(&self.jumps);
        let table = draft.table(&self.table);
        let given = table.as_ref().map(|table| table.schema.outputs());
        let outputs = draft.outputs(&self.output_mapping, given.as_deref());
        Some(ProgramLookupTable { table: table?, key: key?, outputs: outputs?, jumps: jumps? })
    }
}

impl Runnable for ProgramLookupTable {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("key".to_owned(), &self.key)],
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
