//! Claimers: each claims over HTTP, acknowledges what it got, and claims again, until so many are worked off.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use crate::http::{Connection, post};

/// What to work off.
pub(super) struct Shift<'s> {
    pub(super) port: u16,
    pub(super) authorization: &'s str,
    pub(super) queue: &'s str,
    pub(super) claimers: usize,
    /// How many are claimed at once.
    pub(super) each: usize,
    pub(super) total: usize,
}

impl Shift<'_> {
    /// Interactions a second, claimed and acknowledged.
    pub(super) fn rate(&self) -> Result<f64> {
        let (left, ready) = (AtomicUsize::new(self.total / self.each), Barrier::new(self.claimers));
        let parts = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.claimers).map(|_| scope.spawn(|| self.claimer(&left, &ready))).collect();
            threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
        });
        let (mut start, mut end, mut done) = (None::<Instant>, None::<Instant>, 0);
        for part in parts {
            let (begun, ended, count) = part.map_err(|_| anyhow::anyhow!("a claimer's thread ended early"))??;
            start = Some(start.map_or(begun, |start| start.min(begun)));
            end = Some(end.map_or(ended, |end| end.max(ended)));
            done += count;
        }
        let time = end.context("no claimers")? - start.context("no claimers")?;
        Ok(f64::from(u32::try_from(done)?) / time.as_secs_f64())
    }

    fn claimer(&self, left: &AtomicUsize, ready: &Barrier) -> Result<(Instant, Instant, usize)> {
        let path = format!("/api/v2/routing/queues/{}/claims", self.queue);
        let headers = [("authorization", self.authorization), ("content-type", "application/json")];
        let claim = post(&path, &headers, format!("{{\"max\":{}}}", self.each).as_bytes());
        let connection = Connection::open(self.port);
        // Even a connection that failed must come here: the others wait.
        ready.wait();
        let mut connection = connection?;
        let (begun, mut done) = (Instant::now(), 0);
        while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
            let claimed: Json = serde_json::from_slice(connection.exchange(&claim)?)?;
            let claimed = claimed["entities"].as_array().context("claims without entities")?;
            if claimed.len() != self.each {
                bail!("{} claimed where {} were asked for and enough waited", claimed.len(), self.each);
            }
            for one in claimed {
                let token = one["token"].as_str().context("a claim without its token")?;
                connection.exchange(&post(&format!("{path}/{token}/ack"), &headers, b"{}"))?;
                done += 1;
            }
        }
        Ok((begun, Instant::now(), done))
    }
}
