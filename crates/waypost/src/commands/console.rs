//! `waypost console`: the way into the web console.

use std::io::Write;

use serde::Serialize;
use waypost_wire::time::Time;

use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;
use crate::table::Printing;

/// Sub-commands of `console`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Print a link that signs a browser in, once, within 15 minutes
    Link(Link),
    /// Sign a client out of the console everywhere
    SignOut(SignOut),
}

/// Arguments of `link`.
#[derive(clap::Args)]
pub(crate) struct Link {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `sign-out`.
#[derive(clap::Args)]
pub(crate) struct SignOut {
    #[command(flatten)]
    server: Server,
}

/// A link as data.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Whole {
    url: String,
    expires_at: Time,
}

/// Exit code 0: done; 2: no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Link(Link { server, printing }) => {
            let remote = server.connect()?;
            let link = remote.wait(remote.access().console_link())?;
            // Alone on stdout, so that a script can hand it to a browser.
            let link = Whole { url: format!("{}{}", remote.url(), link.path), expires_at: link.expires_at };
            Ok(printing.print(&mut screen::stdout(), &link, &link.url)?)
        }
        Command::SignOut(SignOut { server }) => {
            let remote = server.connect()?;
            remote.wait(remote.access().end_console_sessions())?;
            Ok(writeln!(screen::stdout(), "signed out everywhere")?)
        }
    }
}
