//! The thread of a mail: what it says, what the store knows, and what later mail will find it by. Addresses and subjects leave here as
//! hashes with the key of all nodes. Who may join what is a rule (`crates/store/src/rules/threads.rs`).

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use waypost_catalogue::routes::{RouteMatch, Routes};
use waypost_catalogue::world::Running;
use waypost_ids::{DecisionKind, QueueId, ThreadReason};
use waypost_mail::message::{AddressField, Message, Reason};
use waypost_outgoing::compose::subject_stem;
use waypost_outgoing::{Key, MessageId};
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::RouteRecord;
use waypost_store::records::mail::InteractionRecord;
use waypost_store::records::threads::{Joined, PreviousRecord, ThreadClues, ThreadNote, ThreadRecord};
use waypost_store::traits::{MailStore, ThreadStore};

/// So many Message-IDs of a mail are looked at: of References the newest, which are the last, and the first.
const MOST_NAMED: usize = 20;

/// Longer ones are nobody's.
const LONGEST_ID: usize = 998;

/// So many addresses of a mail take part: its author before those it is to.
const MOST_PEOPLE: usize = 100;

/// A mail is joined by its subject for so many days.
const DAYS: i64 = 30;

/// A mail that is accepted.
#[derive(Clone, Copy)]
pub(crate) struct Arrived<'a, 'm> {
    pub(crate) message: &'a Message<'m>,
    pub(crate) null_sender: bool,
    pub(crate) received_at: Timestamp,
    pub(crate) running: &'a Running,
    pub(crate) key: &'a Key,
}

/// What is kept of it.
#[derive(Debug, Default)]
pub(crate) struct Threading {
    pub(crate) joined: Option<ThreadRecord>,
    pub(crate) note: Option<ThreadNote>,
}

impl Arrived<'_, '_> {
    /// Finds the thread that the mail joins by its route. The store is asked only if the mail says that there is an earlier one; mail
    /// without a route begins a thread that nothing joins.
    ///
    /// # Errors
    /// The store.
    pub(crate) async fn thread(
        &self,
        route: Option<&RouteRecord>,
        store: &(impl ThreadStore + MailStore + ?Sized),
    ) -> Result<Threading, StoreError> {
        let Some(route) = route else { return Ok(Threading::default()) };
        let people = self.people();
        let author = self.author();
        let stem = subject_stem(self.message.subject());
        // What a machine sends has the same subject again and again.
        let about = Some(stem.about.as_str()).filter(|about| !about.is_empty() && !self.is_automatic());
        let subject = author.as_deref().zip(about).map(|(author, about)| {
            self.key.fingerprint(b"thread subject\0", &[route.id.as_bytes(), author.as_bytes(), about.as_bytes()])
        });
        let clues = ThreadClues {
            route: route.id,
            marked: self.marked(route.id),
            named: self.named(),
            author: author.as_deref().map(|author| self.person(author)),
            subject: subject.filter(|_| stem.is_reply),
            since: self.received_at.checked_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN),
        };
        let joined = if clues.is_empty() { None } else { store.thread_of(clues).await? };
        let joined = match joined {
            None => None,
            Some(Joined { thread: id, reason, newest }) => {
                let position = newest.as_ref().map_or(1, |newest| newest.its_thread().position.saturating_add(1));
                let earlier = before_machines(newest, store).await?;
                let previous = earlier.map(|earlier| previous(earlier, route, self.running));
                Some(ThreadRecord { id, reason, position, previous, automatic: self.is_automatic() })
            }
        };
        Ok(Threading { joined, note: Some(ThreadNote { subject, people }) })
    }

    /// The thread that the mail names by a Message-ID of ours.
    fn marked(&self, route: Uuid) -> Option<Uuid> {
        self.ids().find_map(|(_, id)| MessageId::thread_of(self.key, route, id))
    }

    /// The Message-IDs that the mail names, the likeliest first.
    fn named(&self) -> Vec<(ThreadReason, String)> {
        let fits = |id: &str| !id.is_empty() && id.len() <= LONGEST_ID && !id.contains(char::is_control);
        self.ids().filter(|(_, id)| fits(id)).map(|(reason, id)| (reason, id.to_owned())).collect()
    }

    fn ids(&self) -> impl Iterator<Item = (ThreadReason, &str)> {
        let references = self.message.references();
        let older = references.len().saturating_sub(MOST_NAMED);
        let newest = references.iter().skip(older).rev();
        let first = references.iter().take(usize::from(older > 0));
        let named = newest.chain(first).map(|id| (ThreadReason::References, id.as_str()));
        named.chain([(ThreadReason::InReplyTo, self.message.in_reply_to())])
    }

    /// The first address of From, unless it is one of ours.
    fn author(&self) -> Option<String> {
        let from = self.message.addresses(AddressField::From).first()?;
        is_person(&from.address, &self.running.routes).then(|| from.address.to_lowercase())
    }

    /// The addresses that take part in the conversation; ours are everybody's.
    fn people(&self) -> Vec<i64> {
        let fields = [AddressField::From, AddressField::ReplyTo, AddressField::To, AddressField::Cc];
        let named = fields.into_iter().flat_map(|field| self.message.addresses(field)).take(MOST_PEOPLE);
        let mut people: Vec<i64> = named
            .filter(|one| is_person(&one.address, &self.running.routes))
            .map(|one| self.person(&one.address.to_lowercase()))
            .collect();
        people.sort_unstable();
        people.dedup();
        people
    }

    fn person(&self, address: &str) -> i64 {
        self.key.fingerprint(b"thread person\0", &[address.as_bytes()])
    }

    fn is_automatic(&self) -> bool {
        self.null_sender || self.message.automatic().is_some()
    }
}

fn is_person(address: &str, routes: &Routes) -> bool {
    !address.is_empty() && routes.find(address) == RouteMatch::None
}

/// The newest interaction, or the one before it if a machine wrote that: an away notice takes no conversation away from its queue.
async fn before_machines(
    newest: Option<InteractionRecord>,
    store: &(impl MailStore + ?Sized),
) -> Result<Option<InteractionRecord>, StoreError> {
    let before = newest.as_ref().and_then(|newest| newest.thread.as_ref()).filter(|thread| thread.automatic);
    // What a machine's mail goes on from is no machine's mail itself.
    let Some(before) = before.and_then(|thread| thread.previous.as_ref()).map(|previous| previous.id) else {
        return Ok(newest);
    };
    match store.interaction(before).await {
        Ok(earlier) => Ok(earlier.or(newest)),
        Err(error @ (StoreError::Unavailable(_) | StoreError::Full)) => Err(error),
        // A damaged record keeps no mail out.
        Err(error) => {
            tracing::error!(interaction = %before, %error, "left alone");
            Ok(newest)
        }
    }
}

/// The earlier interaction as it is now. What stands as unrouted is in no queue that anybody chose, unless it was transferred.
fn previous(earlier: InteractionRecord, route: &RouteRecord, running: &Running) -> PreviousRecord {
    let unrouted = route.unrouted_queue.unwrap_or(running.unrouted);
    let decision = earlier.decision;
    let queue = decision.as_ref().and_then(|made| match made.kind {
        DecisionKind::Queue => made.queue,
        DecisionKind::Unrouted => made.queue.filter(|queue| *queue != unrouted),
        DecisionKind::Forward | DecisionKind::Disconnect => None,
    });
    let name = queue.and_then(|queue| running.queue_names.get(&queue));
    PreviousRecord {
        id: earlier.id,
        received_at: earlier.received_at,
        decision: decision.as_ref().map(|made| made.kind),
        queue,
        queue_name: name.map(ToString::to_string).unwrap_or_default(),
        priority: decision.as_ref().map_or(earlier.initial_priority, |made| made.priority),
        skills: decision.as_ref().map(|made| made.skills.clone()).unwrap_or_default(),
        language: decision.and_then(|made| made.language),
        attributes: earlier.attributes,
    }
}

/// A reply that goes back to the queue of the interaction before it.
pub(crate) struct Return<'r> {
    pub(crate) previous: &'r PreviousRecord,
    pub(crate) queue: QueueId,
    pub(crate) reason: ThreadReason,
}

/// Whether a mail goes back, without its flow: its route says so, it names a mail of its thread, a person may have written it, and the queue
/// still exists.
pub(crate) fn goes_back<'r>(
    route: Option<&RouteRecord>,
    thread: Option<&'r ThreadRecord>,
    automatic: Option<Reason>,
    running: &Running,
) -> Option<Return<'r>> {
    let thread = thread.filter(|thread| thread.reason.names_a_mail())?;
    let previous = thread.previous.as_ref()?;
    let queue = previous.queue.filter(|queue| running.queue_names.contains_key(queue))?;
    let back = route?.returns_replies() && automatic.is_none();
    back.then_some(Return { previous, queue, reason: thread.reason })
}

#[cfg(test)]
mod conversations;
