//! Settings of mailboxes, as options.

use waypost_wire::mailbox::{
    MailboxAfter, MailboxAuth, MailboxGrant, MailboxOauth, MailboxRequest, MailboxSubmission, MailboxTls, SecretName,
};

/// Settings that have a default.
#[derive(clap::Args)]
pub(super) struct Settings {
    /// The name of the secret that has the password, such as supportPassword; `waypost secrets set SECRET --host HOST` creates it
    #[arg(long, value_name = "SECRET", conflicts_with = "oauth_token_url")]
    secret: Option<String>,
    /// The token endpoint, to log in by OAuth instead of a password, such as `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`
    #[arg(long, value_name = "URL", requires_all = ["oauth_client_id", "oauth_grant"])]
    oauth_token_url: Option<String>,
    /// How tokens are requested
    #[arg(long, value_enum, value_name = "GRANT", requires = "oauth_token_url")]
    oauth_grant: Option<Grant>,
    /// The client's id at the token endpoint
    #[arg(long, value_name = "ID", requires = "oauth_token_url")]
    oauth_client_id: Option<String>,
    /// The name of the secret that has the client's secret
    #[arg(long, value_name = "SECRET", requires = "oauth_token_url")]
    oauth_secret: Option<String>,
    /// The name of the secret that has the first refresh token
    #[arg(long, value_name = "SECRET", requires = "oauth_token_url")]
    oauth_refresh_token: Option<String>,
    /// A scope to request, such as `https://outlook.office365.com/.default`; may be given several times
    #[arg(long = "oauth-scope", value_name = "SCOPE", requires = "oauth_token_url")]
    oauth_scopes: Vec<String>,
    /// The endpoint for device codes; known for Microsoft and Google
    #[arg(long, value_name = "URL", requires = "oauth_token_url")]
    oauth_device_url: Option<String>,
    /// The server's port; left out: 993, or 143 if --tls is not implicit
    #[arg(long)]
    port: Option<u16>,
    /// How the connection is encrypted
    #[arg(long, value_enum)]
    tls: Option<Tls>,
    /// A folder to watch, such as Archive/2026; may be given several times; left out: INBOX
    #[arg(long = "folder", value_name = "FOLDER")]
    folders: Vec<String>,
    /// Which existing mail to take: new (none), unseen, all, or a date such as 2026-11-30; left out: new
    #[arg(long, value_name = "WHICH")]
    start: Option<String>,
    /// Set this flag on a message that was taken, such as `\Flagged` or a keyword; left out: `\Seen`
    #[arg(long, group = "after")]
    flag: Option<String>,
    /// Move a message that was taken into this folder
    #[arg(long, group = "after", value_name = "FOLDER")]
    move_to: Option<String>,
    /// Delete a message that was taken
    #[arg(long, group = "after")]
    delete: bool,
    #[command(flatten)]
    submission: Submission,
}

/// The submission server: what goes out by the route.
#[derive(clap::Args)]
struct Submission {
    /// The submission server to send the route's mail through, such as smtp.example.com; left out: the smarthost
    #[arg(long, value_name = "HOST")]
    submission_host: Option<String>,
    /// The port of the submission server; left out: 465, or 587 with --submission-tls starttls
    #[arg(long, value_name = "PORT", requires = "submission_host")]
    submission_port: Option<u16>,
    /// How the connection to the submission server is encrypted
    #[arg(long, value_enum, value_name = "TLS", requires = "submission_host")]
    submission_tls: Option<SubmissionTls>,
    /// The user to log in to the submission server as; left out: the mailbox's user
    #[arg(long, value_name = "USER", requires = "submission_host")]
    submission_user: Option<String>,
    /// The name of the secret that has the password there; left out: the mailbox's own password or tokens
    #[arg(long, value_name = "SECRET", requires = "submission_host")]
    submission_secret: Option<String>,
}

/// How the connection to a submission server is encrypted.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum SubmissionTls {
    /// From the first byte
    Implicit,
    /// After STARTTLS
    Starttls,
}

impl Submission {
    /// Adds what was said to a request. A server that is named replaces the one before, with all that was said of it.
    fn apply(&self, request: &mut MailboxRequest) {
        if let Some(host) = &self.submission_host {
            let secret = self.submission_secret.clone().map(SecretName::Name);
            request.submission = Some(MailboxSubmission {
                host: host.clone(),
                port: self.submission_port,
                tls: self.submission_tls.map(|tls| match tls {
                    SubmissionTls::Implicit => MailboxTls::Implicit,
                    SubmissionTls::Starttls => MailboxTls::StartTls,
                }),
                user: self.submission_user.clone(),
                auth: secret.map(|secret| MailboxAuth { secret: Some(secret), oauth: None }),
            });
        }
    }
}

/// How tokens are requested.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Grant {
    /// By the client's own credentials
    ClientCredentials,
    /// By a refresh token
    RefreshToken,
    /// By a code that a person confirms: `waypost mailboxes authorise`
    DeviceCode,
}

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Tls {
    /// From the first byte
    Implicit,
    /// After STARTTLS
    Starttls,
    /// Not at all: only to private addresses that are allowed
    None,
}

impl Settings {
    /// Adds what was said to a request.
    pub(super) fn apply(&self, request: &mut MailboxRequest) {
        if let Some(secret) = &self.secret {
            request.auth = MailboxAuth { secret: Some(SecretName::Name(secret.clone())), oauth: None };
        }
        if let (Some(token_url), Some(client_id), Some(grant)) =
            (&self.oauth_token_url, &self.oauth_client_id, self.oauth_grant)
        {
            let named = |name: &Option<String>| name.clone().map(SecretName::Name);
            let oauth = MailboxOauth {
                token_url: token_url.clone(),
                device_url: self.oauth_device_url.clone(),
                client_id: client_id.clone(),
                secret: named(&self.oauth_secret),
                refresh_token: named(&self.oauth_refresh_token),
                scopes: self.oauth_scopes.clone(),
                grant: match grant {
                    Grant::ClientCredentials => MailboxGrant::ClientCredentials,
                    Grant::RefreshToken => MailboxGrant::RefreshToken,
                    Grant::DeviceCode => MailboxGrant::DeviceCode,
                },
            };
            request.auth = MailboxAuth { secret: None, oauth: Some(oauth) };
        }
        if let Some(tls) = self.tls {
            request.tls = Some(match tls {
                Tls::Implicit => MailboxTls::Implicit,
                Tls::Starttls => MailboxTls::StartTls,
                Tls::None => MailboxTls::None,
            });
            // The port that was right for the other way is not right for this one.
            request.port = None;
        }
        request.port = self.port.or(request.port);
        if !self.folders.is_empty() {
            request.folders = Some(self.folders.clone());
        }
        if let Some(start) = &self.start {
            request.start = Some(start.clone());
        }
        if self.flag.is_some() || self.move_to.is_some() || self.delete {
            request.after = Some(MailboxAfter {
                flag: self.flag.clone(),
                move_to: self.move_to.clone(),
                delete: self.delete.then_some(true),
            });
        }
        self.submission.apply(request);
    }
}
