//! The certificate, taken anew when its files change, and at each SIGHUP. All else that is configured needs a restart.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use waypost_app::App;

use super::tls::{Certificates, Stamp};
use crate::failure::Failure;

/// How often the files are looked at. What changed is read when it stayed the same from one look to the next: certificate and key are
/// written one after the other.
const LOOK: Duration = Duration::from_secs(2);

/// Follows the files, and the signals.
pub(super) async fn follow(mut hangups: Signal, certificates: Option<Arc<Certificates>>, app: Arc<App>) {
    let Some(certificates) = certificates else {
        while hangups.recv().await.is_some() {
            tracing::info!("SIGHUP: there is no certificate to reload");
        }
        return;
    };
    told(&certificates, &app);
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The state that was read, whether it could be used or not: what is refused is told once. A start may take minutes, and files that
    // changed since they were read are others.
    let mut read = Some(certificates.first());
    let mut seen = read;
    loop {
        let why = tokio::select! {
            signal = hangups.recv() => match signal {
                Some(()) => "SIGHUP",
                None => return,
            },
            _ = looks.tick() => "its files changed",
        };
        let now = stamp(&certificates, &app).await;
        let is_settled = now == seen && now != read;
        seen = now;
        if why == "SIGHUP" || is_settled {
            // How the files stood before they were read: what is written while they are read is another state, and read in its turn.
            let is_read = reload(&certificates, &app, why).await;
            read = if is_read { now.map(Stamp::renewed) } else { now };
            seen = read;
        }
    }
}

/// How the files stand, asked on a thread that serves nobody: a disk may be slow to answer.
async fn stamp(certificates: &Arc<Certificates>, app: &App) -> Option<Stamp> {
    let (certificates, now) = (Arc::clone(certificates), SystemTime::from(app.origin.now()));
    spawn_blocking(move || certificates.stamp(now)).await.ok()
}

/// Reads the certificate again, and whether that went well.
async fn reload(certificates: &Arc<Certificates>, app: &App, why: &str) -> bool {
    let (again, now) = (Arc::clone(certificates), SystemTime::from(app.origin.now()));
    let read = spawn_blocking(move || again.reload(now)).await;
    let read = read.unwrap_or_else(|error| Err(Failure::of("reading it was interrupted")(&error)));
    match &read {
        Ok(()) => {
            told(certificates, app);
            tracing::info!(why, "certificate reloaded");
        }
        Err(failure) => {
            tracing::error!(why, %failure, "the certificate can't be reloaded; the previous one stays in use");
        }
    }
    read.is_ok()
}

/// Tells the metrics when the certificate in use expires.
fn told(certificates: &Certificates, app: &App) {
    if let Some(expires) = certificates.expires() {
        app.metrics.certificate_in_use(expires);
    }
}
