//! SendGrid: a form with `email` and `envelope`, and HTTP Basic by the webhook's URL or an ECDSA signature.

use jiff::Timestamp;
use serde::Deserialize;

use crate::form::Form;
use crate::{Credential, Mail, Posted, Problem, Refused, bare, is_fresh, missing, with_line_ends};

#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    to: Vec<String>,
    #[serde(default)]
    from: String,
}

pub(crate) async fn read(credential: &Credential, posted: Posted, now: Timestamp) -> Result<Mail, Refused> {
    credential.admits(posted.authorization.as_deref())?;
    if let Some(time) = credential.signed_body(&posted)? {
        let signed_at = time.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        if !signed_at.is_some_and(|at| is_fresh(at, now)) {
            return Err(Refused::Stale);
        }
    }
    let form = Form::read(&posted.content_type, posted.body).await?;
    let mut problems = Vec::new();
    let raw = form.bytes("email").filter(|raw| !raw.is_empty());
    if raw.is_none() {
        problems.push(missing("email", "the raw message: turn on \"POST the raw, full MIME message\""));
    }
    let expected = "a JSON object such as {\"to\": [\"ann@example.com\"], \"from\": \"bob@example.org\"}";
    let envelope = match form.text("envelope").map(serde_json::from_str::<Envelope>) {
        Some(Ok(envelope)) if !envelope.to.is_empty() => Some(envelope),
        Some(Ok(_)) => {
            problems.push(Problem { field: "envelope", message: "has no recipient".to_owned(), expected });
            None
        }
        Some(Err(error)) => {
            problems.push(Problem { field: "envelope", message: error.to_string(), expected });
            None
        }
        None => {
            problems.push(missing("envelope", expected));
            None
        }
    };
    let (Some(raw), Some(envelope)) = (raw, envelope) else { return Err(Refused::Malformed(problems)) };
    let recipients = envelope.to.iter().map(|address| bare(address)).collect();
    Ok(Mail { from: bare(&envelope.from), recipients, raw: with_line_ends(raw), token: None })
}
