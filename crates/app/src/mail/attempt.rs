//! A flow tried on a supplied mail: nothing is stored, nothing is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use uuid::Uuid;
use waypost_engine::Limits;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_flow::expr;
use waypost_flow::id::{FlowId, InteractionId, Version};
use waypost_flow::interface::Interface;
use waypost_flow::program::Program;
use waypost_flow::source::Node;
use waypost_flow::types::Type;
use waypost_flow::value::Value;
use waypost_mail::message::Message;
use waypost_store::records::catalogue::{Bindings, VersionRecord};
use waypost_store::records::mail::{DecisionRecord, RunRecord};

use super::answers::LiveAnswers;
use super::decide::{Conducted, Start, bare_record, conduct};
use crate::App;
use crate::catalogue::desk::Wanted;
use crate::catalogue::versions::VersionName;
use crate::catalogue::world::{Loaded, World};
use crate::error::AppError;

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
    /// The trace.
    pub trace: String,
    /// How long the run took, in microseconds.
    pub duration_us: u64,
}

impl App {
    /// Tries a flow as everything else stands now.
    ///
    /// # Errors
    /// Not found, everything that keeps the document from running, inputs that don't fit, or the store.
    pub async fn attempt(&self, id: FlowId, tried: Tried, given: Given) -> Result<Attempt, AppError> {
        let (world, running) = (self.catalogue.world(), self.catalogue.running());
        let (version, program) = match tried {
            Tried::Version(name) => {
                let loaded = self.catalogue.named_version(id, &name).await?;
                (Some(loaded.record.version), self.program(world, move || Ok(loaded)).await?)
            }
            Tried::Document(node) => {
                // The flow must exist: a document is tried in its place.
                self.catalogue.flow(id).await?;
                (None, self.program(world, move || unsaved(id, &node).map(Arc::new)).await?)
            }
        };
        let inputs = inputs(&program.interface, &given.inputs)?;
        let message = Message::parse(&given.raw);
        let start = Start {
            interaction: InteractionId(given.interaction.unwrap_or_else(Uuid::now_v7)),
            received_at: given.received_at.unwrap_or_else(Timestamp::now),
            priority: given.priority,
            route: None,
            opening: None,
        };
        let clock = std::time::Instant::now();
        let mut record: RunRecord = bare_record(start, running.unrouted);
        let conducted =
            Conducted { snapshot: &running.snapshot, program: &program, attributes: given.attributes, given: inputs };
        let outputs = conduct(
            conducted,
            start,
            &message,
            Limits::default(),
            &LiveAnswers::new(&running, &*self.store),
            &mut record,
        )
        .await?;
        Ok(Attempt {
            version,
            decision: record.decision,
            attributes: record.attributes,
            outputs,
            trace: record.trace,
            duration_us: u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX),
        })
    }
}

impl App {
    /// What a version runs as. It is read and checked on a thread that serves nobody else.
    async fn program(
        &self,
        world: Arc<World>,
        loaded: impl FnOnce() -> Result<Arc<Loaded>, AppError> + Send + 'static,
    ) -> Result<Arc<Program>, AppError> {
        let check = move |wanted: &Wanted| {
            let checked = world.check_known(&*loaded()?, wanted);
            checked.program.clone().ok_or_else(|| AppError::Invalid(checked.diagnostics.clone()))
        };
        self.catalogue.desk.work(check).await?
    }
}

/// A document in the place of the flow's next version.
fn unsaved(id: FlowId, node: &Node) -> Result<Loaded, AppError> {
    let read = document::read(node);
    let Some(document) = read.document.filter(|_| !read.diagnostics.iter().any(Diagnostic::is_error)) else {
        let nothing = || Diagnostic::error(Code::MissingKey, "nodes", "the document has no content to try");
        let problems = if read.diagnostics.is_empty() { vec![nothing()] } else { read.diagnostics };
        return Err(AppError::Invalid(problems));
    };
    let record = VersionRecord {
        flow_id: id,
        version: 0,
        content: Arc::from(""),
        hash: String::new(),
        bindings: Bindings::default(),
        created_at: Timestamp::UNIX_EPOCH,
        created_by: String::new(),
        published_at: None,
        validation: Vec::new(),
    };
    Ok(Loaded { record: Arc::new(record), document: Arc::new(document) })
}

/// Values for a flow's inputs, by position; every problem at once.
fn inputs(interface: &Interface, given: &Map<String, Json>) -> Result<Vec<(usize, Value<'static>)>, AppError> {
    let mut problems = Vec::new();
    let mut values = Vec::new();
    for (name, value) in given {
        let path = format!("inputs.{name}");
        match interface.input(name) {
            None => {
                let message = format!("`{}` has no input `{name}`", interface.name);
                let names = interface.inputs.iter().map(|input| input.name.as_str());
                problems.push(Diagnostic::error(Code::UnknownInput, path, message).nearest(name, names));
            }
            Some((position, input)) => match expr::constant(&path, value, &input.data_type) {
                Ok(value) => values.push((position, value)),
                Err(found) => problems.extend(found),
            },
        }
    }
    for input in interface.inputs.iter().filter(|input| input.required && !given.contains_key(&input.name)) {
        let message = format!("the required input `{}` is missing", input.name);
        let expected = format!("a value of type {}", Type::to_string(&input.data_type));
        problems
            .push(Diagnostic::error(Code::MissingInput, format!("inputs.{}", input.name), message).expected(expected));
    }
    if problems.is_empty() { Ok(values) } else { Err(AppError::Invalid(problems)) }
}
