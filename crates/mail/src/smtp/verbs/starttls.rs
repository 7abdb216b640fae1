//! STARTTLS: encrypts the connection (RFC 3207).

use super::super::complaint::Complaint;
use super::super::reply::{Class, Status};
use super::super::session::{Session, Step};
use super::no_arguments;

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    if !no_arguments(session, rest, out) {
        return None;
    }
    if session.secure {
        return session.complained(Complaint::SecureAlready, None, out);
    }
    if session.settings.tls.is_none() {
        return session.complained(Complaint::NoTls, None, out);
    }
    if session.transaction.is_some() {
        return session.complained(Complaint::WithinTransaction, None, out);
    }
    Status::new(Class::Success, 20, 0, 0).write(out, "start TLS");
    Some(Step::StartTls)
}
