//! What a client may be called, and how long its tokens may last.

use std::ops::RangeInclusive;

/// The longest name of a client, in characters.
pub const MAX_NAME: usize = 200;

/// The longest description of a client, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;

/// How long a client's tokens may last, in seconds: five minutes to two days.
pub const TOKEN_SECONDS_ALLOWED: RangeInclusive<u32> = 300..=172_800;
