//! OpenTelemetry traces: from a mail at the door to its decision, however much later and on whatever node that is made.
//!
//! An interaction's identifier is its trace's (both have 16 bytes, W3C Trace Context section 3.2.2.3), and the trace's first span has the last
//! 8 of them. So nothing needs to be kept for a worker to go on with a trace, and the id in the log is the id of the trace.

use std::cell::Cell;
use std::time::SystemTime;

use jiff::Timestamp;
use opentelemetry::global::{self, BoxedSpan, BoxedTracer};
use opentelemetry::trace::{
    Link, Span, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue};
use waypost_ids::InteractionId;

use crate::observed::{Called, Protocol, Ran};

thread_local! {
    /// What the next span that is started on this thread is called.
    static NEXT: Cell<Option<(TraceId, SpanId)>> = const { Cell::new(None) };
}

/// The identifiers of a span that begins an interaction's trace, if one is being started on this thread: for the tracer's generator,
/// which asks for both in turn.
pub fn next_ids() -> Option<(TraceId, SpanId)> {
    NEXT.get()
}

/// The trace of an interaction.
pub fn trace_id(interaction: InteractionId) -> TraceId {
    TraceId::from_bytes(interaction.0.into_bytes())
}

fn first_span(interaction: InteractionId) -> SpanId {
    let (_, low) = interaction.0.as_u64_pair();
    SpanId::from_bytes(low.to_be_bytes())
}

/// Tells of what happened, once it has: nothing is kept open. By default nobody collects traces, and nothing is done at all.
#[derive(Default)]
pub struct Traces(Option<BoxedTracer>);

impl Traces {
    /// Traces go to the collector that the process has set up.
    #[must_use]
    pub fn collected() -> Self {
        Self(Some(global::tracer("waypost")))
    }

    /// A mail was accepted. `interactions` are those that it made, each with its run if that was kept; the first has the mail's trace.
    pub(crate) fn accepted(
        &self,
        protocol: Protocol,
        (begun, ended): (Timestamp, Timestamp),
        bytes: usize,
        interactions: &[(InteractionId, Option<Ran>)],
    ) {
        let Some(tracer) = &self.0 else { return };
        let mut mail: Option<SpanContext> = None;
        for (interaction, run) in interactions {
            let links = mail.iter().map(|mail| Link::with_context(mail.clone())).collect();
            let name = format!("receive {}", protocol.as_str());
            let builder = tracer
                .span_builder(name)
                .with_kind(SpanKind::Server)
                .with_start_time(SystemTime::from(begun))
                .with_links(links)
                .with_attributes([
                    KeyValue::new("waypost.interaction.id", interaction.to_string()),
                    KeyValue::new("waypost.protocol", protocol.as_str()),
                    KeyValue::new("waypost.message.size", i64::try_from(bytes).unwrap_or(i64::MAX)),
                ]);
            NEXT.set(Some((trace_id(*interaction), first_span(*interaction))));
            let mut root = builder.start_with_context(tracer, &Context::new());
            NEXT.set(None);
            let context = root.span_context().clone();
            if let Some(run) = run {
                tell_run(tracer, &context, run, "intake");
            }
            root.end_with_timestamp(SystemTime::from(ended));
            mail.get_or_insert(context);
        }
    }

    /// A worker ran an interaction.
    pub(crate) fn ran(&self, interaction: InteractionId, run: &Ran) {
        let Some(tracer) = &self.0 else { return };
        let (trace, span) = (trace_id(interaction), first_span(interaction));
        let root = SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE);
        tell_run(tracer, &root, run, "worker");
    }

    /// A call of a data action ended that a run waits for.
    pub(crate) fn called(&self, interaction: InteractionId, called: &Called<'_>) {
        let Some(tracer) = &self.0 else { return };
        let (trace, span) = (trace_id(interaction), first_span(interaction));
        let root = SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE);
        let begun = SystemTime::from(called.begun);
        let mut attributes = vec![
            KeyValue::new("waypost.data_action.id", called.action.to_string()),
            KeyValue::new("waypost.call.outcome", called.outcome()),
        ];
        attributes.extend(called.code().map(|code| KeyValue::new("waypost.call.code", code.to_owned())));
        let mut span: BoxedSpan = tracer
            .span_builder("call data action")
            .with_kind(SpanKind::Client)
            .with_start_time(begun)
            .with_attributes(attributes)
            .start_with_context(tracer, &Context::new().with_remote_span_context(root));
        if called.code().is_some() {
            span.set_status(Status::error(""));
        }
        span.end_with_timestamp(begun + called.took);
    }

    /// A request to the HTTP API was answered. `traceparent` is the client's word on the trace that it belongs to.
    pub fn answered(&self, traceparent: Option<&str>, (method, route): (&str, &str), status: u16, begun: Timestamp) {
        let Some(tracer) = &self.0 else { return };
        let parent = traceparent.and_then(read_traceparent);
        let context = parent.map_or_else(Context::new, |parent| Context::new().with_remote_span_context(parent));
        let mut span = tracer
            .span_builder(format!("{method} {route}"))
            .with_kind(SpanKind::Server)
            .with_start_time(SystemTime::from(begun))
            .with_attributes([
                KeyValue::new("http.request.method", method.to_owned()),
                KeyValue::new("http.route", route.to_owned()),
                KeyValue::new("http.response.status_code", i64::from(status)),
            ])
            .start_with_context(tracer, &context);
        if status >= 500 {
            span.set_status(Status::error(""));
        }
        span.end();
    }
}

fn tell_run(tracer: &BoxedTracer, parent: &SpanContext, run: &Ran, place: &'static str) {
    let started = SystemTime::from(run.started_at());
    let mut attributes = vec![KeyValue::new("waypost.decision", run.kind()), KeyValue::new("waypost.place", place)];
    if let Some((flow, version)) = run.flow() {
        attributes.push(KeyValue::new("waypost.flow.id", flow.to_string()));
        attributes.push(KeyValue::new("waypost.flow.version", i64::from(version)));
    }
    let context = Context::new().with_remote_span_context(parent.clone());
    let mut span: BoxedSpan = tracer
        .span_builder("run flow")
        .with_kind(SpanKind::Internal)
        .with_start_time(started)
        .with_attributes(attributes)
        .start_with_context(tracer, &context);
    span.end_with_timestamp(started + run.took());
}

/// Reads the header of W3C Trace Context, section 3.2: `00-TRACE-SPAN-FLAGS`. What does not read is as if it were not there.
fn read_traceparent(text: &str) -> Option<SpanContext> {
    let mut parts = text.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
    if !known || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_standard_allows_is_a_traceparent() {
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = read_traceparent(good).unwrap();
        assert_eq!(context.trace_id().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.span_id().to_string(), "b7ad6b7169203331");
        assert!(context.is_sampled());
        assert!(!read_traceparent(&good.replace("-01", "-00")).unwrap().is_sampled());
        // A version to come may say more (section 4.3).
        assert!(read_traceparent("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more").is_some());
        for bad in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        ] {
            assert!(read_traceparent(bad).is_none(), "{bad}");
        }
    }
}
