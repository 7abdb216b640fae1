//! The syntax tree.

use std::ops::Range;

/// A place in the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Hash)]
pub struct Span {
    /// Where it begins.
    pub start: u32,
    /// Where it ends: the first byte after it.
    pub end: u32,
}

impl Span {
    /// From one byte to before another.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        // Expressions are far shorter than 4 GiB; what is longer is refused by its length.
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: short(start), end: short(end) }
    }

    /// The place as a range.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// From the start of one to the end of another.
    #[must_use]
    pub fn to(self, end: Self) -> Self {
        Self { start: self.start, end: end.end }
    }

    /// The place before it, of no width.
    pub(crate) fn before(self) -> Self {
        Self { start: self.start, end: self.start }
    }

    /// The place behind it, of no width.
    pub(crate) fn behind(self) -> Self {
        Self { start: self.end, end: self.end }
    }

    pub(crate) fn of(self, source: &str) -> &str {
        source.get(self.range()).unwrap_or_default()
    }
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// All of it, brackets around it included.
    pub span: Span,
    depth: u16,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A value that is written out.
    Literal(Literal),
    /// A name; with a leading dot if it has one.
    Name(Box<str>),
    /// `of.field`.
    Member(Box<Member>),
    /// `of[index]`.
    Index(Box<Index>),
    /// `!x`, `-x`.
    Unary(Unary, Box<Expr>),
    /// Two expressions and an operator between them.
    Binary(Box<Binary>),
    /// `when ? then : otherwise`.
    Choice(Box<Choice>),
    /// `name(…)`, `of.name(…)`.
    Call(Box<Call>),
    /// `[…]`.
    List(Vec<Element>),
    /// `{…}`.
    Map(Vec<Entry>),
    /// `name{field: …}`.
    Message(Box<Message>),
    /// What could not be read. It was reported.
    Wrong,
}

/// A value that is written out.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number, its sign included.
    Int(i64),
    /// A whole number with a `u`.
    Uint(u64),
    /// A number with a fraction or an exponent.
    Double(f64),
    /// A text.
    Text(Box<str>),
    /// A text with a `b`.
    Bytes(Box<[u8]>),
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// `!`
    Not,
    /// `-`
    Negate,
}

impl Unary {
    /// How it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Not => "!",
            Self::Negate => "-",
        }
    }
}

/// An operator between two operands.
#[allow(missing_docs, reason = "the names say it, and `sign` how they are written")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    /// How it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// How strongly it binds: more is stronger.
    pub(crate) fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal
            | Self::NotEqual
            | Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::In => 3,
            Self::Add | Self::Subtract => 4,
            Self::Multiply | Self::Divide | Self::Remainder => 5,
        }
    }
}

/// `of.field`
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// What has the member.
    pub of: Expr,
    /// The member's name.
    pub field: Box<str>,
    /// Where the name stands.
    pub name: Span,
    /// Whether it was written `.?`.
    pub optional: bool,
}

/// `of[index]`
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    /// What has the element.
    pub of: Expr,
    /// Which element.
    pub index: Expr,
    /// Whether it was written `[?`.
    pub optional: bool,
}

/// Two expressions and an operator between them.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub operator: Operator,
    /// Its place in the text.
    pub sign: Span,
    /// What stands before it.
    pub left: Expr,
    /// What stands behind it.
    pub right: Expr,
}

/// `when ? then : otherwise`
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// The condition.
    pub when: Expr,
    /// What it is if the condition holds.
    pub then: Expr,
    /// What it is if not.
    pub otherwise: Expr,
}

/// A call. Macros are calls as well: whoever checks the tree knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// What it is called on.
    pub of: Option<Expr>,
    /// The function; with a leading dot if it has one.
    pub function: Box<str>,
    /// Where its name stands.
    pub name: Span,
    /// The arguments.
    pub arguments: Vec<Expr>,
}

/// An element of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The element.
    pub value: Expr,
    /// Whether a `?` stands before it.
    pub optional: bool,
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Expr,
    /// The value.
    pub value: Expr,
    /// Whether a `?` stands before it.
    pub optional: bool,
}

/// `name{field: …}`
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The message's type.
    pub name: Expr,
    /// Its fields.
    pub fields: Vec<(Box<str>, Expr, bool)>,
}

impl Expr {
    pub(crate) fn new(kind: Kind, span: Span) -> Self {
        let below = |parts: &mut dyn Iterator<Item = &Expr>| parts.map(|part| part.depth).max().unwrap_or(0);
        let depth = match &kind {
            Kind::Literal(_) | Kind::Name(_) | Kind::Wrong => 0,
            Kind::Member(member) => member.of.depth,
            Kind::Index(index) => index.of.depth.max(index.index.depth),
            Kind::Unary(_, of) => of.depth,
            Kind::Binary(binary) => binary.left.depth.max(binary.right.depth),
            Kind::Choice(choice) => choice.when.depth.max(choice.then.depth).max(choice.otherwise.depth),
            Kind::Call(call) => below(&mut call.of.iter().chain(&call.arguments)),
            Kind::List(elements) => below(&mut elements.iter().map(|element| &element.value)),
            Kind::Map(entries) => below(&mut entries.iter().flat_map(|entry| [&entry.key, &entry.value])),
            Kind::Message(message) => {
                below(&mut std::iter::once(&message.name).chain(message.fields.iter().map(|(_, value, _)| value)))
            }
        };
        Self { kind, span, depth: depth.saturating_add(1) }
    }

    /// What could not be read.
    pub(crate) fn wrong(span: Span) -> Self {
        Self::new(Kind::Wrong, span)
    }

    /// How deep the tree is: 1 for a name.
    #[must_use]
    pub fn depth(&self) -> usize {
        usize::from(self.depth)
    }

    /// The part of it that says what it is: an operator, the name of a function or member, else all of it.
    #[must_use]
    pub fn mark(&self) -> Span {
        match &self.kind {
            Kind::Binary(binary) => binary.sign,
            Kind::Call(call) => call.name,
            Kind::Member(member) => member.name,
            _ => self.span,
        }
    }

    /// Whether it stands in brackets of its own, or needs none wherever it is put.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        match &self.kind {
            Kind::Binary(binary) => self.span.start < binary.left.span.start,
            Kind::Choice(choice) => self.span.start < choice.when.span.start,
            Kind::Unary(_, of) => self.span.end > of.span.end,
            _ => true,
        }
    }
}
