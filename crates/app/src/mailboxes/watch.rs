//! One mailbox, watched under its lease: connected, looked at, waited for, connected anew.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch::Receiver;
use tokio::time::sleep;
use uuid::Uuid;
use waypost_ids::MailboxId;
use waypost_mailbox::{Problem, Session, Stage, Waited};
use waypost_store::leases::{Lease, Lost, hold};
use waypost_store::records::events::Hint;
use waypost_store::records::mailboxes::{MailboxRecord, Place, WatchRecord};

use super::health::{Health, Standing};
use super::{Mailboxes, TERM, Trouble};
use crate::App;

/// After a failure a connection is tried again so soon, and later and later.
const PAUSE: Duration = Duration::from_secs(1);

/// At the latest after this long.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

/// A login that was refused is not tried again so soon: accounts are locked for that.
const LOGIN_PAUSE: Duration = Duration::from_secs(60);

/// What a person must mend is looked at this often.
const SETUP_PAUSE: Duration = Duration::from_secs(30);

/// Whether a mailbox is silent is looked at this often.
const ALARM: Duration = Duration::from_secs(60);

/// A mailbox that is watched here.
pub(super) struct Watch {
    pub(super) mailbox: Arc<MailboxRecord>,
    pub(super) lease: Uuid,
    pub(super) health: Mutex<Health>,
    /// Whether this round met something that is wrong, and went on.
    pub(super) troubled: AtomicBool,
    pub(super) quit: Receiver<bool>,
    pub(super) mailboxes: Arc<Mailboxes>,
}

impl Watch {
    pub(super) fn id(&self) -> MailboxId {
        self.mailbox.id
    }

    pub(super) fn tell<T>(&self, tell: impl FnOnce(&mut Health) -> T) -> T {
        tell(&mut self.health.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A message of a folder.
    pub(super) fn place(&self, folder: &str, uid_validity: u32, uid: u32) -> Place {
        Place { mailbox: self.id(), folder: folder.to_owned(), uid_validity, uid }
    }

    pub(super) fn must_end(&self) -> bool {
        *self.quit.borrow() || self.quit.has_changed().is_err()
    }

    /// Waits so long, or until it must end.
    async fn rest(&self, time: Duration) {
        let mut quit = self.quit.clone();
        tokio::select! {
            () = sleep(time) => {}
            _ = quit.wait_for(|quit| *quit) => {}
        }
    }
}

impl App {
    /// Watches a mailbox until it must end or the lease is lost.
    pub(super) async fn watch(
        &self,
        mailbox: Arc<MailboxRecord>,
        lease: Lease,
        watched: WatchRecord,
        quit: Receiver<bool>,
    ) {
        let Some(mailboxes) = self.mailboxes.clone() else { return };
        tracing::info!(mailbox = %mailbox.id, name = mailbox.name, "this node watches the mailbox");
        let health = Mutex::new(Health::read(&watched));
        let watch = Watch { mailbox, lease: lease.id, health, troubled: AtomicBool::new(false), quit, mailboxes };
        let renew = || {
            let (lease, health) = (TERM.renew(lease, self.origin.now()), watch.tell(|health| health.written()));
            self.store.keep_watching(watch.id(), lease, health)
        };
        let work = async {
            tokio::select! {
                () = self.watch_on(&watch) => {}
                () = self.raise_alarm(&watch) => {}
            }
        };
        match hold(TERM, renew, work).await {
            Ok(()) => {
                let health = watch.tell(|health| health.written());
                if let Err(error) = self.store.end_watch(watch.id(), lease.id, health).await {
                    tracing::warn!(mailbox = %watch.id(), %error, "the mailbox could not be released; its lease will expire");
                }
            }
            Err(Lost) => tracing::warn!(mailbox = %watch.id(), "the mailbox's lease was lost: another node watches it"),
        }
    }

    /// Says so, again and again, while nobody could look for too long: whoever looks may hang.
    async fn raise_alarm(&self, watch: &Watch) {
        loop {
            sleep(ALARM).await;
            if watch.tell(|health| health.standing(&watch.mailbox, self.origin.now())) == Standing::Silent {
                tracing::error!(
                    mailbox = %watch.id(),
                    name = watch.mailbox.name,
                    "the mailbox is connected but silent: no check of it completes"
                );
            }
        }
    }

    async fn watch_on(&self, watch: &Watch) {
        let mut pause = PAUSE;
        while !watch.must_end() {
            let done = |health: &mut Health| (health.last_look, health.last_mail);
            let before = watch.tell(done);
            let trouble = match self.attend(watch).await {
                Ok(()) | Err(Trouble::Lost) => return,
                Err(trouble) => trouble,
            };
            // Whatever ends a connection that worked is no reason to wait for long.
            if watch.tell(done) != before {
                pause = PAUSE;
            }
            self.note_trouble(watch, &trouble).await;
            let refused = matches!(&trouble, Trouble::Server(problem) if problem.stage() == Stage::Login);
            let floor = if refused { LOGIN_PAUSE } else { PAUSE };
            if matches!(trouble, Trouble::Setup { .. }) {
                // A person mends that, and waits for it.
                pause = pause.min(SETUP_PAUSE);
            }
            // Not all of those whose server was away come back in the same moment.
            watch.rest(pause.max(floor).mul_f64(0.75 + self.origin.share() / 2.0)).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    /// Keeps what went wrong, for people to see at once.
    pub(super) async fn note_trouble(&self, watch: &Watch, trouble: &Trouble) {
        let now = self.origin.now();
        let (what, suggestion) = (trouble.to_string(), trouble.suggestion());
        let (mailbox, name) = (watch.id(), watch.mailbox.name.as_str());
        let first = watch.tell(|health| {
            let first = health.failing_since.is_none();
            health.failed(now, what.clone(), suggestion);
            first
        });
        if first {
            tracing::warn!(%mailbox, name, error = what, "can't take mail from the mailbox");
        } else if watch.tell(|health| health.alarms(&watch.mailbox, now)) {
            tracing::error!(%mailbox, name, error = what, "the mailbox has been failing for a while");
        }
        self.keep_health(watch).await;
    }

    /// Keeps how the mailbox is, without waiting for the lease to be renewed.
    pub(super) async fn keep_health(&self, watch: &Watch) {
        let lease = TERM.begin(watch.lease, self.origin.now());
        let (health, standing) =
            watch.tell(|health| (health.written(), health.standing(&watch.mailbox, self.origin.now())));
        match self.store.keep_watching(watch.id(), lease, health).await {
            Ok(_) => self.store.tell(Hint::Mailbox { id: watch.id(), status: standing.as_str().to_owned() }),
            Err(error) => {
                tracing::debug!(mailbox = %watch.id(), %error, "the mailbox's health could not be kept");
            }
        }
    }

    /// Connects, and looks and waits until it must end.
    async fn attend(&self, watch: &Watch) -> Result<(), Trouble> {
        let mut session = self.log_in(&watch.mailboxes, &watch.mailbox).await?;
        loop {
            watch.troubled.store(false, Ordering::Relaxed);
            for folder in &watch.mailbox.settings.folders {
                if watch.must_end() {
                    session.log_out().await;
                    return Ok(());
                }
                self.look(watch, &mut session, folder).await?;
            }
            let well = !watch.troubled.load(Ordering::Relaxed);
            let first = watch.tell(|health| {
                let first = (well && health.failing_since.is_some()) || health.last_look.is_none();
                health.looked(self.origin.now(), well);
                first
            });
            if first {
                self.keep_health(watch).await;
            }
            if watch.must_end() {
                session.log_out().await;
                return Ok(());
            }
            match wait(watch, &mut session).await? {
                Some(()) => {}
                // What is waited for is broken off in the middle: this connection can say nothing more.
                None => return Ok(()),
            }
        }
    }
}

/// Waits for news of the first folder, or until it is time to look again; none if it must end.
async fn wait(watch: &Watch, session: &mut Session) -> Result<Option<()>, Problem> {
    let poll = watch.mailboxes.poll;
    if let [_, _, ..] = &*watch.mailbox.settings.folders
        && let Some(first) = watch.mailbox.settings.folders.first()
    {
        session.open(first, true).await?;
    }
    let mut quit = watch.quit.clone();
    tokio::select! {
        waited = session.wait(poll) => match waited? {
            Waited::News | Waited::Quiet => return Ok(Some(())),
            Waited::Unable => {}
        },
        _ = quit.wait_for(|quit| *quit) => return Ok(None),
    }
    watch.rest(poll).await;
    Ok(Some(()))
}
