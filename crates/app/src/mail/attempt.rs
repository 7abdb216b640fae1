//! A flow tried on a supplied mail: nothing is stored, nothing is sent.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use thiserror::Error;
use uuid::Uuid;
use waypost_aside::{Failed, Wanted};
use waypost_catalogue::Live;
use waypost_catalogue::checking::CheckedVersion;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::graph::Calls;
use waypost_catalogue::versions::VersionName;
use waypost_catalogue::world::{Loaded, Running, World};
use waypost_engine::{Detail, Journal, Limits, Question};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{self, Rest};
use waypost_flow::program::Program;
use waypost_flow::source::Node;
use waypost_ids::{FlowId, InteractionId, Kind, Version};
use waypost_mail::message::Message;
use waypost_outgoing::Key;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::{Bindings, VersionRecord};
use waypost_store::records::mail::{DecisionRecord, RunRecord};
use waypost_wire::trace::{RunTrace, TraceEffect};

use super::answers::{Answer, Answers, LiveAnswers};
use super::decide::{Conducted, Led, Start, bare_record, conduct};
use super::given::{ANSWERS, GivenAnswer, GivenAnswers};
use super::inputs;
use super::named::name_lookups;
use super::supposed;
use super::unanswered::{Unanswered, unanswered};
use crate::App;
use crate::access::scopes::Scope;
use crate::outbox::sends::{Answered, push, sends};
use waypost_members::email::Envelope;
use waypost_origin::Origin;

/// Why a flow was not tried.
#[derive(Debug, Error)]
pub enum AttemptError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// It would tell something that the caller may not read.
    #[error("the token lacks the scope `{}`", .0.as_str())]
    MissingScope(Scope),
    /// The flow, or the version, was not found in the catalogue.
    #[error(transparent)]
    Find(#[from] ChangeError),
    /// There was no thread for it, or it panicked.
    #[error(transparent)]
    Aside(#[from] Failed),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What to try.
#[derive(Clone, Debug)]
pub enum Tried {
    /// A version that is saved, published or not.
    Version(VersionName),
    /// A document that is not saved.
    Document(Node),
}

/// What the tried flow is given.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The mail.
    pub raw: Bytes,
    /// Values for the flow's inputs, by name.
    pub inputs: Map<String, Json>,
    /// The interaction's attributes.
    pub attributes: BTreeMap<String, String>,
    /// The interaction's priority.
    pub priority: i64,
    /// When the mail counts as accepted; none is now.
    pub received_at: Option<Timestamp>,
    /// The interaction's id, which weighted labels choose by; none is a new one.
    pub interaction: Option<Uuid>,
    /// Who is supposed to have sent the mail; none is `unknown`.
    pub auth: Option<Json>,
    /// What a scanner is supposed to say of it; none is `unknown`.
    pub scan: Option<Json>,
    /// What data actions, tables and schedules answer, as it is written.
    pub answers: Vec<Node>,
    /// Whether the caller may read queues, tables and schedules. Without, a run that asks for them is refused.
    pub may_read_routing: bool,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The version that was tried; none for a document that is not saved.
    pub version: Option<Version>,
    /// The decision.
    pub decision: DecisionRecord,
    /// The attributes as the run left them.
    pub attributes: BTreeMap<String, String>,
    /// The flow's outputs, unless the run ended inside it.
    pub outputs: Map<String, Json>,
    /// What it would send.
    pub sends: Vec<TraceEffect>,
    /// Calls of data actions that were not made.
    pub unanswered: Vec<Unanswered>,
    /// Given answers that the run never asked for, as `table X` or `data action X`.
    pub unasked: Vec<String>,
    /// The trace.
    pub trace: RunTrace,
    /// How many steps of its budget the run took.
    pub steps: u64,
    /// How long the run took, in microseconds.
    pub duration_us: u64,
}

impl App {
    /// Tries a flow as everything else stands now. Flows of one client are tried one after the other.
    ///
    /// # Errors
    /// Not found, everything that keeps the document from running, inputs that don't fit, something that the caller may not read, or
    /// the store.
    pub async fn attempt(&self, client: &str, id: FlowId, tried: Tried, given: Given) -> Result<Attempt, AttemptError> {
        // An answer names what it is of: even that there is no such table would be told.
        if !given.may_read_routing && !given.answers.is_empty() {
            return Err(AttemptError::MissingScope(Scope::RoutingRead));
        }
        let Live { world, running } = self.catalogue.live();
        let aim = match tried {
            Tried::Version(name) => Aim::Saved(self.catalogue.version_named_in(&world, id, &name).await?),
            Tried::Document(node) => {
                // The flow must exist: a document is tried in its place.
                self.catalogue.flow(id).await?;
                Aim::Unsaved(node)
            }
        };
        let (runtime, store, origin) = (tokio::runtime::Handle::current(), self.store.clone(), self.origin.clone());
        let key = Arc::clone(&self.desk.key);
        let limits = Limits { detail: Detail::Everything, ..self.limits };
        let work = move |wanted: &Wanted| {
            let (version, loaded, checked) = match aim {
                Aim::Saved(loaded) => {
                    let checked = world.check_known(&loaded, wanted);
                    (Some(loaded.record.version), loaded, checked)
                }
                Aim::Unsaved(node) => {
                    let (unsaved, unread) = unsaved(&world, id, &node)?;
                    let checked = world.check_apart(&unsaved, wanted);
                    let may_know = given.may_read_routing || !names_routing(&checked);
                    if let Some((mut problems, rest)) = unread {
                        let found = checked.diagnostics.iter().filter(|problem| may_know && rest.is_problem(problem));
                        problems.extend(found.cloned());
                        return Err(AttemptError::Invalid(problems));
                    }
                    if !may_know {
                        return Err(AttemptError::MissingScope(Scope::RoutingRead));
                    }
                    (None, Arc::new(unsaved), Arc::new(checked))
                }
            };
            // What publishing would refuse is not tried: a run would go round in the circle by way of the published version.
            let program = program(&checked, Calls::new(&world).check_apart(&loaded))?;
            let answers = LiveAnswers::new(&running, &*store).while_wanted(wanted.clone());
            runtime.block_on(run(&running, version, &program, (given, &origin, &key), limits, answers))
        };
        self.tries.work_for(client, work).await?
    }
}

/// What is tried, as far as it was found.
enum Aim {
    Saved(Arc<Loaded>),
    Unsaved(Node),
}

async fn run(
    running: &Running,
    version: Option<Version>,
    program: &Program,
    (given, origin, key): (Given, &Origin, &Key),
    limits: Limits,
    live: LiveAnswers<'_>,
) -> Result<Attempt, AttemptError> {
    let inputs = inputs::read(&program.interface, &given.inputs).map_err(AttemptError::Invalid)?;
    let facts = supposed::read(given.auth.as_ref(), given.scan.as_ref()).map_err(AttemptError::Invalid)?;
    let mut problems = Vec::new();
    let said = GivenAnswer::listed(ANSWERS, &given.answers, running, &mut problems);
    if !problems.is_empty() {
        return Err(AttemptError::Invalid(problems));
    }
    let message = Message::parse(&given.raw);
    let now = origin.now();
    let start = Start {
        interaction: InteractionId(given.interaction.unwrap_or_else(|| origin.id_in_order())),
        received_at: given.received_at.unwrap_or(now),
        started_at: now,
        priority: given.priority,
        route: None,
        opening: None,
        envelope: Envelope::default().with_facts(&facts),
        thread: None,
    };
    let clock = std::time::Instant::now();
    let mut record: RunRecord = bare_record(start, running.unrouted);
    let conducted = Conducted {
        snapshot: &running.snapshot,
        program,
        attributes: given.attributes,
        given: inputs,
        so_far: Journal::default(),
    };
    let answers = CallersAnswers {
        answers: GivenAnswers::new(&said, running, live),
        may_read_routing: given.may_read_routing,
        refused: AtomicBool::new(false),
    };
    let left = conduct(conducted, start, &message, limits, &answers, &mut record).await;
    if answers.refused.load(Ordering::Relaxed) {
        return Err(AttemptError::MissingScope(Scope::RoutingRead));
    }
    let Led::Ended(left) = left? else {
        return Err(StoreError::Failed("the run waits for an answer".to_owned()).into());
    };
    let mail = Answered::of(&message, start.envelope, (None, &running.routes), Some(key));
    let mut trace: RunTrace = serde_json::from_str(&record.trace)
        .map_err(|error| StoreError::Failed(format!("the run left no trace that can be read: {error}")))?;
    name_lookups(&mut trace, running);
    Ok(Attempt {
        version,
        unanswered: unanswered(running, &record),
        unasked: answers.answers.unasked(),
        sends: sends(&left.effects, &mail).into_iter().chain(push(&record.decision, running)).collect(),
        decision: record.decision,
        attributes: record.attributes,
        outputs: left.outputs,
        trace,
        steps: left.steps,
        duration_us: u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX),
    })
}

/// Answers as far as the caller may read what is asked for: a flow must not read for its author what others may read.
struct CallersAnswers<'r> {
    answers: GivenAnswers<'r, LiveAnswers<'r>>,
    may_read_routing: bool,
    refused: AtomicBool,
}

#[async_trait]
impl Answers for CallersAnswers<'_> {
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        // Tables, schedules and queues alike.
        if !self.may_read_routing {
            self.refused.store(true, Ordering::Relaxed);
            return Err(StoreError::Failed("the caller may not read the answer".to_owned()));
        }
        self.answers.answer(question).await
    }

    fn wanted(&self) -> bool {
        self.answers.wanted()
    }
}

/// Whether a document that anybody could have written names something of the routing: even that one is not there would be told.
fn names_routing(checked: &CheckedVersion) -> bool {
    let unknown =
        [Code::UnknownQueue, Code::UnknownTable, Code::UnknownSchedule, Code::UnknownWebhook, Code::UnknownDataAction];
    checked.references.iter().any(|reference| reference.target.kind != Kind::Flow)
        || checked.diagnostics.iter().any(|problem| unknown.contains(&problem.code))
}

/// What a version runs as, if its calls have no problems either.
fn program(checked: &CheckedVersion, calls: Vec<Diagnostic>) -> Result<Arc<Program>, AttemptError> {
    match &checked.program {
        Some(program) if calls.is_empty() => Ok(program.clone()),
        _ => Err(AttemptError::Invalid(checked.diagnostics.iter().cloned().chain(calls).collect())),
    }
}

/// What reading a document found, and what could be read of it.
type Unread = Option<(Vec<Diagnostic>, Rest)>;

/// A document in the place of the flow's next version. One that can't be read as a whole is there to be checked alone.
fn unsaved(world: &World, id: FlowId, node: &Node) -> Result<(Loaded, Unread), AttemptError> {
    let read = document::read_for_existing(node);
    let (document, unread) = match (read.document, read.rest) {
        (Some(document), _) => (document, None),
        (None, Some(rest)) => (rest.document.clone(), Some((read.diagnostics, rest))),
        (None, None) => {
            let nothing = || Diagnostic::error(Code::MissingKey, "nodes", "the document has no content to try");
            let problems = if read.diagnostics.is_empty() { vec![nothing()] } else { read.diagnostics };
            return Err(AttemptError::Invalid(problems));
        }
    };
    let mut bindings = Bindings::default();
    let folded = document::fold_name(&document.name);
    // Once it is saved, its flow has the name that it gives.
    if [true, false].into_iter().all(|shared| world.flow_named(&folded, shared).is_none()) {
        bindings.flows.insert(folded, id);
    }
    let record = VersionRecord {
        flow_id: id,
        version: 0,
        content: Arc::from(""),
        hash: String::new(),
        bindings,
        created_at: Timestamp::UNIX_EPOCH,
        created_by: String::new(),
        published_at: None,
        validation: Vec::new(),
    };
    Ok((Loaded { record: Arc::new(record), document: Arc::new(document) }, unread))
}
