//! What is counted by the minute, and the last change of flows.

use std::collections::BTreeMap;

use serde_json::json;
use waypost_ids::DecisionKind;

use super::samples::{accept, at, decided, flow, flow_record, id, later, mail, queue, queues, run, up_to};
use crate::records::activity::{Minute, Traffic, minute_of};
use crate::records::catalogue::{CatalogueChange, EventKind, FlowEvent};
use crate::records::retention::RetentionLimits;
use crate::traits::Store;

async fn minutes(store: &dyn Store, from: i64, to: i64) -> BTreeMap<i64, Minute> {
    store.activity(at(from), at(to)).await.unwrap()
}

/// Twenty seconds after the start of tests a minute begins.
pub(crate) async fn what_is_done_is_counted_in_its_minute(store: &dyn Store) {
    queues(store).await;
    assert_eq!(minutes(store, 0, 3600).await, BTreeMap::new());
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    accept(store, decided(2, run(DecisionKind::Disconnect))).await;
    accept(store, mail(3)).await;
    accept(store, mail(3)).await;
    let lease = store.claim_runs(up_to(1), at(30)).await.unwrap()[0].lease.id;
    let mut failed = run(DecisionKind::Unrouted);
    (failed.started_at, failed.duration_us) = (at(33), 0);
    failed.decision.queue = Some(queue(2));
    failed.decision.error = Some(json!({ "code": "run.failed" }));
    assert!(store.record_run(id(3), lease, failed).await.unwrap());
    let found = minutes(store, 0, 3600).await;
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), [minute_of(at(0)), minute_of(at(33))]);
    let (first, second) = (&found[&minute_of(at(0))], &found[&minute_of(at(33))]);
    assert_eq!((first.made, first.duplicates, first.failed), (3, 1, 0));
    let ended = [((DecisionKind::Queue, Some(queue(1))), 1), ((DecisionKind::Disconnect, None), 1)];
    assert_eq!(first.decided, ended.into());
    assert_eq!((second.made, second.failed), (0, 1));
    assert_eq!(second.decided, [((DecisionKind::Unrouted, Some(queue(2))), 1)].into());
    // It was accepted thirty seconds before.
    let took = second.delays.percentile(50).unwrap();
    assert!(took.abs_diff(30_000_000) <= 3_000_000, "{took}");
    assert_eq!(minutes(store, 25, 3600).await.len(), 1, "other minutes are left out");
    // Another run is counted, and tells nothing of how long the first took.
    store.rerun(id(3), false, super::samples::audit(40, "ops")).await.unwrap();
    let lease = store.claim_runs(up_to(1), at(41)).await.unwrap()[0].lease.id;
    let mut again = run(DecisionKind::Queue);
    (again.started_at, again.duration_us) = (at(45), 0);
    assert!(store.record_run(id(3), lease, again).await.unwrap());
    let found = minutes(store, 25, 3600).await;
    let second = &found[&minute_of(at(45))];
    assert_eq!((second.decided.len(), second.delays.percentile(50)), (2, Some(took)));
}

pub(crate) async fn runs_are_counted_by_flow_and_hour(store: &dyn Store) {
    queues(store).await;
    let mut failed = run(DecisionKind::Unrouted);
    failed.decision.error = Some(json!({ "code": "run.failed" }));
    let mut elsewhere = run(DecisionKind::Queue);
    elsewhere.flow = Some((flow(2), 1));
    let mut straight = run(DecisionKind::Queue);
    straight.flow = None;
    for (number, run) in [(1, failed), (2, run(DecisionKind::Queue)), (3, elsewhere), (4, straight)] {
        accept(store, decided(number, run)).await;
    }
    let traffic = store.flow_traffic(at(1800)).await.unwrap();
    let expected = [(flow(1), Traffic { runs: 2, failed: 1 }), (flow(2), Traffic { runs: 1, failed: 0 })];
    assert_eq!(traffic, expected.into());
    assert_eq!(store.flow_traffic(at(2 * 3600)).await.unwrap(), BTreeMap::new());
}

pub(crate) async fn what_was_counted_goes_after_two_days(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    store.sweep(RetentionLimits::default(), 10, at(3600)).await.unwrap();
    let kept = minutes(store, 0, 60).await;
    assert_eq!(kept.values().map(|minute| minute.made).sum::<u64>(), 1, "put together, and still there");
    store.sweep(RetentionLimits::default(), 10, later()).await.unwrap();
    assert_eq!(minutes(store, 0, 60).await, BTreeMap::new());
    assert_eq!(store.flow_traffic(at(0)).await.unwrap(), BTreeMap::new());
}

pub(crate) async fn the_last_change_of_each_flow_is_told(store: &dyn Store) {
    let event = |number, kind, second| {
        CatalogueChange::AddEvent(FlowEvent {
            flow_id: flow(number),
            kind,
            version: Some(1),
            label: None,
            targets: Vec::new(),
            note: None,
            at: at(second),
            by: "ops".to_owned(),
        })
    };
    let flows = [1, 2, 3].map(|number| CatalogueChange::PutFlow(flow_record(number, &format!("flow {number}"))));
    let events = [event(1, EventKind::Saved, 1), event(2, EventKind::Saved, 2), event(1, EventKind::Published, 3)];
    store.commit(0, flows.into_iter().chain(events).collect()).await.unwrap();
    let mut found = store.last_flow_events(&[flow(1), flow(2), flow(3), flow(9)]).await.unwrap();
    found.sort_by_key(|event| event.flow_id);
    let told: Vec<_> = found.iter().map(|event| (event.flow_id, event.kind, event.at)).collect();
    assert_eq!(told, [(flow(1), EventKind::Published, at(3)), (flow(2), EventKind::Saved, at(2))]);
}
