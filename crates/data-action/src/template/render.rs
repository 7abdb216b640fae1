//! Rendering a template.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value as Json;

use crate::read::kind;

use super::output::{Output, Place};
use super::tree::{Comparison, Expression, LoopFact, Node, Operator, Print, Reference, Root, Step, Template};
use super::value::{Value, weight};

/// How much work a rendering may do: about so many bytes copied, and [`STEP`] for each node and expression.
const MAX_WORK: usize = 32 * 1024 * 1024;
const STEP: usize = 32;
/// The most elements of a range (`[1..n]`).
const MAX_RANGE: u64 = 10_000;

/// What a template can name.
pub(crate) struct Context<'a> {
    /// The whole input.
    pub(crate) whole: Option<&'a Json>,
    /// Values of the credentials that the definition names.
    pub(crate) credentials: &'a HashMap<String, String>,
    /// The translation map's values, and defaults as they were written.
    pub(crate) mapped: &'a HashMap<String, Mapped<'a>>,
    /// The whole answer.
    pub(crate) raw: Option<&'a Json>,
}

/// A value of the translation map.
#[derive(Debug)]
pub(crate) enum Mapped<'a> {
    /// What its path found.
    Found(Cow<'a, Json>),
    /// Its default, printed as it was written.
    Default(&'a Json),
}

/// What was printed.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) text: String,
    /// References that had no value and printed their own text.
    pub(crate) unset: Vec<String>,
}

impl Template {
    /// Renders it for a place.
    ///
    /// # Errors
    /// In words, why it can't be rendered.
    pub(crate) fn render(&self, context: &Context<'_>, place: Place) -> Result<Printed, String> {
        let mut rendering = Rendering { context, variables: HashMap::new(), loops: Vec::new(), left: MAX_WORK };
        let mut output = Output::new(place);
        rendering.nodes(&self.nodes, &mut output)?;
        let unset = std::mem::take(&mut output.unset);
        Ok(Printed { text: output.into_text(), unset })
    }
}

/// Where a `#foreach` stands.
struct Turn {
    index: usize,
    count: usize,
}

struct Rendering<'a, 'c> {
    context: &'c Context<'a>,
    variables: HashMap<&'c str, Value<'a>>,
    loops: Vec<Turn>,
    left: usize,
}

impl<'a, 'c> Rendering<'a, 'c> {
    fn spend(&mut self, work: usize) -> Result<(), String> {
        match self.left.checked_sub(work) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err("the template does too much".to_owned()),
        }
    }

    fn nodes(&mut self, nodes: &'c [Node], output: &mut Output) -> Result<(), String> {
        for node in nodes {
            self.spend(STEP)?;
            match node {
                Node::Text(text) => {
                    self.spend(text.len())?;
                    output.constant(text)?;
                }
                Node::Print(print) => self.print(print, output)?,
                Node::If { arms, otherwise } => {
                    let mut chosen = otherwise;
                    for (condition, body) in arms {
                        if self.value(condition)?.holds() {
                            chosen = body;
                            break;
                        }
                    }
                    self.nodes(chosen, output)?;
                }
                Node::Set { variable, value } => {
                    let value = self.value(value)?;
                    self.variables.insert(variable, value);
                }
                Node::Each { variable, over, body } => self.each(variable, over, body, output)?,
            }
        }
        Ok(())
    }

    fn print(&mut self, print: &'c Print, output: &mut Output) -> Result<(), String> {
        if let Reference::Constant(constant) = print.reference {
            return output.constant(constant);
        }
        let value = self.reference(&print.reference)?;
        self.spend_on(&value)?;
        match value.printed() {
            Some(text) => output.value(&text, &print.source),
            None if print.silent => Ok(()),
            None => output.unset(&print.source),
        }
    }

    /// What it costs to print or compare a value.
    fn spend_on(&mut self, value: &Value<'_>) -> Result<(), String> {
        match value {
            Value::None => Ok(()),
            Value::Plain(json) | Value::Answered(json) => self.spend(weight(json)),
        }
    }

    fn each(
        &mut self,
        variable: &'c str,
        over: &'c Expression,
        body: &'c [Node],
        output: &mut Output,
    ) -> Result<(), String> {
        let list = self.value(over)?;
        let elements: Vec<Value<'a>> = match self.array(list)? {
            Value::None => Vec::new(),
            Value::Plain(Cow::Borrowed(Json::Array(list))) => list.iter().map(Value::plain).collect(),
            Value::Answered(Cow::Borrowed(Json::Array(list))) => {
                list.iter().map(|element| Value::Answered(Cow::Borrowed(element))).collect()
            }
            Value::Plain(Cow::Owned(Json::Array(list))) => list.into_iter().map(Value::own).collect(),
            Value::Answered(Cow::Owned(Json::Array(list))) => {
                list.into_iter().map(|element| Value::Answered(Cow::Owned(element))).collect()
            }
            Value::Plain(_) | Value::Answered(_) => return Err("`#foreach` needs a list".to_owned()),
        };
        self.spend(elements.len().saturating_mul(STEP))?;
        let (count, before) = (elements.len(), self.variables.remove(variable));
        self.loops.push(Turn { index: 0, count });
        for (index, element) in elements.into_iter().enumerate() {
            if let Some(turn) = self.loops.last_mut() {
                turn.index = index;
            }
            self.variables.insert(variable, element);
            self.nodes(body, output)?;
        }
        self.loops.pop();
        match before {
            Some(before) => self.variables.insert(variable, before),
            None => self.variables.remove(variable),
        };
        Ok(())
    }

    /// A list that may be given as JSON text.
    fn array(&mut self, value: Value<'a>) -> Result<Value<'a>, String> {
        self.spend_on(&value)?;
        let read = match &value {
            Value::Plain(json) | Value::Answered(json) => json.as_str().map(serde_json::from_str::<Json>),
            Value::None => None,
        };
        match read {
            Some(Ok(Json::Array(list))) => Ok(Value::Answered(Cow::Owned(Json::Array(list)))),
            _ => Ok(value),
        }
    }

    fn value(&mut self, expression: &'c Expression) -> Result<Value<'a>, String> {
        self.spend(STEP)?;
        Ok(match expression {
            Expression::Literal(json) => {
                self.spend(weight(json))?;
                Value::own(json.clone())
            }
            Expression::Text(nodes) => {
                let mut text = Output::new(Place::Other);
                self.nodes(nodes, &mut text)?;
                Value::text(text.into_text())
            }
            Expression::Reference(reference) => self.reference(reference)?,
            Expression::List(elements) => {
                let mut list = Vec::with_capacity(elements.len());
                for element in elements {
                    let element = self.value(element)?;
                    self.spend_on(&element)?;
                    list.push(match element {
                        Value::None => Json::Null,
                        Value::Plain(json) | Value::Answered(json) => json.into_owned(),
                    });
                }
                Value::own(Json::Array(list))
            }
            Expression::Range(from, to) => self.range(from, to)?,
            Expression::Not(of) => Value::own(Json::Bool(!self.value(of)?.holds())),
            Expression::Both(left, right) => {
                Value::own(Json::Bool(self.value(left)?.holds() && self.value(right)?.holds()))
            }
            Expression::Either(left, right) => {
                Value::own(Json::Bool(self.value(left)?.holds() || self.value(right)?.holds()))
            }
            Expression::Compare(comparison, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                Value::own(Json::Bool(self.compare(*comparison, &left, &right)?))
            }
            Expression::Compute(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.compute(*operator, &left, &right)?
            }
        })
    }

    fn range(&mut self, from: &'c Expression, to: &'c Expression) -> Result<Value<'a>, String> {
        let (from, to) = (self.value(from)?, self.value(to)?);
        let whole = |value: &Value<'_>| value.number().and_then(serde_json::Number::as_i64);
        let (Some(from), Some(to)) = (whole(&from), whole(&to)) else {
            return Err("a range needs two whole numbers".to_owned());
        };
        if from.abs_diff(to) >= MAX_RANGE {
            return Err(format!("a range has more than {MAX_RANGE} numbers"));
        }
        self.spend(usize::try_from(from.abs_diff(to)).unwrap_or(usize::MAX).saturating_mul(8))?;
        let numbers: Vec<Json> = if from <= to {
            (from..=to).map(Json::from).collect()
        } else {
            (to..=from).rev().map(Json::from).collect()
        };
        Ok(Value::own(Json::Array(numbers)))
    }

    fn compare(&mut self, comparison: Comparison, left: &Value<'_>, right: &Value<'_>) -> Result<bool, String> {
        self.spend_on(left)?;
        self.spend_on(right)?;
        let numbers = left.number().zip(right.number());
        if matches!(comparison, Comparison::Equal | Comparison::Different) {
            let equal = match numbers {
                Some((left, right)) if left.is_f64() || right.is_f64() => left.as_f64() == right.as_f64(),
                Some((left, right)) => left == right,
                None if left.is_none() || right.is_none() => left.is_none() && right.is_none(),
                None => left.printed() == right.printed(),
            };
            return Ok(equal == (comparison == Comparison::Equal));
        }
        let order = numbers.and_then(|(left, right)| match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        });
        let Some(order) = order else { return Err("`<` and `>` compare numbers alone".to_owned()) };
        Ok(match comparison {
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            _ => order.is_ge(),
        })
    }

    fn compute(&mut self, operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<Value<'a>, String> {
        let Some((a, b)) = left.number().zip(right.number()) else {
            if operator != Operator::Add || left.is_none() || right.is_none() {
                return Err(format!("`{}` needs two numbers", operator.sign()));
            }
            self.spend_on(left)?;
            self.spend_on(right)?;
            let text: String = [left.printed(), right.printed()].into_iter().flatten().collect();
            return Ok(Value::text(text));
        };
        if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
            let number = match operator {
                Operator::Add => a.checked_add(b),
                Operator::Subtract => a.checked_sub(b),
                Operator::Multiply => a.checked_mul(b),
                Operator::Divide => a.checked_div(b),
                Operator::Remainder => a.checked_rem(b),
            };
            return number.map(|number| Value::own(Json::from(number))).ok_or_else(|| cannot(operator));
        }
        let number = a.as_f64().zip(b.as_f64()).map(|(a, b)| match operator {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a / b,
            Operator::Remainder => a % b,
        });
        let number = number.and_then(serde_json::Number::from_f64);
        number.map(|number| Value::own(Json::Number(number))).ok_or_else(|| cannot(operator))
    }

    fn reference(&mut self, reference: &'c Reference) -> Result<Value<'a>, String> {
        self.spend(STEP)?;
        match reference {
            Reference::Constant(constant) => Ok(Value::text(*constant)),
            Reference::Escaped { escape, of } => {
                let value = self.value(of)?;
                self.spend_on(&value)?;
                let Some(text) = value.printed() else { return Ok(Value::None) };
                let escaped = escape.apply(&text);
                self.spend(escaped.len())?;
                Ok(Value::text(escaped))
            }
            Reference::FirstFromArray { array, default } => {
                let list = self.value(array)?;
                let first = match self.array(list)? {
                    Value::Plain(json) | Value::Answered(json) => match json.as_ref() {
                        Json::Array(list) => list.first().cloned(),
                        other => return Err(format!("`firstFromArray` needs a JSON array, found {}", kind(other))),
                    },
                    Value::None => None,
                };
                match (first, default) {
                    (Some(first), _) => Ok(Value::Answered(Cow::Owned(first))),
                    (None, Some(default)) => self.value(default),
                    (None, None) => Ok(Value::None),
                }
            }
            Reference::Value { root, steps } => {
                let mut value = self.root(root)?;
                for step in steps {
                    if let Value::Plain(Cow::Owned(json)) | Value::Answered(Cow::Owned(json)) = &value {
                        self.spend(weight(json))?;
                    }
                    value = match step {
                        Step::Member(name) => value.part(|json| json.get(name)),
                        Step::Element(index) => {
                            let index = self.value(index)?;
                            match index.number().and_then(serde_json::Number::as_i64) {
                                Some(index) => value.part(|json| element(json, index)),
                                None => {
                                    let name = index.printed().unwrap_or_default().into_owned();
                                    value.part(|json| json.get(&name))
                                }
                            }
                        }
                    };
                }
                Ok(value)
            }
        }
    }

    fn root(&mut self, root: &'c Root) -> Result<Value<'a>, String> {
        Ok(match root {
            Root::Input => self.context.whole.map_or(Value::None, Value::plain),
            Root::RawRequest => match self.context.whole {
                Some(whole) => {
                    self.spend(weight(whole))?;
                    Value::text(whole.to_string())
                }
                None => Value::None,
            },
            Root::RawResult => self.context.raw.map_or(Value::None, |raw| Value::Answered(Cow::Borrowed(raw))),
            Root::Credential(name) => {
                self.context.credentials.get(name).map_or(Value::None, |value| Value::text(value.clone()))
            }
            Root::Mapped(name) => match self.context.mapped.get(name) {
                Some(Mapped::Found(Cow::Borrowed(json))) => Value::Answered(Cow::Borrowed(json)),
                Some(Mapped::Found(Cow::Owned(json))) => {
                    self.spend(weight(json))?;
                    Value::Answered(Cow::Owned(json.clone()))
                }
                Some(Mapped::Default(text)) => Value::plain(text),
                None => Value::None,
            },
            Root::Variable(name) => match self.variables.get(name.as_str()) {
                Some(value) => {
                    if let Value::Plain(Cow::Owned(json)) | Value::Answered(Cow::Owned(json)) = value {
                        let cost = weight(json);
                        let value = value.clone();
                        self.spend(cost)?;
                        value
                    } else {
                        value.clone()
                    }
                }
                None => Value::None,
            },
            Root::Loop(fact) => match self.loops.last() {
                Some(Turn { index, count }) => Value::own(match fact {
                    LoopFact::Index => Json::from(*index),
                    LoopFact::Count => Json::from(index + 1),
                    LoopFact::HasNext => Json::Bool(index + 1 < *count),
                    LoopFact::First => Json::Bool(*index == 0),
                    LoopFact::Last => Json::Bool(index + 1 == *count),
                }),
                None => Value::None,
            },
        })
    }
}

/// An element by its index; a negative one counts from the end.
fn element(json: &Json, index: i64) -> Option<&Json> {
    let list = json.as_array()?;
    let from_end = usize::try_from(index.unsigned_abs()).ok()?;
    let index = if index < 0 { list.len().checked_sub(from_end)? } else { from_end };
    list.get(index)
}

fn cannot(operator: Operator) -> String {
    format!("`{}` has no result with these numbers", operator.sign())
}
