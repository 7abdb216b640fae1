//! The definition of a mailbox, as bodies of the API and documents of a folder write it.

use jiff::civil::Date;
use serde_json::{Map, Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::SecretId;
use waypost_reach::web_url;
use waypost_store::records::mailboxes::{MailboxAfter, MailboxGrant, MailboxStart, MailboxTls};

use super::{grant_word, tls_word};
use crate::object::found;
use crate::routing::Wanted;

/// The members of a definition.
pub const MEMBERS: [&str; 9] = ["host", "port", "tls", "user", "auth", "folders", "start", "after", "route"];

const OAUTH: [&str; 7] = ["tokenUrl", "deviceUrl", "clientId", "secret", "refreshToken", "scopes", "grant"];

/// The most folders of a mailbox.
const MOST_FOLDERS: usize = 50;

/// The longest texts, in bytes.
const LONGEST: usize = 1024;

/// Flags of IMAP that a client may set (RFC 3501 section 2.3.2).
const SYSTEM_FLAGS: [&str; 4] = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft"];

/// What a definition says; secrets and route are not looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The server, in lower case and A-labels.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailboxTls,
    /// Who logs in.
    pub user: String,
    /// What proves it.
    pub auth: DefinitionAuth,
    /// The folders that are watched; at least one.
    pub folders: Vec<String>,
    /// What of the mail that was there before is taken.
    pub start: MailboxStart,
    /// What is done with a message that was taken.
    pub after: MailboxAfter,
    /// The address whose route mail goes by.
    pub address: String,
}

/// What proves who logs in.
#[derive(Clone, Debug, PartialEq)]
pub enum DefinitionAuth {
    /// A password.
    Secret(Wanted<SecretId>),
    /// Access tokens.
    Oauth(DefinitionOauth),
}

/// Where access tokens come from.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionOauth {
    /// The token endpoint.
    pub token_url: String,
    /// Its host.
    pub token_host: String,
    /// The endpoint for device codes.
    pub device_url: Option<String>,
    /// Our name there.
    pub client_id: String,
    /// The client's secret.
    pub secret: Option<Wanted<SecretId>>,
    /// The first refresh token.
    pub refresh_token: Option<Wanted<SecretId>>,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// How.
    pub grant: MailboxGrant,
}

/// Members of an object, read one by one; every problem is kept.
struct Members<'j> {
    path: &'static str,
    left: Vec<(&'j str, &'j Json)>,
    problems: &'j mut Vec<Diagnostic>,
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl<'j> Members<'j> {
    fn of(path: &'static str, members: &'j Map<String, Json>, problems: &'j mut Vec<Diagnostic>) -> Self {
        let left = members.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), value));
        Self { path, left: left.collect(), problems }
    }

    fn take(&mut self, name: &str) -> Option<&'j Json> {
        let at = self.left.iter().position(|(known, _)| *known == name)?;
        Some(self.left.remove(at).1)
    }

    fn wrong<T>(&mut self, name: &str, expected: &str, value: &Json) -> Option<T> {
        let path = below(self.path, name);
        let problem = Diagnostic::error(Code::InvalidValue, &path, format!("`{name}` must be {expected}"));
        self.problems.push(problem.expected(expected).found(found(value)));
        None
    }

    fn missing<T>(&mut self, name: &str, expected: &str) -> Option<T> {
        let problem = Diagnostic::error(Code::MissingKey, below(self.path, name), format!("`{name}` is missing"));
        self.problems.push(problem.expected(expected));
        None
    }

    /// A value that `read` understands.
    fn parsed<T>(&mut self, name: &str, expected: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        let value = self.take(name)?;
        read(value).or_else(|| self.wrong(name, expected, value))
    }

    /// The same for one that must be there.
    fn required<T>(&mut self, name: &str, expected: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        match self.take(name) {
            None => self.missing(name, expected),
            Some(value) => read(value).or_else(|| self.wrong(name, expected, value)),
        }
    }

    /// Notes members that nobody read.
    fn finish(self, known: &[&str]) {
        for (name, _) in self.left {
            let problem =
                Diagnostic::error(Code::UnknownKey, below(self.path, name), format!("`{name}` is not known here"));
            self.problems.push(problem.nearest(name, known.iter().copied()));
        }
    }
}

/// A text of some length without control characters.
fn line(value: &Json) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

fn lines(value: &Json) -> Option<Vec<String>> {
    value.as_array()?.iter().map(line).collect()
}

/// The name of a host alone, as it is compared.
fn host(value: &Json) -> Option<String> {
    let written = line(value)?;
    if written.contains(['/', '@', ' ', '?', '#']) || (written.contains(':') && !written.starts_with('[')) {
        return None;
    }
    let url = web_url(&format!("https://{written}/")).ok()?;
    url.host_str().filter(|_| url.port().is_none()).map(|host| host.trim_end_matches('.').to_owned())
}

/// A URL that a secret may be sent to: without TLS only on this machine.
fn endpoint(value: &Json) -> Option<(String, String)> {
    let url = web_url(value.as_str()?).ok()?;
    let host = url.host_str()?.to_owned();
    let here =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    (url.scheme() == "https" || here).then(|| (url.to_string(), host))
}

/// A secret: its name, or an object with its name or id.
fn secret(value: &Json) -> Option<Wanted<SecretId>> {
    match value {
        Json::String(_) => line(value).map(Wanted::Name),
        Json::Object(members) => match (members.get("id"), members.get("name")) {
            (Some(id), _) if !id.is_null() => id.as_str()?.parse().ok().map(Wanted::Id),
            (_, Some(name)) => line(name).map(Wanted::Name),
            _ => None,
        },
        _ => None,
    }
}

const SECRET: &str = "the name of a secret";

/// Reads a definition.
///
/// # Errors
/// Every problem.
pub(super) fn definition(written: &Map<String, Json>) -> Result<Definition, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut inner = Vec::new();
    let mut members = Members::of("", written, &mut problems);
    let host = members.required("host", "the name of a server, such as imap.example.com", host);
    let tls = [MailboxTls::Implicit, MailboxTls::StartTls, MailboxTls::None];
    let tls = members.parsed("tls", "implicit, starttls or none", |value| {
        tls.into_iter().find(|tls| value.as_str().is_some_and(|word| word.eq_ignore_ascii_case(tls_word(*tls))))
    });
    let port = members
        .parsed("port", "a port from 1 to 65535", |value| u16::try_from(value.as_u64()?).ok().filter(|port| *port > 0));
    // Without `tls` the port says it: on 143 nobody speaks TLS from the first byte.
    let tls = tls.unwrap_or(if port == Some(143) { MailboxTls::StartTls } else { MailboxTls::Implicit });
    let port = port.unwrap_or(if tls == MailboxTls::Implicit { 993 } else { 143 });
    let user = members.required("user", "who logs in, such as support@example.com", line);
    let auth = members.required("auth", "`secret`, or `oauth`", |value| value.as_object().cloned());
    let auth = auth.and_then(|auth| read_auth(&auth, &mut inner));
    let folders = members.parsed("folders", &format!("a list of 1 to {MOST_FOLDERS} names of folders"), |value| {
        let mut folders = lines(value)?;
        // INBOX is one whatever the case (RFC 3501 section 5.1). What was taken is known by the folder's name, so it is written in one way.
        for folder in folders.iter_mut().filter(|folder| folder.eq_ignore_ascii_case("INBOX")) {
            "INBOX".clone_into(folder);
        }
        let mut seen = Vec::new();
        folders.retain(|folder| {
            let new = !seen.contains(folder);
            seen.push(folder.clone());
            new
        });
        (!folders.is_empty() && folders.len() <= MOST_FOLDERS).then_some(folders)
    });
    let folders = folders.unwrap_or_else(|| vec!["INBOX".to_owned()]);
    let start =
        members.parsed("start", "new, unseen, all, or a date such as 2026-11-30", |value| match value.as_str()? {
            "new" => Some(MailboxStart::New),
            "unseen" => Some(MailboxStart::Unseen),
            "all" => Some(MailboxStart::All),
            date => date.parse::<Date>().ok().map(MailboxStart::Since),
        });
    let after = members.parsed("after", "{flag: …}, {moveTo: …} or {delete: true}", after);
    let after = after.unwrap_or_else(|| MailboxAfter::Flag("\\Seen".to_owned()));
    let address = members.required("route", "the address of a route, such as support@example.com", |value| {
        line(value).filter(|address| {
            address.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        })
    });
    members.finish(&MEMBERS);
    problems.extend(inner);
    if let MailboxAfter::MoveTo(to) = &after
        && folders.iter().any(|folder| folder.eq_ignore_ascii_case(to))
    {
        let message = format!("`{to}` is watched itself: what is moved there would be taken again");
        problems.push(Diagnostic::error(Code::InvalidValue, "after.moveTo", message).expected("another folder"));
    }
    match (host, user, auth, address) {
        (Some(host), Some(user), Some(auth), Some(address)) if problems.is_empty() => {
            let start = start.unwrap_or(MailboxStart::New);
            Ok(Definition { host, port, tls, user, auth, folders, start, after, address })
        }
        _ => Err(problems),
    }
}

/// How it is written what is done with a message that was taken.
pub(super) fn after_written(after: &MailboxAfter) -> Json {
    match after {
        MailboxAfter::Flag(flag) => json!({ "flag": flag }),
        MailboxAfter::MoveTo(folder) => json!({ "moveTo": folder }),
        MailboxAfter::Delete => json!({ "delete": true }),
    }
}

fn after(value: &Json) -> Option<MailboxAfter> {
    if value.as_str() == Some("delete") {
        return Some(MailboxAfter::Delete);
    }
    let members = value.as_object()?;
    let mut members = members.iter().filter(|(_, value)| !value.is_null());
    let (name, value) = members.next()?;
    if members.next().is_some() {
        return None;
    }
    match name.as_str() {
        "flag" => flag(value).map(MailboxAfter::Flag),
        "moveTo" => line(value).map(MailboxAfter::MoveTo),
        "delete" => (value.as_bool() == Some(true)).then_some(MailboxAfter::Delete),
        _ => None,
    }
}

/// A flag: one of IMAP's own, or a keyword of letters, digits and a few signs (RFC 3501 section 9).
fn flag(value: &Json) -> Option<String> {
    let written = line(value)?;
    let bare = written.trim_start_matches('\\');
    if let Some(known) =
        SYSTEM_FLAGS.into_iter().find(|known| known.trim_start_matches('\\').eq_ignore_ascii_case(bare))
    {
        return Some(known.to_owned());
    }
    let keyword = written.chars().all(|c| c.is_ascii_graphic() && !"(){%*\"\\]".contains(c));
    keyword.then_some(written)
}

fn read_auth(auth: &Map<String, Json>, problems: &mut Vec<Diagnostic>) -> Option<DefinitionAuth> {
    let mut inner = Vec::new();
    let mut members = Members::of("auth", auth, problems);
    let (password, oauth) = (
        members.parsed("secret", SECRET, secret),
        members.parsed("oauth", "an object", |value| value.as_object().cloned()),
    );
    let there = auth.iter().filter(|(name, value)| matches!(name.as_str(), "secret" | "oauth") && !value.is_null());
    if there.count() != 1 {
        let problem =
            Diagnostic::error(Code::InvalidValue, "auth", "`auth` must have `secret` or `oauth`, one of them");
        members.problems.push(problem.expected("`secret`: the name of a secret that is the password; or `oauth`"));
    }
    members.finish(&["secret", "oauth"]);
    let oauth = oauth.and_then(|oauth| read_oauth(&oauth, &mut inner));
    problems.extend(inner);
    password.map(DefinitionAuth::Secret).or(oauth.map(DefinitionAuth::Oauth))
}

fn read_oauth(written: &Map<String, Json>, problems: &mut Vec<Diagnostic>) -> Option<DefinitionOauth> {
    const URL: &str = "an https:// URL: secrets are sent there";
    let mut members = Members::of("auth.oauth", written, problems);
    let token = members.required("tokenUrl", URL, endpoint);
    let device = members.parsed("deviceUrl", URL, endpoint);
    let client_id = members.required("clientId", "the client's id at the token endpoint", line);
    let (client_secret, refresh_token) =
        (members.parsed("secret", SECRET, secret), members.parsed("refreshToken", SECRET, secret));
    let scopes = members.parsed("scopes", "a list of scopes", lines).unwrap_or_default();
    let grants = [MailboxGrant::ClientCredentials, MailboxGrant::RefreshToken, MailboxGrant::DeviceCode];
    let grant = members.required("grant", "clientCredentials, refreshToken or deviceCode", |value| {
        grants.into_iter().find(|grant| value.as_str() == Some(grant_word(*grant)))
    });
    match grant {
        Some(MailboxGrant::ClientCredentials) if !written.contains_key("secret") => {
            members.missing::<()>("secret", "the name of the secret that has the client's secret");
        }
        Some(MailboxGrant::RefreshToken) if !written.contains_key("refreshToken") => {
            members.missing::<()>("refreshToken", "the name of the secret that has the first refresh token");
        }
        _ => {}
    }
    let device_url = device.map(|(url, _)| url).or_else(|| device_url_of(&token.as_ref()?.0));
    if grant == Some(MailboxGrant::DeviceCode) && token.is_some() && device_url.is_none() {
        members.missing::<()>("deviceUrl", "the URL of the provider's endpoint for device codes");
    }
    members.finish(&OAUTH);
    let ((token_url, token_host), client_id, grant) = (token?, client_id?, grant?);
    let device_url = device_url.filter(|_| grant == MailboxGrant::DeviceCode);
    let secret = client_secret;
    Some(DefinitionOauth { token_url, token_host, device_url, client_id, secret, refresh_token, scopes, grant })
}

/// Where the endpoint for device codes of a known provider is.
fn device_url_of(token_url: &str) -> Option<String> {
    if token_url == "https://oauth2.googleapis.com/token" {
        return Some("https://oauth2.googleapis.com/device/code".to_owned());
    }
    let tenant = token_url.strip_prefix("https://login.microsoftonline.com/")?.strip_suffix("/oauth2/v2.0/token")?;
    Some(format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode"))
}
