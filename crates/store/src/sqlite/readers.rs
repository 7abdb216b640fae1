//! Threads that read, each with a connection of its own: a reader sees the newest commit and never waits for the writer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::error::StoreError;

type Question = Box<dyn FnOnce(&Connection) + Send>;

/// Questions that may wait for a reader before callers wait to ask.
const WAITING: usize = 64;

/// Sends questions to the readers. They end when the last handle is gone.
#[derive(Clone)]
pub(super) struct Readers {
    questions: mpsc::Sender<Question>,
    patience: Duration,
}

impl Readers {
    /// Starts one thread for each connection.
    pub(super) fn start(
        connections: Vec<Connection>,
        patience: Duration,
    ) -> Result<(Self, Vec<std::thread::JoinHandle<()>>), StoreError> {
        let (questions, receiver) = mpsc::channel::<Question>(WAITING);
        let receiver = Arc::new(Mutex::new(receiver));
        let mut threads = Vec::new();
        for db in connections {
            let receiver = Arc::clone(&receiver);
            let thread = std::thread::Builder::new()
                .name("store-reader".to_owned())
                .spawn(move || {
                    loop {
                        let next = receiver.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                        let Some(question) = next else { return };
                        question(&db);
                    }
                })
                .map_err(|error| StoreError::Failed(error.to_string()))?;
            threads.push(thread);
        }
        Ok((Self { questions, patience }, threads))
    }

    /// Runs `read` on a reader, all of it at one state of the database.
    pub(super) async fn run<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let question: Question = Box::new(move |db| {
            if sender.is_closed() {
                return;
            }
            let _ = sender.send(at_one_state(db, read));
        });
        let gone = || StoreError::Unavailable("no reader is left".to_owned());
        let asked = async {
            self.questions.send(question).await.map_err(|_| gone())?;
            receiver.await.map_err(|_| gone())?
        };
        match timeout(self.patience, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(StoreError::Unavailable("no reader answered in time".to_owned())),
        }
    }
}

fn at_one_state<T>(db: &Connection, read: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
    let transaction = db.unchecked_transaction()?;
    let answer = read(&transaction)?;
    transaction.commit()?;
    Ok(answer)
}
