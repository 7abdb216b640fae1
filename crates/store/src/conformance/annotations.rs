//! Texts of versions, and positions of nodes.

use std::collections::BTreeMap;

use waypost_ids::{FlowId, Version};

use super::samples::{at, audit, flow, flow_record, version_record};
use crate::error::AnnotationError;
use crate::records::annotations::{Position, PositionsChange, Replacing, TextChange, TextKept, TextRecord};
use crate::records::audit::AuditFilter;
use crate::records::catalogue::{CatalogueChange, FlowLock, FlowRecord};
use crate::revisions::Revisions;
use crate::traits::Store;

/// Flows 1 and 2 with two versions each, held by nobody.
async fn flows(store: &dyn Store) {
    let flows = [(1, "Inbound"), (2, "Outbound")].map(|(number, name)| open(number, name));
    let versions = [(1, 1), (1, 2), (2, 1), (2, 2)].map(|(of, version)| version_record(of, version));
    let changes = flows.into_iter().map(CatalogueChange::PutFlow);
    store.commit(0, changes.chain(versions.map(CatalogueChange::AddVersion)).collect()).await.unwrap();
}

fn open(number: u128, name: &str) -> FlowRecord {
    FlowRecord { lock: None, newest: 2, ..flow_record(number, name) }
}

async fn change(store: &dyn Store, record: FlowRecord) {
    let epoch = store.epoch().await.unwrap();
    store.commit(epoch, vec![CatalogueChange::PutFlow(record)]).await.unwrap();
}

fn written(of: FlowId, version: Version, text: &str) -> TextChange {
    TextChange { flow: of, version, text: text.into(), replacing: Replacing::Anything }
}

async fn put(store: &dyn Store, change: TextChange, number: u128) -> u64 {
    store.put_version_text(change, audit(number, "ops")).await.unwrap().revision
}

async fn entries(store: &dyn Store) -> usize {
    store.audit(&AuditFilter::default(), None, 100).await.unwrap().len()
}

fn placed(positions: &[(&str, f64, f64)]) -> PositionsChange {
    positions.iter().map(|(node, x, y)| ((*node).to_owned(), Some(Position { x: *x, y: *y }))).collect()
}

pub(crate) async fn a_text_is_kept_with_its_version(store: &dyn Store) {
    flows(store).await;
    let epoch = store.epoch().await.unwrap();
    assert_eq!(store.version_text(flow(1), 1).await.unwrap(), None);
    let text = "# é\u{0}\u{feff}\r\nname: Inbound\r\n";
    let revision = put(store, written(flow(1), 1, text), 1).await;
    assert_eq!(
        store.version_text(flow(1), 1).await.unwrap(),
        Some(TextRecord { version: 1, text: text.into(), revision })
    );
    assert_eq!(store.version_text(flow(1), 2).await.unwrap(), None);
    assert_eq!(store.version_text(flow(2), 1).await.unwrap(), None);
    assert_eq!(store.epoch().await.unwrap(), epoch, "nothing that runs has changed");
    let entry = store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    let state = |revision: u64| serde_json::json!({ "version": 1, "textRevision": revision });
    assert_eq!((entry.before, entry.after), (None, Some(state(revision))));
    let next = put(store, written(flow(1), 1, "# other\n"), 2).await;
    let entry = store.audit(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((entry.before, entry.after), (Some(state(revision)), Some(state(next))));
}

pub(crate) async fn the_newest_text_is_found_however_many_versions_have_none(store: &dyn Store) {
    flows(store).await;
    let more = (3..=40).map(|version| CatalogueChange::AddVersion(version_record(1, version)));
    let newest = FlowRecord { newest: 40, ..open(1, "Inbound") };
    let epoch = store.epoch().await.unwrap();
    store.commit(epoch, more.chain([CatalogueChange::PutFlow(newest)]).collect()).await.unwrap();
    let newest = async |of, version| store.newest_text(of, version).await.unwrap().map(|text| text.version);
    assert_eq!(newest(flow(1), 40).await, None);
    for (number, version) in [(1, 30), (2, 2)] {
        put(store, written(flow(1), version, "# a comment\n"), number).await;
    }
    for (version, expected) in [(40, Some(30)), (30, Some(30)), (29, Some(2)), (2, Some(2)), (1, None)] {
        assert_eq!(newest(flow(1), version).await, expected, "of version {version}");
    }
    assert_eq!(newest(flow(2), 40).await, None, "a text of another flow");
}

pub(crate) async fn a_text_replaces_only_what_it_is_meant_for(store: &dyn Store) {
    flows(store).await;
    let put = async |number, text: &str, replacing| {
        let change = TextChange { replacing, ..written(flow(1), 1, text) };
        store.put_version_text(change, audit(number, "ops")).await.map(|kept| kept.revision)
    };
    let only = |revision| Replacing::Revisions(Revisions::any_of(vec![revision]));
    for replacing in [only(1), Replacing::Revisions(Revisions::ANY)] {
        let refused = put(1, "a", replacing).await;
        assert!(matches!(refused, Err(AnnotationError::Stale { current: None })), "{refused:?}");
    }
    let first = put(1, "a", Replacing::Nothing).await.unwrap();
    let refused = put(2, "b", Replacing::Nothing).await;
    assert!(matches!(refused, Err(AnnotationError::Stale { current: Some(current) }) if current == first));
    let second = put(2, "b", only(first)).await.unwrap();
    assert!(second > first);
    let refused = put(3, "c", only(first)).await;
    assert!(matches!(refused, Err(AnnotationError::Stale { current: Some(current) }) if current == second));
    put(3, "c", Replacing::Revisions(Revisions::ANY)).await.unwrap();
    put(4, "d", Replacing::Anything).await.unwrap();
    assert_eq!(entries(store).await, 4, "what was refused leaves no entry");
}

pub(crate) async fn no_two_versions_share_a_revision(store: &dyn Store) {
    flows(store).await;
    let mut seen = Vec::new();
    for (number, version) in [(1, 1), (2, 2), (3, 1), (4, 2)] {
        let text = format!("{number}");
        seen.push(put(store, written(flow(1), version, &text), number).await);
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "{seen:?}");
}

pub(crate) async fn the_same_text_again_is_no_change(store: &dyn Store) {
    flows(store).await;
    for (number, changed) in [(1, true), (2, false)] {
        let kept = store.put_version_text(written(flow(1), 1, "a"), audit(number, "ops")).await.unwrap();
        assert_eq!(kept, TextKept { revision: 1, changed });
    }
    assert_eq!(entries(store).await, 1);
}

pub(crate) async fn positions_are_merged_node_by_node(store: &dyn Store) {
    flows(store).await;
    let epoch = store.epoch().await.unwrap();
    assert!(store.positions(flow(1)).await.unwrap().is_empty());
    store.set_positions(flow(1), "ops", placed(&[("a", 1.5, -2.0), ("b\u{0}", 0.1, 1e6)])).await.unwrap();
    let answered = store.set_positions(flow(1), "ada", placed(&[("c", 3.0, 4.0), ("a", 5.0, 6.0)])).await.unwrap();
    let expected: BTreeMap<_, _> = [("a", 5.0, 6.0), ("b\u{0}", 0.1, 1e6), ("c", 3.0, 4.0)]
        .map(|(node, x, y)| (node.to_owned(), Position { x, y }))
        .into();
    assert_eq!(answered, expected);
    assert_eq!(store.positions(flow(1)).await.unwrap(), expected);
    assert!(store.positions(flow(2)).await.unwrap().is_empty());
    let gone = BTreeMap::from([("a".to_owned(), None), ("never".to_owned(), None)]);
    let left = store.set_positions(flow(1), "ops", gone).await.unwrap();
    assert_eq!(left.keys().collect::<Vec<_>>(), ["b\u{0}", "c"]);
    assert_eq!((store.epoch().await.unwrap(), entries(store).await), (epoch, 0));
}

pub(crate) async fn one_flow_has_only_so_many_positions(store: &dyn Store) {
    flows(store).await;
    let many = |from: u32, to: u32| -> PositionsChange {
        (from..to).map(|node| (format!("n{node}"), Some(Position { x: 0.0, y: 0.0 }))).collect()
    };
    store.set_positions(flow(1), "ops", many(0, 10_000)).await.unwrap();
    let refused = store.set_positions(flow(1), "ops", many(9_999, 10_002)).await;
    assert!(matches!(refused, Err(AnnotationError::TooMany { would: 10_002, most: 10_000 })), "{refused:?}");
    assert_eq!(store.positions(flow(1)).await.unwrap().len(), 10_000);
    let mut moved = many(10_000, 10_001);
    moved.insert("n0".to_owned(), None);
    store.set_positions(flow(1), "ops", moved).await.unwrap();
}

pub(crate) async fn the_ids_of_nodes_with_positions_are_only_so_long(store: &dyn Store) {
    flows(store).await;
    let long = |node: &str, bytes: usize| placed(&[(&node.repeat(bytes), 0.0, 0.0)]);
    store.set_positions(flow(1), "ops", long("a", (1 << 20) - 1)).await.unwrap();
    store.set_positions(flow(1), "ops", long("b", 1)).await.unwrap();
    store.set_positions(flow(1), "ops", long("b", 1)).await.unwrap();
    let refused = store.set_positions(flow(1), "ops", long("c", 1)).await;
    assert!(matches!(refused, Err(AnnotationError::TooLong { would: 1_048_577, most: 1_048_576 })), "{refused:?}");
    let mut moved = long("c", 1);
    moved.insert("b".to_owned(), None);
    store.set_positions(flow(1), "ops", moved).await.unwrap();
    assert_eq!(store.positions(flow(1)).await.unwrap().len(), 2);
}

pub(crate) async fn what_another_holds_or_is_gone_is_not_annotated(store: &dyn Store) {
    flows(store).await;
    let lock = Some(FlowLock { client: "ada".to_owned(), at: at(4), base: 1 });
    change(store, FlowRecord { lock, ..open(1, "Inbound") }).await;
    let put = async |of, version, actor| store.put_version_text(written(of, version, "a"), audit(1, actor)).await;
    let place = async |of, actor| store.set_positions(of, actor, placed(&[("a", 0.0, 0.0)])).await;
    let held = |error: &AnnotationError| matches!(error, AnnotationError::Held { name, holder } if (&**name, &**holder) == ("Inbound", "ada"));
    assert!(held(&put(flow(1), 1, "ops").await.unwrap_err()) && held(&place(flow(1), "ops").await.unwrap_err()));
    put(flow(1), 1, "ada").await.unwrap();
    place(flow(1), "ada").await.unwrap();
    for (of, version) in [(flow(9), 1), (flow(2), 0), (flow(2), 3)] {
        let refused = put(of, version, "ops").await;
        assert!(matches!(refused, Err(AnnotationError::Unknown)), "{of} {version}: {refused:?}");
    }
    assert!(matches!(place(flow(9), "ops").await, Err(AnnotationError::Unknown)));
    change(store, FlowRecord { deleted_at: Some(at(5)), ..open(2, "Outbound") }).await;
    assert!(matches!(put(flow(2), 1, "ops").await, Err(AnnotationError::Deleted)));
    assert!(matches!(place(flow(2), "ops").await, Err(AnnotationError::Deleted)));
}

pub(crate) async fn a_deleted_flow_keeps_its_texts_and_no_positions(store: &dyn Store) {
    flows(store).await;
    store.put_version_text(written(flow(1), 1, "a"), audit(1, "ops")).await.unwrap();
    for of in [flow(1), flow(2)] {
        store.set_positions(of, "ops", placed(&[("a", 0.0, 0.0)])).await.unwrap();
    }
    change(store, FlowRecord { deleted_at: Some(at(5)), ..open(1, "Inbound") }).await;
    assert!(store.version_text(flow(1), 1).await.unwrap().is_some());
    assert!(store.positions(flow(1)).await.unwrap().is_empty());
    assert_eq!(store.positions(flow(2)).await.unwrap().len(), 1);
}

pub(crate) async fn many_who_annotate_one_flow_lose_nothing(store: &dyn Store) {
    flows(store).await;
    let node = |number: u32| placed(&[(&format!("n{number}"), f64::from(number), 0.0)]);
    let placing = (0..8).map(|number| store.set_positions(flow(1), "ops", node(number)));
    futures_util::future::try_join_all(placing).await.unwrap();
    assert_eq!(store.positions(flow(1)).await.unwrap().len(), 8);
    let writing = (1..9).map(|number| {
        let change = TextChange { replacing: Replacing::Nothing, ..written(flow(1), 1, &number.to_string()) };
        store.put_version_text(change, audit(number, "ops"))
    });
    let written = futures_util::future::join_all(writing).await;
    assert_eq!(written.iter().filter(|one| one.is_ok()).count(), 1, "{written:?}");
    assert_eq!(entries(store).await, 1);
}

/// Two flows with texts and positions, of which the store damages those of flow 1 then.
pub(crate) async fn before_damage(store: &dyn Store) {
    flows(store).await;
    for (number, of) in [(1, 1), (2, 2)] {
        put(store, written(flow(of), 1, "# before\n"), number).await;
        store.set_positions(flow(of), "ops", placed(&[("a", 1.0, 2.0)])).await.unwrap();
    }
    put(store, written(flow(1), 2, "# sound\n"), 3).await;
}

/// What is damaged fails alone, and is gone once somebody writes anew.
pub(crate) async fn damage_is_written_over(store: &dyn Store) {
    assert!(store.version_text(flow(1), 1).await.unwrap_err().is_damage());
    assert!(store.positions(flow(1)).await.unwrap_err().is_damage());
    assert_eq!(&*store.version_text(flow(1), 2).await.unwrap().unwrap().text, "# sound\n");
    assert_eq!(&*store.version_text(flow(2), 1).await.unwrap().unwrap().text, "# before\n");
    assert_eq!(store.positions(flow(2)).await.unwrap().len(), 1);
    let meant = TextChange { replacing: Replacing::Revisions(Revisions::ANY), ..written(flow(1), 1, "# after\n") };
    let refused = store.put_version_text(meant, audit(4, "ops")).await;
    assert!(matches!(refused, Err(AnnotationError::Stale { current: None })), "{refused:?}");
    let revision = put(store, written(flow(1), 1, "# after\n"), 5).await;
    let expected = TextRecord { version: 1, text: "# after\n".into(), revision };
    assert_eq!(store.version_text(flow(1), 1).await.unwrap(), Some(expected));
    assert_eq!(revision, 3, "no text has had it, and nothing damaged counts");
    let positions = store.set_positions(flow(1), "ops", placed(&[("b", 3.0, 4.0)])).await.unwrap();
    assert_eq!(positions.keys().collect::<Vec<_>>(), ["b"]);
    assert_eq!(store.positions(flow(1)).await.unwrap(), positions);
}
