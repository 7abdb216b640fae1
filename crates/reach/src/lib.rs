//! Outside addresses: which may be connected to, and an HTTP client that connects to no others. What servers there repeat of secrets is hidden.
//!
//! A URL that a user wrote, or a name that a stranger's DNS answers, must not lead into the operator's own network. Names are resolved once
//! for each connection, and the connection goes to an address that was checked: no second lookup lies between the two. Redirects are not
//! followed, and proxies named in the environment are ignored.

mod client;
mod echo;
mod guard;
mod networks;
mod url;

pub use client::{Answer, Client, Limits, SetupProblem, Unreached, tls_config};
pub use echo::Secrets;
pub use guard::{Guard, Names, PrivateTarget, PublicTarget, SystemNames};
pub use networks::may_reach;
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, Url};
pub use url::{UrlProblem, plain_host, web_url};
