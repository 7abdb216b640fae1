//! Use cases: where flows, runs, mail and the store meet. Transactions begin and end here, and work is claimed here.

pub mod access;
pub mod audit;
mod breaker;
pub mod calls;
pub mod conversations;
pub mod correspondents;
pub mod idempotency;
pub mod ingress;
pub mod interactions;
pub mod live;
pub mod mail;
pub mod mailboxes;
pub mod metrics;
pub mod observed;
pub mod outbox;
pub mod overview;
pub mod peers;
pub mod queues;
pub mod redaction;
pub mod replay;
pub mod reruns;
pub mod retention;
mod retry_after;
pub mod sealing;
pub mod sides;
pub mod tables;
pub mod traces;

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use waypost_aside::Aside;
use waypost_catalogue::LiveCatalogue;
use waypost_catalogue::error::ChangeError;
use waypost_engine::Limits;
use waypost_ids::{FlowId, QueueId};
use waypost_origin::Origin;
use waypost_seal::{Key, KeyId};
use waypost_store::error::StoreError;
use waypost_store::leases::Term;
use waypost_store::traits::Store;

use calls::Calls;
use idempotency::InFlight;
use ingress::Ingress;
use live::Live;
use mail::parked::Outside;
use mail::underway::Underway;
use mail::vetting::Vetting;
use mailboxes::Mailboxes;
use metrics::Metrics;
use outbox::carry::{Courier, Due, Filer, Post};
use outbox::desk::Desk;
use outbox::events::Subscribers;
use redaction::Redaction;
use traces::Traces;

/// Everything that the edges can ask for.
pub struct App {
    /// Where the time, new ids and randomness come from.
    pub origin: Origin,
    /// What is kept.
    store: Arc<dyn Store>,
    /// Flows, queues, domains, routes.
    pub catalogue: Arc<LiveCatalogue>,
    /// Rings when an interaction has a decision or came back to its queue.
    decided: Notify,
    /// Rings when an interaction waits for a worker.
    undecided: Notify,
    /// Rings when a replay waits for a node.
    replays: Notify,
    /// Rings when an erasure waits for a node.
    erasures: Notify,
    /// Mails that were handed in since the start: while the number grows, replays stand back.
    offered: AtomicU64,
    in_flight: InFlight,
    /// Where email providers post mail.
    ingress: Ingress,
    /// What an operator measures.
    pub metrics: Metrics,
    /// What is told to a collector of traces.
    pub traces: Traces,
    /// What happens, for those who watch.
    pub live: Arc<Live>,
    /// What a run must not exceed, and what its trace keeps.
    limits: Limits,
    /// Where workers run what has no decision yet.
    runs: Aside,
    /// Where flows are tried.
    tries: Aside,
    /// Where mail is searched for that two versions decide differently: once at a time.
    searches: Aside,
    /// How long the lease of a run lasts.
    run_term: Term,
    /// Mails whose acceptance is under way.
    underway: Arc<Underway>,
    /// What finds out about mail as it comes in.
    vetting: Arc<Vetting>,
    /// Who answers what no node can.
    outside: Option<Arc<dyn Outside>>,
    /// What makes calls of data actions; none makes none.
    calls: Option<Arc<Calls>>,
    /// Where mails are written.
    desk: Desk,
    /// What carries mails; none carries nothing.
    post: Option<Arc<Post>>,
    /// What carries requests to webhooks; none carries nothing.
    courier: Option<Arc<Courier>>,
    /// What puts messages into folders of mailboxes; none puts nothing.
    filer: Option<Arc<Filer>>,
    /// What watches mailboxes; none watches nothing.
    mailboxes: Option<Arc<Mailboxes>>,
    /// Rings when a delivery is due.
    due: Arc<Due>,
    /// Seals what is secret.
    seals: Key,
    /// The key of the database, if it is another: then this node seals nothing and carries nothing that must be signed.
    other_key: OnceLock<KeyId>,
}

/// Runs in progress at a time on threads of their own. Each may hold `Limits::memory`.
const RUNS_AT_ONCE: usize = 16;

/// The lease of a run: work of a node that is gone waits so long for another.
const RUN_LEASE: Duration = Duration::from_secs(15);

/// What an operator may set.
#[derive(Default)]
pub struct Settings {
    /// Where the time, new ids and randomness come from.
    pub origin: Origin,
    /// Who is told of what happens.
    pub traces: Traces,
    /// What a run must not exceed, and how much of it and its mail a kept trace has. Trying a flow always shows everything.
    pub limits: Limits,
    /// Values that no kept trace shows. Trying a flow shows them.
    pub redaction: Redaction,
    /// How long the lease of a run lasts, in whole seconds; none is what suits most.
    pub run_lease: Option<Duration>,
    /// The directory in which mails are noted whose acceptance is under way, so that one that ends the process is known when it comes
    /// again; none notes nothing.
    pub notes: Option<PathBuf>,
    /// What finds out about mail as it comes in: who sent it, and what a scanner says.
    pub vetting: Vetting,
    /// Who answers what no node can, in the place of `calls`; none answers nothing.
    pub outside: Option<Arc<dyn Outside>>,
    /// What makes calls of data actions; none makes none, and whoever asks is not answered.
    pub calls: Option<Calls>,
    /// What carries mails to their receivers; none carries nothing: what goes out waits.
    pub post: Option<Post>,
    /// What carries requests to webhooks; none carries nothing: what goes out waits.
    pub courier: Option<Courier>,
    /// What puts messages into folders of mailboxes; none puts nothing: what goes out waits.
    pub filer: Option<Filer>,
    /// Where email providers post mail.
    pub ingress: Ingress,
    /// What watches mailboxes; none watches nothing.
    pub mailboxes: Option<Mailboxes>,
    /// The key that secrets are sealed with; none is one of this process alone.
    pub seals: Option<Key>,
}

impl App {
    /// Loads what is published and makes what is built in.
    ///
    /// # Errors
    /// The store.
    pub async fn open(store: Arc<dyn Store>, settings: Settings) -> Result<Arc<Self>, ChangeError> {
        let catalogue = Arc::new(LiveCatalogue::open(store.clone(), settings.origin.clone()).await?);
        catalogue.ensure_built_in().await?;
        let due = Arc::new(Due::default());
        let live = Arc::new(Live::new(settings.origin.id()));
        store.open_ears(Arc::new(Subscribers {
            catalogue: Arc::downgrade(&catalogue),
            live: Arc::clone(&live),
            due: Arc::clone(&due),
            origin: settings.origin.clone(),
        }));
        let underway = match settings.notes {
            Some(directory) => Underway::open(&directory, settings.origin.now()).map_err(|error| {
                StoreError::Failed(format!("the record of mails in progress can't be written: {error}"))
            })?,
            None => Underway::default(),
        };
        let metrics = Metrics::new(settings.origin.now());
        let seals = match settings.seals {
            Some(key) => key,
            None => {
                sealing::key_of_this_process(&settings.origin).map_err(|error| StoreError::Failed(error.to_string()))?
            }
        };
        let calls = settings.calls.map(Arc::new);
        let outside = settings.outside.or_else(|| calls.clone().map(|calls| calls as Arc<dyn Outside>));
        let desk = Desk::open(&*store, settings.redaction, settings.origin.clone()).await?;
        Ok(Arc::new(Self {
            origin: settings.origin,
            store,
            catalogue,
            decided: Notify::new(),
            undecided: Notify::new(),
            replays: Notify::new(),
            erasures: Notify::new(),
            offered: AtomicU64::new(0),
            in_flight: InFlight::default(),
            ingress: settings.ingress,
            metrics,
            traces: settings.traces,
            live,
            limits: settings.limits,
            runs: Aside::with(RUNS_AT_ONCE).standing_back(),
            tries: Aside::for_cores().standing_back(),
            searches: Aside::with(1).standing_back(),
            run_term: Term::of(settings.run_lease.unwrap_or(RUN_LEASE)),
            underway: Arc::new(underway),
            vetting: Arc::new(settings.vetting),
            outside,
            calls,
            desk,
            post: settings.post.map(Arc::new),
            courier: settings.courier.map(Arc::new),
            filer: settings.filer.map(Arc::new),
            mailboxes: settings.mailboxes.map(Arc::new),
            due,
            seals,
            other_key: OnceLock::new(),
        }))
    }

    /// Whether this node carries what goes out. If not, deliveries stay pending unless another node does.
    pub fn sends_mail(&self) -> bool {
        self.post.is_some()
    }

    /// A queue's name.
    pub fn queue_name(&self, id: QueueId) -> Option<Arc<str>> {
        self.catalogue.running().queue_names.get(&id).cloned()
    }

    /// A flow's name; none if it was deleted.
    pub fn flow_name(&self, id: FlowId) -> Option<String> {
        self.catalogue.running().flow_names.get(&id).map(ToString::to_string)
    }
}
