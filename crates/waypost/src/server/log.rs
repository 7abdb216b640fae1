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
use waypost_problem::nearest;

use crate::commands::serve::LogFormat;
use crate::failure::Failure;
use crate::screen;
use redacted::redacted;

/// The parts of Waypost that log.
const PARTS: [&str; 8] = [
    "waypost",
    "waypost_api",
    "waypost_app",
    "waypost_authentication",
    "waypost_catalogue",
    "waypost_mail",
    "waypost_outgoing",
    "waypost_store",
];

const LEVELS: [&str; 6] = ["error", "warn", "info", "debug", "trace", "off"];

/// Logs to stderr from now on, panics included.
pub(crate) fn to_stderr(filter: &str, format: LogFormat) -> Result<(), Failure> {
    let filter = trimmed(filter);
    if let Some(why) = misspelt(&filter) {
        return Err(Failure::of("can't read --log")(&why));
    }
    let silent = silent(&filter);
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

/// A filter without spaces around its parts: with one, a level is taken for a library's name.
fn trimmed(filter: &str) -> String {
    filter.split(',').map(str::trim).collect::<Vec<_>>().join(",")
}

/// What is wrong with a filter, if a word in it is neither a level nor a part of Waypost. It would be taken for a library's name, and nobody
/// else would be heard.
fn misspelt(filter: &str) -> Option<String> {
    let expected = || {
        let (levels, parts) = (LEVELS.join(", "), PARTS.join(", "));
        format!("levels are {levels}; parts are {parts}, as in `info,waypost_app=debug`")
    };
    if filter.split(',').all(str::is_empty) {
        return Some(format!("it is empty\n  {}", expected()));
    }
    let is_level = |word: &str| {
        LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word)) || matches!(word.as_bytes(), [b'0'..=b'5'])
    };
    let outside = outside_of_spans(filter);
    let unknown = outside.split(',').filter(|one| !one.is_empty()).find_map(|one| {
        let (word, is_of_library) = match one.split_once('=') {
            Some((name, _)) => (name.trim(), true),
            None => (one, false),
        };
        let part = word.split("::").next().unwrap_or(word);
        let near = nearest(part, PARTS.into_iter().chain(LEVELS.into_iter().filter(|_| !is_of_library)));
        let is_of_library = is_of_library && near.is_none() && !part.starts_with("waypost");
        if PARTS.contains(&part) || is_of_library || (one == word && is_level(word)) {
            return None;
        }
        let near = near.map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
        Some(format!("`{part}` is neither a level nor a part of Waypost that logs{near}\n  {}", expected()))
    });
    let is_of_others = |one: &str| one.split_once('=').is_some_and(|(name, _)| is_library(name.trim()));
    unknown.or_else(|| {
        let is_silent = filter == outside && outside.split(',').filter(|one| !one.is_empty()).all(is_of_others);
        is_silent
            .then(|| format!("it names libraries alone, and only Waypost's own lines are written\n  {}", expected()))
    })
}

/// A library that a filter wants to hear, which it will not.
fn silent(filter: &str) -> Option<String> {
    let outside = outside_of_spans(filter);
    let mut names = outside.split(',').filter_map(|one| one.split_once('=')).map(|(name, _)| name.trim());
    names.find(|name| is_library(name)).map(str::to_owned)
}

fn is_library(name: &str) -> bool {
    name.chars().all(is_of_path) && !name.is_empty() && !name.starts_with("waypost")
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
    use std::fs;
    use std::path::Path;

    use tracing_subscriber::filter::LevelFilter;

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
    fn a_word_that_is_misspelt_is_told() {
        for filter in [
            "info",
            " info ",
            "INFO, waypost_app=debug",
            "off, waypost_mail",
            "3",
            "waypost::server=trace",
            "info,hyper=debug",
            "[accept]=debug",
        ] {
            assert_eq!(misspelt(&trimmed(filter)), None, "{filter}");
        }
        for (filter, expected) in [
            ("", "it is empty\n"),
            (" , ", "it is empty\n"),
            ("mio=debug, h2::proto=trace", "it names libraries alone, and only Waypost's own lines are written\n"),
            ("inof", "`inof` is neither a level nor a part of Waypost that logs: did you mean `info`?\n"),
            ("9", "`9` is neither a level nor a part of Waypost that logs\n"),
            ("info,chatty", "`chatty` is neither"),
            ("waypostt", "`waypostt` is neither a level nor a part of Waypost that logs: did you mean `waypost`?\n"),
            (
                "waypost_ap=debug",
                "`waypost_ap` is neither a level nor a part of Waypost that logs: did you mean `waypost_api`?\n",
            ),
            (
                "info,wayposst_app=debug",
                "`wayposst_app` is neither a level nor a part of Waypost that logs: did you mean `waypost_app`?\n",
            ),
            ("waypost_engine=debug", "`waypost_engine` is neither"),
        ] {
            let told = misspelt(&trimmed(filter)).unwrap_or_default();
            assert!(told.starts_with(expected), "{filter}: {told}");
            assert!(told.ends_with("\n  levels are error, warn, info, debug, trace, off; parts are waypost, waypost_api, waypost_app, waypost_authentication, waypost_catalogue, waypost_mail, waypost_outgoing, waypost_store, as in `info,waypost_app=debug`"), "{told}");
        }
    }

    #[test]
    fn spaces_in_a_filter_change_nothing() {
        for (filter, level) in [(" info ", LevelFilter::INFO), ("warn, waypost_app=debug", LevelFilter::DEBUG)] {
            assert_eq!(EnvFilter::try_new(trimmed(filter)).unwrap().max_level_hint(), Some(level), "{filter}");
        }
    }

    #[test]
    fn the_parts_that_log_are_listed() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut found = Vec::new();
        for entry in fs::read_dir(crates).unwrap() {
            let folder = entry.unwrap().path();
            let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
            if manifest.lines().any(|line| line.starts_with("tracing.") || line.starts_with("tracing =")) {
                let name = manifest.lines().find_map(|line| line.strip_prefix("name = ")).unwrap();
                found.push(name.trim_matches('"').replace('-', "_"));
            }
        }
        found.sort_unstable();
        assert_eq!(found, PARTS);
    }

    #[test]
    fn a_panic_says_what_the_program_says_and_nothing_of_what_it_worked_on() {
        let caught = |panics: fn(&str)| panic::catch_unwind(|| panics("ein Grüßle")).unwrap_err();
        assert_eq!(reason(&*caught(|_| panic!("nobody is here"))), Some("nobody is here"));
        assert_eq!(reason(&*caught(|text| drop(text[..7].to_owned()))), None);
        assert_eq!(reason(&*caught(|text| panic!("{text}"))), None);
    }
}
