//! Checking operators: what they take, and what comes of it.

use rustc_hash::FxHashSet;
use waypost_cel::{Binary, Call, Choice, Expr, Kind, Operator, Unary};

use super::check::{Checker, Typed};
use super::conversion::{Conversion, conversion};
use super::ir::{Arithmetic, Comparison, Ir};
use super::{foreign, macros};
use crate::diagnostic::{Code, Edit};
use crate::types::Type;
use crate::value::Value;

impl Checker<'_> {
    pub(super) fn unary(&mut self, unary: Unary, of: &Expr) -> Option<Typed> {
        match unary {
            Unary::Not => {
                let of = self.boolean(of)?;
                Some((Ir::Not(Box::new(of)), Type::Boolean))
            }
            Unary::Negate => {
                let (ir, data_type) = self.check(of)?;
                if !matches!(data_type, Type::Integer | Type::Number | Type::Never) {
                    self.wrong_type(of, "integer or number", &data_type);
                    return None;
                }
                Some((Ir::Negate(Box::new(ir)), data_type))
            }
        }
    }

    pub(super) fn choice(&mut self, choice: &Choice) -> Option<Typed> {
        let (when, a, b) = (self.boolean(&choice.when), self.check(&choice.then), self.check(&choice.otherwise));
        let ((a, a_type), (b, b_type)) = (a?, b?);
        let data_type = if a_type.fits(&b_type) {
            b_type
        } else if b_type.fits(&a_type) {
            a_type
        } else {
            self.wrong_type(&choice.otherwise, a_type.to_string(), &b_type);
            return None;
        };
        Some((Ir::Choose(Box::new(when?), Box::new(a), Box::new(b)), data_type))
    }

    pub(super) fn binary(&mut self, binary: &Binary) -> Option<Typed> {
        let Binary { operator, left, right, .. } = binary;
        match operator {
            Operator::And => {
                let (a, b) = self.joined(binary);
                Some((Ir::And(Box::new(a?), Box::new(b?)), Type::Boolean))
            }
            Operator::Or => {
                let (a, b) = self.joined(binary);
                Some((Ir::Or(Box::new(a?), Box::new(b?)), Type::Boolean))
            }
            Operator::In => self.in_operator(left, right),
            Operator::Equal => self.equality(binary, true),
            Operator::NotEqual => self.equality(binary, false),
            Operator::Less => self.comparison(binary, Comparison::Less),
            Operator::LessOrEqual => self.comparison(binary, Comparison::LessOrEqual),
            Operator::Greater => self.comparison(binary, Comparison::Greater),
            Operator::GreaterOrEqual => self.comparison(binary, Comparison::GreaterOrEqual),
            Operator::Add => self.arithmetic(binary, Arithmetic::Add),
            Operator::Subtract => self.arithmetic(binary, Arithmetic::Subtract),
            Operator::Multiply => self.arithmetic(binary, Arithmetic::Multiply),
            Operator::Divide => self.arithmetic(binary, Arithmetic::Divide),
            Operator::Remainder => self.arithmetic(binary, Arithmetic::Remainder),
        }
    }

    fn comparison(&mut self, binary: &Binary, comparison: Comparison) -> Option<Typed> {
        let (a, b) = (self.check(&binary.left), self.check(&binary.right));
        let ((a, a_type), (b, b_type)) = (a?, b?);
        if !(comparable(&a_type, &b_type) && a_type.is_ordered() && b_type.is_ordered()) {
            self.operator_types(binary, &a_type, &b_type);
            return None;
        }
        Some((Ir::Compare(comparison, Box::new(a), Box::new(b)), Type::Boolean))
    }

    fn arithmetic(&mut self, binary: &Binary, operator: Arithmetic) -> Option<Typed> {
        let (a, b) = (self.check(&binary.left), self.check(&binary.right));
        let ((a, a_type), (b, b_type)) = (a?, b?);
        let Some(result) = arithmetic_type(operator, &a_type, &b_type) else {
            self.operator_types(binary, &a_type, &b_type);
            return None;
        };
        Some((Ir::Arithmetic(operator, Box::new(a), Box::new(b)), result))
    }

    pub(super) fn call(&mut self, whole: &Expr, call: &Call) -> Option<Typed> {
        match (&*call.function, &call.of, call.arguments.as_slice()) {
            ("has", None, [of]) => match &of.kind {
                Kind::Member(member) => self.select(member, true),
                Kind::Wrong => None,
                _ => {
                    let problem = self.problem(of.span, Code::ExpressionSyntax, "`has` asks for a member");
                    problem.expected = Some("a member, such as `has(x.name)`".to_owned());
                    None
                }
            },
            (name, Some(of), arguments) if macros::named(name).next().is_some() => {
                self.each(whole.mark(), name, of, arguments)
            }
            (name, of, arguments) => self.function(whole.mark(), name, of.as_ref(), arguments),
        }
    }

    pub(super) fn boolean(&mut self, expression: &Expr) -> Option<Ir> {
        let (ir, data_type) = self.check(expression)?;
        if !data_type.fits(&Type::Boolean) {
            self.wrong_type(expression, "boolean", &data_type);
            return None;
        }
        if ir.is_part() {
            self.parts.push(self.place(expression.span));
        }
        Some(ir)
    }

    /// Both sides of `&&` or `||`. What stands alone behind a comparison was meant to be compared as well: `x == 'a' || 'b'`.
    fn joined(&mut self, binary: &Binary) -> (Option<Ir>, Option<Ir>) {
        let a = self.boolean(&binary.left);
        let before = self.problems.len();
        let b = self.boolean(&binary.right);
        if let (Some(compared), None, Some(problem)) = (last_comparison(&binary.left), &b, self.problems.get(before))
            && problem.code == Code::WrongType
            && let Kind::Literal(_) = &first_operand(&binary.right, binary.operator).kind
        {
            let (left, sign) = (self.written(compared.left.span).to_owned(), compared.operator.sign());
            let alone = first_operand(&binary.right, binary.operator).span;
            let (place, written) = (self.place(alone), self.written(alone).to_owned());
            if let Some(problem) = self.problems.get_mut(before)
                && problem.range == Some(place.clone())
            {
                problem.suggestion = Some(format!("write `{left} {sign} {written}`"));
                problem.edits = vec![Edit { range: place.start..place.start, text: format!("{left} {sign} ") }];
            }
        }
        (a, b)
    }

    fn operator_types(&mut self, binary: &Binary, a: &Type, b: &Type) {
        let Binary { operator, sign, left, right } = binary;
        let message = format!("`{}` can't be used between {a} and {b}", operator.sign());
        // Almost anything can be a text, and no integer loses anything as a number; the other way is not as sure.
        // What has an order beside a number is meant as one.
        let ordered = orders(*operator) && *a == Type::String && matches!(b, Type::Integer | Type::Number);
        let left_first =
            ordered || *operator == Operator::Add && *b == Type::String || (a, b) == (&Type::Integer, &Type::Number);
        let (conversion, part) = match conversion(&a.to_string(), b).filter(|_| !left_first) {
            Some(conversion) => (Some(conversion), right),
            None => (conversion(&b.to_string(), a), left),
        };
        let edits = conversion.as_ref().map(|how| how.edits(self.place(part.span), part.is_closed()));
        let to_text = conversion.as_ref().is_some_and(Conversion::makes_text);
        let meant = self.chained(binary).or_else(|| self.contained(binary, a, b));
        let meant = meant.or_else(|| if to_text { self.quoted(part) } else { None });
        let problem = self.problem(*sign, Code::WrongType, message);
        problem.found = Some(format!("{a} and {b}"));
        if let Some((help, edit)) = meant {
            problem.suggestion = Some(help);
            problem.edits = vec![edit];
            return;
        }
        problem.suggestion = conversion.map(|how| how.help());
        problem.edits = edits.unwrap_or_default();
    }

    /// `1 < x < 5` as it is to be written.
    fn chained(&self, binary: &Binary) -> Option<(String, Edit)> {
        let Kind::Binary(before) = &binary.left.kind else { return None };
        if !(orders(before.operator) && orders(binary.operator)) || binary.left.is_closed() {
            return None;
        }
        let middle = self.written(before.right.span);
        let at = self.place(binary.left.span).end;
        let (first, second) = (self.written(binary.left.span), self.written(binary.right.span));
        let help = format!("write `{first} && {middle} {} {second}`", binary.operator.sign());
        Some((help, Edit { range: at..at, text: format!(" && {middle}") }))
    }

    /// `list == element` as it is to be written.
    fn contained(&self, binary: &Binary, a: &Type, b: &Type) -> Option<(String, Edit)> {
        let (list, element) = match (a, b) {
            (Type::List(of), element) if comparable(of, element) => (&binary.left, &binary.right),
            (element, Type::List(of)) if comparable(element, of) => (&binary.right, &binary.left),
            _ => return None,
        };
        let within = format!("{} in {}", self.written(element.span), self.written(list.span));
        let meant = match binary.operator {
            Operator::Equal => within,
            Operator::NotEqual => format!("!({within})"),
            _ => return None,
        };
        let range = self.place(binary.left.span.to(binary.right.span));
        Some((format!("write `{meant}`"), Edit { range, text: meant }))
    }

    /// What is written out, as a text.
    fn quoted(&self, part: &Expr) -> Option<(String, Edit)> {
        let Kind::Literal(_) = part.kind else { return None };
        let text = format!("'{}'", self.written(part.span));
        Some((format!("write `{text}`"), Edit { range: self.place(part.span), text }))
    }

    fn equality(&mut self, binary: &Binary, wanted: bool) -> Option<Typed> {
        let before = self.problems.len();
        let a = self.check(&binary.left);
        self.not_equal(binary, before);
        let between = self.problems.len();
        let b = self.check(&binary.right);
        match (&a, &b) {
            (Some((_, of)), None) => self.name_beside(&binary.right, of, between),
            (None, Some((_, of))) => self.name_beside(&binary.left, of, before),
            _ => {}
        }
        let ((a, a_type), (b, b_type)) = (a?, b?);
        let same = comparable(&a_type, &b_type) || a_type == Type::Json || b_type == Type::Json;
        if !same {
            self.operator_types(binary, &a_type, &b_type);
            return None;
        }
        self.compared((&a, &a_type), &binary.right, &b);
        self.compared((&b, &b_type), &binary.left, &a);
        Some((Ir::Equal(wanted, Box::new(a), Box::new(b)), Type::Boolean))
    }

    /// A name that nothing has and that is compared with a text was meant as one; or as no value, which each type has its own way to say.
    fn name_beside(&mut self, part: &Expr, of: &Type, problem: usize) {
        let (Kind::Name(name), place) = (&part.kind, self.place(part.span)) else { return };
        if let Some(problem) = self.problems.get_mut(problem)
            && problem.code == Code::UnknownNameInExpression
            && problem.range.as_ref() == Some(&place)
        {
            if foreign::is_absent(name) {
                let absent = foreign::absent(of);
                problem.suggestion = Some(absent.map_or_else(
                    || format!("remove the comparison: of type {of} there always is a value"),
                    |absent| format!("write `{absent}`"),
                ));
                problem.edits =
                    absent.map(|absent| Edit { range: place, text: absent.to_owned() }).into_iter().collect();
            } else if *of == Type::String && problem.suggestion.is_none() {
                problem.suggestion = Some(format!("write `'{name}'`"));
                problem.edits = vec![Edit { range: place, text: format!("'{name}'") }];
            }
        }
    }

    /// `!x == y` was meant as `x != y` if `x` can't be negated.
    fn not_equal(&mut self, binary: &Binary, before: usize) {
        let Kind::Unary(Unary::Not, of) = &binary.left.kind else { return };
        let (whole, part, sign) = (self.place(binary.left.span), self.place(of.span), self.place(binary.sign));
        let (a, b) = (self.written(of.span).to_owned(), self.written(binary.right.span).to_owned());
        if let Some(problem) = self.problems.get_mut(before)
            && problem.code == Code::WrongType
            && problem.range.as_ref() == Some(&part)
            && binary.operator == Operator::Equal
            && !binary.left.is_closed()
        {
            problem.suggestion = Some(format!("write `{a} != {b}`"));
            problem.edits = vec![
                Edit { range: whole.start..part.start, text: String::new() },
                Edit { range: sign, text: "!=".to_owned() },
            ];
        }
    }

    fn in_operator(&mut self, needle: &Expr, within: &Expr) -> Option<Typed> {
        let (needle_checked, within_checked) = (self.check(needle), self.check(within));
        let ((needle_ir, needle_type), (within_ir, within_type)) = (needle_checked?, within_checked?);
        let expected = match &within_type {
            Type::List(element) if comparable(&needle_type, element) => None,
            Type::Map(_) if needle_type.fits(&Type::String) => None,
            Type::Json => None,
            Type::List(element) => Some((needle, element.to_string(), needle_type.clone())),
            Type::Map(_) => Some((needle, "string".to_owned(), needle_type.clone())),
            _ => Some((within, "a list or a map".to_owned(), within_type.clone())),
        };
        if let Some((part, expected, found)) = expected {
            self.wrong_type(part, expected, &found);
            if (&needle_type, &within_type) == (&Type::String, &Type::String) {
                self.part_of_text(needle, within);
            }
            return None;
        }
        self.compared_with_each(&needle_ir, within, &within_ir);
        // Long lists of names are what people write: look them up instead of walking them.
        if let (Type::String, Ir::Constant(Value::List(elements))) = (&needle_type, &within_ir) {
            let set: FxHashSet<Box<str>> = elements.iter().filter_map(Value::as_str).map(Box::from).collect();
            return Some((Ir::InSet(Box::new(needle_ir), set), Type::Boolean));
        }
        Some((Ir::In(Box::new(needle_ir), Box::new(within_ir)), Type::Boolean))
    }

    /// `'a' in text` was meant as `text.contains('a')`.
    fn part_of_text(&mut self, needle: &Expr, within: &Expr) {
        let (a, b) = (self.written(needle.span), self.written(within.span));
        let meant = if within.is_closed() { format!("{b}.contains({a})") } else { format!("({b}).contains({a})") };
        let range = self.place(needle.span).start..self.place(within.span).end;
        if let Some(problem) = self.problems.last_mut() {
            problem.suggestion = Some(format!("write `{meant}`"));
            problem.edits = vec![Edit { range, text: meant }];
        }
    }
}

/// The last operand of a chain, if it compares something.
fn last_comparison(chain: &Expr) -> Option<&Binary> {
    let mut at = chain;
    loop {
        match &at.kind {
            Kind::Binary(binary) if matches!(binary.operator, Operator::Equal | Operator::NotEqual) => {
                return Some(binary);
            }
            Kind::Binary(binary) if matches!(binary.operator, Operator::And | Operator::Or) => {
                // A value alone behind a comparison stands for one.
                at = if matches!(binary.right.kind, Kind::Literal(_)) { &binary.left } else { &binary.right };
            }
            _ => return None,
        }
    }
}

/// The first operand of a chain of one operator.
fn first_operand(chain: &Expr, operator: Operator) -> &Expr {
    let mut at = chain;
    while let Kind::Binary(binary) = &at.kind
        && binary.operator == operator
        && !at.is_closed()
    {
        at = &binary.left;
    }
    at
}

/// Whether `==` makes sense between two types. Integers and numbers compare by value.
fn comparable(a: &Type, b: &Type) -> bool {
    let number = |data_type: &Type| matches!(data_type, Type::Integer | Type::Number);
    a.fits(b) || b.fits(a) || (number(a) && number(b))
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

fn orders(operator: Operator) -> bool {
    matches!(operator, Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual)
}
