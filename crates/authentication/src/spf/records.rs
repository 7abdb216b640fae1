//! The records that SPF is evaluated by. `mail-auth` reads two things otherwise than RFC 7208: of several records of a domain it takes one,
//! and an `include` that includes another and passes takes the qualifier of the inner one.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use hickory_resolver::proto::rr::{Name, RData};
use mail_auth::spf::{Directive, Mechanism, Qualifier, Spf};
use mail_auth::{MessageAuthenticator, ResolverCache, Txt};

/// Records by their domains, in the order in which they were read; and one that is read instead of what DNS has.
#[derive(Default)]
pub(super) struct Records {
    read: Mutex<Vec<(Box<str>, Arc<Spf>)>>,
    instead: Option<(Box<str>, Arc<Spf>)>,
}

impl Records {
    /// Puts a record into the place of a domain's.
    pub(super) fn instead(domain: &str, record: Spf) -> Self {
        Self { read: Mutex::default(), instead: Some((domain.into(), Arc::new(record))) }
    }

    /// What was read.
    pub(super) fn read(&self) -> Vec<(Box<str>, Arc<Spf>)> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// It sees what is read, and leaves keeping answers to the resolver.
impl ResolverCache<Box<str>, Txt> for Records {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let (_, record) = self.instead.as_ref().filter(|(instead, _)| Borrow::<Q>::borrow(instead) == name)?;
        Some(Txt::Spf(Arc::clone(record)))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, name: Box<str>, found: Txt, _: Instant) {
        if let Txt::Spf(record) = found {
            self.read.lock().unwrap_or_else(PoisonError::into_inner).push((name, record));
        }
    }
}

/// Whether a domain has several SPF records (RFC 7208 section 4.5). The resolver has just had the answer.
pub(super) async fn are_several(dns: &MessageAuthenticator, domain: &str) -> bool {
    let Ok(name) = Name::from_str_relaxed(domain) else { return false };
    let Ok(answer) = dns.0.txt_lookup(name).await else { return false };
    let texts = answer.answers().iter().filter_map(|record| match &record.data {
        RData::TXT(text) => Some(text.txt_data.concat()),
        _ => None,
    });
    texts.filter(|text| is_spf(text)).nth(1).is_some()
}

fn is_spf(text: &[u8]) -> bool {
    text.split(|byte| *byte == b' ').next().is_some_and(|version| version.eq_ignore_ascii_case(b"v=spf1"))
}

/// Whether a record has an `include` that the library may take for `+include`.
pub(super) fn has_doubtful(record: &Spf) -> bool {
    record.directives.iter().any(is_doubtful)
}

/// Whether a directive is an `include` by which no host passes.
pub(super) fn is_doubtful(directive: &Directive) -> bool {
    matches!(directive.mechanism, Mechanism::Include { .. }) && directive.qualifier != Qualifier::Pass
}
