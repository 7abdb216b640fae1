//! How members of a mail are read: what a row of the table is, and what a mail says for one.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use waypost_flow::email::{Definition, Fact, Member, Members, Shape};
use waypost_mail::message::{Address, Attachment};

use crate::email::MessageView;
use crate::table::ROWS;

use Reader::{
    Addresses, Attachments, Attributes, Boolean, FirstAddress, Headers, Integer, Lookup, Object, Text, Texts, Time,
    Word,
};

/// A member: how it is read below `interaction`, what reads it, what it means, and what that is for the sample mail of
/// `crates/members/tests/reference.rs`, as JSON. Those of an object stand below its own row and go on after its path:
/// `email.auth`, `email.auth.spf`, `email.auth.spf.result`.
pub(crate) struct Row {
    path: &'static str,
    read: Reader,
    summary: &'static str,
    example: &'static str,
    asked: &'static str,
}

pub(crate) const fn row(path: &'static str, read: Reader, summary: &'static str, example: &'static str) -> Row {
    Row { path, read, summary, example, asked: "" }
}

impl Row {
    /// The example is not the member itself, but what this after its path reads.
    pub(crate) const fn asking(self, asked: &'static str) -> Self {
        Self { asked, ..self }
    }
}

/// What reads a member; its type follows from it.
pub(crate) enum Reader {
    /// Nothing: it has members of its own.
    Object,
    /// A text; empty if there is none.
    Text(for<'v> fn(&'v MessageView<'_, '_>) -> &'v str),
    /// One of these words.
    Word(for<'v> fn(&'v MessageView<'_, '_>) -> &'v str, &'static [&'static str]),
    /// A number.
    Integer(fn(&MessageView<'_, '_>) -> u64),
    /// A truth value.
    Boolean(fn(&MessageView<'_, '_>) -> bool),
    /// A point in time; without one it reads as `receivedAt`.
    Time(fn(&MessageView<'_, '_>) -> Option<Timestamp>),
    /// A list of texts.
    Texts(for<'v> fn(&'v MessageView<'_, '_>) -> &'v [String]),
    /// Header fields by their names in lower case.
    Headers(for<'v> fn(&'v MessageView<'_, '_>) -> &'v BTreeMap<String, Vec<String>>),
    /// Attributes by name.
    Attributes(for<'v> fn(&'v MessageView<'_, '_>) -> &'v BTreeMap<String, String>),
    /// An address: the first of these.
    FirstAddress(for<'v> fn(&'v MessageView<'_, '_>) -> &'v [Address]),
    /// A list of addresses.
    Addresses(for<'v> fn(&'v MessageView<'_, '_>) -> &'v [Address]),
    /// A list of attachments.
    Attachments(for<'v> fn(&'v MessageView<'_, '_>) -> &'v [Attachment]),
    /// A function from a name to a text.
    Lookup(for<'v> fn(&'v MessageView<'_, '_>, &str) -> Option<&'v str>),
}

impl Reader {
    fn shape(&self) -> Shape {
        match self {
            Object => Shape::Object,
            Text(_) => Shape::Text,
            Word(_, words) => Shape::Word(words),
            Integer(_) => Shape::Integer,
            Boolean(_) => Shape::Boolean,
            Time(_) => Shape::Time,
            Texts(_) => Shape::Texts,
            Headers(_) => Shape::Headers,
            Attributes(_) => Shape::Attributes,
            FirstAddress(_) => Shape::Address,
            Addresses(_) => Shape::Addresses,
            Attachments(_) => Shape::Attachments,
            Lookup(_) => Shape::Lookup,
        }
    }
}

/// The members that flows can read, as the language is given them.
pub fn members() -> &'static Members {
    static MEMBERS: LazyLock<Members> = LazyLock::new(|| {
        let definition = |row: &Row| Definition {
            path: row.path,
            shape: row.read.shape(),
            summary: row.summary,
            example: row.example,
            asked: row.asked,
        };
        Members::new(ROWS.iter().map(definition))
    });
    &MEMBERS
}

fn reader(member: &Member) -> Option<&'static Reader> {
    ROWS.get(member.number).map(|row| &row.read)
}

/// What a mail says for a member.
pub(crate) fn fact<'v>(mail: &'v MessageView<'_, '_>, member: &Member) -> Fact<'v> {
    match reader(member) {
        Some(Text(read) | Word(read, _)) => Fact::Text(read(mail)),
        Some(Integer(read)) => Fact::Integer(read(mail)),
        Some(Boolean(read)) => Fact::Boolean(read(mail)),
        Some(Time(read)) => Fact::Time(read(mail)),
        Some(Texts(read)) => Fact::Texts(read(mail)),
        Some(Headers(read)) => Fact::Headers(read(mail)),
        Some(Attributes(read)) => Fact::Attributes(read(mail)),
        Some(FirstAddress(read) | Addresses(read)) => Fact::Addresses(read(mail).len()),
        Some(Attachments(read)) => Fact::Attachments(read(mail).len()),
        Some(Object | Lookup(_)) | None => Fact::Nothing,
    }
}

/// A member's addresses.
pub(crate) fn addresses<'v>(mail: &'v MessageView<'_, '_>, member: &Member) -> &'v [Address] {
    match reader(member) {
        Some(FirstAddress(read) | Addresses(read)) => read(mail),
        _ => &[],
    }
}

/// A member's attachments.
pub(crate) fn attachments<'v>(mail: &'v MessageView<'_, '_>, member: &Member) -> &'v [Attachment] {
    match reader(member) {
        Some(Attachments(read)) => read(mail),
        _ => &[],
    }
}

/// What a member that is a function, or attributes, says for a name.
pub(crate) fn look_up<'v>(mail: &'v MessageView<'_, '_>, member: &Member, name: &str) -> &'v str {
    match reader(member) {
        Some(Lookup(read)) => read(mail, name).unwrap_or_default(),
        Some(Attributes(read)) => read(mail).get(name).map_or("", String::as_str),
        _ => "",
    }
}
