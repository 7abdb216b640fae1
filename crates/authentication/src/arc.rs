//! ARC: what a server found that passed a mail on and changed it, such as a mailing list (RFC 8617). Anyone can seal; only sealers that are
//! listed are believed.

use mail_auth::AuthenticatedMessage;

use super::author::domain;
use super::bounds::{FIELDS, SEALS, SIGNED};
use super::dkim::signs_from;
use super::reported::{Report, read};

/// Who sealed the mail last, if its chain can be verified within bounds.
pub(crate) fn newest(message: &AuthenticatedMessage<'_>) -> Option<String> {
    let bounded = message.headers.len() <= FIELDS
        && message.as_headers.len() <= SEALS
        && message.ams_headers.iter().all(|field| field.header.h.len() <= SIGNED);
    let seal = message.as_headers.iter().max_by_key(|field| field.header.i)?;
    let signature = message.ams_headers.iter().max_by_key(|field| field.header.i)?;
    // The seal covers the fields of ARC alone: the content is what the same domain signed, the author included.
    let sealer = domain(&seal.header.d);
    (bounded && domain(&signature.header.d) == sealer && signs_from(&signature.header.h)).then_some(sealer)
}

/// What the newest sealer says that it found.
pub(crate) fn report(message: &AuthenticatedMessage<'_>, sealer: &str) -> Option<Report> {
    let newest = message.aar_headers.iter().max_by_key(|field| field.header.i)?;
    let value = String::from_utf8_lossy(newest.value);
    // `i=1;` comes before what an Authentication-Results field has.
    let (_, results) = value.split_once(';')?;
    Some(read(results)?.noted_by(format!("ARC of `{sealer}`")))
}
