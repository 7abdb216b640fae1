//! Names in traces of flows that are tried: whoever reads one knows no ids.

use waypost_catalogue::world::Running;
use waypost_wire::trace::{RunTrace, TraceEvent, TraceLookup};

/// Gives each look-up of a trace the name of the table, schedule or data action that was asked.
pub fn name_lookups(trace: &mut RunTrace, running: &Running) {
    for event in &mut trace.events {
        let TraceEvent::Lookup(lookup) = event else { continue };
        match lookup {
            TraceLookup::LookupTable(exchange) => {
                if let Some(asked) = &mut exchange.request {
                    asked.name = running.tables.get(&asked.table).map(|table| table.record.name.clone());
                }
            }
            TraceLookup::EvaluateSchedule(exchange) => {
                if let Some(asked) = &mut exchange.request {
                    asked.name = running.schedules.get(&asked.schedule).map(|known| known.record.name.clone());
                }
            }
            TraceLookup::CallDataAction(exchange) => {
                if let Some(asked) = &mut exchange.request {
                    asked.name = running.data_actions.get(&asked.data_action).map(|known| known.record.name.clone());
                }
            }
            // A queue is asked for by its name.
            TraceLookup::FindQueue(_) => {}
        }
    }
}
