//! A store in memory: the traits' rules in their most obvious form, so that these tests are about the API alone.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use waypost_flow::id::{FlowId, InteractionId, Version};
use waypost_store::error::{CommitError, LeaseError, StoreError};
use waypost_store::records::access::{ClientRecord, TokenRecord};
use waypost_store::records::catalogue::*;
use waypost_store::records::mail::*;
use waypost_store::traits::{AccessStore, CatalogueStore, MailStore, QueueStore};

#[derive(Default)]
pub struct MemoryStore(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    catalogue: Catalogue,
    deleted: Vec<FlowRecord>,
    interactions: BTreeMap<InteractionId, Kept>,
    keys: BTreeMap<String, ([u8; 32], Vec<InteractionId>)>,
    accepted: u64,
    duplicates: u64,
    clients: BTreeMap<String, ClientRecord>,
    tokens: BTreeMap<[u8; 32], TokenRecord>,
}

struct Kept {
    record: InteractionRecord,
    raw: Option<Bytes>,
    hash: [u8; 32],
    runs: Vec<RunRecord>,
    lease: Option<(Uuid, Timestamp)>,
    acknowledged: Option<Uuid>,
    rerun_by: Option<String>,
}

impl Kept {
    fn decide(&mut self, mut run: RunRecord) {
        run.rerun_by = self.rerun_by.take();
        self.record.state = match run.decision.kind {
            DecisionKind::Queue | DecisionKind::Unrouted => State::Decided,
            DecisionKind::Forward | DecisionKind::Disconnect => State::Completed,
        };
        self.record.flow = run.flow;
        self.record.decision = Some(run.decision.clone());
        self.record.attributes = run.attributes.clone();
        self.record.runs += 1;
        self.runs.push(run);
    }
}

fn seconds(count: u32) -> SignedDuration {
    SignedDuration::from_secs(i64::from(count))
}

impl MemoryStore {
    fn with<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        work(&mut self.0.lock().unwrap())
    }
}

#[async_trait]
impl CatalogueStore for MemoryStore {
    async fn epoch(&self) -> Result<Epoch, StoreError> {
        Ok(self.with(|memory| memory.catalogue.epoch))
    }

    async fn load(&self, pinned: &[(FlowId, Version)]) -> Result<Catalogue, StoreError> {
        Ok(self.with(|memory| {
            let mut catalogue = memory.catalogue.clone();
            let flows = &memory.catalogue.flows;
            catalogue.versions.retain(|version| {
                pinned.contains(&(version.flow_id, version.version))
                    || flows.iter().any(|flow| flow.id == version.flow_id && flow.published == Some(version.version))
            });
            catalogue
        }))
    }

    async fn commit(&self, expected: Epoch, changes: Vec<CatalogueChange>) -> Result<Epoch, CommitError> {
        self.with(|memory| {
            let catalogue = &mut memory.catalogue;
            if catalogue.epoch != expected {
                return Err(CommitError::Conflict);
            }
            for change in changes {
                match change {
                    CatalogueChange::PutFlow(flow) => {
                        catalogue.flows.retain(|other| other.id != flow.id);
                        if flow.deleted_at.is_some() {
                            memory.deleted.push(flow);
                        } else {
                            catalogue.flows.push(flow);
                        }
                    }
                    CatalogueChange::AddVersion(version) => catalogue.versions.push(version),
                    CatalogueChange::MarkPublished(id, number, at) => {
                        let mut versions = catalogue.versions.iter_mut();
                        versions.find(|one| one.flow_id == id && one.version == number).unwrap().published_at =
                            Some(at);
                    }
                    CatalogueChange::PutQueue(queue) => {
                        catalogue.queues.retain(|other| other.id != queue.id);
                        catalogue.queues.push(queue);
                    }
                    CatalogueChange::DeleteQueue(id) => catalogue.queues.retain(|other| other.id != id),
                    CatalogueChange::PutDomain(domain) => {
                        catalogue.domains.retain(|other| other.domain != domain.domain);
                        catalogue.domains.push(domain);
                    }
                    CatalogueChange::DeleteDomain(name) => catalogue.domains.retain(|other| other.domain != name),
                    CatalogueChange::PutRoute(route) => {
                        catalogue.routes.retain(|other| other.id != route.id);
                        catalogue.routes.push(route);
                    }
                    CatalogueChange::DeleteRoute(id) => catalogue.routes.retain(|other| other.id != id),
                }
            }
            catalogue.epoch += 1;
            Ok(catalogue.epoch)
        })
    }

    async fn flow(&self, id: FlowId) -> Result<Option<FlowRecord>, StoreError> {
        Ok(self.with(|memory| memory.catalogue.flows.iter().chain(&memory.deleted).find(|flow| flow.id == id).cloned()))
    }

    async fn deleted_flows(&self) -> Result<Vec<FlowRecord>, StoreError> {
        Ok(self.with(|memory| memory.deleted.clone()))
    }

    async fn version(&self, id: FlowId, version: Version) -> Result<Option<VersionRecord>, StoreError> {
        Ok(self.with(|memory| {
            let mut versions = memory.catalogue.versions.iter();
            versions.find(|one| one.flow_id == id && one.version == version).cloned()
        }))
    }

    async fn versions(&self, id: FlowId, offset: u64, limit: u32) -> Result<(Vec<VersionRecord>, u64), StoreError> {
        Ok(self.with(|memory| {
            let mut all: Vec<_> = memory.catalogue.versions.iter().filter(|one| one.flow_id == id).cloned().collect();
            all.sort_by_key(|one| std::cmp::Reverse(one.version));
            let total = all.len() as u64;
            (all.into_iter().skip(usize::try_from(offset).unwrap()).take(limit as usize).collect(), total)
        }))
    }
}

#[async_trait]
impl MailStore for MemoryStore {
    async fn accept(&self, acceptance: Acceptance) -> Result<AcceptOutcome, StoreError> {
        Ok(self.with(|memory| {
            if let Some(key) = &acceptance.idempotency
                && let Some((fingerprint, made)) = memory.keys.get(&key.key)
            {
                return if *fingerprint == key.fingerprint {
                    AcceptOutcome::Replayed(made.clone())
                } else {
                    AcceptOutcome::KeyReused
                };
            }
            let message = &acceptance.message;
            let mut outcome = Vec::new();
            let mut ids = Vec::new();
            for offered in acceptance.interactions {
                memory.accepted += 1;
                let same = |kept: &&mut Kept| {
                    message.message_id.is_some()
                        && kept.record.route == offered.route
                        && kept.record.message_id == message.message_id
                };
                let mut possible_duplicate_of = None;
                if let Some(first) = memory.interactions.values_mut().find(same) {
                    if first.hash == message.content_hash && first.record.envelope_from == message.envelope_from {
                        first.record.duplicates += 1;
                        memory.duplicates += 1;
                        ids.push(first.record.id);
                        outcome.push(Accepted::Duplicate { of: first.record.id });
                        continue;
                    }
                    possible_duplicate_of = Some(first.record.id);
                }
                let mut kept = Kept {
                    record: InteractionRecord {
                        id: offered.id,
                        state: State::Received,
                        received_at: message.received_at,
                        envelope_from: message.envelope_from.clone(),
                        envelope_to: offered.envelope_to,
                        remote: message.remote.clone(),
                        message_id: message.message_id.clone(),
                        subject: message.subject.clone(),
                        route: offered.route,
                        initial_priority: offered.priority,
                        flow: None,
                        decision: None,
                        runs: 0,
                        attributes: BTreeMap::new(),
                        duplicates: 0,
                        possible_duplicate_of,
                        erased: false,
                    },
                    raw: Some(message.raw.clone()),
                    hash: message.content_hash,
                    runs: Vec::new(),
                    lease: None,
                    acknowledged: None,
                    rerun_by: None,
                };
                let run = offered.run.filter(|_| offered.epoch == memory.catalogue.epoch);
                let decided = run.is_some();
                run.into_iter().for_each(|run| kept.decide(run));
                ids.push(offered.id);
                outcome.push(Accepted::Created { id: offered.id, decided, possible_duplicate_of });
                memory.interactions.insert(offered.id, kept);
            }
            if let Some(key) = acceptance.idempotency {
                memory.keys.insert(key.key, (key.fingerprint, ids));
            }
            AcceptOutcome::Committed(outcome)
        }))
    }

    async fn claim_runs(&self, max: u32, lease_seconds: u32, now: Timestamp) -> Result<Vec<ClaimedRun>, StoreError> {
        Ok(self.with(|memory| {
            let epoch = memory.catalogue.epoch;
            let waiting = memory.interactions.values_mut().filter(|kept| match kept.record.state {
                State::Received => true,
                State::Running => kept.lease.is_some_and(|(_, end)| end <= now),
                _ => false,
            });
            let mut claimed = Vec::new();
            for kept in waiting.take(max as usize) {
                let lease = Uuid::new_v4();
                kept.record.state = State::Running;
                kept.lease = Some((lease, now + seconds(lease_seconds)));
                let raw = kept.raw.clone().unwrap_or_default();
                claimed.push(ClaimedRun { interaction: kept.record.clone(), raw, epoch, lease });
            }
            claimed
        }))
    }

    async fn record_run(&self, id: InteractionId, lease: Uuid, run: RunRecord) -> Result<(), LeaseError> {
        self.with(|memory| {
            let kept = memory.interactions.get_mut(&id).ok_or(LeaseError::Lost)?;
            if kept.lease.is_none_or(|(token, _)| token != lease) {
                return Err(LeaseError::Lost);
            }
            kept.lease = None;
            kept.decide(run);
            Ok(())
        })
    }

    async fn rerun(&self, id: InteractionId, by: &str) -> Result<(), LeaseError> {
        self.with(|memory| {
            let kept = memory.interactions.get_mut(&id).ok_or(LeaseError::Lost)?;
            if !matches!(kept.record.state, State::Decided | State::Completed) {
                return Err(LeaseError::Lost);
            }
            kept.record.state = State::Received;
            kept.rerun_by = Some(by.to_owned());
            Ok(())
        })
    }

    async fn interaction(&self, id: InteractionId) -> Result<Option<InteractionRecord>, StoreError> {
        Ok(self.with(|memory| memory.interactions.get(&id).map(|kept| kept.record.clone())))
    }

    async fn interactions(
        &self,
        filter: &InteractionFilter,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<InteractionRecord>, StoreError> {
        let same = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.to_lowercase() == found.to_lowercase())
        };
        let fits = |one: &InteractionRecord| {
            let decision = one.decision.as_ref();
            after.is_none_or(|after| one.id < after)
                && filter.state.is_none_or(|state| one.state == state)
                && filter.decision.is_none_or(|kind| decision.is_some_and(|made| made.kind == kind))
                && filter.queue.is_none_or(|queue| decision.is_some_and(|made| made.queue == Some(queue)))
                && filter.flow.is_none_or(|flow| one.flow.is_some_and(|(id, _)| id == flow))
                && same(&filter.from, &one.envelope_from)
                && same(&filter.to, &one.envelope_to)
                && filter.message_id.as_ref().is_none_or(|id| one.message_id.as_ref() == Some(id))
                && filter.subject.as_ref().is_none_or(|text| one.subject.to_lowercase().contains(&text.to_lowercase()))
                && filter.since.is_none_or(|since| one.received_at >= since)
                && filter.until.is_none_or(|until| one.received_at < until)
        };
        Ok(self.with(|memory| {
            let newest_first = memory.interactions.values().rev().map(|kept| &kept.record);
            newest_first.filter(|one| fits(one)).take(limit as usize).cloned().collect()
        }))
    }

    async fn runs(&self, id: InteractionId) -> Result<Vec<RunSummary>, StoreError> {
        Ok(self.with(|memory| {
            let runs = memory.interactions.get(&id).map(|kept| kept.runs.clone()).unwrap_or_default();
            (1..).zip(runs).map(|(number, run)| RunSummary { number, run }).collect()
        }))
    }

    async fn raw_message(&self, id: InteractionId) -> Result<Option<Bytes>, StoreError> {
        Ok(self.with(|memory| memory.interactions.get(&id).and_then(|kept| kept.raw.clone())))
    }

    async fn erase(&self, id: InteractionId) -> Result<bool, StoreError> {
        Ok(self.with(|memory| match memory.interactions.get_mut(&id) {
            None => false,
            Some(kept) => {
                kept.raw = None;
                kept.record.erased = true;
                kept.record.subject.clear();
                kept.runs.iter_mut().for_each(|run| run.trace.clear());
                true
            }
        }))
    }

    async fn summary(&self) -> Result<Summary, StoreError> {
        Ok(self.with(|memory| {
            let mut summary = Summary {
                accepted: memory.accepted,
                duplicates: memory.duplicates,
                interactions: memory.interactions.len() as u64,
                ..Summary::default()
            };
            for kept in memory.interactions.values() {
                *summary.by_state.entry(kept.record.state).or_default() += 1;
                match &kept.record.decision {
                    Some(decision) => *summary.by_decision.entry(decision.kind).or_default() += 1,
                    None => {
                        summary.oldest_undecided_at.get_or_insert(kept.record.received_at);
                    }
                }
            }
            summary
        }))
    }
}

#[async_trait]
impl QueueStore for MemoryStore {
    async fn claim(&self, claim: &QueueClaim, now: Timestamp) -> Result<Vec<QueueLease>, StoreError> {
        Ok(self.with(|memory| {
            let mut work: Vec<&mut Kept> = memory.interactions.values_mut().collect();
            work.retain(|kept| {
                let free = match kept.record.state {
                    State::Decided => true,
                    State::Claimed => kept.lease.is_some_and(|(_, end)| end <= now),
                    _ => false,
                };
                let listed = |skills: &[String]| {
                    claim.skills.as_ref().is_none_or(|known| skills.iter().all(|skill| known.contains(skill)))
                };
                let decision = kept.record.decision.as_ref();
                free && decision.is_some_and(|made| made.queue == Some(claim.queue) && listed(&made.skills))
            });
            work.sort_by_key(|kept| (-kept.record.decision.as_ref().unwrap().priority, kept.record.id));
            let mut leases = Vec::new();
            for kept in work.into_iter().take(claim.max as usize) {
                let (token, expires_at) = (Uuid::new_v4(), now + seconds(claim.lease_seconds));
                kept.record.state = State::Claimed;
                kept.lease = Some((token, expires_at));
                leases.push(QueueLease { token, expires_at, interaction: kept.record.clone() });
            }
            leases
        }))
    }

    async fn acknowledge(&self, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        self.with(|memory| {
            if memory.interactions.values().any(|kept| kept.acknowledged == Some(token)) {
                return Ok(());
            }
            let kept = leased(memory, token, now)?;
            kept.record.state = State::Completed;
            kept.acknowledged = Some(token);
            kept.lease = None;
            Ok(())
        })
    }

    async fn release(&self, token: Uuid, now: Timestamp) -> Result<(), LeaseError> {
        self.with(|memory| {
            let kept = leased(memory, token, now)?;
            kept.record.state = State::Decided;
            kept.lease = None;
            Ok(())
        })
    }

    async fn extend(&self, token: Uuid, lease_seconds: u32, now: Timestamp) -> Result<Timestamp, LeaseError> {
        self.with(|memory| {
            let end = now + seconds(lease_seconds);
            leased(memory, token, now)?.lease = Some((token, end));
            Ok(end)
        })
    }
}

fn leased(memory: &mut Memory, token: Uuid, now: Timestamp) -> Result<&mut Kept, LeaseError> {
    let holds = |kept: &&mut Kept| kept.lease.is_some_and(|(lease, end)| lease == token && end > now);
    memory.interactions.values_mut().find(holds).ok_or(LeaseError::Lost)
}

#[async_trait]
impl AccessStore for MemoryStore {
    async fn put_client(&self, client: ClientRecord) -> Result<(), StoreError> {
        self.with(|memory| {
            memory.tokens.retain(|_, token| token.client_id != client.id);
            memory.clients.insert(client.id.clone(), client);
        });
        Ok(())
    }

    async fn client(&self, id: &str) -> Result<Option<ClientRecord>, StoreError> {
        Ok(self.with(|memory| memory.clients.get(id).cloned()))
    }

    async fn clients(&self) -> Result<Vec<ClientRecord>, StoreError> {
        Ok(self.with(|memory| memory.clients.values().cloned().collect()))
    }

    async fn put_token(&self, token: TokenRecord) -> Result<(), StoreError> {
        self.with(|memory| memory.tokens.insert(token.hash, token));
        Ok(())
    }

    async fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRecord>, StoreError> {
        Ok(self.with(|memory| memory.tokens.get(hash).cloned()))
    }
}
