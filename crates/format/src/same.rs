//! Whether two texts mean the same.

use waypost_flow::source::{Node, Places};

/// Whether documents hold the same values; the order of members aside.
pub(crate) fn documents(before: &[(Node, Places)], after: &[(Node, Places)]) -> bool {
    before.len() == after.len() && before.iter().zip(after).all(|((before, _), (after, _))| same(before, after))
}

fn same(before: &Node, after: &Node) -> bool {
    match (before, after) {
        (Node::List(before), Node::List(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(before, after)| same(before, after))
        }
        (Node::Map(before), Node::Map(after)) => {
            let (before, after) = (sorted(before), sorted(after));
            let both = |(before, after): (&&(String, Node), &&(String, Node))| {
                before.0 == after.0 && same(&before.1, &after.1)
            };
            before.len() == after.len() && before.iter().zip(&after).all(both)
        }
        (before, after) => before == after,
    }
}

/// Members by their keys; those of one key stay in order.
fn sorted(members: &[(String, Node)]) -> Vec<&(String, Node)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    sorted
}
