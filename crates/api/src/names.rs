//! Parameters of lists by name: which names, and in which order.

use crate::openapi::operation::Operation;
use crate::query::Query;

/// What `sortOrder` may say.
pub(crate) const SORT_ORDERS: &[&str] = &["asc", "ascending", "desc", "descending"];

/// `sortOrder`, in both of Genesys's spellings.
pub(crate) fn descending(query: &mut Query) -> bool {
    let orders = [("asc", false), ("ascending", false), ("desc", true), ("descending", true)];
    query.one_of("sortOrder", &orders).unwrap_or(false)
}

/// Whether a name fits a filter: the same whatever the case, where `*` at the start or the end stands for anything.
pub(crate) fn fits(filter: &str, name: &str) -> bool {
    let (filter, name) = (filter.to_lowercase(), name.to_lowercase());
    let open_start = filter.strip_prefix('*');
    let middle = open_start.unwrap_or(&filter);
    match (open_start.is_some(), middle.strip_suffix('*')) {
        (false, None) => name == filter,
        (false, Some(start)) => name.starts_with(start),
        (true, None) => name.ends_with(middle),
        (true, Some(inner)) => name.contains(inner),
    }
}

/// Describes `name` and `sortOrder` of a list.
pub(crate) fn described(list: Operation) -> Operation {
    list.text("name", "A name; `*` at either end stands for anything.").words(
        "sortOrder",
        SORT_ORDERS,
        "Ascending by default.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_fit_names() {
        for (filter, name, fitting) in [
            ("billing", "Billing", true),
            ("bill", "Billing", false),
            ("bill*", "Billing", true),
            ("*ING", "Billing", true),
            ("*lli*", "Billing", true),
            ("*xyz*", "Billing", false),
            ("*", "Billing", true),
            ("ÄR*", "ärger", true),
        ] {
            assert_eq!(fits(filter, name), fitting, "{filter} {name}");
        }
    }
}
