//! Connections that mail goes over: made, encrypted, logged in, kept for the next mail.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ClientConfig;
use tokio::net::TcpStream;

use super::answer::Answer;
use super::dialogue::{Dialogue, Parcel, Step, Stop, within};
use super::login::{Relay, Secret, exchange};
use super::pool::{Pool, Used};
use super::targets::Target;
use super::timeouts::Timeouts;
use super::{Carried, Outgoing, wire};
use crate::address::{Domain, MailAddress};
use crate::dkim::Keys;

/// Makes connections, and keeps them for the next mail.
pub(super) struct Connections {
    /// Our name in EHLO.
    pub(super) name: Domain,
    pub(super) timeouts: Timeouts,
    pub(super) keys: Arc<Keys>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) pool: Pool,
}

/// The other end of a connection.
#[derive(Clone, Copy)]
pub(super) struct Peer<'p> {
    /// Its name in answers: host and port.
    pub(super) host: &'p str,
    /// What its connections are kept by. Those of one login are good for nobody else.
    pub(super) pooled: &'p str,
    /// How to log in, and whose certificate to verify; none is an MX.
    pub(super) relay: Option<&'p Relay>,
}

/// A mail's content as it goes over the wire.
pub(super) struct Prepared {
    needs_utf8: bool,
    is_ascii: bool,
    size: usize,
    stuffed: Vec<u8>,
}

impl Prepared {
    pub(super) fn parcel<'x>(&'x self, mail: &Outgoing<'x>) -> Parcel<'x> {
        Parcel {
            sender: mail.sender,
            recipient: mail.recipient,
            needs_utf8: self.needs_utf8
                || mail.sender.is_some_and(MailAddress::needs_utf8)
                || mail.recipient.needs_utf8(),
            is_ascii: self.is_ascii,
            size: self.size,
            stuffed: &self.stuffed,
        }
    }
}

impl Connections {
    /// Writes a mail out, signed if it is ours and there is a key of its author's domain.
    ///
    /// # Errors
    /// It can't be signed: it waits.
    pub(super) fn prepare(&self, mail: &Outgoing<'_>) -> Result<Prepared, Carried> {
        let content = wire::with_crlf(mail.content);
        let signature = mail.sign_as.map(|domain| self.keys.sign(domain, &content)).transpose();
        let signature = signature
            .map_err(|error| Carried::Deferred { answer: Answer::ours(error.to_string()) })?
            .unwrap_or_default();
        let stuffed = [signature.as_bytes(), &wire::stuffed(&content)].concat();
        Ok(Prepared {
            needs_utf8: wire::has_utf8_header(&content),
            is_ascii: content.is_ascii(),
            size: signature.len() + content.len(),
            stuffed,
        })
    }

    /// Over a connection that is open, else over a new one. An idle connection may have died unseen: before the receiver has heard of the
    /// mail, that is no reason to wait for the next attempt.
    pub(super) async fn to_host(&self, target: &Target, peer: &Peer<'_>, parcel: &Parcel<'_>) -> Result<Answer, Stop> {
        let host = peer.host;
        while let Some(mut used) = self.pool.take(peer.pooled) {
            if !used.dialogue.is_quiet().await {
                continue;
            }
            let sent = self.over(&mut used.dialogue, host, parcel).await;
            match sent {
                Err(stop) if stop.step == Step::Sender && matches!(stop.answer.code, None | Some(421)) => {
                    tracing::debug!(host, "an idle connection was closed");
                }
                sent => {
                    self.put_back(peer.pooled, used, sent.as_ref().err()).await;
                    return sent;
                }
            }
        }
        let mut dialogue = self.connect(target, peer).await?;
        let sent = self.over(&mut dialogue, host, parcel).await;
        self.put_back(peer.pooled, Used { dialogue, mails: 0 }, sent.as_ref().err()).await;
        sent
    }

    async fn over(&self, dialogue: &mut Dialogue, host: &str, parcel: &Parcel<'_>) -> Result<Answer, Stop> {
        // Neither is converted: that would break the signatures of whoever wrote the mail.
        let lacks = if parcel.needs_utf8 && !dialogue.offers("SMTPUTF8") {
            Some("the mail's header or an address is not ASCII, and the server does not support SMTPUTF8")
        } else if !parcel.is_ascii && !dialogue.offers("8BITMIME") {
            Some("the mail is not ASCII, and the server does not support 8BITMIME")
        } else {
            None
        };
        if let Some(text) = lacks {
            return Err(Stop { step: Step::Extensions, answer: Answer::of(host, text) });
        }
        dialogue.send(parcel).await
    }

    /// Keeps a connection that is in a known state.
    async fn put_back(&self, pooled: &str, mut used: Used, stop: Option<&Stop>) {
        used.mails += 1;
        let fine = match stop {
            None => true,
            Some(stop) if stop.step == Step::Extensions => true,
            Some(stop) if matches!(stop.answer.code, None | Some(421)) => false,
            Some(_) => used.dialogue.reset().await,
        };
        if fine {
            self.pool.put(pooled, used);
        }
    }

    /// A connection over which mail can be sent: greeted, encrypted as far as it must be, logged in where there is a login.
    pub(super) async fn connect(&self, target: &Target, peer: &Peer<'_>) -> Result<Dialogue, Stop> {
        let mut last = Stop { step: Step::Connect, answer: Answer::of(peer.host, "the host has no address") };
        for address in &target.addresses {
            match self.connect_to(*address, target, peer).await {
                Ok(dialogue) => return Ok(dialogue),
                // The same server by another address: it would refuse the same login, and count it against the account.
                Err(stop) if stop.step == Step::Login => return Err(stop),
                Err(stop) => last = stop,
            }
        }
        Err(last)
    }

    async fn connect_to(&self, address: SocketAddr, target: &Target, peer: &Peer<'_>) -> Result<Dialogue, Stop> {
        let host = peer.host;
        let Some(relay) = peer.relay else {
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
                return Err(Stop { step: Step::Tls, answer: Answer::of(host, text) });
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
    dialogue.login(&exchange, secret.as_secrets()).await
}
