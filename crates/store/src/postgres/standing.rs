//! Where interactions stand, as rows.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio::try_join;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::columns::{Columns, text};
use super::mail_columns::{read_state, small};
use super::pool::{Lent, Parameters, execute, row};
use super::tally::Tally;
use crate::error::StoreError;
use crate::records::mail::State;
use crate::rules::standing::Standing;

/// The columns of interactions that say where one stands.
pub(super) const COLUMNS: &str = "state, lease, lease_until, attempts, rerun_by, completed_at";

/// Reads from a row with at least these columns.
pub(super) fn standing(row: &Row) -> Result<Standing, StoreError> {
    let columns = Columns { row, table: "interactions" };
    Ok(Standing {
        state: read_state(columns)?,
        hold: columns.hold("lease", "lease_until")?,
        attempts: columns.count("attempts")?,
        rerun_by: columns.get("rerun_by")?,
        completed_at: columns.get("completed_at")?,
    })
}

/// How an interaction stands, which nobody else changes until the transaction ends; none if there is no such interaction.
pub(super) async fn lock(db: &impl GenericClient, id: InteractionId) -> Result<Option<Standing>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM interactions WHERE id = $1 FOR UPDATE");
    row(db, &sql, &[&id.0]).await?.as_ref().map(standing).transpose()
}

/// Changes how an interaction stands, if the rules let it, and answers whether they did.
pub(super) async fn change(
    db: &mut Lent,
    id: InteractionId,
    rule: impl FnOnce(Standing) -> Option<Standing>,
) -> Result<bool, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let Some(before) = lock(&transaction, id).await? else { return Ok(false) };
    let from = before.state;
    let Some(after) = rule(before) else { return Ok(false) };
    let mut moves = Moves::default();
    moves.add(id, from, &after);
    moves.write(&transaction).await?;
    ending.commit(transaction).await?;
    Ok(true)
}

/// Interactions that stand differently, a list for each column.
#[derive(Default)]
pub(super) struct Moves {
    ids: Vec<Uuid>,
    states: Vec<i16>,
    leases: Vec<Option<Uuid>>,
    until: Vec<Option<Timestamp>>,
    attempts: Vec<i64>,
    rerun_by: Vec<Option<String>>,
    completed_at: Vec<Option<Timestamp>>,
    tally: Tally,
}

impl Moves {
    /// Adds an interaction that stood in `from` before.
    pub(super) fn add(&mut self, id: InteractionId, from: State, to: &Standing) {
        self.ids.push(id.0);
        self.states.push(small(to.state.code()));
        self.leases.push(to.hold.lease());
        self.until.push(to.hold.until());
        self.attempts.push(i64::from(to.attempts));
        self.rerun_by.push(to.rerun_by.as_deref().map(|by| text(by).into_owned()));
        self.completed_at.push(to.completed_at);
        if to.state != from {
            self.tally.moved(Some(from), to.state);
        }
    }

    /// Writes all of them in one round trip.
    pub(super) async fn write(self, db: &impl GenericClient) -> Result<(), StoreError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        let sql = "UPDATE interactions SET state = new.state, lease = new.lease, lease_until = new.lease_until,
                attempts = new.attempts, rerun_by = new.rerun_by, completed_at = new.completed_at
            FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::text[], $7::timestamptz[])
                AS new (id, state, lease, lease_until, attempts, rerun_by, completed_at)
            WHERE interactions.id = new.id";
        let Self { ids, states, leases, until, attempts, rerun_by, completed_at, tally } = self;
        let values: Parameters<'_> = &[&ids, &states, &leases, &until, &attempts, &rerun_by, &completed_at];
        try_join!(biased; execute(db, sql, values), tally.write(db))?;
        Ok(())
    }
}
