//! What the mails have in common that actions write: a text, HTML, or both, and whether the original mail is attached.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{MemberDefinition, Need, Takes, member};
use crate::check::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::types::Type;

pub(super) const TEXT: MemberDefinition =
    member("text", Takes::String, Need::Or("html"), "The mail as plain text. It, `html` or both.");

pub(super) const HTML: MemberDefinition = member(
    "html",
    Takes::Html,
    Need::Or("text"),
    "The mail as HTML. What `${…}` prints is escaped, unless the whole expression is a call of `rawHtml`.",
);

pub(super) const ATTACH_ORIGINAL: MemberDefinition =
    member("attachOriginal", Takes::Boolean, Need::Optional, "Whether the original mail is attached. Left out: no.");

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    /// As plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Json>,
    /// As HTML.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<Json>,
    /// Whether the original mail is attached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attach_original: Option<Json>,
}

/// What a mail says, ready to run. There is a text or HTML.
#[derive(Debug)]
pub struct ProgramLetter {
    /// A string expression.
    pub text: Option<Compiled>,
    /// A string expression whose holes are escaped.
    pub html: Option<Compiled>,
    /// A boolean expression; none: no.
    pub attach_original: Option<Compiled>,
}

impl Letter {
    pub(super) fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let mut text = reader.optional_value(object, "text");
        let html = reader.optional_value(object, "html");
        let attach_original = reader.optional_value(object, "attachOriginal");
        if text.is_none() && html.is_none() {
            text = Some(Json::Null);
            reader.diagnostics.push(
                Diagnostic::error(Code::MissingKey, object.at("text"), "the mail has neither `text` nor `html`")
                    .suggestion("add `text`, or `html`, or both")
                    .lacking(&object.path, &["text", "html"]),
            );
        }
        Self { text, html, attach_original }
    }

    pub(super) fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramLetter> {
        let text = draft.optional("text", self.text.as_ref(), &Type::String);
        let html = self.html.as_ref().map_or(Some(None), |html| draft.html("html", html).map(Some));
        let attach_original = draft.optional("attachOriginal", self.attach_original.as_ref(), &Type::Boolean);
        Some(ProgramLetter { text: text?, html: html?, attach_original: attach_original? })
    }
}

impl ProgramLetter {
    /// Its expressions, with their members.
    pub(super) fn expressions(&self) -> impl Iterator<Item = (String, &Compiled)> {
        let members = [("text", &self.text), ("html", &self.html), ("attachOriginal", &self.attach_original)];
        members.into_iter().filter_map(|(member, compiled)| Some((member.to_owned(), compiled.as_ref()?)))
    }
}
