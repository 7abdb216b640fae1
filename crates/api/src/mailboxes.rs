//! `/mailboxes`: mailboxes of other servers that mail is taken from.

mod set_aside;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use waypost_app::access::scopes::Scope;
use waypost_app::mailboxes::{Authorised, Checked, Health, NotAuthorised, Standing};
use waypost_catalogue::mailboxes::{MailboxEdit, MailboxSpec, definition};
use waypost_ids::MailboxId;
use waypost_store::error::StoreError;
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_wire::error::Problem;
use waypost_wire::mailbox::{
    Mailbox, MailboxAuthorisation, MailboxAuthorisationRequest, MailboxCheck, MailboxHealth, MailboxRequest,
    MailboxState, MailboxTest, SetAsideMessage, SetAsideRetry, SetAsideRetryRequest,
};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::objects::{self, Call, Offer, PathParts, Resource, not_found};
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "health", "version", "dateCreated", "dateModified", "selfUri"];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let tests = "Find out what is wrong with a mailbox, without taking or changing anything there";
    objects::endpoints::<MailboxRecord>()
        .post(
            &format!("{}/test", MailboxRecord::OFFER.one),
            test,
            operation("postMailboxTest", Scope::RoutingWrite, tests).answers::<MailboxTest>(),
        )
        .post(
            &format!("{}/authorise", MailboxRecord::OFFER.one),
            authorise,
            operation(
                "postMailboxAuthorise",
                Scope::RoutingWrite,
                "Get a code by which a person gives access to a mailbox, or ask whether it was confirmed",
            )
            .body::<MailboxAuthorisationRequest>()
            .answers::<MailboxAuthorisation>()
            .refuses(&[409]),
        )
        .get(
            &format!("{}/setaside", MailboxRecord::OFFER.one),
            set_aside::list,
            operation("getMailboxSetaside", Scope::RoutingRead, "List messages that were set aside, by folder and UID")
                .chunks::<SetAsideMessage>(),
        )
        .post(
            &format!("{}/setaside/retry", MailboxRecord::OFFER.one),
            set_aside::retry,
            operation(
                "postMailboxSetasideRetry",
                Scope::RoutingWrite,
                "Try set-aside messages again: all of a mailbox, or one",
            )
            .body::<SetAsideRetryRequest>()
            .answers::<SetAsideRetry>(),
        )
}

impl Resource for MailboxRecord {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = Mailbox;
    type Request = MailboxRequest;
    type Change = MailboxRequest;

    const OFFER: Offer = Offer {
        all: "/mailboxes",
        one: "/mailboxes/{mailboxId}",
        list: ("getMailboxes", "List mailboxes with their health, by name"),
        create: ("postMailboxes", "Create a mailbox: mail that arrives from now on is taken"),
        get: ("getMailbox", "Get a mailbox with its health"),
        change: ("putMailbox", "Replace a mailbox's settings"),
        patched: false,
        delete: ("deleteMailbox", "Delete a mailbox and its record of messages"),
        where_used: None,
    };

    fn id_in(path: &PathParts) -> Result<MailboxId, ApiError> {
        path.id::<Self>("mailboxId")
    }

    fn order(&self) -> &str {
        &self.folded_name
    }

    fn spec(_: Call, mut body: Fields, _: &PathParts, state: &ApiState) -> Result<MailboxEdit, ApiError> {
        let name = body.required_text("name");
        let enabled = body.parsed("state", "`enabled` or `disabled`", |state| match state.as_str()? {
            "enabled" => Some(true),
            "disabled" => Some(false),
            _ => None,
        });
        body.discard(SET_BY_SERVER);
        let definition = body.rest()?;
        let id = MailboxId(state.app.origin.id());
        Ok(MailboxEdit::Replace(MailboxSpec { id, name, enabled, definition }))
    }

    fn view(&self, state: &ApiState, _: bool) -> Mailbox {
        let world = state.app.catalogue.world();
        let mut members = definition(
            self,
            &|id| json!({ "id": id, "name": world.secrets.get(&id).map(|secret| secret.name.clone()) }),
        );
        let mut take = |name: &str| members.shift_remove(name).unwrap_or_default();
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        Mailbox {
            id: self.id,
            name: self.name.clone(),
            host: text(take("host")),
            port: self.settings.port,
            tls: serde_json::from_value(take("tls")).unwrap_or_default(),
            user: text(take("user")),
            auth: serde_json::from_value(take("auth")).unwrap_or_default(),
            folders: self.settings.folders.clone(),
            start: text(take("start")),
            after: serde_json::from_value(take("after")).unwrap_or_default(),
            route: text(take("route")),
            submission: members_of(take("submission")),
            state: if self.enabled { MailboxState::Enabled } else { MailboxState::Disabled },
            health: None,
            version: self.revision.to_string(),
            date_created: self.created_at.into(),
            date_modified: self.modified_at.into(),
            self_uri: format!("/api/v2/mailboxes/{}", self.id),
        }
    }

    async fn measure(state: &ApiState, mailboxes: &[Arc<Self>], views: &mut [Mailbox]) -> Result<(), StoreError> {
        let now = state.app.origin.now();
        for (view, (mailbox, known)) in views.iter_mut().zip(state.app.mailbox_health(mailboxes).await?) {
            view.health = Some(health(&mailbox, known, now));
        }
        Ok(())
    }
}

/// How a mailbox is, by what is known of it and how many of its messages were set aside.
pub(crate) fn health(mailbox: &MailboxRecord, (known, set_aside): (Health, u64), now: Timestamp) -> MailboxHealth {
    let (last_error_at, last_error) = known.last_error.clone().unzip();
    let standing = known.standing(mailbox, now);
    // Nobody tries any more what failed before the mailbox was disabled.
    let is_tried = standing != Standing::Disabled;
    MailboxHealth {
        status: standing.as_str().to_owned(),
        alarm: known.alarms(mailbox, now),
        last_look_at: known.last_look.map(Into::into),
        last_mail_at: known.last_mail.map(Into::into),
        last_error,
        last_error_at: last_error_at.map(Into::into),
        suggestion: known.suggestion.filter(|_| is_tried),
        failing_since: known.failing_since.filter(|_| is_tried).map(Into::into),
        set_aside,
    }
}

/// What a definition has of a member, if it has it.
fn members_of<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

/// `POST /mailboxes/{mailboxId}/authorise`
async fn authorise(
    State(state): State<ApiState>,
    _: Caller<RoutingWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<MailboxAuthorisation>, ApiError> {
    query.finish()?;
    let handle = body.hidden_text("handle");
    body.finish(&["handle"])?;
    let known: MailboxId = id.parse().map_err(|_| not_found::<MailboxRecord>(&id))?;
    let gone = || not_found::<MailboxRecord>(&id);
    let status = |status: &str| MailboxAuthorisation {
        status: status.to_owned(),
        user_code: None,
        verification_uri: None,
        expires_at: None,
        interval: None,
        handle: None,
    };
    let Some(handle) = handle else {
        let asked = state.app.begin_authorising(known).await.ok_or_else(gone)?.map_err(not_authorised)?;
        return Ok(Json(MailboxAuthorisation {
            user_code: Some(asked.user_code),
            verification_uri: Some(asked.verification_uri),
            expires_at: Some(asked.expires_at.into()),
            interval: Some(asked.interval),
            handle: Some(asked.handle),
            ..status("pending")
        }));
    };
    let app = Arc::clone(&state.app);
    let done = to_its_end(async move { app.end_authorising(known, &handle).await }).await?;
    let done = done.ok_or_else(gone)?.map_err(not_authorised)?;
    Ok(Json(match done {
        Authorised::Pending { interval, handle } => {
            MailboxAuthorisation { interval: Some(interval), handle: Some(handle), ..status("pending") }
        }
        Authorised::Done => status("done"),
    }))
}

/// Goes on with what exchanges a code or a refresh token even if the client hangs up: they are good once, and what an endpoint gives in their
/// place must be kept.
async fn to_its_end<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, ApiError> {
    let ended = tokio::spawn(work).await;
    ended.map_err(|error| ApiError::unavailable("the server is about to end", 1).private(error.to_string()))
}

fn not_authorised(NotAuthorised { what, suggestion }: NotAuthorised) -> ApiError {
    let problem = Problem { suggestion, ..Problem::new("mailbox.not.authorised", what.clone()) };
    ApiError::new(StatusCode::CONFLICT, "mailbox.not.authorised", what).problems(vec![problem])
}

/// `POST /mailboxes/{mailboxId}/test`
async fn test(
    State(state): State<ApiState>,
    _: Caller<RoutingWrite>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<MailboxTest>, ApiError> {
    query.finish()?;
    let known: MailboxId = id.parse().map_err(|_| not_found::<MailboxRecord>(&id))?;
    let app = Arc::clone(&state.app);
    let checkup = to_its_end(async move { app.check_mailbox(known).await }).await?;
    let checkup = checkup.ok_or_else(|| not_found::<MailboxRecord>(&id))?;
    let ok = checkup.is_well();
    let check = |Checked { what, found, suggestion }| MailboxCheck {
        check: what,
        ok: found.is_ok(),
        detail: found.unwrap_or_else(|wrong| wrong),
        suggestion,
    };
    Ok(Json(MailboxTest { ok, checks: checkup.checks.into_iter().map(check).collect() }))
}
