//! Small changes of an expression: what a slip of its author would be.

use std::ops::Range;

use waypost_cel::{Call, Expr, Kind, Literal, Operator, Unary};

/// A change of an expression's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slip {
    /// What is replaced, in bytes of the expression.
    pub(crate) range: Range<usize>,
    /// By what.
    pub(crate) text: String,
    /// The part that it is about, before and after.
    pub(crate) shown: (String, String),
}

/// Functions that compare whatever the case, so that another case is no change.
const FOLDING: [&str; 6] =
    ["containsAny", "containsIgnoreCase", "equalsIgnoreCase", "startsWithIgnoreCase", "endsWithIgnoreCase", "header"];

/// Functions whose texts are compared as they are.
const EXACT: [&str; 5] = ["contains", "startsWith", "endsWith", "matches", "indexOf"];

/// Macros whose last argument is a condition.
const CONDITIONS: [&str; 5] = ["all", "exists", "exists_one", "existsOne", "filter"];

/// How a literal is used: whether its case counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Case {
    Counts,
    Not,
}

/// All changes of an expression. `condition`: it may be one as a whole, so that it can be negated.
pub(crate) fn slips(source: &str, condition: bool) -> Vec<Slip> {
    let parsed = waypost_cel::parse(source);
    if !parsed.mistakes.is_empty() {
        return Vec::new();
    }
    let mut walk = Walk { source, found: Vec::new() };
    walk.expression(&parsed.tree, condition, Case::Not);
    walk.found
}

struct Walk<'s> {
    source: &'s str,
    found: Vec<Slip>,
}

impl Walk<'_> {
    fn text(&self, part: &Expr) -> &str {
        self.source.get(part.span.range()).unwrap_or_default()
    }

    /// Replaces a whole part.
    fn whole(&mut self, part: &Expr, by: String) {
        let shown = (self.text(part).to_owned(), by.clone());
        self.found.push(Slip { range: part.span.range(), text: by, shown });
    }

    /// Replaces something within a part, which is shown whole.
    fn within(&mut self, part: &Expr, range: Range<usize>, by: &str) {
        let whole = part.span.range();
        let cut = |from: usize, to: usize| self.source.get(from..to).unwrap_or_default();
        let after = format!("{}{by}{}", cut(whole.start, range.start), cut(range.end, whole.end));
        let shown = (self.text(part).to_owned(), after);
        self.found.push(Slip { range, text: by.to_owned(), shown });
    }

    fn negated(&mut self, part: &Expr) {
        let text = format!("!({})", self.text(part));
        self.whole(part, text);
    }

    fn expression(&mut self, part: &Expr, condition: bool, case: Case) {
        match &part.kind {
            Kind::Literal(literal) => self.literal(part, literal, case),
            Kind::Name(_) | Kind::Wrong | Kind::Message(_) => {
                if condition {
                    self.negated(part);
                }
            }
            Kind::Member(member) => {
                if condition {
                    self.negated(part);
                }
                self.expression(&member.of, false, Case::Not);
            }
            Kind::Index(index) => {
                if condition {
                    self.negated(part);
                }
                self.expression(&index.of, false, Case::Not);
                self.expression(&index.index, false, Case::Not);
            }
            Kind::Unary(Unary::Not, of) => {
                let text = self.text(of).to_owned();
                self.whole(part, text);
                // Its operand negated is the same once more.
                if !is_leaf(of) {
                    self.expression(of, true, Case::Not);
                } else {
                    self.expression(of, false, Case::Not);
                }
            }
            Kind::Unary(Unary::Negate, of) => self.expression(of, false, case),
            Kind::Binary(binary) => self.binary(part, binary, condition),
            Kind::Choice(choice) => {
                self.expression(&choice.when, true, Case::Not);
                self.expression(&choice.then, condition, case);
                self.expression(&choice.otherwise, condition, case);
            }
            Kind::Call(call) => {
                if condition {
                    self.negated(part);
                }
                self.call(part, call);
            }
            Kind::List(elements) => {
                let texts: Vec<&str> = elements.iter().map(|element| self.text(&element.value)).collect();
                let mut shorter = Vec::new();
                if elements.len() > 1 {
                    for left_out in 0..texts.len() {
                        let kept = texts.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, text)| *text);
                        shorter.push(format!("[{}]", kept.collect::<Vec<_>>().join(", ")));
                    }
                }
                shorter.into_iter().for_each(|text| self.whole(part, text));
                for element in elements {
                    match &element.value.kind {
                        // Left out already, which is as much as emptied.
                        Kind::Literal(Literal::Text(text)) if elements.len() > 1 => {
                            self.other_case(&element.value, text, case);
                        }
                        _ => self.expression(&element.value, false, case),
                    }
                }
            }
            Kind::Map(entries) => entries.iter().for_each(|entry| self.expression(&entry.value, false, case)),
        }
    }

    fn binary(&mut self, part: &Expr, binary: &waypost_cel::Binary, condition: bool) {
        use Operator::{
            Add, And, Divide, Equal, Greater, GreaterOrEqual, In, Less, LessOrEqual, Multiply, NotEqual, Or, Subtract,
        };
        let (left, right) = (&binary.left, &binary.right);
        let others: &[Operator] = match binary.operator {
            And => &[Or],
            Or => &[And],
            Equal => &[NotEqual],
            NotEqual => &[Equal],
            Less => &[LessOrEqual, GreaterOrEqual],
            LessOrEqual => &[Less, Greater],
            Greater => &[GreaterOrEqual, LessOrEqual],
            GreaterOrEqual => &[Greater, Less],
            Add => &[Subtract],
            Subtract => &[Add],
            Multiply => &[Divide],
            Divide => &[Multiply],
            Operator::Remainder | In => &[],
        };
        for other in others {
            self.within(part, binary.sign.range(), other.sign());
        }
        match binary.operator {
            And | Or => {
                for kept in [left, right] {
                    let text = self.text(kept).to_owned();
                    self.whole(part, text);
                }
                self.expression(left, true, Case::Not);
                self.expression(right, true, Case::Not);
            }
            In => {
                if condition {
                    self.negated(part);
                }
                self.expression(left, false, Case::Counts);
                self.expression(right, false, Case::Counts);
            }
            Less | LessOrEqual | Greater | GreaterOrEqual => {
                self.expression(left, false, Case::Not);
                match right.kind {
                    // The other operator has moved the bound to one side already.
                    Kind::Literal(Literal::Int(bound)) => {
                        let up = matches!(binary.operator, Greater | LessOrEqual);
                        let moved = if up { bound.saturating_add(1) } else { bound.saturating_sub(1) };
                        self.within(part, right.span.range(), &moved.to_string());
                    }
                    _ => self.expression(right, false, Case::Not),
                }
            }
            Equal | NotEqual => {
                self.expression(left, false, Case::Counts);
                self.expression(right, false, Case::Counts);
            }
            Add | Subtract | Multiply | Divide | Operator::Remainder => {
                self.expression(left, false, Case::Not);
                self.expression(right, false, Case::Not);
            }
        }
    }

    fn call(&mut self, part: &Expr, call: &Call) {
        let function = &*call.function;
        let other = match function {
            "startsWith" => Some("endsWith"),
            "endsWith" => Some("startsWith"),
            "all" if call.of.is_some() => Some("exists"),
            "exists" if call.of.is_some() => Some("all"),
            _ => None,
        };
        if let Some(other) = other {
            self.within(part, call.name.range(), other);
        }
        let case = if !FOLDING.contains(&function) && EXACT.contains(&function) { Case::Counts } else { Case::Not };
        if let Some(of) = &call.of {
            self.expression(of, false, Case::Not);
        }
        let last = call.arguments.len().saturating_sub(1);
        for (position, argument) in call.arguments.iter().enumerate() {
            let condition = call.of.is_some() && position == last && CONDITIONS.contains(&function);
            self.expression(argument, condition, case);
        }
    }

    fn literal(&mut self, part: &Expr, literal: &Literal, case: Case) {
        match literal {
            Literal::Bool(value) => self.whole(part, (!value).to_string()),
            Literal::Int(value) => {
                for other in [value.saturating_add(1), value.saturating_sub(1)] {
                    if other != *value {
                        self.whole(part, other.to_string());
                    }
                }
            }
            Literal::Uint(value) => self.whole(part, format!("{}u", value.saturating_add(1))),
            Literal::Double(value) => self.whole(part, format!("{:?}", value + 1.0)),
            Literal::Text(text) if !text.is_empty() => {
                self.whole(part, "''".to_owned());
                self.other_case(part, text, case);
            }
            Literal::Text(_) | Literal::Null | Literal::Bytes(_) => {}
        }
    }

    /// A text in the other case, unless the text is a pattern that says that case does not count.
    fn other_case(&mut self, part: &Expr, text: &str, case: Case) {
        if case == Case::Not || text.starts_with("(?i") || text.contains('\\') {
            return;
        }
        let upper = text.to_uppercase();
        let other = if upper == text { text.to_lowercase() } else { upper };
        if other != text {
            self.whole(part, quoted(&other));
        }
    }
}

fn is_leaf(part: &Expr) -> bool {
    match &part.kind {
        Kind::Binary(binary) => !matches!(binary.operator, Operator::And | Operator::Or),
        Kind::Unary(Unary::Not, _) | Kind::Choice(_) => false,
        _ => true,
    }
}

/// A text as CEL writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("'");
    for c in text.chars() {
        match c {
            '\\' | '\'' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('\'');
    out
}
