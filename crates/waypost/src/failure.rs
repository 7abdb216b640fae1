//! How commands end when they don't end well.

use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use waypost_wire::error::ErrorBody;

use waypost_store::error::StoreError;

use crate::screen;

/// Why a command did not succeed, each with its exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// What was given is wrong; it was reported already. Exit code 1.
    Found,
    /// What was held against each other differs; it was reported already. Exit code 2, for scripts.
    Differs,
    /// The server refused the change, and said why. Exit code 1.
    Refused(String),
    /// The command could not do its work. Exit code 2 (as clap's for bad usage).
    Failed(String),
    /// Whoever read our output went away, and there was nothing else to do. Exit code 0: `waypost … | head` is well.
    ClosedPipe,
}

/// What keeps a server from starting, and what to do about it. `serve` says both in one line, `doctor` one below the other.
#[derive(Debug)]
pub(crate) struct Obstacle {
    pub(crate) found: String,
    pub(crate) advice: String,
}

impl From<Obstacle> for Failure {
    fn from(obstacle: Obstacle) -> Self {
        Self::Failed(format!("{}: {}", obstacle.found, obstacle.advice))
    }
}

impl Failure {
    /// A failure with the thing that was tried.
    pub(crate) fn of(what: impl Display) -> impl FnOnce(&dyn Display) -> Self {
        move |cause| Self::Failed(format!("{what}: {cause}"))
    }

    /// A server's refusal, told in words.
    pub(crate) fn of_refusal(body: &ErrorBody, message: String) -> Self {
        // Of documents, states and conditions: what else is refused is no matter of what was asked.
        let refused = [400, 409, 412].contains(&body.status);
        if refused { Self::Refused(message) } else { Self::Failed(message) }
    }

    /// The same of what was only asked for: nothing was to change, so what the server refuses can't be had.
    pub(crate) fn unread(cause: impl Into<Self>) -> Self {
        match cause.into() {
            Self::Refused(message) => Self::Failed(message),
            other => other,
        }
    }

    /// A failure of the store with the thing that was tried.
    pub(crate) fn stored(what: impl Display, cause: StoreError) -> Self {
        match cause {
            StoreError::Failed(why) => Self::of(what)(&why),
            cause => Self::of(what)(&cause),
        }
    }

    /// Says what went wrong, on stderr, and answers the exit code.
    pub(crate) fn report(&self) -> ExitCode {
        match self {
            Self::Found => ExitCode::from(1),
            Self::Differs => ExitCode::from(2),
            Self::Refused(message) => {
                // Whoever closed our stderr does not want to know.
                let _ = writeln!(screen::stderr(), "waypost: {message}");
                ExitCode::from(1)
            }
            Self::Failed(message) => {
                let _ = writeln!(screen::stderr(), "waypost: {message}");
                ExitCode::from(2)
            }
            Self::ClosedPipe => ExitCode::SUCCESS,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(message) | Self::Failed(message) => f.write_str(message),
            Self::Found | Self::Differs | Self::ClosedPipe => Ok(()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Failed(error.to_string()),
        }
    }
}
