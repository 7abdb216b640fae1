//! What a run holds: its values are put where they stay through here, so that their memory is counted.

use std::sync::Arc;

use waypost_flow::value::{Value, footprint};

use crate::error::Raised;
use crate::machine::Machine;

/// So many bytes that are counted cost a step: counting looks at all parts of a value.
const COUNTED_A_STEP: usize = 1024;

impl<'m> Machine<'m> {
    /// Counts a value that is going to be kept. Answers its bytes.
    pub(crate) fn keep(&self, value: &Value<'m>) -> Result<usize, Raised> {
        let bytes = footprint(value);
        self.keep_bytes(bytes)?;
        Ok(bytes)
    }

    /// Counts values that are kept, by what they hold.
    pub(crate) fn keep_bytes(&self, bytes: usize) -> Result<(), Raised> {
        self.budget.spend(bytes / COUNTED_A_STEP)?;
        Ok(self.budget.hold(bytes)?)
    }

    /// Says that what held so many bytes is gone.
    pub(crate) fn let_go(&self, bytes: usize) {
        self.budget.held_is(self.budget.held().saturating_sub(bytes));
    }

    /// Forgets values that were computed and not set.
    pub(crate) fn clear_pending(&mut self) {
        let bytes = self.pending.drain(..).map(|(_, value)| footprint(&value)).sum();
        self.let_go(bytes);
    }

    /// Keeps a value that was computed, to be set once all are.
    pub(crate) fn push_pending(&mut self, position: usize, value: Value<'m>) -> Result<(), Raised> {
        self.keep(&value)?;
        self.pending.push((position, value));
        Ok(())
    }

    /// Sets a variable of the top flow to a value that is counted already.
    pub(crate) fn put_variable(&mut self, position: usize, value: Value<'m>) -> Result<(), Raised> {
        let before = self.stack.set_variable(position, value)?;
        self.let_go(before.as_ref().map_or(0, footprint));
        Ok(())
    }

    /// Sets a variable of the top flow.
    pub(crate) fn set_variable(&mut self, position: usize, value: Value<'m>) -> Result<(), Raised> {
        self.keep(&value)?;
        self.put_variable(position, value)
    }

    /// Sets an output of the top flow.
    pub(crate) fn set_output(&mut self, position: usize, value: Value<'m>) -> Result<(), Raised> {
        self.keep(&value)?;
        let before = self.stack.set_output(position, value)?;
        self.let_go(footprint(&before));
        Ok(())
    }

    /// Sets an attribute to a value that is counted already.
    pub(crate) fn put_attribute(&mut self, name: &Arc<str>, value: Value<'m>) {
        let before = Arc::make_mut(&mut self.attributes).insert(Arc::clone(name), value);
        self.let_go(before.as_ref().map_or(0, footprint));
    }
}
