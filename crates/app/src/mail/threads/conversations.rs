//! Generated conversations: replies with and without their fields, changed subjects, forwards, copies, and strangers who have seen Message-IDs
//! and guess the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use uuid::Uuid;
use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::RouteSpec;
use waypost_ids::ThreadReason;
use waypost_mail::smtp::Recipient;
use waypost_outgoing::MessageId;
use waypost_outgoing::address::Domain;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{DomainRecord, QueueRecord, RouteRecord, RouteTarget};
use waypost_store::records::mail::{AcceptOutcome, Accepted};
use waypost_store::records::threads::ThreadRecord;
use waypost_store::sqlite::{SqliteOptions, SqliteStore};

use crate::App;
use crate::mail::intake::Arrival;
use crate::observed::Protocol;

const BY: By<'static> = By { actor: "test", note: None };

/// Numbers that follow from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.roll(from.len())]
    }
}

/// A mail that the world may have seen.
struct Seen {
    id: String,
    thread: Uuid,
    subject: String,
}

struct World {
    app: Arc<App>,
    dice: Dice,
    route: Uuid,
    mails: Vec<Seen>,
    people: BTreeMap<Uuid, BTreeSet<String>>,
    sent: usize,
}

/// A mail to be.
#[derive(Default, Debug)]
struct Draft {
    from: String,
    cc: String,
    subject: String,
    fields: String,
}

impl World {
    async fn open(directory: &std::path::Path, seed: u64) -> Self {
        let store = SqliteStore::open(directory, SqliteOptions::default()).unwrap();
        let app = App::open(Arc::new(store), crate::Settings::default()).await.unwrap();
        let queue = app.catalogue.create::<QueueRecord>(BY, QueueSpec::named("Care")).await.unwrap().id;
        let domain = DomainSpec { domain: "desk.example".to_owned(), ..DomainSpec::default() };
        app.catalogue.create::<DomainRecord>(BY, domain).await.unwrap();
        let spec = RouteSpec {
            domain: "desk.example".to_owned(),
            pattern: "care".to_owned(),
            target: Some(RouteTarget::Queue(queue).into()),
            unrouted_queue: None,
            priority: 0,
            extra: serde_json::Map::new(),
        };
        let route = app.catalogue.create::<RouteRecord>(BY, spec).await.unwrap().id;
        Self { app, dice: Dice(seed), route, mails: Vec::new(), people: BTreeMap::new(), sent: 0 }
    }

    /// Accepts a mail, and answers where it stands.
    async fn send(&mut self, draft: &Draft) -> ThreadRecord {
        self.sent += 1;
        let id = format!("m{}@mail.example", self.sent);
        let Draft { from, cc, subject, fields } = draft;
        let raw = format!(
            "From: Somebody <{from}>\r\nTo: care@desk.example\r\n{cc}Subject: {subject}\r\nMessage-ID: <{id}>\r\n{fields}\r\nHello {id}\r\n"
        );
        let arrival = Arrival {
            protocol: Protocol::Http,
            from: from.clone(),
            recipients: vec![self.app.bound(&Recipient::parse("care@desk.example").unwrap()).unwrap()],
            raw: Bytes::from(raw),
            remote: "test".to_owned(),
            connection: None,
            idempotency: None,
            taken_from: None,
        };
        let AcceptOutcome::Committed(accepted) = self.app.accept(arrival).await.unwrap() else { panic!("{draft:?}") };
        let Some(Accepted::Created { id: made, .. }) = accepted.first() else { panic!("{accepted:?}") };
        let thread = self.app.interaction(*made).await.unwrap().its_thread();
        self.mails.push(Seen { id, thread: thread.id, subject: subject.clone() });
        thread
    }

    /// Everybody whom a mail names takes part from then on; we are nobody.
    fn takes_part(&mut self, thread: Uuid, draft: &Draft) {
        let people = self.people.entry(thread).or_default();
        people.extend(Some(draft.from.to_lowercase()).filter(|from| !from.ends_with("@desk.example")));
        people.extend(draft.cc.strip_prefix("Cc: ").map(|cc| cc.trim().to_owned()));
    }

    /// The Message-ID of an answer of ours in a thread.
    fn answer(&self, thread: Uuid) -> String {
        let domain = Domain::parse("desk.example").unwrap();
        let key = &self.app.desk.key;
        MessageId::in_thread(key, self.app.origin.id(), (self.route, thread), &domain).as_str().to_owned()
    }
}

const SUBJECTS: [&str; 5] =
    ["Order 4711 is late", "Where is my parcel?", "Hello", "Rückgabe der Schuhe", "Invoice 12 is wrong"];

#[tokio::test]
async fn no_stranger_joins_and_who_takes_part_always_does() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::open(directory.path(), 0x5eed_1234).await;
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for round in 0..400 {
        let dice = &mut world.dice;
        let person = format!("{}@customer.example", dice.pick(&["ann", "bob", "cem", "dee"]));
        let subject = (*dice.pick(&SUBJECTS)).to_owned();
        let kind = if world.mails.is_empty() { 0 } else { dice.roll(10) };
        let seen = dice.roll(world.mails.len().max(1));
        let stranger = format!("eve{}@elsewhere.example", dice.roll(3));
        let copied = if dice.roll(4) == 0 {
            format!("Cc: {}@customer.example\r\n", dice.pick(&["fay", "gus"]))
        } else {
            String::new()
        };
        let (id, thread, about) = match world.mails.get(seen) {
            Some(mail) => (mail.id.clone(), mail.thread, mail.subject.clone()),
            None => (String::new(), Uuid::nil(), String::new()),
        };
        let members: Vec<String> = world.people.get(&thread).into_iter().flatten().cloned().collect();
        let member = if members.is_empty() { person.clone() } else { world.dice.pick(&members).clone() };
        let marked = world.answer(thread);
        let fields = |fields: &str| fields.replace("ID", &id).replace("OURS", &marked);
        // What is sent, and whether it must join `thread`, may not join it, or either.
        let (name, draft, must) = match kind {
            0 => ("begins", Draft { from: person, cc: copied, subject, ..Draft::default() }, None),
            1 => (
                "replies",
                Draft {
                    from: member,
                    cc: copied,
                    subject: format!("Re: {about}"),
                    fields: fields("References: <x@y> <ID>\r\nIn-Reply-To: <ID>\r\n"),
                },
                Some(true),
            ),
            2 => (
                "replies in capitals with another subject",
                Draft { from: member.to_uppercase(), cc: copied, subject, fields: fields("In-Reply-To: <ID>\r\n") },
                Some(true),
            ),
            3 => (
                "forwards",
                Draft {
                    from: member,
                    cc: copied,
                    subject: format!("Fwd: {about}"),
                    fields: fields("References: <ID>\r\n"),
                },
                Some(true),
            ),
            4 => (
                "replies without fields",
                Draft { from: member, cc: copied, subject: format!("AW: {about}"), ..Draft::default() },
                None,
            ),
            5 => (
                "answers what we sent, whoever got it",
                Draft { from: stranger, cc: copied, subject, fields: fields("References: <ID> <OURS>\r\n") },
                Some(true),
            ),
            6 => (
                "a stranger names a mail",
                Draft {
                    from: stranger,
                    subject: format!("Re: {about}"),
                    fields: fields("References: <ID>\r\nIn-Reply-To: <ID>\r\n"),
                    ..Draft::default()
                },
                Some(false),
            ),
            7 => (
                "a stranger guesses a subject",
                Draft { from: stranger, subject: format!("Re: {about}"), ..Draft::default() },
                Some(false),
            ),
            8 => {
                // One letter of the mark is another.
                let forged = marked.replacen(char::is_numeric, "z", 1 + round % 3);
                (
                    "a stranger guesses a mark",
                    Draft {
                        from: stranger,
                        subject,
                        fields: format!("References: <{forged}>\r\nIn-Reply-To: <{thread}@desk.example>\r\n"),
                        ..Draft::default()
                    },
                    Some(false),
                )
            }
            _ => (
                "a stranger writes as us",
                Draft {
                    from: "care@desk.example".to_owned(),
                    subject: format!("Re: {about}"),
                    fields: fields("References: <ID>\r\n"),
                    ..Draft::default()
                },
                Some(false),
            ),
        };
        let takes_part = world.people.get(&thread).is_some_and(|people| people.contains(&draft.from.to_lowercase()));
        let found = world.send(&draft).await;
        let told = format!("round {round}: {name}: {draft:?} joined {found:?}, meant {thread}");
        match must {
            Some(true) if takes_part || kind == 5 => assert_eq!(found.id, thread, "{told}"),
            // Strangers of earlier rounds take part in what they were let into, or began.
            Some(false) if !takes_part => assert_ne!(found.id, thread, "{told}"),
            _ => {}
        }
        if found.reason != ThreadReason::New && kind != 5 {
            let people = world.people.get(&found.id);
            assert!(people.is_some_and(|people| people.contains(&draft.from.to_lowercase())), "{told}");
        }
        world.takes_part(found.id, &draft);
        *counted.entry(found.reason.as_str()).or_default() += 1;
    }
    assert_eq!(counted.len(), ThreadReason::ALL.len(), "{counted:?}");
}

#[tokio::test]
async fn what_a_machine_answers_is_not_what_the_next_mail_goes_on_from() {
    let directory = tempfile::tempdir().unwrap();
    let mut world = World::open(directory.path(), 1).await;
    let from = "ann@customer.example".to_owned();
    let first = world.send(&Draft { from: from.clone(), subject: "Order 4711".to_owned(), ..Draft::default() }).await;
    let ours = world.answer(first.id);
    let mut previous = Vec::new();
    for machine in ["Auto-Submitted: auto-replied\r\n", "Precedence: auto_reply\r\n", "", ""] {
        let fields = format!("{machine}In-Reply-To: <{ours}>\r\n");
        let subject = "Re: Order 4711".to_owned();
        let made = world.send(&Draft { from: from.clone(), subject, fields, ..Draft::default() }).await;
        assert_eq!(made.id, first.id);
        previous.push((made.position, made.previous.unwrap().id));
    }
    let [away, again, reply, last] = previous[..] else { panic!("{previous:?}") };
    let begun = waypost_ids::InteractionId(first.id);
    assert_eq!([away, again, reply], [(2, begun), (3, begun), (4, begun)]);
    assert!(last.0 == 5 && last.1 != begun, "a person's reply is");
}
