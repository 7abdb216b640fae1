//! The types of values, inputs, outputs and variables.

use std::fmt;

/// A static type. Every expression has one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Text.
    String,
    /// CEL's `int`: 64 bits, signed.
    Integer,
    /// CEL's `double`.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A point in time, UTC.
    Datetime,
    /// A span of time.
    Duration,
    /// Anything that JSON can say, `null` included.
    Json,
    /// A list of one element type.
    List(Box<Type>),
    /// A map from strings to one element type.
    Map(Box<Type>),
    /// One of the things that the interaction is made of; can't be declared.
    Object(ObjectType),
    /// The element type of `[]` and `{}`: fits everywhere; can't be declared.
    Never,
}

/// The types of `interaction` and what hangs below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectType {
    /// `interaction`.
    Interaction,
    /// `interaction.email`.
    Email,
    /// An address with `address`, `name`, `domain`.
    Address,
    /// An attachment with `name`, `contentType`, `size`, `inline`.
    Attachment,
}

impl Type {
    /// Reads a declared data type in any case: `string`, `list<integer>`, `MAP<json>`.
    /// Answers `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        Some(match lower.as_str() {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "datetime" => Self::Datetime,
            "duration" => Self::Duration,
            "json" => Self::Json,
            _ => {
                let (outer, rest) = lower.split_once('<')?;
                let element = Self::parse(rest.strip_suffix('>')?)?;
                match outer.trim() {
                    "list" => Self::List(Box::new(element)),
                    "map" => Self::Map(Box::new(element)),
                    _ => return None,
                }
            }
        })
    }

    /// The names that [`Type::parse`] reads, for suggestions.
    pub const DECLARABLE: [&'static str; 9] =
        ["string", "integer", "number", "boolean", "datetime", "duration", "json", "list<string>", "map<string>"];

    /// Whether a value of type `self` may stand where `target` is wanted. Nothing is converted:
    /// only the empty list and map fit several types.
    pub fn fits(&self, target: &Self) -> bool {
        match (self, target) {
            (Self::Never, _) => true,
            (Self::List(a), Self::List(b)) | (Self::Map(a), Self::Map(b)) => a.fits(b),
            (a, b) => a == b,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Integer => f.write_str("integer"),
            Self::Number => f.write_str("number"),
            Self::Boolean => f.write_str("boolean"),
            Self::Datetime => f.write_str("datetime"),
            Self::Duration => f.write_str("duration"),
            Self::Json => f.write_str("json"),
            Self::List(element) => write!(f, "list<{element}>"),
            Self::Map(element) => write!(f, "map<{element}>"),
            Self::Object(ObjectType::Interaction) => f.write_str("interaction"),
            Self::Object(ObjectType::Email) => f.write_str("email"),
            Self::Object(ObjectType::Address) => f.write_str("address"),
            Self::Object(ObjectType::Attachment) => f.write_str("attachment"),
            Self::Never => f.write_str("nothing"),
        }
    }
}
