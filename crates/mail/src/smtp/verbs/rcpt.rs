//! RCPT TO: names a recipient, on whom the intake is asked (RFC 5321 section 4.1.1.3).

use super::super::complaint::Complaint;
use super::super::path::{Path, parameters};
use super::super::session::{Session, Step};
use super::mail::after_keyword;

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    let Some(transaction) = session.transaction.as_ref() else {
        return session.complained(Complaint::NoSender, None, out);
    };
    if transaction.chunks.is_some() {
        return session.complained(Complaint::WithinChunks, None, out);
    }
    // The client is to send the message to the others first (RFC 5321 section 4.5.3.1.10). It may have named all of them in one go, and must get
    // as far as that.
    let most = session.settings.max_recipients;
    if transaction.recipients.len() >= most {
        session.uncount();
        return session.complained(Complaint::TooManyRecipients, Some(most as u64), out);
    }
    let smtputf8 = transaction.smtputf8;
    let path = after_keyword(rest, "TO:").and_then(Path::parse).filter(|(path, _)| path.is_someone());
    let Some((path, rest)) = path else {
        return session.complained(Complaint::BadRecipient, None, out);
    };
    if parameters(rest).next().is_some() {
        return session.complained(Complaint::UnknownParameter, None, out);
    }
    if !smtputf8 && !path.is_ascii() {
        return session.complained(Complaint::NeedsSmtputf8, None, out);
    }
    Some(session.ask(path.named()))
}
