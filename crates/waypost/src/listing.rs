//! Commands that list everything of a kind.

use std::io::Write;

use futures_util::TryStream;
use serde::Serialize;
use waypost_client::Error;

use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::table::{self, Output};

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct Listing {
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl Listing {
    /// Prints all that a server has: whole as data, or a row for each.
    pub(crate) fn print<T: Serialize, S: TryStream<Ok = T, Error = Error>, const N: usize>(
        &self,
        out: &mut impl Write,
        list: impl FnOnce(&Remote) -> S,
        heading: [&str; N],
        row: impl Fn(&Remote, &T) -> Result<[String; N], Failure>,
    ) -> Result<(), Failure> {
        let remote = self.server.connect()?;
        let all = remote.all(list(&remote))?;
        if self.output.is_data() {
            return Ok(self.output.write(out, &all)?);
        }
        let rows: Vec<[String; N]> = all.iter().map(|one| row(&remote, one)).collect::<Result<_, _>>()?;
        Ok(table::rows(out, heading, &rows)?)
    }
}
