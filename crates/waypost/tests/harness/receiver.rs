//! A receiver of mail on loopback whose manners go by the recipient: what stands before `@` says how it answers.
//!
//! | local part begins with | what it does |
//! | --- | --- |
//! | `refuse` | 550 at RCPT |
//! | `quote` | 550 at RCPT, with the recipient in its words |
//! | `later` | 451 at RCPT, twice for each recipient and with a number, then it takes the mail |
//! | `close` | takes the content, keeps it, and closes before it answers, once for each recipient |
//! | `half` | closes in the middle of its answer to the content, once for each recipient |
//! | `slow` | answers the content after a moment |
//! | `twice` | answers the content twice |
//! | anything else | takes it |

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::holds::{Held, Holds, Step};

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
    /// The name that the sender gave itself.
    pub sender: String,
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
    known: Arc<Known>,
    killed: Mutex<BTreeMap<String, usize>>,
}

/// What all sessions know.
#[derive(Default)]
struct Known {
    arrived: Mutex<Vec<Arrived>>,
    /// How often what was said.
    seen: Mutex<HashMap<String, u32>>,
    holds: Holds,
}

impl Receiver {
    /// Listens on a free port.
    pub fn start() -> Self {
        Self::at("127.0.0.1:0")
    }

    /// Listens there.
    pub fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let known = Arc::new(Known::default());
        let shared = Arc::clone(&known);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let known = Arc::clone(&shared);
                // A sender that was killed leaves a session behind.
                thread::spawn(move || drop(session(stream, &known)));
            }
        });
        Self { address, known, killed: Mutex::default() }
    }

    /// Notes that a sender was killed.
    pub fn was_killed(&self, sender: &str) {
        let arrived = self.known.arrived.lock().unwrap().len();
        self.killed.lock().unwrap().insert(sender.to_owned(), arrived);
    }

    /// Who was killed, and how many mails had arrived by then.
    pub fn killed(&self) -> BTreeMap<String, usize> {
        self.killed.lock().unwrap().clone()
    }

    /// What arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.known.arrived.lock().unwrap().clone()
    }

    /// Has the next dialogue with this recipient stop there, until the test lets it go on.
    pub fn hold(&self, step: Step, to: &str) -> Held {
        self.known.holds.hold(step, to)
    }
}

fn session(stream: TcpStream, known: &Known) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream.try_clone()?);
    let mut out = stream;
    let mut say = move |text: &str| out.write_all(text.as_bytes());
    say("220 receiver.example ESMTP\r\n")?;
    let (mut sender, mut from, mut to) = (String::new(), String::new(), String::new());
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let path = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match verb.as_str() {
            "EHLO" => {
                line.get(4..).unwrap_or_default().trim().clone_into(&mut sender);
                say("250-receiver.example\r\n250-SIZE 60000000\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?;
            }
            "MAIL" => {
                from = path();
                say("250 2.1.0 Ok\r\n")?;
            }
            "RCPT" => {
                to = path();
                let times = count(known, "rcpt", &to);
                if !known.holds.pass(Step::Recipient, &to, &sender) {
                    return Ok(());
                }
                let quoting = format!("550 5.1.1 <{to}>: there is nobody of that name\r\n");
                let later = format!("451 4.2.1 Come back later ({times})\r\n");
                say(match () {
                    () if to.starts_with("quote") => &quoting,
                    () if to.starts_with("refuse") => "550 5.1.1 There is nobody of that name\r\n",
                    () if to.starts_with("later") && times <= 2 => &later,
                    () => "250 2.1.5 Ok\r\n",
                })?;
            }
            "DATA" => {
                if !known.holds.pass(Step::Data, &to, &sender) {
                    return Ok(());
                }
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
                let first = count(known, "data", &to) == 1;
                let lost = first && (to.starts_with("close") || to.starts_with("half"));
                let lost = lost || !known.holds.pass(Step::Content, &to, &sender);
                let (sender, from, to) = (sender.clone(), from.clone(), to.clone());
                if to.starts_with("slow") {
                    thread::sleep(Duration::from_millis(300));
                }
                let twice = to.starts_with("twice");
                let half = to.starts_with("half");
                known.arrived.lock().unwrap().push(Arrived { from, to, content, answered: !lost, sender });
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

fn count(known: &Known, what: &str, to: &str) -> u32 {
    let mut seen = known.seen.lock().unwrap();
    let count = seen.entry(format!("{what} {to}")).or_default();
    *count += 1;
    *count
}
