//! Work claimed from queues.

use std::io::Write;

use futures_util::StreamExt;
use uuid::Uuid;
use waypost_client::interactions::InteractionFilter;
use waypost_wire::claim::{ClaimRequest, ClaimState};

use super::find;
use crate::commands::interactions;
use crate::failure::Failure;
use crate::remote::Server;
use crate::table::{self, Output};

/// Arguments of `claim`.
#[derive(clap::Args)]
pub(crate) struct Claim {
    #[command(flatten)]
    server: Server,
    /// The queue's name or id
    queue: String,
    /// Claim at most this many
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    max: u32,
    /// How long the claim lasts, such as 90s or 5m; a number alone is seconds
    #[arg(long, default_value = "60", value_parser = lease)]
    lease: u32,
    /// Claim only work whose skills are all listed; left out: any work
    #[arg(long, value_name = "SKILL", value_delimiter = ',')]
    skills: Option<Vec<String>>,
    /// Wait for work, up to this many seconds: 0 to 15
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=15))]
    wait: u32,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// A claim.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The queue's name or id
    queue: String,
    /// The claim's token
    #[arg(value_parser = token)]
    token: Uuid,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `extend`.
#[derive(clap::Args)]
pub(crate) struct Extend {
    #[command(flatten)]
    claim: One,
    /// How long the claim lasts from now, such as 90s or 5m; a number alone is seconds
    #[arg(long, default_value = "60", value_parser = lease)]
    lease: u32,
}

/// Arguments of `claims`.
#[derive(clap::Args)]
pub(crate) struct Claimed {
    #[command(flatten)]
    server: Server,
    /// The queue's name or id
    queue: String,
    /// List at most N interactions
    #[arg(long, value_name = "N", default_value_t = 25)]
    limit: usize,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// The longest that a claim may last, in seconds.
const LONGEST_LEASE: u32 = 43_200;

/// Reads how long a claim lasts, in seconds.
fn lease(text: &str) -> Result<u32, String> {
    let (number, unit) = match text.find(|c: char| !c.is_ascii_digit()) {
        Some(at) => text.split_at(at),
        None => (text, "s"),
    };
    let unit = [("s", 1), ("m", 60), ("h", 60 * 60)].into_iter().find(|(name, _)| *name == unit);
    let seconds = number.parse::<u32>().ok().zip(unit).map(|(number, (_, seconds))| number.saturating_mul(seconds));
    seconds
        .filter(|seconds| (1..=LONGEST_LEASE).contains(seconds))
        .ok_or_else(|| "expected seconds, or a number with s, m or h, up to 12h".to_owned())
}

/// Reads a claim's token.
pub(crate) fn token(text: &str) -> Result<Uuid, String> {
    text.parse().map_err(|_| "expected a claim's token, as `waypost queues claim` prints it".to_owned())
}

/// Lists interactions without the claims' tokens: whoever claimed has them, and nobody else is told.
pub(super) fn claimed(arguments: &Claimed, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let queue = find(&remote, &arguments.queue)?;
    let filter = InteractionFilter {
        state: Some("claimed".to_owned()),
        queue: Some(queue.to_string()),
        ..InteractionFilter::default()
    };
    let found = remote.all(remote.interactions().list(&filter).take(arguments.limit))?;
    interactions::print(&found, arguments.output, out)
}

/// Prints nothing but the heading if there is no work: that is no failure.
pub(super) fn claim(arguments: &Claim, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let queue = find(&remote, &arguments.queue)?;
    let request = ClaimRequest {
        max: arguments.max,
        lease_seconds: arguments.lease,
        wait_seconds: arguments.wait,
        skills: arguments.skills.clone(),
    };
    let claims = remote.wait(remote.routing().claim(queue, &request))?.entities;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &claims)?);
    }
    let rows: Vec<[String; 6]> = claims
        .into_iter()
        .map(|claim| {
            let one = claim.interaction;
            let priority = one.decision.as_ref().map(|made| made.priority.to_string()).unwrap_or_default();
            [
                claim.token.to_string(),
                claim.expires_at.to_string(),
                one.id.to_string(),
                priority,
                one.envelope.from,
                table::clip(one.subject.as_deref().unwrap_or_default(), 40),
            ]
        })
        .collect();
    Ok(table::rows(out, ["TOKEN", "EXPIRES", "INTERACTION", "PRIORITY", "FROM", "SUBJECT"], &rows)?)
}

pub(super) fn acknowledge(arguments: &One, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let queue = find(&remote, &arguments.queue)?;
    let state = remote.wait(remote.routing().acknowledge(queue, arguments.token))?;
    print(&state, "completed", arguments.output, out)
}

pub(super) fn release(arguments: &One, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let queue = find(&remote, &arguments.queue)?;
    let state = remote.wait(remote.routing().release(queue, arguments.token))?;
    print(&state, "released", arguments.output, out)
}

pub(super) fn extend(arguments: &Extend, out: &mut impl Write) -> Result<(), Failure> {
    let one = &arguments.claim;
    let remote = one.server.connect()?;
    let queue = find(&remote, &one.queue)?;
    let state = remote.wait(remote.routing().extend(queue, one.token, arguments.lease))?;
    print(&state, "extended", one.output, out)
}

fn print(state: &ClaimState, done: &str, output: Output, out: &mut impl Write) -> Result<(), Failure> {
    if output.is_data() {
        return Ok(output.write(out, state)?);
    }
    let until = state.expires_at.map(|end| format!(" until {end}")).unwrap_or_default();
    Ok(writeln!(out, "{done} {}{until}", state.token)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_has_a_unit_or_is_seconds() {
        for (text, seconds) in [("60", Some(60)), ("90s", Some(90)), ("5m", Some(300)), ("12h", Some(43_200))] {
            assert_eq!(lease(text).ok(), seconds, "{text}");
        }
        for wrong in ["", "0", "13h", "5d", "m", "5 m", "1.5m", "-1", "99999999999h", "4294967295h"] {
            assert!(lease(wrong).is_err(), "{wrong}");
        }
    }
}
