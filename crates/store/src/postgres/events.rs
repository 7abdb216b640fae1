//! What happened in a transaction, told to those who listen, in the same transaction.

use deadpool_postgres::GenericClient;
use uuid::Uuid;

use super::deliveries::{self, Sent};
use super::mail_columns::interaction;
use super::pool::rows;
use super::tally::Tally;
use crate::error::StoreError;
use crate::rules::events::Happenings;

/// Keeps what listeners are told of all that happened, which is written by now.
pub(super) async fn write(db: &impl GenericClient, happened: Happenings, tally: &mut Tally) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = happened.interactions().into_iter().map(|id| id.0).collect();
    let found = if ids.is_empty() {
        Vec::new()
    } else {
        rows(db, "SELECT * FROM interactions WHERE id = ANY ($1)", &[&ids]).await?
    };
    let mut records = Vec::with_capacity(found.len());
    for row in &found {
        match interaction(row) {
            Ok(record) => records.push(record),
            Err(error) if error.is_damage() => tracing::error!(%error, "no event is sent for it"),
            Err(error) => return Err(error),
        }
    }
    let told = happened.told(&records);
    let sends = told.iter().flat_map(|(interaction, told)| {
        told.requests.iter().map(|mail| Sent { interaction: *interaction, run: None, mail, at: told.at, erased: false })
    });
    deliveries::insert(db, &sends.collect::<Vec<_>>(), tally).await
}
