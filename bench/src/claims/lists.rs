//! First pages of the list of interactions, with conditions that the newest meet and such that the oldest alone meet.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value as Json;

use super::history::{Names, OLD_MESSAGE, OLD_SENDER, OLDEST};
use crate::http::{Connection, request};

/// A page is asked for so often in a round, unless that takes longer than [`ENOUGH`].
const TIMES: usize = 20;
const ENOUGH: Duration = Duration::from_secs(3);

/// One list.
pub(super) struct List {
    pub(super) what: &'static str,
    query: String,
    /// How many are on its first page.
    found: usize,
}

/// What is measured. The oldest are found by no scan from the newest on that is short.
pub(super) fn all(names: &Names) -> Vec<List> {
    let list = |what, query: String, found| List { what, query, found };
    vec![
        list("newest", String::new(), 25),
        list("summary", String::new(), 0),
        list("of a queue that gets mail", format!("queue={}", names.queue), 25),
        list("of a queue that got its last long ago", format!("queue={}", names.old_queue), OLDEST),
        list("of a flow that runs", format!("flowId={}", names.flow), 25),
        list("of a flow that ran last long ago", format!("flowId={}", names.old_flow), OLDEST),
        list("from a sender, long ago", format!("from={}", OLD_SENDER.to_uppercase()), OLDEST),
        list("by Message-ID, long ago", format!("messageId={OLD_MESSAGE}"), 1),
        list("by Message-ID, never seen", "messageId=nobody@history.example".to_owned(), 0),
        list("completed", "state=completed".to_owned(), 25),
        list("decided: they wait in a queue", "state=decided".to_owned(), 25),
        list("running: there are none", "state=running".to_owned(), 0),
    ]
}

impl List {
    /// Milliseconds for a page: the median of a round.
    pub(super) fn time(&self, port: u16, authorization: &str) -> Result<f64> {
        let summary = self.what == "summary";
        let path = if summary {
            "/api/v2/interactions/summary".to_owned()
        } else {
            format!("/api/v2/interactions?{}", self.query)
        };
        let request = request("GET", &path, &[("authorization", authorization)], b"");
        let mut connection = Connection::open(port)?;
        let begun = Instant::now();
        let mut times = Vec::with_capacity(TIMES);
        while times.len() < TIMES && begun.elapsed() < ENOUGH {
            let asked = Instant::now();
            let answer = connection.exchange(&request).with_context(|| path.clone())?;
            times.push(asked.elapsed().as_secs_f64() * 1e3);
            if times.len() == 1 && !summary {
                let page: Json = serde_json::from_slice(answer)?;
                let found = page["entities"].as_array().map_or(0, Vec::len);
                if found != self.found {
                    bail!("{path}: {found} on the page where {} are right", self.found);
                }
            }
        }
        times.sort_unstable_by(f64::total_cmp);
        times.get(times.len() / 2).copied().context("a page was never asked for")
    }
}
