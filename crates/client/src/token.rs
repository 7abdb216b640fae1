//! The token: fetched when it is needed, and again before it ends.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::sync::Mutex;

/// A token counts as expired this long before it is: it must outlast a request that is in flight.
const EARLY: Duration = Duration::from_secs(30);

/// Where tokens come from.
pub(crate) struct TokenSource {
    credentials: Option<(String, String)>,
    scope: Option<String>,
    held: Mutex<Option<Held>>,
}

#[derive(Clone)]
struct Held {
    token: String,
    /// None for a token that was given: its expiry is unknown.
    until: Option<Instant>,
}

impl TokenSource {
    pub(crate) fn new(credentials: Option<(String, String)>, scope: Option<String>, token: Option<String>) -> Self {
        let held = token.map(|token| Held { token, until: None });
        Self { credentials, scope, held: Mutex::new(held) }
    }

    /// The token that is held, if it is still good; else `fetch` is asked, by one caller at a time.
    pub(crate) async fn token<E, F: Future<Output = Result<(String, Duration), E>>>(
        &self,
        fetch: impl FnOnce() -> F,
    ) -> Result<String, E> {
        let mut held = self.held.lock().await;
        match &*held {
            Some(held) if held.until.is_none_or(|until| Instant::now() < until) => return Ok(held.token.clone()),
            _ => {}
        }
        let (token, lasts) = fetch().await?;
        *held = Some(Held { token: token.clone(), until: Some(Instant::now() + lasts.saturating_sub(EARLY)) });
        Ok(token)
    }

    /// Forgets a token that was refused; returns whether another can be fetched.
    pub(crate) async fn refused(&self, token: &str) -> bool {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.token == token) {
            *held = None;
        }
        self.credentials.is_some()
    }

    /// The header of a request for a token; none without credentials.
    pub(crate) fn basic(&self) -> Option<String> {
        let (id, secret) = self.credentials.as_ref()?;
        Some(format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))))
    }

    /// The form of a request for a token (RFC 6749 section 4.4.2).
    pub(crate) fn form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        form.finish()
    }
}
