//! HELP: the commands (RFC 5321 section 4.1.1.8).

use super::super::reply::{Class, Status};

pub(super) fn run(out: &mut Vec<u8>) {
    Status::new(Class::Success, 14, 0, 0)
        .write(out, "EHLO HELO STARTTLS MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT (RFC 5321)");
}
