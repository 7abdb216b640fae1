//! Codes of answers that deserve a page of their own: those that only the API gives.

/// Codes, what each means in a line, and its page in Markdown.
pub const ALL: &[(&str, &str, &str)] = &[(
    "flow.contract.broken",
    "A change that would break flows which call this one.",
    include_str!("pages/flow.contract.broken.md"),
)];
