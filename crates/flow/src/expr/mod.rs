//! Expressions: CEL in `${…}`, templates and literals, compiled once and evaluated per mail.

mod budget;
mod calls;
mod check;
mod compile;
mod compute;
mod constant;
mod conversion;
mod each;
mod equality;
mod eval;
mod foreign;
mod format;
mod frame;
mod guards;
mod ir;
mod literal;
mod macros;
mod members;
mod operate;
mod operators;
mod outcomes;
mod parse;
mod patterns;
mod suggest;
mod template;
mod words;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use serde_json::Value as Json;
use waypost_ids::codes;

use crate::diagnostic::{Code, Diagnostic, Problems, edited};
use crate::email::{Email, Members};
use crate::path::FieldPath;
use crate::types::Type;
use crate::value::{Text, Value};
use crate::work::Work;

pub use budget::Budget;
pub(crate) use compute::compare_keys;
pub(crate) use equality::{equal, key};
pub use foreign::foreign_functions;
pub use guards::{Fact, Unguarded};
pub use macros::{MACROS, Macro, bound_names};
pub use members::{MemberReference, ObjectReference, objects};
pub use operators::{OPERATORS, Operator};
pub use outcomes::{Came, Outcomes, PartId, PartPlace};
pub(crate) use waypost_cel::{MAX_BYTES, MAX_DEPTH as MAX_TREE_DEPTH, MAX_NESTING};
pub use words::{Never, NeverIs};

use compile::Compiler;
use frame::Frame;
use ir::Ir;
use template::Part;

/// The names that an expression may use.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'s> {
    /// `input.NAME`, in the interface's order.
    pub inputs: &'s [(String, Type)],
    /// `NAME`: the flow's variables by position. `None`: its type could not be found out, which was reported already, so uses of it stay silent.
    pub variables: &'s [(String, Option<Type>)],
    /// `output.NAME`.
    pub outputs: Outputs<'s>,
    /// What can be read of `interaction`.
    pub members: &'static Members,
    /// What is left of the work that all expressions of the document may be together.
    pub work: &'s Work<'s>,
}

/// What `output.NAME` is.
#[derive(Clone, Copy, Debug)]
pub enum Outputs<'s> {
    /// Nothing: it can only be read in an outputMapping.
    Absent,
    /// The outputs of what is called, in its interface's order.
    Of(&'s [(String, Type)]),
    /// What is called is not known, which was reported already, so uses of it stay silent.
    Unknown,
}

impl<'s> Outputs<'s> {
    /// Those that are known.
    pub(crate) fn known(self) -> &'s [(String, Type)] {
        match self {
            Self::Of(outputs) => outputs,
            Self::Absent | Self::Unknown => &[],
        }
    }
}

/// A compiled expression, template or literal.
pub struct Compiled {
    ir: Ir,
    /// Its type.
    pub data_type: Type,
    /// The variables it reads (positions in [`Scope::variables`]), each with the place in the source where it is first read.
    pub reads: Vec<(usize, Range<usize>)>,
    /// The inputs it reads (positions in [`Scope::inputs`]).
    pub inputs: Vec<usize>,
    /// What it reads that may not be there, where nothing in the expression makes sure of it.
    pub unguarded: Vec<Unguarded>,
    /// Patterns in it that can take much of a run's work on a long text.
    pub costly: Vec<Costly>,
    /// Texts in it that a member is compared with, and never is.
    pub never: Vec<NeverIs>,
    /// The source as written, for traces.
    pub source: Arc<str>,
    /// Whether it is asked for its truth, so that the whole is a part of itself.
    is_condition: bool,
    /// Where the parts of its conditions are written, in the order of `outcomes.rs`.
    parts: Box<[PartPlace]>,
}

impl Compiled {
    /// Something of a type of which nothing else is known: it reads nothing, can't fail and is never evaluated.
    pub(crate) fn unknown(data_type: &Type) -> Self {
        Self {
            ir: Ir::Constant(Value::Boolean(false)),
            data_type: data_type.clone(),
            reads: Vec::new(),
            inputs: Vec::new(),
            unguarded: Vec::new(),
            costly: Vec::new(),
            never: Vec::new(),
            source: Arc::from(""),
            is_condition: false,
            parts: Box::default(),
        }
    }
}

/// A pattern that can take much of a run's work on a long text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Costly {
    /// The path of the text that it is written in.
    pub path: String,
    /// The part of that text, in bytes.
    pub range: Range<usize>,
    /// How many of its characters and classes are held against each character of a text.
    pub positions: usize,
}

/// What an evaluation sees.
pub struct Context<'c, 'm> {
    /// The interaction's id.
    pub interaction_id: &'m str,
    /// When the interaction was accepted: `interaction.receivedAt` and `now`.
    pub received_at: Timestamp,
    /// `interaction.priority`.
    pub priority: i64,
    /// `interaction.attributes`: strings.
    pub attributes: &'c Arc<BTreeMap<Arc<str>, Value<'m>>>,
    /// What answers for members of `interaction`: for the table that the expression was compiled with.
    pub email: &'m dyn Email,
    /// `input.NAME` by position.
    pub inputs: &'c [Value<'m>],
    /// Variables by position; `None`: not set.
    pub variables: &'c [Option<Value<'m>>],
    /// `output.NAME` by position.
    pub outputs: &'c [Value<'m>],
    /// What the run may still spend.
    pub budget: &'c Budget,
    /// Where it is taken down what parts of conditions come to, if anybody wants to know.
    pub outcomes: Option<&'c Outcomes>,
}

/// Why an evaluation failed: an ordinary run error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// A stable code: `run.overflow`, `run.division-by-zero`, `run.missing-key`, `run.missing-index`, `run.conversion`, `run.value-too-large`, `run.too-many-steps`, `run.too-much-work`,
    /// `run.too-much-memory`, `run.unset-variable`.
    pub code: &'static str,
    /// What happened, in words that hold no more than 100 characters of the mail.
    pub message: String,
}

impl EvalError {
    /// Whether a limit was met: nothing catches that, neither an operator nor an `onError`.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        [codes::VALUE_TOO_LARGE, codes::TOO_MANY_STEPS, codes::TOO_MUCH_WORK, codes::TOO_MUCH_MEMORY]
            .contains(&self.code)
    }
}

/// The largest size of a computed value, in bytes.
pub const MAX_VALUE_BYTES: usize = 4 * 1024 * 1024;

/// The most steps of one evaluation. A step is an element that a macro visits, those of a macro within another counted each time, or
/// a KiB of a value that is looked at or made.
pub const MAX_STEPS: usize = 250_000;

/// Compiles what stands in a value position: exactly one `${…}` (its own type), a template (string), or a literal (lists and maps may hold expressions).
/// With `expected`, the type is checked, and a literal becomes a value of it (a number for `3`, a datetime for an RFC 3339 text).
///
/// # Errors
/// All problems, with `path` (and `path[0]`, `path.key` inside lists and maps). Empty when the cause was reported already.
pub fn compile_value(
    path: &str,
    value: &Json,
    scope: &Scope<'_>,
    expected: Option<&Type>,
) -> Result<Compiled, Vec<Diagnostic>> {
    finish(Compiler::new(scope), path, value, expected)
}

/// Compiles a text of HTML: a string in which what each `${…}` prints is escaped, unless the whole expression is a call of `rawHtml`.
///
/// # Errors
/// As [`compile_value`].
pub fn compile_html(path: &str, value: &Json, scope: &Scope<'_>) -> Result<Compiled, Vec<Diagnostic>> {
    finish(Compiler::html(scope), path, value, Some(&Type::String))
}

fn finish(
    mut compiler: Compiler<'_>,
    path: &str,
    value: &Json,
    expected: Option<&Type>,
) -> Result<Compiled, Vec<Diagnostic>> {
    match compiler.value(&FieldPath::Root(path), value, expected) {
        Some((ir, data_type)) if compiler.problems.is_empty() => {
            let source = match value {
                Json::String(text) => Arc::from(text.as_str()),
                other => Arc::from(other.to_string()),
            };
            let Compiler { reads, inputs, unguarded, costly, never, parts, .. } = compiler;
            let below = |at: &str| PartPlace::new(at.strip_prefix(path).unwrap_or_default(), &(0..0)).within;
            let parts =
                parts.into_iter().map(|(at, range)| PartPlace { within: below(&at), ..PartPlace::new("", &range) });
            let parts = parts.collect();
            Ok(Compiled { ir, data_type, reads, inputs, unguarded, costly, never, source, is_condition: false, parts })
        }
        _ => Err(compiler.problems.into_vec()),
    }
}

/// What can be known of a value's type while the types of variables are still being found out.
pub(crate) enum Inferred {
    /// The type.
    Type(Type),
    /// It hangs on variables whose types are not known yet.
    Waits(Vec<usize>),
    /// It has none: something else is wrong with it.
    Nothing,
}

/// The type of what stands in a value position. Problems are reported when it is compiled.
pub(crate) fn infer(path: &str, value: &Json, scope: &Scope<'_>) -> Inferred {
    let mut compiler = Compiler::new(scope);
    match compiler.value(&FieldPath::Root(path), value, None) {
        Some((_, data_type)) if compiler.problems.is_empty() => Inferred::Type(data_type),
        _ => {
            let untyped = |variable: &usize| scope.variables.get(*variable).is_some_and(|(_, known)| known.is_none());
            let waits: Vec<usize> = compiler.reads.into_iter().map(|(variable, _)| variable).filter(untyped).collect();
            if waits.is_empty() { Inferred::Nothing } else { Inferred::Waits(waits) }
        }
    }
}

/// The name of an attribute as it is meant: `$${` undone.
///
/// # Errors
/// If it holds an expression: names are not computed.
pub(crate) fn plain_name(path: &str, name: &str) -> Result<String, Vec<Diagnostic>> {
    if template::holds_expression(name) {
        return Err(vec![
            Diagnostic::error(Code::InvalidValue, path, format!("the name `{name}` holds an expression"))
                .expected("a name that is written out: names are not computed")
                .suggestion("write the name out, or write `$${` for a literal `${`"),
        ]);
    }
    Ok(template::unescaped(name))
}

/// Compiles a `when`: exactly one `${…}` of type boolean.
///
/// # Errors
/// As [`compile_value`].
pub fn compile_condition(path: &str, text: &str, scope: &Scope<'_>) -> Result<Compiled, Vec<Diagnostic>> {
    let parts = template::split(path, text)?;
    if let [Part::Expression(range)] = parts.as_slice() {
        let mut condition = compile_value(path, &Json::from(text), scope, Some(&Type::Boolean))?;
        condition.is_condition = true;
        if condition.ir.is_part() {
            condition.parts = condition.parts.into_iter().chain([PartPlace::new("", range)]).collect();
        }
        return Ok(condition);
    }
    let found = match parts.iter().any(|part| matches!(part, Part::Expression(_))) {
        true => "a text with an expression in it",
        false if text.trim().is_empty() => "nothing",
        false => "a text",
    };
    let problem = Diagnostic::error(Code::WrongType, path, "a condition is one expression in `${…}`, and nothing else")
        .expected("a boolean expression such as `${interaction.email.subject != ''}`")
        .found(found)
        .at(0..text.len());
    Err(vec![match as_condition(text, &parts, scope) {
        Some(whole) => problem.suggestion(format!("write `{whole}`")).edit(0..text.len(), whole),
        None => problem,
    }])
}

/// The one condition that was meant by a text: what stands in its `${…}` and around them, mended, if that is one.
fn as_condition(text: &str, parts: &[Part], scope: &Scope<'_>) -> Option<String> {
    let alone = parts.iter().all(|part| !matches!(part, Part::Text(around) if !around.trim().is_empty()));
    let is_name = |written: &str| written.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
    let meant: String = parts
        .iter()
        .map(|part| match part {
            Part::Text(around) => around.clone(),
            Part::Expression(range) => match text.get(range.clone()).unwrap_or_default().trim() {
                written if alone || is_name(written) => written.to_owned(),
                // What was together stays together.
                written => format!("({written})"),
            },
        })
        .collect();
    let meant = meant.trim();
    // Handlebars and their kin.
    let meant = meant.strip_prefix("{{").and_then(|inner| inner.strip_suffix("}}")).unwrap_or(meant).trim();
    let mut whole = format!("${{{meant}}}");
    for _ in 0..2 {
        let [Part::Expression(_)] = template::split("", &whole).ok()?.as_slice() else { return None };
        match compile_value("", &Json::from(whole.as_str()), scope, Some(&Type::Boolean)) {
            Ok(_) => return Some(whole),
            Err(problems) => {
                let edits = problems.iter().flat_map(|problem| &problem.edits);
                whole = edited(&whole, edits);
            }
        }
    }
    None
}

/// Where the expressions of a text stand, without `${` and `}`; none if one is never closed.
#[must_use]
pub fn expressions(text: &str) -> Vec<Range<usize>> {
    let parts = template::split("", text).unwrap_or_default();
    let expression = |part| match part {
        Part::Expression(range) => Some(range),
        Part::Text(_) => None,
    };
    parts.into_iter().filter_map(expression).collect()
}

/// Whether a text is exactly one `${…}`, which has the expression's own type.
pub(crate) fn is_one_expression(text: &str) -> bool {
    template::split("", text).is_ok_and(|parts| matches!(parts.as_slice(), [Part::Expression(_)]))
}

/// Reads data: a value of the given type, in which `${` is nothing but text.
///
/// # Errors
/// All problems, with `path`.
pub fn constant(path: &str, value: &Json, data_type: &Type) -> Result<Value<'static>, Vec<Diagnostic>> {
    let mut problems = Problems::default();
    literal::read(&FieldPath::Root(path), value, data_type, &mut problems).ok_or_else(|| problems.into_vec())
}

/// Reads a default of a document: a literal without expressions, of the given type. `$${` is a literal `${`.
///
/// # Errors
/// All problems, with `path`.
pub(crate) fn default(path: &str, value: &Json, data_type: &Type) -> Result<Value<'static>, Vec<Diagnostic>> {
    let (path, mut problems) = (FieldPath::Root(path), Problems::default());
    let plain = literal::plain(&path, value, &mut problems);
    let read = plain.and_then(|plain| literal::read(&path, &plain, data_type, &mut problems));
    read.ok_or_else(|| problems.into_vec())
}

/// What a type reads as when nothing set it: `""`, `0`, `0.0`, `false`, the empty list or map, JSON `null`, a zero duration, the Unix epoch.
pub fn empty_value(data_type: &Type) -> Value<'static> {
    match data_type {
        Type::String => Value::String(Text::Borrowed("")),
        Type::Integer => Value::Integer(0),
        Type::Number => Value::Number(0.0),
        Type::Boolean => Value::Boolean(false),
        Type::Datetime => Value::Datetime(Timestamp::UNIX_EPOCH),
        Type::Duration => Value::Duration(SignedDuration::ZERO),
        Type::List(_) => Value::List(Arc::from([])),
        Type::Map(_) => Value::Map(Arc::default()),
        Type::Json | Type::Object(_) | Type::Never => Value::Json(Arc::new(Json::Null)),
    }
}

impl Compiled {
    /// Evaluates.
    ///
    /// # Errors
    /// What checks can't foresee: overflow, division by zero, missing keys, failed conversions, a value over [`MAX_VALUE_BYTES`], more steps than [`MAX_STEPS`], the run's budget.
    pub fn eval<'m>(&'m self, context: &Context<'_, 'm>) -> Result<Value<'m>, EvalError> {
        let held = context.budget.held();
        let value = self.ir.eval(&Frame::new(context, &Cell::new(0)));
        // What was made on the way is gone; whoever keeps the value counts it.
        context.budget.held_is(held);
        value
    }

    /// Evaluates a condition.
    ///
    /// # Errors
    /// As [`Compiled::eval`].
    pub fn holds<'m>(&'m self, context: &Context<'_, 'm>) -> Result<bool, EvalError> {
        let held = context.budget.held();
        let holds = self.ir.truth(&Frame::new(context, &Cell::new(0)));
        context.budget.held_is(held);
        holds
    }

    /// Whether evaluating can fail, limits aside, which nothing catches: what can't has no error edge.
    pub fn can_fail(&self) -> bool {
        self.ir.can_fail()
    }

    /// The text, if it is one that is the same on every mail.
    pub(crate) fn written_text(&self) -> Option<&str> {
        if let Ir::Constant(value) = &self.ir { value.as_str() } else { None }
    }

    /// The span of time, if it is one that is the same on every mail.
    pub(crate) fn written_duration(&self) -> Option<SignedDuration> {
        if let Ir::Constant(Value::Duration(span)) = self.ir { Some(span) } else { None }
    }

    /// The elements of a list, if it is written out: the text of each that is one on every mail, nothing for those that are computed.
    pub(crate) fn written_texts(&self) -> Option<Vec<Option<&str>>> {
        words::texts(&self.ir)
    }

    /// What a condition answers on every mail, if that can be known beforehand.
    pub fn always(&self, work: &Work<'_>) -> Option<bool> {
        constant::Trial { work, length: self.source.len() }.truth(&self.ir)
    }

    /// What is known for the rest of the run once this condition was found to hold: of inputs and of the mail, which never change.
    pub fn lasting_facts(&self) -> Vec<Fact> {
        guards::lasting_facts(&self.ir)
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Compiled({:?}: {})", self.source, self.data_type)
    }
}
