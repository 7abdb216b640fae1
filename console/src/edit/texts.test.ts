// @vitest-environment node
import { expect, test } from "vitest";
import { edit, readWhole, valueOf } from "./edit";
import { type Path, valueAt, withValue } from "./value";

/** Texts as somebody may type them, and as some never should. */
const PIECES = ["", " ", "  ", "\t", "a", "Lx ", " Lx", "\tb", "c\t", "- d", "# e", "f: g", "---", "...", "'", '"', "\\", "%", "|", ">", "🚀", "a\rb", "{", "]", "null", "1", "~", "x".repeat(300)];
const SHORT = ["", "a", "Lx "];
const TEXTS = [...PIECES, ...PIECES.flatMap((one) => SHORT.flatMap((other) => [`${one}\n${other}`, `${other}\n${one}\n`, `${other}\n${one}\n\n`, `${other}\n\n${one}\n${other}`])), "\n", "\n\n", "\r\n", "a\r\nb\r\n", "a\u2028b\nc", "\ufeffa"];

/** Forms in which the text before is written. */
const FORMS = ["hello", '"hello"', "'hello'", "|\n          Dear you,\n\n          arrived.", "|-\n          Dear you, \n          arrived.  ", ">\n          Dear you,\n          arrived.", "|2-\n            Dear\n            you", "|+\n          Dear you\n", "|\n          Dear\n              ", "hello # beside it", "| # beside it\n          Dear you"];

const flow = (form: string) => `# on top
name:   "n"   # the name
type: email
nodes:
  # above a
  - id: a
    actions:
      - type: sendReply
        text: ${form}

        # below the text
        format: html
      - { type: disconnect,   reason: hello }   # in braces
      - type: log   # first of its item
        message: ${form}
        tags:
        # of the items
        - ${form}
        # below the item
        - last # of all
  # between

  - id: b # at the end
variables: [ {name: x, dataType: string} ]
description: ${form.replaceAll("\n          ", "\n  ")}
# the very end
`;

const PLACES: Path[] = [
  ["nodes", 0, "actions", 0, "text"],
  ["nodes", 0, "actions", 2, "message"],
  ["nodes", 0, "actions", 1, "reason"],
  ["nodes", 0, "actions", 2, "tags", 0],
  ["description"],
];

/** What stands right before each, and what behind it. */
const BETWEEN: Record<string, [string, string]> = {
  text: ["text: ", "        # below the text"],
  message: ["message: ", "        tags:"],
  reason: ["reason: ", " }   # in braces"],
  0: ["# of the items", "        # below the item"],
  description: ["description: ", "# the very end"],
};

/** What stands around a text: all lines before the one that it begins in, and all that are no part of it behind. */
function around(text: string, path: Path): [string, string] {
  const [name, next] = BETWEEN[String(path.at(-1))] ?? ["", ""];
  const from = text.indexOf(name) + name.length;
  return [text.slice(0, from), text.slice(text.lastIndexOf(next))];
}

for (const newline of ["\n", "\r\n"]) {
  for (const [turn, form] of FORMS.entries()) {
    // Each form takes its turn with a third of the texts.
    const texts = TEXTS.filter((_, nth) => (nth + turn) % 3 === 0);
    test(`a text in place of ${JSON.stringify(form)} leaves all else as it is written, lines end with ${JSON.stringify(newline)}`, () => {
      const text = flow(form).replaceAll("\n", newline);
      const value = valueOf(text);
      for (const path of PLACES) {
        for (const wanted of texts) {
          readWhole(text);
          const made = edit(text, path, wanted);
          const where = `${path.join(".")} ${JSON.stringify(wanted)}\n${made}`;
          expect(valueOf(made), where).toEqual(withValue(value, path, wanted));
          expect(around(made, path), where).toEqual(around(text, path));
          expect(made.split("# beside it").length, where).toBe(text.split("# beside it").length);
          // What was typed is the text before of what is typed next.
          const again = edit(made, path, `${wanted}z`);
          expect(valueAt(valueOf(again), path), where).toBe(`${wanted}z`);
          expect(around(again, path), `${where}\n${again}`).toEqual(around(text, path));
          expect(again.split("# beside it").length, where).toBe(text.split("# beside it").length);
        }
      }
    });
  }
}
