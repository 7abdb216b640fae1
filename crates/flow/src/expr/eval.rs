//! Evaluating checked expressions. Nothing is copied that can be borrowed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use waypost_ids::codes;

use super::compute::{add_up, arithmetic, compare, index_of, json_part, overflow};
use super::each::Made;
use super::equality::{equal, equals_json};
use super::frame::Frame;
use super::ir::{AddressPart, AttachmentPart, Ir, Presence, Read};
use super::{EvalError, MAX_VALUE_BYTES};
use crate::email::{AddressRef, AttachmentRef, Fact, Shape};
use crate::functions::{Meter as _, made_json};
use crate::value::{Handle, Text, Value};

/// What a call costs besides the bytes that it looks at, in parts of an expression.
const CALL_PARTS: u64 = 16;

pub(super) type Result<T> = std::result::Result<T, EvalError>;

/// What only a defect of the checker can bring about: reported as a run error, never a panic.
pub(super) fn internal() -> EvalError {
    EvalError { code: codes::INTERNAL, message: "a value is not of the type that was checked".to_owned() }
}

pub(super) fn error(code: &'static str, message: impl Into<String>) -> EvalError {
    EvalError { code, message: message.into() }
}

pub(super) fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Ir {
    pub(super) fn eval<'m>(&'m self, cx: &Frame<'_, 'm>) -> Result<Value<'m>> {
        cx.parts(1)?;
        Ok(match self {
            Self::Constant(value) => constant(value),
            Self::Input(position) => cx.inputs.get(*position).ok_or_else(internal)?.clone(),
            Self::Output(position) => cx.outputs.get(*position).ok_or_else(internal)?.clone(),
            Self::Variable(position, name) => match cx.variables.get(*position) {
                Some(Some(value)) => value.clone(),
                _ => return Err(error(codes::UNSET_VARIABLE, format!("`{name}` is not set"))),
            },
            Self::Local(id) => cx.local(*id)?,
            Self::Read(read) => {
                let value = read.eval(cx)?;
                // Texts are borrowed; lists and maps are made at each reading.
                if value.as_str().is_none() {
                    cx.touch_all(&value)?;
                    cx.gathered(&value)?;
                }
                value
            }
            Self::Attribute(key) => {
                let key = touched(key, cx)?;
                match cx.attributes.get(key.as_str().ok_or_else(internal)?) {
                    Some(value) => value.clone(),
                    None => Value::text(""),
                }
            }
            Self::Lookup(member, name) => {
                let name = touched(name, cx)?;
                // Fields are looked through one by one.
                cx.step(1)?;
                Value::text(cx.email.look_up(member, name.as_str().ok_or_else(internal)?))
            }
            Self::HeaderValues(member, name, _) => {
                let name = touched(name, cx)?;
                let name = name.as_str().ok_or_else(internal)?;
                let Fact::Headers(fields) = cx.email.read(member) else { return Err(internal()) };
                let values = fields
                    .get(name)
                    .ok_or_else(|| error(codes::MISSING_KEY, format!("there is no header `{}`", clip(name))))?;
                let values = texts(values);
                cx.made(&values)?;
                values
            }
            Self::AddressPart(of, part) => address_part(address(of.eval(cx)?, cx)?, *part),
            Self::AttachmentPart(of, part) => attachment_part(attachment(of.eval(cx)?, cx)?, *part),
            Self::Has(presence) => Value::Boolean(presence.eval(cx)?),
            Self::Not(of) => Value::Boolean(!of.truth(cx)?),
            Self::And(a, b) => Value::Boolean(absorb(a, b, cx, false)?),
            Self::Or(a, b) => Value::Boolean(absorb(a, b, cx, true)?),
            Self::Choose(when, then, otherwise) => {
                return if when.truth(cx)? { then.eval(cx) } else { otherwise.eval(cx) };
            }
            Self::Negate(of) => match of.eval(cx)? {
                Value::Integer(number) => Value::Integer(number.checked_neg().ok_or_else(overflow)?),
                Value::Number(number) => Value::Number(-number),
                _ => return Err(internal()),
            },
            Self::Arithmetic(operator, a, b) => {
                let (a, b) = (touched(a, cx)?, touched(b, cx)?);
                let value = arithmetic(*operator, a, b)?;
                cx.made(&value)?;
                value
            }
            Self::Equal(wanted, a, b) => {
                let (a, b) = pair(a, b, cx)?;
                Value::Boolean(equal(&a, &b, cx.email) == *wanted)
            }
            Self::Compare(comparison, a, b) => {
                let (a, b) = pair(a, b, cx)?;
                Value::Boolean(compare(*comparison, &a, &b)?)
            }
            Self::In(needle, within) => {
                let (needle, within) = pair(needle, within, cx)?;
                Value::Boolean(match within {
                    Value::List(elements) => elements.iter().any(|element| equal(&needle, element, cx.email)),
                    Value::Map(members) => members.contains_key(needle.as_str().ok_or_else(internal)?),
                    Value::Json(json) => match &*json {
                        Json::Object(members) => match &needle {
                            Value::Json(key) => key.as_str().is_some_and(|key| members.contains_key(key)),
                            key => key.as_str().is_some_and(|key| members.contains_key(key)),
                        },
                        Json::Array(elements) => elements.iter().any(|element| equals_json(element, &needle, cx.email)),
                        // As with members: what is no list or map has nothing in it.
                        _ => false,
                    },
                    _ => return Err(internal()),
                })
            }
            Self::InSet(needle, set) => {
                let needle = needle.eval(cx)?;
                cx.touch(&needle)?;
                Value::Boolean(set.contains(needle.as_str().ok_or_else(internal)?))
            }
            Self::Index(of, index, _) => index_of(of.eval(cx)?, &touched(index, cx)?)?,
            Self::JsonPart(of, key) => json_part(of, key, cx)?,
            Self::Each(each) => each.eval(cx)?,
            Self::List(parts) => {
                let mut made = Made::new();
                for part in parts {
                    made.push(part.eval(cx)?, cx)?;
                }
                made.list(cx)?
            }
            Self::Map(parts) => {
                let mut members = BTreeMap::new();
                let mut size = 0_usize;
                for (key, value) in parts {
                    let (key, value) = (key.eval(cx)?, value.eval(cx)?);
                    let before = size;
                    size = add_up(size, [&key, &value])?;
                    cx.touch_bytes(size - before)?;
                    let key: Arc<str> = Arc::from(key.as_str().ok_or_else(internal)?);
                    if members.insert(key.clone(), value).is_some() {
                        return Err(error(codes::DUPLICATE_KEY, format!("the key `{}` appears twice", clip(&key))));
                    }
                }
                let map = Value::Map(Arc::new(members));
                cx.gathered(&map)?;
                map
            }
            Self::Call(overload, arguments) => {
                cx.parts(CALL_PARTS)?;
                let looked_at = if overload.is_outer { touched } else { searched };
                let value = match arguments.as_slice() {
                    [one] => overload.call(&[looked_at(one, cx)?], cx.email, cx)?,
                    [one, two] => overload.call(&[looked_at(one, cx)?, looked_at(two, cx)?], cx.email, cx)?,
                    more => {
                        let arguments: Result<Vec<_>> = more.iter().map(|argument| looked_at(argument, cx)).collect();
                        overload.call(&arguments?, cx.email, cx)?
                    }
                };
                if overload.is_outer {
                    cx.gathered(&value)?
                } else {
                    cx.made(&value)?
                }
                value
            }
            Self::Match(work, pattern, arguments) => {
                let arguments: Result<Vec<_>> = arguments.iter().map(|argument| touched(argument, cx)).collect();
                let value = work(&arguments?, pattern, cx)?;
                cx.made(&value)?;
                value
            }
            Self::Search(text, search) => {
                let text = touched(text, cx)?;
                Value::Boolean(search.is_in(text.as_str().ok_or_else(internal)?, cx)?)
            }
            Self::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    let value = searched(part, cx)?;
                    match value.as_str() {
                        Some(part) => text.push_str(part),
                        None => text.push_str(&value.display(cx.email)),
                    }
                    if text.len() > MAX_VALUE_BYTES {
                        return Err(too_large());
                    }
                }
                let text = Value::String(Text::Owned(Arc::from(text)));
                cx.made(&text)?;
                text
            }
            Self::Json(of) => {
                let json = made_json(searched(of, cx)?.to_json(cx.email))?;
                cx.made(&json)?;
                json
            }
        })
    }

    pub(super) fn truth<'m>(&'m self, cx: &Frame<'_, 'm>) -> Result<bool> {
        match self.eval(cx)? {
            Value::Boolean(value) => {
                if let Some(outcomes) = cx.outcomes {
                    outcomes.note(self, value);
                }
                Ok(value)
            }
            _ => Err(internal()),
        }
    }
}

/// A value that is going to be looked at with all its parts.
fn searched<'m>(ir: &'m Ir, cx: &Frame<'_, 'm>) -> Result<Value<'m>> {
    let value = ir.eval(cx)?;
    cx.touch_all(&value)?;
    Ok(value)
}

/// A value whose outside is going to be looked at: a text, or how many parts there are.
pub(super) fn touched<'m>(ir: &'m Ir, cx: &Frame<'_, 'm>) -> Result<Value<'m>> {
    let value = ir.eval(cx)?;
    cx.touch(&value)?;
    Ok(value)
}

/// Two operands that are compared.
fn pair<'m>(a: &'m Ir, b: &'m Ir, cx: &Frame<'_, 'm>) -> Result<(Value<'m>, Value<'m>)> {
    Ok((searched(a, cx)?, searched(b, cx)?))
}

/// A constant, borrowed where it can be.
fn constant<'m>(value: &'m Value<'static>) -> Value<'m> {
    match value {
        Value::String(text) => Value::text(text.as_str()),
        other => other.clone(),
    }
}

/// CEL's logic: `decisive` on either side decides, whatever the other side is, an error included. A limit that was met is not made good.
fn absorb<'m>(a: &'m Ir, b: &'m Ir, cx: &Frame<'_, 'm>, decisive: bool) -> Result<bool> {
    let first = a.truth(cx);
    if first == Ok(decisive) || first.as_ref().is_err_and(EvalError::is_limit) {
        return first;
    }
    match b.truth(cx) {
        Ok(second) if second == decisive => Ok(decisive),
        Err(error) if error.is_limit() => Err(error),
        second => first.and(second),
    }
}

impl Read {
    fn eval<'m>(self, cx: &Frame<'_, 'm>) -> Result<Value<'m>> {
        Ok(match self {
            Self::Id => Value::text(cx.interaction_id),
            Self::ReceivedAt => Value::Datetime(cx.received_at),
            Self::Priority => Value::Integer(cx.priority),
            Self::Attributes => Value::Map(cx.attributes.clone()),
            Self::Member(member) => match cx.email.read(member) {
                Fact::Text(text) => Value::text(text),
                Fact::Integer(number) => Value::Integer(i64::try_from(number).unwrap_or(i64::MAX)),
                Fact::Boolean(value) => Value::Boolean(value),
                Fact::Time(time) => Value::Datetime(time.unwrap_or(cx.received_at)),
                Fact::Texts(values) => texts(values),
                Fact::Headers(fields) => Value::Map(Arc::new(
                    fields.iter().map(|(name, values)| (Arc::from(name.as_str()), texts(values))).collect(),
                )),
                Fact::Attributes(attributes) => Value::Map(Arc::new(
                    attributes.iter().map(|(name, value)| (Arc::from(name.as_str()), Value::text(value))).collect(),
                )),
                Fact::Addresses(_) if member.shape() == Shape::Address => Value::Object(Handle::Address(member, 0)),
                Fact::Addresses(count) => handles(count, |position| Handle::Address(member, position)),
                Fact::Attachments(count) => handles(count, |position| Handle::Attachment(member, position)),
                Fact::Nothing => return Err(internal()),
            },
        })
    }

    fn is_present(self, cx: &Frame<'_, '_>) -> bool {
        match self {
            Self::Member(member) => cx.email.read(member).is_present(),
            Self::Id | Self::ReceivedAt | Self::Priority | Self::Attributes => true,
        }
    }
}

impl Presence {
    fn eval<'m>(&'m self, cx: &Frame<'_, 'm>) -> Result<bool> {
        Ok(match self {
            Self::Always => true,
            Self::Field(read) => read.is_present(cx),
            Self::Attribute(name) => cx.attributes.contains_key(name),
            Self::Named(member, name) => match cx.email.read(member) {
                Fact::Headers(fields) => fields.contains_key(&**name),
                Fact::Attributes(attributes) => attributes.contains_key(&**name),
                _ => return Err(internal()),
            },
            Self::Text(of) => of.eval(cx)?.as_str().is_none_or(|text| !text.is_empty()),
            Self::Member(of, name) => match of.eval(cx)? {
                Value::Map(members) => members.contains_key(name),
                Value::Json(json) => json.as_object().is_some_and(|members| members.contains_key(&**name)),
                _ => return Err(internal()),
            },
        })
    }
}

/// A list of addresses or attachments.
fn handles<'m>(count: usize, at: impl Fn(u32) -> Handle) -> Value<'m> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    Value::List((0..count).map(|position| Value::Object(at(position))).collect())
}

fn texts(values: &[String]) -> Value<'_> {
    Value::List(values.iter().map(|value| Value::text(value)).collect())
}

fn address<'m>(value: Value<'m>, cx: &Frame<'_, 'm>) -> Result<AddressRef<'m>> {
    match value {
        Value::Object(Handle::Address(member, position)) => {
            Ok(cx.email.address(member, position as usize).unwrap_or_default())
        }
        _ => Err(internal()),
    }
}

fn address_part(address: AddressRef<'_>, part: AddressPart) -> Value<'_> {
    Value::text(match part {
        AddressPart::Address => address.address,
        AddressPart::Name => address.name,
        AddressPart::Domain => address.domain,
    })
}

fn attachment<'m>(value: Value<'m>, cx: &Frame<'_, 'm>) -> Result<AttachmentRef<'m>> {
    match value {
        Value::Object(Handle::Attachment(member, position)) => {
            Ok(cx.email.attachment(member, position as usize).unwrap_or_default())
        }
        _ => Err(internal()),
    }
}

fn attachment_part(attachment: AttachmentRef<'_>, part: AttachmentPart) -> Value<'_> {
    match part {
        AttachmentPart::Name => Value::text(attachment.name),
        AttachmentPart::ContentType => Value::text(attachment.content_type),
        AttachmentPart::Size => Value::Integer(i64::try_from(attachment.size).unwrap_or(i64::MAX)),
        AttachmentPart::Inline => Value::Boolean(attachment.inline),
    }
}

pub(super) fn too_large() -> EvalError {
    error(codes::VALUE_TOO_LARGE, format!("the value would be larger than {MAX_VALUE_BYTES} bytes"))
}
