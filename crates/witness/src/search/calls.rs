//! Calls solved backwards: macros, and functions by what is known of them.

use waypost_cel::{Call, Expr, Kind};
use waypost_flow::functions;

use super::changed::in_another_case;
use super::goal::Goal;
use super::hints::{Constant, literals, measures, takes_a_pattern};
use super::solve::Solver;
use super::source::Source;
use super::wiring::Scope;
use super::{instants, inverse, json};

impl Solver<'_> {
    /// A call that is asked for its truth.
    pub(super) fn asked(&mut self, part: &Expr, call: &Call, wanted: bool, scope: &Scope) {
        let (subject, rest) = subject(call);
        let Some(subject) = subject else { return };
        let inner = self.known.wiring.inside(call, scope);
        match &*call.function {
            "has" => {
                let goal = if wanted { Goal::Present } else { Goal::Empty };
                return self.value(subject, &goal, scope);
            }
            "all" | "exists" | "exists_one" | "existsOne" => {
                if self.random.below(4) == 0 {
                    self.value(subject, &if wanted { Goal::Present } else { Goal::Empty }, scope);
                }
                if let Some(condition) = call.arguments.last() {
                    self.truth(condition, wanted, &inner);
                }
                return;
            }
            _ => {}
        }
        if let Some(goal) = inverse::asked(&call.function, wanted) {
            let goal = if json::parsed(subject).is_some() { Goal::Holds(wanted) } else { goal };
            return self.value(subject, &goal, scope);
        }
        let mut constants = Vec::new();
        rest.iter().for_each(|argument| literals(argument, &mut constants));
        let texts: Vec<String> = constants.iter().filter_map(Constant::text).collect();
        let is_pattern = takes_a_pattern(&call.function);
        if let Some(mut text) = self.random.pick(&texts).cloned() {
            if folds_case(&call.function) && self.coin() {
                text = in_another_case(&text, self.random);
            }
            let goal = match (wanted, &*call.function) {
                (true, _) if is_pattern => Goal::Matching(text),
                (false, _) if is_pattern => Goal::Empty,
                (true, "contains" | "containsAny" | "containsIgnoreCase") => Goal::With(text),
                (true, "startsWith" | "startsWithIgnoreCase") => Goal::Begin(text),
                (true, "endsWith") => Goal::End(text),
                (true, _) => Goal::Text(text),
                (false, _) => Goal::Without(texts),
            };
            return self.value(subject, &goal, scope);
        }
        match rest.first() {
            Some(other) => self.equal(subject, other, wanted, scope),
            None => {
                let sources: Vec<Source> = self.known.wiring.sources(part, scope).into_iter().collect();
                if let Some(source) = self.random.pick(&sources) {
                    Goal::Holds(wanted).reach(source, self.draft, self.random);
                }
            }
        }
    }

    /// A call whose value is to become something.
    pub(super) fn call(&mut self, part: &Expr, call: &Call, goal: &Goal, scope: &Scope) {
        let (subject, rest) = subject(call);
        let Some(subject) = subject else { return };
        if &*call.function == "header" {
            return self.read(part, goal, scope);
        }
        if let "map" | "transformList" | "transformMap" = &*call.function
            && let (Some(made), Some(_)) = (call.arguments.last(), &call.of)
        {
            let inner = self.known.wiring.inside(call, scope);
            let bound = inner.locals.len() - scope.locals.len();
            if let Some(condition) = call.arguments.get(bound).filter(|_| call.arguments.len() > bound + 1) {
                self.truth(condition, true, &inner);
            }
            return self.value(made, goal, &inner);
        }
        if let Goal::Holds(wanted) = goal {
            return self.asked(part, call, *wanted, scope);
        }
        if let ("filter" | "count", Goal::Length(1..) | Goal::Number(1..), Some(condition)) =
            (&*call.function, goal, call.arguments.last().filter(|_| call.arguments.len() > 1))
        {
            // One that counts, and then more like it.
            let inner = self.known.wiring.inside(call, scope);
            self.value(subject, &Goal::Length(1), scope);
            self.truth(condition, true, &inner);
        }
        if let ("get", Some(name)) = (&*call.function, inverse::text(rest.first())) {
            return self.member(subject, name, goal, scope);
        }
        if let ("format", Goal::Text(text), Some(template)) = (&*call.function, goal, inverse::text(Some(subject))) {
            return self.formatted(template, text, rest, scope);
        }
        if let (Goal::Number(number), Kind::Binary(_)) = (goal, &subject.kind)
            && let Some(span) = instants::span(&call.function, *number)
        {
            return self.apart(subject, span, scope);
        }
        if measures(part) {
            let length = match goal {
                Goal::Number(number) => Some(*number),
                Goal::Text(text) => text.parse().ok(),
                _ => None,
            };
            return self.value(subject, &length.map_or_else(|| goal.clone(), Goal::Length), scope);
        }
        if let Some(goal) = self.before(call, (subject, rest), goal, scope) {
            return self.value(subject, &goal, scope);
        }
        // What is made of a text has the text in it, mostly.
        let open: Vec<&Expr> = std::iter::once(subject)
            .chain(rest)
            .filter(|part| !self.known.wiring.sources(part, scope).is_empty())
            .collect();
        let part = if self.random.below(4) == 0 { self.random.pick(&open).copied() } else { open.first().copied() };
        if let Some(part) = part {
            self.value(part, goal, scope);
        }
    }

    /// What the first argument of a call is to become, if that is known.
    fn before(&mut self, call: &Call, (subject, rest): (&Expr, &[Expr]), goal: &Goal, scope: &Scope) -> Option<Goal> {
        match (&*call.function, goal, &subject.kind) {
            ("localPart" | "domainOf", _, _) => {
                let said = self.said(subject, scope);
                return inverse::half(&call.function, goal, &said, self.random);
            }
            ("parseTime", Goal::Time(time), _) => return instants::text_of(*time, rest),
            ("join", Goal::Text(text), Kind::Call(parts)) if &*parts.function == "split" => {
                let (separator, between) = (inverse::text(parts.arguments.first())?, inverse::text(rest.first())?);
                return Some(Goal::Text(text.replace(between, separator)));
            }
            _ => {}
        }
        if let Some(now) = self.instant(subject, scope)
            && let Some(goal) = instants::argument(call, rest, goal, now, self.random)
        {
            return Some(goal);
        }
        inverse::argument(call, rest, goal, self.random)
    }

    /// Makes the values of a format those with which it prints a text.
    fn formatted(&mut self, template: &str, text: &str, rest: &[Expr], scope: &Scope) {
        let Some(Kind::List(elements)) = rest.first().map(|values| &values.kind) else { return };
        let values = inverse::formatted(template, text).unwrap_or_default();
        for (element, value) in elements.iter().zip(values) {
            self.value(&element.value, &Goal::Text(value), scope);
        }
    }

    /// A member of a value: of what a pattern captures it is a group, and of an element of a list what is read of that.
    pub(super) fn member(&mut self, of: &Expr, name: &str, goal: &Goal, scope: &Scope) {
        if let Some(parsed) = json::parsed(of).and_then(|parsed| parsed.member(name)) {
            return self.part_of_text(&parsed, goal, scope);
        }
        if self.part_of_value(json::value(of).and_then(|value| value.member(name)), goal, scope) {
            return;
        }
        // Whichever element is read, one is made.
        let of = match &of.kind {
            Kind::Index(index) if inverse::number(Some(&index.index)).is_some() => &index.of,
            _ => of,
        };
        if let Kind::Call(call) = &of.kind
            && let (Some(subject), rest) = subject(call)
            && let Some(goal) = inverse::group(call, rest, name, goal, self.random)
        {
            return self.value(subject, &goal, scope);
        }
        if let Kind::Call(call) = &of.kind
            && let (Some(subject), rest) = subject(call)
            && KEEP_ELEMENTS.contains(&&*call.function)
        {
            if let ("filter", Some(condition)) = (&*call.function, rest.last()) {
                self.truth(condition, true, &self.known.wiring.inside(call, scope));
            }
            return self.member(subject, name, goal, scope);
        }
        let whole = self.known.wiring.sources(of, scope);
        let parts = whole.iter().map(|source| source.member(name)).filter(|part| !whole.contains(part));
        let parts: Vec<Source> = parts.collect();
        match self.random.pick(&parts) {
            Some(part) => goal.reach(part, self.draft, self.random),
            None => self.value(of, goal, scope),
        }
    }
}

/// Whether a function looks for a text in any case.
fn folds_case(function: &str) -> bool {
    function == "containsAny" || function.ends_with("IgnoreCase")
}

/// What gives elements of a list as they are.
const KEEP_ELEMENTS: [&str; 6] = ["filter", "sortBy", "slice", "first", "last", "flatten"];

/// What a call is of, and the rest of its arguments. A namespace, such as `math`, is no value.
pub(super) fn subject(call: &Call) -> (Option<&Expr>, &[Expr]) {
    let of = call.of.as_ref().filter(|of| match &of.kind {
        Kind::Name(name) => functions::find(&format!("{name}.{}", call.function)).is_none(),
        _ => true,
    });
    match (of, call.arguments.split_first()) {
        (Some(of), _) => (Some(of), &call.arguments),
        (None, Some((first, rest))) => (Some(first), rest),
        (None, None) => (None, &[]),
    }
}
