//! The registry of codes. A code never changes its meaning and is never used again for another.

use std::fmt;

use serde::{Serialize, Serializer};

/// A code without a page of its name in `pages/` does not compile.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $text:literal,)*) => {
        /// A stable code of a problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $($(#[doc = $meaning])+ $name,)*
        }

        impl Code {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as users see it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What it means, in a line.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($meaning),+).trim_start(),)*
                }
            }

            /// The page that explains it, in Markdown, with an example that is wrong and one that is right.
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!("pages/", $text, ".md")),)*
                }
            }
        }
    };
}

codes! {
    /// The text is not JSON or YAML.
    Syntax = "document.syntax",
    /// A key that the document does not know here.
    UnknownKey = "document.key.unknown",
    /// A key appears twice, or in both spellings.
    DuplicateKey = "document.key.duplicate",
    /// A key that must be there is missing.
    MissingKey = "document.key.missing",
    /// A value of the wrong kind for its key, such as a list where a string belongs.
    WrongKind = "document.value.kind",
    /// A value that the key does not allow.
    InvalidValue = "document.value.invalid",
    /// Some members of a flow's content, but no `nodes`.
    ContentWithoutNodes = "document.content.incomplete",
    /// A list with more elements than a flow may have.
    TooLarge = "document.too-large",
    /// A document that takes too much work to check.
    TooMuchWork = "document.too-complex",
    /// More problems than are listed.
    MoreProblems = "problems.more",
    /// A name that can't be used.
    InvalidName = "name.invalid",
    /// A name that appears twice.
    DuplicateName = "name.duplicate",
    /// Not a data type.
    UnknownType = "type.unknown",
    /// A type nested deeper than the limit.
    DeepType = "type.too-deep",
    /// Not an action, or one that this release does not offer.
    UnknownAction = "action.unknown",
    /// An expression that can't be parsed.
    ExpressionSyntax = "expression.syntax",
    /// A pattern, format or time zone in an expression that can't be read.
    ExpressionLiteral = "expression.literal",
    /// Patterns of one flow that are too large together.
    LargePatterns = "expression.patterns.too-large",
    /// A part of CEL that is not supported.
    ExpressionUnsupported = "expression.unsupported",
    /// A name that is not known in the expression.
    UnknownNameInExpression = "expression.name.unknown",
    /// A member that its object does not have.
    UnknownMember = "expression.member.unknown",
    /// A function that does not exist.
    UnknownFunction = "expression.function.unknown",
    /// A function called with the wrong number of arguments.
    WrongArity = "expression.function.arity",
    /// A value of the wrong type.
    WrongType = "expression.type",
    /// A variable read where some path has not set it.
    UnsetVariable = "variable.unset",
    /// Assignments of different types to one variable.
    VariableTypes = "variable.types",
    /// A branch or error edge to a node that does not exist.
    UnknownNode = "node.unknown",
    /// A node that no path reaches.
    UnreachableNode = "node.unreachable",
    /// An action that no path reaches.
    UnreachableAction = "action.unreachable",
    /// A queue that does not exist.
    UnknownQueue = "queue.unknown",
    /// A data table that does not exist.
    UnknownTable = "table.unknown",
    /// A schedule that does not exist.
    UnknownSchedule = "schedule.unknown",
    /// A webhook that does not exist.
    UnknownWebhook = "webhook.unknown",
    /// A data action that does not exist.
    UnknownDataAction = "data-action.unknown",
    /// A flow that does not exist.
    UnknownFlow = "flow.unknown",
    /// A flow that has no published version.
    UnpublishedFlow = "flow.unpublished",
    /// A version or label that does not exist.
    UnknownVersion = "flow.version.unknown",
    /// Flows that call each other in a cycle.
    Cycle = "flow.cycle",
    /// Calls nested deeper than the limit.
    TooDeep = "flow.too-deep",
    /// A mapping to an input that the called flow does not have.
    UnknownInput = "mapping.input.unknown",
    /// A required input without a mapping.
    MissingInput = "mapping.input.missing",
    /// An output that the flow does not declare.
    UnknownOutput = "mapping.output.unknown",
    /// A required output that some path does not set.
    UnsetOutput = "output.unset",
    /// A flow that can't be a route's target: it is of type `shared`, or has required inputs.
    NotRoutable = "flow.not-routable",
    /// A key or index read where nothing guards it.
    Unguarded = "expression.unguarded",
    /// A pattern that can take much of a run's work on a long text.
    CostlyPattern = "expression.pattern.costly",
    /// A comparison with a text or null that the value never equals.
    NeverEqual = "expression.value.never",
    /// A variable that nothing reads.
    UnusedVariable = "variable.unused",
    /// An input that nothing reads.
    UnusedInput = "input.unused",
    /// An outputMapping to a variable that nothing reads.
    UnusedMapping = "mapping.unused",
    /// A branch that can't be taken.
    DeadBranch = "branch.never",
    /// A condition of the conditionSet that has the same answer on every mail.
    ConstantCondition = "condition.constant",
    /// A call to a flow that is marked as deprecated.
    DeprecatedFlow = "flow.deprecated",
    /// A call by a name that two flows have.
    AmbiguousFlow = "flow.ambiguous",
    /// A call of an outside service whose failure nothing handles.
    UnhandledFailure = "call.unhandled",
    /// A flow for mail without nodes: all its mail ends unrouted.
    EmptyFlow = "flow.empty",
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
