//! The catalogue: what is published, in memory and in step with the store.

mod audited;
mod begun;
pub mod changesets;
#[deny(clippy::wildcard_enum_match_arm, reason = "a new kind of object must not be passed over in silence")]
pub mod checking;
pub mod checkout;
mod committing;
pub mod data_actions;
mod delivering;
pub mod domains;
pub mod edits;
pub mod error;
pub mod flows;
#[deny(clippy::wildcard_enum_match_arm, reason = "a new kind of object must not be passed over in silence")]
pub mod graph;
pub mod labels;
pub mod mailboxes;
mod making;
pub mod map;
mod names;
pub mod object;
pub mod plan;
pub mod positions;
pub mod projects;
pub mod queues;
mod refusals;
pub mod routes;
pub mod routing;
pub mod schedules;
pub mod secrets;
pub mod shape;
pub mod shelf;
pub mod tables;
pub mod terms;
pub mod texts;
#[deny(clippy::wildcard_enum_match_arm, reason = "a new kind of object must not be passed over in silence")]
pub mod usage;
pub mod versions;
pub mod webhooks;
#[deny(clippy::wildcard_enum_match_arm, reason = "a new kind of object must not be passed over in silence")]
pub mod where_used;
pub mod world;

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use tokio::sync::{Mutex, MutexGuard};
use waypost_aside::Aside;
use waypost_origin::Origin;
use waypost_store::error::{CommitError, StoreError};
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{CatalogueChange, Epoch};
use waypost_store::traits::Store;

use crate::committing::Commits;
use crate::error::ChangeError;
use world::{Loaded, Running, World};

/// How often a change is checked again when others change the catalogue at the same time.
const ATTEMPTS: usize = 8;

/// How often a plan may be overtaken before others wait for it.
const PATIENCE: usize = 3;

/// The catalogue as this process sees it.
pub struct LiveCatalogue {
    store: Arc<dyn Store>,
    /// Where the time and new ids come from.
    pub(crate) origin: Origin,
    newest: Arc<Newest>,
    /// Where flows are read and checked.
    pub(crate) desk: Aside,
    /// Changes made in this process are committed one by one; those of other processes are found out by the epoch.
    changing: Mutex<()>,
    /// Reading everything again is done once for all who want it.
    refreshing: Mutex<()>,
    /// Changes that are being committed by this process.
    commits: Commits,
}

/// The world and what running needs of it, at one epoch.
#[derive(Clone)]
pub struct Live {
    /// The world.
    pub world: Arc<World>,
    /// What running needs of it.
    pub running: Arc<Running>,
}

/// What is live now.
struct Newest(RwLock<Live>);

impl Newest {
    fn get(&self) -> RwLockReadGuard<'_, Live> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, world: World, running: Running) {
        let mut live = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if live.world.epoch < world.epoch {
            *live = Live { world: Arc::new(world), running: Arc::new(running) };
        }
    }
}

/// A change that was checked against a world and may be committed.
pub struct Planned<T> {
    /// What to write.
    pub changes: Vec<CatalogueChange>,
    /// The world as it stands afterwards.
    pub next: World,
    /// What to answer when it is written.
    pub answer: T,
}

impl LiveCatalogue {
    /// Loads the catalogue.
    ///
    /// # Errors
    /// The store failed.
    pub async fn open(store: Arc<dyn Store>, origin: Origin) -> Result<Self, StoreError> {
        let (world, running) = made_ready(load(&*store).await?).await?;
        let live = Live { world: Arc::new(world), running: Arc::new(running) };
        Ok(Self {
            store,
            origin,
            newest: Arc::new(Newest(RwLock::new(live))),
            desk: Aside::for_cores(),
            changing: Mutex::new(()),
            refreshing: Mutex::new(()),
            commits: Commits::default(),
        })
    }

    /// The world and what running needs of it, now. Who needs both takes them here: between [`LiveCatalogue::world`] and
    /// [`LiveCatalogue::running`] a change may be committed.
    pub fn live(&self) -> Live {
        self.newest.get().clone()
    }

    /// The world now.
    pub fn world(&self) -> Arc<World> {
        self.newest.get().world.clone()
    }

    /// What running needs now.
    pub fn running(&self) -> Arc<Running> {
        self.newest.get().running.clone()
    }

    /// What running needs, at least as new as `epoch`: another process may have published.
    ///
    /// # Errors
    /// The store failed.
    pub async fn running_since(&self, epoch: Epoch) -> Result<Arc<Running>, StoreError> {
        if self.running().epoch < epoch {
            self.refresh(epoch).await?;
        }
        Ok(self.running())
    }

    /// Sees everything that was committed before this was called, by whatever process.
    ///
    /// # Errors
    /// The store failed.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        if self.store.heard().is_some() {
            let newest = self.store.epoch().await?;
            self.running_since(newest).await?;
        }
        Ok(())
    }

    /// Does something when what this process is committing is live: immediately, if it commits nothing. The store tells of a commit a moment
    /// before it is live here.
    pub fn once_live(&self, then: impl FnOnce() + Send + 'static) {
        self.commits.then(then);
    }

    /// Reads the catalogue again, unless somebody else just did.
    async fn refresh(&self, epoch: Epoch) -> Result<(), StoreError> {
        let _turn = self.refreshing.lock().await;
        if self.running().epoch < epoch {
            let (world, running) = made_ready(load(&*self.store).await?).await?;
            self.newest.replace(world, running);
        }
        Ok(())
    }

    /// Begins a change.
    pub fn begin<'c>(&'c self, by: By<'c>) -> Turn<'c> {
        Turn { catalogue: self, by, turn: None, attempts: 0 }
    }

    /// Versions from the store, read as documents; those that don't exist are left out.
    ///
    /// # Errors
    /// The store failed, or a version does not read.
    pub async fn load_versions(&self, keys: &[world::VersionKey]) -> Result<Vec<Arc<Loaded>>, ChangeError> {
        let mut loaded = Vec::with_capacity(keys.len());
        for record in self.store.some_versions(keys).await? {
            let read = Loaded::read(Arc::new(record))
                .map_err(|detail| StoreError::Inconsistent { table: "flow_versions", detail })?;
            loaded.push(Arc::new(read));
        }
        Ok(loaded)
    }
}

/// What running needs of a world. Whatever was not checked yet is checked for it.
async fn made_ready(world: World) -> Result<(World, Running), StoreError> {
    apart(move || {
        let running = world.running();
        (world, running)
    })
    .await
}

/// Does what is the server's own work, or takes no time, on a thread that serves nobody else.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Failed(error.to_string()))
}

/// A change of the catalogue that is being planned. Plans that ask the store go step by step: look at the world, plan,
/// commit, and again from the start if others were quicker. (As a closure that awaits, such a plan could not be shown to the
/// compiler to be `Send` with every lifetime.)
///
/// Planning may take long, and nobody waits for it: others may commit meanwhile. Who has lost to them a few times keeps them
/// waiting for once, so that everybody gets their turn.
pub struct Turn<'c> {
    catalogue: &'c LiveCatalogue,
    by: By<'c>,
    turn: Option<MutexGuard<'c, ()>>,
    attempts: usize,
}

impl<'c> Turn<'c> {
    /// The world to plan on.
    pub async fn world(&mut self) -> Arc<World> {
        if self.attempts >= PATIENCE {
            self.take().await;
        }
        self.catalogue.world()
    }

    async fn take(&mut self) {
        if self.turn.is_none() {
            self.turn = Some(self.catalogue.changing.lock().await);
        }
    }

    /// Commits what was planned on the world, and answers its answer; `None` if others changed the catalogue meanwhile: then
    /// nothing is written, and [`Turn::world`] is what they made.
    ///
    /// # Errors
    /// Work stands in a queue that was to be deleted, the store failed, or others were quicker too often.
    pub async fn commit<T>(&mut self, planned: Planned<T>) -> Result<Option<T>, ChangeError> {
        self.take().await;
        // The epoch that was planned on, not the newest: another process may have written since.
        let expected = planned.next.epoch.saturating_sub(1);
        let committed = match self.catalogue.world().epoch {
            // Somebody else of this process was quicker: the store need not be asked.
            epoch if epoch > expected => Err(CommitError::Conflict),
            _ => self.write(expected, planned.changes, planned.next).await,
        };
        match committed {
            Ok(()) => Ok(Some(planned.answer)),
            Err(CommitError::Conflict) if self.attempts < ATTEMPTS => {
                self.attempts += 1;
                let newest = self.catalogue.store.epoch().await?;
                self.catalogue.refresh(newest).await?;
                if self.attempts < PATIENCE {
                    self.turn = None;
                }
                Ok(None)
            }
            Err(CommitError::Conflict) => {
                Err(StoreError::Unavailable("the catalogue keeps changing".to_owned()).into())
            }
            Err(CommitError::Occupied(found)) => Err(self.catalogue.occupied(found).await?),
            Err(CommitError::Store(error)) => Err(error.into()),
        }
    }

    /// Writes changes, and makes what they make live.
    async fn write(&self, expected: Epoch, changes: Vec<CatalogueChange>, next: World) -> Result<(), CommitError> {
        let mut changes = changes;
        changes.extend(audited::entries(&self.catalogue.world(), &changes, self.by, &self.catalogue.origin));
        let (mut world, running) = made_ready(next).await.map_err(CommitError::Store)?;
        let (store, newest) = (self.catalogue.store.clone(), self.catalogue.newest.clone());
        let committing = self.catalogue.commits.begin();
        // What is committed must become live, whether or not the client that asked for it still waits.
        let written = tokio::spawn(async move {
            world.epoch = store.commit(expected, changes).await?;
            let running = Running { epoch: world.epoch, ..running };
            newest.replace(world, running);
            drop(committing);
            Ok(())
        });
        written.await.map_err(|error| CommitError::Store(StoreError::Failed(error.to_string())))?
    }
}

/// Loads published versions, then those with labels and those that are pinned, until nothing is missing.
async fn load(store: &dyn Store) -> Result<World, StoreError> {
    let catalogue = store.load().await?;
    let (mut world, mut problems) = apart(move || World::from_catalogue(catalogue)).await?;
    let mut asked = HashSet::new();
    loop {
        let missing: Vec<_> = world.missing().into_iter().filter(|key| asked.insert(*key)).collect();
        if missing.is_empty() {
            break;
        }
        let versions = store.some_versions(&missing).await?;
        let (read, more) = apart(move || {
            let more = world.load(versions);
            (world, more)
        })
        .await?;
        world = read;
        problems.extend(more);
    }
    for problem in problems {
        tracing::error!(problem, "a stored flow can't be read or run");
    }
    Ok(world)
}
