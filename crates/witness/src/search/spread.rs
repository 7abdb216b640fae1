//! Which values may be others because nodes differ: what these set, and what is made of it, in whichever flows.

use std::collections::{HashMap, HashSet};

use waypost_cel::Expr;

use super::wiring::{Origin, Output, Scope, Wiring, children, path};

/// Names of values, each with its flow's folded name.
#[derive(Debug, Default)]
pub(crate) struct Spread {
    variables: HashSet<(String, String)>,
    inputs: HashSet<(String, String)>,
    outputs: HashSet<(String, String)>,
}

impl Wiring {
    /// What may be others if these nodes, by the flow's folded name and their position, set something else.
    pub(crate) fn spread(&self, nodes: &HashSet<(String, usize)>) -> Spread {
        let mut spread = Spread::default();
        loop {
            let more = |known: &HashSet<(String, String)>, all: &HashMap<(String, String), Vec<Origin>>| {
                let differs = |origin: &Origin| {
                    nodes.contains(&(origin.flow.clone(), origin.node))
                        || self.reads_any(&origin.text, &origin.scope(), &spread)
                };
                let new = all.iter().filter(|(name, origins)| !known.contains(*name) && origins.iter().any(differs));
                new.map(|(name, _)| name.clone()).collect::<Vec<_>>()
            };
            let variables = more(&spread.variables, &self.variables);
            let inputs = more(&spread.inputs, &self.inputs);
            let outputs = more(&spread.outputs, &self.outputs);
            if variables.is_empty() && inputs.is_empty() && outputs.is_empty() {
                return spread;
            }
            spread.variables.extend(variables);
            spread.inputs.extend(inputs);
            spread.outputs.extend(outputs);
        }
    }

    /// Whether an expression of a text reads one of them.
    pub(crate) fn reads_any(&self, text: &str, scope: &Scope, spread: &Spread) -> bool {
        self.trees(text).iter().any(|tree| spread.is_read(tree, scope))
    }
}

impl Spread {
    fn is_read(&self, part: &Expr, scope: &Scope) -> bool {
        let Some(path) = path(part) else {
            return children(part).into_iter().any(|child| self.is_read(child, scope));
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let key = |flow: &str, name: &str| (flow.to_owned(), name.to_owned());
        match (path.as_slice(), &scope.output) {
            (["input", name, ..], _) => self.inputs.contains(&key(&scope.flow, name)),
            (["output", name, ..], Some(Output::Flow(flow))) => self.outputs.contains(&key(flow, name)),
            (["output" | "interaction" | "now", ..] | [], _) => false,
            ([name, ..], _) => self.variables.contains(&key(&scope.flow, name)),
        }
    }
}
