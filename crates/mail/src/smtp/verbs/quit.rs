//! QUIT: the end (RFC 5321 section 4.1.1.10).

use super::super::reply::{Class, Status};
use super::super::session::Session;
use super::no_arguments;

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) {
    if no_arguments(session, rest, out) {
        Status::new(Class::Success, 21, 0, 0).write(out, "goodbye");
        session.end();
    }
}
