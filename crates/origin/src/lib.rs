//! Where time, ids and randomness come from: the system, or a test that says what they are.
//!
//! Nothing else asks the system for them: `clippy.toml` refuses it. So a test can drive whatever depends on them, such as the expiry of a
//! token, without waiting. Durations and timeouts are not part of this: they go by `std::time::Instant` and tokio's clock.

mod given;

use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use given::Given;

pub use getrandom::Error as NoRandomness;

/// Where time, ids and randomness come from. Clones share what a test sets.
#[derive(Clone, Debug, Default)]
pub struct Origin(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Given(Arc<Given>),
}

impl Origin {
    /// The system's clock and its random numbers.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// For tests, and for what must come out the same each time: a clock that stands still until [`Origin::set`] moves it, and ids and
    /// bytes that are counted. They repeat with each new origin: no two may serve one store, and no secret may be made of them.
    #[must_use]
    pub fn given(now: Timestamp) -> Self {
        Self(Source::Given(Arc::new(Given::at(now))))
    }

    /// Moves a clock that was given. The system's goes by itself.
    pub fn set(&self, now: Timestamp) {
        match &self.0 {
            Source::System => {}
            Source::Given(given) => given.set(now),
        }
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "here everybody else gets it from")]
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::System => Timestamp::now(),
            Source::Given(given) => given.now(),
        }
    }

    /// A new id: version 4 of RFC 9562, section 5.4.
    #[expect(clippy::disallowed_methods, reason = "here everybody else gets it from")]
    #[must_use]
    pub fn id(&self) -> Uuid {
        match &self.0 {
            Source::System => Uuid::new_v4(),
            Source::Given(given) => given.id(),
        }
    }

    /// A new id that sorts after earlier ones: version 7 of RFC 9562, section 5.7.
    #[expect(clippy::disallowed_methods, reason = "here everybody else gets it from")]
    #[must_use]
    pub fn id_in_order(&self) -> Uuid {
        match &self.0 {
            Source::System => Uuid::now_v7(),
            Source::Given(given) => given.id_in_order(),
        }
    }

    /// Fills `bytes` with randomness that secrets can be made of.
    ///
    /// # Errors
    /// The system has none to give.
    #[expect(clippy::disallowed_methods, reason = "here everybody else gets it from")]
    pub fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        match &self.0 {
            Source::System => getrandom::fill(bytes),
            Source::Given(given) => {
                given.fill(bytes);
                Ok(())
            }
        }
    }

    /// A random share of something, from 0 up to 1, to spread what would happen at the same moment. No secret can be made of it. Where
    /// the time is given it is a half.
    #[expect(clippy::disallowed_methods, reason = "here everybody else gets it from")]
    #[must_use]
    pub fn share(&self) -> f64 {
        match &self.0 {
            Source::System => fastrand::f64(),
            Source::Given(_) => 0.5,
        }
    }
}
