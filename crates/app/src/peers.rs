//! Other nodes on the same store: what they do is heard of, and looked for now and then in case it was not.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use crate::App;

/// What was not heard of is found at the latest after this long.
const POLL: Duration = Duration::from_secs(1);

impl App {
    /// Keeps up with other nodes until `stop` turns true. Ends at once where there can be none.
    pub async fn follow_peers(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let Some(mut heard) = self.store.heard() else { return };
        let mut known = *heard.borrow_and_update();
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            if let Err(error) = self.catalogue.catch_up().await {
                tracing::debug!(%error, "can't look for changes of the catalogue now");
            }
            let polled = tokio::select! {
                changed = heard.changed() => match changed {
                    Ok(()) => false,
                    Err(_) => return,
                },
                () = sleep(POLL) => true,
                _ = stop.changed() => return,
            };
            let now = *heard.borrow_and_update();
            if polled || now.work != known.work {
                self.decided.notify_waiters();
                self.undecided.notify_one();
                self.due.ring();
            }
            known = now;
        }
    }
}
