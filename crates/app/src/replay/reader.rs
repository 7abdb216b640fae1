//! Which recorded interactions a replay runs, read in batches.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use waypost_ids::{FlowId, InteractionId, Kind, Ref};
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};
use waypost_store::records::mail::{InteractionFilter, InteractionRecord};
use waypost_store::records::replays::Recorded;

use super::report::Report;
use super::work::Plan;
use crate::App;

/// So many interactions are read at once.
const BATCH: u32 = 200;

/// A larger message is read by itself.
const LARGE: u32 = 256 * 1024;

/// An interaction that is to be run.
pub(super) struct Item {
    pub(super) interaction: InteractionRecord,
    pub(super) route: Option<Arc<RouteRecord>>,
    pub(super) recorded: Recorded,
}

/// Reads recorded interactions, newest first, as far as they are to be run.
pub(super) struct Reader<'r> {
    app: &'r App,
    plan: &'r Plan,
    after: Option<InteractionId>,
    left: u64,
    /// How many were looked at.
    pub(super) seen: u64,
    over: bool,
}

impl<'r> Reader<'r> {
    pub(super) fn new(app: &'r App, plan: &'r Plan) -> Self {
        Self { app, plan, after: None, left: plan.request.most(), seen: 0, over: false }
    }

    /// The next that are to be run; none when there are no more.
    pub(super) async fn next(&mut self, report: &mut Report) -> Result<Vec<Item>, StoreError> {
        while !self.over && self.left > 0 {
            let request = &self.plan.request;
            let filter = InteractionFilter {
                flow: request.caller.as_deref().and_then(|caller| caller.parse().ok()),
                since: request.since,
                until: request.until,
                ..InteractionFilter::default()
            };
            let found = self.app.store.interactions(&filter, self.after, BATCH).await?;
            self.over = found.len() < BATCH as usize;
            self.after = found.last().map(|one| one.id).or(self.after);
            self.seen += found.len() as u64;
            let mut wanted = Vec::new();
            for interaction in found {
                if self.left == 0 {
                    break;
                }
                if let Some(one) = self.wanted(interaction, report) {
                    self.left -= 1;
                    wanted.push(one);
                }
            }
            if !wanted.is_empty() {
                let items = self.with_messages(wanted, report).await?;
                if !items.is_empty() {
                    return Ok(items);
                }
            }
        }
        Ok(Vec::new())
    }

    /// Whether an interaction is to be run, and the route that it takes.
    fn wanted(
        &self,
        interaction: InteractionRecord,
        report: &mut Report,
    ) -> Option<(InteractionRecord, Option<Arc<RouteRecord>>)> {
        let plan = self.plan;
        if plan.route.is_some() && interaction.route != plan.route
            || !sampled(interaction.id, plan.request.sample.unwrap_or(1.0))
        {
            return None;
        }
        let route = interaction.route.and_then(|id| plan.world.routes.get(&id).cloned());
        let said = interaction.opening.as_ref().and_then(|opening| opening.target);
        let target = said.or(route.as_ref().map(|route| route.target));
        let concerned = |flow: &FlowId| plan.concerned.contains(flow);
        let route_changed =
            said.is_none() && interaction.route.is_some_and(|id| plan.changed.has(&Ref::new(Kind::Route, id)));
        match target {
            Some(RouteTarget::Flow(flow)) if concerned(&flow) => {}
            Some(_) if route_changed => {}
            None if route_changed || interaction.flow.as_ref().is_some_and(|(flow, _)| concerned(flow)) => {
                report.skip("routeGone");
                return None;
            }
            _ => {
                report.not_concerned += 1;
                return None;
            }
        }
        if interaction.erased {
            report.skip("erased");
            return None;
        }
        if interaction.decision.is_none() || interaction.state.awaits_decision() {
            report.skip("undecided");
            return None;
        }
        Some((interaction, route))
    }

    async fn with_messages(
        &self,
        wanted: Vec<(InteractionRecord, Option<Arc<RouteRecord>>)>,
        report: &mut Report,
    ) -> Result<Vec<Item>, StoreError> {
        let ids: Vec<InteractionId> = wanted.iter().map(|(one, _)| one.id).collect();
        let read = self.app.store.recorded(&ids, LARGE).await?;
        let mut read: HashMap<InteractionId, Recorded> = read.into_iter().map(|one| (one.interaction, one)).collect();
        let mut items = Vec::with_capacity(wanted.len());
        for (interaction, route) in wanted {
            let Some(mut recorded) = read.remove(&interaction.id) else {
                report.skip("erased");
                continue;
            };
            if recorded.raw.is_none() {
                recorded.raw = self.app.store.raw_message(interaction.id).await?;
            }
            if recorded.raw.is_none() {
                report.skip("erased");
                continue;
            }
            items.push(Item { interaction, route, recorded });
        }
        Ok(items)
    }
}

/// Whether an interaction is in a sample: the same each time.
fn sampled(id: InteractionId, share: f64) -> bool {
    if share >= 1.0 {
        return true;
    }
    let hash = Sha256::digest(id.0.as_bytes());
    let number = hash.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    // 48 bits are exact in a double.
    (number as f64) < share * (1_u64 << 48) as f64
}
