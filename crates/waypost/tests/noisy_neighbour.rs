//! One mail, one flow, one client harms nobody else: while heavy loads go on, small mail, health and the API answer within bounds.
//!
//! A load is a function that does its worst until it is told to stop; a probe is a function that does once what ordinary
//! clients do. All loads go on at the same time, and each probe is timed against its bound. The bounds are such that a server
//! that holds something up misses them, and one on a slow and busy machine does not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and prints what it measured"
)]

mod harness;

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use harness::edges::{allow_open_files, connect_from};
use harness::http::Api;
use harness::scratch::Scratch;
use harness::smtp::{Smtp, mail};
use harness::{DEADLINE, Server, Start};

/// Where loads and probes meet.
struct Ground<'a> {
    server: &'a Server,
    api: &'a Api,
    /// Passed when every load is under way.
    begun: &'a Barrier,
    over: &'a AtomicBool,
}

impl Ground<'_> {
    /// For loads that do nothing more once they are under way.
    fn wait_until_over(&self) {
        while !self.over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

type Act = fn(&Ground<'_>);

/// A load's name and what it does: gets under way, passes `begun`, and goes on until `over`.
const LOADS: &[(&str, Act)] = &[
    ("1,000 idle SMTP connections from 127.0.0.2", |ground| {
        idle(ground, Ipv4Addr::new(127, 0, 0, 2), &ground.server.smtp, b"EHLO neighbour.example\r\n");
    }),
    ("1,000 idle HTTP connections from 127.0.0.2", |ground| {
        idle(ground, Ipv4Addr::new(127, 0, 0, 2), &ground.server.http, b"GET /health/live HTTP/1.1\r\nHo");
    }),
    // The address of the probes, which the server trusts.
    ("1,000 idle SMTP connections from 127.0.0.1", |ground| {
        idle(ground, Ipv4Addr::LOCALHOST, &ground.server.smtp, b"EHLO neighbour.example\r\n");
    }),
    ("1,000 idle HTTP connections from 127.0.0.1", |ground| {
        idle(ground, Ipv4Addr::LOCALHOST, &ground.server.http, b"GET /health/live HTTP/1.1\r\nHo");
    }),
];

/// Half of them say nothing, half of them something and then no more.
fn idle(ground: &Ground, from: Ipv4Addr, to: &str, words: &[u8]) {
    let mut connections = connect_from(from, to, 1000);
    for connection in connections.iter_mut().step_by(2) {
        // Those that went for others already can't be written to.
        let _ = connection.write_all(words);
    }
    ground.begun.wait();
    ground.wait_until_over();
}

/// What ordinary clients do.
struct Probe {
    name: &'static str,
    act: Act,
    /// How often it is done.
    times: usize,
    /// How long each time may take.
    bound: Duration,
}

const fn probe(name: &'static str, times: usize, bound: Duration, act: Act) -> Probe {
    Probe { name, act, times, bound }
}

/// Far above what is measured, far below what the robustness round found.
const PROMPT: Duration = Duration::from_secs(5);

const PROBES: &[Probe] = &[
    probe("GET /health/live", 30, PROMPT, |ground| get(ground, "/health/live")),
    probe("GET /health/ready", 10, PROMPT, |ground| get(ground, "/health/ready")),
    probe("GET /flows", 10, PROMPT, |ground| drop(ground.api.get("/flows").ok())),
    probe("a mail from 127.0.0.1", 20, PROMPT, |ground| deliver(ground, Ipv4Addr::LOCALHOST)),
    probe("a mail from 127.0.0.3", 20, PROMPT, |ground| deliver(ground, Ipv4Addr::new(127, 0, 0, 3))),
];

fn get(ground: &Ground, path: &str) {
    let mut stream = TcpStream::connect(&ground.server.http).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn deliver(ground: &Ground, from: Ipv4Addr) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let id = format!("{}@noise.example", NUMBER.fetch_add(1, Ordering::Relaxed));
    let connection = connect_from(from, &ground.server.smtp, 1).remove(0);
    let mut smtp = Smtp::on(connection).unwrap();
    let reply = smtp.deliver("ana@customer.example", "care@example.com", &mail(&id, "hello", "hello")).unwrap();
    assert_eq!(reply.code, 250, "{reply:?}");
}

#[test]
fn neighbours_are_served_whatever_goes_on() {
    allow_open_files(6000);
    let scratch = Scratch::new("noisy-neighbour");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    server.apply_triage();
    let api = server.api();
    let begun = Barrier::new(LOADS.len() + 1);
    let over = AtomicBool::new(false);
    let ground = Ground { server: &server, api: &api, begun: &begun, over: &over };
    let mut late = Vec::new();
    thread::scope(|scope| {
        for (_, load) in LOADS {
            scope.spawn(|| load(&ground));
        }
        begun.wait();
        // Loads end when the probes do, whether those went well or not.
        let _over = Over(&over);
        for Probe { name, act, times, bound } in PROBES {
            let mut took: Vec<Duration> = (0..*times)
                .map(|_| {
                    let begun = Instant::now();
                    act(&ground);
                    begun.elapsed()
                })
                .collect();
            took.sort();
            let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
            eprintln!("{name}: median {median:.1?}, worst {worst:.1?} of {times}, bound {bound:.1?}");
            if worst > *bound {
                late.push(format!("{name} took {worst:.1?}"));
            }
        }
    });
    for (name, _) in LOADS {
        eprintln!("meanwhile: {name}");
    }
    assert!(late.is_empty(), "{late:?}");
}

/// Ends the loads when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
