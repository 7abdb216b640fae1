//! What is secret, sealed by the nodes' key on its way in and opened where it is used.

use thiserror::Error;
use uuid::Uuid;
use waypost_catalogue::world::World;
use waypost_origin::Origin;
pub use waypost_seal::SealProblem;
use waypost_seal::{Key, KeyId, key_of};
use waypost_store::records::outside::Sealed;

use crate::App;

/// Why something secret was not kept.
#[derive(Debug, Error)]
pub enum SealError {
    /// Other nodes have another key.
    #[error("{}", .0)]
    OtherKey(SealedElsewhere),
    /// The system gives no randomness, or the library refuses.
    #[error("the value can't be encrypted: {0}")]
    Failed(String),
}

/// Values that this node can't open.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "{} is encrypted with the key {sealed_with}, and this node has the key {here}: give it the `--secret-key-file` of the node that set the value",
    .what.join(", ")
)]
pub struct SealedElsewhere {
    /// Which values, in words.
    what: Vec<String>,
    sealed_with: KeyId,
    here: KeyId,
}

/// Values named in a message.
const MOST_NAMED: usize = 5;

/// A key for a process that is given none: what it seals dies with it.
pub(crate) fn key_of_this_process(origin: &Origin) -> Result<Key, SealError> {
    let mut bytes = [0; 32];
    origin.fill(&mut bytes).map_err(|error| SealError::Failed(error.to_string()))?;
    Key::new(&bytes).map_err(|problem| SealError::Failed(problem.to_string()))
}

impl App {
    /// Seals a value for an object.
    ///
    /// # Errors
    /// Other values are sealed with another key, or there is no randomness.
    pub fn seal(&self, owner: Uuid, value: &[u8]) -> Result<Sealed, SealError> {
        self.keys_agree().map_err(SealError::OtherKey)?;
        let mut nonce = [0; 12];
        self.origin.fill(&mut nonce).map_err(|error| SealError::Failed(error.to_string()))?;
        let sealed = self.seals.seal(owner, value, nonce);
        sealed.map(Sealed).map_err(|problem| SealError::Failed(problem.to_string()))
    }

    /// Opens a value that was sealed for an object.
    ///
    /// # Errors
    /// Another key, or damage.
    pub fn unseal(&self, owner: Uuid, sealed: &Sealed) -> Result<Vec<u8>, SealProblem> {
        self.seals.open(owner, &sealed.0)
    }

    /// Whether this node can open what is sealed.
    ///
    /// # Errors
    /// What it can't open.
    pub fn keys_agree(&self) -> Result<(), SealedElsewhere> {
        let here = self.seals.id();
        let others: Vec<(String, KeyId)> = sealed(&self.catalogue.world())
            .filter_map(|(what, sealed)| Some((what, key_of(&sealed.0).filter(|key| *key != here)?)))
            .collect();
        let Some((_, sealed_with)) = others.first().cloned() else { return Ok(()) };
        let what = others.into_iter().take(MOST_NAMED).map(|(what, _)| what).collect();
        Err(SealedElsewhere { what, sealed_with, here })
    }
}

/// Everything that is sealed, with what it is.
fn sealed(world: &World) -> impl Iterator<Item = (String, Sealed)> {
    let secrets = world.secrets.values().map(|secret| (format!("secret `{}`", secret.name), secret.value.clone()));
    let webhooks =
        world.webhooks.values().map(|hook| (format!("the secret of webhook `{}`", hook.name), hook.secret.clone()));
    secrets.chain(webhooks).collect::<Vec<_>>().into_iter()
}
