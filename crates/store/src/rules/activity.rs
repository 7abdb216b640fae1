//! What counts as activity, and how it is kept: rows of topic, minute, object and member, each with a count.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{DecisionKind, FlowId, QueueId};

use crate::encoding::{decision_code, decision_kind, ended_at};
use crate::records::activity::{Delays, Minute, Traffic, minute_of};
use crate::records::mail::RunRecord;

/// Mails: member 0 made an interaction, 1 was counted on an earlier one.
pub(crate) const MAILS: i16 = 0;
/// Runs that ended: the member is the decision's number, the object the queue that it led to.
pub(crate) const DECISIONS: i16 = 1;
/// Runs that ended with an error.
pub(crate) const FAILURES: i16 = 2;
/// First runs: the member is the bucket of the time from acceptance to decision.
pub(crate) const DELAYS: i16 = 3;
/// Runs by flow, counted by the hour: member 0 ended well, 1 with an error.
pub(crate) const FLOWS: i16 = 4;

/// The topics that are counted by the minute come before this one.
pub(crate) const BY_MINUTE: i16 = FLOWS;

const MINUTES_AN_HOUR: i64 = 60;

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Counted {
    pub(crate) topic: i16,
    /// Since 1970.
    pub(crate) minute: i64,
    /// Nil where there is none.
    pub(crate) object: Uuid,
    pub(crate) member: i64,
}

/// What a transaction adds.
#[derive(Debug, Default)]
pub(crate) struct Activity(BTreeMap<Counted, i64>);

impl Activity {
    fn count(&mut self, topic: i16, minute: i64, object: Uuid, member: i64) {
        *self.0.entry(Counted { topic, minute, object, member }).or_default() += 1;
    }

    /// A mail made an interaction.
    pub(crate) fn made(&mut self, at: Timestamp) {
        self.count(MAILS, minute_of(at), Uuid::nil(), 0);
    }

    /// A mail was counted on an earlier interaction.
    pub(crate) fn duplicate(&mut self, at: Timestamp) {
        self.count(MAILS, minute_of(at), Uuid::nil(), 1);
    }

    /// A run ended; the first of its interaction names when that was accepted.
    pub(crate) fn ran(&mut self, run: &RunRecord, accepted_at: Option<Timestamp>) {
        let ended = ended_at(run);
        let minute = minute_of(ended);
        let queue = match run.decision.kind {
            DecisionKind::Queue | DecisionKind::Unrouted => run.decision.queue.map(|queue| queue.0),
            DecisionKind::Forward | DecisionKind::Disconnect => None,
        };
        self.count(DECISIONS, minute, queue.unwrap_or_default(), decision_code(run.decision.kind));
        let failed = run.decision.error.is_some();
        if failed {
            self.count(FAILURES, minute, Uuid::nil(), 0);
        }
        if let Some((flow, _)) = run.flow {
            self.count(FLOWS, hour_of(ended), flow.0, i64::from(failed));
        }
        if let Some(accepted) = accepted_at {
            let took = ended.duration_since(accepted).as_micros();
            self.count(DELAYS, minute, Uuid::nil(), Delays::bucket(u64::try_from(took).unwrap_or(0)));
        }
    }

    /// What is added to each row.
    pub(crate) fn rows(self) -> impl Iterator<Item = (Counted, i64)> {
        self.0.into_iter()
    }
}

/// The first minute of the hour that a time is in.
pub(crate) fn hour_of(at: Timestamp) -> i64 {
    let minute = minute_of(at);
    minute - minute.rem_euclid(MINUTES_AN_HOUR)
}

/// Puts rows of the topics [`BY_MINUTE`] together. What is not understood is left out: these are no more than numbers to look at.
pub(crate) fn minutes(rows: impl IntoIterator<Item = (Counted, u64)>) -> BTreeMap<i64, Minute> {
    let mut minutes: BTreeMap<i64, Minute> = BTreeMap::new();
    for (Counted { topic, minute, object, member }, count) in rows {
        let one = minutes.entry(minute).or_default();
        match (topic, member) {
            (MAILS, 0) => one.made = count,
            (MAILS, 1) => one.duplicates = count,
            (DECISIONS, code) => {
                if let Some(kind) = decision_kind(code) {
                    one.decided.insert((kind, Some(QueueId(object)).filter(|_| !object.is_nil())), count);
                }
            }
            (FAILURES, _) => one.failed = count,
            (DELAYS, bucket) => one.delays.add(bucket, count),
            _ => {}
        }
    }
    minutes
}

/// Puts rows of the topic [`FLOWS`] together.
pub(crate) fn traffic(rows: impl IntoIterator<Item = (Uuid, i64, u64)>) -> BTreeMap<FlowId, Traffic> {
    let mut flows: BTreeMap<FlowId, Traffic> = BTreeMap::new();
    for (flow, member, count) in rows {
        let one = flows.entry(FlowId(flow)).or_default();
        one.runs = one.runs.saturating_add(count);
        if member == 1 {
            one.failed = one.failed.saturating_add(count);
        }
    }
    flows
}
