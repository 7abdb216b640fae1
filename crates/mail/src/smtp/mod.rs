//! SMTP (RFC 5321): receiving mail, and a small client to send it.

mod attributes;
mod client;
mod complaint;
mod connection;
mod content;
mod intake;
mod listener;
mod path;
mod proxy;
mod refusal;
mod reply;
mod session;
mod settings;
mod verbs;

pub use client::{Client, ClientError, Sent, ServerReply};
pub use intake::{Envelope, Intake, Receipt, Recipient};
pub use listener::{Listener, serve};
pub use refusal::{Cause, Refusal};
pub use reply::{Class, Status};
pub use session::{Ending, Session, Step};
pub use settings::{BareLf, Settings};
pub use waypost_admission::Budget;
