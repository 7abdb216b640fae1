//! The tutorial in Rust: a shared flow, a router that calls it, a route, a mail, and the decision.
//!
//! `WAYPOST_URL=http://127.0.0.1:8080 WAYPOST_CLIENT_ID=… WAYPOST_CLIENT_SECRET=… cargo run -p waypost-client --example tutorial`
#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example shows what it did, and fails by panicking")]

use std::error::Error;

use futures_util::TryStreamExt;
use serde_json::json;
use waypost_client::Client;
use waypost_client::flows::{FlowFilter, Saving};
use waypost_client::interactions::Mail;
use waypost_wire::interaction::Interaction;
use waypost_wire::reference::Reference;
use waypost_wire::routing::RouteRequest;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let set = |name| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let client = Client::builder(set("WAYPOST_URL")?)
        .credentials(set("WAYPOST_CLIENT_ID")?, set("WAYPOST_CLIENT_SECRET")?)
        .build()?;
    let interaction = run(&client).await?;
    println!("decision: {:?}", interaction.and_then(|one| one.decision));
    Ok(())
}

/// Does it all; answers what became of the mail. Only a bounce of something that was sent would make no interaction.
pub async fn run(client: &Client) -> Result<Option<Interaction>, waypost_client::Error> {
    for queue in ["Refunds", "General"] {
        client.routing().create_queue(queue).await?;
    }
    let shared = json!({
        "name": "Shared Email Processor",
        "type": "shared",
        "inputs": [{ "name": "emailBody", "dataType": "string" }],
        "outputs": [{ "name": "processedResult", "dataType": "string" }],
        "nodes": [
            { "id": "look", "next": [
                { "when": "${containsIgnoreCase(input.emailBody, 'refund')}", "to": "refund" }, { "to": "other" },
            ] },
            { "id": "refund", "actions": [
                { "type": "setOutput", "name": "processedResult", "value": "refund" }, { "type": "return" },
            ] },
            { "id": "other", "actions": [{ "type": "setOutput", "name": "processedResult", "value": "other" }] },
        ],
    });
    let shared = client.flows().create(&shared, &Saving::default()).await?;
    let router = json!({
        "name": "Inbound Email Router",
        "type": "email",
        "nodes": [
            {
                "id": "ask",
                "actions": [{
                    "type": "runFlow",
                    "flowId": shared.id,
                    "inputMapping": [{ "name": "emailBody", "value": "${interaction.email.body}" }],
                    "outputMapping": [{ "name": "localResult", "value": "${output.processedResult}" }],
                }],
                "next": [{ "when": "${localResult == 'refund'}", "to": "refunds" }, { "to": "general" }],
            },
            { "id": "refunds", "actions": [{ "type": "transferToQueue", "queue": "Refunds", "priority": 10 }] },
            { "id": "general", "actions": [{ "type": "transferToQueue", "queue": "General" }] },
        ],
    });
    let note = Some("the tutorial".to_owned());
    let router = client.flows().create(&router, &Saving { note, ..Saving::default() }).await?;
    client.routing().create_domain("shop.example").await?;
    let route = RouteRequest {
        pattern: "help".to_owned(),
        flow: Some(Reference { id: router.id.to_string(), ..Reference::default() }),
        ..RouteRequest::default()
    };
    client.routing().create_route("shop.example", &route).await?;

    let flows: Vec<String> = client.flows().list(&FlowFilter::default()).map_ok(|flow| flow.name).try_collect().await?;
    println!("flows: {}", flows.join(", "));
    let mail = Mail {
        to: "help@shop.example".to_owned(),
        from: "ann@customer.example".to_owned(),
        raw: "From: ann@customer.example\r\nSubject: Order 7\r\n\r\nI want a refund.\r\n".into(),
        wait: true,
        idempotency_key: Some("tutorial-1".to_owned()),
    };
    client.interactions().send(mail).await
}
