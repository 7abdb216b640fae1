//! MAIL FROM: starts a transaction (RFC 5321 section 4.1.1.2), with SIZE (RFC 1870), BODY (RFC 6152) and SMTPUTF8
//! (RFC 6531).

use super::super::path::{Path, parameters};
use super::super::refusal::{Cause, Refusal};
use super::super::reply::{Class, Status};
use super::super::session::{Session, Transaction};
use super::{ARGUMENTS, SEQUENCE};

/// The address in MAIL is wrong in form.
const BAD_SENDER: Status = Status::new(Class::Permanent, 1, 1, 7);
/// A parameter that is not known.
pub(super) const UNKNOWN_PARAMETER: Status = Status::new(Class::Permanent, 55, 5, 4);
/// An address has characters outside ASCII, and the client did not announce them.
pub(super) const NEEDS_SMTPUTF8: Status = Status::new(Class::Permanent, 53, 6, 7);

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) {
    if session.helo.is_none() {
        return session.fail(SEQUENCE, "say EHLO first", out);
    }
    if session.transaction.is_some() {
        return session.fail(SEQUENCE, "there is a sender already; RSET starts again", out);
    }
    let path = after_keyword(rest, "FROM:").and_then(Path::parse);
    let Some((path, rest)) = path.filter(|(path, _)| path.is_null() || !path.domain.is_empty()) else {
        return session.fail(BAD_SENDER, "expected MAIL FROM:<local@domain> or MAIL FROM:<>", out);
    };
    let mut declared = 0;
    let mut smtputf8 = false;
    for (keyword, value) in parameters(rest) {
        match (keyword.as_str(), value) {
            ("SIZE", Some(value)) if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // A number that does not fit is larger than any message taken.
                declared = value.parse().unwrap_or(usize::MAX);
            }
            ("BODY", Some(value)) if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
            ("SMTPUTF8", None) => smtputf8 = true,
            ("SIZE" | "BODY" | "SMTPUTF8", _) => {
                return session.fail(ARGUMENTS, "expected SIZE=bytes, BODY=7BIT or 8BITMIME, SMTPUTF8", out);
            }
            _ => return session.fail(UNKNOWN_PARAMETER, "parameter not known", out),
        }
    }
    if !smtputf8 && !path.is_ascii() {
        return session.fail(NEEDS_SMTPUTF8, "this address needs the parameter SMTPUTF8", out);
    }
    if declared > session.settings.max_message {
        let refusal = Refusal::new(Cause::TooLarge, "announced as too large");
        return session.fail(refusal.cause().status(), refusal.public(), out);
    }
    let sender = if path.is_null() { String::new() } else { format!("{}@{}", path.local, path.domain) };
    session.transaction = Some(Transaction { sender, smtputf8, declared, recipients: Vec::new(), chunks: None });
    Status::new(Class::Success, 50, 1, 0).write(out, "sender taken");
}

/// What follows `FROM:` or `TO:`.
pub(super) fn after_keyword<'a>(rest: &'a str, keyword: &str) -> Option<&'a str> {
    let rest = rest.trim_start();
    let start = rest.get(..keyword.len())?;
    if start.eq_ignore_ascii_case(keyword) { rest.get(keyword.len()..) } else { None }
}
