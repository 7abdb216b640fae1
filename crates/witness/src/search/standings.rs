//! Instants at which schedules say something: when they change, and when two versions of one say different things.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use waypost_flow::document::fold_name;
use waypost_flow_tests::Flows;
use waypost_flow_tests::trial::WHEN;
use waypost_schedule::Schedule;

/// When a schedule changes, and what stands from then on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) from: Timestamp,
    pub(crate) state: String,
    pub(crate) name: String,
}

/// Most changes of a schedule that are looked through: those of a year and more.
const MOST_CHANGES: usize = 900;

/// The same where two versions are compared: a day that was a holiday each year may be a Sunday for years.
const MOST_COMPARED: usize = 6_000;

/// Most instants at which two versions of a schedule say different things.
const MOST_PARTED: usize = 24;

/// How long before [`WHEN`] two versions are compared if they agree from then on: what was a holiday may be over.
const BEFORE: SignedDuration = SignedDuration::from_hours(3 * 365 * 24);

/// A schedule of a version by its name.
fn of<'f>(name: &str, flows: &'f Flows<'_>) -> Option<&'f Schedule> {
    flows.running.schedules.named(&fold_name(name)).and_then(|known| known.schedule.as_ref())
}

fn standing(schedule: &Schedule, from: Timestamp) -> Standing {
    let now = schedule.at(from);
    Standing { from, state: now.state.as_str().to_owned(), name: now.name.unwrap_or_default() }
}

/// The changes of a schedule from an instant on.
fn changes(schedule: &Schedule, from: Timestamp) -> impl Iterator<Item = Standing> {
    let next = |at: &Timestamp| schedule.at(*at).next_change;
    std::iter::successors(next(&from), next).map(|at| standing(schedule, at))
}

/// When a schedule changes, and to what: where it parts from another version's, the first changes, and then those to what was not seen
/// before.
pub(crate) fn standings(name: &str, flows: &Flows<'_>, others: &[Flows<'_>]) -> Vec<Standing> {
    let Some(schedule) = of(name, flows) else { return Vec::new() };
    let mut found = Vec::new();
    for other in others.iter().filter_map(|other| of(name, other)).filter(|other| *other != schedule) {
        found.extend(parted(schedule, other));
    }
    let mut seen = HashSet::new();
    for (number, now) in changes(schedule, WHEN).take(MOST_CHANGES).enumerate() {
        if (seen.insert((now.state.clone(), now.name.clone())) || number < 10) && !found.contains(&now) {
            found.push(now);
        }
    }
    found
}

/// Changes of either of two schedules, after which they say different things; what the first says then. Whether it is open comes
/// first: that is what most flows read.
fn parted(schedule: &Schedule, other: &Schedule) -> Vec<Standing> {
    let from = |start: Timestamp| {
        let both = [schedule, other].into_iter().flat_map(|one| changes(one, start).take(MOST_COMPARED));
        let differ = both.map(|change| change.from).filter(|at| {
            let (ours, theirs) = (schedule.at(*at), other.at(*at));
            (ours.state, &ours.name) != (theirs.state, &theirs.name)
        });
        let (open, named): (Vec<_>, Vec<_>) = differ.partition(|at| schedule.at(*at).is_open != other.at(*at).is_open);
        let few = |all: Vec<Timestamp>| all.into_iter().take(MOST_PARTED);
        few(open).chain(few(named)).collect::<Vec<_>>()
    };
    let mut all = from(WHEN);
    if all.is_empty() {
        all = from(WHEN.saturating_sub(BEFORE).unwrap_or(WHEN));
    }
    all.into_iter().map(|at| standing(schedule, at)).collect()
}
