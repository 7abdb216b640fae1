//! What is kept of an interaction beside its mail: the members of a case that make it run as it did.

use serde_json::{Map, Value as Json, json};
use waypost_app::mail::given::ANSWERS;
use waypost_flow::source::yaml_text;
use waypost_ids::{AuthResult, ThreadReason};
use waypost_wire::interaction::{Auth, AuthMethod, Interaction, InteractionThread, PreviousInteraction};

use crate::thread;

/// The text of the file. It has what a case has a place for: when the mail was accepted, its envelope, who sent it, what a scanner said, attributes
/// that it came with, its thread; and what data actions answered.
#[must_use]
pub fn kept(interaction: &Interaction, answers: Vec<Json>) -> String {
    let mut case = Map::new();
    let mut say = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            case.insert(name.to_owned(), value);
        }
    };
    say("at", Some(interaction.received_at.to_string().into()));
    say("envelope", Some(envelope(interaction)));
    say("auth", interaction.auth.as_ref().map(auth));
    say("scan", interaction.scan.as_ref().map(|scan| without_absent(json!({ "result": scan.result, "by": scan.by }))));
    let attributes = interaction.opening.as_ref().map(|opening| &opening.attributes);
    say("attributes", attributes.filter(|attributes| !attributes.is_empty()).map(|attributes| json!(attributes)));
    let joined = interaction.thread.as_ref().filter(|thread| thread.reason != ThreadReason::New);
    say(
        thread::THREAD,
        joined.map(|thread| json!({ "id": thread.id, "reason": thread.reason, "position": thread.position })),
    );
    say(
        thread::PREVIOUS,
        joined.and_then(|InteractionThread { previous, .. }| Some(self::previous(previous.as_ref()?))),
    );
    say(ANSWERS, (!answers.is_empty()).then_some(Json::Array(answers)));
    yaml_text(&Json::Object(case))
}

/// A conversation that was opened over HTTP may have no sender; otherwise an empty one is the null reverse-path.
fn envelope(interaction: &Interaction) -> Json {
    let envelope = &interaction.envelope;
    let from = Some(&envelope.from).filter(|from| !from.is_empty() || interaction.opening.is_none());
    without_absent(json!({ "from": from, "to": envelope.to, "remote": envelope.remote }))
}

fn auth(auth: &Auth) -> Json {
    let method = |method: &AuthMethod| {
        let AuthMethod { result, domain, aligned, .. } = method;
        let is_known = *result != AuthResult::Unknown || domain.is_some();
        is_known.then(|| without_absent(json!({ "result": result, "domain": domain, "aligned": aligned })))
    };
    without_absent(json!({ "spf": method(&auth.spf), "dkim": method(&auth.dkim), "dmarc": method(&auth.dmarc) }))
}

fn previous(previous: &PreviousInteraction) -> Json {
    let said = |texts: &[String]| (!texts.is_empty()).then(|| json!(texts));
    without_absent(json!({
        "id": previous.id,
        "queue": previous.queue,
        "attributes": (!previous.attributes.is_empty()).then(|| json!(previous.attributes)),
        "decision": previous.decision,
        "receivedAt": previous.received_at,
        "priority": Some(previous.priority).filter(|priority| *priority != 0),
        "skills": said(&previous.skills),
        "language": previous.language,
    }))
}

fn without_absent(value: Json) -> Json {
    match value {
        Json::Object(members) => members.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        other => other,
    }
}
