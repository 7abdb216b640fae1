//! What tells versions of flows apart: mutants with the tests that catch them, and a search for mail that two versions decide
//! differently. Nothing here does I/O: files are handed in, and reports and documents handed out.

mod differences;
pub mod mutate;
pub mod report;
pub mod search;

pub use differences::{apart, differences};
