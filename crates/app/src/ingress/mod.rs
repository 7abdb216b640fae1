//! Mail that email providers post: who may, for whom it is, and that it is taken once.
//!
//! It comes in as mail by SMTP does: routes by recipient, one interaction for each, durable before success, and a mail that is posted again is a
//! duplicate.

mod once;
mod topics;

use std::net::IpAddr;

use jiff::Timestamp;
use thiserror::Error;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::fold_name;
use waypost_ingress::{Credential, Mail, Refused, sns};
pub use waypost_ingress::{Posted, Provider};
use waypost_mail::hash::content_hash;
use waypost_mail::smtp::Recipient;
use waypost_store::error::StoreError;

use crate::App;
use crate::access::guesses::{Attempt, Guesses};
use crate::mail::intake::{Arrival, Bound};
use crate::observed::Protocol;
use once::Once;
pub use topics::{Topics, TopicsProblem};

/// Bodies of this size are read on a thread of their own: they would hold up other connections.
const INLINE_BYTES: usize = 256 * 1024;

/// A way in for a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// Who posts there.
    pub provider: Provider,
    /// The name of the secret that the provider proves itself by; for SES, the ARN of the topic.
    pub proof: String,
}

/// The ways in of a node.
#[derive(Default)]
pub struct Ingress {
    doors: Vec<Door>,
    topics: Option<Topics>,
    guesses: Guesses,
    once: Once,
}

impl Ingress {
    /// These ways in. Without `topics` nothing of SNS can be verified.
    #[must_use]
    pub fn new(doors: Vec<Door>, topics: Option<Topics>) -> Self {
        Self { doors, topics, guesses: Guesses::default(), once: Once::default() }
    }

    fn of(&self, provider: Provider) -> impl Iterator<Item = &str> {
        self.doors.iter().filter(move |door| door.provider == provider).map(|door| door.proof.as_str())
    }
}

/// Why a posted mail was not taken.
#[derive(Debug, Error)]
pub enum PostedError {
    /// No way in for this provider is set up.
    #[error("mail from this provider is not set up here: `--ingress`")]
    Closed,
    /// Too many requests failed to prove themselves.
    #[error("too many requests without a valid proof")]
    Throttled {
        /// When to try again.
        seconds: u64,
    },
    /// It is not proven that the provider sent it, or it did too long ago. The reason is for the log.
    #[error("the request is not proven to be the provider's")]
    Unproven(String),
    /// Something in it is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Malformed(Vec<Diagnostic>),
    /// No recipient has a route.
    #[error("no route for {}", .0.join(", "))]
    Unknown(Vec<String>),
    /// The message is larger than this server takes.
    #[error("the message is larger than {0} bytes")]
    TooLarge(usize),
    /// What is needed for the proof is missing or can't be reached: an operator's matter, or it passes. The reason is for the log.
    #[error("the proof can't be verified now")]
    Unverified(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for PostedError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Malformed(problems) => Self::Malformed(
                problems
                    .into_iter()
                    .map(|problem| {
                        let told = Diagnostic::error(Code::InvalidValue, problem.field, problem.message);
                        told.expected(problem.expected)
                    })
                    .collect(),
            ),
            other => Self::Unproven(other.to_string()),
        }
    }
}

impl App {
    /// Whether it is worth reading what a provider posts.
    ///
    /// # Errors
    /// It is not set up, or the header alone tells that it is not the provider.
    pub fn admits_posted(&self, provider: Provider, posted: &Posted, remote: IpAddr) -> Result<(), PostedError> {
        if self.ingress.of(provider).next().is_none() {
            return Err(PostedError::Closed);
        }
        if provider == Provider::Ses {
            return Ok(());
        }
        let (credentials, unreadable) = self.credentials(provider)?;
        // Who may yet prove itself by the body is counted there.
        if !credentials.iter().all(Credential::is_in_header) {
            return Ok(());
        }
        let attempt = self.begin(provider, remote, self.origin.now())?;
        let mut refused = None;
        for credential in credentials {
            match credential.admits(posted.authorization.as_deref()) {
                Ok(()) => {
                    attempt.succeeded();
                    return Ok(());
                }
                Err(error) => refused = Some(error),
            }
        }
        Err(unreadable.or(refused.map(PostedError::from)).unwrap_or(PostedError::Closed))
    }

    /// Takes a mail that a provider posts. At most `max` bytes of message are taken. When this answers, the mail is on stable storage.
    ///
    /// # Errors
    /// Why it was not taken; then nothing was kept.
    pub async fn take_posted(
        &self,
        provider: Provider,
        posted: Posted,
        remote: IpAddr,
        max: usize,
    ) -> Result<(), PostedError> {
        let now = self.origin.now();
        let attempt = self.begin(provider, remote, now)?;
        let read = match provider {
            Provider::Ses => self.of_topic(&posted, now).await,
            _ => self.proven(provider, posted, now).await.map(Some),
        };
        if matches!(read, Ok(_) | Err(PostedError::Malformed(_))) {
            attempt.succeeded();
        }
        let Some(mail) = read? else { return Ok(()) };
        if mail.raw.len() > max {
            return Err(PostedError::TooLarge(max));
        }
        let recipients = self.posted_to(provider, &mail).await?;
        // A signature covers its token and not the mail: it must not be good for another one.
        if let Some(token) = &mail.token
            && !self.ingress.once.claim(token, content_hash(&mail.raw), now)
        {
            return Err(PostedError::Unproven("the token was used for another mail".to_owned()));
        }
        let from = Recipient::parse(&mail.from).map(|from| from.to_string()).unwrap_or_default();
        let arrival = Arrival {
            protocol: Protocol::Http,
            from,
            recipients,
            raw: mail.raw,
            remote: remote.to_string(),
            connection: None,
            idempotency: None,
            taken_from: None,
        };
        self.accept(arrival).await?;
        Ok(())
    }

    /// A request that has to prove itself; failures slow down whoever sends more of them.
    fn begin(&self, provider: Provider, remote: IpAddr, now: Timestamp) -> Result<Attempt<'_>, PostedError> {
        let attempt = self.ingress.guesses.begin(remote, provider.word(), now);
        attempt.map_err(|seconds| PostedError::Throttled { seconds })
    }

    /// The credentials of a provider, opened, and why one of them can't be: whoever has another proves itself all the same, and whoever has
    /// none of them may have that one.
    fn credentials(&self, provider: Provider) -> Result<(Vec<Credential>, Option<PostedError>), PostedError> {
        let world = self.catalogue.world();
        let open = |name: &str| {
            let unverified = |why: String| PostedError::Unverified(format!("secret `{name}`: {why}"));
            let secret = world.secrets.named(&fold_name(name)).ok_or_else(|| unverified("there is none".to_owned()))?;
            let value = self.unseal(secret.id, &secret.value).map_err(|problem| unverified(problem.to_string()))?;
            let value = String::from_utf8(value).map_err(|_| unverified("it is not UTF-8".to_owned()))?;
            Credential::parse(provider, &value).map_err(|problem| unverified(problem.to_string()))
        };
        let (mut readable, mut unreadable) = (Vec::new(), None);
        for credential in self.ingress.of(provider).map(open) {
            match credential {
                Ok(credential) => readable.push(credential),
                Err(error) => unreadable = Some(error),
            }
        }
        match unreadable {
            Some(error) if readable.is_empty() => Err(error),
            unreadable => {
                if let Some(error) = &unreadable {
                    tracing::warn!(provider = provider.word(), %error, "a credential can't be read; the others are used");
                }
                Ok((readable, unreadable))
            }
        }
    }

    /// The mail that one of the provider's credentials proves.
    async fn proven(&self, provider: Provider, posted: Posted, now: Timestamp) -> Result<Mail, PostedError> {
        let (credentials, unreadable) = self.credentials(provider)?;
        let large = posted.body.len() > INLINE_BYTES;
        let read = async move {
            let mut refused = None;
            for credential in credentials {
                match waypost_ingress::read(provider, &credential, posted.clone(), now).await {
                    Err(error @ (Refused::Unproven(_) | Refused::Stale)) => refused = Some(error),
                    read => return Ok(read?),
                }
            }
            Err(unreadable.or(refused.map(PostedError::from)).unwrap_or(PostedError::Closed))
        };
        if large { apart(read).await } else { read.await }
    }

    /// What a message of SNS says: a mail, or nothing to take.
    async fn of_topic(&self, posted: &Posted, now: Timestamp) -> Result<Option<Mail>, PostedError> {
        let message = sns::Message::read(&posted.body)?;
        if !self.ingress.of(Provider::Ses).any(|topic| topic == message.topic()) {
            return Err(PostedError::Unproven("it is of another topic".to_owned()));
        }
        let Some(topics) = &self.ingress.topics else { return Err(PostedError::Closed) };
        let certificate = topics.certificate(message.certificate()).await?;
        message.verify(&certificate, now)?;
        match message.content()? {
            sns::Content::Mail(mail) => Ok(Some(mail)),
            sns::Content::Nothing => Ok(None),
            sns::Content::Confirm(url) => {
                topics.confirm(&url).await?;
                tracing::info!(topic = message.topic(), "the subscription of a topic was confirmed");
                Ok(None)
            }
        }
    }

    /// The recipients that have routes. One at least has; those that have none are only told to the log, for the provider can't be told of one.
    async fn posted_to(&self, provider: Provider, mail: &Mail) -> Result<Vec<Bound>, PostedError> {
        // What another node answered a moment ago counts.
        let caught_up = self.catalogue.catch_up().await;
        let (mut bound, mut unknown) = (Vec::new(), Vec::new());
        for address in &mail.recipients {
            match Recipient::in_rcpt(address).and_then(|recipient| self.bound(&recipient)) {
                Some(one) => bound.push(one),
                None => unknown.push(address.clone()),
            }
        }
        if !unknown.is_empty() {
            caught_up?;
            self.metrics.recipient_refused();
            tracing::info!(
                via = provider.word(),
                unknown = unknown.len(),
                known = bound.len(),
                "posted mail has recipients without a route"
            );
        }
        if bound.is_empty() { Err(PostedError::Unknown(unknown)) } else { Ok(bound) }
    }
}

/// Reads on a thread of its own what would hold up others.
async fn apart<T: Send + 'static>(
    read: impl Future<Output = Result<T, PostedError>> + Send + 'static,
) -> Result<T, PostedError> {
    let runtime = tokio::runtime::Handle::current();
    let done = tokio::task::spawn_blocking(move || runtime.block_on(read)).await;
    done.map_err(|error| PostedError::Unverified(error.to_string()))?
}
