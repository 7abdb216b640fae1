//! A report for people.

use std::io::{self, Write};

use serde_json::Value as Json;
use waypost_flow::diagnostic::counted;
use waypost_wire::Object;
use waypost_wire::replay::{Replay, ReplayChange, ReplayReport};
use waypost_wire::trace::{TraceDifference, TraceEffect, TraceEvent, text};

use crate::table;

/// So many mails that differ are listed; JSON has all.
const SHOWN: usize = 20;

/// Prints what a replay on a server tells.
pub(crate) fn print(out: &mut impl Write, replay: &Replay) -> io::Result<()> {
    let Some(report) = &replay.report else { return Ok(()) };
    if report.started_again {
        writeln!(out, "An earlier start was cut short: all was run again.")?;
    }
    counts(out, report)?;
    let lines = replay.changes.iter().map(|change: &ReplayChange| {
        (
            change.interaction_id.to_string(),
            change.subject.as_str(),
            (&change.before, &change.after),
            change.parts.as_ref(),
        )
    });
    changes(out, lines, replay.changes.len())?;
    if !replay.changes.is_empty() {
        writeln!(out, "Both traces of one: waypost replays traces {} ID", replay.id)?;
    }
    Ok(())
}

/// Prints the counts.
pub(super) fn counts(out: &mut impl Write, report: &ReplayReport) -> io::Result<()> {
    writeln!(
        out,
        "{} replayed: {} unchanged, {} changed, {} unknown",
        counted(report.replayed, "mail"),
        report.same,
        report.changed,
        report.unknown
    )?;
    if report.attributes_changed > 0 {
        writeln!(out, "{} of the unchanged have other attributes", report.attributes_changed)?;
    }
    if report.not_concerned > 0 {
        writeln!(out, "{} not affected by the change", report.not_concerned)?;
    }
    for (reason, count) in &report.skipped {
        let words = match reason.as_str() {
            "erased" => "their content is erased, or past its retention",
            "undecided" => "they are not decided yet",
            "routeGone" => "their route is gone",
            "noRoute" => "they have no route",
            other => other,
        };
        writeln!(out, "{count} skipped: {words}")?;
    }
    for one in &report.moves {
        writeln!(out, "  {:>6}  {} -> {}", one.count, one.from, one.to)?;
    }
    for (caller, counts) in report.callers.iter().filter(|(_, counts)| counts.changed + counts.unknown > 0) {
        writeln!(
            out,
            "  flow {caller}: {} unchanged, {} changed, {} unknown",
            counts.same, counts.changed, counts.unknown
        )?;
    }
    for (queue, counts) in report.queues.iter().filter(|(_, counts)| counts.before != counts.after) {
        writeln!(out, "  queue {queue}: {} -> {}", counts.before, counts.after)?;
    }
    Ok(())
}

/// So many characters of what is sent are shown; JSON has all.
const SHOWN_OF_MAIL: usize = 120;

/// So many characters of a step are shown; JSON has all.
const SHOWN_OF_EVENT: usize = 240;

type Line<'l> = (String, &'l str, (&'l Object, &'l Object), Option<&'l TraceDifference>);

/// Lists mails that differ.
pub(super) fn changes<'l>(out: &mut impl Write, lines: impl Iterator<Item = Line<'l>>, all: usize) -> io::Result<()> {
    for (id, subject, (before, after), parts) in lines.take(SHOWN) {
        writeln!(out, "{id}  {subject:?}: {} -> {}", decision(before), decision(after))?;
        if let Some(parts) = parts {
            let place = match (&parts.flow, &parts.node) {
                (Some(flow), Some(node)) => format!("flow {flow}, node {node}"),
                (Some(flow), None) => format!("flow {flow}"),
                _ => "the start".to_owned(),
            };
            let (was, is) = (side(parts.before.as_ref()), side(parts.after.as_ref()));
            writeln!(out, "    first difference in {place}\n      was: {was}\n      now: {is}")?;
        }
    }
    if all > SHOWN {
        writeln!(out, "… and {} more (--output json has them)", all - SHOWN)?;
    }
    Ok(())
}

/// An event in words, as a trace shows it; long values are clipped.
fn side(event: Option<&TraceEvent>) -> String {
    event.map_or_else(|| "the run had ended".to_owned(), |event| table::clip(&text::event(event), SHOWN_OF_EVENT))
}

/// The beginning of what is sent: texts are long.
fn sent(send: &Json) -> String {
    let words = serde_json::from_value::<TraceEffect>(send.clone()).map(|send| text::sent(&send));
    table::clip(&words.unwrap_or_else(|_| send.to_string()), SHOWN_OF_MAIL)
}

fn decision(told: &Object) -> String {
    let mut words = Vec::new();
    for (name, value) in told {
        match (name.as_str(), value) {
            ("kind" | "queue", Json::String(text)) => words.push(text.clone()),
            ("priority", Json::Number(number)) if number.as_i64() == Some(0) => {}
            ("sends", Json::Array(sends)) => words.extend(sends.iter().map(|send| format!("sends {}", sent(send)))),
            (name, value) => words.push(format!("{name} {value}")),
        }
    }
    words.join(" ")
}
