//! When to send a request again, and after how long.

use std::time::Duration;

/// How often, and with which pauses, failed requests are sent again.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// How often, beyond the first attempt.
    pub times: u32,
    /// The first pause is up to this long; each further one up to twice the one before.
    pub first_pause: Duration,
    /// The longest pause. If a server asks for more, the request is not repeated.
    pub longest_pause: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { times: 5, first_pause: Duration::from_millis(250), longest_pause: Duration::from_secs(70) }
    }
}

impl Retries {
    /// None.
    pub const NEVER: Self = Self { times: 0, first_pause: Duration::ZERO, longest_pause: Duration::ZERO };

    /// The pause before the try of that number, counted from 0; none when it is not worth another. `share` is a random one, from 0 to 1.
    pub(crate) fn pause(&self, tried: u32, asked: Option<Duration>, share: f64) -> Option<Duration> {
        if tried >= self.times {
            return None;
        }
        if let Some(asked) = asked {
            return (asked <= self.longest_pause).then_some(asked);
        }
        let most = self.first_pause.saturating_mul(1 << tried.min(16)).min(self.longest_pause);
        // All of the pause is left to chance: clients that failed together don't come back together.
        Some(most.mul_f64(share))
    }
}

/// Whether a status may be gone after a while. What is not offered stays so.
pub(crate) fn passes(status: u16) -> bool {
    status == 429 || (status >= 500 && status != 501)
}

/// Whether a status says that the server did nothing of what was asked.
pub(crate) fn turned_away(status: u16) -> bool {
    status == 429 || status == 503
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_end() {
        let retries = Retries { times: 4, first_pause: Duration::from_secs(1), longest_pause: Duration::from_secs(3) };
        for (tried, most) in [(0, 1), (1, 2), (2, 3), (3, 3)] {
            assert_eq!(retries.pause(tried, None, 1.0), Some(Duration::from_secs(most)));
            assert_eq!(retries.pause(tried, None, 0.25), Some(Duration::from_secs(most) / 4));
        }
        assert_eq!(retries.pause(4, None, 1.0), None);
    }

    #[test]
    fn the_server_is_heard_as_far_as_patience_goes() {
        let retries = Retries { longest_pause: Duration::from_secs(3), ..Retries::default() };
        assert_eq!(retries.pause(0, Some(Duration::from_secs(2)), 1.0), Some(Duration::from_secs(2)));
        assert_eq!(retries.pause(0, Some(Duration::from_secs(4)), 1.0), None);
    }

    #[test]
    fn what_may_pass() {
        for (status, may) in [(429, true), (500, true), (503, true), (501, false), (409, false), (404, false)] {
            assert_eq!(passes(status), may, "{status}");
        }
    }
}
