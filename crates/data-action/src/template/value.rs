//! Values while a template is rendered.

use std::borrow::Cow;

use serde_json::Value as Json;

/// A value; `None` is null.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    None,
    /// It prints as itself: a text without quotes.
    Plain(Cow<'a, Json>),
    /// It prints as JSON, a text with its quotes: what came out of an answer.
    Answered(Cow<'a, Json>),
}

impl<'a> Value<'a> {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Plain(Cow::Owned(Json::String(text.into())))
    }

    pub(super) fn own(json: Json) -> Self {
        if json.is_null() { Self::None } else { Self::Plain(Cow::Owned(json)) }
    }

    pub(super) fn plain(json: &'a Json) -> Self {
        if json.is_null() { Self::None } else { Self::Plain(Cow::Borrowed(json)) }
    }

    /// What it prints; none for null.
    pub(super) fn printed(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::None => None,
            Self::Plain(json) => match json.as_ref() {
                Json::String(text) => Some(Cow::Borrowed(text)),
                json => Some(Cow::Owned(json.to_string())),
            },
            Self::Answered(json) => Some(Cow::Owned(json.to_string())),
        }
    }

    /// Whether it is null.
    pub(super) fn is_none(&self) -> bool {
        match self {
            Self::None => true,
            Self::Plain(json) | Self::Answered(json) => json.is_null(),
        }
    }

    /// Whether a condition holds with it: all but null and false do.
    pub(super) fn holds(&self) -> bool {
        match self {
            Self::None => false,
            Self::Plain(json) | Self::Answered(json) => !matches!(json.as_ref(), Json::Null | Json::Bool(false)),
        }
    }

    /// The number that it is.
    pub(super) fn number(&self) -> Option<&serde_json::Number> {
        match self {
            Self::Plain(json) | Self::Answered(json) => json.as_number(),
            Self::None => None,
        }
    }

    /// A part of it: a member or an element.
    pub(super) fn part(self, find: impl for<'j> Fn(&'j Json) -> Option<&'j Json>) -> Self {
        let (json, answered) = match self {
            Self::None => return Self::None,
            Self::Plain(json) => (json, false),
            Self::Answered(json) => (json, true),
        };
        let part = match json {
            Cow::Borrowed(json) => find(json).map(Cow::Borrowed),
            Cow::Owned(json) => find(&json).cloned().map(Cow::Owned),
        };
        match part {
            None => Self::None,
            Some(part) if answered => Self::Answered(part),
            Some(part) if part.is_null() => Self::None,
            Some(part) => Self::Plain(part),
        }
    }
}

/// About how many bytes a value takes as JSON: what copying, comparing or printing it costs.
pub(super) fn weight(json: &Json) -> usize {
    match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => 8,
        Json::String(text) => text.len() + 8,
        Json::Array(list) => list.iter().map(weight).sum::<usize>() + 8,
        Json::Object(map) => map.iter().map(|(name, value)| name.len() + 8 + weight(value)).sum::<usize>() + 8,
    }
}
