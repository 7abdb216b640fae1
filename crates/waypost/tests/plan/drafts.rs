//! What a server has besides what is published: newer drafts, newer versions after a rollback, and work in queues that are to go.

use std::fs;

use serde_json::json;
use waypost_scratch_postgres::Server as Database;

use super::harness::scratch::Scratch;
use super::harness::smtp::mail;
use super::harness::{Server, Start, nodes};
use super::{FILES, edit, folder, printed};

/// On both stores.
fn everywhere(test: fn(&str, &Start)) {
    test("sqlite", &Start::unlimited());
    if let Some(tools) = nodes::tools() {
        let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
        let environment = vec![("WAYPOST_DATABASE", database.fresh_database().unwrap().into())];
        test("postgres", &Start { environment, ..Start::unlimited() });
    }
}

#[test]
fn what_is_published_is_not_published_again_over_a_draft_or_a_rollback() {
    everywhere(not_again);
}

fn not_again(store: &str, start: &Start) {
    let scratch = Scratch::new(&format!("plan-drafts-{store}"));
    let server = Server::start(&scratch.path("data"), start);
    let desk = folder(&scratch, "desk", &FILES);
    printed(&server.cli(&["apply", &desk]), 0);
    let unchanged = "nothing to do: 11 unchanged\n";

    let draft = scratch.path("draft.yaml").to_str().unwrap().to_owned();
    let flow = FILES[2].1.replace("value: refund", "value: drafted");
    fs::write(&draft, flow).unwrap();
    printed(&server.cli(&["flows", "draft", "Topic", &draft]), 0);
    assert_eq!(printed(&server.cli(&["plan", &desk]), 0).0, unchanged);
    let (out, _) = printed(&server.cli(&["apply", &desk]), 0);
    assert!(out.contains("flow Topic: unchanged\n"), "{out}");
    let (out, _) = printed(&server.cli(&["flows", "publish", "Topic"]), 0);
    assert!(out.contains("version 2 published"), "the draft: {out}");

    printed(&server.cli(&["flows", "publish", "Topic", "--version", "1"]), 0);
    assert_eq!(printed(&server.cli(&["plan", &desk]), 0).0, unchanged);
    let (out, _) = printed(&server.cli(&["apply", &desk]), 0);
    assert!(out.contains("flow Topic: unchanged\n"), "{out}");

    // A draft that the folder has come to is published, and no version is made.
    edit(&desk, "flows/topic.yaml", "value: refund", "value: drafted");
    let (out, _) = printed(&server.cli(&["plan", &desk]), 2);
    assert!(out.contains("~ flow Topic\n    ~ nodes[a].actions[0].value: \"refund\" -> \"drafted\"\n"), "{out}");
    let (out, _) = printed(&server.cli(&["apply", &desk]), 0);
    assert!(out.contains("flow Topic: version 2 published\n"), "{out}");
}

#[test]
fn every_queue_with_work_is_named_when_it_is_to_go() {
    everywhere(in_the_way);
}

fn in_the_way(store: &str, start: &Start) {
    let scratch = Scratch::new(&format!("plan-occupied-{store}"));
    let server = Server::start(&scratch.path("data"), start);
    let desk = folder(&scratch, "desk", &[FILES[0]]);
    let routing = "kind: queue\nname: Billing\n---\nkind: queue\nname: General\n---\nkind: route\naddress: bills@example.com\nqueue: Billing\n\
        ---\nkind: route\naddress: care@example.com\nqueue: General\n";
    fs::write(format!("{desk}/routing.yaml"), routing).unwrap();
    printed(&server.cli(&["apply", &desk]), 0);
    for (number, to) in ["bills@example.com", "bills@example.com", "care@example.com"].into_iter().enumerate() {
        let mail = mail(&format!("{number}@customer.example"), "", "x");
        assert_eq!(server.smtp().deliver("ana@customer.example", to, &mail).unwrap().code, 250);
    }
    fs::remove_file(format!("{desk}/routing.yaml")).unwrap();
    let refused = server.cli(&["apply", &desk, "--prune"]);
    let (_, err) = printed(&refused, 1);
    let parts = [
        "queue `Billing` is in use: 2 interactions wait in it",
        "queue `General` is in use: 1 interaction waits in it",
    ];
    for part in parts {
        assert!(err.contains(part), "no `{part}` in {err}");
    }

    assert_eq!(err.matches("1 interaction waits in it").count(), 2, "listed, then refused: {err}");

    // What flows and routes use is told of everything that they use, too.
    let told = server.api().post(
        "/changesets",
        &json!({ "objects": [
        { "kind": "queue", "name": "Billing", "delete": true },
        { "kind": "queue", "name": "General", "delete": true },
    ] }),
    );
    let body = told.json();
    assert_eq!(told.status, 409, "{body}");
    let said = body["message"].as_str().unwrap();
    assert!(said.contains("queue `Billing` is in use by") && said.contains("queue `General` is in use by"), "{said}");
    let problems = body["errors"].as_array().unwrap();
    assert_eq!(problems.len(), 2, "{body}");
    assert_eq!(problems[1]["message"], "the route `care@example.com` uses the queue `General`");
}
