//! What was found out about a mail as it came in. It is kept with the message: DNS and scanners answer otherwise on another day, and a rerun
//! or a replay must see what the first run saw.

use serde::{Deserialize, Serialize};
use waypost_ids::{AuthResult, ScanResult};

use crate::error::StoreError;

/// The version that facts are written in. A newer one is read by newer programs alone.
const VERSION: u32 = 1;

/// What was found out about a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Who sent it.
    #[serde(skip_serializing_if = "is_default")]
    pub auth: AuthFacts,
    /// What a scanner says.
    #[serde(skip_serializing_if = "is_default")]
    pub scan: ScanFacts,
}

/// Who sent a mail, by each method.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthFacts {
    /// RFC 7208.
    #[serde(skip_serializing_if = "is_default")]
    pub spf: AuthFact,
    /// RFC 6376.
    #[serde(skip_serializing_if = "is_default")]
    pub dkim: AuthFact,
    /// RFC 9989.
    #[serde(skip_serializing_if = "is_default")]
    pub dmarc: AuthFact,
}

/// What one method found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthFact {
    /// The result.
    pub result: AuthResult,
    /// The domain that it is about: of the envelope's sender or HELO for SPF, of the signature for DKIM, of the author for DMARC. In
    /// A-labels and lower case; empty if there is none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub domain: String,
    /// Whether it passed for a domain that is aligned with the author's (RFC 9989 section 4.4).
    #[serde(skip_serializing_if = "is_default")]
    pub aligned: bool,
    /// Why, for people; empty if there is nothing to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What a scanner says about a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ScanFacts {
    /// The result.
    pub result: ScanResult,
    /// Who says so: `rspamd`, or the name of a header field; empty if nobody was asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Why, for people; empty if there is nothing to say.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Facts as they are kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    #[serde(flatten)]
    facts: Facts,
}

impl Facts {
    /// Facts as JSON text; none where nothing was found out.
    pub(crate) fn stored(&self) -> Result<Option<String>, StoreError> {
        if is_default(self) {
            return Ok(None);
        }
        crate::encoding::json(&Kept { version: VERSION, facts: self.clone() }).map(Some)
    }

    /// Reads them back.
    ///
    /// # Errors
    /// Another program wrote them, or they are damaged.
    pub(crate) fn read(text: &str) -> Result<Self, StoreError> {
        let wrong = |detail: String| StoreError::Inconsistent { table: "mail facts", detail };
        let kept: Kept = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if kept.version > VERSION {
            return Err(wrong(format!("version {} is newer than this program knows", kept.version)));
        }
        Ok(kept.facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_takes_no_room_and_the_rest_is_read_back() {
        assert_eq!(Facts::default().stored().unwrap(), None);
        let mut facts = Facts::default();
        facts.auth.dkim = AuthFact {
            result: AuthResult::Pass,
            domain: "example.com".to_owned(),
            aligned: true,
            reason: "selector `s1`".to_owned(),
        };
        let text = facts.stored().unwrap().unwrap();
        assert_eq!(
            text,
            r#"{"version":1,"auth":{"dkim":{"result":"pass","domain":"example.com","aligned":true,"reason":"selector `s1`"}}}"#
        );
        assert_eq!(Facts::read(&text).unwrap(), facts);
        assert!(Facts::read(&text.replace("\"version\":1", "\"version\":2")).is_err());
    }
}
