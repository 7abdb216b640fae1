//! `waypost man`: manual pages, and the table of commands that docs/cli.md has.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use crate::failure::Failure;
use crate::screen;

/// Arguments of `man`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder to write the pages to, such as /usr/share/man/man1; created if missing
    #[arg(required_unless_present = "markdown")]
    folder: Option<PathBuf>,
    /// Print a table of all commands in Markdown instead
    #[arg(long, hide = true)]
    markdown: bool,
}

/// Exit code 0: written; 2: could not write.
pub(crate) fn run(arguments: &Arguments, command: clap::Command) -> Result<(), Failure> {
    // Otherwise each command has a second page, that of `help COMMAND`.
    let mut command = command.disable_help_subcommand(true);
    command.build();
    if arguments.markdown {
        let mut out = screen::stdout();
        writeln!(out, "| command | |\n| --- | --- |")?;
        return Ok(table(&mut out, &command, "waypost")?);
    }
    let Some(folder) = &arguments.folder else { return Ok(()) };
    let fail = |error: std::io::Error| Failure::of(format!("can't write {}", folder.display()))(&error);
    fs::create_dir_all(folder).map_err(fail)?;
    clap_mangen::generate_to(command, folder).map_err(fail)
}

fn table(out: &mut impl Write, command: &clap::Command, path: &str) -> std::io::Result<()> {
    let shown = |one: &&clap::Command| !one.is_hide_set() && one.get_name() != "help";
    for one in command.get_subcommands().filter(shown) {
        let path = format!("{path} {}", one.get_name());
        let about = one.get_about().map(ToString::to_string).unwrap_or_default();
        if one.get_subcommands().any(|one| shown(&one)) {
            table(out, one, &path)?;
        } else {
            writeln!(out, "| `{path}` | {} |", about.replace('|', "\\|"))?;
        }
    }
    Ok(())
}
