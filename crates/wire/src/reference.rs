//! References to things that have an address of their own.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A reference to another object: Genesys's `DomainEntityRef`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    /// Its identifier.
    pub id: String,
    /// Its name, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address below the server's origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// The one division that there is. Genesys's clients expect every flow and queue to be in one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Division {
    /// Its identifier, the same on every server.
    pub id: Uuid,
    /// `Home`.
    pub name: String,
}

impl Division {
    /// The identifier of the home division.
    pub const HOME: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0001);

    /// The home division.
    pub fn home() -> Self {
        Self { id: Self::HOME, name: "Home".to_owned() }
    }
}
