//! DATA: the content follows, up to a line with a dot (RFC 5321 section 4.1.1.4).

use super::super::complaint::Complaint;
use super::super::reply::{Class, Status};
use super::super::session::Session;
use super::no_arguments;

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) {
    if !no_arguments(session, rest, out) {
        return;
    }
    match &session.transaction {
        Some(transaction) if transaction.chunks.is_some() => {
            session.complain(Complaint::WithinChunks, None, out);
        }
        Some(transaction) if !transaction.recipients.is_empty() => {
            let declared = transaction.declared;
            session.expect_data(declared);
            Status::plain(Class::Intermediate, 54).write(out, "send the message, end with a dot on a line of its own");
        }
        Some(_) => session.complain(Complaint::NoRecipients, None, out),
        None => session.complain(Complaint::NoSender, None, out),
    }
}
