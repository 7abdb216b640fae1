//! What a client or a token may do, and the names it goes by.

use std::fmt;

/// One right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Read flows and versions.
    FlowRead,
    /// Make, change, publish and delete flows.
    FlowWrite,
    /// Read queues, domains and routes.
    RoutingRead,
    /// Make, change and delete queues, domains and routes.
    RoutingWrite,
    /// Read interactions.
    EmailRead,
    /// Hand in mail, claim work, run again, erase.
    EmailWrite,
    /// Everything.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 7] = [
        Self::FlowRead,
        Self::FlowWrite,
        Self::RoutingRead,
        Self::RoutingWrite,
        Self::EmailRead,
        Self::EmailWrite,
        Self::Admin,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FlowRead => "flow:read",
            Self::FlowWrite => "flow:write",
            Self::RoutingRead => "routing:read",
            Self::RoutingWrite => "routing:write",
            Self::EmailRead => "email:read",
            Self::EmailWrite => "email:write",
            Self::Admin => "admin",
        }
    }

    /// What it allows, in a line.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::FlowRead => "Read flows and versions, and try them.",
            Self::FlowWrite => "Make, change, publish and delete flows.",
            Self::RoutingRead => "Read queues, domains and routes.",
            Self::RoutingWrite => "Make, change and delete queues, domains and routes.",
            Self::EmailRead => "Read interactions.",
            Self::EmailWrite => "Hand in mail, claim work, run again, erase.",
            Self::Admin => "Everything, clients and the audit log included.",
        }
    }

    /// The scope of that name, or that one of Genesys's names stands for.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "architect" => Self::FlowWrite,
            "architect:readonly" => Self::FlowRead,
            "routing" => Self::RoutingWrite,
            "routing:readonly" => Self::RoutingRead,
            "conversations" => Self::EmailWrite,
            "conversations:readonly" => Self::EmailRead,
            _ => return Self::ALL.into_iter().find(|scope| scope.as_str() == name),
        })
    }

    fn bit(self) -> u8 {
        1 << (self as u8)
    }

    /// This scope and those that include it.
    fn granted_by(self) -> u8 {
        let including = match self {
            Self::FlowRead => Self::FlowWrite.bit(),
            Self::RoutingRead => Self::RoutingWrite.bit(),
            Self::EmailRead => Self::EmailWrite.bit(),
            _ => 0,
        };
        self.bit() | including | Self::Admin.bit()
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Reads what the store keeps. Names that this release does not know grant nothing.
    pub fn stored(names: &[String]) -> Self {
        names.iter().filter_map(|name| Scope::named(name)).collect()
    }

    /// Reads what a client asks for: names separated by spaces (RFC 6749 section 3.3). Genesys's other scopes, and any
    /// name that could be one, are taken and grant nothing.
    ///
    /// # Errors
    /// The first name that is not a scope's: a misspelt one of ours, or text that no scope's name looks like.
    pub fn requested(text: &str) -> Result<Self, String> {
        let mut scopes = Self::default();
        for name in text.split_ascii_whitespace() {
            match Scope::named(name) {
                Some(scope) => scopes.0 |= scope.bit(),
                None if could_be_another(name) => {}
                None => return Err(name.to_owned()),
            }
        }
        Ok(scopes)
    }

    /// Whether the set grants a scope: `write` includes `read`, `admin` includes all.
    pub fn allow(self, scope: Scope) -> bool {
        self.0 & scope.granted_by() != 0
    }

    /// The set itself, if `other` grants all of it.
    ///
    /// # Errors
    /// The name of the first scope that `other` does not grant.
    pub fn within(self, other: Self) -> Result<Self, String> {
        match self.iter().find(|scope| !other.allow(*scope)) {
            None => Ok(self),
            Some(scope) => Err(scope.as_str().to_owned()),
        }
    }

    /// What both sets grant.
    #[must_use]
    pub fn limited_to(self, other: Self) -> Self {
        if self.allow(Scope::Admin) {
            return other;
        }
        Scope::ALL.into_iter().filter(|scope| self.allow(*scope) && other.allow(*scope)).collect()
    }

    /// The scopes in the set, implied ones left out.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.0 & scope.bit() != 0)
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&names.join(" "))
    }
}

/// Whether a name could be a scope of somebody else's: well formed, and not a misspelt one of ours.
fn could_be_another(name: &str) -> bool {
    let area = name.split(':').next().unwrap_or_default();
    let ours =
        ["flow", "routing", "email", "architect", "conversations", "admin"].contains(&area) && name.contains(':');
    let letters = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
    };
    !ours && name.split(':').all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_ours() {
        for (text, ours) in [
            ("flow:read  email:write", "flow:read email:write"),
            ("architect", "flow:write"),
            ("architect:readonly", "flow:read"),
            ("routing routing:readonly", "routing:read routing:write"),
            ("conversations conversations:readonly", "email:read email:write"),
            ("offline_access email:read", "email:read"),
            ("analytics:readonly offline_access openid", ""),
            ("admin", "admin"),
        ] {
            assert_eq!(Scopes::requested(text).map(|scopes| scopes.to_string()), Ok(ours.to_owned()), "{text}");
        }
    }

    #[test]
    fn misspelt_names_are_told() {
        for name in ["flow:wirte", "email:", "admin:all", "Flow:read", "no\"quotes", "architect:write", ":"] {
            assert_eq!(Scopes::requested(&format!("flow:read {name}")), Err(name.to_owned()));
        }
    }

    #[test]
    fn write_includes_read_and_admin_includes_all() {
        let write = Scopes::requested("flow:write").unwrap();
        assert!(write.allow(Scope::FlowRead) && write.allow(Scope::FlowWrite));
        assert!(!write.allow(Scope::EmailRead) && !write.allow(Scope::Admin));
        let read = Scopes::requested("flow:read").unwrap();
        assert!(!read.allow(Scope::FlowWrite));
        let admin = Scopes::requested("admin").unwrap();
        assert!(Scope::ALL.into_iter().all(|scope| admin.allow(scope)));
    }

    #[test]
    fn nobody_gets_more_than_the_client_has() {
        let has = Scopes::requested("flow:write email:read").unwrap();
        let asked = |text| Scopes::requested(text).unwrap();
        assert_eq!(asked("flow:read").within(has), Ok(asked("flow:read")));
        assert_eq!(asked("flow:read email:write").within(has), Err("email:write".to_owned()));
        assert_eq!(asked("admin").within(has), Err("admin".to_owned()));
        assert_eq!(asked("admin").limited_to(has), has);
        assert_eq!(asked("flow:write").limited_to(asked("flow:read email:read")), asked("flow:read"));
    }
}
