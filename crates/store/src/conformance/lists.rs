//! Lists of interactions.

use waypost_ids::DecisionKind;

use super::outbox::{all_end, delivery, forwards};
use super::samples::{accept, at, audit, decided, flow, id, listed, mail, queue, queues, run, up_to};
use crate::records::correspondents::Correspondent;
use crate::records::mail::{InteractionFilter, State};
use crate::records::outbox::AttemptEnd;
use crate::records::queues::QueueClaim;
use crate::traits::Store;

fn who(address: &str) -> Option<Correspondent> {
    Some(Correspondent { ascii: address.to_owned(), unicode: address.to_owned() })
}

async fn three(store: &dyn Store) {
    queues(store).await;
    let mut first = decided(1, run(DecisionKind::Queue));
    first.message.subject = "Straße 100%_'; DROP TABLE interactions".to_owned();
    accept(store, first).await;
    let mut second_run = run(DecisionKind::Disconnect);
    second_run.flow = Some((flow(2), 1));
    let mut second = decided(2, second_run);
    second.message.envelope_from = "Bob@Example.net".to_owned();
    second.message.subject = "ÄRGER mit Rechnung".to_owned();
    accept(store, second).await;
    let mut third = mail(3);
    third.interactions[0].envelope_to = "other@example.com".to_owned();
    third.message.subject = "100 percent".to_owned();
    accept(store, third).await;
}

pub(crate) async fn newest_first_page_by_page(store: &dyn Store) {
    for number in 1..=5 {
        accept(store, mail(number)).await;
    }
    let all = InteractionFilter::default();
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = store.interactions(&all, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        pages.push(page.iter().map(|interaction| interaction.id.0.as_u128()).collect::<Vec<_>>());
    }
    assert_eq!(pages, [vec![5, 4], vec![3, 2], vec![1]]);
}

pub(crate) async fn each_filter_alone(store: &dyn Store) {
    three(store).await;
    let none = InteractionFilter::default;
    let text = |text: &str| Some(text.to_owned());
    let cases = [
        (none(), vec![3, 2, 1]),
        (InteractionFilter { state: Some(State::Received), ..none() }, vec![3]),
        (InteractionFilter { state: Some(State::Claimed), ..none() }, vec![]),
        (InteractionFilter { decision: Some(DecisionKind::Disconnect), ..none() }, vec![2]),
        (InteractionFilter { queue: Some(queue(1)), ..none() }, vec![1]),
        (InteractionFilter { flow: Some(flow(2)), ..none() }, vec![2]),
        (InteractionFilter { from: who("bob@example.net"), ..none() }, vec![2]),
        (InteractionFilter { from: who("bob@example"), ..none() }, vec![]),
        (InteractionFilter { to: who("other@example.com"), ..none() }, vec![3]),
        (InteractionFilter { message_id: text("1@example"), ..none() }, vec![1]),
        (InteractionFilter { message_id: text("1@EXAMPLE"), ..none() }, vec![]),
        (InteractionFilter { subject: text("percent"), ..none() }, vec![3]),
        (InteractionFilter { since: Some(at(2)), ..none() }, vec![3, 2]),
        (InteractionFilter { until: Some(at(2)), ..none() }, vec![1]),
    ];
    for (filter, expected) in cases {
        assert_eq!(listed(store, &filter).await, expected, "{filter:?}");
    }
}

pub(crate) async fn addresses_in_either_spelling(store: &dyn Store) {
    queues(store).await;
    for (number, domain) in [(1, "bücher.example"), (2, "xn--bcher-kva.example"), (3, "bucher.example")] {
        let mut one = mail(number);
        one.message.envelope_from = format!("Ann@{domain}");
        one.interactions[0].envelope_to = format!("Box@{domain}");
        accept(store, one).await;
    }
    let spelt = |local: &str| {
        let (ascii, unicode) = (format!("{local}@xn--bcher-kva.example"), format!("{local}@bücher.example"));
        Some(Correspondent { ascii, unicode })
    };
    let none = InteractionFilter::default;
    for (filter, expected) in [
        (InteractionFilter { from: spelt("ann"), ..none() }, vec![2, 1]),
        (InteractionFilter { to: spelt("box"), ..none() }, vec![2, 1]),
        (InteractionFilter { from: spelt("ann"), to: spelt("ann"), ..none() }, vec![]),
        (InteractionFilter { from: spelt("ann"), to: spelt("box"), until: Some(at(2)), ..none() }, vec![1]),
    ] {
        assert_eq!(listed(store, &filter).await, expected, "{filter:?}");
    }
}

pub(crate) async fn subject_whatever_the_case(store: &dyn Store) {
    three(store).await;
    for (part, expected) in [("ärger", vec![2]), ("RECHNUNG", vec![2]), ("STRAßE", vec![1])] {
        let filter = InteractionFilter { subject: Some(part.to_owned()), ..InteractionFilter::default() };
        assert_eq!(listed(store, &filter).await, expected, "{part}");
    }
}

pub(crate) async fn filters_together(store: &dyn Store) {
    three(store).await;
    let filter = InteractionFilter {
        since: Some(at(1)),
        until: Some(at(3)),
        flow: Some(flow(1)),
        subject: Some("100".to_owned()),
        ..InteractionFilter::default()
    };
    assert_eq!(listed(store, &filter).await, [1]);
    assert!(store.interactions(&filter, Some(id(1)), 9).await.unwrap().is_empty());
}

pub(crate) async fn quotes_and_wildcards_are_plain_text(store: &dyn Store) {
    three(store).await;
    for (part, expected) in [("100%_", vec![1]), ("_00", vec![]), ("'; drop table", vec![1]), ("", vec![3, 2, 1])] {
        let filter = InteractionFilter { subject: Some(part.to_owned()), ..InteractionFilter::default() };
        assert_eq!(listed(store, &filter).await, expected, "{part}");
    }
}

/// What waits as unrouted, as it is listed, measured and told with the ledger.
async fn unrouted(store: &dyn Store) -> Vec<u128> {
    let filter = InteractionFilter { decision: Some(DecisionKind::Unrouted), ..InteractionFilter::default() };
    let listed = listed(store, &filter).await;
    assert_eq!(store.summary().await.unwrap().unrouted, listed.len() as u64, "{listed:?}");
    assert_eq!(store.ledger(at(0), 9).await.unwrap().tallied.unrouted, listed.len() as u64, "{listed:?}");
    listed
}

pub(crate) async fn a_failed_forward_is_unrouted_while_it_waits(store: &dyn Store) {
    queues(store).await;
    accept(store, decided(1, run(DecisionKind::Unrouted))).await;
    for number in 2..=4 {
        let to = format!("{number}@example.net");
        accept(store, decided(number, forwards(&[(u128::from(number), &to)]))).await;
    }
    accept(store, decided(5, run(DecisionKind::Queue))).await;
    assert_eq!(unrouted(store).await, [1], "what is on the way is not unrouted");

    all_end(store, AttemptEnd::Dead, 50).await;
    assert_eq!(unrouted(store).await, [4, 3, 2, 1]);
    let forward = InteractionFilter { decision: Some(DecisionKind::Forward), ..InteractionFilter::default() };
    assert_eq!(listed(store, &forward).await, [4, 3, 2], "its run ended so");

    let billing = QueueClaim { queue: queue(2), max: 1, lease_seconds: 60, skills: None };
    let claimed = store.claim(&billing, at(60)).await.unwrap().remove(0);
    assert_eq!((claimed.interaction.id, unrouted(store).await), (id(2), vec![4, 3, 2, 1]));
    store.acknowledge(queue(2), claimed.lease.id, at(70)).await.unwrap();
    assert_eq!(unrouted(store).await, [4, 3, 1], "a person completed it");

    store.retry_delivery(delivery(3), audit(1, "ops")).await.unwrap().unwrap();
    assert_eq!(unrouted(store).await, [4, 1], "it is on the way again");
    store.rerun(id(4), false, audit(2, "ops")).await.unwrap();
    let again = store.claim_runs(up_to(1), at(80)).await.unwrap();
    store.record_run(id(4), again[0].lease.id, run(DecisionKind::Queue)).await.unwrap();
    assert_eq!(unrouted(store).await, [1], "its new run routed it");
}

pub(crate) async fn completed_unrouted_mail_is_listed_but_waits_no_longer(store: &dyn Store) {
    queues(store).await;
    for number in 1..=2 {
        accept(store, decided(number, run(DecisionKind::Unrouted))).await;
    }
    store.complete(id(1), audit(1, "ops")).await.unwrap();
    let ended_so = InteractionFilter { decision: Some(DecisionKind::Unrouted), ..InteractionFilter::default() };
    assert_eq!(listed(store, &ended_so).await, [2, 1], "its run ended so");
    let waits = InteractionFilter { state: Some(State::Decided), ..ended_so };
    assert_eq!(listed(store, &waits).await, [2]);
    assert_eq!(store.summary().await.unwrap().unrouted, 1);
}
