//! API clients and their tokens.

use jiff::Timestamp;

/// The scope that allows everything. Once a client has it, at least one client that is not revoked keeps it.
pub const ADMIN_SCOPE: &str = "admin";

/// What `secret_hash` of a person begins with: the issuer of the identity provider follows, a space, and the subject.
pub const PERSON: &str = "oidc:";

/// An OAuth client, or a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRecord {
    /// The client id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// How it proves itself: `sha256:HEX` for a generated secret of 256 bits, an Argon2 PHC string for a chosen one. A person has no secret:
    /// `oidc:ISSUER SUBJECT` says who vouches for whom.
    pub secret_hash: String,
    /// The hash of the secret that the server's configuration last gave it, whether it still has that secret or not; none for a
    /// client that no configuration named.
    pub configured_hash: Option<String>,
    /// The scopes it may have, in our own names.
    pub scopes: Vec<String>,
    /// How long its tokens last, in seconds; none is the server's own time.
    pub token_seconds: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The client that made it; the server itself is `waypost`.
    pub created_by: String,
    /// When it last changed.
    pub modified_at: Timestamp,
    /// Counts the changes of this client, from 1: the ETag.
    pub revision: u64,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ClientRecord {
    /// The issuer and subject of a person; none for a program.
    #[must_use]
    pub fn person(&self) -> Option<(&str, &str)> {
        self.secret_hash.strip_prefix(PERSON)?.split_once(' ')
    }

    /// Whether it may do everything now, whatever an identity provider says.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.revoked_at.is_none() && self.person().is_none() && self.scopes.iter().any(|scope| scope == ADMIN_SCOPE)
    }
}

/// What a token is for. Each is good for nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// A program's, in its `Authorization` header.
    Bearer,
    /// A browser's, in the console's cookie.
    Session,
    /// A link that begins one session.
    Link,
}

impl TokenUse {
    /// The word it is kept as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Session => "session",
            Self::Link => "link",
        }
    }

    /// The use that a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Bearer, Self::Session, Self::Link].into_iter().find(|one| one.as_str() == word)
    }
}

/// An access token. The token itself is never kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// The client it was given to.
    pub client_id: String,
    /// What it grants, in our own names.
    pub scopes: Vec<String>,
    /// When it was given.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// What it is for.
    pub used_as: TokenUse,
}
