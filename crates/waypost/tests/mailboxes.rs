//! Mail taken from mailboxes by IMAP, with the built binary: a real Dovecot, and servers that do what it won't.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "modules of one test")]

#[path = "mailboxes/dovecot.rs"]
mod dovecot;
#[path = "mailboxes/filing.rs"]
mod filing;
mod harness;
#[path = "mailboxes/proxy.rs"]
mod proxy;
#[path = "mailboxes/submission.rs"]
mod submission;
#[path = "mailboxes/tokens.rs"]
mod tokens;

use dovecot::{Dovecot, PASSWORD, Program};
use harness::http::Api;
use harness::imap::{How, Scripted};
use harness::scratch::Scratch;
use harness::smtp::mail;
use harness::{Server, Start, nodes, wait_for};
use proxy::{Moment, Proxy};
use serde_json::{Value as Json, json};
use tokens::Tokens;
use waypost_scratch_postgres::Server as Database;

/// A server that may reach this machine, and looks into folders often.
fn started(scratch: &Scratch, name: &str, dovecot: Option<&Dovecot>, database: Option<&str>) -> Server {
    started_with(scratch, name, dovecot, database, &[])
}

/// The same with further arguments.
fn started_with(
    scratch: &Scratch,
    name: &str,
    dovecot: Option<&Dovecot>,
    database: Option<&str>,
    arguments: &[&str],
) -> Server {
    let mut start = Start::unlimited();
    start.arguments.extend(arguments.iter().map(|word| (*word).to_owned()));
    start.arguments.extend(["--allow-private-targets", "127.0.0.0/8"].map(str::to_owned));
    start.environment.push(("WAYPOST_MAILBOX_POLL", "1s".into()));
    start.environment.extend(dovecot.map(|dovecot| ("SSL_CERT_FILE", dovecot.certificate().into())));
    start.environment.extend(database.map(|url| ("WAYPOST_DATABASE", url.into())));
    Server::start(&scratch.path(name), &start)
}

/// What a mailbox needs around it.
fn prepared(api: &Api) {
    api.post("/routing/queues", &json!({"name": "Support"})).ok();
    api.post("/routing/email/domains", &json!({"id": "desk.example"})).ok();
    let route = json!({"pattern": "help", "queue": {"name": "Support"}});
    api.post("/routing/email/domains/desk.example/routes", &route).ok();
    api.post("/secrets", &json!({"name": "Desk", "value": PASSWORD, "hosts": ["localhost", "127.0.0.1"]})).ok();
}

/// A mailbox at a port without TLS, with these members besides or instead.
fn mailbox(port: u16, members: &Json) -> Json {
    let mut body = json!({"name": "Desk", "host": "127.0.0.1", "port": port, "tls": "none", "user": "desk",
        "auth": {"secret": "Desk"}, "route": "help@desk.example"});
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// Creates a mailbox, and waits until it was looked into.
fn watched(api: &Api, body: &Json) -> String {
    let id = api.post("/mailboxes", body).ok()["id"].as_str().unwrap().to_owned();
    wait_for_status(api, &id, "ok");
    id
}

fn wait_for_status(api: &Api, id: &str, status: &str) -> Json {
    let mut last = Json::Null;
    wait_for(&format!("status {status}"), || {
        last = api.get(&format!("/mailboxes/{id}")).ok();
        (last["health"]["status"] == status).then_some(())
    });
    last
}

/// Subjects of all interactions, in order.
fn subjects(api: &Api) -> Vec<String> {
    let all = api.get("/interactions?pageSize=500").ok();
    let mut subjects: Vec<String> =
        all["entities"].as_array().unwrap().iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect();
    subjects.sort();
    subjects
}

fn wait_for_subjects(api: &Api, expected: &[&str]) {
    wait_for(&format!("{expected:?}"), || {
        let found = subjects(api);
        assert!(found.len() <= expected.len(), "{found:?} instead of {expected:?}");
        (found == expected).then_some(())
    });
}

fn letter(subject: &str) -> Vec<u8> {
    mail(&format!("{}@customer.example", subject.replace(' ', "-")), subject, "Where is my order?").into_bytes()
}

/// The stores that a test runs on: SQLite, and PostgreSQL where it is installed.
fn on_each_store(test: impl Fn(&str, Option<&str>)) {
    test("sqlite", None);
    if let Some(tools) = nodes::tools() {
        let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
        test("postgres", Some(&database.fresh_database().unwrap()));
    }
}

#[test]
fn what_arrives_is_taken_once_and_marked_and_the_archive_is_not_answered() {
    let Some(program) = Program::find() else { return };
    on_each_store(|store, database| {
        let scratch = Scratch::new(&format!("mailboxes-{store}"));
        let dovecot = Dovecot::start(program);
        let mut person = dovecot.person();
        person.put("INBOX", &letter("archived"));
        let mut server = started(&scratch, "data", Some(&dovecot), database);
        let api = server.api();
        prepared(&api);
        let id = watched(&api, &mailbox(dovecot.plain, &json!({})));
        person.put("INBOX", &letter("first"));
        wait_for_subjects(&api, &["first"]);
        let found = api.get("/interactions").ok()["entities"][0].clone();
        let envelope = &found["envelope"];
        assert_eq!(envelope["to"], "help@desk.example", "{found}");
        assert_eq!(found["decision"]["queue"]["name"], "Support", "{found}");
        wait_for("the flag", || (person.count("INBOX", "SEEN") == 1).then_some(()));
        assert_eq!(person.count("INBOX", "UNSEEN SUBJECT archived"), 1);
        let shown = wait_for("the time of the last mail", || {
            let shown = api.get(&format!("/mailboxes/{id}")).ok();
            shown["health"]["lastMailAt"].is_string().then_some(shown)
        });
        assert!(shown["health"]["lastError"].is_null(), "{shown}");
        assert!(!shown.to_string().contains("ss\\\\word"), "{shown}");
        let metrics = ureq::get(format!("http://{}/metrics", server.http)).call().unwrap();
        let metrics = metrics.into_body().read_to_string().unwrap();
        for sample in ["waypost_mailbox_alarm{mailbox=\"Desk\"} 0", "waypost_mailbox_set_aside{mailbox=\"Desk\"} 0"] {
            assert!(metrics.contains(sample), "{sample} is not in {metrics}");
        }
        assert!(metrics.contains("waypost_mailbox_last_look_age_seconds{mailbox=\"Desk\"}"));

        // Nobody marks what arrives while the server is away, and nothing is taken twice.
        person.ask("SELECT INBOX");
        person.ask("STORE 1:* -FLAGS (\\Seen)");
        server.kill();
        person.put("INBOX", &letter("second"));
        let server = started(&scratch, "data", Some(&dovecot), database);
        let api = server.api();
        wait_for_subjects(&api, &["first", "second"]);
        person.put("INBOX", &letter("third"));
        wait_for_subjects(&api, &["first", "second", "third"]);
        let sums = api.get("/interactions/summary").ok();
        assert_eq!((&sums["accepted"], &sums["duplicates"]), (&json!(3), &json!(0)), "{sums}");
        assert!(!server.log().contains("ss\\word") && !dovecot.log().contains("Panic"));
    });
}

#[test]
fn folders_are_emptied_by_moving_and_deleting_and_old_mail_is_taken_as_said() {
    let Some(program) = Program::find() else { return };
    let scratch = Scratch::new("mailboxes-after");
    let dovecot = Dovecot::start(program);
    let mut person = dovecot.person();
    for folder in ["Sales", "Entw&APw-rfe", "Done", "Unread", "Dated"] {
        person.ask(&format!("CREATE \"{folder}\""));
    }
    person.put("Sales", &letter("a"));
    person.put("Entw&APw-rfe", &letter("b"));
    person.put_as("Unread", "(\\Seen)", &letter("read"));
    person.put("Unread", &letter("c"));
    person.put_as("Dated", "(\\Seen) \"01-Nov-2026 10:00:00 +0000\"", &letter("early"));
    person.put_as("Dated", "() \"20-Nov-2026 10:00:00 +0000\"", &letter("d"));
    let server = started(&scratch, "data", Some(&dovecot), None);
    let api = server.api();
    prepared(&api);
    let tls = json!({"host": "localhost", "port": dovecot.tls, "tls": "implicit"});
    let starttls = json!({"host": "localhost", "port": dovecot.plain, "tls": "starttls"});
    for (name, connection, more) in [
        ("Moved", &tls, json!({"folders": ["Sales", "Entwürfe"], "start": "all", "after": {"moveTo": "Done"}})),
        ("Unread", &starttls, json!({"folders": ["Unread"], "start": "unseen", "after": {"flag": "$Taken"}})),
        ("Dated", &starttls, json!({"folders": ["Dated"], "start": "2026-11-10", "after": {"delete": true}})),
    ] {
        let mut members = json!({"name": name});
        for part in [connection, &more] {
            members.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        }
        watched(&api, &mailbox(dovecot.plain, &members));
    }
    wait_for_subjects(&api, &["a", "b", "c", "d"]);
    wait_for("empty folders", || {
        let left = ["Sales", "Entw&APw-rfe"].map(|folder| person.count(folder, "ALL"));
        (left == [0, 0] && person.count("Done", "ALL") == 2 && person.count("Dated", "ALL") == 1).then_some(())
    });
    // Each mailbox is watched by itself: this one may be marked last.
    wait_for("the flag", || (person.count("Unread", "KEYWORD $Taken") == 1).then_some(()));
    person.put("Entw&APw-rfe", &letter("e"));
    wait_for_subjects(&api, &["a", "b", "c", "d", "e"]);
    wait_for("the last move", || (person.count("Done", "ALL") == 3).then_some(()));
}

#[test]
fn messages_that_are_numbered_anew_are_known_by_their_content() {
    let Some(program) = Program::find() else { return };
    on_each_store(|store, database| {
        let scratch = Scratch::new(&format!("mailboxes-anew-{store}"));
        let dovecot = Dovecot::start(program);
        let mut person = dovecot.person();
        person.ask("CREATE Box");
        person.put_as("Box", "() \"01-Nov-2026 10:00:00 +0000\"", &letter("archived"));
        let mut server = started(&scratch, "data", Some(&dovecot), database);
        prepared(&server.api());
        watched(&server.api(), &mailbox(dovecot.plain, &json!({"folders": ["Box"]})));
        person.put("Box", &letter("first"));
        wait_for_subjects(&server.api(), &["first"]);
        wait_for("the flag", || (person.count("Box", "SEEN") == 1).then_some(()));
        server.kill();
        person.put("Box", &letter("second"));
        // As after a restore from a backup: the same messages, with their times, in a folder that is another.
        person.ask("RENAME Box Old");
        person.ask("CREATE Box");
        person.ask("SELECT Old");
        person.ask("COPY 1:* Box");
        let server = started(&scratch, "data", Some(&dovecot), database);
        let api = server.api();
        wait_for_subjects(&api, &["first", "second"]);
        person.put("Box", &letter("third"));
        wait_for_subjects(&api, &["first", "second", "third"]);
        assert!(server.log().contains("renumbered the folder's messages"));
        assert_eq!(person.count("Box", "UNSEEN SUBJECT archived"), 1);
    });
}

#[test]
fn killed_at_each_step_it_takes_everything_once_and_marks_it() {
    let Some(program) = Program::find() else { return };
    on_each_store(|store, database| {
        let scratch = Scratch::new(&format!("mailboxes-killed-{store}"));
        let dovecot = Dovecot::start(program);
        let mut person = dovecot.person();
        let mut server = started(&scratch, "data", Some(&dovecot), database);
        prepared(&server.api());
        let id = watched(&server.api(), &mailbox(dovecot.plain, &json!({})));
        let mut expected: Vec<String> = Vec::new();
        for (number, moment) in [
            Moment::Before("UID SEARCH"),
            Moment::Before("RFC822.SIZE"),
            Moment::Before("BODY.PEEK"),
            // The content is there, and the answer is not at its end.
            Moment::After("BODY.PEEK"),
            // Accepted, not marked.
            Moment::Before("UID STORE"),
            // Marked, and that is not noted.
            Moment::After("UID STORE"),
        ]
        .into_iter()
        .enumerate()
        {
            let proxy = Proxy::start(dovecot.plain);
            // The mailbox is the same, met by another way.
            server.api().put(&format!("/mailboxes/{id}"), &mailbox(proxy.port, &json!({}))).ok();
            proxy.wait_for_idle();
            proxy.strike_at(moment);
            let subject = format!("mail {number}");
            person.put("INBOX", &letter(&subject));
            person.put("INBOX", &letter(&format!("{subject} too")));
            expected.extend([subject.clone(), format!("{subject} too")]);
            proxy.wait();
            server.kill();
            server = started(&scratch, "data", Some(&dovecot), database);
            server.api().put(&format!("/mailboxes/{id}"), &mailbox(dovecot.plain, &json!({}))).ok();
            wait_for(&format!("everything, once, after {moment:?}"), || {
                let found = subjects(&server.api());
                assert!(found.len() <= expected.len(), "{moment:?}: {found:?}");
                (found == expected && person.count("INBOX", "UNSEEN") == 0).then_some(())
            });
        }
        let sums = server.api().get("/interactions/summary").ok();
        assert_eq!((&sums["accepted"], &sums["duplicates"]), (&json!(expected.len()), &json!(0)), "{sums}");
    });
}

#[test]
fn another_node_goes_on_when_the_one_that_watches_dies() {
    let (Some(program), Some(tools)) = (Program::find(), nodes::tools()) else { return };
    let database = Database::start(&tools, &[("fsync", "off")]).unwrap();
    let url = database.fresh_database().unwrap();
    let scratch = Scratch::new("mailboxes-nodes");
    let dovecot = Dovecot::start(program);
    let mut person = dovecot.person();
    let mut nodes = ["one", "two"].map(|name| started(&scratch, name, Some(&dovecot), Some(&url)));
    prepared(&nodes[0].api());
    watched(&nodes[0].api(), &mailbox(dovecot.plain, &json!({})));
    person.put("INBOX", &letter("first"));
    wait_for_subjects(&nodes[0].api(), &["first"]);
    let watches = |node: &Server| node.log().contains("this node watches the mailbox");
    let watcher = nodes.iter().position(watches).unwrap();
    assert!(!watches(&nodes[1 - watcher]), "one at a time");
    nodes[watcher].kill();
    person.put("INBOX", &letter("second"));
    let api = nodes[1 - watcher].api();
    wait_for_subjects(&api, &["first", "second"]);
    wait_for("the flag", || (person.count("INBOX", "SEEN") == 2).then_some(()));
    let sums = api.get("/interactions/summary").ok();
    assert_eq!((&sums["accepted"], &sums["duplicates"]), (&json!(2), &json!(0)), "{sums}");
}

/// What `mailboxes test` prints, and its exit code.
fn tested(server: &Server, name: &str) -> (String, Option<i32>) {
    let output = server.cli(&["mailboxes", "test", name]);
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

/// The checks that a test of a mailbox printed, with their outcome.
fn checks(printed: &str) -> Vec<(&str, &str)> {
    let lines = printed.lines().filter(|line| !line.starts_with(' '));
    let words = lines.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>());
    words.map(|words| (words[0], words[1].trim_end_matches(':'))).collect()
}

#[test]
fn commands_make_test_and_show_a_mailbox_and_what_it_uses_stays() {
    let Some(program) = Program::find() else { return };
    let scratch = Scratch::new("mailboxes-cli");
    let dovecot = Dovecot::start(program);
    dovecot.person().ask("CREATE \"Support\"");
    let server = started(&scratch, "data", Some(&dovecot), None);
    let api = server.api();
    prepared(&api);
    let tls = dovecot.tls.to_string();
    let create = ["mailboxes", "create", "Desk", "--host", "localhost", "--port", &tls, "--user", "desk", "--route"];
    let refused = server.cli(&[&create[..], &["nobody@desk.example", "--secret", "Disk"]].concat());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{told}");
    for part in ["there is no secret `Disk`", "did you mean `Desk`", "no route takes mail for `nobody@desk.example`"] {
        assert!(told.contains(part), "{told}");
    }
    let made = server.cli(&[&create[..], &["help@desk.example", "--secret", "Desk", "--folder", "Suport"]].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (told, code) = tested(&server, "desk");
    assert_eq!(code, Some(1), "{told}");
    for part in ["ok      login: desk", "FAILED  folder `Suport`", "did you mean `Support`"] {
        assert!(told.contains(part), "{told}");
    }
    assert!(server.cli(&["mailboxes", "update", "Desk", "--folder", "Support", "--move-to", "Done"]).status.success());
    let (told, _) = tested(&server, "Desk");
    assert!(told.contains("ok      folder `Support`: 0 messages") && told.contains("FAILED  moveTo `Done`"), "{told}");
    // The page shows what a Dovecot is asked, all of it.
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mailboxes.md");
    let page = std::fs::read_to_string(page).unwrap();
    let sample = page.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(checks(&told), checks(sample), "{told}");
    let ends = |text: &str| text.lines().rev().take(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(ends(&told), ends(sample));
    assert!(server.cli(&["mailboxes", "update", "Desk", "--flag", "\\Seen"]).status.success());
    assert_eq!(tested(&server, "Desk").1, Some(0));
    let listed = String::from_utf8(server.cli(&["mailboxes", "list"]).stdout).unwrap();
    assert!(listed.contains("Desk") && listed.contains("help@desk.example"), "{listed}");

    let of = |path: &str| api.get(path).ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    let secret = of("/secrets");
    for used in [
        format!("/secrets/{secret}"),
        format!("/routing/email/domains/desk.example/routes/{}", of("/routing/email/domains/desk.example/routes")),
    ] {
        let refused = api.delete(&used).error(409);
        assert!(refused.to_string().contains("Desk"), "{refused}");
    }
    api.put(&format!("/secrets/{secret}"), &json!({"name": "Desk", "value": "wrong", "hosts": ["localhost"]})).ok();
    let (told, _) = tested(&server, "Desk");
    assert!(told.contains("FAILED  login: the login was refused: [AUTHENTICATIONFAILED]"), "{told}");
    for (change, what) in [
        (["--port", "1"], "FAILED  connection: cannot connect to localhost, port 1"),
        (["--tls", "none"], "FAILED  connection"),
        (["--host", "10.1.2.3"], "FAILED  name: `10.1.2.3` is at 10.1.2.3, a private address"),
    ] {
        let hosts = json!({"name": "Desk", "value": PASSWORD, "hosts": ["localhost", "10.1.2.3"]});
        api.put(&format!("/secrets/{secret}"), &hosts).ok();
        let port = if change[0] == "--port" { vec![] } else { vec!["--port", "1"] };
        let words: Vec<&str> = ["mailboxes", "update", "Desk"].into_iter().chain(port).chain(change).collect();
        let updated = server.cli(&words);
        assert!(updated.status.success(), "{}", String::from_utf8_lossy(&updated.stderr));
        let (told, _) = tested(&server, "Desk");
        assert!(told.contains(what), "{told}");
    }
    assert!(server.cli(&["mailboxes", "delete", "Desk"]).status.success());
    api.delete(&format!("/secrets/{secret}"));
    assert!(!server.log().contains("ss\\word"), "no secret in the log");
}

#[test]
fn an_error_that_nobody_meets_any_more_is_not_listed() {
    let scratch = Scratch::new("mailboxes-old-error");
    let server = started(&scratch, "data", None, None);
    let api = server.api();
    prepared(&api);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let id = api.post("/mailboxes", &mailbox(port, &json!({}))).ok()["id"].as_str().unwrap().to_owned();
    let health = wait_for_status(&api, &id, "failing")["health"].clone();
    let error = health["lastError"].as_str().unwrap().to_owned();
    assert!(health["failingSince"].is_string(), "{health}");
    let listed = || String::from_utf8(server.cli(&["mailboxes", "list"]).stdout).unwrap();
    assert!(listed().contains(&error[..20]), "{}", listed());
    assert!(server.cli(&["mailboxes", "disable", "Desk"]).status.success());
    let health = api.get(&format!("/mailboxes/{id}")).ok()["health"].clone();
    assert_eq!((&health["status"], &health["lastError"]), (&json!("disabled"), &json!(error)));
    assert!(health["failingSince"].is_null() && health["suggestion"].is_null(), "{health}");
    assert!(listed().contains("disabled") && !listed().contains(&error[..20]), "{}", listed());
}

#[test]
fn a_folder_brings_a_mailbox_with_its_route() {
    let scratch = Scratch::new("mailboxes-apply");
    let server = started(&scratch, "data", None, None);
    server.api().post("/secrets", &json!({"name": "Desk", "value": "x", "hosts": ["imap.example.com"]})).ok();
    let folder = scratch.path("project");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("desk.yaml"),
        "kind: mailbox\nname: Desk\nhost: imap.example.com\nuser: desk@example.com\nauth: { secret: Desk }\n\
         after: { moveTo: Done }\nroute: help@desk.example\nstate: disabled\n",
    )
    .unwrap();
    std::fs::write(
        folder.join("routing.yaml"),
        "queues: [Support]\nroutes:\n  - { address: help@desk.example, queue: Support }\n",
    )
    .unwrap();
    let apply = || server.cli(&["apply", folder.to_str().unwrap()]);
    let applied = apply();
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    assert!(String::from_utf8_lossy(&applied.stdout).contains("mailbox Desk: created"));
    assert!(String::from_utf8_lossy(&apply().stdout).contains("mailbox Desk: unchanged"));
    let shown = server.api().get("/mailboxes").ok()["entities"][0].clone();
    assert_eq!((&shown["after"], &shown["health"]["status"]), (&json!({"moveTo": "Done"}), &json!("disabled")));
    let text = std::fs::read_to_string(folder.join("desk.yaml")).unwrap();
    std::fs::write(
        folder.join("desk.yaml"),
        text.replace("moveTo: Done", "moveTo: inbox, flag: x").replace("host:", "hots:"),
    )
    .unwrap();
    let refused = server.cli(&["validate", folder.to_str().unwrap()]);
    let told = String::from_utf8(refused.stderr).unwrap() + &String::from_utf8(refused.stdout).unwrap();
    for part in ["desk.yaml", "did you mean `host`", "{moveTo: …}"] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn a_server_with_odd_manners_loses_nothing_and_what_it_cannot_give_is_set_aside() {
    let scratch = Scratch::new("mailboxes-odd");
    let odd = Scripted::start();
    odd.put_old(4_294_967_290, &letter("archived"));
    let server = started(&scratch, "data", None, None);
    let api = server.api();
    prepared(&api);
    let id = watched(&api, &mailbox(odd.port, &json!({})));
    // No IDLE, UIDNEXT lies, UIDs are large and far apart, SEARCH has no order.
    odd.put(4_294_967_292, &letter("a"), How::Well);
    odd.put(4_294_967_293, &letter("nil"), How::Nil);
    odd.put(4_294_967_294, &letter("huge"), How::Sized(60_000_000));
    odd.put(4_294_967_295, &letter("z"), How::Well);
    wait_for_subjects(&api, &["a", "z"]);
    wait_for("two messages set aside", || {
        let shown = api.get(&format!("/mailboxes/{id}")).ok();
        (shown["health"]["setAside"] == 2).then_some(())
    });
    assert_eq!(
        ["\\Seen", "", "\\Seen"],
        [4_294_967_292, 4_294_967_293, 4_294_967_295].map(|uid| odd.flags(uid)).each_ref().map(String::as_str)
    );
    let fetches = || odd.state().heard.iter().filter(|command| command.contains("4294967293 (UID BODY")).count();
    let before = fetches();
    // The folder is numbered anew, and one of the messages is fetched with others that break the connection, refuse, or never end.
    {
        let mut state = odd.state();
        state.validity = 2;
        state.messages.retain(|message| message.how == How::Well);
        for (message, uid) in state.messages.iter_mut().zip([7, 9, 11]) {
            message.uid = uid;
        }
    }
    odd.put(20, &letter("broken"), How::Broken);
    odd.put(21, &letter("refused"), How::Refused);
    odd.put(22, &letter("endless"), How::Endless);
    odd.put(23, &letter("c"), How::Well);
    wait_for_subjects(&api, &["a", "c", "z"]);
    // Somebody deletes what nobody can read.
    odd.state().messages.retain(|message| message.how == How::Well);
    assert_eq!(fetches(), before, "what was set aside is not tried again");
    // Throttled, hung up on, and not greeted: it comes back.
    {
        let mut state = odd.state();
        state.instead.push(("UID SEARCH", "TAG NO [THROTTLED] slow down\r\n".to_owned()));
        state.instead.push(("SELECT", "* BYE [UNAVAILABLE] try again later\r\n".to_owned()));
    }
    odd.put(24, &letter("d"), How::Well);
    wait_for_subjects(&api, &["a", "c", "d", "z"]);
    let shown = wait_for_status(&api, &id, "ok");
    assert!(shown["health"]["lastError"].is_string(), "{shown}");
    assert_eq!(api.get("/interactions/summary").ok()["accepted"], 4);
}

const GRANTED: &str = r#"{"access_token": "at-1", "expires_in": 3600}"#;

#[test]
fn tokens_are_fetched_kept_and_fetched_anew() {
    let scratch = Scratch::new("mailboxes-oauth");
    let (odd, tokens) = (Scripted::start(), Tokens::start());
    let mut server = started(&scratch, "data", None, None);
    let api = server.api();
    prepared(&api);
    let secret = |name: &str, value: &str| json!({"name": name, "value": value, "hosts": ["127.0.0.1"]});
    api.post("/secrets", &secret("Client", "cl1ent-s3cret")).ok();
    let first = api.post("/secrets", &secret("First", "rt-0")).ok();
    let first = format!("/secrets/{}", first["id"].as_str().unwrap());
    let token_url = format!("{}/token", tokens.url);
    let oauth = |more: Json| {
        let mut oauth = json!({"tokenUrl": token_url, "clientId": "waypost", "scopes": ["imap", "offline_access"]});
        oauth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        mailbox(odd.port, &json!({"auth": {"oauth": oauth}}))
    };
    // Client credentials. The first token has ended before its time: another is fetched.
    odd.state().tokens = vec!["at-1".to_owned()];
    tokens.then(200, GRANTED);
    let by_client = oauth(json!({"grant": "clientCredentials", "secret": "Client"}));
    let id = watched(&api, &by_client);
    assert_eq!(
        tokens.forms(),
        ["grant_type=client_credentials&client_id=waypost&client_secret=cl1ent-s3cret&scope=imap+offline_access"]
    );
    {
        let mut state = odd.state();
        state.tokens = vec!["at-2".to_owned()];
        state.instead.push(("UID SEARCH", "* BYE token expired\r\n".to_owned()));
    }
    tokens.then(200, r#"{"access_token": "at-2", "expires_in": 3600}"#);
    odd.put(5, &letter("a"), How::Well);
    wait_for_subjects(&api, &["a"]);

    // Refresh tokens are kept as soon as they are replaced: a kill loses none.
    odd.state().tokens = vec!["at-3".to_owned(), "at-4".to_owned()];
    tokens.then(200, r#"{"access_token": "at-3", "expires_in": 1, "refresh_token": "rt-1"}"#);
    let path = format!("/mailboxes/{id}");
    api.put(&path, &oauth(json!({"grant": "refreshToken", "secret": "Client", "refreshToken": "First"}))).ok();
    wait_for("a request with the first refresh token", || {
        tokens.forms().last()?.contains("refresh_token=rt-0").then_some(())
    });
    odd.put(6, &letter("b"), How::Well);
    wait_for_subjects(&api, &["a", "b"]);
    server.kill();
    tokens.then(200, r#"{"access_token": "at-4", "expires_in": 3600}"#);
    let server = started(&scratch, "data", None, None);
    let api = server.api();
    odd.put(7, &letter("c"), How::Well);
    wait_for_subjects(&api, &["a", "b", "c"]);
    assert!(tokens.forms().last().unwrap().contains("refresh_token=rt-1"), "{:?}", tokens.forms());

    // What is kept goes to nobody but whom it is from, and ends with the secret that it came of: once that is set anew, it is used.
    api.put(&first, &secret("First", "rt-new")).ok();
    tokens.then(200, r#"{"access_token": "at-4", "expires_in": 3600, "refresh_token": "rt-newer"}"#);
    let other_client =
        json!({"grant": "refreshToken", "clientId": "other", "secret": "Client", "refreshToken": "First"});
    api.put(&path, &oauth(other_client)).ok();
    wait_for("a request with the new first refresh token", || {
        tokens.forms().last()?.contains("refresh_token=rt-new&client_id=other").then_some(())
    });
    assert!(!tokens.forms().iter().any(|form| form.contains("rt-1&client_id=other")), "{:?}", tokens.forms());

    // A person gives access by a code, as the mailbox's own user.
    let device = oauth(json!({"grant": "deviceCode", "deviceUrl": format!("{}/device", tokens.url)}));
    api.put(&path, &device).ok();
    let code = r#"{"device_code": "dc-1", "user_code": "ABCD", "verification_url": "https://login.example/device", "expires_in": 900, "interval": 1}"#;
    let other = r#"{"access_token": "of-another", "expires_in": 3600, "refresh_token": "rt-9"}"#;
    tokens.then(200, code);
    tokens.then(200, other);
    let output = server.cli(&["mailboxes", "authorise", "Desk"]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("the account that confirmed the code can't log in as desk"), "{told}");
    tokens.then(200, code);
    tokens.then(400, r#"{"error": "authorization_pending"}"#);
    tokens.then(200, r#"{"access_token": "at-4", "expires_in": 3600, "refresh_token": "rt-2"}"#);
    let output = server.cli(&["mailboxes", "authorise", "Desk"]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{told} {}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(told, "open https://login.example/device and type ABCD\nmailbox Desk: authorised\n");
    for word in ["rt-1", "rt-2", "rt-9", "cl1ent-s3cret", "at-4"] {
        assert!(!server.log().contains(word), "{word} in the log");
        assert!(!api.get(&path).ok().to_string().contains(word), "{word} in the answer");
    }
}

/// How long it takes, and how much memory, to take everything from a large folder.
#[test]
#[ignore = "a measure, which takes minutes: cargo test --workspace --test mailboxes -- --ignored --nocapture"]
fn measured_with_100_000_messages_in_a_folder() {
    const MESSAGES: usize = 100_000;
    let Some(program) = Program::find() else { return };
    let scratch = Scratch::new("mailboxes-large");
    let dovecot = Dovecot::start(program);
    dovecot.fill(MESSAGES, |number| letter(&format!("mail {number}")));
    let server = started(&scratch, "data", Some(&dovecot), None);
    let api = server.api();
    prepared(&api);
    let begun = std::time::Instant::now();
    api.post("/mailboxes", &mailbox(dovecot.plain, &json!({"start": "all"}))).ok();
    let listeners: Json =
        serde_json::from_slice(&std::fs::read(scratch.path("data").join("listeners.json")).unwrap()).unwrap();
    let peak = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", listeners["pid"])).unwrap();
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap().to_owned()
    };
    let before = peak();
    let mut taken = 0;
    while taken < MESSAGES as u64 {
        std::thread::sleep(std::time::Duration::from_secs(5));
        taken = api.get("/interactions/summary").ok()["accepted"].as_u64().unwrap();
        eprintln!("{:>6.1} s: {taken} taken, {}", begun.elapsed().as_secs_f64(), peak());
        assert!(begun.elapsed().as_secs() < 3600, "too slow");
    }
    eprintln!("{MESSAGES} messages in {:.1} s; before: {before}; at most: {}", begun.elapsed().as_secs_f64(), peak());
}
