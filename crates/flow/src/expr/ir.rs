//! Checked expressions: every name a position, every operator of known types, every constant prepared.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::email::Member;
use crate::functions::{Matching, Overload, Pattern, Search};
use crate::value::Value;

/// A checked expression.
pub(super) enum Ir {
    /// A constant.
    Constant(Value<'static>),
    /// `input.NAME`.
    Input(usize),
    /// A variable.
    Variable(usize, Arc<str>),
    /// A name that a macro has bound, by a number that it has alone in the expression.
    Local(u32),
    /// `output.NAME`.
    Output(usize),
    /// Something of the interaction or its email.
    Read(Read),
    /// `interaction.attributes[key]`: empty if it is missing.
    Attribute(Box<Ir>),
    /// `interaction.email.header(name)`: a member that is a function. `interaction.previous.attributes[key]`: empty if it is missing.
    Lookup(&'static Member, Box<Ir>),
    /// `interaction.email.headers[name]`.
    HeaderValues(&'static Member, Box<Ir>, Site),
    /// A member of an address.
    AddressPart(Box<Ir>, AddressPart),
    /// A member of an attachment.
    AttachmentPart(Box<Ir>, AttachmentPart),
    /// `has(…)`.
    Has(Presence),
    /// `!x`.
    Not(Box<Ir>),
    /// `x && y`: an error on one side counts only if the other side does not decide.
    And(Box<Ir>, Box<Ir>),
    /// `x || y`, likewise.
    Or(Box<Ir>, Box<Ir>),
    /// `x ? y : z`.
    Choose(Box<Ir>, Box<Ir>, Box<Ir>),
    /// `-x`.
    Negate(Box<Ir>),
    /// `+ - * / %` over values of types that were checked.
    Arithmetic(Arithmetic, Box<Ir>, Box<Ir>),
    /// `== !=`.
    Equal(bool, Box<Ir>, Box<Ir>),
    /// `< <= > >=`.
    Compare(Comparison, Box<Ir>, Box<Ir>),
    /// `x in list` or `key in map`.
    In(Box<Ir>, Box<Ir>),
    /// `x in [constants]`, strings.
    InSet(Box<Ir>, FxHashSet<Box<str>>),
    /// `list[i]`, `map[key]`, `json[…]`.
    Index(Box<Ir>, Box<Ir>, Site),
    /// A member or element of json: null if there is none.
    JsonPart(Box<Ir>, Box<Ir>),
    /// An expression for each element.
    Each(Box<Each>),
    /// A list.
    List(Vec<Ir>),
    /// A map.
    Map(Vec<(Ir, Ir)>),
    /// A function.
    Call(&'static Overload, Vec<Ir>),
    /// A function with a pattern, which is not among the arguments.
    Match(Matching, Box<Pattern>, Vec<Ir>),
    /// Prepared words in a text.
    Search(Box<Ir>, Box<Search>),
    /// Texts and expressions.
    Template(Vec<Ir>),
    /// JSON made of parts.
    Json(Box<Ir>),
}

/// A macro over a list or map.
pub(super) struct Each {
    /// Which one.
    pub(super) kind: EachKind,
    /// What it goes over.
    pub(super) of: Ir,
    /// The names that it binds: to elements or keys; with two, to places or keys and to elements or values.
    pub(super) names: (u32, Option<u32>),
    /// Whether it goes over a map, so that the first name is bound to keys.
    pub(super) goes_over_keys: bool,
    /// A condition that picks elements.
    pub(super) filter: Option<Ir>,
    /// The condition or expression.
    pub(super) body: Ir,
}

/// What a macro makes of its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EachKind {
    /// `all`
    All,
    /// `exists`
    Exists,
    /// `exists_one`
    ExistsOne,
    /// `filter`
    Filter,
    /// `map`, `transformList`
    Map,
    /// `transformMap`
    TransformMap,
    /// `sortBy`
    SortBy,
}

/// Where something is read that may not be there, in bytes of the whole value: `of[index]` or `of.name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// Where `of` begins.
    pub(super) start: u32,
    /// Where `of` ends.
    pub(super) of_end: u32,
    /// Where all of it ends.
    pub(super) end: u32,
    /// Whether `of` is a list.
    pub(super) list: bool,
}

/// What can be read without an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// `interaction.id`
    Id,
    /// `interaction.receivedAt`, `now`
    ReceivedAt,
    /// `interaction.priority`
    Priority,
    /// `interaction.attributes`
    Attributes,
    /// A member of the mail, such as `interaction.email.subject`
    Member(&'static Member),
}

/// Members of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AddressPart {
    /// `address`
    Address,
    /// `name`
    Name,
    /// `domain`
    Domain,
}

/// Members of an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AttachmentPart {
    /// `name`
    Name,
    /// `contentType`
    ContentType,
    /// `size`
    Size,
    /// `inline`
    Inline,
}

/// What `has` asks.
pub(super) enum Presence {
    /// Whether a member of the interaction is there.
    Field(Read),
    /// Whether an attribute is set.
    Attribute(Arc<str>),
    /// Whether a header field is there, or an attribute of an earlier interaction.
    Named(&'static Member, Arc<str>),
    /// Whether a member of an address or attachment is not empty.
    Text(Box<Ir>),
    /// Whether a map or json has the member.
    Member(Box<Ir>, Arc<str>),
    /// Always there.
    Always,
}

/// Arithmetic operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    /// `+`, also of texts and lists
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Ir {
    /// Whether evaluating can fail.
    pub(super) fn can_fail(&self) -> bool {
        match self {
            Self::Constant(_) | Self::Input(_) | Self::Variable(..) | Self::Local(_) => false,
            Self::Output(_) | Self::Read(_) => false,
            Self::Attribute(of) | Self::Lookup(_, of) | Self::Not(of) | Self::Search(of, _) | Self::InSet(of, _) => {
                of.can_fail()
            }
            Self::AddressPart(of, _) | Self::AttachmentPart(of, _) => of.can_fail(),
            Self::Has(Presence::Text(of) | Presence::Member(of, _)) => of.can_fail(),
            Self::Has(_) => false,
            Self::And(a, b)
            | Self::Or(a, b)
            | Self::Equal(_, a, b)
            | Self::Compare(_, a, b)
            | Self::In(a, b)
            | Self::JsonPart(a, b) => a.can_fail() || b.can_fail(),
            Self::Choose(a, b, c) => a.can_fail() || b.can_fail() || c.can_fail(),
            // Overflow, division by zero, size.
            Self::Negate(_) | Self::Arithmetic(..) | Self::Index(..) | Self::HeaderValues(..) => true,
            // What a macro meets beyond its parts' errors are limits, which nothing catches.
            Self::Each(each) => {
                each.of.can_fail() || each.filter.as_ref().is_some_and(Self::can_fail) || each.body.can_fail()
            }
            Self::List(parts) | Self::Match(_, _, parts) => parts.iter().any(Self::can_fail),
            Self::Map(parts) => keys_may_meet(parts) || parts.iter().any(|(_, value)| value.can_fail()),
            Self::Call(overload, arguments) => overload.can_fail || arguments.iter().any(Self::can_fail),
            // A template grows with what is put into it.
            Self::Template(_) | Self::Json(_) => true,
        }
    }
}

/// Whether a map that is made may have a key twice: unless its keys are written out, and differ.
fn keys_may_meet(parts: &[(Ir, Ir)]) -> bool {
    let mut seen = FxHashSet::default();
    !parts.iter().all(|(key, _)| matches!(key, Ir::Constant(Value::String(key)) if seen.insert(key.as_str())))
        && !matches!(parts, [(key, _)] if !key.can_fail())
}
