//! What a run may spend: steps of work, and memory for the values that it holds. Counted, not timed, so that a run ends in the
//! same place on every machine.

use std::cell::Cell;

use super::EvalError;

/// The run did more work than it may.
pub const TOO_MUCH_WORK: &str = "run.too-much-work";

/// The run held more memory than it may.
pub const TOO_MUCH_MEMORY: &str = "run.too-much-memory";

/// Parts of expressions that are evaluated cost a step together. They are counted here alone: an expression's own limit counts
/// elements and bytes.
const PARTS_OF_A_STEP: u32 = 64;

/// The budget of one run. What is spent beyond it fails, and so does everything after that.
#[derive(Debug)]
pub struct Budget {
    steps: Limited<u64>,
    /// In bytes.
    memory: Limited<usize>,
    parts: Cell<u32>,
}

#[derive(Debug)]
struct Limited<T: Copy> {
    used: Cell<T>,
    most: T,
    exceeded: Cell<bool>,
}

impl<T: Copy + Default> Limited<T> {
    fn new(most: T) -> Self {
        Self { used: Cell::new(T::default()), most, exceeded: Cell::new(false) }
    }
}

impl Budget {
    /// A budget of so many steps and so many bytes.
    pub fn new(steps: u64, memory: usize) -> Self {
        Self { steps: Limited::new(steps), memory: Limited::new(memory), parts: Cell::new(0) }
    }

    /// Takes steps.
    ///
    /// # Errors
    /// [`TOO_MUCH_WORK`] if that is more than was left.
    pub fn spend(&self, steps: usize) -> Result<(), EvalError> {
        let used = self.steps.used.get().saturating_add(steps as u64);
        self.steps.used.set(used);
        if used > self.steps.most { Err(self.too_much_work()) } else { Ok(()) }
    }

    /// Counts a part of an expression that is evaluated.
    pub(super) fn part(&self) -> Result<(), EvalError> {
        let parts = self.parts.get() + 1;
        if parts < PARTS_OF_A_STEP {
            self.parts.set(parts);
            return Ok(());
        }
        self.parts.set(0);
        self.spend(1)
    }

    #[cold]
    fn too_much_work(&self) -> EvalError {
        self.steps.exceeded.set(true);
        let message = format!("the run takes more than {} steps", self.steps.most);
        EvalError { code: TOO_MUCH_WORK, message }
    }

    /// Takes memory, in bytes.
    ///
    /// # Errors
    /// [`TOO_MUCH_MEMORY`] if that is more than was left.
    pub fn hold(&self, bytes: usize) -> Result<(), EvalError> {
        let used = self.memory.used.get().saturating_add(bytes);
        self.memory.used.set(used);
        if used > self.memory.most { Err(self.too_much_memory()) } else { Ok(()) }
    }

    #[cold]
    fn too_much_memory(&self) -> EvalError {
        self.memory.exceeded.set(true);
        let message = format!("the run holds values of more than {} bytes", self.memory.most);
        EvalError { code: TOO_MUCH_MEMORY, message }
    }

    /// How many bytes are held.
    pub fn held(&self) -> usize {
        self.memory.used.get()
    }

    /// Says that so many bytes are held and no more: values that were made on the way are gone.
    pub fn held_is(&self, bytes: usize) {
        self.memory.used.set(bytes);
    }

    /// How many steps were taken.
    pub fn spent(&self) -> u64 {
        self.steps.used.get()
    }

    /// Why the run must end, if it has exceeded its budget. An expression may have gone on after that, as `true || x` does after
    /// an error of `x`.
    ///
    /// # Errors
    /// What was exceeded.
    pub fn check(&self) -> Result<(), EvalError> {
        if self.steps.exceeded.get() {
            return Err(self.too_much_work());
        }
        if self.memory.exceeded.get() {
            return Err(self.too_much_memory());
        }
        Ok(())
    }
}
