//! Mailboxes of others by IMAP (RFC 3501, RFC 9051): connect, log in, find messages, fetch them, mark, move or delete them, and wait for more.
//!
//! Addresses go through the guard of `waypost-reach`. Nothing a server says is trusted to be short or to come in time: each response is
//! bounded in bytes, each silence in time. A command that a server refuses is an error, never an empty answer. Responses that make no sense
//! are skipped, unless they are what was asked for.
//!
//! Nothing here knows a store, flows or routes.

mod connect;
mod dialogue;
mod folder_name;
mod login;
mod problem;
mod session;
mod wire;

pub use connect::{Connector, Greeted, Server, Timeouts, Tls};
pub use login::Login;
pub use problem::{Problem, Stage};
pub use session::{Fetched, Folder, Found, Session, Waited};
