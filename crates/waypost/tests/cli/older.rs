//! A server of an older release: it does not know how versions are written.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output};
use std::thread;

use super::harness::scratch::Scratch;
use super::harness::{Server, Start, WAYPOST};
use super::printed;

const FLOW: &str = "# Where mail begins.\nname: One\ntype: shared\nnodes: []\n";

/// An address at which a server is as one of an older release.
fn older(server: &Server) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let behind = server.http.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let behind = behind.clone();
            thread::spawn(move || answer(stream.unwrap(), &behind));
        }
    });
    format!("http://{address}")
}

/// Passes one request on, unless it is about texts.
fn answer(mut client: TcpStream, behind: &str) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let path = head.split(' ').nth(1).unwrap().split('?').next().unwrap();
    let (code, status) = match path {
        "/api/v2/flows/texts" => ("architect.flow.not.found", 404),
        path if path.ends_with("/text") => ("not.implemented", 501),
        _ => ("", 200),
    };
    if !code.is_empty() {
        let body = format!(r#"{{"message":"no","code":"{code}","status":{status},"contextId":"x","errors":[]}}"#);
        let length = body.len();
        let head = format!("HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n");
        write!(client, "{head}Connection: close\r\n\r\n{body}").unwrap();
        return;
    }
    let mut server = TcpStream::connect(behind).unwrap();
    write!(server, "{head}Connection: close\r\n\r\n").unwrap();
    server.write_all(&body).unwrap();
    let mut answered = Vec::new();
    server.read_to_end(&mut answered).unwrap();
    let _ = client.write_all(&answered);
}

#[test]
fn a_server_that_knows_no_texts_keeps_flows_without_comments() {
    let scratch = Scratch::new("cli-older");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let url = older(&server);
    let run = |arguments: &[&str]| -> Output {
        Command::new(WAYPOST).args(arguments).envs(server.environment()).env("WAYPOST_URL", &url).output().unwrap()
    };
    let told = |ran: &Output| {
        printed(ran, 0);
        String::from_utf8_lossy(&ran.stderr).into_owned()
    };
    let why = "note: the server is of an older release, which does not keep how flows are written";
    let file = scratch.path("one.yaml");
    let file = file.to_str().unwrap();
    fs::write(file, FLOW).unwrap();
    assert_eq!(told(&run(&["apply", file])), format!("{why}; comments are not kept\n"));
    fs::write(file, format!("{FLOW}end: {{ disposition: disconnect }}\n")).unwrap();
    let drafted = run(&["flows", "draft", "One", file]);
    assert_eq!(told(&drafted), format!("{why}; comments are not kept\n"));
    assert_eq!(printed(&drafted, 0), "flow One: version 2 saved as a draft\n");
    let shown = run(&["flows", "show", "One"]);
    assert_eq!(told(&shown), format!("{why}; this is the version's content\n"));
    assert!(printed(&shown, 0).starts_with("name: One\n"));
    let folder = scratch.path("out");
    let exported = run(&["export", folder.to_str().unwrap()]);
    assert!(told(&exported).starts_with(&format!("{why}; flows are exported without comments\n")));
    let written = fs::read_to_string(folder.join("flows/one.yaml")).unwrap();
    assert!(written.contains("name: One\n") && !written.contains('#'), "{written}");
}
