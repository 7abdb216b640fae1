//! Mailboxes, who watches them, and what was taken from them.

use uuid::Uuid;
use waypost_ids::{MailboxId, SecretId};

use super::samples::{at, lease, mail};
use crate::error::CommitError;
use crate::records::catalogue::CatalogueChange;
use crate::records::mail::{AcceptOutcome, Acceptance, Accepted};
use crate::records::mailboxes::{
    FolderRecord, MailboxAfter, MailboxAuth, MailboxRecord, MailboxSettings, MailboxStart, MailboxTls, MailboxTokenUse,
    Place, TakenRecord, Taking,
};
use crate::records::outside::Sealed;
use crate::traits::Store;

fn id(number: u128) -> MailboxId {
    MailboxId(Uuid::from_u128(number))
}

fn mailbox(number: u128, name: &str) -> MailboxRecord {
    MailboxRecord {
        id: id(number),
        name: name.to_owned(),
        folded_name: name.to_lowercase(),
        enabled: true,
        settings: MailboxSettings {
            host: "imap.example.com".to_owned(),
            port: 993,
            tls: MailboxTls::StartTls,
            user: "desk".to_owned(),
            auth: MailboxAuth::Secret(SecretId(Uuid::from_u128(7))),
            folders: vec!["INBOX".to_owned(), "Entwürfe".to_owned()],
            start: MailboxStart::Since("2026-11-01".parse().unwrap()),
            after: MailboxAfter::MoveTo("Done".to_owned()),
            route: Uuid::from_u128(8),
            address: "help@example.com".to_owned(),
            submission: None,
        },
        revision: 1,
        created_at: at(0),
        modified_at: at(1),
    }
}

fn place(mailbox: u128, folder: &str, uid_validity: u32, uid: u32) -> Place {
    Place { mailbox: id(mailbox), folder: folder.to_owned(), uid_validity, uid }
}

fn note(uid: u32, state: Taking) -> TakenRecord {
    TakenRecord { uid, state, attempts: 2, content_hash: None, why: Some("why".to_owned()) }
}

/// A mail from a place.
fn from(number: u8, place: Place) -> Acceptance {
    Acceptance { taken_from: Some(place), ..mail(number) }
}

pub(crate) async fn mailboxes_come_and_go_with_all_that_is_known_of_them(store: &dyn Store) {
    let commit = async |changes| store.commit(store.epoch().await.unwrap(), changes).await;
    let first = mailbox(1, "Desk");
    commit(vec![CatalogueChange::put(first.clone())]).await.unwrap();
    assert_eq!(store.load().await.unwrap().mailboxes, std::slice::from_ref(&first));
    let twin = commit(vec![CatalogueChange::put(mailbox(2, "DESK"))]).await;
    assert!(matches!(twin, Err(CommitError::Store(_))));
    let changed = MailboxRecord { enabled: false, revision: 2, ..first };
    commit(vec![CatalogueChange::put(changed.clone())]).await.unwrap();
    assert_eq!(store.load().await.unwrap().mailboxes, [changed]);
    store.watch_mailbox(id(1), lease(1, 90), at(1)).await.unwrap().unwrap();
    store.note_messages(place(1, "INBOX", 1, 0), vec![note(4, Taking::Done)], at(2)).await.unwrap();
    commit(vec![CatalogueChange::delete(id(1))]).await.unwrap();
    assert!(store.load().await.unwrap().mailboxes.is_empty());
    assert!(store.mailbox_watches().await.unwrap().is_empty());
    assert!(store.known_messages(place(1, "INBOX", 1, 0), u32::MAX).await.unwrap().is_empty());
}

pub(crate) async fn one_watches_at_a_time(store: &dyn Store) {
    let (one, two) = (lease(1, 20), lease(2, 40));
    let begun = store.watch_mailbox(id(1), one, at(5)).await.unwrap().unwrap();
    assert_eq!((begun.mailbox, begun.until), (id(1), Some(at(20))));
    assert_eq!(store.watch_mailbox(id(1), two, at(19)).await.unwrap(), None, "somebody watches");
    assert!(store.watch_mailbox(id(2), two, at(19)).await.unwrap().is_some(), "another mailbox is free");
    assert!(store.keep_watching(id(1), lease(1, 30), "well".to_owned()).await.unwrap());
    assert_eq!(store.watch_mailbox(id(1), two, at(29)).await.unwrap(), None);
    let taken = store.watch_mailbox(id(1), two, at(30)).await.unwrap().unwrap();
    assert_eq!(&*taken.health, "well", "what is known stays");
    assert!(!store.keep_watching(id(1), lease(1, 99), "lost".to_owned()).await.unwrap());
    store.end_watch(id(1), one.id, "lost".to_owned()).await.unwrap();
    assert_eq!(store.watch_mailbox(id(1), one, at(31)).await.unwrap(), None, "a lost lease ends nothing");
    store.end_watch(id(1), two.id, "over".to_owned()).await.unwrap();
    let watches = store.mailbox_watches().await.unwrap();
    let found = watches.iter().find(|watch| watch.mailbox == id(1)).unwrap();
    assert_eq!((&*found.health, found.until), ("over", None));
    assert!(store.watch_mailbox(id(1), one, at(32)).await.unwrap().is_some());
}

pub(crate) async fn one_fetches_tokens_at_a_time_whoever_watches(store: &dyn Store) {
    use MailboxTokenUse::{Mailbox, Submission};
    let (one, two) = (lease(1, 20), lease(2, 40));
    store.watch_mailbox(id(1), lease(9, 90), at(5)).await.unwrap().unwrap();
    let begun = store.begin_tokens(id(1), Mailbox, one, at(5)).await.unwrap().unwrap();
    assert_eq!((begun.mailbox, begun.used_for, begun.tokens), (id(1), Mailbox, None));
    assert_eq!(store.begin_tokens(id(1), Mailbox, two, at(19)).await.unwrap(), None, "somebody fetches them");
    assert!(store.begin_tokens(id(1), Submission, two, at(19)).await.unwrap().is_some(), "others are free");
    assert!(store.keep_tokens(id(1), Mailbox, Some(one.id), Sealed(vec![0, 255])).await.unwrap());
    assert!(!store.keep_tokens(id(1), Mailbox, Some(one.id), Sealed(vec![1])).await.unwrap(), "that ended the lease");
    let next = store.begin_tokens(id(1), Mailbox, two, at(19)).await.unwrap().unwrap();
    assert_eq!(next.tokens, Some(Sealed(vec![0, 255])), "what is known stays");
    store.end_tokens(id(1), Mailbox, one.id).await.unwrap();
    assert_eq!(store.begin_tokens(id(1), Mailbox, one, at(20)).await.unwrap(), None, "a lost lease ends nothing");
    assert!(store.begin_tokens(id(1), Mailbox, one, at(40)).await.unwrap().is_some(), "one that ran out is over");
    store.end_tokens(id(1), Mailbox, one.id).await.unwrap();
    assert!(store.keep_tokens(id(3), Mailbox, None, Sealed(vec![2])).await.unwrap(), "a person needs no lease");
    let all = store.mailbox_tokens().await.unwrap();
    let all = all.iter().map(|record| (record.mailbox, record.used_for, record.tokens.clone())).collect::<Vec<_>>();
    let kept = |bytes: &[u8]| Some(Sealed(bytes.to_vec()));
    assert_eq!(all, [(id(1), Mailbox, kept(&[0, 255])), (id(1), Submission, None), (id(3), Mailbox, kept(&[2]))]);
}

pub(crate) async fn messages_that_were_set_aside_are_listed_and_tried_again(store: &dyn Store) {
    let note_at = async |folder: &str, uid| {
        store.note_messages(place(1, folder, 1, 0), vec![note(uid, Taking::SetAside)], at(3)).await.unwrap();
    };
    let held = lease(9, 90);
    store.watch_mailbox(id(1), held, at(1)).await.unwrap().unwrap();
    for folder in ["INBOX", "Sales"] {
        let known = FolderRecord {
            folder: folder.to_owned(),
            uid_validity: 1,
            next_uid: 10,
            all_from: 1,
            before: "{}".to_owned(),
            attached_at: at(1),
            looked_at: at(2),
        };
        assert!(store.put_mailbox_folder(id(1), held.id, known).await.unwrap());
    }
    for (folder, uid) in [("INBOX", 7), ("INBOX", 9), ("Sales", 2)] {
        note_at(folder, uid).await;
    }
    let listed = async |after, limit| {
        let found = store.set_aside_messages(id(1), after, limit).await.unwrap();
        found.into_iter().map(|one| (one.place.folder, one.place.uid, one.why, one.at)).collect::<Vec<_>>()
    };
    let told = |folder: &str, uid| (folder.to_owned(), uid, "why".to_owned(), at(3));
    assert_eq!(listed(None, 2).await, [told("INBOX", 7), told("INBOX", 9)]);
    assert_eq!(listed(Some(place(1, "INBOX", 1, 9)), 2).await, [told("Sales", 2)]);
    assert_eq!(store.retry_set_aside(id(2), None).await.unwrap(), 0, "those of another mailbox");
    assert_eq!(store.retry_set_aside(id(1), Some(place(1, "INBOX", 1, 9))).await.unwrap(), 1);
    assert_eq!(store.retry_set_aside(id(1), Some(place(1, "INBOX", 1, 9))).await.unwrap(), 0);
    let open = async |below| store.open_messages(place(1, "INBOX", 1, 0), below, 9).await.unwrap();
    assert_eq!((open(10).await, open(9).await), (vec![9], vec![]));
    assert_eq!(store.retry_set_aside(id(1), None).await.unwrap(), 2);
    assert_eq!((open(100).await, store.set_aside(id(1)).await.unwrap()), (vec![7, 9], 0));
    let outcome = store.accept(from(4, place(1, "INBOX", 1, 9))).await.unwrap();
    assert!(matches!(outcome, AcceptOutcome::Committed(_)));
    assert_eq!(open(100).await, [7]);
    store.note_messages(place(1, "INBOX", 8, 0), vec![note(3, Taking::SetAside)], at(3)).await.unwrap();
    assert_eq!(store.retry_set_aside(id(1), None).await.unwrap(), 0, "its number means another message by now");
    assert_eq!(store.set_aside(id(1)).await.unwrap(), 1, "and it is not forgotten");
}

pub(crate) async fn folders_are_kept_under_the_lease(store: &dyn Store) {
    let held = lease(1, 90);
    store.watch_mailbox(id(1), held, at(1)).await.unwrap().unwrap();
    let folder = FolderRecord {
        folder: "Entwürfe".to_owned(),
        uid_validity: u32::MAX,
        next_uid: u64::from(u32::MAX) + 1,
        all_from: 9,
        before: "{}".to_owned(),
        attached_at: at(1),
        looked_at: at(2),
    };
    assert!(store.put_mailbox_folder(id(1), held.id, folder.clone()).await.unwrap());
    assert_eq!(store.mailbox_folder(id(1), "Entwürfe").await.unwrap(), Some(folder.clone()));
    assert_eq!(store.mailbox_folder(id(1), "INBOX").await.unwrap(), None);
    let further = FolderRecord { next_uid: 12, looked_at: at(3), ..folder };
    assert!(!store.put_mailbox_folder(id(1), Uuid::from_u128(2), further.clone()).await.unwrap());
    assert!(store.put_mailbox_folder(id(1), held.id, further.clone()).await.unwrap());
    assert_eq!(store.mailbox_folder(id(1), "Entwürfe").await.unwrap(), Some(further));
}

pub(crate) async fn mail_is_taken_from_its_place_once(store: &dyn Store) {
    let here = place(1, "INBOX", 1, 7);
    let AcceptOutcome::Committed(made) = store.accept(from(1, here.clone())).await.unwrap() else { panic!() };
    assert!(matches!(made[..], [Accepted::Created { .. }]));
    // Whatever it is, and however long ago that was.
    for number in [1, 2] {
        assert_eq!(store.accept(from(number, here.clone())).await.unwrap(), AcceptOutcome::Taken, "{number}");
    }
    let sums = store.summary().await.unwrap();
    assert_eq!((sums.accepted, sums.duplicates), (1, 0), "nothing was kept");
    for (number, other) in [
        (3, place(1, "INBOX", 1, 8)),
        (4, place(1, "INBOX", 2, 7)),
        (5, place(1, "inbox", 1, 7)),
        (6, place(2, "INBOX", 1, 7)),
    ] {
        let outcome = store.accept(from(number, other.clone())).await.unwrap();
        assert!(matches!(outcome, AcceptOutcome::Committed(_)), "{other:?}");
    }
    // The same mail at another place is a duplicate, which is taken as well.
    let AcceptOutcome::Committed(made) = store.accept(from(1, place(1, "INBOX", 1, 9))).await.unwrap() else {
        panic!()
    };
    assert!(matches!(made[..], [Accepted::Duplicate { .. }]));
    let known = store.known_messages(place(1, "INBOX", 1, 7), 9).await.unwrap();
    assert_eq!(
        known.iter().map(|one| (one.uid, one.state)).collect::<Vec<_>>(),
        [7, 8, 9].map(|uid| (uid, Taking::Taken))
    );
    assert_eq!(known[0].content_hash, Some([1; 32]));
    assert!(store.is_content_known(id(1), [4; 32]).await.unwrap());
    assert!(!store.is_content_known(id(2), [4; 32]).await.unwrap());
}

pub(crate) async fn what_was_taken_is_settled_once(store: &dyn Store) {
    let folder = place(1, "INBOX", 1, 0);
    for (number, uid) in [(1, 7), (2, 8)] {
        store.accept(from(number, place(1, "INBOX", 1, uid))).await.unwrap();
    }
    let notes = [(8, Taking::Done), (9, Taking::Failed), (10, Taking::SetAside)];
    let notes = notes.map(|(uid, state)| note(uid, state)).to_vec();
    store.note_messages(folder.clone(), notes, at(3)).await.unwrap();
    assert_eq!(store.unfinished_messages(folder.clone(), 9).await.unwrap(), [7]);
    assert_eq!(store.unfinished_messages(place(1, "INBOX", 1, 8), 9).await.unwrap(), [0; 0]);
    // An attempt that failed elsewhere changes nothing, and what is set aside stays so.
    let late = [7, 8, 10].map(|uid| note(uid, Taking::Failed)).to_vec();
    store.note_messages(folder.clone(), late, at(4)).await.unwrap();
    assert_eq!(store.accept(from(3, place(1, "INBOX", 1, 10))).await.unwrap(), AcceptOutcome::Taken);
    // One that failed is taken when it comes after all.
    let outcome = store.accept(from(4, place(1, "INBOX", 1, 9))).await.unwrap();
    assert!(matches!(outcome, AcceptOutcome::Committed(_)));
    let known = store.known_messages(folder.clone(), u32::MAX).await.unwrap();
    let states = known.iter().map(|one| (one.uid, one.state)).collect::<Vec<_>>();
    assert_eq!(states, [(7, Taking::Taken), (8, Taking::Done), (9, Taking::Taken), (10, Taking::SetAside)]);
    assert_eq!(known[1].content_hash, Some([2; 32]), "settled, its content stays known");
    assert_eq!(known[3].why.as_deref(), Some("why"));
    assert_eq!(store.set_aside(id(1)).await.unwrap(), 1);
}

pub(crate) async fn a_message_offered_from_many_tasks_is_taken_once(store: &dyn Store) {
    let offer = |number| store.accept(from(number, place(1, "INBOX", 1, 7)));
    let (a, b, c) = tokio::join!(offer(1), offer(2), offer(3));
    let outcomes = [a.unwrap(), b.unwrap(), c.unwrap()];
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == AcceptOutcome::Taken).count(), 2, "{outcomes:?}");
    assert_eq!(store.summary().await.unwrap().accepted, 1);
}
