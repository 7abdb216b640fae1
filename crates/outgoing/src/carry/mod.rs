//! Mail carried to its receiver by SMTP: one mail, one recipient, one answer.
//!
//! Through a smarthost, or to the hosts of the recipient's domain. A smarthost's certificate is verified; an MX is encrypted if it can be
//! (RFC 7435). What a receiver answers is kept word for word.

mod answer;
mod dialogue;
mod login;
mod pool;
pub mod records;
mod targets;
mod timeouts;
mod tls;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use hickory_resolver::net::NetError;
use ipnet::IpNet;
use rustls::ClientConfig;
use thiserror::Error;
use tokio::net::{TcpStream, lookup_host};

pub use answer::Answer;
pub use login::{Proof, Relay, TokenSource};
pub use timeouts::Timeouts;
pub use tls::RootsProblem;

use crate::address::{Domain, MailAddress};
use crate::dkim::Keys;
use dialogue::{Dialogue, Parcel, Step, Stop, within};
use login::{Secret, exchange};
use pool::{Pool, Used};
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
    /// Whether its header needs SMTPUTF8; that the recipient does is known from the address.
    pub needs_utf8: bool,
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
    name: Domain,
    way: Way,
    timeouts: Timeouts,
    keys: Arc<Keys>,
    tls: Arc<ClientConfig>,
    pool: Pool,
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
        Ok(Self { name, way, timeouts, keys, tls, pool: Pool::default() })
    }

    /// Makes one attempt to carry a mail, and signs it if it is ours and there is a key of its author's domain.
    pub async fn carry(&self, mail: &Outgoing<'_>) -> Carried {
        let content = wire::with_crlf(mail.content);
        let signature = match mail.sign_as.map(|domain| self.keys.sign(domain, &content)).transpose() {
            Ok(signature) => signature.unwrap_or_default(),
            Err(error) => return Carried::Deferred { answer: Answer::ours(error.to_string()) },
        };
        let stuffed = wire::stuffed(&content);
        let parcel = Parcel {
            sender: mail.sender,
            recipient: mail.recipient,
            needs_utf8: mail.needs_utf8
                || mail.sender.is_some_and(MailAddress::needs_utf8)
                || mail.recipient.needs_utf8(),
            is_ascii: content.is_ascii(),
            size: signature.len() + content.len(),
            stuffed: &[signature.as_bytes(), &stuffed].concat(),
        };
        match &self.way {
            Way::Relay(relay) => self.through(relay, &parcel).await,
            Way::Mx(targets) => self.to_mx(targets, &parcel).await,
        }
    }

    async fn through(&self, relay: &Relay, parcel: &Parcel<'_>) -> Carried {
        let server = &relay.smarthost;
        let host = server.to_string();
        let looked_up = within(self.timeouts.dns, "looking it up", lookup_host((&*server.host, server.port))).await;
        let addresses: Vec<SocketAddr> = match looked_up {
            Ok(Ok(addresses)) => addresses.collect(),
            Ok(Err(error)) => return Carried::Away { answer: Answer::of(&host, error.to_string()) },
            Err(why) => return Carried::Away { answer: Answer::of(&host, why) },
        };
        let target = Target { host: server.host.clone(), addresses };
        match self.to_host(&target, Some(relay), &host, parcel).await {
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
            match self.to_host(target, None, &host, parcel).await {
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

    /// Over a connection that is open, else over a new one. An idle connection may have died unseen: before the receiver has heard of the
    /// mail, that is no reason to wait for the next attempt.
    async fn to_host(
        &self,
        target: &Target,
        relay: Option<&Relay>,
        host: &str,
        parcel: &Parcel<'_>,
    ) -> Result<Answer, Stop> {
        while let Some(mut used) = self.pool.take(host) {
            if !used.dialogue.is_quiet().await {
                continue;
            }
            let sent = self.over(&mut used.dialogue, host, parcel).await;
            match sent {
                Err(stop) if stop.step == Step::Sender && matches!(stop.answer.code, None | Some(421)) => {
                    tracing::debug!(host, "an idle connection was closed");
                }
                sent => {
                    self.put_back(host, used, sent.as_ref().err()).await;
                    return sent;
                }
            }
        }
        let mut dialogue = self.connect(target, relay, host).await?;
        let sent = self.over(&mut dialogue, host, parcel).await;
        self.put_back(host, Used { dialogue, mails: 0 }, sent.as_ref().err()).await;
        sent
    }

    async fn over(&self, dialogue: &mut Dialogue, host: &str, parcel: &Parcel<'_>) -> Result<Answer, Stop> {
        if parcel.needs_utf8 && !dialogue.offers("SMTPUTF8") {
            let text = "an address of the mail is not ASCII, and the server takes no such addresses (SMTPUTF8)";
            return Err(Stop { step: Step::Addresses, answer: Answer::of(host, text) });
        }
        dialogue.send(parcel).await
    }

    /// Keeps a connection that is in a known state.
    async fn put_back(&self, host: &str, mut used: Used, stop: Option<&Stop>) {
        used.mails += 1;
        let fine = match stop {
            None => true,
            Some(stop) if stop.step == Step::Addresses => true,
            Some(stop) if matches!(stop.answer.code, None | Some(421)) => false,
            Some(_) => used.dialogue.reset().await,
        };
        if fine {
            self.pool.put(host, used);
        }
    }

    async fn connect(&self, target: &Target, relay: Option<&Relay>, host: &str) -> Result<Dialogue, Stop> {
        let mut last = Stop { step: Step::Connect, answer: Answer::of(host, "the host has no address") };
        for address in &target.addresses {
            match self.connect_to(*address, target, relay, host).await {
                Ok(dialogue) => return Ok(dialogue),
                Err(stop) => last = stop,
            }
        }
        Err(last)
    }

    async fn connect_to(
        &self,
        address: SocketAddr,
        target: &Target,
        relay: Option<&Relay>,
        host: &str,
    ) -> Result<Dialogue, Stop> {
        let Some(relay) = relay else {
            let dialogue = self.greeted(address, None, target, host).await?;
            let dialogue = match self.start_tls(dialogue, target).await {
                Err(stop) if stop.step == Step::Tls => {
                    // Better in the clear than not at all: that is what encrypting by opportunity means.
                    tracing::debug!(host, answer = %stop.answer, "TLS failed, going on without");
                    return self.greeted(address, None, target, host).await;
                }
                other => other?,
            };
            return Ok(dialogue);
        };
        let Some((user, proof)) = relay.login() else { return self.to_relay(address, target, relay, host).await };
        let mut renewed = false;
        loop {
            let mut dialogue = self.to_relay(address, target, relay, host).await?;
            if !dialogue.is_encrypted() {
                let text = "the server offers no TLS, and credentials are never sent without";
                return Err(Stop { step: Step::Login, answer: Answer::of(host, text) });
            }
            let no_token =
                |why| Stop { step: Step::Login, answer: Answer::of(host, format!("there is no access token: {why}")) };
            let secret = Secret::of(proof).await.map_err(no_token)?;
            let stop = match log_in(&mut dialogue, relay, user, &secret, host).await {
                Ok(()) => return Ok(dialogue),
                Err(stop) => stop,
            };
            // A token can be revoked before its end. Some servers hang up after a refusal: another is tried on a new connection.
            if renewed || stop.answer.code != Some(CREDENTIALS_REFUSED) || !secret.refused(proof).await {
                return Err(stop);
            }
            renewed = true;
        }
    }

    async fn to_relay(
        &self,
        address: SocketAddr,
        target: &Target,
        relay: &Relay,
        host: &str,
    ) -> Result<Dialogue, Stop> {
        let implicit = relay.smarthost.implicit_tls.then_some(&self.tls);
        let dialogue = self.greeted(address, implicit, target, host).await?;
        self.start_tls(dialogue, target).await
    }

    async fn greeted(
        &self,
        address: SocketAddr,
        implicit: Option<&Arc<ClientConfig>>,
        target: &Target,
        host: &str,
    ) -> Result<Dialogue, Stop> {
        let stop = |text: String| Stop { step: Step::Connect, answer: Answer::of(host, text) };
        let what = format!("connecting to {address}");
        let socket = within(self.timeouts.connect, &what, TcpStream::connect(address)).await.map_err(stop)?;
        let socket = socket.map_err(|error| stop(format!("connecting to {address} failed: {error}")))?;
        // Commands are short, and each is waited for.
        let _ = socket.set_nodelay(true);
        let mut dialogue = Dialogue::new(Box::new(socket), host, self.timeouts);
        if let Some(tls) = implicit {
            dialogue = dialogue.encrypt(Arc::clone(tls), &target.host).await?;
        }
        dialogue.greeting().await?;
        dialogue.hello(self.name.as_str()).await?;
        Ok(dialogue)
    }

    async fn start_tls(&self, mut dialogue: Dialogue, target: &Target) -> Result<Dialogue, Stop> {
        if dialogue.is_encrypted() || !dialogue.offers("STARTTLS") {
            return Ok(dialogue);
        }
        dialogue.start_tls().await?;
        let mut dialogue = dialogue.encrypt(Arc::clone(&self.tls), &target.host).await?;
        dialogue.hello(self.name.as_str()).await?;
        Ok(dialogue)
    }
}

/// Credentials were not taken (RFC 4954 section 6).
const CREDENTIALS_REFUSED: u16 = 535;

/// Proves who we are, by the best mechanism that the server offers.
async fn log_in(dialogue: &mut Dialogue, relay: &Relay, user: &str, secret: &Secret, host: &str) -> Result<(), Stop> {
    let (offered, server) = (dialogue.mechanisms(), &relay.smarthost);
    let Some(exchange) = exchange(&offered, user, secret, &server.host, server.port) else {
        let offered = if offered.is_empty() { "none".to_owned() } else { offered.join(", ") };
        let text = format!("the server has no way to log in that would do; it offers: {offered}");
        return Err(Stop { step: Step::Login, answer: Answer::of(host, text) });
    };
    dialogue.login(&exchange).await
}

/// Whether it is not about the mail: the host could not be talked to, or was lost before it had the content. Another host of the domain
/// may do better.
fn is_about_the_host(stop: &Stop) -> bool {
    match stop.step {
        Step::Connect | Step::Tls | Step::Greeting | Step::Hello | Step::Login => true,
        Step::Sender | Step::Recipient | Step::Data => matches!(stop.answer.code, None | Some(421)),
        Step::Addresses | Step::Content => false,
    }
}

/// What an attempt that stopped means for the mail. What a smarthost has against us, rather than against the mail, is for its
/// administrator and ours to mend: until then mail waits.
fn verdict(stop: Stop, is_relay: bool) -> Carried {
    let about_the_host = is_about_the_host(&stop);
    let Stop { step, answer } = stop;
    let permanent = step == Step::Addresses || answer.code.is_some_and(|code| (500..600).contains(&code));
    let about_us = match step {
        // A 5xx greeting is about whom we connect from: a list of bad addresses is left again, and the mail is no worse for it.
        Step::Connect | Step::Tls | Step::Login | Step::Greeting | Step::Hello => true,
        // "Authentication required" (RFC 4954 section 6).
        Step::Sender | Step::Recipient | Step::Data => is_relay && answer.code == Some(530),
        Step::Addresses | Step::Content => false,
    };
    match (permanent, about_us) {
        (true, false) => Carried::Refused { answer },
        _ if is_relay && (about_us || about_the_host) => Carried::Away { answer },
        _ => Carried::Deferred { answer },
    }
}
