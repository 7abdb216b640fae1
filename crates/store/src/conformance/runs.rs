//! Interactions that wait for a run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waypost_ids::{DecisionKind, QueueId};

use super::samples::{
    JOURNAL, accept, at, audit, decided, flow, id, lease, listed, mail, offer, queue, queues, run, up_to,
};
use crate::error::LeaseError;
use crate::leases::Lease;
use crate::records::catalogue::{CatalogueChange, RouteTarget};
use crate::records::mail::{AttributesSet, ClaimedRun, InteractionFilter, Opening, RunClaim, RunRecord, State};
use crate::traits::Store;
use uuid::Uuid;

pub(crate) async fn claimed_oldest_first_and_once(store: &dyn Store) {
    queues(store).await;
    for number in [3, 1, 2] {
        accept(store, mail(number)).await;
    }
    accept(store, decided(4, run(DecisionKind::Queue))).await;
    let change = CatalogueChange::put(super::samples::queue_record(3, "Sales"));
    let epoch = store.commit(1, vec![change]).await.unwrap();
    let first = store.claim_runs(up_to(2), at(10)).await.unwrap();
    assert_eq!(first.iter().map(|work| work.interaction.id).collect::<Vec<_>>(), [id(1), id(2)]);
    assert_eq!((first[0].epoch, first[0].interaction.state), (epoch, State::Running));
    assert_ne!(first[0].lease, first[1].lease);
    let second = store.claim_runs(up_to(9), at(10)).await.unwrap();
    assert_eq!(second.iter().map(|work| work.interaction.id).collect::<Vec<_>>(), [id(3)]);
    assert!(store.claim_runs(up_to(9), at(10)).await.unwrap().is_empty());
}

pub(crate) async fn a_lease_that_ran_out_is_claimed_anew(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    let old = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    assert!(store.claim_runs(up_to(1), at(69)).await.unwrap().is_empty());
    let new = store.claim_runs(up_to(1), at(70)).await.unwrap().remove(0);
    let late = store.record_run(id(1), old.lease.id, run(DecisionKind::Queue)).await;
    assert!(matches!(late, Err(LeaseError::Lost)));
    store.record_run(id(1), new.lease.id, run(DecisionKind::Forward)).await.unwrap();
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.runs), (State::Completed, 1));
}

pub(crate) async fn a_renewed_lease_lasts(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    let work = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    assert!(store.renew_run(id(1), Lease { until: at(110), ..work.lease }).await.unwrap());
    assert!(store.claim_runs(up_to(1), at(109)).await.unwrap().is_empty());
    assert!(!store.renew_run(id(1), lease(5, 120)).await.unwrap(), "another lease");
    assert!(!store.renew_run(id(2), Lease { until: at(120), ..work.lease }).await.unwrap(), "another interaction");
    let new = store.claim_runs(up_to(1), at(110)).await.unwrap().remove(0);
    assert!(!store.renew_run(id(1), Lease { until: at(171), ..work.lease }).await.unwrap(), "it was lost");
    store.record_run(id(1), new.lease.id, run(DecisionKind::Forward)).await.unwrap();
    assert!(!store.renew_run(id(1), Lease { until: at(172), ..new.lease }).await.unwrap(), "its run has ended");
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().state, State::Completed);
}

pub(crate) async fn attempts_are_counted_until_a_run_is_recorded(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    for (number, now) in [(0, 10), (1, 70), (2, 130)] {
        let work = store.claim_runs(up_to(1), at(now)).await.unwrap().remove(0);
        assert_eq!(work.attempts, number, "attempts that never ended");
    }
    let last = store.claim_runs(up_to(1), at(190)).await.unwrap().remove(0);
    assert_eq!(last.attempts, 3);
    store.record_run(id(1), last.lease.id, run(DecisionKind::Queue)).await.unwrap();
    store.rerun(id(1), false, audit(1, "ops")).await.unwrap();
    let again = store.claim_runs(up_to(1), at(191)).await.unwrap().remove(0);
    assert_eq!(again.attempts, 0, "a rerun begins to count anew");
}

pub(crate) async fn released_runs_are_no_attempts(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    for now in [10, 11, 12] {
        let work = store.claim_runs(up_to(1), at(now)).await.unwrap().remove(0);
        assert_eq!(work.attempts, 0);
        store.release_run(id(1), work.lease.id, false).await.unwrap();
        assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().state, State::Received);
        let states: Vec<_> = store.summary().await.unwrap().by_state.into_iter().collect();
        assert_eq!(states, [(State::Received, 1)]);
        assert!(
            !store.renew_run(id(1), Lease { until: at(now + 60), ..work.lease }).await.unwrap(),
            "the lease is over"
        );
    }
    let held = store.claim_runs(up_to(1), at(13)).await.unwrap().remove(0);
    store.release_run(id(1), Uuid::from_u128(5), false).await.unwrap();
    assert!(
        store.renew_run(id(1), Lease { until: at(74), ..held.lease }).await.unwrap(),
        "only its holder releases it"
    );
    store.release_run(id(1), held.lease.id, true).await.unwrap();
    let again = store.claim_runs(up_to(1), at(15)).await.unwrap().remove(0);
    assert_eq!(again.attempts, 1, "one that failed counts");
}

pub(crate) async fn a_parked_run_is_nobodys_until_it_goes_on(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Unrouted))).await;
    store.rerun(id(1), false, audit(101, "ops")).await.unwrap();
    let state = async || store.interaction(id(1)).await.unwrap().unwrap().state;
    let lost = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    let work = store.claim_runs(up_to(1), at(70)).await.unwrap().remove(0);
    assert_eq!(work.attempts, 1);
    let so_far = || "so far".to_owned();
    for (interaction, lease) in [(id(1), lost.lease.id), (id(1), Uuid::from_u128(5)), (id(9), work.lease.id)] {
        let parked = store.park_run(interaction, until(lease, 5000), so_far()).await;
        assert!(matches!(parked, Err(LeaseError::Lost)));
    }
    assert!(!store.resume_run(id(1), work.lease.id, so_far()).await.unwrap(), "it is not parked");
    store.park_run(id(1), until(work.lease.id, 5000), so_far()).await.unwrap();
    assert_eq!(state().await, State::Waiting);
    let states: Vec<_> = store.summary().await.unwrap().by_state.into_iter().collect();
    assert_eq!(states, [(State::Waiting, 1)]);
    let filter = InteractionFilter { state: Some(State::Waiting), ..InteractionFilter::default() };
    assert_eq!(listed(store, &filter).await, [1]);

    assert!(store.claim_runs(up_to(9), at(1000)).await.unwrap().is_empty(), "it waits");
    assert!(!store.renew_run(id(1), Lease { until: at(135), ..work.lease }).await.unwrap());
    assert!(!store.renew_parked(id(1), Lease { until: at(6000), ..lost.lease }).await.unwrap(), "another's");
    assert!(store.renew_parked(id(1), Lease { until: at(6000), ..work.lease }).await.unwrap());
    assert!(store.claim_runs(up_to(9), at(5500)).await.unwrap().is_empty(), "it was renewed");
    store.release_run(id(1), work.lease.id, true).await.unwrap();
    let again = store.park_run(id(1), until(work.lease.id, 5000), so_far()).await;
    assert!(matches!(again, Err(LeaseError::Lost)));
    let late = store.record_run(id(1), work.lease.id, run(DecisionKind::Forward)).await;
    assert!(matches!(late, Err(LeaseError::Lost)));
    assert!(matches!(store.rerun(id(1), false, audit(102, "ops")).await, Err(LeaseError::Lost)));
    assert!(matches!(store.complete(id(1), audit(103, "ops")).await, Err(LeaseError::Lost)));
    assert_eq!(state().await, State::Waiting);

    assert!(!store.resume_run(id(1), lost.lease.id, so_far()).await.unwrap(), "an answer to another question");
    assert!(store.resume_run(id(1), work.lease.id, "answered".to_owned()).await.unwrap());
    assert!(!store.renew_parked(id(1), Lease { until: at(7000), ..work.lease }).await.unwrap(), "it waits no more");
    assert!(!store.resume_run(id(1), work.lease.id, so_far()).await.unwrap(), "it is already running");
    assert!(!store.resume_run(id(9), work.lease.id, so_far()).await.unwrap(), "unknown");
    assert_eq!(state().await, State::Received);
    let again = store.claim_runs(up_to(1), at(1000)).await.unwrap().remove(0);
    assert_eq!((again.interaction.id, again.attempts), (id(1), 0), "what was parked came to something");
    assert!(again.parked && !work.parked);
    assert_eq!(store.parked_journal(id(1)).await.unwrap().as_deref(), Some("answered"));
    store.record_run(id(1), again.lease.id, run(DecisionKind::Forward)).await.unwrap();
    let runs = store.runs(id(1)).await.unwrap();
    let asked_by: Vec<_> = runs.iter().map(|one| one.run.rerun_by.as_deref()).collect();
    assert_eq!(asked_by, [None, Some("ops")], "who asked is not forgotten on the way");
    assert_eq!(runs[1].run.journal.as_deref(), Some(JOURNAL), "that of the whole run");
    assert_eq!(store.parked_journal(id(1)).await.unwrap(), None);
}

fn until(lease: Uuid, second: i64) -> Lease {
    Lease { id: lease, until: at(second) }
}

/// A run that nobody answers goes on at its time, from where it was, and so does one whose worker is gone after that.
pub(crate) async fn a_parked_run_that_is_not_answered_goes_on_at_its_time(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    let work = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    assert_eq!(store.parked_journal(id(1)).await.unwrap(), None);
    store.park_run(id(1), until(work.lease.id, 100), "so far".to_owned()).await.unwrap();
    assert!(store.claim_runs(up_to(1), at(99)).await.unwrap().is_empty());
    let first = store.claim_runs(up_to(1), at(100)).await.unwrap().remove(0);
    assert!((first.parked, first.attempts) == (true, 0));
    assert!(!store.resume_run(id(1), work.lease.id, "late".to_owned()).await.unwrap(), "it is not waited for any more");
    let second = store.claim_runs(up_to(1), at(200)).await.unwrap().remove(0);
    assert!((second.parked, second.attempts) == (true, 1));
    assert_eq!(store.parked_journal(id(1)).await.unwrap().as_deref(), Some("so far"));
    // It waits again, for another answer, and without an end.
    let forever = Lease { id: second.lease.id, until: Timestamp::MAX };
    store.park_run(id(1), forever, "further".to_owned()).await.unwrap();
    assert!(store.claim_runs(up_to(1), at(1 << 32)).await.unwrap().is_empty());
    assert!(!store.resume_run(id(1), work.lease.id, "late".to_owned()).await.unwrap());
    assert!(store.resume_run(id(1), second.lease.id, "all".to_owned()).await.unwrap());
    assert_eq!(store.parked_journal(id(1)).await.unwrap().as_deref(), Some("all"));
    // A decision that can't be kept takes the journal along: the same answers would lead to it again.
    let third = store.claim_runs(up_to(1), at(300)).await.unwrap().remove(0);
    let mut gone = run(DecisionKind::Queue);
    gone.decision.queue = Some(QueueId(Uuid::from_u128(404)));
    assert!(!store.record_run(id(1), third.lease.id, gone).await.unwrap());
    assert_eq!(store.parked_journal(id(1)).await.unwrap(), None);
    let fourth = store.claim_runs(up_to(1), at(400)).await.unwrap().remove(0);
    assert!(!fourth.parked);
    // A run that ends without having asked anything, as after a publish, does not inherit what was asked before it was parked.
    store.park_run(id(1), until(fourth.lease.id, 5000), "so far".to_owned()).await.unwrap();
    assert!(store.resume_run(id(1), fourth.lease.id, "answered".to_owned()).await.unwrap());
    let fifth = store.claim_runs(up_to(1), at(500)).await.unwrap().remove(0);
    let silent = RunRecord { journal: None, ..run(DecisionKind::Forward) };
    assert!(store.record_run(id(1), fifth.lease.id, silent).await.unwrap());
    assert_eq!(store.runs(id(1)).await.unwrap().remove(0).run.journal, None);
}

pub(crate) async fn what_is_erased_while_its_run_is_parked_stays_erased(store: &dyn Store) {
    queues(store).await;
    let opening = Opening {
        target: Some(RouteTarget::Queue(queue(1))),
        attributes: BTreeMap::from([("tier".to_owned(), "gold".to_owned())]),
        ..Opening::default()
    };
    let mut waiting = mail(1);
    waiting.interactions[0].opening = Some(opening.clone());
    accept(store, waiting).await;
    let work = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    store.park_run(id(1), until(work.lease.id, 5000), "so far".to_owned()).await.unwrap();
    store.erase(id(1), audit(1, "ops")).await.unwrap();
    assert_eq!(store.parked_journal(id(1)).await.unwrap(), None);
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    let bare = Opening { attributes: BTreeMap::new(), ..opening };
    assert_eq!((kept.state, kept.opening), (State::Waiting, Some(bare)), "where it goes is needed still");
    assert!(store.resume_run(id(1), work.lease.id, "so far, and this".to_owned()).await.unwrap());
    assert_eq!(store.parked_journal(id(1)).await.unwrap(), None, "nothing of it comes back");
    let work = store.claim_runs(up_to(1), at(20)).await.unwrap().remove(0);
    assert!(!work.parked);
    store.park_run(id(1), until(work.lease.id, 5000), "so far".to_owned()).await.unwrap();
    assert_eq!(store.parked_journal(id(1)).await.unwrap(), None);
    assert!(store.resume_run(id(1), work.lease.id, "answered".to_owned()).await.unwrap());
    let work = store.claim_runs(up_to(1), at(20)).await.unwrap().remove(0);
    store.record_run(id(1), work.lease.id, run(DecisionKind::Queue)).await.unwrap();
    let ended = store.runs(id(1)).await.unwrap().remove(0).run;
    assert_eq!((ended.attributes, ended.trace.as_str()), (BTreeMap::new(), "{}"));
}

pub(crate) async fn what_was_tried_before_is_claimed_apart(store: &dyn Store) {
    queues(store).await;
    for number in [1, 2, 3] {
        accept(store, mail(number)).await;
    }
    assert_eq!(store.claim_runs(up_to(2), at(10)).await.unwrap().len(), 2);
    let claim = |fresh, retried| RunClaim { fresh, retried, lease_seconds: 60 };
    let ids = |work: Vec<ClaimedRun>| work.iter().map(|one| one.interaction.id).collect::<Vec<_>>();
    assert_eq!(ids(store.claim_runs(claim(9, 0), at(70)).await.unwrap()), [id(3)]);
    assert_eq!(ids(store.claim_runs(claim(0, 1), at(71)).await.unwrap()), [id(1)]);
    accept(store, mail(4)).await;
    let mut both = ids(store.claim_runs(claim(1, 1), at(72)).await.unwrap());
    both.sort_unstable();
    assert_eq!(both, [id(2), id(4)], "one of each");
}

pub(crate) async fn only_the_lease_records(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    accept(store, mail(2)).await;
    let work = store.claim_runs(up_to(2), at(10)).await.unwrap();
    for (interaction, lease) in [(id(1), Uuid::from_u128(5)), (id(1), work[1].lease.id), (id(9), work[0].lease.id)] {
        let refused = store.record_run(interaction, lease, run(DecisionKind::Queue)).await;
        assert!(matches!(refused, Err(LeaseError::Lost)));
    }
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().state, State::Running);
    let mut ended = run(DecisionKind::Queue);
    ended.decision.priority = 7;
    store.record_run(id(1), work[0].lease.id, ended.clone()).await.unwrap();
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.flow, kept.decision), (State::Decided, ended.flow, Some(ended.decision)));
    assert_eq!(kept.attributes, ended.attributes);
    let twice = store.record_run(id(1), work[0].lease.id, run(DecisionKind::Queue)).await;
    assert!(matches!(twice, Err(LeaseError::Lost)));
}

pub(crate) async fn a_decision_for_a_queue_that_is_gone_is_not_kept(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Forward))).await;
    store.rerun(id(1), false, audit(101, "ops")).await.unwrap();
    let work = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    let epoch = store.commit(1, vec![CatalogueChange::delete(queue(1))]).await.unwrap();
    assert!(!store.record_run(id(1), work.lease.id, run(DecisionKind::Queue)).await.unwrap());
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.runs), (State::Received, 1), "as if there had been no run");
    let states: Vec<_> = store.summary().await.unwrap().by_state.into_iter().collect();
    assert_eq!(states, [(State::Received, 1)]);
    let late = store.record_run(id(1), work.lease.id, run(DecisionKind::Forward)).await;
    assert!(matches!(late, Err(LeaseError::Lost)), "the lease is over");
    let again = store.claim_runs(up_to(1), at(11)).await.unwrap().remove(0);
    assert_eq!((again.interaction.id, again.epoch), (id(1), epoch));
    let mut elsewhere = run(DecisionKind::Queue);
    elsewhere.decision.queue = Some(queue(2));
    assert!(store.record_run(id(1), again.lease.id, elsewhere).await.unwrap());
    let runs = store.runs(id(1)).await.unwrap();
    let asked_by: Vec<_> = runs.iter().map(|one| one.run.rerun_by.as_deref()).collect();
    assert_eq!(asked_by, [None, Some("ops")], "who asked is not forgotten on the way");
}

pub(crate) async fn a_rerun_keeps_earlier_runs(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Unrouted))).await;
    store.rerun(id(1), false, audit(101, "ops")).await.unwrap();
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().state, State::Received);
    assert_eq!(store.summary().await.unwrap().oldest_undecided_at, None, "it has its first decision still");
    let work = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    let mut second = run(DecisionKind::Forward);
    second.flow = Some((flow(2), 4));
    store.record_run(id(1), work.lease.id, second).await.unwrap();
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.runs, kept.flow), (State::Completed, 2, Some((flow(2), 4))));
    let runs = store.runs(id(1)).await.unwrap();
    let listed: Vec<_> =
        runs.iter().map(|one| (one.number, one.run.decision.kind, one.run.rerun_by.as_deref())).collect();
    assert_eq!(listed, [(1, DecisionKind::Unrouted, None), (2, DecisionKind::Forward, Some("ops"))]);
    let by_decision: Vec<_> = store.summary().await.unwrap().by_decision.into_iter().collect();
    assert_eq!(by_decision, [(DecisionKind::Forward, 1)]);
}

pub(crate) async fn a_rerun_is_refused_while_work_is_held(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    assert!(matches!(store.rerun(id(1), false, audit(102, "ops")).await, Err(LeaseError::Lost)), "received");
    store.claim_runs(up_to(1), at(10)).await.unwrap();
    assert!(matches!(store.rerun(id(1), false, audit(103, "ops")).await, Err(LeaseError::Lost)), "running");
    accept(store, decided(2, run(DecisionKind::Queue))).await;
    super::queues::claim(store, None, 10).await;
    assert!(matches!(store.rerun(id(2), false, audit(104, "ops")).await, Err(LeaseError::Lost)), "claimed");
    assert!(matches!(store.rerun(id(9), false, audit(105, "ops")).await, Err(LeaseError::Lost)), "unknown");
}

/// Each run has a journal of its own, whether it was made at the door or by a worker.
pub(crate) async fn journals_are_kept_with_their_runs(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    store.rerun(id(1), false, audit(101, "ops")).await.unwrap();
    let work = store.claim_runs(up_to(1), at(20)).await.unwrap().remove(0);
    let second = RunRecord { journal: Some("second".to_owned()), ..run(DecisionKind::Queue) };
    store.record_run(id(1), work.lease.id, second).await.unwrap();
    store.rerun(id(1), false, audit(102, "ops")).await.unwrap();
    let work = store.claim_runs(up_to(1), at(30)).await.unwrap().remove(0);
    store.record_run(id(1), work.lease.id, RunRecord { journal: None, ..run(DecisionKind::Queue) }).await.unwrap();
    let runs = store.runs(id(1)).await.unwrap();
    let journals: Vec<_> = runs.iter().map(|one| one.run.journal.as_deref()).collect();
    assert_eq!(journals, [Some(JOURNAL), Some("second"), None]);
    assert_eq!(store.recorded(&[id(1)], 1_000_000).await.unwrap()[0].journal, None, "that of the last run");
    // Erasing one interaction leaves another's.
    accept(store, decided(2, run(DecisionKind::Queue))).await;
    store.erase(id(1), audit(103, "ops")).await.unwrap();
    assert!(store.runs(id(1)).await.unwrap().iter().all(|one| one.run.journal.is_none()));
    assert_eq!(store.recorded(&[id(2)], 1_000_000).await.unwrap()[0].journal.as_deref(), Some(JOURNAL));
}

pub(crate) async fn erased_content_is_gone(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    assert!(store.erase(id(1), audit(107, "ops")).await.unwrap());
    assert!(store.erase(id(1), audit(108, "ops")).await.unwrap(), "twice is well");
    assert!(!store.erase(id(2), audit(109, "ops")).await.unwrap());
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.erased, kept.subject.as_str(), kept.state), (true, "", State::Decided));
    assert_eq!(store.raw_message(id(1)).await.unwrap(), None);
    let bare = store.runs(id(1)).await.unwrap().remove(0).run;
    assert_eq!((bare.trace.as_str(), bare.journal), ("{}", None));
    assert!(
        matches!(store.rerun(id(1), false, audit(106, "ops")).await, Err(LeaseError::Lost)),
        "there is nothing to run"
    );
    assert_eq!(store.summary().await.unwrap().interactions, 1);
}

pub(crate) async fn erased_attributes_are_gone(store: &dyn Store) {
    queues(store).await;
    let attributes = || BTreeMap::from([("tier".to_owned(), "gold".to_owned())]);
    let opening = Opening {
        target: Some(RouteTarget::Queue(queue(1))),
        skills: vec!["refunds".to_owned()],
        attributes: attributes(),
        ..Opening::default()
    };
    let mut offered = decided(1, run(DecisionKind::Queue));
    offered.interactions[0].opening = Some(opening.clone());
    accept(store, offered).await;
    assert_eq!(
        store.set_attributes(id(1), attributes(), usize::MAX, audit(1, "ops")).await.unwrap(),
        AttributesSet::Done
    );
    store.erase(id(1), audit(2, "ops")).await.unwrap();
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.attributes, kept.opening), (BTreeMap::new(), None));
    assert_eq!(store.runs(id(1)).await.unwrap()[0].run.attributes, BTreeMap::new());
    assert_eq!(
        store.set_attributes(id(1), attributes(), usize::MAX, audit(3, "ops")).await.unwrap(),
        AttributesSet::Gone,
        "nothing is to come back"
    );
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().attributes, BTreeMap::new());
    assert_eq!(store.audit(&Default::default(), None, 9).await.unwrap().len(), 2, "what is refused leaves no entry");

    // While it waits for a run, and while it runs: where it goes is kept, nothing else.
    for (number, running) in [(2, false), (3, true)] {
        let mut waiting = mail(number);
        let number = u128::from(number);
        waiting.interactions[0].opening = Some(opening.clone());
        accept(store, waiting).await;
        store.set_attributes(id(number), attributes(), usize::MAX, audit(number * 10, "ops")).await.unwrap();
        let early = if running { store.claim_runs(up_to(1), at(10)).await.unwrap().pop() } else { None };
        store.erase(id(number), audit(number * 10 + 1, "ops")).await.unwrap();
        let kept = store.interaction(id(number)).await.unwrap().unwrap();
        let bare = Opening { attributes: BTreeMap::new(), ..opening.clone() };
        assert_eq!((kept.attributes, kept.opening), (BTreeMap::new(), Some(bare)));
        let work = match early {
            Some(work) => work,
            None => store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0),
        };
        store.record_run(id(number), work.lease.id, run(DecisionKind::Queue)).await.unwrap();
        let kept = store.interaction(id(number)).await.unwrap().unwrap();
        let ended = store.runs(id(number)).await.unwrap().remove(0).run;
        assert_eq!((kept.attributes, ended.attributes), (BTreeMap::new(), BTreeMap::new()));
        assert_eq!((kept.state, ended.trace.as_str(), ended.journal), (State::Decided, "{}", None));
    }
}

pub(crate) async fn erasing_one_of_two_keeps_the_other(store: &dyn Store) {
    let mut two = mail(1);
    two.interactions.push(offer(2, 2));
    let raw = two.message.raw.clone();
    accept(store, two).await;
    store.erase(id(1), audit(110, "ops")).await.unwrap();
    store.erase(id(1), audit(111, "ops")).await.unwrap();
    assert_eq!(store.raw_message(id(1)).await.unwrap(), None);
    assert_eq!(store.raw_message(id(2)).await.unwrap(), Some(raw));
    store.erase(id(2), audit(112, "ops")).await.unwrap();
    assert_eq!(store.raw_message(id(2)).await.unwrap(), None);
}
