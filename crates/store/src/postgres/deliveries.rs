//! Deliveries and what they carry, as rows.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;
use waypost_ids::{DeliveryId, InteractionId, QueueId};

use super::columns::{Columns, text};
use super::mail_columns::{read_kind, small};
use super::pool::{execute, row, rows};
use super::standing::{COLUMNS, Moves, standing};
use super::tally::Tally;
use crate::encoding::{delivery_kind, delivery_kind_code, delivery_state, delivery_state_code, json};
use crate::error::StoreError;
use crate::leases::Hold;
use crate::records::correspondents::Correspondent;
use crate::records::mail::State;
use crate::records::outbox::{Addressed, Answers, Content, DeliveryRecord, Held, Outgoing};
use crate::rules::deliveries::{Delivery, begun};
use crate::rules::forwards::Party;
use crate::rules::outbox::{answer_of, correspondent_has_enough, counted, domain, folded, thread_has_enough, windows};
use crate::sums::sum;

/// Reads from a row with all columns of deliveries.
pub(super) fn delivery(row: &Row) -> Result<Delivery, StoreError> {
    let columns = Columns { row, table: "deliveries" };
    let due_at: Option<Timestamp> = columns.get("due_at")?;
    let unknown = |column| columns.inconsistent(column, &"no such number");
    let held: Option<&str> = columns.get("held")?;
    Ok(Delivery {
        record: DeliveryRecord {
            id: DeliveryId(columns.get("id")?),
            interaction: InteractionId(columns.get("interaction")?),
            run: columns.maybe_count("run")?,
            kind: delivery_kind(columns.get::<i16>("kind")?.into()).ok_or_else(|| unknown("kind"))?,
            target: columns.get("target")?,
            state: delivery_state(columns.get::<i16>("state")?.into()).ok_or_else(|| unknown("state"))?,
            attempts: columns.count("attempts")?,
            next_attempt_at: due_at,
            since: columns.get("since")?,
            last_answer: columns.get("last_answer")?,
            held: if held.is_some() { Some(columns.json("held")?) } else { None },
            sender: columns.get("sender")?,
            message_id: columns.get("message_id")?,
            place: columns.get("place")?,
            created_at: columns.get("created_at")?,
            ended_at: columns.get("ended_at")?,
        },
        hold: Hold::of(columns.get("lease")?, due_at),
        again: columns.get("again")?,
        bare: columns.get::<Option<Uuid>>("content")?.is_none(),
    })
}

const OF: &str = "SELECT * FROM deliveries WHERE interaction = ANY ($1) ORDER BY id FOR UPDATE";

/// The deliveries of interactions, oldest first, which nobody else changes until the transaction ends: who changes them has locked the
/// interactions before. Damaged ones are left alone: they must not keep an interaction from its next run, which may send again what they sent.
pub(super) async fn of(db: &impl GenericClient, interactions: &[Uuid]) -> Result<Vec<Delivery>, StoreError> {
    Ok(sound(&rows(db, OF, &[&interactions]).await?)?.0)
}

/// Reads deliveries as far as they make sense, and answers which interactions the others are for: those are left where they are.
pub(super) fn sound(found: &[Row]) -> Result<(Vec<Delivery>, HashSet<InteractionId>), StoreError> {
    let (mut sound, mut of_damaged) = (Vec::with_capacity(found.len()), HashSet::new());
    for row in found {
        match delivery(row) {
            Ok(one) => sound.push(one),
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "left alone");
                of_damaged.insert(InteractionId(row.try_get("interaction")?));
            }
            Err(error) => return Err(error),
        }
    }
    Ok((sound, of_damaged))
}

/// Reads interactions for which something is sent. Where those stand stays as it is of which a delivery or the record is damaged.
pub(super) fn sound_parties(
    found: &[Row],
    of_damaged: &HashSet<InteractionId>,
) -> Result<Vec<(InteractionId, Party)>, StoreError> {
    let mut sound = Vec::with_capacity(found.len());
    for row in found {
        match party(row) {
            Ok((id, _)) if of_damaged.contains(&id) => {
                tracing::error!(interaction = %id, "its state is left as it is: one of its deliveries is damaged");
            }
            Ok(party) => sound.push(party),
            Err(error) if error.is_damage() => {
                tracing::error!(%error, "the interaction's state is left as it is: its record is damaged");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(sound)
}

/// Reads from a row with the columns of [`party_columns`].
fn party(row: &Row) -> Result<(InteractionId, Party), StoreError> {
    let columns = Columns { row, table: "interactions" };
    let party = Party {
        standing: standing(row)?,
        decision: read_kind(columns)?,
        runs: columns.count("runs")?,
        more: columns.json_or_empty("decision_more")?,
    };
    Ok((InteractionId(columns.get("id")?), party))
}

/// The columns of interactions for which something is sent.
pub(super) fn party_columns() -> String {
    format!("id, {COLUMNS}, decision, runs, decision_more")
}

/// Writes what changed of deliveries; answers whether anything did.
pub(super) async fn write(
    db: &impl GenericClient,
    before: &[Delivery],
    after: &[Delivery],
    moves: &mut Moves,
) -> Result<bool, StoreError> {
    let mut changed = Vec::new();
    for (before, after) in before.iter().zip(after).filter(|(before, after)| before != after) {
        if before.record.state != after.record.state {
            moves.sent(before.record.state, &after.record);
        }
        changed.push(after);
    }
    if changed.is_empty() {
        return Ok(false);
    }
    let ids: Vec<Uuid> = changed.iter().map(|one| one.record.id.0).collect();
    let numbers: Vec<Option<i64>> = changed.iter().map(|one| one.record.run.map(i64::from)).collect();
    let states: Vec<i16> = changed.iter().map(|one| small(delivery_state_code(one.record.state))).collect();
    let attempts: Vec<i64> = changed.iter().map(|one| i64::from(one.record.attempts)).collect();
    let due: Vec<Option<Timestamp>> = changed.iter().map(|one| one.record.next_attempt_at).collect();
    let leases: Vec<Option<Uuid>> = changed.iter().map(|one| one.hold.lease()).collect();
    let since: Vec<Timestamp> = changed.iter().map(|one| one.record.since).collect();
    let answers: Vec<_> = changed.iter().map(|one| one.record.last_answer.as_deref().map(text)).collect();
    let held = changed.iter().map(|one| one.record.held.as_ref().map(json).transpose());
    let held: Vec<Option<String>> = held.collect::<Result<_, _>>()?;
    let again: Vec<bool> = changed.iter().map(|one| one.again).collect();
    let ended: Vec<Option<Timestamp>> = changed.iter().map(|one| one.record.ended_at).collect();
    let sql = "UPDATE deliveries SET run = new.run, state = new.state, attempts = new.attempts, due_at = new.due_at, lease = new.lease,
            since = new.since, last_answer = new.last_answer, held = new.held, again = new.again, ended_at = new.ended_at
        FROM unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::bigint[], $5::timestamptz[], $6::uuid[], $7::timestamptz[],
                $8::text[], $9::text[], $10::boolean[], $11::timestamptz[])
            AS new (id, run, state, attempts, due_at, lease, since, last_answer, held, again, ended_at)
        WHERE deliveries.id = new.id";
    let values: super::pool::Parameters<'_> =
        &[&ids, &numbers, &states, &attempts, &due, &leases, &since, &answers, &held, &again, &ended];
    execute(db, sql, values).await?;
    Ok(true)
}

/// Lets go of what was pushed of an interaction before, which is locked: something else takes its place.
pub(super) async fn let_go(
    db: &impl GenericClient,
    interaction: InteractionId,
    moves: &mut Moves,
    rule: impl FnOnce(&mut [Delivery]) + Send,
) -> Result<(), StoreError> {
    let before = of(db, &[interaction.0]).await?;
    let mut after = before.clone();
    rule(&mut after);
    write(db, &before, &after, moves).await.map(drop)
}

/// Writes where interactions stand by what became of their deliveries, but for what `moves` writes.
pub(super) async fn settle(
    db: &impl GenericClient,
    parties: &[(InteractionId, Party)],
    deliveries: &[Delivery],
    now: Timestamp,
    moves: &mut Moves,
) -> Result<(), StoreError> {
    let mut of: HashMap<InteractionId, Vec<Delivery>> = HashMap::new();
    for one in deliveries {
        of.entry(one.record.interaction).or_default().push(one.clone());
    }
    let (mut settled, mut mores, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
    for (id, party) in parties {
        let own = of.get(id).map_or(&[][..], Vec::as_slice);
        let Some((standing, more)) = party.settle(own, now) else { continue };
        wanted.extend((standing.state == State::Decided).then(|| standing.queue.map(|queue| queue.0)));
        settled.push((*id, party.standing.position(), standing));
        mores.push(more.column()?);
    }
    if settled.is_empty() {
        return Ok(());
    }
    let mut queues = if wanted.is_empty() { Vec::new() } else { rows(db, FALL_BACK, &[&wanted]).await? }.into_iter();
    for (id, before, standing) in &mut settled {
        if standing.state == State::Decided
            && let Some(row) = queues.next()
        {
            standing.queue = row.try_get::<_, Option<Uuid>>(0)?.map(QueueId);
        }
        moves.add(*id, *before, standing);
    }
    let ids: Vec<Uuid> = settled.iter().map(|(id, ..)| id.0).collect();
    let sql = "UPDATE interactions SET decision_more = new.more FROM unnest($1::uuid[], $2::text[]) AS new (id, more)
        WHERE interactions.id = new.id";
    execute(db, sql, &[&ids, &mores]).await.map(drop)
}

/// Where failed forwards fall back to, in order: the queues that their decisions name, or the built-in one for those that are gone.
const FALL_BACK: &str = "SELECT coalesce((SELECT queues.id FROM queues WHERE queues.id = wanted),
        (SELECT queues.id FROM queues WHERE built_in LIMIT 1))
    FROM unnest($1::uuid[]) WITH ORDINALITY AS failed (wanted, place) ORDER BY place";

/// A mail to be kept, for an interaction, by the run of this number.
pub(super) struct Sent<'m> {
    pub(super) interaction: InteractionId,
    pub(super) run: Option<u32>,
    pub(super) mail: &'m Outgoing,
    pub(super) at: Timestamp,
    /// The interaction's content was erased: that of the mail is not kept.
    pub(super) erased: bool,
}

/// Keeps mails, in the transaction of what they are sent for.
pub(super) async fn insert(db: &impl GenericClient, sends: &[Sent<'_>], tally: &mut Tally) -> Result<(), StoreError> {
    if sends.is_empty() {
        return Ok(());
    }
    let mut storms = Storms::of(db, sends).await?;
    let mut made: Vec<(DeliveryRecord, Option<Uuid>, Addressed)> = Vec::new();
    let mut contents: Vec<(Uuid, i32, &Content)> = Vec::new();
    for sent in sends {
        // A content has the identifier of the first delivery that has it.
        let content = sent.mail.to.first().filter(|_| !sent.erased).map(|to| to.id.0);
        if let Some(content) = content {
            contents.push((content, i32::try_from(sent.mail.to.len()).unwrap_or(i32::MAX), &sent.mail.content));
        }
        let held = storms.hold(sent.mail);
        for (to, held) in sent.mail.to.iter().zip(held) {
            let to = Addressed { held, ..to.clone() };
            let one = begun(sent.mail, &to, sent.interaction, sent.run, sent.at);
            tally.sent(None, one.state);
            made.push((one, content, to));
        }
    }
    insert_contents(db, &contents).await?;
    let each = || made.iter().map(|(one, ..)| one);
    let ids: Vec<Uuid> = each().map(|one| one.id.0).collect();
    let interactions: Vec<Uuid> = each().map(|one| one.interaction.0).collect();
    let contents: Vec<Option<Uuid>> = made.iter().map(|(_, content, _)| *content).collect();
    let numbers: Vec<Option<i64>> = each().map(|one| one.run.map(i64::from)).collect();
    let kinds: Vec<i16> = each().map(|one| small(delivery_kind_code(one.kind, one.way()))).collect();
    let targets: Vec<_> = each().map(|one| text(&one.target)).collect();
    let keys: Vec<String> = each().map(|one| text(&folded(&one.target)).into_owned()).collect();
    let domains: Vec<String> = each().map(|one| text(&domain(&one.target)).into_owned()).collect();
    let states: Vec<i16> = each().map(|one| small(delivery_state_code(one.state))).collect();
    let due: Vec<Option<Timestamp>> = each().map(|one| one.next_attempt_at).collect();
    let held: Vec<Option<String>> =
        each().map(|one| one.held.as_ref().map(json).transpose()).collect::<Result<_, _>>()?;
    let senders: Vec<_> = each().map(|one| text(&one.sender)).collect();
    let message_ids: Vec<_> = each().map(|one| text(&one.message_id)).collect();
    let places: Vec<_> = each().map(|one| one.place.as_deref().map(text)).collect();
    let answers = || made.iter().map(|(.., to)| counted(to));
    let correspondents: Vec<_> = answers().map(|answers| Some(text(&answers?.correspondent))).collect();
    let threads: Vec<_> = answers().map(|answers| Some(text(&answers?.thread))).collect();
    let created: Vec<Timestamp> = each().map(|one| one.created_at).collect();
    let ended: Vec<Option<Timestamp>> = each().map(|one| one.ended_at).collect();
    let sql = "INSERT INTO deliveries (id, interaction, content, run, kind, target, target_key, domain, state, due_at, held, sender,
            message_id, place, correspondent, thread, created_at, since, ended_at, attempts, again)
        SELECT id, interaction, content, run, kind, target, target_key, domain, state, due_at, held, sender, message_id, place,
            correspondent, thread, created_at, created_at, ended_at, 0, false
        FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::smallint[], $6::text[], $7::text[], $8::text[],
            $9::smallint[], $10::timestamptz[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[],
            $17::timestamptz[], $18::timestamptz[]) AS new (id, interaction, content, run, kind, target, target_key, domain, state,
            due_at, held, sender, message_id, place, correspondent, thread, created_at, ended_at)";
    let values: super::pool::Parameters<'_> = &[
        &ids,
        &interactions,
        &contents,
        &numbers,
        &kinds,
        &targets,
        &keys,
        &domains,
        &states,
        &due,
        &held,
        &senders,
        &message_ids,
        &places,
        &correspondents,
        &threads,
        &created,
        &ended,
    ];
    execute(db, sql, values).await.map(drop)
}

async fn insert_contents(db: &impl GenericClient, contents: &[(Uuid, i32, &Content)]) -> Result<(), StoreError> {
    if contents.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = contents.iter().map(|(id, ..)| *id).collect();
    let uses: Vec<i32> = contents.iter().map(|(_, uses, _)| *uses).collect();
    let heads: Vec<&[u8]> = contents.iter().map(|(.., content)| content.head.as_ref()).collect();
    let with_original: Vec<bool> = contents.iter().map(|(.., content)| content.with_original).collect();
    let tails: Vec<&[u8]> = contents.iter().map(|(.., content)| content.tail.as_ref()).collect();
    let sums: Vec<i64> = contents.iter().map(|(.., content)| content_sum(&content.head, &content.tail)).collect();
    let sql = "INSERT INTO outgoing (id, uses, head, with_original, tail, content_sum)
        SELECT * FROM unnest($1::uuid[], $2::integer[], $3::bytea[], $4::boolean[], $5::bytea[], $6::bigint[])";
    execute(db, sql, &[&ids, &uses, &heads, &with_original, &tails, &sums]).await.map(drop)
}

fn content_sum(head: &[u8], tail: &[u8]) -> i64 {
    sum(head).wrapping_mul(31).wrapping_add(sum(tail))
}

/// How many automatic answers that count were kept before: to each correspondent, and as mails in each thread. Nobody else
/// keeps any there until the transaction ends.
#[derive(Default)]
struct Storms {
    correspondents: HashMap<String, u64>,
    threads: HashMap<String, u64>,
}

impl Storms {
    async fn of(db: &impl GenericClient, sends: &[Sent<'_>]) -> Result<Self, StoreError> {
        let answers: Vec<&Answers> = sends.iter().flat_map(|sent| &sent.mail.to).filter_map(counted).collect();
        let Some(at) = sends.iter().map(|sent| sent.at).max().filter(|_| !answers.is_empty()) else {
            return Ok(Self::default());
        };
        let named = |of: fn(&Answers) -> &str| {
            let mut all: Vec<String> = answers.iter().map(|answers| text(of(answers)).into_owned()).collect();
            all.sort_unstable();
            all.dedup();
            all
        };
        let (correspondents, threads) = (named(|one| &one.correspondent), named(|one| &one.thread));
        // In one order: two transactions that answer the same must not wait for each other crosswise.
        let sql = "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(
                'waypost answers ' || current_schema() || ' ' || name, 0) AS key FROM unnest($1::text[]) AS named (name)
            ORDER BY key OFFSET 0) AS ordered";
        let locked: Vec<String> = correspondents
            .iter()
            .map(|one| format!("to {one}"))
            .chain(threads.iter().map(|one| format!("in {one}")))
            .collect();
        rows(db, sql, &[&locked]).await?;
        let (day, hour) = windows(at);
        // No more are counted than may be.
        let most = |of: fn(&Answers) -> u32| i64::from(answers.iter().map(|answers| of(answers)).max().unwrap_or(0));
        let found = rows(db, SENT_TO, &[&correspondents, &day, &most(|one| one.most_a_day)]).await?;
        let correspondents = counts(&found)?;
        let threads = counts(&rows(db, SENT_IN, &[&threads, &hour, &most(|one| one.most_an_hour)]).await?)?;
        Ok(Self { correspondents, threads })
    }

    /// Why each recipient of a mail is held back; those that are not count for the mails that come after it.
    fn hold(&mut self, mail: &Outgoing) -> Vec<Option<Held>> {
        let thread = answer_of(mail).map(|answers| text(&answers.thread).into_owned());
        let sent = thread.as_ref().and_then(|thread| self.threads.get(thread)).copied().unwrap_or_default();
        let in_thread = answer_of(mail).and_then(|answers| thread_has_enough(answers, sent));
        let mut goes = false;
        let hold = |to: &Addressed| {
            let Some(answers) = counted(to) else { return to.held.clone() };
            let sent = self.correspondents.entry(text(&answers.correspondent).into_owned()).or_default();
            let held = correspondent_has_enough(answers, *sent).or_else(|| in_thread.clone());
            if held.is_none() {
                *sent = sent.saturating_add(1);
                goes = true;
            }
            held
        };
        let held = mail.to.iter().map(hold).collect();
        if let Some(thread) = thread.filter(|_| goes) {
            self.threads.insert(thread, sent.saturating_add(1));
        }
        held
    }
}

/// How many automatic answers that count went to each correspondent.
pub(super) const SENT_TO: &str = "SELECT name, (SELECT count(*) FROM (SELECT FROM deliveries
        WHERE left(correspondent, 200) = left(name, 200) AND correspondent IS NOT NULL AND correspondent = name
            AND created_at > $2 AND state < 3 AND NOT again LIMIT $3) AS sent)
    FROM unnest($1::text[]) AS named (name)";

/// How many automatic answers that count, to however many recipients each, were sent in each thread.
pub(super) const SENT_IN: &str = "SELECT name, (SELECT count(*) FROM (SELECT DISTINCT message_id FROM deliveries
        WHERE left(thread, 200) = left(name, 200) AND thread IS NOT NULL AND thread = name
            AND created_at > $2 AND state < 3 AND NOT again LIMIT $3) AS sent)
    FROM unnest($1::text[]) AS named (name)";

fn counts(found: &[Row]) -> Result<HashMap<String, u64>, StoreError> {
    let read = |row: &Row| Ok((row.try_get(0)?, u64::try_from(row.try_get::<_, i64>(1)?).unwrap_or(0)));
    found.iter().map(read).collect()
}

/// The bytes of a delivery's mail.
pub(super) async fn content(db: &impl GenericClient, id: DeliveryId) -> Result<Option<Content>, StoreError> {
    let sql = "SELECT head, with_original, tail, content_sum FROM outgoing
        WHERE id = (SELECT content FROM deliveries WHERE id = $1)";
    let Some(found) = row(db, sql, &[&id.0]).await? else { return Ok(None) };
    let columns = Columns { row: &found, table: "outgoing" };
    let (head, tail): (Vec<u8>, Vec<u8>) = (columns.get("head")?, columns.get("tail")?);
    if columns.get::<i64>("content_sum")? != content_sum(&head, &tail) {
        let what = format!("the content of delivery `{id}` is damaged");
        return Err(StoreError::Damaged { what, detail: "its checksum does not match".to_owned() });
    }
    Ok(Some(Content { head: head.into(), with_original: columns.get("with_original")?, tail: tail.into() }))
}

/// Gives a delivery another content, kept under this identifier.
pub(super) async fn replace_content(
    db: &impl GenericClient,
    id: DeliveryId,
    (new, content): (Uuid, &Content),
) -> Result<(), StoreError> {
    insert_contents(db, &[(new, 1, content)]).await?;
    let sql = "WITH before AS (SELECT content FROM deliveries WHERE id = $1)
        UPDATE deliveries SET content = $2 FROM before WHERE id = $1 RETURNING before.content";
    let before = rows(db, sql, &[&id.0, &new]).await?;
    let before = before.iter().filter_map(|row| row.try_get::<_, Option<Uuid>>(0).transpose());
    drop_uses(db, &before.collect::<Result<Vec<_>, _>>()?).await
}

/// Takes a use from each of the contents, as often as it is named; those that nobody uses any more go.
async fn drop_uses(db: &impl GenericClient, contents: &[Uuid]) -> Result<(), StoreError> {
    if contents.is_empty() {
        return Ok(());
    }
    let sql = "WITH less AS (SELECT id, count(*)::integer AS times FROM unnest($1::uuid[]) AS gone (id) GROUP BY id)
        UPDATE outgoing SET uses = uses - less.times FROM less WHERE outgoing.id = less.id";
    execute(db, sql, &[&contents]).await?;
    execute(db, "DELETE FROM outgoing WHERE id = ANY ($1) AND uses <= 0", &[&contents]).await.map(drop)
}

/// Erases what was sent to a correspondent about an interaction, and everybody's copy of it: each names all its recipients.
pub(super) async fn erase_to(
    db: &impl GenericClient,
    interaction: InteractionId,
    who: &Correspondent,
    now: Timestamp,
    moves: &mut Moves,
) -> Result<(), StoreError> {
    let sql = "SELECT id, content FROM deliveries WHERE interaction = $1 AND (target_key IN ($2, $3) OR content IN
        (SELECT content FROM deliveries WHERE interaction = $1 AND target_key IN ($2, $3)))";
    let found = rows(db, sql, &[&interaction.0, &who.ascii, &who.unicode]).await?;
    let ids = found.iter().map(|row| row.try_get(0)).collect::<Result<HashSet<Uuid>, _>>()?;
    let contents = found.iter().filter_map(|row| row.try_get::<_, Option<Uuid>>(1).transpose());
    let contents = contents.collect::<Result<Vec<_>, _>>()?;
    let interactions = [interaction.0];
    let of = rows(db, OF, &[&interactions.as_slice()]).await?;
    let (before, of_damaged) = sound(&of)?;
    let mut after = before.clone();
    for one in after.iter_mut().filter(|one| ids.contains(&one.record.id.0)) {
        one.erase(now);
        one.forget_reason();
    }
    if write(db, &before, &after, moves).await? {
        let sql = format!("SELECT {} FROM interactions WHERE id = ANY ($1)", party_columns());
        let found = rows(db, &sql, &[&interactions.as_slice()]).await?;
        settle(db, &sound_parties(&found, &of_damaged)?, &after, now, moves).await?;
    }
    let ids: Vec<Uuid> = ids.into_iter().collect();
    execute(db, "UPDATE deliveries SET content = NULL WHERE id = ANY ($1)", &[&ids]).await?;
    drop_uses(db, &contents).await?;
    forget_target(db, interaction, who).await
}

/// Erases everything about an interaction's deliveries that may name a correspondent, but what they carry.
pub(super) async fn erase_all(
    db: &impl GenericClient,
    interaction: InteractionId,
    who: &Correspondent,
    moves: &mut Moves,
) -> Result<(), StoreError> {
    let interactions = [interaction.0];
    let (before, _) = sound(&rows(db, OF, &[&interactions.as_slice()]).await?)?;
    let mut after = before.clone();
    after.iter_mut().for_each(Delivery::forget_reason);
    // Where the interaction stands is settled already, and not written yet.
    write(db, &before, &after, moves).await?;
    let sql = "UPDATE deliveries SET correspondent = NULL, thread = NULL WHERE interaction = $1";
    execute(db, sql, &[&interaction.0]).await?;
    forget_target(db, interaction, who).await
}

async fn forget_target(
    db: &impl GenericClient,
    interaction: InteractionId,
    who: &Correspondent,
) -> Result<(), StoreError> {
    let sql = "UPDATE deliveries SET target = '', target_key = '', domain = '', correspondent = NULL, thread = NULL
        WHERE interaction = $1 AND target_key IN ($2, $3)";
    execute(db, sql, &[&interaction.0, &who.ascii, &who.unicode]).await.map(drop)
}

/// Erases what the deliveries of interactions carry, which are locked; what is not sent yet never will be. Where the interactions stand by it
/// is written by `moves`, and the catalogue's lock is shared: a forward falls back to a queue.
pub(super) async fn erase(
    db: &impl GenericClient,
    interactions: &[Uuid],
    now: Timestamp,
    moves: &mut Moves,
) -> Result<(), StoreError> {
    let found = rows(db, OF, &[&interactions]).await?;
    if found.is_empty() {
        return Ok(());
    }
    let (before, of_damaged) = sound(&found)?;
    let mut after = before.clone();
    for one in &mut after {
        one.erase(now);
    }
    if write(db, &before, &after, moves).await? {
        let sql = format!("SELECT {} FROM interactions WHERE id = ANY ($1)", party_columns());
        let found = rows(db, &sql, &[&interactions]).await?;
        settle(db, &sound_parties(&found, &of_damaged)?, &after, now, moves).await?;
    }
    let sql = "SELECT content FROM deliveries WHERE interaction = ANY ($1) AND content IS NOT NULL";
    let contents = rows(db, sql, &[&interactions]).await?;
    let contents = contents.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>()?;
    let sql = "UPDATE deliveries SET content = NULL WHERE interaction = ANY ($1) AND content IS NOT NULL";
    execute(db, sql, &[&interactions]).await?;
    drop_uses(db, &contents).await
}

/// Removes deliveries with their interactions, whose contents were erased; damaged ones included.
pub(super) async fn remove(
    db: &impl GenericClient,
    interactions: &[Uuid],
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM deliveries WHERE interaction = ANY ($1) RETURNING state";
    for row in rows(db, sql, &[&interactions]).await? {
        let state: i16 = row.try_get(0)?;
        if let Some(state) = delivery_state(state.into()) {
            tally.forgotten(state);
        }
    }
    Ok(())
}
