//! Traces to a collector, by OTLP over HTTP. The names of all settings are OpenTelemetry's own: `OTEL_EXPORTER_OTLP_ENDPOINT` turns it on.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::global;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator, SdkTracerProvider};
use rustls::{ClientConfig, RootCertStore};
use waypost_app::traces::{Traces, next_ids};

use crate::failure::Failure;

/// Any of these says where a collector is.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// How long the collector may take; what it does not take is dropped, and the mail goes on.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the process tells a collector, if there is one.
pub(super) struct Telemetry(Option<SdkTracerProvider>);

impl Telemetry {
    /// Begins to tell, if the environment says where to.
    pub(super) fn start() -> Result<Self, Failure> {
        let Some(exporter) = wanted()? else { return Ok(Self(None)) };
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("waypost");
        }
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_id_generator(Ids(RandomIdGenerator::default()))
            .with_resource(resource.build())
            .build();
        global::set_tracer_provider(provider.clone());
        Ok(Self(Some(provider)))
    }

    /// What the rooms below tell by.
    pub(super) fn traces(&self) -> Traces {
        if self.0.is_some() { Traces::collected() } else { Traces::default() }
    }

    /// Tells what was not told yet.
    pub(super) async fn finish(self) {
        let Some(provider) = self.0 else { return };
        let finished = tokio::task::spawn_blocking(move || provider.shutdown()).await;
        if let Ok(Err(error)) = finished {
            tracing::warn!(%error, "the last spans did not reach the collector");
        }
    }
}

/// What sends traces, if the environment says where to.
pub(crate) fn wanted() -> Result<Option<SpanExporter>, Failure> {
    if !ENDPOINTS.iter().any(|name| std::env::var(name).is_ok_and(|value| !value.is_empty())) {
        return Ok(None);
    }
    // The client has a runtime of its own, which can't be made within another.
    let made = std::thread::spawn(exporter).join().map_err(|_| failure(&"the exporter could not be made"))?;
    made.map(Some)
}

fn failure(error: &dyn std::fmt::Display) -> Failure {
    Failure::of("can't send traces")(error)
}

fn exporter() -> Result<SpanExporter, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| failure(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let client = reqwest::blocking::Client::builder()
        .timeout(PATIENCE)
        .tls_backend_preconfigured(tls)
        .build()
        .map_err(|error| failure(&error))?;
    let made = SpanExporter::builder().with_http().with_http_client(client).build();
    made.map_err(|error| failure(&without_value(&error.to_string())))
}

/// What the library says of a setting that it can't read, without the setting: it quotes it, and a URL may have a password in it.
fn without_value(error: &str) -> &str {
    error.split_once('\'').map_or(error, |(before, _)| before.trim_end())
}

/// An interaction's trace has the interaction's identifiers; everything else has random ones.
#[derive(Debug)]
struct Ids(RandomIdGenerator);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        next_ids().map_or_else(|| self.0.new_trace_id(), |(trace, _)| trace)
    }

    fn new_span_id(&self) -> SpanId {
        next_ids().map_or_else(|| self.0.new_span_id(), |(_, span)| span)
    }
}
