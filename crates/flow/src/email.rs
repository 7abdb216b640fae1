//! What expressions read of a mail. The members are a table that the language is given, and whoever reads the mail answers for
//! them: so the language knows no mail parser, and reading costs only what an expression touches.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use jiff::Timestamp;

use crate::types::{ObjectType, Type};

/// What a member is. Its type follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// An object with members of its own: `email`, of which `email.subject` is one.
    Object,
    /// A text; absent if empty.
    Text,
    /// A text that is one of these words.
    Word(&'static [&'static str]),
    /// A number that is never negative.
    Integer,
    /// True or false.
    Boolean,
    /// A point in time. An absent one reads as `receivedAt`.
    Time,
    /// Texts in order.
    Texts,
    /// Header fields: texts by a name in lower case.
    Headers,
    /// Attributes of an interaction: a text by a name, empty if there is none.
    Attributes,
    /// One address. An absent one has empty parts.
    Address,
    /// Addresses in order.
    Addresses,
    /// Attachments in order.
    Attachments,
    /// A function from a name to a text, empty if there is none.
    Lookup,
}

/// A row of the table of members.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// How it is read, below `interaction`: `email.subject`. The part before the last dot is the path of an object.
    pub path: &'static str,
    /// What it is.
    pub shape: Shape,
    /// What it means, for the reference.
    pub summary: &'static str,
    /// What it reads as for a sample mail, as JSON, for the reference; empty for objects.
    pub example: &'static str,
    /// What the example adds to the path, such as `('X-Tag')`; mostly nothing.
    pub asked: &'static str,
}

/// A member that expressions can read, known by its place in the table.
pub struct Member {
    /// The place of its row, from 0.
    pub number: usize,
    definition: Definition,
}

impl Member {
    /// How it is read, below `interaction`: `email.subject`.
    pub fn path(&self) -> &'static str {
        self.definition.path
    }

    /// Its name in its object: `subject`.
    pub fn name(&self) -> &'static str {
        self.definition.path.rsplit_once('.').map_or(self.definition.path, |(_, name)| name)
    }

    /// The path of its object; empty if that is `interaction`.
    fn object(&self) -> &'static str {
        self.definition.path.rsplit_once('.').map_or("", |(object, _)| object)
    }

    /// What it is.
    pub fn shape(&self) -> Shape {
        self.definition.shape
    }

    /// What it means.
    pub(crate) fn summary(&self) -> &'static str {
        self.definition.summary
    }

    /// What it reads as for a sample mail, as JSON.
    pub fn example(&self) -> &'static str {
        self.definition.example
    }

    /// What the example adds to its path.
    pub(crate) fn asked(&self) -> &'static str {
        self.definition.asked
    }

    /// Whether it is read by its name alone: neither a function nor promised for later.
    pub(crate) fn is_readable(&self) -> bool {
        self.definition.shape != Shape::Lookup
    }

    /// The type of what it reads as; of a function's result.
    pub(crate) fn data_type(&'static self) -> Type {
        let list = |element| Type::List(Box::new(element));
        match self.definition.shape {
            Shape::Object => Type::Object(ObjectType::Part(self)),
            Shape::Text | Shape::Word(_) | Shape::Lookup => Type::String,
            Shape::Integer => Type::Integer,
            Shape::Boolean => Type::Boolean,
            Shape::Time => Type::Datetime,
            Shape::Texts => list(Type::String),
            Shape::Headers => Type::Map(Box::new(list(Type::String))),
            Shape::Attributes => Type::Map(Box::new(Type::String)),
            Shape::Address => Type::Object(ObjectType::Address),
            Shape::Addresses => list(Type::Object(ObjectType::Address)),
            Shape::Attachments => list(Type::Object(ObjectType::Attachment)),
        }
    }
}

/// Members of one table are the same if they are one row of it.
impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Member {}

impl Hash for Member {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.definition.path)
    }
}

/// The table of members: what expressions can read of `interaction`, beside what the run itself has.
#[derive(Debug, Default)]
pub struct Members(Vec<Member>);

impl Members {
    /// A table. Expressions that are compiled with it are evaluated on mails that answer for the same rows in the same order.
    pub fn new(rows: impl IntoIterator<Item = Definition>) -> Self {
        Self(rows.into_iter().enumerate().map(|(number, definition)| Member { number, definition }).collect())
    }

    /// All members, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = &Member> {
        self.0.iter()
    }

    /// The members of an object, by its path; of `interaction` if that is empty.
    pub(crate) fn of(&self, object: &str) -> impl Iterator<Item = &Member> {
        self.0.iter().filter(move |member| member.object() == object)
    }

    /// A member of an object.
    pub(crate) fn find(&self, object: &str, name: &str) -> Option<&Member> {
        self.of(object).find(|member| member.name() == name)
    }
}

/// What a mail says for a member.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'m> {
    /// A text; empty if there is none.
    Text(&'m str),
    /// A number.
    Integer(u64),
    /// A truth value.
    Boolean(bool),
    /// A point in time, if there is one.
    Time(Option<Timestamp>),
    /// Texts in order.
    Texts(&'m [String]),
    /// Header fields by lower-case name, decoded, in order.
    Headers(&'m BTreeMap<String, Vec<String>>),
    /// Attributes by name; [`Email::look_up`] has each.
    Attributes(&'m BTreeMap<String, String>),
    /// How many addresses there are; [`Email::address`] has them.
    Addresses(usize),
    /// How many attachments there are; [`Email::attachment`] has them.
    Attachments(usize),
    /// Nothing can be read: the member is an object, a function, or promised for later.
    Nothing,
}

impl Fact<'_> {
    /// Whether it is there, as `has` tells it. Numbers and truth values always are.
    pub(crate) fn is_present(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Time(time) => time.is_some(),
            Self::Texts(texts) => !texts.is_empty(),
            Self::Headers(fields) => !fields.is_empty(),
            Self::Attributes(attributes) => !attributes.is_empty(),
            Self::Addresses(count) | Self::Attachments(count) => *count > 0,
            Self::Integer(_) | Self::Boolean(_) | Self::Nothing => true,
        }
    }
}

/// One address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressRef<'a> {
    /// The address in lower case.
    pub address: &'a str,
    /// The display name, empty if there is none.
    pub name: &'a str,
    /// What follows the `@`, in lower case.
    pub domain: &'a str,
}

/// One attachment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttachmentRef<'a> {
    /// The file name, empty if there is none.
    pub name: &'a str,
    /// The media type in lower case, such as `application/pdf`.
    pub content_type: &'a str,
    /// The decoded size in bytes.
    pub size: u64,
    /// Whether it is displayed within the text.
    pub inline: bool,
}

/// Something that was found out about a mail as it came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FindingRef<'a> {
    /// What was checked: `spf`, `dkim`, `dmarc` or `scan`.
    pub what: &'a str,
    /// The result, as one word.
    pub result: &'a str,
    /// Why, for people; empty if there is nothing to say.
    pub reason: &'a str,
}

/// A mail that answers for a table of members.
pub trait Email: Sync {
    /// What it says for a member.
    fn read(&self, member: &Member) -> Fact<'_>;
    /// One of a member's addresses; `None` past the end.
    fn address(&self, member: &Member, position: usize) -> Option<AddressRef<'_>>;
    /// One of a member's attachments; `None` past the end.
    fn attachment(&self, member: &Member, position: usize) -> Option<AttachmentRef<'_>>;
    /// What a member that is a function, or attributes, says for a name; empty if there is none.
    fn look_up(&self, member: &Member, name: &str) -> &str;
    /// Why one knows that a machine wrote it (RFC 3834 and what is in use beside it), as one word; `None` if a person may have.
    fn automatic(&self) -> Option<&str>;
    /// What kinds of mail it is beside that, each with the rule by which one knows, as one word: `bulk`, `list`, `autoReply`, `bounce`, `delayed`.
    fn kinds(&self) -> Vec<(&'static str, &str)> {
        Vec::new()
    }
    /// The bounds of reading that the email exceeds, each as one phrase: what lies beyond them can't be seen.
    fn unread(&self) -> Vec<String> {
        Vec::new()
    }
    /// What was found out about it as it came in; what is not known is left out.
    fn findings(&self) -> Vec<FindingRef<'_>> {
        Vec::new()
    }
}
