//! Work that takes long, on threads beside those that serve sockets, a few at a time: flows that are read and checked, runs that a worker
//! makes, tries, replays. Work stops when its client disconnects.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError, Weak};

use thiserror::Error;
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, oneshot};

/// Work was not done: there is no thread for it, or it panicked.
#[derive(Debug, Error)]
#[error("a background task failed: {0}")]
pub struct Failed(String);

/// Whether somebody still waits for an answer. Clones agree.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Arc<AtomicBool>);

/// Says when it is dropped that nobody waits any longer.
pub struct Waiting(Wanted);

impl Wanted {
    /// Something that is wanted until the other is dropped.
    #[must_use]
    pub fn until_dropped() -> (Waiting, Self) {
        let wanted = Self::default();
        (Waiting(wanted.clone()), wanted)
    }

    /// Whether somebody does.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// A place for a piece of work.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

/// Places for work of one kind. Where none is free, work waits in order.
#[derive(Debug)]
pub struct Aside {
    places: Arc<Semaphore>,
    stands_back: bool,
    /// Clients with work here. Each has a lock that keeps it to one piece of work at a time.
    clients: SyncMutex<HashMap<String, Weak<Mutex<()>>>>,
}

impl Aside {
    /// With this many places.
    #[must_use]
    pub fn with(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), stands_back: false, clients: SyncMutex::default() }
    }

    /// As many places as half of the cores, so that the rest serves; two at least, so that one long piece of work does not hold up all
    /// the others.
    #[must_use]
    pub fn for_cores() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self::with((cores / 2).max(2))
    }

    /// Its threads let the other threads of the machine go first.
    #[must_use]
    pub fn standing_back(self) -> Self {
        Self { stands_back: true, ..self }
    }

    /// Does the work, once there is a place for it. It should stop when it is not wanted any longer: when the answer's future is
    /// dropped.
    ///
    /// # Errors
    /// If there is no thread for it, or it panicked.
    pub async fn work<T: Send + 'static>(&self, work: impl FnOnce(&Wanted) -> T + Send + 'static) -> Result<T, Failed> {
        let permit = self.places.clone().acquire_owned().await.map_err(|error| Failed(error.to_string()))?;
        self.work_in(Place { _permit: permit }, work).await
    }

    /// A place if there is one now; none if all are taken.
    #[must_use]
    pub fn free(&self) -> Option<Place> {
        self.places.clone().try_acquire_owned().ok().map(|permit| Place { _permit: permit })
    }

    /// Does the work in a place, which is taken until the work has stopped, not until nobody waits for it.
    ///
    /// # Errors
    /// As [`Aside::work`].
    pub async fn work_in<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
    ) -> Result<T, Failed> {
        let (_waiting, wanted) = Wanted::until_dropped();
        let (done, result) = oneshot::channel();
        let stands_back = self.stands_back;
        let thread = move || {
            if stands_back {
                stand_back(BEHIND);
            }
            let result = work(&wanted);
            // Whoever has the answer finds the place free.
            drop(place);
            // Nobody listens any more if whoever asked is gone.
            let _ = done.send(result);
        };
        std::thread::Builder::new()
            .name("aside".to_owned())
            .spawn(thread)
            .map_err(|error| Failed(error.to_string()))?;
        result.await.map_err(|_| Failed("it panicked".to_owned()))
    }

    /// The same, one at a time for each client: the requests of a busy client wait for each other, not for everybody's.
    ///
    /// # Errors
    /// As [`Aside::work`].
    pub async fn work_for<T: Send + 'static>(
        &self,
        client: &str,
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
    ) -> Result<T, Failed> {
        let turn = self.turn(client).lock_owned().await;
        // The turn lasts until the work has stopped, also where nobody waits for it.
        self.work(move |wanted| {
            let done = work(wanted);
            drop(turn);
            done
        })
        .await
    }

    fn turn(&self, client: &str) -> Arc<Mutex<()>> {
        // Entries are put in whole.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = clients.get(client).and_then(Weak::upgrade) {
            return turn;
        }
        clients.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Mutex::new(()));
        clients.insert(client.to_owned(), Arc::downgrade(&turn));
        turn
    }
}

/// The priority of threads whose result somebody waits for: a tenth of what others get when the machine is busy.
const BEHIND: i32 = 10;

/// The priority of threads that nobody waits for: what is left over.
pub const LAST: i32 = 19;

/// Lets the other threads of the machine go first, more so with a higher number.
pub fn stand_back(nice: i32) {
    // On Linux this is the calling thread's alone. Where it fails, the work is only less polite.
    let _ = rustix::process::setpriority_process(None, nice);
}
