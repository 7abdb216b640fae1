//! To whom something is expected to be sent.

use std::fmt;

use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::functions::only_address;
use waypost_flow::source::Node;

use crate::expect::listed;
use crate::text::{Maybe, Text};

/// To whom something is sent.
#[derive(Clone, Debug)]
pub(crate) enum Recipients {
    /// To this one, whoever else.
    One(Text),
    /// To these and no others, in any order.
    All(Vec<String>),
}

impl Recipients {
    /// Reads them: one, a list of all, or `null` for nobody.
    pub(crate) fn read(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Maybe<Self>> {
        match node {
            Node::Null => Some(Maybe::Nothing),
            Node::List(_) => Some(Maybe::This(Self::All(listed(node)))),
            node => Text::read(path, node, problems).map(Self::One).map(Maybe::This),
        }
    }

    /// Whether it is sent to them.
    pub(crate) fn accept(&self, to: &[&str]) -> bool {
        match self {
            Self::One(Text::Exact(wanted)) => to.iter().any(|to| is_recipient(wanted, to)),
            Self::One(wanted) => to.iter().any(|to| wanted.accepts(to)),
            Self::All(wanted) => are_recipients(wanted, to),
        }
    }
}

/// Whether these are the recipients, all of them, in any order.
pub(crate) fn are_recipients(wanted: &[String], to: &[impl AsRef<str>]) -> bool {
    wanted.iter().all(|wanted| to.iter().any(|to| is_recipient(wanted, to.as_ref())))
        && to.iter().all(|to| wanted.iter().any(|wanted| is_recipient(wanted, to.as_ref())))
}

/// Whether a recipient is the one that is wanted, as it is written or by its address: `Ana <ana@example.com>` is `ana@example.com`.
fn is_recipient(wanted: &str, to: &str) -> bool {
    let wanted = wanted.trim().to_lowercase();
    to.trim().to_lowercase() == wanted || only_address(to).is_some_and(|address| address.to_lowercase() == wanted)
}

impl fmt::Display for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(to) => to.fmt(f),
            Self::All(to) => write!(f, "{} alone", to.join(" and ")),
        }
    }
}
