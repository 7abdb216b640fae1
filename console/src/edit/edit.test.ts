// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edit, NotYaml, rangeAt, read, valueOf } from "./edit";
import { equal, isRecord, type Path, steps, valueAt, withValue, written } from "./value";

const root = join(import.meta.dirname, "../../..");
const FOLDERS = ["examples", "spec", "bench", "fuzz/seeds", "crates/waypost/src/commands/init"];

/** Every flow that the repository has: files, and documents of the cases of `spec/documents`. */
function flows(): [string, string][] {
  const files = FOLDERS.flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name))).filter((name) => /\.ya?ml$/.test(name) && !name.includes("target/"));
  const found = files.map((name): [string, string] => [name, readFileSync(join(root, name), "utf8")]);
  for (const name of readdirSync(join(root, "spec/documents"))) {
    for (const [nth, part] of readFileSync(join(root, "spec/documents", name), "utf8").split(/^== /m).slice(1).entries()) {
      const [, document = ""] = /^[^\n]*\n([^]*?)\n--\n/.exec(part) ?? [];
      found.push([`${name} ${nth}`, `${document}\n`]);
    }
  }
  return found.filter(([, text]) => {
    try {
      const value = valueOf(text);
      return isRecord(value) && Array.isArray(value.nodes);
    } catch {
      return false;
    }
  });
}

/** Every value of a document with its path. */
function* all(value: unknown, path: Path = []): Generator<[Path, unknown]> {
  yield [path, value];
  if (Array.isArray(value)) for (const [place, one] of value.entries()) yield* all(one, [...path, place]);
  else if (isRecord(value)) for (const [name, one] of Object.entries(value)) yield* all(one, [...path, name]);
}

const lines = (text: string) => text.split("\n");
/** Lines of one text that the other has not, in order. */
function gone(from: string, to: string): number {
  const left = lines(to);
  return lines(from).filter((line) => {
    const at = left.indexOf(line);
    if (at < 0) return true;
    left.splice(at, 1);
    return false;
  }).length;
}

test("of every flow, what is touched changes and nothing else", () => {
  const found = flows();
  expect(found.length).toBeGreaterThan(150);
  for (const [name, text] of found) {
    const value = valueOf(text);
    expect(edit(text, [], value), name).toBe(text);
    // Of a flow with hundreds of values some stand for all.
    const values = [...all(value)];
    const step = Math.max(1, Math.floor(values.length / (name.endsWith("yaml") ? 12 : 4)));
    for (const [path, one] of values.filter((_, nth) => nth % step === 0)) {
      if (path.length === 0) continue;
      const where = `${name} ${written(path)}`;
      if (typeof one === "string") {
        // How many lines its own text has.
        const [from = 0, to = 0] = rangeAt(read(text), path) ?? [];
        const high = lines(text.slice(from, to).trimEnd()).length;
        const touched = edit(text, path, `${one}, touched`);
        expect(equal(valueOf(touched), withValue(value, path, `${one}, touched`)), where).toBe(true);
        expect(gone(text, touched), `${where}\n${touched}`).toBeLessThanOrEqual(high);
        const back = edit(touched, path, one);
        expect(equal(valueOf(back), value) && gone(text, back) <= high, where).toBe(true);
      }
      const without = edit(text, path, undefined);
      expect(equal(valueOf(without), withValue(value, path, undefined)), `${where}\n${without}`).toBe(true);
      if (Array.isArray(one)) {
        const more = edit(text, [...path, one.length], { id: "new-one", actions: [{ type: "log", message: "a: ${b}" }] });
        expect(valueAt(valueOf(more), [...path, one.length]), `${where}\n${more}`).toEqual({ id: "new-one", actions: [{ type: "log", message: "a: ${b}" }] });
        const turned = edit(text, path, [...one].reverse());
        expect(valueAt(valueOf(turned), path), `${where}\n${turned}`).toEqual([...one].reverse());
      }
    }
  }
});

const FLOW = `# What we do with mail.
name: Router   # its name
type: email

nodes:
  # The first.
  - id: a
    name: "Ask"   # people see this
    actions:
      - { type: log, message: 'x' }   # says so
      # Then this.
      - type: setPriority
        priority: 5
    next:
      - { when: "\${x}", to: b }
      - to: c

  - id: b
  # The last.
  - id: c
    actions: []
`;

test("comments, blank lines, quotes and order are kept", () => {
  const cases: [string, unknown, string, string][] = [
    ["nodes[0].name", "Tell", 'name: "Ask"   #', 'name: "Tell"   #'],
    ["nodes[0].actions[0].message", "y: z", "message: 'x' }", "message: 'y: z' }"],
    ["nodes[0].actions[1].priority", 7, "priority: 5", "priority: 7"],
    ["nodes[0].actions[2]", { type: "return" }, "        priority: 5\n", "        priority: 5\n      - type: return\n"],
    ["nodes[0].actions[1]", undefined, "      # Then this.\n      - type: setPriority\n        priority: 5\n", ""],
    ["nodes[1].name", "B", "  - id: b\n", "  - id: b\n    name: B\n"],
    ["nodes[2].actions", [{ type: "return" }], "actions: []", "actions:\n      - type: return"],
    ["nodes[0].next[1].to", "b", "- to: c", "- to: b"],
    ["nodes[0].next[1].when", "${y}", "- to: c\n", "- to: c\n        when: ${y}\n"],
    ["nodes[0].id", undefined, '- id: a\n    name: "Ask"', '- name: "Ask"'],
    ["description", "two\nlines", "    actions: []\n", "    actions: []\ndescription: |-\n  two\n  lines\n"],
    ["nodes[0].actions[0].level", "warn", "{ type: log, message: 'x' }   # says so", "{ type: log, message: x, level: warn }   # says so"],
  ];
  for (const [path, value, before, after] of cases) expect(edit(FLOW, steps(path), value), path).toBe(FLOW.replace(before, () => after));
});

test("an item that moves takes its comment's line along, and stays as it is written", () => {
  const [a, b, c] = (valueOf(FLOW) as { nodes: unknown[] }).nodes;
  const moved = edit(FLOW, ["nodes"], [a, c, b]);
  expect(moved).toContain('name: "Ask"   # people see this');
  expect((valueOf(moved) as { nodes: unknown[] }).nodes).toEqual([a, c, b]);
});

test("what flows are not written in is refused, and never fails otherwise: half of it stands there as one types", () => {
  const refused: [string, RegExp][] = [
    ["a: *x\n", /Aliases.*line 1, column 4/],
    ["a: &x [*x]\n", /Anchors/],
    ["a: 1\nb: !!str 1\n", /Tags.*line 2/],
    ["a: !mine 1\n", /Tags/],
    ["<<: { a: 1 }\n", /Merge keys/],
    ["? [a]\n: 1\n", /key/],
    ["a: 1\n---\nb: 1\n", /multiple documents/],
    ["a: 1\na: 2\n", /unique/],
    ["a:\n\t- b\n", /Tabs/],
  ];
  for (const [text, why] of refused) {
    expect(() => valueOf(text), text).toThrow(NotYaml);
    expect(() => valueOf(text), text).toThrow(why);
    expect(() => edit(text, ["c"], 1), text).toThrow(NotYaml);
  }
  expect(valueOf(edit("a: 1\n", ["a"], { "<<": 1 }))).toEqual({ a: { "<<": 1 } });
});

test("what is no YAML is refused, and an empty text can be begun", () => {
  expect(() => edit("a: [", ["a"], 1)).toThrow(NotYaml);
  expect(valueOf(edit("", [], { name: "F" }))).toEqual({ name: "F" });
  expect(edit("a: 1\r\nb: 2\r\n", ["c"], [1])).toBe("a: 1\r\nb: 2\r\nc:\r\n  - 1\r\n");
});
