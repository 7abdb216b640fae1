//! `waypost console`: the way into the web console.

use std::io::Write;

use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;

/// Sub-commands of `console`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Print a link that signs a browser in, once, within 15 minutes
    Link(Link),
    /// Sign a client out of the console everywhere
    SignOut(Link),
}

/// Arguments of both.
#[derive(clap::Args)]
pub(crate) struct Link {
    #[command(flatten)]
    server: Server,
}

/// Exit code 0: done; 2: no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Link(Link { server }) => {
            let remote = server.connect()?;
            let link = remote.wait(remote.access().console_link())?;
            // Alone on stdout, so that a script can hand it to a browser.
            Ok(writeln!(screen::stdout(), "{}{}", remote.url(), link.path)?)
        }
        Command::SignOut(Link { server }) => {
            let remote = server.connect()?;
            remote.wait(remote.access().end_console_sessions())?;
            Ok(writeln!(screen::stdout(), "signed out everywhere")?)
        }
    }
}
