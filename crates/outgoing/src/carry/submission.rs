//! Mail handed to a submission server (RFC 6409) in the name of one of its users: logged in, and over verified TLS alone.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustls::ClientConfig;
use waypost_reach::{Guard, PrivateTarget};

use super::answer::Answer;
use super::connections::{Connections, Peer};
use super::dialogue::{Step, Stop, within};
use super::login::Relay;
use super::pool::Pool;
use super::targets::Target;
use super::timeouts::Timeouts;
use super::{Carried, Outgoing, verdict};
use crate::address::Domain;
use crate::dkim::Keys;

/// A submission server, and who logs in there.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The server with its user and proof: both must be there.
    pub relay: Relay,
    /// What its connections are kept by: another login, or other settings, must have another text.
    pub pooled: String,
}

/// How far a connection to a submission server came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmissionStage {
    /// The host's name becomes an address.
    Name,
    /// A connection is made, and the server greets.
    Connection,
    /// The connection is encrypted.
    Tls,
    /// The user proves who they are.
    Login,
}

/// Why a submission server would take nothing.
#[derive(Clone, Debug)]
pub struct SubmissionProblem {
    /// The stage that it reached.
    pub stage: SubmissionStage,
    /// What is wrong, without anything secret.
    pub told: String,
}

/// Hands mail to submission servers.
pub struct Submitter {
    connections: Connections,
    guard: Guard,
}

impl Submitter {
    /// A client that reaches what the guard lets through, and trusts the certificates of `tls`. Connects to nobody yet.
    #[must_use]
    pub fn new(name: Domain, guard: Guard, tls: Arc<ClientConfig>, keys: Arc<Keys>) -> Self {
        let timeouts = Timeouts::default();
        Self { connections: Connections { name, timeouts, keys, tls, pool: Pool::default() }, guard }
    }

    /// Makes one attempt to hand a mail over.
    pub async fn submit(&self, submission: &Submission, mail: &Outgoing<'_>) -> Carried {
        let prepared = match self.connections.prepare(mail) {
            Ok(prepared) => prepared,
            Err(carried) => return carried,
        };
        let host = submission.relay.smarthost.to_string();
        let target = match self.target(submission).await {
            Ok(target) => target,
            Err(problem) => return Carried::Away { answer: Answer::of(&host, problem.told) },
        };
        let peer = Peer { host: &host, pooled: &submission.pooled, relay: Some(&submission.relay) };
        match self.connections.to_host(&target, &peer, &prepared.parcel(mail)).await {
            Ok(answer) => Carried::Delivered { answer },
            Err(stop) => verdict(stop, true),
        }
    }

    /// Connects and logs in, and sends nothing.
    ///
    /// # Errors
    /// What is wrong first.
    pub async fn check(&self, submission: &Submission) -> Result<(), SubmissionProblem> {
        let host = submission.relay.smarthost.to_string();
        let target = self.target(submission).await?;
        let peer = Peer { host: &host, pooled: &submission.pooled, relay: Some(&submission.relay) };
        self.connections.connect(&target, &peer).await.map(drop).map_err(|stop| {
            let Stop { step, answer } = stop;
            let stage = match step {
                Step::Tls => SubmissionStage::Tls,
                Step::Login => SubmissionStage::Login,
                Step::Connect
                | Step::Greeting
                | Step::Hello
                | Step::Extensions
                | Step::Sender
                | Step::Recipient
                | Step::Data
                | Step::Content => SubmissionStage::Connection,
            };
            SubmissionProblem { stage, told: answer.to_string() }
        })
    }

    /// The addresses of the server that may be connected to.
    async fn target(&self, submission: &Submission) -> Result<Target, SubmissionProblem> {
        let server = &submission.relay.smarthost;
        let name = |told: String| SubmissionProblem { stage: SubmissionStage::Name, told };
        let addresses: Vec<IpAddr> = match server.host.parse() {
            Ok(address) => {
                self.guard.literal(address).map_err(|private| name(private.to_string()))?;
                vec![address]
            }
            Err(_) => {
                let looked_up = self.guard.addresses(&server.host);
                let looked_up =
                    within(self.connections.timeouts.dns, "looking it up", looked_up).await.map_err(name)?;
                looked_up.map_err(|error| match error.downcast::<PrivateTarget>() {
                    Ok(private) => name(private.to_string()),
                    Err(error) => name(format!("the name `{}` does not resolve: {error}", server.host)),
                })?
            }
        };
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, server.port)).collect();
        Ok(Target { host: server.host.clone(), addresses })
    }
}
