//! Places in a flow's tree as it is written, and the tree with one of them changed.

use waypost_flow::source::Node;

/// A value in a tree, and the way to it.
#[derive(Clone, Debug)]
pub(crate) struct Spot<'n> {
    /// Positions of members and elements, from the root.
    steps: Vec<usize>,
    /// The path as it is written, by which files know places.
    pub(crate) path: String,
    /// The path with nodes by their ids: it stays the same when other nodes come and go.
    pub(crate) stable: String,
    pub(crate) node: &'n Node,
}

impl<'n> Spot<'n> {
    pub(crate) fn root(node: &'n Node) -> Self {
        Self { steps: Vec::new(), path: String::new(), stable: String::new(), node }
    }

    fn below(&self, step: usize, (path, stable): (&str, &str), node: &'n Node) -> Self {
        let dot = if self.path.is_empty() || path.starts_with('[') { "" } else { "." };
        let steps = self.steps.iter().copied().chain([step]).collect();
        Self { steps, path: format!("{}{dot}{path}", self.path), stable: format!("{}{dot}{stable}", self.stable), node }
    }

    /// Members of a map, with their keys in lower case: documents spell them in two ways.
    pub(crate) fn members(&self) -> Vec<(String, Self)> {
        let Node::Map(members) = self.node else { return Vec::new() };
        let each = members.iter().enumerate();
        each.map(|(step, (key, value))| (key.to_lowercase(), self.below(step, (key, key), value))).collect()
    }

    /// The member of a map, by its key in lower case.
    pub(crate) fn member(&self, key: &str) -> Option<Self> {
        self.members().into_iter().find(|(known, _)| known == key).map(|(_, spot)| spot)
    }

    /// The elements of a list. Those with an id go by it in the stable path.
    pub(crate) fn elements(&self) -> Vec<Self> {
        let Node::List(elements) = self.node else { return Vec::new() };
        let one = |(step, node): (usize, &'n Node)| {
            let path = format!("[{step}]");
            let stable = id(node).map_or_else(|| path.clone(), |id| format!("[{id}]"));
            self.below(step, (&path, &stable), node)
        };
        elements.iter().enumerate().map(one).collect()
    }

    pub(crate) fn text(&self) -> Option<&'n str> {
        match self.node {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    /// The whole tree with another value in this place; without it, the value is taken out.
    pub(crate) fn replaced(&self, root: &Node, by: Option<Node>) -> Node {
        let mut tree = root.clone();
        replace(&mut tree, &self.steps, by);
        tree
    }
}

/// The id of a node of a flow.
pub(crate) fn id(node: &Node) -> Option<&str> {
    match waypost_flow::source::member(node, "id") {
        Some(Node::String(id)) => Some(id),
        _ => None,
    }
}

fn replace(tree: &mut Node, steps: &[usize], by: Option<Node>) {
    let Some((step, rest)) = steps.split_first() else {
        if let Some(by) = by {
            *tree = by;
        }
        return;
    };
    if rest.is_empty() && by.is_none() {
        match tree {
            Node::Map(members) if *step < members.len() => drop(members.remove(*step)),
            Node::List(elements) if *step < elements.len() => drop(elements.remove(*step)),
            _ => {}
        }
        return;
    }
    let below = match tree {
        Node::Map(members) => members.get_mut(*step).map(|(_, value)| value),
        Node::List(elements) => elements.get_mut(*step),
        _ => None,
    };
    if let Some(below) = below {
        replace(below, rest, by);
    }
}
