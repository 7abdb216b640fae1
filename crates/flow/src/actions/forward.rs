//! `forward`: ends the run with a forward.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::functions::is_one_address;
use crate::path::clip;
use crate::program::ProgramAction;
use crate::types::Type;

/// Ends the run: the mail is forwarded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forward {
    /// To whom.
    pub addresses: Json,
}

/// Ends the run with a forward.
#[derive(Debug)]
pub struct ProgramForward {
    /// An expression of type `list<string>`.
    pub addresses: Compiled,
}

impl Written for Forward {
    type Program = ProgramForward;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "forward",
        summary: "Ends the run: the mail is forwarded. It fails when the list of addresses is empty, or when one of them is not one address.",
        members: &[member(
            "addresses",
            Takes::StringList,
            Need::Required,
            "Where to: each is one address, alone or in angle brackets after a name.",
        )],
        example: r#"type: forward
addresses: [archive@example.com]
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Option<Self> {
        Some(Self { addresses: reader.value(object, "addresses")? })
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: None, inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramForward> {
        let addresses = draft.value("addresses", &self.addresses, &Type::list_of_strings())?;
        let written = addresses.written_texts();
        if written.as_ref().is_some_and(Vec::is_empty) {
            let path = draft.at("addresses");
            draft.diagnostics.push(
                Diagnostic::error(Code::InvalidValue, path, "there is no address to forward to")
                    .expected("at least one address"),
            );
            return None;
        }
        let mut well = true;
        for (index, text) in written.iter().flatten().enumerate() {
            let Some(text) = text.filter(|text| !is_one_address(text)) else { continue };
            well = false;
            let member = if self.addresses.is_array() { format!("addresses[{index}]") } else { "addresses".to_owned() };
            draft.diagnostics.push(not_an_address(draft.at(&member), text));
        }
        well.then_some(ProgramForward { addresses })
    }
}

fn not_an_address(path: String, text: &str) -> Diagnostic {
    let text = clip(text, 60);
    let problem = Diagnostic::error(Code::InvalidValue, path, format!("`{text}` is not an email address"))
        .expected("one address, such as `desk@example.com`")
        .found(format!("`{text}`"));
    if text.split([',', ';']).count() > 1 {
        return problem.suggestion("write each address as an element of the list");
    }
    problem
}

impl Runnable for ProgramForward {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("addresses".to_owned(), &self.addresses)],
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            // It fails when there is nobody to forward to.
            effect: Some(Effect::Sends),
            ends: Ends::Run,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
