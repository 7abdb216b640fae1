//! People who write in or are written to: what is kept of them, found and erased on request.

use std::sync::Arc;
use std::time::Duration;

use ring::hmac;
use serde_json::json;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::sleep;
use uuid::Uuid;
use waypost_flow::diagnostic::{Diagnostic, counted};
use waypost_ids::{AuditKind, InteractionId};
use waypost_store::error::StoreError;
use waypost_store::leases::{Lease, Lost, Term, hold_until_taken};
use waypost_store::records::audit::{About, AuditRecord, By};
use waypost_store::records::correspondents::{Correspondence, Correspondent, Erased, ErasureRecord, ErasureState};

use crate::App;
use crate::interactions::no_address;

/// An erasure whose node is gone is another's after this long.
const TERM: Term = Term { lasts: Duration::from_secs(20), renewed: Duration::from_secs(4) };

/// Erasures that nobody announced here, or whose node is gone, are found at the latest after this long.
const POLL: Duration = Duration::from_secs(5);

/// So many interactions are erased in one transaction: others wait for its end no longer than for a large mail.
const BATCH: u32 = 50;

/// Between two transactions others have the store to themselves.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a run that is under way is left to end.
const AGAIN: Duration = Duration::from_secs(1);

/// So many are read at once to see what is unfinished.
const LOOK: u32 = 500;

/// So many unfinished interactions are named.
const NAMED: usize = 20;

/// The name of the key that addresses are hashed with.
const KEY: &str = "correspondents";

/// So many bytes of the hash tell correspondents apart.
const DIGEST_BYTES: usize = 16;

/// Why nothing was found or erased.
#[derive(Debug, Error)]
pub enum CorrespondentError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// Work is unfinished, and the erasure is not forced.
    #[error("{}: {}; complete {}, or erase with `force`", unfinished(.total), listed(.named, .total), them(.total))]
    Unfinished {
        /// How many.
        total: u64,
        /// The oldest of them.
        named: Vec<InteractionId>,
    },
    /// There is no such erasure.
    #[error("erasure `{0}` was not found")]
    NotFound(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn unfinished(total: &u64) -> String {
    format!("{} {} unfinished", counted(*total, "interaction"), if *total == 1 { "is" } else { "are" })
}

fn them(total: &u64) -> &'static str {
    if *total == 1 { "it" } else { "them" }
}

fn listed(named: &[InteractionId], total: &u64) -> String {
    let ids = named.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if named.len() as u64 == *total { ids } else { format!("{ids} and others") }
}

/// How a correspondent is erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Unfinished work is erased as well: what is still to be sent is cancelled.
    pub force: bool,
    /// The database is rewritten at the end: others wait meanwhile.
    pub compact: bool,
}

/// Reads an address.
fn correspondent(address: &str) -> Result<Correspondent, CorrespondentError> {
    if let Some(problem) = no_address("address", address, true) {
        return Err(CorrespondentError::Invalid(vec![problem]));
    }
    Ok(spellings(address))
}

/// The two spellings of an address. What is none has one.
#[must_use]
pub fn spellings(address: &str) -> Correspondent {
    let Some((local, domain)) = address.rsplit_once('@') else {
        let address = address.to_lowercase();
        return Correspondent { ascii: address.clone(), unicode: address };
    };
    let local = local.to_lowercase();
    // What is no domain name, such as an address literal, has one spelling.
    let ascii = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase());
    let unicode = match idna::domain_to_unicode(domain) {
        (unicode, Ok(())) => unicode,
        (_, Err(_)) => domain.to_lowercase(),
    };
    Correspondent { ascii: format!("{local}@{ascii}"), unicode: format!("{local}@{unicode}") }
}

impl App {
    /// What is kept of a correspondent: interactions that they sent, or about which something was sent to them, oldest first.
    ///
    /// # Errors
    /// What is no address, or the store.
    pub async fn correspondence(
        &self,
        address: &str,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<Correspondence>, CorrespondentError> {
        Ok(self.store.correspondence(&correspondent(address)?, after, limit).await?)
    }

    /// The keyed hash by which the audit log and erasures name a correspondent.
    ///
    /// # Errors
    /// What is no address, no randomness to be had, or the store.
    pub async fn correspondent_digest(&self, address: &str) -> Result<String, CorrespondentError> {
        self.digest(&correspondent(address)?).await
    }

    async fn digest(&self, who: &Correspondent) -> Result<String, CorrespondentError> {
        let mut offered = [0; 32];
        self.origin.fill(&mut offered).map_err(|error| StoreError::Failed(error.to_string()))?;
        let key = self.store.shared_key(KEY, offered).await?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), who.ascii.as_bytes());
        Ok(hex::encode(tag.as_ref().get(..DIGEST_BYTES).unwrap_or_default()))
    }

    /// Has everything erased that is kept of a correspondent: whichever node is free does it. One that is under way for the same
    /// correspondent is answered again.
    ///
    /// # Errors
    /// What is no address, unfinished work unless it is forced, or the store.
    pub async fn start_erasure(
        &self,
        actor: &str,
        address: &str,
        manner: Manner,
    ) -> Result<ErasureRecord, CorrespondentError> {
        let who = correspondent(address)?;
        let digest = self.digest(&who).await?;
        let (recent, _) = self.store.erasures(0, LOOK).await?;
        let same = |one: &ErasureRecord| {
            let alike = (one.force, one.compact) == (manner.force, manner.compact) && one.digest == digest;
            alike && one.state == ErasureState::Open
        };
        if let Some(open) = recent.into_iter().find(same) {
            return Ok(open);
        }
        if !manner.force {
            self.refuse_unfinished(&who).await?;
        }
        let erasure = ErasureRecord {
            id: self.origin.id_in_order(),
            created_at: self.origin.now(),
            created_by: actor.to_owned(),
            digest,
            who: Some(who),
            force: manner.force,
            compact: manner.compact,
            state: ErasureState::Open,
            after: None,
            progress: Erased::default(),
        };
        self.store.add_erasure(erasure.clone(), self.about(&erasure, actor, "erasure requested")).await?;
        self.erasures.notify_one();
        tracing::info!(actor, erasure = %erasure.id, "erasure of a correspondent requested");
        Ok(erasure)
    }

    async fn refuse_unfinished(&self, who: &Correspondent) -> Result<(), CorrespondentError> {
        let (mut after, mut total, mut named) = (None, 0_u64, Vec::new());
        loop {
            let found = self.store.correspondence(who, after, LOOK).await?;
            for one in found.iter().filter(|one| one.unfinished) {
                total = total.saturating_add(1);
                if named.len() < NAMED {
                    named.push(one.interaction.id);
                }
            }
            match found.last() {
                Some(last) if found.len() == LOOK as usize => after = Some(last.interaction.id),
                _ => break,
            }
        }
        if total == 0 { Ok(()) } else { Err(CorrespondentError::Unfinished { total, named }) }
    }

    /// One erasure.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn erasure(&self, id: Uuid) -> Result<ErasureRecord, CorrespondentError> {
        self.store.erasure(id).await?.ok_or_else(|| CorrespondentError::NotFound(id.to_string()))
    }

    /// Erasures, newest first, and how many there are.
    ///
    /// # Errors
    /// The store.
    pub async fn erasures(&self, offset: u64, limit: u32) -> Result<(Vec<ErasureRecord>, u64), StoreError> {
        self.store.erasures(offset, limit).await
    }

    /// Does erasures until `stop` turns true.
    pub async fn erase_correspondents(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() && stop.has_changed().is_ok() {
            let lease = TERM.begin(self.origin.id(), self.origin.now());
            let begun = match self.store.begin_erasure(lease, self.origin.now()).await {
                Ok(begun) => begun,
                Err(error) => {
                    tracing::warn!(%error, "could not look for erasures; retrying");
                    None
                }
            };
            match begun {
                Some(erasure) => tokio::select! {
                    ended = self.run_erasure(&erasure, lease) => if let Err(error) = ended {
                        tracing::warn!(erasure = %erasure.id, %error, "the erasure could not continue; retrying");
                    },
                    // The lease ends by itself, and another node goes on.
                    _ = stop.changed() => {}
                },
                None => tokio::select! {
                    () = self.erasures.notified() => {}
                    () = sleep(POLL) => {}
                    _ = stop.changed() => {}
                },
            }
        }
    }

    async fn run_erasure(&self, erasure: &ErasureRecord, lease: Lease) -> Result<(), StoreError> {
        let id = erasure.id;
        let erased = loop {
            let now = self.origin.now();
            let Some(so_far) = self.store.erase_next(id, TERM.renew(lease, now), BATCH, now).await? else {
                tracing::info!(erasure = %id, "another node has taken over the erasure");
                return Ok(());
            };
            match (so_far.state, so_far.after) {
                (ErasureState::Open, None) => sleep(AGAIN).await,
                (ErasureState::Open, Some(_)) => sleep(PAUSE).await,
                (ErasureState::Erased | ErasureState::Done, _) => break so_far,
            }
        };
        if let Some(calls) = &self.calls {
            calls.forget_answers();
        }
        let renew = || self.store.renew_erasure(id, TERM.renew(lease, self.origin.now()));
        // Rewriting a large database takes longer than a lease, and SQLite's writer answers nothing meanwhile.
        match hold_until_taken(TERM, renew, self.store.scrub(erased.compact)).await {
            Ok(scrubbed) => scrubbed?,
            Err(Lost) => {
                tracing::info!(erasure = %id, "another node has taken over the erasure");
                return Ok(());
            }
        }
        let audit = self.about(&erased, &erased.created_by, "erased");
        if self.store.end_erasure(id, lease.id, audit).await? {
            let Erased { interactions, sent, left, .. } = erased.progress;
            tracing::info!(erasure = %id, interactions, sent, left, "correspondent erased");
        }
        Ok(())
    }

    /// The log names a correspondent by the keyed hash alone.
    fn about(&self, erasure: &ErasureRecord, actor: &str, action: &str) -> AuditRecord {
        let about = About { kind: AuditKind::Correspondent, id: &erasure.digest, name: "" };
        let (entry, now) = (self.origin.id_in_order(), self.origin.now());
        let Erased { interactions, sent, left, .. } = erasure.progress;
        AuditRecord {
            after: Some(json!({
                "erasure": erasure.id,
                "force": erasure.force,
                "compact": erasure.compact,
                "interactions": interactions,
                "sent": sent,
                "left": left,
            })),
            ..AuditRecord::new(entry, now, By { actor, note: None }, action, about)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_both_spellings() {
        for (written, ascii, unicode) in [
            ("Ann@Example.NET", "ann@example.net", "ann@example.net"),
            ("ann@BÜCHER.example", "ann@xn--bcher-kva.example", "ann@bücher.example"),
            ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example", "ann@bücher.example"),
        ] {
            let read = correspondent(written).unwrap();
            assert_eq!((read.ascii.as_str(), read.unicode.as_str()), (ascii, unicode), "{written}");
        }
        for wrong in ["", "ann", "example.net", "ann@"] {
            assert!(matches!(correspondent(wrong), Err(CorrespondentError::Invalid(_))), "{wrong}");
        }
    }
}
