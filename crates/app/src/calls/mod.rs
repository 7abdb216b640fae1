//! Calls of data actions: HTTP requests that parked runs wait for. They wait their turn in this node's memory, a few of each data action are
//! under way at a time, and what comes of one is handed in to its run (`docs/decisions/0030-data-actions.md`).

mod book;
mod cache;
mod carry;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use thiserror::Error;
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;
use waypost_catalogue::world::Running;
use waypost_engine::{Ask, CallDataAction, Question};
pub use waypost_engine::{CallFailure, CallOutcome};
use waypost_ids::DataActionId;
use waypost_origin::Origin;
use waypost_reach::Client;
use waypost_store::error::StoreError;
use waypost_store::leases::{Term, hold_until_taken};

use crate::App;
use crate::breaker::Ended;
use crate::mail::parked::{Asked, Outside, Received, Ticket};
use crate::observed::Called;
use crate::traces::trace_id;
use book::{Asker, Book, Call, NoRoom, Turn};
use cache::CacheKey;
use carry::Carried;

/// While a call is under way its run's lease is renewed: that of a node that is gone ends soon, and another node makes the call again.
const TERM: Term = Term::of(Duration::from_secs(15));

/// A call waits so long for its turn. Then its run asks again, perhaps on a node with less to do; and none waits much longer for a node that
/// is gone. Those that wait may be many: their leases last for the whole time, and are not renewed.
const LONGEST_TURN: Duration = Duration::from_secs(30);

/// A call begins so long before its run asks again: its lease must be renewed in time.
const MARGIN: Duration = Duration::from_secs(10);

/// The longest that a call takes, whatever its definition says.
const LONGEST_CALL: Duration = Duration::from_secs(60);

/// What nobody announced is found at the latest after this long, and a store that is away is asked again.
const POLL: Duration = Duration::from_secs(1);

/// When the server stops, calls have so long to end. The others are made again, by another node or at the next start, with the same key.
const GRACE: Duration = Duration::from_secs(10);

/// Runs whose calls are left to others are told within this time.
const HAND_OVER: Duration = Duration::from_secs(5);

/// Makes the calls of parked runs.
pub struct Calls {
    http: Client,
    origin: Origin,
    book: Mutex<Book>,
    bell: Notify,
}

/// Why a data action was not called for somebody.
#[derive(Debug, Error)]
pub enum ExecuteError {
    /// There is no such data action.
    #[error("there is no data action `{0}`")]
    NotFound(DataActionId),
    /// The server is about to stop, too many calls wait, or the store is away.
    #[error("the data action can't be called now")]
    NotNow,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Calls {
    /// Calls go out by this client.
    #[must_use]
    pub fn new(http: Client, origin: Origin) -> Self {
        Self { http, origin, book: Mutex::default(), bell: Notify::new() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A call waits for its turn, if there is room.
    fn put(&self, call: Call) -> Result<(), NoRoom> {
        self.book().put(call)?;
        self.bell.notify_one();
        Ok(())
    }

    /// Whether this node makes no calls any more: whoever asks it is to ask elsewhere.
    pub(crate) fn are_over(&self) -> bool {
        self.book().is_closed()
    }

    /// Forgets all answers that could be used again: one may be about somebody who is erased.
    pub(crate) fn forget_answers(&self) {
        self.book().cache.clear();
    }

    /// How many calls wait for their turn, and how many are under way.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let book = self.book();
        (book.waiting(), book.under_way())
    }
}

/// How long a call may take: what its definition says, or the flow if that is shorter.
fn time(definition: Duration, asked: &CallDataAction) -> Duration {
    let wanted = asked.timeout_ms.map_or(LONGEST_CALL, Duration::from_millis);
    definition.min(wanted).min(LONGEST_CALL)
}

/// What a call of a service that is away comes to.
fn refused() -> CallOutcome {
    let message =
        "the service could not be reached several times in a row, or asked to be left alone; not called for a while";
    CallOutcome::Failure(CallFailure { code: "unavailable".to_owned(), message: message.to_owned(), status: None })
}

impl Outside for Calls {
    fn receives(&self, running: &Running, question: &Question, now: Timestamp) -> Received {
        let Question::CallDataAction(asked) = question else { return Received::No };
        let known = |outcome| Received::Known(Box::new(asked.clone().answered(outcome)));
        let Some(known_action) = running.data_actions.get(&asked.data_action) else {
            return known(carry::deleted());
        };
        let Some(action) = &known_action.action else { return known(carry::unreadable()) };
        let book = self.book();
        if action.cache_age().is_some() {
            let key = CacheKey::new(asked.data_action, known_action.record.revision, &asked.input);
            if let Some(output) = book.cache.get(&key, Instant::now()) {
                return known(CallOutcome::Success { output: output.clone() });
            }
        }
        let clock = Instant::now();
        if book.refuses(asked.data_action, clock) && carry::waits_until(&book, action, asked, clock).is_none() {
            return known(refused());
        }
        let begins = book.may_begin(asked.data_action);
        let wait = if begins { TERM.lasts } else { LONGEST_TURN.saturating_add(MARGIN) };
        Received::Later(now.saturating_add(wait).unwrap_or(Timestamp::MAX))
    }

    fn ask(&self, asked: Asked) {
        let Asked { ticket, question, key, until } = asked;
        let Question::CallDataAction(asked) = question else { return };
        // Begun much later, its lease might end before it is renewed.
        let room = Duration::try_from(until.duration_since(self.origin.now())).unwrap_or_default();
        let since = Instant::now();
        let latest = since + room.saturating_sub(MARGIN).min(LONGEST_TURN);
        let call = Call { asker: Asker::Run(ticket), asked, key, since, latest };
        // Of one that is over, whoever parked the run tells others.
        if self.put(call).is_err() && !self.are_over() {
            tracing::warn!(interaction = %ticket.interaction, "too many calls of data actions are waiting; the run asks again later");
        }
    }
}

/// A call under way.
struct UnderWay {
    action: DataActionId,
    turn: Turn,
    ticket: Option<Ticket>,
}

/// The calls under way of this node.
#[derive(Default)]
struct Tasks {
    tasks: JoinSet<Option<Ended>>,
    known: std::collections::HashMap<Id, UnderWay>,
}

impl Tasks {
    /// Waits for one to end.
    async fn ended(&mut self, calls: &Calls) {
        let (id, ended) = match self.tasks.join_next_with_id().await {
            None => return std::future::pending().await,
            Some(Ok((id, ended))) => (id, ended),
            Some(Err(error)) => {
                tracing::error!(%error, "a call of a data action failed because of a bug; its run asks again");
                (error.id(), None)
            }
        };
        if let Some(UnderWay { action, turn, .. }) = self.known.remove(&id) {
            calls.book().end(action, turn, ended.as_ref(), Instant::now());
        }
    }
}

impl App {
    /// Makes calls until `stop` turns true; ends at once where nothing makes any.
    pub async fn call(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let Some(calls) = self.calls.clone() else { return };
        let mut tasks = Tasks::default();
        // A sender that is gone will never say stop.
        while !*stop.borrow() && stop.has_changed().is_ok() {
            self.begin_calls(&calls, &mut tasks);
            tokio::select! {
                () = tasks.ended(&calls) => {}
                () = calls.bell.notified() => {}
                () = sleep(POLL) => {}
                _ = stop.changed() => {}
            }
        }
        self.wind_up_calls(&calls, tasks).await;
    }

    fn begin_calls(self: &Arc<Self>, calls: &Arc<Calls>, tasks: &mut Tasks) {
        loop {
            let next = calls.book().next(Instant::now());
            let Some((call, turn)) = next else { return };
            let action = call.asked.data_action;
            let ticket = if let Asker::Run(ticket) = &call.asker { Some(*ticket) } else { None };
            let (app, of) = (Arc::clone(self), Arc::clone(calls));
            let task = tasks.tasks.spawn(async move { app.make_call(&of, call, turn).await });
            tasks.known.insert(task.id(), UnderWay { action, turn, ticket });
        }
    }

    /// Makes a call, and tells its outcome to whoever waits for it.
    async fn make_call(&self, calls: &Calls, call: Call, turn: Turn) -> Option<Ended> {
        let Call { asker, asked, key, since, .. } = call;
        let (begun, clock) = (self.origin.now(), Instant::now());
        let (outcome, ended) = match turn {
            Turn::Refuse if !self.may_wait(calls, &asked) => (refused(), None),
            Turn::Leave => {
                if let Asker::Run(ticket) = asker
                    && let Err(error) = self.ask_elsewhere(ticket).await
                {
                    tracing::debug!(interaction = %ticket.interaction, %error, "a run that waits for its call asks again at its time");
                }
                return None;
            }
            Turn::Refuse | Turn::Carry { .. } => match self.carry_call(calls, &asker, &asked, key).await {
                Carried::Ended { outcome, ended } => (outcome, ended),
                Carried::Taken => {
                    tracing::debug!("a call is given up: its run asked again elsewhere");
                    return None;
                }
                // The run asks again at its time; the person is told that it can't be done now.
                Carried::NotNow(error) => {
                    tracing::warn!(%error, "a data action can't be called: the store can't be reached");
                    return None;
                }
            },
        };
        let called = Called { action: asked.data_action, begun, took: clock.elapsed(), outcome: &outcome };
        self.metrics.called(&called);
        match asker {
            Asker::Person(waits) => {
                // Who went away meanwhile needs no answer.
                let _ = waits.send(outcome);
            }
            Asker::Run(ticket) => {
                let (interaction, action, word) = (ticket.interaction, asked.data_action, called.outcome());
                tracing::info!(trace_id = %trace_id(interaction), %interaction, data_action = %action, outcome = word, "data action called");
                self.traces.called(interaction, &called);
                let answered = asked.answered(outcome).after(since.elapsed());
                loop {
                    match self.hand_in(ticket, answered.clone()).await {
                        Ok(true) => break,
                        Ok(false) => {
                            tracing::debug!(%interaction, "the outcome of a call came too late: the run asked again");
                            break;
                        }
                        Err(error @ (StoreError::Unavailable(_) | StoreError::Full)) => {
                            tracing::debug!(%interaction, %error, "the outcome of a call can't be handed in yet");
                            sleep(POLL).await;
                        }
                        Err(error) => {
                            tracing::error!(%interaction, %error, "the outcome of a call can't be stored; the run asks again");
                            break;
                        }
                    }
                }
            }
        }
        ended
    }

    /// Whether a call waits until its service may be asked.
    fn may_wait(&self, calls: &Calls, asked: &CallDataAction) -> bool {
        let running = self.catalogue.running();
        let action = running.data_actions.get(&asked.data_action).and_then(|known| known.action.as_ref());
        action.is_some_and(|action| carry::waits_until(&calls.book(), action, asked, Instant::now()).is_some())
    }

    /// Makes a call under the lease of the run that waits for it. A store that is away is no reason to give it up: the service may have acted.
    async fn carry_call(&self, calls: &Calls, asker: &Asker, asked: &CallDataAction, key: Uuid) -> Carried {
        let carried = carry::carry(self, calls, asked, key);
        let Asker::Run(Ticket { interaction, lease }) = asker else { return carried.await };
        let renew = || self.store.renew_parked(*interaction, TERM.begin(*lease, self.origin.now()));
        hold_until_taken(TERM, renew, carried).await.unwrap_or(Carried::Taken)
    }

    /// Calls a data action for somebody, in the turn that it has among the calls of runs.
    ///
    /// # Errors
    /// There is no such data action, or it can't be called now.
    pub async fn execute_data_action(
        &self,
        id: DataActionId,
        input: Map<String, Json>,
    ) -> Result<CallOutcome, ExecuteError> {
        self.catalogue.catch_up().await?;
        if self.catalogue.running().data_actions.get(&id).is_none() {
            return Err(ExecuteError::NotFound(id));
        }
        let calls = self.calls.as_ref().ok_or(ExecuteError::NotNow)?;
        let (sender, outcome) = oneshot::channel();
        let asked = CallDataAction { data_action: id, input, timeout_ms: None };
        let since = Instant::now();
        let latest = since + LONGEST_TURN;
        let call = Call { asker: Asker::Person(sender), asked, key: self.origin.id(), since, latest };
        calls.put(call).map_err(|_| ExecuteError::NotNow)?;
        outcome.await.map_err(|_| ExecuteError::NotNow)
    }

    /// Lets calls end for a while. Runs whose calls are not made here any more ask again at once.
    async fn wind_up_calls(&self, calls: &Calls, mut tasks: Tasks) {
        let all = async {
            while !tasks.known.is_empty() {
                tasks.ended(calls).await;
            }
        };
        let _ = timeout(GRACE, all).await;
        tasks.tasks.abort_all();
        let waiting = calls.book().close().into_iter().filter_map(|call| match call.asker {
            Asker::Run(ticket) => Some(ticket),
            Asker::Person(_) => None,
        });
        let left: Vec<Ticket> = tasks.known.values().filter_map(|call| call.ticket).chain(waiting).collect();
        if left.is_empty() {
            return;
        }
        tracing::info!(runs = left.len(), "calls of data actions are left to other nodes, or to the next start");
        let told = async {
            for ticket in left {
                if let Err(error) = self.ask_elsewhere(ticket).await {
                    return tracing::warn!(%error, "runs that wait for a call could not be notified; they ask again later");
                }
            }
        };
        let _ = timeout(HAND_OVER, told).await;
    }
}
