//! Flows as chance makes them, from a seed: mostly well typed, now and then not.

use serde_json::{Value as Json, json};

/// Numbers from a seed (xorshift64*): the same on every machine.
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    pub(super) fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(super) fn pick<'c>(&mut self, from: &[&'c str]) -> &'c str {
        from[self.below(from.len())]
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Integer,
    Number,
    Boolean,
    Texts,
}

const KINDS: [Kind; 5] = [Kind::Text, Kind::Integer, Kind::Number, Kind::Boolean, Kind::Texts];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Texts => "list<string>",
        }
    }

    fn literal(self) -> Json {
        match self {
            Self::Text => json!("given"),
            Self::Integer => json!(3),
            Self::Number => json!(0.5),
            Self::Boolean => json!(true),
            Self::Texts => json!(["one", "two"]),
        }
    }
}

/// What a flow declares, and where it can go.
struct Flow {
    /// Inputs `i0`, `i1`, …; every second has a default.
    inputs: Vec<Kind>,
    /// Outputs `o0`, `o1`, …
    outputs: Vec<Kind>,
    /// Variables `v0`, `v1`, … with defaults.
    variables: Vec<Kind>,
    /// Whether one more, `w`, is set by the first action alone: then it may be read where some path has not set it.
    late: bool,
}

/// A flow that calls the second, which may call the third.
pub(super) fn flows(chance: &mut Chance) -> Vec<Json> {
    let kinds = |chance: &mut Chance, most: usize| -> Vec<Kind> {
        (0..chance.below(most + 1)).map(|_| KINDS[chance.below(KINDS.len())]).collect()
    };
    let flows: Vec<Flow> = (0..3)
        .map(|number| Flow {
            inputs: if number == 0 { Vec::new() } else { kinds(chance, 3) },
            outputs: if number == 0 { Vec::new() } else { kinds(chance, 3) },
            variables: KINDS.to_vec(),
            late: chance.one_in(3),
        })
        .collect();
    (0..3).map(|number| flow(chance, number, &flows)).collect()
}

fn flow(chance: &mut Chance, number: usize, flows: &[Flow]) -> Json {
    let own = &flows[number];
    let declared = |name: &str, kinds: &[Kind], with_default: &dyn Fn(usize) -> bool| -> Vec<Json> {
        let one = |(at, kind): (usize, &Kind)| {
            let mut declared = json!({ "name": format!("{name}{at}"), "dataType": kind.name() });
            if with_default(at) {
                declared["default"] = kind.literal();
            }
            declared
        };
        kinds.iter().enumerate().map(one).collect()
    };
    let count = 1 + chance.below(4);
    let mut maker = Maker { chance, own, callee: None };
    let mut nodes = Vec::new();
    for at in 0..count {
        let mut actions = Vec::new();
        if at == 0 && own.late {
            actions.push(json!({ "type": "setVariable", "name": "w", "value": maker.value(Kind::Integer) }));
        }
        for _ in 0..maker.chance.below(4) {
            let mut action = maker.action(number, flows, 0);
            let ends = ["transferToQueue", "transferToFlow", "forward", "disconnect", "return"]
                .contains(&action["type"].as_str().unwrap());
            // What stands behind the end of a run is refused, and so is a node that nothing leads to: the first leads to all.
            if ends && (at == 0 && count > 1) {
                continue;
            }
            maker.jumps(&mut action, at, count);
            actions.push(action);
            if ends && !maker.chance.one_in(30) {
                break;
            }
        }
        let mut node = json!({ "id": format!("n{at}"), "actions": actions });
        if at == 0 && count > 1 {
            let branches = (1..count).map(|to| json!({ "when": maker.condition(), "to": format!("n{to}") }));
            node["next"] = branches.collect();
        } else if maker.chance.one_in(2) {
            let branches: Vec<Json> = (0..maker.chance.below(3))
                .map(|_| {
                    let to = maker.target(at, count);
                    if maker.chance.one_in(4) {
                        json!({ "to": to })
                    } else {
                        json!({ "when": maker.condition(), "to": to })
                    }
                })
                .collect();
            node["next"] = branches.into();
        }
        nodes.push(node);
    }
    let conditions: Vec<Json> =
        (0..maker.chance.below(3)).map(|_| json!({ "when": maker.condition() })).filter(|_| number != 1).collect();
    let end = maker.chance.pick(&["unrouted", "disconnect", "queue"]);
    let mut document = json!({
        "name": format!("F{number}"),
        "type": if number == 0 { "email" } else { "shared" },
        "inputs": declared("i", &own.inputs, &|at| at % 2 == 1),
        "outputs": declared("o", &own.outputs, &|at| at % 2 == 1),
        "variables": declared("v", &own.variables, &|_| true),
        "conditionSet": { "match": maker.chance.pick(&["all", "any"]), "conditions": conditions },
        "nodes": nodes,
        "end": if end == "queue" { json!({ "disposition": end, "queue": "General" }) } else { json!({ "disposition": end }) },
    });
    if maker.chance.one_in(3) {
        document["onError"] = json!({ "to": maker.target(0, count) });
    }
    document
}

struct Maker<'m> {
    chance: &'m mut Chance,
    own: &'m Flow,
    /// In an outputMapping: the called flow's outputs.
    callee: Option<&'m [Kind]>,
}

impl<'m> Maker<'m> {
    /// Where errors go, and what is not found, here and inside of loops.
    fn jumps(&mut self, action: &mut Json, at: usize, count: usize) {
        if self.chance.one_in(4) {
            action["onError"] = json!({ "to": self.target(at, count) });
        }
        let kind = action["type"].as_str().unwrap();
        let computed = action["queue"].as_str().is_some_and(|queue| queue.contains("${"));
        if (["lookupTable", "findQueue"].contains(&kind) || computed) && self.chance.one_in(2) {
            action["notFound"] = json!({ "to": self.target(at, count) });
        }
        if let Some(inside) = action.get_mut("actions").and_then(Json::as_array_mut) {
            inside.iter_mut().for_each(|action| self.jumps(action, at, count));
        }
    }

    /// The actions of a loop; now and then one of them ends the run.
    fn inside(&mut self, number: usize, flows: &'m [Flow], depth: usize) -> Vec<Json> {
        let mut actions = Vec::new();
        for _ in 0..self.chance.below(3) {
            let action = self.action(number, flows, depth + 1);
            let ends = ["transferToQueue", "transferToFlow", "forward", "disconnect", "return"]
                .contains(&action["type"].as_str().unwrap());
            if ends && !self.chance.one_in(4) {
                continue;
            }
            actions.push(action);
            if ends {
                break;
            }
        }
        actions
    }

    /// A key or a name: mostly one that is there.
    fn named(&mut self, known: &[&str]) -> Json {
        if self.chance.one_in(4) { self.value(Kind::Text) } else { self.chance.pick(known).into() }
    }

    fn mapping(&mut self, outputs: &[(&str, Kind)]) -> Vec<Json> {
        let (output, kind) = outputs[self.chance.below(outputs.len())];
        let at = KINDS.iter().position(|known| *known == kind).unwrap();
        if self.chance.one_in(4) {
            return Vec::new();
        }
        vec![json!({ "name": format!("v{at}"), "value": format!("${{output.{output}}}") })]
    }

    fn action(&mut self, number: usize, flows: &'m [Flow], depth: usize) -> Json {
        let mut which = self.chance.below(if depth > 1 { 15 } else { 20 });
        // The last flow calls nobody.
        if number == 2 && (which <= 2 || which == 14) {
            which = 5;
        }
        match which {
            0..=2 => {
                let callee = number + 1 + self.chance.below(2 - number);
                let inputs = self.mapped(&flows[callee]);
                self.callee = Some(&flows[callee].outputs);
                let outputs: Vec<Json> = (0..self.chance.below(3))
                    .map(|_| {
                        let at = self.chance.below(KINDS.len());
                        json!({ "name": format!("v{at}"), "value": self.value(KINDS[at]) })
                    })
                    .collect();
                self.callee = None;
                let mut seen = std::collections::HashSet::new();
                let outputs: Vec<Json> =
                    outputs.into_iter().filter(|one| seen.insert(one["name"].to_string())).collect();
                json!({ "type": "runFlow", "flow": format!("F{callee}"), "inputMapping": inputs, "outputMapping": outputs })
            }
            3 | 4 => {
                let at = self.chance.below(KINDS.len());
                json!({ "type": "setVariable", "name": format!("v{at}"), "value": self.value(KINDS[at]) })
            }
            5 | 6 if !self.own.outputs.is_empty() => {
                let at = self.chance.below(self.own.outputs.len());
                json!({ "type": "setOutput", "name": format!("o{at}"), "value": self.value(self.own.outputs[at]) })
            }
            5..=7 => {
                json!({ "type": "setAttributes", "attributes": { self.chance.pick(&["a", "b"]): self.value(Kind::Text) } })
            }
            8 => json!({ "type": "setPriority", "priority": self.value(Kind::Integer) }),
            9 => json!({ "type": "log", "message": self.value(Kind::Text) }),
            10 => {
                let queue = self.chance.pick(&["Billing", "General", "${['billing', 'Nowhere'][0]}", "${input_queue}"]);
                let text = self.expression(Kind::Text, 2);
                let queue = queue.replace("input_queue", &text);
                let mut action = json!({ "type": "transferToQueue", "queue": queue });
                for (member, kind) in [("priority", Kind::Integer), ("skills", Kind::Texts), ("language", Kind::Text)] {
                    if self.chance.one_in(2) {
                        action[member] = self.value(kind);
                    }
                }
                action
            }
            11 => {
                let to = ["desk@shop.example", "${interaction.email.from.address}", "${interaction.email.subject}"];
                let addresses: Vec<&str> = (0..=self.chance.below(2)).map(|_| self.chance.pick(&to)).collect();
                json!({ "type": "forward", "addresses": addresses })
            }
            12 => json!({ "type": "disconnect", "reason": self.value(Kind::Text) }),
            13 => json!({ "type": "return" }),
            15 => {
                let (inside, items) = (self.inside(number, flows, depth), self.value(Kind::Texts));
                let text = KINDS.iter().position(|kind| *kind == Kind::Text).unwrap();
                let variable = if self.chance.one_in(2) { format!("v{text}") } else { "each".to_owned() };
                json!({ "type": "forEach", "items": items, "as": variable, "actions": inside })
            }
            16 => {
                let at = KINDS.iter().position(|kind| *kind == Kind::Integer).unwrap();
                let mut inside = self.inside(number, flows, depth);
                // Without the step most loops only meet the limit.
                if !self.chance.one_in(30) {
                    let step = format!("${{v{at} + 1}}");
                    inside.insert(0, json!({ "type": "setVariable", "name": format!("v{at}"), "value": step }));
                }
                json!({ "type": "while", "when": format!("${{v{at} < {}}}", self.chance.below(6)), "actions": inside })
            }
            17 => {
                let key = self.named(&["shop.example", "example.com", "broken.example", "nobody.example"]);
                let columns = [("tier", Kind::Text), ("discount", Kind::Integer), ("tags", Kind::Texts)];
                json!({ "type": "lookupTable", "table": "Customers", "key": key, "outputMapping": self.mapping(&columns) })
            }
            18 | 19 => {
                let name = self.named(&["billing", "GENERAL", "Nowhere"]);
                json!({ "type": "findQueue", "name": name, "outputMapping": self.mapping(&[("name", Kind::Text)]) })
            }
            _ => {
                let callee = number + 1 + self.chance.below(2 - number);
                json!({ "type": "transferToFlow", "flow": format!("F{callee}"), "inputMapping": self.mapped(&flows[callee]) })
            }
        }
    }

    /// A node to go to: mostly one further down, or runs would only end at their limits.
    fn target(&mut self, at: usize, count: usize) -> String {
        let back = self.chance.one_in(25) || at + 1 >= count;
        let to = if back { self.chance.below(count) } else { at + 1 + self.chance.below(count - at - 1) };
        // The last node goes on nowhere: it may only lead to itself, or back.
        format!("n{}", if back && !self.chance.one_in(10) { count - 1 } else { to })
    }

    fn mapped(&mut self, callee: &Flow) -> Vec<Json> {
        let mut mapped = Vec::new();
        for (at, kind) in callee.inputs.iter().enumerate() {
            // Those without a default must be; now and then one is forgotten.
            if at % 2 == 0 && !self.chance.one_in(40) || self.chance.one_in(2) {
                mapped.push(json!({ "name": format!("i{at}"), "value": self.value(*kind) }));
            }
        }
        mapped
    }

    fn condition(&mut self) -> String {
        format!("${{{}}}", self.expression(Kind::Boolean, 3))
    }

    /// What stands in a value position.
    fn value(&mut self, kind: Kind) -> Json {
        match (kind, self.chance.below(4)) {
            (_, 0) => kind.literal(),
            (Kind::Text, 1) => {
                let inner = [Kind::Text, Kind::Integer, Kind::Boolean, Kind::Texts][self.chance.below(4)];
                json!(format!("is ${{{}}}, so", self.expression(inner, 2)))
            }
            (Kind::Texts, 1) => json!([self.value(Kind::Text), "fixed"]),
            _ => json!(format!("${{{}}}", self.expression(kind, 3))),
        }
    }

    fn expression(&mut self, kind: Kind, depth: usize) -> String {
        // Now and then another type than the one that belongs here.
        let kind = if self.chance.one_in(150) { KINDS[self.chance.below(KINDS.len())] } else { kind };
        if depth == 0 || self.chance.one_in(4) {
            return self.leaf(kind);
        }
        let next = depth - 1;
        if self.chance.one_in(8) {
            let (when, a, b) =
                (self.expression(Kind::Boolean, next), self.expression(kind, next), self.expression(kind, next));
            return format!("({when} ? {a} : {b})");
        }
        match kind {
            Kind::Text => match self.chance.below(4) {
                0 => format!("string({})", self.expression(Kind::Integer, next)),
                1 => format!("{}[{}]", self.expression(Kind::Texts, next), self.expression(Kind::Integer, next)),
                _ => format!("({} + {})", self.expression(Kind::Text, next), self.expression(Kind::Text, next)),
            },
            Kind::Integer => match self.chance.below(7) {
                0 => format!("size({})", self.expression(Kind::Text, next)),
                1 => format!("size({})", self.expression(Kind::Texts, next)),
                2 => format!("(-{})", self.expression(Kind::Integer, next)),
                3 => format!("int({})", self.chance.pick(&["'12'", "'x'", "'-3'", "'99999999999999999999'"])),
                _ => {
                    let operator = self.chance.pick(&["+", "-", "*", "/", "%"]);
                    format!(
                        "({} {operator} {})",
                        self.expression(Kind::Integer, next),
                        self.expression(Kind::Integer, next)
                    )
                }
            },
            Kind::Number => match self.chance.below(4) {
                0 => format!("double(size({}))", self.expression(Kind::Text, next)),
                1 => format!("(-{})", self.expression(Kind::Number, next)),
                _ => {
                    let operator = self.chance.pick(&["+", "-", "*", "/"]);
                    format!(
                        "({} {operator} {})",
                        self.expression(Kind::Number, next),
                        self.expression(Kind::Number, next)
                    )
                }
            },
            Kind::Boolean => self.test(next),
            Kind::Texts => match self.chance.below(2) {
                0 => format!("({} + {})", self.expression(Kind::Texts, next), self.expression(Kind::Texts, next)),
                _ => format!("[{}, {}]", self.expression(Kind::Text, next), self.expression(Kind::Text, next)),
            },
        }
    }

    fn test(&mut self, next: usize) -> String {
        match self.chance.below(9) {
            0 => format!("!{}", self.expression(Kind::Boolean, next)),
            1 | 2 => {
                let operator = self.chance.pick(&["&&", "||"]);
                format!(
                    "({} {operator} {})",
                    self.expression(Kind::Boolean, next),
                    self.expression(Kind::Boolean, next)
                )
            }
            3 => {
                let kind = KINDS[self.chance.below(KINDS.len())];
                let operator = self.chance.pick(&["==", "!="]);
                format!("({} {operator} {})", self.expression(kind, next), self.expression(kind, next))
            }
            4 => {
                let kind = [Kind::Text, Kind::Integer, Kind::Number, Kind::Boolean][self.chance.below(4)];
                let operator = self.chance.pick(&["<", "<=", ">", ">="]);
                format!("({} {operator} {})", self.expression(kind, next), self.expression(kind, next))
            }
            5 => format!("({} in {})", self.expression(Kind::Text, next), self.expression(Kind::Texts, next)),
            6 => {
                let method = self.chance.pick(&["contains", "startsWith", "endsWith"]);
                format!("{}.{method}({})", self.expression(Kind::Text, next), self.expression(Kind::Text, next))
            }
            7 => {
                let function = self.chance.pick(&["containsIgnoreCase", "equalsIgnoreCase", "startsWithIgnoreCase"]);
                format!("{function}({}, {})", self.expression(Kind::Text, next), self.expression(Kind::Text, next))
            }
            _ => format!("containsAny({}, {})", self.expression(Kind::Text, next), self.expression(Kind::Texts, next)),
        }
    }

    fn leaf(&mut self, kind: Kind) -> String {
        let mut names: Vec<String> = Vec::new();
        let mut add = |prefix: &str, kinds: &[Kind]| {
            let fits = kinds.iter().enumerate().filter(|(_, known)| **known == kind);
            names.extend(fits.map(|(at, _)| format!("{prefix}{at}")));
        };
        add("v", &self.own.variables);
        add("input.i", &self.own.inputs);
        if let Some(outputs) = self.callee {
            add("output.o", outputs);
        }
        if !names.is_empty() && self.chance.one_in(2) {
            return names.swap_remove(self.chance.below(names.len()));
        }
        if kind == Kind::Integer && self.own.late && self.chance.one_in(6) {
            return "w".to_owned();
        }
        let literals: &[&str] = match kind {
            Kind::Text => &[
                "''",
                "'a'",
                "'Refund'",
                "'refund now'",
                "interaction.email.subject",
                "interaction.email.body",
                "interaction.email.from.domain",
                "interaction.email.from.name",
                "interaction.id",
                "interaction.attributes.a",
                "interaction.attributes['b']",
            ],
            Kind::Integer => &["0", "1", "7", "(-2)", "9223372036854775807", "interaction.priority"],
            Kind::Number => &["0.0", "0.5", "2.0", "1e300"],
            Kind::Boolean => &[
                "true",
                "false",
                "has(interaction.attributes.a)",
                "interaction.email.isAutoGenerated",
                "(now == interaction.receivedAt)",
            ],
            Kind::Texts => &["[]", "['a']", "['refund', 'Invoice']"],
        };
        self.chance.pick(literals).to_owned()
    }
}
