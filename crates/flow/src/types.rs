//! The types of values, inputs, outputs and variables.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::email::Member;

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

/// A data type that can be declared, for the reference.
#[derive(Debug)]
pub struct DataType {
    /// Its name; for lists and maps one of many.
    pub name: &'static str,
    /// What its values are.
    pub summary: &'static str,
    /// A value as a document writes it.
    pub example: &'static str,
}

const fn data_type(name: &'static str, summary: &'static str, example: &'static str) -> DataType {
    DataType { name, summary, example }
}

/// All data types that can be declared.
pub const DATA_TYPES: [DataType; 9] = [
    data_type("string", "Text.", "refund"),
    data_type("integer", "A whole number of 64 bits, with a sign; CEL's `int`.", "3"),
    data_type("number", "A number with a fraction, 64 bits; CEL's `double`.", "0.5"),
    data_type("boolean", "True or false.", "true"),
    data_type("datetime", "A point in time, UTC.", "2026-11-23T08:00:00Z"),
    data_type("duration", "A span of time.", "1h30m"),
    data_type("json", "Anything that JSON can say, null included.", "{ a: [1, null] }"),
    data_type("list<string>", "A list; of any data type, such as `list<map<integer>>`.", "[a, b]"),
    data_type("map<string>", "A map from strings to any data type, such as `map<list<string>>`.", "{ de: Deutsch }"),
];

/// The types of `interaction` and what hangs below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectType {
    /// `interaction`.
    Interaction,
    /// A part of it that has members of its own, such as `interaction.email`.
    Part(&'static Member),
    /// An address with `address`, `name`, `domain`.
    Address,
    /// An attachment with `name`, `contentType`, `size`, `inline`.
    Attachment,
}

impl Type {
    /// Lists and maps are nested at most so deep, whether declared or made by expressions. Whatever walks a type relies on it.
    pub const MAX_DEPTH: usize = 64;

    /// Reads a declared data type in any case: `string`, `list<integer>`, `MAP<json>`.
    /// Answers `None` for anything else, and for one nested deeper than [`Type::MAX_DEPTH`].
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let mut rest = lower.trim();
        let mut around: Vec<fn(Box<Self>) -> Self> = Vec::new();
        while let Some((outer, element)) = rest.split_once('<') {
            around.push(match outer.trim() {
                "list" => Self::List,
                "map" => Self::Map,
                _ => return None,
            });
            rest = element.strip_suffix('>')?.trim();
            if around.len() > Self::MAX_DEPTH {
                return None;
            }
        }
        let simple = match rest {
            "string" => Self::String,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "boolean" => Self::Boolean,
            "datetime" => Self::Datetime,
            "duration" => Self::Duration,
            "json" => Self::Json,
            _ => return None,
        };
        Some(around.into_iter().rev().fold(simple, |element, outer| outer(Box::new(element))))
    }

    /// `list<string>`.
    pub fn list_of_strings() -> Self {
        Self::List(Box::new(Self::String))
    }

    /// How deep lists and maps are nested: 0 for a simple type.
    pub fn depth(&self) -> usize {
        let (mut depth, mut at) = (0, self);
        while let Self::List(element) | Self::Map(element) = at {
            (depth, at) = (depth + 1, element);
        }
        depth
    }

    /// The names that [`Type::parse`] reads, for suggestions.
    pub const DECLARABLE: [&'static str; 9] = [
        DATA_TYPES[0].name,
        DATA_TYPES[1].name,
        DATA_TYPES[2].name,
        DATA_TYPES[3].name,
        DATA_TYPES[4].name,
        DATA_TYPES[5].name,
        DATA_TYPES[6].name,
        DATA_TYPES[7].name,
        DATA_TYPES[8].name,
    ];

    /// Whether it has values by themselves: of `interaction` and its parts only members can be taken.
    pub(crate) fn has_values(&self) -> bool {
        !matches!(self, Self::Object(ObjectType::Interaction | ObjectType::Part(_)))
    }

    /// Whether values have an order, so that `<` compares them and lists of them can be sorted.
    pub fn is_ordered(&self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Number | Self::String | Self::Boolean | Self::Datetime | Self::Duration | Self::Never
        )
    }

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

/// As it is written in a document.
impl Serialize for Type {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Type {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        Self::parse(&written).ok_or_else(|| de::Error::custom(format!("`{written}` is not a type")))
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
            Self::Object(ObjectType::Part(part)) => f.write_str(part.name()),
            Self::Object(ObjectType::Address) => f.write_str("address"),
            Self::Object(ObjectType::Attachment) => f.write_str("attachment"),
            Self::Never => f.write_str("nothing"),
        }
    }
}
