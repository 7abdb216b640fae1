//! A parsed message as expressions see it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use waypost_flow::email::{AddressRef, AttachmentRef, Email, Fact, FindingRef, Member};
use waypost_ids::{AuthResult, InteractionId, ThreadReason};
use waypost_mail::message::{AddressField, Message, Reason};
use waypost_store::records::facts::{AuthFacts, Facts, ScanFacts};
use waypost_store::records::mail::InteractionRecord;
use waypost_store::records::threads::{PreviousRecord, ThreadRecord};

use super::reader;

/// What a mail came in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope<'e> {
    /// The sender, empty for the null reverse-path; none where there was no envelope, as when a flow is tried.
    pub from: Option<&'e str>,
    /// The recipient.
    pub to: &'e str,
    /// The peer's address.
    pub remote: &'e str,
    /// What was found out about the mail as it came in; none where nobody looked.
    pub facts: Option<&'e Facts>,
}

impl<'e> Envelope<'e> {
    /// The envelope of a mail that was accepted. A conversation that was begun over HTTP has none but a recipient.
    pub fn of(interaction: &'e InteractionRecord) -> Self {
        let from = interaction.envelope_from.as_str();
        let is_without = from.is_empty() && interaction.opening.is_some();
        let from = Some(from).filter(|_| !is_without);
        Self { from, to: &interaction.envelope_to, remote: &interaction.remote, facts: None }
    }

    /// The same, with what was found out about the mail as it came in.
    #[must_use]
    pub fn with_facts(self, facts: &'e Facts) -> Self {
        Self { facts: Some(facts), ..self }
    }
}

/// A peer's address without a port: tests may give one, and what came by SMTP had one before.
fn host(remote: &str) -> &str {
    match remote.rsplit_once(':') {
        Some((host, _)) if host.ends_with(']') || !host.contains(':') => host.trim_matches(['[', ']']),
        _ => remote,
    }
}

/// Where a message stands in its thread. Identifiers are written once.
#[derive(Default)]
struct Threaded<'m> {
    id: String,
    previous: String,
    joined: Option<&'m ThreadRecord>,
}

impl<'m> Threaded<'m> {
    fn of(interaction: InteractionId, joined: Option<&'m ThreadRecord>) -> Self {
        let id = joined.map_or_else(|| interaction.to_string(), |joined| joined.id.to_string());
        let previous = joined.and_then(|joined| joined.previous.as_ref());
        Self { id, previous: previous.map(|previous| previous.id.to_string()).unwrap_or_default(), joined }
    }
}

/// The view of a message that a run reads. What there is to read is the table in `crates/members/src/table.rs`.
pub struct MessageView<'m, 'x> {
    pub(crate) message: &'m Message<'x>,
    pub(crate) envelope: Envelope<'m>,
    thread: Threaded<'m>,
}

impl<'m, 'x> MessageView<'m, 'x> {
    /// A message as it came, which begins its thread.
    pub fn new(message: &'m Message<'x>, envelope: Envelope<'m>) -> Self {
        Self { message, envelope, thread: Threaded::default() }
    }

    /// The message of an interaction in the thread that it joined, or in its own.
    #[must_use]
    pub fn of_interaction(mut self, interaction: InteractionId, thread: Option<&'m ThreadRecord>) -> Self {
        self.thread = Threaded::of(interaction, thread);
        self
    }

    /// The thread.
    pub(crate) fn thread_id(&self) -> &str {
        &self.thread.id
    }

    /// Why the message belongs to it.
    pub(crate) fn thread_reason(&self) -> &str {
        self.thread.joined.map_or(ThreadReason::New, |joined| joined.reason).as_str()
    }

    /// The message's place in it.
    pub(crate) fn thread_position(&self) -> u64 {
        self.thread.joined.map_or(1, |joined| u64::from(joined.position))
    }

    /// The earlier interaction.
    pub(crate) fn previous(&self) -> Option<&PreviousRecord> {
        self.thread.joined.and_then(|joined| joined.previous.as_ref())
    }

    /// Its id; empty if there is none.
    pub(crate) fn previous_id(&self) -> &str {
        &self.thread.previous
    }

    /// Its attributes.
    pub(crate) fn previous_attributes(&self) -> &BTreeMap<String, String> {
        static NONE: BTreeMap<String, String> = BTreeMap::new();
        self.previous().map_or(&NONE, |previous| &previous.attributes)
    }

    /// The envelope's sender; without an envelope the address of From.
    pub(crate) fn envelope_from(&self) -> &str {
        let author = || self.message.addresses(AddressField::From).first().map_or("", |from| from.address.as_str());
        self.envelope.from.unwrap_or_else(author)
    }

    /// The address of the host that handed the mail in.
    pub(crate) fn remote(&self) -> &str {
        host(self.envelope.remote)
    }

    /// Who sent the mail.
    pub(crate) fn auth(&self) -> &AuthFacts {
        &self.facts().auth
    }

    /// What a scanner says of it.
    pub(crate) fn scan(&self) -> &ScanFacts {
        &self.facts().scan
    }

    fn facts(&self) -> &Facts {
        static UNKNOWN: LazyLock<Facts> = LazyLock::new(Facts::default);
        self.envelope.facts.unwrap_or(&UNKNOWN)
    }

    /// Why one knows that a machine wrote it, the envelope included.
    pub fn automatic_reason(&self) -> Option<Reason> {
        match self.envelope.from {
            Some("") => Some(Reason::NULL_REVERSE_PATH),
            _ => self.message.automatic(),
        }
    }
}

impl Email for MessageView<'_, '_> {
    fn read(&self, member: &Member) -> Fact<'_> {
        reader::fact(self, member)
    }

    fn address(&self, member: &Member, position: usize) -> Option<AddressRef<'_>> {
        let address = reader::addresses(self, member).get(position)?;
        Some(AddressRef { address: &address.address, name: &address.name, domain: &address.domain })
    }

    fn attachment(&self, member: &Member, position: usize) -> Option<AttachmentRef<'_>> {
        let attachment = reader::attachments(self, member).get(position)?;
        Some(AttachmentRef {
            name: &attachment.name,
            content_type: &attachment.content_type,
            size: attachment.size,
            inline: attachment.inline,
        })
    }

    fn look_up(&self, member: &Member, name: &str) -> &str {
        reader::look_up(self, member, name)
    }

    fn automatic(&self) -> Option<&str> {
        self.automatic_reason().map(Reason::as_str)
    }

    fn findings(&self) -> Vec<FindingRef<'_>> {
        let Some(Facts { auth, scan }) = self.envelope.facts else { return Vec::new() };
        let methods = [("spf", &auth.spf), ("dkim", &auth.dkim), ("dmarc", &auth.dmarc)];
        let methods =
            methods.map(|(what, fact)| FindingRef { what, result: fact.result.as_str(), reason: &fact.reason });
        let scan = FindingRef { what: "scan", result: scan.result.as_str(), reason: &scan.reason };
        let unknown = AuthResult::Unknown.as_str();
        methods.into_iter().chain([scan]).filter(|one| one.result != unknown || !one.reason.is_empty()).collect()
    }

    fn kinds(&self) -> Vec<(&'static str, &str)> {
        let message = self.message;
        let mut kinds = Vec::new();
        let mut kind =
            |name: &'static str, reason: Option<&'static str>| kinds.extend(reason.map(|reason| (name, reason)));
        let to_many = message.to_many();
        kind("bulk", to_many.bulk.map(Reason::as_str));
        kind("list", to_many.list.map(Reason::as_str));
        // No reply or bounce is anything but automatic: most mail is not looked at any further.
        if self.automatic_reason().is_some() {
            kind("autoReply", message.automatic_reply().map(Reason::as_str));
            let bounce = message.bounce();
            kind("bounce", bounce.filter(|bounce| !bounce.is_delay).map(|bounce| bounce.reason));
            kind("delayed", bounce.filter(|bounce| bounce.is_delay).map(|bounce| bounce.reason));
        }
        kinds
    }

    fn unread(&self) -> Vec<String> {
        self.message.unread().iter().map(ToString::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_parsed_is_in_the_trace() {
        let mail = |parts: usize| {
            format!("Content-Type: multipart/mixed; boundary=b\n\n{}--b--\n", "--b\n\nx\n".repeat(parts))
        };
        for (parts, expected) in [
            (9_999, r#"{"version":1,"events":[]}"#),
            (10_001, r#"{"version":1,"events":[{"event":"unread","what":"more than 10000 parts"}]}"#),
        ] {
            let raw = mail(parts);
            let message = Message::parse(raw.as_bytes());
            let view = MessageView::new(&message, Envelope::default());
            assert_eq!(waypost_engine::trace::without_run(&view), expected);
        }
    }
}
