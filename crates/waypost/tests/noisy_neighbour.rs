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
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use harness::edges::{allow_open_files, connect_from};
use harness::http::Api;
use harness::scratch::Scratch;
use harness::smtp::{Smtp, mail};
use harness::{DEADLINE, Server, Start, wait_for};

/// Where loads and probes meet.
struct Ground<'a> {
    server: &'a Server,
    api: &'a Api,
    /// A flow that takes all the work it may, and one that gets versions: their paths.
    work: &'a str,
    large: &'a str,
    /// How many loads are under way.
    begun: &'a AtomicUsize,
    over: &'a AtomicBool,
}

impl Ground<'_> {
    /// Waits until every load is under way. A load that fails before that ends all of them.
    fn begin(&self) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        while self.begun.load(Ordering::Relaxed) < LOADS.len() && !self.over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// For loads that do nothing more once they are under way.
    fn wait_until_over(&self) {
        while !self.over.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

type Act = fn(&Ground<'_>);

/// A load's name and what it does: gets under way, says so, and goes on until `over`.
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
    ("mails through a flow that takes all the work it may", |ground| {
        mails(ground, "work@heavy.example", |number| mail(&format!("{number}@work.example"), "hello", "hello"));
    }),
    ("mails of 250 kB that a pattern is slow on", |ground| {
        let text: String =
            (0..60_000_u64).map(|n| format!("{}{}", n * n % 9973, if n % 150 == 0 { "\r\n" } else { " " })).collect();
        mails(ground, "pattern@heavy.example", |number| mail(&format!("{number}@pattern.example"), "hello", &text));
    }),
    ("mails of 20,000 addresses and fields", |ground| {
        let fields: String = (0..20_000).map(|n| format!("To: a{n}@b\r\nX: {n}\r\n")).collect();
        mails(ground, "care@example.com", |number| {
            format!("Message-ID: <{number}@fields.example>\r\n{fields}\r\nhello\r\n")
        });
    }),
    ("tries of a flow that takes all the work it may", tries),
    ("the same, once more", tries),
    ("the same, a third time", tries),
    ("versions of a flow of 2,000 actions", |ground| {
        let json = [("Content-Type", "application/json")];
        again_and_again(ground, |number| {
            let body = large(number).to_string();
            if let Ok(answer) = ground.api.try_send("PUT", ground.large, &json, body.as_bytes()) {
                answer.ok();
            }
        });
    }),
];

/// A flow that spends its budget in few expressions, each of which is within its own limit.
fn working() -> Json {
    let work = "${string([padStart('', 900000, 'a')].all(t, range(250).all(i, !t.contains('b'))))}";
    let actions: Vec<Json> =
        (0..60).map(|n| json!({ "type": "setAttributes", "attributes": { format!("a{n}"): work } })).collect();
    json!({ "name": "Work", "type": "email", "nodes": [{ "id": "a", "actions": actions }] })
}

/// A flow whose pattern must hold hundreds of positions against each character.
fn matching() -> Json {
    json!({ "name": "Pattern", "type": "email", "nodes": [{ "id": "a", "actions": [
        { "type": "setAttributes", "attributes": { "found": "${string(interaction.email.body.matches('[0-9].{0,300}EUR'))}" } },
        { "type": "disconnect" }] }] })
}

/// A version of a flow of 2,000 actions.
fn large(number: usize) -> Json {
    let action = |n: usize| json!({ "type": "setVariable", "name": format!("v{n}"), "value": "${interaction.email.subject + 'a'}" });
    let node = |n: usize| json!({ "id": format!("n{n}"), "actions": (n * 500..(n + 1) * 500).map(action).collect::<Vec<_>>() });
    let nodes: Vec<Json> = (0..4).map(node).collect();
    json!({ "name": "Large", "type": "email", "description": format!("{number}"), "nodes": nodes })
}

fn make_heavy_flows(api: &Api) {
    api.post("/routing/email/domains", &json!({ "id": "heavy.example" })).ok();
    for flow in [working(), matching()] {
        let id = api.post("/flows", &flow).ok()["id"].clone();
        let pattern = flow["name"].as_str().unwrap().to_lowercase();
        api.post("/routing/email/domains/heavy.example/routes", &json!({ "pattern": pattern, "flow": { "id": id } }))
            .ok();
    }
}

fn flow(api: &Api, name: &str) -> String {
    api.get(&format!("/flows?name={name}")).ok()["entities"][0]["id"].as_str().unwrap().to_owned()
}

/// Whoever comes among so many idle connections may have to go for another, as one of them: then it tries again.
fn tries(ground: &Ground) {
    let headers = [("Content-Type", "message/rfc822")];
    again_and_again(ground, |_| {
        let Ok(answer) =
            ground.api.try_send("POST", &format!("{}/try", ground.work), &headers, b"Subject: hello\r\n\r\nhello\r\n")
        else {
            return;
        };
        let answer = answer.ok();
        assert_eq!(answer["decision"]["error"]["code"], "run.too-much-work", "{answer}");
        assert_eq!(answer["decision"]["error"]["nodeId"], "a", "{answer}");
    });
}

/// Sends mail after mail on connections of their own. One of them may have to go for another while it says nothing yet, as any client's
/// may: then the next is tried.
fn mails(ground: &Ground, to: &str, mail: impl Fn(usize) -> String) {
    again_and_again(ground, |number| {
        let Ok(mut smtp) = Smtp::connect(&ground.server.smtp) else { return };
        let _ = smtp.deliver("ana@customer.example", to, &mail(number));
    });
}

/// Does it once, and again until all is over.
fn again_and_again(ground: &Ground, mut act: impl FnMut(usize)) {
    ground.begin();
    for number in 0.. {
        if ground.over.load(Ordering::Relaxed) {
            return;
        }
        act(number);
    }
}

/// Half of them say nothing, half of them something and then no more.
fn idle(ground: &Ground, from: Ipv4Addr, to: &str, words: &[u8]) {
    let mut connections = connect_from(from, to, 1000);
    for connection in connections.iter_mut().step_by(2) {
        // Those that went for others already can't be written to.
        let _ = connection.write_all(words);
    }
    ground.begin();
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

/// Not how fast it is, but that nobody has to wait for what goes on to end.
const PROMPT: Duration = Duration::from_secs(60);

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
    make_heavy_flows(&api);
    api.post("/flows", &large(0)).ok();
    let [work, large] = ["Work", "Large"].map(|name| format!("/flows/{}", flow(&api, name)));
    let (begun, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let ground = Ground { server: &server, api: &api, work: &work, large: &large, begun: &begun, over: &over };
    let mut late = Vec::new();
    thread::scope(|scope| {
        for (_, load) in LOADS {
            scope.spawn(|| load(&ground));
        }
        // Loads end when the probes do, whether those went well or not.
        let _over = Over(&over);
        wait_for("every load to be under way", || (begun.load(Ordering::Relaxed) == LOADS.len()).then_some(()));
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
    // Of what was accepted, everything has one outcome; what took too much is unrouted, and says why.
    let undecided = || {
        let summary = api.get("/interactions/summary").ok();
        let count = |state: &str| summary["byState"][state].as_u64().unwrap();
        count("received") + count("running")
    };
    // How many have waited for a run goes by the machine: there is always another that is decided.
    let mut left = undecided();
    while left > 0 {
        left = wait_for("another mail's decision", || Some(undecided()).filter(|now| *now < left));
    }
    let summary = api.get("/interactions/summary").ok();
    assert_eq!(
        summary["accepted"],
        summary["duplicates"].as_u64().unwrap() + summary["interactions"].as_u64().unwrap()
    );
    eprintln!("{} mails accepted meanwhile, {} unrouted", summary["accepted"], summary["byDecision"]["unrouted"]);
    let worked = api.get("/interactions?to=work@heavy.example&pageSize=1").ok();
    assert_eq!(worked["entities"][0]["decision"]["error"]["code"], "run.too-much-work", "{worked}");
    let matched = api.get("/interactions?to=pattern@heavy.example&pageSize=1").ok();
    assert_eq!(matched["entities"][0]["decision"]["error"]["code"], "run.too-many-steps", "{matched}");
    assert!(late.is_empty(), "{late:?}");
}

/// Ends the loads when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
