//! Where interactions stand, counted over all rows.

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio_postgres::IsolationLevel;
use waypost_ids::{DeliveryState, InteractionId};

use super::pool::rows;
use super::tally;
use crate::conditions::{STUCK, places};
use crate::encoding::delivery_state;
use crate::error::StoreError;
use crate::records::outbox::{Ledger, Place, Stuck};

/// Reads everything at one moment.
pub(super) async fn read(db: &mut Client, overdue: Timestamp, most_stuck: u32) -> Result<Ledger, StoreError> {
    let db = db.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?;
    let mut ledger = Ledger {
        places: Place::ALL.map(|place| (place, 0)).into(),
        deliveries: DeliveryState::ALL.iter().map(|state| (*state, 0)).collect(),
        stuck: Vec::new(),
        tallied: tally::read(&db).await?,
        queues: tally::differing(&db).await?,
    };
    let places = places();
    let unknown = |what: i64| StoreError::Inconsistent { table: "interactions", detail: format!("no place {what}") };
    let count = |count: i64| u64::try_from(count).unwrap_or(0);
    let sql = format!("SELECT place::bigint, count(*) FROM ({places}) AS placed GROUP BY place");
    for row in rows(&db, &sql, &[&overdue]).await? {
        let (place, many): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        *ledger.places.entry(Place::of_code(place).ok_or_else(|| unknown(place))?).or_default() += count(many);
    }
    for row in rows(&db, "SELECT state::bigint, count(*) FROM deliveries GROUP BY state", &[]).await? {
        let (state, many): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        ledger.deliveries.insert(delivery_state(state).ok_or_else(|| unknown(state))?, count(many));
    }
    let sql = format!(
        "SELECT id, place::bigint FROM ({places}) AS placed WHERE place {STUCK} ORDER BY received_at, id LIMIT $2"
    );
    for row in rows(&db, &sql, &[&overdue, &i64::from(most_stuck)]).await? {
        let place: i64 = row.try_get(1)?;
        ledger.stuck.push((InteractionId(row.try_get(0)?), Stuck::of_code(place).ok_or_else(|| unknown(place))?));
    }
    Ok(ledger)
}
