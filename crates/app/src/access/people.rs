//! People who sign in to the console by OpenID Connect. A person is a client without a secret: made at the first sign-in, with the scopes of
//! their groups as of the last one.

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;
pub use waypost_oidc::SignInProblem;
use waypost_oidc::{Attempt, Callback, Claims, Provider, Registration};
use waypost_reach::{Client, Url};
use waypost_store::error::{ClientError, StoreError};
use waypost_store::records::access::{ClientRecord, PERSON, TokenUse};

use super::scopes::Scopes;
use super::secret::Secret;
use super::sessions::{NewSession, SESSION_SECONDS, begun};
use super::{Access, digest};
use crate::App;
use crate::sealing::SealError;

/// How long a person has to sign in at the provider, in seconds: 10 minutes.
pub const SIGN_IN_SECONDS: u32 = 10 * 60;

/// Below the server's own address: where the provider sends browsers back to.
pub const CALLBACK: &str = "/api/v2/console/sign-in/oidc/callback";

/// What wrong answers are counted under, with the address: strangers elsewhere slow nobody. No client's id has a colon.
const ATTEMPTS: &str = "sign-in:";

/// So many groups of a person are told or kept.
const MOST_GROUPS: usize = 200;

/// Characters of a name or an address that are kept.
const LONGEST: usize = 200;

/// Characters of an address within the console.
const LONGEST_NEXT: usize = 2_000;

/// How people sign in.
#[derive(Clone, Debug)]
pub struct PeopleSettings {
    /// What the provider is called on the button.
    pub name: String,
    /// The claim of the ID token that has the groups of a person.
    pub groups_claim: String,
    /// What each group may do.
    pub grants: Vec<GroupGrant>,
    /// The address of this server, as browsers have it.
    pub public_url: Url,
}

/// What a group of the provider's may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupGrant {
    /// The group, as the claim has it.
    pub group: String,
    /// What its members may do.
    pub scopes: Scopes,
}

/// People of one provider.
pub struct People {
    provider: Provider,
    settings: PeopleSettings,
}

impl fmt::Debug for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("People").field(&self.settings).finish()
    }
}

/// A sign-in that begins.
pub struct Begun {
    /// Where the browser goes.
    pub location: Url,
    /// What the browser keeps until it comes back, in a cookie.
    pub kept: String,
}

/// What the provider sent a browser back with.
#[derive(Clone, Debug, Default)]
pub struct Returned {
    /// Names the sign-in.
    pub state: Option<String>,
    /// What the token is asked for by.
    pub code: Option<String>,
    /// Who answers (RFC 9207).
    pub issuer: Option<String>,
    /// Why there is no code (RFC 6749 section 4.1.2.1), and more of that in words.
    pub error: Option<String>,
    /// The provider's own words.
    pub description: Option<String>,
}

/// Why a person was not signed in.
#[derive(Debug, Error)]
pub enum PersonError {
    /// The browser has not begun, has finished already, or took too long.
    #[error("no sign-in was begun in this browser within the last {} minutes, or it is finished already", SIGN_IN_SECONDS / 60)]
    NotBegun,
    /// The provider, or what it answered.
    #[error(transparent)]
    Provider(#[from] SignInProblem),
    /// No group of the person may do anything here.
    #[error("none of your groups may use this server")]
    NoGrant {
        /// What the person is called.
        name: String,
        /// The claim that was read.
        claim: String,
        /// The groups in it.
        groups: Vec<String>,
    },
    /// An administrator disabled the person.
    #[error("`{0}` is disabled on this server")]
    Disabled(String),
    /// Too many attempts that failed.
    #[error("too many sign-ins that failed; try again in {seconds} s")]
    Throttled {
        /// When to try again.
        seconds: u64,
    },
    /// Nothing can be given to the browser to keep.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a browser keeps while its person is at the provider.
#[derive(Serialize, Deserialize)]
struct Kept {
    nonce: String,
    verifier: String,
    /// Where in the console the person wanted to go.
    next: String,
    /// When it began, in seconds since 1970.
    at: i64,
}

impl People {
    /// People of the provider where this server is registered.
    #[must_use]
    pub fn new(
        http: Client,
        settings: PeopleSettings,
        (issuer, client_id, client_secret): (String, String, Option<String>),
    ) -> Self {
        let mut redirect_uri = settings.public_url.clone();
        redirect_uri.set_path(CALLBACK);
        let registration = Registration { issuer, client_id, client_secret, redirect_uri };
        Self { provider: Provider::new(http, registration), settings }
    }

    /// What the provider is called.
    #[must_use]
    pub fn provider_name(&self) -> &str {
        &self.settings.name
    }

    /// Whether browsers come by TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.settings.public_url.scheme() == "https"
    }

    /// Begins a sign-in that leads to a place in the console.
    ///
    /// # Errors
    /// The provider can't be used, or the system gives no randomness.
    pub async fn begin(&self, app: &App, next: &str) -> Result<Begun, PersonError> {
        let id = app.origin.id();
        let attempt = Attempt {
            state: id.simple().to_string(),
            nonce: Secret::generate(&app.origin)?.expose().to_owned(),
            verifier: Secret::generate(&app.origin)?.expose().to_owned(),
        };
        let location = self.provider.begin(&attempt).await?;
        let Attempt { nonce, verifier, .. } = attempt;
        let kept = Kept { nonce, verifier, next: within(next).to_owned(), at: app.origin.now().as_second() };
        let kept = serde_json::to_vec(&kept).map_err(|error| SealError::Failed(error.to_string()))?;
        Ok(Begun { location, kept: URL_SAFE_NO_PAD.encode(app.seal_sign_in(id, &kept)?) })
    }

    /// Finishes a sign-in in the browser that began it. Answers the session, and where in the console it leads.
    ///
    /// # Errors
    /// Whatever is wrong with what came back, no right at all, a person that is disabled, or the store.
    pub async fn finish(
        &self,
        (app, access): (&App, &Access),
        kept: Option<&str>,
        returned: &Returned,
        remote: IpAddr,
    ) -> Result<(NewSession, String), PersonError> {
        let now = app.origin.now();
        // What this browser did not begin is told nothing of, the provider's words included: anybody can write an address.
        let state =
            returned.state.as_deref().and_then(|state| Uuid::try_parse(state).ok()).ok_or(PersonError::NotBegun)?;
        let kept = opened(app, state, kept).ok_or(PersonError::NotBegun)?;
        if now.as_second().saturating_sub(kept.at) > i64::from(SIGN_IN_SECONDS) {
            return Err(PersonError::NotBegun);
        }
        // From here on the provider is asked. One address can't have it asked as often as it likes.
        let throttled = |seconds| PersonError::Throttled { seconds };
        let try_of_address = access.guesses.begin(remote, &format!("{ATTEMPTS}{remote}"), now).map_err(throttled)?;
        self.provider.check_issuer(returned.issuer.as_deref()).await?;
        let code = match (&returned.code, &returned.error) {
            (Some(code), None) => code,
            (_, error) => return Err(refused(error.as_deref(), returned.description.as_deref()).into()),
        };
        let attempt =
            Attempt { state: state.simple().to_string(), nonce: kept.nonce.clone(), verifier: kept.verifier.clone() };
        let callback = Callback { code, issuer: returned.issuer.as_deref() };
        let claims = self.provider.finish(&attempt, callback, now.as_second()).await?;
        try_of_address.succeeded();
        let session = access.sign_in_person(&claims, self.granted(&claims)?).await?;
        Ok((session, kept.next))
    }

    /// Where a browser signs out of the provider as well; none if that offers no such thing.
    ///
    /// # Errors
    /// The provider can't be used.
    pub async fn sign_out(&self) -> Result<Option<Url>, PersonError> {
        let mut back = self.settings.public_url.clone();
        back.set_path("/sign-in");
        Ok(self.provider.sign_out(&back).await?)
    }

    /// What a person's groups may do: all that any of them may.
    fn granted(&self, claims: &Claims) -> Result<Scopes, PersonError> {
        let claim = &self.settings.groups_claim;
        let groups = claims.list(claim);
        let granting = self.settings.grants.iter().filter(|grant| groups.contains(&grant.group));
        let scopes: Scopes = granting.flat_map(|grant| grant.scopes.iter()).collect();
        if scopes.iter().next().is_some() {
            return Ok(scopes);
        }
        tracing::warn!(claim, groups = groups.len(), "sign-in refused: none of the person's groups grants a scope");
        let groups = groups.into_iter().take(MOST_GROUPS).map(|group| short(&group)).collect();
        Err(PersonError::NoGrant { name: display_name(claims), claim: claim.clone(), groups })
    }
}

impl Access {
    /// Begins a session of a person whom a provider vouches for, with these scopes from now on.
    async fn sign_in_person(&self, claims: &Claims, scopes: Scopes) -> Result<NewSession, PersonError> {
        loop {
            let client = self.person(claims, scopes).await?;
            // A change in between, such as an administrator's, is looked at.
            if let Some(issued) = self.issue(&client, TokenUse::Session, scopes, SESSION_SECONDS).await? {
                return Ok(begun(&client, issued));
            }
        }
    }

    /// The client that stands for a person, made or changed to what the provider says now.
    async fn person(&self, claims: &Claims, scopes: Scopes) -> Result<ClientRecord, PersonError> {
        let proof = format!("{PERSON}{} {}", claims.issuer, claims.subject);
        let id = format!("person-{}", hex::encode(digest(&proof).first_chunk::<16>().unwrap_or(&[0; 16])));
        let scopes: Vec<String> = {
            let mut names: Vec<String> = scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
            names.sort_unstable();
            names
        };
        loop {
            let before = self.store.client(&id).await?;
            let now = self.origin.now();
            let name = display_name(claims);
            if let Some(before) = &before
                && (before.revoked_at.is_some() || before.secret_hash != proof)
            {
                tracing::warn!(client = id, "sign-in refused: the person is disabled");
                return Err(PersonError::Disabled(name));
            }
            let record = ClientRecord {
                id: id.clone(),
                name,
                description: claims.text("email").map(short).unwrap_or_default(),
                secret_hash: proof.clone(),
                configured_hash: None,
                scopes: scopes.clone(),
                token_seconds: None,
                created_at: before.as_ref().map_or(now, |before| before.created_at),
                created_by: id.clone(),
                modified_at: now,
                revision: before.as_ref().map_or(1, |before| before.revision.saturating_add(1)),
                revoked_at: None,
            };
            if let Some(before) = &before
                && (&before.name, &before.description, &before.scopes)
                    == (&record.name, &record.description, &record.scopes)
            {
                return Ok(before.clone());
            }
            let action = if before.is_some() { "changed" } else { "created" };
            let audit = self.changed(&id, action, before.as_ref(), &record);
            let put = self.store.put_client(record.clone(), audit).await.map_err(|error| match error {
                ClientError::Store(error) => error,
                ClientError::LastAdmin => StoreError::Failed("a person counted as the last admin".to_owned()),
            })?;
            if put {
                return Ok(record);
            }
        }
    }
}

fn opened(app: &App, state: Uuid, kept: Option<&str>) -> Option<Kept> {
    let sealed = URL_SAFE_NO_PAD.decode(kept?).ok()?;
    serde_json::from_slice(&app.unseal_sign_in(state, &sealed).ok()?).ok()
}

/// What a provider said instead of a code.
fn refused(error: Option<&str>, description: Option<&str>) -> SignInProblem {
    let words: Vec<String> = [error, description].into_iter().flatten().map(short).collect();
    if words.is_empty() {
        return SignInProblem::Invalid("it has neither a code nor an error".to_owned());
    }
    SignInProblem::Refused(words.join(": "))
}

/// What a person is called.
fn display_name(claims: &Claims) -> String {
    let named = ["name", "preferred_username", "email"].into_iter().find_map(|claim| claims.text(claim));
    short(named.unwrap_or(&claims.subject))
}

/// Somebody else's words: not too many, on one line.
fn short(words: &str) -> String {
    words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

/// A place in the console, and nowhere else.
fn within(next: &str) -> &str {
    let local = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let plain = next.len() <= LONGEST_NEXT && next.bytes().all(|byte| byte.is_ascii_graphic());
    if local && plain { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_into_the_console_and_nowhere_else() {
        for next in ["/", "/queues?x=1", "/flows/1#a"] {
            assert_eq!(within(next), next);
        }
        for next in ["", "//evil.example", "/\\evil.example", "https://evil.example", "queues", "/a\r\nb", "/ä"] {
            assert_eq!(within(next), "/", "{next:?}");
        }
    }
}
