//! RSET: forgets the transaction (RFC 5321 section 4.1.1.5).

use super::super::session::Session;
use super::{DONE, no_arguments};

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) {
    if no_arguments(session, rest, out) {
        session.transaction = None;
        session.forwarded = None;
        DONE.write(out, "forgotten");
    }
}
