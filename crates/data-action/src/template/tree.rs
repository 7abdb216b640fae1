//! A template as it was parsed.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::escape::Escape;

/// A template, ready to render.
#[derive(Debug)]
pub(crate) struct Template {
    pub(super) nodes: Vec<Node>,
    /// Names of the credentials in it.
    pub(crate) credentials: BTreeSet<String>,
}

impl Template {
    /// The constant text that it begins with, and whether that is all of it.
    pub(crate) fn constant_start(&self) -> (&str, bool) {
        match self.nodes.as_slice() {
            [] => ("", true),
            [Node::Text(text)] => (text, true),
            [Node::Text(text), ..] => (text, false),
            _ => ("", false),
        }
    }

    /// Whether it is nothing but the whole input.
    pub(crate) fn is_raw_request(&self) -> bool {
        matches!(
            self.nodes.as_slice(),
            [Node::Print(Print { reference: Reference::Value { root: Root::RawRequest, steps }, .. })] if steps.is_empty()
        )
    }
}

#[derive(Debug)]
pub(super) enum Node {
    Text(String),
    Print(Print),
    If { arms: Vec<(Expression, Vec<Node>)>, otherwise: Vec<Node> },
    Set { variable: String, value: Expression },
    Each { variable: String, over: Expression, body: Vec<Node> },
}

/// A reference in a text.
#[derive(Debug)]
pub(super) struct Print {
    /// Whether it prints nothing where it has no value, instead of its own text.
    pub(super) silent: bool,
    pub(super) reference: Reference,
    /// Its own text.
    pub(super) source: String,
}

#[derive(Debug)]
pub(super) enum Reference {
    Value {
        root: Root,
        steps: Vec<Step>,
    },
    /// A constant of `$esc`.
    Constant(&'static str),
    Escaped {
        escape: Escape,
        of: Box<Expression>,
    },
    FirstFromArray {
        array: Box<Expression>,
        default: Option<Box<Expression>>,
    },
}

#[derive(Debug)]
pub(super) enum Root {
    Input,
    RawRequest,
    RawResult,
    Credential(String),
    /// A value of the translation map.
    Mapped(String),
    Variable(String),
    Loop(LoopFact),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum LoopFact {
    Index,
    Count,
    HasNext,
    First,
    Last,
}

impl LoopFact {
    pub(super) const ALL: [(&'static str, Self); 5] = [
        ("index", Self::Index),
        ("count", Self::Count),
        ("hasNext", Self::HasNext),
        ("first", Self::First),
        ("last", Self::Last),
    ];
}

#[derive(Debug)]
pub(super) enum Step {
    Member(String),
    Element(Expression),
}

#[derive(Debug)]
pub(super) enum Expression {
    Literal(Json),
    /// A text in double quotes: references in it are printed.
    Text(Vec<Node>),
    Reference(Reference),
    List(Vec<Expression>),
    Range(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Both(Box<Expression>, Box<Expression>),
    Either(Box<Expression>, Box<Expression>),
    Compare(Comparison, Box<Expression>, Box<Expression>),
    Compute(Operator, Box<Expression>, Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Different,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}
