//! What goes out.

use jiff::SignedDuration;
use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryId, DeliveryKind, DeliveryState, codes};

use super::queues::claim;
use super::samples::{accept, at, audit, decided, id, later, lease, mail, queue, queue_record, queues, run, up_to};
use crate::error::LeaseError;
use crate::records::catalogue::CatalogueChange;
use crate::records::mail::{IdempotencyKey, InteractionRecord, RunRecord, State};
use crate::records::outbox::{
    Addressed, Answers, AttemptEnd, Attempted, BouncedOf, Content, DeliveryClaim, DeliveryFilter, DeliveryRecord,
    GoesBy, Held, Outgoing, Place, SendOutcome, Stuck, Transfer, Unchanged, Way,
};
use crate::records::retention::RetentionLimits;
use crate::traits::Store;

pub(crate) fn delivery(number: u128) -> DeliveryId {
    DeliveryId(Uuid::from_u128(0x6000 + number))
}

fn content(text: &str) -> Content {
    Content { head: text.as_bytes().to_vec().into(), with_original: true, tail: b"\r\n--end".as_slice().into() }
}

/// A mail to recipients with the numbers of their deliveries.
pub(crate) fn outgoing(kind: DeliveryKind, to: &[(u128, &str)]) -> Outgoing {
    let addressed = |(number, target): &(u128, &str)| Addressed {
        id: delivery(*number),
        target: (*target).to_owned(),
        held: None,
        answers: None,
    };
    Outgoing {
        kind,
        content: content("Subject: out\r\n\r\n"),
        sender: "box@example.com".to_owned(),
        message_id: format!("{}@out.example.com", to[0].0),
        place: Some(r#"{"nodeId":"a"}"#.to_owned()),
        to: to.iter().map(addressed).collect(),
    }
}

fn sends(kind: DecisionKind, sends: Vec<Outgoing>) -> RunRecord {
    let mut run = run(kind);
    if kind == DecisionKind::Forward {
        run.decision.queue = Some(queue(2));
    }
    RunRecord { sends, ..run }
}

/// A forward to recipients.
pub(crate) fn forwards(to: &[(u128, &str)]) -> RunRecord {
    sends(DecisionKind::Forward, vec![outgoing(DeliveryKind::Forward, to)])
}

/// An automatic answer to somebody in a thread: two a day, one an hour in a thread.
pub(crate) fn answer(number: u128, correspondent: &str, thread: &str) -> Outgoing {
    let mut mail = outgoing(DeliveryKind::Reply, &[(number, correspondent)]);
    mail.to[0].answers = Some(Answers {
        correspondent: correspondent.to_owned(),
        thread: thread.to_owned(),
        most_a_day: 2,
        most_an_hour: 1,
    });
    mail
}

async fn interaction(store: &dyn Store, number: u128) -> InteractionRecord {
    store.interaction(id(number)).await.unwrap().unwrap()
}

async fn one(store: &dyn Store, number: u128) -> DeliveryRecord {
    store.delivery(delivery(number)).await.unwrap().unwrap()
}

async fn state(store: &dyn Store, number: u128) -> DeliveryState {
    one(store, number).await.state
}

pub(crate) fn claim_of(lease_number: u128, until: i64) -> DeliveryClaim {
    let lease = lease(lease_number, until);
    let (busy, first, not) = (Vec::new(), Vec::new(), Vec::new());
    DeliveryClaim { way: Way::Mail, max: 10, lease, most_of_a_domain: 10, busy, first, not }
}

async fn claimed(store: &dyn Store, lease: u128, until: i64, now: i64) -> Vec<u128> {
    let claimed = store.claim_deliveries(claim_of(lease, until), at(now)).await.unwrap();
    claimed.iter().map(|one| one.id.0.as_u128() - 0x6000).collect()
}

async fn ended(store: &dyn Store, number: u128, lease_number: u128, end: AttemptEnd, now: i64) -> bool {
    let attempted = Attempted { end, answer: format!("said of {number}") };
    store.end_attempt(delivery(number), lease(lease_number, 0).id, attempted, at(now)).await.unwrap()
}

/// Tries everything that is due, with this end.
pub(super) async fn all_end(store: &dyn Store, end: AttemptEnd, now: i64) {
    let lease_number = 900 + now.unsigned_abs() as u128;
    for number in claimed(store, lease_number, now + 60, now).await {
        assert!(ended(store, number, lease_number, end, now).await);
    }
}

/// Runs an interaction again, as the run of this number.
async fn again(store: &dyn Store, resend: bool, run: RunRecord, now: i64) {
    store.rerun(id(1), resend, audit(500 + now.unsigned_abs() as u128, "ops")).await.unwrap();
    let lease = store.claim_runs(up_to(1), at(now)).await.unwrap()[0].lease.id;
    assert!(store.record_run(id(1), lease, run).await.unwrap());
}

async fn sums_agree(store: &dyn Store) {
    let ledger = store.ledger(at(-1000), 10).await.unwrap();
    assert_eq!(ledger.places.values().sum::<u64>(), ledger.tallied.interactions);
    for (state, count) in &ledger.deliveries {
        assert_eq!(ledger.tallied.deliveries.get(state).copied().unwrap_or(0), *count, "{state:?}");
    }
}

pub(crate) async fn what_a_run_sends_is_kept_with_it(store: &dyn Store) {
    queues(store).await;
    let mut mail = outgoing(DeliveryKind::Mail, &[(1, "Ann@Example.net"), (2, "bob@example.org")]);
    mail.to[1].held = Some(Held { rule: "loop".to_owned(), reason: "it was here before".to_owned() });
    accept(store, decided(1, sends(DecisionKind::Queue, vec![mail]))).await;
    let first = one(store, 1).await;
    assert_eq!((first.interaction, first.run, first.kind), (id(1), Some(1), DeliveryKind::Mail));
    assert_eq!((first.target.as_str(), first.state, first.attempts), ("Ann@Example.net", DeliveryState::Pending, 0));
    assert_eq!((first.place.as_deref(), first.message_id.as_str()), (Some(r#"{"nodeId":"a"}"#), "1@out.example.com"));
    let held = one(store, 2).await;
    assert_eq!((held.state, held.held.unwrap().rule.as_str()), (DeliveryState::Cancelled, "loop"));
    assert_eq!(store.delivery_content(delivery(1)).await.unwrap(), Some(content("Subject: out\r\n\r\n")));
    let listed = |filter: DeliveryFilter| async move {
        let found = store.deliveries(&filter, None, 10).await.unwrap();
        found.iter().map(|one| one.id.0.as_u128() - 0x6000).collect::<Vec<_>>()
    };
    let all = DeliveryFilter::default;
    assert_eq!(listed(all()).await, [2, 1]);
    assert_eq!(listed(DeliveryFilter { state: Some(DeliveryState::Cancelled), ..all() }).await, [2]);
    assert_eq!(listed(DeliveryFilter { state: Some(DeliveryState::Delivered), ..all() }).await, [0_u128; 0]);
    assert_eq!(listed(DeliveryFilter { kind: Some(DeliveryKind::Reply), ..all() }).await, [0_u128; 0]);
    assert_eq!(listed(DeliveryFilter { target: Some("ann@EXAMPLE.net".to_owned()), ..all() }).await, [1]);
    assert_eq!(listed(DeliveryFilter { interaction: Some(id(2)), ..all() }).await, [0_u128; 0]);
    let after = store.deliveries(&all(), Some(delivery(2)), 10).await.unwrap();
    assert_eq!(after[0].id, delivery(1));
    sums_agree(store).await;
}

pub(crate) async fn due_ones_are_claimed_once_longest_due_first(store: &dyn Store) {
    queues(store).await;
    for number in 1..=3 {
        let to = format!("ann@{number}.example");
        let mail = outgoing(DeliveryKind::Mail, &[(u128::from(number), &to)]);
        let mut ended = sends(DecisionKind::Queue, vec![mail]);
        ended.started_at = at(i64::from(10 - number));
        accept(store, decided(number, ended)).await;
    }
    let busy = DeliveryClaim { max: 1, busy: vec![("3.EXAMPLE".to_owned(), 10)], ..claim_of(1, 100) };
    let found = store.claim_deliveries(busy, at(50)).await.unwrap();
    assert_eq!((found.len(), found[0].id, found[0].attempts), (1, delivery(2), 1));
    assert_eq!(claimed(store, 2, 80, 50).await, [3, 1]);
    assert!(claimed(store, 3, 200, 79).await.is_empty());
    // The process that carried them is gone: nobody heard what came of it.
    assert!(store.renew_delivery(delivery(3), lease(2, 150)).await.unwrap());
    assert_eq!(claimed(store, 3, 200, 80).await, [1]);
    assert!(!ended(store, 1, 2, AttemptEnd::Delivered, 81).await, "the lease is another's");
    assert!(!store.renew_delivery(delivery(1), lease(2, 500)).await.unwrap());
    assert!(ended(store, 1, 3, AttemptEnd::Deferred(at(300)), 90).await);
    let waits = one(store, 1).await;
    assert_eq!((waits.attempts, waits.next_attempt_at), (2, Some(at(300))));
    assert_eq!(waits.last_answer.as_deref(), Some("said of 1"));
    assert!(claimed(store, 4, 900, 149).await == [2] && claimed(store, 5, 900, 299).await == [3]);
    assert_eq!(claimed(store, 6, 900, 300).await, [1]);
    assert!(ended(store, 1, 6, AttemptEnd::Untried, 310).await);
    assert_eq!(one(store, 1).await.attempts, 2);
    sums_agree(store).await;
}

/// A clock that was a day ahead made leases and pauses that end tomorrow.
pub(crate) async fn what_a_wrong_clock_put_off_is_carried(store: &dyn Store) {
    const DAY: i64 = 24 * 60 * 60;
    queues(store).await;
    for number in 1..=3 {
        let mail = outgoing(DeliveryKind::Mail, &[(u128::from(number), &format!("ann@{number}.example"))]);
        accept(store, decided(number, sends(DecisionKind::Queue, vec![mail]))).await;
    }
    assert_eq!(claimed(store, 1, DAY + 80, DAY + 50).await.len(), 3);
    assert!(ended(store, 1, 1, AttemptEnd::Deferred(at(DAY + 90)), DAY + 50).await);
    assert!(claimed(store, 2, 180, 150).await.is_empty());
    assert_eq!(store.bring_nearer(Way::Mail, at(180), at(150)).await.unwrap(), 3);
    assert_eq!(store.bring_nearer(Way::Mail, at(180), at(150)).await.unwrap(), 0, "they are near");
    assert_eq!(claimed(store, 3, 180, 150).await, [1]);
    // Of the holders one is there still.
    assert!(store.renew_delivery(delivery(2), lease(1, 190)).await.unwrap());
    assert_eq!(claimed(store, 4, 210, 180).await.len(), 2, "one whose lease ended anew, and one whose holder is gone");
    assert!(ended(store, 2, 1, AttemptEnd::Delivered, 185).await, "the lease is its holder's");
    sums_agree(store).await;
}

/// Domains share what a node carries, and a backlog of one that has its share stands in no other's way.
pub(crate) async fn no_domain_is_in_anothers_way(store: &dyn Store) {
    queues(store).await;
    let addresses = |domain: &str, numbers: std::ops::Range<u128>| -> Vec<(u128, String)> {
        numbers.map(|number| (number, format!("u{number}@{domain}"))).collect()
    };
    let mails = [addresses("busy.example", 1000..1700), addresses("b.example", 1..7), addresses("Z.example", 7..9)];
    for (number, to) in (1_u8..).zip(&mails) {
        let to: Vec<(u128, &str)> = to.iter().map(|(number, target)| (*number, target.as_str())).collect();
        let mut sent = sends(DecisionKind::Queue, vec![outgoing(DeliveryKind::Mail, &to)]);
        sent.started_at = at(i64::from(number));
        accept(store, decided(number, sent)).await;
    }
    let claim = |number, busy: &[(&str, u32)], max| DeliveryClaim {
        max,
        most_of_a_domain: 4,
        busy: busy.iter().map(|(domain, count)| ((*domain).to_owned(), *count)).collect(),
        ..claim_of(number, 100)
    };
    let domains = async |claim: DeliveryClaim| {
        let mut counts = std::collections::BTreeMap::new();
        for one in store.claim_deliveries(claim, at(50)).await.unwrap() {
            let domain = one.target.rsplit_once('@').unwrap().1.to_owned();
            *counts.entry(domain).or_insert(0) += 1;
        }
        counts.into_iter().collect::<Vec<(String, u32)>>()
    };
    let named = |all: &[(&str, u32)]| all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect::<Vec<_>>();
    assert_eq!(domains(claim(1, &[], 3)).await, named(&[("busy.example", 3)]), "longest due first");
    assert_eq!(domains(claim(2, &[("busy.example", 3)], 3)).await, named(&[("b.example", 2), ("busy.example", 1)]));
    let busy = [("busy.example", 4), ("b.example", 2)];
    assert_eq!(domains(claim(3, &busy, 10)).await, named(&[("Z.example", 2), ("b.example", 2)]));
    let busy = [("busy.example", 4), ("b.example", 4), ("z.example", 2)];
    assert_eq!(domains(claim(4, &busy, 10)).await, []);
    assert_eq!(domains(claim(5, &[("busy.example", 4)], 10)).await, named(&[("b.example", 2)]));
    sums_agree(store).await;
}

/// A backlog of mail is not in the way of requests to webhooks, nor the other way round, and webhooks share like domains.
pub(crate) async fn each_way_is_claimed_apart(store: &dyn Store) {
    queues(store).await;
    let hooks = ["0198f000-0000-7000-8000-000000000001", "0198f000-0000-7000-8000-000000000002"];
    let backlog: Vec<(u128, String)> = (1000..1600).map(|number| (number, format!("u{number}@busy.example"))).collect();
    let backlog: Vec<(u128, &str)> = backlog.iter().map(|(number, target)| (*number, target.as_str())).collect();
    let requests: Vec<(u128, &str)> = (2000..2600).map(|number| (number, hooks[0])).chain([(3000, hooks[1])]).collect();
    let all = vec![outgoing(DeliveryKind::Mail, &backlog), outgoing(DeliveryKind::Webhook, &requests)];
    accept(store, decided(1, sends(DecisionKind::Queue, all))).await;
    let claim = |number, way, busy: &[(&str, u32)]| DeliveryClaim {
        way,
        max: 5,
        most_of_a_domain: 2,
        busy: busy.iter().map(|(target, count)| ((*target).to_owned(), *count)).collect(),
        ..claim_of(number, 100)
    };
    let targets = async |claim| {
        let claimed = store.claim_deliveries(claim, at(50)).await.unwrap();
        let mut targets: Vec<String> = claimed.into_iter().map(|one| one.target).collect();
        targets.sort();
        targets
    };
    assert_eq!(targets(claim(1, Way::Webhooks, &[])).await, [hooks[0], hooks[0], hooks[1]]);
    assert_eq!(targets(claim(2, Way::Webhooks, &[(hooks[0], 2)])).await, [""; 0]);
    assert_eq!(targets(claim(3, Way::Webhooks, &[(hooks[0], 1)])).await, [hooks[0]]);
    // What somebody wants now is not held back by what else goes there, nor by how long that is due.
    let wanted = DeliveryClaim { first: vec![delivery(2590)], max: 1, ..claim(5, Way::Webhooks, &[(hooks[0], 9)]) };
    let found = store.claim_deliveries(wanted.clone(), at(50)).await.unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [delivery(2590)]);
    assert_eq!(store.claim_deliveries(wanted, at(51)).await.unwrap(), [], "it is carried");
    let mail = targets(claim(4, Way::Mail, &[])).await;
    assert!(mail.len() == 2 && mail.iter().all(|target| target.ends_with("@busy.example")), "{mail:?}");
    sums_agree(store).await;
}

/// Of two actions that send to one webhook, a rerun repeats the one whose request is dead, and not the other.
pub(crate) async fn a_rerun_tells_actions_that_send_to_one_webhook_apart(store: &dyn Store) {
    queues(store).await;
    let hook = "0198f000-0000-7000-8000-000000000001";
    let request = |number: u128, action: u32, version: u32| Outgoing {
        place: Some(format!(r#"{{"flowId":"f","version":{version},"nodeId":"a","action":{action}}}"#)),
        ..outgoing(DeliveryKind::Webhook, &[(number, hook)])
    };
    let first = sends(DecisionKind::Queue, vec![request(1, 0, 1), request(2, 1, 1)]);
    accept(store, decided(1, first)).await;
    let claim = DeliveryClaim { way: Way::Webhooks, ..claim_of(1, 100) };
    assert_eq!(store.claim_deliveries(claim, at(50)).await.unwrap().len(), 2);
    assert!(ended(store, 1, 1, AttemptEnd::Dead, 51).await && ended(store, 2, 1, AttemptEnd::Delivered, 51).await);
    again(store, false, sends(DecisionKind::Queue, vec![request(3, 0, 2), request(4, 1, 2)]), 60).await;
    assert_eq!((one(store, 3).await.place, one(store, 2).await.run), (request(3, 0, 2).place, Some(2)));
    assert_eq!(store.delivery(delivery(4)).await.unwrap(), None, "it arrived before");
}

/// A clock that jumps ends leases at once; what a node knows that it carries is not due to it all the same.
pub(crate) async fn what_the_claimer_carries_is_not_claimed_again(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net")]))).await;
    assert_eq!(claimed(store, 1, 100, 50).await, [1, 2]);
    let claim = DeliveryClaim { not: vec![delivery(1)], ..claim_of(2, 9000) };
    let found = store.claim_deliveries(claim.clone(), at(5000)).await.unwrap();
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [delivery(2)]);
    assert!(ended(store, 1, 1, AttemptEnd::Delivered, 5001).await && !ended(store, 2, 1, AttemptEnd::Dead, 5001).await);
    // A lease that is over before it begins.
    accept(store, decided(2, forwards(&[(3, "c@example.net")]))).await;
    let claim = DeliveryClaim { lease: lease(3, 10), ..claim };
    let found = store.claim_deliveries(claim, at(60)).await.unwrap();
    assert_eq!((found.len(), found[0].attempts), (1, 1));
}

pub(crate) async fn a_forward_is_completed_when_everybody_has_it(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net")]))).await;
    let going = interaction(store, 1).await;
    assert_eq!((going.state, going.decision.unwrap().queue), (State::GoingOut, Some(queue(2))));
    assert_eq!(claimed(store, 1, 100, 50).await, [1, 2]);
    assert!(ended(store, 1, 1, AttemptEnd::Delivered, 51).await);
    assert_eq!(interaction(store, 1).await.state, State::GoingOut);
    assert!(ended(store, 2, 1, AttemptEnd::Delivered, 52).await);
    assert_eq!(interaction(store, 1).await.state, State::Completed);
    // It comes back after all.
    let bounced = store.bounce(BouncedOf::Delivery(delivery(2)), "550 no such user", at(60)).await.unwrap();
    assert_eq!(bounced, [delivery(2)]);
    let failed = interaction(store, 1).await;
    let decision = failed.decision.unwrap();
    assert_eq!((failed.state, decision.queue, decision.kind), (State::Decided, Some(queue(2)), DecisionKind::Forward));
    let error = decision.error.unwrap();
    assert_eq!(error["code"], codes::FORWARD_FAILED);
    assert_eq!(error["message"], "the forward to `b@example.net` came back: 550 no such user");
    // It goes out again, and arrives.
    store.retry_delivery(delivery(2), audit(1, "ops")).await.unwrap().unwrap();
    let going = interaction(store, 1).await;
    assert_eq!((going.state, going.decision.unwrap().error), (State::GoingOut, None));
    all_end(store, AttemptEnd::Delivered, 1000).await;
    assert_eq!(interaction(store, 1).await.state, State::Completed);
    sums_agree(store).await;
}

pub(crate) async fn a_dead_forward_stands_in_its_queue(store: &dyn Store) {
    let built_in = crate::records::catalogue::QueueRecord { built_in: true, ..queue_record(3, "Unrouted") };
    let queues = [queue_record(1, "General"), queue_record(2, "Billing"), built_in];
    store.commit(0, queues.map(CatalogueChange::put).into()).await.unwrap();
    for number in 1..=3 {
        let to = format!("{number}@example.net");
        accept(store, decided(number, forwards(&[(u128::from(number), &to)]))).await;
    }
    all_end(store, AttemptEnd::Dead, 50).await;
    let billing = crate::records::queues::QueueClaim { queue: queue(2), max: 1, lease_seconds: 60, skills: None };
    let held = store.claim(&billing, at(60)).await.unwrap().remove(0);
    assert_eq!(held.interaction.id, id(1));
    // Somebody has it: it is theirs, even if it arrives.
    store.retry_delivery(delivery(1), audit(1, "ops")).await.unwrap().unwrap();
    all_end(store, AttemptEnd::Delivered, 1000).await;
    assert_eq!(interaction(store, 1).await.state, State::Claimed);
    store.acknowledge(queue(2), held.lease.id, at(70)).await.unwrap();
    assert!(!store.bounce(BouncedOf::Delivery(delivery(1)), "no", at(80)).await.unwrap().is_empty());
    assert_eq!(interaction(store, 1).await.state, State::Completed, "a person completed it");
    // Without an answer that can be waited for: cancelled.
    store.cancel_delivery(delivery(2), audit(2, "ops")).await.unwrap().unwrap();
    assert_eq!(interaction(store, 2).await.state, State::Decided);
    for number in [2, 3] {
        let lease = store.claim(&billing, at(100 + number)).await.unwrap().remove(0);
        store.acknowledge(queue(2), lease.lease.id, at(100 + number)).await.unwrap();
    }
    // Its queue goes while it is on the way.
    accept(store, decided(4, forwards(&[(4, "4@example.net")]))).await;
    assert_eq!(store.commit(1, vec![CatalogueChange::delete(queue(2))]).await.unwrap(), 2);
    all_end(store, AttemptEnd::Dead, 2000).await;
    let stands = interaction(store, 4).await;
    assert_eq!((stands.state, stands.decision.unwrap().queue), (State::Decided, Some(queue(3))));
    sums_agree(store).await;
}

pub(crate) async fn a_forward_that_is_held_back_stands_in_its_queue(store: &dyn Store) {
    queues(store).await;
    let mut held = forwards(&[(1, "a@example.net")]);
    held.sends[0].to[0].held = Some(Held { rule: "loop".to_owned(), reason: "it was here before".to_owned() });
    accept(store, decided(1, held)).await;
    let stands = interaction(store, 1).await;
    let decision = stands.decision.unwrap();
    assert_eq!((stands.state, decision.queue), (State::Decided, Some(queue(2))));
    let message = "the forward to `a@example.net` was held back: it was here before";
    assert_eq!(decision.error.unwrap()["message"], message);
    let refused = store.retry_delivery(delivery(1), audit(1, "ops")).await.unwrap();
    assert_eq!(refused.unwrap_err(), Unchanged::State(DeliveryState::Cancelled));
}

pub(crate) async fn a_rerun_sends_what_was_never_sent(store: &dyn Store) {
    queues(store).await;
    let first =
        [(1, "sent@example.net"), (2, "tried@example.net"), (3, "wanted@example.net"), (4, "unwanted@example.net")];
    accept(store, decided(1, forwards(&first))).await;
    let one_by_one = |number| DeliveryClaim { max: 1, ..claim_of(number, 100) };
    for (number, end) in [(1, AttemptEnd::Delivered), (2, AttemptEnd::Deferred(at(5000)))] {
        store.claim_deliveries(one_by_one(number), at(50)).await.unwrap();
        assert!(ended(store, number, number, end, 51).await);
    }
    let second =
        [(11, "SENT@example.net"), (12, "tried@example.net"), (13, "wanted@example.net"), (14, "new@example.net")];
    again(store, false, forwards(&second), 60).await;
    let mut states = Vec::new();
    for number in [1, 2, 3, 4, 13, 14] {
        let one = one(store, number).await;
        states.push((number, one.state, one.run.unwrap()));
    }
    use DeliveryState::{Cancelled, Delivered, Pending};
    assert_eq!(
        states,
        [(1, Delivered, 2), (2, Pending, 2), (3, Cancelled, 1), (4, Cancelled, 1), (13, Pending, 2), (14, Pending, 2)]
    );
    for number in [11, 12] {
        assert_eq!(store.delivery(delivery(number)).await.unwrap(), None);
    }
    all_end(store, AttemptEnd::Delivered, 5000).await;
    assert_eq!(interaction(store, 1).await.state, State::Completed, "what was sent before counts");
    // Everything again.
    again(store, true, forwards(&[(21, "sent@example.net")]), 5100).await;
    assert_eq!((state(store, 21).await, interaction(store, 1).await.state), (Pending, State::GoingOut));
    // Only what went before is sent again.
    again(store, false, forwards(&[(31, "tried@example.net")]), 5200).await;
    assert_eq!((state(store, 21).await, state(store, 31).await), (Cancelled, Pending));
    sums_agree(store).await;
}

pub(crate) async fn what_is_taken_back_under_way_may_have_arrived(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net")]))).await;
    claimed(store, 1, 100, 50).await;
    assert_eq!(store.cancel_delivery(delivery(1), audit(1, "ops")).await.unwrap().unwrap_err(), Unchanged::UnderWay);
    assert_eq!(store.retry_delivery(delivery(9), audit(1, "ops")).await.unwrap().unwrap_err(), Unchanged::Missing);
    again(store, true, run(DecisionKind::Queue), 60).await;
    assert_eq!(state(store, 1).await, DeliveryState::Cancelled);
    assert!(ended(store, 1, 1, AttemptEnd::Delivered, 70).await && ended(store, 2, 1, AttemptEnd::Dead, 70).await);
    assert_eq!(state(store, 1).await, DeliveryState::Delivered);
    assert_eq!(state(store, 2).await, DeliveryState::Cancelled);
    assert_eq!(interaction(store, 1).await.state, State::Decided, "another run decided otherwise");
    sums_agree(store).await;
}

/// An attempt whose answer was lost may have delivered the mail: a run that wants it again sends it under the same id.
pub(crate) async fn what_was_withdrawn_after_an_attempt_goes_on_when_a_rerun_wants_it(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "tried@example.net"), (2, "taken-back@example.net")]))).await;
    claimed(store, 1, 100, 50).await;
    for number in [1, 2] {
        assert!(ended(store, number, 1, AttemptEnd::Deferred(at(5000)), 51).await);
    }
    store.cancel_delivery(delivery(2), audit(1, "ops")).await.unwrap().unwrap();
    again(store, false, run(DecisionKind::Queue), 60).await;
    assert_eq!((state(store, 1).await, state(store, 2).await), (DeliveryState::Cancelled, DeliveryState::Cancelled));
    again(store, false, forwards(&[(11, "tried@example.net"), (12, "taken-back@example.net")]), 70).await;
    let kept = one(store, 1).await;
    let anew = one(store, 12).await;
    assert_eq!((kept.state, kept.next_attempt_at, kept.attempts), (DeliveryState::Pending, anew.next_attempt_at, 1));
    assert_eq!(store.delivery(delivery(11)).await.unwrap(), None, "there is no second one");
    assert_eq!((state(store, 2).await, anew.state), (DeliveryState::Cancelled, DeliveryState::Pending));
    all_end(store, AttemptEnd::Delivered, 80).await;
    assert_eq!(interaction(store, 1).await.state, State::Completed);
    sums_agree(store).await;
}

/// Whatever becomes of runs meanwhile: what is being carried to somebody is not sent to them once more.
pub(crate) async fn a_rerun_during_an_attempt_keeps_the_delivery(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net")]))).await;
    assert_eq!(claimed(store, 1, 10_000, 50).await, [1]);
    for (number, resend) in [(11, false), (12, true)] {
        let now = 60 + i64::from(resend) * 10;
        // The first does not want it, the second does.
        again(store, resend, run(DecisionKind::Queue), now).await;
        let withdrawn = one(store, 1).await;
        assert_eq!((withdrawn.state, withdrawn.ended_at.is_some()), (DeliveryState::Cancelled, true));
        again(store, resend, forwards(&[(number, "A@example.net")]), now + 5).await;
        let kept = one(store, 1).await;
        assert_eq!((kept.state, kept.next_attempt_at), (DeliveryState::Pending, Some(at(10_000))), "{resend}");
        assert_eq!((kept.ended_at, kept.run), (None, Some(if resend { 5 } else { 3 })));
        assert_eq!(store.delivery(delivery(number)).await.unwrap(), None, "there is no second one");
        assert_eq!(interaction(store, 1).await.state, State::GoingOut);
    }
    assert!(ended(store, 1, 1, AttemptEnd::Delivered, 90).await);
    assert_eq!(interaction(store, 1).await.state, State::Completed);
    sums_agree(store).await;
    // Now it was sent.
    again(store, true, forwards(&[(13, "a@example.net")]), 100).await;
    assert_eq!(state(store, 13).await, DeliveryState::Pending);
}

pub(crate) async fn automatic_answers_are_limited(store: &dyn Store) {
    queues(store).await;
    for (number, thread) in [(1, "t1"), (2, "t1"), (3, "t2"), (4, "t3")] {
        let sent = sends(DecisionKind::Queue, vec![answer(u128::from(number), "ann@example.net", thread)]);
        accept(store, decided(number, sent)).await;
    }
    let mut rules = Vec::new();
    for number in 1..=4 {
        rules.push(one(store, number).await.held.map(|held| held.rule));
    }
    let rules: Vec<Option<&str>> = rules.iter().map(Option::as_deref).collect();
    assert_eq!(rules, [None, Some("thread"), None, Some("correspondent")]);
    // What nobody got does not count, nor what somebody wants sent again.
    all_end(store, AttemptEnd::Dead, 10).await;
    let mut reply = answer(11, "ann@example.net", "t1");
    let copy = answer(12, "bob@example.net", "t1");
    reply.to.extend(copy.to);
    let to_both = |number: u128| {
        let mut mail = reply.clone();
        mail.message_id = format!("{number}@out.example.com");
        for (to, id) in mail.to.iter_mut().zip(number..) {
            to.id = delivery(id);
        }
        sends(DecisionKind::Queue, vec![mail])
    };
    // It is one answer in its thread, though two get it.
    again(store, false, to_both(21), 20).await;
    assert_eq!((state(store, 21).await, state(store, 22).await), (DeliveryState::Pending, DeliveryState::Pending));
    again(store, true, to_both(31), 30).await;
    assert_eq!((state(store, 31).await, state(store, 32).await), (DeliveryState::Pending, DeliveryState::Pending));
    // Of what waits the next run makes another.
    again(store, false, to_both(41), 40).await;
    assert_eq!((state(store, 31).await, state(store, 32).await), (DeliveryState::Cancelled, DeliveryState::Cancelled));
    assert_eq!((state(store, 41).await, state(store, 42).await), (DeliveryState::Pending, DeliveryState::Pending));
    // A day later there is room again, and what was cancelled never counted.
    let mut late = sends(DecisionKind::Queue, vec![answer(5, "ann@example.net", "t1")]);
    late.started_at = at(0) + SignedDuration::from_hours(25);
    accept(store, decided(5, late)).await;
    assert_eq!(state(store, 5).await, DeliveryState::Pending);
}

/// An answer to everybody is one in its thread; each recipient has a limit of their own.
pub(crate) async fn an_answer_to_everybody_is_one(store: &dyn Store) {
    queues(store).await;
    let to_both = |number: u128, thread: &str| {
        let mut mail = outgoing(DeliveryKind::Reply, &[(number, "ann@example.net"), (number + 1, "bob@example.net")]);
        for (to, counts) in mail.to.iter_mut().zip(["ann@example.net", "bob@example.net"]) {
            to.answers = answer(1, counts, thread).to.remove(0).answers;
        }
        mail
    };
    let rules = async |number: u128| {
        let held = [one(store, number).await.held, one(store, number + 1).await.held];
        held.map(|held| held.map(|held| held.rule))
    };
    let thread = || Some("thread".to_owned());
    let correspondent = || Some("correspondent".to_owned());
    accept(store, decided(1, sends(DecisionKind::Queue, vec![to_both(1, "t1"), to_both(3, "t1")]))).await;
    assert_eq!((rules(1).await, rules(3).await), ([None, None], [thread(), thread()]));
    let ann = sends(DecisionKind::Queue, vec![answer(5, "ann@example.net", "t2")]);
    accept(store, decided(2, ann)).await;
    accept(store, decided(3, sends(DecisionKind::Queue, vec![to_both(7, "t3")]))).await;
    assert_eq!(rules(7).await, [correspondent(), None]);
    accept(store, decided(4, sends(DecisionKind::Queue, vec![answer(9, "cid@example.net", "t3")]))).await;
    assert_eq!(one(store, 9).await.held.map(|held| held.rule), thread(), "one of two went out in the thread");
}

/// What is sent again, was given up or was taken back does not count any more.
pub(crate) async fn answers_that_did_not_go_out_do_not_count(store: &dyn Store) {
    queues(store).await;
    let reply = |number| sends(DecisionKind::Queue, vec![answer(number, "ann@example.net", "t1")]);
    accept(store, decided(1, reply(1))).await;
    all_end(store, AttemptEnd::Delivered, 50).await;
    again(store, true, reply(2), 60).await;
    assert_eq!(state(store, 2).await, DeliveryState::Pending, "the first does not count");
    all_end(store, AttemptEnd::Dead, 100).await;
    accept(store, decided(2, reply(3))).await;
    assert_eq!(state(store, 3).await, DeliveryState::Pending, "neither does the second");
    store.cancel_delivery(delivery(3), audit(1, "ops")).await.unwrap().unwrap();
    accept(store, decided(3, reply(4))).await;
    assert_eq!(state(store, 4).await, DeliveryState::Pending, "nor the third");
    accept(store, decided(4, reply(5))).await;
    assert_eq!(one(store, 5).await.held.unwrap().rule, "thread");
}

pub(crate) async fn dead_letters_are_edited_and_retried(store: &dyn Store) {
    queues(store).await;
    let mail = outgoing(DeliveryKind::Mail, &[(1, "a@example.net"), (2, "b@example.net")]);
    accept(store, decided(1, sends(DecisionKind::Queue, vec![mail]))).await;
    let early = store.edit_delivery(delivery(1), content("new"), audit(1, "ops")).await.unwrap();
    assert_eq!(early.unwrap_err(), Unchanged::State(DeliveryState::Pending));
    all_end(store, AttemptEnd::Dead, 50).await;
    store.edit_delivery(delivery(1), content("new"), audit(2, "ops")).await.unwrap().unwrap();
    assert_eq!(store.delivery_content(delivery(1)).await.unwrap(), Some(content("new")));
    assert_eq!(store.delivery_content(delivery(2)).await.unwrap(), Some(content("Subject: out\r\n\r\n")));
    let only_b = DeliveryFilter { target: Some("B@example.net".to_owned()), ..DeliveryFilter::default() };
    assert_eq!(store.retry_deliveries(&only_b, 10, audit(3, "ops")).await.unwrap(), 1);
    assert_eq!((state(store, 1).await, state(store, 2).await), (DeliveryState::Dead, DeliveryState::Pending));
    assert_eq!(one(store, 2).await.since, audit(3, "ops").at);
    assert_eq!(store.retry_deliveries(&DeliveryFilter::default(), 10, audit(4, "ops")).await.unwrap(), 1);
    let of =
        BouncedOf::Message { message_id: "1@out.example.com".to_owned(), recipient: Some("A@example.net".to_owned()) };
    assert_eq!(store.bounce(of, "back", at(90)).await.unwrap(), [delivery(1)], "an answer may have been lost");
    sums_agree(store).await;
}

/// What was erased can't be retried, and takes no place among those that are.
pub(crate) async fn only_what_has_its_content_is_retried(store: &dyn Store) {
    queues(store).await;
    for number in 1..=2 {
        let to = format!("{number}@example.net");
        accept(store, decided(number, forwards(&[(u128::from(number), &to)]))).await;
    }
    all_end(store, AttemptEnd::Dead, 50).await;
    store.erase(id(1), audit(1, "ops")).await.unwrap();
    assert_eq!(store.retry_deliveries(&DeliveryFilter::default(), 1, audit(2, "ops")).await.unwrap(), 1);
    assert_eq!((state(store, 1).await, state(store, 2).await), (DeliveryState::Dead, DeliveryState::Pending));
    sums_agree(store).await;
}

pub(crate) async fn agents_send_transfer_and_complete(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    let token = claim(store, None, 10).await[0].lease.id;
    let reply = || outgoing(DeliveryKind::Reply, &[(1, "ann@example.net")]);
    let entry = |number| crate::records::audit::AuditRecord { at: at(20), ..audit(number, "ann") };
    let other = Uuid::from_u128(99);
    for (token, now, claimed) in [(token, 20, true), (other, 20, false), (token, 1000, false)] {
        assert_eq!(store.is_claimed(id(1), token, at(now)).await.unwrap(), claimed, "{token} at {now}");
    }
    assert!(!store.is_claimed(id(9), token, at(20)).await.unwrap(), "there is no such interaction");
    assert!(matches!(store.send(id(1), other, reply(), None, entry(1)).await, Err(LeaseError::Lost)));
    assert_eq!(store.send(id(1), token, reply(), None, entry(2)).await.unwrap(), SendOutcome::Kept);
    assert_eq!((one(store, 1).await.run, state(store, 1).await), (None, DeliveryState::Pending));
    let to = |number| Transfer { queue: queue(number), priority: Some(7), skills: None, language: None, push: None };
    assert!(matches!(store.transfer(id(1), token, to(9), entry(3)).await, Err(LeaseError::NoQueue)));
    store.transfer(id(1), token, to(2), entry(4)).await.unwrap();
    let moved = interaction(store, 1).await;
    let decision = moved.decision.unwrap();
    assert_eq!((moved.state, decision.queue, decision.priority), (State::Decided, Some(queue(2)), 7));
    assert!(matches!(store.complete_claimed(id(1), token, None, entry(5)).await, Err(LeaseError::Lost)));
    let billing = crate::records::queues::QueueClaim { queue: queue(2), max: 1, lease_seconds: 60, skills: None };
    let token = store.claim(&billing, at(20)).await.unwrap()[0].lease.id;
    for number in [6, 7] {
        store.complete_claimed(id(1), token, Some("refunded".to_owned()), entry(number)).await.unwrap();
    }
    let done = interaction(store, 1).await;
    assert_eq!((done.state, done.decision.unwrap().outcome.as_deref()), (State::Completed, Some("refunded")));
    // A rerun leaves alone what a person sent.
    again(store, true, run(DecisionKind::Queue), 100).await;
    assert_eq!(state(store, 1).await, DeliveryState::Pending);
    sums_agree(store).await;
}

/// Whatever became of the claim since: who asks again did not hear the answer.
pub(crate) async fn a_repeated_request_sends_once(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    let token = claim(store, None, 10).await[0].lease.id;
    let reply = |number| outgoing(DeliveryKind::Reply, &[(number, "ann@example.net"), (number + 1, "bob@example.net")]);
    let entry = |number, second| crate::records::audit::AuditRecord { at: at(second), ..audit(number, "ann") };
    let key = |fingerprint| Some(IdempotencyKey { key: "ann\nk".to_owned(), fingerprint: [fingerprint; 32] });
    let other = Uuid::from_u128(99);
    assert!(matches!(store.send(id(1), other, reply(1), key(1), entry(1, 20)).await, Err(LeaseError::Lost)));
    let send = async |number, fingerprint, second| {
        let request = (reply(number), key(fingerprint), entry(number, second));
        store.send(id(1), token, request.0, request.1, request.2).await
    };
    assert_eq!(send(1, 1, 20).await.unwrap(), SendOutcome::Kept, "what was refused took no key");
    let same = SendOutcome::Repeated(vec![delivery(1), delivery(2)]);
    assert_eq!(send(3, 1, 21).await.unwrap(), same);
    assert_eq!(send(3, 2, 21).await.unwrap(), SendOutcome::KeyReused);
    store.complete_claimed(id(1), token, None, entry(9, 22)).await.unwrap();
    assert_eq!(send(3, 1, 86_400).await.unwrap(), same, "within a day");
    assert_eq!(store.delivery(delivery(3)).await.unwrap(), None);
    assert!(matches!(send(3, 1, 90_000).await, Err(LeaseError::Lost)), "a day later it is another request");
    let of = DeliveryFilter { interaction: Some(id(1)), ..DeliveryFilter::default() };
    assert_eq!(store.deliveries(&of, None, 10).await.unwrap().len(), 2);
}

pub(crate) async fn what_is_erased_is_not_sent(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net")]))).await;
    let first = DeliveryClaim { max: 1, ..claim_of(1, 100) };
    store.claim_deliveries(first, at(50)).await.unwrap();
    assert!(ended(store, 1, 1, AttemptEnd::Delivered, 51).await);
    assert!(store.erase(id(1), audit(1, "ops")).await.unwrap());
    let held = one(store, 2).await;
    assert_eq!((held.state, held.held.unwrap().rule.as_str()), (DeliveryState::Cancelled, "erased"));
    assert_eq!((held.target.as_str(), state(store, 1).await), ("b@example.net", DeliveryState::Delivered));
    for number in [1, 2] {
        assert_eq!(store.delivery_content(delivery(number)).await.unwrap(), None);
    }
    assert_eq!(interaction(store, 1).await.state, State::Decided, "somebody must see that it does not arrive");
    // A run that ends after the erasure sends nothing.
    accept(store, mail(2)).await;
    let lease = store.claim_runs(up_to(1), at(60)).await.unwrap()[0].lease.id;
    store.erase(id(2), audit(2, "ops")).await.unwrap();
    assert!(store.record_run(id(2), lease, forwards(&[(3, "c@example.net")])).await.unwrap());
    assert_eq!((state(store, 3).await, interaction(store, 2).await.state), (DeliveryState::Cancelled, State::Decided));
    assert_eq!(store.delivery_content(delivery(3)).await.unwrap(), None);
    sums_agree(store).await;
}

pub(crate) async fn what_still_goes_out_is_not_swept(store: &dyn Store) {
    queues(store).await;
    let mail = outgoing(DeliveryKind::Mail, &[(1, "a@example.net")]);
    accept(store, decided(1, sends(DecisionKind::Disconnect, vec![mail]))).await;
    let limits = RetentionLimits { interactions: Some(later()), contents: Some(later()), ..RetentionLimits::default() };
    let swept = store.sweep(limits.clone(), 10, later()).await.unwrap();
    assert_eq!((swept.interactions, swept.contents), (0, 0));
    assert!(store.delivery_content(delivery(1)).await.unwrap().is_some());
    all_end(store, AttemptEnd::Delivered, 50).await;
    let contents = RetentionLimits { interactions: None, ..limits.clone() };
    assert_eq!(store.sweep(contents, 10, later()).await.unwrap().contents, 1);
    assert_eq!(
        (state(store, 1).await, store.delivery_content(delivery(1)).await.unwrap()),
        (DeliveryState::Delivered, None)
    );
    assert_eq!(store.sweep(limits, 10, later()).await.unwrap().interactions, 1);
    assert_eq!(store.delivery(delivery(1)).await.unwrap(), None);
    sums_agree(store).await;
}

pub(crate) async fn the_ledger_has_each_in_one_place(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    accept(store, decided(2, run(DecisionKind::Queue))).await;
    accept(store, decided(3, run(DecisionKind::Disconnect))).await;
    accept(store, decided(4, run(DecisionKind::Forward))).await;
    accept(store, decided(5, forwards(&[(5, "a@example.net")]))).await;
    let claimed = claim(store, None, 10).await[0].interaction.id;
    accept(store, decided(6, run(DecisionKind::Queue))).await;
    let ledger = store.ledger(at(-1000), 10).await.unwrap();
    let places: Vec<(Place, u64)> = ledger.places.iter().map(|(place, count)| (*place, *count)).collect();
    let expected = Place::ALL.map(|place| (place, u64::from(place != Place::Stuck)));
    assert_eq!((places, claimed), (expected.to_vec(), id(2)));
    assert_eq!(ledger.deliveries[&DeliveryState::Pending], 1);
    assert!(ledger.stuck.is_empty());
    let overdue = store.ledger(at(1000), 10).await.unwrap();
    assert_eq!(overdue.stuck, [(id(5), Stuck::Overdue(GoesBy::Forward))]);
    assert_eq!((overdue.places[&Place::Stuck], overdue.places[&Place::GoingOut]), (1, 0));
    sums_agree(store).await;
}

pub(crate) async fn a_shared_key_is_the_first_that_was_offered(store: &dyn Store) {
    let keys = futures_util::future::join_all((1..=8).map(|number| store.shared_key("trace", [number; 32]))).await;
    let first = *keys[0].as_ref().unwrap();
    assert!(keys.iter().all(|key| *key.as_ref().unwrap() == first));
    assert_eq!(store.shared_key("bounces", [9; 32]).await.unwrap(), [9; 32]);
}

pub(crate) async fn a_shared_key_is_replaced_only_if_it_is_the_one_expected(store: &dyn Store) {
    assert_eq!(store.known_shared_key("id").await.unwrap(), None);
    assert!(!store.replace_shared_key("id", [1; 32], [2; 32]).await.unwrap(), "there is none");
    store.shared_key("id", [1; 32]).await.unwrap();
    assert!(!store.replace_shared_key("id", [3; 32], [2; 32]).await.unwrap(), "it is another");
    assert_eq!(store.known_shared_key("id").await.unwrap(), Some([1; 32]));
    assert!(store.replace_shared_key("id", [1; 32], [2; 32]).await.unwrap());
    assert_eq!(store.known_shared_key("id").await.unwrap(), Some([2; 32]));
    assert_eq!(store.shared_key("id", [4; 32]).await.unwrap(), [2; 32]);
}

/// Answers from many tasks at once: as many are kept as may be.
pub(crate) async fn answers_from_many_tasks_are_limited_together(store: &dyn Store) {
    queues(store).await;
    let offers = (1..=12_u8).map(|number| {
        let thread = format!("t{number}");
        let mail =
            decided(number, sends(DecisionKind::Queue, vec![answer(u128::from(number), "ann@example.net", &thread)]));
        store.accept(mail)
    });
    for accepted in futures_util::future::join_all(offers).await {
        accepted.unwrap();
    }
    let pending = DeliveryFilter { state: Some(DeliveryState::Pending), ..DeliveryFilter::default() };
    assert_eq!(store.deliveries(&pending, None, 20).await.unwrap().len(), 2);
}
