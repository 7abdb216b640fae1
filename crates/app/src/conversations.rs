//! Conversations as Genesys has them: an interaction made from fields instead of from a mail. The fields become a mail, and from there
//! on everything is as it is for any other.

use bytes::Bytes;
use mail_builder::MessageBuilder;
use waypost_catalogue::Live;
use waypost_catalogue::routes::RouteMatch;
use waypost_catalogue::routing::unroutable;
use waypost_catalogue::world::World;
use waypost_engine::Limits;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::InteractionId;
use waypost_mail::message::{Address, AddressField, Message};
use waypost_origin::Origin;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::RouteTarget;
use waypost_store::records::mail::{AcceptOutcome, Accepted, Opening};

use crate::App;
use crate::interactions::{AcceptError, InteractionError, too_large};
use crate::mail::intake::{Arrival, Bound, in_one_form};
use crate::observed::Protocol;

/// The domain of Message-IDs that are made here.
const ID_DOMAIN: &str = "waypost.invalid";

/// An inbound conversation that is to be.
#[derive(Clone, Debug, Default)]
pub struct NewConversation {
    /// Who it is from.
    pub from: Party,
    /// Whom it is for. Without a target it needs a route.
    pub to: Party,
    /// The subject.
    pub subject: String,
    /// The text, as plain text.
    pub text: Option<String>,
    /// The text, as HTML.
    pub html: Option<String>,
    /// The priority; none is the route's, or 0.
    pub priority: Option<i64>,
    /// Target, skills, language, attributes.
    pub opening: Opening,
}

/// A name and an address, either of which may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// The address.
    pub address: String,
    /// The name.
    pub name: String,
}

/// What a mail says, for those who can't read mail.
#[derive(Clone, Debug, Default)]
pub struct ReadMessage {
    /// The first author.
    pub from: Party,
    /// Recipients.
    pub to: Vec<Party>,
    /// Further recipients.
    pub cc: Vec<Party>,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The text as HTML; empty if it has none.
    pub html: String,
    /// Names, media types and sizes of attachments.
    pub attachments: Vec<(String, String, u64)>,
    /// Its size in bytes.
    pub size: u64,
}

impl App {
    /// Begins a conversation.
    ///
    /// # Errors
    /// Every problem found, no route where there is no target, or the store.
    pub async fn begin_conversation(&self, new: NewConversation, remote: String) -> Result<InteractionId, AcceptError> {
        let Live { world, running } = self.catalogue.live();
        let mut problems = fields(&new);
        problems.extend(new.opening.target.and_then(|target| target_problem(&world, target)));
        if !problems.is_empty() {
            return Err(AcceptError::Invalid(problems));
        }
        let route = match (new.opening.target, running.routes.find(&new.to.address)) {
            (Some(_), _) | (None, RouteMatch::Postmaster) => None,
            (None, RouteMatch::Route(route)) => Some(route),
            (None, RouteMatch::None) => return Err(AcceptError::NoRoute(new.to.address)),
        };
        let raw = Bytes::from(mail(&new, &self.origin).map_err(|error| StoreError::Failed(error.to_string()))?);
        // Kept for one without a sender too: what begins so is no bounce.
        let is_said = new.opening != Opening::default() || new.from.address.is_empty();
        let bound = Bound {
            address: in_one_form(new.to.address),
            route,
            priority: new.priority,
            answers: None,
            circles: false,
            opening: Some(new.opening).filter(|_| is_said),
        };
        let arrival = Arrival {
            protocol: Protocol::Http,
            from: in_one_form(new.from.address),
            recipients: vec![bound],
            raw,
            remote,
            connection: None,
            idempotency: None,
            taken_from: None,
        };
        let made = match self.accept(arrival).await? {
            AcceptOutcome::Committed(accepted) => accepted.into_iter().next(),
            AcceptOutcome::Replayed(_) | AcceptOutcome::KeyReused | AcceptOutcome::Taken => None,
        };
        match made {
            Some(Accepted::Created { id, .. }) => Ok(id),
            _ => Err(StoreError::Failed("a mail of our own was not new".to_owned()).into()),
        }
    }

    /// What an interaction's mail says.
    ///
    /// # Errors
    /// Not found, erased, or the store.
    pub async fn read_message(&self, id: InteractionId) -> Result<ReadMessage, InteractionError> {
        let raw = self.raw_message(id).await?;
        let message = Message::parse(&raw);
        let parties = |field| message.addresses(field).iter().map(party).collect::<Vec<_>>();
        Ok(ReadMessage {
            from: parties(AddressField::From).into_iter().next().unwrap_or_default(),
            to: parties(AddressField::To),
            cc: parties(AddressField::Cc),
            subject: message.subject().to_owned(),
            text: message.body().to_owned(),
            html: message.html().to_owned(),
            attachments: message
                .attachments()
                .iter()
                .map(|one| (one.name.clone(), one.content_type.clone(), one.size))
                .collect(),
            size: message.size(),
        })
    }
}

/// What is wrong with a target, if anything.
fn target_problem(world: &World, target: RouteTarget) -> Option<Diagnostic> {
    match target {
        RouteTarget::Queue(id) if world.queues.contains_key(&id) => None,
        RouteTarget::Queue(id) => {
            Some(Diagnostic::error(Code::UnknownQueue, "queueId", format!("there is no queue `{id}`")))
        }
        RouteTarget::Flow(id) => {
            let path = "flowId".to_owned();
            let Some(record) = world.flows.get(&id) else {
                return Some(Diagnostic::error(Code::UnknownFlow, path, format!("there is no flow `{id}`")));
            };
            let interface = world.published(id).map(|checked| checked.interface.clone());
            unroutable(record, interface.as_deref()).map(|problem| Diagnostic { path, ..problem })
        }
    }
}

fn party(address: &Address) -> Party {
    Party { address: address.address.clone(), name: address.name.clone() }
}

/// What can't stand in a mail's header.
fn fields(new: &NewConversation) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let texts = [("fromName", &new.from.name), ("toName", &new.to.name), ("subject", &new.subject)];
    for (path, text) in texts {
        if text.chars().any(char::is_control) {
            let problem = Diagnostic::error(Code::InvalidValue, path, "a header can't contain a control character");
            problems.push(problem.expected("one line of text"));
        }
    }
    for (path, address) in [("fromAddress", &new.from.address), ("toAddress", &new.to.address)] {
        let well = address.is_empty()
            || (address.is_ascii()
                && address.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>(),;:\\\"[]".contains(&byte))
                && address.split('@').count() == 2
                && address.split('@').all(|part| !part.is_empty()));
        if !well {
            let problem = Diagnostic::error(Code::InvalidValue, path, format!("`{address}` is not an address"));
            problems.push(problem.expected("such as ann@example.com"));
        }
    }
    problems.extend(too_large("attributes", new.opening.attributes.iter()));
    let texts = new.opening.skills.iter().chain(&new.opening.language);
    let kept = texts.map(|text| text.len().saturating_add(1)).fold(0, usize::saturating_add);
    if kept > Limits::DECISION_BYTES {
        let problem = Diagnostic::error(Code::InvalidValue, "skillIds", "skills and language together are too large");
        problems.push(problem.expected(format!("at most {} bytes", Limits::DECISION_BYTES)).found(kept.to_string()));
    }
    if new.opening.target.is_none() && new.to.address.is_empty() {
        let problem = Diagnostic::error(Code::MissingKey, "toAddress", "the conversation has no queue and no flow");
        problems.push(problem.expected("a `queueId`, a `flowId`, or a `toAddress` that a route takes"));
    }
    problems
}

/// The mail that the fields make.
fn mail(new: &NewConversation, origin: &Origin) -> std::io::Result<Vec<u8>> {
    let mut builder = MessageBuilder::new()
        .message_id(format!("{}@{ID_DOMAIN}", origin.id()))
        .date(origin.now().as_second())
        .subject(new.subject.as_str());
    if !new.from.address.is_empty() {
        builder = builder.from((new.from.name.as_str(), new.from.address.as_str()));
    }
    if !new.to.address.is_empty() {
        builder = builder.to((new.to.name.as_str(), new.to.address.as_str()));
    }
    // Where there is HTML alone, its text is taken from it, as for any other mail.
    if new.text.is_some() || new.html.is_none() {
        builder = builder.text_body(new.text.as_deref().unwrap_or_default());
    }
    if let Some(html) = &new.html {
        builder = builder.html_body(html.as_str());
    }
    builder.write_to_vec()
}
