//! Folders in memory: what a document is, what is there twice, how rows differ.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use serde_json::json;
use waypost_flow::diagnostic::render::in_file;
use waypost_project::difference::RowsDifference;
use waypost_project::{Project, SourceFile};

fn read(files: &[(&str, &str)]) -> Project {
    let file = |(path, text): &(&str, &str)| SourceFile { path: (*path).to_owned(), text: (*text).to_owned() };
    Project::read(&files.iter().map(file).collect::<Vec<_>>())
}

/// Problems as `file#document path: message`.
fn problems(project: &Project) -> Vec<String> {
    let told = project
        .problems
        .iter()
        .map(|one| format!("{}#{} {}: {}", one.at.file, one.at.document, one.diagnostic.path, one.diagnostic.message));
    told.collect()
}

#[test]
fn a_document_is_of_a_kind_by_its_word_or_by_its_members() {
    let files = [
        ("a.yaml", "---\nkind: queue\nname: Q\n---\n---\nqueues: [R, q]\nroutes: []\n"),
        ("b.json", r#"{"kind": "domain", "domain": "x.test"}"#),
        ("Hours.yaml", "timeZone: Europe/Berlin\n"),
        ("t.yaml", "schema: { properties: {} }\n"),
        ("f.yaml", "kind: flow\nname: F\ntype: email\nnodes: []\n"),
    ];
    let project = read(&files);
    assert_eq!(problems(&project), [""; 0]);
    let set = project.change_set();
    let objects: Vec<_> =
        set.objects.iter().map(|one| format!("{} {:?}", one.kind, one.put.as_ref().unwrap())).collect();
    assert_eq!(objects.len(), 4, "{objects:?}");
    assert_eq!((set.queues, set.flows.len()), (vec!["R".to_owned()], 1));
    assert!(set.flows[0].document.as_ref().unwrap().get("kind").is_none());
}

#[test]
fn a_queue_puts_mail_where_a_mailbox_of_the_folder_has_it() {
    let mailbox =
        "kind: mailbox\nname: Desk\nhost: imap.example\nuser: desk\nauth: { secret: Desk }\nroute: help@desk.example\n";
    for (to, expected) in [
        ("{ mailbox: desk, folder: Handled }", None),
        ("{ mailbox: { name: Desk }, folder: Handled }", None),
        ("{ mailbox: Disk, folder: Handled }", Some("there is no mailbox `Disk`")),
        ("{ mailbox: Desk, folder: inbox }", Some("the mailbox `Desk` watches `INBOX`")),
    ] {
        let queue = format!("kind: queue\nname: Support\ndeliverTo: {to}\n");
        let mut project = read(&[("m.yaml", mailbox), ("q.yaml", queue.as_str())]);
        project.world();
        let told = problems(&project);
        match expected {
            None => assert_eq!(told, [""; 0], "{to}"),
            Some(part) => assert!(told.len() == 1 && told[0].contains(part), "{to}: {told:?}"),
        }
    }
}

#[test]
fn a_term_that_is_listed_and_has_a_document_is_sent_once() {
    let files = [
        ("a.yaml", "skills: [Refunds, REFUNDS, { name: Billing }]\nlanguages: [de]\n"),
        ("b.yaml", "kind: skill\nname: refunds\ndescription: money back\n---\nkind: language\nname: en\n"),
    ];
    let project = read(&files);
    assert_eq!(problems(&project), [""; 0]);
    let objects = project.change_set().objects;
    let mut sent: Vec<_> = objects.iter().map(|one| format!("{} {}", one.kind, json!(one.put))).collect();
    sent.sort_unstable();
    let expected = [
        r#"language {"name":"de"}"#,
        r#"language {"name":"en"}"#,
        r#"skill {"description":"money back","name":"refunds"}"#,
        r#"skill {"name":"Billing"}"#,
    ];
    assert_eq!(sent, expected);

    let wrong = read(&[
        ("a.yaml", "skills: [1, ' ']\nlanguages: en\n"),
        ("b.yaml", "kind: skill\nname: A\n---\nkind: skill\nname: a\n"),
    ]);
    let expected = [
        "0#0 languages: expected a list",
        "0#0 skills[0]: expected a skill's name, or `name: …`",
        "0#0 skills[1]: this name can't be used",
        "1#1 name: the skill `a` is already defined in `b.yaml:2`",
    ];
    assert_eq!(problems(&wrong), expected);
}

#[test]
fn a_queue_that_is_listed_more_than_once_is_sent_once() {
    let files = [
        ("a.yaml", "queues: [Refunds, REFUNDS, { name: Billing }, Care]\n"),
        ("b.yaml", "queues: [billing]\n---\nkind: queue\nname: care\n"),
    ];
    let project = read(&files);
    assert_eq!(problems(&project), [""; 0]);
    assert_eq!(project.change_set().queues, ["Refunds", "Billing"]);
}

#[test]
fn every_problem_is_told_with_its_document() {
    let files = [
        ("a.yaml", "kind: webhok\n---\nkind: 7\n---\nkind: route\naddress: none\npriority: high\n"),
        ("b.yaml", "kind: table\nname: T\nname: U\n"),
        ("c.yaml", "queues: [[]]\nroutes: [{ address: a@b.test, flow: F, queue: Q }]\nrote: 1\n"),
    ];
    let mut project = read(&files);
    project.world();
    let expected = [
        "0#0 kind: unknown kind `webhok`",
        "0#1 kind: expected the kind of object, such as `queue`",
        "0#2 priority: expected an integer",
        "0#2 address: `none` is not pattern@domain",
        "1#0 name: the key `name` appears twice",
        "2#0 rote: unknown key `rote`",
        "2#0 queues[0]: expected a queue's name, or `name: …`",
        "2#0 routes[0]: expected `flow` or `queue`, one of them",
    ];
    assert_eq!(problems(&project), expected);
    assert!(!project.is_complete());
}

#[test]
fn a_flow_that_can_not_be_read_is_not_missing_to_its_callers() {
    let caller = |callee: &str| {
        format!(
            "name: Caller of {callee}\ntype: email\nnodes: [{{ id: a, actions: [{{ type: runFlow, flow: '{callee}' }}] }}]\n"
        )
    };
    let files = [
        ("broken.yaml", "name: \"Broken\" # as it is\ntype: shared\nnodes:\n  - id: [a\n    b: c\n"),
        ("wrong.yaml", "name: Wrong\ntype: shared\nnodes: 7\n"),
        ("a.yaml", &caller("broken")),
        ("b.yaml", &caller("Wrong")),
        ("c.yaml", &caller("Elsewhere")),
        ("routing.yaml", "routes: [{ address: a@b.test, flow: wrong }]\n"),
    ];
    let mut project = read(&files);
    project.world();
    let told = problems(&project);
    assert_eq!(told.len(), 3, "{told:#?}");
    assert!(told[0].starts_with("0#0 : a `:` within brackets that are not closed"), "{told:#?}");
    assert!(told[1].starts_with("1#0 nodes: "), "{told:#?}");
    assert_eq!(told[2], "4#0 nodes[0].actions[0].flow: there is no flow `Elsewhere`");
    let shown = in_file(
        &project.problems[0].diagnostic,
        "broken.yaml",
        files[0].1,
        project.places(project.problems[0].at).unwrap(),
        false,
    );
    assert!(shown.contains("  --> broken.yaml:5:6\n  |\n5 |     b: c\n  |      ^\n"), "{shown}");
}

#[test]
fn two_flows_of_one_name_are_told_apart_by_a_name_and_not_by_an_id_that_no_server_has() {
    let twins = "name: Twin\ntype: shared\nnodes: []\n---\nname: Twin\ntype: email\nnodes: [{ id: a, actions: [{ type: disconnect }] }]\n---\n\
        name: Caller\ntype: email\nnodes: [{ id: a, actions: [{ type: runFlow, flow: Twin }, { type: disconnect }] }]\n";
    let mut project = read(&[("a.yaml", twins)]);
    project.world();
    let told = problems(&project);
    assert_eq!(told.len(), 1, "{told:#?}");
    let problem = &project.problems[0].diagnostic;
    assert_eq!(problem.suggestion.as_deref(), Some("rename one of the flows"));
    assert_eq!(problem.expected.as_deref(), Some("a name that one flow has"));
}

/// Objects that a flow and a route name, each a file.
const NAMED: [(&str, &str); 6] = [
    ("queue.yaml", "kind: queue\nname: Desk\nserviceLevel: PT4H\n"),
    ("table.yaml", "kind: table\nname: Customers\nschema: { properties: { tier: { dataType: string } } }\n"),
    (
        "schedule.yaml",
        "kind: schedule\nname: Hours\ntimeZone: UTC\nopen: [{ days: mon-fri, from: '09:00', to: '17:00' }]\n",
    ),
    ("webhook.yaml", "kind: webhook\nname: Orders\nurl: https://orders.example/hook\n"),
    (
        "action.json",
        r#"{"kind": "dataAction", "name": "Get customer", "config": {"request": {"requestUrlTemplate": "https://crm.example/", "requestType": "GET"}, "response": {"successTemplate": "{}"}}, "contract": {"input": {"inputSchema": {"type": "object"}}, "output": {"successSchema": {"type": "object"}}}}"#,
    ),
    ("topic.json", r#"{"name": "Topic", "type": "shared", "nodes": []}"#),
];

const USER: (&str, &str) = (
    "user.yaml",
    "name: User\ntype: email\nnodes:\n  - id: a\n    actions:\n\
        \x20     - { type: runFlow, flow: Topic }\n\
        \x20     - { type: lookupTable, table: Customers, key: x, notFound: { to: b } }\n\
        \x20     - { type: evaluateSchedule, schedule: Hours }\n\
        \x20     - { type: sendWebhook, webhook: Orders, payload: x }\n\
        \x20     - { type: callDataAction, dataAction: Get customer, failure: { to: b }, timedOut: { to: b } }\n\
        \x20     - { type: transferToQueue, queue: Desk }\n\
        \x20 - { id: b, actions: [{ type: transferToQueue, queue: Desk }] }\n---\nqueues: [Other]\n---\n\
        kind: queue\nname: Pushed\ndeliverTo: { webhook: Orders }\n---\n\
        kind: route\naddress: a@b.test\nflow: User\nunroutedQueue: Desk\n",
);

#[test]
fn one_mistake_in_an_object_is_told_once_whoever_names_it() {
    let sound: Vec<(&str, &str)> = NAMED.into_iter().chain([USER]).collect();
    let mut project = read(&sound);
    project.world();
    assert_eq!(problems(&project), [""; 0]);
    for (file, right, wrong) in [
        ("queue.yaml", "PT4H", "soon"),
        ("table.yaml", "name: Customers", "nme: Customers"),
        ("queue.yaml", "name: Desk", "name: Desk\nname: Desk"),
        ("queue.yaml", "kind: queue", "kind: queu"),
        ("queue.yaml", "serviceLevel: PT4H", "deliverTo: { webhook: Nothing }"),
        ("queue.yaml", "serviceLevel:", "\tserviceLevel:"),
        ("table.yaml", "dataType: string", "dataType: sting"),
        ("table.yaml", "tier: {", "tier: [{"),
        ("schedule.yaml", "mon-fri", "mon-fry"),
        ("schedule.yaml", "'09:00'", "'09:00"),
        ("webhook.yaml", "https:", "htps:"),
        ("webhook.yaml", "url:", "url"),
        ("action.json", "\"GET\"", "\"GTE\""),
        ("action.json", "\"name\"", "\"name"),
        ("topic.json", "\"nodes\"", "\"noddes\""),
        ("topic.json", "\"type\"", "\"type"),
        ("topic.json", "\"name\"", "\"nme\""),
    ] {
        let broken: Vec<(&str, String)> = sound
            .iter()
            .map(|(path, text)| {
                (*path, if *path == file { text.replacen(right, wrong, 1) } else { (*text).to_owned() })
            })
            .collect();
        let files: Vec<(&str, &str)> = broken.iter().map(|(path, text)| (*path, text.as_str())).collect();
        assert_ne!(files, sound, "{file}: {wrong}");
        let mut project = read(&files);
        project.world();
        let told = problems(&project);
        let at = sound.iter().position(|(path, _)| *path == file).unwrap();
        let elsewhere: Vec<&String> = told.iter().filter(|one| !one.starts_with(&format!("{at}#"))).collect();
        assert!(!told.is_empty() && elsewhere.is_empty(), "{file}: {wrong}: {told:#?}");
    }
}

#[test]
fn nothing_is_read_from_outside_and_no_flow_is_empty() {
    let project = read(&[
        ("a.yaml", "kind: flow\nname: Ghost\ntype: email\n"),
        ("b.yaml", "kind: table\nname: T\nschema: { properties: {} }\nrows: ../../etc/passwd\n"),
        ("c.yaml", "kind: table\nname: U\nschema: { properties: {} }\nrows: /etc/passwd\n"),
        ("d.yaml", "kind: table\nname: V\nschema: { properties: {} }\nrows: ./data/v.csv\n"),
    ]);
    let expected = [
        "0#0 nodes: `nodes` is missing",
        "1#0 rows: `../../etc/passwd` is not beside the table's file or below it",
        "2#0 rows: `/etc/passwd` is not beside the table's file or below it",
    ];
    assert_eq!(problems(&project), expected);
}

fn difference(rows: &str, export: &str) -> RowsDifference {
    let columns = "a: { dataType: string, default: x }, n: { dataType: integer }";
    let mut project =
        read(&[("t.yaml", &format!("ignoreCase: true\nschema: {{ properties: {{ {columns} }} }}\nrows: {rows}\n"))]);
    let rows = project.rows(|_, _| Ok(std::io::empty()));
    assert_eq!(problems(&project), [""; 0]);
    let there = json!({ "properties": { "a": { "type": "string", "default": "x" }, "n": { "type": "integer" } } });
    RowsDifference::of((&project.tables()[0].table, &rows), (&there, true), export.as_bytes()).unwrap()
}

#[test]
fn rows_are_the_same_if_flows_would_see_the_same() {
    let of = |added, changed, removed, same| RowsDifference { added, changed, removed, same };
    assert_eq!(difference("[]", "key,a,n\n"), of(0, 0, 0, 0));
    assert_eq!(difference("[{ KEY: k }]", "key,a,n\n"), of(1, 0, 0, 0));
    assert_eq!(difference("[]", "key,a,n\nk,v,1\n"), of(0, 0, 1, 0));
    assert_eq!(
        difference("[{ KEY: k, a: v }, { KEY: l }, { KEY: m, a: x }]", "key,a,n\nk,w,\nl,x,\nm,,\n"),
        of(0, 1, 0, 2)
    );
}

#[test]
fn an_exported_data_action_is_read_as_it_is() {
    let export = include_str!("../../../spec/data-actions/exports/get-by-path.json");
    let yaml = "kind: dataAction\nname: Other\nconfig: { request: { requestUrlTemplate: \"https://a.example/\", requestType: GET } }\n\
        contract: { input: { inputSchema: { type: object } }, output: { successSchema: { type: object } } }\n";
    let project = read(&[("get.json", export), ("other.yaml", yaml)]);
    assert_eq!(problems(&project), [""; 0]);
    let objects = project.change_set().objects;
    let put = objects[0].put.as_ref().unwrap();
    assert_eq!((objects.len(), objects[0].kind.as_str()), (2, "dataAction"));
    assert_eq!((&put["integrationType"], &put["actionType"]), (&json!("custom-rest-actions"), &json!("custom")));
    // The secret that it names is the server's: a folder has none.
    assert!(put["config"]["request"]["headers"].to_string().contains("${credentials.crmToken}"));

    let wrong = read(&[
        ("a.yaml", &yaml.replace("https://a.example/", "/api/v2/users")),
        ("b.json", export),
        ("c.json", export),
    ]);
    let told = problems(&wrong);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("0#0 config.request.requestUrlTemplate: "), "{told:?}");
    assert!(told[1].starts_with("2#0 name: the dataAction "), "{told:?}");
}

#[test]
fn a_client_is_read_with_every_problem_and_never_with_a_secret() {
    let text = "kind: client\nname: CRM\nscopes: [conversations, flow:read, email:write]\n---\nkind: client\nname: crm\nscopes: [admin]\n---\n\
                kind: client\nname: X\nscope: [admin]\nsecret: hunter2\nstate: gone\n---\nkind: client\nname: Y\nscopes: [flow:wirte]\naccessTokenValiditySeconds: 5\n";
    let project = read(&[("c.yaml", text)]);
    let clients: Vec<_> = project.clients().map(|one| (one.name.as_str(), one.scope.join(" "))).collect();
    assert_eq!(clients, [("CRM", "email:write flow:read".to_owned())]);
    let expected = [
        "0#1 name: the client `crm` is already defined in `c.yaml:2`",
        "0#2 kind: a client's `secret` can't be in a folder",
        "0#2 state: this is not a state of clients",
        "0#2 scope: unknown key `scope`",
        "0#3 scopes[0]: `flow:wirte` is not a scope",
        "0#3 accessTokenValiditySeconds: tokens can't last this long",
    ];
    assert_eq!(problems(&project), expected);
    for problem in &project.problems {
        let shown = in_file(&problem.diagnostic, "c.yaml", text, project.places(problem.at).unwrap(), false);
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert!(project.change_set().objects.is_empty());
}
