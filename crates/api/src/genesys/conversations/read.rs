//! What begins or changes a conversation, read member by member.

use std::collections::BTreeMap;

use uuid::Uuid;
use waypost_app::conversations::{NewConversation, Party};
use waypost_ids::{FlowId, QueueId};
use waypost_store::records::catalogue::RouteTarget;
use waypost_store::records::mail::Opening;
use waypost_wire::error::Problem;

use crate::error::ApiError;
use crate::fields::Fields;

/// Members of Genesys's request that make no difference here.
const NOT_LOOKED_AT: &[&str] = &["skillExpression", "externalContactId", "utilizationLabel"];

/// Reads the request; every problem at once.
pub(super) fn conversation(mut body: Fields) -> Result<NewConversation, ApiError> {
    body.required_text("provider");
    let direction = body.text("direction");
    let party = |body: &mut Fields, address: &str, name: &str| Party {
        address: body.text(address).unwrap_or_default().trim().to_owned(),
        name: body.text(name).unwrap_or_default(),
    };
    let from = party(&mut body, "fromAddress", "fromName");
    let to = party(&mut body, "toAddress", "toName");
    let uuid = |value: &serde_json::Value| value.as_str()?.parse::<Uuid>().ok();
    let queue = body.parsed("queueId", "a UUID", uuid);
    let flow = body.parsed("flowId", "a UUID", uuid);
    if queue.is_some() && flow.is_some() {
        body.problem(Problem {
            path: Some("flowId".to_owned()),
            expected: Some("either `queueId` or `flowId`".to_owned()),
            found: Some("both".to_owned()),
            ..Problem::new("bad.flow.id", "a conversation goes to a queue or to a flow, not to both")
        });
    }
    let target = queue.map(|id| RouteTarget::Queue(QueueId(id))).or(flow.map(|id| RouteTarget::Flow(FlowId(id))));
    let (skills, language) = (body.texts("skillIds").unwrap_or_default(), body.text("languageId"));
    if queue.is_none() {
        for (path, said) in [("skillIds", !skills.is_empty()), ("languageId", language.is_some())] {
            if said {
                body.problem(Problem {
                    path: Some(path.to_owned()),
                    expected: Some("nothing, without a `queueId`".to_owned()),
                    ..Problem::new(
                        "email.error.invalid.queue",
                        format!("`{path}` says something of a queue alone: a flow decides for itself"),
                    )
                });
            }
        }
    }
    let new = NewConversation {
        from,
        to,
        subject: body.text("subject").unwrap_or_default(),
        text: body.text("textBody"),
        html: body.text("htmlBody"),
        priority: body.number("priority", i64::MIN..=i64::MAX),
        opening: Opening { target, skills, language, attributes: strings(&mut body, "attributes") },
    };
    body.discard(NOT_LOOKED_AT);
    body.finish(&[
        "provider",
        "direction",
        "queueId",
        "flowId",
        "skillIds",
        "languageId",
        "priority",
        "attributes",
        "toAddress",
        "toName",
        "fromAddress",
        "fromName",
        "subject",
        "htmlBody",
        "textBody",
    ])?;
    match direction.as_deref() {
        Some(direction) if direction.eq_ignore_ascii_case("INBOUND") => Ok(new),
        _ => Err(ApiError::not_offered("an outbound conversation (`direction` is not `INBOUND`)")),
    }
}

/// An object whose members are strings.
pub(super) fn strings(body: &mut Fields, name: &str) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for (key, value) in body.object(name) {
        match value {
            serde_json::Value::String(text) => {
                texts.insert(key, text);
            }
            _ => body.problem(Problem {
                path: Some(format!("{name}.{key}")),
                expected: Some("a string".to_owned()),
                ..Problem::new("invalid.value", format!("the attribute `{key}` must be a string"))
            }),
        }
    }
    texts
}

/// The one thing that can be said of a conversation's state.
pub(super) fn disconnected(mut body: Fields) -> Result<(), ApiError> {
    let said =
        |value: &serde_json::Value| value.as_str().filter(|text| text.eq_ignore_ascii_case("disconnected")).map(drop);
    if body.parsed("state", "disconnected", said).is_none() && !body.has_problems() {
        body.missing("state", "disconnected");
    }
    body.rest().map(drop)
}
