//! A million deliveries that wait: carrying them is no slower than with a few, and memory stays small.

use anyhow::Result;

use super::{Store, delivered, time_of};
use crate::measure::Figure;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::Ground;
use crate::smtp::load::Outgoing;
use crate::smtp::sink::Sink;

/// Recipients of each mail, as `flows/fan` has them.
const FAN: usize = 20;

/// What it is compared with.
const FEW: usize = 20_000;

/// So many are carried before the rate is taken, and while it is.
const WARMING: usize = 2_000;
const CARRIED: usize = 10_000;

struct Taken {
    rate: f64,
    /// In MB.
    started: f64,
    most: f64,
}

pub(super) fn lines(
    ground: &Ground,
    store: Store,
    small: &[Outgoing],
    pending: usize,
    section: &mut Section,
) -> Result<()> {
    let few = one(ground, store, small, FEW)?;
    let many = one(ground, store, small, pending)?;
    let pair = |what: String, unit, of: fn(&Taken) -> f64| {
        Line::new(what, unit, Figure::single(of(&many))).beside("with 20,000", Figure::single(of(&few)))
    };
    let rate = pair(format!("delivered while {pending} wait"), Unit::PerSecond, |taken| taken.rate);
    section.line(rate.goal(Goal::AtLeastTimes(0.8)));
    section.line(pair(format!("memory after a start, {pending} wait"), Unit::Megabytes, |taken| taken.started));
    let most = pair(format!("  at most while it delivers, {pending} wait"), Unit::Megabytes, |taken| taken.most);
    section.line(most.goal(Goal::AtMostTimes(1.5)));
    Ok(())
}

fn one(ground: &Ground, store: Store, small: &[Outgoing], pending: usize) -> Result<Taken> {
    say(&format!("deliveries on {}: {pending} that wait", store.name));
    let sink = Sink::forgetful()?;
    let waiting = store.laden(ground, "fan", small, pending / FAN)?.sends_to(ground, sink.port)?;
    let started = waiting.fresh.server.memory()?.0;
    let api = &waiting.fresh.api;
    time_of(&sink, || Ok(delivered(api)? >= WARMING))?;
    let before = delivered(api)?;
    let mut after = before;
    let time = time_of(&sink, || {
        after = delivered(api)?;
        Ok(after >= before + CARRIED)
    })?;
    let most = waiting.fresh.server.memory()?.1;
    waiting.end(store)?;
    Ok(Taken { rate: (after - before) as f64 / time, started, most })
}
