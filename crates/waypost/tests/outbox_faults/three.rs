//! Three nodes on one PostgreSQL. A trigger that runs last in a transaction stops the commit; the node that waits for it is killed, and then
//! the transaction goes on, or does not.

#![allow(unreachable_pub, reason = "a module of one test")]

use std::thread;

use waypost_scratch_postgres::{Server as Database, Tools};

use crate::harness::receiver::Receiver;
use crate::harness::scratch::Scratch;
use crate::harness::shim::Clock;
use crate::harness::{Server, Start, wait_for};
use crate::site::{Point, Site};

/// The database that they share.
const NAME: &str = "mail";

/// Stops a transaction until the gate is opened. What sequences count is seen whatever transaction it is in.
const STOP: &str = "
    CREATE SEQUENCE strike_gate;
    CREATE FUNCTION strike() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        WHILE (SELECT last_value FROM strike_gate) = 1 LOOP PERFORM pg_sleep(0.005); END LOOP;
        RETURN NULL;
    END $$";

/// Transactions that stand at the gate.
const STOPPED: &str = "FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name LIKE 'node%'";

/// What becomes of a commit whose node was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    RolledBack,
    Committed,
}

pub struct Three {
    nodes: Vec<Server>,
    /// How often each was started.
    lives: [usize; 3],
    receiver: Receiver,
    clock: Clock,
    database: Database,
    scratch: Scratch,
}

impl Three {
    pub fn open(tools: &Tools, name: &str) -> Self {
        let database = Database::start(tools, &[("fsync", "off")]).unwrap();
        database.sql("postgres", &format!("CREATE DATABASE {NAME}")).unwrap();
        let scratch = Scratch::new(name);
        let (receiver, clock) = (Receiver::start(), Clock::new(&scratch));
        let mut three = Self { nodes: Vec::new(), lives: [0; 3], receiver, clock, database, scratch };
        for number in 0..3 {
            let node = three.begin(number);
            three.nodes.push(node);
        }
        three.sql(STOP);
        three
    }

    fn sql(&self, statement: &str) -> String {
        self.database.sql(NAME, statement).unwrap()
    }

    fn begin(&mut self, number: usize) -> Server {
        self.lives[number] += 1;
        let name = format!("node{number}");
        let mut start = Start { environment: self.clock.environment(None), ..Start::unlimited() };
        start.arguments.extend(["--hostname".to_owned(), format!("{name}.example")]);
        start.arguments.extend(["--allow-private-targets", "127.0.0.0/8"].map(str::to_owned));
        let url = format!("{}?application_name={name}", self.database.url(NAME));
        start.environment.push(("WAYPOST_DATABASE", url.into()));
        start.environment.push(("WAYPOST_SMARTHOST", format!("smtp://{}", self.receiver.address).into()));
        Server::start(&self.scratch.path(&name), &start)
    }

    fn begin_again(&mut self, number: usize) {
        self.nodes[number].wait_for_end();
        self.nodes[number] = self.begin(number);
    }

    /// They end well. Answers how often each was killed.
    pub fn close(mut self) -> [usize; 3] {
        self.nodes.iter_mut().for_each(Server::stop);
        self.lives.map(|lives| lives - 1)
    }
}

/// Which node it is, by its name.
fn number(name: &str) -> usize {
    name.strip_prefix("node").unwrap()[..1].parse().unwrap()
}

impl Site for Three {
    type Cut = Then;

    const CUTS: &'static [(Then, bool)] = &[(Then::RolledBack, false), (Then::Committed, true)];

    fn server(&self) -> &Server {
        &self.nodes[0]
    }

    fn receiver(&self) -> &Receiver {
        &self.receiver
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn kill_in(&mut self, point: Point, cut: Then, act: impl FnOnce(&Server) + Send) {
        let when = match point {
            Point::Decision | Point::Reply | Point::Rerun | Point::Pushed => "INSERT ON deliveries",
            Point::Claim | Point::PushClaim => {
                "UPDATE ON deliveries WHEN (OLD.lease IS NULL AND NEW.lease IS NOT NULL)"
            }
            Point::Delivered | Point::Deferred | Point::Refused | Point::PushDelivered => {
                "UPDATE ON deliveries WHEN (OLD.lease IS NOT NULL AND NEW.lease IS NULL)"
            }
            Point::RerunAsked => "UPDATE ON interactions WHEN (OLD.state <> NEW.state)",
            Point::Bounce => "UPDATE ON deliveries WHEN (OLD.state <> NEW.state)",
        };
        let (event, condition) = when
            .split_once(" WHEN ")
            .map_or((when, String::new()), |(event, condition)| (event, format!("WHEN {condition}")));
        self.sql(&format!(
            "SELECT setval('strike_gate', 1); CREATE CONSTRAINT TRIGGER strike AFTER {event} DEFERRABLE INITIALLY DEFERRED
                FOR EACH ROW {condition} EXECUTE FUNCTION strike()"
        ));
        let killed = thread::scope(|scope| {
            scope.spawn(|| act(&self.nodes[0]));
            let stopped = wait_for("a commit", || {
                let stopped = self.sql(&format!("SELECT application_name, pid {STOPPED}"));
                (!stopped.is_empty()).then_some(stopped)
            });
            let (name, pid) = stopped.lines().next().unwrap().split_once('|').unwrap();
            self.nodes[number(name)].signal("KILL");
            match cut {
                Then::RolledBack => self.sql(&format!("SELECT pg_terminate_backend({pid})")),
                Then::Committed => self.sql("SELECT setval('strike_gate', 2)"),
            };
            wait_for("the end of its session", || {
                self.sql(&format!("SELECT 1 FROM pg_stat_activity WHERE pid = {pid}")).is_empty().then_some(())
            });
            number(name)
        });
        self.sql(&format!(
            "SELECT setval('strike_gate', 2); DROP TRIGGER strike ON {}",
            event.rsplit(' ').next().unwrap()
        ));
        self.begin_again(killed);
    }

    fn kill(&mut self, name: &str) {
        self.nodes[number(name)].signal("KILL");
        self.begin_again(number(name));
    }
}
