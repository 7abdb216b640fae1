//! What a batch of acceptances writes, a few statements for all of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use deadpool_postgres::Client;
use jiff::Timestamp;
use tokio::try_join;
use uuid::Uuid;
use waypost_ids::{InteractionId, QueueId};

use super::columns::text;
use super::commits::{self, Mark};
use super::deliveries::{self, Sent};
use super::mail_columns::{RunColumns, small};
use super::pool::execute;
use super::retention;
use super::seen::{Known, Wanted};
use super::tally::{Adding, Tally};
use super::threads;
use crate::encoding::{ended_at, json};
use crate::error::StoreError;
use crate::records::catalogue::Epoch;
use crate::records::events::Told;
use crate::records::mail::{Acceptance, Accepted, IdempotencyKey, NewInteraction, NewMessage, RunRecord};
use crate::rules::acceptance::{self, Made, Offer};
use crate::rules::duplicates::{Key, Seen};
use crate::rules::events::{Ears, Hints, is_heard, of_made};
use crate::rules::requests::remembered;
use crate::sums::sum;

/// What a batch must know of what it refers to. It does not change until the transaction ends.
pub(super) struct Referred {
    pub(super) epoch: Epoch,
    /// Those of the queues named by the batch's decisions that are there.
    pub(super) queues: HashSet<Uuid>,
    /// The attributes of those of the earlier interactions of its threads that are there.
    pub(super) attributes: HashMap<Uuid, BTreeMap<String, String>>,
}

/// What a batch writes, a list for each column.
#[derive(Default)]
pub(super) struct Writes<'b> {
    /// Messages that were sent, one for each interaction that is not made.
    unused: Vec<Uuid>,
    interactions: Vec<Interaction<'b>>,
    runs: Vec<(InteractionId, &'b RunRecord, RunColumns)>,
    duplicates: Vec<Uuid>,
    requests: Vec<(&'b IdempotencyKey, Vec<u8>)>,
    tally: Tally,
}

struct Interaction<'b> {
    offered: &'b NewInteraction,
    message: &'b NewMessage,
    message_id: Uuid,
    made: Made<'b>,
    opening: Option<String>,
    thread: Option<String>,
    /// Where its run is among the runs.
    run: Option<usize>,
}

impl<'b> Writes<'b> {
    /// Lets go of the message of an acceptance that was known before.
    pub(super) fn drop_message(&mut self, acceptance: &Acceptance, message: Uuid) {
        self.unused.extend(acceptance.interactions.iter().map(|_| message));
    }

    /// Decides what becomes of an acceptance, whose message was sent under this id.
    pub(super) fn add(
        &mut self,
        (acceptance, message_id): (&'b Acceptance, Uuid),
        referred: &Referred,
        wanted: &Wanted,
        known: &Known,
    ) -> Result<Vec<Accepted>, StoreError> {
        let message = &acceptance.message;
        let mut outcome = Vec::with_capacity(acceptance.interactions.len());
        for offered in &acceptance.interactions {
            let seen = match Key::of(message, offered) {
                None => Seen::No,
                Some(key) => match known.compare(&key, message.received_at)? {
                    // The same route twice in one acceptance: the key was taken for the first of them.
                    Seen::No | Seen::Like(_) if wanted.first(&key) != Some(offered.id) => {
                        Seen::Same(wanted.first(&key).unwrap_or(offered.id))
                    }
                    seen => seen,
                },
            };
            let is_there = |queue: QueueId| Ok::<_, StoreError>(referred.queues.contains(&queue.0));
            let attributes = |id: InteractionId| Ok(referred.attributes.get(&id.0).cloned().unwrap_or_default());
            let made =
                match acceptance::offer(offered, message.received_at, seen, referred.epoch, is_there, attributes)? {
                    Offer::Duplicate(of) => {
                        self.unused.push(message_id);
                        self.duplicates.push(of.0);
                        self.tally.activity().duplicate(message.received_at);
                        outcome.push(Accepted::Duplicate { of });
                        continue;
                    }
                    Offer::Made(made) => *made,
                };
            outcome.push(made.accepted(offered.id));
            self.tally.moved(None, made.standing.position());
            self.tally.activity().made(message.received_at);
            if let Some(run) = made.run {
                self.tally.decided(None, run.decision.kind);
                self.tally.activity().ran(run, Some(message.received_at));
                self.runs.push((offered.id, run, RunColumns::of(run, made.forwards)?));
            }
            let run = made.run.map(|_| self.runs.len().saturating_sub(1));
            let opening = offered.opening.as_ref().map(json).transpose()?;
            let thread = made.thread.as_deref().map(json).transpose()?;
            self.interactions.push(Interaction { offered, message, message_id, made, opening, thread, run });
        }
        if let Some(key) = &acceptance.idempotency {
            self.requests.push((key, remembered(acceptance::about(&outcome))));
        }
        Ok(outcome)
    }

    /// What those who watch are told of it.
    pub(super) fn hint(&self, hints: &Hints) {
        for one in &self.interactions {
            hints.made(one.offered.id, &one.made.standing, one.made.run);
        }
    }

    /// Writes everything and commits.
    pub(super) async fn send(self, db: &Client, ears: &Ears, mark: Mark) -> Result<(), StoreError> {
        let Self { unused, interactions, runs, mut duplicates, requests, mut tally } = self;
        if !requests.is_empty() {
            super::requests::remember(db, &requests).await?;
        }
        if !unused.is_empty() {
            retention::drop_uses(db, &unused).await?;
        }
        let told = told(ears, &interactions);
        let mut sends: Vec<Sent<'_>> = runs.iter().flat_map(|(id, run, _)| sent(*id, run)).collect();
        sends.extend(told.iter().flat_map(|(id, told)| {
            told.requests.iter().map(|mail| Sent { interaction: *id, run: None, mail, at: told.at, erased: false })
        }));
        if !sends.is_empty() {
            // Interactions are locked before correspondents and threads, as whoever records a run does.
            let duplicates = std::mem::take(&mut duplicates);
            if !duplicates.is_empty() {
                execute(db, COUNT_DUPLICATES, &[&duplicates]).await?;
            }
            deliveries::insert(db, &sends, &mut tally).await?;
        }
        super::correspondents::remember(db, interactions.iter().map(|one| (one.offered.id, one.message))).await?;
        let add_interactions = db.prepare_cached(ADD_INTERACTIONS).await?;
        let add_notes = db.prepare_cached(threads::ADD).await?;
        let add_runs = db.prepare_cached(ADD_RUNS).await?;
        let add_journals = db.prepare_cached(ADD_JOURNALS).await?;
        let leave_mark = db.prepare_cached(commits::MARK).await?;
        let add_counts = Adding::prepare(db).await?;
        let count_duplicates = db.prepare_cached(COUNT_DUPLICATES).await?;
        let counts = tally.changes();
        try_join!(
            biased;
            async {
                if interactions.is_empty() {
                    return Ok(());
                }
                let each = &interactions;
                let run = |one: &Interaction<'_>| one.run.and_then(|place| runs.get(place));
                let ids: Vec<Uuid> = each.iter().map(|one| one.offered.id.0).collect();
                let states: Vec<i16> = each.iter().map(|one| small(one.made.standing.state.code())).collect();
                let received: Vec<Timestamp> = each.iter().map(|one| one.message.received_at).collect();
                let messages: Vec<Uuid> = each.iter().map(|one| one.message_id).collect();
                let routes: Vec<Option<Uuid>> = each.iter().map(|one| one.offered.route).collect();
                let flows: Vec<Option<Uuid>> = each.iter().map(|one| run(one)?.2.flow).collect();
                let versions: Vec<Option<i64>> = each.iter().map(|one| run(one)?.2.flow_version).collect();
                let decisions: Vec<Option<i16>> = each.iter().map(|one| Some(run(one)?.2.decision)).collect();
                let queues: Vec<Option<Uuid>> = each.iter().map(|one| run(one)?.2.queue).collect();
                let priorities: Vec<i64> =
                    each.iter().map(|one| one.made.priority).collect();
                let initial: Vec<i64> = each.iter().map(|one| one.offered.priority).collect();
                let ended: Vec<i64> = each.iter().map(|one| i64::from(one.made.runs)).collect();
                let likes: Vec<Option<Uuid>> = each.iter().map(|one| one.made.like.map(|like| like.0)).collect();
                let message_ids: Vec<_> = each.iter().map(|one| one.message.message_id.as_deref().map(text)).collect();
                let from: Vec<_> = each.iter().map(|one| text(&one.message.envelope_from)).collect();
                let to: Vec<_> = each.iter().map(|one| text(&one.offered.envelope_to)).collect();
                let remotes: Vec<_> = each.iter().map(|one| text(&one.message.remote)).collect();
                let subjects: Vec<_> = each.iter().map(|one| text(&one.message.subject)).collect();
                let skills: Vec<Option<&str>> = each.iter().map(|one| run(one)?.2.skills.as_deref()).collect();
                let attributes: Vec<Option<&str>> = each.iter().map(|one| run(one)?.2.attributes.as_deref()).collect();
                let more: Vec<Option<&str>> = each.iter().map(|one| run(one)?.2.more.as_deref()).collect();
                let completed: Vec<Option<Timestamp>> = each
                    .iter()
                    .map(|one| one.made.standing.completed_at)
                    .collect();
                let queued: Vec<Option<Timestamp>> = each.iter().map(|one| one.made.standing.queued_at).collect();
                let sums: Vec<i64> = each.iter().map(|one| sum(&one.message.raw)).collect();
                let openings: Vec<Option<&str>> = each.iter().map(|one| one.opening.as_deref()).collect();
                let threads: Vec<Option<&str>> = each.iter().map(|one| one.thread.as_deref()).collect();
                db.execute(
                    &add_interactions,
                    &[
                        &ids,
                        &states,
                        &received,
                        &messages,
                        &routes,
                        &flows,
                        &versions,
                        &decisions,
                        &queues,
                        &priorities,
                        &initial,
                        &ended,
                        &likes,
                        &message_ids,
                        &from,
                        &to,
                        &remotes,
                        &subjects,
                        &skills,
                        &attributes,
                        &more,
                        &openings,
                        &completed,
                        &queued,
                        &threads,
                        &sums,
                    ],
                )
                .await
                .map(drop)
            },
            threads::Notes::of(interactions.iter().map(|one| one.offered)).send(db, &add_notes),
            async {
                if runs.is_empty() {
                    return Ok(());
                }
                let ids: Vec<Uuid> = runs.iter().map(|(id, ..)| id.0).collect();
                let flows: Vec<Option<Uuid>> = runs.iter().map(|(.., columns)| columns.flow).collect();
                let versions: Vec<Option<i64>> = runs.iter().map(|(.., columns)| columns.flow_version).collect();
                let started: Vec<Timestamp> = runs.iter().map(|(_, run, _)| run.started_at).collect();
                let durations: Vec<i64> =
                    runs.iter().map(|(_, run, _)| i64::try_from(run.duration_us).unwrap_or(i64::MAX)).collect();
                let asked_by: Vec<_> = runs.iter().map(|(_, run, _)| run.rerun_by.as_deref().map(text)).collect();
                let decisions: Vec<i16> = runs.iter().map(|(.., columns)| columns.decision).collect();
                let queues: Vec<Option<Uuid>> = runs.iter().map(|(.., columns)| columns.queue).collect();
                let priorities: Vec<i64> = runs.iter().map(|(.., columns)| columns.priority).collect();
                let skills: Vec<Option<&str>> = runs.iter().map(|(.., columns)| columns.skills.as_deref()).collect();
                let more: Vec<Option<&str>> = runs.iter().map(|(.., columns)| columns.more.as_deref()).collect();
                let attributes: Vec<Option<&str>> =
                    runs.iter().map(|(.., columns)| columns.attributes.as_deref()).collect();
                let traces: Vec<_> = runs.iter().map(|(_, run, _)| text(&run.trace)).collect();
                let sums: Vec<i64> = traces.iter().map(|trace| sum(trace.as_bytes())).collect();
                db.execute(
                    &add_runs,
                    &[
                        &ids,
                        &flows,
                        &versions,
                        &started,
                        &durations,
                        &asked_by,
                        &decisions,
                        &queues,
                        &priorities,
                        &skills,
                        &more,
                        &attributes,
                        &traces,
                        &sums,
                    ],
                )
                .await
                .map(drop)
            },
            async {
                let journals: Vec<(Uuid, &str)> =
                    runs.iter().filter_map(|(id, run, _)| Some((id.0, run.journal.as_deref()?))).collect();
                if journals.is_empty() {
                    return Ok(());
                }
                let (ids, contents): (Vec<Uuid>, Vec<&str>) = journals.into_iter().unzip();
                let sums: Vec<i64> = contents.iter().map(|content| sum(content.as_bytes())).collect();
                db.execute(&add_journals, &[&ids, &contents, &sums]).await.map(drop)
            },
            async {
                if duplicates.is_empty() {
                    return Ok(());
                }
                db.execute(&count_duplicates, &[&duplicates]).await.map(drop)
            },
            add_counts.send(db, &counts),
            async { db.execute(&leave_mark, &mark.parameters()).await.map(drop) },
            db.batch_execute("COMMIT"),
        )?;
        Ok(())
    }
}

/// What those who listen are told of interactions that are made.
fn told(ears: &Ears, made: &[Interaction<'_>]) -> Vec<(InteractionId, Told)> {
    let heard = made.iter().filter(|one| is_heard(ears, &one.made.standing));
    let records = heard.map(|one| one.made.record(one.message, one.offered));
    records.flat_map(|record| of_made(ears, &record).into_iter().map(move |told| (record.id, told))).collect()
}

/// What the first run of an interaction sends.
fn sent<'r>(interaction: InteractionId, run: &'r RunRecord) -> impl Iterator<Item = Sent<'r>> {
    let at = ended_at(run);
    run.sends.iter().map(move |mail| Sent { interaction, run: Some(1), mail, at, erased: false })
}

const ADD_INTERACTIONS: &str = "INSERT INTO interactions (id, state, received_at, message, route, flow_id, flow_version,
        decision, queue, priority, initial_priority, runs, possible_duplicate_of, message_id, envelope_from, envelope_to,
        remote, subject, skills, attributes, decision_more, opening, completed_at, queued_at, thread, message_sum, duplicates, erased)
    SELECT *, 0, false FROM unnest($1::uuid[], $2::smallint[], $3::timestamptz[], $4::uuid[], $5::uuid[], $6::uuid[],
        $7::bigint[], $8::smallint[], $9::uuid[], $10::bigint[], $11::bigint[], $12::bigint[], $13::uuid[], $14::text[],
        $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::timestamptz[],
        $24::timestamptz[], $25::text[], $26::bigint[])";

const ADD_RUNS: &str = "INSERT INTO runs (interaction, number, flow_id, flow_version, started_at, duration_us, rerun_by,
        decision, queue, priority, skills, decision_more, attributes, trace, trace_sum)
    SELECT id, 1, flow, version, started, duration, asked_by, decision, queue, priority, skills, more, attributes, trace, trace_sum
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::timestamptz[], $5::bigint[], $6::text[], $7::smallint[],
        $8::uuid[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bigint[]) AS new (id, flow,
        version, started, duration, asked_by, decision, queue, priority, skills, more, attributes, trace, trace_sum)";

const ADD_JOURNALS: &str = "INSERT INTO journals (interaction, number, content, content_sum)
    SELECT id, 1, content, content_sum FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS new (id, content, content_sum)";

/// Counts duplicates on their interactions, locked in order, for others may count on the same. What retention has removed has none:
/// nobody would ever take them from the counters again. (0, 0) is where those count duplicates.
const COUNT_DUPLICATES: &str =
    "WITH times AS (SELECT id, count(*) AS more FROM unnest($1::uuid[]) AS again (id) GROUP BY id),
        counted AS (SELECT id FROM interactions WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE),
        kept AS (UPDATE interactions SET duplicates = duplicates + times.more FROM counted JOIN times USING (id)
            WHERE interactions.id = counted.id RETURNING times.more)
    INSERT INTO counters (slot, topic, member, value)
    SELECT pg_backend_pid(), 0, 0, sum(more)::bigint FROM kept HAVING count(*) > 0
    ON CONFLICT (slot, topic, member) DO UPDATE SET value = counters.value + excluded.value";
