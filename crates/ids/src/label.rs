//! What a label names.

use serde::{Deserialize, Serialize};

use crate::Version;

/// What a label names: one version, or two of which each interaction gets one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelTarget {
    /// The version.
    pub version: Version,
    /// How many of all the weights' sum go to it; 1 or more.
    pub weight: u32,
}
