//! The JSON Schema of test files (draft 2020-12), by which editors complete and check them. A test holds it against what is read.

use serde_json::{Value as Json, json};
use waypost_app::mail::given;
use waypost_app::outbox::sends::RULES;
use waypost_ids::{AuthResult, ScanResult};

/// A `<name>`, in whose place a row's value stands: a text, or a whole list or map.
const COLUMN: &str = "^<[^<>]+>$";

/// The schema as a document of its own.
#[must_use]
pub fn json_schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tests of flows",
        "type": "object",
        "additionalProperties": false,
        "required": ["tests"],
        "properties": {
            "defaults": defaults(),
            "tests": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/case" } },
        },
        "$defs": {
            "case": case(),
            "mail": mail(),
            "recorded": recorded(),
            "envelope": envelope(),
            "method": method(),
            "answer": answer(),
            "expect": { "oneOf": [{ "const": "snapshot", "description": "Everything is as the snapshot beside the file says; `--update` writes it." }, expect()] },
            "send": send(),
            "log": log(),
            "text": text(),
            "texts": {
                "description": "A text, or a list of texts.",
                "anyOf": [{ "$ref": "#/$defs/plain" }, { "type": "array", "items": { "$ref": "#/$defs/plain" } }],
            },
            "plain": { "type": ["string", "integer", "boolean"] },
            "column": { "description": "The value that a row has for a name.", "type": "string", "pattern": COLUMN },
        },
    })
}

/// The schema of a file of answers, which `run --answers` takes.
#[must_use]
pub fn answers_schema() -> Json {
    let mut schema = json_schema();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), json!("Answers of data actions, tables and schedules"));
        schema.insert("required".to_owned(), json!(["answers"]));
        let answers = json!({ "type": "array", "items": { "$ref": "#/$defs/answer" } });
        schema.insert("properties".to_owned(), json!({ "answers": answers }));
    }
    schema
}

/// A map with these members. A row may have it, and each list and map in it, as a whole.
fn object(description: &str, mut properties: Json) -> Json {
    for property in properties.as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        let Some(property) = property.as_object_mut() else { continue };
        let mut kinds: Vec<&str> = match property.get("type") {
            Some(Json::String(kind)) => vec![kind],
            Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
            _ => continue,
        };
        if kinds.iter().any(|kind| ["array", "object"].contains(kind)) && !kinds.contains(&"string") {
            kinds.push("string");
            let kinds = json!(kinds);
            property.insert("type".to_owned(), kinds);
            property.insert("pattern".to_owned(), json!(COLUMN));
        }
    }
    json!({
        "description": description,
        "type": ["object", "string"],
        "pattern": COLUMN,
        "additionalProperties": false,
        "properties": properties,
    })
}

fn defaults() -> Json {
    object(
        "What a case has that says nothing else.",
        json!({
            "at": { "description": "When the mail is accepted (RFC 3339).", "type": "string" },
            "mail": { "description": "Fields of the mail.", "$ref": "#/$defs/mail" },
            "answers": { "description": "Answers that come after the case's own.", "type": "array", "items": { "$ref": "#/$defs/answer" } },
        }),
    )
}

fn case() -> Json {
    let mut case = object(
        "A case. `rows` makes one of each row, with its values in the place of `<names>`.",
        json!({
            "name": { "description": "What the case shows.", "type": "string" },
            "flow": {
                "description": "The flow under test, by name: it is called by itself. With its type, where a shared flow and one for mail have the name.",
                "anyOf": [{ "type": "string" }, {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name"],
                    "properties": { "name": { "type": "string" }, "type": { "type": "string" } },
                }],
            },
            "route": { "description": "An address that one of the folder's routes takes: what it leads to is tested.", "type": "string" },
            "mail": { "description": "The mail as its fields, or a recorded one.", "anyOf": [{ "$ref": "#/$defs/mail" }, { "$ref": "#/$defs/recorded" }] },
            "file": { "description": "The mail as an .eml file, named from where the test file is.", "type": "string" },
            "at": { "description": "When the mail is accepted (RFC 3339): what the flow takes for now. Else the mail's date.", "type": "string" },
            "envelope": { "$ref": "#/$defs/envelope" },
            "auth": object("Who is supposed to have sent the mail. What is left out is `unknown`.", json!({
                "spf": { "$ref": "#/$defs/method" },
                "dkim": { "$ref": "#/$defs/method" },
                "dmarc": { "$ref": "#/$defs/method" },
            })),
            "scan": {
                "description": "What a scanner is supposed to say of the mail: an object, or its result alone.",
                "anyOf": [
                    { "$ref": "#/$defs/column" },
                    { "enum": ScanResult::WORDS },
                    object("What a scanner says.", json!({
                        "result": { "description": "What it says.", "type": "string" },
                        "by": { "description": "Who says so.", "type": "string" },
                    })),
                ],
            },
            "attributes": { "description": "The interaction's attributes before the run.", "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } },
            "inputs": { "description": "Values for the inputs of `flow`.", "type": "object" },
            "thread": thread(),
            "previous": previous(),
            "answers": { "description": "What data actions answer; what tables and schedules answer, in the place of the folder's own.", "type": "array", "items": { "$ref": "#/$defs/answer" } },
            "expect": { "$ref": "#/$defs/expect" },
            "rows": { "description": "Values by name, one map for each case.", "type": "array", "minItems": 1, "items": { "type": "object" } },
        }),
    );
    if let Some(case) = case.as_object_mut() {
        case.insert("type".to_owned(), json!("object"));
        case.remove("pattern");
        case.insert("required".to_owned(), json!(["name", "expect"]));
        case.insert("oneOf".to_owned(), json!([{ "required": ["flow"] }, { "required": ["route"] }]));
    }
    case
}

fn thread() -> Json {
    object(
        "The thread that the mail joins. Left out, without `previous`: it begins one.",
        json!({
            "id": { "description": "The thread's id. Default: that of the mail before it, if that is the first.", "type": "string" },
            "reason": { "description": "Why it belongs to the thread. Default: references.", "enum": ["references", "in-reply-to", "marker", "subject"] },
            "position": { "description": "Its place in the thread. Default: 2.", "type": "integer", "minimum": 1 },
        }),
    )
}

fn previous() -> Json {
    object(
        "The interaction before it in the thread.",
        json!({
            "id": { "description": "Its id.", "type": "string" },
            "queue": { "description": "The queue that it was decided or transferred to, by name.", "type": "string" },
            "attributes": { "description": "Its attributes.", "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } },
            "decision": { "description": "How it was decided. Default: queue, if there is one.", "enum": ["queue", "forward", "disconnect", "unrouted"] },
            "receivedAt": { "description": "When it was accepted (RFC 3339).", "type": "string" },
            "priority": { "description": "Its priority.", "type": "integer" },
            "skills": { "description": "The skills it asked for.", "type": "array", "items": { "type": "string" } },
            "language": { "description": "The language it asked for.", "type": "string" },
        }),
    )
}

fn mail() -> Json {
    object(
        "The mail as its fields.",
        json!({
            "from": { "$ref": "#/$defs/texts" },
            "to": { "$ref": "#/$defs/texts" },
            "cc": { "$ref": "#/$defs/texts" },
            "replyTo": { "$ref": "#/$defs/texts" },
            "subject": { "type": "string" },
            "text": { "type": "string" },
            "html": { "type": "string" },
            "headers": { "description": "Header fields by name; they replace those that the mail has besides.", "type": "object", "additionalProperties": { "$ref": "#/$defs/texts" } },
            "attachments": {
                "type": "array",
                "items": object(
                    "An attachment.",
                    json!({
                        "name": { "type": "string" },
                        "contentType": { "type": "string" },
                        "text": { "type": "string" },
                        "base64": { "type": "string" },
                    }),
                ),
            },
            "messageId": { "type": "string" },
        }),
    )
}

fn recorded() -> Json {
    let mut recorded = object(
        "The mail of a recorded interaction. `waypost test --fetch` fetches it once, with what it came with.",
        json!({ "interaction": { "description": "The interaction's id.", "type": "string" } }),
    );
    if let Some(recorded) = recorded.as_object_mut() {
        recorded.insert("type".to_owned(), json!("object"));
        recorded.remove("pattern");
        recorded.insert("required".to_owned(), json!(["interaction"]));
    }
    recorded
}

fn method() -> Json {
    json!({
        "description": "What a method finds: an object, or its result alone. What passes is aligned unless it says otherwise.",
        "anyOf": [
            { "$ref": "#/$defs/column" },
            { "enum": AuthResult::WORDS },
            object(
                "What a method finds.",
                json!({
                    "result": { "description": "A word of RFC 8601, or `unknown`.", "type": "string" },
                    "domain": { "description": "The domain that it is about.", "type": "string" },
                    "aligned": { "description": "Whether it passed for a domain that is aligned with the author's.", "type": ["boolean", "string"] },
                }),
            ),
        ],
    })
}

fn envelope() -> Json {
    object(
        "What the mail comes in.",
        json!({
            "from": { "description": "The sender; empty for the null reverse-path.", "type": "string" },
            "to": { "description": "The recipient.", "type": "string" },
            "remote": { "description": "The address of the host that hands it in.", "type": "string" },
        }),
    )
}

fn answer() -> Json {
    let mut answer = object(
        "What a data action, a table or a schedule answers: `output`, `error` or `timeout`.",
        json!({
            "dataAction": { "description": "The data action's name.", "type": "string" },
            "table": { "description": "The table's name.", "type": "string" },
            "schedule": { "description": "The schedule's name.", "type": "string" },
            "input": { "description": "The key that is looked up, the instant, or inputs of the call; left out, any.", "type": ["string", "object"] },
            "output": { "description": "The row's columns, null for no such row; a schedule's `state`, `name` and `nextChange`, or a data action's outputs.", "type": ["object", "null", "string"] },
            "error": { "description": "Why there is no answer: a text; of a data action also an object.", "anyOf": [{ "type": "string" }, failure()] },
            "timeout": { "description": "There is no answer in time.", "anyOf": [{ "type": "boolean" }, { "$ref": "#/$defs/column" }] },
        }),
    );
    // Only calls fail with codes, and only schedules have states.
    let only = |kind: &str, member: &str, schema: Json| {
        json!({
            "if": { "type": "object", "required": [kind] },
            "then": { "properties": { member: schema } },
        })
    };
    if let Some(answer) = answer.as_object_mut() {
        let text = json!({ "type": "string" });
        let rules = [
            only("table", "error", text.clone()),
            only("schedule", "error", text),
            only("schedule", "output", standing()),
        ];
        answer.insert("allOf".to_owned(), json!(rules));
    }
    answer
}

/// A value of some words, which a row may have.
fn one_of(description: &str, words: &[&str]) -> Json {
    json!({ "description": description, "anyOf": [{ "enum": words }, { "$ref": "#/$defs/column" }] })
}

fn failure() -> Json {
    object(
        "How a call fails.",
        json!({
            "code": one_of("What went wrong. Default: unreachable.", &given::FAILURE_CODES),
            "status": {
                "description": "The HTTP status of the service's answer.",
                "anyOf": [{ "type": "integer", "minimum": 0, "maximum": u16::MAX }, { "$ref": "#/$defs/column" }],
            },
            "message": { "description": "The same for people.", "type": "string" },
        }),
    )
}

fn standing() -> Json {
    object(
        "What the schedule says.",
        json!({
            "state": one_of("Its state.", &given::state_words()),
            "name": { "description": "What it is called, such as a holiday.", "type": "string" },
            "nextChange": { "description": "When it changes next (RFC 3339).", "type": "string" },
        }),
    )
}

/// The same, or null: there is none.
fn or_null(description: &str, schemas: &[Json]) -> Json {
    let any: Vec<Json> = schemas.iter().cloned().chain([json!({ "type": "null" })]).collect();
    json!({ "description": description, "anyOf": any })
}

fn expect() -> Json {
    let text = || json!({ "$ref": "#/$defs/text" });
    let texts = || json!({ "$ref": "#/$defs/texts" });
    let column = || json!({ "$ref": "#/$defs/column" });
    object(
        "What is expected. What is left out is not compared.",
        json!({
            "decision": { "anyOf": [{ "enum": ["queue", "forward", "disconnect", "unrouted"] }, { "$ref": "#/$defs/column" }] },
            "queue": { "description": "The queue's name; null: none.", "type": ["string", "null"] },
            "priority": or_null("The priority; null: none, which is 0.", &[json!({ "type": "integer" }), column()]),
            "skills": or_null("The required skills; null: none.", &[texts()]),
            "language": or_null("The required language; null: none.", &[text()]),
            "addresses": or_null("Where it is forwarded; null: nowhere.", &[texts()]),
            "reason": or_null("The reason of a disconnect; null: none.", &[text()]),
            "outcome": or_null("The outcome that the flow set; null: none.", &[text()]),
            "attributes": { "description": "Attributes in the end; null for one: not set; null for all: none is.", "type": ["object", "null"], "additionalProperties": { "anyOf": [{ "$ref": "#/$defs/text" }, { "type": "null" }] } },
            "variables": { "description": "Variables of the flow under test, as they were last set; null for one: it has no value; null for all: none has.", "type": ["object", "null"] },
            "outputs": { "description": "Outputs of the flow under test; null for one: it has no value; null for all: there are none.", "type": ["object", "null"] },
            "sends": { "description": "What must be sent, whatever else is; an empty list or null: nothing is.", "type": ["array", "null"], "items": { "$ref": "#/$defs/send" } },
            "sendsNot": { "description": "What must not be sent; `{}` is anything.", "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/send" } },
            "path": { "description": "The nodes that are entered, in order; those of called flows as `Flow/node`; null: none.", "type": ["array", "null"], "items": { "type": "string" } },
            "logs": { "description": "What must be logged, whatever else is; an empty list or null: nothing is.", "type": ["array", "null"], "items": { "$ref": "#/$defs/log" } },
            "error": or_null("The code or the message of the run's error; null: none.", &[text()]),
        }),
    )
}

fn send() -> Json {
    let text = || json!({ "$ref": "#/$defs/text" });
    let flag = || [json!({ "type": "boolean" }), json!({ "$ref": "#/$defs/column" })];
    let held_by = RULES;
    object(
        "Something that is sent. Null: it has none of it.",
        json!({
            "kind": { "anyOf": [{ "enum": ["reply", "mail", "forward", "webhook", "queuePush"] }, { "$ref": "#/$defs/column" }] },
            "to": or_null("One of the recipients, or a list of all of them; null: nobody.", &[text(), json!({ "type": "array", "items": { "type": "string" } })]),
            "subject": or_null("Its subject; null: none.", &[text()]),
            "text": or_null("What it says as plain text; null: nothing.", &[text()]),
            "html": or_null("What it says as HTML; null: nothing.", &[text()]),
            "replyAll": or_null("Whether a reply goes to all others who had the mail; null: it does not.", &flag()),
            "attachOriginal": or_null("Whether the original mail is attached; null: it is not.", &flag()),
            "attach": or_null("Whether a forward attaches the mail to one of the route's own; null: it does not.", &flag()),
            "webhook": { "description": "The webhook's name; null: none.", "type": ["string", "null"] },
            "payload": { "description": "What the webhook is sent; null: the interaction." },
            "heldBy": { "description": "The rule that holds it back; left out or null: none, so it goes out.", "anyOf": [{ "enum": held_by }, { "type": "null" }, { "$ref": "#/$defs/column" }] },
        }),
    )
}

fn log() -> Json {
    object(
        "A line that a flow logs.",
        json!({
            "level": { "anyOf": [{ "enum": ["debug", "info", "warn", "error"] }, { "$ref": "#/$defs/column" }] },
            "message": { "$ref": "#/$defs/text" },
        }),
    )
}

fn text() -> Json {
    json!({
        "description": "A text, exactly so; or what it contains or matches.",
        "anyOf": [
            { "$ref": "#/$defs/plain" },
            {
                "type": "object",
                "additionalProperties": false,
                "minProperties": 1,
                "properties": {
                    "contains": { "$ref": "#/$defs/texts" },
                    "matches": { "description": "A regular expression; it may match anywhere.", "$ref": "#/$defs/texts" },
                },
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    use crate::{aim, case, defaults, expect, logs, mail, recorded, thread, trial};

    #[test]
    fn the_schema_has_what_is_read() {
        let schema = json_schema();
        for (path, keys) in [
            ("/$defs/case/properties", &case::keys()[..]),
            ("/$defs/case/properties/flow/anyOf/1/properties", &aim::FLOW),
            ("/$defs/mail/properties", &mail::KEYS),
            ("/$defs/mail/properties/attachments/items/properties", &mail::ATTACHMENT),
            ("/$defs/envelope/properties", &trial::ENVELOPE),
            ("/$defs/case/properties/thread/properties", &thread::THREAD_KEYS),
            ("/$defs/case/properties/previous/properties", &thread::PREVIOUS_KEYS),
            ("/$defs/answer/properties", &given::KEYS),
            ("/$defs/answer/properties/error/anyOf/1/properties", &given::FAILURE_KEYS),
            ("/$defs/answer/allOf/2/then/properties/output/properties", &given::STANDING_KEYS),
            ("/$defs/recorded/properties", &[recorded::INTERACTION]),
            ("/$defs/expect/oneOf/1/properties", &expect::KEYS),
            ("/$defs/send/properties", &expect::SEND),
            ("/$defs/log/properties", &logs::KEYS),
            ("/properties/defaults/properties", &defaults::KEYS),
        ] {
            let properties = schema.pointer(path).and_then(Json::as_object).unwrap_or_else(|| panic!("{path}"));
            let written: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
            assert_eq!(written, keys.iter().copied().collect(), "{path}");
        }
    }
}
