//! Amazon SNS: notifications that it signs, and what SES puts into them.
//! "Verifying the signatures of Amazon SNS messages" of the SNS developer guide; version 2 of the signature, SHA-256 with RSA.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;

use crate::{Mail, Problem, Refused, bare, is_fresh, missing, with_line_ends};

/// A message of a topic. Nothing in it may be believed before [`Message::verify`].
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    topic_arn: String,
    subject: Option<String>,
    message: String,
    timestamp: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL")]
    certificate: String,
    #[serde(rename = "SubscribeURL")]
    subscribe: Option<String>,
    token: Option<String>,
}

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A mail.
    Mail(Mail),
    /// The topic asks whether it may post here: a GET of this URL says yes.
    Confirm(String),
    /// Nothing to do: the subscription ended, or SES tests it.
    Nothing,
}

impl Message {
    /// Reads a request's body.
    ///
    /// # Errors
    /// It is not a message of SNS.
    pub fn read(body: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(body).map_err(|_| Refused::Unproven("the body is not a message of SNS"))
    }

    /// The topic that it says it is of.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic_arn
    }

    /// Where the certificate is that it is signed with.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Whether it was signed with the key of a certificate in PEM, not too long before `now`.
    ///
    /// # Errors
    /// It was not.
    pub fn verify(&self, certificate: &[u8], now: Timestamp) -> Result<(), Refused> {
        if self.signature_version != "2" {
            return Err(Refused::Unproven("not signed with SHA-256: set the topic's SignatureVersion to 2"));
        }
        let no_certificate = Refused::Unproven("the signing certificate can't be read");
        let certificate = CertificateDer::from_pem_slice(certificate).map_err(|_| no_certificate.clone())?;
        let certificate = webpki::EndEntityCert::try_from(&certificate).map_err(|_| no_certificate)?;
        let wrong = Refused::Unproven("the RSA signature does not fit");
        let signature = STANDARD.decode(&self.signature).map_err(|_| wrong.clone())?;
        let text = self.signed_text();
        let algorithm = webpki::ring::RSA_PKCS1_2048_8192_SHA256;
        certificate.verify_signature(algorithm, text.as_bytes(), &signature).map_err(|_| wrong)?;
        let signed_at: Option<Timestamp> = self.timestamp.parse().ok();
        if signed_at.is_some_and(|at| is_fresh(at, now)) { Ok(()) } else { Err(Refused::Stale) }
    }

    /// The text that is signed: names and values of some members, each on a line of its own, in the order of names.
    fn signed_text(&self) -> String {
        let (id, time, topic) = (Some(&self.message_id), Some(&self.timestamp), Some(&self.topic_arn));
        let (message, kind) = (Some(&self.message), Some(&self.kind));
        let members: &[(&str, Option<&String>)] = if self.kind == "Notification" {
            &[
                ("Message", message),
                ("MessageId", id),
                ("Subject", self.subject.as_ref()),
                ("Timestamp", time),
                ("TopicArn", topic),
                ("Type", kind),
            ]
        } else {
            &[
                ("Message", message),
                ("MessageId", id),
                ("SubscribeURL", self.subscribe.as_ref()),
                ("Timestamp", time),
                ("Token", self.token.as_ref()),
                ("TopicArn", topic),
                ("Type", kind),
            ]
        };
        let lines = members.iter().filter_map(|(name, value)| Some(format!("{name}\n{}\n", (*value)?)));
        lines.collect()
    }

    /// What it is about.
    ///
    /// # Errors
    /// It is nothing that SES would say.
    pub fn content(&self) -> Result<Content, Refused> {
        match self.kind.as_str() {
            "SubscriptionConfirmation" => match &self.subscribe {
                Some(url) => Ok(Content::Confirm(url.clone())),
                None => Err(Refused::Malformed(vec![missing("SubscribeURL", "the URL that confirms a subscription")])),
            },
            "UnsubscribeConfirmation" => Ok(Content::Nothing),
            "Notification" => received(&self.message),
            other => {
                let message = format!("`{other}` is unknown");
                let expected = "Notification, SubscriptionConfirmation or UnsubscribeConfirmation";
                Err(Refused::Malformed(vec![Problem { field: "Type", message, expected }]))
            }
        }
    }
}

/// What is read of SES's notification.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    notification_type: String,
    mail: Option<Source>,
    receipt: Option<Receipt>,
    content: Option<String>,
}

#[derive(Deserialize)]
struct Source {
    source: String,
}

#[derive(Deserialize)]
struct Receipt {
    recipients: Vec<String>,
    action: Action,
}

#[derive(Deserialize)]
struct Action {
    encoding: Option<String>,
}

/// What SES says when a topic is named in a rule.
const TEST: &str = "Successfully validated SNS topic for Amazon SES event publishing.";

fn received(text: &str) -> Result<Content, Refused> {
    if text.trim() == TEST {
        return Ok(Content::Nothing);
    }
    let malformed = |problems| Err(Refused::Malformed(problems));
    let received: Received = match serde_json::from_str(text) {
        Ok(received) => received,
        Err(error) => {
            let expected = "SES's notification of a received mail";
            return malformed(vec![Problem { field: "Message", message: error.to_string(), expected }]);
        }
    };
    // Notifications of other kinds, or the test above in another form, are not mail.
    if received.notification_type != "Received" {
        return Ok(Content::Nothing);
    }
    let mut problems = Vec::new();
    if received.content.as_ref().is_none_or(String::is_empty) {
        problems
            .push(missing("content", "the raw message: the rule must have an SNS action, and the mail at most 150 KB"));
    }
    if received.receipt.as_ref().is_none_or(|receipt| receipt.recipients.is_empty()) {
        problems.push(missing("receipt.recipients", "the envelope recipients"));
    }
    if received.mail.is_none() {
        problems.push(missing("mail.source", "the envelope sender"));
    }
    let (Some(content), Some(receipt), Some(mail)) = (received.content, received.receipt, received.mail) else {
        return malformed(problems);
    };
    if !problems.is_empty() {
        return malformed(problems);
    }
    let raw = if receipt.action.encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64")) {
        match STANDARD.decode(&content) {
            Ok(raw) => raw,
            Err(error) => {
                let problem = Problem { field: "content", message: error.to_string(), expected: "base64" };
                return malformed(vec![problem]);
            }
        }
    } else {
        content.into_bytes()
    };
    let recipients = receipt.recipients.iter().map(|address| bare(address)).collect();
    Ok(Content::Mail(Mail { from: bare(&mail.source), recipients, raw: with_line_ends(&raw), token: None }))
}

/// Whether a host is one of SNS, `sns.REGION.amazonaws.com`, or of its regions in China.
#[must_use]
pub fn is_host(host: &str) -> bool {
    let name = host.strip_suffix(".cn").unwrap_or(host);
    let region = name.strip_prefix("sns.").and_then(|rest| rest.strip_suffix(".amazonaws.com"));
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    region.is_some_and(|region| !region.is_empty() && region.bytes().all(plain))
}
