//! Mail out: replies, notices and forwards composed, signed with DKIM and carried by SMTP, and the bounces that come back.
//!
//! Nothing here knows flows, routes or a store. Composing ([`compose`]) is pure: ids, dates and boundaries are arguments, so that the same
//! delivery is the same bytes in every attempt. Sockets and DNS are in [`carry`] alone. Why so: `docs/decisions/0027-mail-out.md`.

pub mod address;
pub mod bounce;
pub mod carry;
pub mod compose;
mod content;
pub mod dkim;
pub mod envelope;
mod header_text;
mod mac;
mod message_id;
pub mod smarthost;
pub mod trace_field;

pub use content::Content;
pub use header_text::HeaderText;
pub use mac::Key;
pub use message_id::MessageId;
