//! What listeners are told, in the transaction of what happened.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryId, DeliveryKind, DeliveryState, Event, MailboxId, WebhookId};

use super::outbox::{claim_of, forwards};
use super::queues::claim;
use super::samples::{accept, at, audit, decided, flow, id, mail, queue, queue_record, queues, run, up_to};
use crate::records::audit::AuditRecord;
use crate::records::catalogue::CatalogueChange;
use crate::records::events::{About, Happened, Hint, Listeners, Told};
use crate::records::mail::State;
use crate::records::outbox::{
    Addressed, AttemptEnd, Attempted, Content, DeliveryClaim, DeliveryFilter, DeliveryRecord, Outgoing, Transfer, Way,
};
use crate::traits::Store;

fn hook() -> WebhookId {
    WebhookId(Uuid::from_u128(0x77))
}

/// One who listens to events that these words mean, and is told the event and where the interaction stands.
struct Ear {
    words: &'static [&'static str],
    number: AtomicU64,
}

impl Listeners for Ear {
    fn listen(&self, event: Event) -> bool {
        self.words.iter().any(|word| event.is_meant_by(word))
    }

    fn told(&self, happened: Happened<'_>) -> Told {
        let about = match happened.about {
            About::Interaction(record) => {
                let queue = record.decision.as_ref().and_then(|made| made.queue).map(|queue| queue.0.as_u128() & 0xf);
                format!("{:?} {queue:?} {}", record.state, record.subject)
            }
            About::Delivery(record) => format!("{} {:?}", record.target, record.last_answer),
        };
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let request = Outgoing {
            kind: DeliveryKind::Webhook,
            content: Content {
                head: format!("{} {about}", happened.event.as_str()).into(),
                with_original: false,
                tail: Vec::new().into(),
            },
            sender: String::new(),
            message_id: String::new(),
            place: None,
            to: vec![Addressed {
                id: DeliveryId(Uuid::from_u128(0x7000 + u128::from(number))),
                target: hook().to_string(),
                held: None,
                answers: None,
            }],
        };
        Told { at: at(3), requests: vec![request] }
    }
}

fn listen(store: &dyn Store, words: &'static [&'static str]) {
    store.open_ears(Arc::new(Ear { words, number: AtomicU64::new(0) }));
}

async fn told(store: &dyn Store, number: u128) -> Vec<DeliveryRecord> {
    let filter = DeliveryFilter {
        interaction: Some(id(number)),
        kind: Some(DeliveryKind::Webhook),
        ..DeliveryFilter::default()
    };
    let mut all = store.deliveries(&filter, None, 100).await.unwrap();
    all.reverse();
    all
}

/// What was told of an interaction, in order.
async fn words(store: &dyn Store, number: u128) -> Vec<String> {
    let mut words = Vec::new();
    for one in told(store, number).await {
        let content = store.delivery_content(one.id).await.unwrap().unwrap();
        words.push(String::from_utf8(content.head.to_vec()).unwrap());
    }
    words
}

async fn sums_agree(store: &dyn Store) {
    let ledger = store.ledger(at(-1000), 10).await.unwrap();
    assert_eq!(ledger.places.values().sum::<u64>(), ledger.tallied.interactions);
    for (state, count) in &ledger.deliveries {
        assert_eq!(ledger.tallied.deliveries.get(state).copied().unwrap_or(0), *count, "{state:?}");
    }
    assert_eq!(ledger.queues, []);
}

/// One who watches.
#[derive(Default)]
struct Watcher(Mutex<Vec<Hint>>);

impl Listeners for Watcher {
    fn listen(&self, _: Event) -> bool {
        false
    }

    fn told(&self, _: Happened<'_>) -> Told {
        Told { at: at(3), requests: Vec::new() }
    }

    fn changed(&self, hints: &[Hint]) {
        self.0.lock().unwrap().extend_from_slice(hints);
    }
}

/// What is answered has been told by then; what was refused is told of by nobody.
pub(crate) async fn who_watches_is_told_once_it_is_committed(store: &dyn Store) {
    let watcher = Arc::new(Watcher::default());
    store.open_ears(Arc::clone(&watcher) as Arc<dyn Listeners>);
    let told = || std::mem::take(&mut *watcher.0.lock().unwrap());
    let change =
        vec![CatalogueChange::put(queue_record(1, "General")), CatalogueChange::put(queue_record(2, "Billing"))];
    store.commit(0, change.clone()).await.unwrap();
    assert_eq!(told(), [1, 2].map(|number| Hint::object(&queue(number).into())));
    assert!(store.commit(0, change).await.is_err());
    assert_eq!(told(), []);
    let hint = |event, state, in_queue: Option<u128>, from: Option<u128>, run| Hint::Interaction {
        event,
        id: id(1),
        state,
        queue: in_queue.map(queue),
        from: from.map(queue),
        run,
    };
    let ran = Some((Some(flow(1)), DecisionKind::Queue));
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    let made = [Event::Received, Event::Decided].map(|event| hint(event, State::Decided, Some(1), None, ran));
    assert_eq!(told(), made);
    let token = claim(store, None, 10).await[0].lease.id;
    assert_eq!(told(), [hint(Event::Claimed, State::Claimed, Some(1), None, None)]);
    let to = Transfer { queue: queue(2), priority: None, skills: None, language: None, push: None };
    store.transfer(id(1), token, to.clone(), audit(11, "ann")).await.unwrap();
    assert_eq!(told(), [hint(Event::Transferred, State::Decided, Some(2), Some(1), None)]);
    assert!(store.transfer(id(1), token, to, audit(12, "ann")).await.is_err());
    assert_eq!(told(), []);
    store.rerun(id(1), false, audit(13, "ops")).await.unwrap();
    told();
    let lease = store.claim_runs(up_to(1), at(14)).await.unwrap()[0].lease.id;
    assert_eq!(told(), [], "a run that begins is nothing to see");
    assert!(store.record_run(id(1), lease, run(DecisionKind::Queue)).await.unwrap());
    assert_eq!(told(), [hint(Event::Decided, State::Decided, Some(1), Some(2), ran)]);
    let mailbox = Hint::Mailbox { id: MailboxId(Uuid::from_u128(5)), status: "failing".to_owned() };
    store.tell(mailbox.clone());
    assert_eq!(told(), [mailbox]);
    accept(store, decided(2, forwards(&[(1, "a@example.net")]))).await;
    told();
    let claim = claim_of(1, 500);
    for one in store.claim_deliveries(claim.clone(), at(100)).await.unwrap() {
        let attempted = Attempted { end: AttemptEnd::Delivered, answer: "250".to_owned() };
        assert!(store.end_attempt(one.id, claim.lease.id, attempted, at(101)).await.unwrap());
    }
    let sent = Hint::Delivery { id: super::outbox::delivery(1), interaction: id(2), state: DeliveryState::Delivered };
    assert!(told().contains(&sent));
}

pub(crate) async fn what_happens_is_told_as_it_stands_then(store: &dyn Store) {
    queues(store).await;
    listen(store, &["interaction.*"]);
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    let token = claim(store, None, 10).await[0].lease.id;
    store.release(queue(1), token, at(11)).await.unwrap();
    let token = claim(store, None, 12).await[0].lease.id;
    let to = Transfer { queue: queue(2), priority: None, skills: None, language: None, push: None };
    store.transfer(id(1), token, to, AuditRecord { at: at(13), ..audit(1, "ann") }).await.unwrap();
    store.rerun(id(1), false, audit(14, "ops")).await.unwrap();
    let lease = store.claim_runs(up_to(1), at(15)).await.unwrap()[0].lease.id;
    assert!(store.record_run(id(1), lease, run(DecisionKind::Queue)).await.unwrap());
    store.complete(id(1), audit(16, "ops")).await.unwrap();
    assert_eq!(
        words(store, 1).await,
        [
            "interaction.received Decided Some(1) mail 1",
            "interaction.decided Decided Some(1) mail 1",
            "interaction.claimed Claimed Some(1) mail 1",
            "interaction.released Decided Some(1) mail 1",
            "interaction.claimed Claimed Some(1) mail 1",
            "interaction.transferred Decided Some(2) mail 1",
            "interaction.rerun Received Some(2) mail 1",
            "interaction.decided Decided Some(1) mail 1",
            "interaction.completed Completed Some(1) mail 1",
        ]
    );
    let kept = told(store, 1).await;
    assert!(kept.iter().all(|one| one.run.is_none() && one.state == DeliveryState::Pending), "{kept:?}");
    // What waits for a run was received, and what is dropped at once is done.
    accept(store, mail(2)).await;
    accept(store, decided(3, run(DecisionKind::Disconnect))).await;
    assert_eq!(words(store, 2).await, ["interaction.received Received None mail 2"]);
    let done = ["received", "decided", "completed"].map(|word| format!("interaction.{word} Completed None mail 3"));
    assert_eq!(words(store, 3).await, done);
    sums_agree(store).await;
}

pub(crate) async fn a_claim_that_runs_out_is_told(store: &dyn Store) {
    queues(store).await;
    listen(store, &["interaction.released"]);
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    assert_eq!(claim(store, None, 10).await.len(), 1);
    store.claim_runs(up_to(1), at(100)).await.unwrap();
    assert_eq!(words(store, 1).await, ["interaction.released Decided Some(1) mail 1"]);
}

/// Everybody who is told fails, and nobody is told of that.
pub(crate) async fn events_tell_of_no_events(store: &dyn Store) {
    queues(store).await;
    listen(store, &["delivery.*", "interaction.completed", "interaction.undelivered"]);
    accept(store, decided(1, forwards(&[(1, "a@example.net"), (2, "b@example.net")]))).await;
    let end = async |way, number, end| {
        let claim = DeliveryClaim { way, max: 100, most_of_a_domain: 100, ..claim_of(number, 500) };
        for one in store.claim_deliveries(claim.clone(), at(100)).await.unwrap() {
            let attempted = Attempted { end, answer: "said".to_owned() };
            assert!(store.end_attempt(one.id, claim.lease.id, attempted, at(101)).await.unwrap());
        }
    };
    end(Way::Mail, 1, AttemptEnd::Delivered).await;
    let all = [
        "delivery.delivered a@example.net Some(\"said\")",
        "delivery.delivered b@example.net Some(\"said\")",
        "interaction.completed Completed Some(2) mail 1",
    ];
    assert_eq!(words(store, 1).await, all);
    end(Way::Webhooks, 2, AttemptEnd::Dead).await;
    assert_eq!(words(store, 1).await, all);
    let bounced = super::outbox::delivery(2);
    store.bounce(crate::records::outbox::BouncedOf::Delivery(bounced), "gone", at(102)).await.unwrap();
    let words = words(store, 1).await;
    assert_eq!(
        words[3..],
        ["delivery.bounced b@example.net Some(\"gone\")", "interaction.undelivered Decided Some(2) mail 1"]
    );
    sums_agree(store).await;
}

pub(crate) async fn nobody_is_told_what_nobody_listens_to(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    listen(store, &["delivery.dead"]);
    accept(store, decided(2, run(DecisionKind::Queue))).await;
    assert_eq!(claim(store, None, 10).await.len(), 2);
    assert_eq!(store.deliveries(&DeliveryFilter::default(), None, 10).await.unwrap(), []);
}

/// A rerun leaves them alone, an erasure takes what they would say, and what is still to be told is not swept.
pub(crate) async fn what_is_told_outlives_reruns_and_not_erasures(store: &dyn Store) {
    queues(store).await;
    listen(store, &["interaction.decided"]);
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    store.rerun(id(1), true, audit(14, "ops")).await.unwrap();
    let lease = store.claim_runs(up_to(1), at(15)).await.unwrap()[0].lease.id;
    assert!(store.record_run(id(1), lease, run(DecisionKind::Queue)).await.unwrap());
    let states = async || told(store, 1).await.into_iter().map(|one| one.state).collect::<Vec<_>>();
    assert_eq!(states().await, [DeliveryState::Pending, DeliveryState::Pending]);
    assert!(store.erase(id(1), audit(20, "ops")).await.unwrap());
    assert_eq!(states().await, [DeliveryState::Cancelled, DeliveryState::Cancelled]);
    for one in told(store, 1).await {
        assert_eq!(store.delivery_content(one.id).await.unwrap(), None);
    }
    sums_agree(store).await;
}
