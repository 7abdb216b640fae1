import { expect, test } from "vitest";
import { modelOf } from "../../graph/model";
import { readRun } from "../../run/read";
import { edgesOf } from "./elements";
import { sheetsOf, shownLines } from "./sheets";

const flow = (key: string, nodes: object[]) => ({ key, name: key, version: 1, model: modelOf({ nodes } as never) });
const run = readRun({
  version: 1,
  events: [
    { event: "flow", id: "A", name: "A", version: 1 },
    { event: "node", id: "ask" },
    { event: "flow", id: "B", name: "B", version: 1 },
    { event: "node", id: "look" },
    { event: "leave" },
    { event: "error", error: {} },
    { event: "caught", by: "flow", to: "general" },
    { event: "node", id: "general" },
    { event: "decision", kind: "queue", priority: 0 },
  ],
} as never);

test("a call leads from the node that calls to the first node of what is called; a jump that no node shows is drawn", () => {
  const flows = [
    flow("A@1", [{ id: "ask", actions: [], next: [{ to: "general" }] }, { id: "general", actions: [{ type: "transferToQueue" }] }]),
    flow("B@1", [{ id: "look", actions: [{ type: "return" }] }]),
  ];
  const drawn = sheetsOf(flows, run, { title: "queue", bad: false });
  expect(drawn.edges.map((edge) => `${edge.from} -${edge.kind}-> ${edge.to}`)).toEqual([
    "A@1/ask -branch-> A@1/general",
    "A@1/ask -jump-> A@1/general",
    "A@1/ask -call-> B@1/look",
  ]);
  expect(drawn.decided).toEqual({ sheet: "A@1", node: "general", below: 72 });
});

test("screen readers are told where an edge leads, and when", () => {
  const { edges } = sheetsOf([flow("A@1", [{ id: "ask", next: [{ when: "${vip}", to: "general" }] }, { id: "general" }])], undefined, undefined);
  expect(edgesOf({ edges }, {}).map((edge) => edge.ariaLabel)).toEqual(["ask leads to general: vip", "ask leads to the end: otherwise", "general leads to the end"]);
});

test("long nodes say how much more there is", () => {
  expect(shownLines([1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ lines: [1, 2, 3, 4, 5, 6, 7], more: 2 });
});
