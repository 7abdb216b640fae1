//! What goes out by a mailbox's route is handed to the mailbox's submission server.

use serde_json::{Value as Json, json};

use super::dovecot::{Dovecot, PASSWORD, Program};
use super::harness::holds::Step;
use super::harness::http::Api;
use super::harness::imap::{How, Scripted};
use super::harness::receiver::Receiver;
use super::harness::scratch::Scratch;
use super::harness::wait_for;
use super::tokens::Tokens;
use super::{mailbox, prepared, started_with, tested, watched};

/// A flow that answers, for the route of the mailbox.
fn answering(api: &Api) {
    let reply = json!({"type": "sendReply", "text": "We have it."});
    let actions = json!([reply, {"type": "transferToQueue", "queue": "Support"}]);
    let flow = json!({"name": "Answer", "type": "email", "nodes": [{"id": "n", "actions": actions}]});
    let flow = api.post("/flows", &flow).ok()["id"].clone();
    let routes = "/routing/email/domains/desk.example/routes";
    let route = api.get(routes).ok()["entities"][0]["id"].as_str().unwrap().to_owned();
    let body = json!({"pattern": "help", "flow": {"id": flow}, "fromName": "Desk of Help"});
    api.put(&format!("{routes}/{route}"), &body).ok();
}

fn port_of(address: &str) -> u16 {
    address.rsplit(':').next().unwrap().parse().unwrap()
}

/// A mail of a customer of its own: nobody gets more than a few automatic answers a day.
fn letter(subject: &str) -> Vec<u8> {
    let raw = String::from_utf8(super::letter(subject)).unwrap();
    raw.replace("<ana@", &format!("<{}@", subject.replace(' ', "-"))).into_bytes()
}

/// The deliveries so far.
fn deliveries(api: &Api) -> Vec<Json> {
    api.get("/deliveries").ok()["entities"].as_array().unwrap().clone()
}

/// The server, a smarthost that must get nothing, and a mailbox that answers by its own submission server.
#[test]
fn an_answer_goes_out_by_the_submission_server_with_its_login_and_survives_kills() {
    let Some(program) = Program::find() else { return };
    let (relay, smarthost) = (Receiver::start(), Receiver::start());
    let Some(dovecot) = Dovecot::with_submission(program, port_of(&relay.address)) else { return };
    let scratch = Scratch::new("submission");
    let place = format!("smtp://{}", smarthost.address);
    let arguments = ["--smarthost", place.as_str()];
    let mut server = started_with(&scratch, "data", Some(&dovecot), None, &arguments);
    let api = server.api();
    prepared(&api);
    answering(&api);
    let mut person = dovecot.person();
    let [starttls, smtps] = dovecot.submission;
    let by = |port: u16, tls: &str, more: Json| {
        let mut submission = json!({"host": "localhost", "port": port, "tls": tls});
        submission.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        mailbox(dovecot.plain, &json!({"submission": submission}))
    };
    let id = watched(&api, &by(starttls, "starttls", json!({})));
    let (told, code) = tested(&server, "Desk");
    assert_eq!(code, Some(0), "{told}");
    for part in ["ok      submission tls: starttls", "ok      submission login: desk"] {
        assert!(told.contains(part), "{told}");
    }
    assert!(relay.arrived().is_empty(), "a test sends nothing");
    person.put("INBOX", &letter("first"));
    let arrived = wait_for("an answer", || relay.arrived().first().cloned());
    assert_eq!(
        (arrived.from.as_str(), arrived.to.as_str()),
        ("help@desk.example", "first@customer.example"),
        "{arrived:?}"
    );
    let from = arrived.header("from").unwrap();
    assert!(from.contains("Desk of Help") && from.contains("<help@desk.example>"), "{arrived:?}");
    assert_eq!(arrived.header("in-reply-to"), Some("<first@customer.example>"));
    wait_for("the login in Dovecot's log", || {
        dovecot.log().contains("submission-login: Info: Login: user=<desk>").then_some(())
    });

    // What came by another way for the same route goes out there as well, here with TLS from the first byte.
    api.put(&format!("/mailboxes/{id}"), &by(smtps, "implicit", json!({}))).ok();
    let raw = String::from_utf8(letter("by smtp")).unwrap();
    server.smtp().deliver("by-smtp@customer.example", "help@desk.example", &raw).unwrap();
    wait_for("another answer", || (relay.arrived().len() == 2).then_some(()));

    // Killed before the content is there, nothing is lost and nothing comes twice; killed before the answer, it is the same mail again.
    for (subject, step) in [("at data", Step::Data), ("at content", Step::Content)] {
        let held = relay.hold(step, &format!("{}@customer.example", subject.replace(' ', "-")));
        person.put("INBOX", &letter(subject));
        held.wait();
        server.kill();
        drop(held);
        server = started_with(&scratch, "data", Some(&dovecot), None, &arguments);
        let wanted = format!("<{}@customer.example>", subject.replace(' ', "-"));
        let answers = || {
            let all = relay.arrived().into_iter().filter(|one| one.header("in-reply-to") == Some(&wanted));
            all.map(|one| (one.id().to_owned(), one.answered)).collect::<Vec<_>>()
        };
        wait_for("the answer after a kill", || answers().iter().any(|(_, answered)| *answered).then_some(()));
        wait_for("no delivery on its way", || {
            deliveries(&server.api()).iter().all(|one| one["state"] == "delivered").then_some(())
        });
        let answers = answers();
        assert_eq!(answers.len(), if step == Step::Data { 1 } else { 2 }, "{answers:?}");
        assert!(answers.iter().all(|(id, _)| *id == answers[0].0), "{answers:?}");
    }

    // Another login that is wrong: it waits, says so without the password, and the mail of others is not held up.
    let api = server.api();
    api.post("/secrets", &json!({"name": "Out", "value": "wr0ng", "hosts": ["localhost"]})).ok();
    api.put(&format!("/mailboxes/{id}"), &by(smtps, "implicit", json!({"auth": {"secret": "Out"}}))).ok();
    let (told, code) = tested(&server, "Desk");
    assert!(code == Some(1) && told.contains("FAILED  submission login"), "{told}");
    person.put("INBOX", &letter("last"));
    let waiting = wait_for("a refused login", || {
        deliveries(&api).into_iter().find(|one| one["state"] == "pending" && one["lastAnswer"].is_string())
    });
    assert!(waiting["lastAnswer"].as_str().unwrap().contains("535"), "{waiting}");
    let secret = api.get("/secrets").ok();
    let secret = secret["entities"].as_array().unwrap().iter().find(|one| one["name"] == "Out").unwrap().clone();
    let secret = format!("/secrets/{}", secret["id"].as_str().unwrap());
    assert!(api.delete(&secret).error(409).to_string().contains("Desk"));
    api.put(&secret, &json!({"name": "Out", "value": PASSWORD, "hosts": ["localhost"]})).ok();
    assert!(server.cli(&["deliveries", "retry", waiting["id"].as_str().unwrap()]).status.success());
    wait_for("the last answer", || {
        relay.arrived().iter().any(|one| one.header("in-reply-to") == Some("<last@customer.example>")).then_some(())
    });
    assert!(smarthost.arrived().is_empty(), "nothing goes by the smarthost");
    for word in ["wr0ng", "ss\\word"] {
        assert!(!server.log().contains(word) && !api.get("/deliveries").ok().to_string().contains(word), "{word}");
    }
    // Without the submission server it is the smarthost's again.
    assert!(server.cli(&["mailboxes", "update", "Desk", "--unset", "submission"]).status.success());
    person.put("INBOX", &letter("smarthost"));
    wait_for("an answer by the smarthost", || (smarthost.arrived().len() == 1).then_some(()));
    assert!(smarthost.arrived()[0].from.contains("desk.example") && smarthost.arrived()[0].from != "help@desk.example");
}

#[test]
fn what_is_wrong_with_a_submission_server_is_said_at_once() {
    let scratch = Scratch::new("submission-wrong");
    let server = started_with(&scratch, "data", None, None, &[]);
    let api = server.api();
    prepared(&api);
    let wrong = json!({"submission": {"host": "smtp.example.com", "tls": "none", "prot": 25,
        "auth": {"oauth": {"tokenUrl": "https://login.example/token", "clientId": "x", "grant": "deviceCode",
            "deviceUrl": "https://login.example/device"}}}});
    let told = api.post("/mailboxes", &mailbox(1, &wrong)).error(400).to_string();
    for part in ["submission.tls", "submission.prot", "did you mean `port`", "submission.auth.oauth.grant"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    // Who may see what a secret is good for is who may see the secret.
    let shared = json!({"submission": {"host": "smtp.example.com"}});
    let told = api.post("/mailboxes", &mailbox(1, &shared)).error(400).to_string();
    assert!(told.contains("the secret `Desk` may not be sent to `smtp.example.com`"), "{told}");
    let secret = json!({"name": "Client", "value": "s3cret", "hosts": ["login.example"]});
    api.post("/secrets", &secret).ok();
    let oauth = json!({"auth": {"oauth": {"tokenUrl": "https://login.example/token", "clientId": "x", "secret": "Client",
        "grant": "clientCredentials"}}});
    let told = api.post("/mailboxes", &mailbox(1, &oauth)).error(400).to_string();
    assert!(told.contains("the secret `Client` may not be sent to `127.0.0.1`"), "{told}");
    assert!(told.contains("--host login.example --host 127.0.0.1"), "{told}");
    // One submission server for what is sent from one address.
    let id = api.post("/mailboxes", &mailbox(1, &json!({"submission": {"host": "localhost"}}))).ok()["id"].clone();
    let twin = json!({"name": "Twin", "submission": {"host": "localhost"}});
    let told = api.post("/mailboxes", &mailbox(1, &twin)).error(400).to_string();
    assert!(told.contains("the mailbox `Desk` has a submission server for this route already"), "{told}");
    let shown = api.get(&format!("/mailboxes/{}", id.as_str().unwrap())).ok();
    assert_eq!(shown["submission"], json!({"host": "localhost", "port": 465, "tls": "implicit"}));
}

/// A token is fetched by whichever node needs it, and is the same for all; a test needs no watch of its own.
#[test]
fn a_test_logs_in_with_a_refresh_token_while_the_mailbox_is_watched() {
    let scratch = Scratch::new("submission-tokens");
    let (odd, tokens) = (Scripted::start(), Tokens::start());
    let server = started_with(&scratch, "data", None, None, &[]);
    let api = server.api();
    prepared(&api);
    let secret = |name: &str, value: &str| json!({"name": name, "value": value, "hosts": ["127.0.0.1"]});
    api.post("/secrets", &secret("First", "rt-0")).ok();
    odd.state().tokens = vec!["at-1".to_owned(), "at-2".to_owned()];
    tokens.then(200, r#"{"access_token": "at-1", "expires_in": 1, "refresh_token": "rt-1"}"#);
    let oauth = json!({"tokenUrl": format!("{}/token", tokens.url), "clientId": "waypost", "grant": "refreshToken",
        "refreshToken": "First"});
    let id = watched(&api, &mailbox(odd.port, &json!({"auth": {"oauth": oauth}})));
    // The first token has ended; the watch holds its lease meanwhile.
    tokens.then(200, r#"{"access_token": "at-2", "expires_in": 3600, "refresh_token": "rt-2"}"#);
    let (told, code) = tested(&server, "Desk");
    assert_eq!(code, Some(0), "{told}");
    let forms = tokens.forms();
    assert!(forms.len() == 2 && forms[1].contains("refresh_token=rt-1"), "{forms:?}");
    assert_eq!(tested(&server, "Desk").1, Some(0));
    assert_eq!(tokens.forms().len(), 2, "it is kept");

    // What was set aside is listed with the reason, and tried again when somebody wants that.
    odd.put(5, &letter("huge"), How::Sized(60_000_000));
    odd.put(6, &letter("a"), How::Well);
    let listed = wait_for("a message that was set aside", || {
        let listed = api.get(&format!("/mailboxes/{id}/setaside")).ok();
        listed["entities"].get(0).cloned()
    });
    assert_eq!((&listed["folder"], &listed["uid"]), (&json!("INBOX"), &json!(5)), "{listed}");
    assert!(listed["reason"].as_str().unwrap().contains("--max-message-bytes"), "{listed}");
    let printed = String::from_utf8(server.cli(&["mailboxes", "set-aside", "Desk"]).stdout).unwrap();
    assert!(printed.contains("INBOX") && printed.contains("--max-message-bytes"), "{printed}");
    api.post(&format!("/mailboxes/{id}/setaside/retry"), &json!({"uid": 5})).error(400);
    for message in odd.state().messages.iter_mut() {
        message.how = How::Well;
    }
    let printed = String::from_utf8(server.cli(&["mailboxes", "retry", "Desk"]).stdout).unwrap();
    assert!(printed.contains("1 message to be tried again"), "{printed}");
    super::wait_for_subjects(&api, &["a", "huge"]);
    assert!(api.get(&format!("/mailboxes/{id}/setaside")).ok()["entities"].as_array().unwrap().is_empty());
}
