//! Postmark: a JSON object with `RawEmail`, and HTTP Basic by the webhook's URL.

use serde::Deserialize;

use crate::{Credential, Mail, Posted, Problem, Refused, bare, missing, with_line_ends};

/// What is read of the object; it repeats the message in other members.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inbound {
    from: Option<String>,
    from_full: Option<Address>,
    original_recipient: Option<String>,
    #[serde(default)]
    headers: Vec<Field>,
    raw_email: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Address {
    email: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Field {
    name: String,
    value: String,
}

pub(crate) fn read(credential: &Credential, posted: Posted) -> Result<Mail, Refused> {
    credential.admits(posted.authorization.as_deref())?;
    let inbound: Inbound = serde_json::from_slice(&posted.body).map_err(|error| {
        let problem = Problem { field: "body", message: error.to_string(), expected: "Postmark's JSON object" };
        Refused::Malformed(vec![problem])
    })?;
    let mut problems = Vec::new();
    let raw = inbound.raw_email.filter(|raw| !raw.is_empty());
    if raw.is_none() {
        let expected = "the raw message: turn on \"Include raw email content in JSON payload\"";
        problems.push(missing("RawEmail", expected));
    }
    let recipient = inbound.original_recipient.map(|address| bare(&address)).filter(|address| !address.is_empty());
    if recipient.is_none() {
        problems.push(missing("OriginalRecipient", "the envelope recipient"));
    }
    let (Some(raw), Some(recipient)) = (raw, recipient) else { return Err(Refused::Malformed(problems)) };
    // The envelope sender is in the header that Postmark adds.
    let returns = inbound.headers.iter().find(|field| field.name.eq_ignore_ascii_case("return-path"));
    let from = match returns {
        Some(field) => bare(&field.value),
        None => inbound.from_full.map(|from| from.email).or(inbound.from).map(|from| bare(&from)).unwrap_or_default(),
    };
    Ok(Mail { from, recipients: vec![recipient], raw: with_line_ends(raw.as_bytes()), token: None })
}
