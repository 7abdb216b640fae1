//! What an expression asks of a mail: the texts, patterns, numbers and times that it holds against what it reads.

use std::collections::{BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;
use waypost_cel::{Call, Expr, Kind, Literal, Operator};
use waypost_flow::functions;

use super::calls::subject;
use super::changed::in_another_case;
use super::draft::Draft;
use super::goal::Goal;
use super::pattern;
use super::random::Random;
use super::source::Source;
use super::wiring::{Scope, Wiring, children};

/// Something that a mail may be made to say, because an expression looks for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hint {
    pub(crate) source: Source,
    pub(crate) want: Want,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Want {
    /// A text: in it, at its ends, or all of it.
    Text(String),
    /// What a pattern matches.
    Pattern(String),
    /// A number near this one.
    Number(i64),
    /// A length near this one.
    Length(i64),
    /// An instant near this one.
    Time(Timestamp),
    /// Anything, or nothing.
    Presence,
    /// Several that differ, out of order, and one of them twice.
    Several,
    /// The same as another source says.
    Same(Source),
    /// A value as it is.
    Value(Json),
    /// An answer that is late.
    Timeout,
}

/// All hints of an expression.
pub(crate) fn of(part: &Expr, wiring: &Wiring, scope: &Scope) -> Vec<Hint> {
    let mut finder = Finder { wiring, found: Vec::new(), followed: 0, origins: HashSet::new() };
    finder.expression(part, scope);
    finder.found
}

struct Finder<'w> {
    wiring: &'w Wiring,
    found: Vec<Hint>,
    /// How many names were followed to where their values come from, up to here.
    followed: usize,
    /// Where values come from that were followed already: each flow with the text that stands in it.
    origins: HashSet<(String, String)>,
}

/// Names are followed through so many others.
const FARTHEST: usize = 3;

/// So many places are followed for one expression: a variable that a thousand nodes add to asks much the same in each.
const MOST_ORIGINS: usize = 200;

impl Finder<'_> {
    fn add(&mut self, sources: &BTreeSet<Source>, want: &Want) {
        for source in sources {
            let hint = Hint { source: source.clone(), want: want.clone() };
            if !self.found.contains(&hint) {
                self.found.push(hint);
            }
        }
    }

    fn expression(&mut self, part: &Expr, scope: &Scope) {
        match &part.kind {
            Kind::Binary(binary) => {
                match binary.operator {
                    Operator::And | Operator::Or => {}
                    _ => self.held_against(&binary.left, &binary.right, scope),
                }
                self.expression(&binary.left, scope);
                self.expression(&binary.right, scope);
            }
            Kind::Call(call) => self.call(part, call, scope),
            Kind::Name(_) | Kind::Member(_) | Kind::Index(_) => {
                let sources = self.wiring.sources(part, scope);
                self.add(&sources, &Want::Presence);
                for source in &sources {
                    let one = BTreeSet::from([source.clone()]);
                    source.words().iter().for_each(|word| self.add(&one, &Want::Text((*word).to_owned())));
                }
                self.follow(part, scope);
                if let Kind::Index(index) = &part.kind {
                    self.expression(&index.index, scope);
                }
            }
            _ => children(part).into_iter().for_each(|child| self.expression(child, scope)),
        }
    }

    /// What the values of a variable, an input or an output ask of a mail, the name asks as well.
    fn follow(&mut self, part: &Expr, scope: &Scope) {
        if self.followed == FARTHEST {
            return;
        }
        self.followed += 1;
        for origin in self.wiring.origins(part, scope) {
            let is_new = self.origins.insert((origin.flow.clone(), origin.text.clone()));
            if self.origins.len() > MOST_ORIGINS {
                break;
            }
            for tree in self.wiring.trees(&origin.text).iter().filter(|_| is_new) {
                self.expression(tree, &origin.scope());
            }
        }
        self.followed -= 1;
    }

    /// Two operands of a comparison, or of arithmetic.
    fn held_against(&mut self, left: &Expr, right: &Expr, scope: &Scope) {
        for (subject, constant) in [(left, right), (right, left)] {
            let mut constants = Vec::new();
            literals(constant, &mut constants);
            let sources = self.wiring.sources(subject, scope);
            let is_length = measures(subject);
            for literal in constants {
                let want = match literal {
                    Constant::Text(text) => Want::Text(text),
                    Constant::Number(number) if is_length => Want::Length(number),
                    Constant::Number(number) => Want::Number(number),
                    Constant::Time(time) => Want::Time(time),
                    Constant::Bool => Want::Presence,
                };
                self.add(&sources, &want);
            }
        }
        let (ours, theirs) = (self.wiring.sources(left, scope), self.wiring.sources(right, scope));
        for theirs in theirs {
            self.add(&ours, &Want::Same(theirs));
        }
    }

    fn call(&mut self, part: &Expr, call: &Call, scope: &Scope) {
        let function = &*call.function;
        let (subject, rest) = subject(call);
        let inner = self.wiring.inside(call, scope);
        if let Some(subject) = subject {
            let sources = self.wiring.sources(subject, scope);
            let mut constants = Vec::new();
            rest.iter().for_each(|argument| literals(argument, &mut constants));
            let is_pattern = takes_a_pattern(function);
            for constant in constants {
                match constant {
                    Constant::Text(text) if is_pattern => self.add(&sources, &Want::Pattern(text)),
                    Constant::Text(text) if function != "header" => self.add(&sources, &Want::Text(text)),
                    Constant::Number(number) if counts_characters(function) => {
                        self.add(&sources, &Want::Length(number));
                        self.add(&sources, &Want::Length(number.saturating_add(1)));
                    }
                    Constant::Number(number) => self.add(&sources, &Want::Number(number)),
                    _ => {}
                }
            }
            if depends_on_order(function) {
                let many: BTreeSet<Source> = sources.iter().filter(|source| source.may_be_many()).cloned().collect();
                self.add(&many, &Want::Several);
            }
            if let ("split", Some(Kind::Literal(Literal::Text(separator)))) =
                (function, rest.first().map(|separator| &separator.kind))
            {
                self.add(&sources, &Want::Text(["b", "a", "b"].join(separator)));
            }
            for argument in rest {
                let theirs = self.wiring.sources(argument, &inner);
                for source in theirs.iter().filter(|_| !sources.is_empty()) {
                    self.add(&sources, &Want::Same(source.clone()));
                }
            }
        }
        let whole = self.wiring.sources(part, scope);
        self.add(&whole, &Want::Presence);
        if let Some(of) = &call.of {
            self.expression(of, scope);
        }
        call.arguments.iter().for_each(|argument| self.expression(argument, &inner));
    }
}

/// Whether a function has a pattern among its arguments.
pub(crate) fn takes_a_pattern(function: &str) -> bool {
    let overloads = functions::find(function).map(|function| function.overloads).unwrap_or_default();
    overloads.iter().any(|overload| matches!(overload.work, functions::Work::Matching(_)))
}

/// Whether the numbers that a function is given count characters of a text or elements of a list.
fn counts_characters(function: &str) -> bool {
    matches!(function, "truncate" | "substring" | "slice" | "charAt" | "padStart")
}

/// Whether the value of a function of a list, or of what is made of its elements, is another one if they are in another order.
fn depends_on_order(function: &str) -> bool {
    matches!(function, "sort" | "sortBy" | "distinct" | "first" | "last" | "slice" | "join" | "reverse")
}

/// Whether an expression is the size of something.
pub(crate) fn measures(part: &Expr) -> bool {
    match &part.kind {
        Kind::Call(call) => matches!(&*call.function, "size" | "count" | "length"),
        Kind::Binary(binary) => measures(&binary.left) || measures(&binary.right),
        _ => false,
    }
}

pub(crate) enum Constant {
    Text(String),
    Number(i64),
    Time(Timestamp),
    Bool,
}

impl Constant {
    /// What a value is to become to be the same.
    pub(crate) fn goal(&self) -> Option<Goal> {
        match self {
            Self::Text(text) => Some(Goal::Text(text.clone())),
            Self::Number(number) => Some(Goal::Number(*number)),
            Self::Time(time) => Some(Goal::Time(*time)),
            Self::Bool => None,
        }
    }

    pub(crate) fn text(&self) -> Option<String> {
        if let Self::Text(text) = self { Some(text.clone()) } else { None }
    }
}

/// The constants in an expression that is one, or a list of them.
pub(crate) fn literals(part: &Expr, found: &mut Vec<Constant>) {
    match &part.kind {
        Kind::Literal(Literal::Text(text)) => found.push(Constant::Text(text.to_string())),
        Kind::Literal(Literal::Int(number)) => found.push(Constant::Number(*number)),
        Kind::Literal(Literal::Uint(number)) => {
            found.push(Constant::Number(i64::try_from(*number).unwrap_or(i64::MAX)))
        }
        // Whole numbers on both sides of it are tried, and the number itself.
        Kind::Literal(Literal::Double(number)) => {
            found.push(Constant::Number(*number as i64));
            if number.fract() != 0.0 {
                found.push(Constant::Text(number.to_string()));
            }
        }
        Kind::Literal(Literal::Bool(_)) => found.push(Constant::Bool),
        Kind::Call(call) if &*call.function == "timestamp" => {
            if let Some(Kind::Literal(Literal::Text(text))) = call.arguments.first().map(|argument| &argument.kind)
                && let Ok(time) = text.parse()
            {
                found.push(Constant::Time(time));
            }
        }
        Kind::List(elements) => elements.iter().for_each(|element| literals(&element.value, found)),
        Kind::Map(entries) => entries.iter().for_each(|entry| literals(&entry.key, found)),
        Kind::Unary(_, of) => literals(of, found),
        Kind::Binary(binary) => {
            literals(&binary.left, found);
            literals(&binary.right, found);
        }
        Kind::Choice(choice) => {
            literals(&choice.then, found);
            literals(&choice.otherwise, found);
        }
        _ => {}
    }
}

impl Hint {
    /// Makes a draft say what is looked for, or nearly that.
    pub(crate) fn apply(&self, draft: &mut Draft, random: &mut Random) {
        let near = |number: i64, random: &mut Random| {
            let offset = random.pick(&[0, 0, 1, -1, 1, -1]).copied().unwrap_or_default();
            number.saturating_add(offset)
        };
        if random.below(12) == 0 {
            return self.source.clear(draft);
        }
        match &self.want {
            Want::Text(text) => {
                let text = varied(text, random);
                let known = self.source.text(draft);
                let whole = match random.below(8) {
                    0..=3 => text,
                    4 => format!("{known} {text}").trim_start().to_owned(),
                    5 => format!("{text} {known}").trim_end().to_owned(),
                    6 if self.source == Source::Text("text") && random.below(2) == 0 => quoted(&text),
                    6 => format!("{text}x"),
                    // A domain below it, as well as another one.
                    _ if matches!(self.source, Source::Address(..)) && random.below(2) == 0 => format!("x.{text}"),
                    _ => format!("x{text}"),
                };
                self.source.set_text(draft, &whole);
            }
            Want::Pattern(pattern) => {
                if let Some(mut text) = pattern::example(pattern, random) {
                    match random.below(8) {
                        0 => text.insert(0, 'x'),
                        1 => text.push('x'),
                        2 => text = format!("a {text} a"),
                        3 => drop(text.pop()),
                        4 => text = in_another_case(&text, random),
                        5 => text = format!("a\n{text}\na"),
                        _ => {}
                    }
                    self.source.set_text(draft, &text);
                }
            }
            Want::Number(number) if self.source == Source::Now => hour(draft, *number, random),
            Want::Number(number) => {
                let number = near(*number, random);
                self.source.set_number(draft, number);
            }
            Want::Length(length) => {
                let length = near(*length, random);
                self.source.set_length(draft, usize::try_from(length).unwrap_or_default());
            }
            Want::Time(time) => {
                let seconds = near(0, random);
                let time = time.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(*time);
                match self.source {
                    Source::Date | Source::Fact(_) => self.source.set_time(draft, time),
                    _ => draft.at = Some(time),
                }
            }
            Want::Presence if self.source == Source::Now => hour(draft, 12, random),
            Want::Presence => match random.below(3) {
                0 => self.source.clear(draft),
                _ => self.source.set_present(draft),
            },
            Want::Several => self.source.set_several(draft),
            Want::Same(other) => other.agree(&self.source, draft),
            Want::Value(value) => self.source.set_json(draft, value.clone()),
            Want::Timeout => self.source.set_late(draft),
        }
    }
}

/// A reply that says it only in what it quotes.
fn quoted(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(|line| format!("> {line}")).collect();
    format!("a\n\nOn Thu, Jan 1, 2026 at 9:00 AM A <a@example.net> wrote:\n{}\n", lines.join("\n"))
}

/// The text, or one that it may be mistaken for.
fn varied(text: &str, random: &mut Random) -> String {
    match random.below(10) {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        2 => {
            let mut shorter = text.to_owned();
            shorter.pop();
            shorter
        }
        _ => text.to_owned(),
    }
}

/// An instant of about that hour, on any day of a fortnight, or in any month.
fn hour(draft: &mut Draft, hour: i64, random: &mut Random) {
    // 2026-01-05 is a Monday.
    const MONDAY: Timestamp = Timestamp::constant(1_767_571_200, 0);
    let days = match random.below(8) {
        0 => random.below(365) as i64,
        // The number may be that of a day of the month.
        1 => hour - 5 + random.below(3) as i64 - 1,
        2 | 3 => (random.below(14) + 30 * random.below(12)) as i64,
        _ => random.below(14) as i64,
    };
    let near = match random.below(4) {
        0 => random.below(24) as i64,
        _ => hour.rem_euclid(24) + random.below(3) as i64 - 1,
    };
    let seconds = days * 86_400 + near * 3_600 + random.pick(&[0, 0, 1, -1, 1_800]).copied().unwrap_or_default();
    draft.at = MONDAY.checked_add(SignedDuration::from_secs(seconds)).ok();
}
