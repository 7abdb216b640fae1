//! How flows are written, brought to the server once the change set is in. Nothing that runs depends on it.

use std::io::Write;

use waypost_client::Error;
use waypost_ids::FlowId;
use waypost_wire::change::ChangeSetDone;
use waypost_wire::text::{MOST_TEXTS, TextsRequest, VersionText};

use super::report::Report;
use crate::failure::Failure;
use crate::remote::{NO_TEXTS, Remote};
use crate::screen;

/// About so many bytes of text go into one request: a server takes 4 MiB of JSON, in which a text is longer.
const BATCH: usize = 1 << 20;

/// Keeps the texts of a set's flows, which are in the set's order, beside the versions that they have since. It is told where nothing else
/// has changed, and where the server refuses one: that is no failure, since the flow itself is there.
pub(super) fn keep(
    remote: &Remote,
    done: &ChangeSetDone,
    texts: Vec<Option<String>>,
    note: Option<&str>,
    told: &mut Report,
) -> Result<(), Failure> {
    // What stays with another project stays as that one writes it.
    let ours = done.flows.iter().zip(texts).filter(|(flow, _)| flow.stays_with.is_none());
    let written = ours
        .filter_map(|(flow, text)| Some(VersionText { flow_id: flow.flow_id, version: flow.version?, text: text? }));
    let (mut batches, mut room) = (Vec::<Vec<VersionText>>::new(), 0);
    for one in written {
        match batches.last_mut().filter(|batch| one.text.len() <= room && batch.len() < MOST_TEXTS) {
            Some(batch) => {
                room -= one.text.len();
                batch.push(one);
            }
            None => {
                room = BATCH.saturating_sub(one.text.len());
                batches.push(vec![one]);
            }
        }
    }
    let is_new = |id: FlowId| {
        let new = |outcome: &str| ["created", "published"].contains(&outcome);
        done.flows.iter().any(|flow| flow.flow_id == id && new(&flow.outcome))
    };
    let refused = |flows: &[FlowId], why: &str| {
        let named = done.flows.iter().filter(|flow| flows.contains(&flow.flow_id));
        let names: Vec<&str> = named.map(|flow| flow.name.as_str()).collect();
        writeln!(screen::stderr(), "note: the text of {} is not kept, comments included: {why}", names.join(", "))
    };
    for texts in batches {
        let flows: Vec<FlowId> = texts.iter().map(|one| one.flow_id).collect();
        let request = TextsRequest { texts, note: note.map(str::to_owned) };
        match remote.wait(remote.flows().put_texts(&request)) {
            Ok(kept) => {
                for one in &kept.texts {
                    told.texts += u64::from(one.outcome == "written" && !is_new(one.flow_id));
                    if let Some(problem) = one.errors.first() {
                        refused(&[one.flow_id], &problem.message)?;
                    }
                }
            }
            // An older server takes the path for a flow's.
            Err(error) if error.is_not_offered() || error.status() == Some(404) => {
                writeln!(screen::stderr(), "note: {NO_TEXTS}; comments are not kept")?;
                return Ok(());
            }
            Err(Error::Refused { body, .. }) if body.status < 500 => refused(&flows, &body.message)?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
