//! Coverage of flows: nodes that were entered, branches that were taken, and what each part of each condition came to.

mod count;
mod html;
mod lcov;
mod map;

pub use count::{Counts, Coverage, FlowCoverage, Gap, Ratio, missed, targets};
pub use html::html;
pub use lcov::lcov;
pub use map::{Map, Target};
