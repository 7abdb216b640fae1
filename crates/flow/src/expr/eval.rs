//! Evaluating checked expressions. Nothing is copied that can be borrowed.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::ir::{AddressPart, Arithmetic, AttachmentPart, Comparison, Ir, Presence, Read};
use super::{Context, EvalError, MAX_VALUE_BYTES};
use crate::email::{AddressField, AddressRef, AttachmentRef};
use crate::value::{Handle, Text, Value, span_in_range, time_in_range};

type Result<T> = std::result::Result<T, EvalError>;

/// What only a defect of the checker can bring about: reported as a run error, never a panic.
fn internal() -> EvalError {
    EvalError { code: "run.internal", message: "a value is not of the type that was checked".to_owned() }
}

fn error(code: &'static str, message: impl Into<String>) -> EvalError {
    EvalError { code, message: message.into() }
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

impl Ir {
    pub(super) fn eval<'m>(&'m self, cx: &Context<'_, 'm>) -> Result<Value<'m>> {
        Ok(match self {
            Self::Constant(value) => constant(value),
            Self::Input(position) => cx.inputs.get(*position).ok_or_else(internal)?.clone(),
            Self::Output(position) => cx.outputs.get(*position).ok_or_else(internal)?.clone(),
            Self::Variable(position, name) => match cx.variables.get(*position) {
                Some(Some(value)) => value.clone(),
                _ => return Err(error("run.unset-variable", format!("`{name}` is not set"))),
            },
            Self::Read(read) => read.eval(cx),
            Self::Attribute(key) => {
                let key = key.eval(cx)?;
                match cx.attributes.get(key.as_str().ok_or_else(internal)?) {
                    Some(value) => value.clone(),
                    None => Value::text(""),
                }
            }
            Self::Header(name) => {
                let name = name.eval(cx)?;
                Value::text(cx.email.header(name.as_str().ok_or_else(internal)?).unwrap_or_default())
            }
            Self::HeaderValues(name, _) => {
                let name = name.eval(cx)?;
                let name = name.as_str().ok_or_else(internal)?;
                let values = cx.email.headers().get(name);
                let values =
                    values.ok_or_else(|| error("run.missing-key", format!("there is no header `{}`", clip(name))))?;
                texts(values)
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
            Self::Arithmetic(operator, a, b) => arithmetic(*operator, a.eval(cx)?, b.eval(cx)?)?,
            Self::Equal(wanted, a, b) => Value::Boolean(equal(&a.eval(cx)?, &b.eval(cx)?, cx) == *wanted),
            Self::Compare(comparison, a, b) => Value::Boolean(compare(*comparison, &a.eval(cx)?, &b.eval(cx)?)?),
            Self::In(needle, within) => {
                let needle = needle.eval(cx)?;
                Value::Boolean(match within.eval(cx)? {
                    Value::List(elements) => elements.iter().any(|element| equal(&needle, element, cx)),
                    Value::Map(members) => members.contains_key(needle.as_str().ok_or_else(internal)?),
                    Value::Json(json) => match &*json {
                        Json::Object(members) => needle.as_str().is_some_and(|key| members.contains_key(key)),
                        Json::Array(elements) => elements.iter().any(|element| json_equal(element, &needle, cx)),
                        _ => return Err(error("run.conversion", "`in` wants a list or a map of json")),
                    },
                    _ => return Err(internal()),
                })
            }
            Self::InSet(needle, set) => {
                let needle = needle.eval(cx)?;
                Value::Boolean(set.contains(needle.as_str().ok_or_else(internal)?))
            }
            Self::Index(of, index, _) => index_of(of.eval(cx)?, &index.eval(cx)?)?,
            Self::List(parts) => {
                let parts: Result<Vec<_>> = parts.iter().map(|part| part.eval(cx)).collect();
                Value::List(Arc::from(bounded(parts?)?))
            }
            Self::Map(parts) => {
                let mut members = BTreeMap::new();
                for (key, value) in parts {
                    let key = key.eval(cx)?;
                    let key: Arc<str> = Arc::from(key.as_str().ok_or_else(internal)?);
                    if members.insert(key.clone(), value.eval(cx)?).is_some() {
                        return Err(error("run.duplicate-key", format!("the key `{}` stands twice", clip(&key))));
                    }
                }
                Value::Map(Arc::new(members))
            }
            Self::Call(overload, arguments) => match arguments.as_slice() {
                [one] => (overload.call)(&[one.eval(cx)?])?,
                [one, two] => (overload.call)(&[one.eval(cx)?, two.eval(cx)?])?,
                more => {
                    let arguments: Result<Vec<_>> = more.iter().map(|argument| argument.eval(cx)).collect();
                    (overload.call)(&arguments?)?
                }
            },
            Self::Search(text, search) => {
                let text = text.eval(cx)?;
                Value::Boolean(search.is_in(text.as_str().ok_or_else(internal)?))
            }
            Self::Template(parts) => {
                let mut text = String::new();
                for part in parts {
                    let value = part.eval(cx)?;
                    match value.as_str() {
                        Some(part) => text.push_str(part),
                        None => text.push_str(&value.display(cx.email)),
                    }
                    if text.len() > MAX_VALUE_BYTES {
                        return Err(too_large());
                    }
                }
                Value::String(Text::Owned(Arc::from(text)))
            }
            Self::Json(of) => Value::Json(Arc::new(of.eval(cx)?.to_json(cx.email))),
        })
    }

    fn truth<'m>(&'m self, cx: &Context<'_, 'm>) -> Result<bool> {
        match self.eval(cx)? {
            Value::Boolean(value) => Ok(value),
            _ => Err(internal()),
        }
    }
}

/// A constant, borrowed where it can be.
fn constant<'m>(value: &'m Value<'static>) -> Value<'m> {
    match value {
        Value::String(text) => Value::text(text.as_str()),
        other => other.clone(),
    }
}

/// CEL's logic: `decisive` on either side decides, whatever the other side is, an error included.
fn absorb<'m>(a: &'m Ir, b: &'m Ir, cx: &Context<'_, 'm>, decisive: bool) -> Result<bool> {
    let first = a.truth(cx);
    if first == Ok(decisive) {
        return Ok(decisive);
    }
    match b.truth(cx) {
        Ok(second) if second == decisive => Ok(decisive),
        second => first.and(second),
    }
}

impl Read {
    fn eval<'m>(self, cx: &Context<'_, 'm>) -> Value<'m> {
        match self {
            Self::Id => Value::text(cx.interaction_id),
            Self::ReceivedAt => Value::Datetime(cx.received_at),
            Self::Priority => Value::Integer(cx.priority),
            Self::Attributes => Value::Map(cx.attributes.clone()),
            Self::Text(field) => Value::text(cx.email.text(field)),
            Self::From => Value::Object(Handle::Address(AddressField::From, 0)),
            Self::Addresses(field) => {
                let count = u32::try_from(cx.email.address_count(field)).unwrap_or(u32::MAX);
                Value::List((0..count).map(|index| Value::Object(Handle::Address(field, index))).collect())
            }
            Self::Headers => Value::Map(Arc::new(
                cx.email.headers().iter().map(|(name, values)| (Arc::from(name.as_str()), texts(values))).collect(),
            )),
            Self::Date => Value::Datetime(cx.email.date().unwrap_or(cx.received_at)),
            Self::References => texts(cx.email.references()),
            Self::Attachments => {
                let count = u32::try_from(cx.email.attachment_count()).unwrap_or(u32::MAX);
                Value::List((0..count).map(|index| Value::Object(Handle::Attachment(index))).collect())
            }
            Self::Size => Value::Integer(i64::try_from(cx.email.size()).unwrap_or(i64::MAX)),
            Self::BodyTruncated => Value::Boolean(cx.email.body_truncated()),
            Self::IsAutoGenerated => Value::Boolean(cx.email.is_auto_generated()),
        }
    }

    fn is_present(self, cx: &Context<'_, '_>) -> bool {
        match self {
            Self::Text(field) => !cx.email.text(field).is_empty(),
            Self::From => cx.email.address_count(AddressField::From) > 0,
            Self::Addresses(field) => cx.email.address_count(field) > 0,
            Self::Date => cx.email.date().is_some(),
            Self::References => !cx.email.references().is_empty(),
            Self::Attachments => cx.email.attachment_count() > 0,
            Self::Headers => !cx.email.headers().is_empty(),
            _ => true,
        }
    }
}

impl Presence {
    fn eval<'m>(&'m self, cx: &Context<'_, 'm>) -> Result<bool> {
        Ok(match self {
            Self::Always => true,
            Self::Field(read) => read.is_present(cx),
            Self::Attribute(name) => cx.attributes.contains_key(name),
            Self::Header(name) => cx.email.headers().contains_key(&**name),
            Self::Text(of) => of.eval(cx)?.as_str().is_none_or(|text| !text.is_empty()),
            Self::Member(of, name) => match of.eval(cx)? {
                Value::Map(members) => members.contains_key(name),
                Value::Json(json) => json.as_object().is_some_and(|members| members.contains_key(&**name)),
                _ => return Err(internal()),
            },
        })
    }
}

fn texts(values: &[String]) -> Value<'_> {
    Value::List(values.iter().map(|value| Value::text(value)).collect())
}

fn address<'m>(value: Value<'m>, cx: &Context<'_, 'm>) -> Result<AddressRef<'m>> {
    match value {
        Value::Object(Handle::Address(field, index)) => Ok(cx.email.address(field, index as usize).unwrap_or_default()),
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

fn attachment<'m>(value: Value<'m>, cx: &Context<'_, 'm>) -> Result<AttachmentRef<'m>> {
    match value {
        Value::Object(Handle::Attachment(index)) => Ok(cx.email.attachment(index as usize).unwrap_or_default()),
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

fn overflow() -> EvalError {
    error("run.overflow", "the result is out of range")
}

fn too_large() -> EvalError {
    error("run.value-too-large", format!("the value would be larger than {MAX_VALUE_BYTES} bytes"))
}

/// A computed list within the limit, counting what its elements take at least.
fn bounded(elements: Vec<Value<'_>>) -> Result<Vec<Value<'_>>> {
    if elements.len() > MAX_VALUE_BYTES / size_of::<Value<'_>>() { Err(too_large()) } else { Ok(elements) }
}

fn arithmetic<'m>(operator: Arithmetic, a: Value<'m>, b: Value<'m>) -> Result<Value<'m>> {
    use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
    Ok(match (operator, a, b) {
        (_, Value::Integer(a), Value::Integer(b)) => {
            if b == 0 && matches!(operator, Divide | Remainder) {
                return Err(error("run.division-by-zero", "division by zero"));
            }
            let result = match operator {
                Add => a.checked_add(b),
                Subtract => a.checked_sub(b),
                Multiply => a.checked_mul(b),
                Divide => a.checked_div(b),
                Remainder => a.checked_rem(b),
            };
            Value::Integer(result.ok_or_else(overflow)?)
        }
        (_, Value::Number(a), Value::Number(b)) => Value::Number(match operator {
            Add => a + b,
            Subtract => a - b,
            Multiply => a * b,
            Divide => a / b,
            Remainder => return Err(internal()),
        }),
        (Add, Value::String(a), Value::String(b)) => {
            if a.as_str().len() + b.as_str().len() > MAX_VALUE_BYTES {
                return Err(too_large());
            }
            Value::String(Text::Owned(Arc::from([a.as_str(), b.as_str()].concat())))
        }
        (Add, Value::List(a), Value::List(b)) => {
            Value::List(Arc::from(bounded(a.iter().chain(b.iter()).cloned().collect())?))
        }
        (Add, Value::Datetime(time), Value::Duration(span)) | (Add, Value::Duration(span), Value::Datetime(time)) => {
            Value::Datetime(time.checked_add(span).ok().and_then(time_in_range).ok_or_else(overflow)?)
        }
        (Subtract, Value::Datetime(time), Value::Duration(span)) => {
            Value::Datetime(time.checked_sub(span).ok().and_then(time_in_range).ok_or_else(overflow)?)
        }
        (Subtract, Value::Datetime(a), Value::Datetime(b)) => Value::Duration(a.duration_since(b)),
        (Add, Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_add(b).and_then(span_in_range).ok_or_else(overflow)?)
        }
        (Subtract, Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_sub(b).and_then(span_in_range).ok_or_else(overflow)?)
        }
        _ => return Err(internal()),
    })
}

/// Integers and numbers compare by what they are, not by what a conversion would round them to.
fn number_order(integer: i64, number: f64) -> Option<Ordering> {
    if number.is_nan() {
        return None;
    }
    if number >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if number < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "in range by the tests above")]
    let whole = number.trunc() as i64;
    Some(integer.cmp(&whole).then_with(|| 0.0f64.partial_cmp(&number.fract()).unwrap_or(Ordering::Equal)))
}

fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Integer(a), Value::Number(b)) => number_order(*a, *b),
        (Value::Number(a), Value::Integer(b)) => number_order(*b, *a).map(Ordering::reverse),
        (Value::String(a), Value::String(b)) => Some(a.as_str().cmp(b.as_str())),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Datetime(a), Value::Datetime(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        _ => return None,
    })
}

fn compare(comparison: Comparison, a: &Value<'_>, b: &Value<'_>) -> Result<bool> {
    let order = order(a, b).ok_or_else(internal)?;
    // NaN compares to nothing.
    Ok(order.is_some_and(|order| match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }))
}

fn equal(a: &Value<'_>, b: &Value<'_>, cx: &Context<'_, '_>) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b, cx)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b, cx)))
        }
        (Value::Json(a), Value::Json(b)) => a == b,
        (Value::Json(json), other) | (other, Value::Json(json)) => json_equal(json, other, cx),
        (Value::Object(a), Value::Object(b)) => {
            a == b || Value::Object(*a).to_json(cx.email) == Value::Object(*b).to_json(cx.email)
        }
        (a, b) => order(a, b).flatten() == Some(Ordering::Equal),
    }
}

fn json_equal(json: &Json, value: &Value<'_>, cx: &Context<'_, '_>) -> bool {
    match (json, value) {
        (Json::String(a), Value::String(b)) => a == b.as_str(),
        (Json::Number(a), Value::Integer(b)) => {
            a.as_i64() == Some(*b) || a.as_f64().is_some_and(|a| number_order(*b, a) == Some(Ordering::Equal))
        }
        (json, value) => *json == value.to_json(cx.email),
    }
}

fn index_of<'m>(of: Value<'m>, index: &Value<'m>) -> Result<Value<'m>> {
    match (of, index) {
        (Value::List(elements), Value::Integer(index)) => {
            let element = usize::try_from(*index).ok().and_then(|index| elements.get(index));
            element.cloned().ok_or_else(|| missing_index(*index, elements.len()))
        }
        (Value::Map(members), Value::String(key)) => {
            members.get(key.as_str()).cloned().ok_or_else(|| missing_key(key.as_str()))
        }
        (Value::Json(json), Value::String(key)) => match json.get(key.as_str()) {
            Some(member) => Ok(Value::Json(Arc::new(member.clone()))),
            None => Err(missing_key(key.as_str())),
        },
        (Value::Json(json), Value::Integer(index)) => {
            let element = usize::try_from(*index).ok().and_then(|index| json.get(index));
            let length = json.as_array().map_or(0, Vec::len);
            element.map(|element| Value::Json(Arc::new(element.clone()))).ok_or_else(|| missing_index(*index, length))
        }
        _ => Err(internal()),
    }
}

fn missing_key(key: &str) -> EvalError {
    error("run.missing-key", format!("there is no key `{}`", clip(key)))
}

fn missing_index(index: i64, length: usize) -> EvalError {
    error("run.missing-index", format!("there is no element {index} in a list of {length}"))
}
