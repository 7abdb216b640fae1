//! Questions before something goes that can't be brought back.

use std::io::{self, IsTerminal, Write};

use crate::failure::Failure;
use crate::screen;

/// Whether to ask before something is deleted.
#[derive(clap::Args)]
pub(crate) struct Deleting {
    /// Delete without asking for confirmation; asked only on a terminal
    #[arg(long)]
    yes: bool,
}

impl Deleting {
    /// Asks, if anybody is there to answer.
    pub(crate) fn agreed(&self, question: &str) -> Result<(), Failure> {
        agreed(question, self.yes)
    }
}

/// Whether to ask before the content of mail is erased.
#[derive(clap::Args)]
pub(crate) struct Erasing {
    /// Erase without asking for confirmation; required if there is no terminal to ask on
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Whether anybody is there to answer a question.
fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks whether something may be done that takes away what nobody can bring back. Where nobody can be asked, `--yes` must say so.
///
/// # Errors
/// [`Failure::Refused`] if the answer is anything but yes, [`Failure::Failed`] if there can be none.
pub(crate) fn confirmed(what: &str, yes: bool) -> Result<(), Failure> {
    if !yes && !somebody_is_there() {
        return Err(Failure::Failed(format!("{what}: add --yes if that is meant; nothing was changed")));
    }
    agreed(&format!("{what}. Continue?"), yes)
}

/// Asks whether something may be done, if anybody is there to answer.
///
/// # Errors
/// [`Failure::Refused`] if the answer is anything but yes.
pub(crate) fn agreed(question: &str, yes: bool) -> Result<(), Failure> {
    if yes || !somebody_is_there() {
        return Ok(());
    }
    let mut err = screen::stderr();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "y" | "Y" | "yes" => Ok(()),
        _ => Err(Failure::Refused("nothing was changed".to_owned())),
    }
}
