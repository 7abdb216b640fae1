//! What was found out about a mail as it came in, in the words that flows, stores and the API share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Results that are words, each listed once.
macro_rules! words {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$what:meta])* $member:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$what])* $member,)+ }

        impl $name {
            /// Every word.
            pub const WORDS: &[&str] = &[$($word,)+];

            /// The word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$member => $word,)+ }
            }

            /// What a word stands for, whatever its case.
            #[must_use]
            pub fn of(word: &str) -> Option<Self> {
                [$(Self::$member,)+].into_iter().find(|one| word.eq_ignore_ascii_case(one.as_str()))
            }
        }
    };
}

words! {
    /// A result of SPF, DKIM or DMARC: RFC 8601 section 2.7, and `unknown`.
    pub enum AuthResult {
        /// The domain vouches for the mail.
        Pass = "pass",
        /// The domain says that the mail is not its own, or a signature does not verify.
        Fail = "fail",
        /// SPF: the mail is probably not the domain's own.
        SoftFail = "softfail",
        /// The domain takes no position. DKIM: the signature can't be processed.
        Neutral = "neutral",
        /// The domain publishes no policy, or there is no signature.
        None = "none",
        /// DNS did not answer in time. A later attempt may succeed.
        TempError = "temperror",
        /// The domain's record or the signature is invalid.
        PermError = "permerror",
        /// DKIM: the signature is not acceptable although it may verify, such as one with SHA-1.
        Policy = "policy",
        /// It was not checked, or can't be: the sender's address is not known.
        #[default]
        Unknown = "unknown",
    }
}

words! {
    /// What a scanner says about a mail.
    pub enum ScanResult {
        /// Neither spam nor infected.
        Clean = "clean",
        /// Spam.
        Spam = "spam",
        /// A virus, or other malware.
        Infected = "infected",
        /// The scanner did not answer in time.
        Timeout = "timeout",
        /// The scanner can't be reached, or its answer can't be read.
        Unavailable = "unavailable",
        /// No scanner was asked.
        #[default]
        Unknown = "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_use_the_same_words() {
        for word in AuthResult::WORDS {
            let result: AuthResult = serde_json::from_value((*word).into()).unwrap();
            assert_eq!((result.as_str(), AuthResult::of(&word.to_uppercase())), (*word, Some(result)));
        }
        for word in ScanResult::WORDS {
            let result: ScanResult = serde_json::from_value((*word).into()).unwrap();
            assert_eq!((result.as_str(), ScanResult::of(word)), (*word, Some(result)));
        }
        assert_eq!(AuthResult::of("passed"), None);
    }
}
