//! What is secret, sealed by the nodes' key on its way in and opened where it is used.

mod forget;

use thiserror::Error;
use uuid::Uuid;
use waypost_catalogue::world::World;
use waypost_ids::Ref;
use waypost_origin::Origin;
pub use waypost_seal::SealProblem;
use waypost_seal::{Key, KeyId, Owner, key_of};
use waypost_store::error::StoreError;
use waypost_store::records::outside::Sealed;
use waypost_store::traits::Store;

use crate::App;

/// Why something secret was not kept.
#[derive(Debug, Error)]
pub enum SealError {
    /// Other nodes have another key.
    #[error("{}", .0)]
    OtherKey(SealedElsewhere),
    /// The database has another key.
    #[error(transparent)]
    Another(#[from] AnotherKey),
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

/// The database has another key than this node.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "the secrets of this database are encrypted with the key {known}, and this node has the key {here}: give it the `--secret-key-file` of the other nodes"
)]
pub struct AnotherKey {
    /// The database's key.
    pub known: KeyId,
    /// The key of this node.
    pub here: KeyId,
}

/// Why a node must not work with its key.
#[derive(Debug, Error)]
pub enum KeyRefused {
    /// Something is sealed with another.
    #[error("{0}")]
    Elsewhere(SealedElsewhere),
    /// The database belongs to another.
    #[error(transparent)]
    Another(#[from] AnotherKey),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value that is forgotten could not be replaced.
    #[error("can't forget {what}: {why}")]
    Kept {
        /// Which value, in words.
        what: String,
        /// What went wrong.
        why: String,
    },
}

/// The id of the database's key, under this name among what all nodes share. The key itself is in no database.
const KEY_ID: &str = "id of the secret key";

/// The id of the key that a database's secrets are encrypted with; none before the first start.
///
/// # Errors
/// The store.
pub async fn known_key(store: &dyn Store) -> Result<Option<KeyId>, StoreError> {
    Ok(store.known_shared_key(KEY_ID).await?.as_ref().and_then(KeyId::of_padded))
}

/// Whether a database has anything that is sealed.
///
/// # Errors
/// The store.
pub async fn has_sealed(store: &dyn Store) -> Result<bool, StoreError> {
    let catalogue = store.load().await?;
    let tokens = store.mailbox_tokens().await?;
    let tokens = tokens.iter().any(|record| record.tokens.as_ref().is_some_and(|sealed| !sealed.is_forgotten()));
    Ok(tokens || !(catalogue.secrets.is_empty() && catalogue.webhooks.is_empty()))
}

/// What keeps a sign-in apart from objects: no kind of them is called so.
const SIGN_IN: &str = "sign-in";

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
    pub fn seal(&self, object: impl Into<Ref>, value: &[u8]) -> Result<Sealed, SealError> {
        self.keys_agree().map_err(SealError::OtherKey)?;
        if let Some(known) = self.other_key.get() {
            return Err(AnotherKey { known: *known, here: self.seals.id() }.into());
        }
        self.sealed_here(object, value)
    }

    fn sealed_here(&self, object: impl Into<Ref>, value: &[u8]) -> Result<Sealed, SealError> {
        let mut nonce = [0; 12];
        self.origin.fill(&mut nonce).map_err(|error| SealError::Failed(error.to_string()))?;
        let sealed = self.seals.seal(owner(&object.into()), value, nonce);
        sealed.map(Sealed).map_err(|problem| SealError::Failed(problem.to_string()))
    }

    /// Opens a value that was sealed for an object.
    ///
    /// # Errors
    /// Another key, or damage.
    pub fn unseal(&self, object: impl Into<Ref>, sealed: &Sealed) -> Result<Vec<u8>, SealProblem> {
        self.seals.open(owner(&object.into()), &sealed.0)
    }

    /// Seals what a browser keeps while its person signs in elsewhere. Only for that sign-in it can be opened, by any node.
    ///
    /// # Errors
    /// There is no randomness.
    pub(crate) fn seal_sign_in(&self, id: Uuid, value: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; 12];
        self.origin.fill(&mut nonce).map_err(|error| SealError::Failed(error.to_string()))?;
        let sealed = self.seals.seal(Owner { kind: SIGN_IN, id }, value, nonce);
        sealed.map_err(|problem| SealError::Failed(problem.to_string()))
    }

    /// Opens what a browser kept for a sign-in.
    ///
    /// # Errors
    /// Another key, another sign-in, or damage.
    pub(crate) fn unseal_sign_in(&self, id: Uuid, sealed: &[u8]) -> Result<Vec<u8>, SealProblem> {
        self.seals.open(Owner { kind: SIGN_IN, id }, sealed)
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

    /// Makes this node's key the database's, if that has none yet. While nothing is sealed, a node with another key may work: it only seals
    /// nothing, and carries nothing that must be signed.
    ///
    /// # Errors
    /// The database has another key, and something is sealed.
    pub async fn claim_key(&self) -> Result<Result<(), AnotherKey>, KeyRefused> {
        self.keys_agree().map_err(KeyRefused::Elsewhere)?;
        let here = self.seals.id();
        let known = self.key_of_all().await?;
        if known == here {
            return Ok(Ok(()));
        }
        let another = AnotherKey { known, here };
        if sealed(&self.catalogue.world()).next().is_some() {
            return Err(another.into());
        }
        self.other_key.get_or_init(|| known);
        Ok(Err(another))
    }

    /// Makes this node's key the database's while nothing is sealed, whatever it was. Only for a database that no other node works on.
    ///
    /// # Errors
    /// The store.
    pub async fn take_over_key(&self) -> Result<(), KeyRefused> {
        let (known, here) = (self.key_of_all().await?, self.seals.id());
        if known != here && sealed(&self.catalogue.world()).next().is_none() {
            self.store.replace_shared_key(KEY_ID, known.padded(), here.padded()).await?;
        }
        Ok(())
    }

    /// The id of the database's key: this node's, if there was none.
    async fn key_of_all(&self) -> Result<KeyId, StoreError> {
        let here = self.seals.id();
        let known = self.store.shared_key(KEY_ID, here.padded()).await?;
        Ok(KeyId::of_padded(&known).unwrap_or(here))
    }
}

fn owner(object: &Ref) -> Owner {
    Owner { kind: object.kind.as_str(), id: object.uuid() }
}

/// Everything that is sealed, with what it is.
fn sealed(world: &World) -> impl Iterator<Item = (String, Sealed)> {
    let secrets = world.secrets.values().map(|secret| (format!("secret `{}`", secret.name), secret.value.clone()));
    let webhooks =
        world.webhooks.values().map(|hook| (format!("the secret of webhook `{}`", hook.name), hook.secret.clone()));
    secrets.chain(webhooks).collect::<Vec<_>>().into_iter()
}
