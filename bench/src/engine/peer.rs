//! The peer: the same triage as Sieve scripts (RFC 5228), an inbound one that includes a shared one (RFC 6609), run by
//! the interpreter of the crate sieve-rs.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use mail_parser::Message;
use sieve::{Compiler, Event, Input, Runtime, Sieve};

use crate::triage::{Answer, Queue, vip_domains};

pub(crate) struct Peer {
    runtime: Runtime,
    inbound: Arc<Sieve>,
    shared: Arc<Sieve>,
}

impl Peer {
    pub(crate) fn new() -> Result<Self> {
        let compile = |name: &str, text: &str| {
            let script =
                Compiler::new().compile(text.as_bytes()).map_err(|problem| anyhow!("{name}.sieve: {problem}"))?;
            Ok::<_, anyhow::Error>(Arc::new(script))
        };
        let shared = include_str!("../../sieve/classify.sieve").replace("@VIP@", &vip_domains().join("\", \""));
        Ok(Self {
            runtime: Runtime::new().with_cpu_limit(500_000),
            inbound: compile("triage", include_str!("../../sieve/triage.sieve"))?,
            shared: compile("classify", &shared)?,
        })
    }

    /// Runs the scripts. The interpreter takes the mail and gives it not back.
    pub(crate) fn answer(&self, message: Message<'_>) -> Result<Answer> {
        let mut run = self.runtime.filter_parsed(message);
        let mut input = Input::script("triage", Arc::clone(&self.inbound));
        let mut answer = None;
        while let Some(event) = run.run(input) {
            input = match event.map_err(|problem| anyhow!("Sieve: {problem}"))? {
                Event::IncludeScript { name, .. } => Input::script(name, Arc::clone(&self.shared)),
                Event::FileInto { folder, flags, .. } => {
                    let queue = Queue::named(&folder).with_context(|| format!("Sieve: no queue {folder}"))?;
                    answer = Some(Answer { queue, vip: flags.iter().any(|flag| flag == "\\Flagged") });
                    true.into()
                }
                _ => false.into(),
            };
        }
        answer.context("Sieve: the mail was not filed")
    }
}
