//! What is said of arguments that can't be read.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use waypost_reach::Url;

use crate::screen;

/// Values that may be secrets, or have one in them, by the names that help texts have for them.
const MAY_BE_SECRET: [&str; 6] = ["<URL>", "<PASSWORD>", "<SECRET>", "<TOKEN>", "<PROVIDER=SECRET>", "<GROUP=SCOPES>"];

/// Prints help, the version, or what is wrong with the arguments. Exit code of the latter: 2, but 1 where 2 says that something differs:
/// a script that takes 2 for "there are changes" must not go on after a misspelt option.
pub(crate) fn unparsed(mut error: clap::Error, given: &[OsString]) -> ExitCode {
    hide(&mut error);
    let text = error.render().to_string();
    let ours = hidden(&error, words(&text));
    // Whoever closed our output does not want to know.
    let _: io::Result<()> = if ours == text { error.print() } else { write!(screen::stderr(), "{ours}") };
    let tells_differences = given.get(1).is_some_and(|command| command == "plan" || command == "diff");
    match error.exit_code() {
        0 => ExitCode::SUCCESS,
        _ if tells_differences => ExitCode::from(1),
        _ => ExitCode::from(2),
    }
}

/// Hides a refused value that may have a secret in it: what is printed gets into logs.
fn hide(error: &mut clap::Error) {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let is_plain_url = argument.ends_with("<URL>") && names_server(value);
    if !is_plain_url && MAY_BE_SECRET.iter().any(|name| argument.contains(name)) {
        error.insert(ContextKind::InvalidValue, ContextValue::String("(hidden)".to_owned()));
    }
}

/// A URL with a password may be given to an option that takes none: what was refused is hidden wherever the text has it.
fn hidden(error: &clap::Error, text: String) -> String {
    let given = [ContextKind::InvalidValue, ContextKind::InvalidArg].into_iter().filter_map(|kind| error.get(kind));
    given.fold(text, |text, given| match given {
        ContextValue::String(given) if may_have_password(given) => text.replace(given, "(hidden)"),
        _ => text,
    })
}

/// Whether a value is like a URL or an address with more in it than the name of a server.
fn may_have_password(value: &str) -> bool {
    let is_user = value.split_once('@').is_some_and(|(user, _)| user.contains(':'));
    !names_server(value) && (is_user || value.contains("://"))
}

/// Whether a URL names a server and nothing else. Of one that can't be read, any part may be a password.
fn names_server(value: &str) -> bool {
    Url::parse(value).is_ok_and(|url| {
        let host = url.host_str().unwrap_or_default();
        let is_name = !host.is_empty() && !host.contains('%');
        let is_all = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        is_name && is_all && url.username().is_empty() && url.password().is_none()
    })
}

/// Says what libraries say of numbers as we say it.
pub(crate) fn words(text: &str) -> String {
    [
        ("invalid digit found in string", "expected a whole number"),
        ("cannot parse integer from empty string", "expected a whole number"),
        ("invalid float literal", "expected a number"),
        ("cannot parse float from empty string", "expected a number"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}
