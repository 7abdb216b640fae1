//! Admission control: who may have how much of what all clients share, by address and by network.
//!
//! An IPv4 client is its address and its /24; an IPv6 client its /64, which is what one subscriber gets, and its /48, which
//! is what one site gets. Nothing here does I/O or reads a clock: listeners say who comes and when.

mod budget;
mod gate;
mod networks;
mod rate;
mod tally;

pub use budget::{Budget, Hold};
pub use gate::{Gate, Pass, SETTLES_WITHIN};
pub use networks::{BadNetwork, Network, Networks, Origin};
pub use rate::Rate;
pub use tally::{Full, Room, Tally};
