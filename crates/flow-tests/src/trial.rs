//! A trial: what runs, over which mail, with which answers. A case is a trial with a name and what is expected of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Map;
use uuid::Uuid;
use waypost_app::mail::answers::HeldAnswers;
use waypost_app::mail::decide::{Call, Decided, Start, call_at_once, decide_at_once};
use waypost_app::mail::given::{ANSWERS, GivenAnswer, GivenAnswers};
use waypost_app::mail::named::name_lookups;
use waypost_app::mail::supposed;
use waypost_app::outbox::sends::Answered;
use waypost_engine::{Detail, Limits, Reached};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};
use waypost_ids::InteractionId;
use waypost_mail::message::Message;
use waypost_members::email::Envelope;
use waypost_store::error::StoreError;
use waypost_store::records::facts::Facts;
use waypost_store::records::mail::Opening;
use waypost_store::records::threads::ThreadRecord;
use waypost_wire::trace::RunTrace;

use crate::Flows;
use crate::aim::{self, Aim, FlowWanted};
use crate::mail::Fields;
use crate::observed::Observed;
use crate::recorded::Recorded;
use crate::thread;
use crate::time;

/// The member that is the mail.
pub(crate) const MAIL: &str = "mail";

/// What a trial may say.
pub(crate) const KEYS: [&str; 13] = [
    "flow",
    "route",
    MAIL,
    "file",
    "at",
    "envelope",
    "auth",
    "scan",
    "attributes",
    "inputs",
    thread::THREAD,
    thread::PREVIOUS,
    ANSWERS,
];

pub(crate) const ENVELOPE: [&str; 3] = ["from", "to", "remote"];

/// When mail is accepted where neither the trial nor its mail says so: tests must come out the same on every day.
pub const WHEN: Timestamp = Timestamp::constant(1_767_258_000, 0);

/// To whom mail is where nothing says so.
const NOBODY: &str = "inbox@example.com";

/// Opens a file by the name that a trial gives it.
pub(crate) type Open<'o> = &'o dyn Fn(&str) -> std::io::Result<Vec<u8>>;

/// What runs, over which mail, with which answers.
#[derive(Debug)]
pub struct Trial {
    pub(crate) aim: Aim,
    raw: Vec<u8>,
    received_at: Timestamp,
    envelope: EnvelopeGiven,
    /// What is supposed to be found out about the mail.
    facts: Facts,
    attributes: BTreeMap<String, String>,
    thread: Option<ThreadRecord>,
    answers: Vec<GivenAnswer>,
}

/// What the mail came in.
#[derive(Debug, Default)]
struct EnvelopeGiven {
    from: Option<String>,
    to: String,
    remote: String,
}

/// What came of a trial, without the way there.
#[derive(Debug)]
pub struct Came {
    /// What came. Variables and the path are not in it, and an error has its code alone.
    pub observed: Observed,
    /// What the run reached of the flows, if it was asked for.
    pub reached: Option<Box<Reached>>,
    /// Answers that the trial gives and the run never asked for, as `table X` or `data action X`.
    pub unasked: Vec<String>,
}

/// A run that is over, and the outputs of a flow that was called by itself.
pub(crate) type Run = (Decided, Map<String, serde_json::Value>);

/// Answers of one run: those that the trial gives, otherwise the folder's.
pub(crate) type TrialAnswers<'r> = GivenAnswers<'r, HeldAnswers<'r>>;

/// The members of a trial as they are written.
pub(crate) struct Written<'n> {
    flow: Option<FlowWanted>,
    route: Option<String>,
    mail: Option<&'n Node>,
    file: Option<String>,
    at: Option<String>,
    envelope: Option<&'n Node>,
    auth: Option<&'n Node>,
    scan: Option<&'n Node>,
    attributes: Option<&'n Node>,
    inputs: Option<&'n Node>,
    thread: (Option<&'n Node>, Option<&'n Node>),
    answers: &'n [Node],
}

impl<'n> Written<'n> {
    /// Takes them.
    pub(crate) fn take(members: &mut Members<'n>) -> Self {
        let before = members.problems.len();
        let (flow, route) = (FlowWanted::take(members), members.text("route"));
        let is_told = members.problems.len() > before;
        if flow.is_none() && route.is_none() && !is_told {
            let path = members.at("");
            let problem = Diagnostic::error(Code::MissingKey, path.clone(), "`flow` or `route` is missing");
            let problem = problem.expected("the flow or the route that is tested");
            members.problems.push(problem.lacking(&path, &["flow", "route"]));
        }
        Self {
            flow,
            route,
            mail: members.node(MAIL),
            file: members.text("file"),
            at: members.text("at"),
            envelope: members.node("envelope"),
            auth: members.node("auth"),
            scan: members.node("scan"),
            attributes: members.node("attributes"),
            inputs: members.node("inputs"),
            thread: (members.node(thread::THREAD), members.node(thread::PREVIOUS)),
            answers: members.list(ANSWERS),
        }
    }

    /// Reads the trial. It means nothing if there are problems with it; none if it is not known what runs. `recorded` is the mail, if it is one that
    /// was recorded.
    pub(crate) fn read(
        self,
        path: &str,
        recorded: Option<Vec<u8>>,
        flows: &Flows<'_>,
        open: Open<'_>,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<Trial> {
        let said = self
            .at
            .and_then(|text| time::read(format!("{path}.at"), &text).map_err(|problem| problems.push(*problem)).ok());
        let given = self.envelope.map(|given| envelope(&format!("{path}.envelope"), given, problems));
        let mut envelope = given.unwrap_or_default();
        let to = [self.route.as_deref(), Some(envelope.to.as_str())].into_iter().flatten();
        let to = to.map(str::trim).find(|to| !to.is_empty() && !to.contains('*')).unwrap_or(NOBODY).to_owned();
        let raw = match (self.file, self.mail, recorded) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                problems.push(wrong(path, "`mail` or `file`, one of them"));
                Vec::new()
            }
            (None, _, Some(raw)) => raw,
            (Some(name), None, None) => open(&name).unwrap_or_else(|error| {
                let message = format!("can't read `{name}`: {error}");
                problems.push(
                    Diagnostic::error(Code::InvalidValue, format!("{path}.file"), message)
                        .expected("the path of a mail, relative to this file"),
                );
                Vec::new()
            }),
            (None, mail, None) => {
                Fields::read(&format!("{path}.{MAIL}"), mail, &to, said.unwrap_or(WHEN), problems).write()
            }
        };
        let dated = || Timestamp::from_second(Message::parse(&raw).date()?).ok();
        let received_at = said.or_else(dated).unwrap_or(WHEN);
        let aim = match (self.flow, self.route) {
            (Some(wanted), None) => aim::at_flow(path, &wanted, self.inputs, flows, problems),
            (None, Some(address)) => aim::at_route(&format!("{path}.route"), &address, flows, problems),
            (None, None) => None,
            (Some(_), Some(_)) => {
                problems.push(wrong(path, "`flow` or `route`, one of them"));
                None
            }
        };
        if let (Some(Aim::Route(_)), Some(_)) = (&aim, self.inputs) {
            let message = "the flow of a route gets no inputs";
            problems.push(Diagnostic::error(Code::UnknownKey, format!("{path}.inputs"), message));
        }
        if envelope.to.is_empty() {
            envelope.to = to;
        }
        let attributes =
            self.attributes.map(|node| texts(&format!("{path}.attributes"), node, problems)).unwrap_or_default();
        let (auth, scan) = (self.auth.map(Node::to_json), self.scan.map(Node::to_json));
        let facts = supposed::read(auth.as_ref(), scan.as_ref()).unwrap_or_else(|found| {
            let placed = |one: Diagnostic| Diagnostic { path: format!("{path}.{}", one.path), ..one };
            problems.extend(found.into_iter().map(placed));
            Facts::default()
        });
        let thread = thread::read(path, self.thread, flows, problems);
        let answers = GivenAnswer::listed(&format!("{path}.{ANSWERS}"), self.answers, flows.running, problems);
        Some(Trial { aim: aim?, raw, received_at, envelope, facts, attributes, thread, answers })
    }
}

impl Trial {
    /// Reads a trial, which is a case without a name and expectations. `open` reads the mail that `file` names.
    ///
    /// # Errors
    /// Every problem.
    pub fn read(
        node: &Node,
        flows: &Flows<'_>,
        open: &dyn Fn(&str) -> std::io::Result<Vec<u8>>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let recorded = Recorded::read("", node, open, &mut problems);
        let mut members = Members::of("", &recorded.node).map_err(|problem| vec![*problem])?;
        let written = Written::take(&mut members);
        problems.extend(members.finish(&KEYS));
        let trial = written.read("", recorded.raw.clone(), flows, open, &mut problems);
        recorded.place("", &mut problems);
        match trial {
            Some(trial) if problems.is_empty() => Ok(trial),
            _ => Err(problems),
        }
    }

    /// Adds answers, which come after its own.
    pub(crate) fn also_answered(&mut self, answers: &[GivenAnswer]) {
        self.answers.extend_from_slice(answers);
    }

    /// Its mail, as it is accepted.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Runs it for what it decides.
    ///
    /// # Errors
    /// There is no run, which is a defect.
    pub fn run(&self, flows: &Flows<'_>, coverage: bool) -> Result<Came, StoreError> {
        let (message, answers) = (self.message(), self.answers(flows));
        let limits = Limits { coverage, trace_events: 0, detail: Detail::Decisions, ..Limits::default() };
        let (mut decided, outputs) = self.decide(flows, &message, limits, &answers)?;
        let mut observed = Observed::decided(&decided, outputs, &self.answered(flows, &message), flows.running);
        if let Some(error) = &mut observed.error {
            error.message = String::new();
        }
        Ok(Came { observed, reached: decided.reached.take(), unasked: answers.unasked() })
    }

    /// Runs it for the way to what it decides, as much of it as a server keeps.
    ///
    /// # Errors
    /// There is no run, or its trace can't be read: either is a defect.
    pub fn trace(&self, flows: &Flows<'_>) -> Result<RunTrace, StoreError> {
        let (message, answers) = (self.message(), self.answers(flows));
        let (decided, _) = self.decide(flows, &message, Limits::default(), &answers)?;
        let mut trace = serde_json::from_str(&decided.record.trace)
            .map_err(|error| StoreError::Failed(format!("the run left no trace that can be read: {error}")))?;
        name_lookups(&mut trace, flows.running);
        Ok(trace)
    }

    /// Runs it over a mail that was parsed.
    pub(crate) fn decide(
        &self,
        flows: &Flows<'_>,
        message: &Message<'_>,
        limits: Limits,
        answers: &TrialAnswers<'_>,
    ) -> Result<Run, StoreError> {
        let opening = Opening { attributes: self.attributes.clone(), ..Opening::default() };
        let start = Start {
            interaction: InteractionId(Uuid::nil()),
            received_at: self.received_at,
            started_at: self.received_at,
            priority: 0,
            route: None,
            opening: Some(&opening),
            envelope: self.envelope(),
            thread: self.thread.as_ref(),
        };
        match &self.aim {
            Aim::Route(route) => {
                let start = Start { priority: route.priority, route: Some(route), ..start };
                Ok((decide_at_once(flows.running, start, message, limits, answers)?, Map::new()))
            }
            Aim::Flow(flow, inputs) => {
                let program = flows.running.snapshot.published(*flow);
                let program = program.ok_or_else(|| StoreError::Failed("the flow is gone".to_owned()))?;
                let call = Call { program, inputs: inputs.clone(), attributes: self.attributes.clone() };
                call_at_once(flows.running, call, start, message, limits, answers)
            }
        }
    }

    fn envelope(&self) -> Envelope<'_> {
        Envelope {
            from: self.envelope.from.as_deref(),
            to: &self.envelope.to,
            remote: &self.envelope.remote,
            facts: Some(&self.facts),
        }
    }

    /// Its mail, parsed, as one that the flows may answer.
    pub(crate) fn answered<'a, 'm>(&'a self, flows: &Flows<'a>, message: &'a Message<'m>) -> Answered<'a, 'm> {
        let route = match &self.aim {
            Aim::Route(route) => Some(&**route),
            Aim::Flow(..) => None,
        };
        Answered::of(message, self.envelope(), (route, &flows.running.routes), None)
    }

    /// Answers for a run of it.
    pub(crate) fn answers<'r>(&'r self, flows: &Flows<'r>) -> TrialAnswers<'r> {
        let held = HeldAnswers { running: flows.running, rows: flows.rows };
        GivenAnswers::new(&self.answers, flows.running, held)
    }

    pub(crate) fn message(&self) -> Message<'_> {
        Message::parse(&self.raw)
    }
}

fn envelope(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> EnvelopeGiven {
    let mut members = match Members::of(path, node) {
        Ok(members) => members,
        Err(problem) => {
            problems.push(*problem);
            return EnvelopeGiven::default();
        }
    };
    let envelope = EnvelopeGiven {
        from: members.text("from"),
        to: members.text("to").unwrap_or_default(),
        remote: members.text("remote").unwrap_or_default(),
    };
    problems.extend(members.finish(&ENVELOPE));
    envelope
}

/// Texts by name; numbers and truth values as they are written.
pub(crate) fn texts(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> BTreeMap<String, String> {
    let Node::Map(members) = node else {
        problems.push(wrong(path, "a map of texts by name").found(node.kind()));
        return BTreeMap::new();
    };
    let mut all = BTreeMap::new();
    for (name, value) in members {
        match value {
            Node::String(text) => drop(all.insert(name.clone(), text.clone())),
            Node::Integer(_) | Node::Number(_) | Node::Boolean(_) => {
                all.insert(name.clone(), value.to_json().to_string());
            }
            other => problems.push(wrong(&format!("{path}.{name}"), "a text").found(other.kind())),
        }
    }
    all
}
