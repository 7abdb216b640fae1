//! NOOP: nothing, with or without an argument (RFC 5321 section 4.1.1.9).

use super::DONE;

pub(super) fn run(out: &mut Vec<u8>) {
    DONE.write(out, "nothing done");
}
