//! The flow language. Pure: no I/O, no clock, no randomness.

#[deny(
    clippy::wildcard_enum_match_arm,
    reason = "a new action, fact or kind of object must not be passed over in silence"
)]
pub mod actions;
#[deny(
    clippy::wildcard_enum_match_arm,
    reason = "a new action, fact or kind of object must not be passed over in silence"
)]
pub mod check;
pub mod data_action;
pub mod diagnostic;
#[deny(
    clippy::wildcard_enum_match_arm,
    reason = "a new action, fact or kind of object must not be passed over in silence"
)]
pub mod diff;
#[deny(
    clippy::wildcard_enum_match_arm,
    reason = "a new action, fact or kind of object must not be passed over in silence"
)]
pub mod document;
pub mod email;
pub mod expr;
pub mod functions;
pub mod interface;
pub mod link;
mod path;
#[deny(
    clippy::wildcard_enum_match_arm,
    reason = "a new action, fact or kind of object must not be passed over in silence"
)]
pub mod program;
#[deny(
    clippy::wildcard_enum_match_arm,
    reason = "a new action, fact or kind of object must not be passed over in silence"
)]
pub mod reference;
pub mod source;
pub mod table;
pub mod types;
pub mod value;
pub mod work;
