//! Sessions of the console, which browsers hold in a cookie.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::Time;

/// Starts a session: a client's id and secret, or a link.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionRequest {
    /// The client's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its secret: this type can't be printed for debugging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// The secret of a link, instead of both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A link to look at before using it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkRequest {
    /// The link's secret: this type can't be printed for debugging.
    pub link: String,
}

/// Who a session is for, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The client.
    pub client_id: String,
    /// What the person is called, if it is one who signed in by an identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The session's scopes, by Waypost's names.
    pub scopes: Vec<String>,
}

/// The ways to sign in to the console, other than a client's secret.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignInWays {
    /// An identity provider that speaks OpenID Connect; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc: Option<SignInProvider>,
}

/// An identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignInProvider {
    /// What it is called.
    pub name: String,
    /// Where a browser starts, on this server; `?next=` names a place in the console to go to afterwards.
    pub path: String,
}

/// A link that starts one session of the client that created it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionLink {
    /// Path and fragment, from the server's address. Browsers keep the fragment, which has the secret, to themselves: this type can't be
    /// printed for debugging.
    pub path: String,
    /// When it expires.
    pub expires_at: Time,
}
