//! Lists: Genesys's pages, and cursors where the list grows while it is read.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One page of a list: the envelope of Genesys's `…EntityListing`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}Listing")]
pub struct Page<T> {
    /// What is on the page; empty past the end.
    pub entities: Vec<T>,
    /// The size of a page.
    pub page_size: u32,
    /// The page's number, counted from 1.
    pub page_number: u32,
    /// The total number of elements.
    pub total: u64,
    /// The number of pages.
    pub page_count: u64,
    /// The first page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_uri: Option<String>,
    /// The last page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_uri: Option<String>,
    /// This page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
    /// The next page's address; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_uri: Option<String>,
    /// The previous page's address; absent on the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_uri: Option<String>,
}

/// A page of a list that is read by cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "{T}Chunk")]
pub struct Chunk<T> {
    /// The elements of this page.
    pub entities: Vec<T>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
