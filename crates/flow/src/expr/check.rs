//! Syntax tree to checked expression: names resolved, types found, every problem told.

use std::ops::Range;
use std::sync::Arc;

use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, SelectExpr, operators};
use cel::parser::Expression;
use rustc_hash::FxHashSet;

use super::Scope;
use super::extent::{after, extent, operand};
use super::ir::{Arithmetic, Comparison, Ir, Site};
use super::members;
use super::parse::Parsed;
use crate::diagnostic::{Code, Diagnostic};
use crate::functions::{self, Function, Search, Style};
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
}

/// Words of CEL that can't be read as names.
const NAMES: [&str; 4] = ["interaction", "input", "output", "now"];

impl Checker<'_> {
    /// The checked expression; `None` when a problem was noted, or was reported elsewhere.
    pub(super) fn check(&mut self, expression: &Expression) -> Option<Typed> {
        match &expression.expr {
            Expr::Literal(literal) => self.literal(expression.id, literal),
            Expr::Ident(name) => self.name(expression.id, name),
            Expr::Select(select) => self.select(expression.id, select),
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
            Expr::Comprehension(_) => self.unsupported(
                expression.id,
                "macros over lists (`all`, `exists`, `exists_one`, `filter`, `map`) are not offered by this release",
            ),
            Expr::Struct(_) => self.unsupported(expression.id, "messages can't be made"),
            Expr::Unspecified => self.unsupported(expression.id, "this part of the expression is not supported"),
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

    fn unsupported<T>(&mut self, id: u64, message: &str) -> Option<T> {
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
        let plain = name.strip_prefix('.').unwrap_or(name);
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
                let known: Vec<&str> =
                    self.scope.variables.iter().map(|(name, _)| name.as_str()).chain(NAMES).collect();
                let as_input = self.scope.inputs.iter().any(|(input, _)| input == plain);
                let near = crate::diagnostic::nearest(plain, known.iter().copied()).map(str::to_owned);
                let problem = self.problem(id, Code::UnknownNameInExpression, format!("unknown name `{plain}`"));
                problem.expected = Some(format!("one of: {}", known.join(", ")));
                problem.suggestion = if as_input {
                    Some(format!("write `input.{plain}`"))
                } else {
                    near.map(|near| format!("did you mean `{near}`?"))
                };
                None
            }
        }
    }

    fn select(&mut self, id: u64, select: &SelectExpr) -> Option<Typed> {
        if let Expr::Ident(root) = &select.operand.expr {
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
                return self.declared(id, select, declared, kind);
            }
        }
        if select.test {
            return members::presence(self, id, select);
        }
        let operand = self.check(&select.operand)?;
        members::select(self, id, operand, select)
    }

    fn declared(&mut self, id: u64, select: &SelectExpr, declared: &[(String, Type)], kind: &str) -> Option<Typed> {
        let Some(position) = declared.iter().position(|(name, _)| *name == select.field) else {
            let names: Vec<&str> = declared.iter().map(|(name, _)| name.as_str()).collect();
            let near = crate::diagnostic::nearest(&select.field, names.iter().copied()).map(str::to_owned);
            let message = format!("there is no {kind} `{}`", select.field);
            let known = if names.is_empty() {
                "nothing: there are none".to_owned()
            } else {
                format!("one of: {}", names.join(", "))
            };
            let problem = self.problem(id, Code::UnknownMember, message);
            problem.expected = Some(known);
            problem.found = Some(format!("`{}`", select.field));
            problem.suggestion = near.map(|near| format!("did you mean `{kind}.{near}`?"));
            return None;
        };
        if kind == "input" {
            self.inputs.push(position);
        }
        if select.test {
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

    fn call(&mut self, id: u64, call: &CallExpr) -> Option<Typed> {
        let receiver = call.target.as_deref();
        match (call.func_name.as_str(), receiver, call.args.as_slice()) {
            (operators::LOGICAL_NOT, None, [of]) => {
                let of = self.boolean(of)?;
                Some((Ir::Not(Box::new(of)), Type::Boolean))
            }
            (operators::LOGICAL_AND, None, [a, b]) => {
                let (a, b) = (self.boolean(a), self.boolean(b));
                Some((Ir::And(Box::new(a?), Box::new(b?)), Type::Boolean))
            }
            (operators::LOGICAL_OR, None, [a, b]) => {
                let (a, b) = (self.boolean(a), self.boolean(b));
                Some((Ir::Or(Box::new(a?), Box::new(b?)), Type::Boolean))
            }
            (operators::CONDITIONAL, None, [when, then, otherwise]) => {
                let (when, a, b) = (self.boolean(when), self.check(then), self.check(otherwise));
                let ((a, a_type), (b, b_type)) = (a?, b?);
                let when = when?;
                let data_type = if a_type.fits(&b_type) {
                    b_type
                } else if b_type.fits(&a_type) {
                    a_type
                } else {
                    self.wrong_type(otherwise.id, a_type.to_string(), &b_type);
                    return None;
                };
                Some((Ir::Choose(Box::new(when), Box::new(a), Box::new(b)), data_type))
            }
            (operators::NEGATE, None, [of]) => {
                let (ir, data_type) = self.check(of)?;
                if !matches!(data_type, Type::Integer | Type::Number) {
                    self.wrong_type(of.id, "integer or number", &data_type);
                    return None;
                }
                Some((Ir::Negate(Box::new(ir)), data_type))
            }
            (operators::INDEX, None, [of, index]) => {
                let (of_checked, index_checked) = (self.check(of), self.check(index));
                members::index(self, (of, of_checked?), (index, index_checked?))
            }
            (operators::IN, None, [needle, within]) => self.in_operator(needle, within),
            (operators::EQUALS, None, [a, b]) => self.equality(id, a, b, true),
            (operators::NOT_EQUALS, None, [a, b]) => self.equality(id, a, b, false),
            (operator, None, [a, b]) if comparison(operator).is_some() => {
                let (a_checked, b_checked) = (self.check(a), self.check(b));
                let ((a, a_type), (b, b_type)) = (a_checked?, b_checked?);
                let ordered = |data_type: &Type| {
                    matches!(
                        data_type,
                        Type::Integer | Type::Number | Type::String | Type::Boolean | Type::Datetime | Type::Duration
                    )
                };
                if !(comparable(&a_type, &b_type) && ordered(&a_type)) {
                    self.operator_types(id, operator, &a_type, &b_type);
                    return None;
                }
                Some((Ir::Compare(comparison(operator)?, Box::new(a), Box::new(b)), Type::Boolean))
            }
            (operator, None, [a, b]) if arithmetic(operator).is_some() => {
                let (a_checked, b_checked) = (self.check(a), self.check(b));
                let ((a, a_type), (b, b_type)) = (a_checked?, b_checked?);
                let Some(result) = arithmetic_type(arithmetic(operator)?, &a_type, &b_type) else {
                    self.operator_types(id, operator, &a_type, &b_type);
                    return None;
                };
                Some((Ir::Arithmetic(arithmetic(operator)?, Box::new(a), Box::new(b)), result))
            }
            (operators::OPT_INDEX | operators::OPT_SELECT, ..) => {
                self.unsupported(id, "optional values are not supported")
            }
            (name, receiver, arguments) => self.function(id, name, receiver, arguments),
        }
    }

    fn boolean(&mut self, expression: &Expression) -> Option<Ir> {
        let (ir, data_type) = self.check(expression)?;
        if data_type != Type::Boolean {
            self.wrong_type(expression.id, "boolean", &data_type);
            return None;
        }
        Some(ir)
    }

    fn operator_types(&mut self, id: u64, operator: &str, a: &Type, b: &Type) {
        let sign = operator.replace('_', "");
        let message = format!("`{sign}` can't be used between {a} and {b}");
        let suggestion = conversion(&a.to_string(), b);
        let problem = self.problem(id, Code::WrongType, message);
        problem.found = Some(format!("{a} and {b}"));
        problem.suggestion = suggestion;
    }

    fn equality(&mut self, id: u64, a: &Expression, b: &Expression, wanted: bool) -> Option<Typed> {
        let (a_checked, b_checked) = (self.check(a), self.check(b));
        let ((a, a_type), (b, b_type)) = (a_checked?, b_checked?);
        let same = comparable(&a_type, &b_type) || a_type == Type::Json || b_type == Type::Json;
        if !same {
            self.operator_types(id, if wanted { operators::EQUALS } else { operators::NOT_EQUALS }, &a_type, &b_type);
            return None;
        }
        Some((Ir::Equal(wanted, Box::new(a), Box::new(b)), Type::Boolean))
    }

    fn in_operator(&mut self, needle: &Expression, within: &Expression) -> Option<Typed> {
        let (needle_checked, within_checked) = (self.check(needle), self.check(within));
        let ((needle_ir, needle_type), (within_ir, within_type)) = (needle_checked?, within_checked?);
        let expected = match &within_type {
            Type::List(element) if comparable(&needle_type, element) => None,
            Type::Map(_) if needle_type == Type::String => None,
            Type::Json => None,
            Type::List(element) => Some((needle.id, element.to_string(), needle_type.clone())),
            Type::Map(_) => Some((needle.id, "string".to_owned(), needle_type.clone())),
            _ => Some((within.id, "a list or a map".to_owned(), within_type.clone())),
        };
        if let Some((id, expected, found)) = expected {
            self.wrong_type(id, expected, &found);
            return None;
        }
        // Long lists of names are what people write: look them up instead of walking them.
        if let (Type::String, Ir::Constant(Value::List(elements))) = (&needle_type, &within_ir) {
            let set: FxHashSet<Box<str>> = elements.iter().filter_map(Value::as_str).map(Box::from).collect();
            return Some((Ir::InSet(Box::new(needle_ir), set), Type::Boolean));
        }
        Some((Ir::In(Box::new(needle_ir), Box::new(within_ir)), Type::Boolean))
    }

    fn function(
        &mut self,
        id: u64,
        name: &str,
        receiver: Option<&Expression>,
        arguments: &[Expression],
    ) -> Option<Typed> {
        let method = receiver.is_some();
        let all: Vec<&Expression> = receiver.into_iter().chain(arguments).collect();
        let checked: Vec<Option<Typed>> = all.iter().map(|argument| self.check(argument)).collect();
        if method && name == "header" && matches!(checked.first(), Some(Some((_, Type::Object(ObjectType::Email))))) {
            return self.header(id, &all, checked);
        }
        let Some(function) = functions::find(name).filter(|function| callable(function, method)) else {
            self.unknown_function(id, name, method);
            return None;
        };
        let arities: Vec<usize> = function.overloads.iter().map(|overload| overload.parameters.len()).collect();
        if !arities.contains(&all.len()) {
            let hidden = usize::from(method);
            let wanted = arities.first().copied().unwrap_or_default() - hidden;
            let message = format!("`{name}` takes {wanted} argument(s), found {}", all.len() - hidden);
            let problem = self.problem(id, Code::WrongArity, message);
            problem.expected = Some(format!("{wanted} argument(s)"));
            problem.found = Some(format!("{} argument(s)", all.len() - hidden));
            return None;
        }
        let checked: Vec<Typed> = checked.into_iter().collect::<Option<_>>()?;
        let fits = |overload: &&functions::Overload| {
            overload.parameters.iter().zip(&checked).all(|(kind, (_, data_type))| kind.takes(data_type))
                && overload.parameters.len() == checked.len()
        };
        let Some(overload) = function.overloads.iter().find(fits) else {
            self.wrong_arguments(function, &all, &checked);
            return None;
        };
        let result = overload.result.result();
        let irs: Vec<Ir> = checked.into_iter().map(|(ir, _)| ir).collect();
        Some((prepared(function, overload, irs), result))
    }

    fn header(&mut self, id: u64, all: &[&Expression], checked: Vec<Option<Typed>>) -> Option<Typed> {
        let mut checked = checked.into_iter().skip(1);
        let (Some(name), None) = (checked.next(), checked.next()) else {
            self.problem(id, Code::WrongArity, "`header` takes 1 argument: the field's name");
            return None;
        };
        let (ir, data_type) = name?;
        if data_type != Type::String {
            self.wrong_type(all.get(1).map_or(id, |argument| argument.id), "string", &data_type);
            return None;
        }
        Some((Ir::Header(Box::new(ir)), Type::String))
    }

    fn unknown_function(&mut self, id: u64, name: &str, method: bool) {
        let other_way = functions::find(name).is_some();
        let names: Vec<&str> = functions::all().map(|function| function.name).collect();
        let near = crate::diagnostic::nearest(name, names.iter().copied()).map(str::to_owned);
        let problem = self.problem(id, Code::UnknownFunction, format!("unknown function `{name}`"));
        problem.suggestion = match (other_way, method) {
            (true, true) => Some(format!("write `{name}(x)`, not `x.{name}()`")),
            (true, false) => Some(format!("write `x.{name}(…)`, not `{name}(x, …)`")),
            _ => near.map(|near| format!("did you mean `{near}`?")),
        };
    }

    fn wrong_arguments(&mut self, function: &Function, all: &[&Expression], checked: &[Typed]) {
        // The first argument that no overload takes here is the one to mend.
        for (position, (_, data_type)) in checked.iter().enumerate() {
            let kinds: Vec<&functions::Kind> =
                function.overloads.iter().filter_map(|overload| overload.parameters.get(position)).collect();
            if !kinds.iter().any(|kind| kind.takes(data_type)) {
                let mut names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
                names.dedup();
                let id = all.get(position).map_or(0, |argument| argument.id);
                self.wrong_type(id, names.join(" or "), data_type);
                return;
            }
        }
        let found: Vec<String> = checked.iter().map(|(_, data_type)| data_type.to_string()).collect();
        let id = all.first().map_or(0, |argument| argument.id);
        self.problem(id, Code::WrongType, format!("`{}` can't be called with ({})", function.name, found.join(", ")));
    }
}

fn callable(function: &Function, method: bool) -> bool {
    match function.style {
        Style::Both => true,
        Style::Method => method,
        Style::Function => !method,
    }
}

/// A call, with constant words prepared and calls over constants alone done beforehand.
fn prepared(function: &Function, overload: &'static functions::Overload, mut arguments: Vec<Ir>) -> Ir {
    if let (Some(place), Some(Ir::Constant(words))) = (function.search, arguments.get(1)) {
        let search = match words {
            Value::String(word) => Some(Search::new([word.as_str()], place)),
            Value::List(words) => Some(Search::new(words.iter().filter_map(Value::as_str), place)),
            _ => None,
        };
        if let Some(search) = search {
            return Ir::Search(Box::new(arguments.swap_remove(0)), Box::new(search));
        }
    }
    Ir::Call(overload, arguments)
}

/// A string constant.
pub(super) fn string_constant(text: &str) -> Typed {
    (Ir::Constant(Value::String(Text::Owned(Arc::from(text)))), Type::String)
}

/// Whether `==` makes sense between two types. Integers and numbers compare by what they are.
fn comparable(a: &Type, b: &Type) -> bool {
    let number = |data_type: &Type| matches!(data_type, Type::Integer | Type::Number);
    a.fits(b) || b.fits(a) || (number(a) && number(b))
}

fn comparison(operator: &str) -> Option<Comparison> {
    Some(match operator {
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic(operator: &str) -> Option<Arithmetic> {
    Some(match operator {
        operators::ADD => Arithmetic::Add,
        operators::SUBSTRACT => Arithmetic::Subtract,
        operators::MULTIPLY => Arithmetic::Multiply,
        operators::DIVIDE => Arithmetic::Divide,
        operators::MODULO => Arithmetic::Remainder,
        _ => return None,
    })
}

fn arithmetic_type(operator: Arithmetic, a: &Type, b: &Type) -> Option<Type> {
    use Arithmetic::{Add, Remainder, Subtract};
    Some(match (operator, a, b) {
        (_, Type::Integer, Type::Integer) => Type::Integer,
        (Add | Subtract | Arithmetic::Multiply | Arithmetic::Divide, Type::Number, Type::Number) => Type::Number,
        (Remainder, ..) => return None,
        (Add, Type::String, Type::String) => Type::String,
        (Add, Type::List(a), Type::List(b)) if a.fits(b) => Type::List(b.clone()),
        (Add, Type::List(a), Type::List(b)) if b.fits(a) => Type::List(a.clone()),
        (Add, Type::Datetime, Type::Duration) | (Add, Type::Duration, Type::Datetime) => Type::Datetime,
        (Subtract, Type::Datetime, Type::Duration) => Type::Datetime,
        (Subtract, Type::Datetime, Type::Datetime) => Type::Duration,
        (Add | Subtract, Type::Duration, Type::Duration) => Type::Duration,
        _ => return None,
    })
}

/// How to make a value of the expected type, if there is a simple way.
pub(super) fn conversion(expected: &str, found: &Type) -> Option<String> {
    Some(match (expected, found) {
        ("string", Type::Integer | Type::Number | Type::Boolean | Type::Datetime | Type::Duration | Type::Json) => {
            "convert it: `string(…)`".to_owned()
        }
        ("integer", Type::String | Type::Number) => "convert it: `int(…)`".to_owned(),
        ("number", Type::String | Type::Integer) => "convert it: `double(…)`".to_owned(),
        ("datetime", Type::String) => "convert it: `timestamp(…)`".to_owned(),
        ("duration", Type::String) => "convert it: `duration(…)`".to_owned(),
        ("boolean", Type::String) => "compare it, or convert it: `bool(…)`".to_owned(),
        (_, Type::Object(ObjectType::Address)) => "name a member: `.address`, `.name` or `.domain`".to_owned(),
        _ => return None,
    })
}
