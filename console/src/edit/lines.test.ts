import { expect, test } from "vitest";
import { together } from "./lines";

const BASE = "# about\nname: F\nnodes:\n  - id: a\n  # of b\n  - id: b\n";

const CASES: [name: string, mine: string, theirs: string, made: string, both: boolean][] = [
  ["neither", BASE, BASE, BASE, false],
  ["mine alone", BASE.replace("# of b", "# of b, mine"), BASE, BASE.replace("# of b", "# of b, mine"), false],
  ["theirs alone", BASE, BASE.replace("# about\n", ""), BASE.replace("# about\n", ""), false],
  ["different places", BASE.replace("# about", "# mine"), BASE.replace("  # of b\n", "  # of b\n  # theirs\n"), BASE.replace("# about", "# mine").replace("  # of b\n", "  # of b\n  # theirs\n"), false],
  ["the same", BASE.replace("# about", "# ours"), BASE.replace("# about", "# ours"), BASE.replace("# about", "# ours"), false],
  ["the same line", BASE.replace("# about", "# mine"), BASE.replace("# about", "# theirs"), BASE.replace("# about", "# mine\n# theirs"), true],
  ["the same place", `# mine\n${BASE}`, `# theirs\n${BASE}`, `# mine\n# theirs\n${BASE}`, true],
  ["a comment beside a value", BASE.replace("name: F", "name: F # mine"), BASE.replace("name: F", "name: F # theirs"), BASE.replace("name: F", "# mine\nname: F # theirs"), true],
  ["a comment that both have", BASE.replace("name: F", "name: G # of old").replace("- id: a", "- id: a # a"), BASE.replace("name: F", "name: H # of old"), BASE.replace("name: F", "name: H # of old").replace("- id: a", "- id: a # a"), true],
  ["a sign that begins no comment", BASE.replace("name: F", "name: \"G # 1\""), BASE.replace("name: F", "name: 'H # 2'"), BASE.replace("name: F", "name: 'H # 2'"), true],
  ["nor within a word, as one does after quoted text", BASE.replace("name: F", "name: it's#1 'x # y'"), BASE.replace("name: F", "name: \"a\\\" # b\" # theirs"), BASE.replace("name: F", "# y'\nname: \"a\\\" # b\" # theirs"), true],
  ["one takes away what the other changes", BASE.replace("# about\n", ""), BASE.replace("# about", "# theirs"), BASE.replace("# about", "# theirs"), true],
  ["at the end", `${BASE}# mine\n`, `${BASE}# theirs\n`, `${BASE}# mine\n# theirs\n`, true],
];
test.each(CASES)("%s", (_, mine, theirs, text, both) => {
  expect(together(BASE, mine, theirs)).toEqual({ text, both });
  const crlf = (one: string) => one.replaceAll("\n", "\r\n");
  expect(together(crlf(BASE), crlf(mine), crlf(theirs))).toEqual({ text: crlf(text), both });
});

test("comments of both are there, wherever they are written", () => {
  const lines = Array.from({ length: 400 }, (_, nth) => `  - id: n${nth}`);
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let times = 0; times < 200; times++) {
    const write = (who: string) => {
      const made = [...lines];
      const added = Array.from({ length: 1 + random(5) }, (_, nth) => `  # ${who} ${times} ${nth}`);
      for (const one of added) made.splice(random(12) * 30, 0, one);
      return { text: made.join("\n"), added };
    };
    const [mine, theirs] = [write("mine"), write("theirs")];
    const made = together(lines.join("\n"), mine.text, theirs.text)?.text.split("\n") ?? [];
    expect(made.filter((line) => !line.includes("#"))).toEqual(lines);
    expect([...mine.added, ...theirs.added].filter((one) => !made.includes(one))).toEqual([]);
  }
});

test("texts that have little in common are not brought together by lines", () => {
  const other = (what: string) => Array.from({ length: 800 }, (_, nth) => `${what} ${nth}`).join("\n");
  expect(together(other("a"), other("b"), other("a"))).toBeUndefined();
});
