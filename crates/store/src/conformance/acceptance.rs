//! What an acceptance keeps, and what it knows again.

use waypost_ids::{AuthResult, DecisionKind, ScanResult};

use super::samples::{accept, at, audit, decided, decision, id, mail, offer, queue, queues, run, up_to};
use crate::records::catalogue::CatalogueChange;
use crate::records::catalogue::RouteTarget;
use crate::records::facts::{AuthFact, Facts, ScanFacts};
use crate::records::mail::{
    AcceptOutcome, Accepted, DecisionRecord, IdempotencyKey, InteractionFilter, InteractionRecord, Opening, State,
};
use crate::traits::Store;

const DAY: i64 = 24 * 3600;

fn created(number: u128, decided: bool) -> Accepted {
    Accepted::Created { id: id(number), decided, possible_duplicate_of: None }
}

pub(crate) async fn keeps_what_was_offered(store: &dyn Store) {
    queues(store).await;
    let mut full = run(DecisionKind::Queue);
    full.decision = DecisionRecord {
        priority: -5,
        skills: vec!["refunds".to_owned()],
        language: Some("de".to_owned()),
        addresses: vec!["x@example.org".to_owned()],
        reason: Some("because".to_owned()),
        error: Some(serde_json::json!({ "code": waypost_ids::codes::TOO_MANY_ACTIONS })),
        ..decision(DecisionKind::Queue)
    };
    let mut offered = decided(1, full.clone());
    offered.interactions[0].priority = 9;
    let opening = Opening {
        target: Some(RouteTarget::Queue(super::samples::queue(1))),
        skills: vec!["refunds".to_owned()],
        language: Some("de".to_owned()),
        attributes: std::collections::BTreeMap::from([("tier".to_owned(), "gold".to_owned())]),
    };
    offered.interactions[0].opening = Some(opening.clone());
    let raw = offered.message.raw.clone();
    assert_eq!(accept(store, offered).await, [created(1, true)]);
    let expected = InteractionRecord {
        id: id(1),
        state: State::Decided,
        received_at: at(1),
        queued_at: Some(at(1)),
        envelope_from: "ann@example.net".to_owned(),
        envelope_to: "box1@example.com".to_owned(),
        remote: "192.0.2.1".to_owned(),
        message_id: Some("1@example".to_owned()),
        subject: "mail 1".to_owned(),
        route: Some(super::samples::route(1)),
        initial_priority: 9,
        opening: Some(opening),
        flow: full.flow,
        decision: Some(full.decision.clone()),
        runs: 1,
        attributes: full.attributes.clone(),
        duplicates: 0,
        possible_duplicate_of: None,
        erased: false,
        thread: None,
    };
    assert_eq!(store.interaction(id(1)).await.unwrap(), Some(expected));
    assert_eq!(store.raw_message(id(1)).await.unwrap(), Some(raw));
    let runs = store.runs(id(1)).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].number, runs[0].run.started_at, runs[0].run.duration_us), (1, full.started_at, 42));
    assert_eq!((&runs[0].run.decision, &runs[0].run.trace), (&full.decision, &full.trace));
    // Lists have them in the order in which they ask, without what is long.
    let listed = store.runs_of(vec![id(2), id(1)]).await.unwrap();
    let [none, one] = listed.as_slice() else { panic!("{listed:?}") };
    assert!(none.is_empty() && one.len() == 1);
    assert_eq!((one[0].number, &one[0].run.decision, one[0].run.duration_us), (1, &full.decision, 42));
    assert!(one[0].run.trace.is_empty() && one[0].run.attributes.is_empty());
    assert_eq!(store.interaction(id(2)).await.unwrap(), None);
    assert_eq!(store.raw_message(id(2)).await.unwrap(), None);
}

pub(crate) async fn what_was_found_out_is_kept_with_the_mail(store: &dyn Store) {
    let mut facts = Facts::default();
    facts.auth.spf = AuthFact { result: AuthResult::SoftFail, domain: "example.net".to_owned(), ..AuthFact::default() };
    facts.auth.dkim.reason = "`\0` in a selector".to_owned();
    facts.scan = ScanFacts { result: ScanResult::Spam, by: "rspamd".to_owned(), reason: String::new() };
    let mut found = mail(1);
    found.message.facts = facts.clone();
    found.interactions.push(offer(2, 2));
    accept(store, found).await;
    accept(store, mail(3)).await;
    for (number, expected) in [(1, &facts), (2, &facts), (3, &Facts::default())] {
        assert_eq!(store.facts(id(number)).await.unwrap(), *expected);
        assert_eq!(store.recorded(&[id(number)], 1_000_000).await.unwrap()[0].facts, *expected);
    }
    assert!(store.erase(id(1), audit(1, "ops")).await.unwrap());
    assert_eq!(store.facts(id(1)).await.unwrap(), Facts::default(), "it goes with the mail");
    assert_eq!(store.facts(id(2)).await.unwrap(), facts, "and stays while the mail is shown");
    assert!(store.erase(id(2), audit(2, "ops")).await.unwrap());
    assert_eq!(store.facts(id(2)).await.unwrap(), Facts::default());
}

pub(crate) async fn same_mail_is_counted_on_the_first(store: &dyn Store) {
    accept(store, mail(1)).await;
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().duplicates_reason(), None);
    for number in [2, 3] {
        let mut again = mail(1);
        again.interactions = vec![offer(number, 1)];
        assert_eq!(accept(store, again).await, [Accepted::Duplicate { of: id(1) }]);
        assert_eq!(store.interaction(id(number)).await.unwrap(), None);
    }
    let first = store.interaction(id(1)).await.unwrap().unwrap();
    let reason = "the same route, envelope sender, Message-ID and content";
    assert_eq!((first.duplicates, first.duplicates_reason()), (2, Some(reason)));
}

pub(crate) async fn other_content_is_a_possible_duplicate(store: &dyn Store) {
    accept(store, mail(1)).await;
    for number in [2, 3] {
        let mut other = mail(1);
        other.message.content_hash = [number; 32];
        other.interactions = vec![offer(u128::from(number), 1)];
        let like = Accepted::Created { id: id(number.into()), decided: false, possible_duplicate_of: Some(id(1)) };
        assert_eq!(accept(store, other).await, [like]);
        let kept = store.interaction(id(number.into())).await.unwrap().unwrap();
        assert_eq!(kept.possible_duplicate_of, Some(id(1)));
    }
}

pub(crate) async fn other_sender_is_not_the_same(store: &dyn Store) {
    accept(store, mail(1)).await;
    let mut other = mail(1);
    other.message.envelope_from = "bob@example.net".to_owned();
    other.interactions = vec![offer(2, 1)];
    assert!(matches!(accept(store, other).await[..], [Accepted::Created { .. }]));
}

pub(crate) async fn no_message_id_is_never_a_duplicate(store: &dyn Store) {
    for number in [1, 2] {
        let mut anonymous = mail(1);
        anonymous.message.message_id = None;
        anonymous.interactions = vec![offer(number, 1)];
        assert_eq!(accept(store, anonymous).await, [created(number, false)]);
    }
}

pub(crate) async fn one_mail_for_two_routes_is_two_interactions(store: &dyn Store) {
    let mut two = mail(1);
    two.interactions.push(offer(2, 2));
    assert_eq!(accept(store, two.clone()).await, [created(1, false), created(2, false)]);
    two.interactions = vec![offer(3, 3), offer(4, 2)];
    assert_eq!(accept(store, two).await, [created(3, false), Accepted::Duplicate { of: id(2) }]);
}

pub(crate) async fn one_route_twice_is_counted_on_the_first(store: &dyn Store) {
    let mut twice = mail(1);
    twice.interactions.push(offer(2, 1));
    assert_eq!(accept(store, twice).await, [created(1, false), Accepted::Duplicate { of: id(1) }]);
    assert_eq!(store.interaction(id(1)).await.unwrap().unwrap().duplicates, 1);
    let summary = store.summary().await.unwrap();
    assert_eq!((summary.accepted, summary.duplicates, summary.interactions), (2, 1, 1));
}

pub(crate) async fn mail_without_a_route_is_known_by_its_address(store: &dyn Store) {
    let mut first = mail(1);
    first.interactions[0].route = None;
    let mut elsewhere = first.clone();
    elsewhere.interactions[0].id = id(2);
    elsewhere.interactions[0].envelope_to = "box2@example.com".to_owned();
    let mut again = first.clone();
    again.interactions[0].id = id(3);
    again.interactions[0].envelope_to = "BOX1@example.com".to_owned();
    assert_eq!(accept(store, first).await, [created(1, false)]);
    assert_eq!(accept(store, elsewhere).await, [created(2, false)]);
    assert_eq!(accept(store, again).await, [Accepted::Duplicate { of: id(1) }]);
}

pub(crate) async fn the_window_ends(store: &dyn Store) {
    accept(store, mail(1)).await;
    let mut late = mail(1);
    late.message.received_at = at(1 + 7 * DAY);
    late.interactions = vec![offer(2, 1)];
    assert_eq!(accept(store, late.clone()).await, [Accepted::Duplicate { of: id(1) }]);
    late.message.received_at = at(2 + 7 * DAY);
    assert_eq!(accept(store, late.clone()).await, [created(2, false)]);
    late.interactions = vec![offer(3, 1)];
    assert_eq!(accept(store, late).await, [Accepted::Duplicate { of: id(2) }]);
}

pub(crate) async fn a_run_of_an_old_epoch_is_dropped(store: &dyn Store) {
    queues(store).await;
    let change = CatalogueChange::put(super::samples::queue_record(3, "Sales"));
    let epoch = store.commit(1, vec![change]).await.unwrap();
    assert_eq!(accept(store, decided(1, run(DecisionKind::Queue))).await, [created(1, false)]);
    let kept = store.interaction(id(1)).await.unwrap().unwrap();
    assert_eq!((kept.state, kept.decision, kept.runs), (State::Received, None, 0));
    assert!(store.runs(id(1)).await.unwrap().is_empty());
    let mut current = decided(2, run(DecisionKind::Queue));
    current.interactions[0].epoch = epoch;
    assert_eq!(accept(store, current).await, [created(2, true)]);
}

pub(crate) async fn a_run_that_leads_to_a_queue_that_is_gone_is_dropped(store: &dyn Store) {
    queues(store).await;
    let epoch = store.commit(1, vec![CatalogueChange::delete(queue(1))]).await.unwrap();
    for (number, kind, kept) in
        [(1, DecisionKind::Queue, false), (2, DecisionKind::Unrouted, false), (3, DecisionKind::Forward, true)]
    {
        let mut offered = decided(number, run(kind));
        offered.interactions[0].epoch = epoch;
        assert_eq!(accept(store, offered).await, [created(number.into(), kept)], "{kind:?}");
    }
    let waiting = store.claim_runs(up_to(9), at(10)).await.unwrap();
    assert_eq!(waiting.iter().map(|work| work.interaction.id).collect::<Vec<_>>(), [id(1), id(2)]);
}

pub(crate) async fn a_decision_sets_the_state(store: &dyn Store) {
    queues(store).await;
    let cases = [
        (1, DecisionKind::Queue, State::Decided),
        (2, DecisionKind::Unrouted, State::Decided),
        (3, DecisionKind::Forward, State::Completed),
        (4, DecisionKind::Disconnect, State::Completed),
    ];
    for (number, kind, state) in cases {
        accept(store, decided(number, run(kind))).await;
        let kept = store.interaction(id(number.into())).await.unwrap().unwrap();
        assert_eq!((kept.state, kept.decision), (state, Some(decision(kind))), "{kind:?}");
    }
}

pub(crate) async fn a_repeated_request_is_replayed(store: &dyn Store) {
    let key = |fingerprint| Some(IdempotencyKey { key: "client\nkey".to_owned(), fingerprint: [fingerprint; 32] });
    let mut first = mail(1);
    first.interactions.push(offer(2, 2));
    first.idempotency = key(1);
    accept(store, first.clone()).await;
    first.message.message_id = None;
    assert_eq!(store.accept(first.clone()).await.unwrap(), AcceptOutcome::Replayed(vec![id(1), id(2)]));
    first.idempotency = key(2);
    assert_eq!(store.accept(first.clone()).await.unwrap(), AcceptOutcome::KeyReused);
    assert_eq!(store.summary().await.unwrap().accepted, 2);
    first.message.received_at = at(2 + DAY);
    first.interactions = vec![offer(3, 3)];
    assert_eq!(accept(store, first).await, [created(3, false)]);
}

pub(crate) async fn the_summary_adds_up(store: &dyn Store) {
    queues(store).await;
    assert_eq!(store.summary().await.unwrap(), crate::records::mail::Summary::default());
    accept(store, mail(5)).await;
    accept(store, mail(3)).await;
    accept(store, mail(3)).await;
    accept(store, decided(1, run(DecisionKind::Unrouted))).await;
    accept(store, decided(2, run(DecisionKind::Disconnect))).await;
    let summary = store.summary().await.unwrap();
    assert_eq!((summary.accepted, summary.duplicates, summary.interactions), (5, 1, 4));
    let states: Vec<_> = summary.by_state.into_iter().collect();
    assert_eq!(states, [(State::Received, 2), (State::Decided, 1), (State::Completed, 1)]);
    let kinds: Vec<_> = summary.by_decision.into_iter().collect();
    assert_eq!(kinds, [(DecisionKind::Disconnect, 1), (DecisionKind::Unrouted, 1)]);
    assert_eq!((summary.oldest_undecided_at, summary.unrouted), (Some(at(3)), 1));
    let claimed = store.claim_runs(up_to(9), at(10)).await.unwrap();
    store.record_run(id(3), claimed[0].lease.id, run(DecisionKind::Queue)).await.unwrap();
    let summary = store.summary().await.unwrap();
    let states: Vec<_> = summary.by_state.into_iter().collect();
    assert_eq!(states, [(State::Running, 1), (State::Decided, 2), (State::Completed, 1)]);
    assert_eq!(summary.oldest_undecided_at, Some(at(5)));
}

pub(crate) async fn many_at_once_are_all_kept(store: &dyn Store) {
    queues(store).await;
    let mails = (1..=100).map(|number| {
        let mut mail = decided(number, run(DecisionKind::Queue));
        // Every second mail repeats the one before, from whichever of the two is first.
        mail.message.message_id = Some(format!("{}@example", number / 2));
        mail.message.content_hash = [number / 2; 32];
        store.accept(mail)
    });
    let mut waiting: Vec<_> = mails.collect();
    let (mut made, mut repeated) = (0, 0);
    let outcomes = std::future::poll_fn(|context| {
        let mut outcomes = Vec::new();
        waiting.retain_mut(|mail| match mail.as_mut().poll(context) {
            std::task::Poll::Ready(outcome) => {
                outcomes.push(outcome.unwrap());
                false
            }
            std::task::Poll::Pending => true,
        });
        for outcome in outcomes {
            match outcome {
                AcceptOutcome::Committed(accepted) if matches!(accepted[0], Accepted::Created { .. }) => made += 1,
                AcceptOutcome::Committed(_) => repeated += 1,
                other => panic!("{other:?}"),
            }
        }
        if waiting.is_empty() { std::task::Poll::Ready((made, repeated)) } else { std::task::Poll::Pending }
    })
    .await;
    assert_eq!(outcomes, (51, 49));
    let summary = store.summary().await.unwrap();
    assert_eq!((summary.accepted, summary.duplicates, summary.interactions), (100, 49, 51));
    let filter = InteractionFilter { queue: Some(queue(1)), ..InteractionFilter::default() };
    assert_eq!(store.interactions(&filter, None, 500).await.unwrap().len(), 51);
}
