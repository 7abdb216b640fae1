//! `POST /flows/{flowId}/try`: a flow tried on a supplied mail. Nothing is stored, nothing is sent.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, Request, State};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;
use waypost_app::access::scopes::Scope;
use waypost_app::mail::attempt::{Given, Tried as Aim};
use waypost_app::mail::given::ANSWERS;
use waypost_catalogue::versions::VersionName;
use waypost_flow::source::{self, Node};
use waypost_wire::attempt::{Tried, Unanswered};
use waypost_wire::error::Problem;

use super::{VERSION_EXPECTED, parse_id, version_in, version_name};
use crate::auth::{Caller, FlowRead};
use crate::body::{media_type, read, tree, unsupported};
use crate::error::ApiError;
use crate::fields::Fields;
use crate::interactions::view::decision;
use crate::query::Query;
use crate::state::ApiState;

const MEMBERS: [&str; 12] = [
    "message",
    "messageBase64",
    "version",
    "document",
    "inputs",
    "attributes",
    "priority",
    "receivedAt",
    "auth",
    "scan",
    "interactionId",
    ANSWERS,
];

/// The endpoint. The body is the raw message (`message/rfc822`), or JSON that says more.
pub async fn attempt(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    Path(id): Path<String>,
    mut query: Query,
    request: Request,
) -> Result<Json<Tried>, ApiError> {
    let named = query.parsed("version", VERSION_EXPECTED, version_name);
    query.finish()?;
    let flow_id = parse_id(&id)?;
    let (parts, body) = request.into_parts();
    let content = read(&state, &parts, body, state.settings.max_message_bytes).await?;
    let (aim, given) = match media_type(&parts.headers).as_deref() {
        None | Some("message/rfc822" | "message/global") => {
            (None, Given { raw: content.bytes.clone(), ..Given::default() })
        }
        Some("application/json") => said(&tree(&content.bytes).await?)?,
        Some(other) => return Err(unsupported(other, "message/rfc822 or application/json")),
    };
    let given = Given { may_read_routing: caller.may(Scope::RoutingRead), ..given };
    if given.raw.is_empty() {
        let problem =
            Problem { path: Some("message".to_owned()), ..Problem::new("bad.request", "there is no message") };
        return Err(ApiError::invalid("bad.request", vec![problem]));
    }
    let aim = aim.unwrap_or_else(|| Aim::Version(named.unwrap_or(VersionName::Newest)));
    let tried = state.app.attempt(&caller.client, flow_id, aim, given).await?;
    Ok(Json(Tried {
        flow_id,
        version: tried.version,
        decision: decision(&state.app, tried.decision),
        attributes: tried.attributes,
        outputs: tried.outputs,
        sends: tried.sends,
        unanswered: tried
            .unanswered
            .into_iter()
            .map(|call| Unanswered { data_action: call.data_action, input: call.input })
            .collect(),
        unasked: tried.unasked,
        steps: tried.steps,
        duration_us: tried.duration_us,
        trace: tried.trace,
    }))
}

/// What a JSON body says. Document and answers are taken from the tree as it was sent; keys that the document has twice are told with its problems.
fn said(body: &Node) -> Result<(Option<Aim>, Given), ApiError> {
    let document = source::member(body, "document").filter(|node| !matches!(node, Node::Null)).cloned();
    let mut fields = Fields::of_tree(body, &["document"])?;
    let is_list = |value: &Value| value.is_array().then_some(());
    let has_answers = fields.parsed(ANSWERS, "a list of answers", is_list).is_some();
    let answers = match source::member(body, ANSWERS) {
        Some(Node::List(answers)) if has_answers => answers.clone(),
        _ => Vec::new(),
    };
    let decode = |value: &Value| BASE64.decode(value.as_str()?).ok();
    let raw = match fields.parsed("messageBase64", "a message in Base64", decode) {
        Some(bytes) => bytes,
        None => fields.required_text("message").into_bytes(),
    };
    let version = fields.parsed("version", VERSION_EXPECTED, version_in);
    let inputs = fields.object("inputs");
    let mut attributes = BTreeMap::new();
    for (name, value) in fields.object("attributes") {
        match value {
            Value::String(text) => drop(attributes.insert(name, text)),
            _ => fields.problem(Problem {
                path: Some(format!("attributes.{name}")),
                ..Problem::new("invalid.value", "an attribute is a string")
            }),
        }
    }
    let priority = fields.number("priority", i64::MIN..=i64::MAX).unwrap_or_default();
    let time = |value: &Value| value.as_str()?.parse().ok();
    let received_at = fields.parsed("receivedAt", "a time such as 2026-01-31T12:00:00Z", time);
    let (auth, scan) = (
        fields.parsed("auth", "an object", |auth| Some(auth.clone())),
        fields.parsed("scan", "an object", |scan| Some(scan.clone())),
    );
    let interaction = fields.parsed("interactionId", "a UUID", |value| value.as_str()?.parse().ok());
    if document.is_some() && version.is_some() {
        let message = "either a `version` is tried or a `document`";
        fields.problem(Problem { path: Some("version".to_owned()), ..Problem::new("invalid.value", message) });
    }
    fields.finish(&MEMBERS)?;
    let aim = document.map(Aim::Document).or(version.map(Aim::Version));
    let given = Given {
        raw: raw.into(),
        inputs,
        attributes,
        priority,
        received_at,
        interaction,
        auth,
        scan,
        answers,
        may_read_routing: false,
    };
    Ok((aim, given))
}
