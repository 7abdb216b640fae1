//! MAIL FROM: starts a transaction (RFC 5321 section 4.1.1.2), with SIZE (RFC 1870), BODY (RFC 6152) and SMTPUTF8
//! (RFC 6531).

use super::super::path::{Path, parameters};
use super::super::refusal::Cause;
use super::super::reply::{Class, Status};
use super::super::session::{Session, Step, Transaction};
use super::{ARGUMENTS, SEQUENCE};

/// The address in MAIL is wrong in form.
const BAD_SENDER: Status = Status::new(Class::Permanent, 1, 1, 7);
/// A parameter that is not known.
pub(super) const UNKNOWN_PARAMETER: Status = Status::new(Class::Permanent, 55, 5, 4);
/// An address has characters outside ASCII, and the client did not announce them.
pub(super) const NEEDS_SMTPUTF8: Status = Status::new(Class::Permanent, 53, 6, 7);

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    match transaction(session, rest) {
        Ok(transaction) => {
            session.transaction = Some(transaction);
            Some(Step::Sender)
        }
        Err((status, text)) => {
            session.fail(status, text, out);
            None
        }
    }
}

/// The transaction that a command starts, or what is wrong with the command.
fn transaction<T>(session: &Session<T>, rest: &str) -> Result<Transaction<T>, (Status, &'static str)> {
    if session.helo.is_none() {
        return Err((SEQUENCE, "say EHLO first"));
    }
    if session.transaction.is_some() {
        return Err((SEQUENCE, "there is a sender already; RSET starts again"));
    }
    let path = after_keyword(rest, "FROM:").and_then(Path::parse);
    let Some((path, rest)) = path.filter(|(path, _)| path.is_null() || !path.domain.is_empty()) else {
        return Err((BAD_SENDER, "expected MAIL FROM:<local@domain> or MAIL FROM:<>"));
    };
    let mut declared = 0;
    let mut smtputf8 = false;
    let mut seen = Vec::new();
    for (keyword, value) in parameters(rest) {
        if seen.contains(&keyword) {
            return Err((ARGUMENTS, "a parameter is there twice"));
        }
        match (keyword.as_str(), value) {
            ("SIZE", Some(value)) if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // A number that does not fit is larger than any message taken.
                declared = value.parse().unwrap_or(usize::MAX);
            }
            ("BODY", Some(value)) if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
            ("SMTPUTF8", None) => smtputf8 = true,
            ("SIZE" | "BODY" | "SMTPUTF8", _) => {
                return Err((ARGUMENTS, "expected SIZE=bytes, BODY=7BIT or 8BITMIME, SMTPUTF8"));
            }
            _ => return Err((UNKNOWN_PARAMETER, "parameter not known")),
        }
        seen.push(keyword);
    }
    if !smtputf8 && !path.is_ascii() {
        return Err((NEEDS_SMTPUTF8, "this address needs the parameter SMTPUTF8"));
    }
    if declared > session.settings.max_message {
        return Err((Cause::TooLarge.status(), Cause::TooLarge.text()));
    }
    let sender = if path.is_null() { String::new() } else { format!("{}@{}", path.local, path.domain) };
    Ok(Transaction { sender, smtputf8, declared, recipients: Vec::new(), chunks: None })
}

/// What follows `FROM:` or `TO:`.
pub(super) fn after_keyword<'a>(rest: &'a str, keyword: &str) -> Option<&'a str> {
    let rest = rest.trim_start();
    let start = rest.get(..keyword.len())?;
    if start.eq_ignore_ascii_case(keyword) { rest.get(keyword.len()..) } else { None }
}
