//! What an evaluation sees beside the run: names that macros bind, and how much has been done.

use std::cell::Cell;
use std::ops::Deref;

use super::eval::{Result, error, internal};
use super::{Context, MAX_STEPS};
use crate::value::{Value, weight};

/// So many bytes of a value that is looked at count as a step.
const BYTES_OF_A_STEP: usize = 1024;

/// So many elements take as much.
const VALUES_OF_A_STEP: usize = BYTES_OF_A_STEP / size_of::<Value<'static>>();

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

    /// Counts steps.
    pub(super) fn step(&self, steps: usize) -> Result<()> {
        let done = self.steps.get().saturating_add(steps);
        self.steps.set(done);
        if done > MAX_STEPS {
            let message = format!("the expression takes more than {MAX_STEPS} steps");
            return Err(error("run.too-many-steps", message));
        }
        Ok(())
    }

    /// Counts what it costs to look at a value, or to make it. Once the steps are used up nothing is looked at any more, even
    /// where `&&`, `||` or a macro goes on after an error.
    pub(super) fn touch(&self, value: &Value<'m>) -> Result<()> {
        match value {
            Value::String(text) => self.step(text.as_str().len() / BYTES_OF_A_STEP),
            Value::List(elements) => self.step(elements.len() / VALUES_OF_A_STEP),
            Value::Map(members) => self.step(members.len() / VALUES_OF_A_STEP),
            Value::Json(_) => self.step(weight(value) / BYTES_OF_A_STEP),
            _ => self.step(0),
        }
    }
}
