//! What becomes of a write whose answer is lost on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::sleep;
use waypost_ids::DecisionKind;

use super::waits::{number, session};
use super::{Opened, open};
use crate::conformance::samples::{accept, at, audit, decided, id, mail, queue, queues, run};
use crate::error::{LeaseError, StoreError};
use crate::leases::Lease;
use crate::postgres::{PostgresOptions, PostgresStore};
use crate::records::mail::RunClaim;
use crate::records::queues::QueueClaim;
use crate::traits::{CatalogueStore, MailStore, QueueStore};

const OPEN: u8 = 0;
/// The next COMMIT reaches the server; its answer does not come back.
const ANSWER_LOST: u8 = 1;
/// The next COMMIT does not reach the server.
const COMMIT_LOST: u8 = 2;
/// The same, and then there is no way to the server any more.
const ALL_LOST: u8 = 4;
const AWAY: u8 = 5;
/// The next COMMIT reaches the server after its connection was lost, when the test says so.
const COMMIT_LATE: u8 = 3;

/// A way to the server that loses things on demand.
struct Way {
    mode: Arc<AtomicU8>,
    /// Lets a COMMIT that is late go on.
    late: Arc<Notify>,
    store: PostgresStore,
}

impl Way {
    async fn to(opened: &Opened, patience: u64) -> Self {
        let port: u16 = opened.url.rsplit_once(':').unwrap().1.split('/').next().unwrap().parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ours = listener.local_addr().unwrap().port();
        let mode = Arc::new(AtomicU8::new(OPEN));
        let late = Arc::new(Notify::new());
        let also = (Arc::clone(&mode), Arc::clone(&late));
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if also.0.load(Ordering::SeqCst) == AWAY {
                    continue;
                }
                let far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                tokio::spawn(pass(near, far, Arc::clone(&also.0), Arc::clone(&also.1)));
            }
        });
        let url = opened.url.replace(&format!(":{port}/"), &format!(":{ours}/"));
        let options = PostgresOptions { patience: Duration::from_secs(patience), ..PostgresOptions::new(url) };
        Self { mode, late, store: PostgresStore::connect(options).await.unwrap() }
    }

    fn lose(&self, what: u8) {
        self.mode.store(what, Ordering::SeqCst);
    }

    /// Whether what was to be lost was.
    fn has_lost(&self) -> bool {
        self.mode.load(Ordering::SeqCst) == OPEN
    }
}

async fn pass(near: TcpStream, far: TcpStream, mode: Arc<AtomicU8>, late: Arc<Notify>) {
    let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
    let muted = Arc::new(AtomicBool::new(false));
    let mute = Arc::clone(&muted);
    // Ends when the server has answered a COMMIT that nobody is to hear of.
    let back = tokio::spawn(async move {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = far_in.read(&mut buffer).await {
            if mute.load(Ordering::SeqCst) {
                if buffer[..read].windows(6).any(|word| word == b"COMMIT") {
                    return;
                }
            } else if near_out.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = near_in.read(&mut buffer).await {
        let part = &buffer[..read];
        if mode.load(Ordering::SeqCst) == AWAY {
            break;
        }
        let commits = part.windows(6).any(|word| word == b"COMMIT");
        match if commits { mode.swap(OPEN, Ordering::SeqCst) } else { OPEN } {
            COMMIT_LOST => break,
            lost @ (ANSWER_LOST | ALL_LOST) => {
                muted.store(true, Ordering::SeqCst);
                let _ = far_out.write_all(part).await;
                let _ = back.await;
                if lost == ALL_LOST {
                    mode.store(AWAY, Ordering::SeqCst);
                }
                return;
            }
            COMMIT_LATE => {
                back.abort();
                drop(near_in);
                late.notified().await;
                let _ = far_out.write_all(part).await;
                // The server looks at it, and then finds that nobody is there.
                let _ = far_out.shutdown().await;
                return;
            }
            _ => {
                if far_out.write_all(part).await.is_err() {
                    break;
                }
            }
        }
    }
    back.abort();
}

fn lost(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable(_))
}

#[tokio::test]
async fn a_mail_whose_commit_was_kept_is_answered_so_though_the_answer_was_lost() {
    let Some(opened) = open().await else { return };
    let way = Way::to(&opened, 10).await;
    for number in 1..=5 {
        way.lose(ANSWER_LOST);
        accept(&way.store, mail(number)).await;
        assert!(way.has_lost());
    }
    assert_eq!(opened.store.summary().await.unwrap().accepted, 5);
}

#[tokio::test]
async fn a_mail_whose_commit_was_lost_is_refused_and_not_there() {
    let Some(opened) = open().await else { return };
    let way = Way::to(&opened, 10).await;
    let db = session(&opened).await;
    let open_transactions = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    for what in [COMMIT_LATE, COMMIT_LOST] {
        way.lose(what);
        let refused = way.store.accept(mail(1)).await;
        assert!(refused.as_ref().is_err_and(lost), "{refused:?}");
        assert!(way.has_lost());
        // One that comes late does not come through.
        if what == COMMIT_LATE {
            assert_eq!(number(&db, open_transactions).await, 1, "it waits for its COMMIT");
            way.late.notify_one();
            while number(&db, open_transactions).await > 0 {
                sleep(Duration::from_millis(20)).await;
            }
        }
        assert_eq!(opened.store.summary().await.unwrap().accepted, 0, "{what}");
    }
    accept(&way.store, mail(1)).await;
}

#[tokio::test]
async fn every_kind_of_write_finds_out() {
    let Some(opened) = open().await else { return };
    queues(&opened.store).await;
    for number in 1..=4 {
        accept(&opened.store, decided(number, run(DecisionKind::Queue))).await;
    }
    accept(&opened.store, mail(5)).await;
    let way = Way::to(&opened, 10).await;
    let store = &way.store;
    let claim = QueueClaim { queue: queue(1), max: 1, lease_seconds: 600, skills: None };
    way.lose(ANSWER_LOST);
    let first = store.claim(&claim, at(100)).await.unwrap().remove(0);
    way.lose(ANSWER_LOST);
    store.extend(queue(1), Lease { until: at(1001), ..first.lease }, at(101)).await.unwrap();
    way.lose(ANSWER_LOST);
    store.acknowledge(queue(1), first.lease.id, at(102)).await.unwrap();
    assert!(way.has_lost());
    let second = store.claim(&claim, at(103)).await.unwrap().remove(0);
    way.lose(ANSWER_LOST);
    store.release(queue(1), second.lease.id, at(104)).await.unwrap();
    // Twice would be refused: nothing holds it any more.
    assert!(matches!(store.release(queue(1), second.lease.id, at(104)).await, Err(LeaseError::Lost)));
    way.lose(COMMIT_LOST);
    assert!(store.claim(&claim, at(105)).await.is_err_and(|error| lost(&error)));
    way.lose(ANSWER_LOST);
    let claim = RunClaim { fresh: 1, retried: 1, lease_seconds: 600 };
    let work = store.claim_runs(claim, at(106)).await.unwrap().remove(0);
    way.lose(ANSWER_LOST);
    let recorded = store.record_run(work.interaction.id, work.lease.id, run(DecisionKind::Queue)).await;
    assert!(recorded.unwrap());
    way.lose(ANSWER_LOST);
    assert_eq!(store.commit(1, Vec::new()).await.unwrap(), 2);
    way.lose(ANSWER_LOST);
    assert!(store.erase(id(1), audit(300, "ops")).await.unwrap());
    assert!(way.has_lost());
    let kept = opened.store.summary().await.unwrap();
    assert_eq!((kept.accepted, kept.interactions), (5, 5));
    // Rows are used again: a lost answer costs one, nothing else does.
    let db = session(&opened).await;
    assert!(number(&db, "SELECT count(*) FROM commits").await < 20);
}

#[tokio::test]
async fn what_can_not_be_found_out_is_said_so() {
    let Some(opened) = open().await else { return };
    let way = Way::to(&opened, 10).await;
    accept(&way.store, mail(1)).await;
    way.lose(ALL_LOST);
    let refused = way.store.accept(mail(2)).await;
    let refused = refused.unwrap_err();
    assert!(refused.to_string().ends_with("whether it was kept is not known"), "{refused}");
    // It may be one or the other: the sender comes again, and is known again.
    assert_eq!(opened.store.summary().await.unwrap().accepted, 2);
}
