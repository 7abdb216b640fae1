//! A flow tried over HTTP, nothing stored: beside a general flow engine that does the same.

mod node_red;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use mail_parser::MessageParser;
use serde_json::{Value as Json, json};

use self::node_red::NodeRed;
use crate::corpus::Mail;
use crate::http::{Connection, post, rate};
use crate::measure::Figure;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::Ground;
use crate::triage::{Answer, Queue, VIP_PRIORITY};

const CONNECTIONS: usize = 8;

/// How long each contender is asked in a round.
const TIME: Duration = Duration::from_secs(4);

/// So many mails are sent in turn.
const MAILS: usize = 1_000;

/// The flow engine is given bodies up to this size.
const MOST_TEXT: usize = 64 * 1024;

/// Requests, and what each must answer.
struct Asked {
    requests: Vec<Vec<u8>>,
    expected: Vec<Answer>,
}

pub(crate) fn section(ground: &Ground, mails: &[Mail], rounds: usize) -> Result<Section> {
    let mut section = Section::new("A flow tried over HTTP, nothing stored");
    let fresh = ground.fresh("try")?;
    let flows = fresh.api.get("/flows?name=Triage")?;
    let flow = flows["entities"][0]["id"].as_str().context("the triage flow")?.to_owned();
    let path = format!("/api/v2/flows/{flow}/try?version=published");
    let headers = [("authorization", fresh.api.authorization()), ("content-type", "message/rfc822")];
    let small: Vec<&Mail> = mails.iter().filter(|mail| text(mail).is_some()).take(MAILS).collect();
    let asked = |raw: &dyn Fn(&Mail) -> Option<Vec<u8>>| Asked {
        requests: small.iter().filter_map(|mail| Some(post(&path, &headers, &raw(mail)?))).collect(),
        expected: small.iter().map(|mail| mail.expected).collect(),
    };
    let (same, whole) = (asked(&plain), asked(&|mail| Some(mail.raw.clone())));
    let answer = |answer: &Json| Answer {
        queue: answer["decision"]["queue"]["name"].as_str().and_then(Queue::named).unwrap_or(Queue::General),
        vip: answer["decision"]["priority"].as_i64() == Some(VIP_PRIORITY),
    };
    check(fresh.server.http, &same, answer)?;
    check(fresh.server.http, &whole, answer)?;

    say("Node-RED: setting it up");
    let node_red = NodeRed::start(&ground.scratch)?;
    let headers = [("content-type", "application/json")];
    let theirs = Asked {
        requests: small
            .iter()
            .filter_map(|mail| Some(post("/mail", &headers, text(mail)?.to_string().as_bytes())))
            .collect(),
        expected: same.expected.clone(),
    };
    let answer = |answer: &Json| Answer {
        queue: answer["queue"].as_str().and_then(Queue::named).unwrap_or(Queue::General),
        vip: answer["priority"].as_i64() == Some(VIP_PRIORITY),
    };
    check(node_red.port, &theirs, answer)?;

    let (mut own, mut other, mut raw, mut slowest) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        say(&format!("trying over HTTP, round {} of {rounds}", round + 1));
        other.push(rate(node_red.port, &theirs.requests, CONNECTIONS, TIME)?.0);
        let (answered, p99) = rate(fresh.server.http, &same.requests, CONNECTIONS, TIME)?;
        own.push(answered);
        slowest.push(p99.as_secs_f64() * 1e3);
        raw.push(rate(fresh.server.http, &whole.requests, CONNECTIONS, TIME)?.0);
    }
    fresh.end()?;
    let figure = |rounds| Figure::of(rounds).context("no rounds");
    section.line(
        Line::new(format!("tries, {CONNECTIONS} connections"), Unit::PerSecond, figure(own)?)
            .beside("Node-RED", figure(other)?)
            .goal(Goal::AtLeastTimes(3.0)),
    );
    section.line(Line::new("  the mails whole, attachments and all", Unit::PerSecond, figure(raw)?));
    section.line(Line::new("  99 of 100 answered within", Unit::Milliseconds, figure(slowest)?));
    section.note(format!(
        "{} answers of each compared with the labels, 0 differ; both are sent sender, subject and text: Node-RED as JSON, Waypost as a \
         mail, which it reads; its answer has the trace",
        small.len()
    ));
    Ok(section)
}

/// The same as a mail.
fn plain(mail: &Mail) -> Option<Vec<u8>> {
    let text = text(mail)?;
    let part = |name: &str| text[name].as_str().unwrap_or_default().to_owned();
    let (from, subject, body) = (part("from"), part("subject"), part("body"));
    let head = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n";
    Some(format!("From: {from}\r\nSubject: {subject}\r\n{head}\r\n{body}").into_bytes())
}

/// Sender, subject and text of a mail, as somebody who has read it would hand them on.
fn text(mail: &Mail) -> Option<Json> {
    let message = MessageParser::default().parse(&mail.raw)?;
    let bodies: Vec<_> = (0..message.text_body.len()).filter_map(|at| message.body_text(at)).collect();
    let body = bodies.join("\n");
    let from = message.from()?.first()?.address()?.to_owned();
    (body.len() < MOST_TEXT)
        .then(|| json!({ "from": from, "subject": message.subject().unwrap_or_default(), "body": body }))
}

fn check(port: u16, asked: &Asked, read: impl Fn(&Json) -> Answer) -> Result<()> {
    let mut connection = Connection::open(port)?;
    let mut differ = 0;
    for (request, expected) in asked.requests.iter().zip(&asked.expected) {
        let answer: Json = serde_json::from_slice(connection.exchange(request)?)?;
        differ += usize::from(read(&answer) != *expected);
    }
    if differ > 0 {
        bail!("{differ} of {} answers differ from the labels", asked.expected.len());
    }
    Ok(())
}
