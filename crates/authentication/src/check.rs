//! A mail is checked: each method asks DNS beside the others, and none beyond its time.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use ipnet::IpNet;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::{AuthenticatedMessage, DkimOutput, DkimResult, MessageAuthenticator, SpfOutput, SpfResult};
use tokio::time::{Instant, timeout_at};
use waypost_ids::AuthResult;

use super::arc;
use super::author::{self, Authors, domain, only};
use super::bounds::has_bounded_header;
use super::dkim;
use super::dmarc;
use super::finding::{Finding, Found};
use super::reported::{self, Report};
use super::resolver::{SetupProblem, resolver};
use super::sender;
use super::spf::{self, Identity};

/// Whom to believe, and how long to wait.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The DNS server that is asked; none for those of the system.
    pub dns: Option<SocketAddr>,
    /// The longest wait for all that is asked of DNS about one mail. What is not known by then is `temperror`.
    pub time: Duration,
    /// This server's name.
    pub hostname: String,
    /// Servers that hand in the mail of others, and whose notes are believed: their address is no sender's.
    pub relays: Vec<IpNet>,
    /// Front ends that name the client, and balancers. Where one does not name it, its own address is no sender's either.
    pub front_ends: Vec<IpNet>,
    /// Names by which trusted servers sign their Authentication-Results (authserv-id, RFC 8601 section 2.5).
    pub authserv_ids: Vec<String>,
    /// Domains whose ARC seals are believed (RFC 8617).
    pub arc_sealers: Vec<String>,
}

/// A mail, and how it came.
#[derive(Clone, Copy, Debug)]
pub struct Mail<'m> {
    /// The bytes as received.
    pub raw: &'m [u8],
    /// Whether it has a DKIM-Signature. Without one nothing is read for it.
    pub signed: bool,
    /// The domains of all addresses in From, as whoever decides on the mail sees them.
    pub authors: &'m [&'m str],
    /// The envelope's sender; empty for the null reverse-path.
    pub sender: &'m str,
    /// What the client called itself.
    pub helo: &'m str,
    /// The address of whoever sent it, as far as it can be known: the connection's, or what a front end named. None if it came otherwise
    /// than by SMTP.
    pub client: Option<IpAddr>,
    /// Who handed it in; none if it came otherwise than by SMTP.
    pub peer: Option<IpAddr>,
    /// Whether it was taken from a mailbox, whose server may have noted what it found.
    pub fetched: bool,
}

/// Checks who sent a mail.
#[derive(Clone)]
pub struct Authenticator {
    dns: MessageAuthenticator,
    settings: Settings,
}

impl Authenticator {
    /// Prepares the resolver.
    ///
    /// # Errors
    /// The system's DNS configuration can't be read.
    pub fn new(settings: Settings) -> Result<Self, SetupProblem> {
        let lower = |names: Vec<String>| names.iter().map(|name| domain(name)).collect();
        Ok(Self {
            dns: resolver(settings.dns, settings.time)?,
            settings: Settings {
                authserv_ids: lower(settings.authserv_ids),
                arc_sealers: lower(settings.arc_sealers),
                ..settings
            },
        })
    }

    /// Checks a mail. It takes no longer than [`Settings::time`], and asks nothing of DNS where nothing could come of it: of a mail without
    /// signature from an address that can't be a sender's.
    pub async fn check(&self, mail: Mail<'_>) -> Found {
        let Settings { relays, front_ends, .. } = &self.settings;
        let client = mail.client.and_then(sender::address);
        let client = client.filter(|client| ![relays, front_ends].iter().any(|ours| sender::is_within(*client, ours)));
        let relayed = mail.peer.is_some_and(|peer| sender::is_within(peer, relays));
        let noted = (mail.fetched || relayed) && !self.settings.authserv_ids.is_empty();
        let sealed = !self.settings.arc_sealers.is_empty();
        if client.is_none() && !mail.signed && !noted && !sealed {
            return Found::default();
        }
        // What reads a stranger's bytes must not end the session, whatever it meets.
        let checked = AssertUnwindSafe(self.check_all(mail, client, noted)).catch_unwind().await;
        checked.unwrap_or_else(|_| {
            tracing::error!("the sender check of a mail panicked");
            Found::default()
        })
    }

    async fn check_all(&self, mail: Mail<'_>, client: Option<IpAddr>, noted: bool) -> Found {
        let until = Instant::now() + self.settings.time;
        let mut found = Found::default();
        let is_read = has_bounded_header(mail.raw);
        let parsed =
            if is_read { AuthenticatedMessage::parse(mail.raw) } else { Some(AuthenticatedMessage::default()) };
        let Some(message) = parsed else { return found };
        // Both readings of From count: what a flow sees must not be another author than the one that is proved.
        let parsed = message.from.iter().filter_map(|address| Some(address.rsplit_once('@')?.1));
        let author = only(mail.authors.iter().copied().chain(parsed));
        // A signature holds for the last From alone, and whoever passes the mail on can put others above it.
        let is_from = |(name, _): &&(&[u8], &[u8])| name.trim_ascii().eq_ignore_ascii_case(b"from");
        let is_repeated = message.headers.iter().filter(is_from).nth(1).is_some();
        let author = author.and_then(|author| if is_repeated { Err(Authors::Repeated) } else { Ok(author) });
        let identity = Identity::new(mail.sender, mail.helo);
        let singles = if mail.signed { dkim::signatures(&message) } else { Vec::new() };
        let (spf, signatures) =
            tokio::join!(self.spf(&identity, client, until), join_all(singles.iter().map(|one| self.dkim(one, until))));
        let spf_output = match &spf {
            Some(Ok(output)) => output.clone(),
            _ => SpfOutput::default(),
        };
        found.spf = match (spf, client) {
            (Some(Ok(output)), Some(client)) => spf::finding(output.result(), identity.domain(), client),
            (Some(Err(why)), _) => Finding::new(AuthResult::TempError, identity.domain(), why),
            _ => Finding::default(),
        };
        let (mut findings, mut passed) = (Vec::new(), Vec::new());
        for (single, signature) in singles.iter().zip(signatures) {
            match signature {
                Err(why) => findings.push(dkim::late(single, &why)),
                Ok(outputs) => {
                    findings.extend(outputs.iter().map(dkim::finding));
                    passed.extend(outputs.into_iter().filter(dkim::proves));
                }
            }
        }
        let none = || Finding::new(AuthResult::None, "", "the mail is not signed");
        found.dkim = dkim::best(findings, author.as_deref().ok())
            .or_else(|| (mail.signed && !is_read).then(dkim::too_large))
            .or_else(|| mail.signed.then(|| dkim::unverified(&message)).flatten())
            .unwrap_or_else(none);
        match &author {
            Err(authors) => found.dmarc = dmarc::without_author(*authors),
            Ok(author) => self.dmarc(&mut found, author, (&passed, &spf_output), until).await,
        }
        if noted {
            reported::believe(&mut found, &message, &self.settings.authserv_ids, author.as_deref().ok());
        }
        if !found.dmarc.passed()
            && let Some(report) = self.sealed(&message, until).await
        {
            report.mend(&mut found, author.as_deref().ok());
        }
        found
    }

    /// What SPF says, if it can say something.
    async fn spf(
        &self,
        identity: &Identity,
        client: Option<IpAddr>,
        until: Instant,
    ) -> Option<Result<SpfOutput, String>> {
        let client = client?;
        Some(self.in_time(identity.ask(&self.dns, client, &self.settings.hostname), until).await)
    }

    async fn dkim<'x>(
        &self,
        message: &'x AuthenticatedMessage<'x>,
        until: Instant,
    ) -> Result<Vec<DkimOutput<'x>>, String> {
        self.in_time(self.dns.verify_dkim(message), until).await
    }

    async fn dmarc(
        &self,
        found: &mut Found,
        author: &str,
        (passed, spf): (&[DkimOutput<'_>], &SpfOutput),
        until: Instant,
    ) {
        if passed.is_empty() && found.spf.result == AuthResult::Unknown {
            // Nothing could come of it.
            found.dmarc = dmarc::unprovable(author);
            return;
        }
        // Nothing else of the mail is asked for.
        let message =
            AuthenticatedMessage { from: vec![format!("author@{author}")], ..AuthenticatedMessage::default() };
        let of_spf = if spf.result() == SpfResult::Pass { found.spf.domain.clone() } else { String::new() };
        let parameters = DmarcParameters::new(&message, passed, &of_spf, spf);
        match self.in_time(self.dns.verify_dmarc(parameters), until).await {
            Ok(said) => dmarc::note(found, author, &said),
            Err(why) => found.dmarc = dmarc::temporary(author, &why),
        }
    }

    /// What a sealer that is listed found, if it sealed last and the chain is whole.
    async fn sealed<'x>(&self, message: &'x AuthenticatedMessage<'x>, until: Instant) -> Option<Report> {
        let sealer = arc::newest(message).filter(|sealer| self.settings.arc_sealers.contains(sealer))?;
        let chain = self.in_time(self.dns.verify_arc(message), until).await.ok()?;
        (*chain.result() == DkimResult::Pass).then(|| arc::report(message, &sealer)).flatten()
    }

    async fn in_time<T>(&self, asked: impl Future<Output = T>, until: Instant) -> Result<T, String> {
        let why = |_| format!("DNS did not answer within {} s", self.settings.time.as_secs_f32());
        timeout_at(until, asked).await.map_err(why)
    }
}

/// Whether two domains belong together where nothing else says so.
pub(crate) fn is_aligned(domain: &str, author: Option<&str>) -> bool {
    author.is_some_and(|author| author::related(domain, author))
}
