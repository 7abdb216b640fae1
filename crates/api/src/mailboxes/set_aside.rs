//! Messages of mailboxes that were set aside.

use axum::Json;
use axum::extract::{Path, State};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use waypost_ids::MailboxId;
use waypost_store::records::mailboxes::{MailboxRecord, Place};
use waypost_wire::listing::Chunk;
use waypost_wire::mailbox::{SetAsideMessage, SetAsideRetry};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::cursor;
use crate::error::ApiError;
use crate::objects::not_found;
use crate::query::Query;
use crate::state::ApiState;

/// `GET /mailboxes/{mailboxId}/setaside`
pub(super) async fn list(
    State(state): State<ApiState>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<Chunk<SetAsideMessage>>, ApiError> {
    let known = id.parse().map_err(|_| not_found::<MailboxRecord>(&id))?;
    let size = query.number("pageSize", 1..=500, 25);
    let after = query.parsed("cursor", cursor::EXPECTED, |text| place(known, text));
    query.finish()?;
    let found = state.app.messages_set_aside(known, after, size.saturating_add(1)).await?;
    let mut found = found.ok_or_else(|| not_found::<MailboxRecord>(&id))?;
    let more = found.len() > size as usize;
    found.truncate(size as usize);
    let next_cursor = found.last().filter(|_| more).map(|one| written(&one.place));
    let entities = found.into_iter().map(|one| SetAsideMessage {
        folder: one.place.folder,
        uid_validity: one.place.uid_validity,
        uid: one.place.uid,
        reason: one.why,
        date: one.at.into(),
    });
    Ok(Json(Chunk { entities: entities.collect(), next_cursor }))
}

/// `POST /mailboxes/{mailboxId}/setaside/retry`
pub(super) async fn retry(
    State(state): State<ApiState>,
    _: Caller<RoutingWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<SetAsideRetry>, ApiError> {
    query.finish()?;
    let known: MailboxId = id.parse().map_err(|_| not_found::<MailboxRecord>(&id))?;
    let number = |value: &Value| u32::try_from(value.as_u64()?).ok();
    let folder = body.text("folder");
    let uid_validity = body.parsed("uidValidity", "the folder's UIDVALIDITY, a number", number);
    let uid = body.parsed("uid", "the message's UID, a number", number);
    let one = match (folder, uid_validity, uid) {
        (Some(folder), Some(uid_validity), Some(uid)) => Some(Place { mailbox: known, folder, uid_validity, uid }),
        (None, None, None) => None,
        (folder, uid_validity, uid) => {
            let there = [("folder", folder.is_some()), ("uidValidity", uid_validity.is_some()), ("uid", uid.is_some())];
            if !body.has_problems() {
                for (name, _) in there.into_iter().filter(|(_, there)| !there) {
                    body.missing(name, "`folder`, `uidValidity` and `uid` of one message, or none of them for all");
                }
            }
            None
        }
    };
    body.finish(&["folder", "uidValidity", "uid"])?;
    let retried = state.app.retry_set_aside(known, one).await?;
    Ok(Json(SetAsideRetry { retried: retried.ok_or_else(|| not_found::<MailboxRecord>(&id))? }))
}

/// The cursor after a message.
fn written(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}:{}:{}", place.uid_validity, place.uid, place.folder))
}

fn place(mailbox: MailboxId, cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (uid_validity, rest) = text.split_once(':')?;
    let (uid, folder) = rest.split_once(':')?;
    Some(Place { mailbox, folder: folder.to_owned(), uid_validity: uid_validity.parse().ok()?, uid: uid.parse().ok()? })
}
