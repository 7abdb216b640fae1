//! What the engine writes is the trace that readers have as a type, `waypost_wire::trace`, and what its schema says.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::Value as Json;
use waypost_wire::trace::{RunTrace, TraceEvent, schema};

static SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::draft202012::new(schema().as_value()).expect("a schema of traces"));

/// A trace as readers have it, or what keeps it from being one: an event or a member that the type does not have, or has otherwise.
pub(super) fn read(written: &str) -> Result<RunTrace, String> {
    let trace: RunTrace = serde_json::from_str(written).map_err(|error| format!("{error}: {written}"))?;
    if let Some(event) = trace.events.iter().find(|event| matches!(event, TraceEvent::Other(_))) {
        return Err(format!("no event of `waypost_wire::trace`: {event:?}"));
    }
    let again = serde_json::to_string(&trace).map_err(|error| error.to_string())?;
    if again != written {
        return Err(format!("the type writes another trace\n--- engine\n{written}\n--- type\n{again}"));
    }
    let json: Json = serde_json::from_str(written).map_err(|error| error.to_string())?;
    let problems: Vec<String> =
        SCHEMA.iter_errors(&json).map(|error| format!("{} at {}", error, error.instance_path())).collect();
    if problems.is_empty() { Ok(trace) } else { Err(format!("not by the schema: {}", problems.join("; "))) }
}
