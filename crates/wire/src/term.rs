//! Terms: names that others use, such as skills.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Object;
use crate::reference::Division;
use crate::time::Time;

/// A term. Members that the server only keeps are returned as they were sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Term {
    /// Its identifier.
    pub id: Uuid,
    /// Its name, as flows write it.
    pub name: String,
    /// The division it is in.
    pub division: Division,
    /// Always `active`: what is deleted is gone.
    pub state: String,
    /// Counts its changes.
    pub version: String,
    /// What clients sent besides.
    #[serde(flatten)]
    pub extra: Object,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
}

/// Creates a skill or a language.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TermRequest {
    /// Its name.
    pub name: String,
    /// What is only kept and returned.
    #[serde(flatten)]
    pub extra: Object,
}

/// Changes a skill or a language: members that are left out stay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TermChange {
    /// Its name. A name that flows use can't be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is only kept and returned.
    #[serde(flatten)]
    pub extra: Object,
}
