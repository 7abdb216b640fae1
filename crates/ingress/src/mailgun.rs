//! Mailgun: a form with `body-mime`, and an HMAC over time and token.

use jiff::Timestamp;

use crate::form::Form;
use crate::{Credential, Mail, Posted, Problem, Refused, bare, is_fresh, missing, with_line_ends};

pub(crate) async fn read(credential: &Credential, posted: Posted, now: Timestamp) -> Result<Mail, Refused> {
    let form = Form::read(&posted.content_type, posted.body).await;
    let form = form.map_err(|_| Refused::Unproven("the body is not a form"))?;
    let field = |name| form.text(name).unwrap_or_default();
    let (time, token) = (field("timestamp"), field("token"));
    credential.signed([time, token].concat().as_bytes(), field("signature"))?;
    let signed_at = time.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    if !signed_at.is_some_and(|at| is_fresh(at, now)) || token.is_empty() {
        return Err(Refused::Stale);
    }
    let mut problems = Vec::new();
    let raw = form.bytes("body-mime").filter(|raw| !raw.is_empty());
    if raw.is_none() {
        problems.push(missing("body-mime", "the raw message: the route must forward to a URL that ends in `mime`"));
    }
    let recipients: Vec<String> =
        field("recipient").split(',').map(bare).filter(|recipient| !recipient.is_empty()).collect();
    if recipients.is_empty() {
        problems.push(missing("recipient", "the envelope recipient"));
    }
    // Without one a bounce would be taken for mail of somebody.
    let sender = form.text("sender");
    if sender.is_none() {
        problems.push(missing("sender", "the envelope sender, empty for a bounce"));
    }
    let problems: Vec<Problem> = problems;
    match (raw, sender) {
        (Some(raw), Some(sender)) if problems.is_empty() => {
            let token = Some(token.to_owned());
            Ok(Mail { from: bare(sender), recipients, raw: with_line_ends(raw), token })
        }
        _ => Err(Refused::Malformed(problems)),
    }
}
