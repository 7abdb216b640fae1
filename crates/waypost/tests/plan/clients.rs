//! Clients in a folder: planned, made, changed, exported, and their secrets kept once.

use std::fs;

use serde_json::{Value as Json, json};

use super::harness::scratch::Scratch;
use super::harness::{Server, Start};
use super::{edit, folder, names, printed};

/// A folder with clients and a queue.
const CLIENTS: &str = "kind: client\nname: CRM\ndescription: Takes work.\nscopes: [conversations, routing:read]\n---\n\
                       kind: client\nname: Reports\nscopes: [flow:read]\nstate: inactive\n---\nkind: queue\nname: Sales\n";

#[test]
fn clients_come_with_a_folder_and_their_secrets_go_to_a_file_once() {
    let scratch = Scratch::new("clients");
    let server = Server::start(&scratch.path("data"), &Start::default());
    let desk = folder(&scratch, "desk", &[("waypost.yaml", "kind: project\nname: desk\n"), ("a.yaml", CLIENTS)]);
    let kept = scratch.path("secrets.jsonl").to_str().unwrap().to_owned();

    let (out, _) = printed(&server.cli(&["plan", &desk]), 2);
    let lines = "+ queue Sales\n+ client CRM\n+ client Reports\n3 to create, 0 to change, 0 to delete, 0 unchanged\n";
    assert_eq!(out, lines);
    let (out, err) = printed(&server.cli(&["apply", &desk]), 1);
    assert!(out.is_empty() && err.contains("CRM, Reports") && err.contains("--client-secrets FILE"), "{out}{err}");
    assert_eq!(names(&server, "/routing/queues"), ["Unrouted"], "nothing is changed without a place for secrets");
    let (out, _) = printed(&server.cli(&["apply", "--dry-run", &desk]), 0);
    assert!(out.contains("client CRM: would be created\n"), "{out}");

    let (out, _) = printed(&server.cli(&["apply", &desk, "--client-secrets", &kept]), 0);
    assert!(out.starts_with("queue Sales: created\nclient CRM: created, id "), "{out}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&kept).unwrap();
    let made: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&made[0]["name"], &made[1]["name"]), (&json!("CRM"), &json!("Reports")));
    let secret = made[0]["clientSecret"].as_str().unwrap();
    assert!(!out.contains(secret) && !server.log().contains(secret));
    // The secret is good for what the folder says, and for nothing else.
    let crm = ["--client-id", made[0]["clientId"].as_str().unwrap(), "--client-secret", secret];
    let asked = |words: &[&str]| server.cli(&words.iter().chain(&crm).copied().collect::<Vec<_>>());
    printed(&asked(&["queues", "list"]), 0);
    let (_, err) = printed(&asked(&["plan", &desk]), 1);
    assert!(err.contains("the folder has clients: ") && err.contains("admin"), "{err}");
    let reports = ["--client-id", made[1]["clientId"].as_str().unwrap(), "--client-secret"];
    let reports = [&reports[..], &[made[1]["clientSecret"].as_str().unwrap()]].concat();
    assert!(!server.cli(&[&["flows", "list"][..], &reports].concat()).status.success(), "it is inactive");

    // Applied again, nothing changes, and no secret is made.
    let (out, _) = printed(&server.cli(&["apply", &desk]), 0);
    assert_eq!(out, "queue Sales: unchanged\nclient CRM: unchanged\nclient Reports: unchanged\n");
    assert_eq!(printed(&server.cli(&["plan", &desk]), 0).0, "nothing to do: 3 unchanged\n");

    edit(&desk, "a.yaml", "[conversations, routing:read]", "[email:read]");
    edit(&desk, "a.yaml", "inactive", "active");
    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    let (out, _) = printed(&server.cli(&["plan", &desk, "--out", &file]), 2);
    let changed = "\
~ client CRM
    ~ scopes: [\"email:write\",\"routing:read\"] -> [\"email:read\"]
~ client Reports
    ~ state: \"inactive\" -> \"active\"
0 to create, 2 to change, 0 to delete, 1 unchanged
";
    assert_eq!(out, changed);
    printed(&server.cli(&["clients", "scopes", "CRM", "flow:read"]), 0);
    let (out, err) = printed(&server.cli(&["apply", "--plan", &file]), 1);
    assert!(out.is_empty() && err.ends_with("plan again\n  client CRM was changed\n"), "{out}{err}");
    printed(&server.cli(&["plan", &desk, "--out", &file]), 2);
    let (out, _) = printed(&server.cli(&["apply", "--plan", &file]), 0);
    assert!(out.ends_with("client CRM: changed\nclient Reports: changed\n"), "{out}");
    let (told, _) = printed(&server.cli(&["audit", "--kind", "client", "--output", "json"]), 0);
    assert!(told.contains("\"CRM\"") && !told.contains(secret), "{told}");

    // An export has them, without the client that the server made for itself and without secrets; pruning leaves them alone.
    let out = scratch.path("out").to_str().unwrap().to_owned();
    printed(&server.cli(&["export", &out]), 0);
    let text = fs::read_to_string(format!("{out}/clients.yaml")).unwrap();
    assert!(text.contains("name: CRM") && !text.contains("tests") && !text.contains("ecret"), "{text}");
    assert_eq!(
        printed(&server.cli(&["plan", &out]), 0).0,
        "nothing to do: 3 unchanged\nnote: queue Sales stays with the project `desk`, which applied it last\n"
    );
    let (_, err) = printed(&server.cli(&["diff", &desk, &out]), 2);
    assert_eq!(err, "");
    fs::write(format!("{desk}/a.yaml"), "kind: queue\nname: Sales\n").unwrap();
    assert_eq!(printed(&server.cli(&["plan", "--prune", &desk]), 0).0, "nothing to do: 1 unchanged\n");
    // The client that the server made for itself is nobody's.
    fs::write(format!("{desk}/a.yaml"), "kind: client\nname: tests\nscopes: [flow:read]\n").unwrap();
    let (_, err) = printed(&server.cli(&["apply", &desk, "--client-secrets", &kept]), 1);
    assert!(err.contains("the server created the client `tests` itself"), "{err}");
}
