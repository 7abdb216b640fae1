//! `evaluateSchedule`: asks how a schedule stands when the mail was accepted.

use std::sync::Arc;

use jiff::Timestamp;
use waypost_flow::expr::Compiled;
use waypost_flow::program::ScheduleTarget;
use waypost_flow::value::{Text, Value};
use waypost_schedule::State;

use super::Control;
use crate::error::Raised;
use crate::machine::Machine;
use crate::question::EvaluateSchedule;

pub(super) fn perform<'m>(
    machine: &mut Machine<'m>,
    schedule: &'m ScheduleTarget,
    outputs: &'m [(usize, Compiled)],
) -> Result<Control<'m>, Raised> {
    let at = machine.input.received_at;
    let Some(told) = machine.ask(EvaluateSchedule { schedule: schedule.id, at })? else { return Ok(Control::Ask) };
    let text = |text: &str| Value::String(Text::Owned(Arc::from(text)));
    // In the order of `schedule_outputs`.
    let values = [
        text(told.state.as_str()),
        Value::Boolean(told.state == State::Open),
        text(told.name.as_deref().unwrap_or_default()),
        Value::Boolean(told.next_change.is_some()),
        Value::Datetime(told.next_change.unwrap_or(Timestamp::UNIX_EPOCH)),
    ];
    machine.map_outputs(outputs, &values)?;
    Ok(Control::Next)
}
