//! Members of objects, maps and json, and whether they are there.

use std::sync::Arc;

use waypost_cel::{Expr, Member as Written};
use waypost_problem::nearest;

use super::check::{Checker, Typed, string_constant};
use super::foreign;
use super::ir::{AddressPart, AttachmentPart, Ir, Presence, Read, Site};
use crate::diagnostic::{Code, Edit};
use crate::email::{Members, Shape};
use crate::types::{ObjectType, Type};
use crate::value::{Handle, Value};

/// A member that the language has by itself. Those of the mail are given to it ([`Members`]).
struct Own<R: 'static> {
    name: &'static str,
    read: R,
    data_type: fn() -> Type,
    summary: &'static str,
    example: &'static str,
}

const fn own<R>(
    name: &'static str,
    read: R,
    data_type: fn() -> Type,
    summary: &'static str,
    example: &'static str,
) -> Own<R> {
    Own { name, read, data_type, summary, example }
}

fn string() -> Type {
    Type::String
}

/// What of `interaction` the run itself has.
static RUN: &[Own<Read>] = &[
    own("id", Read::Id, string, "The interaction's id.", "\"01993f5e-8c1a-7d2b-9e4f-3a5b6c7d8e9f\""),
    own(
        "receivedAt",
        Read::ReceivedAt,
        || Type::Datetime,
        "When the mail was accepted. `now` is the same.",
        "\"2026-03-01T10:20:30Z\"",
    ),
    own("priority", Read::Priority, || Type::Integer, "Its priority so far; higher is sooner.", "5"),
    own(
        "attributes",
        Read::Attributes,
        || Type::Map(Box::new(Type::String)),
        "Its attributes so far. One that is not set reads as empty.",
        "{\"vip\":\"yes\"}",
    ),
];

static ADDRESS: &[Own<AddressPart>] = &[
    own("address", AddressPart::Address, string, "The address in lower case.", "\"ann@example.com\""),
    own("name", AddressPart::Name, string, "The display name; empty if there is none.", "\"Ann\""),
    own("domain", AddressPart::Domain, string, "What follows the `@`, in lower case.", "\"example.com\""),
];

static ATTACHMENT: &[Own<AttachmentPart>] = &[
    own("name", AttachmentPart::Name, string, "The file name; empty if there is none.", "\"bill.pdf\""),
    own(
        "contentType",
        AttachmentPart::ContentType,
        string,
        "The media type in lower case, such as `application/pdf`.",
        "\"application/pdf\"",
    ),
    own("size", AttachmentPart::Size, || Type::Integer, "The decoded size in bytes.", "9"),
    own("inline", AttachmentPart::Inline, || Type::Boolean, "Whether it is shown within the text.", "false"),
];

/// An object with its members, for the reference.
pub struct ObjectReference {
    /// How it is read, such as `interaction.email`; a name for what is read in several ways.
    pub name: String,
    /// Its members.
    pub members: Vec<MemberReference>,
}

/// A member, for the reference.
pub struct MemberReference {
    /// Its name; of a function with its parameter.
    pub name: String,
    /// The name of its type.
    pub data_type: String,
    /// What it is.
    pub summary: &'static str,
    /// The words that it may be, if it is one of a few.
    pub words: &'static [&'static str],
    /// How the example reads it: by its name, or by more than that.
    pub read: String,
    /// What that reads as, as JSON; empty if it has members of its own.
    pub example: &'static str,
}

/// All objects: what the language has by itself, and what it is given.
pub fn objects(members: &'static Members) -> Vec<ObjectReference> {
    fn of<R>(name: &str, members: &'static [Own<R>]) -> ObjectReference {
        let members = members.iter().map(|member| MemberReference {
            name: member.name.to_owned(),
            data_type: (member.data_type)().to_string(),
            summary: member.summary,
            words: &[],
            read: member.name.to_owned(),
            example: member.example,
        });
        ObjectReference { name: name.to_owned(), members: members.collect() }
    }
    let given = |object: &str| -> Vec<MemberReference> {
        let shown = members.of(object).map(|member| {
            let parameter = if member.shape() == Shape::Lookup { "(name)" } else { "" };
            MemberReference {
                name: format!("{}{parameter}", member.name()),
                data_type: member.data_type().to_string(),
                summary: member.summary(),
                words: if let Shape::Word(words) = member.shape() { words } else { &[] },
                read: format!("{}{}", member.name(), member.asked()),
                example: member.example(),
            }
        });
        shown.collect()
    };
    let mut interaction = of(&path(""), RUN);
    interaction.members.extend(given(""));
    let mut all = vec![interaction];
    let parts = members.iter().filter(|member| member.shape() == Shape::Object);
    all.extend(parts.map(|part| ObjectReference { name: path(part.path()), members: given(part.path()) }));
    all.extend([of("an address", ADDRESS), of("an attachment", ATTACHMENT)]);
    all
}

/// How an object or a member is read.
fn path(below_interaction: &str) -> String {
    match below_interaction {
        "" => "interaction".to_owned(),
        below => format!("interaction.{below}"),
    }
}

/// `operand.field`
pub(super) fn select(checker: &mut Checker<'_>, (ir, data_type): Typed, written: &Written) -> Option<Typed> {
    let (field, place) = (&*written.field, written.name);
    match &data_type {
        Type::Object(ObjectType::Interaction) => match RUN.iter().find(|member| member.name == field) {
            Some(member) => Some((Ir::Read(member.read), (member.data_type)())),
            None => given(checker, "", written),
        },
        Type::Object(ObjectType::Part(part)) => given(checker, part.path(), written),
        Type::Object(ObjectType::Address) => match ADDRESS.iter().find(|member| member.name == field) {
            Some(member) => Some((Ir::AddressPart(Box::new(ir), member.read), (member.data_type)())),
            None => unknown(checker, written, "an address", ADDRESS.iter().map(|member| member.name), None),
        },
        Type::Object(ObjectType::Attachment) => match ATTACHMENT.iter().find(|member| member.name == field) {
            Some(member) => Some((Ir::AttachmentPart(Box::new(ir), member.read), (member.data_type)())),
            None => unknown(checker, written, "an attachment", ATTACHMENT.iter().map(|member| member.name), None),
        },
        Type::Map(element) => {
            let element = (**element).clone();
            let (key, _) = string_constant(field);
            Some(member(ir, key, element, checker.site(&written.of, written.of.span.to(place))))
        }
        Type::Json => {
            let (key, _) = string_constant(field);
            Some((Ir::JsonPart(Box::new(ir), Box::new(key)), Type::Json))
        }
        other => {
            let message = format!("a value of type {other} has no members");
            let meant = foreign::member(checker, other, written);
            let problem = checker.problem(place, Code::UnknownMember, message);
            problem.found = Some(format!("`.{field}`"));
            if let Some((help, edit)) = meant {
                problem.suggestion = Some(help);
                problem.edits = vec![edit];
            }
            None
        }
    }
}

/// A map's member. Attributes are never missing: they read as empty.
fn member(map: Ir, key: Ir, element: Type, site: Site) -> Typed {
    match map {
        Ir::Read(Read::Attributes) => (Ir::Attribute(Box::new(key)), Type::String),
        Ir::Read(Read::Member(of)) if of.shape() == Shape::Headers => {
            (Ir::HeaderValues(of, Box::new(key), site), element)
        }
        Ir::Read(Read::Member(of)) if of.shape() == Shape::Attributes => (Ir::Lookup(of, Box::new(key)), Type::String),
        map => (Ir::Index(Box::new(map), Box::new(key), site), element),
    }
}

/// A member of `interaction` or of a part of it, from the table that was given.
fn given(checker: &mut Checker<'_>, object: &str, written: &Written) -> Option<Typed> {
    let (members, field) = (checker.scope.members, &*written.field);
    let Some(member) = members.find(object, field) else {
        let own = if object.is_empty() { RUN } else { &[] };
        let given = members.of(object).filter(|member| member.is_readable());
        let known = own.iter().map(|member| member.name).chain(given.map(|member| member.name()));
        return unknown(checker, written, &path(object), known, elsewhere(members, object, field));
    };
    match member.shape() {
        Shape::Object => Some((Ir::Constant(Value::Object(Handle::Part(member))), member.data_type())),
        Shape::Lookup => {
            let problem = checker.problem(written.name, Code::UnknownMember, format!("`{field}` is a function"));
            problem.suggestion = Some(format!("write `{}('name')`", path(member.path())));
            None
        }
        _ => Some((Ir::Read(Read::Member(member)), member.data_type())),
    }
}

/// The member of each element of a list of objects: `to.map(one, one.address)` for `to.address`.
pub(super) fn of_each(checker: &Checker<'_>, of: &Type, written: &Written) -> Option<String> {
    let Type::List(element) = of else { return None };
    let field = match &**element {
        Type::Object(ObjectType::Address) => meant(ADDRESS, &written.field)?,
        Type::Object(ObjectType::Attachment) => meant(ATTACHMENT, &written.field)?,
        _ => return None,
    };
    let list = checker.closed(&written.of, checker.mended(written.of.span));
    Some(format!("{list}.map(one, one.{field})"))
}

/// The member of that name, or by the name that others have for it.
fn meant<R>(members: &[Own<R>], field: &str) -> Option<&'static str> {
    let known = |name: &str| members.iter().map(|member| member.name).find(|known| *known == name);
    known(field).or_else(|| known(foreign::field(field)?))
}

/// How a member is read that another object has: `interaction.email.subject` for `interaction.subject`. Of several that of the mail.
fn elsewhere(members: &Members, object: &str, field: &str) -> Option<String> {
    if let Some(member) = RUN.iter().find(|member| member.name == field) {
        return Some(path(member.name));
    }
    let others =
        members.iter().filter(|member| member.is_readable() && member.name() == field && member.path() != object);
    let nearest =
        others.min_by_key(|member| (member.path() != format!("email.{field}"), member.path().matches('.').count()));
    nearest.map(|member| path(member.path()))
}

fn unknown(
    checker: &mut Checker<'_>,
    written: &Written,
    of: &str,
    known: impl Iterator<Item = &'static str>,
    elsewhere: Option<String>,
) -> Option<Typed> {
    let field = &*written.field;
    let known: Vec<&str> = known.collect();
    let foreign = foreign::field(field).filter(|meant| known.contains(meant));
    let near = || nearest(field, known.iter().copied());
    let near_foreign = || foreign::near_field(field).filter(|meant| known.contains(meant));
    // What is there by that very name is meant before what is near.
    let guessed = || near().or_else(near_foreign);
    let meant = match (foreign.or_else(|| if elsewhere.is_none() { guessed() } else { None }), elsewhere) {
        (Some(own), _) => Some((format!("did you mean `{own}`?"), written.name, own.to_owned())),
        (None, Some(path)) => Some((format!("write `{path}`"), written.of.span.to(written.name), path)),
        (None, None) => None,
    };
    let meant = meant.map(|(help, span, text)| (help, Edit { range: checker.place(span), text }));
    let problem = checker.problem(written.name, Code::UnknownMember, format!("{of} has no member `{field}`"));
    problem.expected = Some(format!("one of: {}", known.join(", ")));
    problem.found = Some(format!("`{field}`"));
    if let Some((help, edit)) = meant {
        problem.suggestion = Some(help);
        problem.edits = vec![edit];
    }
    None
}

/// `has(operand.field)`
pub(super) fn presence(checker: &mut Checker<'_>, written: &Written) -> Option<Typed> {
    let (of, data_type) = checker.check(&written.of)?;
    let field = &*written.field;
    let is_attributes = matches!(of, Ir::Read(Read::Attributes));
    let named = match &of {
        Ir::Read(Read::Member(member)) if matches!(member.shape(), Shape::Headers | Shape::Attributes) => Some(*member),
        _ => None,
    };
    let presence = match (&data_type, named) {
        (Type::Map(_), _) if is_attributes => Presence::Attribute(Arc::from(field)),
        (Type::Map(_), Some(member)) => Presence::Named(member, Arc::from(field)),
        (Type::Map(_) | Type::Json, _) => Presence::Member(Box::new(of), Arc::from(field)),
        _ => match self::select(checker, (of, data_type), written)? {
            (Ir::Read(read), _) => Presence::Field(read),
            (ir @ (Ir::AddressPart(..) | Ir::AttachmentPart(..)), _) => Presence::Text(Box::new(ir)),
            _ => Presence::Always,
        },
    };
    Some((Ir::Has(presence), Type::Boolean))
}

/// `of[index]`
pub(super) fn index(
    checker: &mut Checker<'_>,
    whole: &Expr,
    of: (&Expr, Typed),
    index: (&Expr, Typed),
) -> Option<Typed> {
    let (of_written, (of, of_type)) = of;
    let (index_written, (index, index_type)) = index;
    let site = checker.site(of_written, whole.span);
    let expected = match &of_type {
        Type::List(element) if index_type == Type::Integer => {
            let site = Site { list: true, ..site };
            return Some((Ir::Index(Box::new(of), Box::new(index), site), (**element).clone()));
        }
        Type::Map(element) if index_type == Type::String => return Some(member(of, index, (**element).clone(), site)),
        Type::Json if matches!(index_type, Type::String | Type::Integer) => {
            return Some((Ir::JsonPart(Box::new(of), Box::new(index)), Type::Json));
        }
        Type::List(_) => "integer",
        Type::Map(_) => "string",
        Type::Json => "string or integer",
        other => {
            let other = other.clone();
            checker.wrong_type(of_written, "a list, a map or json", &other);
            return None;
        }
    };
    checker.wrong_type(index_written, expected, &index_type);
    None
}
