//! `callDataAction`: asks an outside service by a data action.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{
    Effect, Ends, FAILURE_MAPPING, Facts, Given, Named, NamedMut, OutputMapping, PartsMut, ProgramFacts, Sets, fixed,
    mapped,
};
use super::jumps::{FAILURE, Jumps, ProgramJumps, TIMED_OUT};
use super::{Runnable, Written, mapping};
use crate::check::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Mapping;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::{DataActionTarget, ProgramAction};
use crate::types::Type;

/// What the failureMapping reads, in this order.
pub const FAILURE_OUTPUTS: &[(&str, Type)] =
    &[("code", Type::String), ("message", Type::String), ("status", Type::Integer)];

/// The longest `timeout`, in seconds: that of any data action.
pub const LONGEST_TIMEOUT: i64 = 60;

/// Asks an outside service.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallDataAction {
    /// The data action's name or id.
    pub data_action: String,
    /// What it is given.
    pub input_mapping: Vec<Mapping>,
    /// What becomes of its outputs.
    pub output_mapping: Vec<Mapping>,
    /// What becomes of what is said of a failure.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failure_mapping: Vec<Mapping>,
    /// How long the answer is waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Json>,
    /// `failure` and `timedOut`.
    #[serde(flatten)]
    pub jumps: Jumps,
}

/// Asks an outside service.
#[derive(Debug)]
pub struct ProgramCallDataAction {
    /// By which data action.
    pub data_action: DataActionTarget,
    /// What it is given, by the position of its input.
    pub inputs: Vec<(usize, Compiled)>,
    /// Variables to set, by position, from expressions over its outputs.
    pub outputs: Vec<(usize, Compiled)>,
    /// Variables to set on the way to a jump, by position, from expressions over [`FAILURE_OUTPUTS`].
    pub failures: Vec<(usize, Compiled)>,
    /// A duration.
    pub timeout: Option<Compiled>,
    /// `failure` and `timedOut`.
    pub jumps: ProgramJumps,
}

impl Written for CallDataAction {
    type Program = ProgramCallDataAction;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "callDataAction",
        summary: "Calls a data action: an HTTP request to another service, whose answer becomes outputs. The run waits for the answer; other mail and the sender of this mail do not. A call is made at least once, with the same `Idempotency-Key` in every attempt, and is not undone when the run fails.",
        members: &[
            member(
                "dataAction",
                Takes::NameOrId,
                Need::Required,
                "The data action. It must exist when the flow is published.",
            ),
            member(
                "inputMapping",
                Takes::Mappings,
                Need::Optional,
                "Values for the inputs of the data action's contract. Required inputs must be mapped.",
            ),
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables to set once it has succeeded, each from an expression that may read `output.NAME`: the outputs of the contract. An output that the answer leaves out reads as empty.",
            ),
            member(
                FAILURE_MAPPING,
                Takes::Mappings,
                Need::Optional,
                "Variables to set on the way to `failure` or `timedOut`, each from an expression that may read `output.code`, `output.message` and `output.status` (the HTTP status; 0 without an answer).",
            ),
            member(
                "timeout",
                Takes::Value("value of type duration"),
                Need::Optional,
                "How long to wait for the answer, at most 60 s. A shorter timeout of the data action itself takes precedence.",
            ),
            member(
                FAILURE,
                Takes::Jump,
                Need::Optional,
                "The node where the run continues when the call fails. Without it that is an error of the action.",
            ),
            member(
                TIMED_OUT,
                Takes::Jump,
                Need::Optional,
                "The node where the run continues when there is no answer in time. Without it that is an error of the action.",
            ),
        ],
        example: r#"type: callDataAction
dataAction: Get Customer
inputMapping: [{ name: email, value: "${interaction.email.from.address}" }]
outputMapping: [{ name: tier, value: "${output.tier}" }]
failureMapping: [{ name: why, value: "${output.code + ': ' + output.message}" }]
timeout: 5s
failure: { to: a }
timedOut: { to: a }
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let data_action = reader.required_string(object, "dataAction").unwrap_or_default();
        let input_mapping = mapping::inputs(reader, object);
        let output_mapping = mapping::outputs(reader, object);
        let failure_mapping = mapping::failures(reader, object);
        let timeout = reader.optional_value(object, "timeout");
        let jumps = Jumps::read(&Self::DEFINITION, reader, object);
        Self { data_action, input_mapping, output_mapping, failure_mapping, timeout, jumps }
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            names: vec![Named::DataAction(&self.data_action)],
            assigns: None,
            outputs: vec![
                OutputMapping::of_answer(&self.output_mapping, Given::DataAction(&self.data_action)),
                OutputMapping::of_failure(&self.failure_mapping, FAILURE_OUTPUTS),
            ],
            inside: &[],
        }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut { names: Some(NamedMut::DataAction(&mut self.data_action)), inside: &mut [] }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramCallDataAction> {
        let timeout = draft.optional("timeout", self.timeout.as_ref(), &Type::Duration);
        let timeout_holds = timeout.as_ref().is_none_or(|timeout| check_timeout(draft, timeout.as_ref()));
        let jumps = draft.jumps(&self.jumps);
        let failures = draft.failures(&self.failure_mapping, &fixed(FAILURE_OUTPUTS));
        let leads_on = self.failure_mapping.is_empty() || self.jumps.iter().next().is_some();
        if !leads_on {
            let at = draft.at(FAILURE_MAPPING);
            draft.diagnostics.push(
                Diagnostic::error(Code::MissingKey, at, "a `failureMapping` needs `failure` or `timedOut`")
                    .expected("a node where the run goes on after a failure")
                    .suggestion("add `failure: { to: NODE }`, or remove the failureMapping"),
            );
        }
        let data_action = draft.data_action(&self.data_action);
        let inputs = draft.data_action_inputs(&self.input_mapping, data_action.as_ref());
        let given = data_action.as_ref().map(|action| action.contract.output_types());
        let outputs = draft.outputs(&self.output_mapping, given.as_deref());
        let data_action = data_action?;
        let (inputs, outputs, failures, timeout, jumps) = (inputs?, outputs?, failures?, timeout?, jumps?);
        let program = ProgramCallDataAction { data_action, inputs, outputs, failures, timeout, jumps };
        (leads_on && timeout_holds).then_some(program)
    }
}

/// A timeout that is the same on every mail is checked when the flow is published.
fn check_timeout(draft: &mut Draft<'_, '_>, timeout: Option<&Compiled>) -> bool {
    let Some(written) = timeout.and_then(Compiled::written_duration) else { return true };
    let holds = written.is_positive() && written.as_secs_f64() <= LONGEST_TIMEOUT as f64;
    if !holds {
        let at = draft.at("timeout");
        draft.diagnostics.push(
            Diagnostic::error(Code::InvalidValue, at, "the timeout is not between 0 and 60 s")
                .expected(format!("a duration of more than 0s, {LONGEST_TIMEOUT}s at most"))
                .found(format!("{written:#}")),
        );
    }
    holds
}

impl Runnable for ProgramCallDataAction {
    fn facts(&self) -> ProgramFacts<'_> {
        let mut evaluates = mapped("inputMapping", &self.inputs);
        evaluates.extend(self.timeout.iter().map(|timeout| ("timeout".to_owned(), timeout)));
        ProgramFacts {
            evaluates,
            outputs: &self.outputs,
            sets: Sets::Nothing,
            jumps: &self.jumps,
            jump_outputs: &self.failures,
            effect: Some(Effect::AsksOutside(&self.data_action)),
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
