//! Calls of data actions: how many a second, what a service that hangs costs the intake, and the memory of runs that wait.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::json;

use crate::measure::Figure;
use crate::postgres::Postgres;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::smtp::load::Load;
use crate::smtp::server::{Api, Setting};
use crate::smtp::{Fresh, Ground, LIMIT};

/// Connections of the load.
const CONNECTIONS: usize = 8;

/// Runs that wait at a time.
const PARKED: usize = 10_000;

/// Answers every request, on connections that stay open; or never. Ends with the process.
fn service(answers: bool) -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        while let Ok((socket, _)) = listener.accept() {
            std::thread::spawn(move || serve(&socket, answers));
        }
    });
    Ok(port)
}

fn serve(mut socket: &TcpStream, answers: bool) -> Option<()> {
    let mut lines = BufReader::new(socket.try_clone().ok()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(bytes) = line.strip_prefix("content-length: ") {
                length = bytes.parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        std::io::copy(&mut lines.by_ref().take(length), &mut std::io::sink()).ok()?;
        if answers {
            let body = r#"{"tier":"gold"}"#;
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
            socket.write_all(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok()?;
        }
    }
}

/// A server whose flow asks the service at this port.
fn asking(ground: &Ground, name: &str, database: Option<&str>, port: u16) -> Result<Fresh> {
    let setting = Setting { private_targets: true, ..Setting::on(database) };
    let string = json!({"type": "string"});
    let action = json!({
        "name": "Customer", "integrationType": "custom-rest-actions", "actionType": "custom", "category": "bench", "secure": false,
        "config": {
            "request": {"requestUrlTemplate": format!("http://127.0.0.1:{port}/customers"), "requestType": "POST",
                "requestTemplate": "${input.rawRequest}"},
            "response": {"translationMap": {"tier": "$.tier"}, "successTemplate": "{\"tier\": ${tier}}"},
            "timeoutSeconds": 10,
        },
        "contract": {
            "input": {"inputSchema": {"type": "object", "required": ["email"], "properties": {"email": string}}},
            "output": {"successSchema": {"type": "object", "properties": {"tier": string}}},
        },
    });
    let prepare = |api: &Api| api.send("POST", "/integrations/actions", &action).map(drop);
    ground.fresh_prepared(name, &ground.flows.with_file_name("calls"), setting, prepare)
}

pub(crate) fn section(ground: &Ground, postgres: Option<&Postgres>, mails: usize, rounds: usize) -> Result<Section> {
    let store = if postgres.is_some() { "PostgreSQL" } else { "SQLite" };
    let mut section = Section::new(format!("Calls of data actions on {store}, one for each mail"));
    let (quick, hangs) = (service(true)?, service(false)?);
    let (mut called, mut taken, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    let (mut memory, mut goes_on) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        say(&format!("calls on {store}, round {} of {rounds}", round + 1));
        for (port, name) in [(quick, "quick"), (hangs, "hangs")] {
            let database = postgres.map(Postgres::database).transpose()?;
            let url = database.as_ref().map(|database| &database.url[..]);
            let fresh = asking(ground, &format!("calls-{store}-{name}"), url, port)?;
            let before = fresh.server.memory()?.0;
            let ports = [fresh.server.smtp];
            let count = if port == quick { mails } else { PARKED };
            let load = Load::new(&ports, &ground.mails, count, CONNECTIONS, name);
            let sent = load.send()?;
            let rate = count as f64 / (sent.end - sent.start).as_secs_f64();
            if port == hangs {
                memory.push(fresh.server.memory()?.1 - before);
            }
            let end = Instant::now();
            let decided = fresh.api.wait_until_decided(count as u64, LIMIT)?;
            if port == quick {
                called.push(count as f64 / (decided - sent.start).as_secs_f64());
                taken.push(rate);
            } else {
                beside.push(rate);
                goes_on.push((decided - end).as_secs_f64() * 1e3);
            }
            fresh.end()?;
            if let (Some(postgres), Some(database)) = (postgres, &database) {
                postgres.drop(database)?;
            }
        }
    }
    let figure = |rates| Figure::of(rates).context("no rounds");
    let taken = figure(taken)?;
    section.line(Line::new("called and decided", Unit::PerSecond, figure(called)?));
    section.line(Line::new("taken, the service answers", Unit::PerSecond, taken));
    let line = Line::new("taken, the service hangs", Unit::PerSecond, figure(beside)?);
    section.line(line.beside("answers", taken).goal(Goal::AtLeastTimes(0.9)));
    section.line(Line::new(format!("memory of {PARKED} mails whose calls hang"), Unit::Megabytes, figure(memory)?));
    section.line(Line::new("until all of them went on", Unit::Milliseconds, figure(goes_on)?));
    Ok(section)
}
