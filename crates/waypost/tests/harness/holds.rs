//! Where a receiver of mail stops until a test lets it go on.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::DEADLINE;

/// A step of a dialogue: the receiver has heard this, and not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The recipient.
    Recipient,
    /// That the content comes.
    Data,
    /// All of the content.
    Content,
}

struct Gate {
    reached: Sender<String>,
    go_on: Receiver<()>,
}

/// Where dialogues stop.
#[derive(Default)]
pub struct Holds(Mutex<HashMap<(Step, String), Gate>>);

/// A dialogue that stops, or will. When this is dropped it is broken off without an answer.
pub struct Held {
    reached: Receiver<String>,
    go_on: Sender<()>,
}

impl Held {
    /// Waits until the dialogue has stopped; answers what the sender calls itself.
    pub fn wait(&self) -> String {
        self.reached.recv_timeout(DEADLINE).unwrap()
    }

    /// Lets it go on.
    pub fn go_on(self) {
        self.go_on.send(()).unwrap();
    }
}

impl Holds {
    /// Has the next dialogue with this recipient stop there.
    pub fn hold(&self, step: Step, to: &str) -> Held {
        let ((reached, hears), (lets, go_on)) = (channel(), channel());
        self.0.lock().unwrap().insert((step, to.to_owned()), Gate { reached, go_on });
        Held { reached: hears, go_on: lets }
    }

    /// Stops where somebody wants that; answers whether to go on.
    pub(super) fn pass(&self, step: Step, to: &str, sender: &str) -> bool {
        let gate = self.0.lock().unwrap().remove(&(step, to.to_owned()));
        let Some(Gate { reached, go_on }) = gate else { return true };
        let _ = reached.send(sender.to_owned());
        go_on.recv().is_ok()
    }
}
