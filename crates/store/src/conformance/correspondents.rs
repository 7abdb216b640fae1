//! Everything of a person is found, and gone once it is erased; nobody else's is.

use std::collections::BTreeMap;

use serde_json::json;
use uuid::Uuid;
use waypost_ids::{DecisionKind, DeliveryKind, DeliveryState, codes};

use super::outbox::{all_end, answer, delivery, forwards, outgoing};
use super::samples::{accept, at, audit, decided, id, joined, lease, mail, queues, route, run, up_to};
use crate::records::correspondents::{Correspondent, Erased, ErasureRecord, ErasureState, Part};
use crate::records::mail::{Acceptance, Accepted, IdempotencyKey, InteractionFilter, InteractionRecord, State};
use crate::records::outbox::{AttemptEnd, BouncedOf};
use crate::records::replays::{ReplayRecord, ReplayState};
use crate::records::threads::{ThreadClues, ThreadNote};
use crate::traits::Store;

fn who(address: &str) -> Correspondent {
    Correspondent { ascii: address.to_owned(), unicode: address.to_owned() }
}

fn erasure(address: &str, force: bool) -> ErasureRecord {
    ErasureRecord {
        id: Uuid::from_u128(0x7000),
        created_at: at(100),
        created_by: "ops".to_owned(),
        digest: "d1".to_owned(),
        who: Some(who(address)),
        force,
        compact: false,
        state: ErasureState::Open,
        after: None,
        progress: Erased::default(),
    }
}

/// Erases to the end, one interaction at a time.
async fn erase(store: &dyn Store, address: &str, force: bool) -> Erased {
    store.add_erasure(erasure(address, force), audit(100, "ops")).await.unwrap();
    let lease = lease(9, 900);
    let begun = store.begin_erasure(lease, at(101)).await.unwrap().unwrap();
    loop {
        let erased = store.erase_next(begun.id, lease, 1, at(102)).await.unwrap().unwrap();
        if erased.state == ErasureState::Erased {
            assert_eq!(erased.who, None, "the address is gone");
            store.scrub(false).await.unwrap();
            assert!(store.end_erasure(begun.id, lease.id, audit(103, "ops")).await.unwrap());
            assert_eq!(store.begin_erasure(lease, at(9000)).await.unwrap(), None, "it is over");
            return store.erasure(begun.id).await.unwrap().unwrap().progress;
        }
    }
}

async fn concerned(store: &dyn Store, address: &str) -> Vec<(u128, Part, bool)> {
    let found = store.correspondence(&who(address), None, 10).await.unwrap();
    found.iter().map(|one| (one.interaction.id.0.as_u128(), one.part, one.unfinished)).collect()
}

pub(crate) async fn a_correspondent_is_found_by_every_address_of_a_mail(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    let mut named = decided(2, run(DecisionKind::Disconnect));
    named.message.envelope_from = "bounces@lists.example".to_owned();
    named.message.senders = vec!["Ann@Example.net".to_owned(), "list@lists.example".to_owned()];
    accept(store, named).await;
    let mut other = decided(3, forwards(&[(1, "Ann@example.net"), (2, "bob@example.net")]));
    other.message.envelope_from = "carl@example.net".to_owned();
    accept(store, other).await;
    let all = [(1, Part::Sender, true), (2, Part::Sender, false), (3, Part::Recipient, true)];
    assert_eq!(concerned(store, "ann@example.net").await, all);
    assert_eq!(concerned(store, "list@lists.example").await, [(2, Part::Sender, false)]);
    assert_eq!(concerned(store, "bounces@lists.example").await, [(2, Part::Sender, false)]);
    assert_eq!(concerned(store, "bob@example.net").await, [(3, Part::Recipient, true)]);
    assert_eq!(concerned(store, "nobody@example.net").await, []);
    let after = store.correspondence(&who("ann@example.net"), Some(id(1)), 1).await.unwrap();
    assert_eq!(after[0].interaction.id, id(2), "page by page");
}

pub(crate) async fn erasing_leaves_the_row_and_the_sums(store: &dyn Store) {
    queues(store).await;
    let mut first = decided(1, run(DecisionKind::Disconnect));
    let decision = &mut first.interactions[0].run.as_mut().unwrap().decision;
    decision.reason = Some("ann is rude".to_owned());
    decision.error = Some(json!({ "code": codes::NOT_FOUND, "message": "no row for ann", "nodeId": "a" }));
    first.idempotency = Some(IdempotencyKey { key: "ann's key".to_owned(), fingerprint: [1; 32] });
    accept(store, first.clone()).await;
    let mut again = decided(1, run(DecisionKind::Disconnect));
    again.interactions[0].id = id(21);
    assert_eq!(accept(store, again.clone()).await, [Accepted::Duplicate { of: id(1) }]);
    let mut other = decided(2, run(DecisionKind::Disconnect));
    other.message.envelope_from = "bob@example.net".to_owned();
    accept(store, other).await;
    let (before, bob) = (store.summary().await.unwrap(), store.interaction(id(2)).await.unwrap());
    let erased = erase(store, "ann@example.net", false).await;
    assert_eq!(erased, Erased { interactions: 1, ..Erased::default() });
    assert_eq!(store.summary().await.unwrap(), before);
    let row = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((row.erased, row.state, row.duplicates), (true, State::Completed, 1));
    assert_eq!((row.envelope_from.as_str(), row.remote.as_str(), row.subject.as_str()), ("", "", ""));
    let bare = row.decision.unwrap();
    assert_eq!((row.message_id, bare.reason), (None, None));
    let message = codes::without_values(codes::NOT_FOUND);
    assert_eq!(bare.error, Some(json!({ "code": codes::NOT_FOUND, "message": message, "nodeId": "a" })));
    assert_eq!(store.raw_message(id(1)).await.unwrap(), None);
    let bare = store.runs(id(1)).await.unwrap().remove(0).run;
    assert_eq!((bare.trace.as_str(), bare.journal, bare.decision.reason), ("{}", None, None));
    assert_eq!(concerned(store, "ann@example.net").await, []);
    assert_eq!(store.interaction(id(2)).await.unwrap(), bob, "another's is as it was");
    assert!(store.raw_message(id(2)).await.unwrap().is_some());
    // The key is forgotten. What was accepted once is known by its sums, which are nobody's address.
    first.interactions[0].id = id(22);
    assert_eq!(accept(store, first).await, [Accepted::Duplicate { of: id(1) }]);
    let filter = InteractionFilter { message_id: Some("1@example".to_owned()), ..InteractionFilter::default() };
    assert!(store.interactions(&filter, None, 9).await.unwrap().is_empty());
}

pub(crate) async fn what_was_sent_to_a_person_about_anothers_mail_goes(store: &dyn Store) {
    queues(store).await;
    let mut forwarded = forwards(&[(1, "Ann@example.net"), (2, "bob@example.net")]);
    forwarded.decision.addresses = vec!["Ann@example.net".to_owned(), "bob@example.net".to_owned()];
    forwarded.attributes = BTreeMap::from([("to".into(), "ANN@example.net".into()), ("tier".into(), "gold".into())]);
    forwarded.sends.push(outgoing(DeliveryKind::Mail, &[(3, "dora@example.net")]));
    let mut mail = decided(1, forwarded);
    mail.message.envelope_from = "carl@example.net".to_owned();
    accept(store, mail).await;
    assert_eq!(erase(store, "ann@example.net", true).await, Erased { sent: 1, ..Erased::default() });
    let row = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((row.erased, row.envelope_from.as_str(), row.state), (false, "carl@example.net", State::Decided));
    assert_eq!(row.decision.unwrap().addresses, ["bob@example.net"]);
    assert_eq!(row.attributes, BTreeMap::from([("tier".into(), "gold".into())]));
    assert!(store.raw_message(id(1)).await.unwrap().is_some());
    let bare = store.runs(id(1)).await.unwrap().remove(0).run;
    assert_eq!((bare.trace.as_str(), bare.journal), ("{}", None));
    for (number, target) in [(1, ""), (2, "bob@example.net")] {
        let one = store.delivery(delivery(number)).await.unwrap().unwrap();
        assert_eq!((one.target.as_str(), one.state), (target, DeliveryState::Cancelled), "the mail names both");
        assert_eq!(store.delivery_content(delivery(number)).await.unwrap(), None);
    }
    assert_eq!(store.delivery(delivery(3)).await.unwrap().unwrap().state, DeliveryState::Pending);
    assert!(store.delivery_content(delivery(3)).await.unwrap().is_some());
}

/// A report names whom the mail was sent to, and may come days after they were erased.
pub(crate) async fn a_late_bounce_names_nobody_who_was_erased(store: &dyn Store) {
    queues(store).await;
    let mut mail = decided(1, forwards(&[(1, "ann@example.net"), (2, "bob@example.net")]));
    mail.message.envelope_from = "carl@example.net".to_owned();
    accept(store, mail).await;
    all_end(store, AttemptEnd::Delivered, 50).await;
    assert_eq!(erase(store, "ann@example.net", false).await, Erased { sent: 1, ..Erased::default() });
    let says = "bounced: 5.1.1 smtp; 550 <ann@example.net> is gone";
    assert_eq!(store.bounce(BouncedOf::Delivery(delivery(1)), says, at(200)).await.unwrap(), [delivery(1)]);
    let back = store.delivery(delivery(1)).await.unwrap().unwrap();
    assert_eq!((back.target.as_str(), back.state), ("", DeliveryState::Bounced));
    assert_eq!(back.last_answer.as_deref(), Some("bounced: 5.1.1"));
    let row = store.interaction(id(1)).await.unwrap().unwrap();
    let error = row.decision.unwrap().error.unwrap();
    assert_eq!(error["message"], "the forward to `` came back: bounced: 5.1.1");
}

pub(crate) async fn unfinished_work_is_left_unless_it_is_forced(store: &dyn Store) {
    queues(store).await;
    let mut queued = run(DecisionKind::Queue);
    queued.sends = vec![answer(1, "ann@example.net", "thread of ann")];
    accept(store, decided(1, queued)).await;
    accept(store, mail(2)).await;
    assert_eq!(erase(store, "ann@example.net", false).await, Erased { left: 2, ..Erased::default() });
    assert_eq!(concerned(store, "ann@example.net").await.len(), 2);
    // What is being run is waited for: its run would bring back what it read.
    let again = ErasureRecord { id: Uuid::from_u128(0x7001), ..erasure("ann@example.net", true) };
    store.add_erasure(again, audit(200, "ops")).await.unwrap();
    let claimed = store.claim_runs(up_to(1), at(200)).await.unwrap().remove(0);
    assert_eq!(claimed.interaction.id, id(2));
    let held = lease(8, 900);
    let begun = store.begin_erasure(held, at(201)).await.unwrap().unwrap();
    let one = store.erase_next(begun.id, held, 10, at(202)).await.unwrap().unwrap();
    assert_eq!((one.state, one.progress.interactions, one.after), (ErasureState::Open, 1, None));
    let row = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((row.state, row.erased), (State::Decided, true), "it stays in its queue, empty");
    let held_back = store.delivery(delivery(1)).await.unwrap().unwrap();
    assert_eq!((held_back.state, held_back.target.as_str()), (DeliveryState::Cancelled, ""));
    assert_eq!(held_back.held.unwrap().rule, "erased");
    assert!(store.record_run(id(2), claimed.lease.id, run(DecisionKind::Disconnect)).await.unwrap());
    let all = store.erase_next(begun.id, held, 10, at(203)).await.unwrap().unwrap();
    assert_eq!((all.state, all.progress.interactions), (ErasureState::Erased, 2));
}

pub(crate) async fn an_erasure_goes_on_where_its_node_left_it(store: &dyn Store) {
    queues(store).await;
    for number in 1..=3 {
        accept(store, decided(number, run(DecisionKind::Disconnect))).await;
    }
    store.add_erasure(erasure("ann@example.net", false), audit(100, "ops")).await.unwrap();
    let begun = store.begin_erasure(lease(1, 110), at(100)).await.unwrap().unwrap();
    // One that is to run must know whose mail it is about.
    let replay = ReplayRecord {
        id: Uuid::from_u128(0x7100),
        created_at: at(1),
        created_by: "ops".to_owned(),
        request: r#"{"from":"Ann@example.net"}"#.to_owned(),
        state: ReplayState::Open,
        starts: 0,
        progress: String::new(),
        report: None,
    };
    store.add_replay(replay.clone()).await.unwrap();
    assert_eq!(store.begin_erasure(lease(2, 120), at(109)).await.unwrap(), None, "it is another's");
    store.erase_next(begun.id, lease(1, 110), 2, at(101)).await.unwrap().unwrap();
    let taken = store.begin_erasure(lease(2, 200), at(110)).await.unwrap().unwrap();
    assert_eq!((taken.after, taken.progress.interactions), (Some(id(2)), 2));
    assert_eq!(store.erase_next(begun.id, lease(1, 300), 2, at(111)).await.unwrap(), None, "it was lost");
    assert!(!store.renew_erasure(begun.id, lease(1, 300)).await.unwrap());
    assert!(store.renew_erasure(begun.id, lease(2, 300)).await.unwrap());
    assert!(!store.end_erasure(begun.id, lease(2, 300).id, audit(112, "ops")).await.unwrap(), "rows are left");
    let waits = store.erase_next(begun.id, lease(2, 300), 2, at(112)).await.unwrap().unwrap();
    assert_eq!((waits.state, waits.after, waits.progress.interactions), (ErasureState::Open, None, 3));
    store.begin_replay(lease(7, 200), at(112)).await.unwrap().unwrap();
    let end = store.end_replay(replay.id, lease(7, 200).id, ReplayState::Done, "{}".to_owned(), Vec::new());
    assert!(end.await.unwrap());
    let all = store.erase_next(begun.id, lease(2, 300), 2, at(112)).await.unwrap().unwrap();
    assert_eq!((all.state, all.progress.interactions), (ErasureState::Erased, 3));
    assert_eq!(store.replay(replay.id).await.unwrap(), None, "it names them");
    assert!(store.end_erasure(begun.id, lease(2, 300).id, audit(113, "ops")).await.unwrap());
    let (listed, total) = store.erasures(0, 10).await.unwrap();
    assert_eq!((listed.len(), total, listed[0].state), (1, 1, ErasureState::Done));
}

/// The first mail of a thread, whose run found this out about its sender.
fn begins(who: &str) -> Acceptance {
    let mut found = run(DecisionKind::Disconnect);
    found.attributes = BTreeMap::from([("who".into(), who.to_owned())]);
    let mut mail = decided(1, found);
    mail.interactions[0].note = Some(ThreadNote { subject: Some(7), people: vec![1] });
    mail
}

/// A later mail of a sender in the thread of mail 1, with what was copied of the one before it. Its run found out `who` about its sender.
fn goes_on(number: u8, (sender, who): (&str, &str), from: u128, copied: &str) -> Acceptance {
    let mut queued = run(DecisionKind::Queue);
    let found = [("said", format!("of {copied}")), ("tier", "gold".to_owned()), ("who", who.to_owned())];
    queued.attributes = found.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let mut mail = decided(number, queued);
    mail.message.envelope_from = sender.to_owned();
    mail.interactions[0].thread = Some(joined(from, BTreeMap::from([("who".into(), copied.to_owned())])));
    mail.interactions[0].note = Some(ThreadNote { subject: None, people: vec![1] });
    mail
}

fn copied(one: &InteractionRecord) -> &BTreeMap<String, String> {
    &one.thread.as_ref().unwrap().previous.as_ref().unwrap().attributes
}

pub(crate) async fn copies_in_later_mail_of_the_thread_go(store: &dyn Store) {
    queues(store).await;
    accept(store, begins("a customer")).await;
    accept(store, goes_on(2, ("bob@example.net", "ANN@example.net"), 1, "a customer")).await;
    accept(store, goes_on(3, ("bob@example.net", "carl"), 2, "ANN@example.net")).await;
    accept(store, goes_on(4, ("carl@example.net", "carl"), 3, "carl")).await;
    let mut undecided = goes_on(5, ("bob@example.net", "bob"), 1, "a customer");
    undecided.interactions[0].run = None;
    accept(store, undecided).await;
    let one = async |number| store.interaction(id(number)).await.unwrap().unwrap();
    let traced = async || store.runs(id(4)).await.unwrap().remove(0).run.trace;
    let (carls, carls_trace) = (one(4).await, traced().await);

    // A run that is to come reads the copy: it is waited for.
    let claimed = store.claim_runs(up_to(1), at(100)).await.unwrap().remove(0);
    store.add_erasure(erasure("ann@example.net", false), audit(100, "ops")).await.unwrap();
    let held = lease(9, 900);
    let begun = store.begin_erasure(held, at(101)).await.unwrap().unwrap();
    let so_far = store.erase_next(begun.id, held, 10, at(102)).await.unwrap().unwrap();
    assert_eq!((so_far.state, so_far.progress.interactions), (ErasureState::Open, 0));
    assert!(store.record_run(id(5), claimed.lease.id, run(DecisionKind::Disconnect)).await.unwrap());
    let over = store.erase_next(begun.id, held, 10, at(103)).await.unwrap().unwrap();
    assert_eq!((over.state, over.progress.interactions, over.progress.left), (ErasureState::Erased, 1, 0));

    for number in [2, 3, 5] {
        let one = one(number).await;
        assert!(copied(&one).is_empty() && !one.erased, "{one:?}");
        assert_eq!(store.runs(id(number)).await.unwrap()[0].run.trace, "{}", "it may show the copy");
        assert!(store.raw_message(id(number)).await.unwrap().is_some(), "another's mail is as it was");
    }
    assert_eq!(one(2).await.attributes["said"], "of a customer");
    let left = BTreeMap::from([("tier".into(), "gold".into()), ("who".into(), "carl".into())]);
    assert_eq!(one(3).await.attributes, left, "those that name them go");
    assert_eq!((one(4).await, traced().await), (carls, carls_trace));
    let clues = ThreadClues { route: route(1), subject: Some(7), author: Some(1), ..ThreadClues::default() };
    assert_eq!(store.thread_of(clues).await.unwrap(), None, "no hash of theirs is left");
}

/// Mail that had read the thread before the erasure, and is kept after it.
pub(crate) async fn mail_that_is_kept_after_an_erasure_brings_no_copy_back(store: &dyn Store) {
    queues(store).await;
    accept(store, begins("a customer")).await;
    accept(store, goes_on(2, ("bob@example.net", "ANN@example.net"), 1, "a customer")).await;
    erase(store, "ann@example.net", true).await;
    for (number, from, read) in [(3, 1, "a customer"), (4, 2, "ANN@example.net")] {
        let mail = goes_on(number, ("carl@example.net", "carl"), from, read);
        let made = Accepted::Created { id: id(number.into()), decided: false, possible_duplicate_of: None };
        assert_eq!(accept(store, mail).await, [made], "its run read what is gone");
        let one = store.interaction(id(number.into())).await.unwrap().unwrap();
        assert!(copied(&one).is_empty() && one.attributes.is_empty(), "{one:?}");
        assert_eq!((one.state, store.runs(id(number.into())).await.unwrap().len()), (State::Received, 0));
    }
    // Retention and whoever erases one interaction are no different.
    accept(store, goes_on(5, ("carl@example.net", "a customer"), 2, "who")).await;
    assert!(store.erase(id(5), audit(300, "ops")).await.unwrap());
    accept(store, goes_on(6, ("carl@example.net", "carl"), 5, "a customer")).await;
    assert!(copied(&store.interaction(id(6)).await.unwrap().unwrap()).is_empty());
}

/// Mail is accepted while an erasure is under way: whichever is first, nothing of the person is left when it is over.
pub(crate) async fn nothing_is_left_of_mail_that_is_accepted_during_an_erasure(store: &dyn Store) {
    queues(store).await;
    accept(store, begins("a customer")).await;
    let mail = async {
        for number in 2..60 {
            accept(store, goes_on(number, ("bob@example.net", "bob"), 1, "a customer")).await;
        }
    };
    let erased = async {
        while store.interactions(&InteractionFilter::default(), None, 9).await.unwrap().len() < 5 {}
        erase(store, "ann@example.net", true).await
    };
    let ((), erased) = tokio::join!(mail, erased);
    assert_eq!(erased.interactions, 1);
    let mut before = 0;
    for number in 2..60 {
        let one = store.interaction(id(number)).await.unwrap().unwrap();
        assert!(copied(&one).is_empty(), "{one:?}");
        before += usize::from(one.runs > 0);
    }
    assert!((4..58).contains(&before), "{before} were accepted before");
}

pub(crate) async fn a_run_of_anothers_mail_that_may_send_again_is_waited_for(store: &dyn Store) {
    queues(store).await;
    let mut mail = decided(1, forwards(&[(1, "ann@example.net")]));
    mail.message.envelope_from = "carl@example.net".to_owned();
    accept(store, mail).await;
    store.rerun(id(1), false, audit(50, "ops")).await.unwrap();
    store.add_erasure(erasure("ann@example.net", true), audit(100, "ops")).await.unwrap();
    let held = lease(9, 900);
    let begun = store.begin_erasure(held, at(101)).await.unwrap().unwrap();
    let so_far = store.erase_next(begun.id, held, 10, at(102)).await.unwrap().unwrap();
    assert_eq!((so_far.state, so_far.progress.sent), (ErasureState::Open, 0));
    let claimed = store.claim_runs(up_to(1), at(102)).await.unwrap().remove(0);
    assert!(store.record_run(id(1), claimed.lease.id, forwards(&[(2, "ann@example.net")])).await.unwrap());
    let over = store.erase_next(begun.id, held, 10, at(103)).await.unwrap().unwrap();
    assert_eq!((over.state, over.progress.sent), (ErasureState::Erased, 1));
    assert_eq!(concerned(store, "ann@example.net").await, []);
}
