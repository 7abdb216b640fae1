//! A run that waits for an answer from outside: what is kept of it, and what lets it go on.

use uuid::Uuid;

use super::recording::Before;
use super::standing::Standing;
use crate::leases::Lease;

/// How an interaction stands whose run was parked or goes on, and the journal of that run.
#[derive(Debug, PartialEq)]
pub(crate) struct Parked {
    pub(crate) standing: Standing,
    /// The number that the run will have.
    pub(crate) number: u32,
    /// None where the content was erased: nothing of it is to come back.
    pub(crate) journal: Option<String>,
}

/// Its worker parks the run with what it was answered so far; none if it does not hold it.
pub(crate) fn park(before: Before, lease: Lease, journal: String) -> Option<Parked> {
    let (number, journal) = kept(&before, journal);
    Some(Parked { standing: before.standing.park_run(lease)?, number, journal })
}

/// The run that was parked under a lease goes on with this journal; none if it waits for nothing, or for another answer.
pub(crate) fn resume(before: Before, lease: Uuid, journal: String) -> Option<Parked> {
    let (number, journal) = kept(&before, journal);
    Some(Parked { standing: before.standing.resume_run(lease)?, number, journal })
}

fn kept(before: &Before, journal: String) -> (u32, Option<String>) {
    (before.runs.saturating_add(1), (!before.erased).then_some(journal))
}
