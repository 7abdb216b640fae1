//! Mailboxes of other servers that mail is taken from, who watches them, and what was taken.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waypost_ids::{MailboxId, SecretId};

use super::outside::Sealed;
use crate::encoding::kept_as_numbers;

/// A mailbox.
#[derive(Clone, Debug, PartialEq)]
pub struct MailboxRecord {
    /// The mailbox's identifier.
    pub id: MailboxId,
    /// The name as written.
    pub name: String,
    /// The name folded by us; unique.
    pub folded_name: String,
    /// Whether it is watched.
    pub enabled: bool,
    /// Where it is, and what to do with its mail.
    pub settings: MailboxSettings,
    /// Counts the changes of this mailbox: the ETag.
    pub revision: u64,
    /// When the mailbox was made.
    pub created_at: Timestamp,
    /// When the mailbox last changed.
    pub modified_at: Timestamp,
}

/// Where a mailbox is, and what to do with its mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailboxSettings {
    /// The server's name or address.
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
    /// What of the mail that was there before is taken.
    pub start: MailboxStart,
    /// What happens to a message that was taken.
    pub after: MailboxAfter,
    /// The route that mail goes by.
    pub route: Uuid,
    /// The address that it goes to, as written: one of the route's.
    pub address: String,
    /// The server through which mail of the route goes out; without one, the smarthost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<Box<SubmissionSettings>>,
}

/// A submission server (RFC 6409), and who logs in there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubmissionSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted: never not at all.
    pub tls: MailboxTls,
    /// Who logs in; none is the mailbox's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// What proves it; none is what proves it to the mailbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<MailboxAuth>,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailboxTls {
    /// From the first byte.
    Implicit,
    /// After STARTTLS.
    StartTls,
    /// Not at all.
    None,
}

/// What proves who logs in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MailboxAuth {
    /// The value of a secret is the password.
    Secret(SecretId),
    /// Access tokens.
    Oauth(MailboxOauth),
}

/// Where access tokens come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MailboxOauth {
    /// The token endpoint.
    pub token_url: String,
    /// The endpoint for device codes; none if the grant needs none.
    pub device_url: Option<String>,
    /// Our name there.
    pub client_id: String,
    /// The value of this secret is the client's secret; public clients have none.
    pub secret: Option<SecretId>,
    /// The value of this secret is the first refresh token. Those that replace it are kept with the watch.
    pub refresh_token: Option<SecretId>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// How.
    pub grant: MailboxGrant,
}

/// How access tokens are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MailboxGrant {
    /// By the client's own credentials (RFC 6749 section 4.4).
    ClientCredentials,
    /// By a refresh token (section 6).
    RefreshToken,
    /// By a refresh token that a person gets by a code (RFC 8628).
    DeviceCode,
}

/// What of the mail that was there before is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailboxStart {
    /// Nothing.
    New,
    /// What nobody has seen.
    Unseen,
    /// Everything.
    All,
    /// What came on that day or later.
    Since(Date),
}

/// What happens to a message that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MailboxAfter {
    /// It gets this flag.
    Flag(String),
    /// It goes into this folder.
    MoveTo(String),
    /// It is deleted.
    Delete,
}

/// The node that watches a mailbox, and the mailbox's health.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchRecord {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The health that the watching node last reported, as JSON.
    pub health: String,
    /// Whether somebody watches: the lease has not ended.
    pub until: Option<Timestamp>,
}

kept_as_numbers! {
    /// What a mailbox's tokens are for.
    pub enum MailboxTokenUse {
        /// The mailbox, and a submission server that is logged in to in the same way.
        Mailbox = 0,
        /// A submission server with an `auth` of its own.
        Submission = 1,
    }
}

/// The tokens of a mailbox, for one use.
#[derive(Clone, Debug, PartialEq)]
pub struct MailboxTokens {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// What they are for.
    pub used_for: MailboxTokenUse,
    /// The tokens; empty if they were forgotten, none if there are none yet.
    pub tokens: Option<Sealed>,
}

/// A message that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAsideRecord {
    /// Where it is.
    pub place: Place,
    /// Why.
    pub why: String,
    /// When that was noted.
    pub at: Timestamp,
}

/// A folder as it was last looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderRecord {
    /// The folder.
    pub folder: String,
    /// What UIDs mean.
    pub uid_validity: u32,
    /// All below this UID is settled.
    pub next_uid: u64,
    /// All from this UID on is taken. Below, what fits `before` is.
    pub all_from: u64,
    /// Which of the mail that was there before is taken, as JSON.
    pub before: String,
    /// Since when the folder is watched.
    pub attached_at: Timestamp,
    /// When a look at it last came to its end.
    pub looked_at: Timestamp,
}

/// One message of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// The folder.
    pub folder: String,
    /// What UIDs mean.
    pub uid_validity: u32,
    /// Which message.
    pub uid: u32,
}

kept_as_numbers! {
    /// What became of a message.
    pub enum Taking {
        /// It was accepted, and nothing was done with it in its folder yet.
        Taken = 0,
        /// It is settled.
        Done = 1,
        /// It is never taken: a person must look at it.
        SetAside = 2,
        /// Attempts failed.
        Failed = 3,
    }
}

/// What is known of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenRecord {
    /// Which.
    pub uid: u32,
    /// What became of it.
    pub state: Taking,
    /// How many attempts failed.
    pub attempts: u32,
    /// SHA-256 of the content, if it was read.
    pub content_hash: Option<[u8; 32]>,
    /// Why it was set aside, or failed.
    pub why: Option<String>,
}
