//! A message of a folder as the intake takes it.

use bytes::Bytes;
use waypost_catalogue::routes::RouteMatch;
use waypost_mail::lines::with_crlf;
use waypost_mail::message::{AddressField, Message};
use waypost_store::records::mail::AcceptOutcome;
use waypost_store::records::mailboxes::{Place, TakenRecord, Taking};

use super::Trouble;
use super::watch::Watch;
use crate::App;
use crate::mail::intake::{Arrival, Bound, in_one_form};
use crate::observed::Protocol;

impl App {
    /// Accepts a message from its place: when this answers, it is on stable storage that it was taken.
    pub(super) async fn take_letter(&self, watch: &Watch, place: Place, raw: Bytes) -> Result<(), Trouble> {
        let settings = &watch.mailbox.settings;
        let running = self.catalogue.running();
        let route =
            running.routes.get(settings.route).cloned().or_else(|| match running.routes.find(&settings.address) {
                RouteMatch::Route(route) => Some(route),
                RouteMatch::Postmaster | RouteMatch::None => None,
            });
        if route.is_none() {
            let what = format!("no route takes mail for `{}`", settings.address);
            return Err(Trouble::setup(what, "give the mailbox another `route`"));
        }
        let raw = with_crlf(raw);
        let hash = waypost_mail::hash::content_hash(&raw);
        let arrival = Arrival {
            protocol: Protocol::Imap,
            from: in_one_form(sender(&raw)),
            recipients: vec![Bound::to(in_one_form(settings.address.clone()), route)],
            raw,
            remote: settings.host.clone(),
            connection: None,
            idempotency: None,
            taken_from: Some(place.clone()),
        };
        match self.accept(arrival).await? {
            // Mail of ours that came back is noted elsewhere.
            AcceptOutcome::Committed(made) if made.is_empty() => {
                let took = TakenRecord {
                    uid: place.uid,
                    state: Taking::Taken,
                    attempts: 0,
                    content_hash: Some(hash),
                    why: None,
                };
                self.store.note_messages(place, vec![took], self.origin.now()).await?;
            }
            AcceptOutcome::Committed(_)
            | AcceptOutcome::Taken
            | AcceptOutcome::Replayed(_)
            | AcceptOutcome::KeyReused => {}
        }
        Ok(())
    }
}

/// The envelope's sender, as the server that delivered the message noted it (RFC 5321 section 4.4); else the author.
fn sender(raw: &[u8]) -> String {
    // The header alone: what follows does not matter here.
    let end = raw.windows(4).position(|four| four == b"\r\n\r\n").map_or(raw.len(), |end| end.saturating_add(4));
    let message = Message::parse(raw.get(..end).unwrap_or(raw));
    match message.header("return-path") {
        Some(path) => path.trim().trim_start_matches('<').trim_end_matches('>').trim().to_owned(),
        None => message.addresses(AddressField::From).first().map(|from| from.address.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sender_is_the_return_path_or_else_the_author() {
        for (raw, expected) in [
            ("Return-Path: <a@b.example>\r\nFrom: x@y.example\r\n\r\nhi", "a@b.example"),
            ("Return-Path: <>\r\nFrom: x@y.example\r\n\r\nhi", ""),
            ("From: X <x@y.example>\r\n\r\nReturn-Path: <no@b.example>", "x@y.example"),
            ("\r\n\r\nhi", ""),
        ] {
            assert_eq!(sender(raw.as_bytes()), expected, "{raw}");
        }
    }
}
