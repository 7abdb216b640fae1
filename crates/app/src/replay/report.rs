//! What a replay tells.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::compare::destination;
use super::one::{Replayed, Verdict};

/// So many interactions that differ are kept with both traces; those beyond are counted.
pub const MOST_CHANGES: usize = 1_000;

/// The report of a replay, in counts. Maps are sorted, so that the same replay is the same text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Interactions that were run.
    pub replayed: u64,
    /// Those whose decision stays.
    pub same: u64,
    /// Those whose decision would change.
    pub changed: u64,
    /// Those with a question that neither the record nor today's data can answer.
    pub unknown: u64,
    /// Those whose decision stays and whose attributes would change.
    pub attributes_changed: u64,
    /// Interactions looked at whose flows nothing of the change concerns: they were not run.
    pub not_concerned: u64,
    /// Interactions that could not be run, by reason: `erased`, `undecided`, `routeGone`.
    pub skipped: BTreeMap<String, u64>,
    /// From where to where decisions would move.
    pub moves: Vec<Move>,
    /// The same by the flow that the route leads to.
    pub callers: BTreeMap<String, Counts>,
    /// How many decisions led to each queue, and how many would.
    pub queues: BTreeMap<String, QueueCounts>,
    /// Changed ones beyond those that are listed one by one.
    pub changes_not_kept: u64,
    /// Whether an earlier start was interrupted, so that everything was run again.
    pub started_again: bool,
    /// Why it could not be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

/// A move of decisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Where they led.
    pub from: String,
    /// Where they would lead; the same if only priority, skills or the like differ.
    pub to: String,
    /// How many.
    pub count: u64,
}

/// Decisions of one caller.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// They stay.
    pub same: u64,
    /// They would change.
    pub changed: u64,
    /// It can't be known.
    pub unknown: u64,
}

/// Decisions that lead to one queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueCounts {
    /// As recorded.
    pub before: u64,
    /// As they would be.
    pub after: u64,
}

impl Report {
    /// Counts one; answers whether it is to be kept singly.
    pub(crate) fn count(&mut self, one: &Replayed) -> bool {
        self.replayed += 1;
        let caller = self.callers.entry(one.caller.clone()).or_default();
        if one.verdict == Verdict::Unknown {
            self.unknown += 1;
            caller.unknown += 1;
            return false;
        }
        for (told, after) in [(&one.before, false), (&one.after, true)] {
            if let Some(queue) = told.get("queue").and_then(Json::as_str) {
                let queue = self.queues.entry(queue.to_owned()).or_default();
                *(if after { &mut queue.after } else { &mut queue.before }) += 1;
            }
        }
        if one.verdict == Verdict::Same {
            self.same += 1;
            caller.same += 1;
            self.attributes_changed += u64::from(one.attributes_changed);
            return false;
        }
        self.changed += 1;
        caller.changed += 1;
        let (from, to) = (destination(&one.before), destination(&one.after));
        match self.moves.iter_mut().find(|known| known.from == from && known.to == to) {
            Some(known) => known.count += 1,
            None => self.moves.push(Move { from, to, count: 1 }),
        }
        let kept = self.changed - self.changes_not_kept <= MOST_CHANGES as u64;
        self.changes_not_kept += u64::from(!kept);
        kept
    }

    /// Notes one that could not be run.
    pub(crate) fn skip(&mut self, reason: &str) {
        *self.skipped.entry(reason.to_owned()).or_default() += 1;
    }

    /// Brings the moves into their order: most first.
    pub(crate) fn close(&mut self) {
        self.moves.sort_by(|a, b| (b.count, &a.from, &a.to).cmp(&(a.count, &b.from, &b.to)));
    }
}

/// How far a replay has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Interactions run so far.
    pub replayed: u64,
    /// Those of them whose decision would change.
    pub changed: u64,
    /// Interactions looked at so far, those that are not run included.
    pub seen: u64,
    /// How many are run at most.
    pub most: u64,
}
