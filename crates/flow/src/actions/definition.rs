//! The definition of an action: its members in words. The reader takes its keys from it, the schema its shape, the reference its text.

/// An action.
#[derive(Debug)]
pub struct ActionDefinition {
    /// Its `type`.
    pub name: &'static str,
    /// What it does, in a few sentences.
    pub summary: &'static str,
    /// Its members, those of every action aside.
    pub members: &'static [MemberDefinition],
    /// A complete one in YAML. Examples are read and checked as tests, in a flow with an output `topic` beside a flow `Classifier`.
    pub example: &'static str,
}

/// A member of an action.
#[derive(Debug)]
pub struct MemberDefinition {
    /// Its key.
    pub name: &'static str,
    /// What was found.
    pub takes: Takes,
    /// Whether it must stand there.
    pub need: Need,
    /// What it is for.
    pub summary: &'static str,
}

/// What a member holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A text that is taken as it is.
    Text,
    /// A flow's identifier.
    Id,
    /// A name.
    Name,
    /// A name, or an identifier.
    NameOrId,
    /// A version's number, or a label.
    Selector,
    /// Lines of a mapping.
    Mappings,
    /// A node to go on at.
    Jump,
    /// Any value, described so.
    Value(&'static str),
    /// A value of type integer.
    Integer,
    /// A value of type string.
    String,
    /// A value of type boolean.
    Boolean,
    /// HTML: a value of type string, in which what expressions print is escaped.
    Html,
    /// A value of type `list<string>`.
    StringList,
    /// Values of type string, by name.
    Strings,
    /// How much a line of the trace matters.
    Level,
    /// A boolean expression.
    Condition,
    /// A list, of any elements.
    List,
    /// A queue: its name or id, or a string value that becomes one.
    Queue,
    /// Actions.
    Actions,
}

impl Takes {
    /// The same in words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Id => "id",
            Self::Name => "name",
            Self::NameOrId => "name or id",
            Self::Selector => "number or label",
            Self::Mappings => "list of `{name, value}`",
            Self::Jump => "`{to: NODE}`",
            Self::Value(words) => words,
            Self::Integer => "integer value",
            Self::String => "string value",
            Self::Boolean => "boolean value",
            Self::Html => "HTML, a string value",
            Self::StringList => "value of type `list<string>`",
            Self::Strings => "map of string values",
            Self::Level => "debug, info, warn or error",
            Self::Condition => "boolean expression in `${…}`",
            Self::List => "list",
            Self::Queue => "name or id, or a string value",
            Self::Actions => "list of actions",
        }
    }
}

/// Whether a member must stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
    /// It, or the other one.
    Or(&'static str),
}

/// A member.
pub(super) const fn member(name: &'static str, takes: Takes, need: Need, summary: &'static str) -> MemberDefinition {
    MemberDefinition { name, takes, need, summary }
}

/// What every action has.
pub const COMMON: &[MemberDefinition] = &[
    member("type", Takes::Text, Need::Required, "Which action it is."),
    member(
        "name",
        Takes::Text,
        Need::Optional,
        "A name for people; `setVariable`, `setOutput` and `findQueue` have no such name.",
    ),
    member(
        "onError",
        Takes::Jump,
        Need::Optional,
        "The node where the run continues if the action fails. Left out: the flow's `onError` applies.",
    ),
];

impl ActionDefinition {
    /// The keys that it may have.
    pub(crate) fn keys(&self) -> Vec<&'static str> {
        let own = self.members.iter().filter(|own| COMMON.iter().all(|common| common.name != own.name));
        COMMON.iter().chain(own).map(|member| member.name).collect()
    }

    /// Whether it has a `name` of its own, and none that people call it by.
    pub(crate) fn has_own_name(&self) -> bool {
        self.members.iter().any(|member| member.name == "name")
    }

    /// The names of its jumps, those that every action has aside.
    pub fn jumps(&self) -> impl Iterator<Item = &'static str> {
        self.members.iter().filter(|member| member.takes == Takes::Jump).map(|member| member.name)
    }
}
