//! What happened in a command, told to those who listen, in the same transaction.

use rusqlite::Connection;
use waypost_ids::InteractionId;

use super::deliveries;
use super::mail_columns::interaction;
use super::writer::Session;
use crate::error::StoreError;
use crate::records::mail::InteractionRecord;
use crate::rules::acceptance::Made;
use crate::rules::events::{is_heard, of_made};

/// Keeps what listeners are told of all that happened, if there is anything.
pub(super) fn write(session: &mut Session<'_>) -> Result<(), StoreError> {
    if session.events.is_empty() {
        return Ok(());
    }
    let happened = std::mem::take(&mut session.events);
    let mut records = Vec::new();
    for id in happened.interactions() {
        match read(session.db, id) {
            Ok(found) => records.extend(found),
            Err(error) if error.is_damage() => {
                tracing::error!(interaction = %id, %error, "no event is sent for it");
            }
            Err(error) => return Err(error),
        }
    }
    for (id, told) in happened.told(&records) {
        deliveries::insert(session, id, None, &told.requests, (told.at, false))?;
    }
    Ok(())
}

/// Keeps what listeners are told of an interaction that is made.
pub(super) fn write_made(
    session: &mut Session<'_>,
    id: InteractionId,
    made: &Made<'_>,
    record: impl FnOnce() -> InteractionRecord,
) -> Result<(), StoreError> {
    session.events.hints().made(id, &made.standing, made.run);
    if !is_heard(session.ears, &made.standing) {
        return Ok(());
    }
    let record = record();
    for told in of_made(session.ears, &record) {
        deliveries::insert(session, record.id, None, &told.requests, (told.at, false))?;
    }
    Ok(())
}

fn read(db: &Connection, id: InteractionId) -> Result<Option<InteractionRecord>, StoreError> {
    let mut select = db.prepare_cached("SELECT * FROM interactions WHERE id = ?1")?;
    let mut rows = select.query((id.0.as_bytes(),))?;
    rows.next()?.map(interaction).transpose()
}
