//! `waypost reference`: the language reference, as this binary has it.

use std::io::{self, Write};

use waypost_members::members;

use crate::failure::Failure;

/// Exit code 0.
pub(crate) fn run() -> Result<(), Failure> {
    write!(io::stdout().lock(), "{}", waypost_flow::reference::markdown(members()))?;
    Ok(())
}
