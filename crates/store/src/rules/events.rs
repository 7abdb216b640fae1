//! What counts as an event, and who is told. What happens while nobody listens costs one question.

use std::mem;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use waypost_ids::{DecisionKind, DeliveryKind, DeliveryState, Event, FlowId, InteractionId};

use super::standing::{Position, Standing};
use crate::records::events::{About, Happened, Hint, Listeners, Told};
use crate::records::mail::{InteractionRecord, RunRecord, State};
use crate::records::outbox::DeliveryRecord;

/// Those who listen, once they are known.
#[derive(Clone, Default)]
pub(crate) struct Ears(Arc<OnceLock<Arc<dyn Listeners>>>);

impl Ears {
    /// From now on these listen. The first are kept.
    pub(crate) fn open(&self, listeners: Arc<dyn Listeners>) {
        let _ = self.0.set(listeners);
    }

    fn hear(&self, event: &Event) -> bool {
        self.0.get().is_some_and(|listeners| listeners.listen(*event))
    }

    fn told(&self, event: Event, about: About<'_>) -> Option<Told> {
        Some(self.0.get()?.told(Happened { event, about })).filter(|told| !told.requests.is_empty())
    }
}

impl Ears {
    /// What a transaction that is committed by now changed.
    pub(crate) fn changed(&self, hints: &[Hint]) {
        if let Some(listeners) = self.0.get().filter(|_| !hints.is_empty()) {
            listeners.changed(hints);
        }
    }

    /// Some of what other nodes changed is not known.
    pub(crate) fn missed(&self) {
        if let Some(listeners) = self.0.get() {
            listeners.missed();
        }
    }
}

/// What a transaction changes, for those who watch: told once it is committed, and never if it is not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hints(Arc<Mutex<Vec<Hint>>>);

impl Hints {
    /// One more.
    pub(crate) fn add(&self, hint: Hint) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(hint);
    }

    /// All of them; none are left.
    pub(crate) fn take(&self) -> Vec<Hint> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An interaction is made.
    pub(crate) fn made(&self, id: InteractionId, standing: &Standing, run: Option<&RunRecord>) {
        let run = run.map(ended);
        for event in made(standing.state).into_iter().flatten() {
            let (state, queue) = (standing.state, standing.queue);
            self.add(Hint::Interaction { event, id, state, queue, from: None, run });
        }
    }

    /// Notes which run led to what was said of an interaction.
    pub(crate) fn ran(&self, interaction: InteractionId, record: &RunRecord) {
        for hint in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            if let Hint::Interaction { id, run, .. } = hint
                && *id == interaction
            {
                *run = Some(ended(record));
            }
        }
    }
}

/// The flow of a run, and how it ended.
fn ended(run: &RunRecord) -> (Option<FlowId>, DecisionKind) {
    (run.flow.map(|(flow, _)| flow), run.decision.kind)
}

/// What happened in a transaction, as far as anybody listens.
#[derive(Default)]
pub(crate) struct Happenings {
    ears: Ears,
    hints: Hints,
    interactions: Vec<(InteractionId, Event)>,
    deliveries: Vec<(Event, DeliveryRecord)>,
}

impl Happenings {
    /// Nothing yet.
    pub(crate) fn heard_by(ears: &Ears, hints: &Hints) -> Self {
        Self { ears: ears.clone(), hints: hints.clone(), ..Self::default() }
    }

    /// What is told once the transaction is committed.
    pub(crate) fn hints(&self) -> &Hints {
        &self.hints
    }

    /// Whether there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.interactions.is_empty() && self.deliveries.is_empty()
    }

    /// An interaction stands elsewhere than before.
    pub(crate) fn moved(&mut self, id: InteractionId, from: Position, to: Position) {
        for event in moved(from, to).into_iter().flatten() {
            let before = from.queue.filter(|queue| to.queue != Some(*queue));
            let Position { state, queue, .. } = to;
            self.hints.add(Hint::Interaction { event, id, state, queue, from: before, run: None });
            if self.ears.hear(&event) {
                self.interactions.push((id, event));
            }
        }
    }

    /// A delivery may be in another state than before.
    pub(crate) fn sent(&mut self, before: DeliveryState, after: &DeliveryRecord) {
        if before != after.state {
            let DeliveryRecord { id, interaction, state, .. } = *after;
            self.hints.add(Hint::Delivery { id, interaction, state });
        }
        let event = outcome(before, after).filter(|event| self.ears.hear(event));
        self.deliveries.extend(event.map(|event| (event, after.clone())));
    }

    /// The interactions that something is told of.
    pub(crate) fn interactions(&self) -> Vec<InteractionId> {
        let mut ids: Vec<InteractionId> = self.interactions.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// What is told of all of it, with the interactions as they stand now. One that can't be read is told of by nobody.
    pub(crate) fn told(self, records: &[InteractionRecord]) -> Vec<(InteractionId, Told)> {
        let Self { ears, interactions, deliveries, .. } = self;
        let moved = interactions.into_iter().filter_map(|(id, event)| {
            let record = records.iter().find(|record| record.id == id)?;
            Some((id, ears.told(event, About::Interaction(record))?))
        });
        let sent = deliveries
            .iter()
            .filter_map(|(event, record)| Some((record.interaction, ears.told(*event, About::Delivery(record))?)));
        // A delivery's end comes before what it means for the interaction.
        let mut told: Vec<_> = sent.collect();
        told.extend(moved);
        told
    }
}

/// Whether anybody listens to what happens to an interaction that is made, standing so.
pub(crate) fn is_heard(ears: &Ears, standing: &Standing) -> bool {
    made(standing.state).into_iter().flatten().any(|event| ears.hear(&event))
}

/// What is told of an interaction that is made.
pub(crate) fn of_made(ears: &Ears, record: &InteractionRecord) -> Vec<Told> {
    let events = made(record.state).into_iter().flatten().filter(|event| ears.hear(event));
    events.filter_map(|event| ears.told(event, About::Interaction(record))).collect()
}

/// What it means that an interaction is made in a state.
const fn made(state: State) -> [Option<Event>; 3] {
    let received = Some(Event::Received);
    match state {
        State::Received | State::Running | State::Waiting => [received, None, None],
        State::Decided | State::GoingOut | State::Claimed => [received, Some(Event::Decided), None],
        State::Completed => [received, Some(Event::Decided), Some(Event::Completed)],
    }
}

/// What it means that an interaction goes from one place to another.
fn moved(from: Position, to: Position) -> [Option<Event>; 2] {
    match (from.state, to.state) {
        (State::Received | State::Running | State::Waiting, State::Received | State::Running | State::Waiting)
        | (State::Decided | State::GoingOut, State::GoingOut)
        | (State::Decided, State::Decided)
        | (State::Claimed, State::Claimed)
        | (State::Completed, State::Completed | State::GoingOut) => [None, None],
        (State::Received | State::Running | State::Waiting, State::Decided | State::GoingOut | State::Claimed) => {
            [Some(Event::Decided), None]
        }
        (State::Received | State::Running | State::Waiting, State::Completed) => {
            [Some(Event::Decided), Some(Event::Completed)]
        }
        (State::Decided | State::GoingOut | State::Completed, State::Claimed) => [Some(Event::Claimed), None],
        (State::Claimed, State::Decided) if (from.queue, from.queued_at) == (to.queue, to.queued_at) => {
            [Some(Event::Released), None]
        }
        (State::Claimed, State::Decided | State::GoingOut) => [Some(Event::Transferred), None],
        (State::GoingOut | State::Completed, State::Decided) => [Some(Event::Undelivered), None],
        (State::Decided | State::GoingOut | State::Claimed | State::Completed, State::Received)
        | (State::Decided | State::GoingOut | State::Claimed | State::Completed, State::Running | State::Waiting) => {
            [Some(Event::Rerun), None]
        }
        (State::Decided | State::GoingOut | State::Claimed, State::Completed) => [Some(Event::Completed), None],
    }
}

/// What it means that a delivery is in another state than before. One that tells of an event is none itself, or events would never end.
fn outcome(before: DeliveryState, after: &DeliveryRecord) -> Option<Event> {
    if before == after.state || is_event(after) {
        return None;
    }
    match after.state {
        DeliveryState::Pending => None,
        DeliveryState::Delivered => Some(Event::DeliveryDelivered),
        DeliveryState::Bounced => Some(Event::DeliveryBounced),
        DeliveryState::Dead => Some(Event::DeliveryDead),
        DeliveryState::Cancelled => Some(Event::DeliveryCancelled),
    }
}

/// Whether a delivery tells of an event: it goes to a webhook, and no run asked for it.
fn is_event(record: &DeliveryRecord) -> bool {
    record.kind == DeliveryKind::Webhook && record.run.is_none()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use uuid::Uuid;
    use waypost_ids::QueueId;

    use super::*;

    /// From each state to each: what it means. `=` stays where it is, in words of [`Event`] without `interaction.`.
    const TABLE: &str = "
        from       received   running    waiting    decided      going-out    claimed    completed
        received   -          -          -          decided      decided      decided    decided+completed
        running    -          -          -          decided      decided      decided    decided+completed
        waiting    -          -          -          decided      decided      decided    decided+completed
        decided    rerun      rerun      rerun      -            -            claimed    completed
        going-out  rerun      rerun      rerun      undelivered  -            claimed    completed
        claimed    rerun      rerun      rerun      released     transferred  -          completed
        completed  rerun      rerun      rerun      undelivered  -            claimed    -
    ";

    fn state(word: &str) -> State {
        match word {
            "received" => State::Received,
            "running" => State::Running,
            "waiting" => State::Waiting,
            "decided" => State::Decided,
            "going-out" => State::GoingOut,
            "claimed" => State::Claimed,
            "completed" => State::Completed,
            other => panic!("{other}"),
        }
    }

    fn position(state: State, queue: u128, second: i64) -> Position {
        let queued_at = Some(Timestamp::from_second(second).unwrap());
        Position { state, queue: Some(QueueId(Uuid::from_u128(queue))), queued_at }
    }

    fn words(events: [Option<Event>; 2]) -> String {
        let words = events.into_iter().flatten().map(|event| event.as_str().trim_start_matches("interaction."));
        Some(words.collect::<Vec<_>>().join("+")).filter(|words| !words.is_empty()).unwrap_or_else(|| "-".to_owned())
    }

    #[test]
    fn each_move_means_what_the_table_says() {
        let mut lines = TABLE.trim().lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let to: Vec<State> = lines.next().unwrap()[1..].iter().map(|word| state(word)).collect();
        assert_eq!(to.len(), State::ALL.len());
        let mut seen = 0;
        for line in lines {
            for (to, expected) in to.iter().zip(&line[1..]) {
                let events = moved(position(state(line[0]), 1, 1), position(*to, 1, 1));
                assert_eq!(words(events), *expected, "{} to {to:?}", line[0]);
                seen += 1;
            }
        }
        assert_eq!(seen, State::ALL.len() * State::ALL.len());
    }

    #[test]
    fn work_that_comes_to_a_queue_anew_was_transferred() {
        let from = position(State::Claimed, 1, 1);
        for (queue, second, expected) in [(1, 1, "released"), (2, 9, "transferred"), (1, 9, "transferred")] {
            assert_eq!(words(moved(from, position(State::Decided, queue, second))), expected, "{queue} {second}");
        }
    }
}
