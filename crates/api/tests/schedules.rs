//! Schedules, over a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::server;

const SCHEDULES: &str = "/routing/schedules";

fn office_hours() -> Json {
    json!({
        "name": "Office hours",
        "description": "when somebody is there",
        "timeZone": "Europe/Berlin",
        "open": [{ "name": "week", "days": "mon-fri", "from": "09:00", "to": "17:00" }],
        "closed": [{ "name": "lunch", "days": ["mon-fri"], "from": "12:00", "to": "13:00" }],
        "holidays": [{ "name": "Christmas", "date": "2026-12-25", "through": "2026-12-26" }],
    })
}

#[tokio::test]
async fn schedules() {
    let server = server().await;
    let made = server.call("POST", SCHEDULES, office_hours()).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let schedule = made.ok();
    let path = schedule["selfUri"].as_str().unwrap().strip_prefix("/api/v2").unwrap();
    for member in ["name", "description", "timeZone", "open", "closed", "holidays"] {
        assert_eq!(schedule[member], office_hours()[member], "{member}");
    }
    assert_eq!(server.get(path).await.ok(), schedule);
    assert_eq!(server.get(&format!("{SCHEDULES}?name=office*")).await.ok()["entities"], json!([schedule]));
    let twin = server.call("POST", SCHEDULES, json!({"name": "OFFICE HOURS", "timeZone": "UTC"})).await;
    assert_eq!(twin.error(), (409, "duplicate.name".to_owned()));

    let at = async |time: &str| server.get(&format!("{path}/evaluate?at={time}")).await.ok();
    // A Wednesday; Berlin is an hour ahead.
    for (time, state, name, next) in [
        ("2026-11-25T08:30:00Z", "open", Some("week"), "2026-11-25T11:00:00Z"),
        ("2026-11-25T11:00:00Z", "closed", Some("lunch"), "2026-11-25T12:00:00Z"),
        ("2026-11-25T20:00:00Z", "closed", None, "2026-11-26T08:00:00Z"),
        ("2026-12-25T10:00:00Z", "holiday", Some("Christmas"), "2026-12-26T23:00:00Z"),
    ] {
        let said = at(time).await;
        assert_eq!((&said["state"], said.get("name").and_then(Json::as_str)), (&json!(state), name), "{time}");
        assert_eq!((&said["isOpen"], &said["at"]), (&json!(state == "open"), &json!(time.replace('Z', ".000Z"))));
        assert_eq!(said["nextChange"], json!(next.replace('Z', ".000Z")), "{time}");
    }
    assert_eq!(server.get(&format!("{path}/evaluate?at=noon")).await.status, 400);
    assert!(server.get(&format!("{path}/evaluate")).await.ok()["state"].is_string());

    // The switch takes precedence over all, and stays as it is until somebody switches it.
    let on = server.call("PUT", &format!("{path}/emergency"), json!({"active": true, "reason": "flood"})).await.ok();
    assert_eq!((&on["emergency"], &on["revision"]), (&json!({"active": true, "reason": "flood"}), &json!(2)));
    let said = at("2026-11-25T08:30:00Z").await;
    assert_eq!((&said["state"], &said["name"], said.get("nextChange")), (&json!("emergency"), &json!("flood"), None));
    let headers = ["Content-Type: application/json", "If-Match: \"1\""];
    let stale = server.call_with("PUT", path, &headers, office_hours().to_string().as_bytes()).await;
    assert_eq!(stale.error(), (412, "precondition.failed".to_owned()));
    let mut changed = office_hours();
    changed["name"] = json!("Hours");
    let changed = server.call("PUT", path, changed).await.ok();
    assert_eq!((&changed["name"], &changed["emergency"]), (&json!("Hours"), &on["emergency"]));
    let mut off = changed.clone();
    off["emergency"] = json!({"active": false});
    assert_eq!(server.call("PUT", path, off).await.ok()["emergency"], json!({"active": false}));
    let wrong = server.call("PUT", &format!("{path}/emergency"), json!({"reason": "x".repeat(201)})).await;
    assert_eq!(wrong.error(), (400, "required.field.missing".to_owned()));
    let wrong =
        server.call("PUT", &format!("{path}/emergency"), json!({"active": true, "reason": "x".repeat(201)})).await;
    assert_eq!(wrong.json()["errors"][0]["path"], "emergency.reason");

    let used = server.get(&format!("{path}/usedby")).await.ok();
    assert_eq!((used["nodes"].as_array().unwrap().len(), &used["nodes"][0]["kind"]), (1, &json!("schedule")));
    assert_eq!(server.call("DELETE", path, Json::Null).await.status, 204);
    assert_eq!(server.get(path).await.error(), (404, "resource.not.found".to_owned()));
    assert_eq!(server.get(&format!("{path}/evaluate")).await.status, 404);
    let log = server.get(&format!("/audit?entityId={}", schedule["id"].as_str().unwrap())).await.ok();
    assert_eq!(log["entities"][1]["before"]["definition"]["emergency"], on["emergency"]);
}

#[tokio::test]
async fn every_problem_of_a_schedule_is_told() {
    let server = server().await;
    let bad = json!({
        "name": "",
        "timeZone": "Europe/Berln",
        "open": [{ "days": "mon-fry", "from": "9", "to": "17:00" }],
        "close": [],
    });
    let body = server.call("POST", SCHEDULES, bad).await.json();
    let told: Vec<&str> =
        body["errors"].as_array().unwrap().iter().map(|error| error["path"].as_str().unwrap()).collect();
    for path in ["name", "close", "timeZone", "open[0].days", "open[0].from"] {
        assert!(told.contains(&path), "{path} in {told:?}");
    }
    let zone = body["errors"].as_array().unwrap().iter().find(|error| error["path"] == "timeZone").unwrap();
    assert!(zone["suggestion"].as_str().unwrap().contains("Europe/Berlin"), "{zone}");
}
