//! `evaluateSchedule`: asks how a schedule stands when the mail was accepted.
//!
//! The request is `{"schedule": ID, "at": TIME}`; the answer `{"state": TEXT, "name": TEXT, "nextChange": TIME}`, where the name and
//! the next change may be missing.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use waypost_flow::actions::evaluate_schedule::ProgramEvaluateSchedule;
use waypost_flow::value::{Text, Value};

use super::{Control, Told, ask};
use crate::error::Raised;
use crate::journal::Answered;
use crate::machine::Machine;

const KIND: &str = "evaluateSchedule";

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    action: &'m ProgramEvaluateSchedule,
    answers: &[Answered],
) -> Result<Control<'m>, Raised> {
    let at = machine.input.received_at;
    let request = || json!({ "schedule": action.schedule.id, "at": at.to_string() });
    let told = match ask(machine, KIND, request, answers)? {
        Told::Ask(control) => return Ok(control),
        Told::Value(told) => told,
    };
    let word = |name: &str| told.get(name).and_then(Json::as_str).unwrap_or_default();
    let text = |text: &str| Value::String(Text::Owned(Arc::from(text)));
    let next: Option<Timestamp> = word("nextChange").parse().ok();
    // In the order of the action's `OUTPUTS`.
    let values = [
        text(word("state")),
        Value::Boolean(word("state") == "open"),
        text(word("name")),
        Value::Boolean(next.is_some()),
        Value::Datetime(next.unwrap_or(Timestamp::UNIX_EPOCH)),
    ];
    machine.map_outputs(&action.outputs, &values)?;
    Ok(Control::Next)
}
