//! Threads: what later mail finds, and what is left of it.

use std::collections::BTreeMap;

use uuid::Uuid;
use waypost_ids::{DecisionKind, ThreadReason};

use super::samples::{accept, at, audit, decided, id, later, listed, mail, queue, queues, route, run};
use crate::records::mail::{Acceptance, InteractionFilter, InteractionRecord};
use crate::records::retention::RetentionLimits;
use crate::records::threads::{Joined, PreviousRecord, ThreadClues, ThreadNote, ThreadRecord};
use crate::traits::Store;

/// A sample mail in which these take part.
fn among(number: u8, people: &[i64]) -> Acceptance {
    let mut mail = decided(number, run(DecisionKind::Queue));
    mail.interactions[0].note = Some(ThreadNote { subject: None, people: people.to_vec() });
    mail
}

/// The same as a reply in the thread of mail 1.
fn reply(number: u8, position: u32, people: &[i64]) -> Acceptance {
    let mut mail = among(number, people);
    mail.interactions[0].thread = Some(ThreadRecord {
        id: id(1).0,
        reason: ThreadReason::References,
        position,
        previous: None,
        automatic: false,
    });
    mail
}

/// What a mail of an author says that names another by its Message-ID.
fn naming(author: i64, named: &[&str]) -> ThreadClues {
    let named = named.iter().map(|id| (ThreadReason::References, (*id).to_owned())).collect();
    ThreadClues { route: route(1), author: Some(author), named, ..ThreadClues::default() }
}

/// The thread that it joins, why, and the newest interaction there.
async fn joined(store: &dyn Store, clues: ThreadClues) -> Option<(u128, ThreadReason, Option<u128>)> {
    let found: Option<Joined> = store.thread_of(clues).await.unwrap();
    found.map(|found| (found.thread.as_u128(), found.reason, found.newest.map(|newest| newest.id.0.as_u128())))
}

async fn there(store: &dyn Store, number: u128) -> InteractionRecord {
    store.interaction(id(number)).await.unwrap().unwrap()
}

pub(crate) async fn who_takes_part_joins_by_what_the_mail_names(store: &dyn Store) {
    queues(store).await;
    accept(store, among(1, &[1, 2])).await;
    let first = Some((1, ThreadReason::References, Some(1)));
    assert_eq!(joined(store, naming(1, &["1@example"])).await, first);
    assert_eq!(joined(store, naming(2, &["9@example", "1@example"])).await, first);
    assert_eq!(joined(store, naming(3, &["1@example"])).await, None, "a stranger");
    assert_eq!(joined(store, naming(1, &["1@EXAMPLE"])).await, None, "another mail");
    assert_eq!(
        joined(store, ThreadClues { route: route(2), ..naming(1, &["1@example"]) }).await,
        None,
        "another route"
    );

    // It goes on from its newest, whose people take part from then on, and by whose Message-ID it is joined, too.
    accept(store, reply(2, 2, &[3])).await;
    for (author, named) in [(1, "1@example"), (1, "2@example"), (3, "1@example"), (3, "2@example")] {
        let expected = Some((1, ThreadReason::References, Some(2)));
        assert_eq!(joined(store, naming(author, &[named])).await, expected, "{author} names {named}");
    }
    assert_eq!(joined(store, naming(4, &["1@example", "2@example"])).await, None);
    // What was noted nowhere joins nothing, and is joined by nothing.
    accept(store, mail(5)).await;
    assert_eq!(joined(store, naming(1, &["5@example"])).await, None);
}

pub(crate) async fn a_message_id_leads_to_the_earliest_mail_that_has_it(store: &dyn Store) {
    queues(store).await;
    accept(store, among(1, &[1])).await;
    // A stranger writes to one who takes part, under a Message-ID that the stranger has seen.
    let mut copy = among(2, &[1, 9]);
    copy.message.message_id = Some("1@example".to_owned());
    accept(store, copy).await;
    assert_eq!(joined(store, naming(1, &["1@example"])).await, Some((1, ThreadReason::References, Some(1))));
    assert_eq!(joined(store, naming(9, &["1@example"])).await, None);
}

pub(crate) async fn a_subject_leads_to_its_newest_mail_for_a_while(store: &dyn Store) {
    queues(store).await;
    for (number, subject) in [(1, 7), (2, 8), (3, 7)] {
        let mut mail = among(number, &[1]);
        mail.interactions[0].note = Some(ThreadNote { subject: Some(subject), people: vec![1] });
        accept(store, mail).await;
    }
    let asking = |subject, since| ThreadClues { subject: Some(subject), since: at(since), ..naming(1, &[]) };
    assert_eq!(joined(store, asking(7, 3)).await, Some((3, ThreadReason::Subject, Some(3))));
    assert_eq!(joined(store, asking(7, 4)).await, None, "too long ago");
    assert_eq!(joined(store, asking(8, 0)).await, Some((2, ThreadReason::Subject, Some(2))));
    assert_eq!(joined(store, asking(9, 0)).await, None);
}

pub(crate) async fn where_an_interaction_stands_in_its_thread_is_kept(store: &dyn Store) {
    queues(store).await;
    let attributes = BTreeMap::from([("odd".to_owned(), "\0 \"".to_owned())]);
    let mut first = among(1, &[1]);
    first.interactions[0].run.as_mut().unwrap().attributes.clone_from(&attributes);
    accept(store, first).await;
    let thread = ThreadRecord {
        id: id(1).0,
        reason: ThreadReason::InReplyTo,
        position: 2,
        previous: Some(PreviousRecord {
            id: id(1),
            received_at: at(1),
            decision: Some(DecisionKind::Queue),
            queue: Some(queue(1)),
            queue_name: "General".to_owned(),
            priority: -3,
            skills: vec!["refunds".to_owned()],
            language: Some("de".to_owned()),
            attributes,
        }),
        automatic: true,
    };
    let mut second = among(2, &[1]);
    second.interactions[0].thread = Some(thread.clone());
    accept(store, second).await;
    assert_eq!(there(store, 1).await.its_thread(), ThreadRecord::begun_by(id(1)));
    assert_eq!(there(store, 2).await.thread.as_ref(), Some(&thread));

    // What is erased holds nothing of the earlier one's content.
    assert!(store.erase(id(2), audit(7, "ann")).await.unwrap());
    let bare = there(store, 2).await.thread.unwrap();
    let previous = thread.previous.clone().map(|previous| PreviousRecord { attributes: BTreeMap::new(), ..previous });
    assert_eq!(bare, ThreadRecord { previous, ..thread });
}

pub(crate) async fn a_thread_is_listed_by_its_id(store: &dyn Store) {
    queues(store).await;
    accept(store, among(1, &[1])).await;
    accept(store, among(2, &[1])).await;
    accept(store, reply(3, 2, &[1])).await;
    accept(store, mail(4)).await;
    accept(store, reply(5, 3, &[1])).await;
    for (thread, expected) in [(1, vec![5, 3, 1]), (2, vec![2]), (3, vec![]), (4, vec![4]), (9, vec![])] {
        let filter = InteractionFilter { thread: Some(Uuid::from_u128(thread)), ..InteractionFilter::default() };
        assert_eq!(listed(store, &filter).await, expected, "{thread}");
        let page = store.interactions(&filter, Some(id(3)), 9).await.unwrap();
        assert_eq!(page.len(), expected.iter().filter(|number| **number < 3).count());
    }
}

pub(crate) async fn what_is_erased_is_joined_by_a_mark_alone(store: &dyn Store) {
    queues(store).await;
    let mut first = among(1, &[1]);
    first.interactions[0].note = Some(ThreadNote { subject: Some(7), people: vec![1] });
    accept(store, first).await;
    accept(store, reply(2, 2, &[2])).await;
    assert!(store.erase(id(1), audit(7, "ann")).await.unwrap());
    assert_eq!(joined(store, naming(1, &["1@example"])).await, None);
    assert_eq!(joined(store, ThreadClues { subject: Some(7), ..naming(1, &[]) }).await, None);
    let marked = ThreadClues { marked: Some(id(1).0), ..naming(9, &[]) };
    assert_eq!(joined(store, marked.clone()).await, Some((1, ThreadReason::Marker, Some(2))));
    // Whose mail is left still takes part, and the thread is listed as before.
    assert_eq!(joined(store, naming(2, &["1@example"])).await, Some((1, ThreadReason::References, Some(2))));
    let filter = InteractionFilter { thread: Some(id(1).0), ..InteractionFilter::default() };
    assert_eq!(listed(store, &filter).await, [2, 1]);

    // When all is gone, the mark still says which thread it was.
    for number in [1, 2] {
        store.complete(id(number), audit(10 + number, "ann")).await.unwrap();
    }
    let limits = RetentionLimits { interactions: Some(later()), ..RetentionLimits::default() };
    assert_eq!(store.sweep(limits, 10, later()).await.unwrap().interactions, 2);
    assert_eq!(joined(store, marked).await, Some((1, ThreadReason::Marker, None)));
    assert_eq!(joined(store, naming(2, &["1@example", "2@example"])).await, None);
}
