//! Where flows are read, checked and compared: on threads that serve nobody else, a few at a time. Who hangs up is not worked for
//! any longer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Semaphore;
use waypost_store::error::StoreError;

/// Whether somebody still waits for an answer. Clones say the same.
#[derive(Clone, Debug, Default)]
pub struct Wanted(Arc<AtomicBool>);

impl Wanted {
    /// Whether somebody does.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

/// Says when it is dropped that nobody waits any longer.
struct Waiting(Wanted);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// The threads for work on flows.
#[derive(Debug)]
pub(crate) struct Desk {
    seats: Arc<Semaphore>,
}

impl Default for Desk {
    /// Half of the cores, so that the rest serves; two at least, so that one long check alone does not stop all others.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { seats: Arc::new(Semaphore::new((cores / 2).max(2))) }
    }
}

impl Desk {
    /// Does something on a thread of its own when it is its turn. It should stop when it is not wanted any longer, which is when
    /// the answer's future is dropped; what it answers then is dropped as well.
    ///
    /// # Errors
    /// It panicked, or the process ends.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let failed = |detail: String| StoreError::Failed(format!("work on a flow failed: {detail}"));
        // The seat is taken until the work has stopped, not until nobody waits for it.
        let seat = self.seats.clone().acquire_owned().await.map_err(|error| failed(error.to_string()))?;
        let wanted = Wanted::default();
        let waiting = Waiting(wanted.clone());
        let done = tokio::task::spawn_blocking(move || {
            let done = work(&wanted);
            drop(seat);
            done
        });
        let done = done.await.map_err(|error| failed(error.to_string()));
        drop(waiting);
        done
    }
}
