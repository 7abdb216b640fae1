//! What goes out: claimed, carried, looked at, taken back; and what whoever claimed an interaction does.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryId, DeliveryState, InteractionId, QueueId};

use super::columns::{Columns, micros};
use super::deliveries::{self, alter, delivery};
use super::mail_columns::sound;
use super::standing::{self, COLUMNS};
use super::writer::Session;
use super::{SqliteStore, audit, catalogue, ledger, requests};
use crate::conditions::of_kind;
use crate::encoding::{DecisionMore, decision_kind, delivery_state_code, json};
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::events::Listeners;
use crate::records::mail::{IdempotencyKey, State};
use crate::records::outbox::{
    Attempted, BROUGHT_NEARER, BouncedOf, Content, DeliveryClaim, DeliveryFilter, DeliveryRecord, Ledger, Outgoing,
    SendOutcome, Transfer, Unchanged, Way,
};
use crate::rules::claims::{LOOKED_AT, Slots};
use crate::rules::deliveries::{Delivery, farthest};
use crate::rules::outbox::{domain, folded};
use crate::rules::pushes;
use crate::rules::standing::{Ends, Standing};
use crate::traits::OutboxStore;

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn claim_deliveries(&self, claim: DeliveryClaim, now: Timestamp) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.writer()?.run(move |session| lease(session, &claim, now).map(Ok::<_, StoreError>)).await?
    }

    async fn bring_nearer(&self, way: Way, lease_ends: Timestamp, now: Timestamp) -> Result<u32, StoreError> {
        self.writer()?.run(move |session| bring_nearer(session, way, lease_ends, now).map(Ok::<_, StoreError>)).await?
    }

    async fn renew_delivery(&self, id: DeliveryId, lease: Lease) -> Result<bool, StoreError> {
        self.writer()?
            .run(move |session| {
                let Some(before) = deliveries::find(session.db, id)? else { return Ok(Ok::<_, StoreError>(false)) };
                let mut after = before.clone();
                let renewed = after.renew(lease);
                deliveries::write(session, &before, &after)?;
                Ok(Ok(renewed))
            })
            .await?
    }

    async fn end_attempt(
        &self,
        id: DeliveryId,
        lease: Uuid,
        attempted: Attempted,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.writer()?
            .run(move |session| {
                let ended = change(session, id, now, |one| one.end(lease, attempted, now))?;
                Ok(Ok::<_, StoreError>(ended.unwrap_or(false)))
            })
            .await?
    }

    async fn bounce(&self, of: BouncedOf, says: &str, now: Timestamp) -> Result<Vec<DeliveryId>, StoreError> {
        let says = says.to_owned();
        self.writer()?.run(move |session| bounce(session, &of, &says, now).map(Ok::<_, StoreError>)).await?
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>, StoreError> {
        self.readers()?.run(move |db| Ok(deliveries::find(db, id)?.map(|one| one.record))).await
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let filter = filter.clone();
        self.readers()?.run(move |db| list(db, &filter, after, limit)).await
    }

    async fn delivery_content(&self, id: DeliveryId) -> Result<Option<Content>, StoreError> {
        self.readers()?.run(move |db| deliveries::content(db, id)).await
    }

    async fn edit_delivery(
        &self,
        id: DeliveryId,
        content: Content,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        self.writer()?.run(move |session| edit(session, id, &content, &audit).map(Ok::<_, StoreError>)).await?
    }

    async fn retry_delivery(
        &self,
        id: DeliveryId,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        self.writer()?
            .run(move |session| {
                asked(session, id, &audit, |one, work| retry(one, work, audit.at)).map(Ok::<_, StoreError>)
            })
            .await?
    }

    async fn retry_deliveries(&self, filter: &DeliveryFilter, max: u32, audit: AuditRecord) -> Result<u64, StoreError> {
        let filter = DeliveryFilter { state: filter.state.or(Some(DeliveryState::Dead)), ..filter.clone() };
        self.writer()?.run(move |session| retry_all(session, &filter, max, &audit).map(Ok::<_, StoreError>)).await?
    }

    async fn cancel_delivery(
        &self,
        id: DeliveryId,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        self.writer()?
            .run(move |session| asked(session, id, &audit, |one, _| one.cancel(audit.at)).map(Ok::<_, StoreError>))
            .await?
    }

    async fn is_claimed(&self, interaction: InteractionId, token: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let work = self.readers()?.run(move |db| work(db, interaction)).await?;
        Ok(work.is_some_and(|work| work.standing.is_claimed_under(token, now)))
    }

    async fn send(
        &self,
        interaction: InteractionId,
        token: Uuid,
        mail: Outgoing,
        idempotency: Option<IdempotencyKey>,
        audit: AuditRecord,
    ) -> Result<SendOutcome, LeaseError> {
        let request = idempotency.map(|key| (key, self.options.idempotency_window.as_secs()));
        self.writer()?.run(move |session| send(session, (interaction, token), mail, request.as_ref(), &audit)).await?
    }

    async fn transfer(
        &self,
        interaction: InteractionId,
        token: Uuid,
        to: Transfer,
        audit: AuditRecord,
    ) -> Result<(), LeaseError> {
        self.writer()?.run(move |session| transfer(session, interaction, token, &to, &audit)).await?
    }

    async fn push(
        &self,
        interaction: InteractionId,
        queue: QueueId,
        push: Outgoing,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        self.writer()?
            .run(move |session| self::push(session, (interaction, queue), &push, &audit).map(Ok::<_, StoreError>))
            .await?
    }

    fn open_ears(&self, listeners: Arc<dyn Listeners>) {
        self.ears.open(listeners);
    }

    async fn complete_claimed(
        &self,
        interaction: InteractionId,
        token: Uuid,
        outcome: Option<String>,
        audit: AuditRecord,
    ) -> Result<(), LeaseError> {
        self.writer()?.run(move |session| complete(session, interaction, token, outcome, &audit)).await?
    }

    async fn ledger(&self, overdue: Timestamp, most_stuck: u32) -> Result<Ledger, StoreError> {
        self.readers()?.run(move |db| ledger::read(db, overdue, most_stuck)).await
    }

    async fn shared_key(&self, name: &str, offered: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let name = name.to_owned();
        self.writer()?
            .run(move |session| {
                let sql = "INSERT OR IGNORE INTO shared_keys (name, value) VALUES (?1, ?2)";
                session.db.prepare_cached(sql)?.execute((&name, offered))?;
                let mut select = session.db.prepare_cached("SELECT * FROM shared_keys WHERE name = ?1")?;
                let mut rows = select.query((&name,))?;
                let row = rows.next()?.ok_or_else(|| StoreError::Failed("a shared key was not kept".to_owned()))?;
                Ok(Ok::<_, StoreError>(Columns::sealed(row, "shared_keys")?.get("value")?))
            })
            .await?
    }

    async fn known_shared_key(&self, name: &str) -> Result<Option<[u8; 32]>, StoreError> {
        let name = name.to_owned();
        self.readers()?.run(move |db| known_shared_key(db, &name)).await
    }

    async fn replace_shared_key(&self, name: &str, before: [u8; 32], after: [u8; 32]) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.writer()?
            .run(move |session| {
                // Rows are sealed when they are inserted.
                let sql = "INSERT OR REPLACE INTO shared_keys (name, value) \
                           SELECT name, ?3 FROM shared_keys WHERE name = ?1 AND value = ?2";
                Ok(Ok::<_, StoreError>(session.db.prepare_cached(sql)?.execute((&name, before, after))? == 1))
            })
            .await?
    }
}

fn lease(session: &mut Session<'_>, claim: &DeliveryClaim, now: Timestamp) -> Result<Vec<DeliveryRecord>, StoreError> {
    let mut claiming = Claiming { slots: Slots::of(claim), not: claim.not.clone(), claimed: Vec::new() };
    for id in &claim.first {
        claiming.take_first(session, deliveries::find(session.db, *id)?, claim, now)?;
    }
    let first: Vec<(i64, String)> = {
        let mut select = session.db.prepare_cached(due(claim.way).first)?;
        let found = select.query_map((micros(now), LOOKED_AT), |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.collect::<Result<_, _>>()?
    };
    for (row, domain) in &first {
        if claiming.slots.left(domain) > 0 {
            let due = {
                let mut select = session.db.prepare_cached("SELECT * FROM deliveries WHERE rowid = ?1")?;
                sound(select.query((row,))?, 1, delivery)?
            };
            claiming.take(session, due, claim.lease, now)?;
        }
    }
    if claiming.slots.free() > 0 && first.len() >= LOOKED_AT as usize {
        let due = due_by_domain(session.db, &claiming, due(claim.way), now)?;
        claiming.take(session, due, claim.lease, now)?;
    }
    Ok(claiming.claimed)
}

fn bring_nearer(session: &mut Session<'_>, way: Way, lease_ends: Timestamp, now: Timestamp) -> Result<u32, StoreError> {
    let far = {
        let mut select = session.db.prepare_cached(due(way).far)?;
        sound(select.query((micros(farthest(now)), BROUGHT_NEARER))?, BROUGHT_NEARER, delivery)?
    };
    for before in &far {
        let mut after = before.clone();
        after.bring_nearer(lease_ends, now);
        deliveries::write(session, before, &after)?;
    }
    Ok(u32::try_from(far.len()).unwrap_or(u32::MAX))
}

/// A claim, and how far it is.
struct Claiming {
    slots: Slots,
    /// What is not claimed, also because it was just now.
    not: Vec<DeliveryId>,
    claimed: Vec<DeliveryRecord>,
}

impl Claiming {
    /// Takes one that somebody wants tried now, if it is due and goes this way.
    fn take_first(
        &mut self,
        session: &mut Session<'_>,
        found: Option<Delivery>,
        claim: &DeliveryClaim,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(before) = found.filter(|one| one.record.way() == claim.way) else { return Ok(()) };
        let mut after = before.clone();
        let id = before.record.id;
        if !self.not.contains(&id)
            && after.claim(claim.lease, now)
            && self.slots.take_first(&domain(&before.record.target))
        {
            deliveries::write(session, &before, &after)?;
            self.not.push(id);
            self.claimed.push(after.record);
        }
        Ok(())
    }

    fn take(
        &mut self,
        session: &mut Session<'_>,
        due: Vec<Delivery>,
        lease: Lease,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        for before in due {
            let mut after = before.clone();
            let id = before.record.id;
            if !self.not.contains(&id) && after.claim(lease, now) && self.slots.take(&domain(&before.record.target)) {
                deliveries::write(session, &before, &after)?;
                self.not.push(id);
                self.claimed.push(after.record);
            }
        }
        Ok(())
    }
}

/// What is due longest to each domain that has room, longest due first.
fn due_by_domain(db: &Connection, claiming: &Claiming, sql: &Due, now: Timestamp) -> Result<Vec<Delivery>, StoreError> {
    let domains: Vec<String> =
        db.prepare_cached(sql.domains)?.query_map((micros(now),), |row| row.get(0))?.collect::<Result<_, _>>()?;
    let with_room = domains.iter().filter(|domain| claiming.slots.left(domain) > 0);
    let mut due = Vec::new();
    // More domains than there are slots are of no use: each of these has one that is due for longer.
    for domain in with_room.take(claiming.slots.free() as usize) {
        let most = claiming.slots.left(domain).saturating_add(u32::try_from(claiming.not.len()).unwrap_or(u32::MAX));
        let mut select = db.prepare_cached(sql.to_domain)?;
        let mut found = sound(select.query((domain, micros(now)))?, most, delivery)?;
        found.retain(|one| !claiming.not.contains(&one.record.id));
        due.append(&mut found);
    }
    due.sort_by_key(|one| one.record.next_attempt_at);
    Ok(due)
}

/// How what is due one way is found, by the two indexes of that way.
pub(super) struct Due {
    /// Which domains those that are due longest go to.
    pub(super) first: &'static str,
    /// The domains to which something is due, longest due first. The index leaps from each to the next.
    pub(super) domains: &'static str,
    /// What is due to a domain.
    pub(super) to_domain: &'static str,
    /// What is due later than anything can be.
    pub(super) far: &'static str,
}

macro_rules! due {
    ($kinds:literal, $due:literal, $by_domain:literal) => {
        Due {
            first: concat!(
                "SELECT rowid, domain FROM deliveries INDEXED BY ",
                $due,
                " WHERE state = 0 AND ",
                $kinds,
                " AND due_at <= ?1 ORDER BY due_at LIMIT ?2"
            ),
            domains: concat!(
                "WITH RECURSIVE named (name) AS (
                    SELECT (SELECT domain FROM deliveries INDEXED BY ",
                $by_domain,
                " WHERE state = 0 AND ",
                $kinds,
                " ORDER BY domain LIMIT 1)
                    UNION ALL
                    SELECT (SELECT domain FROM deliveries INDEXED BY ",
                $by_domain,
                " WHERE state = 0 AND ",
                $kinds,
                " AND domain > name ORDER BY domain LIMIT 1) FROM named WHERE name IS NOT NULL),
                first (name, due_at) AS MATERIALIZED (
                    SELECT name, (SELECT due_at FROM deliveries INDEXED BY ",
                $by_domain,
                " WHERE state = 0 AND ",
                $kinds,
                " AND domain = name ORDER BY due_at LIMIT 1) FROM named WHERE name IS NOT NULL)
                SELECT name FROM first WHERE due_at <= ?1 ORDER BY due_at"
            ),
            to_domain: concat!(
                "SELECT * FROM deliveries INDEXED BY ",
                $by_domain,
                " WHERE state = 0 AND ",
                $kinds,
                " AND domain = ?1 AND due_at <= ?2 ORDER BY due_at"
            ),
            far: concat!(
                "SELECT * FROM deliveries INDEXED BY ",
                $due,
                " WHERE state = 0 AND ",
                $kinds,
                " AND due_at > ?1 ORDER BY due_at LIMIT ?2"
            ),
        }
    };
}

/// What all nodes share under a name, if somebody offered it.
pub(super) fn known_shared_key(db: &Connection, name: &str) -> Result<Option<[u8; 32]>, StoreError> {
    let mut select = db.prepare_cached("SELECT * FROM shared_keys WHERE name = ?1")?;
    let mut rows = select.query((name,))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Columns::sealed(row, "shared_keys")?.get("value")?))
}

/// Kinds 3 and 5 are what goes to webhooks, kind 6 what goes into folders.
pub(super) const fn due(way: Way) -> &'static Due {
    match way {
        Way::Mail => &due!("kind NOT IN (3, 5, 6)", "deliveries_due", "deliveries_by_domain"),
        Way::Webhooks => &due!("kind IN (3, 5)", "requests_due", "requests_by_domain"),
        Way::Folders => &due!("kind = 6", "filings_due", "filings_by_domain"),
    }
}

/// Changes a delivery, and where its interaction stands by it; none if there is no such delivery.
fn change<T>(
    session: &mut Session<'_>,
    id: DeliveryId,
    now: Timestamp,
    rule: impl FnOnce(&mut Delivery) -> T,
) -> Result<Option<T>, StoreError> {
    let Some(found) = deliveries::find(session.db, id)? else { return Ok(None) };
    alter(session, found.record.interaction, now, |all| all.iter_mut().find(|one| one.record.id == id).map(rule))
}

/// The same, because somebody asked for it.
fn asked(
    session: &mut Session<'_>,
    id: DeliveryId,
    entry: &AuditRecord,
    rule: impl FnOnce(&mut Delivery, Option<(State, u32)>) -> Result<(), Unchanged>,
) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
    let work = work_of(session.db, id)?;
    let changed = change(session, id, entry.at, |one| rule(one, work).map(|()| one.record.clone()))?;
    let changed = changed.unwrap_or(Err(Unchanged::Missing));
    if changed.is_ok() {
        audit::add(session.db, entry)?;
    }
    Ok(changed)
}

fn retry(one: &mut Delivery, work: Option<(State, u32)>, now: Timestamp) -> Result<(), Unchanged> {
    pushes::may_retry(one, work)?;
    one.retry(now)
}

/// The state of a delivery's interaction, and how many runs it had.
fn work_of(db: &Connection, id: DeliveryId) -> Result<Option<(State, u32)>, StoreError> {
    let sql = "SELECT state, runs FROM interactions WHERE id = (SELECT interaction FROM deliveries WHERE id = ?1)";
    let mut select = db.prepare_cached(sql)?;
    let found: Option<(i64, u32)> =
        select.query_row((id.0.as_bytes(),), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(found.and_then(|(code, runs)| Some((State::of_code(code)?, runs))))
}

fn edit(
    session: &mut Session<'_>,
    id: DeliveryId,
    content: &Content,
    entry: &AuditRecord,
) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
    let Some(one) = deliveries::find(session.db, id)? else { return Ok(Err(Unchanged::Missing)) };
    if let Err(refused) = one.edit() {
        return Ok(Err(refused));
    }
    deliveries::replace_content(session, id, Some(content))?;
    audit::add(session.db, entry)?;
    Ok(Ok(one.record))
}

fn retry_all(
    session: &mut Session<'_>,
    filter: &DeliveryFilter,
    max: u32,
    entry: &AuditRecord,
) -> Result<u64, StoreError> {
    let (conditions, values) = conditions(filter);
    let sql = format!("SELECT * FROM deliveries WHERE {conditions} AND content IS NOT NULL ORDER BY id");
    let wanted = {
        let mut select = session.db.prepare_cached(&sql)?;
        sound(select.query(params_from_iter(values))?, max, delivery)?
    };
    let mut retried = 0;
    for found in wanted {
        let work = work_of(session.db, found.record.id)?;
        let done = change(session, found.record.id, entry.at, |one| retry(one, work, entry.at))?;
        retried += u64::from(matches!(done, Some(Ok(()))));
    }
    if retried > 0 {
        audit::add(session.db, entry)?;
    }
    Ok(retried)
}

fn bounce(
    session: &mut Session<'_>,
    of: &BouncedOf,
    says: &str,
    now: Timestamp,
) -> Result<Vec<DeliveryId>, StoreError> {
    let about = match of {
        BouncedOf::Delivery(id) => deliveries::find(session.db, *id)?.into_iter().collect(),
        BouncedOf::Message { message_id, recipient } => {
            let mut select = session.db.prepare_cached("SELECT * FROM deliveries WHERE message_id = ?1 ORDER BY id")?;
            let mut found = sound(select.query((message_id,))?, u32::MAX, delivery)?;
            let recipient = recipient.as_deref().map(folded);
            found.retain(|one| recipient.as_ref().is_none_or(|wanted| folded(&one.record.target) == *wanted));
            found
        }
    };
    let mut bounced = Vec::new();
    for one in about {
        if change(session, one.record.id, now, |one| one.bounce(says, now))? == Some(true) {
            bounced.push(one.record.id);
        }
    }
    Ok(bounced)
}

/// What a filter wants. Conditions are joined as text, values are always bound.
fn conditions(filter: &DeliveryFilter) -> (String, Vec<Value>) {
    let state = filter.state.map(delivery_state_code);
    // The index of those that are not delivered is found by its condition.
    let indexed = filter.state.is_some_and(|state| state != DeliveryState::Delivered);
    let wanted = [
        (if indexed { "state <> 1 AND state = ?" } else { "state = ?" }, state.map(Value::Integer)),
        ("interaction = ?", filter.interaction.map(|one| id_value(one.0))),
        ("target_key = ?", filter.target.as_ref().map(|target| Value::Text(folded(target)))),
    ];
    let mut sql = filter.kind.map_or_else(|| "TRUE".to_owned(), of_kind);
    let mut values = Vec::new();
    for (condition, value) in wanted {
        if let Some(value) = value {
            sql.push_str(" AND ");
            sql.push_str(condition);
            values.push(value);
        }
    }
    (sql, values)
}

fn id_value(id: Uuid) -> Value {
    Value::Blob(id.into_bytes().to_vec())
}

/// Newest first.
fn list(
    db: &Connection,
    filter: &DeliveryFilter,
    after: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<DeliveryRecord>, StoreError> {
    let (mut conditions, mut values) = conditions(filter);
    if let Some(after) = after {
        conditions.push_str(" AND id < ?");
        values.push(id_value(after.0));
    }
    values.push(Value::Integer(i64::from(limit)));
    let sql = format!("SELECT * FROM deliveries WHERE {conditions} ORDER BY id DESC LIMIT ?");
    let mut select = db.prepare_cached(&sql)?;
    let mut rows = select.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(delivery(row)?.record);
    }
    Ok(found)
}

/// An interaction that somebody works on.
struct Work {
    standing: Standing,
    decision: Option<DecisionKind>,
    more: DecisionMore,
    runs: u32,
    erased: bool,
}

fn work(db: &Connection, id: InteractionId) -> Result<Option<Work>, StoreError> {
    let read = |row: &Row<'_>| {
        let columns = Columns { row, table: "interactions" };
        Ok::<_, StoreError>(Work {
            standing: standing::standing(row)?,
            decision: columns.get::<Option<i64>>("decision")?.and_then(decision_kind),
            more: columns.json_or_empty("decision_more")?,
            runs: columns.get("runs")?,
            erased: columns.get("erased")?,
        })
    };
    let sql = format!("SELECT {COLUMNS}, decision, decision_more, runs, erased FROM interactions WHERE id = ?1");
    db.prepare_cached(&sql)?.query_row((id.0.as_bytes(),), |row| Ok(read(row))).optional()?.transpose()
}

fn send(
    session: &mut Session<'_>,
    (interaction, token): (InteractionId, Uuid),
    mail: Outgoing,
    request: Option<&(IdempotencyKey, u64)>,
    entry: &AuditRecord,
) -> Result<Result<SendOutcome, LeaseError>, StoreError> {
    if let Some((key, window)) = request
        && let Some(repeated) = requests::known(session.db, key, entry.at, *window)?
    {
        return Ok(Ok(repeated.into()));
    }
    let Some(work) = work(session.db, interaction)? else { return Ok(Err(LeaseError::Lost)) };
    // What was erased has nothing to be sent.
    if work.erased || !work.standing.is_claimed_under(token, entry.at) {
        return Ok(Err(LeaseError::Lost));
    }
    if let Some((key, window)) = request {
        requests::remember(session.db, key, mail.to.iter().map(|to| to.id.0), entry.at, *window)?;
    }
    deliveries::insert(session, interaction, None, &[mail], (entry.at, false))?;
    audit::add(session.db, entry)?;
    Ok(Ok(SendOutcome::Kept))
}

fn transfer(
    session: &mut Session<'_>,
    interaction: InteractionId,
    token: Uuid,
    to: &Transfer,
    entry: &AuditRecord,
) -> Result<Result<(), LeaseError>, StoreError> {
    let Some(Work { standing: before, decision, more, runs, erased }) = work(session.db, interaction)? else {
        return Ok(Err(LeaseError::Lost));
    };
    let from = before.position();
    let Some(after) = before.transfer_work(token, to.queue, entry.at) else { return Ok(Err(LeaseError::Lost)) };
    if !catalogue::has_queue(session.db, to.queue)? {
        return Ok(Err(LeaseError::NoQueue));
    }
    let more = more.transferred(to.language.clone());
    let push = to.push.as_ref().filter(|_| !erased);
    let begun = push.and_then(|push| Some((push, pushes::begin(after.clone(), more.clone(), push)?)));
    let (after, more) = begun.as_ref().map_or((&after, &more), |(_, (after, more))| (after, more));
    deliveries::let_go(session, interaction, pushes::let_go)?;
    if let Some((push, _)) = &begun {
        deliveries::insert(session, interaction, Some(runs), std::slice::from_ref(*push), (entry.at, false))?;
    }
    standing::write(session, interaction, from, after)?;
    session.tally.decided(decision, DecisionKind::Queue);
    let sql = "UPDATE interactions SET decision = ?2, priority = coalesce(?3, priority),
        skills = CASE WHEN ?4 THEN ?5 ELSE skills END, decision_more = ?6 WHERE id = ?1";
    let skills = to.skills.as_ref().filter(|skills| !skills.is_empty()).map(json).transpose()?;
    session.db.prepare_cached(sql)?.execute((
        interaction.0.as_bytes(),
        crate::encoding::decision_code(DecisionKind::Queue),
        to.priority,
        to.skills.is_some(),
        skills,
        more.column()?,
    ))?;
    audit::add(session.db, entry)?;
    Ok(Ok(()))
}

fn push(
    session: &mut Session<'_>,
    (interaction, queue): (InteractionId, QueueId),
    push: &Outgoing,
    entry: &AuditRecord,
) -> Result<bool, StoreError> {
    let Some(Work { standing: before, decision, more, runs, erased }) = work(session.db, interaction)? else {
        return Ok(false);
    };
    let from = before.position();
    if erased || from.waits_in() != Some(queue) {
        return Ok(false);
    }
    let (kind, more) = pushes::asked_for(decision, more);
    let Some((after, more)) = pushes::begin(before, more, push) else { return Ok(false) };
    deliveries::let_go(session, interaction, |earlier| pushes::let_go_for(push, earlier))?;
    deliveries::insert(session, interaction, Some(runs), std::slice::from_ref(push), (entry.at, false))?;
    standing::write(session, interaction, from, &after)?;
    session.tally.decided(decision, kind);
    let sql = "UPDATE interactions SET decision = ?2, decision_more = ?3 WHERE id = ?1";
    let values = (interaction.0.as_bytes(), crate::encoding::decision_code(kind), more.column()?);
    session.db.prepare_cached(sql)?.execute(values)?;
    audit::add(session.db, entry)?;
    Ok(true)
}

fn complete(
    session: &mut Session<'_>,
    interaction: InteractionId,
    token: Uuid,
    outcome: Option<String>,
    entry: &AuditRecord,
) -> Result<Result<(), LeaseError>, StoreError> {
    let Some(Work { standing: before, more, .. }) = work(session.db, interaction)? else {
        return Ok(Err(LeaseError::Lost));
    };
    let from = before.position();
    let completed = match before.acknowledge(token, entry.at) {
        Ends::Now(completed) => completed,
        Ends::Before => return Ok(Ok(())),
        Ends::Refused => return Ok(Err(LeaseError::Lost)),
    };
    standing::write(session, interaction, from, &completed)?;
    if outcome.is_some() {
        let more = DecisionMore { outcome, ..more };
        let sql = "UPDATE interactions SET decision_more = ?2 WHERE id = ?1";
        session.db.prepare_cached(sql)?.execute((interaction.0.as_bytes(), more.column()?))?;
    }
    audit::add(session.db, entry)?;
    Ok(Ok(()))
}
