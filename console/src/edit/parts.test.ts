// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Node } from "yaml";
import { difference } from "./difference";
import { parsed } from "./document";
import { addNode, connect, type FlowValue, nodesOf, removeNode, renameNode } from "./flow";
import { advance, layoutOf, type Parts, partsOf, rangeIn, rangeOf, splicesOf } from "./parts";
import { rebased } from "./rebase";
import { spliced, Splices } from "./splices";
import { isRecord, type Path, withValue } from "./value";

const root = join(import.meta.dirname, "../../..");

/** Flows of the repository that are read in parts, and one with all that is awkward. */
function texts(): string[] {
  const files = ["examples", "spec", "bench/flows", "crates/waypost/src/commands/init"].flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(root, folder, name)));
  return [AWKWARD, AWKWARD.replaceAll("\n", "\r\n"), ...files.filter((name) => /\.ya?ml$/.test(name)).map((name) => readFileSync(name, "utf8"))].filter((text) => text.length < LONGEST && whole(text) !== undefined);
}

/** Longer ones are read too often. */
const LONGEST = 6_000;

const AWKWARD = `# About.
name: Router
nodes:
# The first.
- id: a   # its name
  note: |+
    kept lines


- id: b
  text: plain
    that goes on
  list: [1,
    2]

  # Of b.
- { id: c, say: "two
    lines" }
-
  id: d
  actions:
  - type: log
    message: >-
      folded
# After all.
end: { disposition: unrouted }
description: x`;

function whole(text: string): Parts | undefined {
  const document = parsed(text);
  const layout = document.errors.length === 0 ? layoutOf(document, text) : undefined;
  return layout && partsOf(text, document.toJS() as Record<string, unknown>, layout);
}

/** Numbers that are the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const TYPED = ["x", " ", "\n", "\n\n", "#", " # note", '"', "'", "[", "]", "{", "}", ":", ": ", "- ", "\n- id: n", "\n  - id: n\n", "\n    - id: n\n    ", "|", ">-", "---", "\n---\n", "\n...\n", "&a ", "*a", "!t ", "\t", "\nfoo: 1\n", "? ", "%", "\r\n", "${x}", "\uFEFF", "<<: 1"];

test("what is read in parts means what the whole means, whatever is typed", () => {
  const below = numbers(7);
  let [told, asked] = [0, 0];
  for (const start of texts()) {
    let before = whole(start);
    for (let times = 0; before && times < 16; times++) {
      const text: string = before.text;
      const from = below(text.length + 1);
      const to = below(3) > 0 ? from : Math.min(text.length, from + below(below(4) === 0 ? 400 : 12));
      const change = { from, to, text: below(5) === 0 ? "" : (TYPED[below(TYPED.length)] ?? "") };
      const after = spliced(text, [change]);
      if (after === text) continue;
      asked++;
      const made = advance(before, [change], after);
      const wanted = whole(after);
      if (!made) {
        // What is broken does not go on; what is whole is the next beginning.
        before = wanted && below(4) > 0 ? wanted : before;
        continue;
      }
      told++;
      const where = JSON.stringify([change, after]);
      expect(wanted, where).toBeDefined();
      expect(made.value, where).toEqual(wanted?.value);
      expect([made.starts, made.tail, made.column], where).toEqual([wanted?.starts, wanted?.tail, wanted?.column]);
      expect(made.nodes.map((node) => node.text), where).toEqual(wanted?.nodes.map((node) => node.text));
      const document = times % 5 === 0 ? parsed(after) : undefined;
      if (document) for (const path of paths(made.value)) expect(rangeIn(made, path), `${path.join(".")} ${where}`).toEqual(rangeOf(document, path));
      before = made;
    }
  }
  // Most of what people type is inside of one node.
  expect(told / asked).toBeGreaterThan(0.35);
});

/** Every path of a value but those that are the list of nodes itself. */
function* paths(value: unknown, path: Path = []): Generator<Path> {
  if (path.length > 0 && !(path.length === 1 && path[0] === "nodes")) yield path;
  if (Array.isArray(value)) for (const [place, one] of value.entries()) yield* paths(one, [...path, place]);
  else if (isRecord(value)) for (const [name, one] of Object.entries(value)) yield* paths(one, [...path, name]);
}

test("what is changed in parts is written as it is in the whole", () => {
  for (const text of texts()) {
    const parts = whole(text);
    const flow = parts?.value as FlowValue;
    const [first, second] = nodesOf(flow);
    if (!parts || !first || (flow.nodes?.length ?? 0) < 2 || !second) continue;
    const last = nodesOf(flow).at(-1) ?? first;
    const wishes: unknown[] = [
      ...nodesOf(flow).map((_, place) => withValue(flow, ["nodes", place, "name"], "touched: it")),
      addNode(flow, first.id).flow,
      addNode(flow, undefined).flow,
      removeNode(flow, first.id),
      removeNode(flow, last.id),
      renameNode(flow, second.id, "renamed"),
      connect(flow, last.id, first.id),
      { ...flow, nodes: [...(flow.nodes ?? [])].reverse() },
      { ...flow, description: "told anew", onError: { to: last.id } },
      Object.fromEntries(Object.entries(flow).filter(([name]) => name === "nodes" || name === "name")),
      { ...addNode(flow, undefined).flow, end: { disposition: "disconnect" } },
    ];
    for (const wish of wishes as Record<string, unknown>[]) {
      const splices = splicesOf(parts, wish);
      if (!splices) continue;
      const made = spliced(text, splices);
      const all = new Splices(text);
      all.change(parsed(text).contents as Node, wish, { kind: "root" });
      expect(made).toBe(spliced(text, all.all()));
      const after = advance(parts, splices, made);
      if (after) expect(after.value).toEqual(whole(made)?.value);
    }
  }
});

test("what did not change is the same object, so that it is not drawn anew", () => {
  const before = whole(AWKWARD);
  const at = AWKWARD.indexOf("plain");
  const after = before && advance(before, [{ from: at, to: at, text: "very " }]);
  const same = (after?.value.nodes as unknown[]).map((node, place) => node === (before?.value.nodes as unknown[])[place]);
  expect(same).toEqual([true, false, true, true]);
  const comment = before && advance(before, [{ from: at, to: at, text: "" }, { from: AWKWARD.indexOf("# Of b."), to: AWKWARD.indexOf("# Of b.") + 2, text: "#  " }]);
  expect(comment?.value).toBe(before?.value);
});

test("a change of a form is made to what the text says by now", () => {
  const shown = { name: "F", nodes: [{ id: "a", name: "A" }, { id: "b" }] };
  const wanted = withValue(shown, ["nodes", 0, "name"], "mine");
  expect(rebased(shown, wanted, shown)).toBe(wanted);
  expect(rebased(shown, wanted, { name: "G", nodes: [{ id: "a", name: "A", next: [] }, { id: "b" }, { id: "c" }] })).toEqual({ name: "G", nodes: [{ id: "a", name: "mine", next: [] }, { id: "b" }, { id: "c" }] });
  expect(rebased(shown, { ...shown, nodes: [{ id: "b" }] }, { ...shown, name: "G" })).toEqual({ name: "G", nodes: [{ id: "b" }] });
  expect(rebased(shown, { ...shown, nodes: [...shown.nodes, { id: "c" }] }, { ...shown, nodes: [{ id: "b", name: "B" }] })).toEqual({ name: "F", nodes: [{ id: "b", name: "B" }, { id: "c" }] });
});

test("a change of a text is as small as it can be", () => {
  expect(difference("abcd", "axd")).toEqual({ from: 1, to: 3, insert: "x" });
  expect(difference("aa", "aaa")).toEqual({ from: 2, to: 2, insert: "a" });
  expect(difference("a", "a")).toBeUndefined();
  const long = "0123456789".repeat(1000);
  expect(difference(`${long}a${long}`, `${long}bc${long}`)).toEqual({ from: long.length, to: long.length + 1, insert: "bc" });
});
