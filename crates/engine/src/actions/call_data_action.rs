//! `callDataAction`: asks an outside service, and goes on by how the call ended.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use waypost_flow::actions::call_data_action::ProgramCallDataAction;
use waypost_flow::actions::jumps::{FAILURE, TIMED_OUT};
use waypost_flow::expr::{MAX_VALUE_BYTES, constant, empty_value};
use waypost_flow::value::{Text, Value, json_footprint};
use waypost_ids::codes;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::question::{CallDataAction, CallFailure, CallOutcome};

pub(super) fn perform<'m>(machine: &mut Machine<'m>, action: &'m ProgramCallDataAction) -> Result<Control<'m>, Raised> {
    let target = &action.data_action;
    let timeout_ms = timeout(machine, action)?;
    let question = CallDataAction { data_action: target.id, input: input(machine, action)?, timeout_ms };
    let Some(outcome) = machine.ask(question)? else { return Ok(Control::Ask) };
    match outcome {
        CallOutcome::Success { output } => {
            let outputs = target.contract.outputs.iter().map(|known| match output.get(&known.name) {
                None | Some(Json::Null) => Ok(empty_value(&known.data_type)),
                Some(value) => constant(&known.name, value, &known.data_type).map_err(|_| {
                    let message = format!(
                        "the output `{}` of the data action `{}` is not {}",
                        known.name, target.name, known.data_type
                    );
                    Raised::error(codes::CONVERSION, message)
                }),
            });
            let outputs: Vec<Value<'m>> = outputs.collect::<Result<_, _>>()?;
            machine.map_outputs(&action.outputs, &outputs)?;
            Ok(Control::Next)
        }
        CallOutcome::Failure(failure) => failed(machine, action, (FAILURE, codes::CALL_FAILED), failure),
        CallOutcome::TimedOut(failure) => failed(machine, action, (TIMED_OUT, codes::CALL_TIMED_OUT), failure),
    }
}

/// What the data action is given.
fn input<'m>(machine: &Machine<'m>, action: &'m ProgramCallDataAction) -> Result<Map<String, Json>, Raised> {
    let mut input = Map::new();
    let mut bytes: usize = 0;
    for (position, expression) in &action.inputs {
        let value = machine.eval(expression)?.to_json(machine.input.email);
        let known = action.data_action.contract.inputs.get(*position);
        let known = known.ok_or_else(|| Raised::broken("a call maps an input that its data action doesn't have"))?;
        // Together they are one value, and no larger than one may be.
        bytes = bytes.saturating_add(json_footprint(&value));
        if bytes > MAX_VALUE_BYTES {
            let message = format!("the inputs of the data action are larger than {MAX_VALUE_BYTES} bytes together");
            return Err(Raised::fatal(codes::VALUE_TOO_LARGE, message));
        }
        input.insert(known.name.clone(), value);
    }
    Ok(input)
}

fn timeout<'m>(machine: &Machine<'m>, action: &'m ProgramCallDataAction) -> Result<Option<u64>, Raised> {
    let Some(written) = &action.timeout else { return Ok(None) };
    let Value::Duration(span) = machine.eval(written)? else {
        return Err(Raised::broken("an action has something else than the duration it needs"));
    };
    match u64::try_from(span.as_millis()) {
        Ok(ms) if ms > 0 => Ok(Some(ms)),
        _ => Err(Raised::error(codes::CONVERSION, format!("the timeout is not longer than 0 s: `{span:#}`"))),
    }
}

/// The call came to nothing: on at the jump for that, else an error.
fn failed<'m>(
    machine: &mut Machine<'m>,
    action: &'m ProgramCallDataAction,
    (jump, code): (&'static str, &'static str),
    failure: CallFailure,
) -> Result<Control<'m>, Raised> {
    let CallFailure { code: reason, message, status } = failure;
    let Some(node) = action.jumps.get(jump) else {
        let message = format!("the data action `{}` failed ({reason}): {message}", action.data_action.name);
        return Err(Raised::error(code, message));
    };
    let text = |text: String| Value::String(Text::Owned(Arc::from(text)));
    // In the order of the action's `FAILURE_OUTPUTS`.
    let told = [text(reason), text(message), Value::Integer(status.map_or(0, i64::from))];
    machine.map_outputs(&action.failures, &told)?;
    machine.jump(jump, node).map(|()| Control::Moved)
}
