//! The same without a server: mails through two folders of flows.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use uuid::Uuid;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::Running;
use waypost_engine::Limits;
use waypost_ids::InteractionId;
use waypost_mail::message::Message;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::RouteRecord;
use waypost_store::records::mail::RunRecord;
use waypost_wire::trace::{RunTrace, TraceDifference};

use super::compare::told;
use super::one::{Replayed, Verdict};
use super::report::Report;
use crate::mail::answers::HeldAnswers;
use crate::mail::decide::{Start, decide_at_once};
use crate::mail::unanswered::unanswered;
use waypost_members::email::Envelope;

/// A folder that mails are run through.
#[derive(Clone, Copy)]
pub struct Side<'s> {
    /// What runs.
    pub running: &'s Running,
    /// The rows of its tables.
    pub rows: &'s HeldRows,
}

/// A report, and what differs, mail by mail.
#[derive(Debug, Default)]
pub struct Offline {
    /// The report so far.
    pub report: Report,
    /// What differs: the mail's name, and how.
    pub changes: Vec<(String, OfflineChange)>,
}

/// A mail whose decision differs, with the same members as a change that a server tells.
#[derive(Clone, Debug, Serialize)]
pub struct OfflineChange {
    /// Its subject.
    pub subject: String,
    /// The flow that its route leads to.
    pub caller: String,
    /// The decision of the first folder.
    pub before: Map<String, Json>,
    /// The decision of the second.
    pub after: Map<String, Json>,
    /// The first step in which the runs differ.
    pub parts: Option<TraceDifference>,
}

impl Offline {
    /// Runs one mail through both folders, each by its own route; none is told as `no route`.
    ///
    /// # Errors
    /// Only a defect: folders answer at once.
    pub fn add(
        &mut self,
        name: &str,
        message: &Message<'_>,
        (before, after): (Side<'_>, Side<'_>),
        routes: (Option<&RouteRecord>, Option<&RouteRecord>),
        received_at: Timestamp,
    ) -> Result<(), StoreError> {
        if routes.0.is_none() && routes.1.is_none() {
            self.report.skip("noRoute");
            return Ok(());
        }
        let (was, is) = (one(before, routes.0, message, received_at)?, one(after, routes.1, message, received_at)?);
        let tell = |side: Side<'_>, run: &Option<RunRecord>| match run {
            Some(run) => told(&run.decision, side.running),
            None => Map::from_iter([("kind".to_owned(), Json::from("no route"))]),
        };
        let flow = is.as_ref().or(was.as_ref()).and_then(|run| run.flow).map(|(flow, _)| flow);
        let named =
            |side: Side<'_>| flow.and_then(|flow| side.running.flow_names.get(&flow)).map(|name| name.to_string());
        let caller = named(after).or_else(|| named(before)).unwrap_or_default();
        let trace = |run: &Option<RunRecord>| run.as_ref().map(|run| run.trace.clone()).unwrap_or_default();
        let recorded: Option<RunTrace> = serde_json::from_str(&trace(&was)).ok();
        let mut replayed = Replayed::of(caller, (tell(before, &was), tell(after, &is)), (recorded, &trace(&is)));
        let asks = |side: Side<'_>, run: &Option<RunRecord>| {
            run.as_ref().is_some_and(|run| !unanswered(side.running, run).is_empty())
        };
        // Nobody is called: what would come of it nobody can say.
        if asks(before, &was) || asks(after, &is) {
            replayed = Replayed { verdict: Verdict::Unknown, parts: None, traces: None, ..replayed };
        }
        replayed.attributes_changed = was.map(|run| run.attributes) != is.map(|run| run.attributes);
        if self.report.count(&replayed) {
            let Replayed { caller, before, after, parts, .. } = replayed;
            let change = OfflineChange { subject: message.subject().to_owned(), caller, before, after, parts };
            self.changes.push((name.to_owned(), change));
        }
        Ok(())
    }

    /// Brings the report into its order.
    pub fn close(&mut self) {
        self.report.close();
    }
}

fn one(
    side: Side<'_>,
    route: Option<&RouteRecord>,
    message: &Message<'_>,
    received_at: Timestamp,
) -> Result<Option<RunRecord>, StoreError> {
    let Some(route) = route else { return Ok(None) };
    let start = Start {
        interaction: InteractionId(Uuid::nil()),
        received_at,
        started_at: received_at,
        priority: route.priority,
        route: Some(route),
        opening: None,
        envelope: Envelope::default(),
        thread: None,
    };
    let answers = HeldAnswers { running: side.running, rows: side.rows };
    decide_at_once(side.running, start, message, Limits::default(), &answers).map(|decided| Some(decided.record))
}
