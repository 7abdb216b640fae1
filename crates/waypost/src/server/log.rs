//! The log: who speaks in it, and what never gets into it. Code that logs leaves addresses out by itself; but it also logs words of others
//! (IMAP servers, identity providers, the system) and names that people chose, and those may hold one.

mod redacted;

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::panic::{self, PanicHookInfo};
use std::thread;

use tracing_subscriber::filter::{EnvFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

use crate::commands::serve::LogFormat;
use crate::failure::Failure;
use crate::screen;
use redacted::redacted;

/// Logs to stderr from now on, panics included.
pub(crate) fn to_stderr(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let (silent, misspelt) = (silent(filter), misspelt(filter));
    if let Some(word) = misspelt {
        return Err(Failure::of("can't read --log")(&format!(
            "`{word}` is not a level: expected error, warn, info, debug, trace or off, or a part of Waypost as in `info,waypost_app=debug`"
        )));
    }
    let wanted = EnvFilter::try_new(filter).map_err(|error| Failure::of("can't read --log")(&error))?;
    // Libraries log what they work on: a resolver the names it asks for, and a name of an SPF record can have a local part in it.
    let ours = filter_fn(|event| event.target().starts_with("waypost"));
    let text = fmt::layer().with_writer(|| Redacting(io::stderr())).with_ansi(screen::is_coloured(&io::stderr()));
    let lines = match format {
        LogFormat::Text => text.boxed(),
        LogFormat::Json => text.json().boxed(),
    };
    tracing_subscriber::registry().with(wanted).with(lines.with_filter(ours)).init();
    panic::set_hook(Box::new(panicked));
    if let Some(library) = silent {
        tracing::warn!(library, "--log names a library: only Waypost's own lines are written");
    }
    Ok(())
}

/// A word that is to be a level and is none. The filter takes it for a library's name, and hears nobody else.
fn misspelt(filter: &str) -> Option<String> {
    const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];
    let is_known = |word: &str| {
        LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word))
            || word.chars().all(|character| character.is_ascii_digit())
            || word.starts_with("waypost")
    };
    let outside = outside_of_spans(filter);
    let mut words = outside.split(',').map(str::trim).filter(|one| !one.contains('='));
    words.find(|word| !is_known(word)).map(str::to_owned)
}

/// A library that a filter wants to hear, which it will not.
fn silent(filter: &str) -> Option<String> {
    let outside = outside_of_spans(filter);
    let mut names = outside.split(',').filter_map(|one| one.split_once('=')).map(|(name, _)| name.trim());
    let found = names.find(|name| name.chars().all(is_of_path) && !name.is_empty() && !name.starts_with("waypost"));
    found.map(str::to_owned)
}

/// A filter without what it says of spans.
fn outside_of_spans(filter: &str) -> String {
    // A span's name and fields stand in brackets, and fields have commas and signs of their own.
    let mut depth = 0_u32;
    let outside = filter.chars().filter(|character| {
        let is_outside = depth == 0;
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_outside
    });
    outside.collect()
}

/// Whether a character is one of a module's path.
fn is_of_path(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | ':')
}

fn panicked(info: &PanicHookInfo<'_>) {
    let place = info.location().map(ToString::to_string);
    let backtrace = Backtrace::capture();
    let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
    tracing::error!(thread = thread::current().name(), place, reason = reason(info.payload()), backtrace, "panicked");
}

/// Why something panicked, if the program's text says it. What is put together as it runs can quote a mail: text that is cut within a
/// character, for one, is quoted by the standard library.
fn reason(payload: &dyn Any) -> Option<&'static str> {
    payload.downcast_ref::<&'static str>().copied()
}

/// Writes lines without the addresses in them. Each write is a whole line.
struct Redacting<W>(W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.write_all(&redacted(line))?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_names_a_library_is_seen() {
        for (filter, expected) in [
            ("info", None),
            ("info,waypost_mail=debug,waypost::server=trace", None),
            ("[run{a=1,b=2}]=debug", None),
            ("hyper=debug", Some("hyper")),
            ("info, h2::proto=trace", Some("h2::proto")),
        ] {
            assert_eq!(silent(filter).as_deref(), expected, "{filter}");
        }
    }

    #[test]
    fn a_level_that_is_misspelt_is_told() {
        for (filter, expected) in [
            ("info", None),
            ("INFO,waypost_app=debug", None),
            ("off, waypost_mail", None),
            ("3", None),
            ("[accept{id=inof}]=debug,warn", None),
            ("inof", Some("inof")),
            ("info,chatty", Some("chatty")),
        ] {
            assert_eq!(misspelt(filter).as_deref(), expected, "{filter}");
        }
    }

    #[test]
    fn a_panic_says_what_the_program_says_and_nothing_of_what_it_worked_on() {
        let caught = |panics: fn(&str)| panic::catch_unwind(|| panics("ein Grüßle")).unwrap_err();
        assert_eq!(reason(&*caught(|_| panic!("nobody is here"))), Some("nobody is here"));
        assert_eq!(reason(&*caught(|text| drop(text[..7].to_owned()))), None);
        assert_eq!(reason(&*caught(|text| panic!("{text}"))), None);
    }
}
