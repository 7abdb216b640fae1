//! Where interactions stand, counted over all rows.

use jiff::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;
use waypost_ids::{DeliveryState, InteractionId};

use super::columns::micros;
use super::tally;
use crate::conditions::{STUCK, places};
use crate::encoding::delivery_state;
use crate::error::StoreError;
use crate::records::outbox::{Ledger, Place, Stuck};

/// Reads everything at one moment: readers read in a transaction.
pub(super) fn read(db: &Connection, overdue: Timestamp, most_stuck: u32) -> Result<Ledger, StoreError> {
    let mut ledger = Ledger {
        places: Place::ALL.map(|place| (place, 0)).into(),
        deliveries: DeliveryState::ALL.iter().map(|state| (*state, 0)).collect(),
        stuck: Vec::new(),
        tallied: tally::read(db)?,
        queues: tally::differing(db)?,
    };
    let places = places();
    let unknown = |what: i64| StoreError::Inconsistent { table: "interactions", detail: format!("no place {what}") };
    let mut select = db.prepare(&format!("SELECT place, count(*) FROM ({places}) AS placed GROUP BY place"))?;
    let mut rows = select.query((micros(overdue),))?;
    while let Some(row) = rows.next()? {
        let (place, count): (i64, u64) = (row.get(0)?, row.get(1)?);
        *ledger.places.entry(Place::of_code(place).ok_or_else(|| unknown(place))?).or_default() += count;
    }
    let mut select = db.prepare("SELECT state, count(*) FROM deliveries GROUP BY state")?;
    let mut rows = select.query(())?;
    while let Some(row) = rows.next()? {
        let state: i64 = row.get(0)?;
        ledger.deliveries.insert(delivery_state(state).ok_or_else(|| unknown(state))?, row.get(1)?);
    }
    let sql =
        format!("SELECT id, place FROM ({places}) AS placed WHERE place {STUCK} ORDER BY received_at, id LIMIT ?2");
    let mut select = db.prepare(&sql)?;
    let mut rows = select.query((micros(overdue), most_stuck))?;
    while let Some(row) = rows.next()? {
        let (id, place): ([u8; 16], i64) = (row.get(0)?, row.get(1)?);
        let why = Stuck::of_code(place).ok_or_else(|| unknown(place))?;
        ledger.stuck.push((InteractionId(Uuid::from_bytes(id)), why));
    }
    Ok(ledger)
}
