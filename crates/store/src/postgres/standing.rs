//! Where interactions stand, as rows.

use std::time::Duration;

use deadpool_postgres::{Client, GenericClient};
use jiff::Timestamp;
use tokio::try_join;
use tokio_postgres::{Row, Statement};
use uuid::Uuid;
use waypost_ids::{DeliveryState, InteractionId, QueueId};

use super::columns::{Columns, text};
use super::commits::Ending;
use super::events;
use super::mail_columns::{read_state, small};
use super::pool::{Lent, Parameters, ended, row};
use super::tally::{Adding, Tally};
use crate::error::StoreError;
use crate::records::outbox::DeliveryRecord;
use crate::rules::events::Happenings;
use crate::rules::standing::{Position, Standing};

/// The columns of interactions that say where one stands.
pub(super) const COLUMNS: &str = "state, queue, queued_at, lease, lease_until, attempts, rerun_by, completed_at";

/// Reads from a row with at least these columns.
pub(super) fn standing(row: &Row) -> Result<Standing, StoreError> {
    let columns = Columns { row, table: "interactions" };
    Ok(Standing {
        state: read_state(columns)?,
        queue: columns.get::<Option<Uuid>>("queue")?.map(QueueId),
        queued_at: columns.get("queued_at")?,
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
    let (db, ending) = db.parts();
    let attempt = async {
        let Some(before) = begin(db, lock(db, id)).await? else { return Ok(false) };
        let from = before.position();
        let Some(after) = rule(before) else { return Ok(false) };
        let mut moves = Moves::heard(ending);
        moves.add(id, from, &after);
        moves.commit(db, ending).await?;
        Ok(true)
    };
    ended(db, ending, attempt.await).await
}

/// Begins a transaction by hand, and reads what it is about in the same round trip.
pub(super) async fn begin<T, E: From<StoreError>>(
    db: &Client,
    read: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begin = async { db.batch_execute("BEGIN").await.map_err(|error| StoreError::from(error).into()) };
    let ((), read) = try_join!(biased; begin, read)?;
    Ok(read)
}

/// Interactions that stand differently, a list for each column. Without more, nobody hears of them.
#[derive(Default)]
pub(super) struct Moves {
    events: Happenings,
    ids: Vec<Uuid>,
    states: Vec<i16>,
    queues: Vec<Option<Uuid>>,
    queued_at: Vec<Option<Timestamp>>,
    leases: Vec<Option<Uuid>>,
    until: Vec<Option<Timestamp>>,
    attempts: Vec<i64>,
    rerun_by: Vec<Option<String>>,
    completed_at: Vec<Option<Timestamp>>,
    tally: Tally,
}

impl Moves {
    /// None yet; those who listen are told of them.
    pub(super) fn heard(ending: &Ending) -> Self {
        Self { events: Happenings::heard_by(ending.ears(), ending.hints()), ..Self::default() }
    }

    /// Adds an interaction that was counted in `from` before.
    pub(super) fn add(&mut self, id: InteractionId, from: Position, to: &Standing) {
        self.ids.push(id.0);
        self.states.push(small(to.state.code()));
        self.queues.push(to.queue.map(|queue| queue.0));
        self.queued_at.push(to.queued_at);
        self.leases.push(to.hold.lease());
        self.until.push(to.hold.until());
        self.attempts.push(i64::from(to.attempts));
        self.rerun_by.push(to.rerun_by.as_deref().map(|by| text(by).into_owned()));
        self.completed_at.push(to.completed_at);
        self.tally.moved(Some(from), to.position());
        self.events.moved(id, from, to.position());
    }

    /// What is counted with them.
    pub(super) fn tally(&mut self) -> &mut Tally {
        &mut self.tally
    }

    /// Adds a delivery that was in another state before.
    pub(super) fn sent(&mut self, before: DeliveryState, after: &DeliveryRecord) {
        self.tally.sent(Some(before), after.state);
        self.events.sent(before, after);
    }

    /// What is told and counted of them, for one who writes the rest.
    pub(super) fn into_parts(self) -> (Happenings, Tally) {
        (self.events, self.tally)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Writes all of them, what is told, and what is counted, in one round trip unless somebody listens. What is told is what is written by
    /// then: whatever else changes of the interactions comes before.
    pub(super) async fn write(mut self, db: &impl GenericClient) -> Result<(), StoreError> {
        let statements = Statements::prepare(db, &self).await?;
        if self.events.is_empty() {
            return self.send(db, &statements).await;
        }
        let (events, tally) = (std::mem::take(&mut self.events), std::mem::take(&mut self.tally));
        let mut counted = Self { tally, ..Self::default() };
        self.send(db, &statements).await?;
        events::write(db, events, &mut counted.tally).await?;
        counted.send(db, &statements).await
    }

    /// Writes all of them, which may be none, and commits what was begun by hand, in one round trip.
    pub(super) async fn commit(self, db: &Client, ending: &Ending) -> Result<(), StoreError> {
        if !self.events.is_empty() {
            self.write(db).await?;
            return ending.commit_after(db, Duration::ZERO, async { Ok(()) }).await;
        }
        let statements = Statements::prepare(db, &self).await?;
        ending.commit_after(db, Duration::ZERO, self.send(db, &statements)).await
    }

    async fn send(self, db: &impl GenericClient, statements: &Statements) -> Result<(), StoreError> {
        let Self { ids, states, queues, queued_at, leases, until, attempts, rerun_by, completed_at, tally, .. } = self;
        let values: Parameters<'_> =
            &[&ids, &states, &leases, &until, &attempts, &rerun_by, &completed_at, &queues, &queued_at];
        let counts = tally.changes();
        let update = async {
            if ids.is_empty() {
                return Ok(0);
            }
            db.execute(&statements.update, values).await.map_err(StoreError::from)
        };
        let count = async { statements.count.send(db, &counts).await.map_err(StoreError::from) };
        try_join!(biased; update, count).map(drop)
    }
}

/// What moves are written by.
struct Statements {
    update: Statement,
    count: Adding,
}

impl Statements {
    async fn prepare(db: &impl GenericClient, moves: &Moves) -> Result<Self, StoreError> {
        let update = if moves.ids.len() == 1 { UPDATE_ONE } else { UPDATE_EACH };
        Ok(Self { update: db.prepare_cached(update).await?, count: Adding::prepare(db).await? })
    }
}

/// Writes lists of moves. PostgreSQL plans this anew each time, for it looks at the lists' length.
const UPDATE_EACH: &str = "UPDATE interactions SET state = new.state, lease = new.lease, lease_until = new.lease_until,
        attempts = new.attempts, rerun_by = new.rerun_by, completed_at = new.completed_at, queue = new.queue,
        queued_at = new.queued_at
    FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::timestamptz[], $5::bigint[], $6::text[], $7::timestamptz[],
            $8::uuid[], $9::timestamptz[])
        AS new (id, state, lease, lease_until, attempts, rerun_by, completed_at, queue, queued_at)
    WHERE interactions.id = new.id";

/// Writes lists of one move, which is what most are. Its plan is kept: planning would take longer than the rest.
const UPDATE_ONE: &str = "UPDATE interactions SET state = ($2::smallint[])[1], lease = ($3::uuid[])[1],
        lease_until = ($4::timestamptz[])[1], attempts = ($5::bigint[])[1], rerun_by = ($6::text[])[1],
        completed_at = ($7::timestamptz[])[1], queue = ($8::uuid[])[1], queued_at = ($9::timestamptz[])[1]
    WHERE id = ($1::uuid[])[1]";
