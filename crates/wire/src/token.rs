//! The answers of the token endpoint.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ErrorBody;

/// The request for a token (RFC 6749 section 4.4.2), as a form. The credentials may be in an HTTP Basic header instead.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenRequest {
    /// Always `client_credentials`.
    pub grant_type: String,
    /// The client's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its secret: this type can't be printed for debugging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// Scopes, separated by spaces; left out: all that the client has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// A token (RFC 6749 section 5.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// The token itself. It is a secret: this type can't be printed for debugging.
    pub access_token: String,
    /// Always `bearer`.
    pub token_type: String,
    /// How long it lasts, in seconds.
    pub expires_in: u64,
    /// Its scopes, separated by spaces; empty if it grants nothing.
    pub scope: String,
}

/// Why no token was given (RFC 6749 section 5.2), beside the members that every error has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TokenError {
    /// `invalid_request`, `invalid_client`, `unsupported_grant_type` or `invalid_scope`.
    pub error: String,
    /// What is wrong, for people.
    pub error_description: String,
    /// The same text, where Genesys's Go client looks for it.
    pub description: String,
    /// The members of every error.
    #[serde(flatten)]
    pub body: ErrorBody,
}
