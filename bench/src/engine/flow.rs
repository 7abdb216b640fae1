//! The triage as flows, run as the server runs them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use uuid::Uuid;
use waypost_app::mail::answers::HeldAnswers;
use waypost_app::mail::decide::{Start, decide_at_once};
use waypost_catalogue::routes::RouteMatch;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::{Running, World};
use waypost_engine::{Limits, Outcome, Run, RunInput, Step};
use waypost_flow::program::Program;
use waypost_ids::InteractionId;
use waypost_mail::message::Message;
use waypost_members::email::{Envelope, MessageView};
use waypost_project::{Project, SourceFile};
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};
use waypost_store::records::mail::RunRecord;

use crate::corpus::synthetic::RECIPIENT;
use crate::triage::{Answer, Queue, VIP_PRIORITY};

/// A folder of flows, checked and ready to run.
pub(crate) struct Flows {
    running: Running,
    interaction: String,
}

/// Flows with the one that mail is routed to.
pub(crate) struct Triage<'f> {
    flows: &'f Flows,
    start: &'f Program,
    route: Arc<RouteRecord>,
}

impl Flows {
    /// Reads a folder as the command line does: any problem in it is an error here.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            files.push(SourceFile { path: path.display().to_string(), text });
        }
        let mut read = Project::read(&files);
        let world: World = read.world();
        if let Some(problem) = read.problems.first() {
            bail!("{}: {:?}", files[problem.at.file].path, problem.diagnostic);
        }
        let interaction = InteractionId(Uuid::nil()).to_string();
        Ok(Self { running: world.running(), interaction })
    }

    pub(crate) fn triage(&self) -> Result<Triage<'_>> {
        let RouteMatch::Route(route) = self.running.routes.find(RECIPIENT) else { bail!("no route for {RECIPIENT}") };
        let RouteTarget::Flow(flow) = route.target else {
            bail!("the route of {RECIPIENT} leads to no flow");
        };
        let start = self.running.snapshot.published(flow).context("the flow is not published")?;
        Ok(Triage { flows: self, start, route })
    }
}

impl Triage<'_> {
    /// One run: the decision, and the trace as the engine leaves it.
    pub(crate) fn run<'m>(&'m self, email: &'m MessageView<'m, '_>) -> Result<Box<Outcome<'m>>> {
        self.run_within(email, Limits::default())
    }

    /// The same, with what it reaches taken down as `waypost test --coverage` does.
    pub(crate) fn run_counted<'m>(&'m self, email: &'m MessageView<'m, '_>) -> Result<Box<Outcome<'m>>> {
        self.run_within(email, Limits { coverage: true, ..Limits::default() })
    }

    fn run_within<'m>(&'m self, email: &'m MessageView<'m, '_>, limits: Limits) -> Result<Box<Outcome<'m>>> {
        let input = RunInput {
            snapshot: &self.flows.running.snapshot,
            start: self.start,
            interaction_id: &self.flows.interaction,
            received_at: Timestamp::UNIX_EPOCH,
            priority: 0,
            attributes: BTreeMap::new(),
            email,
            limits,
        };
        match Run::start(input).step() {
            Step::Done(outcome) => Ok(outcome),
            Step::Needs(waiting) => bail!("the flow asks for {}", waiting.question().kind()),
        }
    }

    /// One run and everything that is kept of it, the trace written as JSON.
    pub(crate) fn decide(&self, message: &Message<'_>) -> Result<RunRecord> {
        let start = Start {
            interaction: InteractionId(Uuid::nil()),
            received_at: Timestamp::UNIX_EPOCH,
            started_at: Timestamp::UNIX_EPOCH,
            priority: 0,
            route: Some(&self.route),
            opening: None,
            envelope: Envelope::default(),
            thread: None,
        };
        let answers = HeldAnswers { running: &self.flows.running, rows: &HeldRows::default() };
        Ok(decide_at_once(&self.flows.running, start, message, Limits::default(), &answers)?.record)
    }

    /// What one run says.
    pub(crate) fn answer(&self, message: &Message<'_>) -> Result<Answer> {
        let view = MessageView::new(message, Envelope::default());
        let decision = self.run(&view)?.decision;
        if let Some(error) = decision.error {
            bail!("{error:?}");
        }
        let name = decision.queue.context("no queue")?.name;
        let queue = Queue::named(&name).with_context(|| format!("queue {name}"))?;
        Ok(Answer { queue, vip: decision.priority == VIP_PRIORITY })
    }
}
