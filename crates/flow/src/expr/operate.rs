//! Checking operators: what they take, and what comes of it.

use cel::common::ast::{CallExpr, Expr, operators};
use cel::parser::Expression;
use rustc_hash::FxHashSet;

use super::check::{Checker, Typed, conversion};
use super::extent::extent;
use super::ir::{Arithmetic, Comparison, Ir};
use super::{macros, members};
use crate::diagnostic::Code;
use crate::types::Type;
use crate::value::Value;

impl Checker<'_> {
    pub(super) fn call(&mut self, id: u64, call: &CallExpr) -> Option<Typed> {
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
                if !matches!(data_type, Type::Integer | Type::Number | Type::Never) {
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
                if !(comparable(&a_type, &b_type) && a_type.is_ordered() && b_type.is_ordered()) {
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
            (operators::HAS, None, [of]) => match &of.expr {
                Expr::Select(select) => self.select(of.id, select, true),
                _ => {
                    let problem = self.problem(of.id, Code::ExpressionSyntax, "`has` asks for a member");
                    problem.expected = Some("a member, such as `has(x.name)`".to_owned());
                    None
                }
            },
            (name, Some(of), arguments) if macros::named(name).next().is_some() => self.each(id, name, of, arguments),
            (name, receiver, arguments) => self.function(id, name, receiver, arguments),
        }
    }

    pub(super) fn boolean(&mut self, expression: &Expression) -> Option<Ir> {
        let (ir, data_type) = self.check(expression)?;
        if !data_type.fits(&Type::Boolean) {
            self.wrong_type(expression.id, "boolean", &data_type);
            return None;
        }
        if ir.is_part() {
            self.parts.push(extent(self.parsed, self.text, expression));
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
            Type::Map(_) if needle_type.fits(&Type::String) => None,
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
        // What goes over the elements of `[]` is never computed.
        (_, Type::Never, other) | (_, other, Type::Never) => other.clone(),
        (_, Type::Integer, Type::Integer) => Type::Integer,
        (Add | Subtract | Arithmetic::Multiply | Arithmetic::Divide, Type::Number, Type::Number) => Type::Number,
        (Remainder, ..) => return None,
        (Add, Type::String, Type::String) => Type::String,
        (Add, Type::List(a), Type::List(b)) if a.fits(b) => Type::List(b.clone()),
        (Add, Type::List(a), Type::List(b)) if b.fits(a) => Type::List(a.clone()),
        (Add, Type::Map(a), Type::Map(b)) if a.fits(b) => Type::Map(b.clone()),
        (Add, Type::Map(a), Type::Map(b)) if b.fits(a) => Type::Map(a.clone()),
        (Add, Type::Datetime, Type::Duration) | (Add, Type::Duration, Type::Datetime) => Type::Datetime,
        (Subtract, Type::Datetime, Type::Duration) => Type::Datetime,
        (Subtract, Type::Datetime, Type::Datetime) => Type::Duration,
        (Add | Subtract, Type::Duration, Type::Duration) => Type::Duration,
        _ => return None,
    })
}
