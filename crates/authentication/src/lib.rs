//! Who sent a mail, as typed results: SPF (RFC 7208), DKIM (RFC 6376, RFC 8463), DMARC (RFC 9989), ARC (RFC 8617), and what trusted servers
//! noted of them (RFC 8601).
//!
//! A result is only as good as what it rests on. SPF is about the address of whoever sent the mail; where that is not known, SPF is
//! `unknown`, and DMARC passes by aligned DKIM alone and never fails.

mod arc;
mod author;
mod bounds;
mod check;
mod dkim;
mod dmarc;
mod finding;
mod reported;
mod resolver;
mod sender;
mod spf;

pub use check::{Authenticator, Mail, Settings};
pub use finding::{Finding, Found};
pub use resolver::SetupProblem;
