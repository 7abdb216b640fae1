//! XCLIENT: a trusted front end says who the client is, and the session begins anew as if that client had connected (Postfix's
//! XCLIENT_README).

use super::super::session::{Session, Step};

/// What may be said. All but address, port and HELO is taken and not used.
const NAMES: [&str; 8] = ["NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"];

/// The line of EHLO.
pub(super) fn offer() -> String {
    format!("XCLIENT {}", NAMES.join(" "))
}

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    let told = super::told(session, rest, &NAMES, out)?;
    if let Some(helo) = &told.helo {
        session.told_helo = Some(helo.clone());
    }
    // What comes from now on is the client's, whoever that is: it must not say who it is itself.
    session.is_client |= told.addressed;
    // Without an address the client is who it was; the session begins anew all the same.
    Some(Step::Client(told.client().unwrap_or_else(|| session.remote())))
}
