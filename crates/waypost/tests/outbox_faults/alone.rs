//! One server on SQLite, which is killed by what is preloaded into it.

#![allow(unreachable_pub, reason = "a module of one test")]

use std::path::PathBuf;

use crate::harness::receiver::Receiver;
use crate::harness::scratch::Scratch;
use crate::harness::shim::{Clock, In, Strike};
use crate::harness::{Server, Start};
use crate::site::{Point, Site};

/// One server.
pub struct Alone {
    server: Server,
    receiver: Receiver,
    clock: Clock,
    strike: Strike,
    data: PathBuf,
    _scratch: Scratch,
}

/// How a server is started whose mail goes there, and whose clock this is.
fn start(receiver: &Receiver, clock: &Clock, strike: &Strike) -> Start {
    let mut start = Start { environment: clock.environment(Some(strike)), ..Start::unlimited() };
    start.arguments.extend(["--allow-private-targets", "127.0.0.0/8"].map(str::to_owned));
    start.environment.push(("WAYPOST_SMARTHOST", format!("smtp://{}", receiver.address).into()));
    start
}

impl Alone {
    pub fn open(name: &str) -> Self {
        let scratch = Scratch::new(name);
        let (receiver, clock, strike) = (Receiver::start(), Clock::new(&scratch), Strike::new(&scratch));
        let data = scratch.path("data");
        let server = Server::start(&data, &start(&receiver, &clock, &strike));
        Self { server, receiver, clock, strike, data, _scratch: scratch }
    }

    /// It ends well.
    pub fn close(mut self) {
        self.server.stop();
    }

    fn begin_again(&mut self) {
        self.server.wait_for_end();
        self.server = Server::start(&self.data, &start(&self.receiver, &self.clock, &self.strike));
    }
}

impl Site for Alone {
    type Cut = In;

    /// What was written before a kill stands, synced or not: the system keeps it.
    const CUTS: &'static [(In, bool)] = &[(In::Torn, false), (In::Unsynced, true), (In::Synced, true)];

    fn server(&self) -> &Server {
        &self.server
    }

    fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn kill_in(&mut self, point: Point, cut: In, act: impl FnOnce(&Server) + Send) {
        let commit = match point {
            // After the mail's own.
            Point::Claim | Point::PushClaim => 2,
            // After the request's, and after a worker took the run.
            Point::Rerun => 3,
            // After the mail's own, and after the push was claimed.
            Point::PushDelivered => 3,
            _ => 1,
        };
        self.strike.arm(commit, cut);
        act(&self.server);
        self.begin_again();
    }

    fn kill(&mut self, _: &str) {
        self.server.signal("KILL");
        self.begin_again();
    }
}
