//! One provider: where it is, which keys it has, and the two steps of a sign-in.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use tokio::sync::Mutex;
use waypost_oauth::{Grant, OauthClient};
use waypost_reach::{Client, Url};

use crate::SignInProblem;
use crate::discovery::{Endpoints, discover, get};
use crate::id_token::{Claims, Expected, TokenProblem, read_id_token};
use crate::keys::Keys;

/// What a provider said of itself is asked anew after this long.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// A provider that failed is not asked again for so long: each who waits would wait for the timeout.
const FAILED: Duration = Duration::from_secs(3);

/// Keys are asked for at most this often, whatever keys tokens name.
const KEYS_AT_MOST: Duration = Duration::from_secs(10);

/// Our registration at a provider.
#[derive(Clone)]
pub struct Registration {
    /// The provider, exactly as it names itself.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; public clients have none.
    pub client_secret: Option<String>,
    /// Where it sends browsers back to.
    pub redirect_uri: Url,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// What one sign-in must bring back: kept by the browser that began it, where nobody else can read or replace it.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Names the sign-in in addresses.
    pub state: String,
    /// Names it in the ID token.
    pub nonce: String,
    /// What shows that the code is asked for by who began (RFC 7636 section 4.1).
    pub verifier: String,
}

/// What the provider sent the browser back with.
pub struct Callback<'c> {
    /// What the token is asked for by.
    pub code: &'c str,
    /// Who answers (RFC 9207), if it is said.
    pub issuer: Option<&'c str>,
}

/// An OpenID provider.
pub struct Provider {
    http: Client,
    registration: Registration,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    endpoints: Option<(Arc<Endpoints>, Instant)>,
    failed: Option<(String, Instant)>,
    keys: Option<(Arc<Keys>, Instant)>,
}

impl Provider {
    /// Asks nothing yet: a provider that is down must not keep a server from starting.
    #[must_use]
    pub fn new(http: Client, registration: Registration) -> Self {
        Self { http, registration, known: Mutex::default() }
    }

    /// Where a browser begins to sign in (Core 1.0 section 3.1.2.1).
    ///
    /// # Errors
    /// The provider can't be used.
    pub async fn begin(&self, attempt: &Attempt) -> Result<Url, SignInProblem> {
        let mut url = self.endpoints().await?.authorization.clone();
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, attempt.verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.registration.client_id)
            .append_pair("redirect_uri", self.registration.redirect_uri.as_str())
            .append_pair("scope", "openid profile email")
            .append_pair("state", &attempt.state)
            .append_pair("nonce", &attempt.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url)
    }

    /// Who was signed in, at this time in seconds since 1970.
    ///
    /// # Errors
    /// The provider can't be used, refuses the code, or answers what can't be trusted.
    pub async fn finish(&self, attempt: &Attempt, callback: Callback<'_>, now: i64) -> Result<Claims, SignInProblem> {
        let endpoints = self.endpoints().await?;
        self.answers_itself(callback.issuer, endpoints.names_itself)?;
        let client = OauthClient {
            token_url: endpoints.token.clone(),
            client_id: self.registration.client_id.clone(),
            secret: self.registration.client_secret.clone(),
            scope: None,
        };
        let grant = Grant::AuthorizationCode {
            code: callback.code,
            verifier: &attempt.verifier,
            redirect_uri: self.registration.redirect_uri.as_str(),
        };
        let granted = client.ask(&self.http, grant).await.map_err(|refusal| match refusal.code {
            Some(_) => SignInProblem::Refused(refusal.told),
            None => SignInProblem::Unusable(refusal.told),
        })?;
        let token = granted.id_token.ok_or_else(|| {
            SignInProblem::Invalid("it has no ID token; is the scope `openid` allowed for this client?".to_owned())
        })?;
        let expected = Expected {
            issuer: &self.registration.issuer,
            client_id: &self.registration.client_id,
            nonce: &attempt.nonce,
            now,
        };
        let keys = self.keys(&endpoints, false).await?;
        let read = match read_id_token(&token, &keys, expected) {
            // A provider changes its keys now and then.
            Err(TokenProblem::UnknownKey) => read_id_token(&token, &*self.keys(&endpoints, true).await?, expected),
            read => read,
        };
        read.map_err(|problem| SignInProblem::Invalid(problem.to_string()))
    }

    /// Where a browser signs out of the provider; none if that offers no such thing.
    ///
    /// # Errors
    /// The provider can't be used.
    pub async fn sign_out(&self, back: &Url) -> Result<Option<Url>, SignInProblem> {
        let Some(mut url) = self.endpoints().await?.end_session.clone() else { return Ok(None) };
        url.query_pairs_mut()
            .append_pair("client_id", &self.registration.client_id)
            .append_pair("post_logout_redirect_uri", back.as_str());
        Ok(Some(url))
    }

    /// Checks who answers, so that no other provider's answer is taken for this one's (RFC 9207 section 2.4).
    ///
    /// # Errors
    /// It is another, or it does not say so although it always does.
    pub async fn check_issuer(&self, named: Option<&str>) -> Result<(), SignInProblem> {
        let names_itself = self.endpoints().await?.names_itself;
        self.answers_itself(named, names_itself)
    }

    fn answers_itself(&self, named: Option<&str>, names_itself: bool) -> Result<(), SignInProblem> {
        match named {
            Some(named) if named == self.registration.issuer => Ok(()),
            None if !names_itself => Ok(()),
            _ => Err(SignInProblem::Invalid("it comes from another provider (`iss`)".to_owned())),
        }
    }

    async fn endpoints(&self) -> Result<Arc<Endpoints>, SignInProblem> {
        // Whoever else needs them waits here for the same.
        let mut known = self.known.lock().await;
        if let Some((endpoints, since)) = &known.endpoints
            && since.elapsed() < FRESH
        {
            return Ok(Arc::clone(endpoints));
        }
        if let Some((why, since)) = &known.failed
            && since.elapsed() < FAILED
        {
            return Err(SignInProblem::Unusable(why.clone()));
        }
        let has_secret = self.registration.client_secret.is_some();
        match discover(&self.http, &self.registration.issuer, has_secret).await {
            Ok(endpoints) => {
                let endpoints = Arc::new(endpoints);
                known.endpoints = Some((Arc::clone(&endpoints), Instant::now()));
                Ok(endpoints)
            }
            Err(why) => {
                known.failed = Some((why.clone(), Instant::now()));
                Err(SignInProblem::Unusable(why))
            }
        }
    }

    /// The provider's keys; `anew` if those that were read lack one.
    async fn keys(&self, endpoints: &Endpoints, anew: bool) -> Result<Arc<Keys>, SignInProblem> {
        let mut known = self.known.lock().await;
        if let Some((keys, since)) = &known.keys {
            let enough = if anew { KEYS_AT_MOST } else { FRESH };
            if since.elapsed() < enough {
                return Ok(Arc::clone(keys));
            }
        }
        let read = get(&self.http, &endpoints.keys).await.and_then(|body| Keys::read(&body));
        let keys = Arc::new(read.map_err(SignInProblem::Unusable)?);
        known.keys = Some((Arc::clone(&keys), Instant::now()));
        Ok(keys)
    }
}
