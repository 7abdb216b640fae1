//! What the shelf promises of every kind of object, over a real socket: one table of kinds, and each promise once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::{Answer, Server, server};

/// A kind of object.
struct Kind {
    /// The word for one.
    word: &'static str,
    /// The path of the list.
    all: &'static str,
    /// How one is changed.
    method: &'static str,
    /// What makes one.
    sent: Json,
    /// What changes it; `#` is a number that differs each time.
    changed: Json,
    /// What a change set calls the one that was sent.
    name: &'static str,
    /// The same as a member of a change set.
    member: Json,
}

const ROUTES: &str = "/routing/email/domains/shop.example/routes";

fn kinds() -> Vec<Kind> {
    let by_name = |word, all, method| Kind {
        word,
        all,
        method,
        sent: json!({"name": "One"}),
        changed: json!({"name": "One", "note": "#"}),
        name: "One",
        member: json!({"kind": word, "put": {"name": "One"}}),
    };
    let queue = json!({"name": "Sales"});
    let mailbox = json!({"name": "One", "host": "imap.example.com", "user": "desk", "auth": {"secret": "Desk"},
        "route": "desk@shop.example"});
    let mut changed_mailbox = mailbox.clone();
    changed_mailbox["user"] = json!("desk#");
    vec![
        by_name("queue", "/routing/queues", "PUT"),
        Kind {
            sent: json!({"name": "One", "schema": {"properties": {}}}),
            changed: json!({"name": "One", "description": "#", "schema": {"properties": {}}}),
            member: json!({"kind": "table", "put": {"name": "One", "schema": {"properties": {}}}}),
            ..by_name("table", "/flows/datatables", "PUT")
        },
        Kind {
            sent: json!({"name": "One", "timeZone": "UTC"}),
            changed: json!({"name": "One", "timeZone": "UTC", "description": "#"}),
            member: json!({"kind": "schedule", "put": {"name": "One", "timeZone": "UTC"}}),
            ..by_name("schedule", "/routing/schedules", "PUT")
        },
        Kind {
            sent: json!({"id": "one.example"}),
            changed: json!({"mailFromSettings": "#"}),
            name: "one.example",
            member: json!({"kind": "domain", "put": {"id": "one.example"}}),
            ..by_name("domain", "/routing/email/domains", "PATCH")
        },
        Kind {
            sent: json!({"pattern": "one", "queue": queue}),
            changed: json!({"pattern": "one", "queue": queue, "fromName": "#"}),
            name: "one@shop.example",
            member: json!({"kind": "route", "domain": "shop.example", "put": {"pattern": "one", "queue": queue}}),
            ..by_name("route", ROUTES, "PUT")
        },
        Kind {
            sent: json!({"name": "One", "url": "https://hooks.example.com/"}),
            changed: json!({"name": "One", "url": "https://hooks.example.com/#"}),
            member: json!({"kind": "webhook", "put": {"name": "One", "url": "https://hooks.example.com/"}}),
            ..by_name("webhook", "/webhooks", "PUT")
        },
        Kind {
            sent: data_action("https://api.example.com/"),
            changed: json!({"config": data_action("https://api.example.com/#")["config"]}),
            member: json!({"kind": "dataAction", "put": data_action("https://api.example.com/")}),
            ..by_name("dataAction", "/integrations/actions", "PATCH")
        },
        Kind {
            sent: json!({"name": "One", "value": "s3cret", "hosts": ["api.example.com"]}),
            changed: json!({"name": "One", "value": "s3cret#", "hosts": ["api#.example.com"]}),
            ..by_name("secret", "/secrets", "PUT")
        },
        Kind {
            sent: mailbox.clone(),
            changed: changed_mailbox,
            member: json!({"kind": "mailbox", "put": mailbox}),
            ..by_name("mailbox", "/mailboxes", "PUT")
        },
        by_name("skill", "/routing/skills", "PATCH"),
        by_name("language", "/routing/languages", "PATCH"),
    ]
}

/// A data action that asks a URL.
fn data_action(url: &str) -> Json {
    json!({
        "name": "One",
        "config": {"request": {"requestUrlTemplate": url, "requestType": "GET"}},
        "contract": {"input": {"inputSchema": {"type": "object"}}, "output": {"successSchema": {"type": "object"}}},
    })
}

/// Those that change sets hold.
fn kinds_in_sets() -> Vec<Kind> {
    let in_sets = |kind: &Kind| waypost_ids::Kind::named(kind.word).unwrap().is_in_change_sets();
    kinds().into_iter().filter(in_sets).collect()
}

/// A server with what some kinds need around them.
async fn prepared() -> Server {
    let server = server().await;
    server.call("POST", "/routing/email/domains", json!({"id": "shop.example"})).await.ok();
    server.call("POST", "/routing/queues", json!({"name": "Sales"})).await.ok();
    let route = json!({"pattern": "desk", "queue": {"name": "Sales"}});
    server.call("POST", ROUTES, route).await.ok();
    let secret = json!({"name": "Desk", "value": "s3cret", "hosts": ["imap.example.com"]});
    server.call("POST", "/secrets", secret).await.ok();
    server
}

impl Kind {
    async fn count(&self, server: &Server) -> u64 {
        server.get(self.all).await.ok()["total"].as_u64().unwrap()
    }

    /// Makes one, and answers its path and its tag.
    async fn make(&self, server: &Server) -> (String, String) {
        let made = server.call("POST", self.all, self.sent.clone()).await;
        let tag = made.header("etag").unwrap_or_else(|| panic!("{}: no tag", self.word)).to_owned();
        let uri = made.ok()["selfUri"].as_str().unwrap().to_owned();
        (uri.strip_prefix("/api/v2").unwrap().split('?').next().unwrap().to_owned(), tag)
    }

    /// Changes or deletes the one at a path, if its tag is among those told.
    async fn act(&self, server: &Server, method: &str, path: &str, tags: &str, number: u32) -> Answer {
        let body = self.changed.to_string().replace('#', &number.to_string());
        let sent = if method == "DELETE" { "" } else { body.as_str() };
        let headers = ["Content-Type: application/json".to_owned(), format!("If-Match: {tags}")];
        server.call_with(method, path, &headers.each_ref().map(String::as_str), sent.as_bytes()).await
    }

    /// What a set deletes it with.
    fn gone(&self) -> Json {
        json!({"kind": self.word, "name": self.name, "delete": true})
    }
}

async fn set(server: &Server, objects: &[Json], dry_run: bool) -> Answer {
    server.call("POST", "/changesets", json!({"objects": objects, "dryRun": dry_run})).await
}

fn outcome(answer: &Answer) -> String {
    answer.ok()["objects"][0]["outcome"].as_str().unwrap().to_owned()
}

#[test]
fn the_table_has_every_kind() {
    let words: Vec<&str> = kinds().iter().map(|kind| kind.word).collect();
    let all = waypost_ids::Kind::ALL.map(waypost_ids::Kind::as_str);
    for word in all.into_iter().filter(|word| *word != "flow") {
        assert!(words.contains(&word), "{word}: a line of this table is missing");
    }
}

#[tokio::test]
async fn each_is_made_listed_read_changed_and_deleted() {
    let server = prepared().await;
    for kind in kinds() {
        let (word, before) = (kind.word, kind.count(&server).await);
        let (path, tag) = kind.make(&server).await;
        let read = server.get(&path).await;
        assert_eq!(read.header("etag"), Some(tag.as_str()), "{word}");
        let one = read.ok();
        assert_eq!(kind.count(&server).await, before + 1, "{word}");
        let listed = server.get(&format!("{}?pageSize=100", kind.all)).await.ok();
        let ids: Vec<&Json> = listed["entities"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
        assert!(ids.contains(&&one["id"]), "{word}: {ids:?}");

        let twin = server.call("POST", kind.all, kind.sent.clone()).await;
        assert_eq!(twin.status, 409, "{word}: the name is taken");
        let changed = kind.act(&server, kind.method, &path, "*", 1).await;
        let second = changed.header("etag").unwrap().to_owned();
        let answered = changed.ok();
        assert_eq!((&answered["id"], second == tag), (&one["id"], false), "{word}");
        let read = server.get(&path).await;
        assert_eq!((read.header("etag"), read.ok()), (Some(second.as_str()), answered), "{word}");

        assert_eq!(server.call("DELETE", &path, Json::Null).await.status, 204, "{word}");
        for method in ["GET", "DELETE", kind.method] {
            assert_eq!(kind.act(&server, method, &path, "*", 2).await.status, 404, "{word} {method}");
        }
        assert_eq!(kind.count(&server).await, before, "{word}");
    }
}

#[tokio::test]
async fn conditional_requests_are_alike() {
    let server = prepared().await;
    for kind in kinds() {
        let word = kind.word;
        let (path, first) = kind.make(&server).await;
        let was = server.get(&path).await.ok();
        let weak = format!("W/{first}");
        for stale in ["\"1234567\"", &weak, "\"1234567\", \"7654321\"", "nonsense", "\"a\""] {
            for method in [kind.method, "DELETE"] {
                let refused = kind.act(&server, method, &path, stale, 1).await;
                assert_eq!(refused.error(), (412, "precondition.failed".to_owned()), "{word} {method} {stale}");
            }
        }
        assert_eq!(server.get(&path).await.ok(), was, "{word}: nothing was done");
        let changed = kind.act(&server, kind.method, &path, &format!("\"1234567\", {first}"), 2).await;
        let second = changed.header("etag").unwrap().to_owned();
        changed.ok();
        assert_eq!(kind.act(&server, kind.method, &path, &first, 3).await.status, 412, "{word}: the tag is used up");
        kind.act(&server, kind.method, &path, "*", 4).await.ok();
        assert_eq!(kind.act(&server, "DELETE", &path, &second, 5).await.status, 412, "{word}: changed since");
        let third = server.get(&path).await.header("etag").unwrap().to_owned();
        let deleted = kind.act(&server, "DELETE", &path, &format!("W/\"1\", {second}, {third}"), 6).await;
        assert_eq!(deleted.status, 204, "{word}");
        let (path, tag) = kind.make(&server).await;
        kind.act(&server, kind.method, &path, &tag, 7).await.ok();
        assert_eq!(kind.act(&server, "DELETE", &path, "*", 8).await.status, 204, "{word}");
    }
}

#[tokio::test]
async fn each_stands_in_a_change_set() {
    let server = prepared().await;
    for kind in kinds_in_sets() {
        let (word, before) = (kind.word, kind.count(&server).await);
        let put = std::slice::from_ref(&kind.member);
        assert_eq!(outcome(&set(&server, put, true).await), "created", "{word}");
        assert_eq!(kind.count(&server).await, before, "{word}: a dry run makes nothing");
        assert_eq!(outcome(&set(&server, put, false).await), "created", "{word}");
        assert_eq!(kind.count(&server).await, before + 1, "{word}");
        assert_eq!(outcome(&set(&server, put, false).await), "unchanged", "{word}");
        assert_eq!(outcome(&set(&server, &[kind.gone()], true).await), "deleted", "{word}");
        assert_eq!(kind.count(&server).await, before + 1, "{word}: a dry run deletes nothing");
        assert_eq!(outcome(&set(&server, &[kind.gone()], false).await), "deleted", "{word}");
        assert_eq!(kind.count(&server).await, before, "{word}");
    }
}

#[tokio::test]
async fn a_change_set_asks_for_revisions_as_if_match_does() {
    let server = prepared().await;
    for kind in kinds_in_sets() {
        let word = kind.word;
        let with = |member: &Json, tags: &str| {
            let mut member = member.clone();
            member["name"] = kind.name.into();
            member["ifMatch"] = tags.into();
            member
        };
        let absent = set(&server, &[with(&kind.member, "*")], false).await;
        assert_eq!(absent.status, 400, "{word}: `*` asks for one that is there");
        let (path, first) = kind.make(&server).await;
        let was = server.get(&path).await.ok();
        let weak = format!("W/{first}");
        for stale in ["\"1234567\"", &weak, "\"1234567\", \"7654321\"", "\"a\""] {
            for member in [with(&kind.member, stale), with(&kind.gone(), stale)] {
                let refused = set(&server, &[member], false).await;
                assert_eq!(refused.error(), (412, "precondition.failed".to_owned()), "{word} {stale}");
            }
        }
        assert_eq!(set(&server, &[with(&kind.gone(), "nonsense")], false).await.status, 400, "{word}");
        assert_eq!(server.get(&path).await.ok(), was, "{word}: nothing was done");
        for matching in ["*", &first, &format!("\"1234567\", {first}")] {
            assert_eq!(outcome(&set(&server, &[with(&kind.member, matching)], false).await), "unchanged", "{word}");
        }
        assert_eq!(outcome(&set(&server, &[with(&kind.gone(), &first)], false).await), "deleted", "{word}");
    }
}

#[tokio::test]
async fn a_change_set_is_made_whole_or_not_at_all() {
    let server = prepared().await;
    let missing = json!({"kind": "queue", "name": "Nobody", "delete": true});
    let stale = json!({"kind": "queue", "name": "Sales", "ifMatch": "\"1\"", "put": {"name": "Sales"}});
    for kind in kinds_in_sets() {
        let (word, before) = (kind.word, kind.count(&server).await);
        for (refused, status) in [(&missing, 400), (&stale, 412)] {
            let answer = set(&server, &[kind.member.clone(), refused.clone()], false).await;
            assert_eq!((answer.status, kind.count(&server).await), (status, before), "{word} is not made");
        }
        let (path, tag) = kind.make(&server).await;
        for (refused, status) in [(&missing, 400), (&stale, 412)] {
            let answer = set(&server, &[kind.gone(), refused.clone()], false).await;
            assert_eq!(answer.status, status, "{word}");
            assert_eq!(server.get(&path).await.header("etag"), Some(tag.as_str()), "{word} is not deleted");
        }
        assert_eq!(outcome(&set(&server, &[kind.gone()], false).await), "deleted", "{word}");
    }
}

#[tokio::test]
async fn a_secret_is_in_no_change_set() {
    let server = prepared().await;
    let secret = json!({"kind": "secret", "put": {"name": "One", "value": "s3cret", "hosts": ["api.example.com"]}});
    let refused = set(&server, &[secret], false).await;
    assert!(refused.status == 400 && !refused.json().to_string().contains("s3cret"), "{}", refused.json());
}

/// One set with a member of each kind: made, and taken back, together.
#[tokio::test]
async fn all_kinds_stand_in_one_change_set() {
    let server = prepared().await;
    let kinds = kinds_in_sets();
    let outcomes = |answer: Answer| {
        let done = answer.ok();
        let done = done["objects"].as_array().unwrap();
        done.iter().map(|one| one["outcome"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let put: Vec<Json> = kinds.iter().map(|kind| kind.member.clone()).collect();
    let gone: Vec<Json> = kinds.iter().map(Kind::gone).collect();
    assert_eq!(outcomes(set(&server, &put, false).await), vec!["created"; kinds.len()]);
    assert_eq!(outcomes(set(&server, &gone, false).await), vec!["deleted"; kinds.len()]);
}

/// Terms are names: where a flow writes one is known, declared before or after.
#[tokio::test]
async fn whatever_tells_what_uses_it_tells_what_it_uses() {
    let server = prepared().await;
    let document = server.get("/docs/openapi.json").await.json();
    let paths: Vec<&String> = document["paths"].as_object().unwrap().keys().collect();
    let used = paths.iter().filter_map(|path| path.strip_suffix("/usedby"));
    let unmatched: Vec<&str> = used.filter(|path| !paths.contains(&&format!("{path}/uses"))).collect();
    assert!(unmatched.is_empty(), "{unmatched:?}");

    for kind in kinds().into_iter().filter(|kind| !["domain", "route", "mailbox"].contains(&kind.word)) {
        let (path, _) = kind.make(&server).await;
        let graph = server.get(&format!("{path}/uses?transitive=true")).await.ok();
        assert_eq!((&graph["nodes"][0]["kind"], &graph["edges"]), (&json!(kind.word), &json!([])), "{graph}");
    }
    let webhook = server.get("/webhooks?name=One").await.ok()["entities"][0]["id"].clone();
    let pushed = json!({"name": "Pushed", "deliverTo": {"webhook": {"id": webhook}}});
    let queue = server.call("POST", "/routing/queues", pushed).await.ok()["id"].clone();
    let graph = server.get(&format!("/routing/queues/{}/uses", queue.as_str().unwrap())).await.ok();
    let edge = json!({"from": queue, "to": webhook, "kind": "deliverTo", "path": "deliverTo"});
    assert_eq!(graph["edges"], json!([edge]), "{graph}");
}

#[tokio::test]
async fn a_term_knows_the_flows_that_write_it() {
    let server = prepared().await;
    for (word, all, member) in [
        ("skill", "/routing/skills", json!({"skills": ["refunds", "${'french'}"]})),
        ("language", "/routing/languages", json!({"language": "refunds"})),
    ] {
        let made = server.call("POST", all, json!({"name": "Other"})).await.ok();
        let other = made["selfUri"].as_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned();
        let mut transfer = json!({"type": "transferToQueue", "queue": "Sales"});
        transfer.as_object_mut().unwrap().extend(member.as_object().unwrap().clone());
        let document = json!({"name": word, "type": "email", "nodes": [{"id": "go", "actions": [transfer]}]});
        let flow = server.call("POST", "/flows", document).await.ok()["id"].clone();
        let uses = format!("/flows/{}/uses", flow.as_str().unwrap());
        assert_eq!(server.get(&uses).await.ok()["nodes"].as_array().unwrap().len(), 2, "nobody declared it yet");

        let term = server.call("POST", all, json!({"name": "Refunds"})).await.ok();
        let path = term["selfUri"].as_str().unwrap().strip_prefix("/api/v2").unwrap().to_owned();
        let graph = server.get(&format!("{path}/usedby")).await.ok();
        let edge = json!({
            "from": flow, "to": term["id"], "kind": "transferToQueue", "version": 1, "path": "nodes[0].actions[0]",
        });
        assert_eq!(graph["edges"], json!([edge]), "{graph}");
        let used = server.get(&uses).await.ok();
        let told: Vec<&Json> = used["nodes"].as_array().unwrap().iter().map(|node| &node["kind"]).collect();
        assert_eq!(told, [&json!("flow"), &json!("queue"), &json!(word)]);
        let tracked = format!(
            "/architect/dependencytracking/consumedresources?id={}&objectType=INBOUNDEMAILFLOW",
            flow.as_str().unwrap()
        );
        let tracked = server.get(&tracked).await.ok();
        let kind = format!("ACD{}", word.to_uppercase());
        assert!(tracked["entities"].as_array().unwrap().iter().any(|one| one["type"] == kind.as_str()), "{tracked}");

        let refused = server.call("DELETE", &path, Json::Null).await;
        assert_eq!(refused.error(), (409, "general.resource.conflict".to_owned()), "{word}");
        assert_eq!(refused.json()["errors"][0]["flowId"], flow, "{word}");
        assert_eq!(server.call("PATCH", &path, json!({"name": "Returns"})).await.status, 409, "{word}");
        assert_eq!(server.call("PATCH", &path, json!({"name": "REFUNDS", "note": "x"})).await.status, 200, "{word}");
        assert_eq!(server.call("DELETE", &other, Json::Null).await.status, 204, "{word}");
        assert_eq!(server.call("DELETE", &uses.replace("/uses", ""), Json::Null).await.status, 204);
        assert_eq!(server.call("DELETE", &path, Json::Null).await.status, 204, "{word}: nothing names it");
    }
}
