//! What actions there are, with their members: the reader takes its keys from here, and the reference its words.

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
    /// What stands there.
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

const fn member(name: &'static str, takes: Takes, need: Need, summary: &'static str) -> MemberDefinition {
    MemberDefinition { name, takes, need, summary }
}

const FLOW_ID: MemberDefinition = member("flowId", Takes::Id, Need::Or("flow"), "The flow.");
const FLOW: MemberDefinition =
    member("flow", Takes::Name, Need::Or("flowId"), "The flow by its name, whatever the case.");
const VERSION: MemberDefinition = member(
    "version",
    Takes::Selector,
    Need::Optional,
    "Left out: whatever is published when the run starts. A label follows the version that has it.",
);
const INPUT_MAPPING: MemberDefinition = member(
    "inputMapping",
    Takes::Mappings,
    Need::Optional,
    "Values for the flow's inputs. Inputs without a default must be mapped.",
);

const NOT_FOUND: &str =
    "The node that the run goes on at when there is none. Without it that is an error of the action.";

/// What every action has.
pub const COMMON: &[MemberDefinition] = &[
    member("type", Takes::Text, Need::Required, "Which action it is."),
    member(
        "name",
        Takes::Text,
        Need::Optional,
        "What people call it; `setVariable`, `setOutput` and `findQueue` have no such name.",
    ),
    member(
        "onError",
        Takes::Jump,
        Need::Optional,
        "The node that the run goes on at when the action fails. Without it the flow's `onError` counts.",
    ),
];

/// All actions.
pub const ACTIONS: &[ActionDefinition] = &[
    ActionDefinition {
        name: "runFlow",
        summary: "Calls a flow, which returns here unless it ends the run. It sees the interaction and its inputs, and none of this flow's variables. What it sets is read through the outputMapping.",
        members: &[
            FLOW_ID,
            FLOW,
            VERSION,
            INPUT_MAPPING,
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables of this flow to set, each from an expression that may read `output.NAME`.",
            ),
        ],
        example: r#"type: runFlow
flow: Classifier
inputMapping: [{ name: text, value: "${interaction.email.body}" }]
outputMapping: [{ name: topic, value: "${output.topic}" }]
"#,
    },
    ActionDefinition {
        name: "transferToFlow",
        summary: "Goes on in another flow, and does not come back. Attributes and priority stay; variables don't.",
        members: &[FLOW_ID, FLOW, VERSION, INPUT_MAPPING],
        example: r#"type: transferToFlow
flow: Classifier
version: 1
inputMapping: [{ name: text, value: "${interaction.email.subject}" }]
"#,
    },
    ActionDefinition {
        name: "setVariable",
        summary: "Sets one of the flow's variables. A variable needs no declaration; its type is that of its values, which must agree.",
        members: &[
            member("name", Takes::Name, Need::Required, "The variable."),
            member("value", Takes::Value("value of the variable's type"), Need::Required, "Its value from here on."),
        ],
        example: r#"type: setVariable
name: urgent
value: "${containsAny(interaction.email.body, ['urgent', 'asap'])}"
"#,
    },
    ActionDefinition {
        name: "setOutput",
        summary: "Sets one of the flow's declared outputs, for the flow that called it.",
        members: &[
            member("name", Takes::Name, Need::Required, "The output."),
            member("value", Takes::Value("value of the output's type"), Need::Required, "Its value."),
        ],
        example: r#"type: setOutput
name: topic
value: billing
"#,
    },
    ActionDefinition {
        name: "setAttributes",
        summary: "Sets attributes of the interaction. They stay with it: other flows read them, and people see them beside the mail.",
        members: &[member("attributes", Takes::Strings, Need::Required, "Names and values. Others stay as they are.")],
        example: r#"type: setAttributes
attributes:
  topic: billing
  customer: "${interaction.email.from.address}"
"#,
    },
    ActionDefinition {
        name: "setPriority",
        summary: "Sets the interaction's priority. Work with a higher priority is claimed first.",
        members: &[member("priority", Takes::Integer, Need::Required, "Higher is sooner; 0 is where mail starts.")],
        example: r#"type: setPriority
priority: "${interaction.priority + 10}"
"#,
    },
    ActionDefinition {
        name: "forEach",
        summary: "Does its actions once for each element of a list, first to last. Each turn counts as one action of the run, and so does each action in it. An error in a turn ends the loop.",
        members: &[
            member("items", Takes::List, Need::Required, "The list. It is computed once, before the first turn."),
            member("as", Takes::Name, Need::Required, "The variable that holds the element."),
            member("actions", Takes::Actions, Need::Required, "What is done with each element."),
        ],
        example: r#"type: forEach
items: "${interaction.email.attachments}"
as: file
actions:
  - { type: log, message: "${file.name}" }
"#,
    },
    ActionDefinition {
        name: "while",
        summary: "Does its actions again and again, as long as the condition holds before a turn. Each turn counts as one action of the run, so that a loop that never ends meets the limit. An error in a turn ends the loop.",
        members: &[
            member("when", Takes::Condition, Need::Required, "What must hold for the next turn."),
            member("actions", Takes::Actions, Need::Required, "What is done in each turn."),
        ],
        example: r#"type: while
when: "${interaction.priority < 3}"
actions:
  - { type: setPriority, priority: "${interaction.priority + 1}" }
"#,
    },
    ActionDefinition {
        name: "lookupTable",
        summary: "Looks a row up in a data table by its key. In the outputMapping `output` has the table's columns. All look-ups of a run see a table as it was at the first.",
        members: &[
            member("table", Takes::NameOrId, Need::Required, "The table. It must exist when the flow is published."),
            member("key", Takes::String, Need::Required, "The row's key."),
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables to set, each from an expression that may read `output.COLUMN`.",
            ),
            member("notFound", Takes::Jump, Need::Optional, NOT_FOUND),
        ],
        example: r#"type: lookupTable
table: Customers
key: "${interaction.email.from.domain}"
outputMapping: [{ name: tier, value: "${output.tier}" }]
notFound: { to: a }
"#,
    },
    ActionDefinition {
        name: "evaluateSchedule",
        summary: "Asks a schedule how it stands at the time that the mail was accepted. In the outputMapping `output` has `state` (open, closed, holiday or emergency), `isOpen`, `name` (of the holiday, the rule or the emergency; empty if it has none), `changes` (whether another state is in sight) and `nextChange` (when it begins; the Unix epoch if none is in sight).",
        members: &[
            member(
                "schedule",
                Takes::NameOrId,
                Need::Required,
                "The schedule. It must exist when the flow is published.",
            ),
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables to set, each from an expression that may read `output.NAME`.",
            ),
        ],
        example: r#"type: evaluateSchedule
schedule: Office hours
outputMapping: [{ name: open, value: "${output.isOpen}" }]
"#,
    },
    ActionDefinition {
        name: "findQueue",
        summary: "Finds a queue by a name that is only known at run time, whatever the case, or by its id. In the outputMapping `output` has its `id` and its `name`.",
        members: &[
            member("name", Takes::String, Need::Required, "The queue's name or id."),
            member(
                "outputMapping",
                Takes::Mappings,
                Need::Optional,
                "Variables to set, each from an expression that may read `output.id` and `output.name`.",
            ),
            member("notFound", Takes::Jump, Need::Optional, NOT_FOUND),
        ],
        example: r#"type: findQueue
name: "${interaction.email.from.domain}"
outputMapping: [{ name: queue, value: "${output.id}" }]
notFound: { to: a }
"#,
    },
    ActionDefinition {
        name: "transferToQueue",
        summary: "Ends the run: the interaction goes to a queue.",
        members: &[
            member(
                "queue",
                Takes::Queue,
                Need::Required,
                "The queue. One that is written out must exist when the flow is published; one that is computed, when the run comes here.",
            ),
            member(
                "notFound",
                Takes::Jump,
                Need::Optional,
                "The node that the run goes on at when a computed queue does not exist. Without it that is an error of the action.",
            ),
            member(
                "priority",
                Takes::Integer,
                Need::Optional,
                "The priority in the queue. Left out: the interaction's.",
            ),
            member("skills", Takes::StringList, Need::Optional, "Skills that whoever takes it should have."),
            member("language", Takes::String, Need::Optional, "The language that whoever takes it should speak."),
        ],
        example: r#"type: transferToQueue
queue: Billing
priority: 10
skills: [refunds]
"#,
    },
    ActionDefinition {
        name: "forward",
        summary: "Ends the run: the mail is forwarded. It fails when the list of addresses is empty.",
        members: &[member("addresses", Takes::StringList, Need::Required, "Where to.")],
        example: r#"type: forward
addresses: [archive@example.com]
"#,
    },
    ActionDefinition {
        name: "disconnect",
        summary: "Ends the run: the interaction is dropped. The mail is kept, but stands in no queue.",
        members: &[member("reason", Takes::String, Need::Optional, "Why, for those who look it up.")],
        example: r#"type: disconnect
reason: out of office
"#,
    },
    ActionDefinition {
        name: "return",
        summary: "Goes back to the flow that called this one. On a route it goes to the flow's end.",
        members: &[],
        example: r#"type: return
"#,
    },
    ActionDefinition {
        name: "log",
        summary: "Leaves a line in the run's trace.",
        members: &[
            member("level", Takes::Level, Need::Optional, "How much it matters. Left out: info."),
            member("message", Takes::String, Need::Required, "The line."),
        ],
        example: r#"type: log
level: debug
message: "${string(size(interaction.email.attachments))} attachments"
"#,
    },
];

/// The action of that name, in any case.
pub(super) fn find(name: &str) -> Option<&'static ActionDefinition> {
    ACTIONS.iter().find(|action| action.name.eq_ignore_ascii_case(name))
}

impl ActionDefinition {
    /// The keys that it may have.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        let own = self.members.iter().filter(|own| COMMON.iter().all(|common| common.name != own.name));
        COMMON.iter().chain(own).map(|member| member.name).collect()
    }
}
