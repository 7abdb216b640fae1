//! Version 1 of the trace stays readable: `trace-v1.json` has every event as it may be stored. Lines are added to it, and none is edited.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value as Json;
use waypost_wire::trace::{RunTrace, TraceEvent};

#[test]
fn every_event_of_version_1_is_read_and_written_as_it_was() {
    let stored: Json = serde_json::from_str(include_str!("trace-v1.json")).unwrap();
    let trace: RunTrace = serde_json::from_value(stored.clone()).unwrap();
    for event in &trace.events {
        assert!(!matches!(event, TraceEvent::Other(_)), "{event:?}");
    }
    // As text: the order of members is kept as well.
    assert_eq!(serde_json::to_string(&trace).unwrap(), stored.to_string());
}
