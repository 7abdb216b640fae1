//! Queues that put what comes into them into a folder of a mailbox.

use serde_json::{Value as Json, json};

use super::dovecot::{Dovecot, Program};
use super::harness::http::Api;
use super::harness::scratch::Scratch;
use super::harness::wait_for;
use super::proxy::{Moment, Proxy};
use super::{letter, mailbox, on_each_store, prepared, started, tested, wait_for_subjects, watched};

fn queue(api: &Api) -> String {
    let all = api.get("/routing/queues?name=Support").ok();
    format!("/routing/queues/{}", all["entities"][0]["id"].as_str().unwrap())
}

fn push(api: &Api) -> Vec<Json> {
    api.get("/deliveries?kind=queuePush").ok()["entities"].as_array().unwrap().clone()
}

#[test]
fn what_comes_into_a_queue_is_put_into_its_folder_once_and_not_taken_again() {
    let Some(program) = Program::find() else { return };
    on_each_store(|store, database| {
        let scratch = Scratch::new(&format!("filing-{store}"));
        let dovecot = Dovecot::start(program);
        let mut person = dovecot.person();
        let mut server = started(&scratch, "data", Some(&dovecot), database);
        let api = server.api();
        prepared(&api);
        let id = watched(&api, &mailbox(dovecot.plain, &json!({})));
        let support = queue(&api);
        let into = |folder: &str| json!({"name": "Support", "deliverTo": {"mailbox": "Desk", "folder": folder}});
        for (deliver_to, part) in [
            (json!({"mailbox": "Disk", "folder": "X"}), "did you mean `Desk`"),
            (json!({"mailbox": "Desk"}), "`folder` is missing"),
            (json!({"mailbox": "Desk", "folder": "inbox"}), "the mailbox `Desk` watches `INBOX`"),
            (json!({"mailbox": "Desk", "folder": "X", "webhook": "Y"}), "a queue delivers to one place"),
        ] {
            let told = api.put(&support, &json!({"name": "Support", "deliverTo": deliver_to})).error(400).to_string();
            assert!(told.contains(part), "{told}");
        }
        let shown = api.put(&support, &into("Handled")).ok();
        assert_eq!(shown["deliverTo"], json!({"mailbox": {"id": id, "name": "Desk"}, "folder": "Handled"}), "{shown}");
        assert!(api.delete(&format!("/mailboxes/{id}")).error(409).to_string().contains("Support"));
        let watching = mailbox(dovecot.plain, &json!({"folders": ["INBOX", "Handled"]}));
        let told = api.put(&format!("/mailboxes/{id}"), &watching).error(400).to_string();
        assert!(told.contains("the queue `Support` delivers into `Handled`"), "{told}");
        let other = json!({"name": "Other", "user": "other", "folders": ["Handled"], "state": "disabled"});
        api.post("/mailboxes", &mailbox(dovecot.plain, &other)).ok();
        let becomes = mailbox(dovecot.plain, &json!({"user": "other"}));
        let told = api.put(&format!("/mailboxes/{id}"), &becomes).error(400).to_string();
        assert!(told.contains("which the mailbox `Other` watches"), "{told}");

        // There is no such folder yet: it waits, and says what there is.
        person.put("INBOX", &letter("first"));
        let waiting = wait_for("an answer", || push(&api).into_iter().find(|one| one["lastAnswer"].is_string()));
        let answer = waiting["lastAnswer"].as_str().unwrap();
        assert!(answer.contains("`Handled` can't be opened") && answer.contains("there are `INBOX`"), "{answer}");
        let (told, code) = tested(&server, "Desk");
        assert!(code == Some(1) && told.contains("FAILED  folder `Handled` of queue `Support`"), "{told}");
        let work = api.get("/interactions").ok()["entities"][0].clone();
        assert_eq!(work["state"], "decided", "{work}");
        assert!(api.post(&format!("{support}/claims"), &json!({})).ok()["entities"].as_array().unwrap().is_empty());
        person.ask("CREATE Handled");
        assert!(server.cli(&["deliveries", "retry", waiting["id"].as_str().unwrap()]).status.success());
        wait_for("the message", || (person.count("Handled", "UNSEEN SUBJECT first") == 1).then_some(()));
        wait_for("its end", || (push(&api)[0]["state"] == "delivered").then_some(()));
        let received = work["receivedAt"].as_str().unwrap();
        person.ask("SELECT Handled");
        let told = person.ask("FETCH 1 (INTERNALDATE RFC822.SIZE)").concat();
        assert!(told.contains(&format!("{}:{}", &received[11..13], &received[14..16])), "{told} {received}");
        assert!(told.contains(&format!("RFC822.SIZE {}", letter("first").len())), "{told}");
        wait_for_subjects(&api, &["first"]);

        // Killed before the server has it, and after it has it and nobody heard.
        for (number, moment) in [Moment::Before("APPEND"), Moment::After("APPEND")].into_iter().enumerate() {
            let proxy = Proxy::start(dovecot.plain);
            server.api().put(&format!("/mailboxes/{id}"), &mailbox(proxy.port, &json!({}))).ok();
            proxy.wait_for_idle();
            proxy.strike_at(moment);
            let subject = format!("kill {number}");
            person.put("INBOX", &letter(&subject));
            proxy.wait();
            server.kill();
            server = started(&scratch, "data", Some(&dovecot), database);
            server.api().put(&format!("/mailboxes/{id}"), &mailbox(dovecot.plain, &json!({}))).ok();
            wait_for(&format!("the push after {moment:?}"), || {
                push(&server.api()).iter().all(|one| one["state"] == "delivered").then_some(())
            });
            assert_eq!(person.count("Handled", &format!("SUBJECT \"{subject}\"")), 1, "{moment:?}");
        }
        let api = server.api();
        wait_for_subjects(&api, &["first", "kill 0", "kill 1"]);
        assert!(server.cli(&["ledger"]).status.success());
        let sums = api.get("/interactions/summary").ok();
        assert_eq!((&sums["accepted"], &sums["duplicates"]), (&json!(3), &json!(0)), "{sums}");
    });
}

/// A mailbox by another name of the same server watches the folder: the round ends by itself.
#[test]
fn what_a_queue_puts_where_another_mailbox_watches_goes_round_once_at_most() {
    let Some(program) = Program::find() else { return };
    let scratch = Scratch::new("filing-round");
    let dovecot = Dovecot::start(program);
    let mut person = dovecot.person();
    person.ask("CREATE Handled");
    let server = started(&scratch, "data", Some(&dovecot), None);
    let api = server.api();
    prepared(&api);
    watched(&api, &mailbox(dovecot.plain, &json!({})));
    let starttls =
        json!({"name": "Alias", "host": "localhost", "tls": "starttls", "folders": ["Handled"], "start": "all"});
    watched(&api, &mailbox(dovecot.plain, &starttls));
    let into = json!({"name": "Support", "deliverTo": {"mailbox": "Desk", "folder": "Handled"}});
    api.put(&queue(&api), &into).ok();
    // No Message-ID: it is no duplicate of anything.
    person.put("INBOX", b"From: ana@customer.example\r\nSubject: round\r\n\r\nWhere is it?\r\n");
    wait_for("it comes in again", || (person.count("Handled", "SEEN") >= 2).then_some(()));
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!(person.count("Handled", "ALL"), 2, "it went on");
    wait_for_subjects(&api, &["round", "round"]);
}
