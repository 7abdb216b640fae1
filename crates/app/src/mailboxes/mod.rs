//! Mail is taken from mailboxes of other servers: one node at a time watches each, under a lease.

mod authorise;
mod checkup;
mod filing;
mod folder;
mod health;
mod letters;
mod login;
mod look;
mod set_aside;
mod submission;
mod tokens;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{Notify, Semaphore, watch as channel};
use tokio::task::{self, JoinSet};
use tokio::time::{sleep, timeout};
use waypost_ids::MailboxId;
use waypost_mailbox::{Connector, Problem};
use waypost_outgoing::carry::Submitter;
use waypost_reach::Client;
use waypost_store::error::StoreError;
use waypost_store::leases::Term;
use waypost_store::records::mailboxes::{MailboxRecord, MailboxTokenUse};

use crate::App;
pub use authorise::{Asked, Authorised, NotAuthorised};
pub use checkup::{Checked, Checkup};
pub(crate) use filing::Filed;
pub use health::{Health, Standing};

/// The lease of whoever watches: a mailbox whose node is gone waits so long for another.
const TERM: Term = Term::of(Duration::from_secs(15));

/// Mailboxes that nobody watches are found at the latest after this long.
const POLL: Duration = Duration::from_secs(1);

/// When the server stops, what is under way may end for so long.
const GRACE: Duration = Duration::from_secs(5);

/// Mail that is in memory at a time, from all mailboxes, in KiB. One that is larger has all of it.
const MEMORY_KIB: u32 = 64 * 1024;

/// What watches mailboxes.
pub struct Mailboxes {
    connector: Connector,
    submitter: Submitter,
    http: Client,
    /// A folder is looked at this often, whatever the server tells by itself.
    poll: Duration,
    /// Larger messages are set aside, in bytes.
    most: usize,
    memory: Semaphore,
    /// Rings when a mailbox changed.
    changed: Notify,
    tokens: Mutex<HashMap<(MailboxId, MailboxTokenUse), tokens::Token>>,
}

impl Mailboxes {
    /// Prepares to watch; connects to nobody yet.
    pub fn new(connector: Connector, submitter: Submitter, http: Client, poll: Duration, most: usize) -> Self {
        let memory = Semaphore::new(usize::try_from(MEMORY_KIB).unwrap_or(usize::MAX));
        Self { connector, submitter, http, poll, most, memory, changed: Notify::new(), tokens: Mutex::default() }
    }

    fn tokens(&self) -> std::sync::MutexGuard<'_, HashMap<(MailboxId, MailboxTokenUse), tokens::Token>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why mail could not be taken.
#[derive(Debug, Error)]
enum Trouble {
    /// The server of the mailbox.
    #[error(transparent)]
    Server(#[from] Problem),
    /// The store. Nothing is wrong with the mailbox.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What must be there to log in, or to work on a folder.
    #[error("{what}")]
    Setup {
        /// What is wrong.
        what: String,
        /// What to do.
        suggestion: Option<String>,
    },
    /// Another node watches by now.
    #[error("the lease was lost")]
    Lost,
}

impl Trouble {
    fn setup(what: impl Into<String>, suggestion: impl Into<String>) -> Self {
        Self::Setup { what: what.into(), suggestion: Some(suggestion.into()) }
    }

    fn suggestion(&self) -> Option<String> {
        match self {
            Self::Server(problem) => problem.suggestion().map(str::to_owned),
            Self::Setup { suggestion, .. } => suggestion.clone(),
            Self::Store(_) | Self::Lost => None,
        }
    }
}

/// The mailboxes that this node watches.
#[derive(Default)]
struct Watches {
    tasks: JoinSet<()>,
    known: HashMap<task::Id, Watched>,
}

struct Watched {
    mailbox: MailboxId,
    revision: u64,
    quit: channel::Sender<bool>,
}

impl Watches {
    fn has(&self, mailbox: MailboxId) -> bool {
        self.known.values().any(|watched| watched.mailbox == mailbox)
    }

    async fn ended(&mut self) {
        match self.tasks.join_next_with_id().await {
            None => std::future::pending().await,
            Some(Ok((id, ()))) => drop(self.known.remove(&id)),
            Some(Err(error)) => {
                tracing::error!(%error, "watching a mailbox failed; it is retried when its lease expires");
                self.known.remove(&error.id());
            }
        }
    }
}

impl App {
    /// Watches mailboxes until `stop` turns true.
    pub async fn watch_mailboxes(self: Arc<Self>, mut stop: channel::Receiver<bool>) {
        let Some(mailboxes) = self.mailboxes.clone() else { return };
        let mut watches = Watches::default();
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            if let Err(error) = self.tend(&mut watches).await {
                tracing::warn!(%error, "mailboxes can't be watched now");
            }
            tokio::select! {
                () = watches.ended() => {}
                () = mailboxes.changed.notified() => {}
                () = sleep(POLL) => {}
                _ = stop.changed() => {}
            }
        }
        for watched in watches.known.values() {
            let _ = watched.quit.send(true);
        }
        let all = async {
            while !watches.known.is_empty() {
                watches.ended().await;
            }
        };
        if timeout(GRACE, all).await.is_err() {
            watches.tasks.abort_all();
        }
    }

    /// Ends what is no longer wanted as it is, and begins what nobody does.
    async fn tend(self: &Arc<Self>, watches: &mut Watches) -> Result<(), StoreError> {
        let world = self.catalogue.world();
        for watched in watches.known.values() {
            let mailbox = world.mailboxes.get(&watched.mailbox);
            if !mailbox.is_some_and(|mailbox| mailbox.enabled && mailbox.revision == watched.revision) {
                let _ = watched.quit.send(true);
            }
        }
        let wanted: Vec<Arc<MailboxRecord>> =
            world.mailboxes.values().filter(|mailbox| mailbox.enabled && !watches.has(mailbox.id)).cloned().collect();
        if wanted.is_empty() {
            return Ok(());
        }
        let now = self.origin.now();
        let held = self.store.mailbox_watches().await?;
        for mailbox in wanted {
            let watch = held.iter().find(|watch| watch.mailbox == mailbox.id);
            if watch.and_then(|watch| watch.until).is_some_and(|until| until > now) {
                continue;
            }
            let lease = TERM.begin(self.origin.id(), now);
            let Some(watch) = self.store.watch_mailbox(mailbox.id, lease, now).await? else { continue };
            let (quit, quits) = channel::channel(false);
            let watched = Watched { mailbox: mailbox.id, revision: mailbox.revision, quit };
            let app = Arc::clone(self);
            let task = watches.tasks.spawn(async move { app.watch(mailbox, lease, watch, quits).await });
            watches.known.insert(task.id(), watched);
        }
        Ok(())
    }
}
