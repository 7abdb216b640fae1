//! Conditions whose answer can be known before any mail has come.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::frame::Frame;
use super::ir::{Ir, Presence};
use super::{Budget, Context, EvalError, MAX_STEPS, MAX_VALUE_BYTES};
use crate::email::{AddressRef, AttachmentRef, Email, Fact, Member};
use crate::value::Value;
use crate::work::Work;

/// So many steps are worth taking to know beforehand what comes out: checking a flow must not take long over it.
const STEPS: usize = 1000;

/// Finds out what parts of one expression always are, and counts what that takes.
pub(super) struct Trial<'w> {
    pub(super) work: &'w Work<'w>,
    /// The expression's length in bytes: how much one step of an evaluation can be.
    pub(super) length: usize,
}

impl Trial<'_> {
    /// What a condition answers on every mail. `&&` and `||` are decided by one side alone, as in evaluation.
    pub(super) fn truth(&self, ir: &Ir) -> Option<bool> {
        match ir {
            Ir::Constant(Value::Boolean(value)) => Some(*value),
            Ir::Has(Presence::Always) => Some(true),
            Ir::Not(of) => self.truth(of).map(|value| !value),
            Ir::And(a, b) => match (self.truth(a), self.truth(b)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Ir::Or(a, b) => match (self.truth(a), self.truth(b)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Ir::Choose(when, a, b) => match self.truth(when) {
                Some(true) => self.truth(a),
                Some(false) => self.truth(b),
                None => self.truth(a).filter(|value| self.truth(b) == Some(*value) && !when.can_fail()),
            },
            other => match self.value(other) {
                Some(Value::Boolean(value)) => Some(value),
                _ => None,
            },
        }
    }

    /// The text that an expression always is, if that can be known beforehand.
    pub(super) fn text(&self, ir: &Ir) -> Option<String> {
        self.value(ir)?.as_str().map(str::to_owned)
    }

    /// The texts that an expression always is, or is a list of.
    pub(super) fn texts(&self, ir: &Ir) -> Vec<String> {
        match ir {
            Ir::Constant(Value::List(elements)) => {
                elements.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Ir::List(parts) => parts.iter().filter_map(|part| self.text(part)).collect(),
            // Which of them it is hangs on the mail, and either may come.
            Ir::Choose(when, a, b) if self.truth(when).is_none() => [self.texts(a), self.texts(b)].concat(),
            other => self.text(other).into_iter().collect(),
        }
    }

    /// What an expression always is, if it reads nothing of the run.
    fn value<'i>(&self, ir: &'i Ir) -> Option<Value<'i>> {
        if let Ir::Constant(value) = ir {
            return (!matches!(value, Value::Object(_))).then(|| value.clone());
        }
        self.run(ir)?.ok()
    }

    /// Why an expression that reads nothing of the run always fails, if it does.
    pub(super) fn failure(&self, ir: &Ir) -> Option<EvalError> {
        self.run(ir)?.err()
    }

    /// What comes of an expression that reads nothing of the run; none if that takes too much to find out.
    fn run<'i>(&self, ir: &'i Ir) -> Option<Result<Value<'i>, EvalError>> {
        if !is_closed(ir) || !self.work.take(1) {
            return None;
        }
        let (attributes, steps, budget) = (Arc::default(), Cell::new(MAX_STEPS - STEPS), small());
        let value = ir.eval(&Frame::new(&nowhere(&attributes, &budget), &steps));
        let taken = steps.get().saturating_sub(MAX_STEPS - STEPS);
        let well = self.work.take(taken.saturating_mul(1 + self.length / 128));
        well.then_some(value)
    }
}

/// Whether an expression reads nothing of the run.
fn is_closed(ir: &Ir) -> bool {
    match ir {
        Ir::Constant(value) => !matches!(value, Value::Object(_)),
        Ir::Not(of) | Ir::Negate(of) | Ir::Json(of) | Ir::Search(of, _) | Ir::InSet(of, _) => is_closed(of),
        Ir::And(a, b)
        | Ir::Or(a, b)
        | Ir::Arithmetic(_, a, b)
        | Ir::Equal(_, a, b)
        | Ir::Compare(_, a, b)
        | Ir::In(a, b)
        | Ir::JsonPart(a, b)
        | Ir::Index(a, b, _) => is_closed(a) && is_closed(b),
        Ir::Choose(a, b, c) => is_closed(a) && is_closed(b) && is_closed(c),
        Ir::List(parts) | Ir::Template(parts) | Ir::Call(_, parts) | Ir::Match(_, _, parts) => {
            parts.iter().all(is_closed)
        }
        // A name that a macro binds stands for a part of what the macro goes over.
        Ir::Local(_) => true,
        Ir::Each(each) => is_closed(&each.of) && each.filter.as_ref().is_none_or(is_closed) && is_closed(&each.body),
        Ir::Map(parts) => parts.iter().all(|(key, value)| is_closed(key) && is_closed(value)),
        _ => false,
    }
}

/// A run that has nothing in it.
fn nowhere<'c>(attributes: &'c Arc<BTreeMap<Arc<str>, Value<'static>>>, budget: &'c Budget) -> Context<'c, 'static> {
    Context {
        interaction_id: "",
        received_at: Timestamp::UNIX_EPOCH,
        priority: 0,
        attributes,
        email: &Nothing,
        inputs: &[],
        variables: &[],
        outputs: &[],
        budget,
        outcomes: None,
    }
}

/// What finding out one constant may cost.
fn small() -> Budget {
    Budget::new(STEPS as u64, MAX_VALUE_BYTES)
}

/// No email. Whatever reads one is not closed, so that nothing of this is ever asked.
struct Nothing;

impl Email for Nothing {
    fn read(&self, _member: &Member) -> Fact<'_> {
        Fact::Nothing
    }
    fn address(&self, _member: &Member, _position: usize) -> Option<AddressRef<'_>> {
        None
    }
    fn attachment(&self, _member: &Member, _position: usize) -> Option<AttachmentRef<'_>> {
        None
    }
    fn look_up(&self, _member: &Member, _name: &str) -> &str {
        ""
    }
    fn automatic(&self) -> Option<&str> {
        None
    }
}
