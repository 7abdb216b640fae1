//! What others do while a folder is applied: between the check and the change set, and between that and what comes after it.

use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use super::harness::front::{self, Before};
use super::harness::scratch::Scratch;
use super::harness::{Server, Start, WAYPOST};
use super::{edit, folder, printed};

/// Does something once, before the request of that number whose method and path begin and end so.
fn once(
    number: usize,
    (begin, end): (&'static str, &'static str),
    act: impl Fn() + Send + Sync + 'static,
) -> Arc<Before> {
    let count = Mutex::new(0);
    Arc::new(move |request: &str| {
        if request.starts_with(begin) && request.ends_with(end) {
            let mut count = count.lock().unwrap();
            *count += 1;
            if *count == number {
                act();
            }
        }
        None
    })
}

fn cli(server: &Server, url: &str, arguments: &[&str]) -> Output {
    Command::new(WAYPOST).args(arguments).envs(server.environment()).env("WAYPOST_URL", url).output().unwrap()
}

/// A command on a server, to be run by another thread.
fn other(server: &Server, arguments: &[&str]) -> impl Fn() + Send + Sync + 'static {
    let environment = server.environment();
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    move || {
        let ran = Command::new(WAYPOST).args(&arguments).envs(environment.clone()).output().unwrap();
        printed(&ran, 0);
    }
}

/// A project with the table Tiers, whose row says whose it is.
fn tiers(scratch: &Scratch, project: &str) -> String {
    let table = "kind: table\nname: Tiers\nschema: { properties: { tier: { type: string } } }\nrows: tiers.csv\n";
    let files = [
        ("project.yaml", format!("kind: project\nname: {project}\n---\n{table}")),
        ("tiers.csv", format!("KEY,tier\nk,of-{project}\n")),
    ];
    folder(scratch, project, &files.each_ref().map(|(file, text)| (*file, text.as_str())))
}

fn row(server: &Server) -> String {
    printed(&server.cli(&["tables", "lookup", "Tiers", "k"]), 0).0
}

const CHANGE_SET: (&str, &str) = ("POST ", "/changesets");
const ROWS: (&str, &str) = ("PUT ", "/rows");

#[test]
fn rows_of_a_table_that_another_project_made_meanwhile_stay() {
    let scratch = Scratch::new("between-new");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let (desk, sales) = (tiers(&scratch, "desk"), tiers(&scratch, "sales"));
    // The first change set only looks.
    let url = front::before(&server, once(2, CHANGE_SET, other(&server, &["apply", &desk])));
    let (_, err) = printed(&cli(&server, &url, &["apply", &sales]), 1);
    assert!(err.contains("the project `desk` applied the table `Tiers` last, and its rows differ"), "{err}");
    assert!(!err.contains("nothing was changed") && err.contains("--take-over takes it over"), "{err}");
    assert!(row(&server).contains("of-desk"));
}

#[test]
fn rows_that_are_the_same_are_left_to_the_project_that_came_first() {
    let scratch = Scratch::new("between-same");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let (desk, sales) = (tiers(&scratch, "desk"), tiers(&scratch, "sales"));
    edit(&sales, "tiers.csv", "of-sales", "of-desk");
    let url = front::before(&server, once(2, CHANGE_SET, other(&server, &["apply", &desk])));
    let (out, _) = printed(&cli(&server, &url, &["apply", &sales]), 0);
    assert!(out.contains("rows unchanged, 1 of them, version 1"), "{out}");
}

#[test]
fn rows_are_not_sent_over_those_of_a_project_that_took_the_table_over() {
    let scratch = Scratch::new("between-taken");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let (desk, sales) = (tiers(&scratch, "desk"), tiers(&scratch, "sales"));
    printed(&server.cli(&["apply", &desk]), 0);
    edit(&desk, "tiers.csv", "of-desk", "anew-of-desk");
    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    let url = front::before(&server, once(1, ROWS, other(&server, &["apply", &sales, "--take-over"])));
    let (_, err) = printed(&cli(&server, &url, &["apply", &desk]), 1);
    assert!(err.contains("the project `sales` applied the table `Tiers` last"), "{err}");
    assert!(row(&server).contains("of-sales"));
    printed(&server.cli(&["apply", &desk, "--take-over"]), 0);
    // A plan replaces the rows that it shows, whoever changed them.
    edit(&desk, "tiers.csv", "anew-of-desk", "planned-of-desk");
    let by_hand = scratch.path("by-hand.csv");
    std::fs::write(&by_hand, "KEY,tier\nk,by-hand\n").unwrap();
    let by_hand = ["tables", "import", "Tiers", by_hand.to_str().unwrap()].map(str::to_owned);
    let url = front::before(&server, once(1, ROWS, other(&server, &by_hand.each_ref().map(String::as_str))));
    printed(&cli(&server, &url, &["plan", &desk, "--out", &file]), 2);
    let (_, err) = printed(&cli(&server, &url, &["apply", "--plan", &file]), 1);
    assert!(err.contains("the rows have changed since the plan was made; plan again"), "{err}");
    assert!(row(&server).contains("by-hand"));
    // What is nobody else's is replaced as ever.
    let url = front::before(&server, once(1, ROWS, other(&server, &by_hand.each_ref().map(String::as_str))));
    printed(&cli(&server, &url, &["apply", &desk]), 0);
    assert!(row(&server).contains("planned-of-desk"));
}

#[test]
fn the_end_of_another_import_is_waited_for() {
    let scratch = Scratch::new("between-import");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let desk = tiers(&scratch, "desk");
    let running = "an import of the table `Tiers` is in progress";
    let answer = front::refusal((409, "table.import.running"), running, "Retry-After: 1\r\n");
    let left = Mutex::new(2);
    let url = front::before(
        &server,
        Arc::new(move |request: &str| {
            let mut left = left.lock().unwrap();
            let runs = request.starts_with(ROWS.0) && request.ends_with(ROWS.1) && *left > 0;
            *left -= usize::from(runs);
            runs.then(|| answer.clone())
        }),
    );
    let (_, err) = printed(&cli(&server, &url, &["apply", &desk]), 0);
    assert_eq!(err, format!("waypost: {running}; waiting for up to 60 s\n"));
    assert!(row(&server).contains("of-desk"));
}

/// All that is in the way is named in one refusal, whether the server looks after it or not.
#[test]
fn objects_and_rows_of_other_projects_are_named_together() {
    let scratch = Scratch::new("between-named");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let (desk, sales) = (tiers(&scratch, "desk"), tiers(&scratch, "sales"));
    edit(&desk, "project.yaml", "name: desk\n", "name: desk\n---\nkind: queue\nname: General\n");
    let queue = "name: sales\n---\nkind: queue\nname: General\ndescription: Of sales.\n";
    edit(&sales, "project.yaml", "name: sales\n", queue);
    printed(&server.cli(&["apply", &desk]), 0);
    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    printed(&server.cli(&["plan", &sales, "--out", &file]), 2);
    for arguments in [&["apply", &sales][..], &["apply", &sales, "--dry-run"], &["apply", "--plan", &file]] {
        let (_, err) = printed(&server.cli(arguments), 1);
        for part in ["applied the queue `General` last", "applied the table `Tiers` last, and its rows differ"] {
            assert!(err.contains(part), "no `{part}` in {err}");
        }
    }
}

#[test]
fn two_that_make_the_same_client_leave_one() {
    let scratch = Scratch::new("between-clients");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let desk = folder(&scratch, "desk", &[("a.yaml", "kind: client\nname: CRM\nscopes: [flow:read]\n")]);
    let [one, two] = ["one", "two"].map(|name| scratch.path(name).to_str().unwrap().to_owned());
    let create = ("POST ", "/oauth/clients");
    let url = front::before(&server, once(1, create, other(&server, &["apply", &desk, "--client-secrets", &one])));
    let (_, err) = printed(&cli(&server, &url, &["apply", &desk, "--client-secrets", &two]), 2);
    assert!(err.contains("somebody else created one of this name meanwhile"), "{err}");
    let kept = |file: &str| std::fs::read_to_string(file).unwrap();
    assert_eq!(kept(&two), "", "no secret of a client that is gone");
    let made: Json = serde_json::from_str(&kept(&one)).unwrap();
    let all = server.api().get("/oauth/clients").ok();
    let named = all["entities"].as_array().unwrap().iter().filter(|one| one["name"] == "CRM");
    assert_eq!(named.map(|one| &one["id"]).collect::<Vec<_>>(), [&made["clientId"]]);
    printed(&server.cli(&["apply", &desk]), 0);
}
