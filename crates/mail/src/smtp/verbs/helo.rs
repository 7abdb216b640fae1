//! HELO: the client's name, without extensions (RFC 5321 section 4.1.1.1).

use super::super::reply::{Class, Status};
use super::super::session::Session;
use super::client_name;

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) {
    let Some(name) = client_name(session, rest, out) else { return };
    session.helo = Some(name.to_owned());
    session.transaction = None;
    session.forwarded = None;
    Status::plain(Class::Success, 50).write(out, &session.settings.hostname);
}
