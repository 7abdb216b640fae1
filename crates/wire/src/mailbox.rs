//! Mailboxes of other servers that mail is taken from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::MailboxId;

use crate::time::Time;

/// Whether a mailbox is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MailboxState {
    /// Mail is taken from it.
    #[default]
    Enabled,
    /// Nothing is taken.
    Disabled,
}

/// How the connection to a mailbox is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MailboxTls {
    /// From the first byte; the usual port is 993.
    #[default]
    Implicit,
    /// After STARTTLS; the usual port is 143.
    StartTls,
    /// Not at all: only to private addresses that are allowed.
    None,
}

/// A secret that a mailbox names: by its name, or by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SecretName {
    /// Its name alone.
    Name(String),
    /// Both, or one of them.
    Reference {
        /// Its identifier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
}

/// How access tokens are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MailboxGrant {
    /// By the client's own credentials: for Microsoft 365 with an application.
    ClientCredentials,
    /// By a refresh token.
    RefreshToken,
    /// By a refresh token that a person gets with `waypost mailboxes authorise`.
    DeviceCode,
}

/// Where access tokens come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxOauth {
    /// The token endpoint.
    pub token_url: String,
    /// The endpoint for device codes; known for Microsoft and Google.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_url: Option<String>,
    /// The client's id at the token endpoint.
    pub client_id: String,
    /// The secret that has the client's secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretName>,
    /// The secret that has the first refresh token, for the grant `refreshToken`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<SecretName>,
    /// What is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// How.
    pub grant: MailboxGrant,
}

/// The credential for the login: one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxAuth {
    /// The secret that has the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretName>,
    /// Access tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth: Option<MailboxOauth>,
}

/// What happens to a message that was taken: one of the three.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxAfter {
    /// It gets this flag, such as `\Seen`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<String>,
    /// It goes into this folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub move_to: Option<String>,
    /// It is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<bool>,
}

/// The submission server of a mailbox: it takes what goes out by the mailbox's route.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxSubmission {
    /// The server.
    pub host: String,
    /// Its port; 465, or 587 if `tls` is `starttls`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is encrypted, `implicit` or `starttls`; `implicit`, or `starttls` if `port` is 587.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<MailboxTls>,
    /// The user that logs in; the mailbox's by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// How it logs in; as to the mailbox by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<MailboxAuth>,
}

/// A message that was set aside: it stays where it is, and is not retried automatically.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetAsideMessage {
    /// The folder.
    pub folder: String,
    /// What the folder's UIDs mean (UIDVALIDITY, RFC 3501 section 2.3.1.1).
    pub uid_validity: u32,
    /// Which message.
    pub uid: u32,
    /// Why it was set aside.
    pub reason: String,
    /// When that was noted.
    pub date: Time,
}

/// Which messages that were set aside are tried again: one, or without members all of the mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SetAsideRetryRequest {
    /// The folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// What the folder's UIDs mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid_validity: Option<u32>,
    /// Which message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

/// How many messages are tried again at the next check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetAsideRetry {
    /// So many.
    pub retried: u64,
}

/// The health of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxHealth {
    /// `starting`, `ok`, `failing`, `silent` (no check completed for 15 minutes) or `disabled`.
    pub status: String,
    /// Whether it has failed for more than 5 minutes, or is silent.
    pub alarm: bool,
    /// When a check of all folders last completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_look_at: Option<Time>,
    /// When mail was last taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_mail_at: Option<Time>,
    /// The last error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When it was met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error_at: Option<Time>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Since when every attempt has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Time>,
    /// Messages that were set aside: too large, or the server can't return them. They stay where they are.
    pub set_aside: u64,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mailbox {
    /// Its identifier.
    pub id: MailboxId,
    /// Its name.
    pub name: String,
    /// The server.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailboxTls,
    /// Who logs in.
    pub user: String,
    /// What proves it.
    pub auth: MailboxAuth,
    /// The folders that are watched.
    pub folders: Vec<String>,
    /// Which existing mail is taken: `new` (none), `unseen`, `all`, or a date.
    pub start: String,
    /// What happens to a message that was taken.
    pub after: MailboxAfter,
    /// The address whose route its mail takes.
    pub route: String,
    /// The server through which mail of the route goes out; without one, the smarthost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<MailboxSubmission>,
    /// Whether it is watched.
    pub state: MailboxState,
    /// How it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<MailboxHealth>,
    /// Counts its changes.
    pub version: String,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
}

/// Creates or replaces a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxRequest {
    /// Its name.
    pub name: String,
    /// The server.
    pub host: String,
    /// Its port; 993, or 143 if `tls` is not `implicit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection is encrypted; `implicit`, or `starttls` if `port` is 143.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<MailboxTls>,
    /// Who logs in.
    pub user: String,
    /// What proves it.
    pub auth: MailboxAuth,
    /// The folders that are watched; INBOX by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folders: Option<Vec<String>>,
    /// Which existing mail is taken: `new` (none, the default), `unseen`, `all`, or a date such as 2026-11-30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// What happens to a message that was taken; it is marked as `\Seen` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<MailboxAfter>,
    /// The address whose route its mail takes.
    pub route: String,
    /// The server through which mail of the route goes out; without one, the smarthost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<MailboxSubmission>,
    /// Whether it is watched. Left out: unchanged; a new mailbox is watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<MailboxState>,
}

/// What a person must do to give access to a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MailboxAuthorisation {
    /// `pending`, or `done`.
    pub status: String,
    /// The code that is typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_code: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_uri: Option<String>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// How often to ask whether it was done, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<u64>,
    /// What to ask with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// Asks whether access was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxAuthorisationRequest {
    /// The handle of the answer that had the code; left out: request a new code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
}

/// What a test of a mailbox found. Nothing was changed there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxTest {
    /// Whether all checks passed.
    pub ok: bool,
    /// The checks, in order, up to the first that failed.
    pub checks: Vec<MailboxCheck>,
}

/// One check.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxCheck {
    /// What: `name`, `connection`, `tls`, `login`, or a folder.
    pub check: String,
    /// Whether it passed.
    pub ok: bool,
    /// What was found, or what is wrong.
    pub detail: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}
