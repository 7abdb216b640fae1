//! Queues that push.

use waypost_ids::{DecisionKind, DeliveryId, DeliveryKind, DeliveryState, codes};

use super::outbox::{claim_of, delivery, forwards, outgoing};
use super::queues::claim;
use super::samples::{accept, at, audit, decided, id, queue, queues, run, up_to};
use crate::error::CommitError;
use crate::records::audit::AuditRecord;
use crate::records::catalogue::CatalogueChange;
use crate::records::mail::{InteractionRecord, RunRecord, State};
use crate::records::outbox::{
    AttemptEnd, Attempted, BouncedOf, DeliveryClaim, DeliveryFilter, GoesBy, Held, Outgoing, Place, Stuck, Transfer,
    Unchanged, Way,
};
use crate::traits::Store;

const HOOK: &str = "0198f000-0000-7000-8000-000000000001";

fn push(number: u128, target: &str) -> Outgoing {
    Outgoing { place: None, ..outgoing(DeliveryKind::QueuePush, &[(number, target)]) }
}

fn pushes(kind: DecisionKind, sends: Vec<Outgoing>) -> RunRecord {
    RunRecord { sends, ..run(kind) }
}

fn entry(number: u128, second: i64) -> AuditRecord {
    AuditRecord { at: at(second), ..audit(number, "ann") }
}

async fn interaction(store: &dyn Store, number: u128) -> InteractionRecord {
    store.interaction(id(number)).await.unwrap().unwrap()
}

/// Where it stands: state, queue, code of the error.
async fn stands(store: &dyn Store, number: u128) -> (State, u128, Option<String>) {
    let one = interaction(store, number).await;
    let decision = one.decision.unwrap();
    let code = decision.error.map(|error| error["code"].as_str().unwrap().to_owned());
    (one.state, decision.queue.map_or(0, |queue| queue.0.as_u128() & 0xf), code)
}

fn failed() -> Option<String> {
    Some(codes::PUSH_FAILED.to_owned())
}

/// Tries what is due one way, with this end; answers how many there were.
async fn end(store: &dyn Store, way: Way, end: AttemptEnd, now: i64) -> usize {
    let claim = DeliveryClaim { way, ..claim_of(now.unsigned_abs().into(), now + 60) };
    let claimed = store.claim_deliveries(claim.clone(), at(now)).await.unwrap();
    for one in &claimed {
        let attempted = Attempted { end, answer: "said".to_owned() };
        assert!(store.end_attempt(one.id, claim.lease.id, attempted, at(now + 1)).await.unwrap());
    }
    claimed.len()
}

async fn state(store: &dyn Store, id: DeliveryId) -> DeliveryState {
    store.delivery(id).await.unwrap().unwrap().state
}

async fn sums_agree(store: &dyn Store) {
    let ledger = store.ledger(at(-1000), 10).await.unwrap();
    assert_eq!(ledger.places.values().sum::<u64>(), ledger.tallied.interactions);
    for (state, count) in &ledger.deliveries {
        assert_eq!(ledger.tallied.deliveries.get(state).copied().unwrap_or(0), *count, "{state:?}");
    }
    assert_eq!((ledger.queues, ledger.places[&Place::Stuck]), (Vec::new(), 0));
}

/// However it goes, a push that is pending is going out, and one that nobody carries is stuck as a push.
pub(crate) async fn the_ledger_has_pushes_whichever_way_they_go(store: &dyn Store) {
    queues(store).await;
    let targets = ["team@example.net".to_owned(), HOOK.to_owned(), format!("mailbox:{HOOK}/Done")];
    let ways = targets.clone().map(|target| Way::of(DeliveryKind::QueuePush, &target));
    assert_eq!(ways, Way::ALL);
    for (number, target) in (1..).zip(&targets) {
        accept(store, decided(number, pushes(DecisionKind::Queue, vec![push(number.into(), target)]))).await;
    }
    let ledger = store.ledger(at(-1000), 10).await.unwrap();
    assert_eq!((ledger.places[&Place::GoingOut], ledger.stuck), (3, Vec::new()));
    let overdue = store.ledger(at(1000), 10).await.unwrap();
    assert_eq!(overdue.stuck, [1, 2, 3].map(|number| (id(number), Stuck::Overdue(GoesBy::Push))));
    sums_agree(store).await;
}

pub(crate) async fn a_push_that_arrives_completes_the_work(store: &dyn Store) {
    queues(store).await;
    for (number, target, kind) in [(1, HOOK, DecisionKind::Queue), (2, "team@example.net", DecisionKind::Unrouted)] {
        accept(store, decided(number, pushes(kind, vec![push(number.into(), target)]))).await;
        assert_eq!(stands(store, number.into()).await, (State::GoingOut, 1, None));
    }
    assert!(claim(store, None, 10).await.is_empty(), "what is pushed is nobody's to claim");
    let ledger = store.ledger(at(-1000), 10).await.unwrap();
    assert_eq!((ledger.places[&Place::GoingOut], ledger.queues), (2, Vec::new()));
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Delivered, 50).await, 1);
    assert_eq!((stands(store, 1).await, stands(store, 2).await.0), ((State::Completed, 1, None), State::GoingOut));
    assert_eq!(end(store, Way::Mail, AttemptEnd::Delivered, 150).await, 1);
    assert_eq!(stands(store, 2).await, (State::Completed, 1, None));
    let of_kind = DeliveryFilter { kind: Some(DeliveryKind::QueuePush), ..DeliveryFilter::default() };
    assert_eq!(store.deliveries(&of_kind, None, 10).await.unwrap().len(), 2, "whichever way it went");
    // It comes back after all.
    assert_eq!(store.bounce(BouncedOf::Delivery(delivery(2)), "full", at(160)).await.unwrap().len(), 1);
    assert_eq!(stands(store, 2).await, (State::Decided, 1, failed()));
    let error = interaction(store, 2).await.decision.unwrap().error.unwrap();
    assert_eq!(error["message"], "the push to `team@example.net` came back: full");
    sums_agree(store).await;
}

/// What is dead waits in its queue; it is retried while nobody claimed it, and never once somebody has.
pub(crate) async fn claims_and_pushes_exclude_each_other(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, pushes(DecisionKind::Queue, vec![push(1, HOOK)]))).await;
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Dead, 50).await, 1);
    assert_eq!(stands(store, 1).await, (State::Decided, 1, failed()));
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Dead, 5000).await, 0, "it is not pushed again by itself");
    store.retry_delivery(delivery(1), entry(1, 5100)).await.unwrap().unwrap();
    assert_eq!(stands(store, 1).await, (State::GoingOut, 1, None));
    assert!(claim(store, None, 5101).await.is_empty());
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Dead, 5200).await, 1);
    let token = claim(store, None, 5300).await[0].lease.id;
    let retried = store.retry_delivery(delivery(1), entry(2, 5301)).await.unwrap();
    assert_eq!(retried.map(drop), Err(Unchanged::Taken));
    assert_eq!(store.retry_deliveries(&DeliveryFilter::default(), 10, entry(3, 5302)).await.unwrap(), 0);
    assert!(!store.push(id(1), queue(1), push(2, HOOK), entry(4, 5303)).await.unwrap(), "it is claimed");
    store.release(queue(1), token, at(5304)).await.unwrap();
    store.retry_delivery(delivery(1), entry(5, 5305)).await.unwrap().unwrap();
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Dead, 5400).await, 1);
    let token = claim(store, None, 5500).await[0].lease.id;
    store.acknowledge(queue(1), token, at(5501)).await.unwrap();
    assert_eq!(store.retry_delivery(delivery(1), entry(6, 5502)).await.unwrap().map(drop), Err(Unchanged::Taken));
    assert_eq!((stands(store, 1).await.0, state(store, delivery(1)).await), (State::Completed, DeliveryState::Dead));
    sums_agree(store).await;
}

pub(crate) async fn transferred_work_is_pushed(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, pushes(DecisionKind::Queue, vec![push(1, HOOK)]))).await;
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Dead, 50).await, 1);
    let token = claim(store, None, 100).await[0].lease.id;
    let to = |number, push| Transfer { queue: queue(number), priority: None, skills: None, language: None, push };
    store.transfer(id(1), token, to(2, Some(push(2, "team@example.net"))), entry(1, 110)).await.unwrap();
    assert_eq!(stands(store, 1).await, (State::GoingOut, 2, None));
    // The one before means nothing any more.
    assert_eq!(store.retry_delivery(delivery(1), entry(2, 111)).await.unwrap().map(drop), Err(Unchanged::Taken));
    let kept = store.delivery(delivery(2)).await.unwrap().unwrap();
    assert_eq!((kept.run, kept.state), (Some(1), DeliveryState::Pending));
    assert_eq!(end(store, Way::Mail, AttemptEnd::Delivered, 120).await, 1);
    assert_eq!(stands(store, 1).await, (State::Completed, 2, None));
    sums_agree(store).await;
}

pub(crate) async fn what_is_held_back_waits_with_the_reason(store: &dyn Store) {
    queues(store).await;
    let held = |number| {
        let mut push = push(number, HOOK);
        push.to[0].held = Some(Held { rule: "webhookDisabled".to_owned(), reason: "it is disabled".to_owned() });
        push
    };
    accept(store, decided(1, pushes(DecisionKind::Queue, vec![held(1)]))).await;
    assert_eq!(stands(store, 1).await, (State::Decided, 1, failed()));
    // Pushed again by somebody, it is held back again, and then goes.
    assert!(store.push(id(1), queue(1), held(2), entry(1, 10)).await.unwrap());
    assert_eq!(stands(store, 1).await, (State::Decided, 1, failed()));
    assert!(!store.push(id(1), queue(2), push(3, HOOK), entry(2, 11)).await.unwrap(), "it waits in another queue");
    assert!(store.push(id(1), queue(1), push(3, HOOK), entry(3, 12)).await.unwrap());
    assert_eq!(stands(store, 1).await, (State::GoingOut, 1, None));
    assert!(!store.push(id(1), queue(1), push(4, HOOK), entry(4, 13)).await.unwrap(), "it is on its way");
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Delivered, 20).await, 1);
    assert_eq!(stands(store, 1).await, (State::Completed, 1, None));
    // So does one that a person takes back, and one whose content is erased.
    for number in [5, 6] {
        accept(store, decided(number, pushes(DecisionKind::Queue, vec![push(number.into(), HOOK)]))).await;
    }
    store.cancel_delivery(delivery(5), entry(5, 30)).await.unwrap().unwrap();
    assert!(store.erase(id(6), entry(6, 31)).await.unwrap());
    assert_eq!(stands(store, 5).await, (State::Decided, 1, failed()));
    assert_eq!(stands(store, 6).await, (State::Decided, 1, failed()));
    sums_agree(store).await;
}

pub(crate) async fn a_rerun_pushes_what_was_never_pushed(store: &dyn Store) {
    queues(store).await;
    for number in [1, 2] {
        accept(store, decided(number, pushes(DecisionKind::Queue, vec![push(number.into(), HOOK)]))).await;
        let ends = if number == 1 { AttemptEnd::Delivered } else { AttemptEnd::Dead };
        assert_eq!(end(store, Way::Webhooks, ends, 50 * i64::from(number)).await, 1);
    }
    let again = async |number: u128, resend: bool, run: RunRecord| {
        let entries = 10 * number + u128::from(resend) + u128::from(run.sends.is_empty());
        store.rerun(id(number), resend, entry(entries, 200)).await.unwrap();
        let lease = store.claim_runs(up_to(1), at(210)).await.unwrap()[0].lease.id;
        assert!(store.record_run(id(number), lease, run).await.unwrap());
    };
    for (number, state) in [(1, State::Completed), (2, State::GoingOut)] {
        again(number, false, pushes(DecisionKind::Queue, vec![push(10 + number, HOOK)])).await;
        assert_eq!(stands(store, number).await, (state, 1, None), "{number}");
    }
    again(1, true, pushes(DecisionKind::Queue, vec![push(21, HOOK)])).await;
    assert_eq!(stands(store, 1).await.0, State::GoingOut);
    // A run that leads elsewhere takes back what is on its way.
    again(2, false, run(DecisionKind::Disconnect)).await;
    assert_eq!(
        (state(store, delivery(12)).await, stands(store, 2).await.0),
        (DeliveryState::Cancelled, State::Completed)
    );
    sums_agree(store).await;
}

pub(crate) async fn a_queue_that_pushes_stays_until_all_has_arrived(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, pushes(DecisionKind::Queue, vec![push(1, HOOK)]))).await;
    let deleted = || store.commit(1, vec![CatalogueChange::delete(queue(1))]);
    assert!(matches!(deleted().await, Err(CommitError::Occupied(found)) if found[0].work.id == id(1)));
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Delivered, 50).await, 1);
    assert_eq!(deleted().await.unwrap(), 2);
}

/// A forward that failed waits for people. Somebody has it pushed: what becomes of the push counts, and not the forward any more.
pub(crate) async fn a_forward_that_failed_is_completed_by_a_push(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net")]))).await;
    assert_eq!(end(store, Way::Mail, AttemptEnd::Dead, 50).await, 1);
    assert_eq!(stands(store, 1).await, (State::Decided, 2, Some(codes::FORWARD_FAILED.to_owned())));
    assert!(store.push(id(1), queue(2), push(2, HOOK), entry(1, 100)).await.unwrap());
    assert_eq!(stands(store, 1).await, (State::GoingOut, 2, None));
    sums_agree(store).await;
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Dead, 150).await, 1);
    assert_eq!(stands(store, 1).await, (State::Decided, 2, failed()));
    store.retry_delivery(delivery(2), entry(2, 200)).await.unwrap().unwrap();
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Delivered, 250).await, 1);
    assert_eq!(stands(store, 1).await, (State::Completed, 2, None));
    sums_agree(store).await;
}

/// Another run decided since: its work waits to be claimed, and what the earlier run pushed is over.
pub(crate) async fn a_push_of_an_earlier_run_is_not_tried_again(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, pushes(DecisionKind::Queue, vec![push(1, HOOK)]))).await;
    assert_eq!(end(store, Way::Webhooks, AttemptEnd::Dead, 50).await, 1);
    store.rerun(id(1), false, entry(1, 200)).await.unwrap();
    let lease = store.claim_runs(up_to(1), at(210)).await.unwrap()[0].lease.id;
    assert!(store.record_run(id(1), lease, run(DecisionKind::Queue)).await.unwrap());
    assert_eq!(stands(store, 1).await, (State::Decided, 1, None));
    let retried = store.retry_delivery(delivery(1), entry(2, 220)).await.unwrap();
    assert_eq!(retried.map(drop), Err(Unchanged::Taken));
    assert_eq!(store.retry_deliveries(&DeliveryFilter::default(), 10, entry(3, 221)).await.unwrap(), 0);
    assert_eq!(state(store, delivery(1)).await, DeliveryState::Dead);
    sums_agree(store).await;
}

/// One that fails does not hand the work to agents while the others are still on their way.
pub(crate) async fn a_push_to_several_is_under_way_until_the_last_has_ended(store: &dyn Store) {
    queues(store).await;
    let both = outgoing(DeliveryKind::QueuePush, &[(1, "a@example.net"), (2, "b@example.net")]);
    accept(store, decided(1, pushes(DecisionKind::Queue, vec![both]))).await;
    let claimed = store.claim_deliveries(claim_of(50, 110), at(50)).await.unwrap();
    assert_eq!(claimed.len(), 2);
    let lease = claim_of(50, 110).lease.id;
    let attempted = |end| Attempted { end, answer: "said".to_owned() };
    assert!(store.end_attempt(delivery(1), lease, attempted(AttemptEnd::Dead), at(51)).await.unwrap());
    assert_eq!(stands(store, 1).await, (State::GoingOut, 1, None));
    assert!(claim(store, None, 52).await.is_empty());
    assert!(store.end_attempt(delivery(2), lease, attempted(AttemptEnd::Delivered), at(53)).await.unwrap());
    assert_eq!(stands(store, 1).await, (State::Decided, 1, failed()));
    sums_agree(store).await;
}
