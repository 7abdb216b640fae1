//! States as conditions, in SQL that both databases read. The numbers are in the text: an index of some states is found by its text.

use waypost_ids::{DecisionKind, DeliveryKind, DeliveryState};

use crate::encoding::{decision_code, delivery_kind_code, delivery_state_code};
use crate::records::mail::State;
use crate::records::outbox::Way;
use crate::rules::standing::is_held;

/// What is in this state.
pub(crate) fn in_state(state: State) -> String {
    format!("state = {}", state.code())
}

/// Deliveries of this kind.
pub(crate) fn of_kind(kind: DeliveryKind) -> String {
    let mut codes = Way::ALL.map(|way| delivery_kind_code(kind, way)).to_vec();
    codes.dedup();
    let codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    if let [one] = &*codes { format!("kind = {one}") } else { format!("kind IN ({})", codes.join(", ")) }
}

/// Mail that waits to be sent; what goes to webhooks or into folders does not.
pub(crate) fn waiting_mail() -> String {
    format!("state = {} AND kind NOT IN (3, 5, 6)", delivery_state_code(DeliveryState::Pending))
}

/// What somebody works on under a lease: the condition of an index of leases.
pub(crate) fn held() -> String {
    let works = |state: &&State| is_held(**state) && **state != State::Waiting;
    let codes: Vec<String> = State::ALL.iter().filter(works).map(|state| state.code().to_string()).collect();
    format!("state IN ({})", codes.join(", "))
}

/// What is held under a lease that may run out, each part by the condition of its index.
pub(crate) fn expiring() -> [String; 2] {
    [held(), in_state(State::Waiting)]
}

/// What waits as unrouted: the condition of an index. A forward that waits in a queue has failed: while it is on the way it is in no queue,
/// and once everybody has it it is completed (`crate::rules::standing`).
pub(crate) fn unrouted() -> String {
    let (forward, unrouted) = (decision_code(DecisionKind::Forward), decision_code(DecisionKind::Unrouted));
    format!("{} AND decision IN ({forward}, {unrouted})", in_queues())
}

/// What was decided so, for those who ask: what waits as unrouted is unrouted, however its run ended.
pub(crate) fn decided_as(kind: DecisionKind) -> String {
    let ended_so = format!("decision = {}", decision_code(kind));
    match kind {
        DecisionKind::Unrouted => format!("({ended_so} OR ({}))", unrouted()),
        DecisionKind::Queue | DecisionKind::Forward | DecisionKind::Disconnect => ended_so,
    }
}

/// What waits in a queue, or was claimed from one.
fn in_queues() -> String {
    format!("state IN ({}, {})", State::Decided.code(), State::Claimed.code())
}

/// The queues whose counter differs from what waits there: both counts, from one moment.
pub(crate) fn miscounted() -> String {
    format!(
        "SELECT queue, CAST(sum(there) AS bigint) AS there, CAST(sum(counted) AS bigint) AS counted FROM (
            SELECT queue, count(*) AS there, 0 AS counted FROM interactions WHERE {} AND queue IS NOT NULL GROUP BY queue
            UNION ALL SELECT queue, 0, waiting FROM queue_counters) AS counts
        GROUP BY queue HAVING sum(there) <> sum(counted) ORDER BY queue",
        in_state(State::Decided)
    )
}

/// Where each interaction stands, as numbers of [`Place`](crate::records::outbox::Place) and of reasons why it is stuck. Parameter 1: since
/// before when a delivery that is due counts as one that nobody carries.
pub(crate) fn places() -> String {
    let carries = [DeliveryKind::Forward, DeliveryKind::QueuePush].map(of_kind).join(" OR ");
    let pending = format!(
        "SELECT 1 FROM deliveries WHERE interaction = interactions.id AND ({carries})
        AND deliveries.run = interactions.runs AND deliveries.state = {}",
        delivery_state_code(DeliveryState::Pending)
    );
    let undecided = [State::Received, State::Running, State::Waiting].map(in_state).join(" OR ");
    let (in_queue, going_out) = (in_queues(), in_state(State::GoingOut));
    let (queued, claimed) = (in_state(State::Decided), in_state(State::Claimed));
    let (forwarded, dropped) = (decision_code(DecisionKind::Forward), decision_code(DecisionKind::Disconnect));
    format!(
        "SELECT id, received_at, CASE
            WHEN {undecided} THEN 0
            WHEN {in_queue} AND (queue IS NULL OR queue NOT IN (SELECT id FROM queues)) THEN 10
            WHEN {queued} THEN 1
            WHEN {claimed} THEN 2
            WHEN {going_out} AND NOT EXISTS ({pending}) THEN CASE WHEN decision = {forwarded} THEN 11 ELSE 13 END
            WHEN {going_out} AND EXISTS ({pending} AND deliveries.due_at < $1)
                THEN CASE WHEN decision = {forwarded} THEN 12 ELSE 14 END
            WHEN {going_out} THEN 3
            WHEN decision = {dropped} THEN 6
            ELSE 5 END AS place
        FROM interactions"
    )
}

/// What of these is stuck.
pub(crate) const STUCK: &str = ">= 10";
