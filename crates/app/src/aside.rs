//! Work that takes long, in threads beside those that serve sockets: runs that a worker does, tries, replays.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as SyncMutex, PoisonError, Weak};

use tokio::sync::{Mutex, Semaphore, oneshot};
use waypost_store::error::StoreError;

/// Places for work of one kind. Who finds none free waits, in the order of asking.
#[derive(Debug)]
pub(crate) struct Aside {
    places: Arc<Semaphore>,
    /// Who has work here, each with what keeps it to one at a time.
    clients: SyncMutex<HashMap<String, Weak<Mutex<()>>>>,
}

impl Aside {
    /// So many places.
    pub(crate) fn with(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), clients: SyncMutex::default() }
    }

    /// As many places as there are cores, and two at least, so that one long piece of work does not hold up all the others.
    pub(crate) fn for_cores() -> Self {
        Self::with(std::thread::available_parallelism().map_or(1, usize::from).max(2))
    }

    /// Does the work, once there is a place for it. If nobody waits for it any more by then, it is not begun.
    ///
    /// # Errors
    /// If there is no thread for it, or it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let failed = |why: String| StoreError::Failed(why);
        let place = self.places.clone().acquire_owned().await.map_err(|error| failed(error.to_string()))?;
        let (done, result) = oneshot::channel();
        let thread = move || {
            stand_back();
            // Nobody listens any more if whoever asked is gone.
            let _ = done.send(work());
            drop(place);
        };
        std::thread::Builder::new()
            .name("aside".to_owned())
            .spawn(thread)
            .map_err(|error| failed(error.to_string()))?;
        result.await.map_err(|_| failed("a thread beside the server panicked".to_owned()))
    }

    /// The same, one at a time for each client, so that a client that asks for much waits for itself.
    ///
    /// # Errors
    /// As [`Aside::run`].
    pub(crate) async fn run_for<T: Send + 'static>(
        &self,
        client: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let turn = self.turn(client);
        let _turn = turn.lock().await;
        self.run(work).await
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

/// Lets every other thread of the machine go first.
pub(crate) fn stand_back() {
    // On Linux this is the calling thread's alone. Where it fails, the work is only less polite.
    let _ = rustix::process::setpriority_process(None, 19);
}
