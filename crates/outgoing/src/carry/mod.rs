//! Mail carried to its receiver by SMTP: one mail, one recipient, one answer.
//!
//! Through a smarthost, or to the hosts of the recipient's domain. A smarthost's certificate is verified; an MX is encrypted if it can be
//! (RFC 7435). What a receiver answers is kept word for word.

mod answer;
mod connections;
mod dialogue;
mod login;
mod pool;
pub mod records;
mod submission;
mod targets;
mod timeouts;
mod tls;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hickory_resolver::net::NetError;
use ipnet::IpNet;
use thiserror::Error;
use tokio::net::lookup_host;

pub use answer::Answer;
pub use login::{Proof, Relay, TokenSource};
pub use submission::{Submission, SubmissionProblem, SubmissionStage, Submitter};
pub use timeouts::Timeouts;
pub use tls::{RootsProblem, opportunistic};

use crate::address::{Domain, MailAddress};
use crate::dkim::Keys;
use connections::{Connections, Peer};
use dialogue::{Parcel, Step, Stop, within};
use pool::Pool;
use targets::{Target, Targets};

/// What became of one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The receiver has the mail.
    Delivered {
        /// What it said to the content.
        answer: Answer,
    },
    /// Not now: another attempt may go better.
    Deferred {
        /// Why.
        answer: Answer,
    },
    /// Not now, nor any other mail: the smarthost can't be reached, does not deal with us, or was lost before it had the content.
    Away {
        /// Why.
        answer: Answer,
    },
    /// Never: another attempt would be answered the same.
    Refused {
        /// Why.
        answer: Answer,
    },
}

/// A mail for one recipient.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'x> {
    /// The envelope sender: the delivery's bounce address; none is the null reverse-path (RFC 5321 section 4.5.5).
    pub sender: Option<&'x MailAddress>,
    /// The recipient.
    pub recipient: &'x MailAddress,
    /// Whose key it is signed with, if its author is of that domain; none: it is not ours to sign, as a forward of somebody's mail.
    pub sign_as: Option<&'x Domain>,
    /// The mail. Its line ends become CRLF.
    pub content: &'x [u8],
}

/// How mail is carried.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of this server in EHLO.
    pub name: Domain,
    /// The server that takes everything; without one mail goes to the MX of each domain.
    pub relay: Option<Relay>,
    /// A PEM file with certificates that are trusted for the smarthost beside the system's.
    pub extra_roots: Option<PathBuf>,
    /// The DNS server; the system's if there is none.
    pub dns: Option<SocketAddr>,
    /// The port of MX hosts: 25.
    pub mx_port: u16,
    /// Networks of private addresses that MX hosts may be in.
    pub allowed_networks: Vec<IpNet>,
    /// How long a receiver is waited for.
    pub timeouts: Timeouts,
    /// The keys that mail is signed with.
    pub keys: Arc<Keys>,
}

impl Settings {
    /// To the MX of each domain, unsigned, with the defaults.
    #[must_use]
    pub fn new(name: Domain) -> Self {
        Self {
            name,
            relay: None,
            extra_roots: None,
            dns: None,
            mx_port: 25,
            allowed_networks: Vec::new(),
            timeouts: Timeouts::default(),
            keys: Arc::default(),
        }
    }
}

/// Why mail can't be carried at all.
#[derive(Debug, Error)]
pub enum SetupProblem {
    /// Certificates.
    #[error(transparent)]
    Roots(#[from] RootsProblem),
    /// The system's DNS configuration.
    #[error("cannot read this system's DNS configuration: {0}")]
    Dns(#[from] NetError),
}

/// Carries mail, and keeps connections for the next one.
pub struct Carrier {
    connections: Connections,
    way: Way,
}

enum Way {
    Relay(Relay),
    Mx(Box<Targets>),
}

impl Carrier {
    /// Makes a carrier ready; connects to nobody yet.
    ///
    /// # Errors
    /// If there are no certificates to trust, or no DNS server is known.
    pub fn new(settings: Settings) -> Result<Self, SetupProblem> {
        let Settings { name, relay, extra_roots, dns, mx_port, allowed_networks, timeouts, keys } = settings;
        let (way, tls) = match relay {
            Some(relay) => (Way::Relay(relay), tls::verified(extra_roots.as_deref())?),
            None => {
                let resolver = targets::resolver(dns)?;
                let targets = Targets { resolver, port: mx_port, allowed: allowed_networks, timeouts };
                (Way::Mx(Box::new(targets)), tls::opportunistic()?)
            }
        };
        Ok(Self { connections: Connections { name, timeouts, keys, tls, pool: Pool::default() }, way })
    }

    /// Makes one attempt to carry a mail, and signs it if it is ours and there is a key of its author's domain.
    pub async fn carry(&self, mail: &Outgoing<'_>) -> Carried {
        let prepared = match self.connections.prepare(mail) {
            Ok(prepared) => prepared,
            Err(carried) => return carried,
        };
        let parcel = prepared.parcel(mail);
        match &self.way {
            Way::Relay(relay) => self.through(relay, &parcel).await,
            Way::Mx(targets) => self.to_mx(targets, &parcel).await,
        }
    }

    async fn through(&self, relay: &Relay, parcel: &Parcel<'_>) -> Carried {
        let server = &relay.smarthost;
        let host = server.to_string();
        let timeouts = &self.connections.timeouts;
        let looked_up = within(timeouts.dns, "looking it up", lookup_host((&*server.host, server.port))).await;
        let addresses: Vec<SocketAddr> = match looked_up {
            Ok(Ok(addresses)) => addresses.collect(),
            Ok(Err(error)) => return Carried::Away { answer: Answer::of(&host, error.to_string()) },
            Err(why) => return Carried::Away { answer: Answer::of(&host, why) },
        };
        let target = Target { host: server.host.clone(), addresses };
        match self.connections.to_host(&target, &Peer { host: &host, pooled: &host, relay: Some(relay) }, parcel).await
        {
            Ok(answer) => Carried::Delivered { answer },
            Err(stop) => verdict(stop, true),
        }
    }

    async fn to_mx(&self, targets: &Targets, parcel: &Parcel<'_>) -> Carried {
        let found = match targets.of(parcel.recipient.domain()).await {
            Ok(found) => found,
            Err(carried) => return carried,
        };
        let mut last = None;
        for target in &found {
            let host = format!("{}:{}", target.host, targets.port);
            match self.connections.to_host(target, &Peer { host: &host, pooled: &host, relay: None }, parcel).await {
                Ok(answer) => return Carried::Delivered { answer },
                Err(stop) => {
                    let goes_on = is_about_the_host(&stop);
                    last = Some(stop);
                    if !goes_on {
                        break;
                    }
                }
            }
        }
        match last {
            Some(stop) => verdict(stop, false),
            None => Carried::Deferred { answer: Answer::ours("no host was found") },
        }
    }
}

/// Whether it is not about the mail: the host could not be talked to, or was lost before it had the content. Another host of the domain
/// may do better.
fn is_about_the_host(stop: &Stop) -> bool {
    match stop.step {
        Step::Connect | Step::Tls | Step::Greeting | Step::Hello | Step::Login => true,
        Step::Sender | Step::Recipient | Step::Data => matches!(stop.answer.code, None | Some(421)),
        Step::Extensions | Step::Content => false,
    }
}

/// What an attempt that stopped means for the mail. What a smarthost has against us, rather than against the mail, is for its
/// administrator and ours to mend: until then mail waits.
fn verdict(stop: Stop, is_relay: bool) -> Carried {
    let about_the_host = is_about_the_host(&stop);
    let Stop { step, answer } = stop;
    let permanent = step == Step::Extensions || answer.code.is_some_and(|code| (500..600).contains(&code));
    let about_us = match step {
        // A 5xx greeting is about whom we connect from: a list of bad addresses is left again, and the mail is no worse for it.
        Step::Connect | Step::Tls | Step::Login | Step::Greeting | Step::Hello => true,
        // "Authentication required" (RFC 4954 section 6).
        Step::Sender | Step::Recipient | Step::Data => is_relay && answer.code == Some(530),
        Step::Extensions | Step::Content => false,
    };
    match (permanent, about_us) {
        (true, false) => Carried::Refused { answer },
        _ if is_relay && (about_us || about_the_host) => Carried::Away { answer },
        _ => Carried::Deferred { answer },
    }
}
