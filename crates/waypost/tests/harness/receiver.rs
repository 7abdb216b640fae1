//! A receiver of mail on loopback whose manners go by the recipient: what stands before `@` says how it answers.
//!
//! | local part begins with | what it does |
//! | --- | --- |
//! | `refuse` | 550 at RCPT |
//! | `later` | 451 at RCPT, twice for each recipient, then it takes the mail |
//! | `close` | takes the content, keeps it, and closes before it answers, once for each recipient |
//! | `half` | closes in the middle of its answer to the content, once for each recipient |
//! | `slow` | answers the content after a moment |
//! | `twice` | answers the content twice |
//! | anything else | takes it |

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A mail that arrived.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The envelope sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The content.
    pub content: String,
    /// Whether the sender was told so.
    pub answered: bool,
    /// How many senders had been killed when its connection began, and when it was taken.
    pub kills: (usize, usize),
}

impl Arrived {
    /// A header field's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.content.split("\r\n\r\n").next()?;
        let wanted = |line: &&str| line.split(':').next().is_some_and(|found| found.eq_ignore_ascii_case(name));
        header.split("\r\n").find(wanted)?.split_once(':').map(|(_, value)| value.trim())
    }

    /// The id of the mail: of one that was resent its Resent-Message-ID.
    pub fn id(&self) -> &str {
        let id = self.header("resent-message-id").or_else(|| self.header("message-id"));
        id.unwrap().trim_matches(['<', '>'])
    }
}

/// A receiver.
pub struct Receiver {
    /// Where it listens.
    pub address: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    kills: Arc<AtomicUsize>,
}

type Seen = Arc<Mutex<HashMap<String, u32>>>;

impl Receiver {
    /// Listens on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (arrived, seen, kills) = (Arc::default(), Seen::default(), Arc::<AtomicUsize>::default());
        let (kept, killed) = (Arc::clone(&arrived), Arc::clone(&kills));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, seen, killed) = (Arc::clone(&kept), Arc::clone(&seen), Arc::clone(&killed));
                // A sender that was killed leaves a session behind.
                thread::spawn(move || drop(session(stream, &kept, &seen, &killed)));
            }
        });
        Self { address, arrived, kills }
    }

    /// Notes that a sender was killed, before it is started again.
    pub fn sender_was_killed(&self) {
        self.kills.fetch_add(1, Ordering::SeqCst);
    }

    /// What arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

fn session(stream: TcpStream, arrived: &Mutex<Vec<Arrived>>, seen: &Seen, kills: &AtomicUsize) -> io::Result<()> {
    let begun = kills.load(Ordering::SeqCst);
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut out = stream;
    let mut say = move |text: &str| out.write_all(text.as_bytes());
    say("220 receiver.example ESMTP\r\n")?;
    let (mut from, mut to) = (String::new(), String::new());
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let path = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match verb.as_str() {
            "EHLO" => say("250-receiver.example\r\n250-SIZE 60000000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?,
            "MAIL" => {
                from = path();
                say("250 2.1.0 Ok\r\n")?;
            }
            "RCPT" => {
                to = path();
                let times = count(seen, "rcpt", &to);
                say(match () {
                    () if to.starts_with("refuse") => "550 5.1.1 There is nobody of that name\r\n",
                    () if to.starts_with("later") && times <= 2 => "451 4.2.1 Come back later\r\n",
                    () => "250 2.1.5 Ok\r\n",
                })?;
            }
            "DATA" => {
                say("354 Go on\r\n")?;
                let mut content = String::new();
                loop {
                    let mut line = String::new();
                    if lines.read_line(&mut line)? == 0 {
                        return Ok(());
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    content.push_str(line.strip_prefix('.').unwrap_or(&line));
                }
                let first = count(seen, "data", &to) == 1;
                let lost = first && (to.starts_with("close") || to.starts_with("half"));
                let (from, to) = (from.clone(), to.clone());
                if to.starts_with("slow") {
                    thread::sleep(Duration::from_millis(300));
                }
                let twice = to.starts_with("twice");
                let half = to.starts_with("half");
                arrived.lock().unwrap().push(Arrived {
                    from,
                    to,
                    content,
                    answered: !lost,
                    kills: (begun, kills.load(Ordering::SeqCst)),
                });
                if lost {
                    return if half { say("250 2.0.0 O") } else { Ok(()) };
                }
                say("250 2.0.0 Ok: taken\r\n")?;
                if twice {
                    say("250 2.0.0 Ok: taken\r\n")?;
                }
            }
            "RSET" | "NOOP" => say("250 2.0.0 Ok\r\n")?,
            "QUIT" => return say("221 2.0.0 Bye\r\n"),
            _ => say("502 5.5.1 Not known\r\n")?,
        }
    }
}

fn count(seen: &Seen, what: &str, to: &str) -> u32 {
    let mut seen = seen.lock().unwrap();
    let count = seen.entry(format!("{what} {to}")).or_default();
    *count += 1;
    *count
}
