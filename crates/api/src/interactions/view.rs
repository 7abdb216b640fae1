//! Interactions as they are returned.

use std::collections::BTreeMap;

use waypost_app::App;
use waypost_app::interactions::InteractionError;
use waypost_ids::{DecisionKind, DeliveryState, FlowId, InteractionId, Version};
use waypost_store::error::StoreError;
use waypost_store::records::facts::{AuthFact, AuthFacts, Facts, ScanFacts};
use waypost_store::records::mail::{self as kept, DecisionRecord, InteractionRecord, RunSummary};
use waypost_store::records::threads::PreviousRecord;
use waypost_wire::interaction::{
    Auth, AuthMethod, Decision, DecisionQueue, Envelope, Interaction, InteractionThread, Opening, PreviousInteraction,
    Run, RunFlow, Scan, State, Summary,
};
use waypost_wire::trace::RunTrace;

/// How often an interaction and its runs are read again until they fit each other.
const READS: usize = 8;

/// Words of the filter `state`, and whether that state is meant alone: what is decided may be on its way out, and does not wait then.
pub const STATES: [(&str, (kept::State, bool)); 6] = [
    ("received", (kept::State::Received, false)),
    ("running", (kept::State::Running, false)),
    ("decided", (kept::State::Decided, false)),
    ("waiting", (kept::State::Decided, true)),
    ("claimed", (kept::State::Claimed, false)),
    ("completed", (kept::State::Completed, false)),
];

/// A state as it is shown. A parked run is still under way; one whose forward is on the way is decided.
fn state(state: kept::State) -> State {
    match state {
        kept::State::Received => State::Received,
        kept::State::Running | kept::State::Waiting => State::Running,
        kept::State::Decided | kept::State::GoingOut => State::Decided,
        kept::State::Claimed => State::Claimed,
        kept::State::Completed => State::Completed,
    }
}

/// The word for a state as it is shown.
pub(crate) const fn state_word(state: kept::State) -> &'static str {
    match state {
        kept::State::Received => "received",
        kept::State::Running | kept::State::Waiting => "running",
        kept::State::Decided | kept::State::GoingOut => "decided",
        kept::State::Claimed => "claimed",
        kept::State::Completed => "completed",
    }
}

/// Interactions with their runs.
///
/// # Errors
/// The store.
pub async fn interactions(app: &App, records: Vec<InteractionRecord>) -> Result<Vec<Interaction>, StoreError> {
    let runs = runs_of(app, &records).await?;
    Ok(records.into_iter().zip(runs).map(|(record, runs)| interaction(app, record, runs)).collect())
}

/// The runs that interactions had when they were read: more may have ended since.
///
/// # Errors
/// The store.
pub async fn runs_of(app: &App, records: &[InteractionRecord]) -> Result<Vec<Vec<RunSummary>>, StoreError> {
    let mut runs = app.runs_of(records.iter().map(|record| record.id).collect()).await?;
    for (record, runs) in records.iter().zip(&mut runs) {
        runs.retain(|run| run.number <= record.runs);
    }
    Ok(runs)
}

/// An interaction with its runs.
pub fn interaction(app: &App, record: InteractionRecord, runs: Vec<RunSummary>) -> Interaction {
    let queue = record.decision.as_ref().and_then(|made| made.queue).filter(|_| record.state == kept::State::Decided);
    let thread = record.its_thread();
    Interaction {
        thread: Some(InteractionThread {
            id: InteractionId(thread.id),
            reason: thread.reason,
            position: thread.position,
            previous: None,
        }),
        duplicates_reason: record.duplicates_reason().map(str::to_owned),
        id: record.id,
        state: state(record.state),
        received_at: record.received_at.into(),
        queued_at: record.queued_at.map(Into::into),
        over_service_level: queue.zip(record.queued_at).and_then(|(queue, at)| app.is_late(queue, at)),
        envelope: Envelope { from: record.envelope_from, to: record.envelope_to, remote: record.remote },
        auth: None,
        scan: None,
        message_id: record.message_id,
        subject: (!record.erased).then_some(record.subject),
        flow: record.flow.map(|flow| run_flow(app, flow)),
        decision: record.decision.map(|made| decision(app, made)),
        runs: runs.into_iter().map(|run| self::run(app, run, None)).collect(),
        opening: None,
        attributes: record.attributes,
        duplicates: record.duplicates,
        possible_duplicate_of: record.possible_duplicate_of,
        duplicate: false,
        erased: record.erased,
        self_uri: format!("/api/v2/interactions/{}", record.id),
    }
}

/// An interaction with its runs, which fit each other: they are two reads, and a run may end in between.
///
/// # Errors
/// Not found, or the store.
pub async fn with_runs(app: &App, id: InteractionId) -> Result<Interaction, InteractionError> {
    let mut runs = app.runs(id).await?;
    let mut record = app.interaction(id).await?;
    for _ in 0..READS {
        if record.runs as usize == runs.len() {
            break;
        }
        runs = app.runs(id).await?;
        record = app.interaction(id).await?;
    }
    let Facts { auth, scan } = app.facts(id).await?;
    let opening = record.opening.as_ref().filter(|_| !record.erased);
    let opening = opening.map(|opening| Opening { attributes: opening.attributes.clone() });
    let mut previous = record.thread.as_ref().and_then(|thread| thread.previous.clone()).filter(|_| !record.erased);
    // A mail that was accepted while the earlier one was erased may have a copy all the same.
    if let Some(copy) = previous.as_mut().filter(|copy| !copy.attributes.is_empty()) {
        let earlier = match app.interaction(copy.id).await {
            Err(InteractionError::NotFound(_)) => None,
            earlier => Some(earlier?),
        };
        if earlier.is_none_or(|earlier| earlier.erased) {
            copy.attributes.clear();
        }
    }
    let mut interaction = interaction(app, record, runs);
    if let Some(thread) = &mut interaction.thread {
        thread.previous = previous.map(self::previous);
    }
    Ok(Interaction {
        auth: (auth != AuthFacts::default()).then(|| self::auth(auth)),
        scan: (scan != ScanFacts::default()).then(|| self::scan(scan)),
        opening,
        ..interaction
    })
}

/// The earlier interaction of a thread, as it was.
fn previous(record: PreviousRecord) -> PreviousInteraction {
    PreviousInteraction {
        id: record.id,
        received_at: record.received_at.into(),
        decision: record.decision,
        queue: Some(record.queue_name).filter(|name| !name.is_empty()),
        priority: record.priority,
        skills: record.skills,
        language: record.language,
        attributes: record.attributes,
    }
}

/// Who sent a mail.
fn auth(facts: AuthFacts) -> Auth {
    let method = |AuthFact { result, domain, aligned, reason }: AuthFact| AuthMethod {
        result,
        domain: Some(domain).filter(|domain| !domain.is_empty()),
        aligned,
        reason: Some(reason).filter(|reason| !reason.is_empty()),
    };
    Auth { spf: method(facts.spf), dkim: method(facts.dkim), dmarc: method(facts.dmarc) }
}

/// What a scanner said of it.
fn scan(facts: ScanFacts) -> Scan {
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    Scan { result: facts.result, by: said(facts.by), reason: said(facts.reason) }
}

/// A run, with a trace or without.
pub fn run(app: &App, summary: RunSummary, trace: Option<RunTrace>) -> Run {
    Run {
        number: summary.number,
        flow: summary.run.flow.map(|flow| run_flow(app, flow)),
        started_at: summary.run.started_at.into(),
        duration_us: summary.run.duration_us,
        decision: decision(app, summary.run.decision),
        rerun_by: summary.run.rerun_by,
        trace,
        deliveries: Vec::new(),
    }
}

/// Counts, with every state and every kind of decision, those that nothing is in included.
pub fn summary(counts: &kept::Summary) -> Summary {
    let count = |found: Option<&u64>| found.copied().unwrap_or(0);
    let mut by_state = BTreeMap::new();
    for kept in kept::State::ALL {
        *by_state.entry(state(*kept)).or_default() += count(counts.by_state.get(kept));
    }
    Summary {
        accepted: counts.accepted,
        duplicates: counts.duplicates,
        interactions: counts.interactions,
        by_state,
        by_decision: DecisionKind::ALL.map(|kind| (kind, count(counts.by_decision.get(&kind)))).into(),
        unrouted: counts.unrouted,
        deliveries: DeliveryState::ALL.iter().map(|state| (*state, count(counts.deliveries.get(state)))).collect(),
        oldest_undecided_at: counts.oldest_undecided_at.map(Into::into),
    }
}

fn run_flow(app: &App, (id, version): (FlowId, Version)) -> RunFlow {
    RunFlow { id, name: app.flow_name(id), version }
}

/// A decision. That of a forward names the queue where it stands if it fails: nobody is told before it does.
pub fn decision(app: &App, record: DecisionRecord) -> Decision {
    let stands = record.kind != DecisionKind::Forward || record.error.is_some();
    Decision {
        kind: record.kind,
        queue: record
            .queue
            .filter(|_| stands)
            .map(|id| DecisionQueue { id, name: app.queue_name(id).map(|name| name.to_string()) }),
        priority: record.priority,
        skills: record.skills,
        language: record.language,
        addresses: record.addresses,
        reason: record.reason,
        outcome: record.outcome,
        error: record.error,
    }
}
