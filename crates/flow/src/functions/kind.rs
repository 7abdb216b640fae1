//! Patterns of types: what functions take and give.

use std::fmt;

use crate::types::Type;

/// A pattern of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// string
    String,
    /// integer
    Integer,
    /// number
    Number,
    /// boolean
    Boolean,
    /// datetime
    Datetime,
    /// duration
    Duration,
    /// json
    Json,
    /// Any type, the same throughout an overload.
    T,
    /// Any type whose values have an order, the same throughout an overload.
    Ordered,
    /// A list.
    List(&'static Kind),
    /// A map.
    Map(&'static Kind),
}

/// `list<string>`
pub(super) const STRINGS: Kind = Kind::List(&Kind::String);
/// `list<T>`
pub(super) const LIST: Kind = Kind::List(&Kind::T);
/// `map<T>`
pub(super) const MAP: Kind = Kind::Map(&Kind::T);

impl Kind {
    /// Whether a value of the type may be given here. What `T` stands for is found out on the way: the empty list's elements become
    /// what the next argument says.
    pub fn takes(&self, data_type: &Type, t: &mut Option<Type>) -> bool {
        match self {
            Self::String => data_type.fits(&Type::String),
            Self::Integer => data_type.fits(&Type::Integer),
            Self::Number => data_type.fits(&Type::Number),
            Self::Boolean => data_type.fits(&Type::Boolean),
            Self::Datetime => data_type.fits(&Type::Datetime),
            Self::Duration => data_type.fits(&Type::Duration),
            Self::Json => data_type.fits(&Type::Json),
            Self::T => data_type.has_values() && bind(data_type, t),
            Self::Ordered => data_type.is_ordered() && bind(data_type, t),
            Self::List(element) => match data_type {
                Type::List(found) => element.takes(found, t),
                other => *other == Type::Never,
            },
            Self::Map(element) => match data_type {
                Type::Map(found) => element.takes(found, t),
                other => *other == Type::Never,
            },
        }
    }

    /// The type that this is, `T` being what was found.
    pub fn of(&self, t: Option<&Type>) -> Type {
        match self {
            Self::String => Type::String,
            Self::Integer => Type::Integer,
            Self::Number => Type::Number,
            Self::Boolean => Type::Boolean,
            Self::Datetime => Type::Datetime,
            Self::Duration => Type::Duration,
            Self::Json => Type::Json,
            Self::T | Self::Ordered => t.cloned().unwrap_or(Type::Never),
            Self::List(element) => Type::List(Box::new(element.of(t))),
            Self::Map(element) => Type::Map(Box::new(element.of(t))),
        }
    }

    /// What is wanted here, for messages: as far as `T` is known its type.
    pub fn wanted(&self, t: Option<&Type>) -> String {
        match t {
            Some(known) if *known != Type::Never => self.of(t).to_string(),
            _ => self.to_string(),
        }
    }

    /// Whether it is made of a type that must have an order.
    pub fn is_ordered(&self) -> bool {
        match self {
            Self::Ordered => true,
            Self::List(element) | Self::Map(element) => element.is_ordered(),
            _ => false,
        }
    }
}

/// Holds a type against what `T` is so far.
fn bind(data_type: &Type, t: &mut Option<Type>) -> bool {
    match t {
        Some(known) if data_type.fits(known) => true,
        Some(known) if !known.fits(data_type) => false,
        _ => {
            *t = Some(data_type.clone());
            true
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::T | Self::Ordered => f.write_str("T"),
            Self::List(element) => write!(f, "list<{element}>"),
            Self::Map(element) => write!(f, "map<{element}>"),
            simple => write!(f, "{}", simple.of(None)),
        }
    }
}
