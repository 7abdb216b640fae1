//! What a run may spend: steps of work, and memory for the values that it holds. Counted, not timed, so that a run ends in the
//! same place on every machine.

use std::cell::Cell;
use waypost_ids::codes;

use super::EvalError;

/// The unit that work is counted in: what does not fill a step by itself adds up.
const PARTS_OF_A_STEP: u64 = 64;

/// Bytes that are looked at for a part.
const BYTES_OF_A_PART: usize = 16;

/// The budget of one run. What is spent beyond it fails, and so does everything after that.
#[derive(Debug)]
pub struct Budget {
    /// In parts.
    work: Limited<u64>,
    /// In bytes.
    memory: Limited<usize>,
}

/// A point in the work of a run.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

#[derive(Debug)]
struct Limited<T: Copy> {
    used: Cell<T>,
    most: T,
}

impl<T: Copy + Default> Limited<T> {
    fn new(most: T) -> Self {
        Self { used: Cell::new(T::default()), most }
    }
}

impl Budget {
    /// A budget of so many steps and so many bytes.
    pub fn new(steps: u64, memory: usize) -> Self {
        Self { work: Limited::new(steps.saturating_mul(PARTS_OF_A_STEP)), memory: Limited::new(memory) }
    }

    /// Takes steps.
    ///
    /// # Errors
    /// [`codes::TOO_MUCH_WORK`] if that is more than was left.
    pub fn spend(&self, steps: usize) -> Result<(), EvalError> {
        self.spend_parts((steps as u64).saturating_mul(PARTS_OF_A_STEP))
    }

    /// Takes what it costs to look at so many bytes.
    ///
    /// # Errors
    /// As [`Budget::spend`].
    pub fn spend_bytes(&self, bytes: usize) -> Result<(), EvalError> {
        self.spend_parts((bytes / BYTES_OF_A_PART) as u64)
    }

    /// Takes parts of steps, such as one for each part of an expression that is evaluated.
    pub(super) fn spend_parts(&self, parts: u64) -> Result<(), EvalError> {
        let used = self.work.used.get().saturating_add(parts);
        self.work.used.set(used);
        if used > self.work.most { Err(self.too_much_work()) } else { Ok(()) }
    }

    #[cold]
    fn too_much_work(&self) -> EvalError {
        let message = format!("the run takes more than {} steps", self.work.most / PARTS_OF_A_STEP);
        EvalError { code: codes::TOO_MUCH_WORK, message }
    }

    /// Takes memory, in bytes.
    ///
    /// # Errors
    /// [`codes::TOO_MUCH_MEMORY`] if that is more than was left.
    pub fn hold(&self, bytes: usize) -> Result<(), EvalError> {
        let used = self.memory.used.get().saturating_add(bytes);
        self.memory.used.set(used);
        if used > self.memory.most { Err(self.too_much_memory()) } else { Ok(()) }
    }

    #[cold]
    fn too_much_memory(&self) -> EvalError {
        let message = format!("the run holds values of more than {} bytes", self.memory.most);
        EvalError { code: codes::TOO_MUCH_MEMORY, message }
    }

    /// How many bytes are held.
    pub fn held(&self) -> usize {
        self.memory.used.get()
    }

    /// Says that so many bytes are held and no more: values that were made on the way are gone.
    pub fn held_is(&self, bytes: usize) {
        self.memory.used.set(bytes);
    }

    /// How much work was done, to come back to.
    pub fn mark(&self) -> Mark {
        Mark(self.work.used.get())
    }

    /// Takes the work since a mark as not done, for it is done again.
    pub fn back_to(&self, mark: Mark) {
        self.work.used.set(mark.0);
    }

    /// How many steps were taken.
    pub fn spent(&self) -> u64 {
        self.work.used.get() / PARTS_OF_A_STEP
    }
}
