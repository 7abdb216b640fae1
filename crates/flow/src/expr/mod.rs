//! Expressions: CEL in `${…}`, templates and literals, compiled once and evaluated per mail.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::Timestamp;

use crate::diagnostic::Diagnostic;
use crate::email::Email;
use crate::types::Type;
use crate::value::Value;

/// The names that an expression may use.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'s> {
    /// `input.NAME`, in the interface's order.
    pub inputs: &'s [(String, Type)],
    /// `NAME`: the flow's variables by position. `None`: its type could not be found out, which was reported already, so uses of it stay silent.
    pub variables: &'s [(String, Option<Type>)],
    /// `output.NAME`: only in an outputMapping, the callee's outputs in its interface's order.
    pub outputs: Option<&'s [(String, Type)]>,
}

/// A compiled expression, template or literal.
#[derive(Debug)]
pub struct Compiled {
    /// Its type.
    pub data_type: Type,
    /// The variables it reads (positions in [`Scope::variables`]), each with the place in the source where it is first read.
    pub reads: Vec<(usize, Range<usize>)>,
    /// The source as written, for traces.
    pub source: Arc<str>,
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
    /// `interaction.email`.
    pub email: &'m dyn Email,
    /// `input.NAME` by position.
    pub inputs: &'c [Value<'m>],
    /// Variables by position; `None`: not set.
    pub variables: &'c [Option<Value<'m>>],
    /// `output.NAME` by position.
    pub outputs: &'c [Value<'m>],
}

/// Why an evaluation failed: an ordinary run error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// A stable code: `run.overflow`, `run.division-by-zero`, `run.missing-key`, `run.missing-index`, `run.conversion`, `run.value-too-large`, `run.unset-variable`.
    pub code: &'static str,
    /// What happened, in words that hold no more than 100 characters of the mail.
    pub message: String,
}

/// The largest size of a computed value, in bytes.
pub const MAX_VALUE_BYTES: usize = 4 * 1024 * 1024;

/// Compiles what stands in a value position: exactly one `${…}` (its own type), a template (string), or a literal (lists and maps may hold expressions).
/// With `expected`, the type is checked, and a literal becomes a value of it (a number for `3`, a datetime for an RFC 3339 text).
///
/// # Errors
/// All problems, with `path` (and `path[0]`, `path.key` inside lists and maps). Empty when the cause was reported already.
pub fn compile_value(
    path: &str,
    value: &serde_json::Value,
    scope: &Scope<'_>,
    expected: Option<&Type>,
) -> Result<Compiled, Vec<Diagnostic>> {
    Err(Vec::new())
}

/// Compiles a `when`: exactly one `${…}` of type boolean.
///
/// # Errors
/// As [`compile_value`].
pub fn compile_condition(path: &str, text: &str, scope: &Scope<'_>) -> Result<Compiled, Vec<Diagnostic>> {
    Err(Vec::new())
}

/// Reads a default: a literal without expressions, of the given type.
///
/// # Errors
/// All problems, with `path`.
pub fn constant(path: &str, value: &serde_json::Value, data_type: &Type) -> Result<Value<'static>, Vec<Diagnostic>> {
    Err(Vec::new())
}

/// What a type reads as when nothing set it: `""`, `0`, `0.0`, `false`, the empty list or map, JSON `null`, a zero duration, the Unix epoch.
pub fn empty_value(data_type: &Type) -> Value<'static> {
    Value::Integer(0)
}

impl Compiled {
    /// Evaluates.
    ///
    /// # Errors
    /// What checks can't foresee: overflow, division by zero, missing keys, failed conversions, a value over [`MAX_VALUE_BYTES`].
    pub fn eval<'m>(&'m self, context: &Context<'_, 'm>) -> Result<Value<'m>, EvalError> {
        Err(EvalError { code: "run.conversion", message: String::new() })
    }
}
