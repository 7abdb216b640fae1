//! The submission server of a mailbox, as bodies of the API and documents of a folder write it.

use serde_json::{Map, Value as Json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_store::records::mailboxes::{MailboxGrant, MailboxTls};

use super::auth::{DefinitionAuth, read_auth};
use super::members::{Members, host, line};
use super::tls_word;

const MEMBERS: [&str; 5] = ["host", "port", "tls", "user", "auth"];

/// What is said of a submission server; secrets are not looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionSubmission {
    /// The server, in lower case and A-labels.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailboxTls,
    /// Who logs in; none is the mailbox's user.
    pub user: Option<String>,
    /// What proves it; none is what proves it to the mailbox.
    pub auth: Option<DefinitionAuth>,
}

/// Reads a submission server.
pub(super) fn read_submission(
    written: &Map<String, Json>,
    problems: &mut Vec<Diagnostic>,
) -> Option<DefinitionSubmission> {
    let before = problems.len();
    let mut inner = Vec::new();
    let mut members = Members::of("submission", written, problems);
    let host = members.required("host", "the name of a server, such as smtp.example.com", host);
    let tls = [MailboxTls::Implicit, MailboxTls::StartTls];
    let tls = members.parsed("tls", "implicit or starttls: credentials are never sent without TLS", |value| {
        tls.into_iter().find(|tls| value.as_str().is_some_and(|word| word.eq_ignore_ascii_case(tls_word(*tls))))
    });
    let port = members
        .parsed("port", "a port from 1 to 65535", |value| u16::try_from(value.as_u64()?).ok().filter(|port| *port > 0));
    // Without `tls` the port says it: on 587 nobody speaks TLS from the first byte (RFC 8314 section 3.3).
    let tls = tls.unwrap_or(if port == Some(587) { MailboxTls::StartTls } else { MailboxTls::Implicit });
    let port = port.unwrap_or(if tls == MailboxTls::Implicit { 465 } else { 587 });
    let user = members.parsed("user", "who logs in, such as support@example.com", line);
    let auth = members.parsed("auth", "`secret`, or `oauth`", |value| value.as_object().cloned());
    members.finish(&MEMBERS);
    let auth = auth.and_then(|auth| read_auth(("submission.auth", "submission.auth.oauth"), &auth, &mut inner));
    problems.extend(inner);
    if let Some(DefinitionAuth::Oauth(oauth)) = &auth
        && oauth.grant == MailboxGrant::DeviceCode
    {
        let message = "a person gives access to the mailbox itself, which the submission server can share";
        let problem = Diagnostic::error(Code::InvalidValue, "submission.auth.oauth.grant", message);
        problems.push(problem.expected("clientCredentials or refreshToken; or no `submission.auth`"));
    }
    let host = host?;
    (problems.len() == before).then_some(DefinitionSubmission { host, port, tls, user, auth })
}
