//! The functions of expressions. Each is one definition: name, types, words, examples that run as tests, and code.

mod conversion;
mod search;
mod size;
mod text;
mod time;

pub use search::{Search, Where};

use crate::expr::EvalError;
use crate::types::Type;
use crate::value::Value;

/// How a function may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `f(x, y)`.
    Function,
    /// `x.f(y)`.
    Method,
    /// Both.
    Both,
}

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
    /// `list<string>`
    Strings,
    /// A list of anything.
    List,
    /// A map of anything.
    Map,
}

impl Kind {
    /// Whether a value of the type may be given here.
    pub fn takes(self, data_type: &Type) -> bool {
        match self {
            Self::String => data_type.fits(&Type::String),
            Self::Integer => data_type.fits(&Type::Integer),
            Self::Number => data_type.fits(&Type::Number),
            Self::Boolean => data_type.fits(&Type::Boolean),
            Self::Datetime => data_type.fits(&Type::Datetime),
            Self::Duration => data_type.fits(&Type::Duration),
            Self::Json => data_type.fits(&Type::Json),
            Self::Strings => data_type.fits(&Type::List(Box::new(Type::String))),
            Self::List => matches!(data_type, Type::List(_)),
            Self::Map => matches!(data_type, Type::Map(_)),
        }
    }

    /// The type of a result; results are never lists or maps of anything.
    pub fn result(self) -> Type {
        match self {
            Self::String => Type::String,
            Self::Integer => Type::Integer,
            Self::Number => Type::Number,
            Self::Boolean => Type::Boolean,
            Self::Datetime => Type::Datetime,
            Self::Duration => Type::Duration,
            Self::Json => Type::Json,
            Self::Strings => Type::List(Box::new(Type::String)),
            Self::List => Type::List(Box::new(Type::Json)),
            Self::Map => Type::Map(Box::new(Type::Json)),
        }
    }

    /// The name for messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Datetime => "datetime",
            Self::Duration => "duration",
            Self::Json => "json",
            Self::Strings => "list<string>",
            Self::List => "a list",
            Self::Map => "a map",
        }
    }
}

/// One way to call a function.
pub struct Overload {
    /// Types of the arguments; for a method the first is the receiver's.
    pub parameters: &'static [Kind],
    /// The result's type.
    pub result: Kind,
    /// Whether it can fail over arguments of these types.
    pub can_fail: bool,
    /// The code. Arguments have the parameters' types.
    pub call: for<'m> fn(&[Value<'m>]) -> Result<Value<'m>, EvalError>,
}

/// A function.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it may be called.
    pub style: Style,
    /// What it does, in one or two sentences.
    pub summary: &'static str,
    /// The ways to call it.
    pub overloads: &'static [Overload],
    /// Expressions and what they give, as templates print it. They run as tests.
    pub examples: &'static [(&'static str, &'static str)],
    /// For functions that search words: how constant words are prepared.
    pub search: Option<Where>,
}

/// All functions.
pub fn all() -> impl Iterator<Item = &'static Function> {
    [search::FUNCTIONS, text::FUNCTIONS, size::FUNCTIONS, conversion::FUNCTIONS, time::FUNCTIONS].into_iter().flatten()
}

/// The function of that name.
pub fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

/// An argument that is not what the checker has promised.
fn unexpected() -> EvalError {
    EvalError { code: "run.internal", message: "an argument is not of the type that was checked".to_owned() }
}
