//! SMTP (RFC 5321): receiving mail, and a small client to send it.

mod intake;
mod refusal;
mod reply;

pub use intake::{Envelope, Intake, Receipt, Recipient};
pub use refusal::{Cause, Refusal};
pub use reply::{Class, Status};
