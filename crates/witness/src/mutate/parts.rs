//! Changes of a flow's parts: branches, mappings, actions, and the expressions in them.

use waypost_flow::expr;
use waypost_flow::source::Node;

use super::Mutant;
use super::expressions::{Slip, slips};
use super::tree::{Spot, id};

/// Members of actions that name things, or that nothing is decided by.
const NAMES: [&str; 14] = [
    "type",
    "name",
    "flow",
    "flowid",
    "version",
    "table",
    "schedule",
    "webhook",
    "dataaction",
    "as",
    "level",
    "onerror",
    "timeout",
    "attach",
];

/// Named jumps of actions: in lower case, and as documents write them.
const JUMPS: [(&str, &str); 3] = [("notfound", "notFound"), ("failure", "failure"), ("timedout", "timedOut")];

/// All mutants of one flow.
pub(super) fn of_flow(flow: usize, tree: &Node, queues: &[String]) -> Vec<Mutant> {
    let mut maker = Maker { flow, tree, queues, node: None, found: Vec::new() };
    let root = Spot::root(tree);
    if let Some(set) = root.member("conditionset") {
        maker.condition_set(&set);
    }
    if let Some(nodes) = root.member("nodes") {
        let nodes = nodes.elements();
        for (position, node) in nodes.iter().enumerate() {
            maker.node = id(node.node).map(str::to_owned);
            maker.node(node, position + 1 == nodes.len());
        }
        maker.node = None;
    }
    if let Some(end) = root.member("end") {
        maker.end(&end);
    }
    maker.found
}

struct Maker<'t> {
    flow: usize,
    tree: &'t Node,
    queues: &'t [String],
    /// The node that is being changed.
    node: Option<String>,
    found: Vec<Mutant>,
}

impl Maker<'_> {
    /// A mutant for one place; the first of the values that checks is taken, none: the place is taken out.
    fn add(&mut self, spot: &Spot<'_>, values: Vec<Option<Node>>, change: String) {
        let trees = values.into_iter().map(|by| spot.replaced(self.tree, by)).collect();
        self.add_trees(spot, trees, change);
    }

    fn add_trees(&mut self, spot: &Spot<'_>, trees: Vec<Node>, change: String) {
        self.found.push(Mutant {
            flow: self.flow,
            node: self.node.clone(),
            path: spot.path.clone(),
            at: spot.stable.clone(),
            range: None,
            change,
            trees,
        });
    }

    /// The mutants of the expressions in a text.
    fn text(&mut self, spot: &Spot<'_>, text: &str, condition: bool) {
        let expressions = expr::expressions(text);
        let alone = expressions.len() == 1
            && expressions.first().is_some_and(|range| range.start == 2 && range.end + 1 == text.len());
        for range in expressions {
            let source = text.get(range.clone()).unwrap_or_default();
            for Slip { range: part, text: by, shown } in slips(source, condition || alone) {
                let (from, to) = (range.start + part.start, range.start + part.end);
                let whole =
                    format!("{}{by}{}", text.get(..from).unwrap_or_default(), text.get(to..).unwrap_or_default());
                let change = format!("`{}` becomes `{}`", short(&shown.0), short(&shown.1));
                self.add(spot, vec![Some(Node::String(whole))], change);
                if let Some(last) = self.found.last_mut() {
                    last.range = Some(from..to);
                }
            }
        }
    }

    fn condition_set(&mut self, set: &Spot<'_>) {
        let Some(conditions) = set.member("conditions") else { return };
        let conditions = conditions.elements();
        for condition in &conditions {
            self.add(condition, vec![None], "the condition is removed".to_owned());
            if let Some(when) = condition.member("when")
                && let Some(text) = when.text()
            {
                self.text(&when, text, true);
            }
        }
        if conditions.len() > 1 {
            let other = match set.member("match").as_ref().and_then(Spot::text) {
                Some("any") => "all",
                _ => "any",
            };
            let changed = with_member(set.node, "match", Node::String(other.to_owned()));
            self.add(set, vec![Some(changed)], format!("`match` becomes `{other}`"));
        }
    }

    fn node(&mut self, node: &Spot<'_>, is_last: bool) {
        let next = node.member("next");
        let goes_on = next.is_some() || !is_last;
        if let Some(actions) = node.member("actions") {
            self.actions(&actions, goes_on);
        }
        if let Some(next) = next {
            self.branches(&next.elements());
        }
    }

    fn branches(&mut self, branches: &[Spot<'_>]) {
        for (position, branch) in branches.iter().enumerate() {
            let to = branch.member("to");
            let name = to.as_ref().and_then(Spot::text).unwrap_or_default();
            self.add(branch, vec![None], format!("the branch to `{name}` is removed"));
            let following = branches.get(position + 1).and_then(|next| next.member("to"));
            if let (Some(to), Some(following)) = (&to, following)
                && to.node != following.node
            {
                let swapped =
                    to.replaced(&following.replaced(self.tree, Some(to.node.clone())), Some(following.node.clone()));
                let other = following.text().unwrap_or_default();
                self.add_trees(to, vec![swapped], format!("the targets `{name}` and `{other}` are swapped"));
            }
            if let Some(when) = branch.member("when")
                && let Some(text) = when.text()
            {
                self.text(&when, text, true);
            }
        }
    }

    fn actions(&mut self, actions: &Spot<'_>, goes_on: bool) {
        let actions = actions.elements();
        for (position, action) in actions.iter().enumerate() {
            let kind = action.member("type").as_ref().and_then(Spot::text).unwrap_or_default().to_lowercase();
            // What is logged decides nothing.
            if kind == "log" {
                continue;
            }
            // Coming to the end of a flow returns as well.
            if kind != "return" || goes_on || position + 1 < actions.len() {
                let name = action.member("type").as_ref().and_then(Spot::text).unwrap_or_default().to_owned();
                self.add(action, vec![None], format!("`{name}` is removed"));
            }
            for (key, member) in action.members() {
                self.member(&key, &member);
            }
        }
    }

    fn member(&mut self, key: &str, member: &Spot<'_>) {
        if let Some((_, jump)) = JUMPS.iter().find(|(folded, _)| *folded == key) {
            return self.add(member, vec![None], format!("`{jump}` is removed"));
        }
        match key {
            key if NAMES.contains(&key) => {}
            "actions" => self.actions(member, true),
            "queue" => self.queue(member),
            "inputmapping" | "outputmapping" | "failuremapping" => self.mapping(member),
            "attributes" => {
                let attributes = member.members();
                for (_, attribute) in &attributes {
                    if attributes.len() > 1 {
                        self.add(attribute, vec![None], "the attribute is removed".to_owned());
                    }
                    self.value(attribute);
                }
            }
            "when" => {
                if let Some(text) = member.text() {
                    self.text(member, text, true);
                }
            }
            _ => self.value(member),
        }
    }

    fn queue(&mut self, queue: &Spot<'_>) {
        let Some(name) = queue.text().filter(|name| expr::expressions(name).is_empty()) else {
            return self.value(queue);
        };
        let at = self.queues.iter().position(|known| known.eq_ignore_ascii_case(name));
        let others = self.queues.iter().cycle().skip(at.map_or(0, |at| at + 1)).take(self.queues.len());
        let other = others.into_iter().find(|other| !other.eq_ignore_ascii_case(name)).cloned();
        if let Some(other) = other {
            let change = format!("queue `{name}` becomes `{other}`");
            self.add(queue, vec![Some(Node::String(other))], change);
        }
    }

    fn mapping(&mut self, mapping: &Spot<'_>) {
        let lines = mapping.elements();
        for (position, line) in lines.iter().enumerate() {
            let name = line.member("name").as_ref().and_then(Spot::text).unwrap_or_default();
            self.add(line, vec![None], format!("the mapping of `{name}` is removed"));
            let Some(value) = line.member("value") else { continue };
            if let Some(other) = lines.get(position + 1)
                && let Some(theirs) = other.member("value")
                && theirs.node != value.node
            {
                let other = other.member("name").as_ref().and_then(Spot::text).unwrap_or_default();
                let once = theirs.replaced(self.tree, Some(value.node.clone()));
                let swapped = value.replaced(&once, Some(theirs.node.clone()));
                self.add_trees(&value, vec![swapped], format!("the values of `{name}` and `{other}` are swapped"));
            }
            if value.text().is_some_and(|text| !expr::expressions(text).is_empty()) {
                let constants =
                    [Node::String(String::new()), Node::Boolean(false), Node::Integer(0), Node::List(Vec::new())];
                self.add(
                    &value,
                    constants.into_iter().map(Some).collect(),
                    format!("the value of `{name}` becomes empty"),
                );
            }
            self.value(&value);
        }
    }

    /// A value that may hold expressions.
    fn value(&mut self, value: &Spot<'_>) {
        match value.node {
            Node::String(text) if !expr::expressions(text).is_empty() => self.text(value, text, false),
            Node::String(text) if !text.is_empty() => {
                let values = [String::new(), "changed".to_owned()].map(|text| Some(Node::String(text)));
                self.add(value, values.into(), format!("`{}` becomes another text", short(text)));
            }
            Node::Integer(number) => {
                let other = number.saturating_add(1);
                self.add(value, vec![Some(Node::Integer(other))], format!("`{number}` becomes `{other}`"));
            }
            Node::Number(number) => {
                self.add(
                    value,
                    vec![Some(Node::Number(number + 1.0))],
                    format!("`{number}` becomes `{}`", number + 1.0),
                );
            }
            Node::Boolean(flag) => {
                self.add(value, vec![Some(Node::Boolean(!flag))], format!("`{flag}` becomes `{}`", !flag));
            }
            Node::List(elements) => {
                for element in value.elements() {
                    if elements.len() > 1 || value.path.ends_with("skills") {
                        self.add(&element, vec![None], "the element is removed".to_owned());
                    }
                    self.value(&element);
                }
            }
            Node::Map(_) => value.members().iter().for_each(|(_, member)| self.value(member)),
            Node::String(_) | Node::Null => {}
        }
    }

    fn end(&mut self, end: &Spot<'_>) {
        if let Some(queue) = end.member("queue") {
            self.queue(&queue);
        }
        let disposition = end.member("disposition");
        let other = match disposition.as_ref().and_then(Spot::text) {
            Some("disconnect") => "unrouted",
            Some("unrouted") => "disconnect",
            _ => return,
        };
        if let Some(disposition) = disposition {
            self.add(&disposition, vec![Some(Node::String(other.to_owned()))], format!("the end becomes `{other}`"));
        }
    }
}

fn with_member(map: &Node, key: &str, value: Node) -> Node {
    let Node::Map(members) = map else { return map.clone() };
    let kept = members.iter().filter(|(known, _)| !known.eq_ignore_ascii_case(key)).cloned();
    Node::Map(kept.chain([(key.to_owned(), value)]).collect())
}

/// A text on one line, as much of it as a report shows.
fn short(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(100) {
        Some((end, _)) => format!("{}…", flat.get(..end).unwrap_or_default()),
        None => flat,
    }
}
