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
use waypost_store::records::catalogue::Catalogue;
use waypost_store::records::mailboxes::MailboxTokens;
use waypost_store::records::outside::{Sealed, SecretRecord, WebhookRecord};
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
pub const KEY_ID: &str = "id of the secret key";

/// What a database has that is sealed, for those who look before there is an [`App`].
pub struct Seals {
    /// The id of the database's key; none before the first start.
    known: Option<KeyId>,
    values: Vec<(String, Sealed)>,
    has_tokens: bool,
}

impl Seals {
    /// Those of a database.
    ///
    /// # Errors
    /// The store.
    pub async fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let known = store.known_shared_key(KEY_ID).await?;
        Ok(Self::of(known, &store.load().await?, &store.mailbox_tokens().await?))
    }

    /// Those of a database that nobody opened: what it has for [`KEY_ID`], its catalogue and tokens.
    #[must_use]
    pub fn of(known: Option<[u8; 32]>, catalogue: &Catalogue, tokens: &[MailboxTokens]) -> Self {
        let has_tokens =
            tokens.iter().any(|record| record.tokens.as_ref().is_some_and(|sealed| !sealed.is_forgotten()));
        let values = sealed(catalogue.secrets.iter(), catalogue.webhooks.iter());
        Self { known: known.as_ref().and_then(KeyId::of_padded), values, has_tokens }
    }

    /// The key without which nothing could be opened, if it is not one that is given up.
    #[must_use]
    pub fn needed(&self, lost: Option<KeyId>) -> Option<KeyId> {
        let is_empty = self.values.is_empty() && !self.has_tokens;
        self.known.filter(|known| !is_empty && Some(*known) != lost)
    }

    /// What [`App::claim_key`] would answer to a node with a key, after [`App::forget_sealed`] of a lost one.
    ///
    /// # Errors
    /// The database has another key, and something is sealed.
    pub fn claim(mut self, here: KeyId, lost: Option<KeyId>) -> Result<Result<(), AnotherKey>, KeyRefused> {
        if let Some(lost) = lost {
            self.values.retain(|(_, sealed)| key_of(&sealed.0) != Some(lost));
            self.known = self.known.filter(|known| *known != lost);
        }
        claim(&self.values, self.known.unwrap_or(here), here)
    }
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
        agree(&sealed_in(&self.catalogue.world()), self.seals.id())
    }

    /// Makes this node's key the database's, if that has none yet. While nothing is sealed, a node with another key may work: it only seals
    /// nothing, and carries nothing that must be signed.
    ///
    /// # Errors
    /// The database has another key, and something is sealed.
    pub async fn claim_key(&self) -> Result<Result<(), AnotherKey>, KeyRefused> {
        // Before this node's key becomes the key of all.
        self.keys_agree().map_err(KeyRefused::Elsewhere)?;
        let known = self.key_of_all().await?;
        let claimed = claim(&sealed_in(&self.catalogue.world()), known, self.seals.id())?;
        if claimed.is_err() {
            self.other_key.get_or_init(|| known);
        }
        Ok(claimed)
    }

    /// Makes this node's key the database's while nothing is sealed, whatever it was. Only for a database that no other node works on.
    ///
    /// # Errors
    /// The store.
    pub async fn take_over_key(&self) -> Result<(), KeyRefused> {
        let (known, here) = (self.key_of_all().await?, self.seals.id());
        if known != here && sealed_in(&self.catalogue.world()).is_empty() {
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
fn sealed<'r>(
    secrets: impl Iterator<Item = &'r SecretRecord>,
    webhooks: impl Iterator<Item = &'r WebhookRecord>,
) -> Vec<(String, Sealed)> {
    let secrets = secrets.map(|secret| (format!("secret `{}`", secret.name), secret.value.clone()));
    let webhooks = webhooks.map(|hook| (format!("the secret of webhook `{}`", hook.name), hook.secret.clone()));
    secrets.chain(webhooks).collect()
}

fn sealed_in(world: &World) -> Vec<(String, Sealed)> {
    sealed(world.secrets.values().map(|secret| &**secret), world.webhooks.values().map(|hook| &**hook))
}

/// Whether a key opens all of this.
fn agree(sealed: &[(String, Sealed)], here: KeyId) -> Result<(), SealedElsewhere> {
    let others: Vec<(&String, KeyId)> = sealed
        .iter()
        .filter_map(|(what, sealed)| Some((what, key_of(&sealed.0).filter(|key| *key != here)?)))
        .collect();
    let Some((_, sealed_with)) = others.first().copied() else { return Ok(()) };
    let what = others.into_iter().take(MOST_NAMED).map(|(what, _)| what.clone()).collect();
    Err(SealedElsewhere { what, sealed_with, here })
}

/// Whether a node with a key may work on a database with this key. While nothing is sealed, one with another may.
fn claim(sealed: &[(String, Sealed)], known: KeyId, here: KeyId) -> Result<Result<(), AnotherKey>, KeyRefused> {
    agree(sealed, here).map_err(KeyRefused::Elsewhere)?;
    if known == here {
        return Ok(Ok(()));
    }
    let another = AnotherKey { known, here };
    if sealed.is_empty() { Ok(Err(another)) } else { Err(another.into()) }
}
