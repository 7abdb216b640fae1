//! Opening hours: what stands at an instant, and until when. No I/O, no clock: the instant is always given.
//!
//! A [`Definition`] is what users write; [`read()`] makes a [`Schedule`] of it or tells every problem; [`Schedule::at`] answers.
//!
//! # What local times mean
//! All local times are those of a clock on the wall in the schedule's zone. **A local time stands for the first instant at which
//! that clock shows it or a later time.** So:
//!
//! - *Where clocks go back* (02:30 comes twice) the first of both is meant, as in RFC 5545, section 3.3.5. What ends at 02:30 ends
//!   at the first, what begins there begins at the first.
//! - *Where clocks go forward* (02:30 never comes) it is the instant of the change. What would begin or end in the gap does so as the
//!   clocks jump; what lies wholly in the gap isn't there. RFC 5545 would move such a time behind the gap (02:30 becomes 03:30), which
//!   lets intervals overlap that don't, and gives a day that a zone leaves out (Apia, 30 December 2011) to its neighbour.
//! - Order is kept: what is not later on the wall is not later in time. Intervals that touch on the wall touch in time.
//! - *Across a change* hours keep both their ends on the wall and are longer or shorter by it. That holds for `end`, too, where RFC
//!   5545, section 3.8.5.3, would keep the exact duration. Whoever wants that writes a `duration`: its weeks and days are nominal,
//!   its hours, minutes and seconds exact (RFC 5545, section 3.3.6).
//!
//! # What takes precedence
//! Emergency, holiday, closed, open. All intervals are half-open: the end does not belong to them.

mod definition;
mod plan;
mod read;
mod recurrence;
mod schedule;
mod timeline;
mod zone;

pub use definition::{Calendar, Days, Definition, Emergency, Holiday, HolidayDays, Rule, Weekly};
pub use read::{MAX_COUNT, MAX_DATES, MAX_DAYS, MAX_NAME, MAX_RRULE, MAX_RULES, read};
pub use schedule::{HORIZON_DAYS, Schedule, Standing, State};
pub use waypost_problem::Problem;
