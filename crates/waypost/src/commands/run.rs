//! `waypost run`: mails through a folder of flows, offline, by the same engine as the server's.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value as Json, json};
use uuid::Uuid;
use waypost_app::mail::answers::HeldAnswers;
use waypost_app::mail::decide::{Decided, Start, decide_at_once};
use waypost_app::mail::given::{GivenAnswer, GivenAnswers};
use waypost_app::mail::named::name_lookups;
use waypost_app::mail::unanswered::{Unanswered, unanswered};
use waypost_app::outbox::sends::{Answered, push, sends};
use waypost_catalogue::routes::RouteMatch;
use waypost_catalogue::world::{Running, World};
use waypost_engine::Limits;
use waypost_flow::document;
use waypost_flow_tests::recipient::recipient;
use waypost_ids::InteractionId;
use waypost_mail::message::{AddressField, Message};
use waypost_members::email::Envelope;
use waypost_origin::Origin;
use waypost_project::Project;
use waypost_store::records::catalogue::{RouteRecord, RouteTarget};
use waypost_wire::trace::{RunTrace, TraceEffect, text};

use super::answers::AnswersFile;
use crate::failure::Failure;
use crate::files::{self, MailFile};
use crate::screen;
use crate::table::Output;
use crate::times::time;

/// Arguments of `run`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder (or files) of flows and routing
    #[arg(long, short, required = true)]
    flows: Vec<PathBuf>,
    /// The flow to run; left out: the route of the recipient, or the only flow of type email
    #[arg(long)]
    flow: Option<String>,
    /// The envelope recipient; left out: the first address of To that has a route
    #[arg(long)]
    to: Option<String>,
    /// When the mails are accepted: the flow's `now` [default: the current time]
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// A file with `answers`, as in tests: the answers of data actions, and of tables and schedules in place of the folder's
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Print each run's trace
    #[arg(long, short)]
    trace: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// Mails: .eml files, mboxes, folders of them; `-` is standard input
    #[arg(required = true)]
    mails: Vec<PathBuf>,
}

/// Exit code 0: every mail was decided; 1: the flows or the answers have errors, or a mail found no route, its run failed, or it asked for
/// an answer that is not given; 2: could not read.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let sources = files::some_sources(&arguments.flows)?;
    let mut project = Project::read(&sources);
    let world = project.world();
    let rows = project.rows(|file, name| files::beside(&sources, file, name));
    if project.has_errors() {
        files::print_problems(&mut screen::styled_stderr(), &sources, &project, screen::is_coloured(&io::stderr()))?;
        return Err(Failure::Found);
    }
    files::print_pins(&mut screen::styled_stderr(), &sources, &project)?;
    let chosen = chosen_flow(arguments, &world)?;
    let running = world.running();
    let given = given_answers(arguments, &running)?;
    let mut out = BufWriter::new(screen::stdout());
    let mut failed = false;
    let origin = Origin::system();
    let ended = files::mails(&arguments.mails, &mut |mail| {
        let message = Message::parse(&mail.raw);
        let to = arguments.to.clone().or_else(|| recipient(&running, &message));
        let route = match &chosen {
            Some(route) => Some(route.clone()),
            None => route_of(to.as_deref(), &running, &message),
        };
        let Some(route) = route else {
            failed = true;
            print_unroutable(&mut out, arguments, &mail, to.as_deref(), &running)?;
            return Ok(());
        };
        let now = arguments.at.unwrap_or_else(|| origin.now());
        let envelope = Envelope { to: to.as_deref().unwrap_or_default(), ..Envelope::default() };
        let start = Start {
            interaction: InteractionId(Uuid::nil()),
            received_at: now,
            started_at: now,
            priority: route.priority,
            route: Some(&route),
            opening: None,
            envelope,
            thread: None,
        };
        let answers = GivenAnswers::new(&given, &running, HeldAnswers { running: &running, rows: &rows });
        let decided = decide_at_once(&running, start, &message, Limits::default(), &answers)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        failed |= decided.record.decision.error.is_some();
        let answered = Answered::of(&message, envelope, (Some(&route), &running.routes), None);
        print(&mut out, arguments, (&mail, &message, &answered), (&decided, answers.unasked()), &running)?;
        Ok(())
    });
    out.flush()?;
    ended?;
    if failed { Err(Failure::Found) } else { Ok(()) }
}

/// What `--answers` gives.
fn given_answers(arguments: &Arguments, running: &Running) -> Result<Vec<GivenAnswer>, Failure> {
    let Some(path) = &arguments.answers else { return Ok(Vec::new()) };
    let file = AnswersFile::read(path)?;
    match GivenAnswer::all(file.document(), running) {
        Ok(given) => Ok(given),
        Err(problems) => Err(file.refused(problems)?),
    }
}

/// The flow named by `--flow`, or the only one there is when there are no routes, as a route that takes everything.
fn chosen_flow(arguments: &Arguments, world: &World) -> Result<Option<RouteRecord>, Failure> {
    let flow = match &arguments.flow {
        Some(name) => match world.flow_named(&document::fold_name(name), false) {
            Some(flow) => flow,
            None => return Err(Failure::Failed(format!("there is no flow `{name}` of type email"))),
        },
        None if !world.routes.is_empty() => return Ok(None),
        None => {
            let mut flows = world.flows.values().filter(|flow| !flow.shared);
            match (flows.next(), flows.next()) {
                (Some(only), None) => only,
                _ => return Err(Failure::Failed("which flow? Name it with --flow, or add routes".to_owned())),
            }
        }
    };
    Ok(Some(RouteRecord {
        id: Uuid::nil(),
        domain: String::new(),
        pattern: "*".to_owned(),
        target: RouteTarget::Flow(flow.id),
        unrouted_queue: None,
        priority: 0,
        extra: serde_json::Map::new(),
        created_at: Timestamp::UNIX_EPOCH,
        modified_at: Timestamp::UNIX_EPOCH,
    }))
}

/// The route of a recipient, or else of the first address of To and Cc that has one.
pub(super) fn route_of(to: Option<&str>, running: &Running, message: &Message<'_>) -> Option<RouteRecord> {
    let find = |address: &str| match running.routes.find(address) {
        RouteMatch::Route(route) => Some((*route).clone()),
        RouteMatch::Postmaster | RouteMatch::None => None,
    };
    match to {
        Some(address) => find(address),
        None => message
            .addresses(AddressField::To)
            .iter()
            .chain(message.addresses(AddressField::Cc))
            .find_map(|address| find(&address.address)),
    }
}

/// So many addresses of routes are named.
const SHOWN_ROUTES: usize = 5;

fn print_unroutable(
    out: &mut impl Write,
    arguments: &Arguments,
    mail: &MailFile,
    to: Option<&str>,
    running: &Running,
) -> io::Result<()> {
    match arguments.output {
        Output::Table => {
            let mut addresses: Vec<String> =
                running.routes.all().map(|route| format!("{}@{}", route.pattern, route.domain)).collect();
            addresses.sort();
            let shown = addresses.iter().take(SHOWN_ROUTES).map(String::as_str).collect::<Vec<_>>().join(", ");
            let routes = match addresses.len() {
                0 => "this folder has no routes".to_owned(),
                count if count > SHOWN_ROUTES => format!("this folder has {shown} and {} more", count - SHOWN_ROUTES),
                _ => format!("this folder has {shown}"),
            };
            let advice = match arguments.to {
                Some(_) => "or name the flow with --flow",
                None => "name the recipient with --to, or the flow with --flow",
            };
            match to {
                Some(to) => writeln!(out, "{}: no route takes `{to}`: {routes}; {advice}", mail.name),
                None => writeln!(out, "{}: no recipient in To or Cc: {routes}; {advice}", mail.name),
            }
        }
        Output::Json | Output::Yaml => {
            arguments.output.write_one(out, &json!({ "mail": mail.name, "error": { "code": "no-route" } }))
        }
    }
}

/// What is printed of a mail for programs. Absent members are left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'l> {
    mail: &'l str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'l str>,
    subject: &'l str,
    decision: LineDecision<'l>,
    attributes: &'l BTreeMap<String, String>,
    sends: &'l [TraceEffect],
    /// Calls of data actions that the flow asked for: none is made.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unanswered: Vec<Unanswered>,
    /// Given answers that the run never asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unasked: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<RunTrace>,
}

/// A decision, whose queue goes by its name: a folder has no ids.
#[derive(Serialize)]
struct LineDecision<'l> {
    /// A kind of decision, or `unknown` where a call was given no answer.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<&'l str>,
    priority: i64,
    skills: &'l [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'l str>,
    addresses: &'l [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'l Json>,
}

fn print(
    out: &mut impl Write,
    arguments: &Arguments,
    (mail, message, answered): (&MailFile, &Message<'_>, &Answered<'_, '_>),
    (decided, unasked): (&Decided, Vec<String>),
    running: &Running,
) -> io::Result<()> {
    let record = &decided.record;
    let decision = &record.decision;
    let unanswered = unanswered(running, record);
    // It stands nowhere: a server would call, and the flow goes on with what is answered.
    let is_known = unanswered.is_empty();
    let kind = if is_known { decision.kind.as_str() } else { "unknown" };
    let queue = decision.queue.filter(|_| is_known).and_then(|queue| running.queue_names.get(&queue));
    let pushed = if is_known { push(decision, running) } else { None };
    let sends: Vec<TraceEffect> = sends(&decided.effects, answered).into_iter().chain(pushed).collect();
    let trace = || -> io::Result<RunTrace> {
        let mut trace = serde_json::from_str(&record.trace)?;
        name_lookups(&mut trace, running);
        Ok(trace)
    };
    match arguments.output {
        Output::Json | Output::Yaml => {
            let trace = arguments.trace.then(trace).transpose()?;
            let line = Line {
                mail: &mail.name,
                message_id: message.message_id(),
                subject: message.subject(),
                decision: LineDecision {
                    kind,
                    queue: queue.map(|name| &**name),
                    priority: decision.priority,
                    skills: &decision.skills,
                    language: decision.language.as_deref(),
                    addresses: &decision.addresses,
                    reason: decision.reason.as_deref(),
                    outcome: decision.outcome.as_deref(),
                    error: decision.error.as_ref(),
                },
                attributes: &record.attributes,
                sends: &sends,
                unanswered,
                unasked,
                trace,
            };
            arguments.output.write_one(out, &line)
        }
        Output::Table => {
            let place = queue.map(|queue| format!(" {queue}")).unwrap_or_default();
            let error = decision.error.as_ref().and_then(|error| error.get("message")).and_then(|text| text.as_str());
            let error = error.map(|error| format!(" ({error})")).unwrap_or_default();
            writeln!(out, "{}: {kind}{place}, priority {}{error}", mail.name, decision.priority)?;
            for send in &sends {
                writeln!(out, "    {}", text::sending(send))?;
            }
            for Unanswered { data_action, input } in unanswered {
                writeln!(out, "    unanswered: {data_action} {}", Json::Object(input))?;
            }
            for label in &unasked {
                writeln!(out, "    note: the run never asked for the answer of {label}")?;
            }
            if arguments.trace {
                for line in text::render(&trace()?).lines() {
                    writeln!(out, "    {line}")?;
                }
            }
            Ok(())
        }
    }
}
