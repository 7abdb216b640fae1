//! What an evaluation sees beside the run: names that macros bind, and how much has been done.

use std::cell::Cell;
use std::ops::Deref;
use std::sync::Arc;

use super::eval::{Result, error, internal};
use super::{Context, EvalError, MAX_STEPS};
use crate::functions::Meter;
use crate::value::{Value, footprint, weight};

/// So many bytes of a value that is looked at count as a step.
const BYTES_OF_A_STEP: usize = 1024;

/// So many elements take as much.
const VALUES_OF_A_STEP: usize = BYTES_OF_A_STEP / size_of::<Value<'static>>();

/// What a member of a map takes beside its key's text and what its value has of its own.
const MEMBER_BYTES: usize = size_of::<Value<'static>>() + size_of::<Arc<str>>();

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

    /// Counts a part of the expression.
    pub(super) fn part(&self) -> Result<()> {
        self.context.budget.part()
    }

    /// Counts what it costs to look at a value's outside: a text's bytes, a list's or map's parts. Once the steps are used up
    /// nothing is looked at any more, even where `&&`, `||` or a macro goes on after an error.
    pub(super) fn touch(&self, value: &Value<'m>) -> Result<()> {
        match value {
            Value::String(text) => self.step(text.as_str().len() / BYTES_OF_A_STEP),
            Value::List(elements) => self.step(elements.len() / VALUES_OF_A_STEP),
            Value::Map(members) => self.step(members.len() / VALUES_OF_A_STEP),
            Value::Json(_) => self.touch_all(value),
            _ => self.step(0),
        }
    }

    /// Counts what it costs to look at a value with all its parts, and to have counted them.
    pub(super) fn touch_all(&self, value: &Value<'m>) -> Result<()> {
        self.step(weight(value) / BYTES_OF_A_STEP)
    }

    /// Counts what it costs to look at so many bytes of values.
    pub(super) fn touch_bytes(&self, bytes: usize) -> Result<()> {
        self.step(bytes / BYTES_OF_A_STEP)
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
            Value::Map(members) => members.len() * MEMBER_BYTES,
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
        let done = self.steps.get().saturating_add(steps);
        self.steps.set(done);
        if done > MAX_STEPS {
            let message = format!("the expression takes more than {MAX_STEPS} steps");
            return Err(error("run.too-many-steps", message));
        }
        self.context.budget.spend(steps)
    }
}
