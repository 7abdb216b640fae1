//! The description of one endpoint.

use axum::http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use waypost_app::access::scopes::Scope;
use waypost_wire::listing::{Chunk, Page};

type MakeSchema = fn(&mut SchemaGenerator) -> Schema;

/// An endpoint: what it is for, what it takes, what it answers. The refusals that everything shares are added by the document.
#[derive(Debug)]
pub struct Operation {
    /// Unique over the API; where Genesys offers the same, its SDKs' name for it.
    pub(super) id: &'static str,
    pub(super) summary: &'static str,
    pub(super) token: Token,
    /// Scopes that the token must grant as well.
    pub(super) further: &'static [Scope],
    pub(super) parameters: Vec<Parameter>,
    pub(super) bodies: Vec<Content>,
    pub(super) answers: Vec<(StatusCode, Option<Content>)>,
    pub(super) refusals: Vec<StatusCode>,
}

/// The token that an endpoint wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// None.
    No,
    /// One that is good, whatever it grants.
    Any,
    /// One that grants this.
    With(Scope),
}

/// A body of a request or an answer.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) media_type: &'static str,
    pub(super) schema: MakeSchema,
}

/// A parameter beside the path's own.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) place: &'static str,
    pub(super) summary: &'static str,
    pub(super) required: bool,
    pub(super) kind: Kind,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    /// Joined by commas, or the parameter repeated.
    List,
    Flag,
    Number(u32, u32),
    Words(&'static [&'static str]),
    Uuid,
    Time,
}

/// Describes an endpoint that wants a scope.
pub fn operation(id: &'static str, scope: Scope, summary: &'static str) -> Operation {
    Operation { token: Token::With(scope), ..open(id, summary) }
}

/// Describes an endpoint that wants a token and no scope.
pub fn with_any_token(id: &'static str, summary: &'static str) -> Operation {
    Operation { token: Token::Any, ..open(id, summary) }
}

/// Describes an endpoint that anybody may ask.
pub fn open(id: &'static str, summary: &'static str) -> Operation {
    Operation {
        id,
        summary,
        token: Token::No,
        further: &[],
        parameters: Vec::new(),
        bodies: Vec::new(),
        answers: Vec::new(),
        refusals: Vec::new(),
    }
}

impl Operation {
    /// The token must grant these scopes as well.
    #[must_use]
    pub fn also_needs(self, further: &'static [Scope]) -> Self {
        Self { further, ..self }
    }

    fn parameter(mut self, name: &'static str, kind: Kind, summary: &'static str) -> Self {
        self.parameters.push(Parameter { name, place: "query", summary, required: false, kind });
        self
    }

    /// A query parameter with text.
    #[must_use]
    pub fn text(self, name: &'static str, summary: &'static str) -> Self {
        self.parameter(name, Kind::Text, summary)
    }

    /// A query parameter with a list.
    #[must_use]
    pub fn list(self, name: &'static str, summary: &'static str) -> Self {
        self.parameter(name, Kind::List, summary)
    }

    /// A query parameter that is `true` or `false`.
    #[must_use]
    pub fn flag(self, name: &'static str, summary: &'static str) -> Self {
        self.parameter(name, Kind::Flag, summary)
    }

    /// A query parameter with a whole number.
    #[must_use]
    pub fn number(self, name: &'static str, least: u32, most: u32, summary: &'static str) -> Self {
        self.parameter(name, Kind::Number(least, most), summary)
    }

    /// A query parameter with one of some words, whatever the case.
    #[must_use]
    pub fn words(self, name: &'static str, words: &'static [&'static str], summary: &'static str) -> Self {
        self.parameter(name, Kind::Words(words), summary)
    }

    /// A query parameter with an identifier.
    #[must_use]
    pub fn uuid(self, name: &'static str, summary: &'static str) -> Self {
        self.parameter(name, Kind::Uuid, summary)
    }

    /// A query parameter with a point in time.
    #[must_use]
    pub fn time(self, name: &'static str, summary: &'static str) -> Self {
        self.parameter(name, Kind::Time, summary)
    }

    /// Query parameters that Genesys's clients send and that make no difference here.
    #[must_use]
    pub fn ignored(mut self, names: &[&'static str]) -> Self {
        for name in names {
            self = self.text(name, "No effect here.");
        }
        self
    }

    /// Makes the last parameter one that must be there.
    #[must_use]
    pub fn required(mut self) -> Self {
        if let Some(last) = self.parameters.last_mut() {
            last.required = true;
        }
        self
    }

    /// A header.
    #[must_use]
    pub fn header(mut self, name: &'static str, summary: &'static str) -> Self {
        self.parameters.push(Parameter { name, place: "header", summary, required: false, kind: Kind::Text });
        self
    }

    /// `If-Match`, and 412.
    #[must_use]
    pub fn if_match(self) -> Self {
        self.header("If-Match", "The `ETag` that the change is meant for.").refuses(&[412])
    }

    /// A body in JSON.
    #[must_use]
    pub fn body<T: JsonSchema>(self) -> Self {
        self.body_as("application/json", |generator| generator.subschema_for::<T>())
    }

    /// A body that is a flow document, or as much of it as is to change.
    #[must_use]
    pub fn flow_body(self) -> Self {
        self.body_as("application/json", |_| json_schema!({ "$ref": "#/components/schemas/FlowDocument" }))
    }

    /// A body that is the raw message.
    #[must_use]
    pub fn message_body(self) -> Self {
        self.body_as("message/rfc822", bytes)
    }

    /// A body that is a CSV file.
    #[must_use]
    pub fn csv_body(self) -> Self {
        self.body_as("text/csv", bytes)
    }

    /// A body that is a YAML text.
    #[must_use]
    pub fn yaml_body(self) -> Self {
        self.body_as("application/yaml", bytes)
    }

    /// A body that is a form.
    #[must_use]
    pub fn form_body<T: JsonSchema>(self) -> Self {
        self.body_as("application/x-www-form-urlencoded", |generator| generator.subschema_for::<T>())
    }

    fn body_as(mut self, media_type: &'static str, schema: MakeSchema) -> Self {
        self.bodies.push(Content { media_type, schema });
        self.refuses(&[408, 413, 415])
    }

    /// Answers 200 with JSON.
    #[must_use]
    pub fn answers<T: JsonSchema>(self) -> Self {
        self.answers_with::<T>(StatusCode::OK)
    }

    /// Answers another success with JSON.
    #[must_use]
    pub fn answers_with<T: JsonSchema>(self, status: StatusCode) -> Self {
        self.answer(status, "application/json", |generator| generator.subschema_for::<T>())
    }

    /// Answers 200 with another format.
    #[must_use]
    pub fn answers_as(self, media_type: &'static str) -> Self {
        self.answer(StatusCode::OK, media_type, bytes)
    }

    /// Answers server-sent events, each with such data.
    #[must_use]
    pub fn streams<T: JsonSchema>(self) -> Self {
        self.answer(StatusCode::OK, "text/event-stream", |generator| generator.subschema_for::<T>())
    }

    /// Answers without a body.
    #[must_use]
    pub fn empty(mut self, status: StatusCode) -> Self {
        self.answers.push((status, None));
        self
    }

    fn answer(mut self, status: StatusCode, media_type: &'static str, schema: MakeSchema) -> Self {
        self.answers.push((status, Some(Content { media_type, schema })));
        self
    }

    /// Answers a page of a list, and takes the parameters for it.
    #[must_use]
    pub fn pages<T: JsonSchema>(self) -> Self {
        self.number("pageSize", 1, 500, "Size of a page; 25 by default.")
            .number("pageNumber", 1, u32::MAX, "Which page, counted from 1.")
            .answers::<Page<T>>()
    }

    /// Answers a part of a list, and takes the parameters for it.
    #[must_use]
    pub fn chunks<T: JsonSchema>(self) -> Self {
        self.number("pageSize", 1, 500, "At most this many; 25 by default.")
            .text("cursor", "The `nextCursor` of the previous page.")
            .answers::<Chunk<T>>()
    }

    /// Statuses that it refuses with besides those that everything shares.
    #[must_use]
    pub fn refuses(mut self, statuses: &[u16]) -> Self {
        self.refusals.extend(statuses.iter().filter_map(|status| StatusCode::from_u16(*status).ok()));
        self
    }
}

fn bytes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "format": "binary" })
}
