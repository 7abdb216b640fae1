//! How many files and connections the system lets this process have open, and what SMTP and HTTP may have of them.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use waypost_admission::Room;

/// What is kept for the store, its connections, listeners, logs and temporary files.
const KEPT: usize = 128;

/// Each side may have as many connections as this at least, whatever the system says.
const LEAST: usize = 16;

/// Connections of SMTP and of HTTP: as many as are wanted or, where the system lets us have fewer, each its part, so that
/// neither side can take what the other needs.
pub(super) fn connections(smtp: usize, http: usize) -> (Room, Room) {
    let (smtp, http) = shares(allowed(smtp.saturating_add(http).saturating_add(KEPT)), smtp, http);
    (Room::shared(smtp), Room::shared(http))
}

/// How many descriptors there may be; more than the process was given, if so many are wanted and the system agrees.
fn allowed(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(current) = current else { return usize::MAX };
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let more = maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if more > current && setrlimit(Resource::Nofile, Rlimit { current: Some(more), maximum }).is_ok() {
        return usize::try_from(more).unwrap_or(usize::MAX);
    }
    usize::try_from(current).unwrap_or(usize::MAX)
}

fn shares(allowed: usize, smtp: usize, http: usize) -> (usize, usize) {
    let (available, wanted) = (allowed.saturating_sub(KEPT), smtp.saturating_add(http));
    if wanted <= available {
        return (smtp, http);
    }
    // Both are far below a size at which this could overflow: the system allows less than both together.
    let share = |one: usize| (available.saturating_mul(one) / wanted.max(1)).max(LEAST.min(one));
    let (fewer_smtp, fewer_http) = (share(smtp), share(http));
    tracing::warn!(
        allowed,
        smtp = fewer_smtp,
        http = fewer_http,
        "fewer connections than configured are possible: raise the limit of open files (ulimit -n)"
    );
    (fewer_smtp, fewer_http)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_has_its_share() {
        assert_eq!(shares(20_000, 1000, 1000), (1000, 1000));
        assert_eq!(shares(1024, 1000, 1000), (448, 448));
        assert_eq!(shares(1024, 3000, 1000), (672, 224));
        assert_eq!(shares(64, 1000, 10), (16, 10));
    }
}
