//! The language reference: `docs/language.md` is what is generated now (`WAYPOST_BLESS=1` writes it), and every member in it reads
//! as its example says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;
use waypost_flow::email::Shape;
use waypost_flow::expr::{Budget, Context, Outputs, Scope, compile_value, objects};
use waypost_flow::value::Value;
use waypost_flow::work::Work;
use waypost_ids::{AuthResult, ScanResult};
use waypost_ids::{DecisionKind, InteractionId, ThreadReason};
use waypost_mail::message::Message;
use waypost_members::email::{Envelope, MessageView};
use waypost_members::members;
use waypost_store::records::facts::{AuthFact, AuthFacts, Facts, ScanFacts};
use waypost_store::records::threads::{PreviousRecord, ThreadRecord};

#[test]
fn the_page_is_what_is_generated() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/language.md");
    let generated = waypost_flow::reference::markdown(members());
    if std::env::var_os("WAYPOST_BLESS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == generated, "docs/language.md is old: run this test with WAYPOST_BLESS=1");
}

/// The mail that the examples are about.
const SAMPLE: &str = "\
From: Ann <Ann@Example.com>
To: help@example.org
Cc: Bo <bo@example.com>
Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe_42?=
Date: Sun, 01 Mar 2026 11:20:00 +0100
Message-ID: <m3@example.com>
In-Reply-To: <m2@example.org>
References: <m1@example.com> <m2@example.org>
X-Tag: one
X-Tag: two
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=m

--m
Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain

Please refund me.
--a
Content-Type: text/html

<p>Please refund me.</p>
--a--
--m
Content-Type: application/pdf; name=bill.pdf
Content-Disposition: attachment; filename=bill.pdf

%PDF-1.7

--m--
";

/// What was found out about the sample as it came in.
fn facts() -> Facts {
    let fact =
        |result, domain: &str, aligned| AuthFact { result, domain: domain.to_owned(), aligned, reason: String::new() };
    Facts {
        auth: AuthFacts {
            spf: fact(AuthResult::SoftFail, "bounces.example.com", false),
            dkim: fact(AuthResult::Pass, "example.com", true),
            dmarc: fact(AuthResult::Pass, "example.com", true),
        },
        scan: ScanFacts { result: ScanResult::Clean, by: "rspamd".to_owned(), reason: String::new() },
    }
}

/// The sample's thread: it is the second mail.
fn thread() -> ThreadRecord {
    let first = "01993f5e-0000-7d2b-9e4f-3a5b6c7d8e9f".parse().unwrap();
    ThreadRecord {
        id: first,
        reason: ThreadReason::References,
        position: 2,
        previous: Some(PreviousRecord {
            id: InteractionId(first),
            received_at: "2026-02-28T09:00:00Z".parse().unwrap(),
            decision: Some(DecisionKind::Queue),
            queue: None,
            queue_name: "Billing".to_owned(),
            priority: 0,
            skills: Vec::new(),
            language: None,
            attributes: BTreeMap::from([("order".to_owned(), "4711".to_owned())]),
        }),
        automatic: false,
    }
}

/// What an expression reads of the sample.
fn read(expression: &str) -> Json {
    let scope =
        Scope { inputs: &[], variables: &[], outputs: Outputs::Absent, members: members(), work: &Work::default() };
    let compiled = compile_value("value", &Json::from(format!("${{{expression}}}")), &scope, None)
        .unwrap_or_else(|problems| panic!("{expression}: {problems:#?}"));
    let message = Message::parse(SAMPLE.as_bytes());
    let facts = facts();
    let envelope = Envelope {
        from: Some("bounces@example.com"),
        to: "Help@example.org",
        remote: "192.0.2.1:25",
        facts: Some(&facts),
    };
    let thread = thread();
    let view = MessageView::new(&message, envelope).of_interaction(thread.previous.as_ref().unwrap().id, Some(&thread));
    let attributes = Arc::new(BTreeMap::from([(Arc::from("vip"), Value::text("yes"))]));
    let budget = Budget::new(1_000_000, 64 << 20);
    let context = Context {
        interaction_id: "01993f5e-8c1a-7d2b-9e4f-3a5b6c7d8e9f",
        received_at: "2026-03-01T10:20:30Z".parse().unwrap(),
        priority: 5,
        attributes: &attributes,
        email: &view,
        inputs: &[],
        variables: &[],
        outputs: &[],
        budget: &budget,
        outcomes: None,
    };
    compiled.eval(&context).unwrap_or_else(|error| panic!("{expression}: {error:?}")).to_json(&view)
}

#[test]
fn members_read_as_their_examples_say() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for object in objects(members()) {
        let whole = match object.name.as_str() {
            "an address" => "interaction.email.from",
            "an attachment" => "interaction.email.attachments[0]",
            name => name,
        };
        for member in object.members.iter().filter(|member| !member.example.is_empty()) {
            let expression = format!("{whole}.{}", member.read);
            let (expected, found) = (serde_json::from_str::<Json>(member.example).unwrap(), read(&expression));
            if found != expected {
                wrong.push(format!("{expression} is {found}, not {expected}"));
            }
            tried += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 30, "only {tried} members");
}

#[test]
fn every_member_is_in_an_object_and_stands_once() {
    let mut objects = BTreeSet::from([""]);
    let mut seen = BTreeSet::from(["id", "receivedAt", "priority", "attributes"]);
    for member in members().iter() {
        let path = member.path();
        assert!(seen.insert(path), "{path} stands twice, or is the run's own");
        assert!(objects.contains(path.rsplit_once('.').map_or("", |(object, _)| object)), "{path} is in no object");
        match member.shape() {
            Shape::Object => assert!(objects.insert(path)),
            _ => assert!(!member.example().is_empty(), "{path} has no example"),
        }
    }
}
