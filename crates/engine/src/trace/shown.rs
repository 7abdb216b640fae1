//! Values as a trace shows them: short, with their full length told.

use std::cell::Cell;
use std::fmt;

use jiff::SignedDuration;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use waypost_flow::email::Shape;
use waypost_flow::value::{Handle, Text, Value};

/// Characters of a string that are shown.
const STRING_CHARACTERS: usize = 256;
/// Members of a list or a map that are shown.
const MEMBERS: usize = 32;
/// Lists and maps within each other that are shown.
const DEPTH: usize = 6;
/// Bytes of strings and names that one value may show in all.
const BYTES: usize = 4096;

/// A value in a trace.
#[derive(Debug)]
pub(crate) enum Shown<'m> {
    /// Kept as it is: it borrows, or it is small.
    Whole(Value<'m>),
    /// Clipped when it was seen, so that a loop which computes large values doesn't keep them all alive.
    Clipped(Box<Json>),
}

impl<'m> Shown<'m> {
    pub(crate) fn of(value: &Value<'m>) -> Self {
        if weight(value, BYTES) <= BYTES {
            return Self::Whole(value.clone());
        }
        match clipped(value, serde_json::value::Serializer) {
            Ok(json) => Self::Clipped(Box::new(json)),
            Err(_) => Self::Clipped(Box::new(Json::Null)),
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(value) => clipped(value, serializer),
            Self::Clipped(json) => json.serialize(serializer),
        }
    }
}

/// About how many bytes a value keeps alive; counting stops beyond `most`.
fn weight(value: &Value<'_>, most: usize) -> usize {
    match value {
        Value::String(Text::Owned(text)) => text.len(),
        Value::List(items) => {
            let mut sum = 0;
            for item in items.iter() {
                sum += size_of::<Value<'_>>() + weight(item, most);
                if sum > most {
                    break;
                }
            }
            sum
        }
        Value::Map(members) => {
            let mut sum = 0;
            for (name, member) in members.iter() {
                sum += size_of::<Value<'_>>() + name.len() + weight(member, most);
                if sum > most {
                    break;
                }
            }
            sum
        }
        Value::Json(json) => json_weight(json, most),
        _ => 0,
    }
}

fn json_weight(json: &Json, most: usize) -> usize {
    let mut sum = size_of::<Json>();
    match json {
        Json::String(text) => sum += text.len(),
        Json::Array(items) => {
            for item in items {
                sum += json_weight(item, most);
                if sum > most {
                    break;
                }
            }
        }
        Json::Object(members) => {
            for (name, member) in members {
                sum += name.len() + json_weight(member, most);
                if sum > most {
                    break;
                }
            }
        }
        _ => {}
    }
    sum
}

/// A value on its way to JSON, clipped.
struct Clip<'a, T> {
    value: &'a T,
    depth: usize,
    left: &'a Cell<usize>,
}

/// Writes a value clipped.
fn clipped<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
where
    S: Serializer,
    for<'a> Clip<'a, T>: Serialize,
{
    Clip { value, depth: 0, left: &Cell::new(BYTES) }.serialize(serializer)
}

impl<'a, T> Clip<'a, T> {
    fn text<S: Serializer>(&self, text: &str, serializer: S) -> Result<S::Ok, S::Error> {
        let allowed = STRING_CHARACTERS.min(self.left.get());
        self.left.set(self.left.get().saturating_sub(text.len().min(STRING_CHARACTERS)));
        match text.char_indices().nth(allowed) {
            None => serializer.serialize_str(text),
            Some((end, _)) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("$clipped", text.get(..end).unwrap_or_default())?;
                map.serialize_entry("$length", &text.chars().count())?;
                map.end()
            }
        }
    }

    fn list<'v, V: 'v, S>(&self, items: impl ExactSizeIterator<Item = &'v V>, serializer: S) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
        for<'b> Clip<'b, V>: Serialize,
    {
        let all = items.len();
        let mut sequence = serializer.serialize_seq(None)?;
        for (index, value) in items.enumerate() {
            if index >= MEMBERS || self.left.get() == 0 || self.depth >= DEPTH {
                sequence.serialize_element(&More { more: all - index })?;
                break;
            }
            sequence.serialize_element(&Clip { value, depth: self.depth + 1, left: self.left })?;
        }
        sequence.end()
    }

    fn map<'v, V: 'v, S>(
        &self,
        members: impl ExactSizeIterator<Item = (&'v str, &'v V)>,
        serializer: S,
    ) -> Result<S::Ok, S::Error>
    where
        S: Serializer,
        for<'b> Clip<'b, V>: Serialize,
    {
        let all = members.len();
        let mut map = serializer.serialize_map(None)?;
        for (index, (name, value)) in members.enumerate() {
            // A name is never shown in part: one that doesn't fit counts among those left out.
            if index >= MEMBERS || self.left.get() <= name.len() || self.depth >= DEPTH {
                map.serialize_entry("$more", &(all - index))?;
                break;
            }
            self.left.set(self.left.get() - name.len());
            map.serialize_entry(name, &Clip { value, depth: self.depth + 1, left: self.left })?;
        }
        map.end()
    }
}

/// How many members were left out.
#[derive(Serialize)]
struct More {
    #[serde(rename = "$more")]
    more: usize,
}

impl Serialize for Clip<'_, Value<'_>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::String(text) => self.text(text.as_str(), serializer),
            Value::Integer(number) => serializer.serialize_i64(*number),
            // JSON has no infinities and no NaN.
            Value::Number(number) if !number.is_finite() => serializer.collect_str(number),
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::Boolean(truth) => serializer.serialize_bool(*truth),
            Value::Datetime(time) => serializer.collect_str(time),
            Value::Duration(span) => serializer.collect_str(&Seconds(*span)),
            Value::Json(json) => Clip { value: &**json, depth: self.depth, left: self.left }.serialize(serializer),
            Value::List(items) => self.list(items.iter(), serializer),
            Value::Map(members) => self.map(members.iter().map(|(name, value)| (&**name, value)), serializer),
            Value::Object(handle) => serializer.collect_str(&Place(*handle)),
        }
    }
}

impl Serialize for Clip<'_, Json> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Json::String(text) => self.text(text, serializer),
            Json::Array(items) => self.list(items.iter(), serializer),
            Json::Object(members) => self.map(members.iter().map(|(name, value)| (name.as_str(), value)), serializer),
            plain => plain.serialize(serializer),
        }
    }
}

/// A duration as CEL prints it: seconds, `90s` or `1.5s`.
struct Seconds(SignedDuration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_negative() {
            f.write_str("-")?;
        }
        write!(f, "{}", self.0.as_secs().unsigned_abs())?;
        let nanoseconds = self.0.subsec_nanos().unsigned_abs();
        if nanoseconds > 0 {
            let fraction = format!("{nanoseconds:09}");
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        f.write_str("s")
    }
}

/// A part of the interaction, by the path that reads it: its content is in the mail.
struct Place(Handle);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Handle::Interaction => f.write_str("interaction"),
            Handle::Address(member, _) if member.shape() == Shape::Address => {
                write!(f, "interaction.{}", member.path())
            }
            Handle::Part(member) => write!(f, "interaction.{}", member.path()),
            Handle::Address(member, position) | Handle::Attachment(member, position) => {
                write!(f, "interaction.{}[{position}]", member.path())
            }
        }
    }
}
