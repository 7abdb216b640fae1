//! Two projects that have an object of one name: none takes it from the other without a word.

use serde_json::{Value as Json, json};

use super::harness::scratch::Scratch;
use super::harness::{Server, Start};
use super::{edit, folder, printed};

const OF_DESK: &str = "kind: project\nname: desk\n---\nkind: queue\nname: General\n---\nkind: queue\nname: Billing\n";
const FLOW: &str =
    "name: Inbound\ntype: email\nnodes:\n  - { id: a, actions: [{ type: transferToQueue, queue: General }] }\n";

#[test]
fn what_another_project_applied_is_named_and_taken_over_only_if_asked() {
    let scratch = Scratch::new("two-projects");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let desk = folder(&scratch, "desk", &[("desk.yaml", OF_DESK), ("flow.yaml", FLOW)]);
    let of_sales = OF_DESK.replace("desk", "sales").replace("Billing", "Orders");
    let sales = folder(&scratch, "sales", &[("sales.yaml", &of_sales), ("flow.yaml", FLOW)]);
    printed(&server.cli(&["apply", &desk]), 0);
    edit(&sales, "flow.yaml", "id: a", "id: b");

    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    let (out, _) = printed(&server.cli(&["plan", &sales, "--out", &file]), 2);
    assert!(out.contains("~ flow Inbound\n") && out.contains("    the project `desk` applied it last\n"), "{out}");
    let end = "+ queue Orders\n1 to create, 1 to change, 0 to delete, 1 unchanged\n\
        1 object of another project: `apply` needs --take-over\n\
        note: queue General stays with the project `desk`, which applied it last\n";
    assert!(out.ends_with(end), "{out}");
    let (out, _) = printed(&server.cli(&["plan", &sales, "--output", "json"]), 2);
    let plan: Json = serde_json::from_str(&out).unwrap();
    let taken: Vec<&Json> = plan["objects"].as_array().unwrap().iter().map(|one| &one["takenFrom"]).collect();
    assert_eq!(taken, [&json!("desk"), &Json::Null], "{out}");
    assert_eq!(plan["ofOthers"], json!([{ "kind": "queue", "name": "General", "project": "desk" }]));

    let epoch = server.api().post("/changesets", &json!({ "queues": ["General"], "dryRun": true })).ok();
    for refused in [
        server.cli(&["apply", &sales]),
        server.cli(&["apply", &sales, "--yes"]),
        server.cli(&["apply", &sales, "--dry-run"]),
        server.cli(&["apply", &sales, "--prune"]),
        server.cli(&["apply", "--plan", &file]),
    ] {
        let (out, err) = printed(&refused, 1);
        assert_eq!(out, "");
        for part in [
            "the project `desk` applied the flow `Inbound` last",
            "nothing was changed; --take-over takes over what another project applied",
        ] {
            assert!(err.contains(part), "no `{part}` in {err}");
        }
    }
    let now = server.api().post("/changesets", &json!({ "queues": ["General"], "dryRun": true })).ok();
    assert_eq!(epoch["epoch"], now["epoch"], "nothing was changed");
    let changed = json!({ "kind": "queue", "put": { "name": "General", "serviceLevel": "PT4H" } });
    let set = json!({ "project": "sales", "objects": [changed] });
    let refused = server.api().post("/changesets", &set).error(409);
    assert_eq!(refused["code"], "changeset.project.other");
    assert_eq!(refused["errors"][0]["entityName"], "General");

    let (out, _) = printed(&server.cli(&["apply", "--plan", &file, "--take-over"]), 0);
    assert!(out.contains("queue General: unchanged, taken over from the project `desk`\n"), "{out}");
    assert!(out.contains("flow Inbound: version 2 published, taken over from the project `desk`\n"), "{out}");
    assert_eq!(printed(&server.cli(&["plan", &sales]), 0).0, "nothing to do: 3 unchanged\n");
    let (out, _) = printed(&server.cli(&["plan", &desk]), 2);
    assert!(out.contains("the project `sales` applied it last"), "{out}");
    assert!(out.contains("note: queue General stays with the project `sales`"), "{out}");
}

#[test]
fn what_is_the_same_stays_with_the_project_that_applied_it() {
    let scratch = Scratch::new("two-projects-same");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let desk = folder(&scratch, "desk", &[("desk.yaml", OF_DESK)]);
    let sales = folder(&scratch, "sales", &[("sales.yaml", &OF_DESK.replace("desk", "sales"))]);
    printed(&server.cli(&["apply", &desk]), 0);
    printed(&server.cli(&["apply", &sales]), 0);
    edit(&sales, "sales.yaml", "\n---\nkind: queue\nname: Billing\n", "\n");
    let (out, _) = printed(&server.cli(&["plan", &sales, "--prune"]), 0);
    assert!(out.starts_with("nothing to do: 1 unchanged\nnote: queue General stays with"), "{out}");
    let (out, _) = printed(&server.cli(&["apply", &sales, "--take-over"]), 0);
    assert_eq!(out, "queue General: unchanged, taken over from the project `desk`\n");
    edit(&desk, "desk.yaml", "\n---\nkind: queue\nname: General\n", "\n");
    let (out, _) = printed(&server.cli(&["plan", &desk, "--prune"]), 0);
    assert_eq!(out, "nothing to do: 1 unchanged\n", "General is no longer this project's to delete");
}

/// Rows and comments are in no change set, and stay with what they belong to all the same.
#[test]
fn rows_and_comments_stay_with_the_project_of_their_object() {
    let scratch = Scratch::new("two-projects-beside");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let of = |project: &str| {
        let table = "kind: table\nname: Tiers\nschema: { properties: { tier: { type: string } } }\nrows: tiers.csv\n";
        let files = [
            ("project.yaml", format!("kind: project\nname: {project}\n---\n{table}")),
            ("tiers.csv", format!("KEY,tier\nk,of-{project}\n")),
            ("flow.yaml", format!("# of {project}\nname: Shared\ntype: shared\nnodes: []\n")),
        ];
        folder(&scratch, project, &files.each_ref().map(|(file, text)| (*file, text.as_str())))
    };
    let (desk, sales) = (of("desk"), of("sales"));
    printed(&server.cli(&["apply", &desk]), 0);
    let state = || {
        let (rows, _) = printed(&server.cli(&["tables", "lookup", "Tiers", "k"]), 0);
        let (text, _) = printed(&server.cli(&["flows", "show", "Shared"]), 0);
        (rows.contains("of-desk"), text.contains("# of desk"))
    };
    let file = scratch.path("plan.json").to_str().unwrap().to_owned();
    let (out, _) = printed(&server.cli(&["plan", &sales, "--out", &file]), 2);
    let end = "0 to create, 1 to change, 0 to delete, 1 unchanged\n\
        1 object of another project: `apply` needs --take-over\n\
        note: flow Shared stays with the project `desk`, which applied it last\n";
    assert!(out.ends_with(end), "{out}");
    for arguments in [&["apply", &sales][..], &["apply", "--plan", &file], &["apply", &sales, "--dry-run"]] {
        let (out, err) = printed(&server.cli(arguments), 1);
        let why = "the project `desk` applied the table `Tiers` last, and its rows differ";
        assert!(out.is_empty() && err.contains(why) && err.contains("nothing was changed; --take-over"), "{err}");
        assert_eq!(state(), (true, true));
    }
    // With the same rows nothing is in the way, and the comments are still the other's.
    edit(&sales, "tiers.csv", "of-sales", "of-desk");
    let (out, _) = printed(&server.cli(&["apply", &sales]), 0);
    assert!(!out.contains("text of") && out.contains("rows unchanged"), "{out}");
    assert_eq!(state(), (true, true));
    edit(&sales, "tiers.csv", "of-desk", "of-sales");
    printed(&server.cli(&["apply", &sales, "--take-over"]), 0);
    assert_eq!(state(), (false, false));
}

#[test]
fn what_is_only_listed_is_taken_from_nobody() {
    let scratch = Scratch::new("two-projects-listed");
    let server = Server::start(&scratch.path("data"), &Start::unlimited());
    let desk = folder(&scratch, "desk", &[("desk.yaml", OF_DESK)]);
    let listed = "kind: project\nname: guest\n---\nqueues: [General, Billing]\n";
    let guest = folder(&scratch, "guest", &[("guest.yaml", listed)]);
    printed(&server.cli(&["apply", &desk]), 0);
    printed(&server.cli(&["apply", &guest]), 0);
    printed(&server.cli(&["apply", &desk]), 0);
}
