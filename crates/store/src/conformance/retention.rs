//! What outlives its time goes, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use waypost_ids::{DecisionKind, codes};

use super::samples::{accept, at, audit, decided, id, later, listed, mail, offer, queue, queues, route, run, up_to};
use crate::records::catalogue::CatalogueChange;
use crate::records::mail::{Accepted, InteractionFilter, NewInteraction, RunRecord, State};
use crate::records::queues::QueueClaim;
use crate::records::retention::{RetentionLimits, RouteLimits, Swept};
use crate::traits::Store;

fn contents(before: Timestamp) -> RetentionLimits {
    RetentionLimits { contents: Some(before), ..RetentionLimits::default() }
}

fn interactions(before: Timestamp) -> RetentionLimits {
    RetentionLimits { interactions: Some(before), ..RetentionLimits::default() }
}

/// A mail that was forwarded: completed when it came, `number` seconds after the start.
async fn forwarded(store: &dyn Store, number: u8) {
    accept(store, decided(number, run(DecisionKind::Forward))).await;
}

async fn there(store: &dyn Store) -> Vec<u128> {
    listed(store, &InteractionFilter::default()).await
}

pub(crate) async fn contents_go_first_and_leave_the_decision(store: &dyn Store) {
    queues(store).await;
    forwarded(store, 1).await;
    assert_eq!(store.sweep(contents(at(1)), 10, later()).await.unwrap(), Swept::default(), "not older than the limit");
    assert_eq!(store.sweep(contents(at(2)), 10, later()).await.unwrap(), Swept { contents: 1, ..Swept::default() });
    assert_eq!(store.sweep(contents(at(2)), 10, later()).await.unwrap(), Swept::default(), "once");
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.erased, kept.subject.as_str(), kept.state), (true, "", State::Completed));
    assert_eq!(kept.decision.map(|decision| decision.kind), Some(DecisionKind::Forward));
    assert_eq!(store.raw_message(id(1)).await.unwrap(), None);
    let bare = store.runs(id(1)).await.unwrap().remove(0).run;
    assert_eq!((bare.trace.as_str(), bare.journal), ("{}", None));
    assert_eq!(
        store.sweep(interactions(at(2)), 10, later()).await.unwrap(),
        Swept { interactions: 1, ..Swept::default() }
    );
    assert_eq!(store.interaction(id(1)).await.unwrap(), None);
    assert!(store.runs(id(1)).await.unwrap().is_empty());
}

/// A run that quotes its mail in all that it says of its decision.
fn quoting(kind: DecisionKind) -> RunRecord {
    let mut run = run(kind);
    run.decision.reason = Some("my card is 4111".to_owned());
    run.decision.outcome = Some("solved".to_owned());
    run.decision.error = Some(json!({
        "code": codes::CONVERSION,
        "message": "the text `my card is 4111` can't become an integer",
        "flowName": "Main",
        "nodeId": "a",
    }));
    run
}

/// The mail is not in the words of decisions any more; what kind of error it was and where stays.
async fn assert_wordless(store: &dyn Store, number: u128, how: &str) {
    let row = store.interaction(id(number)).await.unwrap().unwrap();
    let runs = store.runs(id(number)).await.unwrap();
    assert!(!runs.is_empty(), "{how}");
    for decision in runs.into_iter().map(|run| run.run.decision).chain(row.decision) {
        let error = json!({
            "code": codes::CONVERSION,
            "message": codes::without_values(codes::CONVERSION),
            "flowName": "Main",
            "nodeId": "a",
        });
        assert_eq!((decision.reason, decision.error), (None, Some(error)), "{how}");
        assert_eq!(decision.outcome.as_deref(), Some("solved"), "{how}");
    }
}

pub(crate) async fn what_decisions_quote_goes_with_the_content(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, quoting(DecisionKind::Disconnect))).await;
    store.sweep(contents(at(2)), 10, later()).await.unwrap();
    assert_wordless(store, 1, "retention").await;
    accept(store, decided(2, quoting(DecisionKind::Unrouted))).await;
    assert!(store.erase(id(2), audit(10, "ops")).await.unwrap());
    assert_wordless(store, 2, "on request").await;
    assert!(store.erase(id(2), audit(11, "ops")).await.unwrap());
    assert_wordless(store, 2, "again").await;
}

/// The run has the mail in memory, and says of it what it likes.
pub(crate) async fn a_run_that_ends_after_the_erasure_quotes_nothing(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    let claimed = store.claim_runs(up_to(1), at(10)).await.unwrap().remove(0);
    assert!(store.erase(id(1), audit(11, "ops")).await.unwrap());
    assert!(store.record_run(id(1), claimed.lease.id, quoting(DecisionKind::Unrouted)).await.unwrap());
    assert_wordless(store, 1, "ended later").await;
}

pub(crate) async fn what_is_not_completed_stays(store: &dyn Store) {
    queues(store).await;
    accept(store, mail(1)).await;
    accept(store, decided(2, run(DecisionKind::Queue))).await;
    accept(store, decided(3, run(DecisionKind::Unrouted))).await;
    let limits =
        RetentionLimits { contents: Some(at(9000)), interactions: Some(at(9000)), ..RetentionLimits::default() };
    assert_eq!(store.sweep(limits.clone(), 10, later()).await.unwrap(), Swept::default());
    // Claimed work is not completed either; acknowledged work is, from then on.
    let claim = QueueClaim { queue: queue(1), max: 1, lease_seconds: 60, skills: None };
    let lease = store.claim(&claim, at(100)).await.unwrap().remove(0);
    assert_eq!(store.sweep(limits.clone(), 10, later()).await.unwrap(), Swept::default());
    store.acknowledge(queue(1), lease.lease.id, at(110)).await.unwrap();
    assert_eq!(
        store.sweep(contents(at(110)), 10, later()).await.unwrap(),
        Swept::default(),
        "its time counts from then"
    );
    assert_eq!(store.sweep(contents(at(111)), 10, later()).await.unwrap().contents, 1);
    // So is what somebody completed by hand, at the time of the log's entry.
    let other = if lease.interaction.id == id(2) { id(3) } else { id(2) };
    store.complete(other, audit(120, "ops")).await.unwrap();
    assert_eq!(store.sweep(interactions(at(120)), 10, later()).await.unwrap().interactions, 1);
    assert_eq!(store.sweep(interactions(at(121)), 10, later()).await.unwrap().interactions, 1);
    assert_eq!(there(store).await, [1], "the undecided one");
}

pub(crate) async fn what_is_kept_still_adds_up(store: &dyn Store) {
    queues(store).await;
    for number in 1..=3 {
        forwarded(store, number).await;
    }
    let mut again = decided(2, run(DecisionKind::Forward));
    again.interactions[0].id = id(22);
    accept(store, again).await;
    assert_eq!(store.sweep(interactions(at(3)), 10, later()).await.unwrap().interactions, 2);
    let summary = store.summary().await.unwrap();
    assert_eq!((summary.accepted, summary.duplicates, summary.interactions), (1, 0, 1));
    assert_eq!(summary.by_decision.get(&DecisionKind::Forward), Some(&1));
    assert_eq!(summary.by_state.get(&State::Completed), Some(&1));
}

/// A sender may repeat a mail longer than its interaction is kept. It was accepted; but there is nothing to count it on, nor will it
/// ever be removed with anything.
pub(crate) async fn what_repeats_mail_that_was_removed_is_not_counted(store: &dyn Store) {
    queues(store).await;
    let now = later();
    let forwarded = |number: u8, id_of: u128, seconds: i64| {
        let mut mail = decided(number, run(DecisionKind::Forward));
        mail.message.received_at = now + SignedDuration::from_secs(seconds);
        mail.interactions[0].id = id(id_of);
        mail
    };
    accept(store, forwarded(1, 1, -20)).await;
    accept(store, forwarded(2, 2, -10)).await;
    let swept = store.sweep(interactions(now - SignedDuration::from_secs(15)), 10, later()).await.unwrap();
    assert_eq!(swept.interactions, 1);
    for number in [1, 2] {
        let of = id(number.into());
        assert_eq!(accept(store, forwarded(number, 20, 0)).await, [Accepted::Duplicate { of }]);
    }
    let summary = store.summary().await.unwrap();
    assert_eq!((summary.accepted, summary.duplicates, summary.interactions), (2, 1, 1));
    store.sweep(interactions(now), 10, later()).await.unwrap();
    assert_eq!(store.summary().await.unwrap().accepted, 0);
}

pub(crate) async fn a_rerun_begins_its_time_anew(store: &dyn Store) {
    queues(store).await;
    forwarded(store, 1).await;
    store.rerun(id(1), false, audit(10, "ops")).await.unwrap();
    let limits = RetentionLimits { contents: Some(at(50)), interactions: Some(at(50)), ..RetentionLimits::default() };
    assert_eq!(store.sweep(limits.clone(), 10, later()).await.unwrap(), Swept::default(), "it waits for a run");
    let claimed = store.claim_runs(up_to(1), at(60)).await.unwrap().remove(0);
    let mut anew = run(DecisionKind::Forward);
    anew.started_at = at(61);
    store.record_run(id(1), claimed.lease.id, anew).await.unwrap();
    assert_eq!(store.sweep(limits.clone(), 10, later()).await.unwrap(), Swept::default());
    assert_eq!(store.sweep(contents(at(62)), 10, later()).await.unwrap().contents, 1);
}

pub(crate) async fn a_shared_message_stays_while_it_is_shown(store: &dyn Store) {
    queues(store).await;
    let mut two = decided(1, run(DecisionKind::Forward));
    two.interactions.push(offer(2, 2));
    let raw = two.message.raw.clone();
    accept(store, two).await;
    store.sweep(interactions(at(2)), 10, later()).await.unwrap();
    assert_eq!(there(store).await, [2]);
    assert_eq!(store.raw_message(id(2)).await.unwrap(), Some(raw));
}

pub(crate) async fn small_batches_oldest_first(store: &dyn Store) {
    queues(store).await;
    for number in [3, 1, 2] {
        forwarded(store, number).await;
    }
    let limits = RetentionLimits { contents: Some(at(9)), interactions: Some(at(3)), ..RetentionLimits::default() };
    assert_eq!(
        store.sweep(limits.clone(), 1, later()).await.unwrap(),
        Swept { contents: 1, interactions: 1, ..Swept::default() }
    );
    assert_eq!(there(store).await, [3, 2]);
    assert_eq!(
        store.sweep(limits.clone(), 1, later()).await.unwrap(),
        Swept { contents: 1, interactions: 1, ..Swept::default() }
    );
    assert_eq!(store.sweep(limits.clone(), 1, later()).await.unwrap(), Swept::default());
    assert_eq!(there(store).await, [3]);
}

pub(crate) async fn the_audit_log_is_cut_by_age(store: &dyn Store) {
    let entries = (1..=3).map(|number| CatalogueChange::AddAudit(audit(number, "ops")));
    store.commit(0, entries.collect()).await.unwrap();
    let limits = RetentionLimits { audit: Some(at(3)), ..RetentionLimits::default() };
    assert_eq!(store.sweep(limits.clone(), 1, later()).await.unwrap(), Swept { audit: 1, ..Swept::default() });
    assert_eq!(store.sweep(limits.clone(), 10, later()).await.unwrap(), Swept { audit: 1, ..Swept::default() });
    assert_eq!(store.sweep(limits.clone(), 10, later()).await.unwrap(), Swept::default());
}

pub(crate) async fn a_route_keeps_its_mail_for_a_time_of_its_own(store: &dyn Store) {
    queues(store).await;
    for (number, to) in [(1, 1), (2, 2), (3, 1), (4, 3), (5, 0)] {
        let mut mail = decided(number, run(DecisionKind::Forward));
        mail.interactions[0] = NewInteraction { run: mail.interactions[0].run.clone(), ..offer(number.into(), to) };
        mail.interactions[0].route = (to > 0).then(|| route(to));
        accept(store, mail).await;
    }
    let own = |contents, interactions| RouteLimits { contents, interactions };
    let routes = BTreeMap::from([(route(1), own(Some(at(90)), Some(at(2)))), (route(2), own(None, None))]);
    let limits = RetentionLimits { contents: Some(at(50)), routes: Arc::new(routes), ..RetentionLimits::default() };
    let mut swept = Swept::default();
    loop {
        let some = store.sweep(limits.clone(), 1, later()).await.unwrap();
        if some == Swept::default() {
            break;
        }
        assert!(some.contents <= 1 && some.interactions <= 1, "small batches: {some:?}");
        swept.contents += some.contents;
        swept.interactions += some.interactions;
    }
    assert_eq!((swept.interactions, swept.contents), (1, 3));
    assert_eq!(there(store).await, [5, 4, 3, 2], "the first came by a route that keeps decisions for a shorter time");
    for (number, erased) in [(2, false), (3, true), (4, true), (5, true)] {
        assert_eq!(store.interaction(id(number)).await.unwrap().unwrap().erased, erased, "{number}");
    }
}
