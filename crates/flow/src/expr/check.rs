//! Syntax tree to checked expression: names resolved, types found, every problem told.

use std::ops::Range;
use std::sync::Arc;

use cel::common::ast::{EntryExpr, Expr, LiteralValue, SelectExpr};
use cel::parser::Expression;

use super::compile::deep_type;
use super::extent::{after, extent, operand};
use super::ir::{Ir, Site};
use super::members;
use super::parse::Parsed;
use super::{Costly, Scope};
use crate::diagnostic::{Code, Diagnostic, nearest, one_of};
use crate::types::{ObjectType, Type};
use crate::value::{Text, Value};

/// An expression with its type.
pub(super) type Typed = (Ir, Type);

/// Checks one expression.
pub(super) struct Checker<'c> {
    pub(super) path: &'c str,
    /// The whole value that the expression stands in.
    pub(super) text: &'c str,
    pub(super) scope: &'c Scope<'c>,
    pub(super) parsed: &'c Parsed,
    pub(super) problems: Vec<Diagnostic>,
    /// Variables read, with the first place of each.
    pub(super) reads: Vec<(usize, Range<usize>)>,
    /// Inputs read, by position.
    pub(super) inputs: Vec<usize>,
    /// Patterns that can be slow.
    pub(super) costly: Vec<Costly>,
    /// Where the parts of its conditions are, in the order of `outcomes.rs`.
    pub(super) parts: Vec<Range<usize>>,
    /// Names that macros have bound here, the innermost last, each with its number.
    pub(super) locals: Vec<(String, Type, u32)>,
    /// The next such number.
    pub(super) next_local: u32,
}

/// Words of CEL that can't be read as names.
const NAMES: [&str; 4] = ["interaction", "input", "output", "now"];

impl Checker<'_> {
    /// The checked expression; `None` when a problem was noted, or was reported elsewhere.
    pub(super) fn check(&mut self, expression: &Expression) -> Option<Typed> {
        if !self.scope.work.take(1) {
            return None;
        }
        let typed = self.part(expression)?;
        if typed.1.depth() > Type::MAX_DEPTH {
            let found = deep_type(self.path.to_owned(), &typed.1).at(self.parsed.place(expression.id));
            self.problems.push(found);
            return None;
        }
        Some(typed)
    }

    fn part(&mut self, expression: &Expression) -> Option<Typed> {
        match &expression.expr {
            Expr::Literal(literal) => self.literal(expression.id, literal),
            Expr::Ident(name) => self.name(expression.id, name),
            Expr::Select(select) => self.select(expression.id, select, false),
            Expr::Call(call) => self.call(expression.id, call),
            Expr::List(list) => {
                if !list.optional_indices.is_empty() {
                    return self.unsupported(expression.id, "optional elements are not supported");
                }
                let parts: Vec<Option<Typed>> = list.elements.iter().map(|element| self.check(element)).collect();
                let parts: Vec<Typed> = parts.into_iter().collect::<Option<_>>()?;
                let ids: Vec<u64> = list.elements.iter().map(|element| element.id).collect();
                self.list(&ids, parts)
            }
            Expr::Map(map) => self.map(map),
            Expr::Struct(_) => self.unsupported(expression.id, "messages can't be made"),
            // The parser is asked to leave macros as they are written.
            Expr::Comprehension(_) | Expr::Unspecified => {
                self.unsupported(expression.id, "this part of the expression is not supported")
            }
        }
    }

    /// Notes a problem at a part of the expression; the answer can be added to.
    pub(super) fn problem(&mut self, id: u64, code: Code, message: impl Into<String>) -> &mut Diagnostic {
        let diagnostic = Diagnostic::error(code, self.path, message).at(self.parsed.place(id));
        self.problems.push_mut(diagnostic)
    }

    /// The place of `of.field`.
    pub(super) fn site_of_member(&self, of: &Expression, field: &str) -> Site {
        self.site(of, |of_end| (of_end, field))
    }

    /// The place of `of[index]`.
    pub(super) fn site_of_index(&self, of: &Expression, index: &Expression) -> Site {
        let end = extent(self.parsed, self.text, index).end;
        self.site(of, |of_end| (end.max(of_end), "]"))
    }

    fn site<'t>(&self, of: &Expression, end: impl FnOnce(usize) -> (usize, &'t str)) -> Site {
        let of = operand(self.parsed, self.text, of);
        let (from, token) = end(of.end);
        // Expressions are far shorter than 4 GiB.
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Site { start: short(of.start), of_end: short(of.end), end: short(after(self.text, from, token)), list: false }
    }

    pub(super) fn unsupported<T>(&mut self, id: u64, message: &str) -> Option<T> {
        self.problem(id, Code::ExpressionUnsupported, message);
        None
    }

    /// Notes that a value is of the wrong type.
    pub(super) fn wrong_type(&mut self, id: u64, expected: impl Into<String>, found: &Type) {
        let expected = expected.into();
        let suggestion = conversion(&expected, found);
        let message = format!("expected {expected}, found {found}");
        let problem = self.problem(id, Code::WrongType, message);
        problem.expected = Some(expected);
        problem.found = Some(found.to_string());
        problem.suggestion = suggestion;
    }

    fn literal(&mut self, id: u64, literal: &LiteralValue) -> Option<Typed> {
        Some(match literal {
            LiteralValue::Boolean(value) => (Ir::Constant(Value::Boolean(*value.inner())), Type::Boolean),
            LiteralValue::Int(number) => (Ir::Constant(Value::Integer(*number.inner())), Type::Integer),
            LiteralValue::Double(number) => (Ir::Constant(Value::Number(*number.inner())), Type::Number),
            LiteralValue::String(text) => string_constant(text.inner()),
            LiteralValue::Null => (Ir::Constant(Value::Json(Arc::new(serde_json::Value::Null))), Type::Json),
            LiteralValue::UInt(_) => {
                return self.unsupported(id, "unsigned integers are not supported: leave the `u` out");
            }
            LiteralValue::Bytes(_) => return self.unsupported(id, "bytes are not supported: use a string"),
        })
    }

    fn name(&mut self, id: u64, name: &str) -> Option<Typed> {
        if let Some((_, data_type, local)) = self.local(name) {
            return Some((Ir::Local(*local), data_type.clone()));
        }
        // A leading dot is what reads past the names that macros bind.
        let plain = name.strip_prefix('.').unwrap_or(name);
        if !self.scope.work.take(self.scope.variables.len() / 256) {
            return None;
        }
        if let Some(position) = self.scope.variables.iter().position(|(known, _)| known == plain) {
            let place = self.parsed.place(id);
            if self.reads.iter().all(|(known, _)| *known != position) {
                self.reads.push((position, place));
            }
            // A variable whose type could not be found out was reported where it is set.
            let data_type = self.scope.variables.get(position).and_then(|(_, data_type)| data_type.clone())?;
            return Some((Ir::Variable(position, Arc::from(plain)), data_type));
        }
        match plain {
            "now" => Some((Ir::Read(super::ir::Read::ReceivedAt), Type::Datetime)),
            "interaction" => Some((
                Ir::Constant(Value::Object(crate::value::Handle::Interaction)),
                Type::Object(ObjectType::Interaction),
            )),
            "input" | "output" => {
                let code = Code::UnknownNameInExpression;
                let problem = self.problem(id, code, format!("`{plain}` is not a value by itself"));
                problem.suggestion = Some(format!("name a member: `{plain}.NAME`"));
                None
            }
            _ => {
                let variables = self.scope.variables.iter().map(|(name, _)| name.as_str());
                let known: Vec<&str> =
                    self.locals.iter().map(|(name, ..)| name.as_str()).chain(variables).chain(NAMES).collect();
                let as_input = self.scope.inputs.iter().any(|(input, _)| input == plain);
                let near = self.near(plain, &known);
                let expected = one_of(known);
                let problem = self.problem(id, Code::UnknownNameInExpression, format!("unknown name `{plain}`"));
                problem.expected = Some(expected);
                problem.suggestion = if as_input {
                    Some(format!("write `input.{plain}`"))
                } else {
                    near.map(|near| format!("did you mean `{near}`?"))
                };
                None
            }
        }
    }

    /// The known name that was probably meant. Comparing names is worth as much work as looking at many expressions.
    pub(super) fn near(&self, name: &str, known: &[&str]) -> Option<String> {
        self.scope.work.take(known.len()).then(|| nearest(name, known.iter().copied()).map(str::to_owned))?
    }

    fn local(&self, name: &str) -> Option<&(String, Type, u32)> {
        self.locals.iter().rev().find(|(known, ..)| known == name)
    }

    /// `x.NAME`, or `has(x.NAME)`.
    pub(super) fn select(&mut self, id: u64, select: &SelectExpr, test: bool) -> Option<Typed> {
        if let Expr::Ident(root) = &select.operand.expr
            && self.local(root).is_none()
        {
            let declared: Option<(&[(String, Type)], &str)> = match root.as_str() {
                "input" => Some((self.scope.inputs, "input")),
                "output" => match self.scope.outputs {
                    Some(outputs) => Some((outputs, "output")),
                    None => {
                        let message = "`output` can only be read in an outputMapping: it is what the called flow gave";
                        self.problem(id, Code::UnknownNameInExpression, message);
                        return None;
                    }
                },
                _ => None,
            };
            if let Some((declared, kind)) = declared {
                return self.declared(id, select, test, declared, kind);
            }
        }
        if test {
            return members::presence(self, id, select);
        }
        let operand = self.check(&select.operand)?;
        members::select(self, id, operand, select)
    }

    fn declared(
        &mut self,
        id: u64,
        select: &SelectExpr,
        test: bool,
        declared: &[(String, Type)],
        kind: &str,
    ) -> Option<Typed> {
        let Some(position) = declared.iter().position(|(name, _)| *name == select.field) else {
            let names: Vec<&str> = declared.iter().map(|(name, _)| name.as_str()).collect();
            let near = self.near(&select.field, &names);
            let message = format!("there is no {kind} `{}`", select.field);
            let known = if names.is_empty() { "nothing: there are none".to_owned() } else { one_of(names) };
            let problem = self.problem(id, Code::UnknownMember, message);
            problem.expected = Some(known);
            problem.found = Some(format!("`{}`", select.field));
            problem.suggestion = near.map(|near| format!("did you mean `{kind}.{near}`?"));
            return None;
        };
        if kind == "input" {
            self.inputs.push(position);
        }
        if test {
            return Some((Ir::Constant(Value::Boolean(true)), Type::Boolean));
        }
        let data_type = declared.get(position).map(|(_, data_type)| data_type.clone())?;
        Some((if kind == "input" { Ir::Input(position) } else { Ir::Output(position) }, data_type))
    }

    /// A list's element type: the type of all of them.
    pub(super) fn list(&mut self, ids: &[u64], parts: Vec<Typed>) -> Option<Typed> {
        let mut element = Type::Never;
        for (position, (_, data_type)) in parts.iter().enumerate() {
            if data_type.fits(&element) && element != Type::Never {
                continue;
            }
            if element.fits(data_type) {
                element = data_type.clone();
            } else {
                self.wrong_type(ids.get(position).copied().unwrap_or_default(), element.to_string(), data_type);
                return None;
            }
        }
        let parts: Vec<Ir> = parts.into_iter().map(|(ir, _)| ir).collect();
        let constants: Option<Vec<Value<'static>>> = parts
            .iter()
            .map(|part| match part {
                Ir::Constant(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        let ir = match constants {
            Some(constants) => Ir::Constant(Value::List(Arc::from(constants))),
            None => Ir::List(parts),
        };
        Some((ir, Type::List(Box::new(element))))
    }

    fn map(&mut self, map: &cel::common::ast::MapExpr) -> Option<Typed> {
        let mut parts = Vec::new();
        let mut element = Type::Never;
        let mut failed = false;
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                return self.unsupported(entry.id, "messages can't be made");
            };
            let key = self.check(&entry.key);
            let value = self.check(&entry.value);
            let (Some((key, key_type)), Some((value, value_type))) = (key, value) else {
                failed = true;
                continue;
            };
            if key_type != Type::String {
                self.wrong_type(entry.key.id, "string (keys of maps are strings)", &key_type);
                failed = true;
            }
            if element.fits(&value_type) {
                element = value_type;
            } else if !value_type.fits(&element) {
                self.wrong_type(entry.value.id, element.to_string(), &value_type);
                failed = true;
            }
            parts.push((key, value));
        }
        (!failed).then_some((Ir::Map(parts), Type::Map(Box::new(element))))
    }
}

/// A string constant.
pub(super) fn string_constant(text: &str) -> Typed {
    (Ir::Constant(Value::String(Text::Owned(Arc::from(text)))), Type::String)
}

/// How to make a value of the expected type, if there is a simple way.
pub(super) fn conversion(expected: &str, found: &Type) -> Option<String> {
    Some(match (expected, found) {
        ("string", Type::Integer | Type::Number | Type::Boolean | Type::Datetime | Type::Duration | Type::Json) => {
            "convert it: `string(…)`".to_owned()
        }
        ("integer", Type::Json) => "convert it, with a default: `int(…, 0)`".to_owned(),
        ("number", Type::Json) => "convert it, with a default: `double(…, 0.0)`".to_owned(),
        ("boolean", Type::Json) => "compare it, or convert it with a default: `bool(…, false)`".to_owned(),
        ("datetime", Type::Json) => "convert it, with a default: `timestamp(…, now)`".to_owned(),
        ("duration", Type::Json) => "convert it, with a default: `duration(…, duration('0s'))`".to_owned(),
        ("list<string>", Type::Json) => "convert it, with a default: `strings(…, [])`".to_owned(),
        ("integer", Type::String | Type::Number) => "convert it: `int(…)`".to_owned(),
        ("number", Type::String | Type::Integer) => "convert it: `double(…)`".to_owned(),
        ("datetime", Type::String) => "convert it: `timestamp(…)`".to_owned(),
        ("duration", Type::String) => "convert it: `duration(…)`".to_owned(),
        ("boolean", Type::String) => "compare it, or convert it: `bool(…)`".to_owned(),
        (_, Type::Json) if expected.starts_with("a list") || expected.starts_with("list<") => {
            "convert it, with a default: `list(…, [])`".to_owned()
        }
        (_, Type::Json) if expected.starts_with("a map") || expected.starts_with("map<") => {
            "convert it, with a default: `map(…, {})`".to_owned()
        }
        (_, Type::Object(ObjectType::Address)) => "name a member: `.address`, `.name` or `.domain`".to_owned(),
        _ => return None,
    })
}
