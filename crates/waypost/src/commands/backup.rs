//! `waypost backup`: a copy of what a server keeps in SQLite.

use std::io::Write;
use std::path::PathBuf;

use waypost_store::sqlite::backup::back_up;

use crate::failure::Failure;
use crate::screen;

/// Arguments of `backup`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The data directory of a server that uses SQLite
    #[arg(long, env = "WAYPOST_DATA_DIR", default_value = "./waypost-data")]
    data_dir: PathBuf,
    /// The file to write. It must not exist. To restore, put it into an empty data directory as `waypost.db`
    file: PathBuf,
}

/// Exit code 0: copied; 2: could not.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let what = format!("can't copy the database of {}", arguments.data_dir.display());
    let bytes = back_up(&arguments.data_dir, &arguments.file).map_err(|error| Failure::stored(what, error))?;
    Ok(writeln!(screen::stdout(), "{}: {bytes} bytes", arguments.file.display())?)
}
