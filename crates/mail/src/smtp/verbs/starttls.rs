//! STARTTLS: encrypts the connection (RFC 3207).

use super::super::reply::{Class, Status};
use super::super::session::{Session, Step};
use super::{SEQUENCE, no_arguments};

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    if !no_arguments(session, rest, out) {
        return None;
    }
    if session.secure {
        session.fail(SEQUENCE, "the connection is encrypted already", out);
        return None;
    }
    if session.settings.tls.is_none() {
        session.fail(Status::new(Class::Permanent, 2, 5, 1), "TLS is not offered here", out);
        return None;
    }
    if session.transaction.is_some() {
        session.fail(SEQUENCE, "not within a transaction; RSET ends it", out);
        return None;
    }
    Status::new(Class::Success, 20, 0, 0).write(out, "start TLS");
    Some(Step::StartTls)
}
