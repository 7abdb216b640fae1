//! Erasing what is kept of interactions.

use std::io::Write;

use super::find;
use crate::asking::Deleting;
use crate::failure::Failure;
use crate::remote::Server;

/// Arguments of `erase`.
#[derive(clap::Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    server: Server,
    /// Ids of interactions, or the beginnings of them
    #[arg(required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    deleting: Deleting,
}

/// Erases nothing before every id is found.
pub(super) fn erase(arguments: &Erase, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let ids = arguments.ids.iter().map(|id| find(&remote, id)).collect::<Result<Vec<_>, _>>()?;
    let whose =
        if ids.len() == 1 { "this interaction".to_owned() } else { format!("these {} interactions", ids.len()) };
    arguments.deleting.agreed(&format!("erase the content of {whose}? This can't be undone."))?;
    for id in ids {
        remote.wait(remote.interactions().erase(id))?;
        writeln!(out, "interaction {id}: erased")?;
    }
    Ok(())
}
