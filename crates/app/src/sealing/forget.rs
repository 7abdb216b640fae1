//! Giving up what a lost key sealed, so that the database can have another.

use waypost_catalogue::secrets::SecretSpec;
use waypost_catalogue::webhooks::WebhookEdit;
use waypost_ids::Ref;
use waypost_seal::{KeyId, key_of};
use waypost_store::records::audit::{By, SERVER};
use waypost_store::records::outside::{Sealed, SecretRecord, WebhookRecord};

use super::{AnotherKey, KEY_ID, KeyRefused, SealError};
use crate::App;
use crate::outbox::signature::{MADE, secret_text};

const BY: By<'static> = By { actor: SERVER, note: Some("its key is lost: --forget-sealed") };

impl App {
    /// Makes this node's key the database's in place of a lost one. Secrets that the lost key sealed have no value any more, tokens of
    /// mailboxes are gone, and webhooks get a secret that nobody has seen and are disabled. Answers what was forgotten, in words. Done again after a crash, it does the rest; with the
    /// database's own key it does nothing.
    ///
    /// # Errors
    /// The database's key is a third one, or the store fails.
    pub async fn forget_sealed(&self, lost: KeyId) -> Result<Vec<String>, KeyRefused> {
        let here = self.seals.id();
        let known = self.key_of_all().await?;
        if known != here {
            // The key is taken over first: of two nodes with new keys of their own one gets no further than here.
            let taken = known == lost && self.store.replace_shared_key(KEY_ID, lost.padded(), here.padded()).await?;
            if !taken {
                return Err(AnotherKey { known, here }.into());
            }
        }
        let mut forgotten = Vec::new();
        if lost == here {
            return Ok(forgotten);
        }
        let world = self.catalogue.world();
        let is_lost = |sealed: &Sealed| key_of(&sealed.0) == Some(lost);
        for secret in world.secrets.values().filter(|secret| is_lost(&secret.value)) {
            let what = format!("secret `{}`", secret.name);
            let (name, hosts) = (secret.name.clone(), secret.hosts.clone());
            let spec = SecretSpec { id: secret.id, name, hosts, value: Some(Sealed::default()) };
            let done = self.catalogue.update::<SecretRecord>(BY, &secret.id, spec, None).await;
            done.map_err(|error| KeyRefused::Kept { what: what.clone(), why: error.to_string() })?;
            forgotten.push(what);
        }
        for webhook in world.webhooks.values().filter(|webhook| is_lost(&webhook.secret)) {
            let what = format!("the secret of webhook `{}`", webhook.name);
            let kept = |why: String| KeyRefused::Kept { what: what.clone(), why };
            let secret = self.made_secret(webhook.id).map_err(|error| kept(error.to_string()))?;
            let done = self.catalogue.update::<WebhookRecord>(BY, &webhook.id, WebhookEdit::Reset(secret), None).await;
            done.map_err(|error| kept(error.to_string()))?;
            forgotten.push(what);
        }
        for record in self.store.mailbox_tokens().await? {
            if record.tokens.as_ref().is_some_and(is_lost) {
                let name = world.mailboxes.get(&record.mailbox).map(|mailbox| mailbox.name.clone());
                let name = name.unwrap_or_else(|| record.mailbox.to_string());
                self.store.keep_tokens(record.mailbox, record.used_for, None, Sealed::default()).await?;
                forgotten.push(format!("the tokens of mailbox `{name}`"));
            }
        }
        Ok(forgotten)
    }

    fn made_secret(&self, webhook: impl Into<Ref>) -> Result<Sealed, SealError> {
        let mut bytes = [0; MADE];
        self.origin.fill(&mut bytes).map_err(|error| SealError::Failed(error.to_string()))?;
        self.sealed_here(webhook, secret_text(&bytes).as_bytes())
    }
}
