//! Which route takes mail for an address.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;
use waypost_store::records::catalogue::RouteRecord;

/// All routes, arranged for look-up by address and by id.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    domains: HashMap<String, DomainRoutes>,
    by_id: HashMap<Uuid, Arc<RouteRecord>>,
}

#[derive(Clone, Debug, Default)]
struct DomainRoutes {
    exact: HashMap<String, Arc<RouteRecord>>,
    /// Patterns with a `*`, the longest literal prefix first.
    patterns: Vec<Arc<RouteRecord>>,
}

/// What an address leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum RouteMatch {
    /// A route takes it.
    Route(Arc<RouteRecord>),
    /// `postmaster` of a known domain, which is always accepted (RFC 5321, section 4.5.1).
    Postmaster,
    /// Nothing takes it.
    None,
}

impl Routes {
    /// Arranges routes of known domains.
    pub fn new<'d>(domains: impl Iterator<Item = &'d str>, routes: impl Iterator<Item = Arc<RouteRecord>>) -> Self {
        let mut arranged: HashMap<String, DomainRoutes> =
            domains.map(|domain| (one_form(domain).into_owned(), DomainRoutes::default())).collect();
        let mut by_id = HashMap::new();
        for route in routes {
            by_id.insert(route.id, Arc::clone(&route));
            let Some(domain) = arranged.get_mut(&*one_form(&route.domain)) else { continue };
            if route.pattern.contains('*') {
                domain.patterns.push(route);
            } else {
                domain.exact.insert(route.pattern.clone(), route);
            }
        }
        for domain in arranged.values_mut() {
            // A tie is broken by the pattern itself, so that the answer does not depend on the order of creation.
            domain.patterns.sort_by(|a, b| {
                literal_prefix(&b.pattern)
                    .len()
                    .cmp(&literal_prefix(&a.pattern).len())
                    .then_with(|| b.pattern.len().cmp(&a.pattern.len()))
                    .then_with(|| a.pattern.cmp(&b.pattern))
            });
        }
        Self { domains: arranged, by_id }
    }

    /// A route by its id, whatever addresses it takes by now.
    pub fn get(&self, id: Uuid) -> Option<&Arc<RouteRecord>> {
        self.by_id.get(&id)
    }

    /// All routes, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<RouteRecord>> {
        self.by_id.values()
    }

    /// Exact local part first, then without its `+tag`, then the pattern with the longest literal prefix.
    pub fn find(&self, address: &str) -> RouteMatch {
        let lower = address.to_lowercase();
        let Some((local, domain)) = lower.rsplit_once('@') else {
            // The bare form is taken by every server that takes mail at all.
            let taken = lower == "postmaster" && !self.domains.is_empty();
            return if taken { RouteMatch::Postmaster } else { RouteMatch::None };
        };
        let Some(routes) = self.domains.get(&*one_form(domain)) else { return RouteMatch::None };
        let untagged = local.split_once('+').map_or(local, |(name, _)| name);
        let found = routes
            .exact
            .get(local)
            .or_else(|| routes.exact.get(untagged))
            .or_else(|| routes.patterns.iter().find(|route| glob(&route.pattern, local)));
        match found {
            Some(route) => RouteMatch::Route(route.clone()),
            None if untagged == "postmaster" => RouteMatch::Postmaster,
            None => RouteMatch::None,
        }
    }

    /// The route whose pattern is an address's whole local part: neither a pattern with a `*`, nor one that is found without the `+tag`.
    pub fn named(&self, address: &str) -> Option<&Arc<RouteRecord>> {
        let lower = address.to_lowercase();
        let (local, domain) = lower.rsplit_once('@')?;
        self.domains.get(&*one_form(domain))?.exact.get(local)
    }
}

/// A domain in the one form by which it is looked up: A-label and U-label (RFC 5890, section 2.3.2.1) are one domain. What is no
/// domain name stays as it is.
pub(crate) fn one_form(domain: &str) -> Cow<'_, str> {
    if domain.is_ascii() {
        return Cow::Borrowed(domain);
    }
    idna::domain_to_ascii(domain).map_or(Cow::Borrowed(domain), Cow::Owned)
}

/// Whether two texts are one address: whatever the case, and in whichever form the domain is.
pub(crate) fn is_same_address(one: &str, other: &str) -> bool {
    let folded = |address: &str| {
        let lower = address.to_lowercase();
        match lower.rsplit_once('@') {
            Some((local, domain)) => format!("{local}@{}", one_form(domain)),
            None => lower,
        }
    };
    folded(one) == folded(other)
}

fn literal_prefix(pattern: &str) -> &str {
    pattern.split_once('*').map_or(pattern, |(prefix, _)| prefix)
}

/// Whether `text` matches `pattern`, whose `*` stands for any text, the empty one included.
fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|prefix| text.strip_prefix(prefix)) else { return false };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use waypost_ids::QueueId;
    use waypost_store::records::catalogue::RouteTarget;

    use super::*;

    fn routes(patterns: &[&str]) -> Routes {
        let route = |pattern: &&str| {
            Arc::new(RouteRecord {
                id: Uuid::nil(),
                domain: "example.com".to_owned(),
                pattern: (*pattern).to_owned(),
                target: RouteTarget::Queue(QueueId(Uuid::nil())),
                unrouted_queue: None,
                priority: 0,
                extra: serde_json::Map::new(),
                created_at: Timestamp::UNIX_EPOCH,
                modified_at: Timestamp::UNIX_EPOCH,
            })
        };
        Routes::new(std::iter::once("example.com"), patterns.iter().map(route))
    }

    #[track_caller]
    fn check(patterns: &[&str], address: &str, expected: &str) {
        let found = match routes(patterns).find(address) {
            RouteMatch::Route(route) => route.pattern.clone(),
            RouteMatch::Postmaster => "(postmaster)".to_owned(),
            RouteMatch::None => "(none)".to_owned(),
        };
        assert_eq!(found, expected, "{address} over {patterns:?}");
    }

    #[test]
    fn precedence() {
        let all = ["support", "support+vip", "sup*", "suppo*", "*", "*-team", "a*b*c"];
        check(&all, "support@example.com", "support");
        check(&all, "SUPPORT@Example.COM", "support");
        check(&all, "support+vip@example.com", "support+vip");
        check(&all, "support+other@example.com", "support");
        check(&all, "suppository@example.com", "suppo*");
        check(&all, "supper@example.com", "sup*");
        check(&all, "sales-team@example.com", "*-team");
        check(&all, "aXbYc@example.com", "a*b*c");
        check(&all, "abx@example.com", "*");
        check(&all, "support@elsewhere.com", "(none)");
    }

    #[test]
    fn a_route_names_its_whole_local_part_alone() {
        let routes = routes(&["support", "support+vip", "*"]);
        for (address, named) in [
            ("Support+VIP@Example.com", Some("support+vip")),
            ("support+other@example.com", None),
            ("anybody@example.com", None),
            ("support@elsewhere.com", None),
            ("support", None),
        ] {
            assert_eq!(routes.named(address).map(|route| route.pattern.as_str()), named, "{address}");
        }
    }

    #[test]
    fn a_label_and_u_label_are_one_domain() {
        for domain in ["bücher.example", "xn--bcher-kva.example"] {
            let mut route = routes(&["box"]).domains["example.com"].exact["box"].as_ref().clone();
            route.domain = domain.to_owned();
            let routes = Routes::new(std::iter::once(domain), std::iter::once(Arc::new(route)));
            for address in
                ["box@bücher.example", "box@BÜCHER.example", "box@xn--bcher-kva.example", "box+x@XN--BCHER-KVA.Example"]
            {
                assert!(matches!(routes.find(address), RouteMatch::Route(_)), "{address} at {domain}");
            }
            assert_eq!(routes.find("postmaster@xn--bcher-kva.example"), RouteMatch::Postmaster);
            assert_eq!(routes.find("box@bucher.example"), RouteMatch::None);
        }
    }

    #[test]
    fn postmaster_is_always_accepted() {
        check(&[], "postmaster@example.com", "(postmaster)");
        check(&["*"], "postmaster@example.com", "*");
        check(&[], "postmaster@elsewhere.com", "(none)");
        check(&[], "someone@example.com", "(none)");
        check(&[], "Postmaster", "(postmaster)");
    }
}
