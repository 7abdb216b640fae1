//! What an evaluation sees beside the run: names that macros bind, and how much has been done.

use std::cell::Cell;
use std::ops::Deref;
use waypost_ids::codes;

use super::eval::{Result, error, internal, too_large};
use super::{Context, EvalError, MAX_STEPS, MAX_VALUE_BYTES};
use crate::functions::Meter;
use crate::value::{MAP_BYTES, MEMBER_BYTES, Value, footprint, handles_weight, weight};

/// So many bytes of a value that is looked at count as a step.
const BYTES_OF_A_STEP: usize = 1024;

/// A run's context, and what is bound at a place in the expression.
pub(super) struct Frame<'c, 'm> {
    context: &'c Context<'c, 'm>,
    locals: Option<&'c Local<'c, 'm>>,
    steps: &'c Cell<usize>,
}

/// A name that a macro has bound.
struct Local<'c, 'm> {
    id: u32,
    value: Value<'m>,
    outer: Option<&'c Local<'c, 'm>>,
}

impl<'c, 'm> Deref for Frame<'c, 'm> {
    type Target = Context<'c, 'm>;

    fn deref(&self) -> &Self::Target {
        self.context
    }
}

impl<'c, 'm> Frame<'c, 'm> {
    /// Where an evaluation begins.
    pub(super) fn new(context: &'c Context<'c, 'm>, steps: &'c Cell<usize>) -> Self {
        Self { context, locals: None, steps }
    }

    /// Goes on with a name bound.
    pub(super) fn with<T>(&self, id: u32, value: Value<'m>, then: impl FnOnce(&Frame<'_, 'm>) -> T) -> T {
        let local = Local { id, value, outer: self.locals };
        then(&Frame { context: self.context, locals: Some(&local), steps: self.steps })
    }

    /// What a name is bound to.
    pub(super) fn local(&self, id: u32) -> Result<Value<'m>> {
        let mut next = self.locals;
        while let Some(local) = next {
            if local.id == id {
                return Ok(local.value.clone());
            }
            next = local.outer;
        }
        Err(internal())
    }

    /// Counts parts of the expression, or what takes as long.
    pub(super) fn parts(&self, parts: u64) -> Result<()> {
        self.context.budget.spend_parts(parts)
    }

    /// Counts what it costs to look at a value's outside: a text's bytes, a list's or map's parts. Once the steps are used up
    /// nothing is looked at any more.
    pub(super) fn touch(&self, value: &Value<'m>) -> Result<()> {
        match value {
            Value::String(text) => self.touch_bytes(text.as_str().len()),
            Value::List(elements) => self.touch_bytes(elements.len() * size_of::<Value<'_>>()),
            Value::Map(members) => self.touch_bytes(members.len() * size_of::<Value<'_>>()),
            Value::Json(_) => self.touch_all(value),
            _ => Ok(()),
        }
    }

    /// Counts what it costs to look at a value with all its parts, and to have counted them. Addresses and attachments count with the
    /// texts that they stand for: as json each of them is a copy.
    pub(super) fn touch_all(&self, value: &Value<'m>) -> Result<()> {
        let bytes = weight(value);
        let texts = handles_weight(value, self.email);
        if texts > 0 && bytes.saturating_add(texts) > MAX_VALUE_BYTES {
            return Err(too_large());
        }
        self.touch_bytes(bytes.saturating_add(texts))
    }

    /// Counts what it costs to look at so many bytes of values.
    pub(super) fn touch_bytes(&self, bytes: usize) -> Result<()> {
        self.own_steps(bytes / BYTES_OF_A_STEP)?;
        self.context.budget.spend_bytes(bytes)
    }

    /// Counts steps against the expression's own limit.
    fn own_steps(&self, steps: usize) -> Result<()> {
        let done = self.steps.get().saturating_add(steps);
        self.steps.set(done);
        if done > MAX_STEPS {
            let message = format!("the expression takes more than {MAX_STEPS} steps");
            return Err(error(codes::TOO_MANY_STEPS, message));
        }
        Ok(())
    }

    /// Counts a value that was made with all its parts: it is looked at, and it is held until the expression is done, or the turn of
    /// the macro around it.
    pub(super) fn made(&self, value: &Value<'m>) -> Result<()> {
        let bytes = footprint(value);
        self.touch_bytes(bytes)?;
        self.context.budget.hold(bytes)
    }

    /// Counts a value that was made of parts that are there anyway.
    pub(super) fn gathered(&self, value: &Value<'m>) -> Result<()> {
        self.touch(value)?;
        self.context.budget.hold(match value {
            Value::List(elements) => elements.len() * size_of::<Value<'_>>(),
            Value::Map(members) => MAP_BYTES + members.len() * MEMBER_BYTES,
            _ => 0,
        })
    }

    /// What is held so far, for [`Frame::let_go`].
    pub(super) fn held(&self) -> usize {
        self.context.budget.held()
    }

    /// What was made since is gone.
    pub(super) fn let_go(&self, held: usize) {
        self.context.budget.held_is(held);
    }
}

impl Meter for Frame<'_, '_> {
    fn step(&self, steps: usize) -> std::result::Result<(), EvalError> {
        self.own_steps(steps)?;
        self.context.budget.spend(steps)
    }
}
