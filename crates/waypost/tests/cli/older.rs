//! A server of an older release: it does not know how versions are written.

use std::fs;
use std::process::{Command, Output};
use std::sync::Arc;

use super::harness::front;
use super::harness::scratch::Scratch;
use super::harness::{Server, Start, WAYPOST};
use super::printed;

const FLOW: &str = "# Where mail begins.\nname: One\ntype: shared\nnodes: []\n";

/// An address at which a server is as one of an older release.
fn older(server: &Server) -> String {
    let answer = |request: &str| {
        let refused = match request.split(' ').next_back()? {
            "/api/v2/flows/texts" => (404, "architect.flow.not.found"),
            path if path.ends_with("/text") => (501, "not.implemented"),
            _ => return None,
        };
        Some(front::refusal(refused, "no", ""))
    };
    front::before(server, Arc::new(answer))
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
