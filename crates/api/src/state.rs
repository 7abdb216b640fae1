//! What every endpoint can reach.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use waypost_admission::{Budget, Networks};
use waypost_app::App;
use waypost_app::access::Access;
use waypost_app::access::people::People;

use crate::console::File;
use crate::live::Streams;
use crate::ratelimit::RateLimiter;

/// The sessions of a client may make so many times the requests of its programs: several people may look at the same time.
const CONSOLE_SHARE: u32 = 4;

/// What an operator may set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests that one client may make in any 60 seconds; 0 is no limit.
    pub rate_limit: u32,
    /// The largest mail to accept, in bytes.
    pub max_message_bytes: usize,
    /// The largest JSON body, in bytes.
    pub max_json_bytes: usize,
    /// How much of all requests' bodies is held in memory at the same time, in bytes; beyond it new ones are told to come back.
    pub max_held_bytes: usize,
    /// Networks that may have more of that than their share.
    pub trusted: Networks,
    /// People who sign in to the console by an identity provider; none where there is no provider.
    pub people: Option<Arc<People>>,
    /// The files of the web console; none where the binary was built without.
    pub console: &'static [File],
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limit: 300,
            max_message_bytes: 50 << 20,
            max_json_bytes: 4 << 20,
            max_held_bytes: 256 << 20,
            trusted: Networks::default(),
            people: None,
            console: &[],
        }
    }
}

/// What every endpoint can reach. Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    /// The use cases.
    pub app: Arc<App>,
    /// Clients and tokens.
    pub access: Arc<Access>,
    /// What an operator set.
    pub settings: Arc<Settings>,
    /// Requests by client, those of the console's sessions aside.
    pub limiter: Arc<RateLimiter>,
    /// Requests of the console's sessions, by client.
    pub console_limiter: Arc<RateLimiter>,
    /// Set when the process is about to end: it is not ready any more, and still serves.
    pub draining: Arc<AtomicBool>,
    /// Bodies in memory.
    pub held: Budget,
    /// Streams of events by client.
    pub streams: Streams,
}

impl ApiState {
    /// The state of one server.
    pub fn new(app: Arc<App>, access: Arc<Access>, settings: Settings) -> Self {
        Self {
            limiter: Arc::new(RateLimiter::new(settings.rate_limit, access.has_peers())),
            console_limiter: Arc::new(RateLimiter::new(
                settings.rate_limit.saturating_mul(CONSOLE_SHARE),
                access.has_peers(),
            )),
            app,
            access,
            draining: Arc::default(),
            streams: Streams::default(),
            held: Budget::new(settings.max_held_bytes, settings.trusted.clone()),
            settings: Arc::new(settings),
        }
    }
}
