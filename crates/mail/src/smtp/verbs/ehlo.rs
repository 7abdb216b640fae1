//! EHLO: the client's name, answered by what the server can do (RFC 5321 section 4.1.1.1).

use std::fmt::Display;

use super::super::reply::{Class, Status};
use super::super::session::Session;
use super::{client_name, xclient, xforward};

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) {
    let Some(name) = client_name(session, rest, out) else { return };
    session.helo = Some(name.to_owned());
    session.transaction = None;
    session.forwarded = None;
    let settings = &session.settings;
    let size = format!("SIZE {}", settings.max_message);
    let mut lines: Vec<&dyn Display> =
        vec![&settings.hostname, &"PIPELINING", &size, &"8BITMIME", &"SMTPUTF8", &"CHUNKING"];
    if settings.tls.is_some() && !session.secure {
        lines.push(&"STARTTLS");
    }
    let (xclient, xforward) = (xclient::offer(), xforward::offer());
    if session.may_name_client() {
        lines.extend([&xclient as &dyn Display, &xforward]);
    }
    lines.push(&"ENHANCEDSTATUSCODES");
    Status::plain(Class::Success, 50).write_lines(out, &lines);
}
