//! Settings of `waypost serve` from a TOML file. What stands in the environment overrides the file, and arguments override both.
//!
//! Keys are the names of the options. The file becomes arguments before those that were given, so that each option is described, read
//! and checked in one place.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};
use toml::de::DeValue;

use crate::failure::Failure;
use crate::{toml_file, usage};

/// The subcommand whose settings a file has.
const SERVE: &str = "serve";

/// The subcommands that take a file.
const TAKE_FILE: [&str; 2] = [SERVE, "doctor"];

/// Options that make no sense in the file.
const NOT_IN_FILE: [&str; 4] = ["config", "forget-sealed", "help", "version"];

/// Options that are no arguments: everybody on the machine sees those.
const SECRETS: [&str; 4] =
    ["smarthost-password", "smarthost-oauth-client-secret", "smarthost-oauth-refresh-token", "oidc-client-secret"];

/// The option that may be a table of names and what belongs to each.
const TABLE: &str = "oidc-grant";

/// The arguments with what the file says put where they leave room for it.
///
/// # Errors
/// Every problem of the file, with its line.
pub(crate) fn expand(command: &Command, given: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    let words = given.iter().filter_map(|word| word.to_str());
    let mut named = words.filter_map(|word| word.strip_prefix("--")?.split('=').next());
    if let Some(secret) = named.find(|name| SECRETS.contains(name)) {
        return Err(Failure::Failed(format!(
            "--{secret} can't be an argument, which everybody on the machine sees: set it in the environment, or in the TOML file"
        )));
    }
    // What is wrong with the arguments themselves is told by whoever parses them next.
    let Ok(matches) = command.clone().try_get_matches_from(&given) else { return Ok(given) };
    let Some((name, matches)) = matches.subcommand().filter(|(name, _)| TAKE_FILE.contains(name)) else {
        return Ok(given);
    };
    let Some(file) = matches.get_one::<PathBuf>("config") else { return Ok(given) };
    let settings = read(command, file)?;
    let place = given.iter().position(|word| word == name).map_or(given.len(), |place| place + 1);
    let mut expanded = given;
    expanded.splice(
        place..place,
        settings.into_iter().filter(|one| !is_given(matches, &one.name)).flat_map(Setting::words),
    );
    Ok(expanded)
}

/// An option with its value as an argument would have it; none for a flag.
struct Setting {
    name: String,
    value: Option<String>,
}

impl Setting {
    fn words(self) -> Option<OsString> {
        Some(match self.value {
            Some(value) => format!("--{}={value}", self.name).into(),
            None => format!("--{}", self.name).into(),
        })
    }
}

fn is_given(matches: &ArgMatches, name: &str) -> bool {
    let source = matches.value_source(&name.replace('-', "_"));
    matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
}

fn read(command: &Command, file: &Path) -> Result<Vec<Setting>, Failure> {
    toml_file::read(file, |key, at, value, problems| {
        setting(command, key, value).unwrap_or_else(|problem| {
            problems.add(at, problem);
            None
        })
    })
}

/// Reads one key; none for a flag that is off.
fn setting(command: &Command, key: &str, value: &DeValue<'_>) -> Result<Option<Setting>, String> {
    let serve = command.find_subcommand(SERVE).ok_or("there is no such command")?;
    let names = || serve.get_arguments().filter_map(clap::Arg::get_long).filter(|name| !NOT_IN_FILE.contains(name));
    let Some(argument) =
        serve.get_arguments().find(|argument| argument.get_long() == Some(key) && !NOT_IN_FILE.contains(&key))
    else {
        let hint = toml_file::instead(&names().collect::<Vec<_>>(), key);
        return Err(format!("`{key}` is not a setting: {hint}"));
    };
    let name = key.to_owned();
    let value = match (value, argument.get_action()) {
        (DeValue::Boolean(false), ArgAction::SetTrue) => return Ok(None),
        (DeValue::Boolean(true), ArgAction::SetTrue) => return Ok(Some(Setting { name, value: None })),
        (_, ArgAction::SetTrue) => return Err(format!("`{key}` is on or off: expected true or false")),
        (DeValue::String(text), _) => text.to_string(),
        (DeValue::Integer(number), _) => number.to_string(),
        (DeValue::Array(values), ArgAction::Append) => {
            let texts: Option<Vec<&str>> = values.iter().map(|value| value.get_ref().as_str()).collect();
            texts.ok_or_else(|| format!("`{key}` can't be this: expected a list of texts"))?.join(&delimiter(argument))
        }
        (DeValue::Table(table), ArgAction::Append) if key == TABLE => {
            let pairs: Option<Vec<String>> =
                table.iter().map(|(name, value)| pair(name.get_ref(), value.get_ref())).collect();
            let expected = || format!("`{key}` can't be this: expected for each name a text or a list of texts");
            pairs.ok_or_else(expected)?.join(&delimiter(argument))
        }
        _ => return Err(format!("`{key}` can't be this: expected a text or a whole number")),
    };
    // Alone, so that every value that is wrong is told at once; what options want of each other is seen when all are read.
    let alone = [command.get_name().to_owned(), SERVE.to_owned(), format!("--{key}={value}")];
    match command.clone().try_get_matches_from(alone) {
        Err(error) if matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue) => {
            Err(refused(key, &error))
        }
        _ => Ok(Some(Setting { name, value: Some(value) })),
    }
}

/// What values of an option are parted by.
fn delimiter(argument: &clap::Arg) -> String {
    argument.get_value_delimiter().unwrap_or(',').to_string()
}

/// A line of a table as an argument has it: `NAME=VALUE,VALUE`.
fn pair(name: &str, value: &DeValue<'_>) -> Option<String> {
    let value = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Array(values) => {
            let texts: Option<Vec<&str>> = values.iter().map(|value| value.get_ref().as_str()).collect();
            texts?.join(",")
        }
        _ => return None,
    };
    Some(format!("{name}={value}"))
}

/// What an option says of a value, without the value: it may be a secret.
fn refused(key: &str, error: &clap::Error) -> String {
    let allowed = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(allowed)) if !allowed.is_empty() => {
            format!(": expected one of {}", allowed.join(", "))
        }
        _ => std::error::Error::source(error).map_or_else(String::new, |why| usage::words(&format!(": {why}"))),
    };
    format!("the value of `{key}` is refused{allowed}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A password that was put into the wrong place must not get into the log of a service.
    #[test]
    fn no_refused_value_is_repeated() {
        let command = crate::command();
        let serve = command.find_subcommand(SERVE).unwrap();
        let mut refused = 0;
        for key in serve.get_arguments().filter_map(clap::Arg::get_long).filter(|name| !NOT_IN_FILE.contains(name)) {
            for value in [
                "hunter2",
                "x=hunter2",
                "hunter2=x",
                "ses=hunter2",
                "x=admin,hunter2",
                "u:hunter2@x",
                "smtp://x:hunter2@y z",
            ] {
                let Err(told) = setting(&command, key, &DeValue::String(value.into())) else { continue };
                refused += 1;
                assert!(!told.contains("hunter2"), "{key}={value}: {told}");
            }
        }
        assert!(refused > 100, "{refused} refusals");
    }
}
