//! What expressions read, and how a draft is made to say something there.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json};
use waypost_flow_tests::trial::WHEN;

use super::addresses;
use super::draft::{Answer, Asked, Attached, Draft, Entry, Failure};
use super::ends;
use super::envelope;
use super::facts::Fact;
use super::kinds::{Line, MailKind, clear_returned, returned, set_returned};
use super::languages::{CODES, in_language};

/// Something that a run is given, and that its expressions read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Source {
    /// A text of the mail or the envelope, by its name in a draft.
    Text(&'static str),
    /// A text that the HTML hides.
    Hidden,
    /// An address field, and the part of an address that is read.
    Address(&'static str, Part),
    /// A header field.
    Header(String),
    /// All fields of a name.
    Fields(String),
    /// Any header field, its name or its value.
    AnyField,
    /// Attachments, and what is read of one.
    Attachment(AttachmentPart),
    /// The size of the mail.
    Size,
    /// Whether the body is longer than what expressions see.
    Truncated,
    /// What kind of mail it is.
    Kind(MailKind),
    /// A line of an attachment.
    Line(Line),
    /// Which mail came back.
    Returned,
    /// The language of its text.
    Language,
    /// When it is accepted.
    Now,
    /// When it says that it was written.
    Date,
    /// An attribute.
    Attribute(String),
    /// Any attribute, its name or its value.
    AnyAttribute,
    /// What was found out about the mail, or its thread.
    Fact(Fact),
    /// An input of the flow that is called by itself.
    Input(String),
    /// An output of a data action.
    Answer(String, String),
    /// What is said of a data action that fails: `code`, `message` or `status`.
    Failure(String, String),
    /// Whether what is asked is answered at all.
    Asked(Asked),
}

/// A part of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    Whole,
    Name,
    Domain,
}

/// A part of an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AttachmentPart {
    Whole,
    Name,
    Type,
    Size,
}

/// Larger mails are not made.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// More than this is seen of no body, in bytes.
pub(super) const BODY_BYTES: usize = 1024 * 1024;

impl Source {
    /// The words that it may be; none if it may be any text.
    pub(crate) fn words(&self) -> &'static [&'static str] {
        match self {
            Self::Fact(fact) => fact.words(),
            Self::Language => CODES.as_slice(),
            _ => &[],
        }
    }

    /// The text that a draft has there.
    pub(crate) fn text<'d>(&self, draft: &'d Draft) -> &'d str {
        let text = match self {
            Self::Text(name) => draft.texts.get(name).map(String::as_str),
            Self::Header(name) | Self::Fields(name) => draft.headers.get(name).map(String::as_str),
            Self::Attribute(name) => draft.attributes.get(name).map(String::as_str),
            Self::Input(name) => draft.inputs.get(name).and_then(Json::as_str),
            _ => None,
        };
        text.unwrap_or_default()
    }

    /// The value that a draft has there.
    pub(crate) fn json<'d>(&self, draft: &'d Draft) -> Option<&'d Json> {
        match self {
            Self::Input(name) => draft.inputs.get(name),
            Self::Answer(action, output) => match draft.answers.get(&Asked::DataAction(action.clone()))? {
                Answer::Output(outputs) => outputs.get(output),
                _ => None,
            },
            _ => None,
        }
    }

    /// What a run reads there, as a text: that of the draft, or what stands in where it says nothing.
    pub(crate) fn said(&self, draft: &Draft) -> String {
        match self {
            Self::Address(field, part) => {
                addresses::said(draft.texts.get(field).map(String::as_str), *field == "from", *part)
            }
            Self::Text("envelope.from") if !draft.texts.contains_key("envelope.from") => {
                Self::Address("from", Part::Whole).said(draft)
            }
            Self::Attachment(part) => match (draft.attachments.last(), part) {
                (Some(attached), AttachmentPart::Name) => attached.name.clone(),
                (Some(attached), AttachmentPart::Type) => attached.content_type.clone(),
                _ => String::new(),
            },
            Self::Text("envelope.to") if self.text(draft).is_empty() => match &draft.entry {
                Entry::Route(address) => address.clone(),
                Entry::Flow(_) => String::new(),
            },
            Self::Answer(..) => match self.json(draft) {
                Some(Json::String(text)) => text.clone(),
                Some(Json::Array(items)) => items.iter().find_map(Json::as_str).unwrap_or_default().to_owned(),
                Some(other) => other.to_string(),
                None => String::new(),
            },
            Self::Now => draft.at.unwrap_or(WHEN).to_string(),
            Self::Date => {
                let written = draft.headers.get(DATE).and_then(|date| rfc2822::parse(date).ok());
                written.map_or(draft.at.unwrap_or(WHEN), |date| date.timestamp()).to_string()
            }
            Self::Line(line) => line.said(draft),
            Self::Returned => returned(draft),
            Self::Fact(fact) => fact.said(&draft.facts),
            _ => self.text(draft).to_owned(),
        }
    }

    /// Takes out what a draft has there.
    pub(crate) fn clear(&self, draft: &mut Draft) {
        match self {
            Self::Text(name) | Self::Address(name, _) => drop(draft.texts.remove(name)),
            Self::Hidden => drop(draft.texts.remove("html")),
            Self::Header(name) | Self::Fields(name) => drop(draft.headers.remove(name)),
            Self::AnyField => draft.headers.clear(),
            Self::AnyAttribute => draft.attributes.clear(),
            Self::Attachment(_) => draft.attachments.clear(),
            Self::Size | Self::Truncated => draft.size = None,
            Self::Kind(kind) => kind.clear(draft),
            Self::Line(line) => line.clear(draft),
            Self::Returned => clear_returned(draft),
            Self::Language => drop(draft.texts.remove("text")),
            Self::Now => draft.at = None,
            Self::Date => drop(draft.headers.remove(DATE)),
            Self::Attribute(name) => drop(draft.attributes.remove(name)),
            Self::Fact(fact) => fact.clear(&mut draft.facts),
            Self::Input(name) => {
                if draft.inputs.get(name).is_some_and(Json::is_string) {
                    draft.inputs.insert(name.clone(), Json::from(""));
                }
            }
            Self::Answer(action, output) => {
                let asked = Asked::DataAction(action.clone());
                match draft.answers.get_mut(&asked) {
                    Some(Answer::Output(outputs)) => drop(outputs.shift_remove(output)),
                    _ => Self::Asked(asked).clear(draft),
                }
            }
            Self::Failure(action, _) => Self::Asked(Asked::DataAction(action.clone())).clear(draft),
            Self::Asked(asked) => asked.answer(draft),
        }
    }

    /// Makes it present, whatever it says.
    pub(crate) fn set_present(&self, draft: &mut Draft) {
        match self {
            Self::Kind(kind) => kind.set(draft),
            Self::Line(line) => line.set_present(draft),
            Self::Language => self.set_text(draft, "en"),
            Self::Truncated => draft.size = Some(BODY_BYTES * 2),
            Self::Size | Self::Now | Self::Date => {}
            Self::Input(name) if matches!(draft.inputs.get(name), Some(Json::Bool(_))) => {
                draft.inputs.insert(name.clone(), Json::Bool(true));
            }
            Self::Answer(..) => self.set_json(draft, Json::Bool(true)),
            Self::Fact(fact) => fact.set_present(&mut draft.facts),
            Self::Asked(asked) => asked.fail(draft, false),
            _ => self.set_text(draft, "a"),
        }
    }

    /// Makes it say a text. Line ends are spaces where there is but one line.
    pub(crate) fn set_text(&self, draft: &mut Draft, text: &str) {
        let line = || line_of(text);
        match self {
            Self::Text(name @ ("text" | "html")) => drop(draft.texts.insert(name, text.to_owned())),
            Self::Text(name @ ("envelope.from" | "envelope.to")) if !text.is_empty() => {
                let address = addresses::near(&line(), &self.said(draft));
                if envelope::is_address(&address) {
                    draft.texts.insert(name, address);
                }
            }
            Self::Text(name @ "envelope.remote") if !text.is_empty() => {
                draft.texts.extend(ends::host(text).map(|host| (*name, host)));
            }
            Self::Text(name) => drop(draft.texts.insert(name, line())),
            Self::Hidden => {
                drop(draft.texts.insert("html", format!("<p>a</p><div style=\"display:none\">{text}</div>")));
            }
            Self::Address(field, part) => {
                let text = addresses::with(draft.texts.get(field).map(String::as_str), *part, &line());
                draft.texts.insert(field, text);
            }
            Self::Header(name) | Self::Fields(name) => drop(draft.headers.insert(name.clone(), line())),
            Self::AnyField => {
                let name: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
                if !name.is_empty() {
                    draft.headers.insert(name, line());
                }
            }
            Self::AnyAttribute => drop(draft.attributes.insert(text.to_owned(), text.to_owned())),
            Self::Attachment(part) => {
                let mut attached = draft.attachments.pop().unwrap_or_else(plain);
                let line: String = line().chars().filter(|c| !matches!(c, '"' | '\\')).collect();
                match part {
                    // A type has two halves.
                    AttachmentPart::Type if line.ends_with('/') => attached.content_type = format!("{line}x"),
                    AttachmentPart::Type if !line.is_empty() => attached.content_type = line,
                    AttachmentPart::Name => attached.name = line,
                    _ => {}
                }
                draft.attachments.push(attached);
            }
            Self::Attribute(name) => drop(draft.attributes.insert(name.clone(), text.to_owned())),
            Self::Fact(fact) => fact.set_text(&mut draft.facts, text),
            Self::Now | Self::Date => {
                if let Ok(time) = text.parse::<Timestamp>() {
                    self.set_time(draft, time);
                }
            }
            Self::Line(line) => line.set(draft, &line_of(text)),
            Self::Returned => set_returned(draft, text),
            Self::Language => {
                if let Some(text) = in_language(&text.to_lowercase()) {
                    draft.texts.insert("text", text.to_owned());
                }
            }
            Self::Input(_) | Self::Answer(..) => self.set_json(draft, Json::from(text)),
            Self::Failure(action, field) => fail(draft, action, |failure| {
                let said = if field == "code" { &mut failure.code } else { &mut failure.message };
                text.clone_into(said);
            }),
            Self::Size => {
                if let Ok(number) = text.parse() {
                    self.set_number(draft, number);
                }
            }
            Self::Truncated | Self::Kind(_) | Self::Asked(_) => {}
        }
    }

    /// Makes it an instant.
    pub(crate) fn set_time(&self, draft: &mut Draft, time: Timestamp) {
        match self {
            Self::Now => draft.at = Some(time),
            Self::Date => {
                // Otherwise it would be accepted when it was written.
                draft.at = draft.at.or(Some(WHEN));
                let date = rfc2822::to_string(&time.to_zoned(TimeZone::UTC)).unwrap_or_default();
                draft.headers.insert(DATE.to_owned(), date);
            }
            _ => self.set_text(draft, &time.to_string()),
        }
    }

    /// Adds an element to what a data action answers, which is a list from now on.
    pub(crate) fn push_text(&self, draft: &mut Draft, text: &str) {
        let Self::Answer(action, output) = self else { return self.set_text(draft, text) };
        let said = match draft.answers.get(&Asked::DataAction(action.clone())) {
            Some(Answer::Output(outputs)) => outputs.get(output).cloned(),
            _ => None,
        };
        let mut items = match said {
            Some(Json::Array(items)) => items,
            other => other.into_iter().collect(),
        };
        items.push(Json::from(text));
        self.set_json(draft, Json::Array(items));
    }

    /// Makes it a number: of bytes, of elements, or the value itself.
    pub(crate) fn set_number(&self, draft: &mut Draft, number: i64) {
        let count = usize::try_from(number).unwrap_or_default().min(MOST_BYTES);
        match self {
            Self::Size => draft.size = Some(count),
            Self::Attachment(AttachmentPart::Size) => {
                let attached = draft.attachments.pop().unwrap_or_else(plain);
                draft.attachments.push(Attached { size: count, text: None, ..attached });
            }
            Self::Input(_) | Self::Answer(..) => self.set_json(draft, Json::from(number)),
            Self::Failure(action, _) => fail(draft, action, |failure| failure.status = u16::try_from(number).ok()),
            _ => self.set_text(draft, &number.to_string()),
        }
    }

    /// Makes an answer late.
    pub(crate) fn set_late(&self, draft: &mut Draft) {
        if let Self::Asked(asked) = self {
            asked.fail(draft, true);
        }
    }

    /// Makes another say what this one says. Where this one says nothing, both say the same.
    pub(crate) fn agree(&self, other: &Self, draft: &mut Draft) {
        let mut said = self.said(draft);
        if said.is_empty() {
            let of = |part: Part| [self, other].iter().any(|one| matches!(one, Self::Address(_, of) if *of == part));
            let same = if of(Part::Whole) {
                "same@example.net"
            } else if of(Part::Domain) {
                "same.example"
            } else {
                "same"
            };
            self.set_text(draft, same);
            same.clone_into(&mut said);
        }
        other.set_text(draft, &said);
    }

    /// Makes an input or an answer this value.
    pub(crate) fn set_json(&self, draft: &mut Draft, value: Json) {
        match self {
            Self::Input(name) => {
                if let (Some(Json::Array(elements)), Json::String(_)) = (draft.inputs.get_mut(name), &value) {
                    elements.push(value);
                    return;
                }
                // Of another kind it would be refused.
                let fits = draft.inputs.get(name).is_none_or(|known| kind(known) == kind(&value));
                if fits && matches!(draft.entry, Entry::Flow(_)) {
                    draft.inputs.insert(name.clone(), value);
                }
            }
            Self::Answer(action, output) => {
                let asked = Asked::DataAction(action.clone());
                let answer = draft.answers.entry(asked).or_insert_with(|| Answer::Output(Map::new()));
                if !matches!(answer, Answer::Output(_)) {
                    *answer = Answer::Output(Map::new());
                }
                if let Answer::Output(outputs) = answer {
                    outputs.insert(output.clone(), value);
                }
            }
            _ => {}
        }
    }
}

const DATE: &str = "Date";

/// A text on one line.
fn line_of(text: &str) -> String {
    text.split(['\r', '\n']).collect::<Vec<_>>().join(" ")
}

fn kind(value: &Json) -> u8 {
    match value {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    }
}

/// Makes a data action fail, and says how.
fn fail(draft: &mut Draft, action: &str, change: impl FnOnce(&mut Failure)) {
    let asked = Asked::DataAction(action.to_owned());
    let mut failure = match draft.answers.get(&asked) {
        Some(Answer::Failure(known)) => known.clone(),
        _ => Failure::default(),
    };
    change(&mut failure);
    draft.answers.insert(asked, Answer::Failure(failure));
}

pub(super) fn plain() -> Attached {
    Attached { name: "a.txt".to_owned(), content_type: "text/plain".to_owned(), size: 1, text: None }
}
