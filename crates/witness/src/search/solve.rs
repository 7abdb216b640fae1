//! Conditions solved backwards: what a draft has to say for an expression to hold, or not to. Each way of it is one guess, of which
//! many are made: what is chosen at random here is run afterwards.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use waypost_cel::{Binary, Expr, Kind, Literal, Operator, Unary};
use waypost_flow::document::fold_name;
use waypost_flow::expr;
use waypost_flow_tests::Flows;

use super::calls::subject;
use super::draft::{Draft, Entry};
use super::goal::Goal;
use super::hints::{Constant, literals, measures};
use super::inverse;
use super::json;
use super::numbers;
use super::pattern;
use super::random::Random;
use super::source::Source;
use super::standings::Standing;
use super::wiring::{Origin, Output, Scope, Wiring, path};

/// Values are followed through so many expressions.
const DEEPEST: usize = 24;

/// What is known of a version.
pub(crate) struct Known<'k> {
    pub(crate) flows: Flows<'k>,
    pub(crate) wiring: Wiring,
    /// The changes of schedules, by folded names.
    pub(crate) standings: HashMap<String, Vec<Standing>>,
}

/// One guess.
pub(crate) struct Solver<'s> {
    pub(super) known: &'s Known<'s>,
    pub(super) draft: &'s mut Draft,
    pub(super) random: &'s mut Random,
    deep: usize,
}

impl<'s> Solver<'s> {
    pub(crate) fn new(known: &'s Known<'s>, draft: &'s mut Draft, random: &'s mut Random) -> Self {
        Self { known, draft, random, deep: 0 }
    }

    pub(super) fn coin(&mut self) -> bool {
        self.random.below(2) == 0
    }

    /// Makes a condition hold, or not.
    pub(crate) fn truth(&mut self, part: &Expr, wanted: bool, scope: &Scope) {
        if self.deep >= DEEPEST {
            return;
        }
        self.deep += 1;
        match &part.kind {
            Kind::Binary(binary) => self.binary(binary, wanted, scope),
            Kind::Unary(Unary::Not, of) => self.truth(of, !wanted, scope),
            Kind::Choice(choice) => {
                let way = self.coin();
                self.truth(&choice.when, way, scope);
                self.truth(if way { &choice.then } else { &choice.otherwise }, wanted, scope);
            }
            Kind::Call(call) => self.asked(part, call, wanted, scope),
            Kind::Literal(_) => {}
            _ => self.value(part, &Goal::Holds(wanted), scope),
        }
        self.deep -= 1;
    }

    fn binary(&mut self, binary: &Binary, wanted: bool, scope: &Scope) {
        let Binary { operator, left, right, .. } = binary;
        match operator {
            // Both of them, or any one: what suffices is enough, and both now and then.
            Operator::And | Operator::Or => {
                let needs_both = wanted == (*operator == Operator::And);
                let first = self.coin();
                let both = needs_both || self.random.below(8) == 0;
                if both || first {
                    self.truth(left, wanted, scope);
                }
                if both || !first {
                    self.truth(right, wanted, scope);
                }
            }
            Operator::Equal => self.equal(left, right, wanted, scope),
            Operator::NotEqual => self.equal(left, right, !wanted, scope),
            Operator::In => self.among(left, right, wanted, scope),
            _ => self.ordered(left, right, scope),
        }
    }

    /// A value that is to be one of a list or a key of a map, or not.
    fn among(&mut self, left: &Expr, right: &Expr, wanted: bool, scope: &Scope) {
        let mut elements = Vec::new();
        literals(right, &mut elements);
        if let (Some(key), Some(mut path)) = (inverse::text(Some(left)), path(right)) {
            path.push(key.to_owned());
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            if let ["interaction", .., "attributes" | "headers", _] = path.as_slice()
                && let Some(source) = path.get(1..).and_then(Source::of_path)
            {
                let goal = if wanted { Goal::Present } else { Goal::Empty };
                return goal.reach(&source, self.draft, self.random);
            }
        }
        if let (Some(text), true) = (inverse::text(Some(left)), elements.is_empty()) {
            let goal = if wanted { Goal::Text(text.to_owned()) } else { Goal::Without(vec![text.to_owned()]) };
            return self.value(right, &goal, scope);
        }
        match self.random.pick(&elements).and_then(Constant::goal) {
            Some(Goal::Text(_)) if !wanted => {
                let texts = elements.iter().filter_map(Constant::text).collect();
                self.value(left, &Goal::Without(texts), scope);
            }
            Some(goal) if wanted => self.value(left, &goal, scope),
            _ => self.equal(left, right, wanted, scope),
        }
    }

    /// Two values that are to be the same, or not.
    pub(super) fn equal(&mut self, left: &Expr, right: &Expr, wanted: bool, scope: &Scope) {
        for (subject, other) in [(left, right), (right, left)] {
            let Kind::Literal(literal) = &other.kind else { continue };
            let goal = match literal {
                Literal::Bool(holds) => return self.truth(subject, *holds == wanted, scope),
                Literal::Text(text) if text.is_empty() => {
                    if wanted {
                        Goal::Empty
                    } else {
                        Goal::Present
                    }
                }
                Literal::Text(text) if wanted => Goal::Text(text.to_string()),
                Literal::Text(text) => Goal::Other(text.to_string()),
                Literal::Int(number) if measures(subject) => Goal::Length(number.saturating_add(i64::from(!wanted))),
                Literal::Int(number) => Goal::Number(number.saturating_add(i64::from(!wanted))),
                Literal::Double(number) => Goal::Number((*number as i64).saturating_add(i64::from(!wanted))),
                _ => break,
            };
            return self.value(subject, &goal, scope);
        }
        let (subject, other) = if self.coin() { (left, right) } else { (right, left) };
        if self.near(subject, other, wanted, scope) {
            return;
        }
        let theirs: Vec<Source> = self.known.wiring.sources(other, scope).into_iter().collect();
        let ours: Vec<Source> = self.known.wiring.sources(subject, scope).into_iter().collect();
        let (Some(theirs), Some(ours)) = (self.random.pick(&theirs), self.random.pick(&ours)) else { return };
        if wanted {
            theirs.agree(ours, self.draft);
            if let Kind::Call(_) = subject.kind
                && self.coin()
            {
                // What a function makes of it is the same: it may say something else.
                self.value(subject, &Goal::Text(theirs.said(self.draft)), scope);
            }
            return;
        }
        let said = theirs.said(self.draft);
        self.value(subject, &Goal::Other(said), scope);
    }

    /// Makes an instant another one that is computed, or near it: a second, an hour, a day off.
    fn near(&mut self, subject: &Expr, other: &Expr, same: bool, scope: &Scope) -> bool {
        let computed = |part: &Expr| matches!(part.kind, Kind::Call(_));
        if !computed(subject) && !computed(other) {
            return false;
        }
        let Some(instant) = self.instant(other, scope) else { return false };
        let off = match same {
            true => 0,
            false => self.random.pick(&[0, 1, 3_600, 12 * 3_600, 86_400]).copied().unwrap_or_default(),
        };
        let off = SignedDuration::from_secs(if self.coin() { off } else { -off });
        self.value(subject, &Goal::Time(instant.saturating_add(off).unwrap_or(instant)), scope);
        true
    }

    /// What an expression that names a part of the mail says so far; nothing of any other.
    pub(super) fn said(&self, part: &Expr, scope: &Scope) -> String {
        let sources = path(part).map(|_| self.known.wiring.sources(part, scope)).unwrap_or_default();
        sources.first().map(|source| source.said(self.draft)).unwrap_or_default()
    }

    /// The instant that an expression reads.
    pub(super) fn instant(&self, part: &Expr, scope: &Scope) -> Option<Timestamp> {
        let sources = self.known.wiring.sources(part, scope);
        sources.iter().find_map(|source| source.said(self.draft).parse().ok())
    }

    /// Two values of which one is to be less, or just not: what lies at the bound is tried on both sides of it.
    fn ordered(&mut self, left: &Expr, right: &Expr, scope: &Scope) {
        for (subject, other) in [(left, right), (right, left)] {
            let off = self.random.pick(&[0, 1, -1]).copied().unwrap_or_default();
            if let Some(span) = span(other) {
                return self.apart(subject, span.saturating_add(SignedDuration::from_secs(off)), scope);
            }
            let mut constants = Vec::new();
            literals(other, &mut constants);
            if constants.is_empty() && self.known.wiring.sources(other, scope).is_empty() {
                // A counter, which a run sets to numbers that no mail says.
                let origins = self.known.wiring.origins(other, scope).iter();
                constants.extend(origins.filter_map(|origin| origin.text.parse().ok()).map(Constant::Number));
            }
            let Some(constant) = self.random.pick(&constants) else {
                if self.against_a_row((subject, other), off, scope) {
                    return;
                }
                continue;
            };
            let goal = match constant.goal() {
                Some(Goal::Number(number)) if measures(subject) => Goal::Length(number.saturating_add(off)),
                Some(Goal::Number(number)) => Goal::Number(number.saturating_add(off)),
                Some(Goal::Time(time)) => {
                    Goal::Time(time.saturating_add(SignedDuration::from_secs(off)).unwrap_or(time))
                }
                Some(goal) => goal,
                None => continue,
            };
            return self.value(subject, &goal, scope);
        }
        let way = self.coin();
        self.equal(left, right, way, scope);
    }

    /// Makes two instants so far apart: the difference that is held against a duration.
    pub(super) fn apart(&mut self, part: &Expr, span: SignedDuration, scope: &Scope) {
        let Kind::Binary(binary) = &part.kind else {
            return self.value(part, &Goal::Text(format!("{}s", span.as_secs())), scope);
        };
        if binary.operator != Operator::Subtract {
            return;
        }
        if let (Some(later), true) = (self.instant(&binary.left, scope), self.random.below(4) != 0) {
            let earlier = later.saturating_sub(span).unwrap_or(later);
            self.value(&binary.right, &Goal::Time(earlier), scope);
        } else if let Some(earlier) = self.instant(&binary.right, scope) {
            let later = earlier.saturating_add(span).unwrap_or(earlier);
            self.value(&binary.left, &Goal::Time(later), scope);
        }
    }

    /// Makes a value what is wanted, where it comes from.
    pub(crate) fn value(&mut self, part: &Expr, goal: &Goal, scope: &Scope) {
        if self.deep >= DEEPEST {
            return;
        }
        self.deep += 1;
        self.value_of(part, goal, scope);
        self.deep -= 1;
    }

    fn value_of(&mut self, part: &Expr, goal: &Goal, scope: &Scope) {
        if self.part_of_value(json::value(part), goal, scope) {
            return;
        }
        if let Some(path) = path(part) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            return self.named(part, &path, goal, scope);
        }
        if let Some(parsed) = json::parsed(part) {
            return self.part_of_text(&parsed, goal, scope);
        }
        match (&part.kind, goal) {
            (Kind::Call(call), _) => self.call(part, call, goal, scope),
            (Kind::Binary(binary), Goal::Holds(wanted)) => self.binary(binary, *wanted, scope),
            (Kind::Unary(Unary::Not, of), Goal::Holds(wanted)) => self.truth(of, !wanted, scope),
            (Kind::Unary(Unary::Negate, of), Goal::Number(number)) => {
                self.value(of, &Goal::Number(number.saturating_neg()), scope);
            }
            (Kind::Unary(_, of), _) => self.value(of, goal, scope),
            (Kind::Binary(binary), Goal::Text(_) | Goal::With(_) | Goal::Matching(_))
                if binary.operator == Operator::Add && self.random.below(6) == 0 =>
            {
                // What stands between them may keep the two halves apart, or not.
                let text = match goal {
                    Goal::Text(text) | Goal::With(text) => Some(text.clone()),
                    Goal::Matching(pattern) => pattern::example(pattern, self.random),
                    _ => None,
                };
                let text = text.unwrap_or_default();
                let cut = self.random.below(text.chars().count());
                let halves: [String; 2] = [text.chars().take(cut).collect(), text.chars().skip(cut).collect()];
                let [left, right] = halves;
                let (left, right) = match goal {
                    Goal::Text(_) => (Goal::Text(left), Goal::Text(right)),
                    // What else they say stays.
                    _ => (Goal::End(left), Goal::Begin(right)),
                };
                self.value(&binary.left, &left, scope);
                self.value(&binary.right, &right, scope);
            }
            (Kind::Binary(binary), _) if let Some((operand, goal)) = numbers::operand(binary, goal, self.random) => {
                self.value(operand, &goal, scope);
            }
            (Kind::Binary(binary), _) => {
                let parts = [&binary.left, &binary.right];
                let open: Vec<&Expr> =
                    parts.into_iter().filter(|part| !self.known.wiring.sources(part, scope).is_empty()).collect();
                if let Some(part) = self.random.pick(&open) {
                    self.value(part, goal, scope);
                }
            }
            (Kind::Choice(choice), _) => {
                let met =
                    |part: &Expr| matches!(&part.kind, Kind::Literal(Literal::Text(text)) if goal.is_met_by(text));
                let way = match (met(&choice.then), met(&choice.otherwise)) {
                    (true, false) => true,
                    (false, true) => false,
                    _ => self.coin(),
                };
                self.truth(&choice.when, way, scope);
                self.value(if way { &choice.then } else { &choice.otherwise }, goal, scope);
            }
            (Kind::List(elements), _) => {
                if let Some(element) = self.random.pick(elements) {
                    self.value(&element.value, goal, scope);
                }
            }
            (Kind::Member(member), _) => self.member(&member.of, &member.field, goal, scope),
            (Kind::Index(index), _) => match (&index.of.kind, inverse::text(Some(&index.index))) {
                (_, Some(name)) => self.member(&index.of, name, goal, scope),
                (Kind::Call(call), _) => {
                    let element =
                        inverse::number(Some(&index.index)).zip(subject(call).0).and_then(|(position, of)| {
                            let said = self.said(of, scope);
                            Some((of, inverse::element(call, position, goal, &said, self.random)?))
                        });
                    match element {
                        Some((of, goal)) => self.value(of, &goal, scope),
                        None => self.value(&index.of, goal, scope),
                    }
                }
                _ => self.value(&index.of, goal, scope),
            },
            _ => {}
        }
    }

    /// A value that goes by a name.
    fn named(&mut self, part: &Expr, path: &[&str], goal: &Goal, scope: &Scope) {
        match (path, &scope.output) {
            (["input", name, ..], _) if matches!(&self.draft.entry, Entry::Flow(flow) if fold_name(flow) == scope.flow) =>
            {
                goal.reach(&Source::Input((*name).to_owned()), self.draft, self.random);
            }
            (["output", column, ..], Some(Output::Row { table, key })) => self.row(table, key, column, goal, scope),
            (["output", field, ..], Some(Output::Schedule(schedule))) => self.schedule(schedule, field, goal),
            (["interaction" | "now", ..], _) | (["output", ..], Some(Output::DataAction(_) | Output::Failure(_))) => {
                self.read(part, goal, scope);
            }
            ([name, rest @ ..], _) if let Some(local) = scope.local(name) => match local.of.clone() {
                Some(of) if self.coin() => match rest {
                    [] => self.value(&of, goal, scope),
                    [field, ..] => self.member(&of, field, goal, scope),
                },
                _ => self.read(part, goal, scope),
            },
            _ => {
                let known = self.known;
                let origins = known.wiring.origins(part, scope);
                let (["input" | "output", _, rest @ ..] | [_, rest @ ..]) = path else { return };
                let is_constant = |origin: &&Origin| expr::expressions(&origin.text).is_empty();
                if origins.iter().filter(is_constant).any(|origin| goal.is_met_by(&origin.text)) && self.coin() {
                    // Where it is set, it is what is wanted.
                    return;
                }
                let open: Vec<&Origin> = origins.iter().filter(|origin| !is_constant(origin)).collect();
                let Some(origin) = self.random.pick(&open) else { return };
                let ranges = expr::expressions(&origin.text);
                let Some(range) = self.random.pick(&ranges) else { return };
                let of = origin.text.get(range.clone()).unwrap_or_default();
                let element = if origin.is_list && !rest.is_empty() { "[0]" } else { "" };
                let whole = rest.iter().fold(format!("({of}){element}"), |of, field| format!("{of}[{field:?}]"));
                self.value(&waypost_cel::parse(&whole).tree, goal, &origin.scope());
            }
        }
    }

    pub(super) fn read(&mut self, part: &Expr, goal: &Goal, scope: &Scope) {
        let sources: Vec<Source> = self.known.wiring.sources(part, scope).into_iter().collect();
        let Some(source) = self.random.pick(&sources) else { return };
        if let Source::Fact(fact) = source
            && fact.is_queue()
        {
            let names = self.known.flows.running.queue_names.values().filter(|name| goal.is_met_by(name));
            let names: Vec<_> = names.collect();
            if let Some(name) = self.random.pick(&names) {
                return source.set_text(self.draft, name);
            }
        }
        goal.reach(source, self.draft, self.random);
    }
}

/// The span of `duration('…')`.
fn span(part: &Expr) -> Option<SignedDuration> {
    let Kind::Call(call) = &part.kind else { return None };
    let Kind::Literal(Literal::Text(text)) = &call.arguments.first()?.kind else { return None };
    (&*call.function == "duration").then(|| text.parse().ok())?
}
