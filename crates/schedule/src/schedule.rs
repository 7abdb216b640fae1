//! A schedule that was read, and what it answers.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::definition::Definition;
use crate::plan::Plan;
use crate::timeline::{self, Timeline};

/// How far [`Schedule::at`] looks ahead for a change, in days of 24 hours.
pub const HORIZON_DAYS: i64 = 400;

/// Timelines that are kept: of now, and of a few other instants for whoever tries a mail as of another day.
const KEPT: usize = 4;

/// What stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ScheduleState")]
pub enum State {
    /// Within `open`, and nothing takes it away.
    Open,
    /// Outside of `open`, or within `closed`.
    Closed,
    /// Within a holiday.
    Holiday,
    /// The emergency switch is on.
    Emergency,
}

impl State {
    /// As users read it, the same as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Holiday => "holiday",
            Self::Emergency => "emergency",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a schedule says of an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What stands.
    pub state: State,
    /// The name of the first rule in the definition's order that makes it so, or the emergency's reason.
    pub name: Option<String>,
    /// When the state next differs: the first instant of the next one. `None` if it does not within [`HORIZON_DAYS`], and in an
    /// emergency, which ends when somebody says so.
    pub next_change: Option<Timestamp>,
    /// Whether the state is [`State::Open`].
    pub is_open: bool,
}

/// A definition that was checked. Cheap to clone; clones share what was computed.
#[derive(Clone)]
pub struct Schedule(Arc<Inner>);

struct Inner {
    definition: Definition,
    plan: Plan,
    timelines: RwLock<Vec<Arc<Timeline>>>,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schedule").field(&self.0.definition).finish()
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.0.definition == other.0.definition
    }
}

impl Eq for Schedule {}

impl Schedule {
    pub(crate) fn new(definition: Definition, plan: Plan) -> Self {
        Self(Arc::new(Inner { definition, plan, timelines: RwLock::default() }))
    }

    /// What was read.
    pub fn definition(&self) -> &Definition {
        &self.0.definition
    }

    /// The IANA name of the zone, spelled as the database has it.
    pub fn time_zone(&self) -> &str {
        self.0.plan.zone.iana_name().unwrap_or(&self.0.definition.time_zone)
    }

    /// What stands at an instant. The same schedule and instant always have the same answer.
    ///
    /// The first call in a stretch of 64 days computes that stretch, which takes longer; others look it up.
    pub fn at(&self, instant: Timestamp) -> Standing {
        if let Some(emergency) = self.0.definition.emergency.as_ref().filter(|emergency| emergency.active) {
            return Standing {
                state: State::Emergency,
                name: emergency.reason.clone(),
                next_change: None,
                is_open: false,
            };
        }
        // Rounded down: the library rounds towards 1970.
        let second = instant.as_second() - i64::from(instant.subsec_nanosecond() < 0);
        let timeline = self.timeline(timeline::block(second));
        let segment = timeline.at(second);
        let state = segment.map_or(State::Closed, |segment| segment.state);
        let horizon = instant.saturating_add(SignedDuration::from_hours(24 * HORIZON_DAYS)).unwrap_or(Timestamp::MAX);
        Standing {
            state,
            name: segment.and_then(|segment| segment.name.as_deref()).map(str::to_owned),
            next_change: segment
                .and_then(|segment| segment.change)
                .and_then(|change| Timestamp::from_second(change).ok())
                .filter(|change| *change <= horizon),
            is_open: state == State::Open,
        }
    }

    fn timeline(&self, block: i64) -> Arc<Timeline> {
        let kept = self.0.timelines.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(timeline) = kept.iter().find(|timeline| timeline.block == block) {
            return Arc::clone(timeline);
        }
        drop(kept);
        // Outside of the lock: two threads may compute the same, which is better than all of them waiting.
        let timeline = Arc::new(Timeline::new(&self.0.plan, block));
        let mut kept = self.0.timelines.write().unwrap_or_else(PoisonError::into_inner);
        if kept.iter().all(|other| other.block != block) {
            if kept.len() >= KEPT {
                kept.remove(0);
            }
            kept.push(Arc::clone(&timeline));
        }
        timeline
    }
}
