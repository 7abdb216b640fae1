//! What proves who logs in, as bodies of the API and documents of a folder write it.

use serde_json::{Map, Value as Json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::SecretId;
use waypost_reach::web_url;
use waypost_store::records::mailboxes::MailboxGrant;

use super::grant_word;
use super::members::{Members, line, lines};
use crate::routing::Wanted;

/// What proves who logs in is one of them.
const MEMBERS: [&str; 2] = ["secret", "oauth"];

const OAUTH: [&str; 7] = ["tokenUrl", "deviceUrl", "clientId", "secret", "refreshToken", "scopes", "grant"];

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

/// Reads what proves who logs in, which stands at these paths.
pub(super) fn read_auth(
    (path, oauth_path): (&'static str, &'static str),
    auth: &Map<String, Json>,
    problems: &mut Vec<Diagnostic>,
) -> Option<DefinitionAuth> {
    let mut inner = Vec::new();
    let mut members = Members::of(path, auth, problems);
    let (password, oauth) = (
        members.parsed("secret", SECRET, secret),
        members.parsed("oauth", "an object", |value| value.as_object().cloned()),
    );
    let there = auth.iter().filter(|(name, value)| MEMBERS.contains(&name.as_str()) && !value.is_null()).count();
    if there != 1 {
        let problem = Diagnostic::error(Code::InvalidValue, path, "`auth` must have `secret` or `oauth`, one of them");
        // Such as `auth: { password: … }`.
        let problem = problem.expected("`secret`: the name of a secret that is the password; or `oauth`").unshown();
        members.problems.push(if there == 0 { problem.lacking(path, &MEMBERS) } else { problem });
    }
    members.finish(&MEMBERS);
    let oauth = oauth.and_then(|oauth| read_oauth(oauth_path, &oauth, &mut inner));
    problems.extend(inner);
    password.map(DefinitionAuth::Secret).or(oauth.map(DefinitionAuth::Oauth))
}

fn read_oauth(
    path: &'static str,
    written: &Map<String, Json>,
    problems: &mut Vec<Diagnostic>,
) -> Option<DefinitionOauth> {
    const URL: &str = "an https:// URL: secrets are sent there";
    let mut members = Members::of(path, written, problems);
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
    let has = |name: &str| written.get(name).is_some_and(|value| !value.is_null());
    match grant {
        Some(MailboxGrant::ClientCredentials) if !has("secret") => {
            members.missing::<()>("secret", "the name of the secret that has the client's secret");
        }
        Some(MailboxGrant::RefreshToken) if !has("refreshToken") => {
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
