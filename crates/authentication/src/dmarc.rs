//! DMARC: whether SPF or DKIM passed for the domain that people see as the author's (RFC 9989, which replaces RFC 7489: organizational domains
//! are found by a walk up the DNS tree, not by a list).

use mail_auth::{DmarcOutput, DmarcResult};
use waypost_ids::AuthResult;

use super::author::Authors;
use super::finding::{Finding, Found};

/// What is said of a mail without one author's domain.
pub(crate) fn without_author(authors: Authors) -> Finding {
    match authors {
        Authors::None => Finding::new(AuthResult::None, "", "there is no address in From"),
        Authors::Several => {
            Finding::new(AuthResult::PermError, "", "From has addresses of several domains: none of them is proved")
        }
        Authors::Repeated => {
            Finding::new(AuthResult::PermError, "", "there are several From fields: none of them is proved")
        }
        Authors::TooLong => Finding::new(AuthResult::PermError, "", "the domain in From is longer than domains can be"),
    }
}

/// What is said where the sender's address is not known and no signature passed: there is nothing that DMARC could pass by, and SPF might
/// have.
pub(crate) fn unprovable(author: &str) -> Finding {
    Finding::new(AuthResult::Unknown, author, "the sender's address is not known, and no aligned signature passed")
}

/// Notes what DNS said of the author's domain, with what SPF and DKIM found.
pub(crate) fn note(found: &mut Found, author: &str, said: &DmarcOutput) {
    let passed = |result: &DmarcResult| *result == DmarcResult::Pass;
    if said.dmarc_record().is_none() {
        found.spf.aligned = found.spf.passed() && found.spf.domain == author;
        found.dkim.aligned = found.dkim.passed() && found.dkim.domain == author;
        found.dmarc = match said.dkim_result() {
            DmarcResult::TempError(_) => temporary(author, "DNS did not answer"),
            DmarcResult::PermError(error) | DmarcResult::Fail(error) => {
                Finding::new(AuthResult::PermError, author, format!("the DMARC record can't be read: {error}"))
            }
            DmarcResult::None | DmarcResult::Pass => {
                Finding::new(AuthResult::None, author, format!("`{author}` publishes no DMARC record"))
            }
        };
        return;
    }
    found.spf.aligned = passed(said.spf_result());
    found.dkim.aligned = passed(said.dkim_result());
    let policy = said.policy();
    found.dmarc = if found.dkim.aligned {
        pass(author, format!("by DKIM of `{}`", found.dkim.domain))
    } else if found.spf.aligned {
        pass(author, format!("by SPF of `{}`", found.spf.domain))
    } else if found.spf.result == AuthResult::Unknown {
        unprovable(author)
    } else if [&found.spf, &found.dkim].iter().any(|one| one.result == AuthResult::TempError) {
        temporary(author, "SPF or DKIM has no answer of DNS")
    } else {
        let why = format!("neither SPF nor DKIM passed for a domain aligned with `{author}`; its policy is {policy}");
        Finding::new(AuthResult::Fail, author, why)
    };
}

/// What may be known at another time.
pub(crate) fn temporary(author: &str, why: &str) -> Finding {
    Finding::new(AuthResult::TempError, author, why)
}

fn pass(author: &str, reason: String) -> Finding {
    Finding { aligned: true, ..Finding::new(AuthResult::Pass, author, reason) }
}
