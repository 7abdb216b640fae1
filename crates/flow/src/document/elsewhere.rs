//! Words that mean something elsewhere: actions by the names that Architect has for them, and keys that belong to another part of a flow.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Node;

/// What Architect's flows are called in their YAML, and whether they have an equivalent here.
const FLOWS: [(&str, bool); 17] = [
    ("inboundEmail", true),
    ("commonModule", true),
    ("inQueueEmail", false),
    ("inboundCall", false),
    ("inqueueCall", false),
    ("inboundChat", false),
    ("inboundShortMessage", false),
    ("inqueueShortMessage", false),
    ("outboundCall", false),
    ("secureCall", false),
    ("botFlow", false),
    ("digitalBotFlow", false),
    ("workflow", false),
    ("workitem", false),
    ("surveyInvite", false),
    ("voicemail", false),
    ("voiceSurvey", false),
];

/// How an export begins that Architect alone reads (`.i3InboundFlow` and the like): Base64 of a percent-encoded JSON object.
const BINARY: &str = "JTdCJTIy";

/// Architect's actions, in lower case without spaces, and what to write here.
const ACTIONS: &[(&[&str], &str)] = &[
    (&["transfertoacd"], "write `transferToQueue`"),
    (&["sendautoreply"], "write `sendReply`"),
    (&["sendnotification"], "write `sendMail`"),
    (&["updatedata"], "write `setVariable`, one for each statement"),
    (
        &["decision", "switch"],
        "write branches behind the node's actions: `next: [{ when: \"${…}\", to: NODE }, { to: NODE }]`",
    ),
    (&["loop", "nextloop", "exitloop"], "write `forEach` or `while`, or a branch of `next` that leads back"),
    (&["callcommonmodule"], "write `runFlow`"),
    (&["calltask"], "write `runFlow`: a task is a shared flow here"),
    (&["endtask"], "write `return`"),
    (&["jumptotask", "changestate"], "write a branch behind the node's actions: `next: [{ to: NODE }]`"),
    (&["calldata"], "write `callDataAction`"),
    (&["datatablelookup"], "write `lookupTable`"),
    (&["findqueuebyid"], "write `findQueue`, which takes a name or an id"),
    (&["evaluateschedulegroup"], "write `evaluateSchedule`"),
    (&["setparticipantdata"], "write `setAttributes`"),
    (&["getparticipantdata"], "read it where it is needed: `${interaction.attributes.NAME}`"),
    (&["initializeflowoutcome", "initialize", "setflowoutcome"], "write `setOutcome`"),
    (&["getexternalcontact", "searchexternalcontacts"], "write `callDataAction`, or `lookupTable`"),
    (&["getresponse"], "write the text here, or keep it in a data table and write `lookupTable`"),
    (&["wait"], "leave it out: a flow decides immediately, and work waits in a queue"),
    (&["setwrapupcode"], "leave it out: whoever completes the work sets its outcome"),
    (
        &[
            "setlanguage",
            "screenpop",
            "encryptdata",
            "detectintent",
            "addflowmilestone",
            "calldecisiontable",
            "setpostflow",
        ],
        "leave it out: there is no such thing here",
    ),
];

/// Keys, and whose they are.
const KEYS: &[(&str, &str)] = &[
    ("onError", "an action or to the flow"),
    ("next", "a node"),
    ("when", "a branch of `next`, or to a condition of `conditionSet`"),
    ("actions", "a node or a loop"),
    ("nodes", "the flow"),
    ("conditionSet", "the flow"),
    ("trigger", "the flow"),
    ("inputs", "the flow"),
    ("outputs", "the flow"),
    ("variables", "the flow"),
];

/// What is said of a flow that Architect exported. Its form is another one, so nothing else about it helps.
pub(super) fn export(node: &Node) -> Option<Diagnostic> {
    let (code, key, has_equivalent) = match node {
        Node::Map(members) => match members.as_slice() {
            [(key, Node::Map(_))] => {
                let (_, has_equivalent) = FLOWS.iter().find(|(flow, _)| flow.eq_ignore_ascii_case(key))?;
                (Code::UnknownKey, key.as_str(), *has_equivalent)
            }
            _ => return None,
        },
        Node::String(text) if text.starts_with(BINARY) => (Code::WrongKind, "", true),
        Node::String(_) | Node::Null | Node::Boolean(_) | Node::Integer(_) | Node::Number(_) | Node::List(_) => {
            return None;
        }
    };
    let message = match key {
        "" => "a flow in Architect's own format".to_owned(),
        key => format!("`{key}` is a flow in Architect's own format"),
    };
    let problem = Diagnostic::error(code, key, message).expected("a flow with `name`, `type` and `nodes`");
    Some(problem.suggestion(if has_equivalent {
        "write it anew, with nodes instead of states and tasks: docs/architect.md has the equivalent of each action"
    } else {
        "leave it out: only inbound email flows and common modules have an equivalent here"
    }))
}

/// What to do instead of an action that there is in Architect.
pub(super) fn action(written: &str) -> Option<&'static str> {
    let plain: String = written.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).collect();
    let plain = plain.to_ascii_lowercase();
    ACTIONS.iter().find(|(names, _)| names.contains(&plain.as_str())).map(|(_, meant)| *meant)
}

/// Where a key that is not known here belongs.
pub(super) fn key(written: &str) -> Option<String> {
    let (key, whose) = KEYS.iter().find(|(key, _)| *key == written)?;
    Some(format!("`{key}` belongs to {whose}"))
}
