import { expect, test } from "vitest";
import { edit, valueOf } from "./edit";
import type { FlowValue } from "./flow";
import { merge, type Side } from "./merge";

const BASE = `name: F
nodes:
  # What kind of mail it is.
  - id: a
    actions:
      - { type: log, message: one }
      - { type: setPriority, priority: 1 }
    next: [{ when: "\${x}", to: b }, { to: c }]
  - id: b
    actions:
      - { type: transferToQueue, queue: Billing } # money
  - id: c
    actions:
      - { type: transferToQueue, queue: General }
`;
/** A change as people make it in the text. */
type Edit = [from: string, to: string];
const A = "  # What kind of mail it is.\n";
const C = "  - id: c\n    actions:\n      - { type: transferToQueue, queue: General }\n";
const node = (id: string, queue: string) => `  - id: ${id}\n    actions:\n      - { type: transferToQueue, queue: ${queue} }\n`;

interface Case {
  name: string;
  mine: Edit[];
  theirs: Edit[];
  /** What comes of it, as edits of the base. */
  merged: Edit[];
  /** Where both changed the same. */
  clashes?: string[];
  choose?: Side;
}
const CASES: Case[] = [
  { name: "what one side alone changed is taken", mine: [["Billing", "Money"]], theirs: [["General", "Rest"]], merged: [["Billing", "Money"], ["General", "Rest"]] },
  { name: "in one node as well", mine: [["message: one", "message: mine"]], theirs: [["priority: 1", "priority: 2"]], merged: [["message: one", "message: mine"], ["priority: 1", "priority: 2"]] },
  { name: "both did the same", mine: [["Billing", "Money"]], theirs: [["Billing", "Money"]], merged: [["Billing", "Money"]] },
  { name: "both changed the same: mine", mine: [["Billing", "Mine"]], theirs: [["Billing", "Theirs"]], merged: [["Billing", "Mine"]], clashes: ["nodes[b].actions[0].queue"] },
  { name: "both changed the same: theirs", mine: [["Billing", "Mine"]], theirs: [["Billing", "Theirs"]], merged: [["Billing", "Theirs"]], clashes: ["nodes[b].actions[0].queue"], choose: "theirs" },
  { name: "two new nodes", mine: [[C, C + node("d", "D")]], theirs: [[C, C + node("e", "E")]], merged: [[C, C + node("e", "E") + node("d", "D")]] },
  { name: "a new node at the start", mine: [["message: one", "message: mine"]], theirs: [[A, node("z", "Z") + A]], merged: [["message: one", "message: mine"], [A, node("z", "Z") + A]] },
  { name: "two new nodes of one id", mine: [[C, C + node("d", "D")]], theirs: [[C, C + node("d", "E")], ["to: c", "to: d"]], merged: [[C, C + node("d-2", "E") + node("d", "D")], ["to: c", "to: d-2"]] },
  { name: "one takes away, the other leaves alone", mine: [["Billing", "Money"]], theirs: [[C, ""]], merged: [["Billing", "Money"], [C, ""]] },
  { name: "one takes away, the other changes: mine", mine: [["General", "Rest"]], theirs: [[C, ""]], merged: [["General", "Rest"]], clashes: ["nodes[c]"] },
  { name: "one takes away, the other changes: theirs", mine: [["General", "Rest"]], theirs: [[C, ""]], merged: [[C, ""]], clashes: ["nodes[c]"], choose: "theirs" },
  { name: "actions added at either end", mine: [["      - { type: log, message: one }\n", "      - { type: log, message: zero }\n      - { type: log, message: one }\n"]], theirs: [["priority: 1 }\n", "priority: 1 }\n      - { type: log, message: two }\n"]], merged: [["      - { type: log, message: one }\n", "      - { type: log, message: zero }\n      - { type: log, message: one }\n"], ["priority: 1 }\n", "priority: 1 }\n      - { type: log, message: two }\n"]] },
  { name: "an action replaced by others: not a mixture of both", mine: [["{ type: log, message: one }", "{ type: setLanguage, language: de }"]], theirs: [["{ type: log, message: one }", "{ type: disconnect, reason: spam }"]], merged: [["{ type: log, message: one }", "{ type: setLanguage, language: de }"]], clashes: ["nodes[a].actions[0]"] },
  { name: "an action replaced by one, changed by the other: not a mixture of both", mine: [["{ type: setPriority, priority: 1 }", "{ type: setLanguage, language: de }"]], theirs: [["priority: 1", "priority: 2"]], merged: [["priority: 1", "priority: 2"]], clashes: ["nodes[a].actions[1]"], choose: "theirs" },
  { name: "nodes moved by one, changed by the other", mine: [[C, ""], [A, C + A]], theirs: [["General", "Rest"]], merged: [[C, ""], [A, C.replace("General", "Rest") + A]] },
  { name: "members of the flow itself", mine: [["name: F\n", "name: F\nonError: { to: c }\n"]], theirs: [["name: F\n", "name: F\nvariables: [{ name: x, dataType: boolean }]\n"]], merged: [["name: F\n", "name: F\nonError: { to: c }\nvariables: [{ name: x, dataType: boolean }]\n"]] },
  { name: "what the server writes out is no change", mine: [["queue: General }", "queue: Rest }"]], theirs: [["{ type: log, message: one }", "{ type: log, message: one, outputMapping: [] }"]], merged: [["queue: General }", "queue: Rest }"]] },
];
const edited = (edits: Edit[]) => edits.reduce((text, [from, to]) => text.replace(from, () => to), BASE);
const flowOf = (text: string) => valueOf(text) as FlowValue;

test.each(CASES)("$name", ({ mine, theirs, merged, clashes = [], choose = "mine" }) => {
  const own = edited(mine);
  const made = merge(flowOf(BASE), flowOf(own), flowOf(edited(theirs)), () => choose);
  expect(made.clashes.map((one) => one.path)).toEqual(clashes);
  expect(made.flow).toEqual(flowOf(edited(merged)));
  // Comments are kept: it is my text that is edited, as far as what they stand at is there.
  const text = edit(own, [], made.flow);
  expect(flowOf(text)).toEqual(made.flow);
  expect(text).toContain("# What kind of mail it is.");
  expect(text).toContain("# money");
});

const q = (id: string, queue: string, more: object = {}) => ({ id, actions: [{ type: "transferToQueue", queue }], ...more });
const SHAPES: { name: string; base: object[]; mine: object[]; theirs: object[]; choose?: Side; nodes: object[]; clashes?: string[] }[] = [
  {
    name: "another node in the place of one that was taken away is not that one",
    base: [q("start", "A"), q("refunds", "B"), q("end", "C")],
    mine: [q("start", "A"), q("refunds", "B", { name: "Refunds over 100", next: [{ to: "end" }] }), q("end", "C")],
    theirs: [q("start", "A"), { id: "spam", actions: [{ type: "disconnect" }] }, q("end", "C")],
    nodes: [q("start", "A"), { id: "spam", actions: [{ type: "disconnect" }] }, q("refunds", "B", { name: "Refunds over 100", next: [{ to: "end" }] }), q("end", "C")],
    clashes: ["nodes[refunds]"],
  },
  {
    name: "what leads to a node that the other side renamed leads to its new id",
    base: [q("general", "A"), q("support", "B")],
    mine: [q("general", "A"), q("helpdesk", "B")],
    theirs: [q("general", "A", { next: [{ to: "support" }] }), q("support", "C")],
    nodes: [q("general", "A", { next: [{ to: "helpdesk" }] }), q("helpdesk", "C")],
  },
  {
    name: "and so if theirs was renamed",
    base: [q("general", "A"), q("support", "B")],
    mine: [q("general", "A", { next: [{ to: "support" }] }), q("support", "C")],
    theirs: [q("general", "A"), q("helpdesk", "B")],
    nodes: [q("general", "A", { next: [{ to: "helpdesk" }] }), q("helpdesk", "C")],
  },
  {
    name: "a node with another id and another content is the same where all that led to it leads to its new id",
    base: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { to: "c" }] }), q("b", "B"), q("c", "C")],
    mine: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { to: "sea" }] }), q("b", "B"), q("sea", "changed")],
    theirs: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { to: "c" }] }), q("b", "B"), q("c", "C", { next: [{ to: "b" }] })],
    nodes: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { to: "sea" }] }), q("b", "B"), q("sea", "changed", { next: [{ to: "b" }] })],
  },
  {
    name: "one that does another kind of thing is another",
    base: [q("a", "A", { next: [{ to: "c" }] }), q("c", "C")],
    mine: [q("a", "A", { next: [{ to: "sea" }] }), { id: "sea", actions: [{ type: "disconnect" }] }],
    theirs: [q("a", "A", { next: [{ to: "c" }] }), q("c", "changed")],
    nodes: [q("a", "A", { next: [{ to: "sea" }] }), { id: "sea", actions: [{ type: "disconnect" }] }],
    clashes: ["nodes[c]"],
  },
  {
    name: "both renamed a node: one id is chosen, once, though theirs took another away",
    base: [q("a", "A", { next: [{ to: "b" }] }), q("b", "B"), q("c", "C")],
    mine: [q("a", "A", { next: [{ to: "mine" }] }), q("mine", "B"), q("c", "C")],
    theirs: [q("a", "A", { next: [{ to: "theirs" }] }), q("theirs", "B")],
    choose: "theirs",
    nodes: [q("a", "A", { next: [{ to: "theirs" }] }), q("theirs", "B")],
    clashes: ["nodes[b].id"],
  },
  {
    name: "what I took away and they lead to: nothing leads to it",
    base: [q("a", "A", { next: [{ to: "b" }] }), q("b", "B"), q("c", "C")],
    mine: [q("a", "A", { next: [{ to: "c" }] }), q("c", "C")],
    theirs: [q("a", "A", { next: [{ to: "b" }] }), q("b", "B"), q("c", "C", { next: [{ to: "b" }] })],
    nodes: [q("a", "A", { next: [{ to: "c" }] }), q("c", "C", { next: [] })],
    clashes: ["nodes[b]"],
  },
  {
    name: "or it comes back",
    base: [q("a", "A", { next: [{ to: "b" }] }), q("b", "B"), q("c", "C")],
    mine: [q("a", "A", { next: [{ to: "c" }] }), q("c", "C")],
    theirs: [q("a", "A", { next: [{ to: "b" }] }), q("b", "B"), q("c", "C", { next: [{ to: "b" }] })],
    choose: "theirs",
    nodes: [q("a", "A", { next: [{ to: "c" }] }), q("b", "B"), q("c", "C", { next: [{ to: "b" }] })],
    clashes: ["nodes[b]"],
  },
  {
    name: "what I took away and they changed comes back with what led to it",
    base: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { to: "c" }] }), q("b", "B"), q("c", "C")],
    mine: [q("a", "A", { name: "mine", next: [{ to: "c" }] }), q("c", "C")],
    theirs: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { to: "c" }] }), q("b", "changed"), q("c", "C")],
    choose: "theirs",
    nodes: [q("a", "A", { name: "mine", next: [{ when: "${x}", to: "b" }, { to: "c" }] }), q("b", "changed"), q("c", "C")],
    clashes: ["nodes[b]"],
  },
  {
    name: "and what they took away and I changed",
    base: [q("a", "A", { next: [{ to: "b" }] }), q("b", "B"), q("c", "C")],
    mine: [q("a", "A", { next: [{ to: "b" }] }), q("b", "changed"), q("c", "C")],
    theirs: [q("a", "A"), q("c", "C")],
    nodes: [q("a", "A", { next: [{ to: "b" }] }), q("b", "changed"), q("c", "C")],
    clashes: ["nodes[b]"],
  },
  {
    name: "jumps of actions come back, what was led elsewhere stays there",
    base: [q("a", "A", { actions: [{ type: "lookupTable", table: "T", notFound: { to: "b" } }], next: [{ to: "b" }] }), q("b", "B"), q("c", "C")],
    mine: [q("a", "A", { actions: [{ type: "lookupTable", table: "T" }], next: [{ to: "c" }] }), q("c", "C")],
    theirs: [q("a", "A", { actions: [{ type: "lookupTable", table: "T", notFound: { to: "b" } }], next: [{ to: "b" }] }), q("b", "changed"), q("c", "C")],
    choose: "theirs",
    nodes: [q("a", "A", { actions: [{ type: "lookupTable", table: "T", notFound: { to: "b" } }], next: [{ to: "c" }] }), q("b", "changed"), q("c", "C")],
    clashes: ["nodes[b]"],
  },
  {
    name: "what it leads to comes back with what led there",
    base: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { when: "${y}", to: "d" }] }), q("b", "B", { next: [{ to: "d" }] }), q("d", "D")],
    mine: [q("a", "A", { next: [] })],
    theirs: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { when: "${y}", to: "d" }] }), q("b", "changed", { next: [{ to: "d" }] }), q("d", "D")],
    choose: "theirs",
    nodes: [q("a", "A", { next: [{ when: "${x}", to: "b" }, { when: "${y}", to: "d" }] }), q("b", "changed", { next: [{ to: "d" }] }), q("d", "D")],
    clashes: ["nodes[b]", "nodes[d]"],
  },
  {
    name: "what was taken away on both sides, or elsewhere by the other, stays away",
    base: [q("a", "A", { next: [{ to: "b" }] }), q("b", "B"), q("c", "C", { next: [{ to: "b" }] }), q("d", "D", { next: [{ to: "b" }] })],
    mine: [q("a", "A", { next: [] }), q("c", "C", { next: [] })],
    theirs: [q("a", "A", { next: [{ to: "b" }] }), q("b", "changed"), q("c", "C", { next: [] }), q("d", "D", { next: [{ to: "b" }] })],
    choose: "theirs",
    nodes: [q("a", "A", { next: [{ to: "b" }] }), q("b", "changed"), q("c", "C", { next: [] })],
    clashes: ["nodes[b]"],
  },
];
test.each(SHAPES)("$name", ({ base, mine, theirs, choose = "mine", nodes, clashes = [] }) => {
  const made = merge({ nodes: base } as FlowValue, { nodes: mine } as FlowValue, { nodes: theirs } as FlowValue, () => choose);
  expect(made.clashes.map((one) => one.path)).toEqual(clashes);
  expect(made.flow.nodes).toEqual(nodes);
});

test("both moved nodes: the order is chosen by itself", () => {
  const b = node("b", "Billing # money").replace("{ type: transferToQueue, queue: Billing # money }", "{ type: transferToQueue, queue: Billing } # money");
  const one = flowOf(BASE.replace(C, "").replace(A, () => C + A));
  const other = flowOf(BASE.replace(b, "").replace(A, () => b + A));
  const ids = (choose: Side) => merge(flowOf(BASE), one, other, () => choose).flow.nodes?.map((each) => each.id);
  expect(merge(flowOf(BASE), one, other, () => "mine").clashes.map(({ path, mine, theirs }) => [path, mine, theirs])).toEqual([["nodes (order)", ["c", "a", "b"], ["b", "a", "c"]]]);
  expect([ids("mine"), ids("theirs")]).toEqual([["c", "a", "b"], ["b", "a", "c"]]);
});

test("choices are made one by one", () => {
  const made = merge(flowOf(BASE), flowOf(edited([["Billing", "Mine"], ["General", "Mine"]])), flowOf(edited([["Billing", "Theirs"], ["General", "Theirs"]])), (path) => (path.startsWith("nodes[b]") ? "mine" : "theirs"));
  expect(made.flow.nodes?.slice(1).map((one) => one.actions?.[0]?.queue)).toEqual(["Mine", "Theirs"]);
});
