//! `waypost backup`: a copy of what a server keeps in SQLite.

use std::path::PathBuf;

use serde_json::json;
use waypost_store::sqlite::backup::back_up;

use crate::failure::Failure;
use crate::screen;
use crate::table::Printing;

/// Arguments of `backup`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The data directory of a server that uses SQLite
    #[arg(long, env = "WAYPOST_DATA_DIR", default_value = "./waypost-data")]
    data_dir: PathBuf,
    /// The file to write. It must not exist. To restore, put it into an empty data directory as `waypost.db`
    file: PathBuf,
    #[command(flatten)]
    printing: Printing,
}

/// Exit code 0: copied; 2: could not.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let what = format!("can't copy the database of {}", arguments.data_dir.display());
    let bytes = back_up(&arguments.data_dir, &arguments.file).map_err(|error| Failure::stored(what, error))?;
    let file = arguments.file.display();
    let written = json!({ "file": file.to_string(), "bytes": bytes });
    Ok(arguments.printing.print(&mut screen::stdout(), &written, format_args!("{file}: {bytes} bytes"))?)
}
