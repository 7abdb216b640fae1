//! The errors that a flow is handling. Where an `onError` leads to, an error does not go to the same node again: that would lead there again,
//! until a limit ends the run and hides what is wrong. The flow is done handling once it goes back to where it was before the error.

/// What one call of a flow is handling.
#[derive(Debug, Default)]
pub(crate) struct Handling {
    /// Nodes that errors led to, and that the flow is not done with.
    handlers: Vec<usize>,
    /// Nodes that the flow went to by itself.
    before: Nodes,
}

impl Handling {
    /// Whether an error may go to a node.
    pub(crate) fn may_go(&self, node: usize) -> bool {
        !self.handlers.contains(&node)
    }

    /// An error goes to a node.
    pub(crate) fn begin(&mut self, node: usize) {
        self.handlers.push(node);
    }

    /// The flow itself goes to a node.
    pub(crate) fn go(&mut self, node: usize) {
        if !self.handlers.is_empty() && self.before.has(node) {
            self.handlers.clear();
        }
        if self.handlers.is_empty() {
            self.before.insert(node);
        }
    }
}

/// Nodes by position, a bit each. Nearly all flows need the first bits alone, which allocate nothing.
#[derive(Debug, Default)]
struct Nodes {
    first: u64,
    others: Vec<u64>,
}

impl Nodes {
    fn has(&self, node: usize) -> bool {
        let bits = match node / 64 {
            0 => self.first,
            word => self.others.get(word - 1).copied().unwrap_or_default(),
        };
        bits & (1 << (node % 64)) != 0
    }

    fn insert(&mut self, node: usize) {
        let bits = match node / 64 {
            0 => &mut self.first,
            word => {
                if self.others.len() < word {
                    self.others.resize(word, 0);
                }
                let Some(bits) = self.others.get_mut(word - 1) else { return };
                bits
            }
        };
        *bits |= 1 << (node % 64);
    }
}
