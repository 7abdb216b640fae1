//! What an operator measures, in the text that Prometheus reads. Names follow its conventions: a prefix, base units, `_total` for what
//! only grows. Labels have few values, queues 100 at most, and none of them tells anything of a mail.

mod certificate;
mod mailboxes;
mod process;
mod queues;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};
use waypost_ids::{DeliveryKind, DeliveryState};
use waypost_store::error::StoreError;
use waypost_store::records::mail::{AcceptOutcome, Accepted, State, Summary};

use crate::App;
use crate::observed::{Called, Protocol, Ran};

/// The media type of [`App::metrics_text`]: OpenMetrics 1.0, which Prometheus reads.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MailLabels {
    protocol: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    kind: &'static str,
    /// `intake` while the sender waited, `worker` later.
    place: &'static str,
}

/// How attempts at deliveries end.
const OUTCOMES: [&str; 4] = ["delivered", "deferred", "dead", "untried"];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    kind: &'static str,
    /// One of [`OUTCOMES`].
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

type SecondsGauge = Gauge<f64, AtomicU64>;
type RouteHistograms = Family<RouteLabels, Histogram, fn() -> Histogram>;

/// Everything that is measured.
pub struct Metrics {
    registry: Registry,
    mails: Family<MailLabels, Counter>,
    mail_bytes: Counter,
    recipients_refused: Counter,
    smtp_connections: Gauge,
    accept_seconds: Histogram,
    decisions: Family<DecisionLabels, Counter>,
    run_seconds: Histogram,
    decision_delay_seconds: Histogram,
    interactions: Family<StateLabels, Gauge>,
    unrouted: Gauge,
    delivery_attempts: Family<AttemptLabels, Counter>,
    deliveries: Family<StateLabels, Gauge>,
    calls: Family<CallLabels, Counter>,
    call_seconds: Histogram,
    calls_under_way: Gauge,
    calls_waiting: Gauge,
    parked: Gauge,
    undecided_age_seconds: SecondsGauge,
    store_up: Gauge,
    epoch: Gauge,
    flows: Gauge,
    requests: Family<RequestLabels, Counter>,
    request_seconds: RouteHistograms,
    certificate: certificate::Certificate,
    process: process::Process,
}

/// From a tenth of a millisecond to about seven seconds.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.0, 17))
}

/// From a microsecond to about four seconds: runs are short.
fn short_durations() -> Histogram {
    Histogram::new(exponential_buckets(0.000_001, 4.0, 12))
}

/// From a millisecond to about an hour.
fn delays() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 4.0, 12))
}

impl Metrics {
    /// Nothing was measured yet by the process, which started at that time.
    pub(crate) fn new(started: Timestamp) -> Self {
        let mut registry = Registry::default();
        let process = process::Process::register(&mut registry, started);
        let ours = registry.sub_registry_with_prefix("waypost");
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        ours.register("build", "The release that runs", version);
        let metrics = Self {
            mails: kept(ours, "mails", "Mails, counted once for each route, by outcome", Family::default()),
            mail_bytes: kept(ours, "accepted_bytes", "Bytes of mail that was accepted", Counter::default()),
            recipients_refused: kept(
                ours,
                "smtp_recipients_refused",
                "Recipients that have no route",
                Counter::default(),
            ),
            smtp_connections: kept(ours, "smtp_connections", "Open SMTP connections", Gauge::default()),
            accept_seconds: timed(
                ours,
                "accept_duration",
                "Time until an accepted mail was on stable storage",
                durations(),
            ),
            decisions: kept(ours, "decisions", "Finished runs, by decision and place", Family::default()),
            run_seconds: timed(ours, "run_duration", "Duration of runs", short_durations()),
            decision_delay_seconds: timed(
                ours,
                "decision_delay",
                "Time from acceptance to decision, for mail that a worker decided",
                delays(),
            ),
            interactions: kept(ours, "interactions", "Stored interactions, by state", Family::default()),
            unrouted: kept(
                ours,
                "unrouted_interactions",
                "Interactions that wait as unrouted: nothing decided, the run failed, or a forward did not arrive",
                Gauge::default(),
            ),
            delivery_attempts: kept(
                ours,
                "delivery_attempts",
                "Finished attempts at deliveries, by outcome",
                Family::default(),
            ),
            deliveries: kept(ours, "deliveries", "Stored deliveries, by state", Family::default()),
            calls: kept(ours, "data_action_calls", "Finished calls of data actions, by outcome", Family::default()),
            call_seconds: timed(
                ours,
                "data_action_call_duration",
                "Duration of calls of data actions, including retries",
                durations(),
            ),
            calls_under_way: kept(
                ours,
                "data_action_calls_under_way",
                "Calls of data actions in progress on this node",
                Gauge::default(),
            ),
            calls_waiting: kept(
                ours,
                "data_action_calls_waiting",
                "Calls of data actions waiting for their turn on this node",
                Gauge::default(),
            ),
            parked: kept(
                ours,
                "parked_runs",
                "Runs that wait for the outcome of a call; they count as running interactions",
                Gauge::default(),
            ),
            undecided_age_seconds: timed(
                ours,
                "oldest_undecided_age",
                "Age of the oldest interaction without a decision; 0 if there is none",
                SecondsGauge::default(),
            ),
            store_up: kept(ours, "store_up", "Whether the store answered when this was asked for", Gauge::default()),
            epoch: kept(
                ours,
                "catalogue_epoch",
                "Number of catalogue changes that this node has seen",
                Gauge::default(),
            ),
            flows: kept(ours, "flows", "Flows in the catalogue", Gauge::default()),
            requests: kept(ours, "http_requests", "Requests to the HTTP API", Family::default()),
            request_seconds: timed(
                ours,
                "http_request_duration",
                "Time until the answer to a request began",
                RouteHistograms::new_with_constructor(durations),
            ),
            certificate: certificate::register(ours),
            process,
            registry,
        };
        // From the start at zero: what never happened is told, too.
        for kind in DeliveryKind::ALL {
            for outcome in OUTCOMES {
                let labels = AttemptLabels { kind: kind.as_str(), outcome };
                drop(metrics.delivery_attempts.get_or_create(&labels));
            }
        }
        for outcome in Called::OUTCOMES {
            drop(metrics.calls.get_or_create(&CallLabels { outcome }));
        }
        metrics
    }
}

fn kept<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

fn timed<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
    metric
}

impl Metrics {
    /// A mail was offered to the store, which took so long to answer.
    pub(crate) fn offered(
        &self,
        protocol: Protocol,
        bytes: usize,
        took: Duration,
        outcome: &Result<AcceptOutcome, StoreError>,
    ) {
        let count = |outcome: &'static str| {
            self.mails.get_or_create(&MailLabels { protocol: protocol.as_str(), outcome }).inc();
        };
        match outcome {
            Ok(AcceptOutcome::Committed(accepted)) => {
                for one in accepted {
                    count(match one {
                        Accepted::Created { .. } => "created",
                        Accepted::Duplicate { .. } => "duplicate",
                    });
                }
                self.mail_bytes.inc_by(bytes as u64);
                self.accept_seconds.observe(took.as_secs_f64());
            }
            Ok(AcceptOutcome::Replayed(_) | AcceptOutcome::Taken) => count("replayed"),
            Ok(AcceptOutcome::KeyReused) => count("refused"),
            Err(StoreError::Full) => count("full"),
            Err(_) => count("unavailable"),
        }
    }

    /// A recipient was refused.
    pub(crate) fn recipient_refused(&self) {
        self.recipients_refused.inc();
    }

    /// A run was made while the sender waited, and kept.
    pub(crate) fn decided_at_once(&self, run: &Ran) {
        self.decided(run, "intake");
    }

    /// An attempt at a delivery ended.
    pub(crate) fn attempted(&self, kind: DeliveryKind, outcome: &'static str) {
        self.delivery_attempts.get_or_create(&AttemptLabels { kind: kind.as_str(), outcome }).inc();
    }

    /// A call of a data action ended.
    pub(crate) fn called(&self, called: &Called<'_>) {
        self.calls.get_or_create(&CallLabels { outcome: called.outcome() }).inc();
        self.call_seconds.observe(called.took.as_secs_f64());
    }

    /// A worker made a run, and it was kept.
    pub(crate) fn decided_later(&self, run: &Ran, received_at: Option<Timestamp>, now: Timestamp) {
        self.decided(run, "worker");
        if let Some(received_at) = received_at {
            let delay = now.duration_since(received_at).as_secs_f64();
            self.decision_delay_seconds.observe(delay.max(0.0));
        }
    }

    fn decided(&self, run: &Ran, place: &'static str) {
        self.decisions.get_or_create(&DecisionLabels { kind: run.kind(), place }).inc();
        self.run_seconds.observe(run.took().as_secs_f64());
    }

    /// An SMTP connection was opened.
    pub(crate) fn smtp_opened(&self) {
        self.smtp_connections.inc();
    }

    /// An SMTP connection ended.
    pub(crate) fn smtp_closed(&self) {
        self.smtp_connections.dec();
    }

    /// A request to the HTTP API was answered. `route` is its template, never what was asked for.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels = RequestLabels { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&labels).inc();
        let labels = RouteLabels { route: route.to_owned() };
        self.request_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }

    fn summarized(&self, summary: &Summary, now: Timestamp) {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for state in State::ALL {
            *counts.entry(state_name(*state)).or_default() += summary.by_state.get(state).copied().unwrap_or_default();
        }
        for (state, count) in counts {
            self.interactions.get_or_create(&StateLabels { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let parked = summary.by_state.get(&State::Waiting).copied().unwrap_or_default();
        self.parked.set(i64::try_from(parked).unwrap_or(i64::MAX));
        self.unrouted.set(i64::try_from(summary.unrouted).unwrap_or(i64::MAX));
        for state in DeliveryState::ALL {
            let count = summary.deliveries.get(state).copied().unwrap_or_default();
            let labels = StateLabels { state: state.as_str() };
            self.deliveries.get_or_create(&labels).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        let age = summary.oldest_undecided_at.map(|oldest| now.duration_since(oldest).as_secs_f64());
        self.undecided_age_seconds.set(age.unwrap_or(0.0).max(0.0));
    }
}

/// A state as metrics name it. A parked run is still under way.
const fn state_name(state: State) -> &'static str {
    match state {
        State::Received => "received",
        State::Running | State::Waiting => "running",
        State::Decided | State::GoingOut => "decided",
        State::Claimed => "claimed",
        State::Completed => "completed",
    }
}

impl App {
    /// All that is measured, as [`MEDIA_TYPE`]. What only the store knows is asked for now; what it does not tell stays as it was, and queues
    /// are left out.
    pub async fn metrics_text(&self) -> String {
        let metrics = &self.metrics;
        match self.store.summary().await {
            Ok(summary) => {
                metrics.store_up.set(1);
                metrics.summarized(&summary, self.origin.now());
            }
            Err(_) => {
                metrics.store_up.set(0);
            }
        }
        let world = self.catalogue.world();
        metrics.epoch.set(i64::try_from(world.epoch).unwrap_or(i64::MAX));
        metrics.flows.set(i64::try_from(world.flows.len()).unwrap_or(i64::MAX));
        metrics.process.look();
        if let Some(calls) = &self.calls {
            let (waiting, under_way) = calls.counts();
            metrics.calls_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
            metrics.calls_under_way.set(i64::try_from(under_way).unwrap_or(i64::MAX));
        }
        let queues = self.measured_queues().await.inspect_err(|error| {
            tracing::warn!(%error, "could not read figures of queues; this scrape has none");
            if matches!(error, StoreError::Unavailable(_)) {
                metrics.store_up.set(0);
            }
        });
        let mailboxes = self.measured_mailboxes().await.inspect_err(|error| {
            tracing::warn!(%error, "could not read figures of mailboxes; this scrape has none");
        });
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode_registry(&mut text, &metrics.registry);
        if let Ok(queues) = queues {
            let _ = encode_registry(&mut text, &queues);
        }
        if let Ok(mailboxes) = mailboxes {
            let _ = encode_registry(&mut text, &mailboxes);
        }
        let _ = encode_eof(&mut text);
        text
    }
}
