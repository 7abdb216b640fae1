import { expect, test } from "vitest";
import { asWritten, type Change, oneKind } from "./breaks";

const change = (from: number, to: number, insert: string): Change => ({ from, to, insert });
const CASES: [name: string, text: string, changes: Change[], made: string][] = [
  ["what nobody touched stays", "a\r\nb\r\nc\r\n", [change(2, 3, "B")], "a\r\nB\r\nc\r\n"],
  ["a new line is as the others", "a\r\nb\r\n", [change(1, 1, "\nx\ny")], "a\r\nx\r\ny\r\nb\r\n"],
  ["a break is taken away whole", "a\r\nb\r\nc", [change(1, 2, "")], "ab\r\nc"],
  ["at the very start and end", "\r\na\r\n", [change(0, 0, "x"), change(3, 3, "y")], "x\r\na\r\ny"],
  ["several at once", "a\r\nb\r\nc\r\n", [change(0, 1, "A"), change(2, 4, ""), change(4, 5, "C")], "A\r\nC\r\n"],
  ["each line keeps its own kind", "a\r\nb\nc\rd", [change(4, 5, "C"), change(6, 7, "D")], "a\r\nb\nC\rD"],
  ["one kind alone", "a\nb", [change(1, 1, "\n")], "a\n\nb"],
  ["a text of one line", "a", [change(1, 1, "\nb")], "a\nb"],
  ["two that would become one", "x\ny\rz", [change(4, 4, "\n")], "x\ny\n\nz"],
  ["a whole text", "a\r\nb", [change(0, 3, "c\nd")], "c\r\nd"],
];
test.each(CASES)("%s", (_, text, changes, made) => {
  expect(asWritten(text, changes)).toBe(made);
});

test("what an editor has of it is what it made", () => {
  let seed = 5;
  const below = (most: number) => (seed = (seed * 48_271) % 2_147_483_647) % most;
  for (let times = 0; times < 500; times++) {
    const text = Array.from({ length: below(12) }, () => ["a", "bc", "\r\n", "\n", "\r"][below(5)]).join("");
    const before = oneKind(text);
    const places = Array.from({ length: 4 }, () => below(before.length + 1)).sort((one, other) => one - other);
    const changes = [0, 2].map((nth) => change(places[nth] ?? 0, places[nth + 1] ?? 0, ["", "x", "\n", "y\n"][below(4)] ?? ""));
    const wanted = changes.reduceRight((made, { from, to, insert }) => made.slice(0, from) + insert + made.slice(to), before);
    expect(oneKind(asWritten(text, changes)), JSON.stringify([text, changes])).toBe(wanted);
  }
});
