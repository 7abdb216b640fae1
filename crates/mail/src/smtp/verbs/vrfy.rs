//! VRFY: says neither yes nor no, so that addresses can't be harvested (RFC 5321 section 7.3).

use super::super::complaint::Complaint;
use super::super::reply::{Class, Status};
use super::super::session::Session;

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) {
    if rest.trim().is_empty() {
        session.complain(Complaint::VerifyNobody, None, out);
    } else {
        Status::new(Class::Success, 52, 5, 0).write(out, "can't say; try to send a message");
    }
}
