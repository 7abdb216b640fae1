//! Work in queues.

use std::collections::BTreeMap;

use uuid::Uuid;
use waypost_ids::DecisionKind;

use super::samples::{accept, at, audit, decided, id, mail, queue, queue_record, queues, run, up_to};
use crate::error::{CommitError, LeaseError};
use crate::leases::Lease;
use crate::records::catalogue::CatalogueChange;
use crate::records::mail::{AttributesSet, Opening, State};
use crate::records::queues::{QueueClaim, QueueLease};
use crate::traits::Store;

/// Claims everything in the first queue for a minute.
pub(super) async fn claim(store: &dyn Store, skills: Option<&[&str]>, now: i64) -> Vec<QueueLease> {
    let skills = skills.map(|skills| skills.iter().map(|skill| (*skill).to_owned()).collect());
    store.claim(&QueueClaim { queue: queue(1), max: 10, lease_seconds: 60, skills }, at(now)).await.unwrap()
}

fn numbers(leases: &[QueueLease]) -> Vec<u128> {
    leases.iter().map(|lease| lease.interaction.id.0.as_u128()).collect()
}

async fn put(store: &dyn Store, number: u8, priority: i64, skills: &[&str]) {
    let mut ended = run(DecisionKind::Queue);
    ended.decision.priority = priority;
    ended.decision.skills = skills.iter().map(|skill| (*skill).to_owned()).collect();
    accept(store, decided(number, ended)).await;
}

async fn state(store: &dyn Store, number: u128) -> State {
    store.interaction(id(number)).await.unwrap().unwrap().state
}

pub(crate) async fn priority_then_age(store: &dyn Store) {
    queues(store).await;
    for (number, priority) in [(4, 0), (1, 0), (2, 10), (3, -1)] {
        put(store, number, priority, &[]).await;
    }
    let mut elsewhere = run(DecisionKind::Queue);
    elsewhere.decision.queue = Some(queue(2));
    accept(store, decided(5, elsewhere)).await;
    let claim_two = QueueClaim { queue: queue(1), max: 2, lease_seconds: 60, skills: None };
    let leases = store.claim(&claim_two, at(10)).await.unwrap();
    assert_eq!(numbers(&leases), [2, 1]);
    assert_eq!((leases[0].lease.until, leases[0].interaction.state), (at(70), State::Claimed));
    assert_eq!(state(store, 2).await, State::Claimed);
    assert_eq!(numbers(&claim(store, None, 10).await), [4, 3]);
    assert!(claim(store, None, 10).await.is_empty());
}

pub(crate) async fn skills_must_all_be_listed(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &["refunds", "german"]).await;
    put(store, 2, 0, &["refunds"]).await;
    put(store, 3, 0, &[]).await;
    assert_eq!(numbers(&claim(store, Some(&[]), 10).await), [3]);
    assert_eq!(numbers(&claim(store, Some(&["refunds", "french"]), 10).await), [2]);
    assert_eq!(numbers(&claim(store, Some(&["german", "refunds"]), 10).await), [1]);
    put(store, 4, 0, &["refunds"]).await;
    assert_eq!(numbers(&claim(store, None, 10).await), [4], "who names no skills gets all work");
}

/// Anybody can send NUL, and what only looks like one; neither may hold up the work behind it.
pub(crate) async fn odd_text_stands_in_nobodys_way(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 2, &["a\0b", "\\u0000"]).await;
    put(store, 2, 1, &["x"]).await;
    let mut undecided = mail(3);
    let attributes = BTreeMap::from([("tier\0".to_owned(), "gold\0".to_owned())]);
    undecided.interactions[0].opening =
        Some(Opening { skills: vec!["a\0b".to_owned()], attributes, ..Opening::default() });
    accept(store, undecided).await;
    assert!(store.erase(id(3), audit(1, "ops")).await.unwrap());
    let kept = store.interaction(id(3)).await.unwrap().unwrap().opening.unwrap();
    assert_eq!((kept.skills.len(), kept.attributes.len()), (1, 0));
    let leases = claim(store, Some(&["x"]), 10).await;
    assert_eq!(leases.iter().map(|lease| lease.interaction.id).collect::<Vec<_>>(), [id(2)]);
    let leases = claim(store, Some(&["a\0b", "\\u0000"]), 10).await;
    assert_eq!(leases.iter().map(|lease| lease.interaction.id).collect::<Vec<_>>(), [id(1)]);
}

pub(crate) async fn acknowledged_twice_is_well(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    let token = claim(store, None, 10).await[0].lease.id;
    store.acknowledge(queue(1), token, at(20)).await.unwrap();
    store.acknowledge(queue(1), token, at(500)).await.unwrap();
    assert_eq!(state(store, 1).await, State::Completed);
    assert!(matches!(store.release(queue(1), token, at(20)).await, Err(LeaseError::Lost)));
    assert!(claim(store, None, 500).await.is_empty());
}

pub(crate) async fn a_claim_is_one_queues(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    let token = claim(store, None, 10).await[0].lease.id;
    assert!(matches!(store.acknowledge(queue(2), token, at(20)).await, Err(LeaseError::Lost)));
    assert!(matches!(store.release(queue(2), token, at(20)).await, Err(LeaseError::Lost)));
    assert!(matches!(store.extend(queue(2), Lease { id: token, until: at(80) }, at(20)).await, Err(LeaseError::Lost)));
    store.acknowledge(queue(1), token, at(20)).await.unwrap();
}

pub(crate) async fn released_work_is_claimed_again(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    let token = claim(store, None, 10).await[0].lease.id;
    store.release(queue(1), token, at(11)).await.unwrap();
    assert_eq!(state(store, 1).await, State::Decided);
    assert!(matches!(store.acknowledge(queue(1), token, at(11)).await, Err(LeaseError::Lost)));
    let again = claim(store, None, 11).await;
    assert_eq!(numbers(&again), [1]);
    assert_ne!(again[0].lease.id, token);
}

pub(crate) async fn a_lost_lease_is_refused(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    let token = claim(store, None, 10).await[0].lease.id;
    for token in [token, Uuid::from_u128(77)] {
        assert!(matches!(store.acknowledge(queue(1), token, at(70)).await, Err(LeaseError::Lost)));
        assert!(matches!(store.release(queue(1), token, at(70)).await, Err(LeaseError::Lost)));
        assert!(matches!(
            store.extend(queue(1), Lease { id: token, until: at(130) }, at(70)).await,
            Err(LeaseError::Lost)
        ));
    }
    store.claim_runs(up_to(1), at(70)).await.unwrap();
    assert_eq!(state(store, 1).await, State::Decided, "any claim gives back what ran out");
    assert_eq!(numbers(&claim(store, None, 70).await), [1]);
    assert!(matches!(store.acknowledge(queue(1), token, at(71)).await, Err(LeaseError::Lost)));
}

pub(crate) async fn extended_leases_last(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    let token = claim(store, None, 10).await[0].lease.id;
    store.extend(queue(1), Lease { id: token, until: at(160) }, at(60)).await.unwrap();
    assert!(claim(store, None, 159).await.is_empty());
    store.acknowledge(queue(1), token, at(159)).await.unwrap();
}

pub(crate) async fn unrouted_work_is_claimed(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Unrouted))).await;
    assert_eq!(numbers(&claim(store, None, 10).await), [1]);
}

pub(crate) async fn a_queue_with_work_is_not_deleted(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    let deleted = |epoch| {
        let also = CatalogueChange::put(queue_record(3, "Sales"));
        store.commit(epoch, vec![also, CatalogueChange::delete(queue(1))])
    };
    let refused = async |epoch| match deleted(epoch).await {
        Err(CommitError::Occupied(found)) if found.len() == 1 => {
            (found[0].queue, found[0].work.id, found[0].work.state)
        }
        other => panic!("expected a refusal, found {other:?}"),
    };
    assert_eq!(refused(1).await, (queue(1), id(1), State::Decided));
    let token = claim(store, None, 10).await[0].lease.id;
    assert_eq!(refused(1).await, (queue(1), id(1), State::Claimed), "it may be given back");
    assert_eq!(store.load().await.unwrap().queues.len(), 2, "nothing else of the change is kept");
    store.acknowledge(queue(1), token, at(20)).await.unwrap();
    put(store, 2, 0, &[]).await;
    store.rerun(id(2), false, audit(1, "ops")).await.unwrap();
    assert_eq!(deleted(1).await.unwrap(), 2, "what is done, and what is to be decided again, is not in its way");
}

pub(crate) async fn rerun_work_leaves_its_queue(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    store.rerun(id(1), false, audit(208, "ops")).await.unwrap();
    assert!(claim(store, None, 10).await.is_empty());
}

pub(crate) async fn work_is_completed_whoever_holds_it(store: &dyn Store) {
    queues(store).await;
    for number in [1, 2] {
        put(store, number, 0, &[]).await;
    }
    store.complete(id(1), audit(1, "ops")).await.unwrap();
    store.complete(id(1), audit(2, "ops")).await.unwrap();
    let leases = claim(store, None, 10).await;
    assert_eq!(numbers(&leases), [2], "what is completed is not claimed");
    store.complete(id(2), audit(3, "ops")).await.unwrap();
    assert_eq!((state(store, 1).await, state(store, 2).await), (State::Completed, State::Completed));
    let lost = store.acknowledge(queue(1), leases[0].lease.id, at(11)).await;
    assert!(matches!(lost, Err(LeaseError::Lost)), "the claim ended with the work");
    assert_eq!(store.summary().await.unwrap().by_state.get(&State::Completed), Some(&2));
}

pub(crate) async fn attributes_are_added_to_those_kept(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    let set = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let kept = store.interaction(id(1)).await.unwrap().unwrap().attributes;
    assert_eq!(
        store.set_attributes(id(1), set("a", "1"), usize::MAX, audit(1, "ops")).await.unwrap(),
        AttributesSet::Done
    );
    assert_eq!(
        store.set_attributes(id(1), set("a", "2"), usize::MAX, audit(2, "ops")).await.unwrap(),
        AttributesSet::Done
    );
    let mut expected = kept;
    expected.extend(set("a", "2"));
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().attributes, expected);
}

pub(crate) async fn attributes_are_bounded_together_with_those_kept(store: &dyn Store) {
    queues(store).await;
    put(store, 1, 0, &[]).await;
    let set = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let kept = store.interaction(id(1)).await.unwrap().unwrap().attributes;
    let most = kept.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() + 4;
    let set = async |name, value, entry| store.set_attributes(id(1), set(name, value), most, audit(entry, "ops")).await;
    assert_eq!(set("a", "123", 1).await.unwrap(), AttributesSet::Done);
    assert_eq!(set("a", "1234", 2).await.unwrap(), AttributesSet::TooLarge { bytes: most + 1 });
    assert_eq!(set("b", "", 3).await.unwrap(), AttributesSet::TooLarge { bytes: most + 1 });
    assert_eq!(set("a", "321", 4).await.unwrap(), AttributesSet::Done, "what is replaced does not count");
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().attributes.get("a").unwrap(), "321");
    assert_eq!(store.audit(&Default::default(), None, 9).await.unwrap().len(), 2, "what is refused leaves no entry");
}

pub(crate) async fn attributes_that_were_set_outlive_runs(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    let set = async |name: &str, value: &str, entry| {
        let attributes = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        assert_eq!(
            store.set_attributes(id(1), attributes, usize::MAX, audit(entry, "ops")).await.unwrap(),
            AttributesSet::Done
        );
    };
    let shown = async || {
        let attributes = store.interaction(id(1)).await.unwrap().unwrap().attributes;
        attributes.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    set("waiting", "1", 1).await;
    let work = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    set("running", "1", 2).await;
    store.record_run(id(1), work.lease.id, run(DecisionKind::Queue)).await.unwrap();
    assert_eq!(shown().await, "lang=en running=1 waiting=1");
    set("lang", "de", 3).await;
    store.rerun(id(1), false, audit(4, "ops")).await.unwrap();
    let work = store.claim_runs(up_to(1), at(20)).await.unwrap().remove(0);
    let mut second = run(DecisionKind::Queue);
    second.attributes.insert("second".to_owned(), "1".to_owned());
    store.record_run(id(1), work.lease.id, second.clone()).await.unwrap();
    assert_eq!(shown().await, "lang=de running=1 second=1 waiting=1", "what was set stands over what a run leaves");
    let runs = store.runs(id(1)).await.unwrap();
    assert_eq!(runs[1].run.attributes, second.attributes, "a run's result is the run's alone");
}
