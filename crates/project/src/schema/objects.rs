//! The schemas of objects other than flows, written by hand: what they say is held against what is read by a test.

use serde_json::{Map, Value as Json, json};
use waypost_catalogue::tables::spec::{PROPERTY, SCHEMA};
use waypost_ids::Term;
use waypost_ids::client::TOKEN_SECONDS_ALLOWED;

/// A document of a kind: its members in their usual order, and those that it must have.
fn document(title: &str, kind: &str, properties: Json, required: &[&str]) -> Json {
    let mut members = Map::new();
    members.insert("kind".to_owned(), json!({ "description": "The kind of the document.", "const": kind }));
    if let Json::Object(properties) = properties {
        members.extend(properties);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "additionalProperties": false,
        "properties": members,
        "required": required,
    })
}

/// The same, with members that the server only keeps.
fn open_document(title: &str, kind: &str, properties: Json, required: &[&str]) -> Json {
    let mut schema = document(title, kind, properties, required);
    if let Some(schema) = schema.as_object_mut() {
        schema.shift_remove("additionalProperties");
    }
    schema
}

fn object(description: &str, properties: Json) -> Json {
    json!({ "description": description, "type": "object", "additionalProperties": false, "properties": properties })
}

fn text(description: &str) -> Json {
    json!({ "description": description, "type": "string" })
}

fn texts(description: &str) -> Json {
    json!({ "description": description, "type": "array", "items": { "type": "string" } })
}

fn name() -> Json {
    text("Its name. Default: the file's name, if the file holds one document.")
}

fn state() -> Json {
    json!({ "description": "Default: unchanged.", "enum": ["enabled", "disabled"] })
}

fn days(kept: &str) -> Json {
    let description = format!(
        "For how many days {kept} are kept after the interaction is completed; 0 is for ever. Default: the server's setting."
    );
    json!({ "description": description, "type": "integer", "minimum": 0, "maximum": 36_500 })
}

fn route_members() -> Json {
    json!({
        "address": text("An address such as care@example.com, or a pattern such as support-*@example.com."),
        "flow": text("The flow that runs, by name; either this or `queue`."),
        "queue": text("The queue that mail goes straight to, by name; either this or `flow`."),
        "unroutedQueue": text("The queue that unrouted mail of this route waits in. Default: Unrouted."),
        "fromName": text("The name beside the address in replies; at most 128 characters."),
        "answerLists": { "description": "Whether flows may answer mail that came through a mailing list. Default: false.", "type": "boolean" },
        "replies": { "description": "Where replies go: with all mail of the route, or back to the queue of the conversation. Default: target.", "enum": ["target", "previousQueue"] },
        "keepContentDays": days("mails and traces"),
        "keepDecisionDays": days("interactions and decisions"),
        "priority": { "description": "The priority that interactions start with; higher is sooner. Default: 0.", "type": "integer" },
    })
}

pub(super) fn route() -> Json {
    document("A route", "route", route_members(), &["kind", "address"])
}

pub(super) fn domain() -> Json {
    document(
        "A domain for which mail is accepted",
        "domain",
        json!({ "domain": text("The domain, such as example.com.") }),
        &["kind", "domain"],
    )
}

pub(super) fn queue() -> Json {
    let named = |description: &str| {
        let reference = object(description, json!({ "name": text("Its name."), "id": text("Its id.") }));
        json!({ "description": description, "anyOf": [{ "type": "string" }, reference] })
    };
    let (webhook, mailbox) = (named("A webhook, by its name."), named("A mailbox, by its name. With `folder`."));
    open_document(
        "A queue",
        "queue",
        json!({
            "name": name(),
            "description": text("What the queue is for."),
            "serviceLevel": text("The time within which work should be claimed: an ISO 8601 duration such as PT4H, at most a year."),
            "deliverTo": object("Where the queue delivers its work. Default: nowhere; work waits to be claimed.", json!({
                "webhook": webhook,
                "addresses": texts("Up to 20 addresses; each gets every mail."),
                "attach": { "description": "Attach the mail to a new one, instead of resending it unchanged. Only with `addresses`.", "type": "boolean" },
                "mailbox": mailbox,
                "folder": text("The folder of the mailbox that each mail is put into."),
            })),
        }),
        &["kind"],
    )
}

pub(super) fn term(title: &str, kind: &str) -> Json {
    open_document(title, kind, json!({ "name": name(), "description": text("What it stands for.") }), &["kind"])
}

pub(super) fn table() -> Json {
    document(
        "A data table",
        "table",
        json!({
            "name": name(),
            "description": text("What the table is for."),
            "ignoreCase": { "description": "Compare keys ignoring case and runs of spaces. Default: false.", "type": "boolean" },
            "schema": {
                "description": "The columns, at most 200.",
                "type": "object",
                "propertyNames": { "enum": SCHEMA },
                "properties": {
                    "properties": {
                        "description": "Each column by its name.",
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "propertyNames": { "enum": PROPERTY },
                            "properties": {
                                "dataType": { "description": "string, integer, number, boolean, datetime, duration, json or list<string>.", "type": "string" },
                                "default": { "description": "The value of a row that leaves the column out." },
                            },
                        },
                    },
                },
            },
            "rows": {
                "description": "A CSV file beside this one, or the rows, each with its key as `KEY`. Default: the rows on the server stay.",
                "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "object", "required": ["KEY"] } }],
            },
        }),
        &[],
    )
}

pub(super) fn schedule() -> Json {
    let calendar = json!({
        "rrule": text("When it recurs: a rule of RFC 5545, such as FREQ=YEARLY."),
        "exdates": { "description": "Dates or times at which it does not apply.", "type": "array" },
        "rdates": { "description": "Further dates or times at which it applies.", "type": "array" },
    });
    let moments = json!({
        "start": text("When it begins: a local time such as 2026-12-24T12:00:00."),
        "end": text("When it ends; either this or `duration`."),
        "duration": text("How long it applies: an ISO 8601 duration such as PT4H."),
    });
    let with = |parts: &[&Json]| {
        let members: Map<String, Json> = parts
            .iter()
            .filter_map(|part| part.as_object())
            .flatten()
            .map(|(name, part)| (name.clone(), part.clone()))
            .collect();
        Json::Object(members)
    };
    let weekly = json!({
        "name": text("Its name in the answer."),
        "days": { "description": "Days of the week, such as mon-fri, or a list of them.", "type": ["string", "array"], "items": { "type": "string" } },
        "from": text("The time of day at which it begins, such as \"09:00\"."),
        "to": text("The time of day at which it ends, such as \"17:00\"; \"24:00\" is midnight."),
    });
    let holiday = json!({
        "name": text("Its name in the answer."),
        "date": text("The day, such as 2026-12-25."),
        "through": text("The last day, if there are several."),
    });
    let rules = |description: &str, own: &Json| json!({ "description": description, "type": "array", "items": object("When it holds.", with(&[own, &moments, &calendar])) });
    open_schedule(json!({
        "name": name(),
        "description": text("What the schedule is for."),
        "timeZone": text("The IANA time zone, such as Europe/Berlin."),
        "open": rules("When it is open.", &weekly),
        "closed": rules("When it is closed during open hours.", &weekly),
        "holidays": rules("Days that are holidays.", &holiday),
        "emergency": object("The emergency switch. Default: unchanged.", json!({
            "active": { "description": "Whether there is an emergency.", "type": "boolean" },
            "reason": text("Its name in the answer."),
        })),
    }))
}

fn open_schedule(properties: Json) -> Json {
    document("A schedule", "schedule", properties, &["timeZone"])
}

pub(super) fn webhook() -> Json {
    document(
        "A webhook; the server makes its secret",
        "webhook",
        json!({
            "name": name(),
            "url": text("The https URL to send requests to."),
            "state": state(),
            "events": texts("The events that it subscribes to, such as interaction.decided."),
        }),
        &["kind", "url"],
    )
}

pub(super) fn data_action() -> Json {
    let seconds = |description: &str, most: u64| json!({ "description": description, "type": "integer", "minimum": 0, "maximum": most });
    let contract = |member: &str, description: &str| {
        let schema = json!({ "description": description, "type": "object" });
        json!({ "type": "object", "properties": { member: schema } })
    };
    // A file that Genesys exported is read as it is: it has more members.
    open_document(
        "A data action",
        "dataAction",
        json!({
            "name": name(),
            "config": {
                "description": "The request, and how the answer becomes outputs.",
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "timeoutSeconds": seconds("How long a call may take, in seconds. Default: 60.", 60),
                    "retries": seconds("How often a failed call is repeated. Default: 0.", 10),
                    "cacheSeconds": seconds("For how many seconds an answer is reused for the same input. Default: 0.", 86_400),
                    "request": {
                        "description": "The request.",
                        "type": "object",
                        "properties": {
                            "requestUrlTemplate": text("The address, with ${input.NAME} in it."),
                            "requestType": text("The method, such as GET."),
                            "headers": { "description": "Header fields; ${credentials.NAME} is a secret's value.", "type": "object" },
                            "requestTemplate": text("The body."),
                        },
                    },
                    "response": {
                        "description": "How the answer becomes outputs.",
                        "type": "object",
                        "properties": {
                            "translationMap": { "description": "Values by name, each a JSONPath.", "type": "object" },
                            "translationMapDefaults": { "description": "The value of a name whose path finds nothing.", "type": "object" },
                            "successTemplate": text("The outputs, as JSON with ${NAME} in it."),
                        },
                    },
                },
            },
            "contract": {
                "description": "The inputs and the outputs, as JSON Schemas.",
                "type": "object",
                "properties": {
                    "input": contract("inputSchema", "The inputs."),
                    "output": contract("successSchema", "The outputs."),
                },
            },
        }),
        &["config", "contract"],
    )
}

pub(super) fn mailbox() -> Json {
    let oauth = json!({
        "tokenUrl": text("The token endpoint."),
        "deviceUrl": text("The device code endpoint; known for Microsoft and Google."),
        "clientId": text("The client's id."),
        "secret": text("The secret that holds the client's secret, by name."),
        "refreshToken": text("The secret that holds the first refresh token, by name."),
        "scopes": texts("The scopes of tokens."),
        "grant": { "description": "The grant by which tokens are requested.", "enum": ["clientCredentials", "refreshToken", "deviceCode"] },
    });
    let auth = |description: &str| {
        let password = text("The secret that holds the password, by name.");
        object(description, json!({ "secret": password, "oauth": object("OAuth 2.", oauth.clone()) }))
    };
    open_document(
        "A mailbox from which mail is taken",
        "mailbox",
        json!({
            "name": name(),
            "host": text("The IMAP server's name."),
            "port": { "description": "Default: 993, or 143 if `tls` is not implicit.", "type": "integer", "minimum": 1, "maximum": 65535 },
            "tls": { "description": "Default: implicit. `none` only to private addresses that are allowed.", "enum": ["implicit", "starttls", "none"] },
            "user": text("The user that logs in."),
            "auth": auth("How it logs in: `secret` or `oauth`."),
            "folders": texts("The folders from which mail is taken. Default: INBOX."),
            "start": text("Which existing mail is taken: new (none), unseen, all, or a date such as 2026-11-30. Default: new."),
            "after": object("What happens to mail that was taken.", json!({
                "flag": text("The flag to set. Default: \\Seen, if `after` is left out."),
                "moveTo": text("The folder to move it to."),
                "delete": { "description": "Delete it.", "type": "boolean" },
            })),
            "route": text("An address of a route: mail of this mailbox is routed as sent to it."),
            "submission": object("The submission server for mail that goes out by the route. Default: the smarthost.", json!({
                "host": text("The server's name."),
                "port": { "description": "Default: 465, or 587 if `tls` is starttls.", "type": "integer", "minimum": 1, "maximum": 65535 },
                "tls": { "description": "Default: implicit, or starttls on port 587.", "enum": ["implicit", "starttls"] },
                "user": text("The user that logs in. Default: the mailbox's."),
                "auth": auth("How it logs in. Default: as to the mailbox."),
            })),
            "state": state(),
        }),
        &["kind", "host", "user", "auth", "route"],
    )
}

pub(super) fn client() -> Json {
    let (shortest, longest) = (TOKEN_SECONDS_ALLOWED.start(), TOKEN_SECONDS_ALLOWED.end());
    document(
        "A client of the API; the server makes its secret",
        "client",
        json!({
            "name": name(),
            "description": text("What it is for."),
            "scopes": texts("Its scopes: flow:read, flow:write, routing:read, routing:write, email:read, email:write, admin, or Genesys's names for them."),
            "accessTokenValiditySeconds": { "description": "How long its tokens last, in seconds. Default: unchanged; a day for a new client.", "type": "integer", "minimum": shortest, "maximum": longest },
            "state": { "description": "Default: unchanged. An inactive client gets no tokens.", "enum": ["active", "inactive"] },
        }),
        &["kind", "scopes"],
    )
}

pub(super) fn project() -> Json {
    let name = text(
        "The name under which a server records what was applied from here: 1 to 64 letters, digits, `-`, `_` and `.`.",
    );
    document("The project's name", "project", json!({ "name": name }), &["kind", "name"])
}

pub(super) fn routing() -> Json {
    let named = |description: &str| {
        json!({
            "description": description,
            "type": ["array", "null"],
            "items": { "anyOf": [{ "type": "string" }, object("By its name.", json!({ "name": { "type": "string" } }))] },
        })
    };
    let mut properties = Map::new();
    properties.insert("queues".to_owned(), named("Queues by name: created if missing, otherwise left alone."));
    for term in Term::ALL {
        properties.insert(term.plural().to_owned(), named("Names: created if missing, otherwise left alone."));
    }
    let mut route = object("A route.", route_members());
    if let Some(route) = route.as_object_mut() {
        route.insert("required".to_owned(), json!(["address"]));
    }
    properties
        .insert("routes".to_owned(), json!({ "description": "Routes.", "type": ["array", "null"], "items": route }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Queues and routes in one document",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    })
}
