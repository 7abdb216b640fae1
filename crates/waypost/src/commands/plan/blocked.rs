//! What keeps an object from being deleted as the server stands now.

use futures_util::StreamExt;
use waypost_client::interactions::InteractionFilter;
use waypost_ids::Kind;
use waypost_wire::change::ChangedObject;

use crate::failure::Failure;
use crate::remote::Remote;

/// Why an object that a change set would delete can't be deleted now, in words.
pub(crate) fn blocked(remote: &Remote, one: &ChangedObject) -> Result<Option<String>, Failure> {
    match Kind::named(&one.kind) {
        Some(Kind::Queue) if one.outcome == "deleted" => work_in(remote, &one.id),
        _ => Ok(None),
    }
}

/// The work that is in a queue: it can be deleted only while there is none.
fn work_in(remote: &Remote, id: &str) -> Result<Option<String>, Failure> {
    let Ok(queue) = id.parse() else { return Ok(None) };
    let waiting = remote.wait(remote.routing().queue(queue))?.waiting.unwrap_or_default();
    if waiting > 0 {
        let interactions = if waiting == 1 { "interaction waits" } else { "interactions wait" };
        return Ok(Some(format!("{waiting} {interactions} in it")));
    }
    // What a queue pushes counts as decided until it has arrived, and waits no longer.
    for state in ["claimed", "decided"] {
        let (queue, state) = (Some(id.to_owned()), Some(state.to_owned()));
        let filter = InteractionFilter { queue, state, ..InteractionFilter::default() };
        match remote.all(remote.interactions().list(&filter).take(1)) {
            Ok(found) if found.is_empty() => {}
            Ok(_) => return Ok(Some("work from it is claimed or on its way".to_owned())),
            // Whoever may not read mail is told by the server when the queue is to go.
            Err(error) if error.status() == Some(403) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
