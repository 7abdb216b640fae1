//! A disk that is full, and a data directory that is not as it was left.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

use super::harness::disk::Disk;
use super::harness::http::Api;
use super::harness::scratch::Scratch;
use super::harness::smtp::mail;
use super::harness::streams::prepare;
use super::harness::{Server, Start, WAYPOST, wait_for};
use super::{decided, deliver};

/// What the server says to a mail, at whatever step it says no.
fn offer(server: &Server, id: &str) -> u16 {
    let mut smtp = server.smtp();
    smtp.command("MAIL FROM:<ana@customer.example>").unwrap();
    assert_eq!(smtp.reply().unwrap().code, 250);
    smtp.command("RCPT TO:<billing@example.com>").unwrap();
    match smtp.reply().unwrap().code {
        250 => smtp.content(&mail(id, "hello", "hello")).unwrap().code,
        refused => refused,
    }
}

fn readiness(server: &Server) -> (u16, Json) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
    let mut answer = agent.get(format!("http://{}/health/ready", server.http)).call().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap())
}

fn billing(api: &Api) -> String {
    let queues = api.get("/routing/queues").ok();
    let queue = queues["entities"].as_array().unwrap().iter().find(|queue| queue["name"] == "Billing").unwrap();
    format!("/routing/queues/{}", queue["id"].as_str().unwrap())
}

/// Everything that must go on while mail is refused: tokens, claims, reruns, erasing.
fn work_goes_on(server: &Server) {
    let api = server.api();
    let queue = billing(&api);
    let leases = api.post(&format!("{queue}/claims"), &json!({"max": 2, "leaseSeconds": 60})).ok();
    let leases = leases["entities"].as_array().unwrap().clone();
    assert_eq!(leases.len(), 2);
    for (number, lease) in leases.iter().enumerate() {
        let token = lease["token"].as_str().unwrap();
        assert!(api.post(&format!("{queue}/claims/{token}/ack"), &json!({})).status < 300);
        let path = format!("/interactions/{}", lease["interaction"]["id"].as_str().unwrap());
        if number == 0 {
            assert!(api.post(&format!("{path}/rerun"), &json!({})).status < 300);
            wait_for("a rerun", || (api.get(&path).ok()["state"] == "decided").then_some(()));
        } else {
            assert!(api.delete(&format!("{path}/content")).status < 300);
        }
    }
    // The log is used over and over: it does not take what is left bit by bit.
    for _ in 0..100 {
        let leases = api.post(&format!("{queue}/claims"), &json!({"max": 1, "leaseSeconds": 60})).ok();
        let token = leases["entities"][0]["token"].as_str().unwrap().to_owned();
        assert!(api.post(&format!("{queue}/claims/{token}/release"), &json!({})).status < 300);
    }
}

#[test]
fn a_full_disk_refuses_mail_and_nothing_else() {
    let scratch = Scratch::new("operate-full");
    let Some(disk) = Disk::of(scratch.path("disk"), 160) else { return };
    let mut server = Server::start(disk.path(), &Start::unlimited());
    prepare(&server);
    for number in 0..20 {
        deliver(&server, &format!("{number}@full.example"), "billing@example.com");
    }
    assert_eq!(readiness(&server), (200, json!({"status": "ready"})));

    disk.fill();
    wait_for("452", || (offer(&server, "x@full.example") == 452).then_some(()));
    let (status, health) = readiness(&server);
    assert_eq!((status, health["status"].as_str()), (200, Some("ready")), "those who make room must get here");
    assert!(health["degraded"].as_str().unwrap().contains("the disk is full"), "{health}");
    let (path, header) = ("/interactions?to=billing@example.com&from=a@b.example", ("Content-Type", "message/rfc822"));
    let refused = server.api().send("POST", path, &[header], mail("h@full.example", "s", "b").as_bytes());
    assert_eq!(refused.error(503)["message"], "storage is full");
    work_goes_on(&server);

    // Again, as a node that was stopped and one that was killed, with whatever they left free taken by others.
    server.stop();
    disk.fill();
    server = Server::start(disk.path(), &Start::unlimited());
    wait_for("452", || (offer(&server, "y@full.example") == 452).then_some(()));
    work_goes_on(&server);
    server.kill();
    disk.fill();
    server = Server::start(disk.path(), &Start::unlimited());
    wait_for("452", || (offer(&server, "z@full.example") == 452).then_some(()));
    work_goes_on(&server);

    disk.empty();
    wait_for("mail being taken again", || (offer(&server, "room@full.example") == 250).then_some(()));
    assert_eq!(readiness(&server), (200, json!({"status": "ready"})));
    assert_eq!(server.api().get("/interactions/summary").ok()["interactions"], 21, "what was refused was not kept");
    server.stop();
    drop(server);
}

fn serve(data_dir: &Path) -> Output {
    let serve = ["serve", "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data-dir"];
    Command::new(WAYPOST).args(serve).arg(data_dir).output().unwrap()
}

fn check(data_dir: &Path, output: &str) -> (Option<i32>, String) {
    let told = Command::new(WAYPOST).args(["check", "--output", output, "--data-dir"]).arg(data_dir).output().unwrap();
    (told.status.code(), String::from_utf8(told.stdout).unwrap())
}

/// Changes bytes of a file in place.
fn overwrite(path: &Path, from: &str, to: &str) {
    let content = fs::read(path).unwrap();
    let place = content.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    let mut changed = content;
    changed[place..place + to.len()].copy_from_slice(to.as_bytes());
    fs::write(path, changed).unwrap();
}

#[test]
fn damage_is_told_by_name_and_never_served() {
    let scratch = Scratch::new("operate-damage");
    let data = scratch.path("data");
    let database = data.join("waypost.db");
    let mut server = Server::start(&data, &Start::unlimited());
    prepare(&server);
    deliver(&server, "1@damage.example", "care@example.com");
    let marked = mail("2@damage.example", "refund", "a body of its own");
    assert_eq!(server.smtp().deliver("ana@customer.example", "care@example.com", &marked).unwrap().code, 250);
    let id = decided(&server, "2@damage.example")["id"].as_str().unwrap().to_owned();
    // A second server on the directory is refused, whatever becomes of the lock's file.
    fs::remove_file(data.join("waypost.lock")).unwrap();
    let second = serve(&data);
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(second.status.code() == Some(2) && told.contains("is in use by process "), "{told}");
    server.stop();
    assert_eq!(check(&data, "table").0, Some(0), "{:?}", check(&data, "table"));

    let whole = fs::read(&database).unwrap();
    overwrite(&database, "createdqueue", "createdqueuE");
    let (code, told) = check(&data, "table");
    assert!(code == Some(1) && told.contains("a row of `audit` is damaged"), "{told}");
    fs::write(&database, whole).unwrap();

    overwrite(&database, "a body of its own", "a body of my");
    let (code, told) = check(&data, "table");
    assert!(code == Some(1) && told.contains(&format!("the message of interaction `{id}` is damaged")), "{told}");
    let (_, told) = check(&data, "json");
    let told: Json = serde_json::from_str(&told).unwrap();
    let damaged = json!({"sound": 1, "damaged": 1, "uncounted": false});
    assert_eq!((&told["messages"], &told["runs"]["damaged"]), (&damaged, &json!(0)));
    let mut server = Server::start(&data, &Start::unlimited());
    let api = server.api();
    assert_eq!(api.get(&format!("/interactions/{id}/message")).error(500)["code"], "storage.damaged");
    assert_eq!(api.all_interactions().len(), 2);
    let leases = api.post(&format!("{}/claims", billing(&api)), &json!({"max": 9, "leaseSeconds": 60})).ok();
    assert_eq!(leases["entities"].as_array().unwrap().len(), 1);
    deliver(&server, "3@damage.example", "care@example.com");

    // Killed, and what it had not folded into the database goes missing.
    server.kill();
    let aside = scratch.path("aside");
    fs::rename(data.join("waypost.db-wal"), &aside).unwrap();
    let refused = serve(&data);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{told}");
    for word in ["lost commits", "the write-ahead log `waypost.db-wal` is missing or empty", "restore a backup"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    assert_eq!(check(&data, "table").0, Some(1));
    fs::rename(&aside, data.join("waypost.db-wal")).unwrap();
    let mut server = Server::start(&data, &Start::unlimited());
    assert_eq!(server.api().all_interactions().len(), 3);

    // Removed while it runs.
    fs::remove_file(&database).unwrap();
    let health = wait_for("not being ready", || Some(readiness(&server)).filter(|(status, _)| *status == 503)).1;
    assert!(health["message"].as_str().unwrap().contains("`waypost.db` was removed"), "{health}");
    assert_eq!(offer(&server, "4@damage.example"), 451);
    server.kill();
    let refused = serve(&data);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("the database `waypost.db` is missing: "), "{told}");
    File::create(&database).unwrap();
    assert!(String::from_utf8_lossy(&serve(&data).stderr).contains("the database `waypost.db` is empty: "));
    // What it remembers is gone, too: that it was no new directory can still be seen.
    fs::remove_file(data.join("waypost.state")).unwrap();
    fs::remove_file(data.join("waypost.db-wal")).unwrap();
    fs::remove_file(&database).unwrap();
    let told = String::from_utf8_lossy(&serve(&data).stderr).into_owned();
    assert!(told.contains("the database `waypost.db` is missing: a server ran here, which left `underway`"), "{told}");
    assert!(!database.exists() && check(&data, "table").0 == Some(1));
}
