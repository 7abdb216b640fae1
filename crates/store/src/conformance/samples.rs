//! Records to test with.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use waypost_ids::{DecisionKind, FlowId, InteractionId, LabelTarget, QueueId, ScheduleId, TableId, ThreadReason};
use waypost_origin::Origin;

use crate::leases::Lease;
use crate::records::audit::AuditRecord;
use crate::records::catalogue::{Bindings, CatalogueChange, FlowLock, FlowRecord, QueueRecord, VersionRecord};
use crate::records::facts::Facts;
use crate::records::mail::{
    AcceptOutcome, Acceptance, Accepted, DecisionRecord, NewInteraction, NewMessage, RunClaim, RunRecord,
};
use crate::records::tables::{ColumnRecord, ScheduleRecord, TableRecord, TableShape};
use crate::records::threads::{PreviousRecord, ThreadRecord};
use crate::traits::Store;

/// The time of tests, `seconds` after their start.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_750_000_000 + seconds).unwrap()
}

/// When sweeps run: leases of tests have run out, windows of tests have ended.
pub(crate) fn later() -> Timestamp {
    at(400 * 24 * 3600)
}

/// Time and ids of what runs at [`later`].
pub(crate) fn origin() -> &'static Origin {
    static ORIGIN: LazyLock<Origin> = LazyLock::new(|| Origin::given(later()));
    &ORIGIN
}

/// A lease that stands for a number, until so many seconds after the start of tests.
pub(crate) fn lease(number: u128, until: i64) -> Lease {
    Lease { id: Uuid::from_u128(number), until: at(until) }
}

/// An identifier that stands for a number; identifiers of greater numbers are greater.
pub(crate) fn id(number: u128) -> InteractionId {
    InteractionId(Uuid::from_u128(number))
}

pub(super) fn route(number: u128) -> Uuid {
    Uuid::from_u128(0x1000 + number)
}

pub(crate) fn queue(number: u128) -> QueueId {
    QueueId(Uuid::from_u128(0x2000 + number))
}

pub(crate) fn flow(number: u128) -> FlowId {
    FlowId(Uuid::from_u128(0x3000 + number))
}

pub(crate) fn table(number: u128) -> TableId {
    TableId(Uuid::from_u128(0x4000 + number))
}

pub(super) fn schedule(number: u128) -> ScheduleId {
    ScheduleId(Uuid::from_u128(0x5000 + number))
}

/// Makes the two queues that the samples' decisions name. What is offered says the epoch that is the newest since.
pub(crate) async fn queues(store: &dyn Store) {
    let queues = [queue_record(1, "General"), queue_record(2, "Billing")];
    assert_eq!(store.commit(0, queues.map(CatalogueChange::put).into()).await.unwrap(), 1);
}

/// A mail with the Message-ID `NUMBER@example`, received `number` seconds after the start, for route 1, without a run.
pub(crate) fn mail(number: u8) -> Acceptance {
    Acceptance {
        message: NewMessage {
            raw: Bytes::from(format!("Subject: mail {number}\r\n\r\nbody of {number}\r\n")),
            envelope_from: "ann@example.net".to_owned(),
            remote: "192.0.2.1".to_owned(),
            received_at: at(i64::from(number)),
            message_id: Some(format!("{number}@example")),
            senders: Vec::new(),
            subject: format!("mail {number}"),
            content_hash: [number; 32],
            facts: Facts::default(),
        },
        interactions: vec![offer(u128::from(number), 1)],
        idempotency: None,
        taken_from: None,
    }
}

/// An interaction without a run.
pub(crate) fn offer(number: u128, to: u128) -> NewInteraction {
    NewInteraction {
        id: id(number),
        envelope_to: format!("box{to}@example.com"),
        route: Some(route(to)),
        priority: 0,
        opening: None,
        run: None,
        epoch: 1,
        thread: None,
        note: None,
    }
}

/// The thread of interaction 1, joined behind an earlier interaction that had these attributes.
pub(crate) fn joined(behind: u128, attributes: BTreeMap<String, String>) -> ThreadRecord {
    let previous = PreviousRecord {
        id: id(behind),
        received_at: at(1),
        decision: Some(DecisionKind::Queue),
        queue: None,
        queue_name: String::new(),
        priority: 0,
        skills: Vec::new(),
        language: None,
        attributes,
    };
    let position = u32::try_from(behind).unwrap() + 1;
    ThreadRecord { id: id(1).0, reason: ThreadReason::Marker, position, previous: Some(previous), automatic: false }
}

/// A mail whose run ended already.
pub(crate) fn decided(number: u8, run: RunRecord) -> Acceptance {
    let mut mail = mail(number);
    mail.interactions[0].run = Some(run);
    mail
}

pub(super) fn decision(kind: DecisionKind) -> DecisionRecord {
    let queued = matches!(kind, DecisionKind::Queue | DecisionKind::Unrouted);
    DecisionRecord {
        kind,
        queue: queued.then(|| queue(1)),
        priority: 0,
        skills: Vec::new(),
        language: None,
        addresses: Vec::new(),
        reason: None,
        outcome: None,
        error: None,
    }
}

/// What a sample run was answered. Stores keep it as it is.
pub(crate) const JOURNAL: &str = r#"{"version":1,"answers":["gold \u0000"]}"#;

pub(crate) fn run(kind: DecisionKind) -> RunRecord {
    RunRecord {
        flow: Some((flow(1), 3)),
        started_at: at(0) + SignedDuration::from_micros(7),
        duration_us: 42,
        decision: decision(kind),
        attributes: BTreeMap::from([("lang".to_owned(), "en".to_owned())]),
        trace: r#"{"nodes":[]}"#.to_owned(),
        journal: Some(JOURNAL.to_owned()),
        rerun_by: None,
        sends: Vec::new(),
    }
}

/// A claim of up to so many runs, fresh ones and others, for a minute.
pub(crate) fn up_to(max: u32) -> RunClaim {
    RunClaim { fresh: max, retried: max, lease_seconds: 60 }
}

/// Accepts and answers what became of each offered interaction.
pub(crate) async fn accept(store: &dyn Store, mail: Acceptance) -> Vec<Accepted> {
    match store.accept(mail).await.unwrap() {
        AcceptOutcome::Committed(accepted) => accepted,
        other => panic!("expected a commit, found {other:?}"),
    }
}

/// The identifiers of everything kept, newest first.
pub(super) async fn listed(store: &dyn Store, filter: &crate::records::mail::InteractionFilter) -> Vec<u128> {
    let found = store.interactions(filter, None, 100).await.unwrap();
    found.iter().map(|interaction| interaction.id.0.as_u128()).collect()
}

pub(crate) fn flow_record(number: u128, name: &str) -> FlowRecord {
    FlowRecord {
        id: flow(number),
        name: name.to_owned(),
        folded_name: name.to_lowercase(),
        shared: false,
        type_as_written: "email".to_owned(),
        description: "what it does".to_owned(),
        published: None,
        labels: BTreeMap::from([("stable".to_owned(), vec![LabelTarget { version: 1, weight: 90 }])]),
        deprecated: Some("use another".to_owned()),
        newest: 0,
        revision: 1,
        created_at: at(0),
        created_by: "admin".to_owned(),
        modified_at: at(1),
        deleted_at: None,
        lock: Some(FlowLock { client: "ada".to_owned(), at: at(4), base: 1 }),
    }
}

pub(super) fn version_record(of: u128, version: u32) -> VersionRecord {
    VersionRecord {
        flow_id: flow(of),
        version,
        content: format!(r#"{{"nodes":[],"n":{version}}}"#).into(),
        hash: format!("{version:064x}"),
        bindings: Bindings {
            queues: BTreeMap::from([("general".to_owned(), queue(1))]),
            tables: BTreeMap::from([("customers".to_owned(), table(1))]),
            schedules: BTreeMap::from([("office hours".to_owned(), schedule(1))]),
            ..Bindings::default()
        },
        created_at: at(0),
        created_by: "admin".to_owned(),
        published_at: None,
        validation: vec![serde_json::json!({ "code": "queue.unknown" })],
    }
}

pub(crate) fn queue_record(number: u128, name: &str) -> QueueRecord {
    let mut extra = serde_json::Map::new();
    extra.insert("skillEvaluationMethod".to_owned(), "ALL".into());
    QueueRecord {
        id: queue(number),
        name: name.to_owned(),
        folded_name: name.to_lowercase(),
        built_in: false,
        extra,
        created_at: at(0),
        modified_at: at(1),
    }
}

pub(crate) fn table_record(number: u128, name: &str) -> TableRecord {
    let column = |name: &str, data_type: &str, default| ColumnRecord {
        name: name.to_owned(),
        data_type: data_type.to_owned(),
        default,
        title: Some("Tier".to_owned()),
    };
    TableRecord {
        id: table(number),
        name: name.to_owned(),
        folded_name: name.to_lowercase(),
        description: "who pays what".to_owned(),
        schema: TableShape {
            ignore_case: true,
            key_title: None,
            columns: vec![column("tier", "string", Some("basic".into())), column("seats", "integer", None)],
        },
        revision: 1,
        created_at: at(0),
        created_by: "admin".to_owned(),
        modified_at: at(1),
    }
}

pub(super) fn schedule_record(number: u128, name: &str) -> ScheduleRecord {
    ScheduleRecord {
        id: schedule(number),
        name: name.to_owned(),
        folded_name: name.to_lowercase(),
        description: "when somebody is there".to_owned(),
        definition: r#"{"timeZone":"Europe/Berlin"}"#.into(),
        revision: 1,
        created_at: at(0),
        created_by: "admin".to_owned(),
        modified_at: at(1),
    }
}

/// An entry of the audit log.
pub(crate) fn audit(number: u128, actor: &str) -> AuditRecord {
    AuditRecord {
        id: Uuid::from_u128(number),
        at: at(i64::try_from(number).unwrap()),
        actor: actor.to_owned(),
        action: "changed".to_owned(),
        entity_kind: "queue".to_owned(),
        entity_id: format!("entity-{}", number % 2),
        entity_name: "Billing".to_owned(),
        note: None,
        before: None,
        after: Some(serde_json::json!({ "number": number.to_string() })),
    }
}
