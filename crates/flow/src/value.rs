//! Values while a run lasts. They borrow from the email and the program wherever they can: copying a body costs more than searching it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::email::AddressField;

/// A text: borrowed from the email or the program, or computed.
#[derive(Clone, Debug)]
pub enum Text<'m> {
    /// Borrowed.
    Borrowed(&'m str),
    /// Computed in this run.
    Owned(Arc<str>),
}

impl Text<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// A handle to a part of the interaction; its members are read through [`crate::email::Email`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// `interaction`.
    Interaction,
    /// `interaction.email`.
    Email,
    /// One address of a field.
    Address(AddressField, u32),
    /// One attachment.
    Attachment(u32),
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value<'m> {
    /// Text.
    String(Text<'m>),
    /// CEL's `int`.
    Integer(i64),
    /// CEL's `double`.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// A point in time.
    Datetime(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
    /// Anything that JSON can say.
    Json(Arc<serde_json::Value>),
    /// A list.
    List(Arc<[Value<'m>]>),
    /// A map.
    Map(Arc<BTreeMap<Arc<str>, Value<'m>>>),
    /// A part of the interaction.
    Object(Handle),
}
