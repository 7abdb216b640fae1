//! XFORWARD: a trusted relay says where it has the next message from (Postfix's XFORWARD_README). That is recorded; limits
//! stay the relay's own.

use super::super::session::Session;
use super::DONE;

/// What may be said. All but address and port is taken and not used.
const NAMES: [&str; 7] = ["NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"];

/// The line of EHLO.
pub(super) fn offer() -> String {
    format!("XFORWARD {}", NAMES.join(" "))
}

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) {
    let Some(told) = super::told(session, rest, &NAMES, out) else { return };
    // Postfix needs two lines for all of it.
    if let Some(client) = told.client() {
        session.forwarded = Some(client);
    }
    DONE.write(out, "noted");
}
