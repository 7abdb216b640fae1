//! An answer that is given in the place of a data action, checked against the action's contract.

use serde_json::{Map, Value as Json};
use waypost_catalogue::data_actions::KnownDataAction;
use waypost_catalogue::object::Object as _;
use waypost_catalogue::world::Running;
use waypost_engine::{CallFailure, CallOutcome};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::expr::constant;
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};
use waypost_flow::types::Type;
use waypost_ids::DataActionId;

use super::{ANSWER, ONE_ANSWER, TOO_LATE, unknown};

/// What an `error` may say besides being a text.
pub const FAILURE_KEYS: [&str; 3] = ["code", "message", "status"];

/// What calls fail with. That there is no answer in time is no failure, and has another jump.
pub const FAILURE_CODES: [&str; 11] = [
    "status",
    "answer",
    "output",
    NOT_REACHED,
    "unavailable",
    "privateAddress",
    "plainText",
    "input",
    "request",
    "credential",
    "deleted",
];

/// Codes of calls that had no answer in time.
const LATE: [&str; 2] = ["timeout", "unanswered"];

/// The code of a failure that says none: the service was not reached.
const NOT_REACHED: &str = "unreachable";

/// Which data action answers what, with which inputs. `answer` is its output, its error, or that it came too late.
pub(super) fn read(
    path: &str,
    (name, running): (&str, &Running),
    input: Option<&Node>,
    answer: (Option<&Node>, Option<&Node>, bool),
    problems: &mut Vec<Diagnostic>,
) -> Option<(DataActionId, Map<String, Json>, CallOutcome)> {
    let Some(action) = running.data_actions.named(&KnownDataAction::folded(name)) else {
        let known = running.data_actions.values().map(|known| known.record.name.as_str());
        problems.push(unknown(Code::UnknownDataAction, format!("{path}.dataAction"), "data action", name, known));
        return None;
    };
    let contract = &action.contract;
    let before = problems.len();
    let inputs = contract.inputs.iter().map(|input| (input.name.as_str(), &input.data_type)).collect::<Vec<_>>();
    let input =
        input.map(|node| values(&format!("{path}.input"), "input", node, &inputs, problems)).unwrap_or_default();
    let outputs = contract.outputs.iter().map(|output| (output.name.as_str(), &output.data_type)).collect::<Vec<_>>();
    let outcome = match answer {
        (Some(node), None, false) => {
            CallOutcome::Success { output: values(&format!("{path}.output"), "output", node, &outputs, problems) }
        }
        (None, Some(node), false) => CallOutcome::Failure(failure(&format!("{path}.error"), node, problems)?),
        (None, None, true) => CallOutcome::TimedOut(CallFailure {
            code: "timeout".to_owned(),
            message: TOO_LATE.to_owned(),
            status: None,
        }),
        (None, None, false) => {
            problems.push(wrong(path, ONE_ANSWER).lacking(path, &ANSWER));
            return None;
        }
        _ => {
            problems.push(wrong(path, ONE_ANSWER));
            return None;
        }
    };
    (problems.len() == before).then(|| (action.record.id, input, outcome))
}

/// Values by name, each of its type in the contract.
fn values(
    path: &str,
    what: &str,
    node: &Node,
    known: &[(&str, &Type)],
    problems: &mut Vec<Diagnostic>,
) -> Map<String, Json> {
    let Node::Map(members) = node else {
        problems.push(wrong(path, "a map of values by name").found(node.kind()));
        return Map::new();
    };
    for (name, value) in members {
        let at = format!("{path}.{name}");
        match known.iter().find(|(known, _)| known == name) {
            None => {
                let problem =
                    Diagnostic::error(Code::UnknownKey, at, format!("the data action has no {what} `{name}`"));
                problems.push(problem.nearest(name, known.iter().map(|(name, _)| *name)));
            }
            Some((_, data_type)) => {
                problems.extend(constant(&at, &value.to_json(), data_type).err().into_iter().flatten())
            }
        }
    }
    members.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
}

/// A text, or `{ code, message, status }`.
fn failure(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<CallFailure> {
    if let Node::String(message) = node {
        return Some(CallFailure { code: NOT_REACHED.to_owned(), message: message.clone(), status: None });
    }
    let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
    let (code, message, status) = (members.text("code"), members.text("message"), members.integer("status"));
    let (at, at_code) = (members.at("status"), members.at("code"));
    problems.extend(members.finish(&FAILURE_KEYS));
    let read = status.map(u16::try_from).transpose();
    if read.is_err() {
        problems.push(
            Diagnostic::error(Code::InvalidValue, at, "this is not an HTTP status").expected("a number such as 503"),
        );
    }
    if let Some(code) = code.as_deref().filter(|code| !FAILURE_CODES.contains(code)) {
        problems.push(unknown_code(at_code, code));
    }
    Some(CallFailure {
        code: code.unwrap_or_else(|| NOT_REACHED.to_owned()),
        message: message.unwrap_or_default(),
        status: read.ok().flatten(),
    })
}

fn unknown_code(path: String, code: &str) -> Diagnostic {
    if LATE.contains(&code) {
        let message = format!("`{code}` is no failure: there is no answer in time");
        return Diagnostic::error(Code::InvalidValue, path, message)
            .suggestion("write `timeout: true` in the place of `error`");
    }
    Diagnostic::error(Code::InvalidValue, path, format!("calls never fail with `{code}`"))
        .expected(format!("one of: {}", FAILURE_CODES.join(", ")))
        .nearest(code, FAILURE_CODES)
}
