//! DKIM: whether a domain signed the mail as it is (RFC 6376, RFC 8463).

use mail_auth::common::crypto::Algorithm;
use mail_auth::dkim::{DkimError, Signature};
use mail_auth::{AuthenticatedMessage, DkimOutput, DkimResult, Error};
use waypost_ids::AuthResult;

use super::author::{closeness, domain};
use super::bounds::{FIELDS, NAME, SIGNATURES, SIGNED};
use super::finding::Finding;

/// The mail once for each signature that is verified, so that one whose key does not come holds up no other.
pub(crate) fn signatures<'x>(message: &AuthenticatedMessage<'x>) -> Vec<AuthenticatedMessage<'x>> {
    if message.headers.len() > FIELDS {
        return Vec::new();
    }
    let bounded = message.dkim_headers.iter().filter(|field| field.header.h.len() <= SIGNED).take(SIGNATURES);
    // What else the header holds, such as thousands of signatures, is not copied with each.
    let copy = |field| AuthenticatedMessage {
        headers: message.headers.clone(),
        from: message.from.clone(),
        raw_message: message.raw_message,
        body_offset: message.body_offset,
        body_hashes: message.body_hashes.clone(),
        dkim_headers: vec![field],
        ..AuthenticatedMessage::default()
    };
    bounded.map(|field| copy(field.clone())).collect()
}

/// Whether a signature that verifies proves whose domain the mail is of.
pub(crate) fn proves(output: &DkimOutput<'_>) -> bool {
    *output.result() == DkimResult::Pass && output.signature().is_some_and(|signature| flaw(signature).is_none())
}

/// Why a signature proves nothing although it verifies; none if it does.
fn flaw(signature: &Signature) -> Option<(AuthResult, &'static str)> {
    if signature.a == Algorithm::RsaSha1 {
        return Some((AuthResult::Policy, "is of SHA-1, which proves nothing (RFC 8301)"));
    }
    // RFC 6376 section 6.1.1: anybody could put another From above what was signed.
    (!signs_from(&signature.h)).then_some((AuthResult::PermError, "leaves out From, so that it proves nothing"))
}

/// Whether From is among the fields that are signed.
pub(crate) fn signs_from(fields: &[String]) -> bool {
    fields.iter().any(|field| field.trim().eq_ignore_ascii_case("from"))
}

/// What there is to say of one signature.
pub(crate) fn finding(output: &DkimOutput<'_>) -> Finding {
    let (domain, named) = output.signature().map(of).unwrap_or_default();
    let (result, why) = match output.result() {
        DkimResult::Pass => {
            let (result, why) = output.signature().and_then(flaw).unwrap_or((AuthResult::Pass, "verifies"));
            (result, why.to_owned())
        }
        DkimResult::Neutral(error) | DkimResult::Fail(error) => failed(error),
        DkimResult::PermError(error) => (AuthResult::PermError, format!("can't be verified: {error}")),
        DkimResult::TempError(error) => (AuthResult::TempError, format!("can't be verified now: {error}")),
        DkimResult::None => (AuthResult::None, "is none".to_owned()),
    };
    Finding::new(result, domain, format!("the signature{named} {why}"))
}

/// A signature whose key did not come in time.
pub(crate) fn late(message: &AuthenticatedMessage<'_>, why: &str) -> Finding {
    let signature = message.dkim_headers.first().map(|field| of(&field.header));
    let (domain, named) = signature.unwrap_or_default();
    Finding::new(AuthResult::TempError, domain, format!("the signature{named} can't be verified now: {why}"))
}

/// What is said of signatures in a header that is not read.
pub(crate) fn too_large() -> Finding {
    Finding::new(AuthResult::Policy, "", "the header is too large to verify a signature of it")
}

/// What is wrong with signatures that are not verified; none without one.
pub(crate) fn unverified(message: &AuthenticatedMessage<'_>) -> Option<Finding> {
    let malformed = message.errors.iter().find_map(|field| match &field.header {
        Error::Dkim(DkimError::SignatureLength) => Some(Finding::new(
            AuthResult::Policy,
            "",
            "a signature of the beginning of the body alone (l=) is not accepted",
        )),
        error @ Error::Dkim(_) => {
            Some(Finding::new(AuthResult::Neutral, "", format!("a signature can't be read: {error}")))
        }
        _ => None,
    });
    let unread = message.has_dkim_errors.then(|| Finding::new(AuthResult::Neutral, "", "a signature can't be read"));
    (!message.dkim_headers.is_empty()).then(too_large).or(malformed).or(unread)
}

/// The one of several that is told: one that passed for a domain close to the author's, or else what may pass at another time.
pub(crate) fn best(findings: Vec<Finding>, author: Option<&str>) -> Option<Finding> {
    let rank = |finding: &Finding| match finding.result {
        AuthResult::Pass => 6,
        AuthResult::TempError => 5,
        AuthResult::Fail => 4,
        AuthResult::Policy => 3,
        AuthResult::PermError => 2,
        AuthResult::Neutral => 1,
        AuthResult::SoftFail | AuthResult::None | AuthResult::Unknown => 0,
    };
    let key = |finding: &Finding| (rank(finding), author.map_or(0, |author| closeness(&finding.domain, author)));
    // Of equal ones the first.
    findings.into_iter().rev().max_by_key(key)
}

fn failed(error: &Error) -> (AuthResult, String) {
    let result = match error {
        Error::Dkim(
            DkimError::UnsupportedVersion
            | DkimError::UnsupportedAlgorithm
            | DkimError::UnsupportedCanonicalization
            | DkimError::UnsupportedKeyType,
        ) => AuthResult::Neutral,
        _ => AuthResult::Fail,
    };
    (result, format!("does not verify: {error}"))
}

/// Domain, and words that name a signature.
fn of(signature: &Signature) -> (String, String) {
    let domain = domain(&signature.d);
    let selector: String = signature.s.chars().filter(|c| !c.is_control()).take(NAME).collect();
    let named = format!(" of `{domain}`, selector `{selector}`,");
    (domain, named)
}
