//! The commands of RFC 5321 section 4.1 and of the extensions offered, one file each.

mod bdat;
mod data;
mod ehlo;
mod helo;
mod help;
mod mail;
mod noop;
mod quit;
mod rcpt;
mod rset;
mod starttls;
mod vrfy;
mod xclient;
mod xforward;

use super::attributes::Attributes;
use super::complaint::Complaint;
use super::reply::{Class, Status};
use super::session::{Session, Step};

pub(super) use bdat::chunk_read;

/// Done.
const DONE: Status = Status::new(Class::Success, 50, 0, 0);

/// Carries out a command line, its CRLF removed.
pub(super) fn run<T>(session: &mut Session<T>, line: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    let (verb, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let is = |name: &str| verb.eq_ignore_ascii_case(name);
    if is("MAIL") {
        return mail::run(session, rest, out);
    } else if is("RCPT") {
        return rcpt::run(session, rest, out);
    } else if is("DATA") {
        data::run(session, rest, out);
    } else if is("BDAT") {
        return bdat::run(session, rest, out);
    } else if is("EHLO") {
        ehlo::run(session, rest, out);
    } else if is("HELO") {
        helo::run(session, rest, out);
    } else if is("RSET") {
        rset::run(session, rest, out);
    } else if is("NOOP") {
        noop::run(out);
    } else if is("QUIT") {
        quit::run(session, rest, out);
    } else if is("STARTTLS") {
        return starttls::run(session, rest, out);
    } else if is("VRFY") {
        vrfy::run(session, rest, out);
    } else if is("HELP") {
        help::run(out);
    } else if is("XCLIENT") {
        return xclient::run(session, rest, out);
    } else if is("XFORWARD") {
        xforward::run(session, rest, out);
    } else if is("PROXY") {
        session.complain(Complaint::ProxyUntrusted, None, out);
    } else if is_http(verb) {
        // A browser can be made to send a request here, whose body another wrote: nothing of it may be taken for commands.
        session.complain(Complaint::Http, None, out);
    } else {
        session.complain(Complaint::UnknownCommand, None, out);
    }
    None
}

/// Whether a line can only be the beginning of an HTTP request: a method (RFC 9110 section 9), or a field's name.
fn is_http(verb: &str) -> bool {
    const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PRI"];
    METHODS.iter().any(|method| verb.eq_ignore_ascii_case(method)) || (verb.len() > 1 && verb.ends_with(':'))
}

/// Refuses arguments where there can be none.
fn no_arguments<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> bool {
    let none = rest.trim().is_empty();
    if !none {
        session.complain(Complaint::Argument, None, out);
    }
    none
}

/// The name in EHLO or HELO. A domain or an address literal by the book, but half of all clients send something else.
fn client_name<'a, T>(session: &mut Session<T>, rest: &'a str, out: &mut Vec<u8>) -> Option<&'a str> {
    let name = rest.trim();
    if name.is_empty() || name.len() > 255 || name.contains(char::is_whitespace) {
        session.complain(Complaint::NoName, None, out);
        return None;
    }
    Some(name)
}

/// What XCLIENT or XFORWARD says, if the client may say it.
fn told<T>(session: &mut Session<T>, rest: &str, names: &[&str], out: &mut Vec<u8>) -> Option<Attributes> {
    let trusted = session.may_name_client();
    let complaint = match Attributes::read(rest, names) {
        _ if !trusted => Complaint::Untrusted,
        _ if session.transaction.is_some() => Complaint::WithinTransaction,
        Some(told) => return Some(told),
        None => Complaint::BadAttribute,
    };
    session.complain(complaint, None, out);
    None
}
