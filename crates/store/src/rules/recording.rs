//! What a run that has ended leaves in its interaction.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::DecisionKind;

use super::deliveries::Delivery;
use super::forwards::Forwards;
use super::standing::Standing;
use super::{contents, outbox};
use crate::encoding::ended_at;
use crate::records::mail::RunRecord;

/// An interaction whose run ends.
pub(crate) struct Before {
    pub(crate) standing: Standing,
    pub(crate) received_at: Timestamp,
    /// How many runs have ended.
    pub(crate) runs: u32,
    pub(crate) decision: Option<DecisionKind>,
    pub(crate) erased: bool,
    /// Attributes that were set apart from runs.
    pub(crate) set: BTreeMap<String, String>,
}

/// What is recorded.
pub(crate) enum Recorded {
    Kept(Box<Kept>),
    /// The decision names a queue that is gone: the interaction waits for another run.
    Void(Standing),
}

/// A run that is kept.
pub(crate) struct Kept {
    pub(crate) standing: Standing,
    /// The decision that this one replaces.
    pub(crate) replaces: Option<DecisionKind>,
    /// When the interaction was accepted, if this is its first run.
    pub(crate) accepted_at: Option<Timestamp>,
    /// The run's number, which is how many have ended by now.
    pub(crate) number: u32,
    /// The run as it is kept.
    pub(crate) run: RunRecord,
    /// The attributes that the interaction shows from now on.
    pub(crate) shown: BTreeMap<String, String>,
    /// How far its forwards are.
    pub(crate) forwards: Forwards,
    /// What was sent before, as it is from now on.
    pub(crate) earlier: Vec<Delivery>,
}

/// Decides what is kept of a run, what was sent `earlier` in mind; none if it was not made under a lease that is held.
pub(crate) fn record(
    before: Before,
    lease: Uuid,
    mut run: RunRecord,
    leads_somewhere: bool,
    mut earlier: Vec<Delivery>,
) -> Option<Recorded> {
    let Before { standing, received_at, runs, decision: replaces, erased, set } = before;
    if !leads_somewhere {
        return standing.void_run(lease).map(Recorded::Void);
    }
    let (number, ended_at) = (runs.saturating_add(1), ended_at(&run));
    run.sends = outbox::later(run.sends, number, &mut earlier, ended_at);
    if erased {
        run = contents::bare_run(run);
    }
    let decided = outbox::decided(&run, &earlier, number);
    let rerun_by = run.rerun_by.clone().or_else(|| standing.rerun_by.clone());
    let standing = standing.end_run(lease, decided, ended_at)?;
    let shown = contents::shown(&run.attributes, &set);
    let run = RunRecord { rerun_by, ..run };
    let forwards = decided.forwards;
    let accepted_at = Some(received_at).filter(|_| runs == 0);
    Some(Recorded::Kept(Box::new(Kept { standing, replaces, accepted_at, number, run, shown, forwards, earlier })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::samples::{at, run};
    use crate::leases::Lease;
    use crate::records::mail::State;

    const LEASE: Uuid = Uuid::from_u128(1);

    /// An interaction that is being run, the second time, asked for by `ops`, with the attribute `lang` set.
    fn running(erased: bool) -> Before {
        let lease = Lease { id: LEASE, until: at(60) };
        let standing = Standing::accepted(Some(outbox::first(&run(DecisionKind::Queue))), at(0));
        Before {
            standing: standing.rerun("ops", false).unwrap().claim_run(lease).unwrap(),
            received_at: at(0),
            runs: 1,
            decision: Some(DecisionKind::Queue),
            erased,
            set: if erased { BTreeMap::new() } else { BTreeMap::from([("lang".to_owned(), "de".to_owned())]) },
        }
    }

    fn kept(before: Before, run: RunRecord) -> Kept {
        match record(before, LEASE, run, true, Vec::new()).unwrap() {
            Recorded::Kept(kept) => *kept,
            Recorded::Void(standing) => panic!("{standing:?}"),
        }
    }

    #[test]
    fn a_run_is_kept_with_its_number_and_who_asked() {
        let offered = run(DecisionKind::Forward);
        let kept = kept(running(false), offered.clone());
        assert_eq!((kept.number, kept.run.rerun_by.as_deref()), (2, Some("ops")));
        assert_eq!(kept.replaces, Some(DecisionKind::Queue));
        assert_eq!((kept.standing.state, kept.standing.completed_at), (State::Completed, Some(ended_at(&offered))));
        assert_eq!((kept.run.attributes["lang"].as_str(), kept.shown["lang"].as_str()), ("en", "de"));
    }

    #[test]
    fn what_was_erased_meanwhile_does_not_come_back() {
        let kept = kept(running(true), run(DecisionKind::Queue));
        assert_eq!(
            (kept.run.trace.as_str(), kept.run.attributes, kept.shown),
            ("{}", BTreeMap::new(), BTreeMap::new())
        );
        assert_eq!(kept.standing.state, State::Decided);
    }

    #[test]
    fn a_decision_that_leads_nowhere_is_not_kept() {
        let Some(Recorded::Void(standing)) = record(running(false), LEASE, run(DecisionKind::Queue), false, Vec::new())
        else {
            panic!("it was kept");
        };
        assert_eq!((standing.state, standing.rerun_by.as_deref()), (State::Received, Some("ops")));
    }

    #[test]
    fn only_the_holder_records() {
        for leads_somewhere in [true, false] {
            let other =
                record(running(false), Uuid::from_u128(2), run(DecisionKind::Queue), leads_somewhere, Vec::new());
            assert!(other.is_none());
        }
    }
}
