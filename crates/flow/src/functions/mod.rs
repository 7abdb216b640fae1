//! The functions of expressions. Each is one definition: name, types, words, examples that run as tests, and code.

mod address;
mod conversion;
mod defaults;
mod encoding;
mod format;
mod html;
mod json;
mod kind;
mod letters;
mod list;
mod map;
mod math;
mod order;
mod parts;
mod pattern;
mod search;
mod size;
mod text;
mod time;
mod written;
mod zone;
mod zoned;

pub use address::{is_one_address, only_address};
pub(crate) use format::Written;
pub(crate) use html::{RAW_HTML, escape_html};
pub(crate) use json::made_json;
pub use kind::Kind;
pub(crate) use letters::strftime;
pub use pattern::Pattern;
pub use search::{Search, Where};

use waypost_ids::codes;

use crate::email::Email;
use crate::expr::{EvalError, MAX_VALUE_BYTES};
use crate::value::{Text, Value, weight};

/// What a call gives.
type Answer<'m> = Result<Value<'m>, EvalError>;

/// So many ways to call a function are told in a message.
const MANY_FORMS: usize = 3;

/// How a function may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `f(x, y)`.
    Function,
    /// `x.f(y)`.
    Method,
    /// Both.
    Both,
}

/// What does the work. Arguments have the parameters' types.
#[derive(Clone, Copy)]
pub enum Work {
    /// With the arguments alone.
    Plain(for<'m> fn(&[Value<'m>]) -> Answer<'m>),
    /// With the email as well, for what looks into parts of it: two handles can be of equal addresses.
    Reading(for<'m> fn(&[Value<'m>], &dyn Email) -> Answer<'m>),
    /// Searching for words: how long that takes is known only on the way.
    Searching(for<'m> fn(&[Value<'m>], &dyn Meter) -> Answer<'m>),
    /// With the second argument as a pattern, which was compiled when the flow was published.
    Matching(Matching),
    /// By a text with places for values, which was read when the flow was published.
    Formatting,
}

/// What looks for a pattern.
pub type Matching = for<'m> fn(&[Value<'m>], &Pattern, &dyn Meter) -> Answer<'m>;

/// Who counts the work of an evaluation. Arguments and results are counted around a call: functions whose work is more than linear in
/// them count the rest.
pub trait Meter {
    /// Counts steps. One is about what it takes to look at a KiB of text.
    ///
    /// # Errors
    /// If the evaluation, or the run, may not take so many.
    fn step(&self, steps: usize) -> Result<(), EvalError>;
}

/// One way to call a function.
pub struct Overload {
    /// Types of the arguments; for a method the first is the receiver's.
    pub parameters: &'static [Kind],
    /// The result's type.
    pub result: Kind,
    /// Whether it can fail over arguments of these types.
    pub can_fail: bool,
    /// The code.
    pub work: Work,
    /// Whether it looks at no more of lists and maps than how many parts they have, and makes none of its own.
    pub is_outer: bool,
}

impl Overload {
    const fn outer(self) -> Self {
        Self { is_outer: true, ..self }
    }

    /// Calls it.
    ///
    /// # Errors
    /// The function's own, if it can fail.
    pub fn call<'m>(
        &self,
        arguments: &[Value<'m>],
        email: &dyn Email,
        meter: &dyn Meter,
    ) -> Result<Value<'m>, EvalError> {
        match self.work {
            Work::Searching(work) => work(arguments, meter),
            Work::Plain(work) => work(arguments),
            Work::Reading(work) => work(arguments, email),
            // What a pattern or a text with places says was made part of the expression.
            Work::Matching(_) | Work::Formatting => Err(unexpected()),
        }
    }
}

/// A text that is written out in a flow and can't be what it should be: told before any mail has come.
#[derive(Debug)]
pub struct BadLiteral {
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: &'static str,
    /// How to mend it.
    pub suggestion: Option<String>,
    /// The text that was meant, if that is certain enough to be put in its place.
    pub meant: Option<String>,
}

impl BadLiteral {
    /// With what was meant, which is suggested.
    fn meaning(message: String, expected: &'static str, meant: Option<String>) -> Self {
        let suggestion = meant.as_ref().map(|meant| format!("did you mean `{meant}`?"));
        Self { message, expected, suggestion, meant }
    }

    /// With advice, if nothing is known to be meant.
    fn or_advice(self, advice: &str) -> Self {
        Self { suggestion: self.suggestion.or_else(|| Some(advice.to_owned())), ..self }
    }
}

/// What a text that is written out must be.
pub type TextCheck = fn(&str) -> Result<(), BadLiteral>;

/// An argument's position, and what a text written out there must be.
pub type LiteralCheck = (usize, TextCheck);

/// A function.
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// How it may be called.
    pub style: Style,
    /// What it does, in one or two sentences.
    pub summary: &'static str,
    /// The ways to call it.
    pub overloads: &'static [Overload],
    /// Expressions and what they give, as templates print it. They run as tests.
    pub examples: &'static [(&'static str, &'static str)],
    /// For functions that search words: how constant words are prepared.
    pub search: Option<Where>,
    /// What texts that are written out as arguments must be.
    pub literals: &'static [LiteralCheck],
    /// What a text must be that is written out as the only argument: with a default beside it, it may be anything.
    pub parses: Option<TextCheck>,
}

impl Function {
    /// How it is called: `f(string)`, or as a method `(string).f()`.
    pub(crate) fn form(&self, overload: &Overload, method: bool) -> String {
        let kinds: Vec<String> = overload.parameters.iter().map(Kind::to_string).collect();
        match kinds.split_first() {
            Some((first, rest)) if method => format!("({first}).{}({})", self.name, rest.join(", ")),
            _ => format!("{}({})", self.name, kinds.join(", ")),
        }
    }

    /// Its forms as a message has them: `a(string)` or `a(string, integer)`, the first few.
    pub(crate) fn forms(&self, method: bool) -> String {
        let mut forms: Vec<String> = Vec::new();
        for form in self.overloads.iter().map(|overload| format!("`{}`", self.form(overload, method))) {
            if !forms.contains(&form) && forms.len() < MANY_FORMS {
                forms.push(form);
            }
        }
        forms.join(" or ")
    }

    const fn new(
        name: &'static str,
        style: Style,
        summary: &'static str,
        overloads: &'static [Overload],
        examples: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { name, style, summary, overloads, examples, search: None, literals: &[], parses: None }
    }

    /// Whether an argument has to be written out to be looked at when the flow is published: a pattern, a zone, a format.
    pub(crate) fn reads_literal(&self, position: usize) -> bool {
        let is_pattern = position == 1 && self.overloads.iter().any(|one| matches!(one.work, Work::Matching(_)));
        is_pattern || self.literals.iter().any(|(literal, _)| *literal == position)
    }

    const fn searching(self, place: Where) -> Self {
        Self { search: Some(place), ..self }
    }

    const fn checking(self, literals: &'static [LiteralCheck]) -> Self {
        Self { literals, ..self }
    }

    const fn parsing(self, check: TextCheck) -> Self {
        Self { parses: Some(check), ..self }
    }
}

/// An overload that can't fail.
const fn sure(parameters: &'static [Kind], result: Kind, work: for<'m> fn(&[Value<'m>]) -> Answer<'m>) -> Overload {
    Overload { parameters, result, can_fail: false, work: Work::Plain(work), is_outer: false }
}

/// An overload that can fail.
const fn unsure(parameters: &'static [Kind], result: Kind, work: for<'m> fn(&[Value<'m>]) -> Answer<'m>) -> Overload {
    Overload { parameters, result, can_fail: true, work: Work::Plain(work), is_outer: false }
}

/// All functions.
pub fn all() -> impl Iterator<Item = &'static Function> {
    [
        search::FUNCTIONS,
        text::FUNCTIONS,
        parts::FUNCTIONS,
        pattern::FUNCTIONS,
        address::FUNCTIONS,
        size::FUNCTIONS,
        list::FUNCTIONS,
        order::FUNCTIONS,
        math::FUNCTIONS,
        map::FUNCTIONS,
        conversion::FUNCTIONS,
        json::FUNCTIONS,
        time::FUNCTIONS,
        zoned::FUNCTIONS,
        encoding::FUNCTIONS,
        format::FUNCTIONS,
        html::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// The function of that name.
pub fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.name == name)
}

/// An argument that is not what the checker has promised.
fn unexpected() -> EvalError {
    EvalError { code: codes::INTERNAL, message: "an argument is not of the type that was checked".to_owned() }
}

/// What can't become what is wanted.
fn failed(what: &str, text: &str, wanted: &str) -> EvalError {
    EvalError { code: codes::CONVERSION, message: format!("the {what} `{}` can't become {wanted}", clip(text)) }
}

/// A position that there is not.
fn out_of_range(position: i64, what: &str, length: usize) -> EvalError {
    EvalError { code: codes::MISSING_INDEX, message: format!("there is no position {position} in {what} of {length}") }
}

fn empty_list() -> EvalError {
    EvalError { code: codes::MISSING_INDEX, message: "the list is empty".to_owned() }
}

fn too_large() -> EvalError {
    EvalError {
        code: codes::VALUE_TOO_LARGE,
        message: format!("the value would be larger than {MAX_VALUE_BYTES} bytes"),
    }
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A text that was made.
fn made<'m>(text: impl Into<std::sync::Arc<str>>) -> Answer<'m> {
    let text = text.into();
    if text.len() > MAX_VALUE_BYTES { Err(too_large()) } else { Ok(Value::String(Text::Owned(text))) }
}

/// A list that is made, as far as a value may grow.
fn list_of<'m>(elements: impl IntoIterator<Item = Answer<'m>>) -> Answer<'m> {
    let (mut list, mut size) = (Vec::new(), 0_usize);
    for element in elements {
        let element = element?;
        size = size.saturating_add(weight(&element));
        if size > MAX_VALUE_BYTES {
            return Err(too_large());
        }
        list.push(element);
    }
    Ok(Value::List(list.into()))
}

/// A count as an integer.
fn integer<'m>(count: usize) -> Value<'m> {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}
