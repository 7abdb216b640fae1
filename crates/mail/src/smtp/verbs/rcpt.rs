//! RCPT TO: names a recipient, on whom the intake is asked (RFC 5321 section 4.1.1.3).

use super::super::intake::Recipient;
use super::super::path::{Path, parameters};
use super::super::reply::{Class, Status};
use super::super::session::{Session, Step};
use super::SEQUENCE;
use super::mail::{NEEDS_SMTPUTF8, UNKNOWN_PARAMETER, after_keyword};

/// The address in RCPT is wrong in form.
const BAD_RECIPIENT: Status = Status::new(Class::Permanent, 1, 1, 3);
/// The client is to send the message to the others first (RFC 5321 section 4.5.3.1.10).
const TOO_MANY: Status = Status::new(Class::Temporary, 52, 5, 3);

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    let Some(transaction) = session.transaction.as_ref().filter(|transaction| transaction.chunks.is_none()) else {
        session.fail(SEQUENCE, "recipients come after MAIL and before the content", out);
        return None;
    };
    if transaction.recipients.len() >= session.settings.max_recipients {
        TOO_MANY.write(out, "too many recipients; send to these first");
        return None;
    }
    let smtputf8 = transaction.smtputf8;
    // Without a domain, only the postmaster is somebody.
    let is_someone = |path: &Path| !path.domain.is_empty() || path.local.eq_ignore_ascii_case("postmaster");
    let path = after_keyword(rest, "TO:").and_then(Path::parse).filter(|(path, _)| is_someone(path));
    let Some((path, rest)) = path else {
        session.fail(BAD_RECIPIENT, "expected RCPT TO:<local@domain>", out);
        return None;
    };
    if parameters(rest).next().is_some() {
        session.fail(UNKNOWN_PARAMETER, "parameter not known", out);
        return None;
    }
    if !smtputf8 && !path.is_ascii() {
        session.fail(NEEDS_SMTPUTF8, "this address needs the parameter SMTPUTF8 in MAIL", out);
        return None;
    }
    Some(session.ask(Recipient { local: path.local, domain: path.domain }))
}
