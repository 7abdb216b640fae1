//! What goes out: claimed, carried, looked at, taken back; and what whoever claimed an interaction does.

use std::sync::Arc;

use async_trait::async_trait;
use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;
use tokio::try_join;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryId, DeliveryState, InteractionId, QueueId};

use super::columns::{Columns, text};
use super::commits::Ending;
use super::deliveries::{self, Sent, delivery, party_columns, sound, sound_parties};
use super::mail_columns::{Conditions, read_kind, small};
use super::pool::{Lent, ended, execute, row, rows};
use super::standing::{COLUMNS, Moves, begin, standing};
use super::{PostgresStore, audit, ledger, locks, requests};
use crate::conditions::of_kind;
use crate::encoding::{DecisionMore, decision_code, delivery_state_code, json};
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
use crate::rules::forwards::Party;
use crate::rules::outbox::{domain, folded};
use crate::rules::pushes;
use crate::rules::requests::remembered;
use crate::rules::standing::{Ends, Standing};
use crate::traits::OutboxStore;

#[async_trait]
impl OutboxStore for PostgresStore {
    async fn claim_deliveries(&self, claim: DeliveryClaim, now: Timestamp) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.db.write(move |db| Box::pin(lease(db, claim, now))).await
    }

    async fn bring_nearer(&self, way: Way, lease_ends: Timestamp, now: Timestamp) -> Result<u32, StoreError> {
        self.db.write(move |db| Box::pin(bring_nearer(db, way, lease_ends, now))).await
    }

    async fn renew_delivery(&self, id: DeliveryId, lease: Lease) -> Result<bool, StoreError> {
        self.db.write(move |db| Box::pin(renew(db, id, lease))).await
    }

    async fn end_attempt(
        &self,
        id: DeliveryId,
        lease: Uuid,
        attempted: Attempted,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let rule = move |one: &mut Delivery| one.end(lease, attempted, now);
        let ended = self.db.write(move |db| Box::pin(change(db, id, None, now, |one, _| rule(one)))).await?;
        Ok(ended.unwrap_or(false))
    }

    async fn bounce(&self, of: BouncedOf, says: &str, now: Timestamp) -> Result<Vec<DeliveryId>, StoreError> {
        let says = says.to_owned();
        self.db.write(move |db| Box::pin(bounce(db, of, says, now))).await
    }

    async fn delivery(&self, id: DeliveryId) -> Result<Option<DeliveryRecord>, StoreError> {
        let sql = "SELECT * FROM deliveries WHERE id = $1";
        let found = self.db.run(move |db| Box::pin(async move { row(db, sql, &[&id.0]).await })).await?;
        Ok(found.as_ref().map(delivery).transpose()?.map(|one| one.record))
    }

    async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        let mut conditions = Conditions::default();
        conditions.add("id < ", after.map(|after| after.0));
        conditions.add_plain(filter.state.map(in_state));
        conditions.add_plain(filter.kind.map(of_kind));
        conditions.add("interaction = ", filter.interaction.map(|one| one.0));
        let target = filter.target.as_ref().map(|target| text(&folded(target)).into_owned());
        conditions
            .add("left(target_key, 200) = ", target.as_ref().map(|one| one.chars().take(200).collect::<String>()));
        conditions.add("target_key = ", target);
        let found = conditions.newest_first(&self.db, "deliveries", limit).await?;
        found.iter().map(|row| Ok(delivery(row)?.record)).collect()
    }

    async fn delivery_content(&self, id: DeliveryId) -> Result<Option<Content>, StoreError> {
        self.db.run(move |db| Box::pin(async move { deliveries::content(db, id).await })).await
    }

    async fn edit_delivery(
        &self,
        id: DeliveryId,
        content: Content,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        let bytes = content.head.len().saturating_add(content.tail.len());
        self.db.upload(bytes, move |db| Box::pin(edit(db, id, content, audit))).await
    }

    async fn retry_delivery(
        &self,
        id: DeliveryId,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        let retried = self.db.write(move |db| Box::pin(asked(db, id, audit, retry))).await;
        self.signals.work();
        retried
    }

    async fn retry_deliveries(&self, filter: &DeliveryFilter, max: u32, audit: AuditRecord) -> Result<u64, StoreError> {
        let filter = DeliveryFilter { state: filter.state.or(Some(DeliveryState::Dead)), ..filter.clone() };
        let retried = self.db.write(move |db| Box::pin(retry_all(db, filter, max, audit))).await;
        self.signals.work();
        retried
    }

    async fn cancel_delivery(
        &self,
        id: DeliveryId,
        audit: AuditRecord,
    ) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
        self.db.write(move |db| Box::pin(asked(db, id, audit, |one, _, at| one.cancel(at)))).await
    }

    async fn is_claimed(&self, interaction: InteractionId, token: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM interactions WHERE id = $1");
        let found = self.db.run(move |db| Box::pin(async move { row(db, &sql, &[&interaction.0]).await })).await?;
        let standing = found.as_ref().map(standing).transpose()?;
        Ok(standing.is_some_and(|standing| standing.is_claimed_under(token, now)))
    }

    async fn send(
        &self,
        interaction: InteractionId,
        token: Uuid,
        mail: Outgoing,
        idempotency: Option<IdempotencyKey>,
        audit: AuditRecord,
    ) -> Result<SendOutcome, LeaseError> {
        let bytes = mail.content.head.len().saturating_add(mail.content.tail.len());
        let request = idempotency.map(|key| (key, self.lanes.windows().requests));
        let sent =
            self.db.upload(bytes, move |db| Box::pin(send(db, (interaction, token), mail, request, audit))).await?;
        self.signals.work();
        Ok(sent)
    }

    async fn transfer(
        &self,
        interaction: InteractionId,
        token: Uuid,
        to: Transfer,
        audit: AuditRecord,
    ) -> Result<(), LeaseError> {
        self.db.write(move |db| Box::pin(transfer(db, interaction, token, to, audit))).await?;
        self.signals.work();
        Ok(())
    }

    async fn push(
        &self,
        interaction: InteractionId,
        queue: QueueId,
        push: Outgoing,
        audit: AuditRecord,
    ) -> Result<bool, StoreError> {
        let bytes = push.content.head.len().saturating_add(push.content.tail.len());
        let pushed =
            self.db.upload(bytes, move |db| Box::pin(self::push(db, (interaction, queue), push, audit))).await?;
        self.signals.work();
        Ok(pushed)
    }

    fn open_ears(&self, listeners: Arc<dyn Listeners>) {
        self.db.ears().open(listeners);
    }

    async fn complete_claimed(
        &self,
        interaction: InteractionId,
        token: Uuid,
        outcome: Option<String>,
        audit: AuditRecord,
    ) -> Result<(), LeaseError> {
        self.db.write(move |db| Box::pin(complete(db, interaction, token, outcome, audit))).await
    }

    async fn ledger(&self, overdue: Timestamp, most_stuck: u32) -> Result<Ledger, StoreError> {
        self.db.run(move |db| Box::pin(ledger::read(db, overdue, most_stuck))).await
    }

    async fn shared_key(&self, name: &str, offered: [u8; 32]) -> Result<[u8; 32], StoreError> {
        let name = name.to_owned();
        let found = self.db.write(move |db| Box::pin(shared_key(db, name, offered))).await?;
        whole_key(found.ok_or_else(|| StoreError::Failed("a shared key was not kept".to_owned()))?)
    }

    async fn known_shared_key(&self, name: &str) -> Result<Option<[u8; 32]>, StoreError> {
        let name = name.to_owned();
        let found = self.db.run(move |db| Box::pin(known_shared_key(db, name))).await?;
        found.map(whole_key).transpose()
    }

    async fn replace_shared_key(&self, name: &str, before: [u8; 32], after: [u8; 32]) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.db.write(move |db| Box::pin(replace_shared_key(db, name, before, after))).await
    }
}

pub(super) fn whole_key(found: Vec<u8>) -> Result<[u8; 32], StoreError> {
    let broken = |_| StoreError::Inconsistent { table: "shared_keys", detail: "a key has 32 bytes".to_owned() };
    found.try_into().map_err(broken)
}

pub(super) async fn known_shared_key(db: &mut Client, name: String) -> Result<Option<Vec<u8>>, StoreError> {
    let found = row(db, "SELECT value FROM shared_keys WHERE name = $1", &[&name]).await?;
    Ok(found.map(|row| row.try_get(0)).transpose()?)
}

async fn replace_shared_key(
    db: &mut Lent,
    name: String,
    before: [u8; 32],
    after: [u8; 32],
) -> Result<bool, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let sql = "UPDATE shared_keys SET value = $3 WHERE name = $1 AND value = $2";
    let replaced = execute(&transaction, sql, &[&name, &before.as_slice(), &after.as_slice()]).await?;
    ending.commit(transaction).await?;
    Ok(replaced == 1)
}

async fn shared_key(db: &mut Lent, name: String, offered: [u8; 32]) -> Result<Option<Vec<u8>>, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let sql = "INSERT INTO shared_keys (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    execute(&transaction, sql, &[&name, &offered.as_slice()]).await?;
    let found = row(&transaction, "SELECT value FROM shared_keys WHERE name = $1", &[&name]).await?;
    let found = found.map(|row| row.try_get(0)).transpose()?;
    ending.commit(transaction).await?;
    Ok(found)
}

/// What is in this state, by the words of the index of those that are not delivered.
fn in_state(state: DeliveryState) -> String {
    let plain = format!("state = {}", delivery_state_code(state));
    if state == DeliveryState::Delivered { plain } else { format!("state <> 1 AND {plain}") }
}

async fn lease(db: &mut Lent, claim: DeliveryClaim, now: Timestamp) -> Result<Vec<DeliveryRecord>, StoreError> {
    let (db, ending) = db.parts();
    let slots = Slots::of(&claim);
    let mut not: Vec<Uuid> = claim.not.iter().map(|id| id.0).collect();
    let mut chosen: Vec<Uuid> = claim.first.iter().map(|id| id.0).filter(|id| !not.contains(id)).collect();
    not.extend(&chosen);
    chosen.extend(due(db, due_by(claim.way), &slots, &not, now).await?);
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    ended(db, ending, lease_due(db, ending, &claim, now, slots, not, chosen).await).await
}

async fn bring_nearer(db: &mut Lent, way: Way, lease_ends: Timestamp, now: Timestamp) -> Result<u32, StoreError> {
    let (db, ending) = db.parts();
    let attempt = async {
        let found = begin(db, rows(db, due_by(way).far, &[&farthest(now), &i64::from(BROUGHT_NEARER)])).await?;
        let before = sound(&found)?.0;
        let mut after = before.clone();
        after.iter_mut().for_each(|one| one.bring_nearer(lease_ends, now));
        let mut moves = Moves::heard(ending);
        if deliveries::write(db, &before, &after, &mut moves).await? {
            moves.commit(db, ending).await?;
        }
        Ok(u32::try_from(after.len()).unwrap_or(u32::MAX))
    };
    ended(db, ending, attempt.await).await
}

/// How often it is looked for others where other nodes were faster.
const ROUNDS: usize = 8;

async fn lease_due(
    db: &Client,
    ending: &Ending,
    claim: &DeliveryClaim,
    now: Timestamp,
    mut slots: Slots,
    mut not: Vec<Uuid>,
    mut chosen: Vec<Uuid>,
) -> Result<Vec<DeliveryRecord>, StoreError> {
    let lock = "SELECT * FROM deliveries WHERE id = ANY ($1) AND state = 0 AND due_at <= $2 ORDER BY due_at
        FOR UPDATE SKIP LOCKED";
    let mut before = Vec::new();
    for round in 0..ROUNDS {
        let values: super::pool::Parameters<'_> = &[&chosen, &now];
        let locked = rows(db, lock, values);
        let found = if round == 0 { begin(db, locked).await? } else { locked.await? };
        let all = found.len() >= chosen.len();
        let (first, others): (Vec<Delivery>, Vec<Delivery>) =
            sound(&found)?.0.into_iter().partition(|one| claim.first.contains(&one.record.id));
        for one in first {
            if one.record.way() == claim.way && slots.take_first(&domain(&one.record.target)) {
                before.push(one);
            }
        }
        for one in others {
            if slots.take(&domain(&one.record.target)) {
                before.push(one);
            }
        }
        if all || slots.free() == 0 {
            break;
        }
        // Another node was faster.
        not.append(&mut chosen);
        chosen = due(db, due_by(claim.way), &slots, &not, now).await?;
        if chosen.is_empty() {
            break;
        }
    }
    let mut after = before.clone();
    after.iter_mut().for_each(|one| {
        one.claim(claim.lease, now);
    });
    let mut moves = Moves::heard(ending);
    if !deliveries::write(db, &before, &after, &mut moves).await? {
        return Ok(Vec::new());
    }
    moves.commit(db, ending).await?;
    Ok(after.into_iter().map(|one| one.record).collect())
}

/// What is due and fits, longest due first. Nothing is locked yet.
async fn due(db: &Client, sql: &Due, slots: &Slots, not: &[Uuid], now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
    let (mut slots, mut not, mut chosen) = (slots.clone(), not.to_vec(), Vec::new());
    let mut choose = |found: &[Row], slots: &mut Slots| -> Result<(), StoreError> {
        for row in found {
            if slots.take(row.try_get(1)?) {
                chosen.push(row.try_get(0)?);
            }
        }
        Ok(())
    };
    let first = rows(db, sql.first, &[&now, &not, &i64::from(LOOKED_AT)]).await?;
    choose(&first, &mut slots)?;
    if slots.free() > 0 && first.len() >= LOOKED_AT as usize {
        for row in &first {
            not.push(row.try_get(0)?);
        }
        let most = i64::from(slots.most_of_a_domain());
        let by_domain = rows(db, sql.by_domain, &[&now, &not, &most, &slots.full()]).await?;
        choose(&by_domain, &mut slots)?;
    }
    Ok(chosen)
}

/// How what is due one way is found, by the two indexes of that way.
pub(super) struct Due {
    /// Those that are due longest, and their domains.
    pub(super) first: &'static str,
    /// Some of those that are due longest to each domain, longest due first. The index leaps from each domain to the next.
    pub(super) by_domain: &'static str,
    /// What is due later than anything can be. What somebody else is changing is looked at the next time.
    pub(super) far: &'static str,
}

macro_rules! due {
    ($kinds:literal) => {
        Due {
            first: concat!(
                "SELECT id, left(domain, 200) FROM deliveries WHERE state = 0 AND ", $kinds, " AND due_at <= $1
                    AND id <> ALL ($2::uuid[]) ORDER BY due_at LIMIT $3"
            ),
            by_domain: concat!(
                "WITH RECURSIVE named (name) AS (
                    (SELECT left(domain, 200) FROM deliveries WHERE state = 0 AND ", $kinds, "
                        ORDER BY left(domain, 200) LIMIT 1)
                    UNION ALL
                    SELECT (SELECT left(domain, 200) FROM deliveries WHERE state = 0 AND ", $kinds, "
                        AND left(domain, 200) > name ORDER BY left(domain, 200) LIMIT 1) FROM named WHERE name IS NOT NULL)
                SELECT due.id, name FROM named CROSS JOIN LATERAL (
                    SELECT id, due_at FROM deliveries WHERE state = 0 AND ", $kinds, " AND left(domain, 200) = name
                        AND due_at <= $1 AND id <> ALL ($2::uuid[]) ORDER BY due_at LIMIT $3) AS due
                WHERE name <> ALL ($4::text[]) ORDER BY due.due_at"
            ),
            far: concat!(
                "SELECT * FROM deliveries WHERE state = 0 AND ", $kinds, " AND due_at > $1 ORDER BY due_at LIMIT $2
                    FOR UPDATE SKIP LOCKED"
            ),
        }
    };
}

/// Kinds 3 and 5 are what goes to webhooks, kind 6 what goes into folders.
pub(super) const fn due_by(way: Way) -> &'static Due {
    match way {
        Way::Mail => &due!("kind NOT IN (3, 5, 6)"),
        Way::Webhooks => &due!("kind IN (3, 5)"),
        Way::Folders => &due!("kind = 6"),
    }
}

async fn renew(db: &mut Lent, id: DeliveryId, lease: Lease) -> Result<bool, StoreError> {
    let (db, ending) = db.parts();
    let attempt = async {
        let sql = "SELECT * FROM deliveries WHERE id = $1 FOR UPDATE";
        let values: super::pool::Parameters<'_> = &[&id.0];
        let Some(found) = begin(db, row(db, sql, values)).await? else { return Ok(false) };
        let before = delivery(&found)?;
        let mut after = before.clone();
        if !after.renew(lease) {
            return Ok(false);
        }
        let mut moves = Moves::heard(ending);
        deliveries::write(db, &[before], &[after], &mut moves).await?;
        moves.commit(db, ending).await?;
        Ok(true)
    };
    ended(db, ending, attempt.await).await
}

/// Changes deliveries among those of the interactions that these are for, and where the interactions stand by it. An interaction is locked
/// before its deliveries, several in the order of their identifiers. Damaged ones are left alone; where their interactions stand by the others
/// is not known then, and stays.
async fn alter<T>(
    db: &Client,
    ending: &Ending,
    ids: &[Uuid],
    entry: Option<AuditRecord>,
    now: Timestamp,
    change: impl FnOnce(&mut Vec<Delivery>, &[(InteractionId, Party)]) -> T,
) -> Result<T, StoreError> {
    let of = "IN (SELECT about.interaction FROM deliveries AS about WHERE about.id = ANY ($1))";
    let lock = format!("SELECT {} FROM interactions WHERE id {of} ORDER BY id FOR UPDATE", party_columns());
    let load = format!("SELECT * FROM deliveries WHERE interaction {of} ORDER BY id FOR UPDATE");
    let values: super::pool::Parameters<'_> = &[&ids];
    let read = async {
        // The queue where a forward falls back to stays meanwhile.
        try_join!(biased; locks::share(db), rows(db, &lock, values), rows(db, &load, values))
    };
    let ((), parties, before) = begin(db, read).await?;
    let (before, of_damaged) = sound(&before)?;
    let parties = sound_parties(&parties, &of_damaged)?;
    let mut after = before.clone();
    let changed = change(&mut after, &parties);
    let mut moves = Moves::heard(ending);
    if !deliveries::write(db, &before, &after, &mut moves).await? {
        return Ok(changed);
    }
    deliveries::settle(db, &parties, &after, now, &mut moves).await?;
    if let Some(entry) = entry {
        audit::add(db, &entry).await?;
    }
    moves.commit(db, ending).await?;
    Ok(changed)
}

/// Changes a delivery, and where its interaction stands by it; none if there is no such delivery.
async fn change<T>(
    db: &mut Lent,
    id: DeliveryId,
    entry: Option<AuditRecord>,
    now: Timestamp,
    rule: impl FnOnce(&mut Delivery, Option<(State, u32)>) -> T,
) -> Result<Option<T>, StoreError> {
    let (db, ending) = db.parts();
    let change = |all: &mut Vec<Delivery>, parties: &[(InteractionId, Party)]| {
        all.iter_mut().find(|one| one.record.id == id).map(|one| rule(one, work_of(one, parties)))
    };
    ended(db, ending, alter(db, ending, &[id.0], entry, now, change).await).await
}

/// The same, because somebody asked for it.
async fn asked(
    db: &mut Lent,
    id: DeliveryId,
    entry: AuditRecord,
    rule: impl FnOnce(&mut Delivery, Option<(State, u32)>, Timestamp) -> Result<(), Unchanged>,
) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
    let at = entry.at;
    let changed = change(db, id, Some(entry), at, |one, work| rule(one, work, at).map(|()| one.record.clone())).await?;
    Ok(changed.unwrap_or(Err(Unchanged::Missing)))
}

async fn retry_all(db: &mut Lent, filter: DeliveryFilter, max: u32, entry: AuditRecord) -> Result<u64, StoreError> {
    let (db, ending) = db.parts();
    let state = filter.state.map_or_else(|| "TRUE".to_owned(), in_state);
    let kind = filter.kind.map_or_else(|| "TRUE".to_owned(), of_kind);
    let sql = format!(
        "SELECT id FROM deliveries WHERE {state} AND content IS NOT NULL AND {kind}
            AND ($1::uuid IS NULL OR interaction = $1) AND ($2::text IS NULL OR target_key = $2) ORDER BY id LIMIT $3"
    );
    let interaction = filter.interaction.map(|one| one.0);
    let target = filter.target.as_ref().map(|target| text(&folded(target)).into_owned());
    let found = rows(db, &sql, &[&interaction, &target, &i64::from(max)]).await?;
    let ids = found.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>()?;
    let at = entry.at;
    let wanted =
        |one: &Delivery| ids.contains(&one.record.id.0) && filter.state.is_none_or(|state| one.record.state == state);
    let retry_each = |all: &mut Vec<Delivery>, parties: &[(InteractionId, Party)]| {
        let chosen = all.iter_mut().filter(|one| wanted(one));
        chosen.map(|one| u64::from(retry(one, work_of(one, parties), at).is_ok())).sum()
    };
    ended(db, ending, alter(db, ending, &ids, Some(entry), at, retry_each).await).await
}

fn retry(one: &mut Delivery, work: Option<(State, u32)>, now: Timestamp) -> Result<(), Unchanged> {
    pushes::may_retry(one, work)?;
    one.retry(now)
}

/// The state of a delivery's interaction, and how many runs it had.
fn work_of(one: &Delivery, parties: &[(InteractionId, Party)]) -> Option<(State, u32)> {
    let (_, party) = parties.iter().find(|(id, _)| *id == one.record.interaction)?;
    Some((party.standing.state, party.runs))
}

async fn bounce(db: &mut Lent, of: BouncedOf, says: String, now: Timestamp) -> Result<Vec<DeliveryId>, StoreError> {
    let (db, ending) = db.parts();
    let ids: Vec<Uuid> = match of {
        BouncedOf::Delivery(id) => vec![id.0],
        BouncedOf::Message { message_id, recipient } => {
            let sql = "SELECT id FROM deliveries WHERE left(message_id, 200) = left($1, 200) AND message_id = $1
                AND ($2::text IS NULL OR target_key = $2)";
            let recipient = recipient.map(|recipient| text(&folded(&recipient)).into_owned());
            let found = rows(db, sql, &[&text(&message_id), &recipient]).await?;
            found.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?
        }
    };
    let bounce = |all: &mut Vec<Delivery>, _: &[(InteractionId, Party)]| {
        let about = all.iter_mut().filter(|one| ids.contains(&one.record.id.0));
        about.filter_map(|one| one.bounce(&says, now).then_some(one.record.id)).collect()
    };
    ended(db, ending, alter(db, ending, &ids, None, now, bounce).await).await
}

async fn edit(
    db: &mut Lent,
    id: DeliveryId,
    content: Content,
    entry: AuditRecord,
) -> Result<Result<DeliveryRecord, Unchanged>, StoreError> {
    let new = db.origin().id_in_order();
    let (transaction, ending) = db.begin().await?;
    let found = row(&transaction, "SELECT * FROM deliveries WHERE id = $1 FOR UPDATE", &[&id.0]).await?;
    let Some(one) = found.as_ref().map(delivery).transpose()? else { return Ok(Err(Unchanged::Missing)) };
    if let Err(refused) = one.edit() {
        return Ok(Err(refused));
    }
    deliveries::replace_content(&transaction, id, (new, &content)).await?;
    audit::add(&transaction, &entry).await?;
    ending.commit(transaction).await?;
    Ok(Ok(one.record))
}

/// An interaction that somebody works on.
struct Held {
    standing: Standing,
    decision: Option<DecisionKind>,
    more: DecisionMore,
    runs: u32,
    erased: bool,
}

/// What somebody works on, which nobody else changes until the transaction ends.
async fn held(db: &Transaction<'_>, id: InteractionId) -> Result<Held, LeaseError> {
    let sql =
        format!("SELECT {COLUMNS}, decision, decision_more, runs, erased FROM interactions WHERE id = $1 FOR UPDATE");
    let found = row(db, &sql, &[&id.0]).await?.ok_or(LeaseError::Lost)?;
    let columns = Columns { row: &found, table: "interactions" };
    Ok(Held {
        standing: standing(&found)?,
        decision: read_kind(columns)?,
        more: columns.json_or_empty("decision_more")?,
        runs: columns.count("runs")?,
        erased: columns.get("erased")?,
    })
}

async fn send(
    db: &mut Lent,
    (interaction, token): (InteractionId, Uuid),
    mail: Outgoing,
    request: Option<(IdempotencyKey, u64)>,
    entry: AuditRecord,
) -> Result<SendOutcome, LeaseError> {
    let (transaction, ending) = db.begin().await?;
    if let Some((key, window)) = &request {
        let mut repeated = requests::take(&transaction, vec![(0, key, entry.at)], *window).await?;
        if let Some(repeated) = repeated.remove(&0) {
            return Ok(repeated.into());
        }
        let made = remembered(mail.to.iter().map(|to| to.id.0));
        requests::remember(&transaction, &[(key, made)]).await?;
    }
    let held = held(&transaction, interaction).await?;
    // What was erased has nothing to be sent.
    if held.erased || !held.standing.is_claimed_under(token, entry.at) {
        return Err(LeaseError::Lost);
    }
    let mut moves = Moves::heard(&ending);
    let sent = Sent { interaction, run: None, mail: &mail, at: entry.at, erased: false };
    deliveries::insert(&transaction, &[sent], moves.tally()).await?;
    moves.write(&transaction).await?;
    audit::add(&transaction, &entry).await?;
    ending.commit(transaction).await?;
    Ok(SendOutcome::Kept)
}

async fn transfer(
    db: &mut Lent,
    interaction: InteractionId,
    token: Uuid,
    to: Transfer,
    entry: AuditRecord,
) -> Result<(), LeaseError> {
    let (transaction, ending) = db.begin().await?;
    locks::share(&transaction).await?;
    let Held { standing: before, decision, more, runs, erased } = held(&transaction, interaction).await?;
    let from = before.position();
    let after = before.transfer_work(token, to.queue, entry.at).ok_or(LeaseError::Lost)?;
    if row(&transaction, "SELECT 1 FROM queues WHERE id = $1", &[&to.queue.0]).await?.is_none() {
        return Err(LeaseError::NoQueue);
    }
    let mut moves = Moves::heard(&ending);
    let more = more.transferred(to.language);
    let push = to.push.as_ref().filter(|_| !erased);
    let begun = push.and_then(|push| Some((push, pushes::begin(after.clone(), more.clone(), push)?)));
    let (after, more) = begun.as_ref().map_or((&after, &more), |(_, (after, more))| (after, more));
    deliveries::let_go(&transaction, interaction, &mut moves, pushes::let_go).await?;
    if let Some((mail, _)) = &begun {
        let sent = Sent { interaction, run: Some(runs), mail, at: entry.at, erased: false };
        deliveries::insert(&transaction, &[sent], moves.tally()).await?;
    }
    moves.add(interaction, from, after);
    moves.tally().decided(decision, DecisionKind::Queue);
    let skills = to.skills.as_ref().map(|all| all.iter().map(|skill| text(skill)).collect::<Vec<_>>());
    let listed = skills.as_ref().filter(|skills| !skills.is_empty()).map(json).transpose()?;
    let sql = "UPDATE interactions SET decision = $2, priority = coalesce($3, priority),
        skills = CASE WHEN $4 THEN $5 ELSE skills END, decision_more = $6 WHERE id = $1";
    let kind = small(decision_code(DecisionKind::Queue));
    let more = more.column()?;
    execute(&transaction, sql, &[&interaction.0, &kind, &to.priority, &skills.is_some(), &listed, &more]).await?;
    moves.write(&transaction).await?;
    audit::add(&transaction, &entry).await?;
    Ok(ending.commit(transaction).await?)
}

async fn push(
    db: &mut Lent,
    (interaction, queue): (InteractionId, QueueId),
    mail: Outgoing,
    entry: AuditRecord,
) -> Result<bool, StoreError> {
    let (transaction, ending) = db.begin().await?;
    let Held { standing: before, decision, more, runs, erased } = match held(&transaction, interaction).await {
        Ok(held) => held,
        Err(LeaseError::Lost | LeaseError::NoQueue) => return Ok(false),
        Err(LeaseError::Store(error)) => return Err(error),
    };
    let from = before.position();
    if erased || from.waits_in() != Some(queue) {
        return Ok(false);
    }
    let (kind, more) = pushes::asked_for(decision, more);
    let Some((after, more)) = pushes::begin(before, more, &mail) else { return Ok(false) };
    let mut moves = Moves::heard(&ending);
    deliveries::let_go(&transaction, interaction, &mut moves, |earlier| pushes::let_go_for(&mail, earlier)).await?;
    let sent = Sent { interaction, run: Some(runs), mail: &mail, at: entry.at, erased: false };
    deliveries::insert(&transaction, &[sent], moves.tally()).await?;
    moves.add(interaction, from, &after);
    moves.tally().decided(decision, kind);
    let sql = "UPDATE interactions SET decision = $2, decision_more = $3 WHERE id = $1";
    execute(&transaction, sql, &[&interaction.0, &small(decision_code(kind)), &more.column()?]).await?;
    moves.write(&transaction).await?;
    audit::add(&transaction, &entry).await?;
    ending.commit(transaction).await?;
    Ok(true)
}

async fn complete(
    db: &mut Lent,
    interaction: InteractionId,
    token: Uuid,
    outcome: Option<String>,
    entry: AuditRecord,
) -> Result<(), LeaseError> {
    let (transaction, ending) = db.begin().await?;
    let Held { standing: before, more, .. } = held(&transaction, interaction).await?;
    let from = before.position();
    let completed = match before.acknowledge(token, entry.at) {
        Ends::Now(completed) => completed,
        Ends::Before => return Ok(()),
        Ends::Refused => return Err(LeaseError::Lost),
    };
    let mut moves = Moves::heard(&ending);
    moves.add(interaction, from, &completed);
    if outcome.is_some() {
        let more = DecisionMore { outcome, ..more }.column()?;
        let sql = "UPDATE interactions SET decision_more = $2 WHERE id = $1";
        execute(&transaction, sql, &[&interaction.0, &more]).await?;
    }
    moves.write(&transaction).await?;
    audit::add(&transaction, &entry).await?;
    Ok(ending.commit(transaction).await?)
}
