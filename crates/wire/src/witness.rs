//! A search for a mail that a change decides differently.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Object;
use crate::change::ChangeSetFlow;
use crate::trace::{RunTrace, TraceDifference};

/// Which change a mail is searched for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WitnessRequest {
    /// The flows that are to change: each a `document`, or a `version` that is to be published (`newest` is the draft).
    pub flows: Vec<ChangeSetFlow>,
    /// Names of queues that would be made with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queues: Vec<String>,
    /// How long to search at most, in seconds: 1 to 30; 10 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// How a search ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WitnessSearch {
    /// How many mails were tried.
    pub tries: u64,
    /// How long it took.
    pub milliseconds: u64,
    /// Tables of which the search knew only the first rows, because they have too many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables_in_part: Vec<String>,
    /// The mail; absent if none was found, which does not prove that there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Witness>,
}

/// A mail that is decided differently once the change is published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Witness {
    /// The raw mail.
    pub mail: String,
    /// A test file that runs it, as `witness.eml`, with what would be decided as what is expected.
    pub test: String,
    /// Whether the mail alone does not show the difference: it needs the test's time, envelope, attributes, inputs or answers.
    pub needs_test: bool,
    /// The address of the route that it comes in by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Or the flow that is run by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// What differs, in words, a line for each.
    pub differs: Vec<String>,
    /// The first step in which the runs differ; absent if there is one run alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<TraceDifference>,
    /// What is decided now; absent if there is no such route or published flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<WitnessRun>,
    /// What would be decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<WitnessRun>,
}

/// What comes of the mail on one side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WitnessRun {
    /// What came of it, in the words of test files: `decision`, `queue`, `priority` and so on.
    pub observed: Object,
    /// The way there.
    pub trace: RunTrace,
}
