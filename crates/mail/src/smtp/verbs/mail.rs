//! MAIL FROM: starts a transaction (RFC 5321 section 4.1.1.2), with SIZE (RFC 1870), BODY (RFC 6152) and SMTPUTF8
//! (RFC 6531).

use super::super::complaint::Complaint;
use super::super::path::{Path, parameters};
use super::super::session::{Session, Step, Transaction};

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    match transaction(session, rest) {
        Ok(transaction) => {
            session.transaction = Some(transaction);
            Some(Step::Sender)
        }
        Err(complaint) => {
            let limit = (complaint == Complaint::TooLarge).then_some(session.settings.max_message as u64);
            session.complained(complaint, limit, out)
        }
    }
}

/// The transaction that a command starts, or what is wrong with the command.
fn transaction<T>(session: &Session<T>, rest: &str) -> Result<Transaction<T>, Complaint> {
    if session.helo.is_none() {
        return Err(Complaint::NoHello);
    }
    if session.transaction.is_some() {
        return Err(Complaint::SenderTwice);
    }
    let path = after_keyword(rest, "FROM:").and_then(Path::parse);
    let Some((path, rest)) = path.filter(|(path, _)| path.is_null() || !path.domain.is_empty()) else {
        return Err(Complaint::BadSender);
    };
    let mut declared = 0;
    let mut smtputf8 = false;
    let mut seen = Vec::new();
    for (keyword, value) in parameters(rest) {
        if seen.contains(&keyword) {
            return Err(Complaint::ParameterTwice);
        }
        match (keyword.as_str(), value) {
            ("SIZE", Some(value)) if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                // A number that does not fit is larger than any message taken.
                declared = value.parse().unwrap_or(usize::MAX);
            }
            ("BODY", Some(value)) if value.eq_ignore_ascii_case("7BIT") || value.eq_ignore_ascii_case("8BITMIME") => {}
            ("SMTPUTF8", None) => smtputf8 = true,
            ("SIZE" | "BODY" | "SMTPUTF8", _) => {
                return Err(Complaint::BadParameter);
            }
            _ => return Err(Complaint::UnknownParameter),
        }
        seen.push(keyword);
    }
    if !smtputf8 && !path.is_ascii() {
        return Err(Complaint::NeedsSmtputf8);
    }
    if declared > session.settings.max_message {
        return Err(Complaint::TooLarge);
    }
    let sender = if path.is_null() { String::new() } else { path.named().to_string() };
    Ok(Transaction { sender, smtputf8, declared, recipients: Vec::new(), chunks: None })
}

/// What follows `FROM:` or `TO:`.
pub(super) fn after_keyword<'a>(rest: &'a str, keyword: &str) -> Option<&'a str> {
    let rest = rest.trim_start();
    let start = rest.get(..keyword.len())?;
    if start.eq_ignore_ascii_case(keyword) { rest.get(keyword.len()..) } else { None }
}
