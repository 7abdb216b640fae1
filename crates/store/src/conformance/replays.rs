//! Replays.

use std::collections::BTreeMap;

use uuid::Uuid;
use waypost_ids::{DecisionKind, InteractionId};

use super::samples::{JOURNAL, accept, at, audit, decided, id, lease, mail, queues, run};
use crate::records::replays::{ReplayChange, ReplayRecord, ReplayState};
use crate::traits::Store;

fn replay(number: u128) -> ReplayRecord {
    ReplayRecord {
        id: Uuid::from_u128(number),
        created_at: at(1),
        created_by: "ops".to_owned(),
        request: r#"{"count":1}"#.to_owned(),
        state: ReplayState::Open,
        starts: 0,
        progress: String::new(),
        report: None,
    }
}

fn change(interaction: InteractionId, entry: &str) -> ReplayChange {
    ReplayChange { interaction, entry: entry.to_owned(), traces: format!("{entry} traces") }
}

pub(crate) async fn one_node_at_a_time_begins_the_oldest(store: &dyn Store) {
    store.add_replay(replay(1)).await.unwrap();
    store.add_replay(replay(2)).await.unwrap();
    let first = store.begin_replay(lease(7, 20), at(10)).await.unwrap().unwrap();
    assert_eq!(first, ReplayRecord { starts: 1, ..replay(1) });
    assert_eq!(store.begin_replay(lease(8, 20), at(10)).await.unwrap().unwrap().id, Uuid::from_u128(2));
    assert_eq!(store.begin_replay(lease(9, 20), at(10)).await.unwrap(), None);
    // Who says how far it came keeps the right.
    assert!(store.continue_replay(first.id, lease(7, 40), "half".to_owned()).await.unwrap());
    assert!(!store.continue_replay(first.id, lease(8, 90), "wrong".to_owned()).await.unwrap());
    let again = store.begin_replay(lease(9, 50), at(30)).await.unwrap().unwrap();
    assert_eq!((again.id, again.starts), (Uuid::from_u128(2), 2), "only the second's right has run out");
    let again = store.begin_replay(lease(10, 50), at(40)).await.unwrap().unwrap();
    assert_eq!((again.id, again.starts, again.progress.as_str()), (first.id, 2, "half"));
    assert!(!store.continue_replay(first.id, lease(7, 60), "late".to_owned()).await.unwrap());
    let late = store.end_replay(first.id, Uuid::from_u128(7), ReplayState::Done, "{}".to_owned(), Vec::new());
    assert!(!late.await.unwrap());
}

pub(crate) async fn a_report_is_kept_with_what_differs(store: &dyn Store) {
    accept(store, mail(1)).await;
    accept(store, mail(2)).await;
    store.add_replay(replay(1)).await.unwrap();
    let begun = store.begin_replay(lease(7, 20), at(10)).await.unwrap().unwrap();
    let changes = vec![change(id(2), "second"), change(id(1), "first")];
    let token = Uuid::from_u128(7);
    assert!(store.end_replay(begun.id, token, ReplayState::Done, "report".to_owned(), changes).await.unwrap());
    let kept = store.replay(begun.id).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.report.as_deref()), (ReplayState::Done, Some("report")));
    assert_eq!(store.replay_changes(begun.id).await.unwrap(), ["second", "first"]);
    assert_eq!(store.replay_traces(begun.id, id(1)).await.unwrap().as_deref(), Some("first traces"));
    assert_eq!(store.replay_traces(begun.id, id(3)).await.unwrap(), None);
    assert_eq!(store.begin_replay(lease(8, 90), at(80)).await.unwrap(), None, "it is over");
    assert_eq!(store.replays(0, 10).await.unwrap(), (vec![kept], 1));
    // What is erased goes here, too.
    assert!(store.erase(id(2), audit(1, "ops")).await.unwrap());
    assert_eq!(store.replay_changes(begun.id).await.unwrap(), ["first"]);
    assert!(store.delete_replay(begun.id).await.unwrap());
    assert!(!store.delete_replay(begun.id).await.unwrap());
    assert_eq!(store.replay_changes(begun.id).await.unwrap(), Vec::<String>::new());
    assert_eq!(store.replay(begun.id).await.unwrap(), None);
}

pub(crate) async fn what_was_erased_meanwhile_is_not_kept(store: &dyn Store) {
    accept(store, mail(1)).await;
    store.add_replay(replay(1)).await.unwrap();
    let begun = store.begin_replay(lease(7, 20), at(10)).await.unwrap().unwrap();
    assert!(store.erase(id(1), audit(1, "ops")).await.unwrap());
    let changes = vec![change(id(1), "gone")];
    let token = Uuid::from_u128(7);
    assert!(store.end_replay(begun.id, token, ReplayState::Failed, "why".to_owned(), changes).await.unwrap());
    assert_eq!(store.replay(begun.id).await.unwrap().unwrap().state, ReplayState::Failed);
    assert_eq!(store.replay_changes(begun.id).await.unwrap(), Vec::<String>::new());
}

pub(crate) async fn messages_and_last_traces_are_read_together(store: &dyn Store) {
    queues(store).await;
    let raw = mail(1).message.raw;
    accept(store, decided(1, run(DecisionKind::Queue))).await;
    accept(store, mail(2)).await;
    assert!(store.erase(id(2), audit(1, "ops")).await.unwrap());
    let mut found = store.recorded(&[id(1), id(2), id(3)], 1_000_000).await.unwrap();
    found.sort_by_key(|one| one.interaction);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!((found[0].interaction, found[0].raw.clone()), (id(1), Some(raw)));
    assert!(found[0].trace.is_some());
    assert_eq!(found[0].journal.as_deref(), Some(JOURNAL));
    assert_eq!((found[1].raw.clone(), found[1].trace.clone(), found[1].journal.clone()), (None, None, None));
    let set = BTreeMap::from([("lang".to_owned(), "de".to_owned())]);
    store.set_attributes(id(1), set, 1_000, audit(2, "ops")).await.unwrap();
    let left = store.recorded(&[id(1)], 1_000_000).await.unwrap().remove(0).attributes;
    assert_eq!(left, run(DecisionKind::Queue).attributes, "what was set later is not the run's");
    let small = store.recorded(&[id(1)], 3).await.unwrap();
    assert_eq!(small[0].raw, None, "too large to be read with others");
}
